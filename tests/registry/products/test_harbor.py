"""Harbor: Basic after a refused token, a fixed service, more rights than were asked for, its own search."""

from __future__ import annotations

import pytest

from reglens.errors import NotFound, Refused, TokenError
from reglens.oci.reference import Reference
from reglens.registry.results import SearchResult
from support.internet import Internet, basic
from support.scripted import Answer, index_answer, json_answer

HOST = "images.acme.com"
SHOP = f"https://{HOST}/v2/acme/shop/manifests/v1"
SCOPE = "repository:acme/shop:pull"
REALM = f'Bearer realm="https://{HOST}/service/token",service="harbor-registry"'
CHALLENGE = f'{REALM},scope="{SCOPE}"'
TOKEN = f"https://{HOST}/service/token?service=harbor-registry&scope={SCOPE}"
FLIPPED = 'Basic realm="harbor"'
REFERENCE = Reference(HOST, "acme/shop", "v1")
SEARCH = f"https://{HOST}/api/v2.0/search?q="


async def test_a_public_repository_takes_a_token_of_nobody(net: Internet) -> None:
    # harbor, src/server/middleware/v2auth/auth.go: 401 comes first even for what is public
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": "t", "expires_in": 1800}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST).resolve(REFERENCE)


async def test_the_scheme_turns_to_basic_once_a_token_was_refused(net: Internet) -> None:
    # harbor, src/server/middleware/v2auth/auth.go: whatever came with Authorization is refused by Basic
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", TOKEN.replace("?", "?account=me&"), json_answer({"token": "t"}), auth=basic("me", "cli"))
    net.refuse("HEAD", SHOP, FLIPPED, auth="Bearer t")
    net.expect("HEAD", SHOP, index_answer(), auth=basic("me", "cli"))
    await net.session(HOST, user="me", password="cli").resolve(REFERENCE)


async def test_nobodys_refused_token_is_the_end(net: Internet) -> None:
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": "t"}))
    net.refuse("HEAD", SHOP, FLIPPED, auth="Bearer t")
    with pytest.raises(Refused):
        await net.session(HOST).resolve(REFERENCE)


async def test_the_catalogue_asks_for_basic_whatever_the_rest_asks_for(net: Internet) -> None:
    # goharbor/harbor, issue 13573
    url = f"https://{HOST}/v2/_catalog"
    net.refuse("GET", url, FLIPPED)
    net.expect("GET", url, json_answer({"repositories": ["acme/shop"]}), auth=basic("admin", "pw"))
    assert [p async for p in net.session(HOST, user="admin", password="pw").repositories()] == [["acme/shop"]]


async def test_another_service_than_its_own_is_refused_by_400(net: Internet) -> None:
    # harbor, src/core/service/token/token.go
    net.refuse("HEAD", SHOP, CHALLENGE)
    asked = TOKEN.replace("service=harbor-registry", "service=mine")
    net.expect("GET", asked, Answer(400, [("Content-Type", "text/plain")], b"Unable to handle service: mine"))
    with pytest.raises(TokenError, match="400"):
        await net.session(HOST).acquire_token(REFERENCE, service="mine")


async def test_a_robots_dollar_is_part_of_its_name(net: Internet) -> None:
    net.refuse("HEAD", SHOP, CHALLENGE)
    asked = TOKEN.replace("?", "?account=robot%24acme&")
    net.expect("GET", asked, json_answer({"token": "t"}), auth=basic("robot$acme", "pw"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST, user="robot$acme", password="pw").resolve(REFERENCE)


async def test_not_found_is_told_though_its_code_is_unknown(net: Internet) -> None:
    # containers/image, docker/docker_client.go
    said = {"errors": [{"code": "UNKNOWN", "message": "artifact acme/shop:v1 not found"}]}
    net.expect("HEAD", SHOP, Answer(404))
    net.expect("GET", SHOP, json_answer(said, 404))
    with pytest.raises(NotFound, match="no tag v1") as raised:
        await net.session(HOST).resolve(REFERENCE)
    assert raised.value.entries[0].code == "UNKNOWN"


async def test_a_realm_over_plain_http_gets_no_credentials(net: Internet) -> None:
    # goharbor/harbor, issue 3114: its external URL is set wrongly behind a TLS proxy
    net.refuse("HEAD", SHOP, CHALLENGE.replace("https:", "http:"))
    net.expect("GET", TOKEN.replace("https:", "http:"), json_answer({"token": "t"}))
    net.refuse("HEAD", SHOP, f'{CHALLENGE.replace("https:", "http:")},error="insufficient_scope"', auth="Bearer t")
    session = net.session(HOST, user="me", password="pw")
    with pytest.raises(Refused) as raised:
        await session.resolve(REFERENCE)
    assert "over plain http" in raised.value.hint
    [note] = [exchange.note for exchange in session.trace if exchange.role == "token"]
    assert "no credentials sent" in note


async def test_its_search_counts_pulls_and_is_asked_as_the_user(net: Internet) -> None:
    net.refuse("GET", f"https://{HOST}/v2/", REALM)
    listed = [
        {"repository_name": "acme/shop", "pull_count": 12, "artifact_count": 3, "project_public": False},
        {"repository_name": "acme/shopper", "project_public": True},
    ]
    answer = json_answer({"project": [{"name": "shops"}], "repository": listed})
    net.expect("GET", f"{SEARCH}sho%20p", answer, auth=basic("me", "cli"))
    found = await net.session(HOST, user="me", password="cli").search(" sho p ")
    assert found == [SearchResult("acme/shop", pulls=12), SearchResult("acme/shopper")]


async def test_nobody_finds_what_is_public(net: Internet) -> None:
    net.refuse("GET", f"https://{HOST}/v2/", REALM)
    net.expect("GET", f"{SEARCH}shop", json_answer({"project": [], "repository": []}), times=2)
    session = net.session(HOST)
    assert await session.search("shop") == []
    assert await session.search("shop") == []


async def test_a_search_that_is_refused_is_not_asked_again_as_nobody(net: Internet) -> None:
    net.refuse("GET", f"https://{HOST}/v2/", REALM)
    net.refuse("GET", f"{SEARCH}shop", auth=basic("me", "old"))
    with pytest.raises(Refused) as raised:
        await net.session(HOST, user="me", password="old").search("shop")
    assert "--anonymous" in raised.value.hint
