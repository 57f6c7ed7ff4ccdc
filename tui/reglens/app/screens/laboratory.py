"""The laboratory: a token request changed at will and sent, its token used, and the outcome beside the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

from reglens.app.actions import Where, bindings
from reglens.app.commands import Command
from reglens.app.screens.aside import Aside
from reglens.app.widgets.comparison_view import comparison_lines
from reglens.app.widgets.exchange_list import exchange_lines
from reglens.app.widgets.findings_view import CommandKey, ProofKey, proof_of
from reglens.app.widgets.layout import Line, blank, heading, paragraph, said, words
from reglens.app.widgets.line_list import LineList, Part
from reglens.app.widgets.pane import Pane
from reglens.app.widgets.results import Results, summary
from reglens.app.widgets.sheet import Sheet
from reglens.app.widgets.try_form import TryForm
from reglens.check.lab import PRESETS, Attempt, Try
from reglens.trace.exchange import Exchange

if TYPE_CHECKING:
    from reglens.app.ports import Bench
    from reglens.oci.reference import Reference

KEPT = 200
"""Tries that are remembered."""


@dataclass
class RightKnown(Message):
    """What the registry asks for is known."""

    attempt: Attempt


@dataclass
class Tried(Message):
    """A try was made; `name` is the preset that it was made of, if it was left as it was."""

    result: Try
    name: str


class PresetsPane(Pane):
    """The right way and the classic mistakes."""

    def compose(self) -> ComposeResult:
        yield LineList(self._draw)

    def on_mount(self) -> None:
        self.border_title = "Presets"
        self.query_one(LineList).show(range(len(PRESETS)))

    def home(self) -> Widget:
        return self.query_one(LineList)

    def _draw(self, index: int, _width: int) -> Sequence[Part]:
        return ((PRESETS[index].name, ""),)


class OutcomePane(Pane):
    """What the tries led to."""

    def compose(self) -> ComposeResult:
        yield Results()

    def home(self) -> Widget:
        return self.query_one(Results)


class Laboratory(Aside):
    """Presets and form above, the outcome below."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.LABORATORY)]
    PLACES = (Where.LABORATORY, Where.RESULTS)
    ABOUT = (
        "Token requests, right and wrong: choose a preset or change the form, send it, and see the outcome "
        "beside that of the try before. Nothing is changed on the registry."
    )
    DEFAULT_CSS = """
    Laboratory > .body, Laboratory.-wide > .body { layout: vertical; }
    Laboratory #above { height: 10; layout: horizontal; }
    Laboratory.-high #above { height: 14; }
    Laboratory #presets { width: 38; }
    Laboratory.-narrow #presets { width: 30; }
    Laboratory.-narrow TryForm Choice { width: auto; }
    Laboratory.-narrow TryForm .second { width: auto; padding: 0 1; }
    Laboratory #form { width: 1fr; }
    Laboratory #outcome { height: 1fr; width: 1fr; }
    Laboratory.-zoomed #above { height: auto; max-height: 100%; }
    """

    def __init__(self, reference: Reference, bench: Bench) -> None:
        super().__init__()
        self.reference = reference
        self._bench = bench
        self.right: Attempt | None = None
        self.tries: list[tuple[str, Try]] = []
        self._busy = ""
        self._preset: tuple[str, Attempt] = ("", Attempt(reference))

    def commands(self) -> list[Command]:
        """The commands that ask for a token for the same place."""
        return self.app.writer.way(self.reference)[::-1]

    def crumbs(self) -> tuple[str, ...]:
        return ("laboratory", str(self.reference))

    def compose_parts(self) -> ComposeResult:
        with Container(classes="body"):
            with Container(id="above"):
                yield PresetsPane(id="presets", classes="part")
                yield TryForm(id="form")
            yield OutcomePane(id="outcome", classes="part")

    @property
    def form(self) -> TryForm:
        return self.query_one(TryForm)

    @property
    def results(self) -> Results:
        return self.query_one(Results)

    @property
    def presets(self) -> LineList:
        return self.query_one("#presets LineList", LineList)

    def on_mount(self) -> None:
        self.query_one("#outcome", Pane).border_title = "Outcome"
        self.set_focus(self.presets)
        self._busy = "asking the registry what it wants…"
        self._draw()

        async def work() -> None:
            self.post_message(RightKnown(await self._bench.right(self.reference)))

        self.begin("right", work)

    async def on_unmount(self) -> None:
        await self._bench.aclose()

    @on(RightKnown)
    def _right_known(self, event: RightKnown) -> None:
        self.right = event.attempt
        self._busy = ""
        self._fill(self.presets.current or 0)
        self._draw()

    # -- presets and sending

    def _fill(self, index: int) -> None:
        if self.right is not None:
            preset = PRESETS[index]
            self._preset = (preset.name, preset.change(self.right))
            self.form.put(self._preset[1])
            self.form.border_subtitle = ""

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        self._fill(event.index)
        self._draw()

    @on(LineList.Opened)
    def _chosen(self, event: LineList.Opened) -> None:
        self._fill(event.index)
        self.action_send()

    @on(TryForm.Sent)
    def _sent(self) -> None:
        self.action_send()

    def action_send(self) -> None:
        """Send the try as it stands."""
        attempt = self.form.attempt
        if attempt is None:
            self.app.tell("The registry has not said yet what it asks for.")
            return
        name = self._preset[0] if attempt == self._preset[1] else "a try of your own"
        self._busy = f"sending: {name}…"
        self._draw()

        async def work() -> None:
            self.post_message(Tried(await self._bench.make(attempt), name))

        self.begin("try", work)

    @on(Tried)
    def _tried(self, event: Tried) -> None:
        self._busy = ""
        self.tries.append((event.name, event.result))
        del self.tries[:-KEPT]
        self._draw()
        self.refresh_bindings()

    # -- the outcome

    def _draw(self) -> None:
        last = self.tries[-1][1] if self.tries else None
        results = self.results
        results.show(None, self._lines)
        results.diagnosis = last.diagnosis if last else None
        count = len(self.tries)
        self.query_one("#outcome", Pane).border_title = f"Outcome  try {count}" if count else "Outcome"

    def _lines(self, width: int) -> list[Line]:
        lines = [*paragraph(words((self._busy, ".accent")), width), blank()] if self._busy else []
        if not self.tries:
            return lines + self._teaching(width)
        name, result = self.tries[-1]
        chosen = PRESETS[self.presets.current or 0]
        if chosen.name != name and self.presets.has_focus:
            lines += [
                *paragraph(words(("enter", ".accent"), f" sends {chosen.name}. {chosen.teaches}"), width),
                blank(),
            ]
        before = self.tries[-2] if len(self.tries) > 1 else None
        lines += [*heading(name, width), *summary(result.diagnosis, width)]
        teaches = next((preset.teaches for preset in PRESETS if preset.name == name), "")
        for text, style in ((teaches, ".note"), (result.note, ".warn")):
            if text:
                lines += paragraph(said(text, style), width)
        lines += [blank(), *exchange_lines(result.exchanges, width), blank()]
        if before is not None:
            changed = ", ".join(str(row) for row in result.differs(before[1])) or "nothing"
            lines += paragraph(words(("≠ ", ".accent"), f"Against the try before ({before[0]}): {changed}"), width)
        old = before[1].diagnosis.comparison if before else None
        lines += comparison_lines(result.diagnosis.comparison, width, old)
        return lines + self._found(result, width)

    def _found(self, result: Try, width: int) -> list[Line]:
        from reglens.app.widgets.findings_view import findings_lines

        found = findings_lines(result.diagnosis.findings, width, items=True)
        return [blank(), *heading("Findings", width), *found] if found else []

    def _teaching(self, width: int) -> list[Line]:
        preset = PRESETS[self.presets.current or 0]
        lines = paragraph(words((preset.name, ".heading"), "  ", preset.teaches), width)
        lines.append(blank())
        return lines + paragraph(
            words(
                "One try is three requests: the resource without a token (what does the registry ask?), the token "
                "request as it stands in the form, the resource with what came of it. ",
                ("enter", ".accent"),
                " sends the preset under the cursor; change anything in the form first, if you like. "
                "Nothing is changed on the registry.",
            ),
            width,
        )

    # -- what the person does

    @on(Sheet.Opened)
    def _opened(self, event: Sheet.Opened) -> None:
        event.stop()
        if isinstance(event.key, int):
            self._show(event.key)
        elif isinstance(event.key, CommandKey):
            self.results.action_copy_command()
        elif isinstance(event.key, ProofKey):
            proof = proof_of(self.results.findings, event.key)
            self._show(proof.exchange if proof else None)
        else:
            self.results.action_page()

    def _show(self, number: int | None) -> None:
        from reglens.app.screens.exchange import Exchanges

        found = [e for e in self.exchanges if e.number == number]
        if found:
            self.app.push_screen(Exchanges([("", found[0])], self.crumbs(), self.commands()))

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Those of the last try."""
        return self.tries[-1][1].exchanges if self.tries else ()

    def action_export(self) -> None:
        """Requests of the last try as curl, everything as HAR, the diagnosis as JSON."""
        from reglens.app.screens.export import Export, offers

        if self.tries:
            last = self.exchanges[-1] if self.exchanges else None
            self.app.push_screen(Export(offers(tuple(self._bench.trace), self.tries[-1][1].diagnosis, last)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "export":
            return bool(self.tries)
        return super().check_action(action, parameters)
