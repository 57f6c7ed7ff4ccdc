"""A part of a blob: what a server may answer, and what is made of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from reglens.auth.credentials import Anonymous
from reglens.demo.server import DemoRegistry
from reglens.errors import AnswerInvalid, NotFound
from reglens.oci.digest import Digest
from reglens.oci.manifest import Image
from reglens.oci.reference import Reference
from reglens.registry.options import Options
from reglens.registry.session import Session
from support.scripted import Answer, Scripted

BLOB = bytes(range(256)) * 8
DIGEST = Digest.of(BLOB)
PATH = f"/v2/app/blobs/{DIGEST}"


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    async with Scripted() as scripted:
        yield scripted


async def part(server: Scripted, answer: Answer, start: int = 100, stop: int = 300) -> bytes:
    server.expect("GET", PATH, answer, headers={"Range": f"bytes={start}-{stop - 1}"})
    async with Session(server.host, options=Options(timeout=5, plain_http=True), credentials=Anonymous()) as session:
        return await session.blob_range("app", DIGEST, start, stop)


async def test_a_part_is_asked_for_and_taken(server: Scripted) -> None:
    answer = Answer(206, [("Content-Range", f"bytes 100-299/{len(BLOB)}")], BLOB[100:300])
    assert await part(server, answer) == BLOB[100:300]


async def test_a_server_that_sends_the_whole_is_not_listened_to(server: Scripted) -> None:
    with pytest.raises(AnswerInvalid, match="sends no parts"):
        await part(server, Answer(200, body=BLOB))


async def test_nor_one_that_does_not_say_how_long_the_whole_is(server: Scripted) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"800\r\n" + BLOB + b"\r\n0\r\n\r\n"
    with pytest.raises(AnswerInvalid, match="sends no parts"):
        await part(server, Answer(raw=chunked, hang_up=0))


async def test_a_whole_blob_that_fits_is_taken_for_its_first_part(server: Scripted) -> None:
    assert await part(server, Answer(200, body=BLOB), 0, len(BLOB)) == BLOB


@pytest.mark.parametrize(
    "place", ["bytes 0-199/2048", "bytes 100-298/2048", "bytes */2048", "items 100-299/2048", "", "bytes 100-299/x"]
)
async def test_another_part_is_not_taken(server: Scripted, place: str) -> None:
    with pytest.raises(AnswerInvalid, match="another part"):
        await part(server, Answer(206, [("Content-Range", place)] if place else [], BLOB[100:300]))


async def test_a_part_that_is_too_short_is_not_taken(server: Scripted) -> None:
    with pytest.raises(AnswerInvalid, match="another part"):
        await part(server, Answer(206, [("Content-Range", "bytes 100-299/2048")], BLOB[100:200]))


async def test_what_is_not_there_is_told(server: Scripted) -> None:
    with pytest.raises(NotFound):
        await part(server, Answer(404))


async def test_the_part_is_asked_for_at_the_store_that_the_registry_redirects_to() -> None:
    with DemoRegistry() as demo:
        async with Session(demo.registry, options=Options(timeout=10), credentials=Anonymous()) as session:
            manifest = await session.manifest(Reference(session.registry, "acme/legacy", "latest"))
            assert isinstance(manifest, Image)
            digest = manifest.layers[0].digest
            whole = await session.blob("acme/legacy", digest)
            assert await session.blob_range("acme/legacy", digest, 500, 900) == whole[500:900]
