"""Gitea and Forgejo: two challenges on two lines, neither service nor scope, a token for nobody."""

from __future__ import annotations

import pytest

from reglens.oci import hosts
from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import challenged, index_answer, json_answer

HOST = "codeberg.org"
SHOP = f"https://{HOST}/v2/acme/shop/manifests/v1"
SCOPE = "repository:acme/shop:pull"
TOKEN = f"https://{HOST}/v2/token"
CHALLENGES = (f'Bearer realm="{TOKEN}"', "Basic")
REFERENCE = Reference(HOST, "acme/shop", "v1")


async def test_the_scope_of_the_request_is_asked_for_where_the_challenge_names_none(net: Internet) -> None:
    # gitea, routers/api/packages/container/container.go: the token is of a "ghost" and good for what is public
    net.refuse("HEAD", SHOP, *CHALLENGES)
    net.expect("GET", f"{TOKEN}?scope={SCOPE}", json_answer({"token": "ghost"}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer ghost")
    await net.session(HOST).resolve(REFERENCE)


async def test_a_login_goes_to_the_token_server_first(net: Internet) -> None:
    net.refuse("HEAD", SHOP, *CHALLENGES)
    net.expect("GET", f"{TOKEN}?account=me&scope={SCOPE}", json_answer({"token": "t"}), auth=basic("me", "pat"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST, user="me", password="pat").resolve(REFERENCE)


async def test_basic_is_left_where_the_token_is_refused(net: Internet) -> None:
    net.refuse("HEAD", SHOP, *CHALLENGES)
    net.expect("GET", f"{TOKEN}?account=me&scope={SCOPE}", json_answer({"token": "t"}), auth=basic("me", "pat"))
    net.refuse("HEAD", SHOP, *CHALLENGES, auth="Bearer t")
    net.expect("HEAD", SHOP, index_answer(), auth=basic("me", "pat"))
    await net.session(HOST, user="me", password="pat").resolve(REFERENCE)


async def test_the_scope_of_older_versions_is_no_scope_and_passed_on(net: Internet) -> None:
    net.refuse("HEAD", SHOP, f'Bearer realm="{TOKEN}",service="container_registry",scope="*"')
    net.expect("GET", f"{TOKEN}?service=container_registry&scope=*", json_answer({"token": "t"}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST).resolve(REFERENCE)


@pytest.mark.parametrize(
    ("realm", "kind"),
    [("https://git.acme.com/v2/token", hosts.GITEA), ("https://git.acme.com/jwt/auth", hosts.GITLAB)],
)
def test_the_service_that_it_shares_with_gitlab_is_told_apart_by_the_realm(realm: str, kind: hosts.Kind) -> None:
    assert hosts.recognise("git.acme.com", service="container_registry", realm=realm) is kind


async def test_its_catalogue_is_searched(net: Internet) -> None:
    net.expect("GET", f"https://{HOST}/v2/", challenged(*CHALLENGES))
    net.expect("GET", f"https://{HOST}/v2/_catalog", challenged(*CHALLENGES))
    net.expect("GET", f"{TOKEN}?scope=registry:catalog:*", json_answer({"token": "ghost"}))
    listed = json_answer({"repositories": ["acme/shop", "acme/web"]})
    net.expect("GET", f"https://{HOST}/v2/_catalog", listed, auth="Bearer ghost")
    assert [result.name for result in await net.session(HOST).search("web")] == ["acme/web"]
