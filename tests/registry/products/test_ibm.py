"""IBM Cloud's registry: a user that is a word, and a right to delete that must be named."""

from __future__ import annotations

from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import index_answer, json_answer

HOST = "us.icr.io"
SHOP = f"https://{HOST}/v2/acme/shop/manifests/v1"
SCOPE = "repository:acme/shop:pull"
URL = f"https://{HOST}/oauth/token"
CHALLENGE = f'Bearer realm="{URL}",service="registry",scope="{SCOPE}"'
REFERENCE = Reference(HOST, "acme/shop", "v1")


async def test_an_api_key_is_a_password(net: Internet) -> None:
    net.refuse("HEAD", SHOP, CHALLENGE)
    asked = f"{URL}?account=iamapikey&service=registry&scope={SCOPE}"
    net.expect("GET", asked, json_answer({"token": "t"}), auth=basic("iamapikey", "key"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST, user="iamapikey", password="key").resolve(REFERENCE)


async def test_deleting_asks_for_delete_by_name(net: Internet) -> None:
    # go-containerregistry, pkg/v1/remote/transport/scope.go: * is not enough there
    net.refuse("HEAD", SHOP, CHALLENGE)
    asked = f"{URL}?service=registry&scope=repository:acme/shop:delete"
    net.expect("GET", asked, json_answer({"token": "t"}))
    await net.session(HOST).acquire_token(REFERENCE, action="delete")
