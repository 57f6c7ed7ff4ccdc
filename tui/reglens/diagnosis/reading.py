"""Small readings of one exchange, one authorization, one value."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

from reglens.diagnosis import products
from reglens.diagnosis.evidence import Report
from reglens.diagnosis.finding import Proof
from reglens.oci.scope import Scope
from reglens.text import clean
from reglens.trace.exchange import Authorization, Exchange

SHOWN = 300
"""Characters of one value that a proof quotes."""
_ROLE_PATHS = (("/manifests/", 1), ("/blobs/", 1), ("/tags/list", 0), ("/referrers/", 1))
ACTIONS = {"pull": ("pull",), "push": ("pull", "push"), "delete": ("delete",)}


UNSEEN = ("redacted", "shortened", "variable", "output of", "asked at")
"""How the source of an authorization begins whose secret is not in the paste."""
MASKS = frozenset("redacted redact masked hidden snip token your-token your_token secret omitted removed".split())
_DENIAL = re.compile(
    r"unauthori[sz]ed|authenticat|denied|forbidden|invalid (?:bearer )?token|credential", re.IGNORECASE
)
_CODE_STATUS = {
    "UNAUTHORIZED": 401,
    "DENIED": 403,
    "NAME_UNKNOWN": 404,
    "MANIFEST_UNKNOWN": 404,
    "BLOB_UNKNOWN": 404,
    "NOT_FOUND": 404,
    "TOOMANYREQUESTS": 429,
    "NAME_INVALID": 400,
    "TAG_INVALID": 400,
    "DIGEST_INVALID": 400,
    "UNSUPPORTED": 405,
}
"""The status that goes with an error code (OCI distribution spec, "Error Codes")."""


def with_status(exchange: Exchange) -> Exchange:
    """The exchange with the status that its body speaks of, where none is told."""
    if exchange.status is not None or exchange.failure is not None or not exchange.body.data:
        return exchange
    for entry in exchange.errors:
        status = _CODE_STATUS.get(entry.code.upper())
        if status is None and re.fullmatch(r"[45]\d\d", entry.code):
            status = int(entry.code)
        if status is not None:
            return replace(exchange, status=status)
    plain = re.match(rb"\s*(4\d\d) page not found", exchange.body.data)
    if plain:
        return replace(exchange, status=int(plain[1]))
    if exchange.errors:
        return replace(exchange, status=401 if _DENIAL.search(exchange.errors[0].message) else 400)
    return exchange


def unseen(sent: Authorization) -> bool:
    """Whether what was really sent is not in the evidence: blacked out, shortened, or held in a variable."""
    return sent.source.startswith(UNSEEN)


def shown(value: object) -> str:
    """A value as a proof quotes it: one line, bounded."""
    if value is None:
        return "(absent)"
    if isinstance(value, list | tuple):
        value = ", ".join(str(v) for v in value) if value else "(empty)"
    return clean(str(value), SHOWN)


def report_proof(report: Report) -> Proof:
    """A proof from a client's or server's line: of a long one the beginning and what is around the telling words."""
    teller = report.teller
    if products.is_server(teller):
        where = f"line, words of {products.speaker(teller)}"
    else:
        where = f"line of {teller}" if teller else "line"
    return Proof(where, shown(_excerpt(report)), report.span)


_TELLING = ("message", "reason", "code", "status", "host")
_HEAD = 80
"""Characters of a long line's beginning that a proof quotes: time, program, level."""


def _excerpt(report: Report) -> str:
    """A line within what a proof quotes."""
    text = " ".join(report.text.split())
    if len(text) <= SHOWN:
        return report.text
    lowered = text.lower()
    words = (report.values.get(name, "").lower().replace("_", " ") for name in _TELLING)
    at = max((lowered.rfind(word) for word in words if word), default=-1)
    if at < SHOWN - 60:
        return text
    start = max(_HEAD, min(at - 150, len(text) - (SHOWN - _HEAD - 5)))
    return f"{text[:_HEAD]} … {text[start : start + SHOWN - _HEAD - 3]}"


def repository_of(path: str) -> str:
    """The repository in a distribution API path, or ``""``."""
    if not path.startswith("/v2/"):
        return ""
    rest = path.removeprefix("/v2/")
    for mark, _ in _ROLE_PATHS:
        head, found, _tail = rest.rpartition(mark)
        if found:
            return head
    return ""


def needed_by(exchange: Exchange) -> tuple[Scope, ...]:
    """The scope that distribution wants for a request (registry/handlers/app.go, ``appendAccessRecords``)."""
    if exchange.path.rstrip("/").endswith("/_catalog"):
        return (Scope("registry", "catalog", ("*",)),)
    name = repository_of(exchange.path)
    if not name:
        return ()
    method = (exchange.method or "GET").upper()
    actions = {"GET": ("pull",), "HEAD": ("pull",), "DELETE": ("delete",)}.get(method, ("pull", "push"))
    return (Scope("repository", name, actions),)


def is_mask(text: str) -> bool:
    """Whether a secret in a paste is not the secret but what was put in its place: dots, stars, ``<redacted>``,
    ``sha256:`` and a fingerprint."""
    bare = text.strip().strip("<>[](){}*.…xX-_ ")
    return not bare or bare.lower() in MASKS or (text.startswith("sha256:") and len(text) == 19)


def split_url(text: str) -> SplitResult:
    """The parts of a URL; of one that cannot be read, empty ones."""
    try:
        parts = urlsplit(text)
        _ = parts.port, parts.hostname
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts
