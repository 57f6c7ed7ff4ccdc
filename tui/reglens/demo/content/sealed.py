"""Signed things: keys and certificates of the demo's signer, a sigstore bundle, a Notary signature.

Sources: sigstore, protobuf-specs, sigstore_bundle.proto; DSSE, protocol.md; notaryproject/specifications,
signature-envelope-jws.md; Fulcio, docs/oid-info.md. Keys are derived from their names and signatures hold no chance, so
that digests stay the same.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from reglens.demo.content.parts import CREATED, Blob

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
NOTARY = "application/vnd.cncf.notary.signature"
_IN_TOTO = "application/vnd.in-toto+json"
_MOMENT = datetime.fromtimestamp(CREATED, UTC)
_SIGNER = "https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main"
_OIDC_ISSUER = "https://token.actions.githubusercontent.com"


def bundle(name: str, subject: Blob) -> Blob:
    """cosign's signature in its newer form: a statement about `subject` in a DSSE envelope, in a bundle."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": f"docker.io/{name}", "digest": {"sha256": subject.digest.partition(":")[2]}}],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    }
    body = json.dumps(statement, separators=(",", ":")).encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(_IN_TOTO), _IN_TOTO.encode(), len(body), body)
    der = base64.b64encode(_der(certificates()[0])).decode()
    document = {
        "mediaType": BUNDLE,
        "verificationMaterial": {
            "certificate": {"rawBytes": der},
            "tlogEntries": [{"logIndex": "4711", "integratedTime": str(CREATED)}],
        },
        "dsseEnvelope": {
            "payload": base64.b64encode(body).decode(),
            "payloadType": _IN_TOTO,
            "signatures": [{"sig": base64.b64encode(key("signer").sign(signed)).decode()}],
        },
    }
    return Blob(json.dumps(document, separators=(",", ":")).encode(), BUNDLE)


def notary(subject: Blob) -> Blob:
    """A Notary Project signature about `subject`, in JWS."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    target = {"mediaType": subject.media_type, "digest": subject.digest, "size": subject.size}
    head = {
        "alg": "ES256",
        "crit": ["io.cncf.notary.signingScheme"],
        "cty": "application/vnd.cncf.notary.payload.v1+json",
        "io.cncf.notary.signingScheme": "notary.x509",
        "io.cncf.notary.signingTime": _MOMENT.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    protected, payload = (_url64(json.dumps(part).encode()) for part in (head, {"targetArtifact": target}))
    made = _curve_key().sign(f"{protected}.{payload}".encode(), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    numbers = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(made))
    document = {
        "payload": payload,
        "protected": protected,
        "header": {
            "x5c": [base64.b64encode(_der(pem)).decode() for pem in _notary_certificates()],
            "io.cncf.notary.signingAgent": "notation-go/1.3.0",
        },
        "signature": _url64(numbers),
    }
    return Blob(json.dumps(document, separators=(",", ":")).encode(), "application/jose+json")


def _url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _der(pem: str) -> bytes:
    return base64.b64decode("".join(pem.split("-----")[2].split()))


def key(name: str) -> Ed25519PrivateKey:
    """A key that only its name decides."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"reglens demo {name}".encode()).digest())


@lru_cache(maxsize=1)
def certificates() -> tuple[str, str]:
    """The signer's certificate, as Fulcio would issue it for a GitHub workflow, and that of its authority, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import ExtendedKeyUsageOID

    authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "reglens demo sigstore")])
    until = _MOMENT + timedelta(minutes=10)

    def builder(subject: x509.Name, name: str, serial: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(key(name).public_key())
            .serial_number(serial)
            .not_valid_before(_MOMENT)
        )

    root = builder(authority, "authority", 1).not_valid_after(_MOMENT + timedelta(days=3650))
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    issuer_oid = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")  # Fulcio, docs/oid-info.md
    leaf = (
        builder(x509.Name([]), "signer", 2)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(_SIGNER)]), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.UnrecognizedExtension(issuer_oid, _OIDC_ISSUER.encode()), critical=False)
    )
    pems = [b.sign(key("authority"), None).public_bytes(Encoding.PEM).decode() for b in (leaf, root)]
    return pems[0], pems[1]


def _curve_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    secret = int.from_bytes(hashlib.sha256(b"reglens demo notary").digest(), "big") >> 1
    return ec.derive_private_key(secret, ec.SECP256R1())


@lru_cache(maxsize=1)
def _notary_certificates() -> tuple[str, str]:
    """The certificate of who signs for Notary, and that of its authority, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    def named(common: str) -> x509.Name:
        names = ((x509.NameOID.COMMON_NAME, common), (x509.NameOID.ORGANIZATION_NAME, "Acme"))
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in names])

    made = []
    for serial, common, public in (
        (3, "release.acme.example.com", _curve_key().public_key()),
        (4, "Acme signing authority", key("acme authority").public_key()),
    ):
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(common))
            .issuer_name(named("Acme signing authority"))
            .public_key(public)
            .serial_number(serial)
            .not_valid_before(_MOMENT - timedelta(days=30))
            .not_valid_after(_MOMENT + timedelta(days=700))
            .add_extension(x509.BasicConstraints(ca=serial == 4, path_length=None), critical=True)
        )
        made.append(builder.sign(key("acme authority"), None).public_bytes(Encoding.PEM).decode())
    return made[0], made[1]
