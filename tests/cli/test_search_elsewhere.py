"""``reglens search`` where there is nothing to list, and what it says of what it found."""

from __future__ import annotations

from .conftest import Run


def test_a_registry_that_lists_nothing_is_told_with_a_way_on_and_no_diagnosis(run: Run) -> None:
    ran = run("search", "--registry", "ghcr.io", "shop")
    assert (ran.code, ran.out) == (1, "")
    assert "lists its repositories to nobody" in ran.err
    assert "ghcr.io/owner/image" in ran.err
    document = run("search", "--json", "--registry", "ghcr.io", "shop").document
    assert document["results"] == []
    assert "diagnosis" not in document
    assert "ghcr.io/owner/image" in document["hint"]
