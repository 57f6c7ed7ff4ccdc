"""Transcripts of curl against docker-registry and distribution 3, written from what those two answer to each fault.

Tokens are really signed; answers are those that were measured: status, challenge, body. So a fault can be had in any
form without a registry.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from support.token_server import Signer

NOW = datetime.now(UTC).replace(microsecond=0)
SERVICE = "registry.lab.test"
REALM = "http://auth.lab.test/token"
HOST = "registry.lab.test:5000"
SIGNER = Signer("lab token signer")
STRANGER = Signer("stranger")
FORBIDDEN_BODY = '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":%s}]}'

Claims = dict[str, Any]


def claims(**changes: Any) -> Claims:
    """The claims of a token that is right, changed; None takes a claim away."""
    stamp = int(NOW.timestamp())
    value: Claims = {
        "iss": "lab-token-issuer",
        "sub": "alice",
        "aud": SERVICE,
        "exp": stamp + 290,
        "nbf": stamp - 20,
        "iat": stamp - 10,
        "jti": "Zk3vJ5wq",
        "access": [{"type": "repository", "name": "library/alpine", "actions": ["pull"]}],
    }
    value.update(changes)
    return {name: v for name, v in value.items() if v is not None}


def at(**seconds: int) -> Claims:
    """Times as seconds from now."""
    return {name: int((NOW + timedelta(seconds=s)).timestamp()) for name, s in seconds.items()}


def unsigned(value: Claims) -> str:
    """A token with alg none and an empty signature."""
    parts = ({"alg": "none", "typ": "JWT"}, value)
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."


def symmetric(value: Claims) -> str:
    return jwt.encode(value, "k" * 32, "HS256")


@dataclass(frozen=True)
class Answer:
    """What the registry answers: `error` of the challenge (None: no challenge at all)."""

    status: int = 401
    error: str | None = ""
    body: str = ""
    scope: str = "repository:library/alpine:pull"
    version: int = 2


REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


def lines(answer: Answer) -> list[str]:
    """Status line and headers."""
    told = [f"HTTP/1.1 {answer.status} {REASONS[answer.status]}", "Content-Type: application/json; charset=utf-8",
            "Docker-Distribution-Api-Version: registry/2.0"]  # fmt: skip
    if answer.error is not None:
        scope = f',scope="{answer.scope}"' if answer.scope else ""
        error = f',error="{answer.error}"' if answer.error else ""
        told.append(f'Www-Authenticate: Bearer realm="{REALM}",service="{SERVICE}"{scope}{error}')
    told += [f"Date: {NOW:%a, %d %b %Y %H:%M:%S} GMT", f"Content-Length: {len(answer.body)}"]
    return told


def body_for(answer: Answer) -> str:
    """The body that goes with a refusal, where none is given."""
    if answer.body or answer.status != 401:
        return answer.body
    kind, _, rest = answer.scope.partition(":")
    name, _, actions = rest.rpartition(":")
    detail = [{"Type": kind, "Class": "", "Name": name, "Action": a} for a in actions.split(",") if a]
    return FORBIDDEN_BODY % (json.dumps(detail) if detail else "null")


def curl_v(
    authorization: str | None, answer: Answer, path: str = "/v2/library/alpine/tags/list", method: str = "GET"
) -> str:
    """``curl -v`` as a terminal shows it."""
    header = f" -H '{authorization}'" if authorization else ""
    verb = f" -X {method}" if method != "GET" else ""
    url = f"http://{HOST}{path}"
    sent = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "User-Agent: curl/7.88.1", "Accept: */*"]
    sent += [authorization] if authorization else []
    body = body_for(answer)
    told = lines(Answer(answer.status, answer.error, body, answer.scope))
    return "\n".join(
        [f"$ curl -v{header}{verb} {url}", "*   Trying 10.0.0.5:5000...",
         f"* Connected to {HOST.split(':')[0]} (10.0.0.5) port 5000 (#0)",
         *(f"> {line}" for line in sent), "> ", *(f"< {line}" for line in told), "< ", body,
         "* Connection #0 to host left intact", ""]
    )  # fmt: skip


def curl_i(
    authorization: str | None, answer: Answer, path: str = "/v2/library/alpine/tags/list", method: str = "GET"
) -> str:
    """``curl -i``: no request lines."""
    header = f' -H "{authorization}"' if authorization else ""
    verb = f" -X {method}" if method != "GET" else ""
    body = body_for(answer)
    told = lines(Answer(answer.status, answer.error, body, answer.scope))
    return "\n".join([f"$ curl -i{header}{verb} http://{HOST}{path}", *told, "", body, ""])


def quoted_mail(text: str) -> str:
    """As an answer to a mail quotes it."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def fenced(text: str) -> str:
    """As an issue shows it."""
    return f"Hello, since today I get this:\n\n```console\n{text}```\n\nAny idea?\n"


def narrow(text: str) -> str:
    """Broken at 80 columns by the terminal."""
    return "\n".join(line[i : i + 80] for line in text.splitlines() for i in range(0, max(len(line), 1), 80)) + "\n"


FORMS: dict[str, Callable[..., str]] = {"-v": curl_v, "-i": curl_i}
WRAPPINGS: dict[str, Callable[[str], str]] = {"plain": str, "fenced": fenced, "narrow": narrow}
