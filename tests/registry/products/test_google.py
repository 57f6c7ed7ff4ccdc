"""Google Artifact Registry and gcr.io: 401 without a challenge, no POST, users that are names of key kinds."""

from __future__ import annotations

import pytest

from reglens.oci import hosts
from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import Answer, index_answer, json_answer

HOST = "europe-docker.pkg.dev"
SHOP = f"https://{HOST}/v2/acme/images/shop/manifests/v1"
SCOPE = "repository:acme/images/shop:pull"
REALM = f'Bearer realm="https://{HOST}/v2/token",service="{HOST}"'
TOKEN = f"https://{HOST}/v2/token?service={HOST}&scope={SCOPE}"
REFERENCE = Reference(HOST, "acme/images/shop", "v1")


async def test_a_401_without_a_challenge_is_answered_with_that_of_the_base(net: Internet) -> None:
    # containers/image, docker/docker_client.go: the ping's challenge is the only one there is
    net.expect("HEAD", SHOP, Answer(401))
    net.refuse("GET", f"https://{HOST}/v2/", REALM)
    net.expect("GET", TOKEN, json_answer({"token": "t", "expires_in": 43_200}))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST).resolve(REFERENCE)


@pytest.mark.parametrize("user", ["_json_key", "_token", "oauth2accesstoken", "_dcgcr_2_0_0_token"])
async def test_a_kind_of_key_is_a_user_by_get(net: Internet, user: str) -> None:
    # go-containerregistry, pkg/v1/google/auth.go and keychain.go
    net.refuse("HEAD", SHOP, f'{REALM},scope="{SCOPE}"')
    net.expect("GET", TOKEN.replace("?", f"?account={user}&"), json_answer({"token": "t"}), auth=basic(user, "k"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST, user=user, password="k").resolve(REFERENCE)


async def test_an_identity_token_that_cannot_be_posted_goes_by_get(net: Internet) -> None:
    # containerd, core/remotes/docker/authorizer.go: GCR has no POST, 404
    form = {
        "grant_type": "refresh_token",
        "service": HOST,
        "client_id": "reglens",
        "scope": SCOPE,
        "refresh_token": "idt",
    }
    net.refuse("HEAD", SHOP, f'{REALM},scope="{SCOPE}"')
    net.expect("POST", f"https://{HOST}/v2/token", Answer(404), form=form)
    net.expect("GET", TOKEN.replace("?", "?account=me&"), json_answer({"token": "t"}), auth=basic("me", "idt"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST, user="me", identity_token="idt").resolve(REFERENCE)


async def test_what_else_stands_in_a_list_of_tags_is_passed_over(net: Internet) -> None:
    # go-containerregistry, pkg/v1/google/list.go
    listed = {"child": ["sub"], "manifest": {"sha256:1": {"tag": ["v1"]}}, "name": "acme/images/shop", "tags": ["v1"]}
    net.expect("GET", f"https://{HOST}/v2/acme/images/shop/tags/list", json_answer(listed))
    assert [page async for page in net.session(HOST).tags("acme/images/shop")] == [["v1"]]


@pytest.mark.parametrize("host", ["gcr.io", "eu.gcr.io", "us-central1-docker.pkg.dev"])
def test_it_is_told_by_its_host(host: str) -> None:
    assert hosts.by_host(host) is hosts.GAR
