"""A sheet: a laid-out view that scrolls, with items to choose from."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message

from reglens.app.widgets.layout import Layout, Line
from reglens.app.widgets.line_view import LineView


def nothing(_width: int) -> Sequence[Line]:
    """The layout of an empty sheet."""
    return ()


class Sheet(LineView):
    """Shows a `Layout`. Lines with a key are items: the cursor walks over them, enter or a click opens one.

    Where no item is near, the same keys scroll, so that nothing between two items is skipped unread.
    """

    @dataclass
    class Opened(Message):
        """Enter or a click on the item `key`."""

        sheet: Sheet
        key: Hashable

        @property
        def control(self) -> Sheet:
            return self.sheet

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._layout_of: Layout = nothing
        self._lines: Sequence[Line] = ()
        self._spans: dict[Hashable, tuple[int, int]] = {}
        self._keys: list[Hashable] = []
        self._width = 0
        self.chosen: Hashable | None = None
        self._walked = False  # whether the person moved the cursor: only then does the view follow it

    @property
    def line_count(self) -> int:
        return len(self._lines)

    def line_at(self, y: int) -> Content:
        return self._lines[y].content

    def marked(self, y: int) -> bool:
        key = self._lines[y].key
        return key is not None and key == self.chosen

    @property
    def can_open(self) -> bool:
        return bool(self._keys)

    @property
    def lines(self) -> Sequence[Line]:
        """The lines as they are laid out now."""
        return self._lines

    def lay(self, layout: Layout, *, keep: bool = False, choose: Hashable | None = None) -> None:
        """Show `layout`, from its start or, with `keep`, from where the sheet stands; `choose` is made the item under
        the cursor."""
        self._layout_of = layout
        if not keep:
            self.chosen = None
            self._walked = False
        if choose is not None:
            self.chosen = choose
            self._walked = True
        self._arrange()
        if not keep:
            self.go(0)
        if choose is not None:
            self.call_after_refresh(self.reveal, choose)

    def _arrange(self) -> None:
        self._width = self.text_width
        self._lines = self._layout_of(self._width) if self.size.width else ()
        spans: dict[Hashable, tuple[int, int]] = {}
        for y, line in enumerate(self._lines):
            if line.key is not None:
                spans[line.key] = (spans.get(line.key, (y, y))[0], y)
        self._spans = spans
        changed = bool(self._keys) != bool(spans)
        self._keys = list(spans)
        if self._lines and self.chosen not in spans:
            self.chosen = self._keys[0] if self._keys else None
        self.resized()
        if changed and self.has_focus:
            self.refresh_bindings()

    def again(self) -> None:
        """Lay the same layout out anew, for values that changed with time."""
        self._arrange()

    def on_resize(self, _event: events.Resize) -> None:
        if self.text_width != self._width or not self._lines:
            self._arrange()
            if self.chosen is not None and self._walked:
                self.reveal(self.chosen)

    def reveal(self, key: Hashable) -> None:
        """Scroll so that the item can be seen, its end first if it is too tall."""
        if key not in self._spans:
            return
        first, last = self._spans[key]
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if first < top:
            self.go(first)
        elif last >= top + height:
            self.go(min(first, last - height + 1))

    def choose(self, key: Hashable) -> None:
        """Put the cursor on an item."""
        self.chosen = key
        self._walked = True
        self.refresh()
        self.reveal(key)

    def _visible(self, key: Hashable | None) -> bool:
        if key not in self._spans:
            return False
        first, last = self._spans[key]
        return last >= self.scroll_offset.y and first < self.scroll_offset.y + self.size.height

    def _step(self, by: int) -> None:
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not self._visible(self.chosen):
            seen = [key for key in self._keys if self._visible(key)]
            if seen:
                self.choose(seen[0] if by > 0 else seen[-1])
            else:
                self.go(top + by)
            return
        place = self._keys.index(self.chosen) + by
        if 0 <= place < len(self._keys):
            key = self._keys[place]
            first, last = self._spans[key]
            if (first < top + height + 2) if by > 0 else (last >= top - 2):
                self.choose(key)
                if place == 0:
                    self.go(0 if last < height else first)
                return
        self.go(top + by)

    def action_down(self) -> None:
        self._step(1)

    def action_up(self) -> None:
        self._step(-1)

    def _page(self, by: int) -> None:
        self.go(self.scroll_offset.y + by)
        self.call_after_refresh(self._choose_visible, by)

    def _choose_visible(self, by: int) -> None:
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.size.height
        if by > 0 and bottom >= self.line_count:
            top = bottom = self.line_count
        seen = [k for k, (first, last) in self._spans.items() if last >= top and first < bottom]
        if by > 0 and not seen:
            seen = self._keys[-1:]
        if seen and self.chosen not in seen:
            self.chosen = seen[0] if by > 0 else seen[-1]
            self.refresh()
        elif by < 0 and top == 0 and self._keys:
            self.chosen = self._keys[0]
            self.refresh()

    def action_page_down(self) -> None:
        self._page(max(1, self.size.height - 1))

    def action_page_up(self) -> None:
        self._page(-max(1, self.size.height - 1))

    def action_first(self) -> None:
        self.chosen = self._keys[0] if self._keys else None
        self.go(0)
        self.refresh()

    def action_last(self) -> None:
        self.chosen = self._keys[-1] if self._keys else None
        self.go(self.line_count)
        self.refresh()

    def action_open(self) -> None:
        if not self._visible(self.chosen):
            if self.chosen is not None:
                self.choose(self.chosen)
        elif self.chosen is not None:
            self.post_message(self.Opened(self, self.chosen))

    def on_click(self, event: events.Click) -> None:
        if self.text_selection is not None:  # the end of a drag over text
            return
        y = event.y + self.scroll_offset.y
        if 0 <= y < len(self._lines) and (key := self._lines[y].key) is not None and event.chain == 1:
            self.choose(key)
            self.post_message(self.Opened(self, key))
            event.stop()
