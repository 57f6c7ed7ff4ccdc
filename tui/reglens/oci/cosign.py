"""cosign's signatures: the payload that was signed, the signature, and whose certificate came with it.

Sources: cosign, specs/SIGNATURE_SPEC.md; containers/image, docs/containers-signature.5.md (the payload). A signature is
checked against the key in its own certificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reglens.jsontext import loads
from reglens.oci.attestation import decode, flat, mapping, text
from reglens.oci.certificates import Identity, fits, identity_of, load
from reglens.oci.digest import Digest

SIGNATURE = "dev.cosignproject.cosign/signature"
CERTIFICATE = "dev.sigstore.cosign/certificate"
CHAIN = "dev.sigstore.cosign/chain"
TRANSPARENCY = "dev.sigstore.cosign/bundle"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
SUFFIXES = ("sig", "att", "sbom")
"""What cosign puts after the digest in the tags of signatures, attestations and SBOMs."""


@dataclass(frozen=True)
class Signature:
    """One cosign signature. `fits` is whether it was made over the payload by the certificate's key; None: not known,
    there is no certificate, or its kind of key is not known here."""

    claimed: str
    digest: str
    value: str = ""
    identity: Identity | None = None
    fits: bool | None = None
    logged: datetime | None = None
    optional: tuple[tuple[str, str], ...] = ()
    document: Mapping[str, Any] = field(repr=False, default_factory=dict)


def tags_about(digest: Digest) -> tuple[str, ...]:
    """The tags under which cosign keeps what it made about a manifest."""
    return tuple(f"{digest.algorithm}-{digest.encoded}.{suffix}" for suffix in SUFFIXES)


def read_signature(raw: bytes, annotations: Mapping[str, str]) -> Signature | None:
    """The signature whose payload is `raw`, with the annotations of its descriptor; None if the payload is none of
    cosign's. Never raises."""
    try:
        document = loads(raw)
    except ValueError:
        return None
    critical = mapping(mapping(document).get("critical"))
    digest = text(mapping(critical.get("image")).get("docker-manifest-digest"))
    if not digest:
        return None
    value = annotations.get(SIGNATURE, "")
    pems = [annotations[name].encode("utf-8", "replace") for name in (CERTIFICATE, CHAIN) if name in annotations]
    chain = load(pems) if CERTIFICATE in annotations else []
    return Signature(
        claimed=text(mapping(critical.get("identity")).get("docker-reference")),
        digest=digest,
        value=value,
        identity=identity_of(chain) if chain else None,
        fits=fits(chain[0], decode(value), raw) if chain and value else None,
        logged=logged(annotations.get(TRANSPARENCY, "")),
        optional=flat(document.get("optional")),
        document=document,
    )


def logged(bundle: str) -> datetime | None:
    """When the transparency log (Rekor) took the signature in, as the bundle says."""
    try:
        moment = mapping(mapping(loads(bundle)).get("Payload")).get("integratedTime")
        return datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else None
    except (ValueError, OverflowError, OSError):
        return None
