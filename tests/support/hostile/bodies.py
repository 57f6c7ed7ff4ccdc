"""Bodies: held back, without end, of another length than announced, packed, or no HTTP at all."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from support.hostile.wire import Asked, Wire, behaviour, honest_body, on_wire, simple


@behaviour("body/drip")
def _(wire: Wire) -> None:
    wire.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while wire.idle(0.05):
        wire.connection.sendall(b" ")


@behaviour("body/drip-headers")
def _(wire: Wire) -> None:
    wire.connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while wire.idle(0.05):
        wire.connection.sendall(b"X: y\r\n")


@behaviour("body/silent")
def _(wire: Wire) -> None:
    while wire.idle(0.5):
        pass


@behaviour("body/continue")
def _(wire: Wire) -> None:
    while wire.idle(0.02):
        wire.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


@behaviour("body/endless")
def _(wire: Wire) -> None:
    wire.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    while not wire.hostile.stopping and wire.asked.method != "HEAD":
        wire.connection.sendall(chunk)


@behaviour("body/gzip-bomb")
def _(wire: Wire) -> None:
    wire.answer(bomb(), ("Content-Type", "application/json"), ("Content-Encoding", "gzip"))


@behaviour("body/zstd")
def _(wire: Wire) -> None:
    wire.answer(b"\x28\xb5\x2f\xfd" + b"\0" * 64, ("Content-Type", "application/json"), ("Content-Encoding", "zstd"))


@behaviour("body/many-codings")
def _(wire: Wire) -> None:
    wire.answer(honest_body(wire.asked), ("Content-Encoding", "gzip, " * 500 + "gzip"))


def _lying(length: str) -> Callable[[Asked], bytes]:
    def make(asked: Asked) -> bytes:
        return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode() + honest_body(asked)

    return make


on_wire("body/short", _lying("100000"))
on_wire("body/long", _lying("3"))
on_wire("body/negative-length", _lying("-5"))
on_wire("body/huge-length", _lying("9" * 40))
on_wire("body/10-gb", _lying("10737418240"))
on_wire("body/two-lengths", _lying("2\r\nContent-Length: 3"))
on_wire("body/odd-digits", lambda asked: b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n{}")
on_wire("body/bad-chunks", lambda asked: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n")
on_wire(
    "body/huge-chunk", lambda asked: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 15 + b"\r\n{}"
)
on_wire("body/nothing", lambda asked: b"")
on_wire("body/no-http", lambda asked: b"SSH-2.0-OpenSSH_9.2\r\n\x1b]0;PWNED\x07\r\n")
on_wire("body/odd-status", lambda asked: b"HTTP/1.1 999 \x1b[2J\r\nContent-Length: 0\r\n\r\n")
on_wire("body/latin-reason", lambda asked: b"HTTP/1.1 418 \x9b31m\xe9\r\nContent-Length: 0\r\n\r\n")
simple("body/empty", lambda asked: b"")


def bomb(octets: int = 1 << 30) -> bytes:
    """`octets` of blanks in gzip, which are about a thousandth."""
    if octets not in _BOMBS:
        piece = b" " * (1 << 20)
        packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        _BOMBS[octets] = b"".join(packer.compress(piece) for _ in range(octets >> 20)) + packer.flush()
    return _BOMBS[octets]


_BOMBS: dict[int, bytes] = {}
