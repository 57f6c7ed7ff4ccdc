"""Notary Project signatures, made as notation makes them.

Sources: notaryproject/specifications, signature-envelope-jws.md and signature-envelope-cose.md.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

PAYLOAD = "application/vnd.cncf.notary.payload.v1+json"
MOMENT = datetime(2026, 2, 1, tzinfo=UTC)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
COSE_ALGORITHMS = {"ES256": -7, "ES384": -35, "ES512": -36, "PS256": -37, "PS384": -38, "PS512": -39}


@cache
def signer(algorithm: str) -> tuple[Key, tuple[bytes, ...]]:
    """A key for that algorithm, and its certificate with its authority's, in DER."""
    size = int(algorithm[2:])
    key: Key
    if algorithm.startswith("ES"):
        key = ec.generate_private_key({256: ec.SECP256R1(), 384: ec.SECP384R1(), 512: ec.SECP521R1()}[size])
    else:
        key = rsa.generate_private_key(65537, 2048)
    authority = ec.generate_private_key(ec.SECP256R1())
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, n)]) for n in ("signer.test", "authority.test")]
    made = []
    for name, public in zip(names, (key.public_key(), authority.public_key()), strict=True):
        builder = x509.CertificateBuilder(names[1], name, public, x509.random_serial_number())
        builder = builder.not_valid_before(MOMENT).not_valid_after(MOMENT + timedelta(days=30))
        made.append(builder.sign(authority, hashes.SHA256()).public_bytes(Encoding.DER))
    return key, tuple(made)


def signed(algorithm: str, data: bytes) -> bytes:
    key, _ = signer(algorithm)
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[2:]]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        width = (key.key_size + 7) // 8
        numbers = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
        return b"".join(number.to_bytes(width, "big") for number in numbers)
    return key.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)


def _payload(target: str) -> bytes:
    notes = {"build": "4711"}
    artifact = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": target, "size": 7}
    return json.dumps({"targetArtifact": {**artifact, "annotations": notes}}).encode()


def _url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def jws(target: str, algorithm: str = "ES256") -> dict[str, Any]:
    """The JSON serialization."""
    head = {
        "alg": algorithm, "cty": PAYLOAD, "crit": ["io.cncf.notary.signingScheme"],
        "io.cncf.notary.signingScheme": "notary.x509", "io.cncf.notary.signingTime": "2026-02-01T00:00:00Z",
        "io.cncf.notary.expiry": "2026-02-02T00:00:00Z",
    }  # fmt: skip
    protected, payload = _url64(json.dumps(head).encode()), _url64(_payload(target))
    _, chain = signer(algorithm)
    loose = {
        "x5c": [base64.b64encode(der).decode() for der in chain],
        "io.cncf.notary.signingAgent": "notation-go/1.3.0", "io.cncf.notary.timestampSignature": "AAAA",
    }  # fmt: skip
    signature = _url64(signed(algorithm, f"{protected}.{payload}".encode()))
    return {"payload": payload, "protected": protected, "header": loose, "signature": signature}


def cose(target: str, algorithm: str = "PS256") -> bytes:
    """A tagged COSE_Sign1."""
    head = encoded({
        1: COSE_ALGORITHMS[algorithm], 2: ["io.cncf.notary.signingScheme"], 3: PAYLOAD,
        "io.cncf.notary.signingScheme": "notary.x509", "io.cncf.notary.signingTime": (1, int(MOMENT.timestamp())),
    })  # fmt: skip
    payload = _payload(target)
    signature = signed(algorithm, encoded(["Signature1", head, b"", payload]))
    loose = {33: list(signer(algorithm)[1]), "io.cncf.notary.signingAgent": "notation-go/1.3.0"}
    return encoded((18, [head, loose, payload, signature]))


def encoded(value: object) -> bytes:
    """`value` in CBOR; a pair is a tagged value."""
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encoded, value))
    if isinstance(value, Mapping):
        return _head(5, len(value)) + b"".join(encoded(k) + encoded(v) for k, v in value.items())
    assert isinstance(value, tuple)
    return _head(6, value[0]) + encoded(value[1])


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    width = next(w for w in (1, 2, 4, 8) if number < 1 << 8 * w)
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + number.to_bytes(width, "big")
