"""What a command says when it was refused: a few lines for the person, the whole diagnosis in JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reglens.errors import ReglensError, UsageError
from reglens.text import clean

if TYPE_CHECKING:
    from reglens.cli.output import Output
    from reglens.diagnosis.finding import Diagnosis
    from reglens.oci.reference import Reference
    from reglens.registry.session import Session


def diagnose_session(session: Session, reference: Reference | None, *, action: str = "pull") -> Diagnosis:
    """The diagnosis of everything that `session` did so far."""
    from reglens.diagnosis.engine import diagnose
    from reglens.diagnosis.evidence import from_trace

    return diagnose(
        from_trace(tuple(session.trace), reference, now=datetime.now(UTC), lookup=session.lookup, action=action)
    )


class Refusal:
    """One failure of one reference, with its diagnosis; none if the failure lies before the first exchange."""

    def __init__(self, error: ReglensError, session: Session | None, reference: Reference | None) -> None:
        self.error = error
        self.diagnosis: Diagnosis | None = None
        if session is not None and len(session.trace) and not isinstance(error, UsageError):
            self.diagnosis = diagnose_session(session, reference)

    @property
    def message(self) -> str:
        """The failure in one line, for the field ``error``."""
        return " ".join(self.error.message.split())

    def fields(self) -> dict[str, Any]:
        """``error``, ``hint`` and ``diagnosis`` for a document."""
        from reglens.diagnosis.output import to_json

        told: dict[str, Any] = {"error": self.message, "hint": self.error.hint}
        if self.diagnosis is not None:
            told["diagnosis"] = to_json(self.diagnosis)
        return told

    def tell(self, output: Output, subject: str = "") -> None:
        """The failure on stderr: its line, then the first finding and its cure; without one, what to try next."""
        about = f"{subject}: " if subject else ""
        output.note(f"reglens: {about}{self.message}")
        finding = self.diagnosis.findings[0] if self.diagnosis and self.diagnosis.findings else None
        if finding is None or finding.severity == "info":
            if self.error.hint:
                output.note(f"  {' '.join(self.error.hint.split())}")
            return
        output.note(f"  {finding.code}: {finding.title}")
        if finding.fix.text:
            output.note(f"  fix: {' '.join(finding.fix.text.split())}")
        for command in finding.fix.commands[:2]:
            output.block("".join(f"    {clean(line)}\n" for line in command.splitlines()))
