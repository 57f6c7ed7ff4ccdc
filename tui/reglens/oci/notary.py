"""Notary Project signatures, in JWS and in COSE.

Sources: notaryproject/specifications, signature-specification.md, signature-envelope-jws.md and
signature-envelope-cose.md; RFC 7515; RFC 9052, sections 4.2 and 4.4; RFC 9360 (``x5chain``). A signature is checked
against the key in its own certificate, not against a trust store.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reglens.jsontext import loads
from reglens.oci import cbor
from reglens.oci.attestation import flat, items, mapping, text
from reglens.oci.certificates import Identity, fits, identity_of, load
from reglens.oci.config import parse_time

PAYLOAD = "application/vnd.cncf.notary.payload.v1+json"
_NOTARY = "io.cncf.notary."
_ALGORITHMS = {-7: "ES256", -35: "ES384", -36: "ES512", -37: "PS256", -38: "PS384", -39: "PS512"}
"""RFC 9053, section 2.1; RFC 8230, section 2."""
_SIGN1, _ALG, _TYPE, _X5CHAIN = 18, 1, 3, 33


@dataclass(frozen=True)
class NotarySignature:
    """One signature. `target` is the digest of what was signed; `fits` as of `reglens.oci.cosign.Signature`."""

    envelope: str
    target: str
    target_type: str = ""
    algorithm: str = ""
    scheme: str = ""
    signed: datetime | None = None
    expires: datetime | None = None
    agent: str = ""
    stamped: bool = False
    identity: Identity | None = None
    fits: bool | None = None
    annotations: tuple[tuple[str, str], ...] = ()
    payload: Any = None


def read_notary(raw: bytes) -> NotarySignature | None:
    """The signature in an envelope; None if it is none of Notary's. Never raises."""
    try:
        return _cose(raw) if raw[:1] == b"\xd2" else _jws(raw)
    except (ValueError, binascii.Error, TypeError, AttributeError):
        return None


def _jws(raw: bytes) -> NotarySignature | None:
    document = mapping(loads(raw))
    protected, payload = text(document.get("protected")), text(document.get("payload"))
    head = mapping(loads(_decoded(protected))) if protected else {}
    if head.get("cty") != PAYLOAD:
        return None
    loose = mapping(document.get("header"))
    chain = load(base64.b64decode(text(each)) for each in items(loose.get("x5c")))
    algorithm = text(head.get("alg"))
    signature = _decoded(text(document.get("signature")))
    return _signature(
        "JWS",
        head,
        loose,
        _decoded(payload),
        algorithm,
        chain,
        fits(chain[0], signature, f"{protected}.{payload}".encode(), algorithm) if chain else None,
    )


def _cose(raw: bytes) -> NotarySignature | None:
    outer = cbor.loads(raw)
    if not isinstance(outer, cbor.Tagged) or outer.tag != _SIGN1 or not isinstance(outer.value, list):
        return None
    protected, loose, payload, signature = outer.value
    head = cbor.loads(protected)
    if head.get(_TYPE) != PAYLOAD or not isinstance(payload, bytes) or not isinstance(signature, bytes):
        return None
    certificates = loose.get(_X5CHAIN)
    listed = certificates if isinstance(certificates, list) else [certificates]
    chain = load(each for each in listed if isinstance(each, bytes))
    algorithm = _ALGORITHMS.get(head.get(_ALG), "")
    signed = _sign1(protected, payload)
    fit = fits(chain[0], signature, signed, algorithm) if chain and algorithm else None
    return _signature("COSE", head, loose, payload, algorithm, chain, fit)


def _sign1(protected: bytes, payload: bytes) -> bytes:
    """What a COSE_Sign1 signature is made over: ``["Signature1", protected, external_aad, payload]``."""
    return b"\x84\x6aSignature1" + _bstr(protected) + b"\x40" + _bstr(payload)


def _bstr(data: bytes) -> bytes:
    size = len(data)
    if size < 24:
        return bytes([0x40 | size]) + data
    for low, width in ((24, 1), (25, 2), (26, 4)):
        if size < 1 << 8 * width:
            return bytes([0x40 | low]) + size.to_bytes(width, "big") + data
    raise ValueError("the envelope is too large")


def _signature(
    envelope: str,
    head: Mapping[Any, Any],
    loose: Mapping[Any, Any],
    payload: bytes,
    algorithm: str,
    chain: Any,
    fit: bool | None,
) -> NotarySignature:
    document = mapping(loads(payload))
    target = mapping(document.get("targetArtifact"))
    signed = head.get(f"{_NOTARY}signingTime") or head.get(f"{_NOTARY}authenticSigningTime")
    return NotarySignature(
        envelope,
        text(target.get("digest")),
        text(target.get("mediaType")),
        algorithm,
        text(head.get(f"{_NOTARY}signingScheme")).removeprefix("notary."),
        _time(signed),
        _time(head.get(f"{_NOTARY}expiry")),
        text(loose.get(f"{_NOTARY}signingAgent")),
        bool(loose.get(f"{_NOTARY}timestampSignature")),
        identity_of(chain) if chain else None,
        fit,
        flat(target.get("annotations")),
        document,
    )


def _time(value: object) -> datetime | None:
    """A time as JWS (RFC 3339) or COSE (seconds, with tag 1) writes it."""
    if isinstance(value, cbor.Tagged):
        value = value.value
    if isinstance(value, int | float):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return parse_time(value)


def _decoded(encoded: str) -> bytes:
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
