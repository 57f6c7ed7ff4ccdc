"""What a session gives back beside the types of `reglens.oci`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reglens.auth.challenge import Challenge
from reglens.auth.token import Token
from reglens.trace.exchange import Exchange


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One repository that a search found. `name` can be opened as it stands on the registry searched
    (``library/alpine``); counts are None where the registry does not say."""

    name: str
    description: str = ""
    official: bool = False
    verified: bool = False
    stars: int | None = None
    pulls: int | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How often may be asked, as the registry last said: `limit` and `remaining` requests in `window` seconds, anew in
    `reset` seconds. `source` is whom it counts for, if it was told (Docker Hub: an address or a user's id)."""

    limit: int | None = None
    remaining: int | None = None
    window: int | None = None
    reset: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """A token, the challenge that asked for it, and the exchange that gave it. `expires` is when the cache lets go of
    it, by the session's clock."""

    challenge: Challenge
    request: Exchange
    token: Token
    expires: datetime
