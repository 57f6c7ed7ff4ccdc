"""What was opened, laid out: statements, provenance, bills of materials, signatures, other JSON, text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from textual.content import Content

from reglens.app.widgets.artifacts import named
from reglens.app.widgets.json_view import highlighted
from reglens.app.widgets.layout import (
    Line,
    Part,
    blank,
    cells,
    column,
    fields,
    fit,
    fold,
    heading,
    middle,
    paragraph,
    said,
    words,
)
from reglens.oci.attestation import Provenance, Resource, Statement
from reglens.oci.cosign import Identity, Signature
from reglens.oci.opened import Opened
from reglens.oci.referrers import Referrer
from reglens.oci.sbom import Package, Sbom
from reglens.text import clean, human_age, human_count, human_duration, human_size

PACKAGES = 3000
"""Packages of one bill of materials that are listed; all are in its JSON."""
LISTED = 300
JSON_LINES = 20_000
TEXT_LINES = 20_000


def referrer_lines(
    referrers: Sequence[Referrer], width: int, now: datetime, *, done: bool, trouble: str = ""
) -> list[Line]:
    """What refers to a manifest, each an item keyed ``("referrer", number)`` from 1."""
    lines: list[Line] = []
    for number, referrer in enumerate(referrers[:LISTED], 1):
        lines += _referrer(number, referrer, width, now)
    if len(referrers) > LISTED:
        lines.append(Line(words((f"and {human_count(len(referrers) - LISTED)} more", ".muted"))))
    if not done:
        return [*lines, *paragraph(words(("… asking for what refers to it", ".accent")), width)]
    if trouble:
        lines += [*([blank()] if lines else []), *paragraph(said(trouble, limit=600), width, lead=("✗ ", ".bad"))]
    elif not referrers:
        sentence = (
            "Nothing refers to it: the registry lists no referrer, the index no attestation, and cosign's tags for "
            "this digest do not exist."
        )
        lines += paragraph(words((sentence, ".muted")), width)
    return lines


def _referrer(number: int, referrer: Referrer, width: int, now: datetime) -> list[Line]:
    entry = referrer.descriptor
    key = ("referrer", number)
    parts: list[Part] = [(referrer_kind(referrer), ".strong"), (f"  {human_size(entry.size)}", "")]
    if referrer.platform:
        parts.append((f"  for {clean(referrer.platform, 60)}", ".accent"))
    where = f"{referrer.source.value}{' ' + clean(referrer.tag, 200) if referrer.tag else ''}"
    from reglens.oci.config import parse_time

    moment = parse_time(entry.annotations.get("org.opencontainers.image.created"))
    if moment is not None:
        where += f"  {human_age(moment, now)}"
    under = words("    ", (clean(entry.digest.short, 100), ".muted"), "  ", (where, ".muted"))
    return [Line(fit(words(*parts), width), key), Line(fit(under, width), key)]


def referrer_kind(referrer: Referrer) -> str:
    """In words what a referrer is."""
    entry = referrer.descriptor
    if entry.attests:
        return "BuildKit attestation"
    for media_type in (entry.artifact_type, *referrer.types):
        if media_type and (known := named(media_type)):
            return known
    return clean(entry.artifact_type or entry.media_type or "(no type)", 120)


def opened_lines(opened: Opened, width: int, now: datetime, *, raw: bool = False) -> list[Line]:
    """A blob, read; `raw` shows its JSON or text instead of what was made of it."""
    entry = opened.descriptor
    lines = heading(opened.kind, width)
    about = words(
        (clean(entry.media_type or "(no type)", 200), ".muted"), f"  {human_size(opened.size)}  ",
        (clean(entry.digest.short, 100), ".muted"),
    )  # fmt: skip
    lines += [*paragraph(about, width), blank()]
    if raw and opened.is_json:
        return lines + _json(opened.document, width)
    if opened.signature is not None:
        return lines + signature_lines(opened.signature, width, now)
    if opened.statement is not None:
        lines += statement_lines(opened.statement, opened.signer, width, now)
        if opened.sbom is not None:
            return [*lines, blank(), *sbom_lines(opened.sbom, width, now)]
        if opened.statement.provenance is not None:
            return [*lines, blank(), *provenance_lines(opened.statement.provenance, width, now)]
        return [*lines, blank(), *heading("Predicate", width), *_json(opened.statement.predicate, width)]
    if opened.sbom is not None:
        return lines + sbom_lines(opened.sbom, width, now)
    if opened.is_json:
        return lines + _json(opened.document, width)
    if opened.text is not None:
        return lines + text_lines(opened.text, width, cut=opened.cut)
    sentence = "This is neither JSON nor text, so there is nothing to read here."
    return lines + paragraph(words((sentence, ".muted")), width)


def statement_lines(statement: Statement, signer: Identity | None, width: int, now: datetime) -> list[Line]:
    """What a statement is about, and what wraps it."""
    pairs: list[tuple[str, Content]] = [("predicate", said(statement.predicate_type or "(none)", limit=300))]
    envelope = statement.envelope
    if envelope is None:
        pairs.append(
            ("signed", words(("no: a bare statement, which anybody who can push could have written", ".warn")))
        )
    else:
        count = len(envelope.signatures)
        pairs.append(("signed", words(f"{envelope.kind}, {count} signature{'' if count == 1 else 's'}, not verified")))
    lines = fields(pairs, width)
    if signer is not None:
        lines += [blank(), *heading("Signer", width), *identity_lines(signer, width, now)]
    return [*lines, blank(), *heading("About", width), *_resources(statement.subjects, width)]


def provenance_lines(provenance: Provenance, width: int, now: datetime) -> list[Line]:
    """Who built it, from what, how."""
    pairs: list[tuple[str, Content]] = [("builder", said(provenance.builder or "(not said)", ".strong", 500))]
    for name, value in (
        ("build type", provenance.build_type),
        ("source", provenance.source),
        ("entry point", provenance.entry_point),
        ("invocation", provenance.invocation),
    ):
        if value:
            pairs.append((name, said(value, limit=500)))
    started, finished = provenance.started, provenance.finished
    if started is not None:
        text = words(started.strftime("%Y-%m-%d %H:%M:%S UTC"), (f"  {human_age(started, now)}", ".muted"))
        pairs.append(("started", text))
        if finished is not None and finished >= started:
            pairs.append(("took", words(human_duration((finished - started).total_seconds()))))
    lines = [*heading("Provenance", width), *fields(pairs, width)]
    for title, leaves in (("Parameters", provenance.parameters), ("Environment", provenance.environment)):
        if leaves:
            lines += [blank(), *heading(title, width), *_pairs(leaves, width)]
    title = f"Materials {human_count(len(provenance.materials))}"
    lines += [blank(), *heading(title, width)]
    return lines + (_resources(provenance.materials, width) or paragraph(words(("none are named", ".muted")), width))


def _pairs(leaves: Sequence[tuple[str, str]], width: int) -> list[Line]:
    lines = fields([(clean(name, 120), said(value or '""', limit=1000)) for name, value in leaves[:LISTED]], width)
    return [*lines, *_more(len(leaves) - LISTED)]


def _resources(resources: Sequence[Resource], width: int) -> list[Line]:
    lines: list[Line] = []
    for resource in resources[:LISTED]:
        lines += paragraph(said(resource.name or "(no name)", limit=600), width)
        for algorithm, value in resource.digests:
            lines += paragraph(said(f"{algorithm}:{value}", ".muted", 200), width, lead="    ")
    return [*lines, *_more(len(resources) - LISTED)]


def _more(count: int) -> list[Line]:
    return [Line(words((f"and {human_count(count)} more, in the JSON", ".muted")))] if count > 0 else []


def sbom_lines(sbom: Sbom, width: int, now: datetime) -> list[Line]:
    """A bill of materials: what it is of, licences, packages as a tree."""
    count = len(sbom.packages) + sbom.left_out
    pairs: list[tuple[str, Content]] = [("format", said(sbom.form)), ("of", said(sbom.name or "(not said)", limit=300))]
    if sbom.created is not None:
        stamp = sbom.created.strftime("%Y-%m-%d %H:%M UTC")
        pairs.append(("created", words(stamp, (f"  {human_age(sbom.created, now)}", ".muted"))))
    if sbom.tools:
        pairs.append(("made by", said(", ".join(sbom.tools), limit=400)))
    lines = [*fields(pairs, width), blank(), *heading("Licences", width)]
    licences = sbom.licences
    lines += fields(
        [(human_count(n), said(licence or "(none stated)", "" if licence else ".warn", 300)) for licence, n in
         licences[:20]], width,
    )  # fmt: skip
    if len(licences) > 20:
        lines.append(Line(words((f"and {human_count(len(licences) - 20)} more licences", ".muted"))))
    lines += [blank(), *heading(f"Packages {human_count(count)}", width), *_packages(sbom.packages[:PACKAGES], width)]
    if count > PACKAGES:
        lines += _more(count - PACKAGES)
    return lines


def _packages(packages: Sequence[Package], width: int) -> list[Line]:
    version = min(24, max((cells(clean(p.version, 80)) for p in packages), default=0))
    longest = max((2 * min(p.depth, 12) + cells(clean(p.name, 120)) for p in packages), default=0)
    licence = max((cells(clean(p.licence, 120)) for p in packages), default=0)
    name = min(longest, max(12, width - version - min(licence, width // 3) - 4))
    lines = []
    for package in packages:
        lead = "  " * min(package.depth, 12)
        title = words((lead, ".rule"), (middle(clean(package.name, 120), max(6, name - len(lead))), ".strong"))
        row = words(
            column(title, name), "  ", column(said(package.version, limit=80), version), "  ",
            said(package.licence or "—", "" if package.licence else ".warn", 120),
        )  # fmt: skip
        lines.append(Line(fit(row, width)))
    return lines


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
        lines += [blank(), *heading("Annotations in the payload", width), *_pairs(signature.optional, width)]
    return [*lines, blank(), *heading("Payload", width), *_json(dict(signature.document), width)]


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


def text_lines(text: str, width: int, *, cut: bool = False) -> list[Line]:
    """Text with its line numbers, cleaned, long lines wrapped."""
    rows = text.split("\n")
    if rows and not rows[-1]:
        rows.pop()
    digits = len(str(min(len(rows), TEXT_LINES)))
    lines: list[Line] = []
    for number, row in enumerate(rows[:TEXT_LINES], 1):
        bare = row.removesuffix("\r").expandtabs(4)
        lines += paragraph(said(bare, limit=4000), width, lead=words((f"{number:>{digits}} ", ".muted")))
        if len(lines) >= TEXT_LINES:
            break
    if cut or len(rows) > TEXT_LINES:
        lines.append(Line(words(("… the rest is not shown", ".warn"))))
    return lines or paragraph(words(("(empty)", ".muted")), width)


def _json(document: object, width: int) -> list[Line]:
    lines: list[Line] = []
    shown: Iterable[Content] = highlighted(document, JSON_LINES)
    for content in shown:
        lines += [Line(part) for part in fold(content, width)] if content.cell_length > width else [Line(content)]
    if len(lines) >= JSON_LINES:
        lines.append(Line(words(("… the rest is not shown", ".warn"))))
    return lines
