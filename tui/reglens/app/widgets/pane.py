"""What the panes share: a border with a title, a notice for empty and failed states, a field that leads a list."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from reglens.app.widgets.line_list import LineList
from reglens.errors import ReglensError
from reglens.text import clean, human_count

FIELD_LIMIT = 16_384
"""Characters that a paste into a field may have: no name, path or token is longer, and each key costs time for all."""


class Field(Input):
    """A one-line input without a frame."""

    DEFAULT_CSS = """
    Field, Field:focus {
        border: none; padding: 0; height: 1; width: 1fr; background: $surface; color: $foreground;
        background-tint: $foreground 0%;
    }
    Field > .input--placeholder { color: $muted; }
    """

    virtual_size = reactive(Size(0, 0))
    """Typing lays out nothing: the field is as wide as it is."""

    def __init__(self, placeholder: str, *, swallow: str = "") -> None:
        """`swallow` is a key that means nothing as the first character: it led here, and may come twice."""
        super().__init__(placeholder=placeholder, select_on_focus=True)
        self._swallow = swallow
        self.cursor_blink = False  # nothing on the screen moves unless something happened

    async def _on_key(self, event: events.Key) -> None:
        if self._swallow and event.character == self._swallow and not self.value:
            event.stop()
            event.prevent_default()

    def _on_paste(self, event: events.Paste) -> None:
        """A paste's first line, as Textual has it, if it has the measure of a field."""
        length = len(event.text.partition("\n")[0])
        if length > FIELD_LIMIT:
            event.stop()
            event.prevent_default()
            self.app.notify(
                f"The paste has {human_count(length)} characters; a field takes {human_count(FIELD_LIMIT)} at most.",
                severity="warning",
                markup=False,
            )


class Tally(Widget):
    """A few words at the end of a line, as many cells wide as the longest of them was: they change with every key."""

    DEFAULT_CSS = "Tally { width: 0; height: 1; color: $muted; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.words = ""

    def say(self, words: str, *, anew: bool = False) -> None:
        """Show `words`; with `anew` what was shown before counts no longer."""
        if anew or len(words) > (self.size.width or 0):
            self.styles.width = len(words)
        if words != self.words:
            self.words = words
            self.refresh()

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        width = self.size.width
        return Strip([Segment(self.words.rjust(width), base)]).adjust_cell_length(width, base)


class Notice(VerticalScroll, can_focus=False):
    """Words in place of what is not there: what happened, and what to do next. Hidden while it has none."""

    DEFAULT_CSS = """
    Notice {
        width: 1fr; height: auto; max-height: 100%; padding: 0 1; color: $muted; display: none; overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > Static { width: 1fr; height: auto; }
        &.-shown { display: block; }
        &.-failed { color: $foreground; }
        &.-below { max-height: 50%; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._words = Static()

    @property
    def content(self) -> Content:
        """What it shows; empty while it is hidden."""
        shown = self._words.content
        return shown if isinstance(shown, Content) else Content("")

    def compose(self) -> ComposeResult:
        yield self._words

    def tell(self, content: Content | None) -> None:
        """Show `content`, or nothing."""
        self.set_class(content is not None, "-shown")
        self.remove_class("-failed", "-below")
        if (content or Content("")) != self.content:
            self._words.update(content or Content(""))
            self.scroll_home(animate=False)

    def tell_failure(self, error: ReglensError, cause: str = "", *, below: bool = False) -> None:
        """Show what failed, whole, and what to try; `cause` is what the diagnosis found, if it did. With `below` there
        is a list above that is to be seen as well."""
        self.tell(failure(error, cause))
        self.add_class("-failed")
        self.set_class(below, "-below")


def failure(error: ReglensError, cause: str = "") -> Content:
    """An error as it is shown: a symbol, what happened, why if that is known, what to try next."""
    parts: list[Content | str | tuple[str, str]] = [("✗ ", "$error"), clean(error.message, keep="\n")]
    if cause:
        parts += ["\n\n", ("→ ", "$primary"), clean(cause), ".\n", ("a", "$primary"), " shows the proof and the cure."]
    if error.hint:
        parts += ["\n\n", ("→ ", "$primary"), clean(error.hint, keep="\n")]
    return Content.assemble(*parts)


class Pane(Vertical):
    """A framed part of the screen. Its frame shows whether the focus is in it."""

    DEFAULT_CSS = """
    Pane {
        border: round $border-blurred; background: $surface; border-title-color: $muted; border-subtitle-color: $muted;
        border-title-style: none; padding: 0;
        &:focus-within { border: round $border; border-title-color: $primary; border-title-style: bold; }
    }
    """

    def home(self) -> Widget:
        """What gets the focus when the pane does."""
        raise NotImplementedError

    def step_back(self) -> bool:
        """Undo the innermost thing that ``esc`` undoes here; False if there is none."""
        return False

    def entitle(self, title: str, detail: str = "") -> None:
        """Set the frame's title; `detail` may be server text."""
        self.border_title = Content.assemble(title, (f"  {clean(detail)}", "$foreground") if detail else "")


class ListPane(Pane):
    """A pane with a field above a list: the list's keys work while the field has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "lead('down')", show=False),
        Binding("up", "lead('up')", show=False),
        Binding("pagedown", "lead('page_down')", show=False),
        Binding("pageup", "lead('page_up')", show=False),
    ]

    hints: ClassVar[tuple[tuple[str, str], ...]] = ()
    """What can be typed in the field, each with a word for what it means, for the line of keys."""

    @property
    def rows(self) -> LineList:
        """The pane's list."""
        return self.query_one(LineList)

    @property
    def field(self) -> Field:
        """The pane's field."""
        return self.query_one(Field)

    def home(self) -> Widget:
        return self.rows

    def action_lead(self, movement: str) -> None:
        getattr(self.rows, f"action_{movement}")()

    def on_line_list_beyond(self, event: LineList.Beyond) -> None:
        """Where words stand in the list's place, the list's keys scroll them."""
        event.stop()
        notice = self.query_one(Notice)
        scroll = {
            "down": notice.scroll_down,
            "up": notice.scroll_up,
            "page_down": notice.scroll_page_down,
            "page_up": notice.scroll_page_up,
            "first": notice.scroll_home,
            "last": notice.scroll_end,
        }[event.movement]
        scroll(animate=False)

    def on_descendant_focus(self) -> None:
        self.rows.set_class(self.field.has_focus, "-led")

    def on_descendant_blur(self) -> None:
        self.rows.remove_class("-led")
