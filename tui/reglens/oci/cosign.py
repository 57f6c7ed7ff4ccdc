"""cosign's signatures: the payload that was signed, the signature, and whose certificate came with it.

Sources: cosign, specs/SIGNATURE_SPEC.md; containers/image, docs/containers-signature.5.md (the payload); Fulcio,
docs/oid-info.md (the extensions). A signature is checked against the key in its own certificate; whether that
certificate deserves trust is not decided here, as that needs a trust root.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reglens.jsontext import loads
from reglens.oci.attestation import decode, flat, mapping, text
from reglens.oci.digest import Digest

if TYPE_CHECKING:
    from cryptography import x509

SIGNATURE = "dev.cosignproject.cosign/signature"
CERTIFICATE = "dev.sigstore.cosign/certificate"
TRANSPARENCY = "dev.sigstore.cosign/bundle"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
SUFFIXES = ("sig", "att", "sbom")
"""What cosign puts after the digest in the tags of signatures, attestations and SBOMs."""
MAX_CERTIFICATE = 64 << 10
_FULCIO = "1.3.6.1.4.1.57264.1."
_ISSUERS = ("8", "1")
_EXTENSIONS = {
    "2": "workflow trigger", "3": "workflow commit", "4": "workflow", "5": "workflow repository", "6": "workflow ref",
    "9": "build signer", "11": "runner", "12": "source repository", "13": "source commit", "14": "source ref",
    "18": "build config", "20": "build trigger", "21": "run",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed, as the certificate says: the names in it and who vouched for them (the OIDC issuer)."""

    names: tuple[str, ...]
    issuer: str = ""
    authority: str = ""
    key: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    more: tuple[tuple[str, str], ...] = ()


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
    value, pem = annotations.get(SIGNATURE, ""), annotations.get(CERTIFICATE, "")
    certificate = _load(pem.encode("utf-8", "replace")) if pem else None
    return Signature(
        claimed=text(mapping(critical.get("identity")).get("docker-reference")),
        digest=digest,
        value=value,
        identity=_identity(certificate) if certificate is not None else None,
        fits=_fits(certificate, decode(value), raw) if certificate is not None and value else None,
        logged=_logged(annotations.get(TRANSPARENCY, "")),
        optional=flat(document.get("optional")),
        document=document,
    )


def read_identity(certificate: bytes) -> Identity | None:
    """Who a certificate (PEM or DER) is of; None if it cannot be read. Never raises."""
    loaded = _load(certificate)
    return _identity(loaded) if loaded is not None else None


def _load(raw: bytes) -> x509.Certificate | None:
    from cryptography import x509

    if len(raw) > MAX_CERTIFICATE:
        return None
    try:
        if raw.lstrip().startswith(b"-----"):
            return x509.load_pem_x509_certificate(raw)
        return x509.load_der_x509_certificate(raw)
    except Exception:  # the library raises of many kinds for malformed ones
        return None


def _identity(certificate: x509.Certificate) -> Identity | None:
    try:
        return _described(certificate)
    except Exception:  # extensions are parsed when they are asked for
        return None


def _described(certificate: x509.Certificate) -> Identity:
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


def _fits(certificate: x509.Certificate, signature: bytes | None, payload: bytes) -> bool | None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    if signature is None:
        return False
    try:
        key = certificate.public_key()
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, payload, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, payload)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, payload, padding.PKCS1v15(), hashes.SHA256())
        else:
            return None
    except InvalidSignature:
        return False
    except Exception:  # a key of an unknown curve, or one that is no key
        return None
    return True


def _logged(bundle: str) -> datetime | None:
    """When the transparency log (Rekor) took the signature in, as the bundle says."""
    try:
        moment = mapping(mapping(loads(bundle)).get("Payload")).get("integratedTime")
        return datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else None
    except (ValueError, OverflowError, OSError):
        return None
