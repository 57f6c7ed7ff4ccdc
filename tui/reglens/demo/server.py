"""The demo's sockets and thread.

Two plain-http hosts on loopback, as Docker Hub is two hosts:

* the registry at ``127.0.0.1:PORT`` (Docker Hub's registry-1.docker.io);
* the token server, search and blob store at ``localhost:OTHER`` (its auth.docker.io, hub.docker.com and CDN).

They differ in name as well as in port on purpose: crane refuses a realm that is a loopback or private IP literal unless
it is the registry's own host and port (go-containerregistry, pkg/v1/remote/transport/bearer.go), and takes a name; curl
and skopeo take both; and a learner sees two hosts, as in the field.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    import uvicorn
    from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
_PATIENCE = 30.0
"""Seconds to wait for the thread: far more than it takes, even on a busy machine."""


def utcnow() -> datetime:
    return datetime.now(UTC)


class DemoRegistry:
    """The demo registry and token server on loopback sockets, on a thread of its own.

    `start` returns as soon as the ports are bound: requests wait in the sockets' queues until the thread has imported
    and built what it needs. `requests` counts what was asked: ping, catalog, tags, manifest, blob, store, referrers,
    token, search and so on. `port` 0 means any free one; the other host gets the port after it, if that is free.
    Raises OSError from `start` if the port is taken. `failure` is what ended the thread, should that ever happen: the
    ports are closed then.
    """

    def __init__(self, *, port: int = 0, clock: Callable[[], datetime] = utcnow) -> None:
        self._wanted = port
        self._clock = clock
        self._sockets: list[socket.socket] = []
        self._closed: socket.socket | None = None
        self._tls_sockets: list[socket.socket] = []
        self._port = self._auth_port = self._tls_port = 0
        self._thread: threading.Thread | None = None
        self._servers: list[uvicorn.Server] = []
        self._stopping = threading.Event()
        self.failure: BaseException | None = None
        self.requests: Counter[str] = Counter()

    @property
    def registry(self) -> str:
        """``host:port`` of the registry."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def url(self) -> str:
        return f"http://{self.registry}"

    @property
    def auth_url(self) -> str:
        """The host that is not the registry: token server, search and blob store."""
        return f"http://localhost:{self._auth_port}"

    @property
    def token_url(self) -> str:
        return f"{self.auth_url}/token"

    @property
    def search_url(self) -> str:
        """Docker Hub's ``/v1/search``; its newer ``/v2/search/repositories/`` stands beside it."""
        return f"{self.auth_url}/v1/search"

    def start(self) -> None:
        """Binds the ports and starts the thread."""
        assert self._thread is None, "already started"
        try:
            self._bind()
        except OSError:
            self._release()
            raise
        self._thread = threading.Thread(target=self._run, name="reglens-demo", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the server and waits for its thread. Does nothing if it never started."""
        self._stopping.set()
        for server in self._servers:
            server.should_exit = True
        if self._thread is not None:
            self._thread.join(_PATIENCE)
            self._thread = None
        self._release()

    def __enter__(self) -> DemoRegistry:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _bind(self) -> None:
        self._port = self._listen(self._sockets, LOOPBACK, self._wanted)
        try:
            self._auth_port = self._listen(self._sockets, LOOPBACK, self._wanted + 1 if 0 < self._wanted < 65535 else 0)
        except OSError:
            self._auth_port = self._listen(self._sockets, LOOPBACK, 0)
        self._tls_port = self._listen(self._tls_sockets, LOOPBACK, 0)
        # "localhost" is ::1 as well; a stranger's server there would otherwise get the token requests.
        with contextlib.suppress(OSError):
            self._listen(self._sockets, "::1", self._auth_port)
            self._listen(self._tls_sockets, "::1", self._tls_port)
        # Bound and not listening: connections are refused, and nobody else can get the port.
        self._closed = socket.socket()
        self._closed.bind((LOOPBACK, 0))

    @staticmethod
    def _listen(among: list[socket.socket], host: str, port: int) -> int:
        # With the protocol named, asyncio sets TCP_NODELAY; without, an answer in two writes waits for an ACK.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind((host, port))
            opened.listen(128)
        except OSError:
            opened.close()
            raise
        opened.setblocking(False)
        among.append(opened)
        return int(opened.getsockname()[1])

    def _release(self) -> None:
        for opened in (*self._sockets, *self._tls_sockets):
            opened.close()
        self._sockets.clear()
        self._tls_sockets.clear()
        if self._closed:
            self._closed.close()
            self._closed = None

    def _run(self) -> None:
        import asyncio

        try:
            asyncio.run(self._serve())
        except Exception as error:
            self.failure = error
            self._release()  # refused at once is better than waiting for nobody

    async def _serve(self) -> None:
        """Imports here, on the thread: none of this is paid for by whoever starts the demo."""
        import asyncio

        from reglens.demo.content.catalogue import Catalogue
        from reglens.demo.faults import Addresses
        from reglens.demo.keys import untrusted_tls
        from reglens.demo.registry import Registry
        from reglens.demo.search import Search
        from reglens.demo.tokens import ISSUER, SERVICE, TokenServer
        from reglens.demo.verify import Verifier
        from reglens.demo.web import Web

        assert self._closed is not None
        closed = f"http://localhost:{self._closed.getsockname()[1]}"
        addresses = Addresses(self.url, self.auth_url, closed, f"https://localhost:{self._tls_port}")
        catalogue = Catalogue()
        tokens = TokenServer(catalogue, addresses, self._clock)
        verifier = Verifier(service=SERVICE, issuer=ISSUER, root=tokens.authority.root)
        registry = Registry(catalogue, verifier, addresses, self._clock)
        web = Web(registry, tokens, Search(catalogue, self.auth_url), self._clock, self.requests)
        app = web.by_port(self._port)
        self._servers = [_server(app), _server(app, untrusted_tls(self._clock()))]
        if not self._stopping.is_set():
            plain, tls = self._servers
            await asyncio.gather(plain.serve(sockets=self._sockets), tls.serve(sockets=self._tls_sockets))


def _server(app: ASGIApp, tls: ssl.SSLContext | None = None) -> uvicorn.Server:
    import uvicorn

    # What a client sends amiss is its own business; unhandled, uvicorn's word about it would land on the screen.
    logger = logging.getLogger("uvicorn")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = False
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # the servers have clocks of their own
        timeout_keep_alive=75,  # as nginx: a person thinks longer than five seconds between two keys
        timeout_graceful_shutdown=1,
    )
    config.load()
    config.ssl = tls
    return uvicorn.Server(config)
