"""Whether credentials may go to a token server that is not on the registry's site."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from reglens.auth.trust import Withheld
from reglens.text import clean

_NO, _YES = "no", "yes"


class AskTrust(ModalScreen[bool | None]):
    """Gives the answer, or None if it was left open. The answer that does no harm stands first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close"),
        Binding("n", "answer(False)", show=False),
        Binding("y", "answer(True)", show=False),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
        Binding("ctrl+q,ctrl+c", "app.quit", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    AskTrust {
        align: center middle; background: $background 60%;
        & > Vertical {
            width: 84; max-width: 94%; height: auto; max-height: 90%; background: $surface; padding: 1 2;
            border: round $border; border-title-color: $primary; border-title-style: bold;
            border-subtitle-color: $muted;
        }
        & Static { margin-bottom: 1; }
        & OptionList, & OptionList:focus { height: auto; min-width: 3; border: none; padding: 0; background: $surface; }
    }
    """

    def __init__(self, withheld: Withheld) -> None:
        super().__init__()
        self._withheld = withheld

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "May your credentials go there?"
            box.border_subtitle = "y · n · esc leaves it open"
            yield Static(_told(self._withheld))
            yield OptionList(
                Option(Content.assemble(("No", "bold"), "   stay anonymous; not asked again in this run"), id=_NO),
                Option(Content.assemble(("Yes", "bold"), "  in this run, for this registry and this server"), id=_YES),
            )

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id == _YES)

    def action_answer(self, yes: bool) -> None:
        """Answer with one key."""
        self.dismiss(yes)

    def action_move(self, by: int) -> None:
        """A row down or up."""
        rows = self.query_one(OptionList)
        (rows.action_cursor_down if by > 0 else rows.action_cursor_up)()


def _told(withheld: Withheld) -> Content:
    """Who would get what of whom, over which way, and why it is asked."""
    rows = (
        ("registry", withheld.registry),
        ("token server", f"{withheld.origin}  (https only)"),
        ("credentials", withheld.username or "a token"),
        ("found in", withheld.source),
    )
    lines = [Content.assemble((f"{name:13}", "$muted"), (clean(value, 300), "bold")) for name, value in rows]
    why = f"{withheld.reason[:1].upper()}{withheld.reason[1:]}. Whoever runs it would read the password."
    return Content("\n").join([*lines, Content(""), Content(clean(why, 600))])
