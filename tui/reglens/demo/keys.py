"""Keys and certificates of the demo token server, made afresh at every start.

A root certificate signs the certificate of the token key; tokens carry the leaf in ``x5c`` (RFC 7515, section 4.1.6),
as Docker Hub's do, and the registry trusts the root (distribution, ``rootcertbundle``).
"""

from __future__ import annotations

import base64
import ssl
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFE = timedelta(days=365)


@dataclass(frozen=True)
class Authority:
    """A root certificate and a token key that it vouches for."""

    root: x509.Certificate
    leaf: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def create(cls, name: str, now: datetime) -> Authority:
        """A new root called "`name` Root" and leaf called `name`. Valid a year to either side of `now`, because a demo
        may be given any clock."""
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root_name, leaf_name = _name(f"{name} Root"), _name(name)
        root = _certificate(root_name, root_key, root_name, root_key, now, authority=True)
        leaf = _certificate(leaf_name, key, root_name, root_key, now, authority=False)
        return cls(root, leaf, key)

    @property
    def x5c(self) -> list[str]:
        """The chain as a JWS header carries it: DER, base64 (not base64url), leaf first."""
        return [_der(self.leaf), _der(self.root)]

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
        """A token over `claims`. `header` replaces the header parameters apart from ``typ`` and ``alg``."""
        return jwt.encode(claims, self.key, algorithm="ES256", headers={"x5c": self.x5c} if header is None else header)


def untrusted_tls(now: datetime) -> ssl.SSLContext:
    """TLS for a server called localhost, with a certificate that it signed itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name("localhost")
    certificate = _certificate(name, key, name, key, now, authority=False, host="localhost")
    pem, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    both = key.private_bytes(pem, kind, serialization.NoEncryption()) + certificate.public_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # OpenSSL reads keys from files alone
        path = Path(folder) / "localhost.pem"
        path.write_bytes(both)
        context.load_cert_chain(path)
    return context


def thumbprint(key: ec.EllipticCurvePublicKey) -> str:
    """The key id that distribution 3 derives from a certificate's key (RFC 7638)."""
    numbers = key.public_numbers()
    x, y = (_base64url(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode())
    return _base64url(digest.finalize())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "reglens demo"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _der(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    authority: bool,
    host: str = "",
) -> x509.Certificate:
    usage = x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LIFE)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
