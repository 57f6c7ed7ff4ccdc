"""A token, decoded: header, claims with what they mean, access, key and certificates, and how long it still lives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.content import Content

from reglens.app.widgets.layout import (
    Line,
    Part,
    blank,
    cells,
    column,
    fields,
    heading,
    paragraph,
    said,
    share,
    side_by_side,
    words,
)
from reglens.auth.token import LEEWAY, Token, TokenKind, numeric_date
from reglens.text import clean, human_age, human_count, human_duration

if TYPE_CHECKING:
    from reglens.auth.keys import Certificate, SignatureVerdict

MEANS: Mapping[str, str] = {
    "iss": "issuer, who made it",
    "sub": "subject, whom it speaks for",
    "aud": "audience, the service that accepts it",
    "exp": "expires",
    "nbf": "not valid before",
    "iat": "issued at",
    "jti": "its own identifier",
    "access": "what it grants",
    "scope": "what it grants, as text",
    "azp": "client it was issued to",
    "typ": "type",
    "alg": "signature algorithm",
    "kid": "key id, which key signed it",
    "x5c": "certificate chain of the key",
    "jwk": "the key itself",
    "jku": "where the keys are published",
    "x5u": "where the certificates are published",
    "x5t": "certificate's thumbprint",
    "enc": "encryption",
    "cty": "type of the content",
    "crit": "extensions that must be understood",
}
"""Header parameters and claims in a few words (RFC 7515, section 4.1; RFC 7519, section 4.1; distribution,
docs/content/spec/auth/jwt.md)."""
TIMES = ("exp", "nbf", "iat")


@dataclass(frozen=True, slots=True)
class Checked:
    """What cryptography said of a token: its certificates, the verdict on its signature."""

    chain: tuple[Certificate, ...]
    signature: SignatureVerdict


def remaining(seconds: float) -> str:
    """A span in seconds for a countdown, to the second below an hour: ``4 min 12 s``."""
    whole = int(abs(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return human_duration(whole)


def countdown(expires: datetime, now: datetime) -> tuple[str, str]:
    """How long until `expires`, in words and as a style: ``in 4 min 12 s``, ``expired 3 h ago``."""
    left = (expires - now).total_seconds()
    if left <= 0:
        return f"expired {remaining(left)} ago", ".bad"
    return f"in {remaining(left)}", ".warn" if left < LEEWAY else ".good"


def stamp(moment: datetime) -> str:
    """A moment in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def token_lines(
    token: Token, width: int, now: datetime, checked: Checked | None, *, revealed: bool = False, seen: str = ""
) -> list[Line]:
    """The whole view of one token. `seen` says where it was seen."""
    lines = _summary(token, width, now, checked, seen)
    if token.claims is not None:
        lines += [blank(), *heading("Access", width), *access_lines(token, width)]
        lines += [blank(), *heading("Claims", width), *_members(token.claims, width, now)]
    if token.header is not None:
        lines += [blank(), *heading("Header", width), *_members(token.header, width, now)]
    if checked is not None and checked.chain:
        lines += [blank(), *heading("Certificates", width), *_certificates(checked, width, now)]
    lines += [blank(), *heading("Raw token", width), *_raw(token, width, revealed)]
    return lines


def _summary(token: Token, width: int, now: datetime, checked: Checked | None, seen: str) -> list[Line]:
    pairs: list[tuple[str, Content]] = []
    if token.kind is TokenKind.JWT:
        pairs.append(("kind", words("JWT, signed with ", said(token.algorithm or "no algorithm", ".strong", 60))))
    elif token.kind is TokenKind.JWE:
        pairs.append(("kind", words("JWE, encrypted: only its header can be read")))
    else:
        pairs.append(("kind", words("opaque: it can be used, not read (registries may hand out such tokens)")))
    if token.expires is not None:
        text, style = countdown(token.expires, now)
        pairs.append(("expires", words((text, style), ("   " + stamp(token.expires), ".muted"))))
    if token.not_before is not None and token.not_before > now:
        ahead = remaining((token.not_before - now).total_seconds())
        pairs.append(("valid", words((f"not before {ahead} from now", ".bad"))))
    if token.kind is not TokenKind.OPAQUE:
        pairs.append(("signature", _signature(token, checked)))
    if seen:
        pairs.append(("seen", words(seen)))
    pairs += [("odd", said(problem, ".warn")) for problem in token.problems[:10]]
    return fields(pairs, width)


def _signature(token: Token, checked: Checked | None) -> Content:
    if checked is None:
        return words(("not checked yet" if token.has_signature else "none", ".muted"))
    verdict = checked.signature
    state = str(getattr(verdict.state, "value", verdict.state))
    style = {"valid": ".good", "invalid": ".bad", "untrusted": ".bad"}.get(state, ".warn")
    detail: list[Part] = [" — ", said(verdict.detail, limit=400)] if verdict.detail else []
    return words(said(state, style, 60), *detail)


def access_lines(token: Token, width: int) -> list[Line]:
    """The access entries as a table, or the sentence that there are none."""
    if not token.access:
        why = "access is empty" if "access" in (token.claims or {}) else "there is no claim access"
        return paragraph(
            words((why, ".warn"), ": the token proves who you are and grants nothing."),
            width,
        )
    rows = [
        (
            clean(s.type + (f"({s.resource_class})" if s.resource_class else ""), 60),
            clean(s.name, 300),
            clean(", ".join(s.actions), 200),
        )
        for s in token.access[:200]
    ]
    titles = ("type", "name", "actions")
    natural = [max(len(t), *(cells(row[i]) for row in rows)) for i, t in enumerate(titles)]
    widths = share(natural, width - 4, least=8)
    gap = Content("  ")
    lines = [Line(gap.join([column(Content.styled(t, ".label"), w) for t, w in zip(titles, widths, strict=True)]))]
    for row in rows:
        shown = [Content.styled(cell, style) for cell, style in zip(row, ("", ".strong", ".good"), strict=True)]
        lines += [Line(content) for content in side_by_side(shown, widths)]
    if len(token.access) > len(rows):
        lines.append(Line(words((f"and {human_count(len(token.access) - len(rows))} more", ".muted"))))
    return lines


def _members(members: Mapping[str, object], width: int, now: datetime) -> list[Line]:
    pairs = []
    for name, value in list(members.items())[:60]:
        if name == "access":
            continue
        pairs.append((clean(name, 40), _value(name, value, now)))
    if len(members) > 60:
        pairs.append(("…", words((f"{len(members) - 60} more", ".muted"))))
    return fields(pairs, width)


def _value(name: str, value: object, now: datetime) -> Content:
    means = MEANS.get(name, "")
    tail: list[Part] = [(f"   {means}", ".muted")] if means else []
    if name in TIMES and (moment := numeric_date(value)) is not None:
        when: Part
        if name == "exp":
            when = countdown(moment, now)
        else:
            when = (human_age(moment, now), ".bad" if name == "nbf" and moment > now else "")
        return words((stamp(moment), ".strong"), "  ", when, *tail)
    if name == "x5c" and isinstance(value, list):
        return words(f"{len(value)} certificate{'' if len(value) == 1 else 's'}", *tail)
    return words(value_content(value), *tail)


def value_content(value: object) -> Content:
    """A JSON value in one line: text as it is, the rest as JSON."""
    if isinstance(value, str):
        return said(value, ".strong", 800) if value else Content.styled('"" (empty)', ".muted")
    try:
        return said(json.dumps(value, ensure_ascii=False), ".json-number", 800)
    except (ValueError, RecursionError):
        return Content.styled("(nested too deeply to show)", ".muted")


def _certificates(checked: Checked, width: int, now: datetime) -> list[Line]:
    lines: list[Line] = []
    for number, certificate in enumerate(checked.chain[:10], 1):
        text, style = countdown(certificate.not_after, now)
        if certificate.not_before > now:
            text, style = f"not valid before {stamp(certificate.not_before)}", ".bad"
        else:
            text = text if text.startswith("expired") else f"expires {text}"
        lines += paragraph(said(certificate.subject, ".strong", 300), width, lead=(f"{number} ", ".muted"))
        pairs = [
            ("issuer", said(certificate.issuer, limit=300)),
            (
                "validity",
                words(stamp(certificate.not_before), " … ", stamp(certificate.not_after), "  ", (text, style)),
            ),
            ("key", said(certificate.key, limit=100)),
            ("fingerprint", said(certificate.fingerprint, limit=200)),
        ]
        lines += fields(pairs, width, indent=2)
    return lines


def _raw(token: Token, width: int, revealed: bool) -> list[Line]:
    if not revealed:
        masked = words(
            (token.raw.fingerprint, ".strong"),
            (f"   {human_count(len(token))} characters, masked · v reveals", ".muted"),
        )
        return paragraph(masked, width)
    return [
        *paragraph(words(("This is a secret while it lives. v hides it again.", ".warn")), width),
        *paragraph(said(token.raw.reveal(), ".secret", 65_536), width),
    ]
