"""Which finding can be the consequence of which, and which one goes first when both stand alone. One table."""

from __future__ import annotations

from collections.abc import Collection

CAUSES: dict[str, tuple[str, ...]] = {
    # what was asked for
    "service-missing": ("shell-quoting",),
    "service-mismatch": (),
    "scope-missing": ("shell-quoting",),
    "scope-mismatch": ("library-prefix", "repository-name-invalid", "endpoint-unsupported"),
    "library-prefix": (),
    "repository-name-invalid": ("wrong-host", "shell-quoting"),
    "authorization-missing": (
        "shell-quoting",
        "challenge-missing",
        "redirect-authorization",
        "proxy-interference",
        "token-response-invalid",
    ),
    "token-malformed": ("shell-quoting", "token-response-invalid", "credentials-rejected", "realm-unreachable"),
    "token-wrong-kind": (),
    "wrong-scheme": ("endpoint-unsupported",),
    # what the token says
    "audience-mismatch": ("service-mismatch", "service-missing", "token-wrong-kind"),
    "issuer-mismatch": ("token-wrong-kind",),
    "token-not-yet-valid": ("clock-skew",),
    "token-expired": ("clock-skew",),
    "access-empty": (
        "scope-missing",
        "scope-mismatch",
        "endpoint-unsupported",
        "library-prefix",
        "credentials-rejected",
        "credentials-not-sent",
        "permission-denied",
        "credentials-missing",
    ),
    "access-insufficient": (
        "scope-mismatch",
        "credentials-rejected",
        "credentials-not-sent",
        "permission-denied",
        "credentials-missing",
    ),
    "access-other-repository": ("scope-mismatch", "library-prefix", "repository-name-invalid", "wrong-host"),
    "signature-untrusted": ("algorithm-unsupported", "token-malformed", "token-wrong-kind"),
    # who is asking
    "credentials-missing": (
        "credentials-not-sent",
        "credential-helper-failed",
        "wrong-host",
        "shell-quoting",
        "realm-misconfigured",
    ),
    "credentials-not-sent": ("credential-helper-failed", "wrong-host"),
    "credentials-rejected": (
        "wrong-host",
        "credentials-malformed",
        "credentials-expired",
        "shell-quoting",
        "credential-helper-failed",
    ),
    "permission-denied": ("library-prefix", "wrong-host", "repository-name-invalid"),
    # what is there
    "repository-not-found": ("library-prefix", "wrong-host", "repository-name-invalid", "upstream-failed"),
    "manifest-unknown": ("accept-missing", "library-prefix", "upstream-failed", "rate-limited", "wrong-host"),
    # the way
    "challenge-missing": ("proxy-interference", "wrong-host"),
    "realm-unreachable": ("realm-misconfigured", "plain-http", "tls-untrusted", "proxy-interference"),
    "token-response-invalid": ("proxy-interference", "wrong-host", "realm-misconfigured", "credentials-rejected"),
    "registry-unreachable": ("wrong-host", "proxy-interference", "plain-http"),
    "tls-untrusted": ("proxy-interference", "clock-skew"),
    "upstream-failed": ("rate-limited",),
    "registry-error": ("upstream-failed",),
    "plain-http": ("realm-misconfigured",),
}
"""For each code, the codes that it may follow from when both are found, nearest first."""

ORDER = (
    "repository-name-invalid shell-quoting credential-helper-failed credentials-malformed tls-untrusted plain-http "
    "realm-misconfigured realm-unreachable registry-unreachable network-denied rate-limited proxy-interference "
    "redirect-authorization challenge-missing token-response-invalid token-malformed token-wrong-kind wrong-scheme "
    "algorithm-unsupported service-mismatch service-missing audience-mismatch clock-skew token-expired "
    "token-not-yet-valid signature-untrusted issuer-mismatch credentials-expired credentials-rejected library-prefix "
    "endpoint-unsupported scope-missing "
    "scope-mismatch access-empty access-other-repository access-insufficient "
    "credentials-not-sent accept-missing wrong-host upstream-failed repository-not-found "
    "manifest-unknown permission-denied registry-error authorization-missing credentials-missing"
).split()
"""All codes; of two that stand alone and weigh the same, the earlier one goes first."""
RANK = {code: rank for rank, code in enumerate(ORDER)}

REFUSED_TOKEN = frozenset(
    "token-malformed token-wrong-kind algorithm-unsupported issuer-mismatch audience-mismatch token-expired "
    "token-not-yet-valid signature-untrusted".split()
)
"""Codes that explain ``error="invalid_token"``."""
REFUSED_ACCESS = frozenset("access-empty access-insufficient access-other-repository".split())
"""Codes that explain ``error="insufficient_scope"``."""


def parents(code: str, present: Collection[str]) -> tuple[str, ...]:
    """The found codes that `code` follows from directly: the nearest ones, not those that lead there through them."""
    direct = [cause for cause in CAUSES.get(code, ()) if cause in present]
    return tuple(c for c in direct if not any(c in ancestors(other, present) for other in direct if other != c))


def ancestors(code: str, present: Collection[str]) -> frozenset[str]:
    """Every found code that `code` follows from, near or far."""
    found: set[str] = set()
    waiting = [code]
    while waiting:
        for cause in CAUSES.get(waiting.pop(), ()):
            if cause in present and cause not in found and cause != code:
                found.add(cause)
                waiting.append(cause)
    return frozenset(found)
