"""As whom a registry is used: a list to choose from, a login to type, a login in the system's keyring to delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Input, OptionList
from textual.widgets.option_list import Option

from reglens.app.commands import Command
from reglens.app.widgets.pane import Field
from reglens.auth.credentials import Credential
from reglens.auth.sources.system_keyring import NAME as KEYRING
from reglens.secret import Secret
from reglens.text import clean

if TYPE_CHECKING:
    from reglens.app.app import ReglensApp

_FOUND, _NOBODY, _LOGIN = "found", "nobody", "login"


@dataclass(frozen=True, slots=True)
class Answer:
    """Who to be: with a credential, without one anonymously, or `as_found` whoever the search for credentials says.

    `keep` asks for the credential to be kept in the system's keyring, `delete` for it to be deleted there instead of
    used.
    """

    credential: Credential | None = None
    as_found: bool = False
    keep: bool = False
    delete: bool = False


class Identify(ModalScreen[Answer | None]):
    """Gives the answer, or None if nothing shall change. What is typed stays in memory, unless its writer has it kept
    in the system's keyring; `keeps` is whether that can be asked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "close"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
        Binding("d,delete", "delete", show=False),
        Binding("dollar_sign", "app.commands", show=False),
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
        & OptionList, & OptionList:focus {
            height: auto; max-height: 16; min-width: 3; border: none; padding: 0; background: $surface;
            background-tint: $foreground 0%;
        }
        & OptionList:focus > .option-list--option-highlighted { background: $primary 25%; color: $foreground; }
        & .login { height: auto; display: none; }
        & Checkbox {
            border: none; padding: 0; margin: 1 0 0 0; height: 1; width: 1fr; background: $surface;
            &:focus { border: none; background-tint: $foreground 0%; }
            &:focus > .toggle--label { background: $surface; color: $primary; text-style: bold; }
        }
        &.-login .login { display: block; }
        &.-login OptionList { display: none; }
    }
    """

    app: ReglensApp

    def __init__(self, registry: str, listed: Sequence[Credential], *, keeps: bool = False) -> None:
        super().__init__()
        self._registry = registry
        self._listed = listed
        self._keeps = keeps
        self._doomed = ""

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = f"Who you are on {clean(self._registry, 60)}"
            box.border_subtitle = "enter · $ tells the command · esc closes"
            options = [Option(_row("As found", "whoever the search for credentials says"), id=_FOUND)]
            options += [
                Option(self._offer(credential), id=str(number)) for number, credential in enumerate(self._listed)
            ]
            options.append(Option(_row("Anonymous", "without credentials"), id=_NOBODY))
            how = "for this run, or kept in the system keyring" if self._keeps else "for this run, in memory only"
            options.append(Option(_row("Log in…", how), id=_LOGIN))
            yield OptionList(*options)
            with Vertical(classes="login"):
                yield Field("user name")
                password = Field("password or access token; enter logs in")
                password.password = True
                yield password
                if self._keeps:
                    yield Checkbox("keep it in the system keyring (tab goes here, space ticks)")

    def commands(self) -> list[Command]:
        """The command that tells which identities there are."""
        return self.app.writer.identity(self._registry)[:1]

    def _offer(self, credential: Credential) -> Content:
        hint = " · d deletes it there" if self._deletable(credential) else ""
        return _row(credential.username or "a token", f"from {credential.source}{hint}")

    def _deletable(self, credential: Credential) -> bool:
        return self._keeps and credential.source == KEYRING

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
            keep = any(box.value for box in self.query(Checkbox))
            self.dismiss(Answer(Credential("typed in", user.value.strip(), secret), keep=keep))

    def action_back(self) -> None:
        """From the login to the list, from the list out."""
        if self.has_class("-login"):
            self.remove_class("-login")
            self.fields[1].value = ""
            self.set_focus(self.query_one(OptionList))
        else:
            self.dismiss(None)

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        if self._doomed and event.option.id != self._doomed:
            event.option_list.replace_option_prompt(self._doomed, self._offer(self._listed[int(self._doomed)]))
            self._doomed = ""

    def action_delete(self) -> None:
        """Delete the login under the cursor from the system's keyring, asked for twice."""
        options = self.query_one(OptionList)
        option = options.highlighted_option
        if option is None or option.id is None or not option.id.isdigit() or self.has_class("-login"):
            return
        credential = self._listed[int(option.id)]
        if not self._deletable(credential):
            return
        if self._doomed == option.id:
            self.dismiss(Answer(credential, delete=True))
            return
        self._doomed = option.id
        sure = Content.assemble((clean(credential.username, 60), "bold"), "  ")
        options.replace_option_prompt(option.id, sure + Content.styled("d once more deletes it for good", "$warning"))

    def action_down(self) -> None:
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        self.query_one(OptionList).action_cursor_up()


def _row(who: str, how: str) -> Content:
    return Content.assemble((clean(who, 60), "bold"), "  ", (clean(how, 200), "$muted"))
