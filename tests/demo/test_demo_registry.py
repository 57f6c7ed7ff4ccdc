"""The registry: routes, pages, headers, and what HEAD shares with GET."""

from __future__ import annotations

import hashlib
import re

import httpx
import pytest

from reglens.demo.server import DemoRegistry
from reglens.oci import media
from support.plain_client import Plain, error_code

MANY = "grafana/grafana-dev"
ALPINE = "library/alpine"
NOWHERE = f"sha256:{'0' * 64}"


def challenge(answer: httpx.Response) -> str:
    return re.sub(r'realm="[^"]*"', "realm", answer.headers["www-authenticate"])


SCOPED = 'Bearer realm,service="registry.docker.io",scope="{}"'


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v2/library/alpine/tags/list", "repository:library/alpine:pull"),
        ("HEAD", "/v2/library/alpine/manifests/latest", "repository:library/alpine:pull"),
        ("GET", "/v2/no/such/thing/manifests/latest", "repository:no/such/thing:pull"),
        ("PUT", "/v2/library/alpine/manifests/latest", "repository:library/alpine:pull,push"),
        ("POST", "/v2/library/alpine/blobs/uploads/", "repository:library/alpine:pull,push"),
        ("DELETE", "/v2/library/alpine/manifests/latest", "repository:library/alpine:delete"),
        ("DELETE", "/v2/library/alpine/tags/list", "repository:library/alpine:delete"),
        ("GET", "/v2/_catalog", "registry:catalog:*"),
        (
            "POST",
            f"/v2/a/blobs/uploads/?mount={NOWHERE}&from=private/vault",
            "repository:a:pull,push repository:private/vault:pull",
        ),
    ],
)
def test_the_challenge_names_the_scope_that_is_needed(plain: Plain, method: str, path: str, scope: str) -> None:
    answer = plain.ask(path, method=method)
    assert answer.status_code == 401
    assert challenge(answer) == SCOPED.format(scope)
    assert answer.headers["docker-distribution-api-version"] == "registry/2.0"


@pytest.mark.parametrize(("method", "path"), [("GET", "/v2/"), ("OPTIONS", "/v2/library/alpine/manifests/latest")])
def test_a_challenge_without_scope(plain: Plain, method: str, path: str) -> None:
    assert challenge(plain.ask(path, method=method)) == 'Bearer realm,service="registry.docker.io"'


def test_the_body_of_a_challenge(plain: Plain) -> None:
    entry = {"Type": "repository", "Class": "", "Name": "alpine", "Action": "pull"}
    error = {"code": "UNAUTHORIZED", "message": "authentication required", "detail": [entry]}
    assert plain.ask("/v2/alpine/tags/list").json() == {"errors": [error]}
    assert plain.ask("/v2/").json()["errors"][0]["detail"] is None


def test_an_insufficient_token_is_told_so_and_learns_nothing(plain: Plain) -> None:
    for name in ("alpine", "private/vault", "no/such"):
        answer = plain.pull(name, "tags/list")
        assert answer.status_code == 401
        assert challenge(answer) == SCOPED.format(f"repository:{name}:pull") + ',error="insufficient_scope"'


def test_what_is_unknown_is_told_to_those_who_may_know(plain: Plain) -> None:
    answer = plain.pull("demo/nothing", "tags/list", login=True)
    assert (answer.status_code, error_code(answer)) == (404, "NAME_UNKNOWN")
    for path, code in (
        ("manifests/no-such-tag", "MANIFEST_UNKNOWN"),
        (f"manifests/{NOWHERE}", "MANIFEST_UNKNOWN"),
        (f"blobs/{NOWHERE}", "BLOB_UNKNOWN"),
    ):
        answer = plain.pull(ALPINE, path)
        assert (answer.status_code, error_code(answer)) == (404, code)
    answer = plain.pull(ALPINE, "blobs/sha256:zz")
    assert (answer.status_code, error_code(answer)) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("path", ["/v2/Library/Alpine/tags/list", "/v1/_ping", "/v2/library/alpine", "/nowhere"])
def test_paths_that_are_none(plain: Plain, path: str) -> None:
    answer = plain.ask(path)
    assert (answer.status_code, answer.text) == (404, "404 page not found\n")
    assert "www-authenticate" not in answer.headers


def test_the_roots(plain: Plain) -> None:
    assert (plain.ask("/").status_code, plain.ask("/").content) == (200, b"")
    moved = plain.ask("/v2")
    assert (moved.status_code, moved.headers["location"]) == (301, "/v2/")
    assert plain.ask("/v2/", plain.token()).json() == {}


@pytest.mark.parametrize("path", ["manifests/latest", "tags/list", "manifests/no-such-tag"])
def test_head_is_get_without_a_body(plain: Plain, path: str) -> None:
    get, head = (plain.pull(ALPINE, path, method=method) for method in ("GET", "HEAD"))
    assert head.content == b""
    assert head.status_code == get.status_code
    for name in ("content-length", "content-type", "docker-content-digest", "etag", "docker-distribution-api-version"):
        assert head.headers.get(name) == get.headers.get(name)
    assert int(head.headers["content-length"]) == len(get.content)


def test_push_is_offered_to_nobody(plain: Plain) -> None:
    token = plain.token("repository:library/alpine:pull,push,delete", login=True)
    for method, path in (("PUT", "manifests/x"), ("POST", "blobs/uploads/"), ("DELETE", f"manifests/{NOWHERE}")):
        answer = plain.ask(f"/v2/library/alpine/{path}", token, method=method)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].endswith('error="insufficient_scope"')
    assert plain.ask("/v2/", plain.token(), method="POST").status_code == 405


def test_a_manifest_carries_its_digest(plain: Plain) -> None:
    answer = plain.pull(ALPINE, "manifests/latest")
    digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
    assert answer.headers["docker-content-digest"] == digest
    assert answer.headers["etag"] == f'"{digest}"'
    assert answer.headers["content-type"] == media.OCI_INDEX
    assert plain.pull(ALPINE, f"manifests/{digest}").content == answer.content
    again = plain.pull(ALPINE, "manifests/latest", headers={"if-none-match": f'"{digest}"'})
    assert (again.status_code, again.content) == (304, b"")


def test_pulls_are_counted_and_head_is_free(plain: Plain) -> None:
    def left(method: str) -> int:
        answer = plain.pull(ALPINE, "manifests/latest", method=method)
        assert answer.headers["ratelimit-limit"] == "100;w=21600"
        return int(answer.headers["ratelimit-remaining"].partition(";")[0])

    before = left("HEAD")
    assert left("HEAD") == before
    assert left("GET") == before - 1
    answer = plain.pull("private/vault", "manifests/latest", login=True)
    assert (answer.headers["ratelimit-limit"], answer.headers["docker-ratelimit-source"]) == ("200;w=21600", "demo")


def pages(plain: Plain, path: str, token: str, key: str) -> list[list[str]]:
    found = []
    following: str | None = path
    while following:
        answer = plain.ask(following, token)
        found.append(answer.json()[key])
        link = re.fullmatch(r'<(/[^>]*)>; rel="next"', answer.headers.get("link", ""))
        following = link[1] if link else None
    return found


def test_more_than_ten_thousand_tags_in_pages(plain: Plain) -> None:
    token = plain.token(f"repository:{MANY}:pull")
    found = pages(plain, f"/v2/{MANY}/tags/list", token, "tags")
    tags = [tag for page in found for tag in page]
    assert len(tags) == len(set(tags)) > 10_000
    assert tags == sorted(tags)
    assert {len(page) for page in found[:-1]} == {1000}
    large = pages(plain, f"/v2/{MANY}/tags/list?n=1000000", token, "tags")
    assert [len(page) for page in large] == [len(page) for page in found]


def test_pages_of_any_size(plain: Plain) -> None:
    token = plain.token("repository:library/alpine:pull")
    whole = plain.ask("/v2/library/alpine/tags/list", token)
    assert "link" not in whole.headers
    small = pages(plain, "/v2/library/alpine/tags/list?n=7", token, "tags")
    assert [tag for page in small for tag in page] == whole.json()["tags"]
    assert plain.ask("/v2/library/alpine/tags/list?n=0", token).json()["tags"] == []
    after = plain.ask("/v2/library/alpine/tags/list?n=2&last=3.20", token).json()["tags"]
    assert after[0] > "3.20"


@pytest.mark.parametrize("n", ["-1", "abc", "1.5"])
def test_a_page_size_that_is_none(plain: Plain, n: str) -> None:
    answer = plain.pull(ALPINE, f"tags/list?n={n}")
    assert (answer.status_code, error_code(answer)) == (400, "PAGINATION_NUMBER_INVALID")


def test_the_catalogue(plain: Plain) -> None:
    token = plain.token("registry:catalog:*")
    names = [name for page in pages(plain, "/v2/_catalog", token, "repositories") for name in page]
    assert len(names) > 200
    assert {"library/alpine", "grafana/grafana", "private/vault", "broken/audience-mismatch"} <= set(names)
    refused = plain.ask("/v2/_catalog", plain.token("repository:library/alpine:pull"))
    assert refused.headers["www-authenticate"].endswith('scope="registry:catalog:*",error="insufficient_scope"')
    assert error_code(plain.ask("/v2/_catalog?n=1001", token)) == "PAGINATION_NUMBER_INVALID"


def layer_of(plain: Plain, repository: str) -> dict[str, object]:
    """The first layer of the first image of ``latest``."""
    document = plain.pull(repository, "manifests/latest").json()
    if "manifests" in document:
        document = plain.pull(repository, f"manifests/{document['manifests'][0]['digest']}").json()
    found = document["layers"][0]
    assert isinstance(found, dict)
    return found


def test_blobs_lie_in_a_store_that_wants_no_token(plain: Plain, demo: DemoRegistry) -> None:
    layer = layer_of(plain, ALPINE)
    digest = str(layer["digest"])
    location = plain.pull(ALPINE, f"blobs/{digest}").headers["location"]
    assert location.startswith(f"{demo.auth_url}/store/")
    blob = plain.client.get(location)
    assert f"sha256:{hashlib.sha256(blob.content).hexdigest()}" == digest
    assert len(blob.content) == layer["size"]
    refused = plain.client.get(location, headers={"authorization": f"Bearer {plain.token()}"})
    assert refused.status_code == 400
    assert "Only one auth mechanism allowed" in refused.text
    forged = plain.client.get(re.sub("signature=.", "signature=x", location))
    assert forged.status_code == 403


def test_parts_of_a_blob(plain: Plain) -> None:
    location = plain.pull(ALPINE, f"blobs/{layer_of(plain, ALPINE)['digest']}").headers["location"]
    whole = plain.client.get(location).content
    for asked, part in (("0-9", whole[:10]), ("-7", whole[-7:]), (f"{len(whole) - 3}-", whole[-3:])):
        answer = plain.client.get(location, headers={"range": f"bytes={asked}"})
        assert (answer.status_code, answer.content) == (206, part)
    beyond = plain.client.get(location, headers={"range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")


def test_referrers_and_their_filter(plain: Plain) -> None:
    digest = plain.pull("acme/shop", "manifests/latest").headers["docker-content-digest"]
    answer = plain.pull("acme/shop", f"referrers/{digest}")
    assert answer.headers["content-type"] == media.OCI_INDEX
    kinds = [entry["artifactType"] for entry in answer.json()["manifests"]]
    assert len(set(kinds)) == len(kinds) == 5
    filtered = plain.pull("acme/shop", f"referrers/{digest}?artifactType=application/spdx%2Bjson")
    assert filtered.headers["oci-filters-applied"] == "artifactType"
    assert [entry["artifactType"] for entry in filtered.json()["manifests"]] == ["application/spdx+json"]
    for entry in answer.json()["manifests"]:
        manifest = plain.pull("acme/shop", f"manifests/{entry['digest']}").json()
        assert manifest["subject"]["digest"] == digest
    assert plain.pull("acme/shop", f"referrers/{NOWHERE}").json()["manifests"] == []


def test_search_as_docker_hub_answers(plain: Plain, demo: DemoRegistry) -> None:
    found = plain.client.get(demo.search_url, params={"q": "alpine", "n": "3"}).json()
    assert found["results"][0]["name"] == "alpine"
    assert found["results"][0]["is_official"] is True
    assert len(found["results"]) == 3 < found["num_results"]
    newer = f"{demo.auth_url}/v2/search/repositories/"
    first = plain.client.get(newer, params={"query": "grafana", "page_size": "3"}).json()
    assert first["results"][0]["repo_name"].startswith("grafana/")
    second = plain.client.get(first["next"]).json()
    assert second["count"] == first["count"]
    assert second["previous"]
    assert not {r["repo_name"] for r in first["results"]} & {r["repo_name"] for r in second["results"]}
    assert plain.client.get(f"{plain.url}/v1/search", params={"q": "private"}).json()["num_results"] == 0
    assert plain.client.get(demo.search_url, params={"q": "x", "n": "zero", "page": "-1"}).status_code == 200


def test_requests_are_counted(plain: Plain, demo: DemoRegistry) -> None:
    before = demo.requests.copy()
    plain.pull(ALPINE, "tags/list")
    plain.ask("/v2/")
    assert demo.requests - before == {"token": 1, "tags": 1, "ping": 1}


def test_rubbish_is_answered_and_the_server_lives_on(plain: Plain) -> None:
    for path in ("/v2/a/manifests/%00", "/v2/a/blobs/%F0%9F%92%A9", f"/v2/{'a/' * 2000}tags/list", "/v2/%2e%2e/x"):
        assert plain.ask(path).status_code in (400, 401, 404)
    assert plain.ask("/v2/", "x" * 20_000).status_code == 401
    assert plain.ask("/v2/", method="POST", content=b"x" * 3_000_000).status_code == 401
    assert plain.ask("/v2/").status_code == 401
