"""Scopes: reading, union and coverage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reglens.oci.scope import Scope, covered, parse_scopes, scope_of_access, union


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("repository:library/alpine:pull", Scope("repository", "library/alpine", ("pull",))),
        ("repository:a/b:push,pull", Scope("repository", "a/b", ("push", "pull"))),
        ("repository(plugin):a/b:pull", Scope("repository", "a/b", ("pull",), "plugin")),
        ("repository:localhost:5000/a/b:pull", Scope("repository", "localhost:5000/a/b", ("pull",))),
        ("registry:catalog:*", Scope("registry", "catalog", ("*",))),
        ("repository:a/b", Scope("repository", "a/b", (), well_formed=False)),
        ("aws", Scope("aws", "", (), well_formed=False)),
        ("registry::pull", Scope("registry", "", ("pull",), well_formed=False)),
    ],
)
def test_a_scope_is_split_at_the_first_and_the_last_colon(text: str, expected: Scope) -> None:
    assert Scope.parse(text) == expected


def test_several_scopes_are_separated_by_blanks() -> None:
    assert [str(s) for s in parse_scopes("repository:a:pull  repository:b:push,pull")] == [
        "repository:a:pull",
        "repository:b:push,pull",
    ]


def test_a_union_has_one_entry_a_resource_in_a_canonical_order() -> None:
    scopes = parse_scopes("repository:b:push repository:a:metadata_read,delete,pull repository:b:pull,push")
    assert [str(s) for s in union(scopes)] == ["repository:a:pull,delete,metadata_read", "repository:b:pull,push"]


def test_every_action_includes_the_others() -> None:
    assert [str(s) for s in union(parse_scopes("repository:a:pull repository:a:*"))] == ["repository:a:*"]
    assert covered(parse_scopes("repository:a:delete"), parse_scopes("repository:a:*"))


def test_coverage_takes_what_is_held_together_and_no_wildcard_in_names() -> None:
    held = parse_scopes("repository:a:pull repository:a:push repository:*:pull")
    assert covered(parse_scopes("repository:a:push,pull"), held)
    assert not covered(parse_scopes("repository:b:pull"), held)
    assert covered((), ())


def test_access_entries_of_wrong_types_are_ill_formed_scopes() -> None:
    assert scope_of_access({"type": "repository", "name": "a", "actions": ["pull", 3]}).actions == ("pull",)
    assert not scope_of_access({"type": "repository", "name": "a", "action": ["pull"]}).well_formed


@given(st.text(max_size=200))
def test_any_text_reads_as_a_scope_and_its_notation_reads_the_same(text: str) -> None:
    scope = Scope.parse(text)
    assert union((scope,)) == union((scope, scope))
