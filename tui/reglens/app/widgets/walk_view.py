"""A walk laid out: steps as they are done, experiments, and two runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from textual.content import Content

from reglens.app.widgets.exchange_list import mark, meaning, short_place
from reglens.app.widgets.layout import Line, Part, blank, column, heading, paragraph, said, words
from reglens.check.model import Step, StepName, StepVerdict
from reglens.diagnosis.evidence import Trial
from reglens.text import clean, human_milliseconds
from reglens.trace.exchange import Exchange

MARKS = {
    StepVerdict.OK: ("✓", ".good"),
    StepVerdict.FAILED: ("✗", ".bad"),
    StepVerdict.NOTED: ("!", ".warn"),
    StepVerdict.SKIPPED: ("·", ".muted"),
}
NARROW = 90
"""Cells of width below which the time stands behind the detail, not in a column."""
TRIED = {True: ("✓", ".good"), False: ("✗", ".bad"), None: ("·", ".muted")}
_SENT = {"bearer": "with a token", "basic": "with a password"}
_NAMES = {
    "anonymous": "anonymously",
    "challenge": "as the challenge asks",
    "library": "with library/",
    "get": "with GET",
    "accept": "with Accept */*",
    "fresh": "with a new token",
    "base": "the base route",
    "garbled": "with no real token",
    "plain": "over plain http",
}


@dataclass(frozen=True, slots=True)
class StepKey:
    """The item of a step."""

    name: StepName


@dataclass(frozen=True, slots=True)
class TrialKey:
    """The item of an experiment, counted from 0."""

    trial: int


@dataclass(frozen=True, slots=True)
class PairKey:
    """The item of a row of the two runs, counted from 0."""

    pair: int


Pair = tuple[Exchange | None, Exchange | None]


def trial_name(trial: Trial) -> str:
    """What an experiment does differently, in a few words."""
    return _NAMES.get(trial.kind, clean(trial.kind, 40))


def step_lines(steps: Sequence[Step], width: int, *, running: bool) -> list[Line]:
    """Every step: those done with verdict, time and detail, the one under way, those to come."""
    lines: list[Line] = []
    done = {step.name: step for step in steps}
    waits = running
    for name in StepName:
        step = done.get(name)
        if step is None and name is StepName.WAY:
            continue  # told only where something but the registry's name decides the way
        if step is not None:
            sign, style = MARKS[step.verdict]
            took = human_milliseconds(step.elapsed) if step.elapsed is not None else ""
            lines += _entry(sign, style, name.value, took, step.detail, width, StepKey(name))
        elif waits:
            waits = False
            lines += _entry("…", ".accent", name.value, "", "under way", width, None)
        else:
            lines.append(Line(words(("· " + name.value, ".muted"))))
    return lines


def trial_lines(trials: Sequence[Trial], width: int, beside: int | None) -> list[Line]:
    """The experiments that a refusal led to; `beside` is the one that stands beside the run."""
    lines: list[Line] = []
    for number, trial in enumerate(trials):
        sign, style = TRIED[trial.worked]
        shown = " (beside the run, below)" if number == beside else ""
        lines += _entry(sign, style, "experiment", "", (trial.detail or trial.kind) + shown, width, TrialKey(number))
    return lines


def _entry(
    sign: str, style: str, name: str, took: str, detail: str, width: int, key: StepKey | TrialKey | None
) -> list[Line]:
    first = words((sign, style), " ", (f"{name:<12}", ".strong"))
    if width < NARROW:
        return paragraph(
            words(said(detail), (f"  {took}".rstrip(), ".muted")), width, lead=first + Content(" "), key=key
        )
    return paragraph(said(detail), width, lead=first + Content.styled(f"{took:>8}  ", ".muted"), key=key)


def pairs(one: Sequence[Exchange], other: Sequence[Exchange]) -> list[Pair]:
    """The exchanges of two runs, those that did the same next to each other."""

    def did(exchange: Exchange) -> tuple[object, ...]:
        return exchange.role, exchange.method, exchange.host, exchange.path

    found: list[Pair] = []
    left, right = list(map(did, one)), list(map(did, other))
    for _, start, stop, first, last in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        rows = max(stop - start, last - first)
        for row in range(rows):
            a = one[start + row] if start + row < stop else None
            b = other[first + row] if first + row < last else None
            found.append((a, b))
    return found


def pair_lines(rows: Sequence[Pair], titles: tuple[str, str], width: int) -> list[Line]:
    """Two runs side by side; ``≠`` stands between exchanges that went differently."""
    half = (width - 3) // 2
    lines = [
        *heading("Side by side", width),
        Line(words((f"{titles[0]:<{half}}", ".label"), "   ", (titles[1], ".label"))),
    ]
    for number, (one, other) in enumerate(rows):
        left, right = _cell(one, half), _cell(other, half)
        height = max(len(left), len(right))
        left += [Content("")] * (height - len(left))
        right += [Content("")] * (height - len(right))
        differs = differ(one, other)
        for row, (a, b) in enumerate(zip(left, right, strict=True)):
            between = ("≠" if differs and row == 0 else " ", ".warn")
            lines.append(Line(words(column(a, half), " ", between, " ", column(b, half)), PairKey(number)))
    return lines


def differ(one: Exchange | None, other: Exchange | None) -> bool:
    """Whether two exchanges went differently: status, who asked, what was asked and granted."""
    if one is None or other is None:
        return True

    def told(exchange: Exchange) -> tuple[object, ...]:
        sent = exchange.authorization
        granted = exchange.token.access if exchange.token else None
        scheme = sent.scheme.lower() if sent else ""
        return exchange.status, exchange.failure is None, scheme, sorted(exchange.parameters), granted

    return told(one) != told(other)


def _cell(exchange: Exchange | None, width: int) -> list[Content]:
    if exchange is None:
        return [Content.styled("—", ".muted")]
    sign, style = mark(exchange)
    method = clean(exchange.method or "?", 8)
    status = "—" if exchange.failure is not None else str(exchange.status or "…")
    tail = f" {sign} {status}"
    place = short_place(exchange, max(8, width - len(method) - 1 - len(tail)))
    head = words((method, ".label"), " ", place, (tail, style))
    parts: list[Part] = [meaning(exchange)]
    sent = exchange.authorization
    if sent is not None:
        who = f"as {clean(sent.username, 60)}" if sent.username else _SENT.get(sent.scheme.lower(), "authorized")
        parts.insert(0, (f"{who}: ", ".muted"))
    return [head, *(line.content for line in paragraph(words(*parts), width, lead="  ")[:3])]


def walk_lines(
    steps: Sequence[Step], trials: Sequence[Trial], width: int, *, running: bool, beside: int | None
) -> list[Line]:
    """Steps and experiments."""
    lines = step_lines(steps, width, running=running)
    if trials:
        lines += [blank(), *trial_lines(trials, width, beside)]
    return lines
