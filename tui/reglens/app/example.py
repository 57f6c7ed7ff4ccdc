"""The classic failure as somebody would paste it: a token for another service, its scope lost in the shell.

After "Docker Hub API v2 token authentication issue", Stack Overflow, September 2016; the token is made up.
"""

from __future__ import annotations

import base64
import hashlib
import json

REFUSED_AT = 1_474_547_274
"""The refusal's ``Date`` in seconds since 1970; the token had 9 seconds to live."""
_CLAIMS = {
    "access": [],
    "aud": "index.docker.io",
    "exp": REFUSED_AT + 9,
    "iat": REFUSED_AT - 291,
    "iss": "auth.docker.io",
    "jti": "an-example-that-nobody-signed",
    "nbf": REFUSED_AT - 291,
    "sub": "",
}


def classic() -> str:
    """The transcript."""
    parts: tuple[object, ...] = ({"alg": "ES256", "typ": "JWT", "kid": "EXAMPLE"}, _CLAIMS)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    signature = base64.urlsafe_b64encode(hashlib.sha512(b"not a signature").digest()).rstrip(b"=").decode()
    token = ".".join([*encoded, signature])
    return f"""\
$ curl https://auth.docker.io/token?service=index.docker.io&scope=repository:alpine:pull
{{"token":"{token}"}}

$ curl -i -H "Authorization: Bearer {token}" https://registry-1.docker.io/v2/alpine/manifests/latest
HTTP/1.1 401 Unauthorized
Content-Type: application/json; charset=utf-8
Docker-Distribution-Api-Version: registry/2.0
Www-Authenticate: Bearer realm="https://auth.docker.io/token",service="registry.docker.io",\
scope="repository:alpine:pull",error="invalid_token"
Date: Thu, 22 Sep 2016 12:27:54 GMT

{{"errors":[{{"code":"UNAUTHORIZED","message":"authentication required",\
"detail":[{{"Type":"repository","Name":"alpine","Action":"pull"}}]}}]}}
"""
