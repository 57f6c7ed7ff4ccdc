"""The filter of tags: its grammar, ranges of versions, and what narrows what."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reglens.oci.pattern import TakesTooLong
from reglens.oci.tagfilter import TagFilter

TAGS = (
    "latest edge 1.2-rc1 1.2 1.2.0-alpine 1.2.5 1.10.0-rc.1 v1.10.0 1.10.0-alpine 2.0.0-rc.1 2.0.0 2.1 0.2.3 0.2.9 "
    "0.3.0 3.2.1-alpine 20240101 2024-01-15 7a1f2c3 Windows-LTSC"
).split()


def found(text: str) -> list[str]:
    lowered = [tag.lower() for tag in TAGS]
    return [TAGS[i] for i in TagFilter.parse(text).select(lowered, range(len(TAGS)))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lat", "latest"),
        ("1.10 alp", "1.10.0-alpine"),
        ("ALPINE 3", "3.2.1-alpine"),
        ("ltsc", "Windows-LTSC"),
        ("=2.1", "2.1"),
        ("=EDGE", "edge"),
        ("3.2*-alpine", "3.2.1-alpine"),
        ("1.2*", "1.2-rc1 1.2 1.2.0-alpine 1.2.5"),
        ("?.?", "1.2 2.1"),
        ("[el]*", "latest edge"),
        ("1.10 !rc", "v1.10.0 1.10.0-alpine"),
        ("!/\\d/", "latest edge Windows-LTSC"),
        ("/^(edge|latest)$/", "latest edge"),
        ("/rc\\.?\\d+$", "1.2-rc1 1.10.0-rc.1 2.0.0-rc.1"),
        ("/^4\\/?|EDGE/", "edge"),
        (">=1.2 <2", "1.2 1.2.0-alpine 1.2.5 1.10.0-rc.1 v1.10.0 1.10.0-alpine"),
        (">= 1.2 < 2", "1.2 1.2.0-alpine 1.2.5 1.10.0-rc.1 v1.10.0 1.10.0-alpine"),
        ("<=1.2", "1.2-rc1 1.2 1.2.0-alpine 1.2.5 0.2.3 0.2.9 0.3.0"),
        (">1.10", "2.0.0-rc.1 2.0.0 2.1 3.2.1-alpine"),
        (">=1.10.0-rc.1 <1.11", "1.10.0-rc.1 v1.10.0 1.10.0-alpine"),
        (">1.10.0-rc.1 <1.11", "v1.10.0 1.10.0-alpine"),
        ("<=1.2-rc1 >=1", "1.2-rc1"),
        ("^1.2", "1.2 1.2.0-alpine 1.2.5 1.10.0-rc.1 v1.10.0 1.10.0-alpine"),
        ("^0.2.3", "0.2.3 0.2.9"),
        ("^0", "0.2.3 0.2.9 0.3.0"),
        ("^2.0.0-rc.1", "2.0.0-rc.1 2.0.0 2.1"),
        ("~1.2", "1.2 1.2.0-alpine 1.2.5"),
        ("~1.2.3", "1.2.5"),
        ("~2", "2.0.0 2.1"),
        ("1.2.x", "1.2-rc1 1.2 1.2.0-alpine 1.2.5"),
        ("v2.x", "2.0.0-rc.1 2.0.0 2.1"),
        ("!1.x >=1", "2.0.0-rc.1 2.0.0 2.1 3.2.1-alpine"),
        ("!^1.2 >=1.2", "2.0.0-rc.1 2.0.0 2.1 3.2.1-alpine"),
    ],
)
def test_the_grammar(text: str, expected: str) -> None:
    assert " ".join(found(text)) == expected


@pytest.mark.parametrize("text", ["", "  ", "!", "/", "//", ">=", ">", "^", "~", "=", "! ~"])
def test_what_is_still_being_typed_asks_for_nothing(text: str) -> None:
    assert not TagFilter.parse(text)
    assert found(text) == TAGS


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (">=latest", ">=latest: a version belongs there"),
        ("~x", "a version"),
        ("/(/", "/(/: missing )"),
        ("1.2 /a**/", "multiple repeat"),
        ("a" * 501, "at most 500"),
        (f">={'9' * 400}", "a version"),
    ],
)
def test_what_cannot_be_understood_is_told(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=re.escape(word)):
        TagFilter.parse(text)


def test_the_expressions_of_a_filter_are_given_up_together() -> None:
    wanted = TagFilter.parse("a /b/ !/^(a|a)*$/")
    assert wanted.select(["ab", "b"], [0, 1]) == [0]
    with pytest.raises(TakesTooLong, match=re.escape("/^(a|a)*$/ takes too long")):
        wanted.select(["ab", "b" + "a" * 5000, "a" * 2000 + "b"], [0, 1, 2])
    with pytest.raises(TakesTooLong):
        wanted.wants("ab")


@settings(deadline=None)
@given(text=st.text("av19./*[]^~<>=! x-(", max_size=30), tags=st.lists(st.text(max_size=12), max_size=8))
def test_nothing_typed_and_no_tag_is_a_defect(text: str, tags: list[str]) -> None:
    lowered = [tag.lower() for tag in tags]
    with suppress(ValueError):
        wanted = TagFilter.parse(text)
        chosen = wanted.select(lowered, range(len(tags)))
        assert chosen == [i for i, tag in enumerate(lowered) if wanted.wants(tag)]


@settings(deadline=None)
@given(tags=st.lists(st.from_regex(r"v?[0-9]{1,3}(\.[0-9]{1,2}){0,3}(-(alpine|rc[0-9]))?", fullmatch=True), max_size=8))
def test_a_range_and_its_negation_share_out_the_tags(tags: list[str]) -> None:
    for text in (">=1.2", "<2", "^1.2", "~0.3.1", "1.x", ">1.0-rc1", "/1$/", "*2*"):
        inside = TagFilter.parse(text).select(tags, range(len(tags)))
        outside = TagFilter.parse(f"!{text}").select(tags, range(len(tags)))
        assert sorted(inside + outside) == list(range(len(tags)))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["al", "alp", "rc", "1.", "1.2", "!rc", "^1", "/a/", "*a*"]), max_size=3),
    st.lists(st.sampled_from(["al", "alp", "rc", "1.", "1.2", "!rc", "^1", "/a/", "*a*"]), max_size=3),
)
def test_what_narrows_finds_no_more(first: list[str], second: list[str]) -> None:
    wide, narrow = TagFilter.parse(" ".join(first)), TagFilter.parse(" ".join(second))
    if narrow.narrows(wide):
        assert set(found(" ".join(second))) <= set(found(" ".join(first)))
