"""Signatures laid out: who signed what, and whether the signature fits."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from reglens.app.widgets.document_parts import json_document_lines, leaves_lines
from reglens.app.widgets.layout import Line, Part, blank, fields, heading, said, words
from reglens.oci.certificates import Identity
from reglens.oci.cosign import Signature
from reglens.oci.notary import NotarySignature
from reglens.oci.sigstore import Seal
from reglens.text import clean, human_age, human_duration


def _verdict(fits: bool | None, identity: Identity | None, what: str) -> Part:
    """Whether a signature fits, in words: over `what` it was made."""
    if fits:
        return (f"✓ made over this {what} by the certificate's key", ".good")
    if fits is False:
        return (f"✗ not made over this {what} by the certificate's key", ".bad")
    if identity is not None:
        return ("cannot be checked here: another kind of key, or what was signed is not at hand", ".warn")
    return ("no certificate came with it: check it with the signer's public key", ".warn")


def seal_lines(seal: Seal, width: int, now: datetime) -> list[Line]:
    """What an envelope is sealed with: signature, log, signer."""
    count = f", {seal.signatures} signatures, the first:" if seal.signatures > 1 else ""
    pairs: list[tuple[str, Content]] = [
        ("sealed by", said(f"{seal.kind}{count}")),
        ("signature", words(_verdict(seal.fits, seal.identity, seal.about))),
    ]
    if seal.digest:
        pairs.append(("message", said(seal.digest, limit=200)))
    if seal.key_hint:
        pairs.append(("key", said(seal.key_hint, limit=200)))
    if seal.logged is not None or seal.log_index:
        index = (f"  entry {clean(seal.log_index, 20)} of the transparency log" if seal.log_index else "", ".muted")
        pairs.append(("logged", words(_when(seal.logged, now) if seal.logged else "at an unknown time", index)))
    if seal.stamped:
        pairs.append(("time stamps", words(str(seal.stamped), ("  by a time-stamping authority", ".muted"))))
    lines = fields(pairs, width)
    if seal.identity is not None:
        lines += [blank(), *heading("Signer", width), *identity_lines(seal.identity, width, now)]
    return lines


def notary_lines(signature: NotarySignature, width: int, now: datetime) -> list[Line]:
    """A Notary Project signature: what it signs, when, by whom."""
    algorithm = f" with {signature.algorithm}" if signature.algorithm else ""
    pairs: list[tuple[str, Content]] = [
        ("signature", words(_verdict(signature.fits, signature.identity, "payload"))),
        ("envelope", said(f"{signature.envelope}{algorithm}", limit=60)),
        ("of", said(signature.target or "(not said)", limit=200)),
    ]
    if signature.target_type:
        pairs.append(("which is", said(signature.target_type, limit=200)))
    if signature.scheme:
        pairs.append(("scheme", said(signature.scheme, limit=100)))
    if signature.signed is not None:
        pairs.append(("signed", _when(signature.signed, now)))
    if signature.expires is not None:
        gone = signature.expires <= now
        pairs.append(("expires", words(_when(signature.expires, now), ("  expired" if gone else "", ".bad"))))
    if signature.stamped:
        pairs.append(("time stamp", words("one by a time-stamping authority came with it")))
    if signature.agent:
        pairs.append(("made with", said(signature.agent, limit=200)))
    lines = fields(pairs, width)
    if signature.identity is not None:
        lines += [blank(), *heading("Signer", width), *identity_lines(signature.identity, width, now)]
    if signature.annotations:
        lines += [blank(), *heading("Signed annotations", width), *leaves_lines(signature.annotations, width)]
    return [*lines, blank(), *heading("Payload", width), *json_document_lines(signature.payload, width)]


def _when(moment: datetime, now: datetime) -> Content:
    stamp = moment.strftime("%Y-%m-%d %H:%M:%S UTC")
    return words(stamp, (f"  {human_age(moment, now)}" if moment <= now else "", ".muted"))


def signature_lines(signature: Signature, width: int, now: datetime) -> list[Line]:
    """Who signed what, and whether the signature was made with the certificate's key."""
    pairs: list[tuple[str, Content]] = [
        ("signature", words(_verdict(signature.fits, signature.identity, "payload"))),
        ("of", said(signature.digest, limit=200)),
        ("said to be", said(signature.claimed or "(not said)", limit=400)),
    ]
    if signature.logged is not None:
        pairs.append(("logged", _when(signature.logged, now)))
    lines = fields(pairs, width)
    if signature.identity is not None:
        lines += [blank(), *heading("Signer", width), *identity_lines(signature.identity, width, now)]
    if signature.optional:
        lines += [blank(), *heading("Annotations in the payload", width), *leaves_lines(signature.optional, width)]
    return [*lines, blank(), *heading("Payload", width), *json_document_lines(dict(signature.document), width)]


def identity_lines(identity: Identity, width: int, now: datetime) -> list[Line]:
    """Whose certificate it is. That it is told here does not mean that it is trusted, which is said."""
    pairs: list[tuple[str, Content]] = [("subject", said(name, ".strong", 500)) for name in identity.names[:10]]
    if identity.issuer:
        pairs.append(("OIDC issuer", said(identity.issuer, limit=300)))
    pairs.append(("certified by", said(identity.authority or "(not said)", limit=300)))
    if identity.chain not in ((), (identity.authority,)):
        pairs.append(("chain", Content("\n").join([said(name, limit=300) for name in identity.chain])))
    if identity.not_before is not None and identity.not_after is not None:
        span = human_duration((identity.not_after - identity.not_before).total_seconds())
        stamp = identity.not_before.strftime("%Y-%m-%d %H:%M UTC")
        pairs.append(("valid", words(f"from {stamp} for {span}")))
    if identity.key:
        pairs.append(("key", said(identity.key, limit=60)))
    pairs += [(name, said(value, limit=400)) for name, value in identity.more]
    trust = "not judged: the certificate's chain is not checked against a trust root (cosign and notation verify do)"
    pairs.append(("trust", words((trust, ".warn"))))
    return fields(pairs, width)
