"""The demo's token server: it signs what it is asked for, as far as the caller may have it.

It speaks distribution's token protocol (docs/content/spec/auth/token.md, GET) and its OAuth2 form (oauth.md, POST):

* ``service`` becomes the audience, whatever it is: the token server is not the one who decides whether that is right;
* it grants the part of the scopes that the caller may have; having nothing to grant is an empty ``access`` and a 200;
* who sends no credentials is anonymous and may pull what is public; a wrong password is a 401, never a lesser token.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from reglens.demo.answers import Answer, Call, document, text, unauthorized
from reglens.demo.content.catalogue import Catalogue
from reglens.demo.faults import Addresses, Fault, fault_of
from reglens.demo.keys import Authority
from reglens.oci.scope import Scope, parse_scopes, union

SERVICE = "registry.docker.io"
ISSUER = "auth.docker.io"
USER = "demo"
PASSWORD = "demo"  # noqa: S105 - shown to everybody who starts the demo
LIFE = 300
"""Seconds that a token lasts, as on Docker Hub."""
_MAX_REFRESH = 1000


class _Rejected(Exception):
    """The credentials are wrong."""


@dataclass(frozen=True)
class _Request:
    """What a token request asks for, whichever form it came in."""

    service: str
    scopes: tuple[Scope, ...]
    user: str | None
    offline: bool


class TokenServer:
    """Answers at the realm."""

    def __init__(self, catalogue: Catalogue, addresses: Addresses, clock: Callable[[], datetime]) -> None:
        self._catalogue = catalogue
        self._addresses = addresses
        self._clock = clock
        self.authority = Authority.create("auth.docker.io demo", clock())
        self._refresh: dict[str, str] = {}

    def answer(self, call: Call) -> Answer:
        """The answer to a request for ``/token``."""
        if call.method not in ("GET", "HEAD", "POST"):
            return text("Method Not Allowed\n", 405).plus({"allow": "GET, HEAD, POST"})
        scopes = _scopes(call)
        fault = next((f for scope in scopes if (f := fault_of(scope.name))), None)
        now = self._clock() + (fault.token_clock if fault else timedelta())
        answer = self._answer(call, scopes, fault, now)
        return answer.plus({"date": format_datetime(now, usegmt=True), "cache-control": "no-store"})

    def _answer(self, call: Call, scopes: tuple[Scope, ...], fault: Fault | None, now: datetime) -> Answer:
        if fault and fault.token and (answer := fault.token(call, self._addresses)):
            return answer
        try:
            asked = self._post(call, scopes) if call.method == "POST" else self._get(call, scopes)
        except _Rejected:
            return unauthorized("incorrect username or password")
        except ValueError as error:
            return document({"details": str(error)}, 400)
        if fault and fault.realm and not fault.realm(self._addresses).startswith(f"{call.origin}/"):
            return document({"details": "this token server knows no such repository"}, 400)
        return document(self._issue(asked, fault, now))

    def _get(self, call: Call, scopes: tuple[Scope, ...]) -> _Request:
        user = _basic_user(call.headers.get("authorization"))
        offline = call.parameter("offline_token") == "true"
        return _Request(call.parameter("service") or "", scopes, user, offline)

    def _post(self, call: Call, scopes: tuple[Scope, ...]) -> _Request:
        form = {name: values[0] for name, values in call.form.items()}
        grant = form.get("grant_type", "")
        if grant == "password":
            user = _checked(form.get("username", ""), form.get("password", ""))
        elif grant == "refresh_token":
            found = self._refresh.get(form.get("refresh_token", ""))
            if found is None:
                raise _Rejected
            user = found
        else:
            raise ValueError(f"unsupported grant_type {grant!r}" if grant else "grant_type is missing")
        return _Request(form.get("service", ""), scopes, user, form.get("access_type") == "offline")

    def _issue(self, asked: _Request, fault: Fault | None, now: datetime) -> dict[str, Any]:
        granted = self.granted(asked.scopes, asked.user)
        claims: dict[str, Any] = {
            "access": [{"type": s.type, "name": s.name, "actions": list(s.actions)} for s in granted],
            "aud": asked.service,
            "exp": int(now.timestamp()) + LIFE,
            "iat": int(now.timestamp()),
            "iss": ISSUER,
            "jti": f"demo_{secrets.token_urlsafe(12)}",
            "nbf": int(now.timestamp()),
            "sub": asked.user or "",
        }
        if fault and fault.claims:
            fault.claims(claims)
        raw = fault.sign(claims, self.authority) if fault and fault.sign else self.authority.sign(claims)
        issued = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        answer = {"token": raw, "access_token": raw, "expires_in": LIFE, "issued_at": issued}
        if asked.user and asked.offline:
            answer["refresh_token"] = self._remember(asked.user)
        if asked.scopes:
            answer["scope"] = " ".join(str(scope) for scope in granted)
        return answer

    def granted(self, scopes: Sequence[Scope], user: str | None) -> tuple[Scope, ...]:
        """What of `scopes` the caller may have: pull at most, and the catalogue."""
        granted = []
        for scope in union(scopes):
            actions = tuple(a for a in scope.actions if self._may(user, scope, a))
            if actions:
                granted.append(Scope(scope.type, scope.name, actions))
        return tuple(granted)

    def _may(self, user: str | None, scope: Scope, action: str) -> bool:
        if scope.type == "registry":
            return scope.name == "catalog" and action == "*"
        if scope.type != "repository" or action != "pull":
            return False
        repository = self._catalogue.find(scope.name)
        if repository is None:
            return user is not None and scope.name.startswith(f"{user}/")
        return repository.public or user is not None

    def _remember(self, user: str) -> str:
        while len(self._refresh) >= _MAX_REFRESH:
            self._refresh.pop(next(iter(self._refresh)))
        token = secrets.token_urlsafe(24)
        self._refresh[token] = user
        return token


def _scopes(call: Call) -> tuple[Scope, ...]:
    values = call.form.get("scope", []) if call.method == "POST" else call.parameters("scope")
    return tuple(scope for value in values for scope in parse_scopes(value))


def _basic_user(authorization: str | None) -> str | None:
    """Who the ``Authorization`` header names; None for nobody. Raises _Rejected."""
    if not authorization:
        return None
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise _Rejected
    try:
        user, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise _Rejected from None
    if not colon:
        raise _Rejected
    return _checked(user, password)


def _checked(user: str, password: str) -> str:
    if (user, password) != (USER, PASSWORD):
        raise _Rejected
    return user
