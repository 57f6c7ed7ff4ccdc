"""zot: challenges with 200, refusals without one, and its search extension."""

from __future__ import annotations

import pytest

from reglens.errors import Refused
from reglens.oci.reference import Reference
from reglens.registry.results import SearchResult
from support.internet import Internet, basic
from support.scripted import Answer, index_answer, json_answer

HOST = "images.acme.com"
BASE = f"https://{HOST}/v2/"
SHOP = f"https://{HOST}/v2/shop/manifests/v1"
SCOPE = "repository:shop:pull"
TOKEN = "https://auth.acme.com/token"
REFERENCE = Reference(HOST, "shop", "v1")
DISCOVER = f"https://{HOST}/v2/_oci/ext/discover"
SEARCH = f"https://{HOST}/v2/_zot/ext/search"


async def test_the_challenge_of_a_200_has_no_quotes_and_is_used_where_it_is_needed(net: Internet) -> None:
    # zot, pkg/api/routes.go
    lax = [("WWW-Authenticate", f"bearer realm={TOKEN},service=zot")]
    net.expect("GET", BASE, Answer(200, lax, b"{}"))
    net.expect("GET", f"{TOKEN}?service=zot&scope={SCOPE}", json_answer({"access_token": "t"}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    session = net.session(HOST)
    await session.ping()
    await session.resolve(REFERENCE)


async def test_an_open_base_does_not_mean_that_all_is_open(net: Internet) -> None:
    # zot, pkg/api/authn.go: anonymous policies for some repositories only
    net.expect("GET", BASE, Answer(200, [], b"{}"))
    net.refuse("HEAD", SHOP, 'Basic realm="Authorization Required"')
    net.expect("HEAD", SHOP, index_answer(), auth=basic("me", "pw"))
    session = net.session(HOST, user="me", password="pw")
    await session.ping()
    await session.resolve(REFERENCE)


async def test_an_empty_scope_of_the_base_is_no_scope(net: Internet) -> None:
    # zot, pkg/api/bearer.go
    net.refuse("GET", BASE, f'Bearer realm="{TOKEN}",service="zot",scope=""')
    net.expect("GET", f"{TOKEN}?service=zot", json_answer({"token": "t"}))
    net.expect("GET", BASE, Answer(200, [], b"{}"), auth="Bearer t")
    await net.session(HOST).ping()


async def test_a_token_that_is_no_good_is_refused_without_a_challenge_and_not_asked_for_again(net: Internet) -> None:
    # zot, pkg/api/bearer_auth.go
    net.refuse("HEAD", SHOP, f'Bearer realm="{TOKEN}",service="zot",scope="{SCOPE}"')
    net.expect("GET", f"{TOKEN}?service=zot&scope={SCOPE}", json_answer({"token": "t"}))
    said = {"errors": [{"code": "UNSUPPORTED", "message": "The operation is unsupported."}]}
    net.expect("HEAD", SHOP, json_answer(said, 401), auth="Bearer t")
    with pytest.raises(Refused):
        await net.session(HOST).resolve(REFERENCE)


async def test_the_same_challenge_again_is_the_end(net: Internet) -> None:
    challenge = f'Bearer realm="{TOKEN}",service="zot",scope="{SCOPE}"'
    net.refuse("HEAD", SHOP, challenge)
    net.expect("GET", f"{TOKEN}?service=zot&scope={SCOPE}", json_answer({"token": "t"}))
    net.refuse("HEAD", SHOP, challenge, auth="Bearer t")
    with pytest.raises(Refused, match="shop"):
        await net.session(HOST).resolve(REFERENCE)


EXTENSIONS = {
    "extensions": [
        {"name": "_zot", "url": "https://github.com/project-zot/zot", "endpoints": ["/v2/_zot/ext/search"]},
        {"name": "odd", "endpoints": None},
        7,
    ]
}
REPOS = [
    {"Name": "acme/shop", "StarCount": 2, "DownloadCount": 40, "NewestImage": {"Description": "A shop"}},
    {"Name": "acme/shop-old", "StarCount": 0, "DownloadCount": 0, "NewestImage": None},
    {},
]


async def test_its_search_is_found_by_the_extensions_and_asked_as_the_user(net: Internet) -> None:
    me = basic("me", "pw")
    net.refuse("GET", BASE, 'Basic realm="zot"')
    net.refuse("GET", DISCOVER, 'Basic realm="zot"')
    net.expect("GET", DISCOVER, json_answer(EXTENSIONS), auth=me)
    net.expect("GET", SEARCH, json_answer({"data": {"GlobalSearch": {"Repos": REPOS}}}), auth=me, times=2)
    session = net.session(HOST, user="me", password="pw")
    assert await session.search('sh"op') == [
        SearchResult("acme/shop", "A shop", stars=2, pulls=40),
        SearchResult("acme/shop-old", stars=0, pulls=0),
    ]
    await session.search("web")
    [(name, query), *_] = net.requests[-2].query
    assert name == "query"
    assert query.startswith('{GlobalSearch(query:"sh\\"op",requestedPage:{limit:50 offset:0}){Repos{Name')


async def test_a_search_that_is_switched_off_leaves_the_catalogue(net: Internet) -> None:
    net.expect("GET", BASE, Answer(200))
    net.expect("GET", DISCOVER, json_answer({"extensions": []}))
    net.expect("GET", f"https://{HOST}/v2/_catalog", json_answer({"repositories": ["shop", "web"]}), times=2)
    session = net.session(HOST)
    assert [result.name for result in await session.search("we")] == ["web"]
    assert [result.name for result in await session.search("sh")] == ["shop"]
