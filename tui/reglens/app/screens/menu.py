"""A menu of what can be taken: a digit or enter copies, tab saves to a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from reglens.app.screens.export import Offer, take
from reglens.app.widgets.layout import Line, cells, end, keyed, paragraph, said, words
from reglens.app.widgets.pane import Field
from reglens.app.widgets.sheet import Sheet
from reglens.text import clean


class Menu(ModalScreen[None]):
    """`offers` to choose from; with `whole` their text is shown to its end, else as much as fits in a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "close"),
        Binding("tab", "save", show=False, priority=True),
        Binding("ctrl+q,ctrl+c", "app.quit", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Menu {
        align: center middle; background: $background 60%;
        & > Vertical {
            width: 110; max-width: 96%; height: auto; max-height: 90%; background: $surface; padding: 0 1;
            border: round $border; border-title-color: $primary; border-title-style: bold;
            border-subtitle-color: $muted;
        }
        & Sheet { height: auto; max-height: 30; }
        & Horizontal { height: 1; display: none; }
        & Horizontal.-shown { display: block; }
        & .label { width: 9; color: $muted; }
    }
    """

    def __init__(self, title: str, offers: Sequence[Offer], *, whole: bool = False) -> None:
        super().__init__()
        self._title = title
        self.offers = offers
        self._whole = whole

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            last = min(len(self.offers), 9)
            digits = f" or 1–{last}" if last > 1 else ""
            box.border_subtitle = f"enter{digits} copies · tab saves to a file · esc closes"
            yield Sheet()
            with Horizontal():
                yield Static("to file", classes="label")
                yield Field("a new file's name")

    def on_mount(self) -> None:
        sheet = self.query_one(Sheet)
        sheet.lay(self._lines)
        self.set_focus(sheet)
        self.call_after_refresh(self._fit)

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """As high as the offers are, and no higher than the screen."""
        sheet = self.query_one(Sheet)
        sheet.again()
        sheet.styles.height = max(1, min(sheet.line_count, self.size.height - 6))

    def _lines(self, width: int) -> list[Line]:
        column = max((cells(offer.what) for offer in self.offers), default=0)
        lines: list[Line] = []
        for number, offer in enumerate(self.offers, 1):
            digit = (f"{number} " if number < 10 else "  ", ".accent")
            if self._whole:
                group = [Line(words(digit, (offer.what, ".muted")))]
                group += paragraph(said(offer.shown, ".code", 4000), width, lead="  ")
            else:
                shown = end(clean(offer.shown, 1000), max(8, width - column - 4))
                group = [Line(words(digit, (f"{offer.what:<{column}}  ", ".strong"), (shown, ".code")))]
            lines += keyed(group, number - 1)
        return lines

    @property
    def offer(self) -> Offer:
        """The one under the cursor."""
        chosen = self.query_one(Sheet).chosen
        return self.offers[chosen if isinstance(chosen, int) else 0]

    def on_key(self, event: events.Key) -> None:
        """A digit takes the offer of that number."""
        digit = event.character or ""
        if isinstance(self.focused, Input) or not (digit.isascii() and digit.isdigit() and digit != "0"):
            return
        event.stop()
        if int(digit) <= len(self.offers):
            self.query_one(Sheet).choose(int(digit) - 1)
            self._take("")

    @on(Sheet.Opened)
    def _opened(self, event: Sheet.Opened) -> None:
        event.stop()
        self._take("")

    @on(Input.Submitted)
    def _named(self) -> None:
        name = self.query_one(Field).value.strip()
        if name:
            self._take(name)

    def _take(self, name: str) -> None:
        if take(self.app, self.offer, name):
            self.dismiss()

    def action_save(self) -> None:
        """Ask for a file's name; again: back to the offers."""
        field, row = self.query_one(Field), self.query_one(Horizontal)
        if row.has_class("-shown"):
            self.action_back()
            return
        row.add_class("-shown")
        field.value = self.offer.name
        self.set_focus(field)

    def action_back(self) -> None:
        """From the file's name to the offers, then out."""
        row = self.query_one(Horizontal)
        if row.has_class("-shown"):
            row.remove_class("-shown")
            self.set_focus(self.query_one(Sheet))
        else:
            self.dismiss()
