"""The authentication pane: every exchange as it happens, what each means, and why a refusal was one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from reglens.app.actions import Where, bindings
from reglens.app.widgets.comparison_view import comparison_lines, nothing_compared
from reglens.app.widgets.exchange_detail import detail_lines
from reglens.app.widgets.exchange_list import exchange_lines
from reglens.app.widgets.findings_view import CommandKey, command_of, finding_of, findings_lines, proof_of
from reglens.app.widgets.layout import Line, blank, paragraph, words
from reglens.app.widgets.outcome import codes, outcome_title, token_at_stake, trouble
from reglens.app.widgets.pane import Pane
from reglens.app.widgets.section_bar import Section, SectionBar, neighbour
from reglens.app.widgets.sheet import Sheet
from reglens.app.widgets.token_view import Checked, token_lines
from reglens.auth.token import Token, TokenKind
from reglens.diagnosis.finding import Diagnosis, Finding
from reglens.text import clean
from reglens.trace.exchange import Exchange

if TYPE_CHECKING:
    from reglens.auth.keys import TrustedKeys

KEPT = 500
"""Exchanges that the list holds; the trace remembers more."""
COPIED = 65_536
"""Characters that are copied at most."""
LIST, DETAIL, COMPARISON, TOKEN = "exchanges", "detail", "comparison", "token"


def utcnow() -> datetime:
    """This machine's clock, in UTC."""
    return datetime.now(UTC)


class AuthPane(Pane):
    """Exchanges, comparison and token, one at a time; a refusal brings the comparison to the front."""

    @dataclass
    class StageWanted(Message):
        """The pane wants to be large (there is something to read), or no longer."""

        large: bool

    @dataclass
    class Checking(Message):
        """What cryptography said of the token with that fingerprint."""

        fingerprint: str
        checked: Checked
        keys: TrustedKeys | None

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.AUTHENTICATION)]
    DEFAULT_CSS = """
    AuthPane {
        & Sheet { height: 1fr; display: none; }
        & Sheet.-front { display: block; }
    }
    """

    def __init__(self, *, id: str | None = None, clock: Callable[[], datetime] = utcnow) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock
        self._exchanges: dict[int, Exchange] = {}
        self._diagnosis: Diagnosis | None = None
        self._asked = ""
        self._opened: int | None = None
        self._revealed = ""  # the fingerprint of the token that is shown raw
        self._checked: dict[str, Checked] = {}
        self._keys: TrustedKeys | None = None
        self._large = False
        self._stale = False  # whether exchanges were put that are not drawn yet
        self._follow = True
        self._tick: Timer | None = None
        self.front = LIST

    def compose(self) -> ComposeResult:
        yield SectionBar()
        for name in (LIST, DETAIL, COMPARISON, TOKEN):
            yield Sheet(id=f"auth-{name}", classes="-front" if name == LIST else "")

    def on_mount(self) -> None:
        self._tick = self.set_interval(1.0, self._second, pause=True)
        self._sheet(LIST).lay(self._list_lines)
        self._sheet(COMPARISON).lay(self._diagnosis_lines)
        self._bar()

    # -- what the app shows

    def put(self, exchange: Exchange) -> None:
        """Show `exchange`, in place of an earlier record of the same number. Those of one moment are drawn at once."""
        last = max(self._exchanges, default=0)
        fresh = exchange.number not in self._exchanges
        self._exchanges[exchange.number] = exchange
        if fresh and exchange.number < last:
            self._exchanges = dict(sorted(self._exchanges.items()))
        while len(self._exchanges) > KEPT:
            del self._exchanges[next(iter(self._exchanges))]
        if not self._stale:
            self._stale = True
            self._follow = self._sheet(LIST).chosen in (None, last)
            self.call_later(self._draw)

    def _draw(self) -> None:
        """Draw what was put. The list follows the newest exchange while the cursor stood on the newest."""
        self._stale = False
        newest = max(self._exchanges, default=None)
        self._sheet(LIST).lay(self._list_lines, keep=True, choose=newest if self._follow else None)
        if self.front in (DETAIL, TOKEN):
            self._sheet(self.front).again()
        self._bar()

    def check_by(self, keys: TrustedKeys | None) -> None:
        """Check signatures against `keys` from here on; None: against those that the tokens bring."""
        if keys is not self._keys:
            self._keys = keys
            self._checked.clear()
            if self.front in (DETAIL, TOKEN):
                self._sheet(self.front).again()

    def clear(self, registry: str = "") -> None:
        """Forget every exchange and the diagnosis; `registry` is about to be asked."""
        self._exchanges = {}
        self._asked = registry
        self._opened = None
        self._diagnosis = None
        self._revealed = ""
        self._show(LIST)
        self._sheet(LIST).lay(self._list_lines)
        self._sheet(COMPARISON).lay(self._diagnosis_lines)
        self._want_large(False)

    def show_diagnosis(self, diagnosis: Diagnosis | None) -> None:
        """What the exchanges add up to. A refusal or failure takes the stage, unless it is the one told already; when
        all is well again, a stage that a refusal took is given back."""
        before, self._diagnosis = self._diagnosis, diagnosis
        known = trouble(before) and trouble(diagnosis) and codes(before) == codes(diagnosis)
        self._sheet(COMPARISON).lay(self._diagnosis_lines, keep=known)
        if trouble(diagnosis) and not known:
            self._show(COMPARISON)
            self._want_large(True)
        elif trouble(before) and not trouble(diagnosis) and self.front == COMPARISON:
            self._show(LIST)
            self._want_large(False)
        self._bar()

    @property
    def exchange(self) -> Exchange | None:
        """The exchange that is opened, or under the cursor of the list."""
        number = self._opened if self.front == DETAIL else self._sheet(LIST).chosen
        return self._exchanges.get(number) if isinstance(number, int) else None

    @property
    def token(self) -> Token | None:
        """The token of what is shown: of the exchange opened, else the one that matters now."""
        if self.front == DETAIL:
            return self.exchange.token if self.exchange else None
        chosen = token_at_stake(tuple(self._exchanges.values()), self._diagnosis)
        return chosen[0] if chosen else None

    # -- sections

    def _sheet(self, name: str) -> Sheet:
        return self.query_one(f"#auth-{name}", Sheet)

    def home(self) -> Widget:
        """What gets the focus when the pane does."""
        return self._sheet(self.front)

    def _show(self, name: str) -> None:
        focused = self.has_focus_within
        self.front = name
        self._revealed = ""
        for each in (LIST, DETAIL, COMPARISON, TOKEN):
            self._sheet(each).set_class(each == name, "-front")
        if name == TOKEN:
            self._lay_token()
        if focused:
            self.home().focus(scroll_visible=False)
        self._bar()
        self.refresh_bindings()

    def _sections(self) -> list[Section]:
        bad = len(self._diagnosis.comparison.disagreements) if self._diagnosis and trouble(self._diagnosis) else 0
        return [
            Section(LIST, "Exchanges", str(len(self._exchanges)) if self._exchanges else ""),
            Section(COMPARISON, "Comparison", f"✗{bad}" if bad else ""),
            Section(TOKEN, "Token"),
        ]

    def _bar(self) -> None:
        bar = self.query_one(SectionBar)
        bar.sections = tuple(self._sections())
        bar.shown = LIST if self.front == DETAIL else self.front
        self._entitle()
        if self._tick is not None:
            (self._tick.resume if self.token is not None and self.is_on_screen else self._tick.pause)()

    def _entitle(self) -> None:
        text, style = outcome_title(self._diagnosis, tuple(self._exchanges.values()), self._clock())
        self.border_title = Content.assemble("Authentication", (f"  {text}", style) if text else "")

    def _want_large(self, large: bool) -> None:
        if large != self._large:
            self._large = large
            self.post_message(self.StageWanted(large))

    def _second(self) -> None:
        if not self.is_on_screen:
            return
        self._entitle()
        if self.front in (DETAIL, TOKEN):
            self._sheet(self.front).again()

    def on_show(self, _event: events.Show) -> None:
        self._bar()

    def on_hide(self, _event: events.Hide) -> None:
        if self._tick is not None:
            self._tick.pause()

    # -- layouts

    def _list_lines(self, width: int) -> list[Line]:
        return exchange_lines(tuple(self._exchanges.values()), width, asked=self._asked)

    def _detail_lines(self, width: int) -> list[Line]:
        exchange = self.exchange
        if exchange is None:
            return []
        token = exchange.token
        checked, revealed = self._check(token), self._is_revealed(token)
        return detail_lines(exchange, width, self._clock(), checked, revealed=revealed)

    def _diagnosis_lines(self, width: int) -> list[Line]:
        diagnosis = self._diagnosis
        if diagnosis is None:
            return nothing_compared(width)
        compared = comparison_lines(diagnosis.comparison, width)
        if not diagnosis.findings:
            return compared
        found = findings_lines(diagnosis.findings, width, items=True)
        # what is at odds comes first: the rows, or where all of them agree, the findings
        first, second = (compared, found) if diagnosis.comparison.disagreements else (found, compared)
        return [*first, blank(), *second]

    def _lay_token(self) -> None:
        self._sheet(TOKEN).lay(self._token_lines, keep=True)

    def _token_lines(self, width: int) -> list[Line]:
        chosen = token_at_stake(tuple(self._exchanges.values()), self._diagnosis)
        if chosen is None:
            sentence = " It appears here, decoded, as soon as one is given."
            return paragraph(words(("No token yet.", ".strong"), (sentence, ".muted")), width)
        token, seen = chosen
        checked, revealed = self._check(token), self._is_revealed(token)
        return token_lines(token, width, self._clock(), checked, revealed=revealed, seen=seen)

    # -- signatures and certificates, checked beside the event loop

    def _check(self, token: Token | None) -> Checked | None:
        if token is None or token.kind is not TokenKind.JWT:
            return None
        known = self._checked.get(token.raw.fingerprint)
        if known is None:
            self._verify(token)
        return known

    @work(thread=True, exclusive=True, group="token", exit_on_error=False)
    def _verify(self, token: Token) -> None:
        from reglens.auth.keys import chain, check_signature

        keys = self._keys
        checked = Checked(chain(token), check_signature(token, keys))
        self.post_message(self.Checking(token.raw.fingerprint, checked, keys))

    def on_auth_pane_checking(self, message: Checking) -> None:
        message.stop()
        if message.keys is not self._keys:
            return
        self._checked[message.fingerprint] = message.checked
        if self.front in (DETAIL, TOKEN):
            self._sheet(self.front).again()

    # -- what the person does

    def open(self, number: int) -> None:
        """Open an exchange."""
        if number in self._exchanges:
            self._opened = number
            self._show(DETAIL)
            self._sheet(DETAIL).lay(self._detail_lines)
            self._want_large(True)

    def step_back(self) -> bool:
        """From a detail, or the other sections, back to the list."""
        if self.front == LIST:
            return False
        self._show(LIST)
        self._want_large(False)
        return True

    def on_sheet_opened(self, message: Sheet.Opened) -> None:
        message.stop()
        proof = proof_of(self._findings, message.key)
        if isinstance(message.key, int):
            self.open(message.key)
        elif proof is not None and proof.exchange is not None:
            self.open(proof.exchange)
        elif isinstance(message.key, CommandKey):
            self._copy_item(message.key)
        else:
            self.action_page()

    def on_section_bar_chosen(self, message: SectionBar.Chosen) -> None:
        message.stop()
        self.show_section(message.name)
        self.home().focus()

    def show_section(self, name: str) -> None:
        """Bring a section to the front."""
        self._show(name)
        self._want_large(name != LIST)

    def action_section(self, by: int) -> None:
        """Bring the section `by` places further to the front."""
        self.show_section(neighbour(self._sections(), LIST if self.front == DETAIL else self.front, by))

    def _is_revealed(self, token: Token | None) -> bool:
        return token is not None and token.raw.fingerprint == self._revealed

    def action_reveal(self) -> None:
        """Show the raw token, or mask it again."""
        if self.token is not None and self.front in (DETAIL, TOKEN):
            self._revealed = "" if self._is_revealed(self.token) else self.token.raw.fingerprint
            sheet = self._sheet(self.front)
            sheet.again()
            if self._revealed:
                sheet.action_last()

    def mask_secrets(self) -> None:
        """Mask the token that is shown raw, if one is."""
        if self._revealed:
            self._revealed = ""
            for section in (DETAIL, TOKEN):
                self._sheet(section).again()

    def action_copy_command(self) -> None:
        """Copy the command under the cursor, or the exchange as a curl command."""
        if self.front == COMPARISON:
            self._copy_item(self._sheet(COMPARISON).chosen)
        elif (exchange := self.exchange) is not None and exchange.url:
            from reglens.trace.curl import to_curl

            self._copy(to_curl(exchange), "curl command")

    @property
    def _findings(self) -> tuple[Finding, ...]:
        return self._diagnosis.findings if self._diagnosis else ()

    def action_page(self) -> None:
        """Read what the finding under the cursor means."""
        finding = finding_of(self._findings, self._sheet(COMPARISON).chosen)
        if finding is not None:
            from reglens.app.screens.pages import Pages

            self.app.push_screen(Pages(finding.code))

    def action_export(self) -> None:
        """Take the exchange as curl, all of them as HAR, the diagnosis as JSON."""
        from reglens.app.screens.export import Export, offers

        self.app.push_screen(Export(offers(tuple(self._exchanges.values()), self._diagnosis, self.exchange)))

    def _copy_item(self, key: Hashable | None) -> None:
        command = command_of(self._findings, key)
        if command is not None:
            self._copy(command, "command")

    def _copy(self, text: str, what: str) -> None:
        self.app.copy_to_clipboard(clean(text, COPIED, keep="\n"))
        self.app.notify(clean(text, 200), title=f"Copied the {what}", markup=False, timeout=3)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "reveal":
            return self.front in (DETAIL, TOKEN) and self.token is not None
        if action == "copy_command":
            if self.front == COMPARISON:
                return self._diagnosis is not None and any(f.fix.commands for f in self._diagnosis.findings)
            return self.exchange is not None
        if action == "export":
            return bool(self._exchanges)
        if action == "page":
            return self.front == COMPARISON and bool(self._findings)
        return True
