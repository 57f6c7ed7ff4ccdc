"""Every parser against changed real inputs, against what once broke one, and for time that grows with the length."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.mutations import mutate
from support.parsers import PARSERS, Parser
from support.seeds import CANARY, ENCODED, PAIR

CORPUS = Path(__file__).parent / "corpus"
KEPT = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
SIZES = (8_000, 64_000)
SLOW = 0.25
"""Seconds of processor time under which the larger size is quick enough, however time grows."""
every_parser = pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)


@every_parser
def test_real_inputs_are_read(parser: Parser) -> None:
    """They are real: at least one of them is read, not refused."""
    assert any(not isinstance(parser(data), Exception) for data in parser.inputs)


@every_parser
@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_changed_inputs_are_read_or_refused(parser: Parser, seed: int) -> None:
    parser(mutate(parser, random.Random(seed)))


@every_parser
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=30, deadline=None)
def test_anything_is_read_or_refused(parser: Parser, data: bytes) -> None:
    parser(data)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_broke_a_parser_does_so_no_more(path: Path) -> None:
    PARSERS[path.parent.name](path.read_bytes())


def test_the_corpus_is_sorted_by_parser() -> None:
    assert {path.parent.name for path in KEPT} <= set(PARSERS)
    assert KEPT


@every_parser
def test_time_grows_with_the_length_only(parser: Parser) -> None:
    """Of eight times the text, at most some thirty times the work; a square would be sixty-four."""
    begins = [b"", *(data[:200] for data in parser.inputs[:1])]
    for begin in begins:
        for unit in parser.units:
            small, large = (_seconds(parser, _filled(begin, unit.encode(), size)) for size in SIZES)
            assert large < SLOW or large < 30 * max(small, 0.001), (parser.name, unit, begin, small, large)


def _filled(begin: bytes, unit: bytes, size: int) -> bytes:
    return (begin + unit * (size // len(unit) + 1))[:size]


def _seconds(parser: Parser, data: bytes) -> float:
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        parser(data)
        best = min(best, time.process_time() - start)
        if best < SLOW / 4:
            break
    return best


@pytest.mark.parametrize("parser", [p for p in PARSERS.values() if p.secret], ids=lambda p: p.name)
def test_secret_inputs_hold_the_secret_and_nothing_read_from_them_shows_it(parser: Parser) -> None:
    """The check is in the table; here, that it has something to find."""
    assert any(word.encode() in data for data in parser.inputs for word in (CANARY, PAIR, ENCODED))
