"""JFrog Artifactory: no POST for tokens, digests among the tags, a realm below its API."""

from __future__ import annotations

from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import challenged, index_answer, json_answer

HOST = "acme.jfrog.io"
SHOP = f"https://{HOST}/v2/docker-local/shop/manifests/v1"
SCOPE = "repository:docker-local/shop:pull"
URL = f"https://{HOST}/artifactory/api/docker/null/v2/token"
CHALLENGE = f'Bearer realm="{URL}",service="{HOST}",scope="{SCOPE}"'
REFERENCE = Reference(HOST, "docker-local/shop", "v1")


async def test_an_identity_token_that_is_refused_by_post_goes_by_get(net: Internet) -> None:
    # containerd, core/remotes/docker/authorizer.go: Artifactory answers a POST with 401
    form = {
        "grant_type": "refresh_token",
        "service": HOST,
        "client_id": "reglens",
        "scope": SCOPE,
        "refresh_token": "idt",
    }
    net.refuse("HEAD", SHOP, CHALLENGE)
    net.expect("POST", URL, challenged('Basic realm="Artifactory Realm"'), form=form)
    asked = f"{URL}?account=me&service={HOST}&scope={SCOPE}"
    net.expect("GET", asked, json_answer({"token": "t", "expires_in": 3600}), auth=basic("me", "idt"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST, user="me", identity_token="idt").resolve(REFERENCE)


async def test_digests_among_the_tags_are_no_tags(net: Internet) -> None:
    # containers/image, docker/docker_image.go
    listed = {"name": "docker-local/shop", "tags": ["v1", f"sha256:{'0' * 64}", "v2"]}
    net.expect("GET", f"https://{HOST}/v2/docker-local/shop/tags/list", json_answer(listed))
    assert [page async for page in net.session(HOST).tags("docker-local/shop")] == [["v1", "v2"]]


async def test_a_login_may_be_basic_alone(net: Internet) -> None:
    net.refuse("HEAD", SHOP, 'Basic realm="Artifactory Realm"')
    net.expect("HEAD", SHOP, index_answer(), auth=basic("me", "key"))
    await net.session(HOST, user="me", password="key").resolve(REFERENCE)
