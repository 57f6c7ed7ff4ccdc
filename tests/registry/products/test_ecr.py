"""Amazon ECR: Basic without any token in the private one; a scope of its own and 400 for stale tokens in the public."""

from __future__ import annotations

import pytest

from reglens.errors import NotListed, Refused
from reglens.oci import hosts
from reglens.oci.digest import Digest
from reglens.oci.reference import Reference
from support.internet import Internet, basic
from support.scripted import Answer, challenged, index_answer, json_answer

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
PRIVATE = Reference(HOST, "shop", "v1")
SHOP = f"https://{HOST}/v2/shop/manifests/v1"
BASIC = f'Basic realm="https://{HOST}/",service="ecr.amazonaws.com"'
PUBLIC = Reference("public.ecr.aws", "docker/library/alpine", "3")
ALPINE = "https://public.ecr.aws/v2/docker/library/alpine/manifests/3"
CHALLENGE = 'Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"'
TOKEN = "https://public.ecr.aws/token/?service=public.ecr.aws&scope=aws"


async def test_the_private_one_takes_basic_and_asks_nobody_for_a_token(net: Internet) -> None:
    # amazon-ecr-credential-helper: the user is AWS, the password lives for twelve hours
    net.refuse("HEAD", SHOP, BASIC)
    net.expect("HEAD", SHOP, index_answer(), auth=basic("AWS", "ecr-token"))
    await net.session(HOST, user="AWS", password="ecr-token").resolve(PRIVATE)


async def test_an_expired_password_is_a_refusal_by_403_that_names_where_it_came_from(net: Internet) -> None:
    net.refuse("HEAD", SHOP, BASIC)
    said = {"errors": [{"code": "DENIED", "message": "Your authorization token has expired. Reauthenticate."}]}
    net.expect("HEAD", SHOP, json_answer(said, 403), auth=basic("AWS", "old"))
    with pytest.raises(Refused, match="refused") as raised:
        await net.session(HOST, user="AWS", password="old").resolve(PRIVATE)
    assert "config.json" in raised.value.hint
    assert "--anonymous" in raised.value.hint


@pytest.mark.parametrize(
    "host",
    [
        HOST,
        "123456789012.dkr-ecr.eu-west-1.on.aws",
        "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
        "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu",
    ],
)
def test_it_is_told_by_its_host_in_every_partition(host: str) -> None:
    assert hosts.by_host(host) is hosts.ECR


async def test_the_catalogue_is_asked_without_a_page_size(net: Internet) -> None:
    # go-containerregistry, pkg/v1/remote/options.go: more than 1000 a page is an error
    url = f"https://{HOST}/v2/_catalog"
    net.refuse("GET", url, BASIC)
    link = [("Link", f'<https://{HOST}/v2/_catalog?last=bA%3D%3D&n=100>; rel="next"')]
    auth = basic("AWS", "p")
    net.expect("GET", f"{url}?last=bA%3D%3D&n=100", json_answer({"repositories": ["web"]}), auth=auth)
    net.expect("GET", url, json_answer({"repositories": ["shop"]}, headers=link), auth=auth)
    assert [p async for p in net.session(HOST, user="AWS", password="p").repositories()] == [["shop"], ["web"]]
    assert net.requests[0].target == "/v2/_catalog"


async def test_the_public_ones_scope_is_passed_on_though_it_names_no_resource(net: Internet) -> None:
    net.refuse("HEAD", ALPINE, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": "t"}))
    net.expect("HEAD", ALPINE, index_answer(), auth="Bearer t")
    await net.session("public.ecr.aws").resolve(PUBLIC)


async def test_a_stale_token_is_a_400_without_a_challenge_and_counts_as_a_refusal(net: Internet) -> None:
    # aws/containers-roadmap, issue 2835
    net.refuse("HEAD", ALPINE, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": "t"}))
    said = {"errors": [{"code": "DENIED", "message": "Your Authorization Token is invalid."}]}
    net.expect("HEAD", ALPINE, Answer(400), auth="Bearer t")
    net.expect("GET", ALPINE, json_answer(said, 400), auth="Bearer t")
    with pytest.raises(Refused, match="Your Authorization Token is invalid") as raised:
        await net.session("public.ecr.aws").resolve(PUBLIC)
    assert raised.value.status == 400
    assert "--anonymous" in raised.value.hint


async def test_a_stale_login_is_refused_where_anybody_may_read(net: Internet) -> None:
    # dependabot/proxy, issue 157: Basic on the registry itself
    net.refuse("HEAD", ALPINE, 'Basic realm="x"')
    said = json_answer({"errors": [{"code": "DENIED", "message": "Your Authorization Token is invalid."}]}, 400)
    net.expect("HEAD", ALPINE, Answer(400), auth=basic("AWS", "old"))
    net.expect("GET", ALPINE, said, auth=basic("AWS", "old"))
    with pytest.raises(Refused) as raised:
        await net.session("public.ecr.aws", user="AWS", password="old").resolve(PUBLIC)
    assert "stale credentials" in raised.value.hint


async def test_a_head_that_is_refused_whatever_is_shown_is_told_as_it_is(net: Internet) -> None:
    # distribution/distribution, issue 4383: HEAD of a blob is a 401; reglens reads blobs by GET
    digest = index_answer().headers[1][1]
    blob = f"https://public.ecr.aws/v2/docker/library/alpine/blobs/{digest}"
    net.refuse("GET", blob, CHALLENGE)
    net.expect("GET", TOKEN, json_answer({"token": "t"}))
    net.expect("GET", blob, Answer(200, [], index_answer().body), auth="Bearer t")
    assert await net.session("public.ecr.aws").blob("docker/library/alpine", Digest.parse(digest))


async def test_the_public_one_lists_nothing_and_names_its_gallery(net: Internet) -> None:
    with pytest.raises(NotListed, match="Amazon ECR Public lists") as raised:
        await net.session("public.ecr.aws").search("alpine")
    assert "gallery.ecr.aws" in raised.value.hint
    assert net.asked == []


async def test_the_private_catalogue_is_what_is_searched(net: Internet) -> None:
    net.expect("GET", f"https://{HOST}/v2/_catalog", challenged(BASIC))
    names = json_answer({"repositories": ["shop", "web"]})
    net.expect("GET", f"https://{HOST}/v2/_catalog", names, auth=basic("AWS", "p"))
    assert [r.name for r in await net.session(HOST, user="AWS", password="p").search("we")] == ["web"]
