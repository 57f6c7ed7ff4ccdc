"""Microsoft's public registry: open to everybody, its whole catalogue listed, blobs on hosts of their own."""

from __future__ import annotations

from reglens.oci.digest import Digest
from reglens.oci.reference import Reference
from support.internet import Internet
from support.scripted import Answer, index_answer, json_answer

HOST = "mcr.microsoft.com"
DOTNET = Reference(HOST, "dotnet/runtime", "10.0")


async def test_nothing_is_asked_for_and_nothing_sent(net: Internet) -> None:
    net.expect("HEAD", f"https://{HOST}/v2/dotnet/runtime/manifests/10.0", index_answer())
    session = net.session(HOST)
    await session.resolve(DOTNET)
    assert session.identity == "anonymous"


async def test_the_catalogue_is_searched_though_it_is_long(net: Internet) -> None:
    names = [f"oss/n{n}" for n in range(3000)]
    net.expect("GET", f"https://{HOST}/v2/_catalog", json_answer({"repositories": [*names, "dotnet/runtime"]}))
    found = await net.session(HOST).search("DotNet")
    assert [result.name for result in found] == ["dotnet/runtime"]
    assert len(net.asked) == 1


async def test_blobs_come_from_the_data_hosts_of_its_regions(net: Internet) -> None:
    body = index_answer()
    digest = Digest.parse(body.headers[1][1])
    there = "https://eastus.data.mcr.microsoft.com/abc?sig=1"
    net.expect("GET", f"https://{HOST}/v2/dotnet/runtime/blobs/{digest}", Answer(307, [("Location", there)]))
    net.expect("GET", there, Answer(200, [], body.body))
    assert await net.session(HOST).blob("dotnet/runtime", digest) == body.body
