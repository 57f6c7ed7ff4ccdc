"""Lines that clients, daemons and servers really print (`client_lines.txt`, from public threads; shortened, names
changed), and what each must be read as."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reglens.diagnosis.meanings import BY_WORD
from reglens.diagnosis.paste.clients import entries, plain, read_text
from reglens.diagnosis.paste.clients_precedence import CONTEXT
from reglens.diagnosis.paste.clients_statements import statements
from reglens.diagnosis.paste.source import Source

FILE = Path(__file__).with_name("client_lines.txt")


def cases() -> list[tuple[str, str | None, dict[str, str]]]:
    found: list[tuple[str, str | None, dict[str, str]]] = []
    for block in FILE.read_text("utf-8").split("\n\n"):
        head, _, line = block.partition("\n")
        expected: dict[str, Any] = json.loads(head.removeprefix("# "))
        found.append((line.rstrip("\n"), expected["meaning"], expected.get("values", {})))
    return found


CASES = cases()
IDS = [f"{number}-{meaning}" for number, (_, meaning, _) in enumerate(CASES)]


@pytest.mark.parametrize(("line", "meaning", "values"), CASES, ids=IDS)
def test_a_line_is_read_as_what_it_says(line: str, meaning: str | None, values: dict[str, str]) -> None:
    reports = [report for report in read_text(line) if report.meaning not in CONTEXT]
    if meaning is None:
        assert not reports
        return
    assert meaning in BY_WORD
    fitting = [report for report in reports if report.meaning == meaning]
    assert fitting, [report.meaning for report in reports]
    assert any(values.items() <= report.values.items() for report in fitting), [dict(r.values) for r in fitting]


@pytest.mark.parametrize(("line", "meaning", "values"), CASES, ids=IDS)
def test_the_span_points_at_the_telling_words(line: str, meaning: str | None, values: dict[str, str]) -> None:
    for report in read_text("before\n" + line + "\nafter\n"):
        assert report.span is not None
        start, end = report.span
        assert 7 <= start < end <= 7 + len(line)


def test_no_hint_hides_what_its_pattern_would_match() -> None:
    for line, _, _ in CASES:
        for statement in statements(Source.read(line).lines):
            text = plain(statement.text)
            hiding = [e for e in entries() if not any(h in text for h in e.hints) and e.matches(statement.text)]
            assert not hiding, (line, hiding)
