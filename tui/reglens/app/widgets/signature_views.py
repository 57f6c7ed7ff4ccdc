"""Signatures laid out: who signed what, and whether the signature fits."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from reglens.app.widgets.document_parts import json_document_lines, leaves_lines
from reglens.app.widgets.layout import Line, Part, blank, fields, heading, said, words
from reglens.oci.cosign import Identity, Signature
from reglens.text import human_age, human_duration


def signature_lines(signature: Signature, width: int, now: datetime) -> list[Line]:
    """Who signed what, and whether the signature was made with the certificate's key."""
    verdict: Part
    if signature.fits:
        verdict = ("✓ made over this payload by the certificate's key", ".good")
    elif signature.fits is False:
        verdict = ("✗ not made over this payload by the certificate's key", ".bad")
    elif signature.identity is not None:
        verdict = ("cannot be checked here: another kind of key", ".warn")
    else:
        verdict = ("no certificate came with it: check it with the signer's public key", ".warn")
    pairs: list[tuple[str, Content]] = [
        ("signature", words(verdict)),
        ("of", said(signature.digest, limit=200)),
        ("said to be", said(signature.claimed or "(not said)", limit=400)),
    ]
    if signature.logged is not None:
        stamp = signature.logged.strftime("%Y-%m-%d %H:%M:%S UTC")
        pairs.append(("logged", words(stamp, (f"  {human_age(signature.logged, now)}", ".muted"))))
    lines = fields(pairs, width)
    if signature.identity is not None:
        lines += [blank(), *heading("Signer", width), *identity_lines(signature.identity, width, now)]
    if signature.optional:
        lines += [blank(), *heading("Annotations in the payload", width), *leaves_lines(signature.optional, width)]
    return [*lines, blank(), *heading("Payload", width), *json_document_lines(dict(signature.document), width)]


def identity_lines(identity: Identity, width: int, now: datetime) -> list[Line]:
    """Whose certificate it is. That it is told here does not mean that it is trusted, which is said."""
    pairs: list[tuple[str, Content]] = [("subject", said(name, ".strong", 500)) for name in identity.names[:10]]
    pairs.append(("OIDC issuer", said(identity.issuer or "(not said)", "" if identity.issuer else ".warn", 300)))
    pairs.append(("certified by", said(identity.authority or "(not said)", limit=300)))
    if identity.not_before is not None and identity.not_after is not None:
        span = human_duration((identity.not_after - identity.not_before).total_seconds())
        stamp = identity.not_before.strftime("%Y-%m-%d %H:%M UTC")
        pairs.append(("valid", words(f"from {stamp} for {span}")))
    if identity.key:
        pairs.append(("key", said(identity.key, limit=60)))
    pairs += [(name, said(value, limit=400)) for name, value in identity.more]
    trust = "not judged: the certificate's chain is not checked against a trust root (cosign verify does)"
    pairs.append(("trust", words((trust, ".warn"))))
    return fields(pairs, width)
