"""What the behaviours are made of: the request, the connection to answer on, honest documents, and the table."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_IMAGE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
ISSUED = "issued-token-canary-0123456789"
"""The token that the registry's token servers hand out; it is a secret like any other."""


class Servers(Protocol):
    """What a behaviour may know of the servers."""

    requests: list[Asked]
    stopping: bool

    @property
    def host(self) -> str: ...

    @property
    def elsewhere(self) -> str: ...

    @property
    def token_url(self) -> str: ...


@dataclass(frozen=True)
class Asked:
    """A request as it came. Header names are lower case; `host` is whom it reached: ``registry``,
    ``elsewhere`` or ``helped``."""

    host: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    raw: bytes = b""

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])

    @property
    def kind(self) -> str:
        """What is asked for: ``ping``, ``catalog``, ``tags``, ``manifest``, ``blob``, ``referrers``, ``token``."""
        path = self.path
        if path.rstrip("/") == "/v2":
            return "ping"
        for mark, kind in (
            ("/_catalog", "catalog"),
            ("/tags/list", "tags"),
            ("/manifests/", "manifest"),
            ("/blobs/", "blob"),
            ("/referrers/", "referrers"),
            ("/token", "token"),
        ):
            if mark in path:
                return kind
        return "other"

    @property
    def authorised(self) -> bool:
        return self.headers.get("authorization", "").lower().startswith("bearer")


class Wire:
    """The connection that a behaviour writes to."""

    def __init__(self, connection: socket.socket, asked: Asked, hostile: Servers) -> None:
        self.connection = connection
        self.asked = asked
        self.hostile = hostile

    def raw(self, data: bytes) -> None:
        if self.asked.method == "HEAD" and b"\r\n\r\n" in data:
            data = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        self.connection.sendall(data)

    def answer(self, body: bytes, *headers: tuple[str, str | bytes], status: int = 200, length: bool = True) -> None:
        """A whole answer; header values may be octets that no decent server sends."""
        lines = [f"HTTP/1.1 {status} Hostile".encode(), b"Connection: close"]
        if length:
            lines.append(b"Content-Length: %d" % len(body))
        for name, value in headers:
            lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()))
        self.raw(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    def json(self, value: Any, *headers: tuple[str, str | bytes], status: int = 200) -> None:
        kind = ("Content-Type", "application/json")
        if self.asked.kind == "manifest" and isinstance(value, dict) and isinstance(value.get("mediaType"), str):
            kind = ("Content-Type", OCI_INDEX if "manifests" in value else OCI_IMAGE)
        self.answer(json.dumps(value).encode(), kind, *headers, status=status)

    def innocent(self) -> None:
        """What an honest registry would say."""
        self.json(innocent(self.asked.kind))

    def challenge(self, *challenges: str | bytes) -> None:
        value = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
        self.json(value, *(("WWW-Authenticate", challenge) for challenge in challenges), status=401)

    def idle(self, seconds: float) -> bool:
        """Wait, at most until the server stops or the client is gone; whether to go on."""
        self.connection.settimeout(seconds)
        try:
            if not self.connection.recv(1):
                return False
        except TimeoutError:
            pass
        finally:
            self.connection.settimeout(30)
        return not self.hostile.stopping


def image() -> dict[str, Any]:
    """A small image manifest."""
    config = b"{}"
    return {
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": {"mediaType": CONFIG, "size": len(config), "digest": sha256(config)},
        "layers": [],
    }


def index(*entries: dict[str, Any]) -> dict[str, Any]:
    """An index of `entries`."""
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries)}


def entry(digest: str, **more: Any) -> dict[str, Any]:
    """An entry of an index."""
    platform = {"os": "linux", "architecture": "amd64"}
    return {"mediaType": OCI_IMAGE, "size": 123, "digest": digest, "platform": platform, **more}


def innocent(kind: str) -> dict[str, Any]:
    """An honest document of a kind."""
    documents: dict[str, dict[str, Any]] = {
        "catalog": {"repositories": ["team/app"]},
        "tags": {"name": "team/app", "tags": ["1.0", "latest"]},
        "manifest": image(),
        "referrers": index(),
        "token": {"token": ISSUED, "expires_in": 300},
    }
    return documents.get(kind, {})


Behaviour = Callable[[Wire], None]
BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(name: str) -> Callable[[Behaviour], Behaviour]:
    """Puts a function under a name."""

    def put(function: Behaviour) -> Behaviour:
        assert name not in BEHAVIOURS
        BEHAVIOURS[name] = function
        return function

    return put


def simple(name: str, make: Callable[[Asked], bytes]) -> None:
    """A behaviour that answers everything with a body and nothing else amiss."""
    BEHAVIOURS[name] = lambda wire: wire.answer(make(wire.asked), ("Content-Type", "application/json"))


def on_wire(name: str, make: Callable[[Asked], bytes]) -> None:
    """A behaviour that answers everything with octets."""
    BEHAVIOURS[name] = lambda wire: wire.raw(make(wire.asked))


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def honest_body(asked: Asked) -> bytes:
    return json.dumps(innocent(asked.kind)).encode()
