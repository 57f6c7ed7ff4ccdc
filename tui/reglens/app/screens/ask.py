"""One question, one line to answer it in."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from reglens.app.widgets.pane import Field


class Ask(ModalScreen[str | None]):
    """Gives what was typed, or None. `hint` stands in the empty field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close"),
        Binding("ctrl+q,ctrl+c", "app.quit", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Ask {
        align: center middle; background: $background 60%;
        & > Vertical {
            width: 72; max-width: 94%; height: auto; background: $surface; padding: 1 2;
            border: round $border; border-title-color: $primary; border-title-style: bold;
            border-subtitle-color: $muted;
        }
    }
    """

    def __init__(self, title: str, hint: str, value: str = "") -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            box.border_subtitle = "enter · esc closes"
            field = Field(self._hint)
            field.value = self._value
            yield field

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip() or None)
