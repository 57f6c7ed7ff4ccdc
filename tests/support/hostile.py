"""A registry that means harm, on real loopback sockets: one behaviour a repository.

``Hostile().host`` is the registry's ``host:port`` on 127.0.0.1. A request for anything of repository ``FAMILY/NAME``
is answered by the behaviour of that name (see `BEHAVIOURS`). What names no repository (the ping, the catalogue) is
answered as `everywhere` says, or innocently. A second server, `elsewhere` on 127.0.0.2, is somebody else's host: it
takes notes of whatever it is sent. `requests` holds all requests of both.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_IMAGE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
ISSUED = "issued-token-canary-0123456789"
"""The token that the registry's token servers hand out; it is a secret like any other."""
CLIPBOARD = "UFdORUQ="
EVIL = (
    f"clip\x1b]52;c;{CLIPBOARD}\x07board",
    "title\x1b]0;PWNED\x1b\\",
    "link\x1b]8;;http://evil.example\x1b\\there\x1b]8;;\x1b\\",
    "device\x1bP1;1|17/41\x1b\\",
    "clear\x1b[2J\x1b[H",
    "c1\x9b31mred\x9d52;c;x\x9c",
    "bidi\u202egnp.exe\u2066",
    "zero\u200bwidth\ufeff\u2060",
    "bell\x07\rreturn\nline\ttab\x08\x7f\x00",
    "break\u2028line\u2029paragraph\x85next",
    "[@click=app.quit]markup[/]",
    "[ @click=app.quit]spaced[/]",
    "[red]colour[/nope]",
    "[link=https://evil.example]here[/link]",
    "lone\ud800surrogate\udfff",
    "wide" + "漢字" * 40,
    "combining" + "e\u0301\u0302\u0303" * 60,
    "tags\U000e0041\U000e0042",
)
"""Texts that steer a terminal, hide in one, or are commands to a toolkit."""
LONG = "x" * (1 << 20)


@dataclass(frozen=True)
class Asked:
    """A request as it came. Header names are lower case; `host` is whom it reached: ``registry`` or ``elsewhere``."""

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

    def __init__(self, connection: socket.socket, asked: Asked, hostile: Hostile) -> None:
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
        "config": {"mediaType": CONFIG, "size": len(config), "digest": _sha256(config)},
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


def evil_document(kind: str) -> dict[str, Any]:
    """A document of a kind whose every text is evil."""
    evil = list(EVIL)
    everything = dict(zip(evil, reversed(evil), strict=True))
    if kind == "catalog":
        return {"repositories": evil}
    if kind == "tags":
        return {"name": evil[0], "tags": [*evil, "latest"]}
    if kind == "manifest":
        entries = [
            {
                "mediaType": text,
                "digest": f"sha256:{number:064x}" if number % 2 else text,
                "size": number,
                "artifactType": text,
                "platform": {"os": text, "architecture": text, "variant": text, "os.version": text},
                "annotations": everything,
                "urls": [text],
            }
            for number, text in enumerate(evil)
        ]
        return index(*entries) | {"annotations": everything, "artifactType": evil[0]}
    return {"errors": [{"code": text, "message": text, "detail": {text: text}} for text in evil]}


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


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _body(asked: Asked) -> bytes:
    return json.dumps(innocent(asked.kind)).encode()


def _jwt(claims: Mapping[str, Any], header: Mapping[str, Any]) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims))
    return ".".join((*parts, "c2lnbmF0dXJl"))


# Texts


@behaviour("text/names")
def _(wire: Wire) -> None:
    wire.json(evil_document(wire.asked.kind))


@behaviour("text/errors")
def _(wire: Wire) -> None:
    wire.json(evil_document("error"), status=404)


@behaviour("text/refusal")
def _(wire: Wire) -> None:
    wire.json(evil_document("error"), status=403)


@behaviour("text/error-page")
def _(wire: Wire) -> None:
    wire.answer("\n".join(EVIL).encode("utf-8", "surrogatepass"), ("Content-Type", "text/plain"), status=500)


@behaviour("text/challenge")
def _(wire: Wire) -> None:
    text = "".join(EVIL).encode("utf-8", "surrogatepass").translate(None, b'\r\n\x00"\\')
    latin = bytes(octet for octet in text if octet >= 0x20 and octet != 0x7F)
    wire.challenge(
        b'Bearer realm="' + wire.hostile.token_url.encode() + b'",service="' + latin + b'",scope="' + latin + b'"',
        b'Basic realm="\x9b31m\xc2\x9b[@click=app.quit]x[/]"',
    )


@behaviour("text/header-controls")
def _(wire: Wire) -> None:
    wire.answer(_body(wire.asked), ("X-Evil", b"a\x1b]52;c;" + CLIPBOARD.encode() + b"\x07b"))


@behaviour("text/headers")
def _(wire: Wire) -> None:
    texts = [text.encode("utf-8", "surrogatepass") for text in EVIL]
    safe = [bytes(octet for octet in text if octet >= 0x20 and octet != 0x7F) for text in texts]
    warnings: list[tuple[str, str | bytes]] = [("Warning", b'299 - "' + text + b'"') for text in safe]
    wire.answer(
        _body(wire.asked),
        ("Content-Type", safe[5]),
        ("Docker-Content-Digest", safe[6]),
        ("RateLimit-Limit", safe[7]),
        ("RateLimit-Remaining", b"\xb2;w=\xb2"),
        ("Link", b"<" + safe[10] + b'>; rel="next' + safe[5] + b'"'),
        *warnings,
    )


simple("text/long-lines", lambda asked: json.dumps({"errors": [], "tags": [LONG], "repositories": [LONG]}).encode())
simple("text/invalid-utf8", lambda asked: b'{"tags":["\xff\xfe\xc3\x28"],"repositories":["\xed\xa0\x80"]}')
simple("text/html", lambda asked: b"<html><script>alert(1)</script>\x1b]0;PWNED\x07</html>")

# Lists without end


def _page(wire: Wire, link: str, names: list[str]) -> None:
    asked = wire.asked
    if asked.kind not in ("catalog", "tags"):
        wire.innocent()
        return
    member = "repositories" if asked.kind == "catalog" else "tags"
    wire.json({member: names}, ("Link", link))


@behaviour("pages/circle")
def _(wire: Wire) -> None:
    other = "b" if "last=a" in wire.asked.target else "a"
    _page(wire, f'<{wire.asked.path}?last={other}>; rel="next"', [other])


@behaviour("pages/itself")
def _(wire: Wire) -> None:
    _page(wire, f'<{wire.asked.target}>; rel="next"', ["a"])


@behaviour("pages/elsewhere")
def _(wire: Wire) -> None:
    _page(wire, f'<http://{wire.hostile.elsewhere}{wire.asked.path}?last=a>; rel="next"', ["a"])


@behaviour("pages/malformed")
def _(wire: Wire) -> None:
    _page(wire, '<http://[broken>; rel="next", <' + "a" * 9000 + '>; rel="' + "next " * 900 + '"', ["a"])


@behaviour("pages/endless")
def _(wire: Wire) -> None:
    number = int(wire.asked.target.rpartition("last=")[2] or 0) if "last=" in wire.asked.target else 0
    _page(wire, f'<{wire.asked.path}?last={number + 1}>; rel="next"', [f"v{number}"] if number % 2 else [])


# Redirects


@behaviour("redirect/loop")
def _(wire: Wire) -> None:
    wire.answer(b"", ("Location", wire.asked.target), status=307)


@behaviour("redirect/growing")
def _(wire: Wire) -> None:
    wire.answer(b"", ("Location", wire.asked.target + "/x"), status=302)


@behaviour("redirect/elsewhere")
def _(wire: Wire) -> None:
    if not wire.asked.authorised:
        wire.challenge(f'Bearer realm="{wire.hostile.token_url}",service="s"')
    else:
        wire.answer(b"", ("Location", f"http://{wire.hostile.elsewhere}{wire.asked.target}"), status=307)


@behaviour("redirect/userinfo")
def _(wire: Wire) -> None:
    target = f"http://{wire.hostile.host}@{wire.hostile.elsewhere}{wire.asked.target}"
    wire.answer(b"", ("Location", target), status=308)


@behaviour("redirect/script")
def _(wire: Wire) -> None:
    wire.answer(
        b"", ("Location", "javascript:alert(1)" if wire.asked.kind == "tags" else "file:///etc/passwd"), status=302
    )


# Bodies


@behaviour("body/drip")
def _(wire: Wire) -> None:
    wire.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while wire.idle(0.05):
        wire.connection.sendall(b" ")


@behaviour("body/drip-headers")
def _(wire: Wire) -> None:
    wire.connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while wire.idle(0.05):
        wire.connection.sendall(b"X: y\r\n")


@behaviour("body/silent")
def _(wire: Wire) -> None:
    while wire.idle(0.5):
        pass


@behaviour("body/continue")
def _(wire: Wire) -> None:
    while wire.idle(0.02):
        wire.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


@behaviour("body/endless")
def _(wire: Wire) -> None:
    wire.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    while not wire.hostile.stopping and wire.asked.method != "HEAD":
        wire.connection.sendall(chunk)


@behaviour("body/gzip-bomb")
def _(wire: Wire) -> None:
    wire.answer(bomb(), ("Content-Type", "application/json"), ("Content-Encoding", "gzip"))


@behaviour("body/zstd")
def _(wire: Wire) -> None:
    wire.answer(b"\x28\xb5\x2f\xfd" + b"\0" * 64, ("Content-Type", "application/json"), ("Content-Encoding", "zstd"))


@behaviour("body/many-codings")
def _(wire: Wire) -> None:
    wire.answer(_body(wire.asked), ("Content-Encoding", "gzip, " * 500 + "gzip"))


def _lying(length: str) -> Callable[[Asked], bytes]:
    def make(asked: Asked) -> bytes:
        return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode() + _body(asked)

    return make


on_wire("body/short", _lying("100000"))
on_wire("body/long", _lying("3"))
on_wire("body/negative-length", _lying("-5"))
on_wire("body/huge-length", _lying("9" * 40))
on_wire("body/10-gb", _lying("10737418240"))
on_wire("body/two-lengths", _lying("2\r\nContent-Length: 3"))
on_wire("body/odd-digits", lambda asked: b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n{}")
on_wire("body/bad-chunks", lambda asked: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n")
on_wire(
    "body/huge-chunk", lambda asked: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 15 + b"\r\n{}"
)
on_wire("body/nothing", lambda asked: b"")
on_wire("body/no-http", lambda asked: b"SSH-2.0-OpenSSH_9.2\r\n\x1b]0;PWNED\x07\r\n")
on_wire("body/odd-status", lambda asked: b"HTTP/1.1 999 \x1b[2J\r\nContent-Length: 0\r\n\r\n")
on_wire("body/latin-reason", lambda asked: b"HTTP/1.1 418 \x9b31m\xe9\r\nContent-Length: 0\r\n\r\n")
simple("body/empty", lambda asked: b"")


def bomb(octets: int = 1 << 30) -> bytes:
    """`octets` of blanks in gzip, which are about a thousandth."""
    if octets not in _BOMBS:
        piece = b" " * (1 << 20)
        packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        _BOMBS[octets] = b"".join(packer.compress(piece) for _ in range(octets >> 20)) + packer.flush()
    return _BOMBS[octets]


_BOMBS: dict[int, bytes] = {}

# JSON

_DEEP = b"[" * 200_000 + b"]" * 200_000
simple("json/deep", lambda asked: _DEEP)
simple("json/deep-members", lambda asked: b'{"tags":' + _DEEP + b',"repositories":' + _DEEP + b',"manifests":[]}')
simple(
    "json/deep-but-readable",
    lambda asked: b'{"schemaVersion":2,"manifests":[],"tags":["a"],"annotations":' + b'{"a":' * 900 + b"1" + b"}" * 901,
)
simple(
    "json/huge-number",
    lambda asked: b'{"schemaVersion":' + b"9" * 5000 + b',"manifests":[],"tags":[' + b"9" * 5000 + b"]}",
)
simple(
    "json/infinite",
    lambda asked: (
        b'{"schemaVersion":2,"manifests":[{"mediaType":"a","size":1e999,"digest":"sha256:'
        + b"a" * 64
        + b'"},{"size":-1},{"size":NaN}],"tags":["a",1e999,NaN,null],"repositories":[NaN]}'
    ),
)
simple(
    "json/duplicate-keys",
    lambda asked: (
        b'{"schemaVersion":2,"manifests":[],"manifests":{"a":1},"tags":["a"],"tags":["b"],"mediaType":"x","mediaType":5}'
    ),
)
simple(
    "json/wrong-types",
    lambda asked: (
        b'{"schemaVersion":"2","mediaType":[],"manifests":{"a":1},"layers":5,"config":[],"tags":{"a":1},"repositories":"abc","errors":7,"token":{},"access_token":[]}'
    ),
)
simple(
    "json/wrong-members",
    lambda asked: (
        b'{"schemaVersion":2,"manifests":[5,null,[],"x",{"digest":5,"size":"x","mediaType":{},"platform":[],"annotations":[1],"urls":{}}],"tags":[5,null,{},"ok"],"repositories":[[],"ok"],"annotations":{"a":{}}}'
    ),
)
simple("json/text", lambda asked: b'"' + b"a" * 1000 + b'"')
simple("json/null", lambda asked: b"null")


@behaviour("json/many-entries")
def _(wire: Wire) -> None:
    if wire.asked.kind == "manifest":
        wire.answer(many_entries(), ("Content-Type", OCI_INDEX))
    else:
        wire.json({"tags": [f"v{n}" for n in range(100_000)], "repositories": [f"a/{n}" for n in range(100_000)]})


def many_entries() -> bytes:
    """An index of 100 000 entries, within the bound of a manifest."""
    entries = (f'{{"mediaType":"{OCI_IMAGE}","size":1,"digest":"sha256:{n:064x}"}}' for n in range(100_000))
    return f'{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{",".join(entries)}]}}'.encode()


@behaviour("json/contains-itself")
def _(wire: Wire) -> None:
    """An index whose entries lead to itself: by digests of an algorithm that nobody can compute."""
    digest = "blake3:" + "ab" * 32
    value = index(*(entry(digest, mediaType=OCI_INDEX) for _ in range(3)))
    if wire.asked.kind == "manifest":
        wire.json(value, ("Docker-Content-Digest", digest))
    else:
        wire.innocent()


# Digests


def _announcing(name: str, digest: str, *, other: bool = False) -> None:
    def answer(wire: Wire) -> None:
        if wire.asked.kind != "manifest":
            wire.innocent()
            return
        value = image() | ({"annotations": {"asked": wire.asked.path}} if other else {})
        wire.json(value, ("Docker-Content-Digest", digest))

    BEHAVIOURS[name] = answer


_announcing("digest/wrong", "sha256:" + "0" * 64)
_announcing("digest/other-algorithm", "sha512:" + "0" * 128)
_announcing("digest/unknown-algorithm", "blake3:" + "0" * 64)
_announcing("digest/short", "sha256:abc")
_announcing("digest/path", "sha256:../../../etc/passwd")
_announcing("digest/huge", "sha256:" + "a" * 50_000)

# Headers


@behaviour("headers/flood")
def _(wire: Wire) -> None:
    wire.answer(_body(wire.asked), *((f"X-{number}", "y" * 50) for number in range(10_000)))


@behaviour("headers/huge")
def _(wire: Wire) -> None:
    wire.answer(_body(wire.asked), ("X-Huge", "y" * (1 << 20)))


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


_token("auth/evil-token", _evil_token)
_token("auth/token-with-line-ends", lambda wire: json.dumps({"token": ISSUED + "\r\nX-Injected: 1\r\n\r\n"}).encode())
_token("auth/token-not-latin", lambda wire: json.dumps({"token": ISSUED + "\u202e\x1b\ud800"}).encode())
_token("auth/token-huge", lambda wire: json.dumps({"token": "a" * 900_000}).encode())
_token("auth/token-too-large", lambda wire: json.dumps({"token": "a" * (3 << 20)}).encode())
_token("auth/token-deep", lambda wire: _DEEP)
_token("auth/token-html", lambda wire: b"<html>log in \x1b]0;PWNED\x07</html>")
_token(
    "auth/token-errors",
    lambda wire: json.dumps({"details": "".join(EVIL), "errors": [{"message": EVIL[0]}]}).encode(),
    403,
)
_token("auth/token-odd-times", lambda wire: b'{"token":"abc","expires_in":1e999,"issued_at":"99999-99-99T99:99:99Z"}')
_token("auth/token-negative-time", lambda wire: b'{"token":"abc","expires_in":-99999999999999999999,"issued_at":5}')


@dataclass
class Hostile:
    """The two servers. Use as a context manager."""

    everywhere: str = ""
    requests: list[Asked] = field(default_factory=list)
    stopping: bool = False
    _listeners: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for name, address in (("registry", "127.0.0.1"), ("elsewhere", "127.0.0.2")):
            listener = socket.create_server((address, 0))
            self._listeners.append(listener)
            self._start(self._accept, listener, name)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stopping = True
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for thread in list(self._threads):
            thread.join(30)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._listeners[0].getsockname()[1]}"

    @property
    def elsewhere(self) -> str:
        return f"127.0.0.2:{self._listeners[1].getsockname()[1]}"

    @property
    def token_url(self) -> str:
        return f"http://{self.host}/token"

    def to(self, host: str) -> list[Asked]:
        """The requests that one of the two got."""
        return [asked for asked in list(self.requests) if asked.host == host]

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket, name: str) -> None:
        while not self.stopping:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._start(self._serve, connection, name)

    def _serve(self, connection: socket.socket, name: str) -> None:
        with connection:
            connection.settimeout(30)
            try:
                asked = _read_request(connection, name)
                if asked is None:
                    return
                self.requests.append(asked)
                wire = Wire(connection, asked, self)
                chosen = self._choose(asked)
                (BEHAVIOURS[chosen] if chosen else Wire.innocent)(wire)
            except OSError:
                return  # the client is gone

    def _choose(self, asked: Asked) -> str:
        if asked.host == "elsewhere":
            return ""
        for part in (asked.path.removeprefix("/v2/"), asked.path.removeprefix("/token/")):
            found = next((name for name in BEHAVIOURS if part == name or part.startswith(name + "/")), "")
            if found:
                return found
        if asked.kind == "catalog" or (asked.kind == "other" and asked.path.startswith("/v2/")):
            return self.everywhere
        if asked.kind == "ping" and self.everywhere.startswith(("auth/", "text/", "headers/")):
            return self.everywhere
        return ""


def _read_request(connection: socket.socket, name: str) -> Asked | None:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(1 << 16)
        if not piece or (head := head + piece)[:1] == b"\x16" or len(head) > 1 << 22:
            return None  # a TLS handshake, or nobody there any more
    first, _, rest = head.partition(b"\r\n\r\n")[0].partition(b"\r\n")
    method, target, _ = first.decode("latin-1").split(" ", 2)
    headers = {n.strip().lower(): v.strip() for n, _, v in (line.partition(":") for line in _lines(rest))}
    body = head.partition(b"\r\n\r\n")[2]
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(1 << 16)
    return Asked(name, method, target, headers, body, head)


def _lines(rest: bytes) -> Iterator[str]:
    yield from rest.decode("latin-1").split("\r\n")
