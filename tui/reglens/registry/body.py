"""Bodies read within a bound, whatever the server sends: no more is held than was allowed, decoded or not."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable

MANIFEST_LIMIT = 16 << 20
"""Octets of a manifest. The distribution spec ("Pushing Manifests") asks registries to take 4 MiB at least."""
LIST_LIMIT = 32 << 20
"""Octets of one page of a list: 100 000 tags are about 1 MiB."""
TOKEN_LIMIT = 1 << 20
ERROR_LIMIT = 64 << 10
"""Octets that are read of an error's body; the rest is not waited for."""
RECORD_LIMIT = 64 << 10
"""Octets of a body that its record keeps."""
PING_LIMIT = 1 << 20
SEARCH_LIMIT = 8 << 20


class OverLimit(Exception):
    """A body is longer than its bound. `begin` is what came until then."""

    def __init__(self, limit: int, begin: bytes) -> None:
        super().__init__(f"more than {limit} octets")
        self.limit = limit
        self.begin = begin


class NotDecodable(Exception):
    """A body whose content coding was not asked for, or is broken."""


async def read_body(chunks: AsyncIterable[bytes], coding: str, limit: int) -> bytes:
    """The body, decoded. Raises OverLimit or NotDecodable.

    Only gzip and deflate are decoded, a bounded piece at a time, so that a bomb ends at the bound.
    """
    parts: list[bytes] = []
    size = 0
    if coding in ("", "identity"):
        async for chunk in chunks:
            size += len(chunk)
            parts.append(chunk)
            if size > limit:
                raise OverLimit(limit, b"".join(parts)[:limit])
        return parts[0] if len(parts) == 1 else b"".join(parts)
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise NotDecodable(f"the body is coded as {coding!r}, which was not asked for")
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 32)
    async for chunk in chunks:
        while chunk:
            try:
                piece = decoder.decompress(chunk, limit - size + 1)
            except zlib.error as error:
                raise NotDecodable(f"the body is not the {coding} that it says ({error})") from None
            size += len(piece)
            parts.append(piece)
            if size > limit:
                raise OverLimit(limit, b"".join(parts)[:limit])
            chunk = decoder.unconsumed_tail
        if decoder.eof:
            break
    if parts and not decoder.eof:
        raise NotDecodable(f"the {coding} body is cut off")
    return b"".join(parts)
