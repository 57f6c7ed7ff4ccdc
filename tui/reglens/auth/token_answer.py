"""The answer of a token server (distribution, docs/content/spec/auth/token.md, oauth.md; RFC 6749, section 5.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from reglens.auth.token import Token, read_token
from reglens.jsontext import loads
from reglens.oci.config import parse_time

SHORTEST = timedelta(seconds=60)
"""How long a token lives at least, and if nobody says (token.md: "for compatibility, the default is 60 seconds and a
token should never be returned with less")."""
LONGEST = timedelta(hours=24)
"""A token is asked for anew after this, whatever its server says."""
_NANOSECONDS = 1e9
"""A lifetime in seconds from here on (31 years) is one in nanoseconds: olareg 0.2 sends 300000000000 for 5 minutes."""


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What was read. `token` is None if there is none; `notes` say what was odd, in words."""

    token: Token | None = None
    expires_in: float | None = None
    issued_at: datetime | None = None
    notes: tuple[str, ...] = ()

    def expires(self, now: datetime) -> datetime:
        """Until when the token can be used by a clock that shows `now`.

        `expires_in` counts from `issued_at` if that is believable, else from now: regclient resets it likewise
        (internal/auth/auth.go). Of two statements, the earlier end counts. A JWT's ``exp`` is taken relative to its
        ``iat`` or ``nbf``, so that the two machines' clocks need not agree.
        """
        ends = []
        if self.expires_in is not None:
            span = timedelta(seconds=min(self.expires_in, LONGEST.total_seconds()))
            start = self.issued_at or now
            ends.append(start + span if now - span < start <= now else now + span)
        if self.token is not None and (stated := self.token.expires) is not None:
            made = self.token.issued_at or self.token.not_before
            span = stated - made if made is not None and stated > made else stated - now
            if span > timedelta(0):
                ends.append(now + min(span, LONGEST))
        end = min(ends, default=now + SHORTEST)
        return max(min(end, now + LONGEST), now + SHORTEST)


def read_token_answer(body: bytes) -> TokenAnswer:
    """The token in `body`, and how long it lives. Never raises.

    Of ``access_token`` and ``token`` the first wins, as in docker, crane, regctl and oras; skopeo takes the other.
    """
    try:
        value = loads(body)
    except ValueError:
        return TokenAnswer(notes=("the answer is not JSON",))
    if not isinstance(value, dict):
        return TokenAnswer(notes=("the answer is JSON, but no object",))
    notes = []
    texts = {}
    for name in ("access_token", "token"):
        text = value.get(name)
        if isinstance(text, str) and text.strip():
            texts[name] = text.strip()
        elif text is not None:
            notes.append(f"{name} is empty" if isinstance(text, str) else f"{name} is not text")
    if not texts:
        return TokenAnswer(notes=(*notes, "the answer holds no token"))
    if len(set(texts.values())) > 1:
        notes.append(
            "access_token and token differ; access_token is used, as docker and crane do, skopeo uses the other"
        )
    raw = texts.get("access_token") or texts["token"]
    if not (raw.isascii() and raw.isprintable()) or " " in raw:
        return TokenAnswer(notes=(*notes, "the token has characters that no header can carry"))
    return TokenAnswer(read_token(raw), _lifetime(value.get("expires_in"), notes), _moment(value, notes), tuple(notes))


def _lifetime(value: object, notes: list[str]) -> float | None:
    if value is None:
        return None
    if isinstance(value, str):
        notes.append("expires_in is text, not a number")
        try:
            value = float(value) if len(value) < 40 else None
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        notes.append("expires_in cannot be read; 60 seconds are assumed")
        return None
    seconds = float(value) if abs(value) < 1e300 else math.inf
    if not math.isfinite(seconds) or seconds <= 0:
        notes.append("expires_in makes no sense; 60 seconds are assumed")
        return None
    if seconds >= _NANOSECONDS:
        notes.append("expires_in is absurd as seconds; it is read as nanoseconds")
        seconds /= 1e9
    return seconds


def _moment(value: dict[str, object], notes: list[str]) -> datetime | None:
    stated = value.get("issued_at")
    moment = parse_time(stated)
    if stated is not None and moment is None:
        notes.append("issued_at cannot be read; the token's life counts from now")
    return moment
