"""Quay: the audience is the service that was asked for, reasons in the body, 200 with a challenge, its own search."""

from __future__ import annotations

import pytest

from reglens.errors import NotFound, Refused, TokenError
from reglens.oci.reference import Reference
from reglens.registry.results import SearchResult
from support.internet import Internet, basic
from support.scripted import Answer, challenged, index_answer, json_answer

SHOP = "https://quay.io/v2/acme/shop/manifests/v1"
SCOPE = "repository:acme/shop:pull"
REALM = 'Bearer realm="https://quay.io/v2/auth",service="quay.io"'
CHALLENGE = f'{REALM},scope="{SCOPE}"'
TOKEN = f"https://quay.io/v2/auth?service=quay.io&scope={SCOPE}"
REFERENCE = Reference("quay.io", "acme/shop", "v1")
FIND = "https://quay.io/api/v1/find/repositories?query="


async def test_the_service_is_sent_as_the_challenge_names_it(net: Internet) -> None:
    # quay, endpoints/v2/v2auth.py: the token's audience is copied from the request
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": "t"}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session("quay.io").resolve(REFERENCE)


async def test_a_robot_is_a_user_like_others(net: Internet) -> None:
    net.refuse("HEAD", SHOP, CHALLENGE)
    asked = TOKEN.replace("?", "?account=acme%2Bci&")
    net.expect("GET", asked, json_answer({"token": "t"}), auth=basic("acme+ci", "robot"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session("quay.io", user="acme+ci", password="robot").resolve(REFERENCE)


async def test_a_200_with_a_challenge_and_the_body_true_is_a_registry_that_may_ask_later(net: Internet) -> None:
    # quay, endpoints/v2/__init__.py
    said = Answer(200, [("Content-Type", "text/html"), ("Docker-Distribution-API-Version", "registry/2.0")], b"true")
    said.headers = [*said.headers, ("WWW-Authenticate", REALM)]
    net.expect("GET", "https://quay.io/v2/", said)
    net.expect("GET", TOKEN, json_answer({"token": "t"}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    session = net.session("quay.io")
    assert (await session.ping()).status == 200
    await session.resolve(REFERENCE)


async def test_the_reason_of_a_refusal_stands_in_the_body(net: Internet) -> None:
    # quay, auth/registry_jwt_auth.py: the challenge names no error
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": "t"}))
    said = {"errors": [{"code": "UNAUTHORIZED", "message": "Invalid bearer token: The token is expired"}]}
    net.expect("GET", SHOP, json_answer(said, 401, [("WWW-Authenticate", CHALLENGE)]), auth="Bearer t")
    net.refuse("HEAD", SHOP, CHALLENGE, auth="Bearer t")
    session = net.session("quay.io")
    with pytest.raises(Refused):
        await session.resolve(REFERENCE)
    with pytest.raises(Refused, match="The token is expired"):
        await session.manifest(REFERENCE)


async def test_a_scope_that_quay_cannot_decode_is_refused_by_400_with_its_words(net: Internet) -> None:
    # quay, endpoints/v2/v2auth.py: only push, pull and * are actions
    net.refuse("HEAD", SHOP, CHALLENGE)
    said = {"errors": [{"code": "INVALID_REQUEST", "message": "Unable to decode repository and actions: acme/shop"}]}
    scope = "repository:acme/shop:delete"
    net.expect("GET", f"https://quay.io/v2/auth?service=quay.io&scope={scope}", json_answer(said, 400))
    with pytest.raises(TokenError, match="Unable to decode repository and actions"):
        await net.session("quay.io").acquire_token(REFERENCE, scopes=[scope])


async def test_deleting_asks_for_every_action(net: Internet) -> None:
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect(
        "GET", "https://quay.io/v2/auth?service=quay.io&scope=repository:acme/shop:*", json_answer({"token": "t"})
    )
    await net.session("quay.io").acquire_token(REFERENCE, action="delete")


async def test_the_next_page_goes_on_with_quays_own_parameter(net: Internet) -> None:
    tags = "https://quay.io/v2/acme/shop/tags/list"
    first = json_answer(
        {"tags": ["a"]}, headers=[("Link", '</v2/acme/shop/tags/list?next_page=gA%3D&n=1>; rel="next"')]
    )
    net.expect("GET", f"{tags}?next_page=gA%3D&n=1", json_answer({"tags": ["b"]}))
    net.expect("GET", tags, first)
    assert [page async for page in net.session("quay.io").tags("acme/shop")] == [["a"], ["b"]]


def found(owner: str, name: str, **more: object) -> dict[str, object]:
    return {"kind": "repository", "namespace": {"name": owner, "kind": "organization"}, "name": name, **more}


async def test_its_search_gives_descriptions_and_stars_page_by_page_and_sends_no_credentials(net: Internet) -> None:
    net.expect("GET", "https://quay.io/v2/", challenged(REALM))
    first = [found("acme", "shop", description="A shop", stars=7), {"kind": "application", "name": "x"}]
    second = [found("acme", "shop-old", description=None)]
    net.expect("GET", f"{FIND}shop&page=2", json_answer({"results": second, "has_additional": False, "page": 2}))
    net.expect("GET", f"{FIND}shop", json_answer({"results": first, "has_additional": True, "page": 1}))
    session = net.session("quay.io", user="acme+ci", password="robot")
    assert await session.search("shop") == [SearchResult("acme/shop", "A shop", stars=7), SearchResult("acme/shop-old")]


async def test_a_quay_of_ones_own_is_told_by_its_realm(net: Internet) -> None:
    realm = 'Bearer realm="https://images.acme.test/v2/auth",service="images.acme.test"'
    net.refuse("GET", "https://images.acme.test/v2/", realm)
    there = FIND.replace("quay.io", "images.acme.test")
    net.expect("GET", f"{there}web", json_answer({"results": [found("acme", "web")], "has_additional": False}))
    assert await net.session("images.acme.test").search("web") == [SearchResult("acme/web")]


async def test_without_that_api_the_catalogue_is_searched(net: Internet) -> None:
    net.expect("GET", "https://quay.acme.test/v2/", Answer(200))
    net.expect("GET", f"{FIND.replace('quay.io', 'quay.acme.test')}web", Answer(404))
    catalogue = "https://quay.acme.test/v2/_catalog"
    net.expect("GET", catalogue, json_answer({"repositories": ["acme/web", "acme/shop"]}))
    session = net.session("quay.acme.test")
    assert await session.search("web") == [SearchResult("acme/web")]
    net.expect("GET", catalogue, Answer(404))
    with pytest.raises(NotFound) as raised:
        await session.search("shop")
    assert "namespace/image" in raised.value.hint
