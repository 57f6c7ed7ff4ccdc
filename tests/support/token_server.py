"""A token server for docker-registry (distribution, docs/content/spec/auth/token.md) that can misbehave on demand.

It signs what a `Mischief` says: the healthy one grants the intersection of what was asked and what the caller may do.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ISSUER = "auth.docker.io"
SERVICE = "registry.docker.io"


class Signer:
    """A key with a self-signed certificate, as a registry's ``rootcertbundle`` takes it."""

    def __init__(self, name: str = "test token signer") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder(
            subject, subject, self.key.public_key(), x509.random_serial_number(),
            now - timedelta(days=1), now + timedelta(days=30),
        ).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)  # fmt: skip
        self.certificate = builder.sign(self.key, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def x5c(self) -> list[str]:
        return [base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()]

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
        headers = {"x5c": self.x5c} if header is None else header
        return jwt.PyJWS().encode(json.dumps(claims).encode(), self.key, "ES256", headers=headers)


@dataclass
class Mischief:
    """How an answer differs from the healthy one. `claims` edits the claims, `sign` replaces the signing, `answer`
    replaces status, headers and body altogether."""

    claims: Callable[[dict[str, Any]], None] | None = None
    sign: Callable[[dict[str, Any]], str] | None = None
    answer: tuple[int, dict[str, str], bytes] | None = None


@dataclass
class TokenServer:
    """The server; `users` maps a name to its password and what it may do, ``""`` is the anonymous caller."""

    signer: Signer = field(default_factory=Signer)
    users: dict[str, tuple[str, dict[str, set[str]]]] = field(default_factory=dict)
    mischief: Mischief = field(default_factory=Mischief)
    requests: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    tls: ssl.SSLContext | None = None

    def __enter__(self) -> TokenServer:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, headers, body = owner.answer(self.path, self.headers.get("Authorization"))
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class.s
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if self.tls is not None:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)

    @property
    def realm(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.server.server_address[1]}/token"

    def registry_auth(self, folder: Path) -> dict[str, Any]:
        """The ``auth`` section of a registry's configuration that trusts this server."""
        folder.mkdir(parents=True, exist_ok=True)
        bundle = folder / "bundle.pem"
        bundle.write_bytes(self.signer.pem)
        token = {"realm": self.realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": str(bundle)}
        return {"token": token}

    def answer(self, path: str, authorization: str | None) -> tuple[int, dict[str, str], bytes]:
        self.requests.append(path)
        self.authorizations.append(authorization)
        if self.mischief.answer:
            return self.mischief.answer
        user = self._user(authorization)
        if user is None:
            return 401, {}, b'{"details":"incorrect username or password"}'
        query = parse_qs(urlsplit(path).query, keep_blank_values=True)
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": user,
            "aud": query.get("service", [""])[0],
            "exp": now + 300,
            "nbf": now - 10,
            "iat": now,
            "jti": f"{now}-{len(self.requests)}",
            "access": self._granted(user, query.get("scope", [])),
        }
        if self.mischief.claims:
            self.mischief.claims(claims)
        token = self.mischief.sign(claims) if self.mischief.sign else self.signer.sign(claims)
        body = {"token": token, "access_token": token, "expires_in": 300}
        return 200, {}, json.dumps(body).encode()

    def _user(self, authorization: str | None) -> str | None:
        if not authorization:
            return ""
        scheme, _, value = authorization.partition(" ")
        try:
            name, _, password = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return None
        known = self.users.get(name)
        return name if scheme.lower() == "basic" and name and known and known[0] == password else None

    def _granted(self, user: str, scopes: list[str]) -> list[dict[str, Any]]:
        allowed = self.users.get(user, ("", {}))[1]
        granted = []
        for scope in " ".join(scopes).split():
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            may = set(allowed.get(name, allowed.get("*", set())))
            given = [a for a in actions.split(",") if a in may]
            if given:
                granted.append({"type": kind, "name": name, "actions": given})
        return granted
