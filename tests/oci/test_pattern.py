"""Regular expressions in linear time: the same answers as Python's, and an end to each."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reglens.oci.pattern import Pattern

CHARACTERS = "ab1_-.A"
ATOMS = st.sampled_from(
    ["a", "b", "1", "-", "\\.", ".", "A", "\\d", "\\w", "\\D", "[ab]", "[^a]", "[A-C1-3]", "[a\\d-]", "[]a]", "^", "$"]
)


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


@given(source=SOURCES, text=st.text(CHARACTERS, max_size=12))
def test_finds_what_python_finds(source: str, text: str) -> None:
    python = re.search(source.replace("$", "\\Z"), text, re.IGNORECASE | re.ASCII)
    assert Pattern(source).search(text.lower()) is (python is not None)


@given(source=st.text("ab1.*+?{}()[]|^$\\d,-", max_size=20), text=st.text(CHARACTERS.lower(), max_size=12))
def test_anything_typed_is_understood_or_refused(source: str, text: str) -> None:
    with suppress(ValueError):
        assert Pattern(source).search(text) in (True, False)


@pytest.mark.parametrize("source", ["(a+)+$", "^(a|a)*$", "(a*)*b", "a*a*a*a*a*a*b", ".*.*.*.*x", "(a|b)*a(a|b){60}x"])
def test_no_expression_takes_forever(source: str) -> None:
    """Each of these would keep a machine busy for years if one way were tried after the other."""
    assert not Pattern(source).search("a" * 2000 + "!")


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("(", "without its )"),
        (")", "without its ("),
        ("[a", "without its ]"),
        ("*a", "nothing stands before *"),
        ("a**", "repetition of a repetition"),
        ("a{x}", "{ begins"),
        ("a{3,2}", "ends before"),
        ("a{201}", "more than 200"),
        ("[b-a]", "backwards"),
        ("(?=a)", "not understood"),
        ("\\1", "not understood"),
        ("\\", "after the last"),
        ("((((){200}){200}){200}){200}", "too large"),
        ("(" * 40 + ")" * 40, "too many brackets"),
        ("a" * 301, "more than 300"),
    ],
)
def test_what_is_refused_is_told(source: str, word: str) -> None:
    with pytest.raises(ValueError, match=re.escape(word)):
        Pattern(source)


def test_memory_is_bounded_whatever_is_met() -> None:
    pattern = Pattern("(a|b)*a(a|b){60}x")
    text = "".join("ab"[n * n % 7 % 2] for n in range(5000))
    assert not pattern.search(text)
    assert pattern._held < 200_000
    before = len(pattern._first)
    for code in range(0x100, 0x400):
        pattern.search(chr(code))
    assert len(pattern._first) == before, "only characters of which there are few are remembered"
