"""When a screen is painted: at once, and no more often than a terminal shows it.

So does Textual, but for what is typed (textual/screen.py, `_update_timer`): it paints the letter in its field, and a
whole period later what the letter finds. Here a letter waits for a few turns of the loop, in which what it finds comes
as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from textual import constants
from textual.screen import Screen
from textual.widgets import Input

from reglens.app.turns import Turns

PERIOD = 1 / constants.MAX_FPS
"""Seconds between two frames, at least."""
TURNS = 8
"""Turns of the loop that a letter takes, from its field through the pane that searches to the list that shows."""
Result = TypeVar("Result")


class Frames:
    """Paints when it is resumed, as Textual's timer of the screen does; `paint` pauses it."""

    def __init__(self, screen: PromptScreen[Any], paint: Callable[[], None]) -> None:
        self._screen = screen
        self._paint = paint
        self._last = float("-inf")
        self._next: asyncio.Handle | None = None

    def resume(self) -> None:
        """Something is to be painted."""
        if self._next is None:
            loop = asyncio.get_running_loop()
            turns = TURNS if isinstance(self._screen.focused, Input) else 0
            self._next = loop.call_at(self._last + PERIOD, self._frame, turns)

    def pause(self) -> None:
        """Nothing is to be painted any more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _frame(self, turns: int) -> None:
        loop = asyncio.get_running_loop()
        if turns:
            self._next = loop.call_soon(self._frame, turns - 1)
            return
        self._next = None
        self._last = loop.time()
        try:
            self._paint()
        except Exception as error:
            self._screen.app._handle_exception(error)
        self._screen.app.precedence.end()


class PromptScreen(Screen[Result]):
    """A screen that `Frames` paint."""

    app: Turns
    _frames: Frames | None = None

    @property
    def _update_timer(self) -> Frames:  # type: ignore[override]  # of a timer, `resume` and `pause` are used
        if self._frames is None:
            self._frames = Frames(self, self._on_timer_update)
        return self._frames
