"""How authentication stands, in the few words of a title."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from reglens.app.widgets.exchange_list import granted, lifetime
from reglens.app.widgets.token_view import remaining
from reglens.auth.token import Token
from reglens.diagnosis.finding import Diagnosis, Outcome
from reglens.text import clean
from reglens.trace.exchange import Exchange, Role


def trouble(diagnosis: Diagnosis | None) -> bool:
    """Whether a diagnosis is one to look at now."""
    return diagnosis is not None and diagnosis.outcome in (Outcome.REFUSED, Outcome.FAILED)


def codes(diagnosis: Diagnosis | None) -> tuple[str, ...]:
    """The codes of its findings, in order."""
    return tuple(finding.code for finding in diagnosis.findings) if diagnosis else ()


def token_at_stake(exchanges: Sequence[Exchange], diagnosis: Diagnosis | None) -> tuple[Token, str] | None:
    """The token that matters now, and in words where it was seen: the one that was refused, else the latest one given
    for a repository, else the latest one given, else the latest one sent. None if there was none."""
    if diagnosis is not None and trouble(diagnosis):
        for exchange in reversed(diagnosis.exchanges):
            sent = exchange.authorization
            if (exchange.refused or exchange.failure is not None) and sent is not None and sent.token is not None:
                return sent.token, f"sent with exchange {exchange.number}, which was refused"
    given = [exchange for exchange in exchanges if exchange.token is not None]
    for_repository = [e for e in given if e.token and any(scope.type == "repository" for scope in e.token.access)]
    for exchange in reversed(for_repository or given):
        if exchange.token is not None:
            return exchange.token, f"given in exchange {exchange.number}"
    for exchange in reversed(exchanges):
        if exchange.authorization is not None and exchange.authorization.token is not None:
            return exchange.authorization.token, f"sent with exchange {exchange.number}"
    return None


def outcome_title(diagnosis: Diagnosis | None, exchanges: tuple[Exchange, ...], now: datetime) -> tuple[str, str]:
    """How authentication stands, for the frame's title: text (cleaned) and a style."""
    if diagnosis is not None and trouble(diagnosis):
        return _trouble_title(diagnosis), "$text-error"
    if any(e.status is None and e.failure is None for e in exchanges[-1:]):
        return "… asking", "$text-accent"
    chosen = token_at_stake(exchanges, None)
    giver = next((e for e in reversed(exchanges) if chosen and e.token is chosen[0]), None)
    if giver is not None:
        return _token_title(giver, now)
    for exchange in reversed(exchanges):
        if exchange.status is not None and exchange.status < 300 and exchange.authorization is not None:
            if exchange.authorization.token is not None:
                continue
            who = exchange.authorization.username or "given credentials"
            return f"✓ as {clean(who, 60)} · {clean(exchange.authorization.scheme, 20)}", "$text-success"
    if any(e.role is Role.PING and e.status == 200 for e in exchanges):
        return "✓ open, no login asked", "$text-success"
    return "", ""


def _trouble_title(diagnosis: Diagnosis) -> str:
    exchanges = diagnosis.exchanges
    refusal = next((e for e in reversed(exchanges) if (e.status or 0) >= 400 or e.failure is not None), None)
    cause = f" · {clean(diagnosis.findings[0].code, 60)}" if diagnosis.findings else ""
    word = "refused" if diagnosis.outcome is Outcome.REFUSED else "failed"
    if refusal is None:
        return f"✗ {word}{cause}"
    if refusal.failure is not None:
        return f"✗ {word}{cause}" if cause else f"✗ {word}: {clean(refusal.failure.message, 120)}"
    named = next((c.error for c in refusal.challenges if c.error), None)
    named = named or next((e.code for e in refusal.errors if e.code), "") or refusal.reason
    return f"✗ {word}: {refusal.status} {clean(named, 60)}".rstrip() + cause


def _token_title(exchange: Exchange, now: datetime) -> tuple[str, str]:
    token = exchange.token
    if token is None:
        return "", ""
    who = exchange.authorization.username if exchange.authorization else None
    name = f"as {clean(who, 60)}" if who else "anonymous"
    what = clean(granted(token), 80) if token.claims is not None else "opaque token"
    if len(token.access) == 1:
        what += f" on {clean(token.access[0].name, 120)}"
    expires = token.expires
    if expires is None and exchange.local_time is not None:
        expires = exchange.local_time + timedelta(seconds=lifetime(exchange) or 0)
    if expires is None:
        return f"✓ {name} · {what}", "$text-success"
    left = (expires - now).total_seconds()
    if left <= 0:
        return f"! {name} · {what} · token expired {remaining(left)} ago", "$text-warning"
    return f"✓ {name} · {what} · token {remaining(left)}", "$text-success"
