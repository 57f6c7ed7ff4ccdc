"""Whole families of error lines, as the clients' sources word them: each must be told by its cause at first."""

from __future__ import annotations

import pytest

from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.finding import Severity
from reglens.diagnosis.paste import read_paste
from support.scoring import DATA

LINES = [line for line in (DATA / "families.txt").read_text("utf-8").splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_the_cause_of_a_line(line: str) -> None:
    text, _, codes = line.partition(" ||| ")
    found = diagnose(read_paste(text.replace("\\n", "\n"))).findings
    first = next((f.code for f in found if f.severity is not Severity.INFO), "-")
    assert first in codes.split(","), [f.code for f in found]
