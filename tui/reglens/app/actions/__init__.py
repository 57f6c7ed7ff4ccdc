"""What a person can do, once: key bindings, footer, help and command palette are all made from this list."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding

from reglens.app.actions.action import Action, Where
from reglens.app.actions.beside import BESIDE
from reglens.app.actions.browser import BROWSER

__all__ = ["ACTIONS", "Action", "Where", "bindings", "offered"]

ACTIONS: tuple[Action, ...] = BROWSER + BESIDE


def bindings(*places: Where) -> list[Binding]:
    """The bindings of those places."""
    return [action.binding() for action in ACTIONS if action.where in places]


def offered() -> Iterable[Action]:
    """What the command palette offers."""
    return (action for action in ACTIONS if action.palette)
