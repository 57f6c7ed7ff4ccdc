"""One exchange opened: everything that was sent and everything that came back, explained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from reglens.app.widgets.exchange_list import lifetime, mark, meaning, place
from reglens.app.widgets.json_view import highlighted
from reglens.app.widgets.layout import Line, Part, blank, fields, heading, paragraph, said, words
from reglens.app.widgets.token_view import Checked, countdown, stamp, token_lines
from reglens.auth.challenge import Challenge
from reglens.jsontext import loads
from reglens.text import clean, human_count, human_milliseconds, human_size
from reglens.trace.exchange import Body, Exchange, Headers, Role

BODY_LINES = 400
"""Lines of a body shown in a detail; a manifest's whole text is in its own pane."""
HEADERS_SHOWN = 100
ROLES = {
    Role.PING: "asks whether the API is there and whether it wants a login",
    Role.TOKEN: "asks the token server for a token",
    Role.CATALOG: "lists the registry's repositories",
    Role.TAGS: "lists the repository's tags",
    Role.MANIFEST: "fetches a manifest",
    Role.BLOB: "fetches a blob",
    Role.REFERRERS: "lists what refers to a manifest",
    Role.SEARCH: "searches repositories",
    Role.OTHER: "",
}


def detail_lines(
    exchange: Exchange, width: int, now: datetime, checked: Checked | None = None, *, revealed: bool = False
) -> list[Line]:
    """The whole detail of one exchange."""
    parts = [
        ("Challenge", _challenges(exchange, width)),
        ("Request", _request(exchange, width, now)),
        ("Token in the answer", _token(exchange, width, now, checked, revealed)),
        ("Answer", _answer(exchange, width)),
        ("Body", _body(exchange, width)),
        ("Time", _timing(exchange, width)),
    ]
    lines = _top(exchange, width)
    for title, part in parts:
        if part:
            lines += [blank(), *heading(title, width), *part]
    return lines


def _token(exchange: Exchange, width: int, now: datetime, checked: Checked | None, revealed: bool) -> list[Line]:
    token = exchange.token
    if token is None:
        return []
    lines: list[Line] = []
    seconds = lifetime(exchange)
    if token.expires is None and seconds is not None and exchange.local_time is not None:
        lines += paragraph(
            words((f"lives {seconds} s from {stamp(exchange.local_time)}, by the answer", ".note")), width
        )
    return lines + token_lines(token, width, now, checked, revealed=revealed)


def _top(exchange: Exchange, width: int) -> list[Line]:
    sign, style = mark(exchange)
    does = ROLES.get(exchange.role, "")
    status = "" if exchange.status is None else f"{exchange.status} {clean(exchange.reason, 60)}".strip()
    parts: list[Part] = [(f"{exchange.number} ", ".muted"), (clean(exchange.method or "?", 12), ".strong"), " "]
    lines = paragraph(words(*parts, place(exchange)), width)
    lines += paragraph(
        words((status, style), "  " if status else "", meaning(exchange)), width, lead=(f"{sign} ", style)
    )
    if does:
        lines += paragraph(words((does, ".note")), width, lead="  ")
    if exchange.note:
        lines += paragraph(said(exchange.note, ".note"), width, lead="  ")
    if exchange.via:
        lines += paragraph(words(("through the proxy ", ".note"), said(exchange.via, ".note", 300)), width, lead="  ")
    if exchange.follows is not None:
        lines += paragraph(words((f"exchange {exchange.follows} redirected here", ".note")), width, lead="  ")
    return lines


def _challenges(exchange: Exchange, width: int) -> list[Line]:
    lines: list[Line] = []
    for number, challenge in enumerate(exchange.challenges[:10]):
        if number:
            lines.append(blank())
        lines += _challenge(challenge, width)
    return lines


def _challenge(challenge: Challenge, width: int) -> list[Line]:
    scheme = said(challenge.scheme or "(no scheme)", ".strong", 60)
    explained = {
        "bearer": "get a token from the realm, for this service and scope, and come again with it",
        "basic": "send user name and password",
    }.get(challenge.scheme.lower(), "")
    lines = paragraph(words(scheme, (f"   {explained}" if explained else "", ".muted")), width)
    pairs = [
        (clean(name, 40), said(value, ".bad" if name.lower() == "error" else "", 800))
        for name, value in challenge.params[:40]
    ]
    if challenge.token68:
        pairs.append(("token68", said(challenge.token68, limit=200)))
    lines += fields(pairs, width, indent=2)
    for forgiven in challenge.tolerated:
        lines += paragraph(words(("tolerated: ", ".warn"), said(forgiven, limit=200)), width, lead="  ")
    return lines


def _request(exchange: Exchange, width: int, now: datetime) -> list[Line]:
    lines: list[Line] = []
    if exchange.url:
        bare = exchange.url.partition("?")[0]
        lines += paragraph(
            words((clean(exchange.method or "?", 12), ".label"), " ", said(bare, ".strong", 2000)), width
        )
    for title, pairs in (("parameters", exchange.query), ("form fields", exchange.form)):
        if pairs:
            lines += paragraph(words((f"{title}, decoded", ".muted")), width, lead="  ")
            shown = [
                (clean(name, 40), said(value, limit=800) if value else words(("(empty)", ".muted")))
                for name, value in pairs[:60]
            ]
            lines += fields(shown, width, indent=4)
    lines += _authorization(exchange, width, now)
    lines += header_lines(exchange.request_headers, width)
    return lines


def _authorization(exchange: Exchange, width: int, now: datetime) -> list[Line]:
    sent = exchange.authorization
    if sent is None:
        return paragraph(words(("no Authorization sent", ".muted"), (": anonymous", ".muted")), width)
    parts: list[Part] = [said(sent.scheme or "(no scheme)", ".strong", 40), f" {sent.secret}"]
    if sent.username is not None:
        parts += ["  user ", said(sent.username, ".strong", 200)]
    if sent.token is not None and sent.token.expires is not None:
        text, style = countdown(sent.token.expires, now)
        parts += ["  ", (text if text.startswith("expired") else f"expires {text}", style)]
    if sent.source:
        parts += [("  from ", ".muted"), said(sent.source, ".muted", 300)]
    return paragraph(words(*parts), width, lead=("Authorization ", ".label"))


def _answer(exchange: Exchange, width: int) -> list[Line]:
    if exchange.failure is not None:
        failure = exchange.failure
        lines = paragraph(said(failure.message, ".bad"), width)
        reached = f"it got as far as: {failure.kind.value}" + (", then patience ended" if failure.timed_out else "")
        return lines + paragraph(words((reached, ".muted")), width)
    if exchange.status is None:
        return paragraph(words(("not here yet", ".muted")), width)
    sign, style = mark(exchange)
    version = f"   {clean(exchange.http_version, 20)}" if exchange.http_version else ""
    peer = f"   from {clean(exchange.peer, 80)}" if exchange.peer else ""
    status = f"{exchange.status} {clean(exchange.reason, 60)}".strip()
    lines = paragraph(words((f"{sign} {status}", style), (version + peer, ".muted")), width)
    for entry in exchange.errors[:10]:
        parts: list[Part] = [said(entry.code or "(no code)", ".bad", 100), "  ", said(entry.message, limit=1000)]
        lines += paragraph(words(*parts), width, lead="  ")
        if entry.detail not in (None, "", {}, []):
            lines += paragraph(said(_json(entry.detail), ".muted", 800), width, lead="    ")
    if exchange.server_time is not None and exchange.local_time is not None:
        off = (exchange.server_time - exchange.local_time).total_seconds()
        if abs(off) >= 5:
            side = "ahead of" if off > 0 else "behind"
            lines += paragraph(
                words((f"its clock is {abs(off):.0f} s {side} this machine's", ".warn")), width, lead="  "
            )
    return lines + header_lines(exchange.response_headers, width)


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)[:2000]
    except (ValueError, RecursionError):
        return "(nested too deeply to show)"


def header_lines(headers: Headers, width: int) -> list[Line]:
    """Header lines as they were sent, names dimmed."""
    pairs = [(clean(name, 60), said(value, limit=2000)) for name, value in headers.lines[:HEADERS_SHOWN]]
    lines = []
    for name, value in pairs:
        lines += paragraph(words((f"{name}: ", ".label"), value), width, lead="  ")
    if len(headers.lines) > HEADERS_SHOWN:
        lines.append(Line(words((f"  and {len(headers.lines) - HEADERS_SHOWN} more", ".muted"))))
    return lines


def _body(exchange: Exchange, width: int) -> list[Line]:
    body = exchange.body
    if not body.size and not body.data:
        return []
    said_of = f"{human_size(body.size)} of {clean(exchange.media_type, 100) or 'no declared type'}"
    if body.cut:
        said_of += f", the first {human_size(len(body.data))} recorded"
    return [*paragraph(words((said_of, ".muted")), width), *body_lines(body, width)]


def body_lines(body: Body, width: int) -> list[Line]:
    """A body, as indented JSON if it is JSON, else as text; bounded."""
    try:
        document = loads(body.data)
    except ValueError:
        texts: Sequence[str] = body.text[:65_536].splitlines() or [""]
        shown = [said(text.expandtabs(4), limit=2000) for text in texts[:BODY_LINES]]
        more = len(texts) - len(shown)
    else:
        formatted = highlighted(document, BODY_LINES + 1)
        shown, more = formatted[:BODY_LINES], len(formatted) - BODY_LINES
    lines = [line for content in shown for line in paragraph(content, width)]
    if more > 0:
        lines.append(Line(words((f"… more than {human_count(BODY_LINES)} lines, not shown here", ".muted"))))
    return lines


def _timing(exchange: Exchange, width: int) -> list[Line]:
    timing = exchange.timing
    named = (
        ("connect", timing.connect),
        ("TLS", timing.tls),
        ("first byte", timing.first_byte),
        ("total", timing.total),
    )
    pairs = [(name, words(human_milliseconds(value))) for name, value in named if value is not None]
    if pairs and timing.connect is None:
        pairs.insert(0, ("connection", words(("used again", ".muted"))))
    if exchange.local_time is not None:
        pairs.append(("sent", words(stamp(exchange.local_time))))
    if exchange.server_time is not None:
        pairs.append(("their clock", words(stamp(exchange.server_time))))
    return fields(pairs, width)
