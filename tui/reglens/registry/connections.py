"""The pooled HTTP clients of one session, made when they are first needed.

Plain http needs no certificate store, and building one costs more than a request to a registry nearby.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from reglens.errors import UsageError
from reglens.oci.reference import is_loopback, split_port
from reglens.registry.failures import plain_peer
from reglens.registry.options import Options

POOL = 64
"""Connections to one registry at once."""
PROBE_TIMEOUT = 2.0
"""Seconds that a loopback port has to show whether it speaks TLS."""


class Connections:
    """One client for plain http and one for https, each with and without the environment's proxies."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._clients: dict[tuple[bool, bool], httpx.AsyncClient] = {}

    def client(self, url: httpx.URL) -> httpx.AsyncClient:
        """The client for `url`. This machine is never reached through a proxy, as in Go (net/http,
        ``ProxyFromEnvironment``). Raises UsageError if the options name certificates that cannot be read."""
        secure = url.scheme == "https"
        local = is_loopback(url.host)
        client = self._clients.get((secure, local))
        if client is None:
            client = self._clients[secure, local] = self._make(secure, local)
        return client

    def _make(self, secure: bool, local: bool) -> httpx.AsyncClient:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it prints URLs with their signatures
        try:
            return httpx.AsyncClient(
                verify=tls_context(self.options) if secure else bare_context(),
                http1=True,
                http2=False,
                trust_env=not local,
                cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
                follow_redirects=False,
                timeout=self.options.timeout,
                limits=httpx.Limits(max_connections=POOL, max_keepalive_connections=POOL, keepalive_expiry=30),
            )
        except (ValueError, ImportError) as error:
            raise UsageError(f"A proxy in the environment cannot be used: {error}", "Check HTTPS_PROXY.") from None

    async def aclose(self) -> None:
        clients = list(self._clients.values())
        self._clients.clear()
        for client in clients:
            await client.aclose()


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
