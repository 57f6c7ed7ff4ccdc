"""What a blob says, once opened: an attestation, a bill of materials, a signature, other JSON, text, or octets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reglens.jsontext import loads
from reglens.oci.attestation import Statement, read_statement
from reglens.oci.cosign import Signature, read_signature
from reglens.oci.descriptor import Descriptor
from reglens.oci.notary import NotarySignature, read_notary
from reglens.oci.sbom import Sbom, read_sbom
from reglens.oci.sigstore import Seal, read_seal

COSIGN_SIGN = "https://sigstore.dev/cosign/sign/"
"""The predicate type of cosign's signatures in bundles, up to its version (cosign, specs/BUNDLE_SPEC.md)."""
TEXT_LIMIT = 256 << 10
"""Octets of a text that are ever shown."""
FIRST = 4096
"""Octets that are kept of what is no text."""


@dataclass(frozen=True)
class Opened:
    """A blob read. `document` is its JSON, whatever was made of it; `text` is set where it is text but no JSON; neither
    is where it is neither, and its `first` octets stand for it. An SBOM within a statement stands in `sbom` beside it,
    and what seals its envelope in `seal`."""

    descriptor: Descriptor
    size: int
    first: bytes = b""
    document: Any = None
    is_json: bool = False
    text: str | None = None
    cut: bool = False
    statement: Statement | None = None
    sbom: Sbom | None = None
    signature: Signature | None = None
    seal: Seal | None = None
    notary: NotarySignature | None = None

    @property
    def kind(self) -> str:
        """In a few words what it is."""
        if self.signature is not None:
            return "cosign signature"
        if self.notary is not None:
            return f"Notary signature ({self.notary.envelope})"
        if self.statement is not None and self.statement.predicate_type.startswith(COSIGN_SIGN):
            return "cosign signature (in-toto statement)"
        if self.statement is not None:
            what = "SBOM" if self.sbom else "provenance" if self.statement.provenance else "attestation"
            return f"{what} (in-toto statement)"
        if self.sbom is not None:
            return f"SBOM ({self.sbom.form})"
        if self.seal is not None:
            return self.seal.kind
        return "JSON" if self.is_json else "text" if self.text is not None else "octets"


def open_blob(descriptor: Descriptor, raw: bytes) -> Opened:
    """What the blob `raw` says; what it is, is told by its content. Never raises."""
    notary = read_notary(raw)
    try:
        document = loads(raw)
    except ValueError:
        if notary is not None:
            return Opened(descriptor, len(raw), notary=notary)
        text = readable(raw[:TEXT_LIMIT])
        first = raw[:FIRST] if text is None else b""
        return Opened(descriptor, len(raw), first, text=text, cut=text is not None and len(raw) > TEXT_LIMIT)
    signature = read_signature(raw, descriptor.annotations)
    statement = read_statement(document)
    sbom = read_sbom(statement.predicate if statement is not None else document)
    return Opened(
        descriptor,
        len(raw),
        document=document,
        is_json=True,
        statement=statement,
        sbom=sbom,
        signature=signature,
        seal=read_seal(document, descriptor.annotations),
        notary=notary,
    )


def readable(raw: bytes) -> str | None:
    """`raw` as text; None if it is none: octets that are no UTF-8, or hold NUL. A character cut at the end is left
    out."""
    if b"\0" in raw:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(raw) - error.start < 4 and error.reason == "unexpected end of data":
            return raw[: error.start].decode("utf-8")
        return None
