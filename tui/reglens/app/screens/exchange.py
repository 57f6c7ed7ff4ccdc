"""One exchange, or two of different runs, opened: everything sent and received."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from reglens.app.actions import Where, bindings
from reglens.app.commands import Command
from reglens.app.messages import KeysChanged
from reglens.app.screens.aside import Aside, in_thread
from reglens.app.widgets.exchange_detail import detail_lines
from reglens.app.widgets.layout import Line, blank, heading
from reglens.app.widgets.pane import Pane
from reglens.app.widgets.sheet import Sheet
from reglens.app.widgets.token_view import Checked
from reglens.auth.token import Token, TokenKind
from reglens.trace.exchange import Exchange

if TYPE_CHECKING:
    from reglens.auth.keys import TrustedKeys


class ExchangePane(Pane):
    """The details."""

    def compose(self) -> ComposeResult:
        yield Sheet()

    def home(self) -> Widget:
        return self.query_one(Sheet)


class Exchanges(Aside):
    """Details of exchanges, each under its title; a title is left out where there is one exchange only."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.EXCHANGE)]
    PLACES = (Where.EXCHANGE,)
    DEFAULT_CSS = "Exchanges ExchangePane { height: 1fr; }"

    def __init__(
        self, exchanges: Sequence[tuple[str, Exchange]], way: tuple[str, ...], commands: Sequence[Command] = ()
    ) -> None:
        """`way` is where this was opened from, for the top line; `commands` make such exchanges."""
        super().__init__()
        self._commands = commands
        self._exchanges = exchanges
        self._way = way
        self._revealed = False
        self._checked: dict[str, Checked] = {}

    def crumbs(self) -> tuple[str, ...]:
        numbers = " and ".join(str(exchange.number) for _, exchange in self._exchanges)
        return (*self._way, f"exchange {numbers}")

    def commands(self) -> list[Command]:
        """Each request by itself, and what makes such exchanges."""
        from reglens.trace.curl import to_curl

        alone = len(self._exchanges) == 1
        asked = [(title, exchange) for title, exchange in self._exchanges if exchange.url]
        told = [
            Command("this request" if alone else f"the request of {title}", to_curl(exchange))
            for title, exchange in asked
        ]
        return [*told, *self._commands]

    def compose_parts(self) -> ComposeResult:
        pane = ExchangePane(classes="part")
        pane.border_title = "Exchange"
        yield pane

    def on_mount(self) -> None:
        sheet = self.query_one(Sheet)
        sheet.lay(self._lines)
        self.set_focus(sheet)
        self._check()

    @on(KeysChanged)
    def _check(self) -> None:
        tokens = [e.token for _, e in self._exchanges if e.token is not None and e.token.kind is TokenKind.JWT]
        keys = self.app.keys

        async def check() -> None:
            for token in tokens:
                self._checked[token.raw.fingerprint] = await in_thread(lambda token=token: _checked(token, keys))  # type: ignore[misc]
            self.query_one(Sheet).again()

        if tokens:
            self.begin("check", check)

    def _lines(self, width: int) -> list[Line]:
        now = self.app.clock()
        lines: list[Line] = []
        for title, exchange in self._exchanges:
            if len(self._exchanges) > 1:
                lines += [*([blank()] if lines else []), *heading(title, width)]
            checked = self._checked.get(exchange.token.raw.fingerprint) if exchange.token else None
            lines += detail_lines(exchange, width, now, checked, revealed=self._revealed)
        return lines

    def action_reveal(self) -> None:
        """Show raw tokens, or mask them again."""
        self._revealed = not self._revealed
        self.query_one(Sheet).again()

    def mask_secrets(self) -> None:
        """Mask raw tokens, if they are shown."""
        if self._revealed:
            self.action_reveal()

    def action_copy_curl(self) -> None:
        """Copy the request as a curl command, its secrets left to the shell."""
        from reglens.trace.curl import to_curl

        self.copy(to_curl(self._exchanges[0][1]), "curl command")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "reveal":
            return any(exchange.token is not None for _, exchange in self._exchanges)
        if action == "copy_curl":
            return bool(self._exchanges[0][1].url)
        return super().check_action(action, parameters)


def _checked(token: Token, keys: TrustedKeys | None) -> Checked:
    from reglens.auth.keys import chain, check_signature

    return Checked(chain(token), check_signature(token, keys))
