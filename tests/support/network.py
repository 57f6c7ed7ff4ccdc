"""A network of named hosts, in memory, that notes what each was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from reglens.auth.credentials import Credential, Lookup
from reglens.oci.digest import Digest
from reglens.registry.connections import Connections
from reglens.secret import Secret

Handler = Callable[[httpx.Request], httpx.Response]
HOST = "registry.example.com"
PASSWORD = "YWxpY2U6d29uZGVybGFuZA=="
DATA = b"layer"
DIGEST = Digest.of(DATA)


class Alice:
    """Credentials for the registry."""

    async def find(self, registry: str, repository: str) -> Lookup:
        return Lookup(Credential("the vault", username="alice", password=Secret("wonderland")))


@dataclass
class Network:
    """Hosts by ``scheme://host[:port]``, and what each was sent."""

    hosts: dict[str, Handler] = field(default_factory=dict)
    sent: list[tuple[str, httpx.Request]] = field(default_factory=list)

    @classmethod
    def installed(cls, monkeypatch: pytest.MonkeyPatch) -> Network:
        """A network that every session's requests go to."""
        made = cls()
        monkeypatch.setattr(Connections, "_make", lambda _self, _url: httpx.MockTransport(made.handle))
        return made

    def handle(self, request: httpx.Request) -> httpx.Response:
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        self.sent.append((origin, request))
        return self.hosts[origin](request)

    def authorizations(self, origin: str) -> list[str]:
        return [r.headers["authorization"] for o, r in self.sent if o == origin and "authorization" in r.headers]


def registry(realm: str, *, after: Handler | None = None) -> Handler:
    """A registry that asks for a token of `realm`, and answers whoever has one by `after`."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization", "").startswith("Bearer ") and after is not None:
            return after(request)
        challenge = f'Bearer realm="{realm}",service="s",scope="repository:a/b:pull"'
        return httpx.Response(401, headers={"WWW-Authenticate": challenge})

    return answer


def token(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"token": "t1"})


def data(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=DATA)


def redirect(location: str) -> Handler:
    return lambda _: httpx.Response(307, headers={"Location": location})
