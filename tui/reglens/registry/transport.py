"""One HTTP exchange at a time: sent, read within bounds, and recorded whatever becomes of it.

Every exchange is put into the trace when it is sent and again when it ended, failed or was cancelled. Redirects,
authorization and meaning are the business of others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpcore
import httpx

from reglens import __version__
from reglens.auth.reply import Presented, Reply
from reglens.auth.site import bare_host, is_internal, same_site
from reglens.auth.token_answer import read_token_answer
from reglens.auth.trust import Withheld, is_trusted, origin_of
from reglens.errors import AnswerInvalid, Reach
from reglens.oci.reference import is_loopback
from reglens.registry.body import ERROR_LIMIT, RECORD_LIMIT, NotDecodable, OverLimit, read_body
from reglens.registry.connections import Connections, speaks_tls
from reglens.registry.failures import Expired, Inward, explained, failure
from reglens.registry.limits import warnings
from reglens.registry.options import Options
from reglens.registry.ways.model import Endpoint, Trust
from reglens.secret import Secret
from reglens.trace import redact
from reglens.trace.exchange import Authorization, Body, Exchange, Failure, Headers, Role, Timing
from reglens.trace.trace import Trace

PATIENCE = 10
"""A whole exchange may take this many times the time-out of a single wait: a server that sends a little now and then
cannot hold it open for ever."""
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OverLimit, NotDecodable, Expired, Inward, OSError)
_SPANS = ("connect_tcp", "connect_unix_socket", "start_tls")
_USER_AGENT = ("User-Agent", f"reglens/{__version__}")


class Sink(Protocol):
    """Takes the body of a success piece by piece, so that nobody holds it whole."""

    def begin(self) -> None:
        """A body begins; one that had begun before has ended early."""

    async def take(self, piece: bytes) -> None:
        """The next piece of it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to be made. `url` is absolute; `limit` bounds the body of a success, in octets; `compressed` allows a
    content coding (never where the digest of the body counts); `follows` is the exchange whose redirect led here;
    a `sink` takes the body of a success, which may then take any time; `withheld` stayed behind; `expected` are
    statuses that answer the question though they are no success."""

    role: Role
    url: str
    limit: int
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    presented: Presented | None = None
    form: tuple[tuple[str, str | Secret], ...] = ()
    compressed: bool = False
    follows: int | None = None
    note: str = ""
    sink: Sink | None = None
    withheld: Withheld | None = None
    expected: frozenset[int] = frozenset()


class Transport:
    """The way to one registry and the servers it names.

    `endpoint` is how this machine's files say that it is reached; None: as everybody does.
    """

    def __init__(
        self,
        registry: str,
        options: Options,
        trace: Trace,
        clock: Callable[[], datetime],
        endpoint: Endpoint | None = None,
    ) -> None:
        self.registry = registry
        self.options = options
        self.trace = trace
        self.clock = clock
        self.endpoint = endpoint or Endpoint(registry)
        self.connections = Connections(options, self.trust)
        self.inside: bool | None = None
        """Whether the registry's address is one of a private network, as the last connection showed."""
        self.base_url = self._settled()
        self._probing = asyncio.Lock()
        self._news = ""
        self._timeouts = httpx.Timeout(options.timeout).as_dict()

    def _settled(self) -> str:
        """Where the registry is, if that can be told without looking."""
        endpoint = self.endpoint
        if self.options.unix_socket and not endpoint.mirror:
            self.connections.at_socket = f"http://{self.registry}"
            return self.connections.at_socket
        if self.options.plain_http and not endpoint.mirror:
            return f"http://{self.registry}"
        if endpoint.scheme:
            return f"{endpoint.scheme}://{self.registry}"
        secure = f"https://{self.registry}"
        looks = is_loopback(self.registry) or (endpoint.insecure and self.connections.proxy(httpx.URL(secure)) is None)
        return "" if looks else secure

    def trust(self, authority: str) -> Trust:
        """What is particular to a host: of its ``certs.d`` folder, and for the registry itself of the file that
        describes its endpoint."""
        machine = self.options.machine
        if authority.removesuffix(":443") != self.registry.removesuffix(":443"):
            return machine.trust(authority) if machine else Trust()
        endpoint = self.endpoint
        own = endpoint.trust.beside(machine.trust(self.registry)) if machine else endpoint.trust
        return replace(own, insecure=own.insecure or endpoint.insecure)

    def reached(self, url: httpx.URL, address: str) -> None:
        """A connection for `url` was made, to `address`; nothing was sent yet. Raises Inward where it may not be used.

        Names decide where a request may go (`reglens.auth.realm`), and whoever owns a name can have it resolve to any
        address (DNS rebinding). So what is not the registry itself may not lie inside a private network that the
        registry is not in: unless the person trusts it, or it is on the registry's site and its certificate proves it.
        """
        host, inside = url.netloc.decode("ascii", "replace"), is_internal(address)
        if bare_host(host) == bare_host(self.registry):
            self.inside = inside
        elif inside and self.inside is False:
            proven = url.scheme == "https" and not self.options.insecure and same_site(host, self.registry)
            if not proven and not is_trusted(origin_of(str(url)), self.options.trust.of(self.registry)):
                raise Inward(address)

    async def find_base_url(self) -> str:
        """Where the registry is. A loopback host, and one that may be reached insecurely, is tried over TLS first and
        may turn out to speak plain http; which it was is remembered, and said in the record of the next exchange."""
        if not self.base_url:
            async with self._probing:
                await self._probe()
        return self.base_url or f"http://{self.registry}"

    async def _probe(self) -> None:
        """Nothing is settled if nobody is there: the first request will say so, and the next one looks again."""
        if self.base_url:
            return
        secure = await speaks_tls(self.registry)
        if secure is False:
            why = "as it is this machine" if is_loopback(self.registry) else f"as {self.endpoint.source} allows"
            self._news = f"{self.registry} does not speak TLS; plain http is used, {why}"
        if secure is not None:
            self.base_url = f"{'https' if secure else 'http'}://{self.registry}"

    async def send(self, call: Call) -> Reply:
        """The answer to `call`, of any status. Raises Unreachable, AnswerInvalid, TooLarge, UsageError."""
        try:
            request = self._request(call)
        except (httpx.InvalidURL, ValueError, TypeError) as error:
            raise AnswerInvalid(f"The URL {redact.url(call.url)} cannot be asked: {error}.") from None
        connection = await self.connections.take(request.url)
        try:
            return await self._exchange(call, request, connection)
        finally:
            self.connections.give_back(request.url, connection)

    async def _exchange(self, call: Call, request: httpx.Request, connection: httpx.AsyncBaseTransport) -> Reply:
        recorder = _Recorder(self, call, request)
        news, self._news = self._news, ""
        recorder.begin(news)
        request.extensions = {"timeout": self._timeouts, "trace": recorder.trace_event}
        patience = asyncio.timeout(self.options.timeout * PATIENCE if call.sink is None else None)
        try:
            async with patience:
                response = await connection.handle_async_request(request)
                try:
                    recorder.answered(response)
                    body = await self._read(call, response, recorder)
                finally:
                    await response.aclose()
        except TimeoutError:
            if not patience.expired():
                raise
            late = Expired(f"not whole after {self.options.timeout * PATIENCE:g} s")
            raise explained(late, recorder.fail(late)) from None
        except _FAILURES as error:
            if recorder.stale(error):
                recorder.notes.append("the server had closed this kept connection; asked again on a new one")
                recorder.fail(error)
                return await self._exchange(call, self._request(call), connection)
            raise explained(error, recorder.fail(error)) from error
        except asyncio.CancelledError:
            recorder.end(Failure(Reach.ANSWER, "cancelled"))
            raise
        exchange = recorder.finish(body)
        return Reply(response.status_code, response.headers, body, exchange)

    def _request(self, call: Call) -> httpx.Request:
        parts = urlsplit(call.url)
        bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
        coding = ("Accept-Encoding", "gzip" if call.compressed else "identity")
        headers = [_USER_AGENT, coding, *call.headers]
        if self.endpoint.headers and parts.netloc.rpartition("@")[2] == self.registry:
            headers += [(name, value.reveal()) for name, value in self.endpoint.headers]
        if call.presented is not None:
            headers.append(("Authorization", f"{call.presented.scheme} {call.presented.secret.reveal()}"))
        content = None
        if call.form:
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
            pairs = [(name, v.reveal() if isinstance(v, Secret) else v) for name, v in call.form]
            content = urlencode(pairs).encode()
        return httpx.Request(call.method, bare, headers=headers, content=content)

    async def _read(self, call: Call, response: httpx.Response, recorder: _Recorder) -> bytes:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        if call.method == "HEAD":
            async for _ in response.stream:  # the connection can be used again only once the answer was read
                pass
            return b""
        coding = response.headers.get("content-encoding", "").strip().lower()
        if response.status_code >= 300:
            return await self._read_error(response.stream, coding, recorder)
        if not coding and recorder.declared is not None and recorder.declared > call.limit:
            raise OverLimit(call.limit, b"")
        if call.sink is not None:
            return await self._pour(response.stream, coding, call.limit, call.sink, recorder)
        return await read_body(response.stream, coding, call.limit)

    async def _pour(
        self, stream: httpx.AsyncByteStream, coding: str, limit: int, sink: Sink, recorder: _Recorder
    ) -> bytes:
        """Hand a body on, piece by piece. Nothing of it goes into the record but its size."""
        if coding not in ("", "identity"):
            raise NotDecodable(f"the body is coded as {coding!r}, which was not asked for")
        sink.begin()
        async for piece in stream:
            recorder.poured += len(piece)
            if recorder.poured > limit:
                raise OverLimit(limit, b"")
            await sink.take(piece)
        return b""

    async def _read_error(self, stream: httpx.AsyncByteStream, coding: str, recorder: _Recorder) -> bytes:
        """What an error says, as far as it comes: a fault in the explanation must not hide the error."""
        try:
            async with asyncio.timeout(self.options.timeout):
                return await read_body(stream, coding, ERROR_LIMIT)
        except OverLimit as over:
            recorder.cut = True
            return over.begin
        except (TimeoutError, NotDecodable, httpx.HTTPError, httpx.StreamError) as error:
            recorder.notes.append(f"the body could not be read: {str(error) or 'it came too slowly'}")
            return b""


class _Recorder:
    """Makes the record of one exchange."""

    def __init__(self, transport: Transport, call: Call, request: httpx.Request) -> None:
        self.transport = transport
        self.call = call
        self.request = request
        self.notes: list[str] = []
        self.cut = False
        self.poured = 0
        self.declared: int | None = None
        self.started = perf_counter()
        self.marks: dict[str, float] = {}
        self.first_byte: float | None = None
        self.exchange: Exchange

    def begin(self, news: str) -> None:
        call, request = self.call, self.request
        presented = call.presented
        lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        proxy = self.transport.connections.proxy(request.url)
        self.notes = [text for text in (news, call.note) if text]
        form = [(name, str(value)) for name, value in call.form]
        self.exchange = Exchange(
            number=self.transport.trace.open(),
            role=call.role,
            authority=self.transport.registry,
            method=call.method,
            url=redact.url(str(request.url)),
            request_headers=Headers(_redacted_request(lines, presented, self.transport.endpoint)),
            form=tuple(form),
            authorization=_authorization(presented) if presented else None,
            local_time=self.transport.clock(),
            follows=call.follows,
            withheld=call.withheld,
            expected=call.expected,
            note="; ".join(self.notes),
            via=redact.url(proxy.url) if proxy else "",
        )
        self.transport.trace.put(self.exchange)

    async def trace_event(self, name: str, info: dict[str, object]) -> None:
        await self.transport.options.turn()
        event = name.partition(".")[2]  # of the connection, or of the proxy before it
        if event.startswith(_SPANS):
            self.marks[event.replace("unix_socket", "tcp")] = perf_counter()
        stream = info.get("return_value")
        if (
            event == "connect_tcp.complete"
            and isinstance(stream, httpcore.AsyncNetworkStream)
            and not self.exchange.via
        ):
            address = stream.get_extra_info("server_addr")
            try:
                self.transport.reached(self.request.url, str(address[0]) if isinstance(address, tuple) else "")
            except Inward:
                await stream.aclose()
                raise

    def answered(self, response: httpx.Response) -> None:
        self.first_byte = self.elapsed()
        length = response.headers.get("content-length", "")
        self.declared = int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None
        lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw]
        stream = response.extensions.get("network_stream")
        address = stream.get_extra_info("server_addr") if stream is not None else None
        self.exchange = replace(
            self.exchange,
            status=response.status_code,
            reason=response.reason_phrase,
            http_version=response.http_version,
            response_headers=Headers(redact.headers(lines)),
            peer=_peer(address),
        )
        if "warning" in response.headers:
            self.notes += [f"the server warns: {text}" for text in warnings(response.headers.get_list("warning"))]

    def finish(self, body: bytes) -> Exchange:
        """The record of a whole answer."""
        token = None
        kept = body
        if self.call.role is Role.TOKEN:
            if self.exchange.status == 200:
                answer = read_token_answer(body)
                token = answer.token
                self.notes += answer.notes
            kept = redact.token_answer(body, success=self.exchange.status == 200)
        size = len(body) or self.poured
        if self.cut:
            size = max(size + 1, self.declared or 0)
        elif len(kept) > size:
            size = len(kept)
        return self.end(None, body=Body(kept[:RECORD_LIMIT], size), token=token)

    def fail(self, error: BaseException) -> Exchange:
        """The record of an exchange that `error` ended."""
        failed = failure(error, self.exchange.host, self.transport.options.timeout, self.exchange.via)
        if isinstance(error, OverLimit):
            begin = b"" if self.call.role is Role.TOKEN else error.begin[:RECORD_LIMIT]
            return self.end(failed, body=Body(begin, max(error.limit + 1, self.declared or 0)))
        return self.end(failed)

    def end(self, failed: Failure | None, **more: Any) -> Exchange:
        """The record as it stays; `more` are fields of it that are known only now."""
        timing = Timing(self.span("connect_tcp"), self.span("start_tls"), self.first_byte, self.elapsed())
        note = "; ".join(self.notes)
        self.exchange = replace(self.exchange, failure=failed, timing=timing, note=note, **more)
        self.transport.trace.put(self.exchange)
        return self.exchange

    def stale(self, error: BaseException) -> bool:
        """Whether the request met a connection that the server was closing as idle: it was not handled then, and can
        be sent again, as Go does (net/http, ``shouldRetryRequest``). A new connection is never stale."""
        return (
            isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError)
            and self.first_byte is None
            and "connect_tcp.started" not in self.marks
            and self.call.method in ("GET", "HEAD")
        )

    def span(self, name: str) -> float | None:
        start, stop = self.marks.get(f"{name}.started"), self.marks.get(f"{name}.complete")
        return (stop - start) * 1000 if start is not None and stop is not None else None

    def elapsed(self) -> float:
        return (perf_counter() - self.started) * 1000


def _redacted_request(
    lines: list[tuple[str, str]], presented: Presented | None, endpoint: Endpoint
) -> list[tuple[str, str]]:
    """The request's header lines; the only secrets among them are that of `presented` and those of the endpoint."""
    if endpoint.headers:
        masked = {(name.lower(), value.reveal()): str(value) for name, value in endpoint.headers}
        lines = [(name, masked.get((name.lower(), value), value)) for name, value in lines]
    if presented is None:
        return lines
    shown = f"{presented.scheme} {presented.secret}"
    return [(name, shown if name == "Authorization" else value) for name, value in lines]


def _authorization(presented: Presented) -> Authorization:
    return Authorization(presented.scheme, presented.secret, presented.token, presented.username, presented.source)


def _peer(address: object) -> str:
    if isinstance(address, tuple) and len(address) >= 2:
        host = str(address[0])
        return f"[{host}]:{address[1]}" if ":" in host else f"{host}:{address[1]}"
    return str(address) if isinstance(address, str) else ""
