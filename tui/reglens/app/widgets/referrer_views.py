"""What refers to a manifest, laid out as a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from reglens.app.widgets.layout import Line, Part, blank, fit, paragraph, said, words
from reglens.oci.config import parse_time
from reglens.oci.kinds import named
from reglens.oci.referrers import Referrer
from reglens.text import clean, human_age, human_count, human_size

LISTED = 300


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
