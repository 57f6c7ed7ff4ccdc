"""The walk: the way to a reference, live, step by step; after a refusal the experiments, and two runs side by side."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

from reglens.app.actions import Where, bindings
from reglens.app.commands import Command
from reglens.app.screens.aside import Aside
from reglens.app.widgets.findings_view import CommandKey, ProofKey, proof_of
from reglens.app.widgets.layout import Line, blank, paragraph, words
from reglens.app.widgets.pane import Pane
from reglens.app.widgets.results import Results
from reglens.app.widgets.sheet import Sheet
from reglens.app.widgets.walk_view import PairKey, StepKey, TrialKey, pair_lines, pairs, trial_name, walk_lines
from reglens.check.model import Step, Walk
from reglens.diagnosis.evidence import Trial
from reglens.text import clean
from reglens.trace.exchange import Exchange

if TYPE_CHECKING:
    from reglens.app.ports import Walker
    from reglens.oci.reference import Reference

BROAD = 170
"""Columns from which walk and findings stand side by side."""


@dataclass
class StepDone(Message):
    """A step of the walk numbered `number` is done."""

    number: int
    step: Step


@dataclass
class TrialDone(Message):
    """An experiment of that walk is done."""

    number: int
    trial: Trial


@dataclass
class Walked(Message):
    """That walk is over."""

    number: int
    walk: Walk


class SheetPane(Pane):
    """A frame around one sheet."""

    def __init__(self, sheet: Sheet, title: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, classes="part")
        self._sheet = sheet
        self.border_title = title

    def compose(self) -> ComposeResult:
        yield self._sheet

    def home(self) -> Widget:
        return self._sheet


class WalkScreen(Aside):
    """Steps and experiments above (at the left, where it is broad), the diagnosis below."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.WALK)]
    PLACES = (Where.WALK, Where.RESULTS)
    ABOUT = (
        "The way to what is open in the browser: name, connection, TLS, ping, challenge, credentials, token, "
        "resource. After a refusal, experiments separate causes that look alike. Nothing is changed on the "
        "registry."
    )
    DEFAULT_CSS = """
    WalkScreen > .body, WalkScreen.-wide > .body { layout: vertical; }
    WalkScreen #way { height: 1fr; width: 1fr; }
    WalkScreen #results { height: 1fr; width: 1fr; }
    WalkScreen.-short #way { height: 12; }
    WalkScreen.-broad > .body { layout: horizontal; }
    """

    def __init__(self, reference: Reference, walker: Walker) -> None:
        super().__init__()
        self.reference = reference
        self._walker = walker
        self._number = 0
        self.steps: list[Step] = []
        self.trials: list[Trial] = []
        self.walk: Walk | None = None
        self._beside: int | None = None

    def commands(self) -> list[Command]:
        """The commands that walk the same way."""
        return self.app.writer.way(self.reference)

    def crumbs(self) -> tuple[str, ...]:
        return ("walk", str(self.reference))

    def compose_parts(self) -> ComposeResult:
        with Container(classes="body"):
            yield SheetPane(Sheet(), "The way", id="way")
            yield SheetPane(Results(), "Diagnosis", id="results")

    @property
    def way(self) -> Sheet:
        return self.query_one("#way > Sheet", Sheet)

    @property
    def results(self) -> Results:
        return self.query_one(Results)

    def on_mount(self) -> None:
        self.set_focus(self.way)
        self.action_reload()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= BROAD, "-broad")

    # -- the walk

    def action_reload(self) -> None:
        """Walk, from the start."""
        self._number += 1
        number = self._number
        self.steps, self.trials, self.walk, self._beside = [], [], None, None

        async def work() -> None:
            walk = await self._walker(
                self.reference,
                on_step=lambda step: self._post(StepDone(number, step)),
                on_trial=lambda trial: self._post(TrialDone(number, trial)),
            )
            self._post(Walked(number, walk))

        self.begin("walk", work)
        self.way.lay(self._way_lines)
        self.results.show(None, _waiting_lines)
        self._entitle("… on the way")
        self.refresh_bindings()

    def _post(self, message: Message) -> None:
        self.post_message(message)

    @on(StepDone)
    def _step_done(self, event: StepDone) -> None:
        if event.number == self._number:
            self.steps.append(event.step)
            self.way.lay(self._way_lines, keep=True)

    @on(TrialDone)
    def _trial_done(self, event: TrialDone) -> None:
        if event.number == self._number:
            self.trials.append(event.trial)
            self._entitle("… experimenting")
            self.way.lay(self._way_lines, keep=True)

    @on(Walked)
    def _walked(self, event: Walked) -> None:
        if event.number != self._number:
            return
        self.walk = event.walk
        self._beside = self._telling()
        self.way.lay(self._way_lines, keep=True)
        self.results.show(event.walk.diagnosis)
        self._entitle("")
        count = len(event.walk.diagnosis.findings)
        found = f"  {count} finding{'s' if count > 1 else ''}" if count else ""
        self.query_one("#results", Pane).border_title = f"Diagnosis{found}"
        self.refresh_bindings()

    def _telling(self) -> int | None:
        """The experiment to stand beside the run at first: the anonymous one, else one that worked, else the first."""
        trials = [number for number, trial in enumerate(self.trials) if trial.exchanges]
        anonymous = [number for number in trials if self.trials[number].kind == "anonymous"]
        worked = [number for number in trials if self.trials[number].worked]
        return next(iter(anonymous + worked + trials), None)

    def _entitle(self, state: str) -> None:
        self.query_one("#way", Pane).border_title = f"The way  {state}".rstrip()

    def _way_lines(self, width: int) -> list[Line]:
        lines = walk_lines(self.steps, self.trials, width, running=self.walk is None, beside=self._beside)
        if self._beside is not None:
            trial = self.trials[self._beside]
            lines += [blank(), *pair_lines(self._pairs(), (self._who, trial_name(trial)), width)]
        return lines

    @property
    def _who(self) -> str:
        """As whom the run itself went."""
        named = (e.authorization.username for e in self.exchanges if e.authorization is not None)
        who = next(filter(None, named), None)
        return f"as {clean(who, 60)}" if who else "the run"

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges of the run itself."""
        return self.walk.diagnosis.exchanges if self.walk else ()

    def _pairs(self) -> list[tuple[Exchange | None, Exchange | None]]:
        return pairs(self.exchanges, self.trials[self._beside].exchanges) if self._beside is not None else []

    # -- what the person does

    @on(Sheet.Opened)
    def _opened(self, event: Sheet.Opened) -> None:
        event.stop()
        key: Hashable = event.key
        if isinstance(key, TrialKey):
            if self.walk is not None and self.trials[key.trial].exchanges:
                self._beside = key.trial
                self.way.lay(self._way_lines, keep=True)
        elif isinstance(key, PairKey):
            one, other = self._pairs()[key.pair]
            assert self._beside is not None
            named = ((self._who, one), (trial_name(self.trials[self._beside]), other))
            self._show([(title, exchange) for title, exchange in named if exchange is not None])
        elif isinstance(key, StepKey):
            numbers = next((step.exchanges for step in self.steps if step.name is key.name), ())
            self._show([(f"Exchange {e.number}", e) for e in self.exchanges if e.number in numbers])
        elif isinstance(key, CommandKey):
            self.results.action_copy_command()
        elif isinstance(key, ProofKey):
            self._show_proof(key)
        else:
            self.results.action_page()

    def _show_proof(self, key: ProofKey) -> None:
        proof = proof_of(self.walk.diagnosis.findings, key) if self.walk else None
        number = proof.exchange if proof else None
        self._show([(f"Exchange {e.number}", e) for e in self.exchanges if e.number == number])

    def _show(self, exchanges: list[tuple[str, Exchange]]) -> None:
        from reglens.app.screens.exchange import Exchanges

        if exchanges:
            self.app.push_screen(Exchanges(exchanges, self.crumbs(), self.app.writer.authentication(self.reference)))

    def action_export(self) -> None:
        """The run and its experiments as HAR, the diagnosis as JSON, the last request as curl."""
        from reglens.app.screens.export import Export, offers

        if self.walk is not None:
            every = (*self.exchanges, *(e for trial in self.walk.trials for e in trial.exchanges))
            self.app.push_screen(Export(offers(every, self.walk.diagnosis)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "export":
            return self.walk is not None
        return super().check_action(action, parameters)


def _waiting_lines(width: int) -> list[Line]:
    return paragraph(
        words(
            (
                "What the walk adds up to stands here once it is over. Nothing is changed on the registry; after a "
                "refusal, experiments separate causes that look alike.",
                ".muted",
            )
        ),
        width,
    )
