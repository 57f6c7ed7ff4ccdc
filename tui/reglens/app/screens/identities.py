"""As whom a registry is used: a list to choose from, and a login to type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from reglens.app.widgets.pane import Field
from reglens.auth.credentials import Credential
from reglens.secret import Secret
from reglens.text import clean

_FOUND, _NOBODY, _LOGIN = "found", "nobody", "login"


@dataclass(frozen=True, slots=True)
class Answer:
    """Who to be: with a credential, without one anonymously, or `as_found` whoever the search for credentials says."""

    credential: Credential | None = None
    as_found: bool = False


class Identify(ModalScreen[Answer | None]):
    """Gives the answer, or None if nothing shall change. What is typed stays in memory."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "close"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
        Binding("ctrl+q,ctrl+c", "app.quit", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Identify {
        align: center middle; background: $background 60%;
        & > Vertical {
            width: 84; max-width: 94%; height: auto; max-height: 90%; background: $surface; padding: 1 2;
            border: round $border; border-title-color: $primary; border-title-style: bold;
            border-subtitle-color: $muted;
        }
        & OptionList { height: auto; max-height: 16; min-width: 3; border: none; padding: 0; background: $surface; }
        & .login { height: auto; display: none; }
        &.-login .login { display: block; }
        &.-login OptionList { display: none; }
    }
    """

    def __init__(self, registry: str, listed: Sequence[Credential]) -> None:
        super().__init__()
        self._registry = registry
        self._listed = listed

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = f"Who you are on {clean(self._registry, 60)}"
            box.border_subtitle = "enter · esc closes"
            options = [Option(_row("As found", "whoever the search for credentials says"), id=_FOUND)]
            options += [
                Option(_row(credential.username or "a token", f"from {credential.source}"), id=str(number))
                for number, credential in enumerate(self._listed)
            ]
            options.append(Option(_row("Anonymous", "without credentials"), id=_NOBODY))
            options.append(Option(_row("Log in…", "with a user name and a password; kept in memory only"), id=_LOGIN))
            yield OptionList(*options)
            with Vertical(classes="login"):
                yield Field("user name")
                password = Field("password or access token; enter logs in")
                password.password = True
                yield password

    @property
    def fields(self) -> tuple[Field, Field]:
        """User name and password."""
        user, password = self.query(Field)
        return user, password

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        chosen = event.option.id or _FOUND
        if chosen == _LOGIN:
            self.add_class("-login")
            self.set_focus(self.fields[0])
        elif chosen == _NOBODY:
            self.dismiss(Answer())
        elif chosen == _FOUND:
            self.dismiss(Answer(as_found=True))
        else:
            self.dismiss(Answer(self._listed[int(chosen)]))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        user, password = self.fields
        if event.input is user or not password.value:
            self.set_focus(password)
        elif not user.value.strip():
            self.set_focus(user)
        else:
            secret = Secret(password.value)
            password.value = ""
            self.dismiss(Answer(Credential("typed in", user.value.strip(), secret)))

    def action_back(self) -> None:
        """From the login to the list, from the list out."""
        if self.has_class("-login"):
            self.remove_class("-login")
            self.fields[1].value = ""
            self.set_focus(self.query_one(OptionList))
        else:
            self.dismiss(None)

    def action_down(self) -> None:
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        self.query_one(OptionList).action_cursor_up()


def _row(who: str, how: str) -> Content:
    return Content.assemble((clean(who, 60), "bold"), "  ", (clean(how, 200), "$muted"))
