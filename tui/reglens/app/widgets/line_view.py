"""Text that scrolls, drawn line by line (Textual's line API)."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style

from reglens.app.actions import Where, bindings

NAMED = (
    "heading label muted rule good bad warn note accent strong code clash secret cursor cursor-mark "
    "bar json-key json-text json-number json-word"
).split()


class LineView(ScrollView, can_focus=True):
    """Lines that are made when they are drawn. A subclass gives `line_count` and `line_at`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(NAMED)
    DEFAULT_CSS = """
    LineView {
        background: transparent;
        scrollbar-gutter: stable;
        scrollbar-size: 0 1;
        overflow-x: hidden;

        & > .heading { color: $text-primary; text-style: bold; }
        & > .label { color: $foreground 65%; }
        & > .muted { color: $foreground 55%; }
        & > .rule { color: $foreground 20%; }
        & > .good { color: $text-success; }
        & > .bad { color: $text-error; text-style: bold; }
        & > .warn { color: $text-warning; }
        & > .note { color: $foreground 75%; text-style: italic; }
        & > .accent { color: $text-accent; }
        & > .strong { text-style: bold; }
        & > .code { color: $text-secondary; }
        & > .clash { color: $text-error; background: $error 18%; text-style: bold; }
        & > .secret { color: $text-warning; background: $warning 12%; }
        & > .cursor { background: $cursor-blurred; }
        & > .cursor-mark { color: $border-blurred; }
        & > .bar { color: $primary 70%; }
        & > .json-key { color: $text-primary; }
        & > .json-text { color: $text-success; }
        & > .json-number { color: $text-warning; }
        & > .json-word { color: $text-accent; }
        &:focus > .cursor { background: $cursor; }
        &:focus > .cursor-mark { color: $primary; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.LIST)]
    GUTTER = 1
    """Cells at the left, where the cursor's mark stands."""

    @property
    def line_count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def line_at(self, y: int) -> Content:
        """The content of one line."""
        raise NotImplementedError

    def marked(self, y: int) -> bool:
        """Whether the cursor stands on that line."""
        return False

    @property
    def text_width(self) -> int:
        """Cells for text in a line."""
        return max(1, self.scrollable_content_region.width - self.GUTTER)

    def resized(self) -> None:
        """Tell the scrolling how large the text is now."""
        self.virtual_size = Size(self.text_width + self.GUTTER, self.line_count)
        self.refresh()

    def named_style(self, style: str | Style) -> Style:
        """A style of ours by its name, laid over whatever it stands on."""
        if isinstance(style, Style):
            return style
        rules = self.get_component_styles(style.removeprefix("."))
        weight = rules.text_style
        return Style(
            background=rules.background if rules.has_rule("background") else None,
            foreground=rules.color if rules.has_rule("color") else None,
            bold=weight.bold,
            italic=weight.italic,
            underline=weight.underline,
        )

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        at = y + self.scroll_offset.y
        width = self.size.width
        base = self.visual_style
        if at >= self.line_count:
            return Strip.blank(width, base.rich_style)
        content = self.line_at(at)
        gutter = Content(" " * self.GUTTER)
        if self.marked(at):
            base += self.named_style(".cursor")
            gutter = Content.styled("▌", ".cursor-mark")
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(at)) is not None:
            start, stop = span
            style = self.screen.get_visual_style("screen--selection", partial=True)
            content = content.stylize(style, max(0, start - self.GUTTER), None if stop == -1 else stop - self.GUTTER)
        segments = [
            Segment(text, style.rich_style)
            for text, style in (gutter + content).render(base, end="", parse_style=self.named_style)
        ]
        return Strip(segments).adjust_cell_length(width, base.rich_style).apply_offsets(0, at)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text."""
        pad = " " * self.GUTTER
        text = "\n".join(pad + self.line_at(y).plain for y in range(self.line_count))
        return selection.extract(text), "\n"

    def go(self, y: float) -> None:
        """Scroll so that line `y` is the first."""
        self.scroll_to(y=y, animate=False, force=True)

    def action_down(self) -> None:
        self.go(self.scroll_offset.y + 1)

    def action_up(self) -> None:
        self.go(self.scroll_offset.y - 1)

    def action_page_down(self) -> None:
        self.go(self.scroll_offset.y + max(1, self.size.height - 1))

    def action_page_up(self) -> None:
        self.go(self.scroll_offset.y - max(1, self.size.height - 1))

    def action_first(self) -> None:
        self.go(0)

    def action_last(self) -> None:
        self.go(self.line_count)

    def action_open(self) -> None:
        """There is nothing to open in a plain text."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is possible; the footer shows only those that are."""
        return action != "open" or self.can_open

    @property
    def can_open(self) -> bool:
        """Whether there is something to open."""
        return False
