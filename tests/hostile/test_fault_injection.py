"""Faults at the n-th octet: a proxy between the client and an honest registry cuts, repeats, corrupts or holds back.

Every fault is tried at positions spread over each answer of one flow (the refusal, the token, the manifest). What comes
out is the manifest, whole, or an error of the project's own. The counts are printed (``pytest -s``).
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable

import pytest

from reglens.errors import ReglensError
from reglens.oci.reference import Reference
from reglens.registry.options import Options
from reglens.registry.session import Session
from support.hostile import ISSUED, OCI_IMAGE, image

BODY = json.dumps(image()).encode()
STEP = 5
"""Octets between the positions tried in an answer; the positions of the three answers are offset against each other."""


def _answer(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _cut(answer: bytes, at: int) -> bytes:
    return answer[:at]


def _repeat(answer: bytes, at: int) -> bytes:
    return answer[:at] + answer[max(0, at - 7) : at] + answer[at:]


def _flip(answer: bytes, at: int) -> bytes:
    return answer[:at] + bytes([answer[at] ^ 0x55]) + answer[at + 1 :]


def _nul(answer: bytes, at: int) -> bytes:
    return answer[:at] + b"\0" + answer[at + 1 :]


def _drop(answer: bytes, at: int) -> bytes:
    return answer[:at] + answer[at + 1 :]


FAULTS: dict[str, Callable[[bytes, int], bytes]] = {
    "cut": _cut,
    "repeat": _repeat,
    "corrupt": _flip,
    "zero": _nul,
    "drop": _drop,
    "hold": _cut,
}


class Honest:
    """A registry whose `turn`-th answer suffers `fault` at octet `at`."""

    def __init__(self, fault: str, turn: int, at: int) -> None:
        self.fault, self.turn, self.at = fault, turn, at
        self.answered = 0
        self.host = ""
        self.idle = asyncio.Event()
        self.busy = 0

    def answer(self, head: bytes) -> bytes:
        if head.startswith(b"GET /token"):
            return _answer("200 OK", json.dumps({"token": ISSUED}).encode(), "Content-Type: application/json")
        if f"Bearer {ISSUED}".encode() in head:
            return _answer("200 OK", BODY, f"Content-Type: {OCI_IMAGE}")
        challenge = f'WWW-Authenticate: Bearer realm="http://{self.host}/token",service="s",scope="repository:a:pull"'
        return _answer("401 Unauthorized", b"{}", challenge)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.busy += 1
        self.idle.clear()
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            answer, turn = self.answer(head), self.answered
            self.answered += 1
            if turn == self.turn:
                writer.write(FAULTS[self.fault](answer, min(self.at, len(answer) - 1)))
                if self.fault == "hold":
                    await writer.drain()
                    await reader.read()  # until the client has had enough
            else:
                writer.write(answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.busy -= 1
            if not self.busy:
                self.idle.set()


async def _fetch(fault: str, turn: int, at: int) -> str:
    """How the flow ended: ``whole``, or the name of the error."""
    honest = Honest(fault, turn, at)
    server = await asyncio.start_server(honest.serve, "127.0.0.1", 0)
    async with server:
        honest.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        options = Options(plain_http=True, timeout=0.05 if fault == "hold" else 20)
        async with Session(honest.host, options=options) as session:
            try:
                manifest = await session.manifest(Reference(honest.host, "a"))
                end = "whole" if manifest.raw == BODY else "altered"
            except ReglensError as error:
                end = (
                    type(error).__name__ if error.message and ISSUED not in f"{error.message} {error.hint}" else "leak"
                )
        await honest.idle.wait()
    return end


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_at_any_octet_is_survived(fault: str) -> None:
    ends: Counter[str] = Counter()
    lengths = [
        len(Honest(fault, 0, 0).answer(head)) + 6 for head in (b"GET /v2/", b"GET /token", b"Bearer " + ISSUED.encode())
    ]
    step = STEP * 8 if fault == "hold" else STEP
    for turn, length in enumerate(lengths):
        for at in range(turn, length, step):
            ends[await _fetch(fault, turn, at)] += 1
    print(f"{fault:8} {sum(ends.values()):4} tried, all survived: {dict(ends)}")
    assert sum(ends.values()) == sum(len(range(turn, length, step)) for turn, length in enumerate(lengths))
    assert ends.total() > ends["whole"], "some faults must have been felt"
    assert "leak" not in ends
    if fault in ("cut", "hold"):
        assert "altered" not in ends, "what is cut short is never taken for whole"
