"""Where a paste is shown: an editor, and a view for texts too long to edit. Both mark the bytes that are a proof."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from reglens.app.draft import Span
from reglens.app.widgets.line_view import LineView
from reglens.app.widgets.wrapped import Wrapped

_MARK = re.compile(r"sha256:[0-9a-f]{12}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Highlight:
    """What a proof rests on: the bytes themselves, and what they stand in (a header, a command)."""

    exact: Span
    around: Span


class Pasted(Message):
    """Text was pasted. Whoever hears this decides how it is shown."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class PasteEditor(TextArea):
    """A text to edit. What is pasted is offered to the screen first, which masks it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"paste--exact", "paste--around", "paste--secret"}
    DEFAULT_CSS = """
    PasteEditor, PasteEditor:focus {
        border: none; padding: 0 0 0 1; background: $surface; color: $foreground; scrollbar-size-vertical: 1;
        & > .paste--exact { background: $warning 40%; text-style: bold; }
        & > .paste--around { background: $warning 14%; }
        & > .paste--secret { color: $text-warning; }
        & > .text-area--cursor-line { background: transparent; }
    }
    """

    def __init__(self, text: str, *, secrets: dict[str, str], id: str | None = None) -> None:  # noqa: A002
        """`secrets` holds the marks that stand for secrets."""
        super().__init__(text, id=id, tab_behavior="focus", soft_wrap=True, highlight_cursor_line=False)
        self._secrets = secrets
        self._highlight: Highlight | None = None

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.post_message(Pasted(event.text))

    def insert_pasted(self, text: str) -> None:
        """Put `text` where the cursor is, in place of what is selected."""
        result = self._replace_via_keyboard(text, *self.selection)
        if result is not None:
            self.move_cursor(result.end_location)

    @property
    def highlight(self) -> Highlight | None:
        """What is marked."""
        return self._highlight

    def mark(self, highlight: Highlight | None, *, scroll: bool = True) -> None:
        """Mark the bytes that prove something, and show them."""
        self._highlight = highlight
        self._line_cache.clear()
        self.refresh()
        if highlight is not None and scroll:
            start = self.document.get_location_from_index(highlight.exact[0])  # type: ignore[attr-defined]
            y = self.wrapped_document.location_to_offset(start).y
            if not self.scroll_offset.y <= y < self.scroll_offset.y + self.size.height - 1:
                self.scroll_to(y=max(0, y - self.size.height // 3), animate=False, force=True)

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        for found in _MARK.finditer(line.plain):
            if found[0] in self._secrets:
                line.stylize(self.get_component_rich_style("paste--secret"), *found.span())
        if self._highlight is not None:
            offset = self.document.get_index_from_location((line_index, 0))  # type: ignore[attr-defined]
            for name, (start, end) in (("around", self._highlight.around), ("exact", self._highlight.exact)):
                first, last = max(0, start - offset), min(len(line.plain), end - offset)
                if first < last:
                    line.stylize(self.get_component_rich_style(f"paste--{name}"), first, last)
        return line


class PasteView(LineView):
    """A text of any length, to read."""

    DEFAULT_CSS = """
    PasteView {
        & > .exact { background: $warning 40%; text-style: bold; }
        & > .around { background: $warning 14%; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"exact", "around"}

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._text = ""
        self._rows = Wrapped()
        self.highlight: Highlight | None = None

    def show(self, text: str) -> None:
        """Show `text`, from its start."""
        self._text = text
        self.highlight = None
        self._arrange()
        self.go(0)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.post_message(Pasted(event.text))

    def _arrange(self) -> None:
        if self.size.width:  # before it is on the screen for the first time, no width is known
            self._rows = Wrapped(self._text, self.text_width)
            self.resized()

    def on_resize(self) -> None:
        if (self._text, self.text_width) != (self._rows.text, self._rows.width):
            self._arrange()

    @property
    def line_count(self) -> int:
        return self._rows.count

    def line_at(self, y: int) -> Content:
        start, end = self._rows.span(y)
        content = Content(self._rows.text[start:end].expandtabs(1))
        if self.highlight is not None:
            for name, span in ((".around", self.highlight.around), (".exact", self.highlight.exact)):
                first, last = max(start, span[0]), min(end, span[1])
                if first < last:
                    content = content.stylize(name, first - start, last - start)
        return content

    def mark(self, highlight: Highlight | None, *, scroll: bool = True) -> None:
        """Mark the bytes that prove something, and show them."""
        self.highlight = highlight
        self.refresh()
        if highlight is not None and scroll:
            y = self._rows.row_of(highlight.exact[0])
            if not self.scroll_offset.y <= y < self.scroll_offset.y + self.size.height - 1:
                self.go(max(0, y - self.size.height // 3))


def highlight_of(text: str, span: Span, value: str) -> Highlight:
    """The bytes of `text` within `span` that say `value`, or all of them if it is not found there word for word."""
    start, end = span
    at = text.find(value, start, end) if value else -1
    exact = (at, at + len(value)) if at >= 0 else span
    return Highlight(exact, span)
