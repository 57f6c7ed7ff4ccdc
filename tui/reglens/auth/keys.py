"""Signatures and certificates of tokens.

Whether a signature is right is a question to a key; whether the key is trusted only the registry knows. So a verdict
against the key that a token carries itself (``x5c``, ``jwk``) says "whole", never "trusted"; against a JWKS or
certificate that the person names it says what that registry would say.

cryptography and PyJWT are imported when first needed: reading a token's claims needs neither.
"""

from __future__ import annotations

import base64
import hashlib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reglens.auth.token import Token, TokenKind
from reglens.errors import UsageError
from reglens.jsontext import loads

if TYPE_CHECKING:
    from cryptography import x509

MAX_CHAIN = 10
MAX_KEY_FILE = 1 << 20
DISTRIBUTION_ALGORITHMS = ("ES256", "ES384", "ES512", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
"""What distribution 3 accepts unless configured otherwise (registry/auth/token/token.go, ``signingAlgorithms``)."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate of an ``x5c`` chain (RFC 7515, section 4.1.6). `libtrust_id` is its key's id as docker_auth and
    distribution 2 write it, `thumbprint` the RFC 7638 one that distribution 3 goes by."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    fingerprint: str
    key: str
    libtrust_id: str
    thumbprint: str

    def valid_at(self, moment: datetime) -> bool:
        return self.not_before <= moment <= self.not_after


class SignatureState(StrEnum):
    """What a check of a signature came to."""

    VALID = "valid"
    INVALID = "invalid"
    NO_KEY = "no key"  # nothing to check it against: the token names a key (kid) but carries none
    UNSUPPORTED = "unsupported"  # alg none, a symmetric algorithm, or one that cannot be computed here
    NOT_CHECKED = "not checked"  # not a JWS, or not whole


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """The state, the reason in words, and whose key it was checked against."""

    state: SignatureState
    detail: str = ""
    key_source: str = ""

    def __str__(self) -> str:
        return f"{self.state}: {self.detail}" if self.detail else str(self.state)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key that the person vouches for. `names` are the key ids by which a token may call it."""

    key: Any
    names: frozenset[str]
    source: str


def chain(token: Token) -> tuple[Certificate, ...]:
    """The certificates in the token's ``x5c``, leaf first; those that cannot be read are left out."""
    return tuple(_describe(c) for c in _certificates(token))


def check_signature(token: Token, keys: Iterable[TrustedKey] = ()) -> SignatureVerdict:
    """Whether the token's signature is right: by `keys` if any are given, else by the key it carries. Never raises."""
    if token.kind is not TokenKind.JWT or token.partial:
        return SignatureVerdict(SignatureState.NOT_CHECKED, "it is not a whole JWT")
    if not token.has_signature:
        return SignatureVerdict(SignatureState.INVALID, "there is no signature")
    algorithm = token.algorithm or ""
    if algorithm.lower() == "none" or algorithm.startswith("HS"):
        return SignatureVerdict(
            SignatureState.UNSUPPORTED, f"algorithm {algorithm or 'missing'} proves nothing to others"
        )
    trusted = tuple(keys)
    candidates = _matching(token, trusted) if trusted else _carried(token)
    if not candidates:
        named = f"its key id is {token.key_id}" if token.key_id else "it names no key either"
        detail = f"none of the given keys fits; {named}" if trusted else f"the token carries no key; {named}"
        return SignatureVerdict(SignatureState.NO_KEY, detail)
    verdicts = [_verify(token, algorithm, candidate) for candidate in candidates]
    order = (SignatureState.VALID, SignatureState.INVALID, SignatureState.UNSUPPORTED)
    return min(verdicts, key=lambda verdict: order.index(verdict.state))


def load_keys(path: Path) -> tuple[TrustedKey, ...]:
    """The public keys in a JWKS (RFC 7517), a JWK, or a PEM file of certificates or a public key.

    Raises UsageError if it cannot be read as one of these.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        data = path.read_bytes()[: MAX_KEY_FILE + 1]
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if len(data) > MAX_KEY_FILE:
        raise UsageError(f"{path} is too large for a key file")
    try:
        if b"-----BEGIN CERTIFICATE" in data:
            certificates = x509.load_pem_x509_certificates(data)
            return tuple(_trust(c.public_key(), f"{path}, {_name(c.subject)}") for c in certificates)
        if b"-----BEGIN" in data:
            return (_trust(load_pem_public_key(data), str(path)),)
        document = loads(data)
        listed = document.get("keys", [document]) if isinstance(document, dict) else []
        keys = tuple(key for entry in listed if isinstance(entry, dict) for key in _from_jwk(entry, str(path)))
    except (ValueError, TypeError) as error:
        raise UsageError(f"{path} holds no key that can be read: {error}") from None
    if not keys:
        raise UsageError(f"{path} holds no key", "Give a JWKS, a JWK, or certificates in PEM.")
    return keys


def libtrust_id(public_key: Any) -> str:
    """The key id of libtrust: SHA-256 of the SubjectPublicKeyInfo, 30 octets in base32, twelve groups of four
    (docker/libtrust, util.go, ``keyIDFromCryptoKey``). distribution 2 knows a key by it."""
    digest = hashlib.sha256(_spki(public_key)).digest()[:30]
    text = base64.b32encode(digest).decode().rstrip("=")
    return ":".join(text[i : i + 4] for i in range(0, len(text), 4))


def thumbprint(public_key: Any) -> str:
    """The JWK thumbprint (RFC 7638) with SHA-256, base64url. distribution 3 knows a certificate's key by it."""
    import json

    jwk = _to_jwk(public_key)
    required = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}
    members = required.get(str(jwk.get("kty")))
    if not members:
        return ""
    canonical = json.dumps({name: jwk[name] for name in members}, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).decode().rstrip("=")


def _certificates(token: Token) -> list[x509.Certificate]:
    from cryptography import x509

    listed = (token.header or {}).get("x5c")
    read = []
    with warnings.catch_warnings():
        # Docker Hub's certificates have the serial number 0, against which cryptography warns.
        warnings.simplefilter("ignore")
        for entry in listed[:MAX_CHAIN] if isinstance(listed, list) else ():
            try:
                read.append(x509.load_der_x509_certificate(base64.b64decode(entry, validate=True)))
            except (ValueError, TypeError):
                continue
    return read


def _describe(certificate: x509.Certificate) -> Certificate:
    from cryptography.hazmat.primitives.hashes import SHA256

    key = _public_key(certificate)
    return Certificate(
        subject=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        fingerprint="sha256:" + certificate.fingerprint(SHA256()).hex(),
        key=_kind(key),
        libtrust_id=libtrust_id(key) if key is not None else "",
        thumbprint=thumbprint(key) if key is not None else "",
    )


def _public_key(certificate: x509.Certificate) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def _name(name: x509.Name) -> str:
    return name.rfc4514_string() or "(no name)"


def _kind(key: Any) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return type(key).__name__.removesuffix("PublicKey") if key is not None else "unknown"


def _spki(public_key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    data: bytes = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return data


def _to_jwk(public_key: Any) -> Mapping[str, Any]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
    from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return ECAlgorithm.to_jwk(public_key, as_dict=True)
    if isinstance(public_key, rsa.RSAPublicKey):
        return RSAAlgorithm.to_jwk(public_key, as_dict=True)
    if isinstance(public_key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return OKPAlgorithm.to_jwk(public_key, as_dict=True)
    return {}


def _trust(public_key: Any, source: str, extra: str = "") -> TrustedKey:
    names = {libtrust_id(public_key), thumbprint(public_key), extra} - {""}
    return TrustedKey(public_key, frozenset(names), source)


def _from_jwk(entry: Mapping[str, Any], source: str) -> tuple[TrustedKey, ...]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    if entry.get("kty") == "oct" or "d" in entry:
        return ()
    try:
        key = PyJWK({name: value for name, value in entry.items() if name != "alg"} | _algorithm_for(entry)).key
        kid = entry.get("kid")
        return (_trust(key, source, kid if isinstance(kid, str) else ""),)
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError, UnsupportedAlgorithm):
        return ()


def _algorithm_for(entry: Mapping[str, Any]) -> dict[str, str]:
    return {"alg": "RS256"} if entry.get("kty") == "RSA" else {}


def _carried(token: Token) -> tuple[TrustedKey, ...]:
    for certificate in _certificates(token)[:1]:
        key = _public_key(certificate)
        return (TrustedKey(key, frozenset(), "the token's own x5c"),) if key is not None else ()
    jwk = (token.header or {}).get("jwk")
    return _from_jwk(jwk, "the token's own jwk") if isinstance(jwk, dict) else ()


def _matching(token: Token, trusted: tuple[TrustedKey, ...]) -> tuple[TrustedKey, ...]:
    """Those keys that the token calls for: by key id, else by its own certificate's key, else all of them."""
    if token.key_id:
        return tuple(key for key in trusted if token.key_id in key.names)
    own = {name for key in _carried(token) for name in (libtrust_id(key.key), thumbprint(key.key)) if name}
    return tuple(key for key in trusted if own & key.names) if own else trusted


def _verify(token: Token, algorithm: str, key: TrustedKey) -> SignatureVerdict:
    from jwt import PyJWS
    from jwt.exceptions import InvalidKeyError, InvalidSignatureError, PyJWTError

    supported = PyJWS()
    if algorithm not in supported.get_algorithms():
        return SignatureVerdict(
            SignatureState.UNSUPPORTED, f"algorithm {algorithm or 'missing'} is not known", key.source
        )
    text = token.raw.reveal().strip().strip("\"'<>`")
    try:
        supported.decode(text, key.key, algorithms=[algorithm])
    except InvalidSignatureError:
        return SignatureVerdict(SignatureState.INVALID, "the signature does not fit the content and key", key.source)
    except (InvalidKeyError, TypeError, AttributeError):
        return SignatureVerdict(
            SignatureState.INVALID, f"algorithm {algorithm} does not fit a key of its kind", key.source
        )
    except (PyJWTError, ValueError) as error:
        return SignatureVerdict(SignatureState.INVALID, str(error) or "it cannot be decoded", key.source)
    return SignatureVerdict(SignatureState.VALID, f"it fits {key.source}", key.source)
