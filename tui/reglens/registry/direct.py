"""A connection to a server without a proxy between: an httpx transport (https://www.python-httpx.org/advanced/transports/,
"Custom transports") on asyncio's own sockets, with h11, httpx's own reader and writer of HTTP/1.1.

httpx's stock transport looks through a pool, takes four locks and opens four cancel scopes for each request; where a
thousand small ones are sent, that is most of their cost. Proxies keep the stock one (`reglens.registry.connections`).
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import h11
import httpx

_HEAD_LIMIT = 100 << 10
"""Octets of a status line with its headers."""
_HIGH = 1 << 18
"""Octets that may wait to be taken; then the server waits."""
_EYEBALLS = 0.25
"""Seconds before the next address of a name is tried beside the first (RFC 8305, section 5)."""
Mark = Callable[[str, dict[str, object]], Awaitable[None]]


class Wire(asyncio.Protocol):
    """The octets of one connection: what came and was not taken yet, and whether it ended."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.ended = False
        self._came = bytearray()
        self._error: Exception | None = None
        self._news: asyncio.Future[None] | None = None
        self._stuffed: asyncio.Future[None] | None = None
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._came += data
        if len(self._came) > _HIGH and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self.ended = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self._error = exc
        self._wake()
        self.resume_writing()

    def pause_writing(self) -> None:
        self._stuffed = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        stuffed, self._stuffed = self._stuffed, None
        if stuffed is not None and not stuffed.done():
            stuffed.set_result(None)

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    @property
    def fresh(self) -> bool:
        """Whether it can carry another request: the server has neither hung up nor spoken out of turn."""
        return not self.ended and not self._came and self.transport is not None and not self.transport.is_closing()

    async def read(self, patience: float | None) -> bytes:
        """What came since, as soon as something did; nothing at the end. Raises httpx.ReadError, ReadTimeout."""
        if not self._came and not self.ended:
            self._news = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(patience):
                    await self._news
            except TimeoutError:
                raise httpx.ReadTimeout("") from None
            finally:
                self._news = None
        if self._came:
            data = bytes(self._came)
            self._came.clear()
            if self._paused and self.transport is not None:
                self._paused = False
                self.transport.resume_reading()
            return data
        if self._error is not None:
            raise httpx.ReadError(str(self._error)) from self._error
        return b""

    async def write(self, data: bytes, patience: float | None) -> None:
        """Raises httpx.WriteError, WriteTimeout."""
        if self.transport is None or self.transport.is_closing():
            raise httpx.WriteError("the connection is closed")
        self.transport.write(data)
        if self._stuffed is not None:
            try:
                async with asyncio.timeout(patience):
                    await self._stuffed
            except TimeoutError:
                raise httpx.WriteTimeout("") from None

    def get_extra_info(self, name: str) -> Any:
        """``server_addr`` is the address at the other end, as with httpcore's network streams."""
        transport = self.transport
        return transport.get_extra_info("peername" if name == "server_addr" else name) if transport else None

    def abort(self) -> None:
        self.ended = True
        if self.transport is not None:
            self.transport.abort()


class Direct(httpx.AsyncBaseTransport):
    """One connection at a time to one origin, made when it is needed and kept while it can be; one request at a time.

    `keep` is how many seconds an idle connection is used again.
    """

    def __init__(self, context: ssl.SSLContext, *, keep: float, uds: str | None = None) -> None:
        self.context = context
        self.keep = keep
        self.uds = uds
        self._wire: Wire | None = None
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_LIMIT)
        self._idle_since = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeouts = request.extensions["timeout"]
        wire = self._kept() or await self._connect(request, timeouts["connect"])
        try:
            await self._send(wire, request, timeouts["write"])
            head = await self._head(wire, timeouts["read"])
        except BaseException:
            self._drop()
            raise
        return httpx.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(self, wire, timeouts["read"]),
            extensions={
                "http_version": b"HTTP/" + head.http_version,
                "reason_phrase": head.reason,
                "network_stream": wire,
            },
        )

    def _kept(self) -> Wire | None:
        wire = self._wire
        if wire is None:
            return None
        if wire.fresh and asyncio.get_running_loop().time() - self._idle_since <= self.keep:
            return wire
        self._drop()
        return None

    async def _connect(self, request: httpx.Request, patience: float | None) -> Wire:
        loop, wire, url = asyncio.get_running_loop(), Wire(), request.url
        mark: Mark = request.extensions["trace"]
        try:
            async with asyncio.timeout(patience):
                await mark("connection.connect_tcp.started", {})
                if self.uds is not None:
                    await loop.create_unix_connection(lambda: wire, self.uds)
                else:
                    port = url.port or (443 if url.scheme == "https" else 80)
                    await loop.create_connection(
                        lambda: wire, url.raw_host.decode(), port, happy_eyeballs_delay=_EYEBALLS
                    )
                await mark("connection.connect_tcp.complete", {})
                if url.scheme == "https":
                    assert wire.transport is not None
                    self.context.set_alpn_protocols(["http/1.1"])
                    await mark("connection.start_tls.started", {})
                    wire.transport = await loop.start_tls(
                        wire.transport,
                        wire,
                        self.context,
                        server_hostname=url.raw_host.decode(),
                        ssl_handshake_timeout=patience,
                    )
                    await mark("connection.start_tls.complete", {})
        except TimeoutError as error:
            wire.abort()
            raise httpx.ConnectTimeout("") from error
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; ValueError: a name that is none
            wire.abort()
            raise httpx.ConnectError(str(error)) from _first(error)
        except BaseException:
            wire.abort()
            raise
        self._wire = wire
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_LIMIT)
        return wire

    async def _send(self, wire: Wire, request: httpx.Request, patience: float | None) -> None:
        """A server may answer before it took everything, and hang up: the answer is read all the same."""
        http = self._http
        try:
            head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
            octets = http.send(head) or b""
            if request.content:
                octets += http.send(h11.Data(data=request.content)) or b""
            octets += http.send(h11.EndOfMessage()) or b""
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error
        with suppress(httpx.WriteError):
            await wire.write(octets, patience)

    async def _head(self, wire: Wire, patience: float | None) -> h11.Response:
        while True:
            event = await self.event(wire, patience)
            if isinstance(event, h11.Response):
                return event
            if event is h11.PAUSED:
                raise httpx.RemoteProtocolError("it switches to another protocol")

    async def event(self, wire: Wire, patience: float | None) -> Any:
        """The next part of the answer. Raises httpx.RemoteProtocolError, ReadError, ReadTimeout."""
        http = self._http
        while True:
            try:
                event = http.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            data = await wire.read(patience)
            if not data and http.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            http.receive_data(data)

    def settle(self, wire: Wire) -> None:
        """Keep the connection after a whole exchange; drop it after any other."""
        if wire is not self._wire:
            return
        http = self._http
        if http.our_state is h11.DONE and http.their_state is h11.DONE and not http.trailing_data[0]:
            http.start_next_cycle()
            self._idle_since = asyncio.get_running_loop().time()
        else:
            self._drop()

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.abort()

    async def aclose(self) -> None:
        """Close the connection; a request that still runs on it fails."""
        self._drop()


class _Body(httpx.AsyncByteStream):
    """The body of an answer as it comes."""

    def __init__(self, direct: Direct, wire: Wire, patience: float | None) -> None:
        self.direct = direct
        self.wire = wire
        self.patience = patience

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            event = await self.direct.event(self.wire, self.patience)
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            else:
                return

    async def aclose(self) -> None:
        self.direct.settle(self.wire)


def _first(error: Exception) -> Exception:
    """The first of the errors that asyncio puts together, as text alone, where each address of a name has its own."""
    found = re.search(r"\[Errno (\d{1,5})\]", str(error))
    if isinstance(error, OSError) and error.errno is None and found:
        return OSError(int(found[1]), os.strerror(int(found[1])))
    return error
