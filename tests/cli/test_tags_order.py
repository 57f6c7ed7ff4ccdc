"""The order in which tags are printed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reglens.cli.commands.tags import sort_tags

TAGS = ["latest", "1.10.0", "1.2.0", "v1.9.1", "1.2.0-rc.1", "edge", "2.0"]


def test_versions_stand_by_their_numbers_and_words_last() -> None:
    assert sort_tags(TAGS, "semver") == ["1.2.0-rc.1", "1.2.0", "v1.9.1", "1.10.0", "2.0", "edge", "latest"]
    assert sort_tags(TAGS, "semver", reverse=True) == [
        "2.0", "1.10.0", "v1.9.1", "1.2.0", "1.2.0-rc.1", "edge", "latest",
    ]  # fmt: skip


def test_names_and_the_registry_s_own_order() -> None:
    assert sort_tags(TAGS, "name") == sorted(TAGS)
    assert sort_tags(TAGS, "name", reverse=True) == sorted(TAGS, reverse=True)
    assert sort_tags(TAGS, "none") == TAGS


@given(tags=st.lists(st.text(max_size=12)))
def test_sorting_loses_and_invents_nothing(tags: list[str]) -> None:
    for order in ("name", "semver", "none"):
        for reverse in (False, True):
            assert sorted(sort_tags(tags, order, reverse=reverse)) == sorted(tags)
