"""Bills of materials laid out: what they are of, licences, packages as a tree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from reglens.app.widgets.document_parts import more_lines
from reglens.app.widgets.layout import Line, blank, cells, column, fields, fit, heading, middle, said, words
from reglens.oci.sbom import Package, Sbom
from reglens.text import clean, human_age, human_count

PACKAGES = 3000
"""Packages of one bill of materials that are listed; all are in its JSON."""


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
        lines += more_lines(count - PACKAGES)
    return lines


def _packages(packages: Sequence[Package], width: int) -> list[Line]:
    version = min(24, max((cells(clean(p.version, 80)) for p in packages), default=0))
    guides = _guides([min(package.depth, 12) for package in packages])
    longest = max((len(lead) + cells(clean(p.name, 120)) for lead, p in zip(guides, packages, strict=True)), default=0)
    licence = max((cells(clean(p.licence, 120)) for p in packages), default=0)
    name = min(longest, max(12, width - version - min(licence, width // 3) - 4))
    lines = []
    for lead, package in zip(guides, packages, strict=True):
        title = words((lead, ".rule"), (middle(clean(package.name, 120), max(6, name - len(lead))), ".strong"))
        row = words(
            column(title, name), "  ", column(said(package.version, limit=80), version), "  ",
            said(package.licence or "—", "" if package.licence else ".warn", 120),
        )  # fmt: skip
        lines.append(Line(fit(row, width)))
    return lines


def _guides(depths: Sequence[int]) -> list[str]:
    """What stands before each of the names of a tree, by their depths in its order: ``│ ├ ``."""
    guides: list[str] = []
    goes_on: set[int] = set()  # depths at which something follows under the same parent
    for depth in reversed(depths):
        above = "".join("│ " if level in goes_on else "  " for level in range(1, depth))
        guides.append(above + ("├ " if depth in goes_on else "└ ") if depth else "")
        goes_on = {level for level in goes_on if level < depth} | {depth}
    return guides[::-1]
