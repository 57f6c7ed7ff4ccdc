"""GHCR: tokens that are no JWTs, refusals at the token server, no catalogue."""

from __future__ import annotations

import base64

import pytest

from reglens.auth.token import TokenKind
from reglens.errors import NotListed, TokenError
from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import index_answer, json_answer

SHOP = "https://ghcr.io/v2/acme/shop/manifests/v1"
SCOPE = "repository:acme/shop:pull"
CHALLENGE = f'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="{SCOPE}"'
TOKEN = f"https://ghcr.io/token?service=ghcr.io&scope={SCOPE}"
REFERENCE = Reference("ghcr.io", "acme/shop", "v1")


async def test_a_token_that_is_no_jwt_is_used_and_never_judged(net: Internet) -> None:
    # radius-project/radius, issue 12623: reading it for claims proved "no access" where there was some
    opaque = base64.b64encode(b"v1:acme/shop:1700000000").decode()
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": opaque}))
    net.expect("HEAD", SHOP, index_answer(), auth=f"Bearer {opaque}")
    session = net.session("ghcr.io")
    await session.resolve(REFERENCE)
    [token] = [exchange.token for exchange in session.trace if exchange.token is not None]
    assert token.kind is TokenKind.OPAQUE


async def test_a_token_for_user_and_pat_is_exchanged_for_another(net: Internet) -> None:
    # updatecli/updatecli, issue 245: a personal access token is no bearer token
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", TOKEN.replace("?", "?account=me&"), json_answer({"token": "t"}), auth=basic("me", "ghp_1"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session("ghcr.io", user="me", password="ghp_1").resolve(REFERENCE)


async def test_a_private_package_is_refused_by_the_token_server(net: Internet) -> None:
    # openai/tunnel-client, issue 75: 401 instead of a token that grants nothing
    net.refuse("HEAD", SHOP, CHALLENGE)
    said = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
    net.expect("GET", TOKEN, json_answer(said, 401))
    with pytest.raises(TokenError, match=r"gives nothing to the anonymous \(401\)") as raised:
        await net.session("ghcr.io").resolve(REFERENCE)
    assert "Log in" in raised.value.hint


@pytest.mark.parametrize("status", [401, 403])
async def test_a_stale_pat_is_refused_even_for_public_images_and_the_hint_says_so(net: Internet, status: int) -> None:
    # openai/tart, issue 277
    net.refuse("HEAD", SHOP, CHALLENGE)
    said = json_answer({"errors": [{"code": "DENIED", "message": "denied"}]}, status)
    net.expect("GET", TOKEN.replace("?", "?account=me&"), said, auth=basic("me", "stale"))
    with pytest.raises(TokenError, match=r"refuses the user me from config\.json") as raised:
        await net.session("ghcr.io", user="me", password="stale").resolve(REFERENCE)
    assert "--anonymous" in raised.value.hint
    assert len(net.asked) == 2


async def test_it_lists_nothing_and_says_how_to_go_on_without_asking(net: Internet) -> None:
    session = net.session("ghcr.io")
    for question in (session.search("shop"), anext(session.repositories())):
        with pytest.raises(NotListed, match="lists its repositories to nobody") as raised:
            await question
        assert "ghcr.io/owner/image" in raised.value.hint
    assert net.asked == []
