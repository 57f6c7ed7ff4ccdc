"""A diagnosis to read and to use: comparison, findings, their proofs, the commands that mend it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from reglens.app.actions import Where, bindings
from reglens.app.widgets.comparison_view import STACKED_BELOW, comparison_lines
from reglens.app.widgets.findings_view import command_of, finding_of, findings_lines
from reglens.app.widgets.layout import Line, Part, blank, heading, paragraph, said, words
from reglens.app.widgets.sheet import Sheet
from reglens.diagnosis.finding import Comparison, Diagnosis, Finding, Outcome
from reglens.text import clean

TALL = 20
"""Rows from which the comparison stands before the findings; below, what is wrong comes first."""
_OUTCOMES = {
    Outcome.OK: ("✓ it worked", ".good"),
    Outcome.REFUSED: ("✗ refused", ".bad"),
    Outcome.FAILED: ("✗ failed", ".bad"),
    Outcome.UNKNOWN: ("? how it ended is not known", ".muted"),
}


class Results(Sheet):
    """Shows a diagnosis; titles, proofs and commands are items."""

    @dataclass
    class Moved(Message):
        """The cursor came to stand on another item."""

        results: Results
        key: Hashable

        @property
        def control(self) -> Results:
            return self.results

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.RESULTS)]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.diagnosis: Diagnosis | None = None

    def show(
        self, diagnosis: Diagnosis | None, before: Callable[[int], Sequence[Line]] | None = None, *, keep: bool = False
    ) -> None:
        """Show a diagnosis, or only what `before` lays out, which stands above it."""
        self.diagnosis = diagnosis

        def lines(width: int) -> list[Line]:
            first = list(before(width)) if before else []
            if diagnosis is None:
                return first
            if first:
                first.append(blank())
            return first + diagnosis_lines(diagnosis, width, self.size.height)

        self.lay(lines, keep=keep)

    def choose(self, key: Hashable) -> None:
        super().choose(key)
        self.post_message(self.Moved(self, key))

    @property
    def finding(self) -> Finding | None:
        """The finding under the cursor."""
        return finding_of(self.findings, self.chosen)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return self.diagnosis.findings if self.diagnosis else ()

    def action_page(self) -> None:
        finding = self.finding
        if finding is not None:
            from reglens.app.screens.pages import Pages

            self.app.push_screen(Pages(finding.code))

    def action_copy_command(self) -> None:
        command = self.command
        if command is not None:
            self.app.copy_to_clipboard(clean(command, len(command) or 1, keep="\n"))
            self.app.notify(clean(command, 300), title="Copied the command", markup=False)

    @property
    def command(self) -> str | None:
        """The command under the cursor, else the first one of the finding there."""
        return command_of(self.findings, self.chosen)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "page":
            return self.finding is not None
        if action == "copy_command":
            return self.command is not None
        return True


def diagnosis_lines(diagnosis: Diagnosis, width: int, height: int) -> list[Line]:
    """The whole diagnosis; what comes first depends on the room."""
    findings = findings_lines(diagnosis.findings, width, items=True) or nothing_found(diagnosis, width)
    table = comparison_lines(diagnosis.comparison, width) if anything(diagnosis.comparison) else []
    lines = summary(diagnosis, width)
    if table and width >= STACKED_BELOW and height >= TALL:
        return [*lines, blank(), *table, blank(), *findings]
    lines += [blank(), *findings]
    if table:
        lines += [blank(), *heading("Asked, requested, granted", width), *table]
    return lines


def anything(comparison: Comparison) -> bool:
    """Whether a comparison has anything to show."""
    return any(cell.value is not None for row in comparison.rows for cell in (row.asked, row.requested, row.granted))


def summary(diagnosis: Diagnosis, width: int) -> list[Line]:
    """How it ended, of what, and for which moment the diagnosis is made."""
    text, style = _OUTCOMES[diagnosis.outcome]
    parts: list[Part] = [(text, style)]
    if diagnosis.reference:
        parts += ["  ", said(diagnosis.reference, ".strong", 300)]
    if diagnosis.moment is not None:
        parts.append((f"  as of {diagnosis.moment:%Y-%m-%d %H:%M:%S} UTC", ".muted"))
    return paragraph(words(*parts), width)


def nothing_found(diagnosis: Diagnosis, width: int) -> list[Line]:
    """Words where there is no finding."""
    if diagnosis.outcome is Outcome.OK:
        return paragraph(words(("Nothing is wrong here.", ".strong")), width)
    said_so = (
        ("Nothing here tells a cause.", ".strong"),
        " A refusal is told best by its request and answer: run the request again with curl -i (or the client with its "
        "debug option) and paste both, with the request for the token if there was one.",
    )
    return paragraph(words(*said_so), width)


def reading_lines(width: int) -> list[Line]:
    """While it is not known yet what a text adds up to."""
    return paragraph(words(("Reading…", ".muted")), width)


def teaching_lines(width: int) -> list[Line]:
    """What can be pasted, where nothing was."""
    lines = paragraph(
        words(("Paste what went wrong, as it stands in your terminal.", ".strong"), " Nothing leaves this machine."),
        width,
    )
    lines.append(blank())
    for what in (
        "a curl command with its answer (curl -i or -v)",
        "headers, or a lone Www-Authenticate line",
        "a token, or a token server's answer",
        "what docker -D, skopeo --debug, crane -v, oras --debug printed",
        "an error line of dockerd, containerd, CRI-O, kubelet, buildkit, podman, helm, flux",
        "a registry's log; config.json, auth.json, registries.yaml, config.yml; a HAR file",
    ):
        lines += paragraph(words(what), width, lead=("  · ", ".muted"))
    lines.append(blank())
    lines += paragraph(
        words(
            ("ctrl+t", ".accent"),
            " takes the classic case as an example, ",
            ("ctrl+o", ".accent"),
            " reads a file. Secrets are masked at once; the text may be edited, and the findings follow.",
        ),
        width,
    )
    return lines
