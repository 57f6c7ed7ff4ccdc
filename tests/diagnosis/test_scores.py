"""The diagnosis against real failures and recorded exchanges, as a table; and floors under what it reached.

Run with ``-s`` to see the table.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.finding import Severity
from reglens.diagnosis.pages import CODES
from reglens.diagnosis.paste import read_paste
from support.scoring import DATA, Outcome, fix_text, load, score, table, tally

FLOORS = {
    "cases": 0.97,
    "recordings": 1.0,
    "further": 0.97,
    "further2": 0.95,
    "further3": 0.97,
    "further4": 0.97,
    "further5": 0.97,
    "further6": 0.85,
}
"""Shares of first findings that are right. further3 had 105 of 118 at first sight, before anything was mended by it,
further4 29 of 34, and further5 52 of 67 with 2 false alarms among 16 healthy pastes. further6 had 41 of 52, 44 among
the first three, with 2 false alarms among 7 healthy pastes (one label was put right after the first run: it named the
scheme of the Authorization header where the realm's address was meant)."""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, list[Outcome]]:
    return {name: score(load(name)) for name in FLOORS}


def test_the_table(outcomes: dict[str, list[Outcome]]) -> None:
    print("\n" + table({name: tally(found) for name, found in outcomes.items()}))
    for found in outcomes.values():
        for outcome in found:
            if not outcome.first:
                print(outcome)


@pytest.mark.parametrize("name", FLOORS)
def test_the_first_finding_is_right(name: str, outcomes: dict[str, list[Outcome]]) -> None:
    assert tally(outcomes[name]).share_first >= FLOORS[name]


@pytest.mark.parametrize("name", FLOORS)
def test_the_cause_is_among_the_first_three(name: str, outcomes: dict[str, list[Outcome]]) -> None:
    figures = tally(outcomes[name])
    assert figures.among_three / figures.determinable >= FLOORS[name]


def test_nothing_healthy_gives_a_false_alarm(outcomes: dict[str, list[Outcome]]) -> None:
    alarms = {o.case.name for found in outcomes.values() for o in found if o.false_alarm}
    assert alarms == set()


@pytest.mark.parametrize("name", ["cases", "further"])
def test_fixes_hold_what_is_needed(name: str, outcomes: dict[str, list[Outcome]]) -> None:
    figures = tally(outcomes[name])
    assert figures.fixed / figures.with_fix >= 0.95


def test_every_finding_is_whole(outcomes: dict[str, list[Outcome]]) -> None:
    for outcome in (o for found in outcomes.values() for o in found):
        for finding in outcome.diagnosis.findings:
            assert finding.code in CODES
            assert finding.title
            assert finding.explanation
            assert finding.evidence, outcome
            assert fix_text(finding).strip(), (outcome.case.name, finding.code)


@pytest.mark.parametrize(
    "neighbour", json.loads((DATA / "neighbours.json").read_text()), ids=lambda neighbour: str(neighbour["name"])
)
def test_neighbouring_failures(neighbour: dict[str, Any]) -> None:
    found = diagnose(read_paste(neighbour["text"], reference=neighbour["reference"])).findings
    assert [f.code for f in found[:1]] == [neighbour["code"]], [f.code for f in found]


@pytest.mark.parametrize(
    "healthy", json.loads((DATA / "healthy.json").read_text()), ids=lambda healthy: str(healthy["name"])
)
def test_healthy_pastes_raise_no_alarm(healthy: dict[str, str]) -> None:
    found = diagnose(read_paste(healthy["text"])).findings
    assert [f.code for f in found if f.severity is not Severity.INFO] == []
