"""The commands against Debian's docker-registry, beside skopeo and curl."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from support.processes import need, run

from .conftest import PASSWORD, Peer, docker_login, reglens

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("integration")]


def skopeo_digest(host: str, name: str, *options: str) -> str:
    """What ``skopeo inspect`` prints as the digest, and the digest of the bytes it fetched."""
    need("skopeo")
    raw = run("skopeo", "inspect", "--raw", "--tls-verify=false", *options, f"docker://{host}/{name}")
    return "sha256:" + hashlib.sha256(raw.encode()).hexdigest()


@pytest.mark.parametrize("tag", ["3.20", "latest", "single"])
def test_an_open_registry_gives_the_digest_that_skopeo_gives(open_registry: Peer, tag: str) -> None:
    ran = reglens("digest", f"{open_registry.host}/library/alpine:{tag}")
    assert (ran.code, ran.out) == (0, skopeo_digest(open_registry.host, f"library/alpine:{tag}") + "\n")


def test_an_anonymous_pull_with_a_token_gives_the_digest_that_skopeo_gives(token_registry: Peer) -> None:
    ran = reglens("digest", f"{token_registry.host}/library/alpine:3.20")
    assert (ran.code, ran.out) == (0, skopeo_digest(token_registry.host, "library/alpine:3.20") + "\n")


def test_one_digest_with_a_token_takes_three_requests(token_registry: Peer) -> None:
    assert token_registry.tokens
    token_registry.tokens.requests.clear()
    before = token_registry.log().count('"HEAD ') + token_registry.log().count('"GET ')
    ran = reglens("digest", f"{token_registry.host}/library/alpine:3.20")
    log = token_registry.log()
    assert ran.code == 0
    assert len(token_registry.tokens.requests) == 1
    assert log.count('"HEAD ') + log.count('"GET ') - before == 2


def test_many_manifests_of_one_repository_take_one_token_request(token_registry: Peer) -> None:
    assert token_registry.tokens
    token_registry.tokens.requests.clear()
    name = f"{token_registry.host}/library/alpine"
    ran = reglens("digest", "--json", *[f"{name}:{tag}" for tag in ("3.20", "latest", "single") * 7])
    assert ran.code == 0
    assert len({result["digest"] for result in ran.document["results"]}) == 3
    assert len(token_registry.tokens.requests) == 1


@pytest.mark.parametrize("kind", ["basic", "token"])
def test_a_private_repository_is_pulled_with_the_docker_login(
    kind: str, basic_registry: Peer, token_registry: Peer, home: Path
) -> None:
    peer = basic_registry if kind == "basic" else token_registry
    refused = reglens("digest", f"{peer.host}/team/private", home=home)
    assert (refused.code, refused.out) == (1, "")
    docker_login(home, peer.host, "alice")
    ran = reglens("digest", f"{peer.host}/team/private", home=home)
    expected = skopeo_digest(peer.host, "team/private", "--creds", f"alice:{PASSWORD}")
    assert (ran.code, ran.out) == (0, expected + "\n")
    assert PASSWORD not in ran.out + ran.err


def test_a_password_comes_from_stdin(basic_registry: Peer) -> None:
    options = ("--username", "alice", "--password-stdin")
    ran = reglens("digest", *options, f"{basic_registry.host}/library/alpine:3.20", stdin=PASSWORD + "\n")
    assert ran.code == 0, ran.err
    wrong = reglens("digest", "--json", *options, f"{basic_registry.host}/library/alpine:3.20", stdin="nope")
    assert wrong.code == 1
    assert "nope" not in wrong.out + wrong.err


def test_tags_are_those_that_skopeo_lists(token_registry: Peer) -> None:
    need("skopeo")
    name = f"{token_registry.host}/library/alpine"
    listed = json.loads(run("skopeo", "list-tags", "--tls-verify=false", f"docker://{name}"))["Tags"]
    assert sorted(reglens("tags", name).out.split()) == sorted(listed)
    assert reglens("tags", "--sort", "semver", "--limit", "1", name).out.split() in (["3.20"], ["latest"], ["single"])
    document = reglens("tags", "--json", "--sort", "name", name).document
    assert (document["schema"], document["tags"]) == (1, sorted(listed))


def test_a_manifest_is_printed_octet_by_octet(open_registry: Peer) -> None:
    need("curl")
    name = "library/alpine"
    url = f"http://{open_registry.host}/v2/{name}/manifests/3.20"
    theirs = run("curl", "-s", "-H", "Accept: application/vnd.oci.image.index.v1+json", url)
    assert reglens("manifest", f"{open_registry.host}/{name}:3.20").out == theirs
    one = reglens("manifest", "--json", "--platform", "linux/arm64", f"{open_registry.host}/{name}:3.20").document
    entry = next(m for m in json.loads(theirs)["manifests"] if m["platform"]["architecture"] == "arm64")
    assert (one["digest"], one["size"]) == (entry["digest"], entry["size"])


def test_the_catalogue_is_searched(token_registry: Peer) -> None:
    ran = reglens("search", "--json", "--registry", token_registry.host, "alp")
    assert [result["name"] for result in ran.document["results"]] == ["library/alpine"]


def test_a_token_is_decoded_beside_its_challenge(token_registry: Peer) -> None:
    document = reglens("token", "--json", f"{token_registry.host}/library/alpine").document
    assert document["challenge"]["service"] == "registry.docker.io"
    assert document["token"]["claims"]["access"] == [
        {"type": "repository", "name": "library/alpine", "actions": ["pull"]}
    ]
    assert {row["row"]: row["verdict"] for row in document["comparison"]}["service"] == "agree"


def test_the_classic_failure_shows_all_three_disagreements(token_registry: Peer) -> None:
    """`service=index.docker.io`, `alpine` without `library/`, no scope: service, repository and actions disagree."""
    assert token_registry.tokens
    need("curl")
    realm = token_registry.tokens.realm
    token = json.loads(run("curl", "-s", f"{realm}?service=index.docker.io"))["token"]
    url = f"http://{token_registry.host}/v2/alpine/manifests/latest"
    answer = run("curl", "-s", "-i", "-H", f"Authorization: Bearer {token}", url)
    paste = (
        f"$ curl {realm}?service=index.docker.io&scope=repository:alpine:pull\n"
        f'{{"token":"{token}"}}\n\n$ curl -i -H "Authorization: Bearer {token}" {url}\n{answer}'
    )
    ran = reglens("explain", "--json", stdin=paste)
    assert ran.code == 1
    verdicts = {row["row"]: row["verdict"] for row in ran.document["comparison"]}
    assert [verdicts[row] for row in ("service", "repository", "actions")] == ["disagree"] * 3
    codes = [finding["code"] for finding in ran.document["findings"]]
    assert {"service-mismatch", "audience-mismatch", "shell-quoting", "scope-missing", "access-empty"} <= set(codes)
    assert token not in ran.out


@pytest.mark.parametrize(
    ("reference", "code", "words"),
    [
        ("{host}/library/alpine:nope", 1, "nope"),
        ("{host}/library/nothing", 1, "library/nothing"),
        ("{host}/Library/alpine", 2, "lower case"),
        ("127.0.0.1:1/library/alpine", 1, "127.0.0.1:1"),
        ("nowhere.invalid/library/alpine", 1, "nowhere.invalid"),
    ],
)
def test_what_fails_is_said_in_one_reading(open_registry: Peer, reference: str, code: int, words: str) -> None:
    ran = reglens("digest", reference.format(host=open_registry.host))
    assert (ran.code, ran.out, words in ran.err) == (code, "", True), ran.err
