"""The findings of a diagnosis: cause, explanation, evidence, and what to type instead."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from textual.content import Content

from reglens.app.widgets.layout import Line, blank, keyed, paragraph, said, words
from reglens.diagnosis.finding import Finding, Proof, Severity

MARKS = {Severity.ERROR: ("✗", ".bad"), Severity.WARNING: ("!", ".warn"), Severity.INFO: ("i", ".accent")}


@dataclass(frozen=True, slots=True)
class CommandKey:
    """The item of one command of one finding's fix, both counted from 0."""

    finding: int
    command: int


@dataclass(frozen=True, slots=True)
class FindingKey:
    """The item of one finding's title."""

    finding: int


@dataclass(frozen=True, slots=True)
class ProofKey:
    """The item of one piece of a finding's evidence."""

    finding: int
    proof: int


def finding_of(findings: Sequence[Finding], key: Hashable) -> Finding | None:
    """The finding that an item belongs to."""
    if not isinstance(key, FindingKey | ProofKey | CommandKey) or not 0 <= key.finding < len(findings):
        return None
    return findings[key.finding]


def command_of(findings: Sequence[Finding], key: Hashable) -> str | None:
    """The command that an item stands for, as it came; of a finding's title or proof its first one; None if there is
    none."""
    finding = finding_of(findings, key)
    commands = finding.fix.commands if finding else ()
    place = key.command if isinstance(key, CommandKey) else 0
    return commands[place] if 0 <= place < len(commands) else None


def proof_of(findings: Sequence[Finding], key: Hashable) -> Proof | None:
    """The proof that an item stands for; None if the item is none."""
    finding = finding_of(findings, key)
    if finding is None or not isinstance(key, ProofKey):
        return None
    return finding.evidence[key.proof] if 0 <= key.proof < len(finding.evidence) else None


def findings_lines(findings: Sequence[Finding], width: int, *, items: bool = False) -> list[Line]:
    """The findings one under the other; each command of a fix is an item, and with `items` each title and proof."""
    lines: list[Line] = []
    for number, finding in enumerate(findings):
        if number:
            lines.append(blank())
        lines += finding_lines(finding, number, width, items=items)
    return lines


def finding_lines(finding: Finding, number: int, width: int, *, items: bool = False) -> list[Line]:
    """One finding."""
    sign, style = MARKS[finding.severity]
    title = words((finding.code, style), "  ", said(finding.title, ".strong"))
    lines = paragraph(title, width, lead=words((sign, style), " "), key=FindingKey(number) if items else None)
    if finding.follows_from:
        because = ", ".join(finding.follows_from)
        lines += paragraph(said(f"because of {because}", ".note"), width, lead="  ")
    if finding.explanation:
        lines += paragraph(said(finding.explanation, limit=4000), width, lead="  ")
    for place, proof in enumerate(finding.evidence[:12]):
        where = said(proof.where, ".label", 300)
        key = ProofKey(number, place) if items else None
        lines += paragraph(
            words(where, "  ", said(proof.value, ".strong", 600)), width, lead=("  · ", ".muted"), key=key
        )
    if finding.fix.text or finding.fix.commands:
        lines += paragraph(said(finding.fix.text), width, lead=("  fix ", ".good"))
    for place, command in enumerate(finding.fix.commands):
        shown = Content("\n").join([said(part, ".code", 4000) for part in command.split("\n")])
        lines += keyed(paragraph(shown, width, lead=("      $ ", ".muted")), CommandKey(number, place))
    return lines
