"""Blobs in pieces: one after the other, where nothing is held but a few pieces and the digest is checked as they pass;
or one piece by itself."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator

from reglens.auth.flow import Resource
from reglens.auth.reply import Reply
from reglens.errors import AnswerInvalid, DigestMismatch, TooLarge
from reglens.oci.digest import Digest
from reglens.registry.routes import Routes
from reglens.trace.exchange import Role

AHEAD = 8
"""Pieces that may wait for whoever takes them; then the server waits."""


class _Sink:
    """Takes the body of a success from the transport. Where one endpoint breaks off and the next begins again, what was
    handed on already is passed over: a digest names the same octets everywhere."""

    def __init__(self, digest: Digest) -> None:
        self.pieces: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(AHEAD)
        self.sum = hashlib.new(digest.algorithm) if digest.computable else None
        self.handed_on = 0
        self._place = 0

    def begin(self) -> None:
        self._place = 0

    async def take(self, piece: bytes) -> None:
        fresh = piece[max(0, self.handed_on - self._place) :]
        self._place += len(piece)
        if fresh:
            self.handed_on += len(fresh)
            if self.sum is not None:
                self.sum.update(fresh)
            await self.pieces.put(fresh)


async def streamed(routes: Routes, repository: str, digest: Digest, limit: int) -> AsyncGenerator[bytes, None]:
    """The pieces of a blob. Raises what a request raises, TooLarge and DigestMismatch."""
    sink = _Sink(digest)
    replies: list[Reply] = []

    async def fetch() -> None:
        end: Exception | None = None
        try:
            served = await routes.request(
                Role.BLOB,
                repository,
                f"blobs/{digest}",
                Resource("content", repository),
                limit=limit,
                headers=(("Accept", "*/*"),),
                target=str(digest),
                sink=sink,
            )
            replies.append(served.reply)
        except Exception as error:
            end = error
        await sink.pieces.put(end)

    task = asyncio.create_task(fetch())
    try:
        while True:
            piece = await sink.pieces.get()
            if isinstance(piece, Exception):
                raise piece
            if piece is None:
                break
            yield piece
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if sink.sum is not None and sink.sum.hexdigest() != digest.encoded:
        raise DigestMismatch(
            f"The blob {digest} arrived with digest {digest.algorithm}:{sink.sum.hexdigest()}.",
            "Do not trust it: the bytes were changed in the registry or on their way.",
            exchange=replies[0].exchange if replies else None,
        )


async def ranged(routes: Routes, repository: str, digest: Digest, start: int, stop: int) -> bytes:
    """The octets of a blob from `start` up to, and without, `stop` (RFC 9110, section 14). Nothing tells whether they
    are the right ones: a digest covers a blob as a whole.

    Raises what a request raises, and AnswerInvalid where the server sends anything but that part; one that sends all
    of the blob instead is not listened to for longer than the part would take.
    """
    try:
        served = await routes.request(
            Role.BLOB,
            repository,
            f"blobs/{digest}",
            Resource("content", repository),
            limit=stop - start,
            headers=(("Accept", "*/*"), ("Range", f"bytes={start}-{stop - 1}")),
            target=str(digest),
        )
    except TooLarge as error:
        raise AnswerInvalid("The registry sends no parts of blobs.", exchange=error.exchange) from None
    reply = served.reply
    place = re.fullmatch(r"bytes (\d+)-(\d+)/(?:\d+|\*)", reply.headers.get("content-range", "").strip(), re.ASCII)
    if reply.status == 206 and place is not None and (int(place[1]), int(place[2]) + 1) == (start, stop):
        if len(reply.body) == stop - start:
            return reply.body
    elif reply.status == 200 and start == 0 and digest.computable and digest.matches(reply.body):
        return reply.body[:stop]  # the part is the whole
    what = "sends no parts of blobs" if reply.status == 200 else "sends another part of the blob than was asked for"
    raise AnswerInvalid(f"The registry {what}.", exchange=reply.exchange)
