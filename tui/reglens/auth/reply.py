"""What the I/O-free flows see of an answer, and what they can send."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from reglens.auth.token import Token
from reglens.secret import Secret

if TYPE_CHECKING:
    from reglens.trace.exchange import Exchange


@dataclass(slots=True)
class Reply:
    """An answer: `headers` as they came (names are case-insensitive), `body` within its bound, and its record."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request presents as ``Authorization``: the scheme, and the secret that stands behind it in the header.

    `token` is set for Bearer, `username` for Basic; `source` says where the secret came from.
    """

    scheme: str
    secret: Secret
    token: Token | None = None
    username: str | None = None
    source: str = ""


def basic(username: str, password: Secret, source: str) -> Presented:
    """Basic credentials (RFC 7617), in UTF-8."""
    pair = f"{username}:{password.reveal()}".encode("utf-8", "surrogateescape")
    return Presented("Basic", Secret(base64.b64encode(pair).decode()), username=username, source=source)


def bearer(token: Token, source: str) -> Presented:
    """A bearer token (RFC 6750)."""
    return Presented("Bearer", token.raw, token=token, source=source)


def redirect_target(url: str, location: str) -> str:
    """Where a redirect from `url` leads, absolute; what cannot be resolved comes back as it is, to be refused."""
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by ``Retry-After``, which gives seconds or a date (RFC 9110, section 10.2.3); None if unsaid."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
