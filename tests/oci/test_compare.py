"""Two manifests compared."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reglens.oci.compare import Change, Side, compare, compare_layers, to_document
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from support.manifests import config, image, index


def layers(names: str) -> list[Descriptor]:
    return [Descriptor("tar", Digest.of(name.encode()), ord(name)) for name in names]


def changes(before: str, after: str) -> list[tuple[Change, int, int]]:
    return [(r.change, r.before_place, r.after_place) for r in compare_layers(layers(before), layers(after))]


def test_layers_stay_move_change_come_and_go() -> None:
    assert changes("abc", "abc") == [(Change.SAME, n, n) for n in (1, 2, 3)]
    assert changes("abc", "axc") == [(Change.SAME, 1, 1), (Change.CHANGED, 2, 2), (Change.SAME, 3, 3)]
    assert changes("ab", "ba") == [(Change.MOVED, 2, 1), (Change.MOVED, 1, 2)]
    assert changes("a", "ab") == [(Change.SAME, 1, 1), (Change.ADDED, 0, 2)]
    assert changes("ab", "a") == [(Change.SAME, 1, 1), (Change.REMOVED, 2, 0)]
    assert changes("ab", "xab") == [(Change.ADDED, 0, 1), (Change.MOVED, 1, 2), (Change.MOVED, 2, 3)]


@given(st.text("abcd", max_size=8), st.text("abcd", max_size=8))
def test_every_layer_of_both_sides_stands_in_exactly_one_row(before: str, after: str) -> None:
    rows = compare_layers(layers(before), layers(after))
    assert sorted(r.before_place for r in rows if r.before) == list(range(1, len(before) + 1))
    assert sorted(r.after_place for r in rows if r.after) == list(range(1, len(after) + 1))
    for row in rows:
        alike = row.before is not None and row.after is not None and row.before.digest == row.after.digest
        assert alike == (row.change in (Change.SAME, Change.MOVED))


@given(st.text("abcd", max_size=8))
def test_what_is_compared_with_itself_is_the_same(names: str) -> None:
    assert all(r.change is Change.SAME for r in compare_layers(layers(names), layers(names)))


def test_a_side_compared_with_itself_is_the_same_in_everything() -> None:
    side = Side("app:1", image(), image(), config())
    difference = compare(side, side)
    assert difference.same
    assert all(row.change is Change.SAME for _, rows in difference.parts for row in rows)
    assert to_document(difference)["before"]["size"] == image().total_size


def test_an_index_and_an_image_differ_in_kind_and_platforms() -> None:
    difference = compare(Side("app:1", index()), Side("app:2", image(), image(), config()))
    assert not difference.same
    assert {row.change for row in difference.platforms} == {Change.REMOVED}
    assert {row.change for row in difference.environment} == {Change.ADDED}
    assert {row.change for row in difference.layers} == {Change.ADDED}
