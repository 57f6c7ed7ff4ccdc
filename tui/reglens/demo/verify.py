"""How the demo registry judges a token: the checks of distribution 3, in its order.

::

    1  shape: three base64url parts without padding, a JSON header, an algorithm that is allowed     invalid_token
    2  key: ``x5c`` chain up to a trusted root, or ``jwk`` or ``kid`` naming a trusted key           invalid_token
    3  signature, then claims of the right JSON types                                                (no error at all)
    4  ``iss``, ``aud``, ``exp`` + 60 s, ``nbf`` - 60 s                                              invalid_token
    5  ``access`` grants every action that is wanted                                                 insufficient_scope

Sources: distribution v3, registry/auth/token/token.go (``NewToken``, ``Verify``, ``VerifySigningKey``) and
accesscontroller.go (``Authorized``, ``challengeParams``).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import jwt
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from reglens.auth.token import LEEWAY
from reglens.demo.keys import thumbprint
from reglens.oci.scope import Scope, covered, scope_of_access

_ALLOWED = frozenset({"EdDSA", *(kind + size for kind in ("HS", "RS", "ES", "PS") for size in ("256", "384", "512"))})
"""distribution v3 takes these where the configuration names none (``defaultSigningAlgorithms``)."""
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


class TokenRefused(Exception):
    """The token does not do. `error` is what the challenge says about it, or None where it says nothing; `reason` is
    what distribution would write into its log, and shows to nobody else."""

    def __init__(self, error: str | None, reason: str) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason


class Verifier:
    """Judges tokens for one service, issuer and root certificate."""

    def __init__(self, *, service: str, issuer: str, root: x509.Certificate) -> None:
        self._service = service
        self._issuer = issuer
        self._root = root
        key = root.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        self._keys = {thumbprint(key): key}

    def check(self, authorization: str | None, wanted: Sequence[Scope], now: datetime) -> dict[str, Any]:
        """The claims of the token in an ``Authorization`` value, if it grants `wanted`. Raises TokenRefused."""
        scheme, blank, raw = (authorization or "").partition(" ")
        if not blank or not raw or scheme.lower() != "bearer":
            raise TokenRefused(None, "authorization token required")
        header = _shape(raw)
        key = self._key(header, now)
        claims = _claims(raw, header, key)
        self._judge(claims, now)
        held = [scope_of_access(entry) for entry in claims.get("access") or () if entry]
        if not covered(wanted, held):
            raise TokenRefused("insufficient_scope", "insufficient scope")
        return claims

    def _key(self, header: dict[str, Any], now: datetime) -> ec.EllipticCurvePublicKey:
        if header.get("x5c"):
            return self._chain_key(header["x5c"], now)
        kid = _jwk_thumbprint(header["jwk"]) if header.get("jwk") else header.get("kid")
        if not kid or not isinstance(kid, str):
            raise TokenRefused("invalid_token", "failed to verify token: invalid token")
        if kid not in self._keys:
            raise TokenRefused(
                "invalid_token", f"failed to verify token: token signed by untrusted key with ID: {json.dumps(kid)}"
            )
        return self._keys[kid]

    def _chain_key(self, x5c: object, now: datetime) -> ec.EllipticCurvePublicKey:
        """The leaf's key, if each certificate is signed by the next, the last by the root, and all are valid now."""
        unknown = TokenRefused("invalid_token", "failed to verify token: x509: certificate signed by unknown authority")
        try:
            chain = [x509.load_der_x509_certificate(base64.b64decode(c, validate=True)) for c in list(x5c)]  # type: ignore[call-overload]
        except (ValueError, TypeError):
            raise unknown from None
        if chain and chain[-1] == self._root:
            chain = chain[:-1]
        path = [*chain, self._root]
        for child, parent in pairwise(path):
            try:
                child.verify_directly_issued_by(parent)
            except (ValueError, TypeError, InvalidSignature):
                raise unknown from None
        if any(not c.not_valid_before_utc <= now <= c.not_valid_after_utc for c in path):
            raise TokenRefused("invalid_token", "failed to verify token: x509: certificate has expired")
        key = path[0].public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise unknown
        return key

    def _judge(self, claims: dict[str, Any], now: datetime) -> None:
        if (claims.get("iss") or "") != self._issuer:
            raise TokenRefused("invalid_token", f"token from untrusted issuer: {json.dumps(claims.get('iss') or '')}")
        audience = claims.get("aud") or []
        audience = [audience] if isinstance(audience, str) else audience
        if self._service not in audience:
            raise TokenRefused("invalid_token", f"token intended for another audience: [{' '.join(audience)}]")
        at = now.timestamp()
        expires, not_before = claims.get("exp") or 0, claims.get("nbf") or 0
        if at > expires + LEEWAY:
            raise TokenRefused("invalid_token", f"token not to be used after {_time(expires)} - currently {now}")
        if at < not_before - LEEWAY:
            raise TokenRefused("invalid_token", f"token not to be used before {_time(not_before)} - currently {now}")


def _time(seconds: int) -> str:
    try:
        return str(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _shape(raw: str) -> dict[str, Any]:
    parts = raw.split(".")
    if len(parts) != 3 or not all(_BASE64URL.fullmatch(part) and len(part) % 4 != 1 for part in parts):
        raise TokenRefused("invalid_token", "malformed token")
    try:
        header = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("alg") not in _ALLOWED:
        raise TokenRefused("invalid_token", "malformed token")
    return header


def _claims(raw: str, header: dict[str, Any], key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    if header["alg"] != "ES256":
        raise TokenRefused(None, "go-jose/go-jose: error in cryptographic primitive")
    try:
        body = jwt.api_jws.PyJWS().decode(raw, key, algorithms=["ES256"])
    except jwt.InvalidTokenError:
        raise TokenRefused(None, "go-jose/go-jose: error in cryptographic primitive") from None
    try:
        claims = json.loads(body)
    except (ValueError, RecursionError):
        claims = None
    wrong = "claims" if not isinstance(claims, dict) else next(_wrong_types(claims), None)
    if wrong:
        raise TokenRefused(None, f"json: cannot unmarshal {wrong}")
    assert isinstance(claims, dict)
    return claims


def _wrong_types(claims: dict[str, Any]) -> Any:
    """Claims that do not decode into distribution's ``ClaimSet`` (types.go); null decodes into anything."""
    yield from (n for n in ("iss", "sub", "jti") if claims.get(n) is not None and not isinstance(claims[n], str))
    yield from (n for n in ("exp", "nbf", "iat") if claims.get(n) is not None and type(claims[n]) is not int)
    audience = claims.get("aud")
    if not (audience is None or isinstance(audience, str) or _all(audience, str)):
        yield "aud"
    access = claims.get("access")
    if access is not None and not (isinstance(access, list) and all(e is None or _entry(e) for e in access)):
        yield "access"


def _entry(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    texts = all(entry.get(name) is None or isinstance(entry[name], str) for name in ("type", "class", "name"))
    return texts and (entry.get("actions") is None or _all(entry["actions"], str))


def _all(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def _jwk_thumbprint(jwk: object) -> str:
    if not isinstance(jwk, dict):
        return ""
    try:
        key = jwt.PyJWK(jwk, algorithm="ES256").key
    except (jwt.PyJWTError, ValueError, TypeError):
        return ""
    return thumbprint(key) if isinstance(key, ec.EllipticCurvePublicKey) else ""
