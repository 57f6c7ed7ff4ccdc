"""The help: every key, grouped by where it works, from the one list of actions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget

from reglens.app.actions import ACTIONS, Action, Where
from reglens.app.widgets.layout import fold

INTRODUCTION = (
    "Choose a repository, then a tag. Below, authentication shows what it took: requests, challenge, token. "
    "When a registry refuses, it compares what was asked, requested and granted, and says how to mend it."
)
_KEYS, _GAP = 14, 2
_TWO_COLUMNS = 100


class Keys(Widget):
    """The list of keys, in two columns where there is room."""

    DEFAULT_CSS = "Keys { width: 1fr; height: auto; }"

    def __init__(self, live: frozenset[Where], groups: Sequence[Where], introduction: str = "") -> None:
        """`groups` are listed; those of them in `live`, whose keys work where the focus was, stand first."""
        super().__init__()
        self._live = live
        self._introduction = introduction or INTRODUCTION
        self._groups = sorted(groups, key=lambda where: (where is not Where.EVERYWHERE, where not in live))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        introduction = [*fold(Content(self._introduction), max(20, width)), Content("")]
        if width < _TWO_COLUMNS:
            return [*introduction, *self._column(self._groups, width)]
        half = (width - 4) // 2
        left, right = self._column(self._groups[:1], half), self._column(self._groups[1:], half)
        rows = max(len(left), len(right))
        left += [Content("")] * (rows - len(left))
        right += [Content("")] * (rows - len(right))
        beside = [one.pad_right(half + 4 - one.cell_length) + two for one, two in zip(left, right, strict=True)]
        return [*introduction, *beside]

    def _column(self, places: Sequence[Where], width: int) -> list[Content]:
        lines: list[Content] = []
        for place in places:
            mark = " · here" if place in self._live and place is not Where.EVERYWHERE else ""
            lines += [Content.assemble((place, "bold $primary"), (mark, "$muted"))]
            for action in ACTIONS:
                if action.where is place:
                    lines += self._entry(action, width)
            lines.append(Content(""))
        return lines[:-1]

    def _entry(self, action: Action, width: int) -> Iterator[Content]:
        room = max(12, width - _KEYS - _GAP)
        for number, part in enumerate(fold(Content(action.help), room)):
            keys = "" if number else action.key_text
            yield Content.assemble(
                (f"  {keys:<{_KEYS - 2}}", "$foreground"), " " * _GAP, Content.styled(part.plain, "$muted")
            )


class Help(ModalScreen[None]):
    """Keys and what they do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "close"),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("ctrl+q,ctrl+c", "app.quit", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Help {
        align: center middle; background: $background 60%;
        & > VerticalScroll {
            width: 130; max-width: 94%; height: auto; max-height: 94%; background: $surface; padding: 1 2;
            border: round $border; border-title-color: $primary; border-title-style: bold;
            border-subtitle-color: $muted; scrollbar-size-vertical: 1;
        }
    }
    """

    def __init__(self, live: frozenset[Where], groups: Sequence[Where], introduction: str = "") -> None:
        super().__init__()
        self._live, self._groups, self._introduction = live, groups, introduction

    def compose(self) -> ComposeResult:
        with VerticalScroll() as scroll:
            scroll.border_title = "Keys"
            scroll.border_subtitle = "esc closes"
            yield Keys(self._live, self._groups, self._introduction)

    @property
    def laid_out(self) -> bool:
        """Whether the keys have their place on the screen."""
        return bool(self.query(Keys)) and self.query_one(Keys).size.height > 0

    def action_scroll(self, rows: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)
