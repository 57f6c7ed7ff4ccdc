"""What a command says when it was refused: a few lines for the person, the whole diagnosis in JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from reglens.errors import NotListed, ReglensError, TokenNotUsed, Unreachable, UsageError
from reglens.text import clean
from reglens.trace.exchange import Exchange, Role

if TYPE_CHECKING:
    from reglens.auth.keys import TrustedKeys
    from reglens.cli.output import Output
    from reglens.diagnosis.finding import Diagnosis, Finding
    from reglens.oci.reference import Reference
    from reglens.registry.session import Session


def concerning(trace: Iterable[Exchange], reference: Reference, last: Exchange | None) -> tuple[Exchange, ...]:
    """The exchanges of a session that have to do with `reference`, among those of many look-ups at once: requests for
    it, pings, token requests for its repository or for none, and `last`, with which it failed."""
    repository = f"/v2/{reference.repository}/"
    manifest = f"{repository}manifests/{reference.target}"

    def concerns(exchange: Exchange) -> bool:
        if last is not None and exchange.number == last.number:
            return True
        if exchange.role is Role.TOKEN:
            asked = " ".join(exchange.asked("scope"))
            return not asked or f":{reference.repository}:" in asked
        if exchange.role is Role.MANIFEST:  # most of thousands: they are not taken apart one by one in vain
            return manifest in (exchange.url or "") and exchange.path == manifest
        return exchange.role is Role.PING or exchange.path.startswith(repository)

    return tuple(exchange for exchange in trace if concerns(exchange))


class Refusal:
    """One failure of one reference, with its diagnosis (signatures by `keys`, if there are any); none if the failure
    lies before the first exchange."""

    def __init__(
        self,
        error: ReglensError,
        session: Session | None,
        reference: Reference | None,
        keys: TrustedKeys | None = None,
    ) -> None:
        self.error = error
        self.keys = keys
        self.diagnosis: Diagnosis | None = None
        if session is not None and len(session.trace) and not isinstance(error, UsageError | NotListed | TokenNotUsed):
            self.diagnosis = self._diagnose(session, reference)

    def _diagnose(self, session: Session, reference: Reference | None) -> Diagnosis:
        from reglens.diagnosis.engine import diagnose
        from reglens.diagnosis.evidence import from_trace

        exchanges = tuple(session.trace)
        if reference is not None:
            last: Exchange | None = getattr(self.error, "exchange", None)
            exchanges = concerning(exchanges, reference, last)
        now, lookup = session.clock(), session.lookup
        return diagnose(from_trace(exchanges, reference, now=now, lookup=lookup, keys=self.keys, failed=True))

    @property
    def code(self) -> str:
        """The code of the most likely cause, or ``""``."""
        finding = self._finding
        return finding.code if finding else ""

    @property
    def _finding(self) -> Finding | None:
        findings = self.diagnosis.findings if self.diagnosis else ()
        return findings[0] if findings and findings[0].severity != "info" else None

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

    def tell(self, output: Output, subject: str = "", *, briefly: bool = False) -> None:
        """The failure on stderr: its line, then the most likely cause and its cure; without one, what to try next.

        `briefly` gives the cause's code alone, where the same was told before.
        """
        about = f"{subject}: " if subject else ""
        output.note(f"reglens: {about}{self.message}")
        finding = self._finding
        if finding is None:
            if self.error.hint and not briefly:
                output.note(f"  {' '.join(self.error.hint.split())}")
            return
        output.note(f"  {finding.code}: {finding.title}")
        if briefly:
            return
        if isinstance(self.error, Unreachable) and self.error.hint:
            output.note(f"  {' '.join(self.error.hint.split())}")
        if finding.fix.text:
            output.note(f"  fix: {' '.join(finding.fix.text.split())}")
        for command in finding.fix.commands[:2]:
            output.block("".join(f"    {clean(line)}\n" for line in command.splitlines()))
