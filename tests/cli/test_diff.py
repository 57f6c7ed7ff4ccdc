"""reglens diff, against the demo registry."""

from __future__ import annotations

import pytest

from reglens.demo.server import DemoRegistry

from .conftest import Run


@pytest.fixture
def shop(demo: DemoRegistry) -> str:
    return f"{demo.registry}/acme/shop"


def test_two_versions_differ_in_what_they_say_and_in_their_own_layers(run: Run, shop: str) -> None:
    tags = run("tags", "--sort", "semver", shop).out.split()
    versions = [tag for tag in tags if tag.count(".") == 2 and tag.replace(".", "").isdigit()]
    old, new = versions[0], versions[-1]
    ran = run("diff", f"{shop}:{old}", f"{shop}:{new}")
    assert ran.code == 0
    assert ran.out.startswith("--- ")
    assert f"- SHOP_VERSION: {old}" in ran.out
    assert f"+ SHOP_VERSION: {new}" in ran.out
    assert "layers:" in ran.out
    assert "same" in ran.out
    assert "changed (was sha256:" in ran.out


def test_the_same_manifest_is_said_to_be_the_same(run: Run, shop: str) -> None:
    assert "the same manifest" in run("diff", shop, f"{shop}:latest").out
    document = run("diff", "--json", shop, f"{shop}:latest").document
    assert document["schema"] == 1
    assert document["same"] is True
    assert {row["change"] for row in document["layers"]} == {"same"}
    assert document["before"]["size"] == document["after"]["size"] > 0


def test_platforms_are_compared_by_their_digests(run: Run, shop: str) -> None:
    index = run("manifest", "--json", shop).document["manifest"]
    one, other = (entry["digest"] for entry in index["manifests"][:2])
    document = run("diff", "--json", f"{shop}@{one}", f"{shop}@{other}").document
    assert document["same"] is False
    row = next(row for row in document["config"] if row["name"] == "platform")
    assert row == {"name": "platform", "before": "linux/amd64", "after": "linux/arm64/v8", "change": "changed"}


def test_a_side_that_is_not_there_fails(run: Run, shop: str) -> None:
    ran = run("diff", shop, f"{shop}:no-such-tag")
    assert ran.code == 1
    assert "no-such-tag" in ran.err
    assert ran.out == ""
    assert run("diff", "--platform", "plan9/mips", shop, shop).code == 1
    assert run("diff", "--json", shop, f"{shop}:no-such-tag").document["same"] is None


@pytest.mark.parametrize("wrong_first", [True, False])
def test_the_diagnosis_names_the_side_that_failed(run: Run, shop: str, *, wrong_first: bool) -> None:
    sides = [f"{shop}:no-such-tag", shop] if wrong_first else [shop, f"{shop}:no-such-tag"]
    document = run("diff", "--json", *sides).document
    assert document["diagnosis"]["reference"] == f"{shop}:no-such-tag"
    assert document["diagnosis"]["findings"][0]["code"] == "manifest-unknown"
