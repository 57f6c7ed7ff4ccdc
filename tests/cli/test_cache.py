"""The commands that use the cache, and those that do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from reglens.demo.server import DemoRegistry
from reglens.oci.digest import Digest

from .conftest import Run

FROM_CACHE = "reglens: from the cache, nothing was asked; --no-cache asks\n"


@pytest.fixture
def own() -> Iterator[DemoRegistry]:
    """A demo registry that a test may stop."""
    with DemoRegistry() as registry:
        yield registry


def kept(home: Path) -> list[Path]:
    return [path for path in (home / ".cache").rglob("*") if path.is_file() and path.name != "room"]


def test_a_manifest_by_digest_can_be_read_with_the_server_stopped(run: Run, own: DemoRegistry) -> None:
    alpine = f"{own.registry}/library/alpine"
    before = run("manifest", alpine)
    by_digest = f"{alpine}@{Digest.of(before.raw)}"
    asked = own.requests.total()
    own.stop()
    ran = run("manifest", by_digest)
    assert (ran.code, ran.raw, ran.err) == (0, before.raw, FROM_CACHE)
    document = run("manifest", "--json", by_digest).document
    assert (document["cached"], document["digest"]) == (True, str(Digest.of(before.raw)))
    assert own.requests.total() == asked


def test_without_the_cache_a_stopped_server_is_out_of_reach(run: Run, own: DemoRegistry) -> None:
    alpine = f"{own.registry}/library/alpine"
    by_digest = f"{alpine}@{Digest.of(run('manifest', alpine).raw)}"
    own.stop()
    assert run("manifest", "--no-cache", by_digest).code == 1
    assert run("--no-cache", "manifest", by_digest).code == 1


def test_no_cache_keeps_nothing(run: Run, demo: DemoRegistry, home: Path) -> None:
    assert run("manifest", "--no-cache", f"{demo.registry}/library/alpine").code == 0
    assert kept(home) == []


def test_a_tag_of_a_stopped_server_is_not_shown_but_what_it_was_is_named(run: Run, own: DemoRegistry) -> None:
    alpine = f"{own.registry}/library/alpine"
    digest = Digest.of(run("manifest", alpine).raw)
    own.stop()
    ran = run("manifest", alpine)
    assert (ran.code, ran.raw) == (1, b"")
    assert f"ago it was {alpine}@{digest}, which is kept here." in ran.err
    assert str(digest) in run("manifest", "--json", alpine).document["hint"]
    assert str(digest) in run("diff", f"{alpine}@{digest}", alpine).err
    assert str(digest) not in run("manifest", f"{alpine}:never-asked-for").err


def test_a_platform_of_a_fresh_index_comes_from_the_cache(run: Run, demo: DemoRegistry) -> None:
    alpine = f"{demo.registry}/library/alpine"
    counts = [demo.requests["manifest"]]
    first = run("manifest", "--platform", "linux/arm64", "--json", alpine).document
    counts.append(demo.requests["manifest"])
    second = run("manifest", "--platform", "linux/arm64", "--json", alpine).document
    counts.append(demo.requests["manifest"])
    assert [after - before for before, after in pairwise(counts)] == [3, 2], "a refusal, the index, the manifest"
    assert (first.pop("cached"), second.pop("cached")) == (False, True)
    assert first == second
    assert FROM_CACHE not in run("manifest", "--platform", "linux/arm64", alpine).err


def test_two_digests_are_compared_with_the_server_stopped(run: Run, own: DemoRegistry) -> None:
    shop = f"{own.registry}/acme/shop"
    index = run("manifest", "--json", shop).document["manifest"]
    one, other = (f"{shop}@{entry['digest']}" for entry in index["manifests"][:2])
    before = run("diff", "--json", one, other)
    assert before.code == 0
    own.stop()
    assert run("diff", "--json", one, other).document == before.document
    assert run("diff", one, other).err == FROM_CACHE


@pytest.mark.parametrize("command", ["digest", "check", "token", "tags"])
def test_what_tells_how_a_registry_answers_asks_it_each_time(run: Run, own: DemoRegistry, command: str) -> None:
    alpine = f"{own.registry}/library/alpine"
    by_digest = f"{alpine}@{Digest.of(run('manifest', alpine).raw)}"
    asked = own.requests.total()
    assert run(command, by_digest if command != "tags" else alpine).code == 0
    assert own.requests.total() > asked
    own.stop()
    assert run(command, by_digest if command != "tags" else alpine).code == 1


def test_a_password_is_tried_not_taken_for_right(run: Run, demo: DemoRegistry, home: Path) -> None:
    alpine = f"{demo.registry}/library/alpine"
    by_digest = f"{alpine}@{Digest.of(run('manifest', alpine).raw)}"
    there, before = len(kept(home)), demo.requests["token"]
    run("manifest", "--username", "somebody", "--password-stdin", by_digest, stdin=b"wrong\n")
    assert demo.requests["token"] > before
    assert len(kept(home)) == there, "and nothing is kept for it"


def test_a_login_is_asked_for_what_anonymous_read(run: Run, demo: DemoRegistry, home: Path) -> None:
    alpine = f"{demo.registry}/library/alpine"
    by_digest = f"{alpine}@{Digest.of(run('manifest', alpine).raw)}"
    assert run("manifest", by_digest).err == FROM_CACHE
    (home / ".docker").mkdir()
    login = {"auths": {demo.registry: {"auth": "c29tZWJvZHk6d3Jvbmc="}}}
    (home / ".docker" / "config.json").write_text(json.dumps(login))
    before = demo.requests["token"]
    assert FROM_CACHE not in run("manifest", by_digest).err
    assert demo.requests["token"] > before


def test_it_lies_where_the_environment_says(
    run: Run, demo: DemoRegistry, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "elsewhere"))
    assert run("manifest", f"{demo.registry}/library/alpine").code == 0
    assert kept(home) == []
    written = [path for path in (home / "elsewhere" / "reglens").rglob("*") if path.is_file()]
    assert len([path for path in written if path.name != "room"]) == 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in written)


@pytest.mark.parametrize("obstacle", ["file", "link"])
def test_a_cache_that_cannot_be_is_not_an_error(run: Run, demo: DemoRegistry, home: Path, obstacle: str) -> None:
    folder = home / ".cache" / "reglens"
    folder.parent.mkdir()
    if obstacle == "file":
        folder.write_text("mine")
    else:
        folder.symlink_to(home / "nowhere")
    ran = run("manifest", f"{demo.registry}/library/alpine")
    assert ran.code == 0
    assert "cache" not in ran.err
