"""Two manifests compared on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from reglens.app.actions import Where, bindings
from reglens.app.commands import Command
from reglens.app.explorer import explained
from reglens.app.screens.aside import BESIDE, Aside
from reglens.app.widgets.difference_view import difference_lines
from reglens.app.widgets.error_views import error_lines
from reglens.app.widgets.layout import Line, paragraph, words
from reglens.app.widgets.pane import Pane
from reglens.app.widgets.sheet import Sheet
from reglens.errors import ReglensError
from reglens.oci.compare import Difference, compare
from reglens.oci.reference import Reference
from reglens.registry.sides import two_sides

if TYPE_CHECKING:
    from reglens.app.ports import RegistrySession

Marked = tuple["RegistrySession", Reference]
"""Something to compare, and the session with its registry."""


class DifferencePane(Pane):
    """The comparison."""

    def compose(self) -> ComposeResult:
        yield Sheet()

    def home(self) -> Widget:
        return self.query_one(Sheet)


class DifferenceScreen(Aside):
    """How `after` differs from `before`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.DIFFERENCE), *BESIDE]
    PLACES = (Where.DIFFERENCE,)
    DEFAULT_CSS = "DifferenceScreen DifferencePane { height: 1fr; }"

    def __init__(self, before: Marked, after: Marked) -> None:
        super().__init__()
        self._sides = (before, after)
        self._error: ReglensError | None = None
        self._whole = False
        self.difference: Difference | None = None

    def crumbs(self) -> tuple[str, ...]:
        (_, before), (_, after) = self._sides
        return (before.familiar, after.familiar)

    def compose_parts(self) -> ComposeResult:
        pane = DifferencePane(classes="part")
        pane.entitle("Compared")
        yield pane

    def on_mount(self) -> None:
        sheet = self.query_one(Sheet)
        sheet.lay(self._lines)
        self.set_focus(sheet)
        self.begin("difference", self._load)

    async def _load(self) -> None:
        try:
            self.difference = compare(*await two_sides(*self._sides))
        except Exception as failed:
            self._error = explained(failed)
        self.query_one(Sheet).lay(self._lines)
        self.refresh_bindings()

    def _lines(self, width: int) -> list[Line]:
        if self._error is not None:
            return error_lines(self._error, width)
        if self.difference is None:
            return paragraph(words(("… fetching both", ".accent")), width)
        return difference_lines(self.difference, width, whole=self._whole)

    def action_whole(self) -> None:
        """Show what is the same as well, or only what differs."""
        self._whole = not self._whole
        self.query_one(Sheet).lay(self._lines)

    def action_swap(self) -> None:
        """Compare the other way round."""
        before, after = self._sides
        self._sides = (after, before)
        if self.difference is not None:
            self.difference = compare(self.difference.after, self.difference.before)
            self.query_one(Sheet).lay(self._lines)

    def commands(self) -> list[Command]:
        """The command that prints the same comparison."""
        (_, before), (_, after) = self._sides
        return self.app.writer.difference(before, after)

    def action_copy_command(self) -> None:
        """Copy the command that does the same."""
        self.copy(self.commands()[0].text, "command")
