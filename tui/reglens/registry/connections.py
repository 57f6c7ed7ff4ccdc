"""The HTTP connections of one session, made when they are first needed.

Plain http needs no certificate store, and building one costs more than a request to a registry nearby.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable

import httpx

from reglens.errors import UsageError
from reglens.oci.reference import split_port
from reglens.registry.direct import Direct
from reglens.registry.failures import plain_peer
from reglens.registry.options import Options
from reglens.registry.ways.model import Trust
from reglens.registry.ways.proxies import Proxy, proxy_of
from reglens.registry.ways.tls import bare_context, tls_context
from reglens.trace import redact

MAX_CONNECTIONS = 64
"""Connections of one session at once."""
KEPT_ALIVE = 30.0
"""Seconds that an idle connection is used again."""
PROBE_TIMEOUT = 1.0
"""Seconds that a loopback port has to show whether it speaks TLS."""


class Connections:
    """Connections to one registry and the servers it names, kept open between requests.

    Each is an httpx transport of its own with one connection, taken for a request and given back: a pool would look at
    every connection several times for each request, which costs more than the request where many run at once. A
    transport, unlike an httpx client, keeps no cookies (the Go clients keep none, and one could mask the very refusal
    that is being looked into), reads no redirects, makes no credentials of a URL's userinfo and logs no URLs.
    """

    def __init__(self, options: Options, trust: Callable[[str], Trust] = lambda _: Trust()) -> None:
        """`trust` says what is particular to a host (``host[:port]``): its certificates are shown and trusted there
        alone."""
        self.options = options
        self.trust = trust
        self.at_socket = ""
        """The origin that is reached at `Options.unix_socket`."""
        self._idle: dict[str, list[httpx.AsyncBaseTransport]] = {}
        self._busy: set[httpx.AsyncBaseTransport] = set()
        self._free = asyncio.Semaphore(MAX_CONNECTIONS)
        self._contexts: dict[Trust | None, ssl.SSLContext] = {}
        self._proxies: dict[str, Proxy | None] = {}

    async def take(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """A transport that nobody else uses; give it back. Raises UsageError if the options name certificates that
        cannot be read."""
        await self._free.acquire()
        try:
            idle = self._idle.get(_origin(url))
            transport = idle.pop() if idle else self._make(url)
        except BaseException:
            self._free.release()
            raise
        self._busy.add(transport)
        return transport

    def give_back(self, url: httpx.URL, transport: httpx.AsyncBaseTransport) -> None:
        """The last one given back is the first one taken: few connections stay warm, the others grow old."""
        self._busy.discard(transport)
        self._idle.setdefault(_origin(url), []).append(transport)
        self._free.release()

    def proxy(self, url: httpx.URL) -> Proxy | None:
        """The proxy on the way to `url`."""
        origin = _origin(url)
        if origin not in self._proxies:
            self._proxies[origin] = proxy_for(url) if origin != self.at_socket else None
        return self._proxies[origin]

    def _make(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        proxy = self.proxy(url)
        if proxy is None:
            at_socket = self.options.unix_socket is not None and _origin(url) == self.at_socket
            uds = str(self.options.unix_socket) if at_socket else None
            return Direct(self._context(url), keep=KEPT_ALIVE, uds=uds)
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEPT_ALIVE)
        try:
            return httpx.AsyncHTTPTransport(
                verify=self._context(url),
                trust_env=False,
                http1=True,
                http2=False,
                limits=limits,
                proxy=self._through(proxy),
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            words = str(error).replace(proxy.url, redact.url(proxy.url))
            hint = "Proxies are http://, https://, socks5:// or socks5h://."
            raise UsageError(f"The proxy named in {proxy.source} cannot be used: {words}", hint) from None

    def _through(self, proxy: Proxy) -> httpx.Proxy:
        """A proxy that speaks TLS is known by the system's certificates and the person's; none is shown to it."""
        secure = proxy.url.lower().startswith("https:")
        return httpx.Proxy(
            proxy.url, ssl_context=tls_context(Options(ca_file=self.options.ca_file)) if secure else None
        )

    def _context(self, url: httpx.URL) -> ssl.SSLContext:
        trust = self.trust(url.netloc.decode("ascii", "replace")) if url.scheme == "https" else None
        context = self._contexts.get(trust)
        if context is None:
            context = tls_context(self.options, trust) if trust is not None else bare_context()
            self._contexts[trust] = context
        return context

    async def aclose(self) -> None:
        """Close them all; a request that still runs on one fails."""
        transports = [transport for idle in self._idle.values() for transport in idle]
        transports += self._busy
        self._idle.clear()
        for transport in transports:
            await transport.aclose()
        await asyncio.sleep(0)  # so that the loop, which may end now, closes their sockets


def proxy_for(url: httpx.URL) -> Proxy | None:
    """The proxy that the environment names for `url`."""
    return proxy_of(url.scheme, url.netloc.decode("ascii", "replace"), os.environ)


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"


async def speaks_tls(authority: str) -> bool | None:
    """Whether ``host:port`` on this machine answers a TLS handshake; None if it cannot be told.

    No certificate is looked at: that is for the first real request.
    """
    host, port = split_port(authority)
    try:
        async with asyncio.timeout(PROBE_TIMEOUT):
            _, writer = await asyncio.open_connection(host.strip("[]"), port or 443, ssl=bare_context())
    except ssl.SSLEOFError:
        return False  # hung up on the handshake, as a server of something else does
    except ssl.SSLError as error:
        return not plain_peer(error)
    except TimeoutError:
        return False
    except (ConnectionResetError, BrokenPipeError, EOFError):
        return False
    except OSError:
        return None
    writer.transport.abort()
    return True
