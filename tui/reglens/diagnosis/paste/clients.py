"""Error and log lines of clients, daemons and servers, read into `Report`s: what they say, freed of their wording.

Tables of telling words, one module for each family (`entries` lists them), each row naming who says it and where that
is public; beside them, read generally, registry error codes and HTTP statuses. In a
chain of errors the specific word wins over the code, and the code over the status: ``unauthorized: incorrect username
or password`` is a refused password, not just an ``UNAUTHORIZED``.

`read` is linear in the text and never raises.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from reglens import mask
from reglens.diagnosis.evidence import Report, Span
from reglens.diagnosis.meanings import Meaning
from reglens.diagnosis.paste import (
    clients_credentials,
    clients_exchanges,
    clients_gateways,
    clients_helpers,
    clients_logins,
    clients_manifests,
    clients_network,
    clients_permissions,
    clients_references,
    clients_scene,
    clients_service,
    clients_tls,
    clients_tokens,
    clients_verifiers,
)
from reglens.diagnosis.paste import clients_values as named
from reglens.diagnosis.paste.clients_hits import (
    MAX_TEXT,
    OTHER_PROGRAMS,
    Hit,
    by_code,
    by_status,
    by_word,
    contained,
    hit_of,
    says_registry,
    without_hidden,
)
from reglens.diagnosis.paste.clients_precedence import ATTEMPTS, BESIDE, CONTEXT, VAGUE
from reglens.diagnosis.paste.clients_statements import statements, without_engine
from reglens.diagnosis.paste.clients_table import Entry
from reglens.diagnosis.paste.clients_tellers import teller_of
from reglens.diagnosis.paste.source import Passage, Source, rough
from reglens.trace.plain import plain_places

MAX_REPORTS = 400
"""Reports of one paste; what a log repeats is reported once."""
MAX_SCENE = 150
"""Reports among them that only set the scene: a long access log must not keep what follows it from being read."""
MAX_REPEATS = 8
"""Statements with the same telling words that are read in full; they may name different images."""
MAX_SAME = 2
"""Statements of the very same text."""
MAX_ROUGH = 100
"""Statements that differ in numbers alone, after which only other statuses count."""
MAX_STATUSES = 10_000
MAX_ALIKE = 40
"""Statements that differ only in times, addresses and ids, of which so many are read."""


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry of every table."""
    return (
        *clients_verifiers.ENTRIES,
        *clients_tokens.ENTRIES,
        *clients_helpers.ENTRIES,
        *clients_credentials.ENTRIES,
        *clients_logins.ENTRIES,
        *clients_permissions.ENTRIES,
        *clients_references.ENTRIES,
        *clients_manifests.ENTRIES,
        *clients_tls.ENTRIES,
        *clients_network.ENTRIES,
        *clients_gateways.ENTRIES,
        *clients_service.ENTRIES,
        *clients_scene.ENTRIES,
    )


_LETTERS = bytes(c | 0x20 if chr(c).isalpha() and c < 128 else 0x20 for c in range(256))
"""A table for `bytes.translate`: lower-case letters, and a blank in place of everything else."""


def _vocabulary(text: str) -> bytes:
    """The words of four letters and more of a text, each once: small beside a log's text, and what is not in it is not
    in the text."""
    return b"\n".join(
        word for word in set(text.encode("ascii", "replace").translate(_LETTERS).split()) if len(word) > 3
    )


@cache
def _hinted() -> tuple[tuple[str, Entry, tuple[bytes, ...]], ...]:
    """Every hint with its entry and the words without which it cannot stand in a text."""
    return tuple(
        (hint, entry, tuple(word.encode() for word in re.findall(r"[a-z]{4,}", hint)))
        for entry in entries()
        for hint in entry.hints
    )


def read(source: Source) -> tuple[Report, ...]:
    """Every telling line of `source` as reports, in their order; repeated ones once."""
    told = _unrepeated(statements(source.lines))
    text = "\n".join(statement.text for statement in told)
    registry = says_registry(text)
    words = _vocabulary(text)
    active = [(hint, entry) for hint, entry, needed in _hinted() if all(word in words for word in needed)]
    reports: dict[object, Report] = {}
    seen: Counter[object] = Counter()
    scene = 0
    for statement in told:
        for report in _read_statement(statement, active, seen, crowded=scene > MAX_SCENE, bare=registry):
            key = (report.meaning, tuple(sorted(report.values.items())))
            if key in reports:
                continue
            if report.meaning in CONTEXT:
                scene += 1
                if scene > MAX_SCENE:
                    continue
            reports[key] = report
        if len(reports) >= MAX_REPORTS:
            break
    return tuple(reports.values())


_STATUS = re.compile(r"(?<![\w.:/-])[1-5]\d\d(?![\w.:/-])")
_PASSING = re.compile(r"[0-9A-Fa-f-]{8,}|\d+[:.][\d:.]*")
"""Times, addresses, ids and digests: what differs between two log lines that say the same."""


def _unrepeated(all_statements: Iterable[Passage]) -> list[Passage]:
    """The statements without those whose like came often already: a log of millions of lines has few kinds of them.

    Likeness leaves numbers of up to seven digits alone: a status is what tells one refusal from another. Where a rough
    likeness, that of the text between the numbers, has come very often, only those are kept that have a status that
    was not seen there.
    """
    seen: Counter[int] = Counter()
    often: Counter[bytes] = Counter()
    statuses: set[tuple[bytes, tuple[str, ...]]] = set()
    same: Counter[str] = Counter()
    kept = []
    for statement in all_statements:
        same[statement.text] += 1
        if same[statement.text] > MAX_SAME:
            continue
        alike = rough(statement.text)
        often[alike] += 1
        if often[alike] > MAX_ROUGH:
            key = (alike, tuple(_STATUS.findall(statement.text)))
            if key in statuses:
                continue
            if len(statuses) < MAX_STATUSES:
                statuses.add(key)
        if often[alike] > MAX_ALIKE:  # fewer that are alike roughly cannot be more that are alike
            kind = hash(_PASSING.sub("#", statement.text))
            seen[kind] += 1
            if seen[kind] > MAX_ALIKE:
                continue
        kept.append(statement)
    return kept


def read_text(text: str) -> tuple[Report, ...]:
    """As `read`, of a text alone."""
    return read(Source.read(text))


def plain(text: str) -> str:
    """`text` as hints are looked for in it: lower case, without backslashes, white space as single blanks."""
    return " ".join(text.lower().replace("\\", "").split())


# Header lines and curl marks: the exchange that they belong to tells more
_HEADER = re.compile(
    r"(?:\d{4}[/-]\d\d[/-]\d\d \d\d:\d\d:\d\d )?\s{0,8}(?:[<>] ?(?:HTTP/|"
    r"(?!(?:error|fatal|panic|warning|denied|unauthorized|toomanyrequests):)[A-Za-z-]{2,40}:|[A-Z]{3,7} "
    r"/|$)|HTTP/[0-9.]{1,3} [1-5]\d\d\b|"
    r"(?:www-authenticate|docker-distribution-api-version|content-(?:type|length)|authorization|"
    r"x-[a-z-]{1,40}|date|server|"
    r"strict-transport-security|set-cookie|host|user-agent|accept): )",
    re.IGNORECASE,
)
_DEBUG = re.compile(
    r"\blevel=\"?(?:debug|trace)|\b(?:DEBU|TRAC)\w?\[|\[(?:DEBUG|TRACE)\]|^\s{0,8}DEBUG\b|\"level\":\s?\"debug\"",
    re.IGNORECASE,
)
_LEVELS = (
    ("debug", _DEBUG),
    (
        "error",
        re.compile(
            r"\blevel=\"?(?:error|fatal|panic)|\b(?:ERRO|FATA)\w?\[|\[(?:ERROR|FATAL)\]|\bERROR\b|"
            r"\"level\":\s?\"error\"",
            re.IGNORECASE,
        ),
    ),
    ("warning", re.compile(r"\blevel=\"?warn|\bWARN\w{0,3}\[|\[WARN(?:ING)?\]|\bWARN(?:ING)?\b", re.IGNORECASE)),
    ("info", re.compile(r"\blevel=\"?info|\bINFO\w?\[|\[INFO\]|\bINFO\b")),
)


def _read_statement(
    statement: Passage, active: Sequence[tuple[str, Entry]], seen: Counter[object], *, crowded: bool, bare: bool
) -> Iterator[Report]:
    """What one statement says; with `crowded` only if it is more than a part of the scene, with `bare` also if it is a
    status alone."""
    text = statement.text
    if _HEADER.match(text):
        return
    text = without_engine(text)
    flat = plain(text)
    candidates = dict.fromkeys([entry for hint, entry in active if hint in flat])
    hits = [hit for entry in candidates if (hit := hit_of(entry, text))]
    if not bare:
        hits = [hit for hit in hits if hit.meaning is not Meaning.PAGE_ANSWERED]
    exchange = clients_exchanges.exchange_in(text)
    strong = [hit for hit in hits if hit.meaning not in CONTEXT | BESIDE]
    if not exchange and not strong and not _may_tell(flat):
        if hits and _is_new(seen, text, hits, exchange):
            yield from _reports(statement, hits)
        return
    if (hits or exchange) and not _is_new(seen, text, hits, exchange):
        return
    code = named.code_in(text)
    if crowded and exchange and not strong and not by_code(code, True):
        return
    status = named.status_in(text)
    general: named.Values = {}
    if code:
        general["code"] = code[0]
        if code[1]:
            general["message"] = code[1][:400]
    if status:
        general["status"] = status[0]
    general |= named.detail_in(text)
    if not strong or all(hit.meaning in VAGUE for hit in strong):
        weak = by_code(code, quiet=False)
        if not weak and bare and not strong:
            weak = [*by_status(status), *by_word(text, status)][:1]
        if weak and OTHER_PROGRAMS.search(text):
            weak = []
        elif weak and (exchange is not None or _DEBUG.search(text)):
            weak = by_code(code, quiet=True)
        hits += weak
    if exchange:
        hits.append(Hit(Meaning.EXCHANGED, "", 0, len(text), exchange))
    if not hits:
        return
    yield from _reports(statement, contained(without_hidden(hits)), general)


def _is_new(seen: Counter[object], text: str, hits: list[Hit], exchange: named.Values | None) -> bool:
    """Whether a statement says something that was not said, in these words, often enough already: logs repeat."""
    key = (
        tuple((hit.meaning, text[hit.start : hit.end][:200]) for hit in hits),
        tuple(exchange.get(name) for name in ("method", "url", "status")) if exchange else None,
    )
    seen[key] += 1
    return seen[key] <= MAX_REPEATS


_MAY_TELL = (
    "error",
    "err=",
    "err.",
    "fail",
    "denied",
    "unauthori",
    "forbidden",
    "unknown",
    "invalid",
    "code",
    "status",
    "http",
    "unsupported",
    "toomany",
    " 40",
    '"40',
    '"50',
    " 50",
    "(40",
    "[40",
    "required",
)


def _may_tell(flat: str) -> bool:
    return any(word in flat for word in _MAY_TELL)


_TOKEN_WORDS = re.compile(
    r"(?:fetch|get|obtain|request|retriev|acquir)\w{0,4} (?:an? |the )?(?:anonymous |oauth |bearer |"
    r"auth(?:entication|orization)? |access )*token(?!: invalid username)|"
    r"failed to authorize|requesting bear(?:er)? token|jwt/auth|/service/token",
    re.IGNORECASE,
)


def _reports(statement: Passage, hits: Iterable[Hit], general: named.Values | None = None) -> Iterator[Report]:
    text = statement.text
    found_urls = named.urls(text)
    fields = named.fields_in(text)
    reference = named.reference_in(text)
    time = named.time_in(text)
    level = next((name for name, pattern in _LEVELS if pattern.search(text)), "")
    teller = teller_of(text)
    shown = mask.mask(text[:MAX_TEXT])
    for hit in hits:
        values: named.Values = {}
        url, method = _nearest(found_urls, hit)
        if hit.meaning not in CONTEXT or hit.meaning in (Meaning.EXCHANGED, Meaning.FALLING_BACK):
            if url:
                values |= named.from_url(url)
            if method:
                values["method"] = method
            values |= {k: v for k, v in fields.items() if k not in values}
            values |= general or {}
            if reference and "reference" not in values:
                values["reference"] = reference
            if "part" not in values and _TOKEN_WORDS.search(text):
                values["part"] = "token"
        asked = values.get("host", "")
        values |= hit.values
        if asked and asked.rpartition(":")[0] == values.get("host"):
            values["host"] = asked  # what a resolver was asked for has no port
        if hit.values.get("url"):
            values |= named.from_url(hit.values["url"])
        if "action" not in values and hit.meaning is not Meaning.EXCHANGED and (action := named.action_in(text)):
            values["action"] = action
        if level:
            values["level"] = level
        meaning = _for_part(hit.meaning, values)
        if meaning in ATTEMPTS and "http.request." in text and _is_upstream(fields, url):
            values |= {"part": "upstream", "reason": hit.meaning.says}
            meaning = Meaning.UPSTREAM_FAILED
        if level == "debug" and meaning is Meaning.LOGIN_NEEDED:
            meaning = Meaning.CREDENTIALS_ABSENT  # a client that goes on without says so in passing
        if level == "debug" and meaning in ATTEMPTS:
            values["reason"] = hit.meaning.says
            meaning = Meaning.FALLING_BACK
        span: Span = statement.span(hit.start, hit.end) if meaning is not Meaning.EXCHANGED else statement.span()
        masked = {k: mask.mask(v) for k, v in plain_places(values).items()}
        yield Report(meaning.value, hit.teller or teller, masked, shown, time, span)


def _nearest(urls: list[tuple[int, str, str]], hit: Hit) -> tuple[str, str]:
    """The URL that a hit speaks of: the last one before its end, as errors are wrapped from the left."""
    before = [(url, method) for at, url, method in urls if at < hit.end]
    if before:
        return next(((url, method) for url, method in reversed(before) if named.part_of(url)), before[-1])
    return next(((url, method) for _, url, method in urls if named.part_of(url)), ("", ""))


def _is_upstream(fields: named.Values, url: str) -> bool:
    """Whether a registry, answering a request to itself, tells of a request that it made to somebody else."""
    asked, own = fields.get("host", ""), named.from_url(url).get("host", "")
    return bool(asked and own) and asked != own and fields.get("url", "") != url


def _for_part(meaning: Meaning, values: named.Values) -> Meaning:
    """A bare refusal or failure of the token server is another thing than one of the registry."""
    if values.get("part") == "token":
        if meaning in (Meaning.UNAUTHENTICATED, Meaning.DENIED):
            return Meaning.TOKEN_SERVER_REFUSED
        if meaning in (Meaning.SERVER_FAILED, Meaning.NOT_FOUND, Meaning.ENDPOINT_UNSUPPORTED):
            return Meaning.TOKEN_SERVER_FAILED
        if meaning is Meaning.HTTP_STATUS and values.get("status") == "400":
            return Meaning.TOKEN_SERVER_REFUSED
        if meaning is Meaning.PAGE_ANSWERED and values.get("status", "200") < "400":
            return Meaning.TOKEN_ANSWER_INVALID
    return meaning
