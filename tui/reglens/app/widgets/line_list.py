"""A list of any length: rows are drawn when they come into view, never before.

The rows are plain texts; a filter or an order is a list of indices into them. Appending costs the appended rows only,
so pages stream in without a pause. (Textual's line API, docs/guide/widgets.md, "Line API".)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from reglens.app.actions import Where, bindings

Part = tuple[str, str]
"""A piece of a row: its text (cleaned already) and the component class that styles it (``""``: plain)."""
REST = 0.2
"""Seconds after which the list counts as resting."""
DrawRow = Callable[[int, int], Sequence[Part]]
"""Draws the row of an item, given its index and the width in cells. The widget crops and pads."""


class LineList(ScrollView, can_focus=True):
    """Rows of text with a cursor. `view` holds the indices of the rows shown, in their order."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.LIST)]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-list--cursor",
        "line-list--marker",
        "line-list--muted",
        "line-list--accent",
        "line-list--match",
        "line-list--good",
    }
    DEFAULT_CSS = """
    LineList {
        height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        background: $surface; color: $foreground;
        &.-empty { height: 0; }
        & > .line-list--cursor { background: $cursor-blurred; }
        & > .line-list--marker { color: $border-blurred; }
        & > .line-list--muted { color: $muted; }
        & > .line-list--accent { color: $primary; }
        & > .line-list--match { color: $primary; text-style: bold; }
        & > .line-list--good { color: $success; }
        &:focus, &.-led {
            & > .line-list--cursor { background: $cursor; }
            & > .line-list--marker { color: $primary; }
        }
    }
    """

    virtual_size = reactive(Size(0, 0))
    """Rows that come and go lay out nothing: the scroll bar has its place whether it is needed or not."""

    class Opened(Message):
        """The row was opened, by key or by mouse. `index` is the item's, not the row's."""

        def __init__(self, sender: LineList, index: int) -> None:
            super().__init__()
            self.line_list = sender
            self.index = index

        @property
        def control(self) -> LineList:
            return self.line_list

    class Moved(Message):
        """The cursor came to stand on another item."""

        def __init__(self, sender: LineList, index: int) -> None:
            super().__init__()
            self.line_list = sender
            self.index = index

        @property
        def control(self) -> LineList:
            return self.line_list

    class Rested(Message):
        """For `REST` seconds neither the cursor moved nor other rows came into view."""

    class Beyond(Message):
        """A key moves the cursor of an empty list: what stands in its place may be meant. `movement` is the action's
        name."""

        def __init__(self, movement: str) -> None:
            super().__init__()
            self.movement = movement

    def __init__(self, draw: DrawRow, *, rests: bool = False, id: str | None = None) -> None:  # noqa: A002
        """With `rests` it tells when it came to rest."""
        super().__init__(id=id)
        self._draw = draw
        self._rests = rests
        self._rest: Timer | None = None
        self.view: Sequence[int] = ()
        self.cursor = 0
        self._strips: LRUCache[tuple[int, bool], Strip] = LRUCache(512)
        self._drawn_for: tuple[object, ...] = ()
        self._base = Style.null()
        self._inks: dict[str, Style] = {}

    def on_mount(self) -> None:
        if self._rests:
            self._rest = self.set_interval(REST, self._rested, pause=True)

    def _stir(self) -> None:
        if self._rest is not None:
            self._rest.reset()
            self._rest.resume()

    def _rested(self) -> None:
        if self._rest is not None:
            self._rest.pause()
            self.post_message(self.Rested())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._stir()

    # -- what is shown

    def show(self, view: Sequence[int], *, keep: int | None = None, top: bool = False) -> None:
        """Show the items of `view` in its order. The cursor stays on item `keep` if that is among them; `top` puts it
        on the first row otherwise (else it stays on its row)."""
        self.view = view
        self._strips.clear()
        row = self._row_of(keep)
        if row is None:
            row = 0 if top else min(self.cursor, max(0, len(view) - 1))
        self.cursor = row
        self._resize()
        self.refresh()
        self._follow()
        self._stir()

    def extended(self, view: Sequence[int]) -> None:
        """`view` is the present one with rows added at its end: only what is in sight is drawn again."""
        before = len(self.view)
        self.view = view
        self._resize()
        if before < self.scroll_offset.y + self.size.height:
            self.refresh()
            self._stir()

    def redraw(self, which: Callable[[int], bool] | None = None) -> None:
        """Rows look different: those of the items that `which` tells, or all."""
        if which is None:
            self._strips.clear()
            self.refresh()
            return
        for key in list(self._strips.keys()):
            if which(key[0]):
                self._strips.discard(key)
        for row in self.in_view:
            if which(self.view[row]):
                self.refresh_line(row)

    @property
    def in_view(self) -> range:
        """The rows that can be seen."""
        top = self.scroll_offset.y
        return range(min(top, len(self.view)), min(top + self.scrollable_content_region.height, len(self.view)))

    def _row_of(self, item: int | None) -> int | None:
        if item is None:
            return None
        try:
            return self.view.index(item)
        except ValueError:
            return None

    def _resize(self) -> None:
        region = self.scrollable_content_region
        self.virtual_size = Size(region.width, max(len(self.view), region.height))

    def watch_virtual_size(self, size: Size) -> None:
        """What laying out would do."""
        if self.styles.auto_dimensions:
            self.refresh(layout=True)
        if self.is_attached:
            self.vertical_scrollbar.window_virtual_size = size.height
            self.scroll_target_y = min(self.scroll_target_y, self.max_scroll_y)
            self.scroll_y = min(self.scroll_y, self.max_scroll_y)

    @property
    def current(self) -> int | None:
        """The item under the cursor, or None in an empty list."""
        return self.view[self.cursor] if self.cursor < len(self.view) else None

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.view)

    # -- drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        self._base = self.rich_style
        look = (self._base, self.scrollable_content_region.width, self.has_focus, self.has_class("-led"))
        if look != self._drawn_for:
            self._drawn_for = look
            self._forget()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        row = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        if row >= len(self.view):
            return Strip.blank(width, self._base)
        item = self.view[row]
        key = (item, row == self.cursor)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._strip(item, width, row == self.cursor)
        return strip

    def _strip(self, item: int, width: int, under_cursor: bool) -> Strip:
        ink = self._cursor_ink if under_cursor else self._ink
        plain = ink("")
        segments = [Segment("▌", ink("marker")) if under_cursor else Segment(" ", plain)]
        segments += [Segment(text, ink(part)) for text, part in self._draw(item, max(0, width - 2)) if text]
        strip = Strip(segments)
        if strip.cell_length > width:
            strip = Strip([*strip.crop(0, width - 1), Segment("…", ink("muted"))])
        return strip.adjust_cell_length(width, plain)

    def _ink(self, part: str) -> Style:
        """The foreground and weight of a component class: its background stays that of the row."""
        style = self._inks.get(part)
        if style is None:
            style = self._base
            if part:
                component = self.get_component_rich_style(f"line-list--{part}")
                style += Style(color=component.color, bold=component.bold, italic=component.italic)
            self._inks[part] = style
        return style

    def _cursor_ink(self, part: str) -> Style:
        return self._ink(part) + Style(bgcolor=self.get_component_rich_style("line-list--cursor").bgcolor)

    def _forget(self) -> None:
        self._strips.clear()
        self._inks.clear()

    def notify_style_update(self) -> None:
        self._forget()
        super().notify_style_update()

    # -- moving

    def move_to(self, row: int) -> None:
        """Put the cursor on `row`, as near as there is one."""
        row = max(0, min(row, len(self.view) - 1))
        if row != self.cursor:
            before, self.cursor = self.cursor, row
            self.refresh_line(before)
            self.refresh_line(row)
            if self.current is not None:
                self.post_message(self.Moved(self, self.current))
            self._stir()
        self._follow()

    def _move(self, movement: str, row: int) -> None:
        if self.view:
            self.move_to(row)
        else:
            self.post_message(self.Beyond(movement))

    def _follow(self) -> None:
        """Scroll the cursor's row into view."""
        height = self.scrollable_content_region.height
        if height <= 0:
            return
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    def action_down(self) -> None:
        self._move("down", self.cursor + 1)

    def action_up(self) -> None:
        self._move("up", self.cursor - 1)

    def action_page_down(self) -> None:
        self._move("page_down", self.cursor + max(1, self.size.height - 1))

    def action_page_up(self) -> None:
        self._move("page_up", self.cursor - max(1, self.size.height - 1))

    def action_first(self) -> None:
        self._move("first", 0)

    def action_last(self) -> None:
        self._move("last", len(self.view) - 1)

    def action_open(self) -> None:
        if self.current is not None:
            self.post_message(self.Opened(self, self.current))

    def on_click(self, event: events.Click) -> None:
        row = self.scroll_offset.y + event.y
        if row < len(self.view):
            event.stop()
            self.move_to(row)
            self.action_open()

    def on_resize(self) -> None:
        self._resize()
        self._follow()
        self._stir()


def cropped(text: str, width: int) -> str:
    """`text` within `width` characters, its middle left out: names differ at both ends."""
    if len(text) <= width:
        return text
    if width < 5:
        return text[:width]
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def matching(lowered: Sequence[str], words: Iterable[str], among: Sequence[int] | None = None) -> list[int]:
    """The indices whose lower-case text holds every word; `among` narrows an earlier result."""
    indices: Sequence[int] | None = among
    for word in words:
        if indices is None:
            indices = [i for i, text in enumerate(lowered) if word in text]
        else:
            indices = [i for i in indices if word in lowered[i]]
    return list(range(len(lowered)) if indices is None else indices)
