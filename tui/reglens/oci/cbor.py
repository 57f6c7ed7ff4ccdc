"""CBOR (RFC 8949), as far as COSE envelopes need it, read within bounds."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 16
MAX_ITEMS = 10_000


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with a tag (section 3.4)."""

    tag: int
    value: Any


def loads(raw: bytes) -> Any:
    """The one value in `raw`. Raises ValueError for anything else."""
    reader = _Reader(raw)
    value = reader.item(0)
    if reader.at != len(raw):
        raise ValueError("there is more after the CBOR value")
    return value


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0
        self.left = MAX_ITEMS

    def take(self, count: int) -> bytes:
        if count > len(self.raw) - self.at:
            raise ValueError("the CBOR value is cut off")
        self.at += count
        return self.raw[self.at - count : self.at]

    def item(self, depth: int) -> Any:
        self.left -= 1
        if depth > MAX_DEPTH or self.left < 0:
            raise ValueError("the CBOR value is too deep or too long")
        first = self.take(1)[0]
        major, low = first >> 5, first & 31
        if major == 7:
            return self.simple(low)
        length = self.argument(low)
        if length is None and major not in (2, 3, 4, 5):
            raise ValueError("a CBOR value of no length that should have one")
        if major in (2, 3):
            data = self.take(length) if length is not None else b"".join(self.pieces(major, depth))
            return data if major == 2 else data.decode("utf-8")
        if major == 4:
            return [self.item(depth + 1) for _ in self.count(length)]
        if major == 5:
            found = {}
            for _ in self.count(length):
                key = self.item(depth + 1)
                if not isinstance(key, int | str | bytes):
                    raise ValueError("a CBOR map with a key that is no number or text")
                found[key] = self.item(depth + 1)
            return found
        assert length is not None
        if major == 6:
            return Tagged(length, self.item(depth + 1))
        return length if major == 0 else -1 - length

    def argument(self, low: int) -> int | None:
        """The number after the first octet; None for a length that is not given (section 3.2)."""
        if low < 24:
            return low
        if low == 31:
            return None
        if low > 27:
            raise ValueError("a CBOR value of a reserved kind")
        return int.from_bytes(self.take(1 << (low - 24)), "big")

    def count(self, length: int | None) -> Iterator[None]:
        """As often as there are items, by number or up to the break."""
        if length is not None:
            if length > self.left:
                raise ValueError("the CBOR value is too long")
            yield from (None for _ in range(length))
            return
        while self.raw[self.at : self.at + 1] != b"\xff":
            yield None
        self.at += 1

    def pieces(self, major: int, depth: int) -> Iterator[bytes]:
        for _ in self.count(None):
            piece = self.item(depth + 1)
            yield piece if major == 2 and isinstance(piece, bytes) else str(piece).encode()

    def simple(self, low: int) -> Any:
        if low in (20, 21, 22, 23):
            return {20: False, 21: True}.get(low)
        if low in (25, 26, 27):
            form = {25: ">e", 26: ">f", 27: ">d"}[low]
            return struct.unpack(form, self.take(1 << (low - 24)))[0]
        raise ValueError("a CBOR value of an unknown kind")
