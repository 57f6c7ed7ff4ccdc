"""The form of the laboratory: every part of a token request and of the request that uses its token."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from reglens.app.widgets.choice import Choice
from reglens.app.widgets.pane import Field, Pane
from reglens.check.lab import Attempt, Show
from reglens.text import clean

EACH, JOINED = "a parameter each", "all in one"
ANONYMOUS, CREDENTIALS = "anonymous", "with credentials"
_FIELDS = (
    ("service", "service", "empty: the parameter is left out"),
    ("scopes", "scope", "empty: left out; several with a blank between them"),
    ("account", "account", "empty: left out"),
    ("accept", "Accept", "media types"),
)
_CHOICES = (
    ("verb", "ask with", ("GET", "POST"), "anonymous", "as", (ANONYMOUS, CREDENTIALS)),
    ("joined", "scopes", (EACH, JOINED), "action", "to", ("pull", "push")),
    ("show", "present", tuple(map(str, Show)), "method", "with", ("GET", "HEAD")),
)


class TryForm(Pane):
    """Shows an attempt and gives the one that the person made of it."""

    class Sent(Message):
        """The attempt is to be sent as it stands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
        Binding("enter", "send", "send", tooltip="Send the try as it stands"),
    ]
    DEFAULT_CSS = """
    TryForm {
        padding: 0 1;
        & Horizontal { height: 1; }
        & .label { width: 9; color: $muted; }
        & .second { width: 6; color: $muted; padding-left: 1; }
        & #realm { height: 1; width: 1fr; }
        & Choice { width: 24; }
        & Choice.-right { width: auto; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="part")
        self._attempt: Attempt | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("realm", classes="label")
            yield Static(id="realm")
        for name, label, hint in _FIELDS:
            with Horizontal():
                yield Static(label, classes="label")
                field = Field(hint)
                field.id = f"field-{name}"
                yield field
        for one, label, values, other, label_too, values_too in _CHOICES:
            with Horizontal():
                yield Static(label, classes="label")
                yield Choice(values, id=f"choice-{one}")
                yield Static(label_too, classes="second")
                right = Choice(values_too, id=f"choice-{other}")
                right.add_class("-right")
                yield right

    def on_mount(self) -> None:
        self.border_title = "The try"

    def home(self) -> Widget:
        return self._field("service")

    def _field(self, name: str) -> Field:
        return self.query_one(f"#field-{name}", Field)

    def _choice(self, name: str) -> Choice:
        return self.query_one(f"#choice-{name}", Choice)

    def put(self, attempt: Attempt) -> None:
        """Show an attempt."""
        self._attempt = attempt
        realm = clean(attempt.realm, 300) or "the registry asks for no token"
        self.query_one("#realm", Static).update(Content.styled(realm, "$muted"))
        self._field("service").value = clean(attempt.service or "", 1000)
        self._field("scopes").value = clean(" ".join(attempt.scopes), 2000)
        self._field("account").value = attempt.account
        self._field("accept").value = attempt.accept
        self._choice("verb").value = attempt.verb
        self._choice("anonymous").value = ANONYMOUS if attempt.anonymous else CREDENTIALS
        self._choice("joined").value = JOINED if attempt.joined else EACH
        self._choice("action").value = attempt.action
        self._choice("show").value = str(attempt.show)
        self._choice("method").value = attempt.method

    @property
    def attempt(self) -> Attempt | None:
        """The attempt as the form has it; None before there is one."""
        if self._attempt is None:
            return None
        return replace(
            self._attempt,
            service=self._field("service").value or None,
            scopes=tuple(self._field("scopes").value.split()),
            joined=self._choice("joined").value == JOINED,
            account=self._field("account").value,
            verb=self._choice("verb").value,
            anonymous=self._choice("anonymous").value == ANONYMOUS,
            show=Show(self._choice("show").value),
            method=self._choice("method").value,
            accept=self._field("accept").value,
            action=self._choice("action").value,
        )

    def action_step(self, by: int) -> None:
        """To the field below or above."""
        stops: list[Widget] = [*self.query(Field), *self.query(Choice)]
        focused = self.screen.focused
        at = stops.index(focused) + by if focused in stops else 0
        if 0 <= at < len(stops):
            self.screen.set_focus(stops[at])

    def action_send(self) -> None:
        self.post_message(self.Sent())

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Sent())
