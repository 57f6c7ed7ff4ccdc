"""olareg, docker_auth before a registry, and the registry that crane serves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reglens.errors import NotFound, TokenError
from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import Answer, index_answer, json_answer

HOST = "images.acme.com"
BASE = f"https://{HOST}/v2/"
SHOP = f"{BASE}shop/manifests/v1"
SCOPE = "repository:shop:pull"
REFERENCE = Reference(HOST, "shop", "v1")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLAREG = f'Bearer realm="https://{HOST}/token",service="olareg registry",scope="{SCOPE}",error="unauthorized"'
ASKED = f"https://{HOST}/token?service=olareg%20registry&scope={SCOPE}"


async def test_olaregs_error_in_a_first_challenge_is_no_verdict_and_its_service_keeps_its_blank(net: Internet) -> None:
    net.refuse("HEAD", SHOP, OLAREG)
    net.expect("GET", ASKED, json_answer({"token": "t"}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST).resolve(REFERENCE)


async def test_olaregs_lifetime_in_nanoseconds_is_five_minutes(net: Internet) -> None:
    now = [START]
    session = net.session(HOST, clock=lambda: now[0])
    net.refuse("HEAD", SHOP, OLAREG)
    net.expect("GET", ASKED, json_answer({"token": "t1", "expires_in": 300_000_000_000}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t1", times=2)
    await session.resolve(REFERENCE)
    now[0] = START + timedelta(minutes=4)
    await session.resolve(REFERENCE)
    now[0] = START + timedelta(minutes=5, seconds=1)
    net.expect("GET", ASKED, json_answer({"token": "t2", "expires_in": 300_000_000_000}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t2")
    await session.resolve(REFERENCE)


async def test_olaregs_base_has_a_scope_without_a_name_that_is_passed_on(net: Internet) -> None:
    net.refuse("GET", BASE, OLAREG.replace(SCOPE, "registry::pull"))
    net.expect("GET", ASKED.replace(SCOPE, "registry::pull"), json_answer({"token": "t"}))
    net.expect("GET", BASE, Answer(200, [], b"{}"), auth="Bearer t")
    await net.session(HOST).ping()


async def test_olaregs_refusal_of_a_password_is_a_403_of_nothing(net: Internet) -> None:
    net.refuse("HEAD", SHOP, OLAREG)
    net.expect("GET", ASKED.replace("?", "?account=me&"), Answer(403), auth=basic("me", "bad"))
    with pytest.raises(TokenError, match=r"refuses the user me from config\.json \(403\)"):
        await net.session(HOST, user="me", password="bad").resolve(REFERENCE)


async def test_olareg_has_no_catalogue(net: Internet) -> None:
    net.expect("GET", f"{BASE}_catalog", Answer(404))
    with pytest.raises(NotFound, match="no catalogue"):
        await anext(net.session(HOST).repositories())


async def test_docker_auths_account_is_the_user_of_basic(net: Internet) -> None:
    # cesanta/docker_auth, auth_server/server/server.go: another account is a 400
    realm, name = "https://auth.acme.com/auth", "me@acme.com"
    net.refuse("HEAD", SHOP, f'Bearer realm="{realm}",service="acme",scope="{SCOPE}"')
    asked = f"{realm}?account=me@acme.com&service=acme&scope={SCOPE}"
    net.expect("GET", asked, json_answer({"token": "t", "access_token": "t"}), auth=basic(name, "pw"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST, user=name, password="pw").resolve(REFERENCE)


async def test_cranes_registry_lists_as_plain_text_and_all_at_once(net: Internet) -> None:
    body = b'{"name":"shop","tags":["a","b","c"]}'
    net.expect("GET", f"{BASE}shop/tags/list", Answer(200, [("Content-Type", "text/plain; charset=utf-8")], body))
    assert [page async for page in net.session(HOST).tags("shop")] == [["a", "b", "c"]]
    assert net.asked == [f"GET {BASE}shop/tags/list"], "a size would cut the list, and nothing would say so"
