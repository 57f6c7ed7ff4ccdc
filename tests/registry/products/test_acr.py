"""Azure Container Registry: refresh tokens that are posted, ``metadata_read`` for tags, actions told in the body."""

from __future__ import annotations

import pytest

from reglens.errors import Refused
from reglens.oci.digest import Digest
from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import Answer, challenged, index_answer, json_answer

HOST = "acme.azurecr.io"
SHOP = f"https://{HOST}/v2/shop/manifests/v1"
TAGS = f"https://{HOST}/v2/shop/tags/list"
REALM = f'Bearer realm="https://{HOST}/oauth2/token",service="{HOST}"'
PULL, READ = "repository:shop:pull", "repository:shop:metadata_read"
TOKEN = f"https://{HOST}/oauth2/token"
REFERENCE = Reference(HOST, "shop", "v1")


def posted(scope: str, **more: str) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "service": HOST,
        "client_id": "reglens",
        "scope": scope,
        "refresh_token": "refresh",
        **more,
    }


async def test_a_refresh_token_is_posted_and_the_answer_has_access_token_alone(net: Internet) -> None:
    # docker-credential-acr-env, pkg/credhelper/helper.go: the user is <token>, its secret a refresh token
    net.refuse("HEAD", SHOP, f'{REALM},scope="{PULL}"')
    net.expect("POST", TOKEN, json_answer({"access_token": "t"}), form=posted(PULL))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST, user="<token>", identity_token="refresh").resolve(REFERENCE)


async def test_user_and_password_go_by_get(net: Internet) -> None:
    # containerd, core/remotes/docker/authorizer.go: a POST with a password is a 400 there
    net.refuse("HEAD", SHOP, f'{REALM},scope="{PULL}"')
    asked = f"{TOKEN}?account=ci&service={HOST}&scope={PULL}"
    net.expect("GET", asked, json_answer({"access_token": "t"}), auth=basic("ci", "pw"))
    net.expect("HEAD", SHOP, index_answer(), auth="Bearer t")
    await net.session(HOST, user="ci", password="pw").resolve(REFERENCE)


async def test_tags_need_metadata_read_which_is_asked_for_at_once_the_next_time(net: Internet) -> None:
    # Azure/acr, issues 675 and 676
    net.refuse("GET", TAGS, f'{REALM},scope="{READ}"')
    net.expect("GET", f"{TOKEN}?service={HOST}&scope={READ}", json_answer({"access_token": "t1"}))
    net.expect("GET", TAGS, json_answer({"name": "shop", "tags": ["v1"]}), auth="Bearer t1")
    session = net.session(HOST)
    assert [page async for page in session.tags("shop")] == [["v1"]]
    other = READ.replace("shop", "web")
    net.expect("GET", f"{TOKEN}?service={HOST}&scope={other}", json_answer({"access_token": "t2"}))
    net.expect("GET", TAGS.replace("shop", "web"), json_answer({"name": "web", "tags": ["v2"]}), auth="Bearer t2")
    assert [page async for page in session.tags("web")] == [["v2"]]


async def test_the_catalogue_needs_a_scope_of_the_registry(net: Internet) -> None:
    url = f"https://{HOST}/v2/_catalog"
    net.refuse("GET", url, f'{REALM},scope="registry:catalog:*"')
    asked = f"{TOKEN}?account=ci&service={HOST}&scope=registry:catalog:*"
    net.expect("GET", asked, json_answer({"access_token": "t"}), auth=basic("ci", "pw"))
    net.expect("GET", url, json_answer({"repositories": ["shop"]}), auth="Bearer t")
    assert [p async for p in net.session(HOST, user="ci", password="pw").repositories()] == [["shop"]]


async def test_the_action_that_is_missing_stands_in_the_detail_and_is_kept(net: Internet) -> None:
    # argoproj-labs/argocd-image-updater, issue 473
    detail = [{"Type": "repository", "Name": "shop", "Action": "metadata_read"}]
    said = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required", "detail": detail}]}
    challenge = ("WWW-Authenticate", f'{REALM},scope="{READ}",error="insufficient_scope"')
    net.refuse("GET", TAGS, f'{REALM},scope="{READ}"')
    net.expect("GET", f"{TOKEN}?service={HOST}&scope={READ}", json_answer({"access_token": "t"}))
    net.expect("GET", TAGS, json_answer(said, 401, [challenge]), auth="Bearer t")
    with pytest.raises(Refused, match="authentication required") as raised:
        _ = [page async for page in net.session(HOST).tags("shop")]
    assert raised.value.entries[0].detail == detail


async def test_blobs_lie_on_storage_that_must_not_see_the_token(net: Internet) -> None:
    # Azure/acr, issue 217: "Authentication information is not given in the correct format"
    body = index_answer()
    digest = body.headers[1][1]
    blob = f"https://{HOST}/v2/shop/blobs/{digest}"
    signed = "https://weuacme.blob.core.windows.net/x?sig=1"
    net.refuse("GET", blob, f'{REALM},scope="{PULL}"')
    net.expect("GET", f"{TOKEN}?service={HOST}&scope={PULL}", json_answer({"access_token": "t"}))
    net.expect("GET", blob, Answer(307, [("Location", signed)]), auth="Bearer t")
    net.expect("GET", signed, Answer(200, [], body.body))
    assert await net.session(HOST).blob("shop", Digest.parse(digest)) == body.body


async def test_storage_that_refuses_is_named_and_not_taken_for_the_registry(net: Internet) -> None:
    digest = index_answer().headers[1][1]
    blob = f"https://{HOST}/v2/shop/blobs/{digest}"
    signed = "https://weuacme.blob.core.windows.net/x?sig=1"
    net.expect("GET", blob, Answer(307, [("Location", signed)]))
    net.expect("GET", signed, challenged("Bearer authorization_uri=https://login.microsoftonline.com/x"))
    with pytest.raises(Refused, match="redirects to weuacme"):
        await net.session(HOST).blob("shop", Digest.parse(digest))
