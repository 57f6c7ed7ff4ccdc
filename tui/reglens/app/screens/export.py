"""Taking something out of the app: to the clipboard, or into a file. What goes out is masked as it is on the screen."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from reglens.app.widgets.line_list import LineList, Part
from reglens.app.widgets.pane import Field
from reglens.text import clean

if TYPE_CHECKING:
    from reglens.diagnosis.finding import Diagnosis
    from reglens.trace.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to take: what it is, a file name for it, how it is made, and what of it is shown beforehand. Octets go
    into a file as they are, a text as lines, so with an end of the last one."""

    what: str
    name: str
    make: Callable[[], str | bytes]
    shown: str = ""


def offers(exchanges: Sequence[Exchange], diagnosis: Diagnosis | None, chosen: Exchange | None = None) -> list[Offer]:
    """What there is to take of some exchanges; `chosen` is the one that the person looks at."""
    from reglens.diagnosis.output import to_json
    from reglens.trace.curl import to_curl
    from reglens.trace.har import to_har

    found = []
    if chosen is not None and chosen.url:
        found.append(Offer(f"exchange {chosen.number} as a curl command", "request.sh", lambda: to_curl(chosen)))
    asked = [exchange for exchange in exchanges if exchange.url]
    if asked:
        commands = "\n".join(map(to_curl, asked))
        found.append(Offer("every exchange as curl commands", "requests.sh", lambda: commands))
        found.append(Offer("every exchange as HAR", "exchanges.har", lambda: json.dumps(to_har(asked), indent=2)))
    if diagnosis is not None:
        found.append(Offer("the diagnosis as JSON", "diagnosis.json", lambda: json.dumps(to_json(diagnosis), indent=2)))
    return found


class Export(ModalScreen[None]):
    """Choose what, and where to: no file name means the clipboard."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close"),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("tab", "suggest", show=False, priority=True),
        Binding("ctrl+q,ctrl+c", "app.quit", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Export {
        align: center middle; background: $background 60%;
        & > Vertical {
            width: 72; max-width: 94%; height: auto; background: $surface; padding: 1 2;
            border: round $border; border-title-color: $primary; border-title-style: bold;
            border-subtitle-color: $muted;
        }
        & LineList { height: auto; max-height: 8; margin-bottom: 1; }
        & Horizontal { height: 1; }
        & .label { width: 9; color: $muted; }
    }
    """

    def __init__(self, offers: Sequence[Offer], *, to: str = "") -> None:
        """`to` is a file name that is proposed at once."""
        super().__init__()
        self._offers = offers
        self._to = to

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Export"
            box.border_subtitle = "enter takes it · tab proposes a file · esc closes"
            yield LineList(self._draw)
            with Horizontal():
                yield Static("to file", classes="label")
                yield Field("leave empty for the clipboard")

    def on_mount(self) -> None:
        rows = self.query_one(LineList)
        rows.styles.height = len(self._offers)
        rows.can_focus = False
        rows.add_class("-led")
        rows.show(range(len(self._offers)))
        self.query_one(Field).value = self._to
        self.query_one(Field).focus()

    def _draw(self, index: int, _width: int) -> Sequence[Part]:
        return ((self._offers[index].what, ""),)

    @property
    def offer(self) -> Offer:
        """The one that is chosen."""
        return self._offers[self.query_one(LineList).current or 0]

    def action_move(self, by: int) -> None:
        rows = self.query_one(LineList)
        rows.move_to(rows.cursor + by)

    def action_suggest(self) -> None:
        self.query_one(Field).value = self.offer.name
        self.query_one(Field).action_end()

    @on(LineList.Opened)
    @on(Input.Submitted)
    def _take(self) -> None:
        if take(self.app, self.offer, self.query_one(Field).value.strip()):
            self.dismiss()


def take(app: App[Any], offer: Offer, name: str) -> bool:
    """Put what is offered into a new file of that name, or without a name into the clipboard; whether it is there."""

    def say(text: str, severity: Literal["information", "warning", "error"] = "information") -> None:
        app.notify(clean(text, 400, keep="\n"), severity=severity, markup=False)

    made = offer.make()
    text = made.decode("utf-8", "replace") if isinstance(made, bytes) else made
    if not name:
        app.copy_to_clipboard(clean(text, len(text) or 1, keep="\n"))
        say(f"Copied {offer.what}{f'{chr(10)}{offer.shown[:200]}' if offer.shown == text else ''}")
        return True
    path = Path(name)
    try:
        path = path.expanduser()
        _write_new(path, made if isinstance(made, bytes) else _lines(made))
    except FileExistsError:
        say(f"{path} is there already; choose another name", "warning")
        return False
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: ~somebody, whom nobody knows
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        say(f"{path} cannot be written: {reason}", "error")
        return False
    say(f"Wrote {offer.what} to {path}")
    return True


def _lines(text: str) -> bytes:
    """A text as lines, the last one ended as well."""
    return (text if text.endswith("\n") else f"{text}\n").encode("utf-8", "replace")


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, whole or not at all. Raises OSError."""
    with path.open("xb") as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                path.unlink()
            raise
