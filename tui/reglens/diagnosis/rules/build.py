"""How rules make findings."""

from __future__ import annotations

from collections.abc import Iterable

from reglens.diagnosis.finding import Finding, Fix, Proof, Severity

NO_FIX = Fix("")


def proven(code: str, title: str, explanation: str, evidence: Iterable[Proof], fix: Fix = NO_FIX) -> Finding:
    """A cause that the evidence proves."""
    return Finding(code, Severity.ERROR, title, explanation, tuple(evidence), fix)


def likely(code: str, title: str, explanation: str, evidence: Iterable[Proof], fix: Fix = NO_FIX) -> Finding:
    """A cause that is likely and not proven; the explanation says what would prove it."""
    return Finding(code, Severity.WARNING, title, explanation, tuple(evidence), fix)


def remark(code: str, title: str, explanation: str, evidence: Iterable[Proof], fix: Fix = NO_FIX) -> Finding:
    """Something worth knowing that broke nothing."""
    return Finding(code, Severity.INFO, title, explanation, tuple(evidence), fix)


def graded(
    severity: Severity, code: str, title: str, explanation: str, evidence: Iterable[Proof], fix: Fix = NO_FIX
) -> Finding:
    """A finding of a severity that the rule worked out."""
    return Finding(code, severity, title, explanation, tuple(evidence), fix)
