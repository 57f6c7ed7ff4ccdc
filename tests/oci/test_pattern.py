"""Regular expressions that are typed: what they find, what is refused, and an end to each."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reglens.oci import pattern
from reglens.oci.pattern import MAX_LENGTH, SECONDS_EACH, SECONDS_OF_ALL, Patience, TakesTooLong, searching

CHARACTERS = "ab1_-.A"
ATOMS = st.sampled_from(
    ["a", "b", "1", "-", "\\.", ".", "A", "\\d", "\\w", "\\D", "[ab]", "[^a]", "[A-C1-3]", "[a\\d-]", "[]a]", "^", "$"]
)
ENDLESS = ["^(a|a)*$", "^(a|aa)*$", "(a|b)*a(a|b){60}x", "^(?=(a|a)*$)", "^(.|\\w)*\\d$"]


def finds(source: str, text: str) -> bool:
    return searching(source, Patience())(text)


def repeated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    grouped = inner.map(lambda text: f"({text})") | inner.map(lambda text: f"(?:{text})")
    sign = st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?"])
    return st.tuples(grouped, sign).map("".join)


SOURCES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4).map("".join)
        | st.lists(inner, min_size=2, max_size=3).map("|".join).map(lambda text: f"({text})")
        | repeated(inner)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(source=SOURCES, text=st.text(CHARACTERS, max_size=12))
def test_finds_what_python_finds(source: str, text: str) -> None:
    python = re.search(source, text, re.IGNORECASE | re.ASCII)
    with suppress(TakesTooLong):
        assert finds(source, text.lower()) is (python is not None)


@pytest.mark.parametrize("source", ["\\w", "\\d", "[[:alpha:]]", "\\S\\b"])
def test_classes_are_of_ascii(source: str) -> None:
    assert finds(source, "7" if "d" in source else "x")
    assert not finds(f"^{source}$", "٣" if "d" in source else "ß")


@settings(deadline=None)
@given(source=st.text("ab1.*+?{}()[]|^$\\d,-<=!:PVxLNp", max_size=20), text=st.text(CHARACTERS.lower(), max_size=12))
def test_anything_typed_is_understood_or_refused(source: str, text: str) -> None:
    with suppress(ValueError):
        assert finds(source, text) in (True, False)


@pytest.mark.parametrize("source", ENDLESS)
def test_no_expression_takes_forever(source: str) -> None:
    """Each of these would keep a machine busy for years."""
    patience = Patience()
    occurs = searching(source, patience)
    assert occurs("b" * 3) in (True, False)
    with pytest.raises(TakesTooLong, match="takes too long"):
        occurs("a" * 2000 + "!")
    with pytest.raises(TakesTooLong):
        occurs("b")
    with pytest.raises(TakesTooLong):
        searching("b", patience)("b")


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock for the searches, which each take as long as the only item says."""
    took = [0.0]

    def clock() -> Iterator[float]:
        now = 0.0
        while True:
            yield now
            now += took[0]
            yield now

    monkeypatch.setattr(pattern, "perf_counter", clock().__next__)
    return took


def test_searches_are_bounded_together(ticks: list[float]) -> None:
    patience = Patience()
    one, other = searching("a", patience), searching("b", patience)
    ticks[0] = SECONDS_OF_ALL / 10 + SECONDS_EACH
    for _ in range(5):
        assert one("a")
        assert not other("a")
    with pytest.raises(TakesTooLong):
        one("a")


def test_any_number_of_quick_searches_is_borne_and_saves_up_nothing(ticks: list[float]) -> None:
    patience = Patience()
    occurs = searching("a", patience)
    ticks[0] = SECONDS_EACH / 2
    for _ in range(2000):
        assert occurs("a")
    assert patience.left == SECONDS_OF_ALL


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("(", "/(/: missing )"),
        (")", "unbalanced parenthesis"),
        ("[a", "unterminated character set"),
        ("*a", "nothing to repeat"),
        ("a**", "multiple repeat"),
        ("a{3,2}", "min repeat greater"),
        ("[b-a]", "bad character range"),
        ("\\1", "invalid group reference"),
        ("\\", "bad escape"),
        ("\\L<x>", "undefined named list"),
        ("(?u)\\w", "incompatible"),
        ("(?:a{1000}){1000}", "too much to repeat"),
        (f"(?:{'()' * 60}){{100}}", "too much to repeat"),
        ("((((a){20}){20}){20}){20}", "too much to repeat"),
        ("a{99999999999}", "too much to repeat"),
        ("a" * (MAX_LENGTH + 1), f"at most {MAX_LENGTH}"),
    ],
)
def test_what_is_refused_is_told(source: str, word: str) -> None:
    with pytest.raises(ValueError, match=re.escape(word)):
        searching(source, Patience())


@pytest.mark.parametrize(
    "source", ["^[0-9a-f]{64}$", "\\d{8}T\\d{6}Z-[0-9a-f]{7}", "(\\d{1,3}\\.){2,3}", "a{0,100000}"]
)
def test_repetitions_that_tags_have_are_not_too_much(source: str) -> None:
    assert not finds(source, "latest") or source == "a{0,100000}"


def test_the_engine_is_imported_for_expressions_only() -> None:
    code = """
import sys
from reglens.oci.tagfilter import TagFilter
for text, there in (("a !b =c d* >=1 2.x", False), ("/a/", True)):
    TagFilter.parse(text)
    assert ("regex" in sys.modules) is there, text
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
