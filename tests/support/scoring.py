"""Scoring of the diagnosis against pastes whose cause is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.finding import Diagnosis, Finding, Severity
from reglens.diagnosis.paste import read_paste

DATA = Path(__file__).parents[1] / "diagnosis" / "data"


@dataclass(frozen=True)
class Case:
    """One paste and the truth about it. `primary` is None where nothing is wrong; `determinable` tells if the paste
    alone suffices to know it; `fix` are texts that a right fix holds, case aside."""

    name: str
    text: str
    reference: str | None
    primary: str | None
    also: tuple[str, ...]
    fix: tuple[str, ...]
    determinable: bool


@dataclass(frozen=True)
class Outcome:
    """How the diagnosis of one case compares with the truth."""

    case: Case
    diagnosis: Diagnosis
    first: bool = field(init=False)
    among_three: bool = field(init=False)
    fixed: bool = field(init=False)
    false_alarm: bool = field(init=False)

    def __post_init__(self) -> None:
        findings = self.diagnosis.findings
        codes = [finding.code for finding in findings]
        weighty = [f for f in findings if f.severity is not Severity.INFO]
        healthy = self.case.primary is None
        object.__setattr__(self, "first", not weighty if healthy else codes[:1] == [self.case.primary])
        object.__setattr__(self, "among_three", not weighty if healthy else self.case.primary in codes[:3])
        object.__setattr__(self, "false_alarm", healthy and bool(weighty))
        told = "\n".join(fix_text(finding) for finding in findings[:3]).lower()
        object.__setattr__(self, "fixed", all(text.lower() in told for text in self.case.fix))

    def __str__(self) -> str:
        found = " ".join(f"{f.code}:{f.severity[0]}" for f in self.diagnosis.findings[:6]) or "(nothing)"
        marks = (
            "first" if self.first else "FIRST?",
            "three" if self.among_three else "THREE?",
            "fix" if self.fixed else "FIX?",
        )
        sure = "" if self.case.determinable else " (not determinable)"
        return f"{self.case.name}{sure}: {self.case.primary} | {' '.join(marks)} | {found}"


def fix_text(finding: Finding) -> str:
    """Everything that a finding tells to do."""
    return "\n".join((finding.fix.text, *finding.fix.commands))


def load(folder: str) -> Iterator[Case]:
    """The cases of one folder under the test data."""
    for path in sorted((DATA / folder).glob("*.json")):
        data: dict[str, Any] = json.loads(path.read_text())
        context = data.get("context") or {}
        yield Case(
            data["id"],
            data["input"],
            context.get("reference"),
            data["primary"],
            tuple(data["also"]),
            tuple(data["fix_contains"]),
            bool(data["determinable"]),
        )


def score(cases: Iterable[Case]) -> list[Outcome]:
    """Each case, read and diagnosed."""
    return [Outcome(case, diagnose(read_paste(case.text, reference=case.reference))) for case in cases]


@dataclass(frozen=True)
class Tally:
    """The figures of one set."""

    determinable: int
    first: int
    among_three: int
    fixed: int
    with_fix: int
    undeterminable: int
    undeterminable_first: int
    undeterminable_three: int
    healthy: int
    false_alarms: int

    @property
    def share_first(self) -> float:
        return self.first / self.determinable if self.determinable else 1.0


def tally(outcomes: list[Outcome]) -> Tally:
    """Figures of `outcomes`; the healthy count among the determinable."""
    sure = [o for o in outcomes if o.case.determinable]
    unsure = [o for o in outcomes if not o.case.determinable]
    with_fix = [o for o in sure if o.case.fix]
    healthy = [o for o in outcomes if o.case.primary is None]
    return Tally(
        len(sure),
        sum(o.first for o in sure),
        sum(o.among_three for o in sure),
        sum(o.fixed for o in with_fix),
        len(with_fix),
        len(unsure),
        sum(o.first for o in unsure),
        sum(o.among_three for o in unsure),
        len(healthy),
        sum(o.false_alarm for o in healthy),
    )


def table(named: dict[str, Tally]) -> str:
    """The figures as a table in plain text."""
    rows = [
        f"{'set':<12}{'first finding':>16}{'among three':>14}{'fix':>9}"
        f"{'not determinable: first, three':>33}{'false alarms':>15}"
    ]
    for name, t in named.items():
        unsure = f"{t.undeterminable_first}, {t.undeterminable_three} of {t.undeterminable}"
        rows.append(
            f"{name:<12}{f'{t.first}/{t.determinable}':>16}{f'{t.among_three}/{t.determinable}':>14}"
            f"{f'{t.fixed}/{t.with_fix}':>9}{unsure:>33}{f'{t.false_alarms}/{t.healthy}':>15}"
        )
    return "\n".join(rows)
