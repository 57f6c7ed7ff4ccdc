"""Error and log lines of clients, daemons and servers, read into `Report`s: what they say, freed of their wording.

One table of telling words (`clients_network`, `clients_tokens`, `clients_access`, `clients_names`, `clients_service`), each
row naming who says it and where that is public; beside it, read generally, registry error codes and HTTP statuses. In a
chain of errors the specific word wins over the code, and the code over the status: ``unauthorized: incorrect username
or password`` is a refused password, not just an ``UNAUTHORIZED``.

`read` is linear in the text and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from reglens.diagnosis.evidence import Report, Span
from reglens.diagnosis.meanings import Meaning
from reglens.diagnosis.paste import (
    clients_access,
    clients_exchanges,
    clients_names,
    clients_network,
    clients_service,
    clients_tokens,
    mask,
)
from reglens.diagnosis.paste import clients_values as named
from reglens.diagnosis.paste.clients_statements import statements
from reglens.diagnosis.paste.clients_table import Entry
from reglens.diagnosis.paste.source import Passage, Source

MAX_REPORTS = 400
"""Reports of one paste; what a log repeats is reported once."""
MAX_TEXT = 2000
"""Characters of a line that a report keeps."""

CONTEXT = frozenset(
    {
        Meaning.WANTED,
        Meaning.TRYING,
        Meaning.DEFAULT_TAG,
        Meaning.FALLING_BACK,
        Meaning.BACK_OFF,
        Meaning.TOKEN_REQUEST,
        Meaning.TOKEN_RECEIVED,
        Meaning.CREDENTIALS_FOUND,
        Meaning.LOGIN_SUCCEEDED,
        Meaning.EXCHANGED,
    }
)
"""Meanings that set the scene; they neither hide others nor are hidden."""
_VAGUE = frozenset({Meaning.TOKEN_REFUSED, Meaning.SERVER_FAILED, Meaning.MEDIA_TYPE_UNSUPPORTED, Meaning.TLS_FAILED})
_NETWORK = frozenset(
    {
        Meaning.NAME_NOT_RESOLVED,
        Meaning.CONNECTION_REFUSED,
        Meaning.CONNECTION_TIMEOUT,
        Meaning.CONNECTION_LOST,
        Meaning.NETWORK_UNREACHABLE,
        Meaning.ANSWER_TIMEOUT,
        Meaning.ADDRESS_INVALID,
    }
)
_HIDES: dict[Meaning, frozenset[Meaning]] = {
    Meaning.PROXY_FAILED: _NETWORK,
    Meaning.HELPER_MISSING: frozenset({Meaning.HELPER_FAILED, Meaning.CREDENTIALS_ABSENT, Meaning.LOGIN_NEEDED}),
    Meaning.HELPER_FAILED: frozenset({Meaning.CREDENTIALS_REFUSED}),
    Meaning.CREDENTIALS_ABSENT: frozenset({Meaning.HELPER_FAILED, Meaning.CREDENTIALS_REFUSED}),
    Meaning.TLS_NAME: frozenset({Meaning.TLS_AUTHORITY, Meaning.TLS_FAILED}),
    Meaning.TLS_EXPIRED: frozenset({Meaning.TLS_AUTHORITY, Meaning.TLS_FAILED}),
    Meaning.TLS_AUTHORITY: frozenset({Meaning.TLS_FAILED}),
    Meaning.CONNECTION_REFUSED: frozenset({Meaning.CONNECTION_TIMEOUT}),
    Meaning.NAME_NOT_RESOLVED: frozenset({Meaning.CONNECTION_TIMEOUT, Meaning.CONNECTION_REFUSED}),
    Meaning.ANSWER_TIMEOUT: frozenset({Meaning.CONNECTION_TIMEOUT}),
    Meaning.NAME_UPPER_CASE: frozenset({Meaning.REFERENCE_INVALID}),
    Meaning.CREDENTIAL_SCOPE_MISSING: frozenset({Meaning.PERMISSION_MISSING}),
    Meaning.NETWORK_REFUSED: frozenset({Meaning.PERMISSION_MISSING}),
    Meaning.CREDENTIALS_EXPIRED: frozenset({Meaning.TOKEN_EXPIRED, Meaning.CREDENTIALS_REFUSED}),
    Meaning.CREDENTIALS_SECOND_FACTOR: frozenset({Meaning.CREDENTIALS_REFUSED}),
    Meaning.CREDENTIALS_REVOKED: frozenset({Meaning.CREDENTIALS_REFUSED}),
    Meaning.LOGIN_THROTTLED: frozenset({Meaning.RATE_LIMITED}),
    Meaning.ACCEPT_REFUSED: frozenset({Meaning.MANIFEST_UNKNOWN, Meaning.MEDIA_TYPE_UNSUPPORTED}),
    Meaning.TOKEN_NOT_YET_VALID: frozenset({Meaning.TOKEN_ANSWER_INVALID, Meaning.TOKEN_EXPIRED}),
    Meaning.TOKEN_ALGORITHM: frozenset({Meaning.TOKEN_SIGNATURE}),
    Meaning.UPSTREAM_REFUSED: frozenset(
        {Meaning.UPSTREAM_FAILED, Meaning.TOKEN_SERVER_REFUSED, Meaning.CREDENTIALS_REFUSED}
    ),
    Meaning.PROJECT_UNKNOWN: frozenset({Meaning.REPOSITORY_UNKNOWN}),
    Meaning.REPOSITORY_UNKNOWN: frozenset({Meaning.MANIFEST_UNKNOWN}),
    Meaning.PLATFORM_UNKNOWN: frozenset({Meaning.MANIFEST_UNKNOWN}),
    Meaning.DENIED_OR_ABSENT: frozenset({Meaning.REPOSITORY_UNKNOWN}),
    Meaning.PERMISSION_OR_ABSENT: frozenset({Meaning.PERMISSION_MISSING, Meaning.REPOSITORY_UNKNOWN}),
    Meaning.AUTHORIZATION_NEEDED: frozenset({Meaning.LOGIN_NEEDED}),
    Meaning.STORAGE_REFUSED_AUTHORIZATION: frozenset({Meaning.STORAGE_REFUSED}),
    Meaning.HTTP_ANSWER_TO_HTTPS: frozenset({Meaning.TLS_FAILED}),
    Meaning.TOKEN_KEY_FILE: frozenset({Meaning.SERVER_CONFIG}),
}
"""Meanings that say the same as others more exactly: what each makes superfluous in the same statement."""


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry of every table."""
    return (
        *clients_tokens.ENTRIES,
        *clients_access.ENTRIES,
        *clients_names.ENTRIES,
        *clients_network.ENTRIES,
        *clients_service.ENTRIES,
    )


def read(source: Source) -> tuple[Report, ...]:
    """Every telling line of `source` as reports, in their order; repeated ones once."""
    text = _plain("\n".join(line.text for line in source.lines))
    active = [entry for entry in entries() if entry.hint in text]
    reports: dict[object, Report] = {}
    for statement in statements(source.lines):
        for report in _read_statement(statement, active):
            key = (report.meaning, tuple(sorted(report.values.items())))
            if key not in reports:
                reports[key] = report
        if len(reports) >= MAX_REPORTS:
            break
    return tuple(reports.values())


def read_text(text: str) -> tuple[Report, ...]:
    """As `read`, of a text alone."""
    return read(Source.read(text))


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("\\", "").split())


@dataclass(frozen=True, slots=True)
class _Hit:
    """One thing that a statement says, and where."""

    meaning: Meaning
    teller: str
    start: int
    end: int
    values: named.Values


# Header lines and curl's marks: the exchange that they belong to tells more than they do alone
_HEADER = re.compile(
    r"(?:\d{4}[/-]\d\d[/-]\d\d \d\d:\d\d:\d\d )?\s{0,8}(?:[<>] ?(?:HTTP/|[A-Za-z-]{2,40}:|[A-Z]{3,7} /|$)|HTTP/[0-9.]{1,3} [1-5]\d\d\b|"
    r"(?:www-authenticate|docker-distribution-api-version|content-(?:type|length)|authorization|x-[a-z-]{1,40}|date|server|"
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
            r"\blevel=\"?(?:error|fatal|panic)|\b(?:ERRO|FATA)\w?\[|\[(?:ERROR|FATAL)\]|\bERROR\b|\"level\":\s?\"error\"",
            re.IGNORECASE,
        ),
    ),
    ("warning", re.compile(r"\blevel=\"?warn|\bWARN\w{0,3}\[|\[WARN(?:ING)?\]|\bWARN(?:ING)?\b", re.IGNORECASE)),
    ("info", re.compile(r"\blevel=\"?info|\bINFO\w?\[|\[INFO\]|\bINFO\b")),
)


def _read_statement(statement: Passage, active: Iterable[Entry]) -> Iterator[Report]:
    text = statement.text
    if _HEADER.match(text):
        return
    plain = _plain(text)
    hits = [hit for entry in active if entry.hint in plain and (hit := _hit(entry, text))]
    exchange = clients_exchanges.exchange_in(text)
    strong = [hit for hit in hits if hit.meaning not in CONTEXT]
    if not exchange and not strong and not _may_tell(plain):
        if hits:
            yield from _reports(statement, hits)
        return
    code = named.code_in(text)
    status = named.status_in(text)
    general: named.Values = {}
    if code:
        general["code"] = code[0]
        if code[1]:
            general["message"] = code[1][:400]
    if status:
        general["status"] = status[0]
    general |= named.detail_in(text)
    quiet = exchange is not None or bool(_DEBUG.search(text))
    if not strong or all(hit.meaning in _VAGUE for hit in strong):
        weak = _by_code(code, quiet) or ([] if quiet or strong else [*_by_status(status), *_by_word(text, status)][:1])
        hits += weak
    if exchange:
        hits.append(_Hit(Meaning.EXCHANGED, "", 0, len(text), exchange))
    yield from _reports(statement, _contained(_without_hidden(hits)), general)


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
    " 50",
    "(40",
    "[40",
    "required",
)


def _may_tell(plain: str) -> bool:
    return any(word in plain for word in _MAY_TELL)


def _hit(entry: Entry, text: str) -> _Hit | None:
    found = entry.search(text)
    if found is None:
        return None
    values = {
        name.rstrip("0123456789"): value.strip().rstrip(":") if name != "message" else value
        for name, value in found.groupdict().items()
        if value and value.strip()
    }
    if values.get("reference", "").endswith((".", "…")):
        del values["reference"]
    return _Hit(_by_values(entry.meaning, values), entry.teller, found.start(), found.end(), values)


def _by_values(meaning: Meaning, values: named.Values) -> Meaning:
    """An old distribution names both ends of a token's life and its own clock: which was broken is arithmetic."""
    if meaning is Meaning.TOKEN_EXPIRED and {"not_before", "current"} <= values.keys():
        now, begin = values["current"], values["not_before"]
        if now.isdigit() and begin.isdigit() and int(now) < int(begin):
            return Meaning.TOKEN_NOT_YET_VALID
    return meaning


def _by_code(code: tuple[str, str, int, int] | None, quiet: bool) -> list[_Hit]:
    if not code or code[0] not in named.CODE_MEANINGS:
        return []
    meaning = named.CODE_MEANINGS[code[0]]
    if quiet and meaning in (Meaning.UNAUTHENTICATED, Meaning.NOT_FOUND):
        return []  # every flow begins with such an answer, and every push with a blob that is not there
    return [_Hit(meaning, "", code[2], code[3], {})]


def _by_status(status: tuple[str, int] | None) -> list[_Hit]:
    if not status:
        return []
    meaning = _STATUS_MEANINGS.get(status[0]) or (Meaning.SERVER_FAILED if status[0] >= "500" else Meaning.HTTP_STATUS)
    return [_Hit(meaning, "", status[1] - 3, status[1], {})] if status[0] >= "400" else []


_STATUS_MEANINGS = {
    "401": Meaning.UNAUTHENTICATED,
    "402": Meaning.PLAN_LIMIT,
    "403": Meaning.DENIED,
    "404": Meaning.NOT_FOUND,
    "405": Meaning.ENDPOINT_UNSUPPORTED,
    "407": Meaning.PROXY_FAILED,
    "413": Meaning.BODY_TOO_LARGE,
    "429": Meaning.RATE_LIMITED,
    "451": Meaning.NETWORK_REFUSED,
}
_WORDS = (
    (
        Meaning.UNAUTHENTICATED,
        re.compile(
            r"\b(?:unauthori[sz]ed|authentication (?:is )?required|not authenticated|authorization failed)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Meaning.DENIED,
        re.compile(
            r"\b(?:access (?:is |was )?(?:denied|forbidden)|permission denied|denied|forbidden|not authori[sz]ed)\b",
            re.IGNORECASE,
        ),
    ),
)
_NO_REGISTRY = re.compile(
    r"permission denied while trying to connect to the (?:docker )?(?:daemon|API)|docker\.sock|mkdir|open /|stat /|chown|chmod",
    re.IGNORECASE,
)
_SAYS_REGISTRY = re.compile(
    r"https?://|image|regist|repositor|manifest|docker|pull|push|login|oci|blob|token|error|tags?\b", re.IGNORECASE
)


def _by_word(text: str, status: tuple[str, int] | None) -> list[_Hit]:
    if (
        status
        or len(text) > MAX_TEXT
        or _NO_REGISTRY.search(text)
        or not (len(text) < 60 or _SAYS_REGISTRY.search(text))
    ):
        return []
    return [
        _Hit(meaning, "", found.start(), found.end(), {}) for meaning, words in _WORDS if (found := words.search(text))
    ]


def _contained(hits: list[_Hit]) -> list[_Hit]:
    """Without hits that lie wholly within a longer one of another meaning: the longer was meant."""
    kept: list[_Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        if hit.meaning in CONTEXT:
            kept.append(hit)
            continue
        within = [k for k in kept if k.meaning not in CONTEXT and k.start <= hit.start and hit.end <= k.end]
        if not within:
            kept.append(hit)
    return kept


def _without_hidden(hits: list[_Hit]) -> list[_Hit]:
    """Without what others in the statement say more exactly, and one hit of each meaning, the innermost."""
    said = {hit.meaning for hit in hits}
    hidden = {vague for meaning in said for vague in _HIDES.get(meaning, ())}
    if any(m not in CONTEXT and m not in _VAGUE and m is not Meaning.DENIED_OR_ABSENT for m in said):
        hidden |= _VAGUE & {m for m in said if m is not Meaning.SERVER_FAILED}
    last: dict[Meaning, _Hit] = {}
    for hit in hits:
        if hit.meaning not in hidden:
            before = last.get(hit.meaning)
            last[hit.meaning] = hit if before is None else _merged(before, hit)
    return list(last.values())


def _merged(one: _Hit, other: _Hit) -> _Hit:
    """Two hits of one meaning as one: the longer stands, the other adds what it names."""
    longer, shorter = (one, other) if one.end - one.start > other.end - other.start else (other, one)
    return replace(longer, teller=longer.teller or shorter.teller, values=shorter.values | longer.values)


_TOKEN_WORDS = re.compile(
    r"(?:fetch|get|obtain|request|retriev|acquir)\w{0,4} (?:an? |the )?(?:anonymous |oauth |bearer |auth(?:entication|orization)? |access )*token|"
    r"failed to authorize|jwt/auth|/service/token",
    re.IGNORECASE,
)


def _reports(statement: Passage, hits: Iterable[_Hit], general: named.Values | None = None) -> Iterator[Report]:
    text = statement.text
    found_urls = named.urls(text)
    fields = named.fields_in(text)
    reference = named.reference_in(text)
    time = named.time_in(text)
    level = next((name for name, pattern in _LEVELS if pattern.search(text)), "")
    teller = _teller(text)
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
        values |= hit.values
        if hit.values.get("url"):
            values |= named.from_url(hit.values["url"])
        if "action" not in values and hit.meaning is not Meaning.EXCHANGED and (action := named.action_in(text)):
            values["action"] = action
        if level:
            values["level"] = level
        meaning = _for_part(hit.meaning, values)
        span: Span = statement.span(hit.start, hit.end) if meaning is not Meaning.EXCHANGED else statement.span()
        masked = {k: mask.mask(v) for k, v in values.items()}
        yield Report(meaning.value, hit.teller or teller, masked, shown, time, span)


def _nearest(urls: list[tuple[int, str, str]], hit: _Hit) -> tuple[str, str]:
    """The URL that a hit speaks of: the last one before its end, as errors are wrapped from the left."""
    before = [(url, method) for at, url, method in urls if at < hit.end]
    if before:
        return before[-1]
    return next(((url, method) for _, url, method in urls if named.part_of(url)), ("", ""))


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


_TELLERS = (
    (
        "kubelet",
        re.compile(
            r"kubelet|Failed to pull image|ErrImagePull|ImagePullBackOff|remote_image\.go|kuberuntime|pod_workers"
        ),
    ),
    ("containerd", re.compile(r"failed to pull and unpack|failed to resolve reference|containerd\[|\bctr: ")),
    ("buildkit", re.compile(r"failed to solve|buildx|buildkit|source metadata|ERROR: failed to (?:push|build)")),
    ("kaniko", re.compile(r"error building image|error pushing image|checking push permission|kaniko")),
    ("dockerd", re.compile(r"Error response from daemon|dockerd|docker\[|endpoint for (?:pull|push)|moby")),
    ("nerdctl", re.compile(r"tryLoginWithRegHost|nerdctl|FATA\[")),
    (
        "podman",
        re.compile(
            r"podman|buildah|containers/image|initializing source|initializing destination|copying system image|Trying to pull "
        ),
    ),
    ("skopeo", re.compile(r"skopeo|Error initializing (?:source|destination)|pinging container registry")),
    ("crane", re.compile(r"\[map\[|crane|(?:GET|HEAD|POST|PUT|PATCH) https?://\S+: (?:unexpected status|[A-Z_]+:)")),
    ("oras", re.compile(r"Error response from registry|response status code \d|\boras\b")),
    ("regctl", re.compile(r"\[http \d{3}\]|regctl|regclient")),
    ("helm", re.compile(r"\bhelm\b|INSTALLATION FAILED|failed to perform \"FetchReference\"")),
    (
        "harbor",
        re.compile(
            r"\[/(?:server|core|pkg|controller|lib|common)/\S+\.go:\d+\]|harbor-(?:core|registry|portal)|goharbor"
        ),
    ),
    ("nginx", re.compile(r"nginx|\[error\] \d+#\d+")),
    ("distribution", re.compile(r"go\.version=|http\.request\.|registry\[\d|\binstance\.id=")),
    ("nexus", re.compile(r"org\.sonatype|qtp\d+-\d+|nexus")),
    ("artifactory", re.compile(r"\[jfrt|org\.artifactory|artifactory", re.IGNORECASE)),
    ("quay", re.compile(r"gunicorn-registry|quay")),
    ("gitea", re.compile(r"router: completed|routing/logger")),
    ("curl", re.compile(r"\bcurl: \(\d+\)")),
    ("docker", re.compile(r"docker")),
)


def _teller(text: str) -> str:
    return next((name for name, pattern in _TELLERS if pattern.search(text)), "")
