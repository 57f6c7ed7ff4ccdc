"""Ways that are no one product's: lengths that differ, scopes beyond the first, a base that moves to https, a 404 whose
code says nothing.
"""

from __future__ import annotations

import hashlib

import pytest

from reglens.errors import NotFound
from reglens.oci.reference import Reference
from reglens.registry.options import Options
from support.internet import Internet
from support.scripted import INDEX, Answer, index_answer, json_answer

HOST = "images.acme.com"
SHOP = f"https://{HOST}/v2/acme/shop/manifests/v1"
REFERENCE = Reference(HOST, "acme/shop", "v1")


def challenge(scope: str) -> str:
    return f'Bearer realm="https://{HOST}/token",service="acme",scope="{scope}"'


async def test_a_head_of_another_length_than_the_get_is_no_other_manifest(net: Internet) -> None:
    # oras-go, registry/remote/repository.go: Harbor's HEAD and GET may give different lengths for one digest
    digest = f"sha256:{hashlib.sha256(INDEX).hexdigest()}"
    padded = index_answer(INDEX + b" " * 40, ("Docker-Content-Digest", digest))
    net.expect("HEAD", SHOP, padded)
    net.expect("GET", SHOP, index_answer())
    session = net.session(HOST)
    resolved = await session.resolve(REFERENCE)
    manifest = await session.manifest(REFERENCE)
    assert str(resolved.digest) == str(manifest.digest) == digest
    assert (resolved.size, manifest.size) == (len(INDEX) + 40, len(INDEX))


async def test_red_hats_404_is_told_as_one_though_its_code_is_unknown(net: Internet) -> None:
    # containers/image, docker/docker_client.go: registry.redhat.io answers as Harbor does
    url = "https://registry.redhat.io/v2/ubi9/ubi/manifests/none"
    said = json_answer({"errors": [{"code": "UNKNOWN", "message": "Not Found"}]}, 404)
    net.expect("HEAD", url, Answer(404))
    net.expect("GET", url, said)
    with pytest.raises(NotFound, match="has no tag none"):
        await net.session("registry.redhat.io").resolve(Reference("registry.redhat.io", "ubi9/ubi", "none"))


async def test_each_repository_is_asked_for_by_itself_as_some_read_the_first_scope_alone(net: Internet) -> None:
    # go-containerregistry, pkg/v1/remote/transport/bearer.go: some token servers heed only the first scope
    session = net.session(HOST)
    for name, token in (("acme/shop", "t1"), ("acme/other", "t2")):
        scope = f"repository:{name}:pull"
        url = f"https://{HOST}/v2/{name}/manifests/v1"
        if name == "acme/shop":  # the second is asked for at once, now that it is known how
            net.refuse("HEAD", url, challenge(scope))
        net.expect("GET", f"https://{HOST}/token?service=acme&scope={scope}", json_answer({"token": token}))
        net.expect("HEAD", url, index_answer(), auth=f"Bearer {token}")
        await session.resolve(Reference(HOST, name, "v1"))


async def test_a_base_that_moves_to_https_is_followed_there(net: Internet) -> None:
    # go-containerregistry, pkg/v1/remote/transport/ping.go: the scheme of the address where the ping ended counts
    plain, safe = f"http://{HOST}/v2/", f"https://{HOST}/v2/"
    net.expect("GET", plain, Answer(301, [("Location", safe)]))
    net.expect("GET", safe, Answer(200, [("Docker-Distribution-Api-Version", "registry/2.0")], b"{}"))
    session = net.session(HOST, options=Options(plain_http=True))
    await session.ping()
    assert [exchange.status for exchange in session.trace] == [301, 200]
