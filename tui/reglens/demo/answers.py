"""Requests and answers of the demo servers, before and after HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Call:
    """One request as the handlers see it. `origin` is scheme, host and port that it came to, as the client wrote them;
    header names are lower case; `path` is decoded."""

    method: str
    origin: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter; None if it is absent."""
        return next(iter(self.parameters(name)), None)

    def parameters(self, name: str) -> list[str]:
        """Every value of a query parameter."""
        return parse_qs(self.query, keep_blank_values=True).get(name, [])

    @property
    def form(self) -> dict[str, list[str]]:
        """The body as ``application/x-www-form-urlencoded``."""
        return parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)


@dataclass(frozen=True)
class Answer:
    """One answer. `cut`: octets of the body after which the connection is dropped, or None for a whole answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None

    def plus(self, headers: Mapping[str, str]) -> Answer:
        """This answer with more headers; those given replace those that stand."""
        return replace(self, headers={**self.headers, **headers})


def document(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer, written as Go's encoder does: compact, with a line end."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    return Answer(status, body, {"content-type": "application/json", **(headers or {})})


def error(
    status: int, code: str, message: str, detail: object = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """An error as registries write it (OCI distribution spec, "Error Codes")."""
    return document({"errors": [{"code": code, "message": message, "detail": detail}]}, status, headers)


def text(value: str, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> Answer:
    return Answer(status, value.encode(), {"content-type": content_type})


def unauthorized(details: str) -> Answer:
    """How Docker Hub's token server refuses: ``details`` instead of ``errors`` (moby, daemon/containerd)."""
    return document({"details": details}, 401, {"www-authenticate": 'Basic realm="auth.docker.io"'})


NO_ROUTE = text("404 page not found\n", 404)
"""What Go's router says where nothing matches: upper case in a repository's name, the v1 API."""
