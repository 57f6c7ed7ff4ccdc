"""Faults at the n-th octet: between the client and an honest registry an answer is cut, reset, repeated, corrupted or
held back.

Every answer of every flow suffers each fault: the refusal, the token, both pages of a list of tags (the second one
chunked), a manifest, a blob. A reset is tried at every octet of the headers. What comes out is what the registry has,
whole, or an error of the project's own; what came before the fault is kept. The counts are printed (``pytest -s``).
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import Counter
from collections.abc import Callable

import pytest

from reglens.errors import ReglensError
from reglens.oci.digest import Digest
from reglens.oci.reference import Reference
from reglens.registry.options import Options
from reglens.registry.session import Session
from support.hostile import ISSUED, OCI_IMAGE, image

MANIFEST = json.dumps(image()).encode()
BLOB = bytes(range(256)) * 2
PAGES = ([f"v1.{number}" for number in range(8)], [f"v2.{number}" for number in range(8)])
TAGS = [*PAGES[0], *PAGES[1]]
FLOWS = {"refusal": "tags", "token": "tags", "page 1": "tags", "page 2": "tags", "manifest": "manifest", "blob": "blob"}
"""The answers, in the order in which they come, and the flow in which each is met."""


def _head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *headers]).encode() + b"\r\n\r\n"


def _answer(status: str, body: bytes, *headers: str) -> bytes:
    return _head(status, f"Content-Length: {len(body)}", *headers) + body


def _chunked(body: bytes, size: int) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def answers(host: str) -> dict[str, bytes]:
    """The whole answer of each kind."""
    challenge = f'WWW-Authenticate: Bearer realm="http://{host}/token",service="s",scope="repository:a:pull"'
    json_type = "Content-Type: application/json"
    first, second = (json.dumps({"name": "a", "tags": page}).encode() for page in PAGES)
    return {
        "refusal": _answer("401 Unauthorized", b'{"errors":[{"code":"UNAUTHORIZED"}]}', challenge),
        "token": _answer("200 OK", json.dumps({"token": ISSUED}).encode(), json_type),
        "page 1": _answer("200 OK", first, 'Link: </v2/a/tags/list?last=v1.7>; rel="next"'),
        "page 2": _head("200 OK", json_type, "Transfer-Encoding: chunked") + _chunked(second, 20),
        "manifest": _answer("200 OK", MANIFEST, f"Content-Type: {OCI_IMAGE}"),
        "blob": _answer("200 OK", BLOB),
    }


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
    "reset": _cut,
    "cut": _cut,
    "repeat": _repeat,
    "corrupt": _flip,
    "zero": _nul,
    "drop": _drop,
    "hold": _cut,
}
STEPS = {"reset": (1, 13), "cut": (3, 13), "hold": (61, 199)}
"""Octets between the positions tried, in the headers and in the body; of the other faults 11."""


class Honest:
    """A registry whose `kind` of answer suffers `fault` at octet `at`."""

    def __init__(self) -> None:
        self.fault, self.kind, self.at = "", "", 0
        self.asked: Counter[str] = Counter()
        self.host = ""
        self.idle = asyncio.Event()
        self.busy = 0

    def kind_of(self, head: bytes) -> str:
        """Which answer a request gets."""
        target = head.split(b" ", 2)[1]
        if target.startswith(b"/token"):
            return "token"
        if b"\r\nauthorization: bearer " + ISSUED.encode() not in head.lower():
            return "refusal"
        if b"/tags/list" in target:
            return "page 2" if b"last=" in target else "page 1"
        return "manifest" if b"/manifests/" in target else "blob"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.busy += 1
        self.idle.clear()
        try:
            kind = self.kind_of(await reader.readuntil(b"\r\n\r\n"))
            answer = answers(self.host)[kind]
            self.asked[kind] += 1
            if kind != self.kind:
                writer.write(answer)
            else:
                writer.write(FAULTS[self.fault](answer, self.at))
                if self.fault == "hold":
                    await writer.drain()
                    await reader.read()  # until the client has had enough
                if self.fault == "reset":
                    await writer.drain()
                    at_once = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.busy -= 1
            if not self.busy:
                self.idle.set()


async def _run(honest: Honest, flow: str) -> str:
    """How the flow ended: ``whole``, ``altered``, or the name of the error."""
    options = Options(plain_http=True, timeout=0.2 if honest.fault == "hold" else 20)
    tags: list[str] = []
    end = ""
    async with Session(honest.host, options=options) as session:
        try:
            if flow == "tags":
                async for page in session.tags("a"):
                    tags += page
                end = "whole" if tags == TAGS else "altered"
            elif flow == "manifest":
                manifest = await session.manifest(Reference(honest.host, "a"))
                end = "whole" if manifest.raw == MANIFEST else "altered"
            else:
                blob = await session.blob("a", Digest.of(BLOB))
                end = "whole" if blob == BLOB else "altered"
        except ReglensError as error:
            end = type(error).__name__ if error.message and ISSUED not in f"{error.message} {error.hint}" else "leak"
            if honest.fault in ("cut", "reset", "hold") and tags not in ([], PAGES[0]):
                end = "lost"
        unfinished = [e for e in session.trace if e.status is None and e.failure is None]
        if unfinished or ISSUED in repr(list(session.trace)):
            end = "leak"
    await honest.idle.wait()
    return end


def _positions(fault: str, answer: bytes) -> list[int]:
    head = answer.index(b"\r\n\r\n") + 4
    in_head, in_body = STEPS.get(fault, (11, 11))
    return [*range(0, head, in_head), *range(head, len(answer), in_body)]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_at_any_octet_is_survived(fault: str) -> None:
    honest = Honest()
    honest.fault = fault
    server = await asyncio.start_server(honest.serve, "127.0.0.1", 0)
    async with server:
        honest.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for kind, flow in FLOWS.items():
            honest.kind = kind
            ends: Counter[str] = Counter()
            for at in _positions(fault, answers(honest.host)[kind]):
                honest.at = at
                honest.asked.clear()
                ends[await _run(honest, flow)] += 1
                assert honest.asked[kind] or fault == "hold", "the fault was met"
                assert honest.asked.total() <= 6, honest.asked
            print(f"{fault:8}{kind:9}{ends.total():4} tried, all survived: {dict(ends)}")
            assert not {"leak", "lost"} & set(ends)
            if fault in ("cut", "reset", "hold"):
                assert "altered" not in ends, "what is cut short is never taken for whole"
                assert "whole" not in ends or kind == "refusal", "a refusal is known by its headers"
            if kind == "blob":
                assert "altered" not in ends, "a digest tells"
