"""Headers without measure, and the ways to get at credentials or to choke on a token."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from support.hostile.documents import DEEP
from support.hostile.texts import EVIL, LONG
from support.hostile.wire import BEHAVIOURS, ISSUED, Wire, behaviour, honest_body


def _jwt(claims: Mapping[str, Any], header: Mapping[str, Any]) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims))
    return ".".join((*parts, "c2lnbmF0dXJl"))


# Headers


@behaviour("headers/flood")
def _(wire: Wire) -> None:
    wire.answer(honest_body(wire.asked), *((f"X-{number}", "y" * 50) for number in range(10_000)))


@behaviour("headers/huge")
def _(wire: Wire) -> None:
    wire.answer(honest_body(wire.asked), ("X-Huge", "y" * (1 << 20)))


@behaviour("headers/many-challenges")
def _(wire: Wire) -> None:
    wire.challenge(*[", ".join(f'S{n} a="b"' for n in range(200))] * 20)


@behaviour("headers/broken-challenge")
def _(wire: Wire) -> None:
    wire.challenge('Bearer realm="http://x', 'Bearer realm=,,,="",', '"', ", ," * 500, 'Bearer "' + '\\"' * 3000)


# Authorization


@behaviour("auth/realm-elsewhere")
def _(wire: Wire) -> None:
    if wire.asked.authorised:
        wire.innocent()
    else:
        wire.challenge(f'Bearer realm="http://{wire.hostile.elsewhere}/token",service="s",scope="repository:a:pull"')


@behaviour("auth/realm-userinfo")
def _(wire: Wire) -> None:
    realm = f"http://{wire.hostile.host}@{wire.hostile.elsewhere}/token"
    wire.innocent() if wire.asked.authorised else wire.challenge(f'Bearer realm="{realm}"')


@behaviour("auth/realm-file")
def _(wire: Wire) -> None:
    wire.challenge('Bearer realm="file:///etc/passwd"', 'Bearer realm="javascript:alert(1)"')


@behaviour("auth/realm-fragment")
def _(wire: Wire) -> None:
    wire.challenge(f'Bearer realm="http://{wire.hostile.elsewhere}#@{wire.hostile.host}/token"')


@behaviour("auth/realm-backslash")
def _(wire: Wire) -> None:
    wire.challenge(f"Bearer realm=http://{wire.hostile.elsewhere}\\@{wire.hostile.host}/token")


@behaviour("auth/token-redirect")
def _(wire: Wire) -> None:
    if wire.asked.kind == "token":
        wire.answer(b"", ("Location", f"http://{wire.hostile.elsewhere}/token"), status=307)
    elif wire.asked.authorised:
        wire.innocent()
    else:
        wire.challenge(f'Bearer realm="{wire.hostile.token_url}/auth/token-redirect",service="s"')


@behaviour("auth/for-ever")
def _(wire: Wire) -> None:
    if wire.asked.kind == "token":
        wire.innocent()
        return
    number = len(wire.hostile.requests)
    wire.challenge(f'Bearer realm="{wire.hostile.token_url}",service="s{number}",scope="repository:r{number}:pull"')


@behaviour("auth/huge-scope")
def _(wire: Wire) -> None:
    scope = " ".join(f"repository:r{n}:pull" for n in range(2000))
    wire.challenge(f'Bearer realm="{wire.hostile.token_url}",service="s",scope="{scope}"')


def _token(name: str, make: Callable[[Wire], bytes], status: int = 200) -> None:
    def answer(wire: Wire) -> None:
        if wire.asked.kind == "token":
            wire.answer(make(wire), ("Content-Type", "application/json"), status=status)
        elif wire.asked.authorised:
            wire.innocent()
        else:
            wire.challenge(f'Bearer realm="{wire.hostile.token_url}/{name}",service="s",scope="repository:a:pull"')

    BEHAVIOURS[name] = answer


def _evil_token(wire: Wire) -> bytes:
    evil = list(EVIL)
    access = [{"type": text, "name": text, "class": text, "actions": evil} for text in evil]
    claims = {"iss": evil[0], "sub": evil[1], "aud": evil, "access": access, "exp": 1e999, "nbf": -1e300, "iat": "x"}
    return json.dumps({"token": _jwt(claims, {"alg": evil[0], "kid": evil[4], "x5c": evil, "typ": LONG})}).encode()


_token("auth/token-plain", lambda wire: json.dumps({"token": ISSUED}).encode())
_token("auth/evil-token", _evil_token)
_token("auth/token-with-line-ends", lambda wire: json.dumps({"token": ISSUED + "\r\nX-Injected: 1\r\n\r\n"}).encode())
_token("auth/token-not-latin", lambda wire: json.dumps({"token": ISSUED + "\u202e\x1b\ud800"}).encode())
_token("auth/token-huge", lambda wire: json.dumps({"token": "a" * 900_000}).encode())
_token("auth/token-too-large", lambda wire: json.dumps({"token": "a" * (3 << 20)}).encode())
_token("auth/token-deep", lambda wire: DEEP)
_token("auth/token-html", lambda wire: b"<html>log in \x1b]0;PWNED\x07</html>")
_token(
    "auth/token-errors",
    lambda wire: json.dumps({"details": "".join(EVIL), "errors": [{"message": EVIL[0]}]}).encode(),
    403,
)
_token("auth/token-odd-times", lambda wire: b'{"token":"abc","expires_in":1e999,"issued_at":"99999-99-99T99:99:99Z"}')
_token("auth/token-negative-time", lambda wire: b'{"token":"abc","expires_in":-99999999999999999999,"issued_at":5}')
