"""GitLab: a realm on another host, 403 from the token server itself, images that are listed by project."""

from __future__ import annotations

import pytest

from reglens.errors import NotListed, Refused, TokenError
from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import Answer, index_answer, json_answer

HOST = "registry.gitlab.com"
SHOP = f"https://{HOST}/v2/acme/shop/manifests/v1"
SCOPE = "repository:acme/shop:pull"
REALM = 'Bearer realm="https://gitlab.com/jwt/auth",service="container_registry"'
CHALLENGE = f'{REALM},scope="{SCOPE}"'
TOKEN = f"https://gitlab.com/jwt/auth?service=container_registry&scope={SCOPE}"
REFERENCE = Reference(HOST, "acme/shop", "v1")
API = "https://gitlab.com/api/v4"


async def test_the_realm_is_gitlabs_own_host_which_gets_the_login(net: Internet) -> None:
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", TOKEN.replace("?", "?account=me&"), json_answer({"token": "t"}), auth=basic("me", "glpat"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    session = net.session(HOST, user="me", password="glpat")
    await session.resolve(REFERENCE)
    [token] = [exchange for exchange in session.trace if exchange.host == "gitlab.com"]
    assert "the realm gitlab.com is another host than the registry's" in token.note


async def test_a_gitlab_of_ones_own_has_both_under_one_domain(net: Internet) -> None:
    host, site = "registry.acme.com", "https://git.acme.com/jwt/auth"
    url = f"https://{host}/v2/acme/shop/manifests/v1"
    net.refuse("HEAD", url, f'Bearer realm="{site}",service="container_registry",scope="{SCOPE}"')
    asked = f"{site}?account=me&service=container_registry&scope={SCOPE}"
    net.expect("GET", asked, json_answer({"token": "t"}), auth=basic("me", "pw"))
    net.expect("HEAD", url, index_answer(), auth="Bearer t")
    await net.session(host, user="me", password="pw").resolve(Reference(host, "acme/shop", "v1"))


async def test_the_token_server_refuses_by_403_and_its_words_are_told(net: Internet) -> None:
    # Soulou/docker-ls, issue 36; getwud/wud, issue 600
    net.refuse("HEAD", SHOP, CHALLENGE)
    said = {"errors": [{"code": "DENIED", "message": "access forbidden"}]}
    net.expect("GET", TOKEN, json_answer(said, 403))
    with pytest.raises(TokenError, match=r"\(403\): access forbidden"):
        await net.session(HOST).resolve(REFERENCE)


async def test_a_bot_wall_before_the_token_server_is_named(net: Internet) -> None:
    # TecharoHQ/anubis, issue 1337
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("GET", TOKEN, Answer(200, [("Content-Type", "text/html")], b"<!doctype html><title>Wait</title>"))
    with pytest.raises(TokenError, match="web page") as raised:
        await net.session(HOST).resolve(REFERENCE)
    assert "bot wall" in raised.value.hint


async def test_its_catalogue_is_refused_and_the_hint_says_how_to_search(net: Internet) -> None:
    url = f"https://{HOST}/v2/_catalog"
    wide = 'scope="registry:catalog:*"'
    net.refuse("GET", url, f"{REALM},{wide}")
    asked = "https://gitlab.com/jwt/auth?service=container_registry&scope=registry:catalog:*"
    net.expect("GET", asked, json_answer({"token": "t"}))
    net.refuse("GET", url, f'{REALM},{wide},error="insufficient_scope"', auth="Bearer t")
    with pytest.raises(Refused, match="be listed") as raised:
        _ = [page async for page in net.session(HOST).repositories()]
    assert "group/project" in raised.value.hint


def images(*paths: str) -> Answer:
    return json_answer([{"id": n, "path": path, "location": f"{HOST}/{path}"} for n, path in enumerate(paths)])


async def test_a_projects_images_are_found_by_its_path_without_credentials(net: Internet) -> None:
    net.refuse("GET", f"https://{HOST}/v2/", REALM)
    listed = images("acme/shop", "acme/shop/worker")
    listed.headers = [*listed.headers, ("X-Next-Page", "2")]
    where = f"{API}/projects/acme%2Fshop/registry/repositories?per_page=50"
    net.expect("GET", where, listed)
    net.expect("GET", f"{where}&page=2", images("acme/shop/web"))
    found = await net.session(HOST, user="me", password="glpat").search("acme/Shop/")
    assert [result.name for result in found] == ["acme/shop", "acme/shop/worker", "acme/shop/web"]


async def test_a_group_and_an_images_own_path_are_tried_too(net: Internet) -> None:
    net.refuse("GET", f"https://{HOST}/v2/", REALM)
    whole = "acme%2Fshop%2Fwork"
    net.expect("GET", f"{API}/projects/{whole}/registry/repositories?per_page=50", Answer(404))
    net.expect("GET", f"{API}/groups/{whole}/registry/repositories?per_page=50", Answer(401))
    listed = images("acme/shop", "acme/shop/worker")
    net.expect("GET", f"{API}/projects/acme%2Fshop/registry/repositories?per_page=50", listed)
    assert [result.name for result in await net.session(HOST).search("acme/shop/work")] == ["acme/shop/worker"]


@pytest.mark.parametrize("query", ["shop", "acme/gone"])
async def test_what_is_no_public_project_is_told_with_a_way_on(net: Internet, query: str) -> None:
    net.refuse("GET", f"https://{HOST}/v2/", REALM)
    for kind in ("projects", "groups") if "/" in query else ():
        net.expect("GET", f"{API}/{kind}/acme%2Fgone/registry/repositories?per_page=50", Answer(404))
    with pytest.raises(NotListed) as raised:
        await net.session(HOST).search(query)
    assert "full name" in raised.value.hint
