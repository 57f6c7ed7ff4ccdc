"""distribution 2.8 and 3, with token auth, htpasswd, and the token servers that stand before them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reglens.errors import NotFound, Refused, TokenError
from reglens.oci.digest import Digest
from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import Answer, challenged, index_answer, json_answer

HOST = "registry.acme.com"
BASE = f"https://{HOST}/v2/"
SHOP = f"https://{HOST}/v2/shop/manifests/v1"
SCOPE = "repository:shop:pull"
TOKEN = "https://auth.acme.com/token/"
CHALLENGE = f'Bearer realm="{TOKEN}",service="acme",scope="{SCOPE}"'
ASKED = f"{TOKEN}?service=acme&scope={SCOPE}"
REFERENCE = Reference(HOST, "shop", "v1")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def test_its_own_token_server_answers_access_token_alone_on_a_path_with_a_slash(net: Internet) -> None:
    # distribution, contrib/token-server
    net.refuse("HEAD", SHOP, CHALLENGE)
    asked = ASKED.replace("?", "?account=me&")
    net.expect("GET", asked, json_answer({"access_token": "t", "expires_in": 900}), auth=basic("me", "pw"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST, user="me", password="pw").resolve(REFERENCE)


async def test_without_expires_in_a_token_lives_for_a_minute(net: Internet) -> None:
    # distribution, docs/content/spec/auth/token.md; cesanta/docker_auth says no expires_in
    now = [START]
    session = net.session(HOST, clock=lambda: now[0])
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", ASKED, json_answer({"token": "t1", "access_token": "t1"}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t1", times=2)
    await session.resolve(REFERENCE)
    now[0] = START + timedelta(seconds=50)
    await session.resolve(REFERENCE)
    now[0] = START + timedelta(seconds=61)
    net.expect("GET", ASKED, json_answer({"token": "t2"}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t2")
    await session.resolve(REFERENCE)


async def test_a_token_that_worked_and_is_invalid_now_is_renewed_once(net: Internet) -> None:
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", ASKED, json_answer({"token": "t1", "expires_in": 900}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t1")
    session = net.session(HOST)
    await session.resolve(REFERENCE)
    net.refuse("HEAD", SHOP, f'{CHALLENGE},error="invalid_token"', auth="Bearer t1")
    net.expect("GET", ASKED, json_answer({"token": "t2", "expires_in": 900}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t2")
    await session.resolve(REFERENCE)


@pytest.mark.parametrize("error", ["", ',error="invalid_token"'])
async def test_a_new_token_that_is_refused_is_the_end_whether_or_not_it_says_why(net: Internet, error: str) -> None:
    # distribution, registry/auth/token/token.go: a bad signature carries no error at all
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", ASKED, json_answer({"token": "t"}))
    net.refuse("HEAD", SHOP, f"{CHALLENGE}{error}", auth="Bearer t")
    with pytest.raises(Refused) as raised:
        await net.session(HOST).resolve(REFERENCE)
    assert ("does not accept the token itself" in raised.value.hint) == bool(error)


async def test_less_than_was_asked_for_is_no_error_of_the_token_server(net: Internet) -> None:
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", ASKED, json_answer({"token": "grants.no.thing"}))
    net.refuse("HEAD", SHOP, f'{CHALLENGE},error="insufficient_scope"', auth="Bearer grants.no.thing")
    with pytest.raises(Refused, match="shop"):
        await net.session(HOST).resolve(REFERENCE)


async def test_a_wrong_password_is_a_basic_challenge_of_the_token_server(net: Internet) -> None:
    # cesanta/docker_auth, auth_server/server/server.go
    net.refuse("HEAD", SHOP, CHALLENGE)
    answer = Answer(
        401, [("WWW-Authenticate", 'Basic realm="issuer"'), ("Content-Type", "text/plain")], b"Auth failed."
    )
    net.expect("GET", ASKED.replace("?", "?account=me&"), answer, auth=basic("me", "bad"))
    with pytest.raises(TokenError, match="refuses the user me"):
        await net.session(HOST, user="me", password="bad").resolve(REFERENCE)


async def test_htpasswd_is_asked_with_basic_at_once_after_the_first_refusal(net: Internet) -> None:
    me = basic("me", "pw")
    net.refuse("GET", BASE, 'Basic realm="Registry Realm"')
    net.expect("GET", BASE, Answer(200, [], b"{}"), auth=me)
    net.expect("HEAD", SHOP, index_answer(), auth=me)
    session = net.session(HOST, user="me", password="pw")
    await session.ping()
    await session.resolve(REFERENCE)


async def test_the_catalogue_goes_on_by_link(net: Internet) -> None:
    url = f"https://{HOST}/v2/_catalog"
    link = [("Link", '</v2/_catalog?last=shop&n=100>; rel="next"')]
    net.expect("GET", f"{url}?last=shop&n=100", json_answer({"repositories": ["web"]}))
    net.expect("GET", url, json_answer({"repositories": ["shop"]}, headers=link))
    assert [page async for page in net.session(HOST).repositories()] == [["shop"], ["web"]]


async def test_an_unknown_repository_is_a_404_of_its_tags(net: Internet) -> None:
    said = {"errors": [{"code": "NAME_UNKNOWN", "message": "repository name not known", "detail": {"name": "no"}}]}
    net.expect("GET", f"https://{HOST}/v2/no/tags/list", json_answer(said, 404))
    with pytest.raises(NotFound, match="no repository no"):
        _ = [page async for page in net.session(HOST).tags("no")]


async def test_a_repository_whose_tags_are_gone_lists_null_in_2_8(net: Internet) -> None:
    net.expect("GET", f"https://{HOST}/v2/shop/tags/list", json_answer({"name": "shop", "tags": None}))
    assert [page async for page in net.session(HOST).tags("shop")] == []


async def test_without_referrers_the_tag_that_stands_for_them_is_asked(net: Internet) -> None:
    digest = Digest.parse(index_answer().headers[1][1])
    net.expect("GET", f"https://{HOST}/v2/shop/referrers/{digest}", Answer(404, [], b"404 page not found\n"))
    net.expect("GET", f"https://{HOST}/v2/shop/manifests/sha256-{digest.encoded}", index_answer())
    assert [page async for page in net.session(HOST).referrers("shop", digest)] == []


async def test_a_refusal_of_catalogues_names_the_scope_and_a_way_on(net: Internet) -> None:
    url = f"https://{HOST}/v2/_catalog"
    wide = f'Bearer realm="{TOKEN}",service="acme",scope="registry:catalog:*"'
    net.expect("GET", url, challenged(wide))
    net.expect("GET", f"{TOKEN}?service=acme&scope=registry:catalog:*", json_answer({"token": "t"}))
    net.refuse("GET", url, f'{wide},error="insufficient_scope"', auth="Bearer t")
    with pytest.raises(Refused, match="does not let its repositories be listed") as raised:
        _ = [page async for page in net.session(HOST).repositories()]
    assert "full name" in raised.value.hint


async def test_a_realm_that_is_relative_is_on_the_registry(net: Internet) -> None:
    # regclient, internal/auth/auth.go
    net.refuse("HEAD", SHOP, f'Bearer realm="/auth/token",service="acme",scope="{SCOPE}"')
    net.expect("GET", f"https://{HOST}/auth/token?service=acme&scope={SCOPE}", json_answer({"token": "t"}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST).resolve(REFERENCE)
