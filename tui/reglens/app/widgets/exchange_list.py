"""The exchanges as a compact list: what was asked of whom, and what the answer meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from textual.content import Content

from reglens.app.widgets.layout import Line, Part, cells, column, end, middle, paragraph, said, words
from reglens.app.widgets.lines import connecting
from reglens.auth.token import Token, TokenKind
from reglens.jsontext import loads
from reglens.oci import media
from reglens.text import clean, human_count, human_milliseconds, human_size
from reglens.trace.exchange import Exchange, Role

DEFAULT_LIFETIME = 60
"""Seconds that a token lives if nobody says (distribution, docs/content/spec/auth/token.md, ``expires_in``)."""
PAGE_LIMIT = 65_536
"""Octets of a page above which its names are not counted for the list."""
_HEX = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{20,}\b")
_SHORT = re.compile(r"\b(sha(?:256|512)[:-])?([0-9a-f]{7})[0-9a-f]{5}…")
_KINDS = {
    media.OCI_INDEX: "OCI index",
    media.OCI_MANIFEST: "OCI image",
    media.DOCKER_LIST: "Docker manifest list",
    media.DOCKER_MANIFEST: "Docker image",
    media.DOCKER_SCHEMA1: "Docker schema 1",
    media.DOCKER_SCHEMA1_SIGNED: "Docker schema 1",
    media.OCI_CONFIG: "image config",
    media.DOCKER_CONFIG: "image config",
    "application/octet-stream": "data",
}
STACKED_BELOW = 64
"""Cells of width below which an exchange takes two lines."""


def mark(exchange: Exchange) -> tuple[str, str]:
    """How the exchange went as a sign and a style: ✓ fine, ! asks for a token (the first 401 of every flow),
    ✗ refused or failed, – nothing there, as may be, → sent elsewhere, … under way."""
    status = exchange.status
    if exchange.failure is not None:
        return "✗", ".bad"
    if status is None:
        return "…", ".accent"
    if status == 401 and exchange.authorization is None and exchange.role is not Role.TOKEN and exchange.challenges:
        return "!", ".warn"
    if exchange.absent:
        return "–", ".muted"
    if status >= 400:
        return "✗", ".bad"
    if 300 <= status < 400:
        return "→", ".accent"
    if exchange.role is Role.TOKEN and exchange.token is None:
        return "✗", ".bad"
    if exchange.token is not None and grants_nothing(exchange.token):
        return "!", ".warn"
    return "✓", ".good"


def place(exchange: Exchange) -> str:
    """Where the request went, short: the path on the registry itself, host and path elsewhere. Cleaned."""
    path = exchange.path or "/"
    there = path if exchange.host == exchange.authority and exchange.host else exchange.host + path
    return clean(there)


def short_place(exchange: Exchange, width: int) -> str:
    """`place` in `width` cells. What is left out first is what can be guessed: most of a digest, then the way to the
    resource, more of the digest, its algorithm, then the middle."""
    whole = place(exchange)
    shorter = _HEX.sub(r"\1…", whole)
    essence = _essence(exchange, shorter)
    shortest = _SHORT.sub(r"\2…", essence)
    for text in (whole, shorter, essence, _SHORT.sub(r"\1\2…", essence), shortest):
        if cells(text) <= width:
            return text
    return middle(shortest, width)


def _essence(exchange: Exchange, shown: str) -> str:
    """``…/manifests/3.20`` of a path on the registry, ``host/…/token`` of one elsewhere."""
    parts = shown.split("/")
    if exchange.host == exchange.authority:
        return "…/" + "/".join(parts[-2:]) if len(parts) > 4 else shown
    return f"{parts[0]}/…/{parts[-1]}" if len(parts) > 3 else shown


def grants_nothing(token: Token) -> bool:
    """Whether the token can be read and names no resource."""
    return token.kind is TokenKind.JWT and token.claims is not None and not token.partial and not token.access


def lifetime(exchange: Exchange) -> int | None:
    """Seconds that a token answer gives its token: ``expires_in``, else between ``iat`` (or ``nbf``) and ``exp``, else
    the default. None if the answer holds no token."""
    token = exchange.token
    if token is None:
        return None
    try:
        answer = loads(exchange.body.data)
    except ValueError:
        answer = None
    said_so = answer.get("expires_in") if isinstance(answer, dict) else None
    if isinstance(said_so, int) and not isinstance(said_so, bool) and said_so > 0:
        return said_so
    start = token.issued_at or token.not_before
    if token.expires is not None and start is not None:
        return round((token.expires - start).total_seconds())
    return DEFAULT_LIFETIME


def granted(token: Token) -> str:
    """What the token grants in a few words: the actions, or of how many resources. Not cleaned."""
    if token.kind is not TokenKind.JWT or token.claims is None:
        return "cannot be read"
    access = token.access
    if not access:
        return "grants nothing"
    if len(access) == 1:
        return ",".join(access[0].actions) or "no action"
    return f"{len(access)} resources"


def meaning(exchange: Exchange) -> Content:
    """What the answer meant, in a line."""
    if exchange.failure is not None:
        return said(exchange.failure.message, ".bad")
    if exchange.status is None:
        return Content.styled("waiting for the answer", ".muted")
    if exchange.role is Role.TOKEN and exchange.status < 300:
        return _token_meaning(exchange)
    if exchange.absent:
        return Content.styled(_absence(exchange), ".muted")
    if exchange.status in (401, 403, 407) or (exchange.status >= 400 and exchange.challenges):
        return _refusal(exchange)
    if 300 <= exchange.status < 400:
        return _redirect(exchange)
    if exchange.status >= 400:
        return _error(exchange)
    return _success(exchange)


def _absence(exchange: Exchange) -> str:
    """What it means that nothing was there where nothing need be."""
    if exchange.method == "HEAD":
        return "no answer to HEAD; GET is asked"
    if exchange.role is Role.REFERRERS and not exchange.errors:
        return "not offered here; asked by tag"
    return "none"


def _token_meaning(exchange: Exchange) -> Content:
    token = exchange.token
    if token is None:
        kind = clean(exchange.media_type, 80) or "nothing"
        return words((f"no token in the answer ({kind})", ".bad"))
    seconds = lifetime(exchange)
    if token.kind is TokenKind.JWT:
        empty = grants_nothing(token)
        return words(
            said(token.algorithm or "no algorithm", limit=40),
            " · ",
            said(granted(token), ".warn" if empty else ".good", 200),
            f" · {seconds} s",
        )
    kind_of = "encrypted token" if token.kind is TokenKind.JWE else "opaque token"
    return words(f"{kind_of} · {seconds} s")


def _refusal(exchange: Exchange) -> Content:
    if not exchange.challenges:
        return words(("no challenge", ".bad"), " ", _error(exchange))
    parts: list[Part] = []
    for challenge in exchange.challenges[:3]:
        if parts:
            parts.append(("  +  ", ".muted"))
        parts.append(said(challenge.scheme or "(no scheme)", ".strong", 40))
        if challenge.error:
            parts += [" ", said(challenge.error, ".bad", 100)]
        if challenge.is_scheme("bearer"):
            shown = [(name, challenge.get(name)) for name in ("service", "scope")]
        else:
            shown = [("realm", challenge.realm)]
        for name, value in shown:
            if value is not None:
                parts += [(f" {name}=", ".label"), said(value, limit=300)]
    return words(*parts)


def _error(exchange: Exchange) -> Content:
    if exchange.errors:
        entry = exchange.errors[0]
        parts: list[Part] = [said(entry.code, ".bad", 80)] if entry.code else []
        if entry.message:
            parts += [" " if parts else "", said(entry.message, limit=400)]
        if exchange.status == 429 and (wait := exchange.response_headers.get("retry-after")):
            parts += [" · try again after ", said(wait, limit=60)]
        return words(*parts)
    told = clean(exchange.reason, 80) or clean(exchange.media_type, 80) or "no explanation"
    return words((told, ".bad"))


def _redirect(exchange: Exchange) -> Content:
    location = exchange.response_headers.get("location")
    if location is None:
        return words(("redirected, but not told where", ".bad"))
    try:
        there = urlsplit(location)
    except ValueError:
        return words("to ", said(location, ".accent", 300))
    return words("to ", said(there.netloc or there.path, ".accent", 300))


def _success(exchange: Exchange) -> Content:
    headers = exchange.response_headers
    if exchange.role is Role.PING:
        return words("accepted" if exchange.authorization else "open, no login asked")
    parts: list[str] = []
    digest = headers.get("docker-content-digest", "")
    if digest:
        parts.append(_HEX.sub(r"\1", clean(digest, 200)))
    if exchange.role in (Role.TAGS, Role.CATALOG):
        parts.append(_listed(exchange))
        if "next" in headers.get("link", "").partition("rel=")[2]:
            parts.append("more follow")
    kind = _KINDS.get(exchange.media_type, exchange.media_type)
    if kind and kind != "application/json":
        parts.append(clean(kind, 80))
    length = headers.get("content-length", "")
    size = int(length) if length.isdecimal() and len(length) < 16 else exchange.body.size
    if size:
        parts.append(human_size(size))
    return words(" · ".join(part for part in parts if part) or "ok")


def _listed(exchange: Exchange) -> str:
    """How many names a page holds; nothing if it is not recorded whole."""
    name = "tags" if exchange.role is Role.TAGS else "repositories"
    if exchange.body.cut or exchange.body.size > PAGE_LIMIT:
        return ""
    try:
        page = loads(exchange.body.data)
    except ValueError:
        return ""
    names = page.get(name) if isinstance(page, dict) else None
    if not isinstance(names, list):
        return ""
    word = {"tags": "tag", "repositories": "repository"}[name] if len(names) == 1 else name
    return f"{human_count(len(names))} {word}"


def depths(exchanges: Iterable[Exchange]) -> dict[int, int]:
    """How many redirects led to each exchange, by number."""
    found: dict[int, int] = {}
    for exchange in exchanges:
        found[exchange.number] = min(4, found.get(exchange.follows, 0) + 1) if exchange.follows is not None else 0
    return found


def exchange_lines(exchanges: Sequence[Exchange], width: int, *, asked: str = "") -> list[Line]:
    """Each exchange as one line, or as two where it is narrow; its key is its number. `asked` is the registry that is
    about to be asked."""
    if not exchanges and asked:
        return paragraph(
            Content.styled(f"{connecting(asked)} Every request appears here as it happens.", ".muted"), width
        )
    if not exchanges:
        return paragraph(
            Content.styled(
                "No request yet. Search a repository or type a reference: every request to the registry and its "
                "token server appears here as it happens.",
                ".muted",
            ),
            width,
        )
    hops = depths(exchanges)
    digits = max(2, len(str(exchanges[-1].number)))
    method_width = max(3, *(len(clean(e.method or "?", 8)) for e in exchanges))
    if width < STACKED_BELOW:
        return [line for e in exchanges for line in _stacked(e, hops[e.number], digits, width)]
    told = {e.number: meaning(e) for e in exchanges}
    room = width - digits - 1 - method_width - 1 - 2 - 5 - 2 - 8
    wanted = max(cells(place(e)) + 2 * hops[e.number] for e in exchanges)
    meant = min(max(content.cell_length for content in told.values()), room * 6 // 10)
    place_width = max(16, min(wanted, max(room - meant - 1, 24), room * 45 // 100))
    meaning_width = max(8, room - place_width)
    return [
        Line(_row(e, told[e.number], hops[e.number], digits, method_width, place_width, meaning_width), e.number)
        for e in exchanges
    ]


def _row(
    exchange: Exchange, told: Content, hop: int, digits: int, method: int, place_width: int, meaning_width: int
) -> Content:
    sign, style = mark(exchange)
    lead = "  " * (hop - 1) + "↳ " if hop else ""
    return words(
        (f"{exchange.number:>{digits}} ", ".muted"),
        (f"{clean(exchange.method or '?', 8):<{method}} ", ".label"),
        column(words((lead, ".accent"), short_place(exchange, max(6, place_width - len(lead)))), place_width),
        "  ",
        (f"{sign} {_status(exchange):<3}", style),
        "  ",
        column(told, meaning_width),
        (f" {_time(exchange):>7}", ".muted"),
    )


def _stacked(exchange: Exchange, hop: int, digits: int, width: int) -> list[Line]:
    sign, style = mark(exchange)
    lead = "  " * (hop - 1) + "↳ " if hop else ""
    method = clean(exchange.method or "?", 8)
    tail = f"  {sign} {_status(exchange):<3} {_time(exchange):>7}"
    room = max(6, width - digits - 1 - len(lead) - len(method) - 1 - cells(tail))
    top = words(
        (f"{exchange.number:>{digits}} ", ".muted"),
        (f"{method} ", ".label"),
        (lead, ".accent"),
        column(Content(short_place(exchange, room)), room),
        (f"  {sign} {_status(exchange):<3}", style),
        (f" {_time(exchange):>7}", ".muted"),
    )
    pad = " " * (digits + 1 + len(lead))
    under = words(pad, column(meaning(exchange), max(8, width - len(pad))))
    return [Line(top, exchange.number), Line(under, exchange.number)]


def _status(exchange: Exchange) -> str:
    if exchange.failure is not None:
        return "—"
    return "" if exchange.status is None else str(exchange.status)


def _time(exchange: Exchange) -> str:
    total = exchange.timing.total
    return "" if total is None else end(human_milliseconds(total), 8)
