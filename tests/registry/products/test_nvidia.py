"""NVIDIA's nvcr.io: a realm without service and scope, a user that is a word, another realm for expired tokens."""

from __future__ import annotations

import pytest

from reglens.errors import NotFound
from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import Answer, index_answer, json_answer

HOST = "nvcr.io"
CUDA = f"https://{HOST}/v2/nvidia/cuda/manifests/v1"
SCOPE = "repository:nvidia/cuda:pull"
REALM = f'Bearer realm="https://{HOST}/proxy_auth"'
TOKEN = f"https://{HOST}/proxy_auth?scope={SCOPE}"
OTHER = f'Bearer realm="https://authn.nvidia.com/token",service="registry",scope="{SCOPE}",error="invalid_token"'
REFERENCE = Reference(HOST, "nvidia/cuda", "v1")


async def test_the_scope_of_the_request_stands_in_for_one_that_is_not_named(net: Internet) -> None:
    # apptainer/singularity, issue 1159: the challenge is a realm alone, and the user the word $oauthtoken
    net.refuse("HEAD", CUDA, REALM)
    asked = TOKEN.replace("?", "?account=%24oauthtoken&")
    net.expect("GET", asked, json_answer({"token": "t"}), auth=basic("$oauthtoken", "nvapi-1"))
    net.expect("HEAD", CUDA, index_answer(), auth="Bearer t")
    await net.session(HOST, user="$oauthtoken", password="nvapi-1").resolve(REFERENCE)


async def test_an_expired_token_is_renewed_where_it_came_from(net: Internet) -> None:
    # NVIDIA/nvidia-container-toolkit, issue 1945: the realm that is named then gives nobody anything
    net.refuse("HEAD", CUDA, REALM)
    net.expect("GET", TOKEN, json_answer({"token": "t1", "expires_in": 900}))
    net.expect("HEAD", CUDA, index_answer(), auth="Bearer t1")
    session = net.session(HOST)
    await session.resolve(REFERENCE)
    net.refuse("HEAD", CUDA, OTHER, auth="Bearer t1")
    net.expect("GET", TOKEN, json_answer({"token": "t2", "expires_in": 900}))
    net.expect("HEAD", CUDA, index_answer(), auth="Bearer t2")
    await session.resolve(REFERENCE)


async def test_if_that_is_refused_too_the_realm_that_was_named_is_asked(net: Internet) -> None:
    net.refuse("HEAD", CUDA, REALM)
    net.expect("GET", TOKEN, json_answer({"token": "t1", "expires_in": 900}))
    net.expect("HEAD", CUDA, index_answer(), auth="Bearer t1")
    session = net.session(HOST)
    await session.resolve(REFERENCE)
    net.refuse("HEAD", CUDA, OTHER, auth="Bearer t1")
    net.expect("GET", TOKEN, json_answer({"token": "t2", "expires_in": 900}))
    net.refuse("HEAD", CUDA, OTHER, auth="Bearer t2")
    moved = f"https://authn.nvidia.com/token?service=registry&scope={SCOPE}"
    net.expect("GET", moved, json_answer({"token": "t3"}))
    net.expect("HEAD", CUDA, index_answer(), auth="Bearer t3")
    await session.resolve(REFERENCE)


async def test_a_catalogue_that_it_does_not_have_is_named_elsewhere(net: Internet) -> None:
    net.expect("GET", f"https://{HOST}/v2/_catalog", Answer(404))
    with pytest.raises(NotFound) as raised:
        await net.session(HOST).search("cuda")
    assert "catalog.ngc.nvidia.com" in raised.value.hint
