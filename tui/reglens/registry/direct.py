"""A connection to a server without a proxy between: an httpx transport over one connection of httpcore, httpx's own
engine (https://www.python-httpx.org/advanced/transports/, "Custom transports"; https://www.encode.io/httpcore/
connections/).

httpx's stock transport has a pool around its connections, with locks and cancel scopes of its own for each request;
where a thousand small ones are sent, that is half of their cost. Proxies keep the stock one
(`reglens.registry.connections`).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpcore
import httpx

_RAISED = {
    getattr(httpcore, name): getattr(httpx, name)
    for name in (
        "ConnectTimeout ReadTimeout WriteTimeout PoolTimeout TimeoutException ConnectError ReadError WriteError "
        "NetworkError LocalProtocolError RemoteProtocolError ProtocolError UnsupportedProtocol"
    ).split()
}
"""What httpcore raises, as what httpx calls it: the names are the same."""


class Direct(httpx.AsyncBaseTransport):
    """One connection to one origin, made when it is needed and kept while it can be; one request at a time.

    `keep` is how many seconds an idle connection is used again.
    """

    def __init__(self, context: ssl.SSLContext, *, keep: float, uds: str | None = None) -> None:
        self.context = context
        self.keep = keep
        self.uds = uds
        self._connection: httpcore.AsyncHTTPConnection | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        asked = httpcore.Request(
            request.method, target, headers=request.headers.raw, content=request.content or None,
            extensions=request.extensions,
        )  # fmt: skip
        with _as_httpx():
            connection = await self._usable(target.origin)
            answer = await connection.handle_async_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    async def _usable(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        """The kept connection while it can carry another request, else a new one."""
        kept = self._connection
        if kept is not None and kept.is_idle() and not kept.has_expired():
            return kept
        await self.aclose()
        self._connection = httpcore.AsyncHTTPConnection(
            origin, ssl_context=self.context, keepalive_expiry=self.keep, uds=self.uds
        )
        return self._connection

    async def aclose(self) -> None:
        """Close the connection; a request that still runs on it fails."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of an answer as it comes."""

    def __init__(self, answer: httpcore.Response) -> None:
        self.answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for piece in self.answer.aiter_stream():
                yield piece

    async def aclose(self) -> None:
        with _as_httpx():
            await self.answer.aclose()


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except tuple(_RAISED) as error:
        raise next(_RAISED[kind] for kind in type(error).__mro__ if kind in _RAISED)(str(error)) from error
