"""Exchanges in the making: what the readers of a paste gather, piece by piece, and the record that comes of it.

A draft holds text as pasted, secrets included, so it never leaves this package; `Numbered` makes the redacted records.

`Authorization.source` of a pasted request: ``""`` (as shown), ``redacted`` or ``shortened`` (the paste does not hold
it, or not whole), ``command line`` and ``asked at the prompt`` (``-u``), ``variable NAME``, ``output of a command``. To
these comes ``, exchange N`` where another exchange's answer gave it (``exchange N`` alone if the same token is shown
in both), then ``, in quotes`` or ``, the whole answer`` for what a filter left around it, ``, another field`` for
one that no token answer has. `Exchange.note` says ``body
not shown`` where a client kept it back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit

from reglens import mask
from reglens.auth.token import Token, TokenKind
from reglens.diagnosis.evidence import Span
from reglens.diagnosis.paste.source import Passage, join
from reglens.diagnosis.paste.tokens import (
    REDACTED,
    SHORTENED,
    basic_text,
    basic_user,
    is_redacted,
    is_shortened,
    read_pasted,
    salvage,
)
from reglens.jsontext import loads
from reglens.oci.reference import is_loopback
from reglens.secret import Secret
from reglens.trace import redact
from reglens.trace.exchange import Authorization, Body, Exchange, Failure, Headers, Role

MAX_BODY = 1 << 20
"""Characters of one body that are kept."""

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9_-]{0,30})(?P<mark>[:=]{0,1})(?P<rest>.*)", re.DOTALL)
_KNOWN = frozenset("basic bearer token jwt digest negotiate ntlm".split())
_TOKEN_MEMBER = re.compile(r'["\']?\b(access_token|token)["\']?\s*[:=]\s*["\']([^"\'\s]{1,65536})["\']?')
_TOKEN_PATH = re.compile(r"/(?:token|jwt/auth|oauth2?/(?:token|exchange)|docker-v2/auth|v2/auth|auth)/?$")
_REPOSITORY_PATHS = (
    (Role.TAGS, re.compile(r"/v2/.+/tags/list/?$")),
    (Role.MANIFEST, re.compile(r"/v2/.+/manifests(?:/|$)")),
    (Role.BLOB, re.compile(r"/v2/.+/blobs(?:/|$)")),
    (Role.REFERRERS, re.compile(r"/v2/.+/referrers(?:/|$)")),
)


TOKEN_FIELDS = (
    "token",
    "access_token",
    "accessToken",
    "refresh_token",
    "identity_token",
    "secret",
    "Secret",
    "Password",
)
"""Fields of answers and of helpers' outputs that hold what goes behind ``Bearer``."""


@dataclass(slots=True)
class Capture:
    """The output of a command, kept by the shell in a variable or put into another command.

    `member` is the JSON member that a filter such as ``jq -r .token`` picked, ``""`` if all of it was kept; `quoted`
    that the filter left the quotes around it.
    """

    draft: Draft | None = None
    member: str = ""
    quoted: bool = False


@dataclass(slots=True)
class Gap:
    """A part of a value that only the shell knew: the variable's `name`, and the command that filled it, if that is
    known. `start` and `end` tell where, as written, it stands in the value."""

    start: int
    end: int
    name: str
    capture: Capture | None = None


@dataclass(slots=True, eq=False)
class Draft:
    """One exchange as far as it has been read. `shown` is false where its output went into a variable or a file."""

    method: str | None = None
    url: Passage | None = None
    request_headers: list[tuple[Passage, Passage]] = field(default_factory=list)
    form: list[tuple[str, str]] = field(default_factory=list)
    credentials: Passage | None = None
    gaps: dict[str, list[Gap]] = field(default_factory=dict)
    version: str = ""
    status: int | None = None
    status_span: Span | None = None
    reason: str = ""
    response_headers: list[tuple[Passage, Passage]] = field(default_factory=list)
    body: list[Passage] = field(default_factory=list)
    body_cut: bool = False
    printed: Passage | None = None
    failure: Failure | None = None
    failure_span: Span | None = None
    follows: Draft | None = None
    command: int | None = None
    shown: bool = True
    role: Role | None = None
    note: str = ""
    token_hint: Token | None = None
    token_source: str = ""

    @property
    def answered(self) -> bool:
        return self.status is not None or self.failure is not None

    @property
    def address(self) -> str:
        return self.url.text if self.url else ""

    def request(self, name: str) -> Passage | None:
        """The value of the first request header of that name (lower case)."""
        return next((value for key, value in self.request_headers if key.text.lower() == name), None)

    def response(self, name: str) -> Passage | None:
        """The value of the first response header of that name (lower case)."""
        return next((value for key, value in self.response_headers if key.text.lower() == name), None)

    def body_passage(self) -> Passage:
        """The body, its lines joined as they stood."""
        return join(self.body)


def split_address(text: str) -> tuple[str, str, str, str]:
    """Scheme, authority without userinfo, path and query of a URL, none of them if it is unreadable."""
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        return parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query
    except ValueError:
        return "", "", "", ""


def default_scheme(host: str) -> str:
    """What a URL's scheme most likely was where the paste does not show it."""
    return "http" if is_loopback(host) or host.endswith((":80", ":5000")) else "https"


def role_of(draft: Draft, realms: Mapping[str, str]) -> Role:
    """The part a draft plays, by its path, its parameters and its answer."""
    if draft.role:
        return draft.role
    _, host, path, query = split_address(draft.address)
    names = {name for name, _ in parse_qsl(query)} | {name for name, _ in draft.form}
    if f"{host}{path.rstrip('/')}" in realms and path:
        return Role.TOKEN
    if path.rstrip("/").endswith("/_catalog"):
        return Role.CATALOG
    for role, pattern in _REPOSITORY_PATHS:
        if pattern.search(path):
            return role
    if names & {"service", "grant_type"} or ("scope" in names and "client_id" not in names):
        return Role.TOKEN
    if path in ("/v2", "/v2/") or (path.endswith("/v2/") and not query):
        return Role.PING
    if path.startswith(("/v1/search", "/v2/search", "/api/content")):
        return Role.SEARCH
    if _TOKEN_PATH.search(path) or gives_token(draft):
        return Role.TOKEN
    return Role.OTHER


def gives_token(draft: Draft) -> bool:
    return bool(draft.body) and answer_tokens(draft.body_passage()) != ()


def answer_tokens(body: Passage) -> tuple[tuple[str, str, Span], ...]:
    """The tokens in a token server's answer: member, raw text, place. A cut-off answer is read as far as it goes."""
    if "token" not in body.text[:MAX_BODY]:
        return ()
    try:
        value = loads(body.text)
    except ValueError:
        value = salvage(body.text[:MAX_BODY], 10)
    members = [m for m in ("access_token", "token") if isinstance(value, dict) and isinstance(value.get(m), str)]
    if isinstance(value, dict) and not members and not body.text.lstrip().startswith("{"):
        return ()
    found: dict[str, tuple[str, str, Span]] = {}
    for match in _TOKEN_MEMBER.finditer(body.text[:MAX_BODY]):
        if match[1] not in found and (not isinstance(value, dict) or match[1] in members or not members):
            found[match[1]] = (match[1], match[2], body.span(*match.span(2)))
    return tuple(found[name] for name in ("access_token", "token") if name in found)


def read_authorization(value: Passage, gaps: list[Gap], offset: int = 0) -> Authorization:
    """What stands behind ``Authorization:``; `gaps` are those of the value, moved by `offset`."""
    text = value.text.lstrip(" \t")
    lead = len(value.text) - len(text)
    found = _SCHEME.match(text)
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    scheme, rest = "", text
    if found and found["rest"][:1] in (" ", "\t") and not found["mark"]:
        tab = found["rest"][0] == "\t"  # RFC 9110, section 11.4: a blank, so a tab is part of what follows
        scheme, rest = found["scheme"], found["rest"] if tab else found["rest"][1:]
    elif found and found["scheme"].lower() in _KNOWN and found["mark"]:
        scheme, rest = found["scheme"] + found["mark"], found["rest"].lstrip(" ")
    elif first.strip().lower() in _KNOWN and first == text.strip():
        scheme, rest = first, ""
    if is_redacted(text):
        return Authorization("", Secret(""), source=REDACTED)
    if is_redacted(rest):
        return Authorization(scheme, Secret(""), source=REDACTED)
    here = [g for g in gaps if g.start - offset >= lead]
    if here and rest.strip():
        gap = here[0]
        whole = gap.end - gap.start >= len(rest.strip().strip("\"'"))
        name = f"variable {gap.name}" if gap.name else "output of a command"
        if whole or not rest.strip().strip("\"'").startswith("ey"):
            return Authorization(scheme, Secret(rest), source=name)
    lowered = scheme.lower().rstrip(":=")
    source = SHORTENED if is_shortened(rest) else ""
    if lowered == "basic":
        return Authorization(scheme, Secret(rest), username=None if source else basic_user(rest), source=source)
    return Authorization(scheme, Secret(rest), token=read_pasted(rest) if rest else None, source=source)


def authorization_of(draft: Draft) -> tuple[Authorization | None, Span | None]:
    """What the request sent as ``Authorization``, and where that stands in the paste. Of two header lines the first
    counts, as distribution reads it."""
    value = draft.request("authorization")
    if value is not None:
        gaps = draft.gaps.get("authorization", [])
        return read_authorization(value, gaps), value.span()
    if draft.credentials is None or not draft.credentials.text:
        return None, None
    user, _, password = draft.credentials.text.partition(":")
    gaps = draft.gaps.get("credentials", [])
    source = "command line"
    if gaps:
        source = "variable " + ", ".join(g.name or "output of a command" for g in gaps)
    elif is_redacted(password):
        source = REDACTED
    elif ":" not in draft.credentials.text:
        source = "asked at the prompt"
    known = not any(g.start < len(user) for g in gaps)
    secret = Secret(basic_text(user, password))
    return Authorization("Basic", secret, username=user if known else None, source=source), draft.credentials.span()


class Numbered:
    """Drafts in their order, each with its number, made into records."""

    def __init__(self, drafts: list[Draft], limit: int) -> None:
        self.drafts = drafts[:limit]
        self.numbers = {id(draft): number for number, draft in enumerate(self.drafts, 1)}
        self.realms = self._realms()
        self.roles = [role_of(draft, self.realms) for draft in self.drafts]
        self.spans: dict[tuple[int, str], Span] = {}

    def _realms(self) -> dict[str, str]:
        """Host and path of each realm that a challenge names, and the registry that named it."""
        realms: dict[str, str] = {}
        for draft in self.drafts:
            for name, value in draft.response_headers:
                if name.text.lower() == "www-authenticate" and (found := _REALM.search(value.text)):
                    base = draft.address if "://" in draft.address else ""
                    realm = resolved(base, found[1])
                    _, host, path, _ = split_address(realm)
                    if host and found.string[:6].lower().startswith("bearer"):
                        realms.setdefault(f"{host}{path.rstrip('/')}", split_address(draft.address)[1])
        return realms

    def records(self) -> tuple[Exchange, ...]:
        done = [self._record(number, draft) for number, draft in enumerate(self.drafts, 1)]
        return tuple(done)

    def _authority(self, index: int, role: Role) -> str:
        _, host, path, _ = split_address(self.drafts[index].address)
        if role is not Role.TOKEN:
            return host
        named = self.realms.get(f"{host}{path.rstrip('/')}", "")
        if named:
            return named
        before = range(index - 1, max(index - 50, -1), -1)
        for other in (*before, *range(index + 1, min(index + 50, len(self.drafts)))):
            if self.roles[other] not in (Role.TOKEN, Role.OTHER, Role.SEARCH):
                return split_address(self.drafts[other].address)[1]
        return ""

    def _mark(self, number: int, name: str, span: Span | None) -> None:
        if span is not None and span[1] > span[0]:
            self.spans[number, name] = span

    def _record(self, number: int, draft: Draft) -> Exchange:
        role = self.roles[number - 1]
        authorization, place = authorization_of(draft)
        for name, value in draft.request_headers:
            self._mark(number, name.text.lower(), value.span())
        for name, value in reversed(draft.response_headers):
            self._mark(number, name.text.lower(), value.span())
        challenge = draft.response("www-authenticate")
        self._mark(number, "challenge", challenge.span() if challenge else None)
        self._mark(number, "status", draft.status_span or draft.failure_span)
        self._mark(number, "authorization", place)
        self._mark(number, "url", draft.url.span() if draft.url else None)
        body = draft.body_passage()
        self._mark(number, "body", body.strip().span() if body.text.strip() else None)
        token, token_place = self._token(draft, body)
        self._mark(number, "token", token_place)
        return Exchange(
            number=number,
            role=role,
            authority=self._authority(number - 1, role),
            method=draft.method,
            url=_safe_url(draft.address) if draft.url else None,
            request_headers=_safe_headers(draft.request_headers),
            form=redact.fields(draft.form),
            authorization=authorization,
            status=draft.status,
            reason=draft.reason[:200],
            http_version=draft.version,
            response_headers=_safe_headers(draft.response_headers),
            body=_safe_body(body.text, role),
            token=token,
            failure=draft.failure,
            follows=self.numbers.get(id(draft.follows)) if draft.follows else None,
            note=draft.note,
        )

    def _token(self, draft: Draft, body: Passage) -> tuple[Token | None, Span | None]:
        shown = answer_tokens(body)
        for _, raw, span in shown:
            if not is_redacted(raw):
                return read_pasted(raw), span
        for _, raw, span in shown[:1]:
            hidden = ("it is blacked out in the paste",)
            return Token(Secret(raw), TokenKind.OPAQUE, problems=hidden, partial=True, has_signature=True), span
        if draft.printed is not None and draft.printed.text.strip():
            return read_pasted(draft.printed.text.strip().strip('"')), draft.printed.strip().span()
        return None, None


UNREADABLE = "(an unreadable URL)"
_REALM = re.compile(r'realm\s*=\s*"?([^"\s,]{1,2000})', re.IGNORECASE)


def _safe_url(text: str) -> str:
    safe = redact.url(text[:65536])
    try:
        urlsplit(safe)
    except ValueError:
        return UNREADABLE
    return safe


def resolved(base: str, target: str) -> str:
    """`target` as seen from the URL `base`; as it is where one of them is unreadable."""
    try:
        return urljoin(base, target) if base else target
    except ValueError:
        return target


def _safe_headers(pairs: list[tuple[Passage, Passage]]) -> Headers:
    return Headers(
        (name.text, mask.mask(redact.header(name.text, value.text.strip(" \t")))) for name, value in pairs[:500]
    )


def _safe_body(text: str, role: Role) -> Body:
    if not text.strip():
        return Body()
    size = len(text.encode("utf-8", "replace"))
    kept = text[:MAX_BODY]
    data = kept.encode("utf-8", "replace")
    if role is Role.TOKEN or '"access_token"' in kept:
        data = redact.token_answer(data)
    return Body(mask.mask(data.decode("utf-8", "replace")).encode("utf-8", "replace"), size)
