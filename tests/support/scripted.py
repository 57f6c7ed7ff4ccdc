"""A registry that follows a script, on a real loopback socket: it answers what it expects and nothing else.

A test says which requests it expects, in any order, and what each is answered with. Leaving the context fails for every
request that was not expected, and for every expectation that was not met.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

INDEX = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True)
class Request:
    """What arrived. `target` is path and query as sent, header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Answer:
    """What is sent back. `raw` replaces the whole answer; `after` is waited for first, then `pause` seconds pass;
    `hang_up` closes the connection after `raw`, or after the answer's first `hang_up` octets of body."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    raw: bytes | None = None
    after: asyncio.Event | None = None
    hang_up: int | None = None
    pause: float = 0.0

    def octets(self, method: str) -> bytes:
        if self.raw is not None:
            return self.raw
        lines = [f"HTTP/1.1 {self.status} Scripted", *(f"{n}: {v}" for n, v in self.headers)]
        if not any(n.lower() in ("content-length", "transfer-encoding") for n, _ in self.headers):
            lines.append(f"Content-Length: {len(self.body)}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        body = b"" if method == "HEAD" else self.body
        return head + (body if self.hang_up is None else body[: self.hang_up])


def json_answer(value: Any, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    """An answer whose body is `value` as JSON."""
    return Answer(status, [("Content-Type", "application/json"), *headers], json.dumps(value).encode())


def challenged(*challenges: str, status: int = 401) -> Answer:
    """A refusal as distribution words it, with these ``WWW-Authenticate`` lines."""
    value = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required", "detail": None}]}
    return json_answer(value, status, [("WWW-Authenticate", challenge) for challenge in challenges])


def index_answer(body: bytes = INDEX, *headers: tuple[str, str]) -> Answer:
    """An OCI index, with its digest announced unless `headers` name one."""
    digest = ("Docker-Content-Digest", f"sha256:{hashlib.sha256(body).hexdigest()}")
    announced = headers if any(n == digest[0] for n, _ in headers) else (digest, *headers)
    return Answer(200, [("Content-Type", INDEX_TYPE), *announced], body)


@dataclass
class Expectation:
    """A request that is expected `times` times (None: any number): `target` is its path, or path and query; `headers`
    must be there with that value (None: must be absent); `form` must be the fields of the body."""

    method: str
    target: str
    answer: Answer
    headers: Mapping[str, str | None] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    times: int | None = 1
    met: int = 0

    def fits(self, request: Request) -> bool:
        target = request.target if "?" in self.target else request.path
        return (
            (self.times is None or self.met < self.times)
            and request.method == self.method
            and target == self.target
            and all(request.headers.get(name.lower()) == value for name, value in self.headers.items())
            and (self.form is None or request.form == dict(self.form))
        )


@dataclass
class Scripted:
    """The server. `host` is ``127.0.0.1:port``; `requests` are all that came, in order."""

    requests: list[Request] = field(default_factory=list)
    script: list[Expectation] = field(default_factory=list)
    unexpected: list[Request] = field(default_factory=list)
    host: str = ""
    tls: Any = None
    otherwise: Callable[[Request], Answer] | None = None
    """Answers what is not in the script; None: that is unexpected."""
    open: int = 0
    """Requests that are being answered now."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if error is None:
            assert not self.unexpected, f"unexpected requests: {self.unexpected}"
            unmet = [e for e in self.script if e.times is not None and e.met < e.times]
            assert not unmet, f"expected, and never asked: {unmet}"

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://{self.host}"

    def expect(
        self,
        method: str,
        target: str,
        answer: Answer,
        *,
        headers: Mapping[str, str | None] | None = None,
        form: Mapping[str, str] | None = None,
        times: int | None = 1,
    ) -> None:
        """Add a request to the script; the first that fits answers."""
        self.script.append(Expectation(method, target, answer, headers or {}, form, times))

    def asked(self, path: str) -> list[Request]:
        """The requests for `path` that came."""
        return [request for request in self.requests if request.path == path]

    async def arrived(self, path: str) -> None:
        """Wait for a request for `path`."""
        while not self.asked(path):
            self._news.clear()
            await self._news.wait()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            first = await reader.readexactly(1)
            if first == b"\x16":  # a TLS handshake on a plain port, answered as Go's net/http does
                writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
                await writer.drain()
                return
            head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            request = self._read_head(head)
            length = int(request.headers.get("content-length", "0"))
            body = await reader.readexactly(length)
            request = Request(request.method, request.target, request.headers, body)
            self.requests.append(request)
            self._news.set()
            self.open += 1
            try:
                answer = self._answer(request)
                if answer.after is not None:
                    await answer.after.wait()
                if answer.pause:
                    await asyncio.sleep(answer.pause)
            finally:
                self.open -= 1
            writer.write(answer.octets(request.method))
            await writer.drain()
            if answer.hang_up is not None:
                writer.close()
                return

    def _answer(self, request: Request) -> Answer:
        for expectation in self.script:
            if expectation.fits(request):
                expectation.met += 1
                return expectation.answer
        if self.otherwise is not None:
            return self.otherwise(request)
        self.unexpected.append(request)
        return Answer(599, body=b"not in the script")

    def _read_head(self, head: str) -> Request:
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ")
        pairs = [line.partition(":") for line in lines if line]
        return Request(method, target, {name.strip().lower(): value.strip() for name, _, value in pairs})
