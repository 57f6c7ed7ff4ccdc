"""registry.k8s.io: its manifests are on another registry, its blobs on storage, and there is no catalogue."""

from __future__ import annotations

import pytest

from reglens.errors import NotListed, RateLimited, Refused
from reglens.oci.digest import Digest
from reglens.oci.reference import Reference
from support.internet import Internet
from support.scripted import Answer, challenged, index_answer, json_answer

HOST = "registry.k8s.io"
THERE = "us-west1-docker.pkg.dev"
PAUSE = f"https://{HOST}/v2/pause/manifests/3.10"
MIRROR = f"https://{THERE}/v2/k8s-artifacts-prod/images/pause/manifests/3.10"
SCOPE = "repository:k8s-artifacts-prod/images/pause:pull"
CHALLENGE = f'Bearer realm="https://{THERE}/v2/token",service="{THERE}",scope="{SCOPE}"'
TOKEN = f"https://{THERE}/v2/token?service={THERE}&scope={SCOPE}"
REFERENCE = Reference(HOST, "pause", "3.10")


def redirect(location: str) -> Answer:
    return Answer(307, [("Location", location)])


async def test_manifests_are_redirected_to_a_registry_nearby(net: Internet) -> None:
    net.expect("HEAD", PAUSE, redirect(MIRROR))
    net.expect("HEAD", MIRROR, index_answer())
    await net.session(HOST).resolve(REFERENCE)


async def test_a_registry_nearby_that_wants_a_token_is_asked_for_one_as_nobody(net: Internet) -> None:
    # google/go-containerregistry, pull request 2360
    net.expect("HEAD", PAUSE, redirect(MIRROR))
    net.refuse("HEAD", MIRROR, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": "t", "expires_in": 3600}))
    net.expect("HEAD", MIRROR, index_answer(), auth="Bearer t")
    session = net.session(HOST, user="me", password="pw")
    await session.resolve(REFERENCE)
    [token] = [exchange for exchange in session.trace if exchange.role == "token"]
    assert f"asked anonymously, for {THERE}, where the registry redirects to" in token.note
    assert token.authorization is None


async def test_that_token_goes_no_further_than_where_it_is_from(net: Internet) -> None:
    body = index_answer()
    digest = Digest.parse(body.headers[1][1])
    blob, storage = f"https://{HOST}/v2/pause/blobs/{digest}", "https://storage.googleapis.com/x?sig=1"
    mirrored = f"https://{THERE}/v2/k8s-artifacts-prod/images/pause/blobs/{digest}"
    net.expect("GET", blob, redirect(mirrored))
    net.refuse("GET", mirrored, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": "t"}))
    net.expect("GET", mirrored, redirect(storage), auth="Bearer t")
    net.expect("GET", storage, Answer(200, [], body.body))
    assert await net.session(HOST).blob("pause", digest) == body.body


async def test_its_own_token_stays_with_it(net: Internet) -> None:
    # kubernetes/registry.k8s.io, cmd/archeio/internal/app/handlers.go: it only tells one pull from another
    trace = "0" * 32
    net.refuse("GET", f"https://{HOST}/v2/", f'Bearer realm="https://{HOST}/token",service="{HOST}"')
    net.expect("GET", f"https://{HOST}/token?service={HOST}", json_answer({"token": trace, "expires_in": 3600}))
    net.expect("GET", f"https://{HOST}/v2/", Answer(200), auth=f"Bearer {trace}")
    asked = f"https://{HOST}/token?service={HOST}&scope=repository:pause:pull"
    net.expect("GET", asked, json_answer({"token": trace, "expires_in": 3600}))
    net.expect("HEAD", PAUSE, redirect(MIRROR), auth=f"Bearer {trace}")
    net.expect("HEAD", MIRROR, index_answer())
    session = net.session(HOST)
    await session.ping()
    await session.resolve(REFERENCE)


@pytest.mark.parametrize("answer", [Answer(403), Answer(200, [], b"{}"), Answer(302, [("Location", "https://[")])])
async def test_where_nobody_gets_a_token_the_refusal_is_told(net: Internet, answer: Answer) -> None:
    net.expect("HEAD", PAUSE, redirect(MIRROR))
    net.refuse("HEAD", MIRROR, CHALLENGE)
    net.expect("GET", TOKEN, answer)
    with pytest.raises(Refused, match=f"redirects to {THERE}, which answers 401"):
        await net.session(HOST).resolve(REFERENCE)


async def test_a_token_that_is_refused_there_is_the_end(net: Internet) -> None:
    net.expect("HEAD", PAUSE, redirect(MIRROR))
    net.refuse("HEAD", MIRROR, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": "t"}))
    net.refuse("HEAD", MIRROR, CHALLENGE, auth="Bearer t")
    with pytest.raises(Refused):
        await net.session(HOST).resolve(REFERENCE)


async def test_a_realm_inside_a_private_network_is_not_asked_for_a_redirects_sake(net: Internet) -> None:
    net.expect("HEAD", PAUSE, redirect(MIRROR))
    net.expect("HEAD", MIRROR, challenged('Bearer realm="http://169.254.169.254/token"'))
    with pytest.raises(Refused):
        await net.session(HOST).resolve(REFERENCE)


async def test_too_many_requests_there_are_told_as_such(net: Internet) -> None:
    net.expect("HEAD", PAUSE, redirect(MIRROR))
    net.expect("HEAD", MIRROR, Answer(429, [("Retry-After", "3")]))
    with pytest.raises(RateLimited):
        await net.session(HOST).resolve(REFERENCE)


async def test_it_has_no_catalogue_and_says_where_one_is(net: Internet) -> None:
    # kubernetes/registry.k8s.io, issue 162
    with pytest.raises(NotListed) as raised:
        await net.session(HOST).search("pause")
    assert "explore.ggcr.dev" in raised.value.hint
    assert net.asked == []
