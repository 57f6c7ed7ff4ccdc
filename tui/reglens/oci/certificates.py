"""Certificates that come with signatures: whose they are, who vouches for them, whether a signature fits their key.

Sources: RFC 5280; Fulcio, docs/oid-info.md (the extensions). Whether a certificate deserves trust is not decided here,
as that needs a trust root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

MAX_CERTIFICATE = 64 << 10
MAX_CHAIN = 10
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_FULCIO = "1.3.6.1.4.1.57264.1."
_ISSUERS = ("8", "1")
_EXTENSIONS = {
    "2": "workflow trigger", "3": "workflow commit", "4": "workflow", "5": "workflow repository", "6": "workflow ref",
    "9": "build signer", "11": "runner", "12": "source repository", "13": "source commit", "14": "source ref",
    "18": "build config", "20": "build trigger", "21": "run",
}  # fmt: skip
_DIGESTS = {"256": "SHA256", "384": "SHA384", "512": "SHA512"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed, as the certificate says: the names in it and who vouched for them (the OIDC issuer). `chain` names
    the authorities whose certificates came with it, from the nearest up."""

    names: tuple[str, ...]
    issuer: str = ""
    authority: str = ""
    key: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    more: tuple[tuple[str, str], ...] = ()
    chain: tuple[str, ...] = ()


def load(parts: Iterable[bytes]) -> list[x509.Certificate]:
    """The certificates in `parts` (DER, or any number in PEM), the signer's first; none if that cannot be read, and
    without those of the authorities that cannot."""
    from cryptography import x509

    found: list[x509.Certificate] = []
    for part in parts:
        pems = _PEM.findall(part[: MAX_CERTIFICATE * 2]) if b"-----BEGIN" in part else []
        read = x509.load_pem_x509_certificate if pems else x509.load_der_x509_certificate
        for raw in (pems or [part])[:MAX_CHAIN]:
            if len(raw) <= MAX_CERTIFICATE and len(found) < MAX_CHAIN:
                with suppress(Exception):  # the library raises of many kinds for malformed ones
                    found.append(read(raw))
            if not found:
                return []
    return found


def identity_of(certificates: Sequence[x509.Certificate]) -> Identity | None:
    """Who the first certificate is of; None if it cannot be read. Never raises."""
    try:
        return _described(certificates[0], certificates[1:])
    except Exception:  # extensions are parsed when they are asked for
        return None


def _described(certificate: x509.Certificate, above: Sequence[x509.Certificate]) -> Identity:
    from cryptography import x509

    names: list[str] = []
    extensions: dict[str, str] = {}
    for extension in certificate.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            names += [str(name.value) for name in value if not isinstance(name, x509.OtherName)]
            names += [_der_text(name.value) for name in value if isinstance(name, x509.OtherName)]
        elif isinstance(value, x509.UnrecognizedExtension) and extension.oid.dotted_string.startswith(_FULCIO):
            number = extension.oid.dotted_string.removeprefix(_FULCIO)
            # up to 6 the text stands bare, later ones hold a DER UTF8String
            bare = number.isdigit() and int(number) <= 6
            extensions[number] = value.value.decode("utf-8", "replace") if bare else _der_text(value.value)
    subject = certificate.subject.rfc4514_string()
    key = certificate.public_key()
    return Identity(
        names=tuple(names[:20]) or ((subject,) if subject else ()),
        issuer=next((extensions[n] for n in _ISSUERS if extensions.get(n)), ""),
        authority=certificate.issuer.rfc4514_string(),
        key=type(key).__name__.strip("_").removesuffix("PublicKey"),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        more=tuple((name, extensions[n]) for n, name in _EXTENSIONS.items() if extensions.get(n)),
        chain=tuple(each.subject.rfc4514_string() for each in above),
    )


def _der_text(raw: bytes) -> str:
    """The text in a DER string (X.690, section 8.1.3), whatever kind of string it is."""
    if len(raw) < 2:
        return raw.decode("utf-8", "replace")
    length, start = raw[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(raw[2:start], "big")
    return raw[start : start + length].decode("utf-8", "replace")


def fits(certificate: x509.Certificate, signature: bytes | None, signed: bytes, algorithm: str = "") -> bool | None:
    """Whether `signature` was made over `signed` with the certificate's key; None: that kind of key is not known.

    `algorithm` is JOSE's name (RFC 7518, section 3.1); without it, it is what cosign does: SHA-256, with RSA in PKCS #1
    and with elliptic curves in DER.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if signature is None:
        return False
    try:
        key = certificate.public_key()
        digest: hashes.HashAlgorithm = getattr(hashes, _DIGESTS.get(algorithm[2:], "SHA256"))()
        if isinstance(key, ec.EllipticCurvePublicKey):
            if algorithm:  # RFC 7518, section 3.4: both numbers one after the other
                half = len(signature) // 2
                numbers = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
                signature = encode_dss_signature(*numbers)
            key.verify(signature, signed, ec.ECDSA(digest))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        elif isinstance(key, rsa.RSAPublicKey) and algorithm.startswith("PS"):
            key.verify(signature, signed, padding.PSS(padding.MGF1(digest), padding.PSS.AUTO), digest)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), digest)
        else:
            return None
    except InvalidSignature:
        return False
    except Exception:  # a key of an unknown curve, or one that is no key
        return None
    return True
