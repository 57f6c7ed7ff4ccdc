"""Blobs piece by piece, from the demo registry: verified, bounded, given up at any time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing

import pytest

from reglens.auth.credentials import Anonymous
from reglens.demo.server import DemoRegistry
from reglens.errors import DigestMismatch, NotFound, TooLarge
from reglens.oci.digest import Digest
from reglens.oci.manifest import Image
from reglens.oci.reference import Reference
from reglens.registry.options import Options
from reglens.registry.session import Session
from reglens.registry.streaming import _Sink
from reglens.trace.exchange import Role


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoRegistry]:
    with DemoRegistry() as running:
        yield running


@pytest.fixture
async def session(demo: DemoRegistry) -> AsyncIterator[Session]:
    async with Session(demo.registry, options=Options(timeout=10), credentials=Anonymous()) as made:
        yield made


async def a_layer(session: Session) -> Digest:
    manifest = await session.manifest(Reference(session.registry, "acme/legacy", "latest"))
    assert isinstance(manifest, Image)
    return manifest.layers[0].digest


async def drained(stream: AsyncGenerator[bytes, None]) -> None:
    async with aclosing(stream) as pieces:
        async for _ in pieces:
            pass


async def test_the_pieces_are_the_blob_and_only_their_number_is_recorded(session: Session) -> None:
    digest = await a_layer(session)
    async with aclosing(session.blob_stream("acme/legacy", digest)) as pieces:
        raw = b"".join([piece async for piece in pieces])
    assert raw == await session.blob("acme/legacy", digest)
    streamed = next(e for e in session.trace if e.role is Role.BLOB and e.status == 200)
    assert streamed.body is not None
    assert streamed.body.size == len(raw)
    assert streamed.body.data == b""


async def test_a_stream_is_bounded(session: Session) -> None:
    digest = await a_layer(session)
    with pytest.raises(TooLarge):
        await drained(session.blob_stream("acme/legacy", digest, limit=100))


async def test_what_is_not_there_is_told(session: Session) -> None:
    with pytest.raises(NotFound):
        await drained(session.blob_stream("acme/legacy", Digest.of(b"nothing")))


async def test_a_stream_given_up_leaves_the_session_usable(session: Session) -> None:
    digest = await a_layer(session)
    async with aclosing(session.blob_stream("acme/legacy", digest)) as pieces:
        async for _ in pieces:
            break
    assert Digest.of(await session.blob("acme/legacy", digest)) == digest


async def test_other_octets_than_the_digest_says_are_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = await a_layer(session)
    honest = _Sink.take

    async def spoilt(self: _Sink, piece: bytes) -> None:
        await honest(self, bytes([piece[0] ^ 1]) + piece[1:])

    monkeypatch.setattr(_Sink, "take", spoilt)
    with pytest.raises(DigestMismatch):
        await drained(session.blob_stream("acme/legacy", digest))


async def test_where_one_endpoint_breaks_off_the_next_goes_on() -> None:
    sink = _Sink(Digest.of(b"0123456789"))
    sink.begin()
    await sink.take(b"0123")
    sink.begin()
    for piece in (b"01", b"2345", b"6789"):
        await sink.take(piece)
    found = b""
    while not sink.pieces.empty():
        piece_or_end = sink.pieces.get_nowait()
        assert isinstance(piece_or_end, bytes)
        found += piece_or_end
    assert found == b"0123456789"
