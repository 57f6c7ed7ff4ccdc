"""Hosts of any name, played by one scripted server: clients believe that they speak https to each.

Every request is strict: one that is not expected, or carries an ``Authorization`` that was not, fails the test, and so
does an expectation that was never met.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import pytest

from reglens.auth.credentials import Credential, Lookup
from reglens.registry.connections import Connections
from reglens.registry.options import Options
from reglens.registry.session import Clock, Session, utcnow
from reglens.secret import Secret
from support.scripted import Answer, Request, Scripted, challenged

_ORIGIN = "x-scripted-origin"


def basic(user: str, password: str) -> str:
    """The header's value for Basic."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class _Detour(httpx.AsyncBaseTransport):
    """Leads every request to the scripted server, and tells it where the client meant to go."""

    def __init__(self, host: str) -> None:
        self.host, _, self.port = host.partition(":")
        self.inner = httpx.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        url = request.url.copy_with(scheme="http", host=self.host, port=int(self.port))
        headers = [*request.headers.raw, (_ORIGIN.encode(), origin.encode())]
        led = httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=request.extensions)
        return await self.inner.handle_async_request(led)

    async def aclose(self) -> None:
        await self.inner.aclose()


@dataclass
class Stored:
    """Credentials as a person has them stored, for one registry; nothing is stored for any other."""

    registry: str
    credential: Credential

    async def find(self, registry: str, repository: str) -> Lookup:
        return Lookup(self.credential if registry == self.registry else None)


@dataclass
class Internet:
    """The hosts. A test says which requests they expect."""

    server: Scripted
    sessions: list[Session] = field(default_factory=list)

    def expect(
        self,
        method: str,
        url: str,
        answer: Answer,
        *,
        auth: str | None = None,
        headers: Mapping[str, str | None] | None = None,
        form: Mapping[str, str] | None = None,
        times: int | None = 1,
    ) -> None:
        """Expect a request for `url` (its query counts if it has one) with exactly this ``Authorization``."""
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        wanted = {_ORIGIN: f"{parts.scheme}://{parts.netloc}", "Authorization": auth, **(headers or {})}
        self.server.expect(method, target, answer, headers=wanted, form=form, times=times)

    def refuse(self, method: str, url: str, *challenges: str, auth: str | None = None, times: int | None = 1) -> None:
        """Expect a request that is refused with these challenges."""
        self.expect(method, url, challenged(*challenges), auth=auth, times=times)

    def session(
        self,
        registry: str,
        *,
        user: str = "",
        password: str = "",
        identity_token: str = "",
        options: Options | None = None,
        clock: Clock = utcnow,
    ) -> Session:
        """A session with `registry`, as a user of it or as nobody; it is closed with the internet."""
        credential = Credential(
            "config.json",
            username=user,
            password=Secret(password) if password else None,
            identity_token=Secret(identity_token) if identity_token else None,
        )
        known = bool(user or identity_token)
        made = Session(
            registry, options=options, credentials=Stored(registry, credential) if known else None, clock=clock
        )
        self.sessions.append(made)
        return made

    @property
    def asked(self) -> list[str]:
        """What was asked, as ``METHOD origin/target``, in order."""
        return [f"{r.method} {r.headers[_ORIGIN]}{r.target}" for r in self.requests]

    @property
    def requests(self) -> list[Request]:
        """The requests, in order."""
        return self.server.requests


@asynccontextmanager
async def internet(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Internet]:
    """An internet of scripted hosts, for the sessions made by it."""
    async with Scripted() as server:
        monkeypatch.setattr(Connections, "_make", lambda self, url: _Detour(server.host))
        made = Internet(server)
        try:
            yield made
        finally:
            for session in made.sessions:
                await session.aclose()
