"""The pages about the findings: what each means, how to recognise it by hand, how to cure it, an example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from reglens.app.actions import Where, bindings
from reglens.app.commands import Command
from reglens.app.screens.aside import Aside
from reglens.app.widgets.layout import Line, blank, heading, paragraph, words
from reglens.app.widgets.line_list import LineList, Part, matching
from reglens.app.widgets.pane import Field, ListPane, Pane
from reglens.app.widgets.sheet import Sheet
from reglens.diagnosis.pages import CODES, PAGES
from reglens.diagnosis.pages import Page as Told


class CodesPane(ListPane):
    """Every code, narrowed by what is typed."""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("/", classes="prompt")
            yield Field("search the pages", swallow="/")
        yield LineList(self._draw)

    def on_mount(self) -> None:
        self.border_title = f"Findings  {len(CODES)}"
        self.rows.show(range(len(CODES)))

    def _draw(self, index: int, _width: int) -> Sequence[Part]:
        return ((CODES[index], ""),)


class PagePane(Pane):
    """One page."""

    def compose(self) -> ComposeResult:
        yield Sheet()

    def home(self) -> Widget:
        return self.query_one(Sheet)


class Pages(Aside):
    """The list, and the page under its cursor. `code` is the page to open at."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.PAGES)]
    PLACES = (Where.PAGES,)
    ABOUT = (
        "Every finding that a diagnosis may hold: what it means, how to recognise it by hand, how to cure it, "
        "an example."
    )
    DEFAULT_CSS = """
    Pages > .body { layout: horizontal; }
    Pages #codes { width: 34; }
    Pages.-narrow #codes { width: 28; }
    Pages #page { width: 1fr; }
    Pages CodesPane { & > Horizontal { height: 1; padding: 0 1; } & .prompt { width: 2; color: $primary; } }
    """

    def __init__(self, code: str = "") -> None:
        super().__init__()
        self._code = code
        self._lowered = [" ".join((p.code, p.title, p.means, p.recognise, p.cure)).lower() for p in PAGES.values()]

    def crumbs(self) -> tuple[str, ...]:
        return ("what findings mean",)

    def compose_parts(self) -> ComposeResult:
        with Container(classes="body"):
            yield CodesPane(id="codes", classes="part")
            yield PagePane(id="page", classes="part")

    def commands(self) -> list[Command]:
        """The command that prints the page under the cursor."""
        index = self.list.rows.current
        codes = [Command("this page", f"reglens explain --code {CODES[index]}")] if index is not None else []
        return [*codes, Command("every code", "reglens explain --list")]

    @property
    def list(self) -> CodesPane:
        return self.query_one(CodesPane)

    def on_mount(self) -> None:
        rows = self.list.rows
        if self._code in CODES:
            rows.move_to(CODES.index(self._code))
            self.set_focus(self.query_one(Sheet))
        else:
            self.set_focus(rows)
        self._show(rows.current)

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        self._show(event.index)

    @on(LineList.Opened)
    def _opened(self) -> None:
        self.set_focus(self.query_one(Sheet))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        found = matching(self._lowered, event.value.lower().split())
        typed = event.value.strip().lower()
        found.sort(key=lambda index: typed not in CODES[index])
        self.list.rows.show(found, top=True)
        self._show(self.list.rows.current)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.set_focus(self.list.rows)

    def _show(self, index: int | None) -> None:
        pane = self.query_one("#page", PagePane)
        if index is None:
            pane.border_title = ""
            pane.query_one(Sheet).lay(lambda width: paragraph(words(("No page holds that.", ".muted")), width))
            return
        told = PAGES[CODES[index]]
        pane.border_title = Content(told.code)
        pane.query_one(Sheet).lay(lambda width: page_lines(told, width))

    def step_back(self) -> bool:
        if self.list.field.has_focus:
            self.list.field.value = ""
            self.set_focus(self.list.rows)
            return True
        return False

    def action_filter(self) -> None:
        """Go to the field."""
        self.set_focus(self.list.field)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "filter":
            return not self.list.field.has_focus
        return super().check_action(action, parameters)


def page_lines(told: Told, width: int) -> list[Line]:
    """A page laid out."""
    lines = paragraph(words((told.title, ".strong")), width)
    lines += [blank(), *paragraph(words(told.means), width)]
    for title, text in (("How to recognise it", told.recognise), ("How to cure it", told.cure)):
        lines += [blank(), *heading(title, width), *paragraph(words(text), width)]
    lines += [blank(), *heading("Example", width)]
    for line in told.example.split("\n"):
        lines += paragraph(words((line, ".code")), width, lead="  ")
    return lines
