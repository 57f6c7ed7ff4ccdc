"""The help: every key that works here and now, grouped, from the one list of actions and what the focused part adds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from reglens.app.actions import ACTIONS, Where

_KEY = 14
INTRODUCTION = (
    "Choose a repository, then a tag. Below, authentication shows what it took: requests, challenge, token. "
    "When a registry refuses, it compares what was asked, requested and granted, and says how to mend it."
)


class Help(ModalScreen[None]):
    """Keys and what they do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "close"),
        Binding("j,down", "down", show=False),
        Binding("k,up", "up", show=False),
        Binding("ctrl+q,ctrl+c", "app.quit", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Help {
        align: center middle; background: $background 60%;
        & > VerticalScroll {
            width: 80; max-width: 94%; height: auto; max-height: 90%; background: $surface; padding: 1 2;
            border: round $border; border-title-color: $primary; border-title-style: bold;
            border-subtitle-color: $muted; scrollbar-size-vertical: 1;
        }
        & Static { width: 1fr; height: auto; }
    }
    """

    def __init__(self, of: Screen[Any]) -> None:
        super().__init__()
        self._of = of

    def compose(self) -> ComposeResult:
        with VerticalScroll() as scroll:
            scroll.border_title = "Keys"
            scroll.border_subtitle = "esc closes"
            yield Static(Content.assemble(*self._lines()))

    def _lines(self) -> Iterator[str | tuple[str, str]]:
        yield INTRODUCTION + "\n"
        known = {action.name for action in ACTIONS}
        for where in Where:
            yield (f"\n{where}\n", "bold $primary")
            for action in ACTIONS:
                if action.where is where:
                    yield (f"  {action.key_text:<{_KEY}}", "$foreground")
                    yield (f"{action.help}\n", "$muted")
        extra = {
            active.binding.action: active.binding
            for active in self._of.active_bindings.values()
            if active.binding.action not in known and active.binding.description and not active.binding.system
        }
        own = [b for b in extra.values() if b.show or b.tooltip]
        if own:
            yield ("\nWhere the focus is\n", "bold $primary")
            for binding in own:
                yield (f"  {self.app.get_key_display(binding):<{_KEY}}", "$foreground")
                yield (f"{binding.tooltip or binding.description}\n", "$muted")

    def action_down(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_up(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)
