"""Failures laid out: what happened, what the registry said, what to try."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from reglens.app.widgets.layout import Line, blank, paragraph, said, words
from reglens.errors import RegistryError, ReglensError
from reglens.oci.reference import Reference
from reglens.text import clean


def failure_lines(
    reference: Reference, error: ReglensError, width: int, cause: str = "", offer: Sequence[Line] = ()
) -> list[Line]:
    """A failed reference: what happened, what the registry said, what there is instead (`offer`), and what to try, or
    its `cause` once that is known."""
    lines = [*paragraph(said(str(reference), ".strong", 600), width), blank(), *error_lines(error, width, hint=False)]
    if offer:
        lines += [blank(), *offer]
    if not cause:
        return [*lines, *_hint_lines(error, width)]
    told = words(said(cause.rstrip("."), limit=300), ". ", ("a", ".accent"), " shows the proof and the cure.")
    return [*lines, blank(), *paragraph(told, width, lead=("→ ", ".accent"))]


def error_lines(error: ReglensError, width: int, *, hint: bool = True) -> list[Line]:
    """An error as it is told: message, of a registry's answer the status and entries, and the hint."""
    lines: list[Line] = []
    for number, text in enumerate(clean(error.message, keep="\n").split("\n")):
        lines += paragraph(Content(text), width, lead=("✗ ", ".bad") if number == 0 else "  ")
    if isinstance(error, RegistryError):
        lines += paragraph(words((f"HTTP {error.status}", ".bad")), width, lead="  ")
        for entry in error.entries[:20]:
            lines += paragraph(
                words(said(entry.code or "(no code)", ".strong", 100), "  ", said(entry.message, limit=1000)),
                width,
                lead="  ",
            )
    return [*lines, *_hint_lines(error, width)] if hint else lines


def _hint_lines(error: ReglensError, width: int) -> list[Line]:
    lines: list[Line] = [blank()] if error.hint else []
    for number, text in enumerate(clean(error.hint, keep="\n").split("\n") if error.hint else ()):
        lines += paragraph(Content(text), width, lead=("→ ", ".accent") if number == 0 else "  ")
    return lines
