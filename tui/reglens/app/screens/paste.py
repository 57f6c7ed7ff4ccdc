"""The paste screen: whatever somebody pasted, what it proves, and where."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from reglens.app.actions import Where, bindings
from reglens.app.commands import Command
from reglens.app.draft import Draft, tidy
from reglens.app.messages import KeysChanged
from reglens.app.pasted import PasteRead, TextReady, names_file, read_file, read_text
from reglens.app.screens.aside import Aside, in_thread
from reglens.app.widgets.findings_view import CommandKey, FindingKey, ProofKey, finding_of, proof_of
from reglens.app.widgets.pane import Pane
from reglens.app.widgets.paste_editor import Pasted, PasteEditor, highlight_of
from reglens.app.widgets.paste_pane import EDITED, PastePane
from reglens.app.widgets.results import Results, reading_lines, teaching_lines
from reglens.app.widgets.sheet import Sheet
from reglens.diagnosis.finding import Diagnosis, Proof
from reglens.text import human_size

if TYPE_CHECKING:
    pass

DEBOUNCE = 0.2
"""Seconds without a change after which the text is read."""


class ResultsPane(Pane):
    """What the text adds up to."""

    def compose(self) -> ComposeResult:
        yield Results()

    def home(self) -> Widget:
        return self.query_one(Results)


class Paste(Aside):
    """Text at the left (above, where it is narrow), its diagnosis beside it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.PASTE)]
    PLACES = (Where.PASTE, Where.RESULTS)
    ABOUT = (
        "Paste or type what went wrong; secrets are masked at once, and nothing leaves this machine. The "
        "diagnosis follows the text. On a finding or a proof, the bytes that it rests on are marked in the "
        "paste."
    )
    DEFAULT_CSS = """
    Paste #paste { height: 40%; }
    Paste.-wide #paste { width: 42%; height: 1fr; }
    Paste #results { height: 1fr; width: 1fr; }
    """

    def __init__(self, draft: Draft, text: str = "") -> None:
        """`draft` outlives the screen; `text` is a paste that led here."""
        super().__init__()
        self.draft = draft
        self._first = text
        self._number = 0
        self._read: PasteRead | None = None
        self._arrived = False  # whether text came as a whole, so that the screen may scroll to what proves something

    def crumbs(self) -> tuple[str, ...]:
        return ("explain a paste",)

    def compose_parts(self) -> ComposeResult:
        with Container(classes="body"):
            yield PastePane(self.draft)
            yield ResultsPane(id="results", classes="part")

    @property
    def pane(self) -> PastePane:
        return self.query_one(PastePane)

    @property
    def results(self) -> Results:
        return self.query_one(Results)

    def on_mount(self) -> None:
        self.query_one("#results", Pane).border_title = "Diagnosis"
        self.pane.put()
        self.set_focus(self.pane.home())
        self._entitle()
        if self._first:
            self.post_message(Pasted(self._first))
        elif self.draft.shown:
            self._arrived = True
            self._changed()
        else:
            self._nothing()

    # -- text comes in

    def on_paste(self, event: events.Paste) -> None:
        """A paste while the diagnosis has the focus."""
        event.stop()
        self.post_message(Pasted(event.text))

    @on(Pasted)
    def _pasted(self, event: Pasted) -> None:
        event.stop()
        text = event.text
        if names_file(text):
            self.open_path(text.strip())
        elif self.pane.long or len(text) + len(self.draft.shown) > EDITED:
            self._take_long(text)
        else:
            self._arrived = True
            self.pane.query_one(PasteEditor).insert_pasted(self.draft.hide(tidy(text)))
            self.set_focus(self.pane.home())

    def _take_long(self, text: str) -> None:
        before = self.draft.shown
        self._say_reading()

        async def work() -> None:
            hidden = await in_thread(lambda: self.draft.hide(tidy(text)))
            self.post_message(TextReady(f"{before}{hidden}"))

        self.begin("take", work)

    def open_path(self, path: str) -> None:
        """Read a file in place of what is there."""
        self._say_reading()

        async def work() -> None:
            self.post_message(await in_thread(lambda: read_file(path, self.draft)))

        self.begin("take", work)

    @on(TextReady)
    def _text_ready(self, event: TextReady) -> None:
        if event.problem:
            self.app.tell(event.problem, severity="error")
            self._changed()
            return
        self.draft.shown = event.shown
        self.pane.put()
        self.set_focus(self.pane.home())
        if event.name:
            self.app.tell(f"Read {event.name}")
        self._arrived = True
        self._changed()

    @on(PasteEditor.Changed)
    def _edited(self, event: PasteEditor.Changed) -> None:
        if not self.pane.long:
            self.draft.shown = event.text_area.text
            event.text_area.mark(None)  # type: ignore[attr-defined]
            self._changed()

    # -- reading it

    def _changed(self) -> None:
        """The text is another one: have it read, once it is left alone for a moment."""
        self._number += 1
        self._entitle()
        self.refresh_bindings()
        if not self.draft.shown.strip():
            self.workers.cancel_group(self, "read")
            self._read = None
            self._nothing()
            return
        if self.pane.long:
            self._say_reading()
        number = self._number
        wait = 0 if self._arrived else DEBOUNCE
        shown, secrets, keys = self.draft.shown, dict(self.draft.secrets), self.app.keys

        async def work() -> None:
            await asyncio.sleep(wait)
            self.post_message(await in_thread(lambda: read_text(number, shown, secrets, keys)))

        self.begin("read", work)

    @on(KeysChanged)
    def _keys_changed(self) -> None:
        self._changed()

    @on(PasteRead)
    def _was_read(self, event: PasteRead) -> None:
        if event.number != self._number:
            return
        self._read = event
        self.results.show(event.diagnosis)
        title = "Diagnosis"
        if event.diagnosis.findings:
            count = len(event.diagnosis.findings)
            title += f"  {count} finding{'s' if count > 1 else ''}"
        self.query_one("#results", Pane).border_title = title
        arrived, self._arrived = self._arrived, False
        if event.diagnosis.findings:
            self.show_proof(FindingKey(0), scroll=arrived)
        self.refresh_bindings()

    def _say_reading(self) -> None:
        """What was found before is not of the text that is being read now."""
        self._read = None
        self._number += 1
        self.query_one("#results", Pane).border_title = "Diagnosis"
        self.results.show(None, reading_lines)
        self.refresh_bindings()

    def _nothing(self) -> None:
        self.query_one("#results", Pane).border_title = "Diagnosis"
        self.results.show(None, teaching_lines)
        self.pane.mark(None, scroll=False)

    def _entitle(self) -> None:
        size = len(self.draft.shown)
        detail = f"{human_size(size)}, to read only" if self.pane.long else ""
        if self.draft.revealed:
            detail = " · ".join(filter(None, (detail, "secrets shown")))
        elif self.draft.secrets and size:
            detail = " · ".join(filter(None, (detail, "secrets masked")))
        self.pane.entitle("Paste", detail)

    # -- proofs

    def show_proof(self, key: Hashable, *, scroll: bool = True) -> None:
        """Mark what the finding or proof under `key` rests on."""
        if self._read is None:
            return
        proof = _proof_of(self._read.diagnosis, key)
        if proof is None or proof.span is None:
            self.pane.mark(None, scroll=False)
            return
        span = self._read.whole.shown(proof.span)
        self.pane.mark(highlight_of(self.draft.shown, span, proof.value), scroll=scroll)

    @on(Results.Moved)
    def _moved(self, event: Results.Moved) -> None:
        self.show_proof(event.key)
        self.refresh_bindings()

    @on(Sheet.Opened)
    def _opened(self, event: Sheet.Opened) -> None:
        event.stop()
        if isinstance(event.key, CommandKey):
            self.results.action_copy_command()
        else:
            self.show_proof(event.key)

    # -- what the person does

    def on_descendant_blur(self) -> None:
        super().on_descendant_blur()
        editor = self.pane.query_one(PasteEditor)
        if not editor.has_focus and not self.draft.revealed and not self.pane.long:
            self._mask_typed()

    def _mask_typed(self) -> None:
        """Secrets that were typed are masked when the editor is left."""
        hidden = self.draft.hide(self.draft.shown)
        if hidden != self.draft.shown:
            self.draft.shown = hidden
            self.pane.put()
            self._changed()

    def step_back(self) -> bool:
        if self.pane.has_focus_within and self._read is not None:
            self.set_focus(self.results)
            return True
        return False

    def action_example(self) -> None:
        """The classic case, in place of what is there."""
        from reglens.app.example import classic

        self.draft.clear()
        self.draft.shown = self.draft.hide(classic())
        self._put_whole()

    def action_clear(self) -> None:
        """Forget the text and its secrets."""
        self.workers.cancel_group(self, "take")
        self.draft.clear()
        self._put_whole()

    def _put_whole(self) -> None:
        self._arrived = True
        self.pane.put()
        self.set_focus(self.pane.home())
        self._changed()

    def action_reveal(self) -> None:
        """Show the secrets in the paste, or mask them again."""
        if self.draft.revealed:
            self.draft.mask()
        else:
            self.draft.reveal()
        self.pane.put()
        self._changed()

    def commands(self) -> list[Command]:
        """The command that explains the same text."""
        return [
            Command("the same, from a file", "reglens explain FILE"),
            Command("as JSON", "reglens explain --json FILE"),
        ]

    def mask_secrets(self) -> None:
        """Mask the secrets in the paste, if they are shown."""
        if self.draft.revealed:
            self.action_reveal()

    def action_open_file(self) -> None:
        """Ask for a file's path and read it."""
        from reglens.app.screens.ask import Ask

        def answered(path: str | None) -> None:
            if path:
                self.open_path(path)

        self.app.push_screen(Ask("Read a file", "path of a transcript, HAR file, log or configuration"), answered)

    def action_export(self) -> None:
        """The diagnosis as JSON."""
        if self._read is None:
            return
        from reglens.app.screens.export import Export, offers

        diagnosis = self._read.diagnosis
        self.app.push_screen(Export(offers(diagnosis.exchanges, diagnosis)[::-1]))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "export":
            return self._read is not None
        if action == "reveal":
            return bool(self.draft.secrets) or self.draft.revealed
        if action == "clear":
            return bool(self.draft.shown)
        if action == "example":
            return not self.draft.shown
        return super().check_action(action, parameters)


def _proof_of(diagnosis: Diagnosis, key: Hashable) -> Proof | None:
    """The proof under `key`; of a title or a command the finding's first one that has a place in the paste."""
    if isinstance(key, ProofKey):
        return proof_of(diagnosis.findings, key)
    finding = finding_of(diagnosis.findings, key)
    return next((proof for proof in finding.evidence if proof.span is not None), None) if finding else None
