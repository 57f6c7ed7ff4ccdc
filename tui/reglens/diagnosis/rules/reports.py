"""What clients, daemons and servers say in their lines, turned into findings.

A line's meaning speaks for some codes (`reglens.diagnosis.meanings`), the likeliest first. Which one it is depends on
who says it of which part of the flow, on what else is in the evidence, and on what kind of registry it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reglens.diagnosis import meanings, pages, products
from reglens.diagnosis.evidence import Report
from reglens.diagnosis.finding import Finding, Severity
from reglens.diagnosis.meanings import Meaning
from reglens.diagnosis.rules import choose, mend
from reglens.diagnosis.rules.build import graded
from reglens.diagnosis.scene import Scene, report_proof, shown


def reports(scene: Scene) -> Iterator[Finding]:
    """What lines say that name their cause."""
    yield from _findings(scene, vague_ones=False)


def vague(scene: Scene, found: Mapping[str, Finding]) -> Iterator[Finding]:
    """What lines say that only tell of a refusal; nothing where something else proves the reason of one."""
    if scene.error in ("invalid_token", "insufficient_scope") or scene.evidence.foreign:
        return  # the challenge says more
    if not any(finding.severity is Severity.ERROR for finding in found.values()):
        yield from _findings(scene, vague_ones=True)


def _findings(scene: Scene, *, vague_ones: bool) -> Iterator[Finding]:
    if scene.ok:
        return
    seen: set[str] = set()
    for report in scene.reports:
        meaning = meanings.meaning(report.meaning)
        if meaning is None or (not meaning.codes and meaning is not Meaning.HTTP_STATUS):
            continue
        if (meaning in choose.VAGUE) is not vague_ones:
            continue
        survived = _survived(scene, report)
        for code, sure in choose.codes(scene, report, meaning):
            severity = Severity.ERROR if sure and not survived else Severity.WARNING
            key = f"{code} {severity} {report.meaning}"
            if key in seen and len(seen) > 30:
                continue
            seen.add(key)
            yield _finding(scene, report, meaning, code, severity)


_WARNS = re.compile(r"^\W{0,3}(?:\S{1,40} ){0,4}?(?:WARN(?:ING)?\b|\S*\blevel=[\"']?warn|W\d{4} )", re.IGNORECASE)
_FAILS = re.compile(
    r"^\W{0,3}(?:\S{1,40} ){0,4}?(?:FATAL?\b|ERR(?:O|OR)?\b|\S*\blevel=[\"']?(?:error|fatal)|E\d{4} )", re.I
)
"""How a line begins that warns, and one that tells of a failure (logrus, zap, klog, most others)."""


def _survived(scene: Scene, report: Report) -> bool:
    """Whether a line only warns, and another one tells what the program failed of: it went on after the warning."""
    if not _WARNS.match(report.text):
        return False
    return any(_FAILS.match(other.text) for other in scene.reports if other.meaning != report.meaning)


def _finding(scene: Scene, report: Report, meaning: Meaning, code: str, severity: Severity) -> Finding:
    page = pages.page(code)
    teller = products.speaker(report.teller)
    first = f"{shown(teller)} says: {_lower(meaning.says)}" if teller else meaning.says
    parts = [
        first,
        mend.why(scene, report, code),
        "" if severity is Severity.ERROR else mend.unproven(scene, report, code),
    ]
    return graded(
        severity,
        code,
        mend.title(scene, report, code) or page.title,
        " ".join(part for part in parts if part),
        [report_proof(report)],
        mend.fix(scene, report, code),
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


RULES = (reports,)
