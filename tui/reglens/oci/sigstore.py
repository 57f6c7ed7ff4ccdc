"""What seals a signed envelope: sigstore bundles, and DSSE envelopes whose certificate stands in annotations.

Sources: sigstore, protobuf-specs, sigstore_bundle.proto, sigstore_rekor.proto and sigstore_common.proto; DSSE,
protocol.md (what is signed); cosign, specs/ATTESTATION_SPEC.md. The signature is checked against the certificate's key;
neither the certificate's chain nor the log's promise is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reglens.oci.attestation import BUNDLE, decode, items, mapping, text
from reglens.oci.certificates import Identity, fits, identity_of, load
from reglens.oci.cosign import CERTIFICATE, CHAIN, TRANSPARENCY, logged


@dataclass(frozen=True)
class Seal:
    """What an envelope was sealed with. `about` is what is signed: a DSSE envelope, or a bare message of that `digest`;
    `fits` as of `reglens.oci.cosign.Signature`; `key_hint` names a public key where there is no certificate."""

    kind: str
    about: str
    signatures: int = 1
    digest: str = ""
    identity: Identity | None = None
    key_hint: str = ""
    fits: bool | None = None
    logged: datetime | None = None
    log_index: str = ""
    stamped: int = 0


def read_seal(document: object, annotations: Mapping[str, str]) -> Seal | None:
    """The seal of a JSON document, with the annotations of its descriptor; None if it is no signed envelope. Never
    raises."""
    if not isinstance(document, Mapping):
        return None
    if text(document.get("mediaType")).startswith(BUNDLE):
        return _bundle(document)
    if isinstance(document.get("payload"), str) and isinstance(document.get("payloadType"), str):
        pems = [annotations[name].encode("utf-8", "replace") for name in (CERTIFICATE, CHAIN) if name in annotations]
        chain = load(pems) if CERTIFICATE in annotations else []
        signature, signed, count = _dsse(document)
        return Seal(
            "DSSE envelope",
            "envelope",
            count,
            identity=identity_of(chain) if chain else None,
            fits=fits(chain[0], signature, signed) if chain else None,
            logged=logged(annotations.get(TRANSPARENCY, "")),
        )
    return None


def _bundle(document: Mapping[str, Any]) -> Seal:
    material = mapping(document.get("verificationMaterial"))
    listed = items(mapping(material.get("x509CertificateChain")).get("certificates"))
    raw = [text(mapping(c).get("rawBytes")) for c in (material.get("certificate"), *listed)]
    chain = load(der for encoded in raw if encoded and (der := decode(encoded)))
    entries = [mapping(entry) for entry in items(material.get("tlogEntries"))]
    entry = entries[0] if entries else {}
    stamps = mapping(material.get("timestampVerificationData")).get("rfc3161Timestamps")
    version = text(document.get("mediaType")).removeprefix(BUNDLE).strip(".+;").removesuffix("+json")
    message = mapping(document.get("messageSignature"))
    digest, fit, count = "", None, 1
    if message:
        about = "message"
        told = mapping(message.get("messageDigest"))
        digest = _digest(told)
    else:
        about = "envelope"
        signature, signed, count = _dsse(mapping(document.get("dsseEnvelope")))
        fit = fits(chain[0], signature, signed) if chain else None
    return Seal(
        f"sigstore bundle {version}".strip(),
        about,
        count,
        digest,
        identity_of(chain) if chain else None,
        text(mapping(material.get("publicKey")).get("hint")),
        fit,
        _moment(entry.get("integratedTime")),
        str(entry.get("logIndex") or "")[:20],
        len(items(stamps)),
    )


def _digest(told: Mapping[str, Any]) -> str:
    raw = decode(text(told.get("digest")))
    name = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}.get(text(told.get("algorithm")), "")
    return f"{name}:{raw.hex()}" if raw and name else ""


def _dsse(envelope: Mapping[str, Any]) -> tuple[bytes | None, bytes, int]:
    """The first signature, what it is made over, and how many there are."""
    signatures = items(envelope.get("signatures"))
    body = decode(text(envelope.get("payload"))) or b""
    kind = text(envelope.get("payloadType")).encode("utf-8", "replace")
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)
    first = text(mapping(signatures[0]).get("sig")) if signatures else ""
    return decode(first) if first else None, signed, len(signatures)


def _moment(seconds: object) -> datetime | None:
    """A time in seconds, which JSON of protobuf writes as text."""
    try:
        return datetime.fromtimestamp(int(str(seconds)), UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None
