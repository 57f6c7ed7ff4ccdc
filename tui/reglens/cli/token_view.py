"""A token grant for a person to read: what was asked, what was requested, what the token says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from rich.table import Table

from reglens.auth.token import Token, TokenKind, numeric_date
from reglens.cli.diagnosis_view import draw_comparison
from reglens.cli.layout import BAD, FAINT, GOOD, STRONG, UNSURE, Page, styled
from reglens.cli.output import Output
from reglens.diagnosis.comparison import signature_state
from reglens.diagnosis.finding import Comparison
from reglens.registry.results import TokenGrant
from reglens.text import human_age, human_milliseconds

if TYPE_CHECKING:
    from reglens.auth.keys import TrustedKeys

_TIMES = frozenset({"exp", "nbf", "iat", "auth_time"})
_KINDS = {
    TokenKind.JWT: "a JWT",
    TokenKind.JWE: "a JWE: encrypted, so only its header can be read",
    TokenKind.OPAQUE: "opaque: nothing can be read of it, which the specification allows",
}


def show(
    grant: TokenGrant, comparison: Comparison, output: Output, *, now: datetime, keys: TrustedKeys | None = None
) -> None:
    """Print a grant, its signature checked against `keys` if there are any; the token stands as its fingerprint."""
    page = Page(output)
    page.line(("Challenge", STRONG), f"  {grant.challenge.scheme}")
    _pairs(page, grant.challenge.params)
    for said in grant.challenge.tolerated:
        page.line((f"  tolerated: {said}", FAINT))
    page.gap()
    request = grant.request
    total = request.timing.total
    took = f"  {human_milliseconds(total)}" if total is not None else ""
    page.line(("Request", STRONG), f"  {request.method or ''} {_address(request.url)}  {request.status or ''}", took)
    sent = [("as", str(request.authorization) if request.authorization else "anonymous")]
    _pairs(page, [*request.parameters, *sent])
    page.gap()
    _draw_token(page, grant.token, now, keys)
    page.line((f"  held until {grant.expires:%Y-%m-%d %H:%M:%S} UTC, {human_age(grant.expires, now)}", FAINT))
    page.gap()
    draw_comparison(page, comparison)
    page.done()


def _draw_token(page: Page, token: Token, now: datetime, keys: TrustedKeys | None) -> None:
    page.line(("Token", STRONG), f"  {token.raw.fingerprint}  {_KINDS[token.kind]}, {len(token)} characters")
    if token.kind is TokenKind.JWT:
        page.line("  signature  ", *_signature(token, keys))
    for problem in token.problems:
        page.line(f"  ! {problem}")
    for title, part in (("header", token.header), ("claims", token.claims)):
        if part is not None:
            page.line((f"  {title}", STRONG))
            _pairs(page, ((name, _value(name, value, now)) for name, value in part.items()), indent=4)


def _signature(token: Token, keys: TrustedKeys | None) -> tuple[str | tuple[str, str], ...]:
    if keys is None:
        return (("not checked: --keys FILE names the keys that the registry trusts", FAINT),)
    state, detail = signature_state(token, keys)
    style = {"valid": GOOD, "invalid": BAD, "untrusted": BAD}.get(state, UNSURE)
    return (state, style), f": {detail}" if detail else ""


def _value(name: str, value: object, now: datetime) -> str:
    if name in _TIMES and (moment := numeric_date(value)) is not None:
        return f"{value}  ({moment:%Y-%m-%d %H:%M:%S} UTC, {human_age(moment, now)})"
    if name == "x5c" and isinstance(value, list):
        return f"{len(value)} certificates" if len(value) != 1 else "1 certificate"
    if value == "":
        return "(empty)"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _address(url: str | None) -> str:
    return (url or "").partition("?")[0]


def _pairs(page: Page, pairs: Iterable[tuple[str, str]], *, indent: int = 2) -> None:
    table = Table(box=None, show_header=False, padding=(0, 0, 0, indent), pad_edge=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(styled((name, FAINT)), styled(value))
    page.draw(table)
