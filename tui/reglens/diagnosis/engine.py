"""The diagnosis: every rule is asked, what they find is linked by cause and put in order. A pure function.

A rule is a function from a `Scene` to findings. It says ``error`` for what the evidence proves and ``warning`` for what
is likely; which of the proven faults was the one that the registry met first is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reglens.diagnosis import graph, rules, scene
from reglens.diagnosis.commandline import as_shell
from reglens.diagnosis.evidence import Evidence
from reglens.diagnosis.finding import Diagnosis, Finding, Outcome, RowName, Severity, Verdict
from reglens.diagnosis.meanings import Meaning
from reglens.diagnosis.rules.choose import VAGUE
from reglens.diagnosis.scene import Scene

_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def diagnose(evidence: Evidence) -> Diagnosis:
    """What went wrong, for the moment of the refusal: the comparison, and findings with the root cause first."""
    seen = scene.read(evidence)
    found: dict[str, Finding] = {}
    for rule in rules.ALL:
        _add(found, rule(seen))
    for late in rules.LATE:
        _add(found, tuple(late(seen, found)))
    ordered = tuple(
        replace(finding, fix=replace(finding.fix, commands=tuple(map(as_shell, finding.fix.commands))))
        for finding in arrange(found, seen)
    )
    return Diagnosis(
        outcome=outcome(seen, ordered),
        findings=ordered,
        comparison=seen.comparison,
        exchanges=evidence.exchanges,
        reference=evidence.reference or (str(evidence.wanted) if evidence.wanted else None),
        moment=seen.moment,
        keys=evidence.keys,
    )


def _add(found: dict[str, Finding], findings: Iterable[Finding]) -> None:
    for finding in findings:
        kept = found.get(finding.code)
        found[finding.code] = finding if kept is None else _joined(kept, finding)


def _joined(one: Finding, other: Finding) -> Finding:
    """Two findings of one code as one: the graver one's words, the evidence of both."""
    first, second = (one, other) if _WEIGHT[one.severity] <= _WEIGHT[other.severity] else (other, one)
    said = {(p.where, p.value) for p in first.evidence}
    more = tuple(p for p in second.evidence if (p.where, p.value) not in said)
    fix = (
        first.fix if first.fix.commands or not second.fix.commands else replace(first.fix, commands=second.fix.commands)
    )
    return replace(first, evidence=(first.evidence + more)[:8], fix=fix)


def arrange(found: dict[str, Finding], seen: Scene) -> tuple[Finding, ...]:
    """Findings linked by `follows_from` and ordered: the chain of causes that led to the refusal first, from its root.

    A proven fault that the registry cannot have met before it refused (its checks run in a fixed order and the first
    failure hides the rest: see `decisive`) is told as a warning: wrong, but not what failed here. What is proven is
    never called the consequence of something that is not, and that stands below it.
    """
    deciding = decisive(found, seen)
    chain: set[str] = set(deciding)
    for code in deciding:
        chain |= graph.ancestors(code, found)
    placed = []
    for code, finding in found.items():
        severity = finding.severity
        if deciding and code not in chain and severity is Severity.ERROR and code in _HIDDEN_BY[_kind(seen)]:
            severity = Severity.WARNING
        placed.append(replace(finding, severity=severity, follows_from=graph.parents(code, found)))
    unproven = {finding.code for finding in placed if finding.severity is not Severity.ERROR}
    placed = [
        replace(finding, follows_from=tuple(code for code in finding.follows_from if code not in unproven))
        if finding.severity is Severity.ERROR
        else finding
        for finding in placed
    ]

    told = {code: place for place, code in enumerate(found)}

    def position(finding: Finding) -> tuple[int, int, int, int]:
        code = finding.code
        in_chain = code in chain and finding.severity is not Severity.INFO
        return (
            _WEIGHT[finding.severity],
            0 if in_chain else 1,
            len(graph.ancestors(code, found)) if in_chain or (not chain and finding.severity is Severity.ERROR) else 0,
            graph.RANK.get(code, len(graph.RANK)) if finding.severity is Severity.ERROR else told[code],
        )

    return tuple(sorted(placed, key=position))


_HIDDEN_BY = {
    "invalid_token": graph.REFUSED_ACCESS
    | {"scope-missing", "scope-mismatch", "library-prefix", "shell-quoting", "credentials-missing"},
    "insufficient_scope": graph.REFUSED_TOKEN | {"service-mismatch", "service-missing"},
    "": frozenset[str](),
}


def _kind(seen: Scene) -> str:
    error = seen.bearer.error if seen.bearer is not None and seen.refusal is not None else None
    return error if error in _HIDDEN_BY else ""


def decisive(found: dict[str, Finding], seen: Scene) -> tuple[str, ...]:
    """The found codes that explain what the registry admits (``error`` of its challenge); none if it admits nothing.

    distribution judges the token before its access (registry/auth/token/token.go, accesscontroller.go), so with
    ``invalid_token`` the access was never looked at.
    """
    kind = _kind(seen)
    fitting = {"invalid_token": graph.REFUSED_TOKEN, "insufficient_scope": graph.REFUSED_ACCESS}.get(kind, frozenset())
    codes = [code for code in found if code in fitting and found[code].severity is not Severity.INFO]
    proven = [code for code in codes if found[code].severity is Severity.ERROR]
    return tuple(proven or codes)


_SPOILT = frozenset({"proxy-interference", "token-response-invalid", "wrong-host"})
"""Codes of an answer that came with a good status and is not the registry's."""


_UNANSWERED = frozenset({Meaning.TLS_EXPIRED, Meaning.PROXY_FAILED})
"""Meanings of an attempt that never got an answer of the registry, whichever finding explains it."""


def outcome(seen: Scene, findings: Iterable[Finding]) -> Outcome:
    """How the attempt ended, as far as the evidence tells; a push or deletion that is not tried: how it would end."""
    findings = tuple(findings)
    if seen.rehearsed_grant is not None and not any(finding.severity is Severity.ERROR for finding in findings):
        if all(seen.comparison.row(name).verdict is Verdict.AGREE for name in (RowName.REPOSITORY, RowName.ACTIONS)):
            return Outcome.OK
        if not seen.comparison.disagreements:
            return Outcome.UNKNOWN
    ended = [e for e in (seen.refusal, seen.grant if seen.grant_failed else None) if e is not None]
    if ended:
        last = max(ended, key=lambda exchange: exchange.number)
        return Outcome.FAILED if last.failure is not None else Outcome.REFUSED
    if seen.ok:
        spoilt = any(f.severity is Severity.ERROR and f.code in _SPOILT for f in findings) or seen.evidence.failed
        return Outcome.FAILED if spoilt else Outcome.OK
    if any(finding.severity is Severity.ERROR for finding in findings):
        failing = {
            "realm-unreachable",
            "registry-unreachable",
            "tls-untrusted",
            "plain-http",
            "credential-helper-failed",
        }
        unanswered = any(report.meaning in _UNANSWERED for report in seen.reports)
        return Outcome.FAILED if findings[0].code in failing or unanswered else Outcome.REFUSED
    if findings and any(report.meaning in VAGUE for report in seen.reports):
        return Outcome.REFUSED  # it is not known why, but that is told
    return Outcome.UNKNOWN
