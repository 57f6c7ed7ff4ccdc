"""The HTTP connections of one session, made when they are first needed.

Plain http needs no certificate store, and building one costs more than a request to a registry nearby.
"""

from __future__ import annotations

import asyncio
import ssl
from urllib.request import getproxies, proxy_bypass

import httpx

from reglens.errors import UsageError
from reglens.oci.reference import is_loopback, split_port
from reglens.registry.failures import plain_peer
from reglens.registry.options import Options

MAX_CONNECTIONS = 64
"""Connections of one session at once."""
KEPT_ALIVE = 30.0
"""Seconds that an idle connection is used again."""
PROBE_TIMEOUT = 1.0
"""Seconds that a loopback port has to show whether it speaks TLS."""


class Connections:
    """Connections to one registry and the servers it names, kept open between requests.

    Each is an httpx transport of its own with one connection, taken for a request and given back: httpcore's pool looks
    at every connection several times for each request, which costs more than the request where many run at once. A
    transport, unlike an httpx client, keeps no cookies (the Go clients keep none, and one could mask the very refusal
    that is being looked into), reads no redirects, makes no credentials of a URL's userinfo and logs no URLs.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self._idle: dict[str, list[httpx.AsyncBaseTransport]] = {}
        self._busy: set[httpx.AsyncBaseTransport] = set()
        self._free = asyncio.Semaphore(MAX_CONNECTIONS)
        self._contexts: dict[bool, ssl.SSLContext] = {}

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

    def _make(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        secure = url.scheme == "https"
        context = self._contexts.get(secure)
        if context is None:
            context = self._contexts[secure] = tls_context(self.options) if secure else bare_context()
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEPT_ALIVE)
        proxy = proxy_for(url)
        try:
            return httpx.AsyncHTTPTransport(
                verify=context, trust_env=False, http1=True, http2=False, limits=limits, proxy=proxy
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            hint = "Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY."
            raise UsageError(f"A proxy named in the environment cannot be used: {error}", hint) from None

    async def aclose(self) -> None:
        """Close them all; a request that still runs on one fails."""
        transports = [transport for idle in self._idle.values() for transport in idle]
        transports += self._busy
        self._idle.clear()
        for transport in transports:
            await transport.aclose()


def proxy_for(url: httpx.URL) -> str | None:
    """The proxy that the environment names for `url` (``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY``).
    This machine is never reached through one, as in Go (net/http, ``ProxyFromEnvironment``)."""
    if is_loopback(url.host):
        return None
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(url.netloc.decode("ascii", "replace")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"


def bare_context() -> ssl.SSLContext:
    """A context that verifies nothing and loads nothing, for connections that will not use it, or only look."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def tls_context(options: Options) -> ssl.SSLContext:
    """The context by the person's options: the machine's certificate store (``SSL_CERT_FILE`` included), certifi's if
    it has none, and `ca_file` beside it."""
    context = bare_context() if options.insecure else ssl.create_default_context()
    try:
        if not options.insecure:
            paths = ssl.get_default_verify_paths()
            if not context.cert_store_stats()["x509_ca"] and not paths.capath:
                import certifi

                context.load_verify_locations(certifi.where())
            if options.ca_file:
                context.load_verify_locations(options.ca_file)
        if options.client_cert:
            context.load_cert_chain(options.client_cert, options.client_key, password=_no_password)
    except (OSError, ValueError) as error:
        what = f"{options.ca_file}" if options.ca_file and not options.client_cert else "the certificate files"
        raise UsageError(f"{what} cannot be read: {error}", "Give PEM files; a key without a passphrase.") from None
    return context


def _no_password() -> str:
    raise ValueError("the key is protected by a passphrase")


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
