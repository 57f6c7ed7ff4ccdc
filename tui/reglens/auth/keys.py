"""Signatures and certificates of tokens.

Whether a signature is right is a question to a key; whether the key is trusted only the registry knows. So a verdict
against the key that a token carries itself (``x5c``, ``jwk``) says "whole", never "trusted"; against a JWKS or
certificate that the person names it says what that registry would say.

cryptography and PyJWT are imported when first needed: reading a token's claims needs neither.
"""

from __future__ import annotations

import base64
import hashlib
import re
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
    UNTRUSTED = "untrusted"  # keys were given, and it is signed by none of them
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
    """A public key that the person vouches for. `names` are the key ids by which a token may call it, `certificate` is
    the one it was read from, which may vouch for others."""

    key: Any
    names: frozenset[str]
    source: str
    certificate: x509.Certificate | None = None


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """The keys of a file that the person vouches for, and the file as it was named."""

    source: str
    keys: tuple[TrustedKey, ...]


def chain(token: Token) -> tuple[Certificate, ...]:
    """The certificates in the token's ``x5c``, leaf first; those that cannot be read are left out."""
    return tuple(_describe(c) for c in _certificates(token))


def check_signature(token: Token, keys: TrustedKeys | None = None) -> SignatureVerdict:
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
    if keys is not None:
        return _by_trusted(token, algorithm, keys)
    carried = _carried(token)
    if not carried:
        named = f"its key id is {token.key_id}" if token.key_id else "it names no key either"
        return SignatureVerdict(SignatureState.NO_KEY, f"the token carries no key; {named}")
    return _best(token, algorithm, carried)


def _by_trusted(token: Token, algorithm: str, keys: TrustedKeys) -> SignatureVerdict:
    """What a registry would say that trusts `keys` (distribution, registry/auth/token/token.go, ``VerifySigningKey``: a
    chain in ``x5c`` that ends at a trusted certificate, a trusted ``jwk``, a key known by its ``kid``)."""
    called = _matching(token, keys.keys)
    if called:
        return _best(token, algorithm, called)
    carried = _carried(token)
    own = _best(token, algorithm, carried) if carried else None
    if own is not None and own.state is SignatureState.INVALID:
        return own
    if not carried and not token.key_id:  # it names no key, so any may be meant
        verdict = _best(token, algorithm, keys.keys)
        if verdict.state is SignatureState.VALID:
            return verdict
    name = f"its key id is {token.key_id}" if token.key_id else "its key is another" if carried else "none of them fits"
    return SignatureVerdict(SignatureState.UNTRUSTED, f"it is signed by a key that is not in {keys.source}: {name}")


def _best(token: Token, algorithm: str, candidates: Iterable[TrustedKey]) -> SignatureVerdict:
    order = (SignatureState.VALID, SignatureState.INVALID, SignatureState.UNSUPPORTED)
    verdicts = [_verify(token, algorithm, candidate) for candidate in candidates]
    return min(verdicts, key=lambda verdict: order.index(verdict.state))


def load_keys(name: str) -> TrustedKeys:
    """The public keys in the file of that name: a JWKS (RFC 7517), a JWK, or certificates or public keys in PEM.

    Raises UsageError if it cannot be read as one of these, or names a place on the network.
    """
    if "://" in name:
        raise UsageError(f"{name} is no file", f"Fetch it first: curl -fsSo keys.json {name}")
    try:
        with Path(name).expanduser().open("rb") as file:
            data = file.read(MAX_KEY_FILE + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"{name} cannot be read: {reason}") from None
    if len(data) > MAX_KEY_FILE:
        raise UsageError(f"{name} is too large for a file of keys")
    try:
        keys = _from_pem(data, name) if b"-----BEGIN" in data else _from_json(data, name)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{name} holds no key that can be read: {error}") from None
    if not keys:
        raise UsageError(f"{name} holds no public key", "Give a JWKS, a JWK, or certificates or public keys in PEM.")
    return TrustedKeys(name, keys)


_PEM_KEY = re.compile(rb"-----BEGIN ((?:RSA )?PUBLIC KEY)-----.*?-----END \1-----", re.DOTALL)


def _from_pem(data: bytes, source: str) -> tuple[TrustedKey, ...]:
    """Certificates and public keys; a private key between them is passed over. Raises ValueError."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    found = []
    if b"-----BEGIN CERTIFICATE" in data:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as for those in a token
            certificates = x509.load_pem_x509_certificates(data)
        found += [_trust(c.public_key(), f"{source}, {_name(c.subject)}", certificate=c) for c in certificates]
    found += [_trust(load_pem_public_key(block[0]), source) for block in _PEM_KEY.finditer(data)]
    return tuple(found)


def _from_json(data: bytes, source: str) -> tuple[TrustedKey, ...]:
    document = loads(data)
    listed = document.get("keys", [document]) if isinstance(document, dict) else []
    entries = listed if isinstance(listed, list) else []
    return tuple(key for entry in entries if isinstance(entry, dict) for key in _from_jwk(entry, source))


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


def _trust(public_key: Any, source: str, extra: str = "", certificate: x509.Certificate | None = None) -> TrustedKey:
    names = {libtrust_id(public_key), thumbprint(public_key), extra} - {""}
    return TrustedKey(public_key, frozenset(names), source, certificate)


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
    """Those keys that the token calls for: its own certificate's if one of the trusted vouches for it, its own key if
    that is trusted, those of its key id."""
    found = []
    voucher = _voucher(_certificates(token), trusted)
    for own in _carried(token):
        names = {libtrust_id(own.key), thumbprint(own.key)}
        found += [key for key in trusted if names & key.names]
        if voucher is not None and not found:
            found.append(TrustedKey(own.key, frozenset(), f"a certificate by {voucher.source}"))
    if token.key_id:
        found += [key for key in trusted if token.key_id in key.names and key not in found]
    return tuple(found)


def _voucher(chain: list[x509.Certificate], trusted: tuple[TrustedKey, ...]) -> TrustedKey | None:
    """The trusted certificate at which a chain ends, leaf first, its links in any order; when they are valid is not
    looked at."""
    roots = [key for key in trusted if key.certificate is not None]
    at = chain[0] if chain and roots else None
    rest = chain[1:]
    while at is not None:
        for root in roots:
            if root.certificate is not None and _issued(at, root.certificate):
                return root
        above = next((certificate for certificate in rest if _issued(at, certificate)), None)
        rest = [certificate for certificate in rest if certificate is not above]
        at = above
    return None


def _issued(child: x509.Certificate, parent: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        child.verify_directly_issued_by(parent)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


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
