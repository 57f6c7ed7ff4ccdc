"""Manifests, blobs, referrers and search: what is asked, and what is believed."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reglens.errors import AnswerInvalid, DigestMismatch, NotFound, RateLimited, Refused, RegistryError, TooLarge
from reglens.oci import media
from reglens.oci.digest import Digest
from reglens.oci.manifest import Image, Index, Manifest
from reglens.oci.reference import Reference
from reglens.registry.limits import rate_limit, warnings
from reglens.registry.options import Options
from reglens.registry.results import RateLimit
from reglens.registry.session import Session
from support.scripted import INDEX, INDEX_TYPE, Answer, Scripted, index_answer, json_answer

PATH = "/v2/a/b/manifests/"
OTHER = "sha256:" + "0" * 64
DIGEST = Digest.of(INDEX)


@pytest.fixture
async def registry() -> AsyncIterator[Scripted]:
    async with Scripted() as scripted:
        yield scripted


@pytest.fixture
async def session(registry: Scripted) -> AsyncIterator[Session]:
    async with Session(registry.host) as made:
        yield made


def at(registry: Scripted, target: str = "latest") -> Reference:
    if ":" in target:
        return Reference(registry.host, "a/b", digest=Digest.parse(target))
    return Reference(registry.host, "a/b", target)


def document(value: Any, media_type: str, *headers: tuple[str, str]) -> Answer:
    return Answer(200, [("Content-Type", media_type), *headers], json.dumps(value).encode())


async def test_a_manifest_is_asked_for_with_every_type_there_is(registry: Scripted, session: Session) -> None:
    registry.expect(
        "GET", PATH + "latest", index_answer(), headers={"Accept": media.ACCEPT, "Accept-Encoding": "identity"}
    )
    manifest = await session.manifest(at(registry))
    assert isinstance(manifest, Index)
    assert (manifest.digest, manifest.raw, manifest.problems) == (DIGEST, INDEX, ())


async def test_a_digest_comes_from_a_head_alone(registry: Scripted, session: Session) -> None:
    registry.expect("HEAD", PATH + "latest", index_answer())
    descriptor = await session.resolve(at(registry))
    assert (descriptor.digest, descriptor.size, descriptor.media_type) == (DIGEST, len(INDEX), INDEX_TYPE)


@pytest.mark.parametrize(
    "head",
    [
        Answer(405),
        Answer(404),
        Answer(400),
        Answer(200, [("Content-Type", INDEX_TYPE)], INDEX),
        Answer(200, [("Content-Type", "text/html"), ("Docker-Content-Digest", OTHER)], INDEX),
        Answer(200, [("Content-Type", INDEX_TYPE), ("Docker-Content-Digest", "sha256:zz")], INDEX),
        Answer(200, [("Content-Type", INDEX_TYPE), ("Docker-Content-Digest", OTHER), ("Content-Length", "0")]),
    ],
)
async def test_where_head_will_not_do_the_manifest_is_fetched(
    registry: Scripted, session: Session, head: Answer
) -> None:
    registry.expect("HEAD", PATH + "latest", head)
    registry.expect("GET", PATH + "latest", index_answer())
    assert (await session.resolve(at(registry))).digest == DIGEST


async def test_a_missing_tag_is_explained_by_the_get_that_follows(registry: Scripted, session: Session) -> None:
    registry.expect("HEAD", PATH + "nope", Answer(404))
    unknown = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown", "detail": {"Tag": "nope"}}]}
    registry.expect("GET", PATH + "nope", json_answer(unknown, 404))
    with pytest.raises(NotFound, match="no tag nope") as raised:
        await session.resolve(at(registry, "nope"))
    assert raised.value.entries[0].detail == {"Tag": "nope"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (json_answer({"errors": [{"code": "NAME_UNKNOWN"}]}, 404), "no repository a/b"),
        (json_answer({"errors": [{"code": "MANIFEST_UNKNOWN"}]}, 404), "no tag latest"),
        (Answer(404, [("Content-Type", "text/plain")], b"404 page not found\n"), "does not know the path"),
        (Answer(404, [("Content-Type", "text/html")], b"<html>"), "does not know the path"),
    ],
)
async def test_each_kind_of_404_is_told_apart(registry: Scripted, session: Session, answer: Answer, words: str) -> None:
    registry.expect("GET", PATH + "latest", answer)
    with pytest.raises(NotFound, match=words):
        await session.manifest(at(registry))


async def test_bytes_of_another_digest_than_asked_for_are_refused(registry: Scripted, session: Session) -> None:
    registry.expect("GET", PATH + OTHER, index_answer())
    with pytest.raises(DigestMismatch, match="asked for") as raised:
        await session.manifest(at(registry, OTHER))
    assert raised.value.exchange is not None


async def test_bytes_of_another_digest_than_announced_are_refused(registry: Scripted, session: Session) -> None:
    registry.expect("GET", PATH + "latest", index_answer(INDEX, ("Docker-Content-Digest", OTHER)))
    with pytest.raises(DigestMismatch, match="announced"):
        await session.manifest(at(registry))


async def test_a_head_that_announces_another_digest_is_refused(registry: Scripted, session: Session) -> None:
    registry.expect("HEAD", PATH + OTHER, index_answer())
    with pytest.raises(DigestMismatch):
        await session.resolve(at(registry, OTHER))


async def test_a_digest_that_cannot_be_checked_is_a_problem_not_an_error(registry: Scripted, session: Session) -> None:
    unknown = "blake3:" + "0" * 64
    registry.expect("GET", PATH + unknown, index_answer())
    manifest = await session.manifest(at(registry, unknown))
    assert str(manifest.digest) == unknown
    assert "cannot be checked" in manifest.problems[-1]


async def test_a_digest_header_that_is_none_is_a_problem_not_an_error(registry: Scripted, session: Session) -> None:
    registry.expect("GET", PATH + "latest", index_answer(INDEX, ("Docker-Content-Digest", "md5")))
    assert "Docker-Content-Digest" in (await session.manifest(at(registry))).problems[-1]


async def test_a_sha512_digest_is_checked(registry: Scripted, session: Session) -> None:
    digest = str(Digest.of(INDEX, "sha512"))
    registry.expect("GET", PATH + digest, index_answer())
    assert str((await session.manifest(at(registry, digest))).digest) == digest


async def test_a_media_type_that_nobody_knows_is_shown_as_it_is(registry: Scripted, session: Session) -> None:
    registry.expect("GET", PATH + "latest", document({"schemaVersion": 9}, "application/vnd.future+json"))
    manifest = await session.manifest(at(registry))
    assert type(manifest) is Manifest
    assert manifest.media_type == "application/vnd.future+json"


async def test_a_signed_schema_1_manifest_is_known_by_the_digest_of_what_was_signed(
    registry: Scripted, session: Session
) -> None:
    payload = b'{"schemaVersion":1,"fsLayers":[]}'

    def encode(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    protected = encode(json.dumps({"formatLength": len(payload) - 1, "formatTail": encode(b"}")}).encode())
    signed = payload[:-1] + b',"signatures":[' + json.dumps({"protected": protected}).encode() + b"]}"
    digest = ("Docker-Content-Digest", str(Digest.of(payload)))
    registry.expect(
        "GET", PATH + "latest", Answer(200, [("Content-Type", media.DOCKER_SCHEMA1_SIGNED), digest], signed)
    )
    assert (await session.manifest(at(registry))).digest == Digest.of(payload)


@pytest.mark.parametrize(
    ("content_type", "body", "words"),
    [
        ("text/html", b"<html>", "web page"),
        ("application/json", b"  <!DOCTYPE", "web page"),
        (INDEX_TYPE, b'{"schemaVersion"', "broken JSON"),
        (INDEX_TYPE, b"[]", "no object"),
        (INDEX_TYPE, b"", "nothing"),
    ],
)
async def test_what_is_no_manifest_is_said_to_be_none(
    registry: Scripted, session: Session, content_type: str, body: bytes, words: str
) -> None:
    registry.expect("GET", PATH + "latest", Answer(200, [("Content-Type", content_type)], body))
    with pytest.raises(AnswerInvalid, match=words):
        await session.manifest(at(registry))


async def test_a_blob_is_checked_and_bounded(registry: Scripted, session: Session) -> None:
    data = b"x" * 100
    digest = Digest.of(data)
    registry.expect("GET", f"/v2/a/b/blobs/{digest}", Answer(200, [], data), times=2)
    assert await session.blob("a/b", digest) == data
    with pytest.raises(TooLarge):
        await session.blob("a/b", digest, limit=99)
    registry.expect("GET", f"/v2/a/b/blobs/{OTHER}", Answer(200, [], data))
    with pytest.raises(DigestMismatch):
        await session.blob("a/b", Digest.parse(OTHER))


def image(config: Digest | None) -> Image:
    from reglens.oci.manifest import parse_manifest

    listed = {"digest": str(config), "mediaType": media.OCI_CONFIG, "size": 2} if config else None
    raw = json.dumps({"mediaType": media.OCI_MANIFEST, "config": listed, "layers": []}).encode()
    parsed = parse_manifest(raw, media.OCI_MANIFEST)
    assert isinstance(parsed, Image)
    return parsed


async def test_an_images_configuration_is_read(registry: Scripted, session: Session) -> None:
    data = b'{"os":"linux","architecture":"arm64"}'
    registry.expect("GET", f"/v2/a/b/blobs/{Digest.of(data)}", Answer(200, [], data))
    assert str((await session.config("a/b", image(Digest.of(data)))).platform) == "linux/arm64"


async def test_a_configuration_that_is_none_is_told(registry: Scripted, session: Session) -> None:
    with pytest.raises(AnswerInvalid, match="names no configuration"):
        await session.config("a/b", image(None))
    registry.expect("GET", f"/v2/a/b/blobs/{Digest.of(b'tar')}", Answer(200, [], b"tar"))
    with pytest.raises(AnswerInvalid, match="cannot be read"):
        await session.config("a/b", image(Digest.of(b"tar")))


def listing(*digests: str) -> dict[str, Any]:
    entries = [{"mediaType": media.OCI_MANIFEST, "digest": digest, "size": 1} for digest in digests]
    return {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries}


async def test_referrers_come_by_the_api_in_pages(registry: Scripted, session: Session) -> None:
    path = f"/v2/a/b/referrers/{DIGEST}"
    registry.expect("GET", f"{path}?page=2", document(listing("sha256:" + "2" * 64), INDEX_TYPE))
    first = document(listing("sha256:" + "1" * 64), INDEX_TYPE, ("Link", f'<{path}?page=2>; rel="next"'))
    registry.expect("GET", path, first)
    assert [d.digest.encoded[0] async for page in session.referrers("a/b", DIGEST) for d in page] == ["1", "2"]


@pytest.mark.parametrize("refusal", [Answer(404, [], b"404 page not found\n"), Answer(405), Answer(200, [], b"<html>")])
async def test_without_the_api_referrers_come_by_their_tag(
    registry: Scripted, session: Session, refusal: Answer
) -> None:
    registry.expect("GET", f"/v2/a/b/referrers/{DIGEST}", refusal)
    registry.expect("GET", f"{PATH}sha256-{DIGEST.encoded}", document(listing(OTHER), INDEX_TYPE))
    assert [str(d.digest) async for page in session.referrers("a/b", DIGEST) for d in page] == [OTHER]


async def test_without_api_and_tag_there_are_no_referrers_and_the_api_is_not_asked_again(
    registry: Scripted, session: Session
) -> None:
    registry.expect("GET", f"/v2/a/b/referrers/{DIGEST}", Answer(404, [], b"404 page not found\n"))
    registry.expect("GET", f"{PATH}sha256-{DIGEST.encoded}", Answer(404), times=2)
    for _ in range(2):
        assert [page async for page in session.referrers("a/b", DIGEST)] == []
    assert [exchange.absent for exchange in session.trace] == [True, True, True]


async def test_a_tag_that_need_not_be_there_is_found_or_is_an_answer(registry: Scripted, session: Session) -> None:
    registry.expect("GET", f"{PATH}sha256-1.sig", index_answer())
    found = await session.find(at(registry, "sha256-1.sig"))
    assert found is not None
    assert found.digest == DIGEST
    registry.expect("GET", f"{PATH}sha256-2.sig", Answer(404), times=2)
    assert await session.find(at(registry, "sha256-2.sig")) is None
    with pytest.raises(NotFound):
        await session.manifest(at(registry, "sha256-2.sig"))
    registry.expect("GET", f"{PATH}sha256-3.sig", Answer(403))
    with pytest.raises(Refused):
        await session.find(at(registry, "sha256-3.sig"))
    assert [exchange.absent for exchange in session.trace] == [False, True, False, False]


async def names(session: Session, query: str, limit: int = 50) -> Sequence[str]:
    return [result.name for result in await session.search(query, limit=limit)]


async def test_elsewhere_than_on_docker_hub_the_catalogue_is_searched(registry: Scripted, session: Session) -> None:
    registry.expect("GET", "/v2/", Answer(200))
    registry.expect("GET", "/v2/_oci/ext/discover", Answer(404))
    registry.expect("GET", "/v2/_catalog", json_answer({"repositories": ["acme/Shop", "acme/web", "shop"]}), times=2)
    assert await names(session, "shop") == ["acme/Shop", "shop"]
    assert await names(session, "", limit=1) == ["acme/Shop"]


async def test_a_catalogue_that_nobody_may_list_says_how_to_go_on(registry: Scripted, session: Session) -> None:
    registry.expect("GET", "/v2/", Answer(200))
    registry.expect("GET", "/v2/_oci/ext/discover", Answer(404))
    registry.expect("GET", "/v2/_catalog", Answer(404))
    with pytest.raises(NotFound, match="no catalogue") as missing:
        await session.search("shop")
    assert "full name" in missing.value.hint
    registry.expect("GET", "/v2/_catalog", Answer(401, [("WWW-Authenticate", 'Basic realm="harbor"')]))
    with pytest.raises(Refused, match="be listed"):
        await session.search("shop")


async def test_a_search_address_of_the_persons_choice_is_used_in_pages(registry: Scripted) -> None:
    first = {"results": [{"name": f"n{n}", "pull_count": n} for n in range(100)]}
    web = {"results": [{"repo_name": "me/x", "short_description": "mine", "star_count": 2}, {"odd": 1}, 7]}
    registry.expect("GET", "/v1/search?q=a%20b&n=100&page=2", json_answer(web))
    registry.expect("GET", "/v1/search?q=a%20b&n=100", json_answer(first))
    async with Session(registry.host, options=Options(search_url=f"{registry.url}/v1/search")) as session:
        results = await session.search(" a b ", limit=150)
    assert len(results) == 101
    assert (results[1].name, results[1].pulls) == ("library/n1", 1)
    assert (results[-1].name, results[-1].description, results[-1].stars) == ("me/x", "mine", 2)


async def test_the_rate_limit_is_kept_as_last_said(registry: Scripted, session: Session) -> None:
    said = [
        ("RateLimit-Limit", "100;w=21600"),
        ("RateLimit-Remaining", "97;w=21600"),
        ("Docker-RateLimit-Source", "::1"),
    ]
    registry.expect("GET", "/v2/", Answer(200, said, b"{}"))
    await session.ping()
    assert session.rate_limit == RateLimit(100, 97, 21_600, None, "::1")


def test_rate_limits_are_read_in_each_notation() -> None:
    assert rate_limit({"ratelimit-limit": "100, 100;w=60", "ratelimit-reset": "30"}) == RateLimit(100, None, 60, 30.0)
    assert rate_limit({"ratelimit-remaining": "7"}) == RateLimit(None, 7)
    assert rate_limit({"ratelimit-limit": "many"}) == RateLimit()
    newer = {"ratelimit": '"default";r=50;t=30, "day";r=7', "ratelimit-policy": '"default";q=100;w=60'}
    assert rate_limit(newer) == RateLimit(100, 50, 60, 30.0)
    assert rate_limit({"ratelimit": '"default"; r=50'}) == RateLimit(None, 50, None, None)
    assert rate_limit({"ratelimit": "none", "ratelimit-policy": '"default";q=100'}) is None
    assert rate_limit({}) is None


def test_a_reset_that_is_a_moment_is_told_as_a_span() -> None:
    gitlab = {"ratelimit-limit": "60", "ratelimit-remaining": "0", "ratelimit-reset": "1772366460"}
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert rate_limit(gitlab, now) == RateLimit(60, 0, None, 60.0)
    assert rate_limit(gitlab, now + timedelta(hours=1)) == RateLimit(60, 0, None, 0.0)
    assert rate_limit(gitlab) == RateLimit(60, 0)


async def test_the_limit_of_another_host_is_not_the_registrys(registry: Scripted, session: Session) -> None:
    async with Scripted() as storage:
        storage.expect("GET", "/x", Answer(200, [("RateLimit-Limit", "5")], INDEX))
        registry.expect("GET", f"/v2/a/b/blobs/{DIGEST}", Answer(307, [("Location", f"{storage.url}/x")]))
        assert await session.blob("a/b", DIGEST) == INDEX
        assert session.rate_limit is None


async def test_too_many_requests_keep_the_wait_that_was_said(registry: Scripted, session: Session) -> None:
    registry.expect("GET", "/v2/", Answer(429, [("Retry-After", "12")]))
    with pytest.raises(RateLimited) as raised:
        await session.ping()
    assert raised.value.retry_after == 12


async def test_a_servers_warning_is_noted(registry: Scripted, session: Session) -> None:
    registry.expect("GET", "/v2/", Answer(200, [("Warning", '299 - "going away \\"soon\\""'), ("Warning", "110 x y")]))
    exchange = await session.ping()
    assert 'the server warns: going away "soon"' in exchange.note
    assert warnings(['299 - "cut']) == []


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(200, [("Content-Type", "text/html")], b"<html>"), AnswerInvalid, "web page"),
        (Answer(404, [], b"nginx"), NotFound, "has no registry"),
        (Answer(403), Refused, "is refused"),
        (Answer(502, [], b"bad gateway"), RegistryError, r"failed \(502\)"),
        (Answer(302), AnswerInvalid, "redirects without saying where"),
        (Answer(418), RegistryError, "does not accept"),
    ],
)
async def test_what_is_no_registry_is_said_to_be_none(
    registry: Scripted, session: Session, answer: Answer, kind: type[Exception], words: str
) -> None:
    registry.expect("GET", "/v2/", answer)
    with pytest.raises(kind, match=words):
        await session.ping()


async def test_a_ping_may_answer_with_bare_true_or_nothing(registry: Scripted, session: Session) -> None:
    registry.expect(
        "GET",
        "/v2/",
        Answer(
            200,
            [("Content-Type", "text/html; charset=utf-8"), ("Docker-Distribution-API-Version", "registry/2.0")],
            b"true",
        ),
    )
    registry.expect("GET", "/v2/", Answer(200))
    for _ in range(2):
        assert (await session.ping()).status == 200


async def test_a_tag_with_half_a_surrogate_pair_is_asked_for_all_the_same(registry: Scripted, session: Session) -> None:
    """A server may list one, which the columns beside the tags then ask for."""
    registry.expect("HEAD", PATH + "x\ufffd\ufffd\ufffd", index_answer())
    assert (await session.resolve(at(registry, "x\ud800"))).digest == DIGEST


async def test_referrers_without_end_are_an_error_after_those_that_came(
    registry: Scripted, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reglens.registry.referrers.MAX_REFERRERS", 3)
    path = f"/v2/a/b/referrers/{DIGEST}"
    for number in range(2):  # the third page is not asked for
        entries = listing(*(f"sha256:{number}{other}{'0' * 62}" for other in range(2)))
        link = ("Link", f'<{path}?page={number + 1}>; rel="next"')
        registry.expect("GET", f"{path}?page={number}" if number else path, document(entries, INDEX_TYPE, link))
    pages = session.referrers("a/b", DIGEST)
    assert [d.digest.encoded[:2] for d in [*await anext(pages), *await anext(pages)]] == ["00", "01", "10"]
    with pytest.raises(TooLarge, match="More than 3 manifests"):
        await anext(pages)


async def test_pages_of_referrers_that_lead_in_a_circle_end(registry: Scripted, session: Session) -> None:
    path = f"/v2/a/b/referrers/{DIGEST}"
    registry.expect("GET", path, document(listing(OTHER), INDEX_TYPE, ("Link", f'<{path}>; rel="next"')))
    pages = session.referrers("a/b", DIGEST)
    assert len(await anext(pages)) == 1
    with pytest.raises(TooLarge, match="no end"):
        await anext(pages)


async def test_who_wants_little_is_sent_no_more(registry: Scripted, session: Session) -> None:
    registry.expect("GET", PATH + "latest", index_answer(), times=2)
    with pytest.raises(TooLarge):
        await session.manifest(at(registry), limit=len(INDEX) - 1)
    assert (await session.manifest(at(registry), limit=len(INDEX))).raw == INDEX


async def test_a_request_gives_way_between_its_steps(registry: Scripted) -> None:
    """To whoever looks at the screen: while its turn does not come, nothing more of it is sent or read."""
    held = asyncio.Event()
    registry.expect("GET", PATH + "latest", index_answer())
    async with Session(registry.host, options=Options(plain_http=True, turn=held.wait)) as session:
        asking = asyncio.create_task(session.manifest(at(registry)))
        await asyncio.sleep(0.05)
        assert not registry.requests
        held.set()
        assert (await asking).digest == DIGEST
