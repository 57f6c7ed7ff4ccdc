"""Sonatype Nexus: ``null`` among the tags, realms with the wrong scheme behind a proxy, Basic."""

from __future__ import annotations

import pytest

from reglens.errors import TokenError
from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import Answer, index_answer, json_answer

HOST = "nexus.acme.com"
SHOP = f"https://{HOST}/v2/shop/manifests/v1"
SCOPE = "repository:shop:pull"
REFERENCE = Reference(HOST, "shop", "v1")


@pytest.mark.parametrize(("tags", "pages"), [([None, "v1", None], [["v1"]]), ([None], []), (None, [])])
async def test_null_among_the_tags_stands_for_nothing(net: Internet, tags: object, pages: list[list[str]]) -> None:
    # containers/image, docker/docker_image.go
    net.expect("GET", f"https://{HOST}/v2/shop/tags/list", json_answer({"name": "shop", "tags": tags}))
    assert [page async for page in net.session(HOST).tags("shop")] == pages


async def test_a_realm_of_plain_http_on_the_port_of_https_gets_no_login_and_is_explained(net: Internet) -> None:
    # sonatype/nexus-public, issue 435
    realm = f"http://{HOST}:443/v2/token"
    net.refuse("HEAD", SHOP, f'Bearer realm="{realm}",service="{realm}",scope="{SCOPE}"')
    page = b"<h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port"
    net.expect("GET", realm, Answer(400, [("Content-Type", "text/html")], page))
    session = net.session(HOST, user="me", password="pw")
    with pytest.raises(TokenError, match="named with http, and its port is that of https") as raised:
        await session.resolve(REFERENCE)
    assert "external address" in raised.value.hint


async def test_nobody_gets_a_token_where_anonymous_access_is_on(net: Internet) -> None:
    realm = f"https://{HOST}/v2/token"
    net.refuse("HEAD", SHOP, f'Bearer realm="{realm}",service="{realm}",scope="{SCOPE}"')
    asked = f"{realm}?service=https://{HOST}/v2/token&scope={SCOPE}"
    net.expect("GET", asked, json_answer({"token": "DockerToken.anonymous"}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer DockerToken.anonymous")
    await net.session(HOST).resolve(REFERENCE)


async def test_without_its_bearer_realm_it_takes_basic(net: Internet) -> None:
    net.refuse("HEAD", SHOP, 'Basic realm="Sonatype Nexus Repository Manager"')
    net.expect("HEAD", SHOP, index_answer(), auth=basic("me", "pw"))
    await net.session(HOST, user="me", password="pw").resolve(REFERENCE)
