"""What was opened, laid out as what it is; statements and provenance here, the rest in modules of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from reglens.app.widgets.document_parts import (
    LISTED,
    dump_lines,
    json_document_lines,
    leaves_lines,
    more_lines,
    text_lines,
)
from reglens.app.widgets.layout import Line, blank, fields, heading, paragraph, said, words
from reglens.app.widgets.sbom_views import sbom_lines
from reglens.app.widgets.signature_views import notary_lines, seal_lines, signature_lines
from reglens.oci.attestation import Provenance, Resource, Statement
from reglens.oci.opened import Opened
from reglens.oci.sigstore import Seal
from reglens.text import clean, human_age, human_count, human_duration, human_size


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
        return lines + json_document_lines(opened.document, width)
    if opened.signature is not None:
        return lines + signature_lines(opened.signature, width, now)
    if opened.notary is not None:
        return lines + notary_lines(opened.notary, width, now)
    if opened.statement is not None:
        lines += statement_lines(opened.statement, opened.seal, width, now)
        if opened.sbom is not None:
            return [*lines, blank(), *sbom_lines(opened.sbom, width, now)]
        if opened.statement.provenance is not None:
            return [*lines, blank(), *provenance_lines(opened.statement.provenance, width, now)]
        return [*lines, blank(), *heading("Predicate", width), *json_document_lines(opened.statement.predicate, width)]
    if opened.sbom is not None:
        return lines + sbom_lines(opened.sbom, width, now)
    if opened.seal is not None:
        lines += [*seal_lines(opened.seal, width, now), blank(), *heading("Document", width)]
    if opened.is_json:
        return lines + json_document_lines(opened.document, width)
    if opened.text is not None:
        return lines + text_lines(opened.text, width, cut=opened.cut)
    return lines + dump_lines(opened.first, opened.size, width)


def statement_lines(statement: Statement, seal: Seal | None, width: int, now: datetime) -> list[Line]:
    """What a statement is about, and what seals it."""
    pairs: list[tuple[str, Content]] = [("predicate", said(statement.predicate_type or "(none)", limit=300))]
    if seal is None:
        pairs.append(
            ("signed", words(("no: a bare statement, which anybody who can push could have written", ".warn")))
        )
    lines = fields(pairs, width)
    if seal is not None:
        lines += seal_lines(seal, width, now)
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
            lines += [blank(), *heading(title, width), *leaves_lines(leaves, width)]
    title = f"Materials {human_count(len(provenance.materials))}"
    lines += [blank(), *heading(title, width)]
    return lines + (_resources(provenance.materials, width) or paragraph(words(("none are named", ".muted")), width))


def _resources(resources: Sequence[Resource], width: int) -> list[Line]:
    lines: list[Line] = []
    for resource in resources[:LISTED]:
        lines += paragraph(said(resource.name or "(no name)", limit=600), width)
        for algorithm, value in resource.digests:
            lines += paragraph(said(f"{algorithm}:{value}", ".muted", 200), width, lead="    ")
    return [*lines, *more_lines(len(resources) - LISTED)]
