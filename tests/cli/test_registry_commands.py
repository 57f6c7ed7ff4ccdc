"""digest, tags, manifest, token, search and check against the demo registry."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from pathlib import Path

import pytest

from reglens.demo.server import DemoRegistry

from .conftest import Run


@pytest.fixture
def alpine(demo: DemoRegistry) -> str:
    return f"{demo.registry}/library/alpine"


def test_one_digest_alone_on_its_line(run: Run, alpine: str) -> None:
    ran = run("digest", alpine)
    assert ran.code == 0
    assert ran.out == run("digest", f"{alpine}:latest").out
    assert ran.out.startswith("sha256:")
    assert ran.out.count("\n") == 1


def test_loopback_over_plain_http_is_said_unless_it_was_asked_for(run: Run, alpine: str) -> None:
    assert "plain http" in run("digest", alpine).err
    assert run("digest", "--plain-http", alpine).err == ""


def test_many_digests_come_in_the_order_given(run: Run, alpine: str) -> None:
    tags = run("tags", "--limit", "40", alpine).out.split()
    references = [f"{alpine}:{tag}" for tag in tags]
    one_by_one = [row["digest"] for row in run("digest", "--json", *references).document["results"]]
    ran = run("digest", *references)
    assert ran.out.split() == one_by_one
    from_stdin = run("digest", stdin=("# tags\n\n" + "\r\n".join(references)).encode())
    assert from_stdin.out == ran.out
    mixed = run("digest", references[0], "-", references[1], stdin=references[2].encode())
    assert mixed.out.split() == [one_by_one[0], one_by_one[2], one_by_one[1]]


def test_many_digests_of_one_repository_take_one_token(run: Run, demo: DemoRegistry, alpine: str) -> None:
    tags = run("tags", "--limit", "20", alpine).out.split()
    before = demo.requests["token"]
    assert run("digest", *(f"{alpine}:{tag}" for tag in tags)).code == 0
    assert demo.requests["token"] - before == 1


def test_of_many_the_failed_one_is_named_and_the_others_printed(run: Run, alpine: str) -> None:
    ran = run("digest", alpine, f"{alpine}:no-such-tag", "Not/Valid", alpine)
    assert ran.code == 1
    assert len(ran.out.split()) == 2
    assert f"{alpine}:no-such-tag" in ran.err
    assert "Not/Valid" in ran.err


def test_each_failure_among_many_is_diagnosed_from_its_own_exchanges(run: Run, demo: DemoRegistry, alpine: str) -> None:
    references = [
        alpine,
        f"{demo.registry}/broken/token-expired",
        f"{alpine}:nope",
        f"{demo.registry}/broken/rate-limited",
    ]
    document = run("digest", "--json", *references).document
    codes = [row["diagnosis"]["findings"][0]["code"] for row in document["results"][1:]]
    assert codes == ["token-expired", "manifest-unknown", "rate-limited"]


def test_the_same_cause_is_explained_once(run: Run, alpine: str) -> None:
    ran = run("digest", f"{alpine}:nope", f"{alpine}:nada")
    assert ran.err.count("manifest-unknown") == 2
    assert ran.err.count("fix:") == 1


def test_many_digests_as_json_have_an_entry_each(run: Run, alpine: str) -> None:
    ran = run("digest", "--json", alpine, f"{alpine}:no-such-tag", "Not/Valid")
    assert ran.code == 1
    good, missing, invalid = ran.document["results"]
    assert good["error"] is None
    assert good["digest"].startswith("sha256:")
    assert (good["media_type"], good["size"] > 0) == ("application/vnd.oci.image.index.v1+json", True)
    assert (missing["digest"], missing["media_type"], missing["size"]) == (None, None, None)
    assert missing["diagnosis"]["findings"][0]["code"] == "manifest-unknown"
    assert ran.document["diagnosis"] == missing["diagnosis"]
    assert invalid["reference"] == "Not/Valid"
    assert invalid["error"]


def test_a_platform_s_digest_is_that_of_its_entry_in_the_index(run: Run, alpine: str) -> None:
    index = json.loads(run("manifest", alpine).raw)
    entry = next(m for m in index["manifests"] if m["platform"]["architecture"] == "arm64")
    assert run("digest", "--platform", "linux/arm64", alpine).out.strip() == entry["digest"]
    raw = run("manifest", "--platform", "linux/arm64", alpine).raw
    assert "sha256:" + hashlib.sha256(raw).hexdigest() == entry["digest"]


@pytest.mark.parametrize("command", ["digest", "manifest"])
def test_a_platform_that_is_not_there_is_said_with_those_that_are(run: Run, alpine: str, command: str) -> None:
    ran = run(command, "--platform", "plan9/mips", alpine)
    assert (ran.code, ran.out) == (1, "")
    assert "plan9/mips" in ran.err


def test_a_manifest_s_bytes_hash_to_its_digest(run: Run, alpine: str) -> None:
    raw = run("manifest", alpine).raw
    assert "sha256:" + hashlib.sha256(raw).hexdigest() == run("digest", alpine).out.strip()
    document = run("manifest", "--json", alpine).document
    assert document["manifest"] == json.loads(raw)
    assert (document["schema"], document["size"], document["reference"]) == (1, len(raw), f"{alpine}:latest")


def test_tags_are_filtered_as_they_stream(run: Run, alpine: str) -> None:
    listed = run("tags", alpine).out.split()
    wanted = [tag for tag in listed if "3.1" in tag and "rc" not in tag]
    assert 3 <= len(wanted) < len(listed)
    assert run("tags", "--filter", "3.1 !rc", alpine).out.split() == wanted
    assert run("tags", "--filter", "3.1 !rc", "--limit", "2", alpine).out.split() == wanted[:2]
    last = run("tags", "--filter", "3.1 !rc", "--sort", "name", "--reverse", "--limit", "2", alpine).out.split()
    assert last == sorted(wanted)[:-3:-1]
    assert run("tags", "--json", "--filter", "/^3\\.1/", alpine).document["tags"] == [
        tag for tag in listed if tag.startswith("3.1")
    ]
    assert run("tags", "--filter", "no-such-tag", alpine).raw == b""


def test_a_filter_that_cannot_be_understood_is_wrong_usage(run: Run) -> None:
    ran = run("tags", "--filter", "/(/", "alpine")
    assert (ran.code, ran.raw) == (2, b"")
    assert "/(/: missing )" in ran.err


def test_a_filter_that_takes_too_long_ends_and_what_was_found_is_kept(
    run: Run, alpine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reglens.demo.registry.PAGE", 3)
    slow = f"/^3\\.19|^(?=3\\.2)({'|'.join('.' * 20)})*(?!.|$)/"
    for options in ((), ("--sort", "name")):
        ran = run("tags", "--plain-http", *options, "--filter", slow, alpine)
        assert (ran.code, ran.out.split()) == (2, ["3.19", "3.19.0"])
        assert ran.err.startswith(f"reglens: --filter: {slow} takes too long: ")
        assert ran.err.count("\n") == 1
    ran = run("tags", "--plain-http", "--json", "--filter", slow, alpine)
    assert (ran.code, ran.document["tags"]) == (2, ["3.19", "3.19.0"])
    assert "takes too long" in ran.document["error"]


def test_tags_stream_in_the_registry_s_order_and_sorted(run: Run, alpine: str) -> None:
    listed = run("tags", alpine).out.split()
    assert run("tags", "--limit", "3", alpine).out.split() == listed[:3]
    assert run("tags", "--sort", "name", alpine).out.split() == sorted(listed)
    assert run("tags", "--sort", "name", "--reverse", "--limit", "2", alpine).out.split() == sorted(listed)[:-3:-1]
    document = run("tags", "--json", "--sort", "semver", alpine).document
    assert sorted(document["tags"]) == sorted(listed)
    assert (document["schema"], document["repository"]) == (1, alpine)


def test_search_in_a_catalogue(run: Run, demo: DemoRegistry) -> None:
    ran = run("search", "--registry", demo.registry, "alpine")
    assert "library/alpine" in ran.out.split()
    document = run("search", "--json", "--registry", demo.registry, "alpine").document
    assert (document["schema"], document["query"]) == (1, "alpine")
    assert set(document["results"][0]) >= {"name", "description", "official", "stars", "pulls"}
    nothing = run("search", "--registry", demo.registry, "no-such-repository-anywhere")
    assert (nothing.code, nothing.out, "matches" in nothing.err) == (0, "", True)


def test_a_token_is_shown_decoded_and_never_raw(run: Run, alpine: str) -> None:
    raw = run("token", "--reveal", alpine).out.strip()
    header, claims, _ = raw.split(".")
    read = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert read["aud"] == "registry.docker.io"
    shown = run("token", alpine)
    assert shown.code == 0
    assert header not in shown.out
    for word in ("Challenge", "registry.docker.io", "repository:library/alpine:pull", "claims", "exp"):
        assert word in shown.out
    document = run("token", "--json", alpine).document
    assert set(document) >= {"schema", "challenge", "request", "token", "comparison"}
    assert document["token"]["claims"]["aud"] == "registry.docker.io"
    assert "raw" not in document["token"]
    assert run("token", "--json", "--reveal", alpine).document["token"]["raw"].count(".") == 2


def test_a_token_for_what_was_given_instead_of_the_challenge(run: Run, alpine: str) -> None:
    document = run(
        "token", "--json", "--service", "index.docker.io", "--scope", "repository:other:pull", alpine
    ).document
    assert document["token"]["claims"]["aud"] == "index.docker.io"
    verdicts = {row["row"]: row["verdict"] for row in document["comparison"]}
    assert (verdicts["service"], verdicts["repository"]) == ("disagree", "disagree")


@pytest.mark.parametrize("command", ["digest", "tags", "manifest", "token"])
def test_a_refused_command_says_why_and_carries_its_diagnosis(run: Run, demo: DemoRegistry, command: str) -> None:
    reference = f"{demo.registry}/broken/realm-unreachable"
    ran = run(command, reference)
    assert (ran.code, ran.out) == (1, "")
    assert "realm-unreachable" in ran.err
    document = run(command, "--json", reference).document
    assert document["diagnosis"]["findings"][0]["code"] == "realm-unreachable"
    assert document["diagnosis"]["schema"] == 1


def test_what_cannot_be_reached_is_failed_in_its_diagnosis(run: Run) -> None:
    ran = run("tags", "--json", "127.0.0.1:1/app")
    assert ran.code == 1
    assert ran.document["diagnosis"]["outcome"] == "failed"
    assert ran.document["diagnosis"]["findings"][0]["code"] == "registry-unreachable"


def test_check_walks_and_names_the_fault(run: Run, demo: DemoRegistry) -> None:
    ran = run("check", f"{demo.registry}/broken/audience-mismatch")
    assert ran.code == 1
    for word in ("name", "tcp", "tls", "ping", "challenge", "token", "resource", "audience-mismatch", "fix"):
        assert word in ran.out.lower()
    document = run("check", "--json", f"{demo.registry}/broken/audience-mismatch").document
    assert document["findings"][0]["code"] == "audience-mismatch"
    assert [step["step"] for step in document["steps"]][:3] == ["name", "tcp", "tls"]


def test_check_of_what_works_finds_nothing_wrong(run: Run, alpine: str) -> None:
    ran = run("check", "--json", alpine)
    assert (ran.code, ran.document["outcome"]) == (0, "ok")
    assert [f for f in ran.document["findings"] if f["severity"] != "info"] == []


def test_credentials_shows_the_winner_masked(run: Run, home: Path) -> None:
    (home / ".docker").mkdir()
    auth = base64.b64encode(b"alice:tops3cret").decode()
    (home / ".docker/config.json").write_text(json.dumps({"auths": {"ghcr.io": {"auth": auth}}}))
    ran = run("credentials", "ghcr.io")
    assert ran.code == 0
    assert "user alice" in ran.out
    assert "~/.docker/config.json" in ran.out
    assert "tops3cret" not in ran.out
    document = run("credentials", "--json", "ghcr.io/owner/image").document
    assert document["used"]["username"] == "alice"
    assert document["used"]["secret"].startswith("sha256:")
    assert document["repository"] == "owner/image"
    assert {seen["verdict"] for seen in document["consulted"]} == {"used", "absent"}
    assert run("credentials", "--json", "--anonymous", "ghcr.io").document["used"] is None
    assert run("credentials", "--json").document["registry"] == "registry-1.docker.io"


def test_credentials_that_cannot_be_read_are_a_failure(run: Run, home: Path) -> None:
    (home / ".docker").mkdir()
    (home / ".docker/config.json").write_text("{")
    ran = run("credentials", "ghcr.io")
    assert (ran.code, "not JSON" in ran.out) == (1, True)


def test_a_password_from_stdin_is_its_first_line(run: Run) -> None:
    options = ("--username", "u", "--password-stdin", "credentials", "--json", "ghcr.io")
    with_end, without = (run(*options, stdin=text).document["used"] for text in (b"pw\r\nmore", b"pw"))
    assert with_end == without
    assert run(*options, stdin=b"").code == 2
    assert run(*options, stdin=b"\xff\xfe").code == 2
    assert run("digest", "-", "--username", "u", "--password-stdin", stdin=b"pw").code == 2


def test_where_nobody_answers_nothing_is_said_of_credentials(run: Run) -> None:
    with socket.socket() as held:  # bound and not listening: connections are refused
        held.bind(("127.0.0.1", 0))
        ran = run("digest", "--json", f"127.0.0.1:{held.getsockname()[1]}/a")
    codes = [finding["code"] for finding in ran.document["results"][0]["diagnosis"]["findings"]]
    assert (ran.code, codes) == (1, ["registry-unreachable"])


@pytest.mark.parametrize("command", ["manifest", "digest", "tags", "diff", "token"])
def test_how_the_registry_was_reached_is_said_before_what_came_of_it(
    run: Run, demo: DemoRegistry, command: str
) -> None:
    missing = f"{demo.registry}/broken/no-such-repository"
    ran = run(command, *([missing, missing] if command == "diff" else [missing]))
    notes = ran.err.splitlines()
    assert notes[0] == f"reglens: {demo.registry} does not speak https; on loopback plain http will do"
    assert notes.count(notes[0]) == 1
    assert ran.code == (0 if command == "token" else 1)
    assert bool(notes[1:]) is (command != "token")
