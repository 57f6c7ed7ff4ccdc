"""One of a few values, on one line: left and right change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget


class Choice(Widget, can_focus=True):
    """Shows its value between arrows."""

    class Changed(Message):
        """Another value was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,l", "turn(1)", "change", key_display="←→", tooltip="Another value"),
        Binding("left,h", "turn(-1)", show=False),
    ]
    DEFAULT_CSS = """
    Choice { height: 1; width: auto; color: $foreground; }
    Choice:focus { background: $cursor; text-style: bold; }
    """

    def __init__(self, values: Sequence[str], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._values = values
        self._index = 0

    @property
    def value(self) -> str:
        """What is chosen."""
        return self._values[self._index]

    @value.setter
    def value(self, value: str) -> None:
        self._index = self._values.index(value)
        self.refresh(layout=True)

    def get_content_width(self, container: object, viewport: object) -> int:
        return max(map(len, self._values)) + 4

    def render(self) -> Content:
        return Content.assemble(("‹ ", "$muted"), self.value, (" ›", "$muted"))

    def action_turn(self, by: int) -> None:
        self._index = (self._index + by) % len(self._values)
        self.refresh()
        self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_turn(1)
