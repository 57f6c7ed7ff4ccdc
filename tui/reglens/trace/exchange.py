"""One HTTP exchange with a registry or token server, as a record.

A record never holds a secret in the open: `Exchange.authorization` and `Exchange.token` keep them as `Secret`, headers,
URLs and bodies have them replaced by their fingerprints (`reglens.trace.redact`). Live and pasted exchanges are of this
one type, so every part may be unknown (None).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit

from reglens.auth.challenge import Challenge, parse_challenges
from reglens.auth.token import Token
from reglens.auth.trust import Withheld
from reglens.errors import ErrorEntry, Reach
from reglens.oci import media
from reglens.secret import Secret
from reglens.trace.plain import plain


class Role(StrEnum):
    """The part an exchange plays in the flow."""

    PING = "ping"
    TOKEN = "token"  # noqa: S105 - a role, not a secret
    CATALOG = "catalog"
    TAGS = "tags"
    MANIFEST = "manifest"
    BLOB = "blob"
    REFERRERS = "referrers"
    SEARCH = "search"
    OTHER = "other"


class Headers(Mapping[str, str]):
    """Header lines in order; names are case-insensitive, and a name may occur more than once."""

    __slots__ = ("lines",)

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        self.lines: tuple[tuple[str, str], ...] = tuple(lines)

    def all(self, name: str) -> list[str]:
        """The value of each line of that name."""
        wanted = name.lower()
        return [value for key, value in self.lines if key.lower() == wanted]

    def __getitem__(self, name: str) -> str:
        """The first value of that name."""
        for value in self.all(name):
            return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key.lower() for key, _ in self.lines))

    def __len__(self) -> int:
        return len({key.lower() for key, _ in self.lines})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.lines == other.lines

    def __hash__(self) -> int:
        return hash(self.lines)

    def __repr__(self) -> str:
        return f"Headers({list(self.lines)!r})"


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a request sent as ``Authorization``: the scheme as written, the secret behind it, and what it holds.

    `token` is set for a bearer token, `username` for readable Basic credentials; `source` says where the secret came
    from (a file and key, the command line, the token server).
    """

    scheme: str
    secret: Secret
    token: Token | None = None
    username: str | None = None
    source: str = ""

    def __str__(self) -> str:
        who = f" (user {self.username})" if self.username is not None else ""
        return f"{self.scheme} {self.secret}{who}".strip()


@dataclass(frozen=True, slots=True)
class Timing:
    """Where an exchange's time went, in milliseconds; None where it is unknown or did not occur (a reused connection
    neither connects nor negotiates)."""

    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why no whole answer came."""

    kind: Reach
    message: str
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A response's body as recorded: redacted, cut to a bound. `size` is what arrived, in octets."""

    data: bytes = b""
    size: int = 0

    @property
    def cut(self) -> bool:
        """Whether less is recorded than arrived."""
        return self.size > len(self.data)

    @property
    def text(self) -> str:
        """The recorded part as text; octets that are not UTF-8 become U+FFFD."""
        return self.data.decode("utf-8", "replace")


@dataclass(frozen=True)
class Exchange:
    """One request and its answer or failure.

    `number` counts from 1 within a trace. `follows` is the number of the exchange whose redirect led here. `authority`
    is the registry (``host[:port]``) on whose behalf it was made: of a token request it is not the URL's host.
    `form` are the fields of a form-encoded request body. `token` is the token that a token server's answer gave.
    `local_time` is this machine's clock when the request was sent; `via` is the proxy between, its userinfo masked.
    `withheld` are credentials for the registry that neither this request nor the one for its token was given.
    `expected` are the statuses that answered the question though they are no success: it was asked whether something is
    there, or whether one may ask so.
    """

    number: int
    role: Role = Role.OTHER
    authority: str = ""
    method: str | None = None
    url: str | None = None
    request_headers: Headers = field(default_factory=Headers)
    form: tuple[tuple[str, str], ...] = ()
    authorization: Authorization | None = None
    status: int | None = None
    reason: str = ""
    http_version: str = ""
    response_headers: Headers = field(default_factory=Headers)
    body: Body = field(default_factory=Body)
    token: Token | None = None
    failure: Failure | None = None
    timing: Timing = field(default_factory=Timing)
    local_time: datetime | None = None
    follows: int | None = None
    peer: str = ""
    note: str = ""
    via: str = ""
    withheld: Withheld | None = None
    expected: frozenset[int] = frozenset()

    @cached_property
    def challenges(self) -> tuple[Challenge, ...]:
        """Every challenge of the answer."""
        return parse_challenges(self.response_headers.all("www-authenticate"))

    @property
    def host(self) -> str:
        """``host[:port]`` of the URL, or ``""``, also where a paste has something there that is no host."""
        return plain(urlsplit(self.url).netloc.rpartition("@")[2]) if self.url else ""

    @property
    def path(self) -> str:
        return urlsplit(self.url).path if self.url else ""

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The URL's parameters, decoded, in order."""
        return tuple(parse_qsl(urlsplit(self.url).query, keep_blank_values=True)) if self.url else ()

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """What a token request asked for, wherever it stood: URL parameters, then form fields."""
        return self.query + self.form

    def asked(self, name: str) -> list[str]:
        """The values of one parameter of a token request."""
        return [value for key, value in self.parameters if key == name]

    @cached_property
    def server_time(self) -> datetime | None:
        """The clock of whoever answered (``Date``, RFC 9110, section 6.6.1) in UTC."""
        try:
            moment = parsedate_to_datetime(self.response_headers.get("date", ""))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None

    @property
    def refused(self) -> bool:
        return self.status in (401, 403)

    @property
    def absent(self) -> bool:
        """Whether the answer is that there is nothing, and that was one of those expected."""
        return self.status in self.expected

    @property
    def media_type(self) -> str:
        return media.bare(self.response_headers.get("content-type", ""))

    @cached_property
    def errors(self) -> tuple[ErrorEntry, ...]:
        """The error entries in the body, of whatever shape the server gives them."""
        return read_errors(self.body.data)


def read_errors(data: bytes) -> tuple[ErrorEntry, ...]:
    """The error entries of a JSON body: a registry's ``errors`` list (OCI distribution spec, "Error Codes"), a token
    server's ``details`` (Docker Hub; moby, daemon/containerd/registry_errors.go), an OAuth2 error (RFC 6749, section
    5.2), or a bare ``message``. Empty if it is none of these."""
    from reglens.jsontext import loads

    try:
        value = loads(data)
    except ValueError:
        return ()
    if not isinstance(value, dict):
        return ()
    listed = value.get("errors")
    if isinstance(listed, list):
        return tuple(_entry(e) for e in listed[:100] if isinstance(e, dict))
    if isinstance(value.get("error"), str):
        return (ErrorEntry(value["error"], _text(value.get("error_description") or value.get("message"))),)
    for name in ("details", "detail", "message"):
        if isinstance(value.get(name), str):
            return (ErrorEntry(_text(value.get("code")), value[name]),)
    return ()


def _entry(value: dict[str, object]) -> ErrorEntry:
    return ErrorEntry(_text(value.get("code")), _text(value.get("message")), value.get("detail"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)[:1000]
