"""A diagnosis, an exchange, a token as JSON values. Secrets appear as fingerprints only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reglens.auth.challenge import Challenge
from reglens.auth.token import Token
from reglens.diagnosis.finding import Cell, Comparison, Diagnosis, Finding
from reglens.trace.exchange import Exchange

if TYPE_CHECKING:
    from reglens.auth.keys import TrustedKeys

SCHEMA = 1


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """The whole diagnosis."""
    return {
        "schema": SCHEMA,
        "reference": diagnosis.reference,
        "outcome": str(diagnosis.outcome),
        "moment": diagnosis.moment.isoformat() if diagnosis.moment else None,
        "findings": [finding_json(finding) for finding in diagnosis.findings],
        "comparison": comparison_json(diagnosis.comparison),
        "exchanges": [exchange_json(exchange, diagnosis.keys) for exchange in diagnosis.exchanges],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "title": finding.title,
        "explanation": finding.explanation,
        "evidence": [
            {"where": proof.where, "value": proof.value} | ({"span": list(proof.span)} if proof.span else {})
            for proof in finding.evidence
        ],
        "fix": {"text": finding.fix.text, "commands": list(finding.fix.commands)},
        "follows_from": list(finding.follows_from),
    }


def comparison_json(comparison: Comparison) -> list[dict[str, Any]]:
    """The rows."""
    return [
        {
            "row": str(row.name),
            "asked": cell_json(row.asked),
            "requested": cell_json(row.requested),
            "granted": cell_json(row.granted),
            "verdict": str(row.verdict),
            "note": row.note,
        }
        for row in comparison.rows
    ]


def cell_json(cell: Cell) -> str | list[str] | None:
    """One cell."""
    return list(cell.value) if isinstance(cell.value, tuple) else cell.value


def exchange_json(exchange: Exchange, keys: TrustedKeys | None = None) -> dict[str, Any]:
    """One exchange, without bodies. `keys` are those that its token's signature is checked against."""
    sent = exchange.authorization
    return {
        "number": exchange.number,
        "role": str(exchange.role),
        "method": exchange.method,
        "url": exchange.url,
        "status": exchange.status,
        "authorization": str(sent) if sent is not None else None,
        "challenges": [challenge_json(challenge) for challenge in exchange.challenges],
        "token": token_json(exchange.token, keys) if exchange.token is not None else None,
        "failure": exchange.failure.message if exchange.failure is not None else None,
        "via": exchange.via or None,
        "note": exchange.note or None,
        "elapsed_ms": round(exchange.timing.total, 1) if exchange.timing.total is not None else None,
    }


def challenge_json(challenge: Challenge) -> dict[str, Any]:
    """One challenge: its scheme and parameters; of a parameter given twice, the first."""
    params: dict[str, str] = {}
    for name, value in challenge.params:
        params.setdefault(name.lower(), value)
    return {"scheme": challenge.scheme, "params": params, "tolerated": list(challenge.tolerated)}


def token_json(token: Token, keys: TrustedKeys | None = None) -> dict[str, Any]:
    """One token: what can be read of it, its fingerprint, and what is known of its signature, by `keys` if there are
    any."""
    from reglens.diagnosis.comparison import signature_words

    return {
        "kind": str(token.kind),
        "fingerprint": token.raw.fingerprint,
        "header": dict(token.header) if token.header is not None else None,
        "claims": dict(token.claims) if token.claims is not None else None,
        "signature": signature_words(token, keys),
        "problems": list(token.problems),
    }
