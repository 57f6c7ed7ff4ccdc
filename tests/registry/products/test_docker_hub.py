"""Docker Hub: four names, ``library/``, a token server and a search of its own, limits in headers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reglens.errors import NotListed, RateLimited, Refused, TokenError
from reglens.oci.reference import Place, Reference
from reglens.registry.results import RateLimit, SearchResult
from support.internet import Internet, basic
from support.scripted import Answer, index_answer, json_answer

HUB = "registry-1.docker.io"
ALPINE = f"https://{HUB}/v2/library/alpine/manifests/latest"
REALM = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'
CHALLENGE = f'{REALM},scope="repository:library/alpine:pull"'
TOKEN = "https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/alpine:pull"
SEARCH = "https://hub.docker.com/api/search/v4?custom_boosted_results=true&type=image&query="


def alpine(name: str = "alpine") -> Reference:
    return Reference.parse(name)


@pytest.mark.parametrize("host", ["", "docker.io/", "index.docker.io/", "registry-1.docker.io/", "docker.io/library/"])
async def test_each_of_its_names_leads_to_one_api_host_and_to_library(net: Internet, host: str) -> None:
    net.refuse("HEAD", ALPINE, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": "t", "access_token": "t", "expires_in": 300}))
    net.expect("HEAD", ALPINE, index_answer(), auth="Bearer t")
    reference = alpine(f"{host}alpine")
    await net.session(reference.registry).resolve(reference)


async def test_a_login_is_shown_to_the_token_server_by_get_and_to_nobody_else(net: Internet) -> None:
    net.refuse("HEAD", ALPINE, CHALLENGE)
    asked = TOKEN.replace("?", "?account=me&")
    net.expect("GET", asked, json_answer({"token": "t"}), auth=basic("me", "dckr_pat_1"))
    net.expect("HEAD", ALPINE, index_answer(), auth="Bearer t")
    session = net.session(HUB, user="me", password="dckr_pat_1")
    await session.resolve(alpine())
    assert session.identity == "me"


async def test_a_stale_login_is_refused_with_details_and_not_hidden_by_going_on_as_nobody(net: Internet) -> None:
    net.refuse("HEAD", ALPINE, CHALLENGE)
    details = json_answer({"details": "incorrect username or password"}, 401)
    net.expect("GET", TOKEN.replace("?", "?account=me&"), details, auth=basic("me", "old"))
    with pytest.raises(TokenError, match="incorrect username or password") as raised:
        await net.session(HUB, user="me", password="old").resolve(alpine())
    assert "--anonymous" in raised.value.hint
    assert "public" in raised.value.hint


async def test_private_and_missing_look_alike_and_the_hint_says_so(net: Internet) -> None:
    url = f"https://{HUB}/v2/acme/gone/manifests/latest"
    scope = "repository:acme/gone:pull"
    net.refuse("HEAD", url, f'{REALM},scope="{scope}"')
    net.expect("GET", TOKEN.replace("repository:library/alpine:pull", scope), json_answer({"token": "t"}))
    net.refuse("HEAD", url, f'{REALM},scope="{scope}",error="insufficient_scope"', auth="Bearer t")
    with pytest.raises(Refused) as raised:
        await net.session(HUB).resolve(alpine("acme/gone"))
    assert "private repositories and for those that are not there" in raised.value.hint


async def test_a_tag_is_resolved_by_head_which_does_not_count_and_the_limit_is_kept(net: Internet) -> None:
    said = [
        ("RateLimit-Limit", "100;w=21600"),
        ("RateLimit-Remaining", "76;w=21600"),
        ("Docker-RateLimit-Source", "192.0.2.1"),
    ]
    answer = index_answer()
    answer.headers = [*answer.headers, *said]
    net.expect("HEAD", ALPINE, answer)
    session = net.session(HUB)
    await session.resolve(alpine())
    assert session.rate_limit == RateLimit(100, 76, 21_600, None, "192.0.2.1")
    assert [request.method for request in net.requests] == ["HEAD"]


@pytest.mark.parametrize("after", ["90", "Sun, 01 Mar 2026 12:01:30 GMT"])
async def test_too_many_pulls_say_how_long_to_wait_in_seconds_or_as_a_date(net: Internet, after: str) -> None:
    said = {
        "errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your unauthenticated pull rate limit."}]
    }
    net.expect("HEAD", ALPINE, json_answer(said, 429, [("Retry-After", after)]))
    with pytest.raises(RateLimited) as raised:
        await net.session(HUB, clock=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC)).resolve(alpine())
    assert raised.value.retry_after == 90
    assert "With an account the limit is higher." in raised.value.hint


async def test_its_catalogue_is_not_asked_for_and_search_is_named_instead(net: Internet) -> None:
    with pytest.raises(NotListed, match="Docker Hub lists its repositories to nobody") as raised:
        _ = [page async for page in net.session(HUB).repositories()]
    assert "Search" in raised.value.hint
    assert net.asked == []


def entry(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "image", "badge": "none", "star_count": 0, "pull_count": "0", **more}


async def test_search_gives_stars_pulls_and_both_marks(net: Internet) -> None:
    results = [
        entry("nginx", badge="official", short_description="Official.", star_count=21_000, pull_count="1B+"),
        entry("bitnami/nginx", badge="verified_publisher", star_count=200, pull_count="500M+"),
        entry("me/nginx", badge=None, pull_count="5.2K"),
        entry("docker/extension", type="extension"),
        entry("dhi.io/nginx"),
        "odd",
    ]
    net.expect("GET", f"{SEARCH}nginx&size=50", json_answer({"total": 6, "results": results}))
    assert await net.session(HUB).search(" library/nginx ") == [
        SearchResult("library/nginx", "Official.", True, False, 21_000, 1_000_000_000),
        SearchResult("bitnami/nginx", "", False, True, 200, 500_000_000),
        SearchResult("me/nginx", "", False, False, 0, 5_200),
    ]


async def test_search_goes_on_by_offset_and_ends_at_the_limit(net: Internet) -> None:
    first = [entry(f"me/n{n}") for n in range(100)]
    net.expect("GET", f"{SEARCH}n&size=100", json_answer({"results": first}))
    net.expect("GET", f"{SEARCH}n&from=100&size=100", json_answer({"results": [entry("me/last")]}))
    found = await net.session(HUB).search("n", limit=150)
    assert (len(found), found[-1].name) == (101, "me/last")


@pytest.mark.parametrize(
    "answer", [Answer(404), Answer(403, [("Content-Type", "text/html")], b"<html>"), json_answer({"error": "no"})]
)
async def test_where_that_search_does_not_answer_the_older_index_does(net: Internet, answer: Answer) -> None:
    net.expect("GET", f"{SEARCH}redis&size=50", answer)
    old = {"results": [{"name": "redis", "is_official": True, "is_trusted": True, "star_count": 9}]}
    net.expect("GET", "https://index.docker.io/v1/search?q=redis&n=50", json_answer(old))
    assert await net.session(HUB).search("redis") == [SearchResult("library/redis", "", True, False, 9, None)]


async def test_a_search_that_came_too_often_is_told_and_not_repeated_elsewhere(net: Internet) -> None:
    net.expect("GET", f"{SEARCH}redis&size=50", Answer(429, [("Retry-After", "5")]))
    with pytest.raises(RateLimited):
        await net.session(HUB).search("redis")


async def test_nothing_of_a_login_reaches_the_search(net: Internet) -> None:
    net.expect("GET", f"{SEARCH}redis&size=50", json_answer({"results": []}))
    assert await net.session(HUB, user="me", password="secret").search("redis") == []


async def test_a_mirror_of_it_is_searched_by_its_own_catalogue(net: Internet) -> None:
    net.refuse("GET", "https://mirror.acme.com/v2/", REALM)
    net.expect("GET", "https://mirror.acme.com/v2/_oci/ext/discover", Answer(404))
    net.expect("GET", "https://mirror.acme.com/v2/_catalog", json_answer({"repositories": ["library/redis"]}))
    assert await net.session("mirror.acme.com").search("redis") == [SearchResult("library/redis")]


def test_a_first_part_is_a_host_only_with_a_dot_a_colon_or_as_localhost() -> None:
    assert (alpine("acme/shop").registry, alpine("acme/shop").repository) == (HUB, "acme/shop")
    assert alpine("localhost/shop").registry == "localhost"
    assert alpine("acme:5000/shop").registry == "acme:5000"
    assert Place.parse("docker.io").registry == HUB
