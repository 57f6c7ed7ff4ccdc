"""Tokens and transcripts to paste."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

SIGNATURE = "c2lnbmF0dXJl" * 7 + "c2"


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt(claims: Mapping[str, object] | None = None, **more: object) -> str:
    """A signed token's text; its signature is made up."""
    content = {
        "iss": "auth.example.org",
        "sub": "",
        "aud": "registry.example.org",
        "exp": 1795439248,
        "nbf": 1795438938,
        "iat": 1795438948,
        "jti": "M6MqIOkXew5v",
        "access": [{"type": "repository", "name": "team/app", "actions": ["pull"]}],
    }
    return ".".join(
        (part({"typ": "JWT", "alg": "ES256", "kid": "AB:CD"}), part(content | dict(claims or {}) | more), SIGNATURE)
    )


CHALLENGE = (
    'Bearer realm="https://auth.example.org/token",service="registry.example.org",scope="repository:team/app:pull"'
)
DENIED = (
    '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":'
    '[{"Type":"repository","Class":"","Name":"team/app","Action":"pull"}]}]}'
)


def refused(token: str | None = None, *, error: str = "", host: str = "registry.example.org") -> str:
    """``curl -v`` for a tag list that is refused, as a terminal shows it."""
    option = f"-H 'Authorization: Bearer {token}' " if token else ""
    sent = f"> Authorization: Bearer {token}\n" if token else ""
    mark = f',error="{error}"' if error else ""
    return f"""$ curl -v {option}https://{host}/v2/team/app/tags/list
*   Trying 192.0.2.7:443...
* Connected to {host} (192.0.2.7) port 443 (#0)
> GET /v2/team/app/tags/list HTTP/1.1
> Host: {host}
> User-Agent: curl/7.88.1
> Accept: */*
{sent}>\x20
< HTTP/1.1 401 Unauthorized
< Content-Type: application/json; charset=utf-8
< Docker-Distribution-Api-Version: registry/2.0
< Www-Authenticate: {CHALLENGE}{mark}
< Date: Mon, 23 Nov 2026 13:02:28 GMT
< Content-Length: {len(DENIED)}
<\x20
{DENIED}
* Connection #0 to host {host} left intact
"""


def granted(token: str, *, service: str = "registry.example.org") -> str:
    """``curl -v`` for a token, its body torn by curl's last words as a terminal shows it."""
    body = json.dumps({"token": token, "expires_in": 300, "issued_at": "2026-11-23T13:02:28Z"})
    half = len(body) // 2
    url = f"https://auth.example.org/token?service={service}&scope=repository:team/app:pull"
    return f"""$ curl -v '{url}'
* Connected to auth.example.org (192.0.2.8) port 443 (#0)
> GET {url.removeprefix("https://auth.example.org")} HTTP/1.1
> Host: auth.example.org
> Accept: */*
>\x20
< HTTP/1.1 200 OK
< Content-Type: application/json
< Content-Length: {len(body)}
<\x20
{body[:half]}* Connection #0 to host auth.example.org left intact
{body[half:]}
"""
