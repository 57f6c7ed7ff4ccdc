"""Bearer tokens, read as far as they can be read.

A registry token is opaque to clients by specification (distribution, docs/content/spec/auth/token.md); most are JWTs
(RFC 7519) in JWS compact form (RFC 7515). Reading never raises and needs no cryptography: see `reglens.auth.keys` for
signatures and certificates.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property

from reglens.oci.scope import Scope, scope_of_access
from reglens.secret import Secret

LEEWAY = 60
"""Seconds that distribution grants on ``exp`` and ``nbf`` (registry/auth/token/token.go, ``Leeway``)."""
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_DAMAGE = "\"'<>`"


class TokenKind(StrEnum):
    """What a token is, by its shape."""

    JWT = "jwt"
    JWE = "jwe"  # five parts (RFC 7516): encrypted, so only its header can be read
    OPAQUE = "opaque"


@dataclass(frozen=True)
class Token:
    """A token: its raw text, and what can be read of it.

    `header` and `claims` are None where they cannot be read. `problems` says in words what is odd about the form
    (padding, a quote around it, a claim of a wrong type); `partial` is true when the text is cut off and the claims are
    only those before the cut.
    """

    raw: Secret
    kind: TokenKind
    header: Mapping[str, object] | None = None
    claims: Mapping[str, object] | None = None
    problems: tuple[str, ...] = ()
    partial: bool = False
    has_signature: bool = field(default=False)

    def claim_text(self, name: str) -> str | None:
        """A claim that should be text; None if it is absent or something else."""
        value = (self.claims or {}).get(name)
        return value if isinstance(value, str) else None

    def header_text(self, name: str) -> str | None:
        """A header parameter that should be text; None if it is absent or something else."""
        value = (self.header or {}).get(name)
        return value if isinstance(value, str) else None

    @property
    def issuer(self) -> str | None:
        return self.claim_text("iss")

    @property
    def subject(self) -> str | None:
        return self.claim_text("sub")

    @property
    def audience(self) -> tuple[str, ...]:
        """``aud`` as a list: it may be one text or several (RFC 7519, section 4.1.3)."""
        value = (self.claims or {}).get("aud")
        if isinstance(value, str):
            return (value,)
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()

    @property
    def expires(self) -> datetime | None:
        return self.time("exp")

    @property
    def not_before(self) -> datetime | None:
        return self.time("nbf")

    @property
    def issued_at(self) -> datetime | None:
        return self.time("iat")

    def time(self, name: str) -> datetime | None:
        """A NumericDate claim (RFC 7519, section 2) in UTC; None if it is absent, no number, or beyond the calendar."""
        return numeric_date((self.claims or {}).get(name))

    def in_milliseconds(self, name: str) -> bool:
        """Whether a NumericDate claim must have been meant as milliseconds: as seconds it is after the year 5000."""
        value = (self.claims or {}).get(name)
        return isinstance(value, int | float) and not isinstance(value, bool) and value > _YEAR_5000

    @cached_property
    def access(self) -> tuple[Scope, ...]:
        """What is granted, in the order of the claim ``access``; entries that are no objects are left out."""
        value = (self.claims or {}).get("access")
        return tuple(scope_of_access(e) for e in value if isinstance(e, dict)) if isinstance(value, list) else ()

    @property
    def algorithm(self) -> str | None:
        return self.header_text("alg")

    @property
    def key_id(self) -> str | None:
        return self.header_text("kid")

    def __len__(self) -> int:
        return len(self.raw)


def numeric_date(value: object) -> datetime | None:
    """Seconds since 1970, as number, in UTC; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def read_token(raw: str) -> Token:
    """The token in `raw`. Never raises: what cannot be read is said in `problems`."""
    problems: list[str] = []
    text = raw.strip()
    if text != raw:
        problems.append("blanks or a line end stand around it")
    bare = text.strip(_DAMAGE)
    if bare != text:
        problems.append("quotes or brackets stand around it")
    parts = bare.split(".")
    header = read_part(parts[0]) if parts and parts[0].startswith("ey") else None
    if header is None or not 2 <= len(parts) <= 5 or len(parts) == 4:
        return Token(Secret(raw), TokenKind.OPAQUE, problems=tuple(problems))
    if len(parts) == 5:
        return Token(Secret(raw), TokenKind.JWE, header, None, tuple(problems), has_signature=True)
    if any("=" in part for part in parts):
        problems.append("it has base64 padding, which JWS does not allow (RFC 7515, section 2)")
    claims = read_part(parts[1])
    partial = False
    if claims is None:
        claims, partial = _salvage(parts[1]), True
        problems.append("the claims are cut off" if claims is not None else "the claims cannot be decoded")
    signature = parts[2] if len(parts) == 3 else ""
    if len(parts) == 2:
        problems.append("there is no signature part")
    elif not signature:
        problems.append("the signature is empty")
    elif not _BASE64URL.fullmatch(signature.rstrip("=")):
        problems.append("the signature is not base64url")
    problems += _claim_problems(claims or {})
    return Token(Secret(raw), TokenKind.JWT, header, claims, tuple(problems), partial, bool(signature))


_YEAR_5000 = 10**11
"""Seconds since 1970."""
_LOOKED_AT = 100
"""Entries of the claim ``access`` whose fields are looked at."""


def _claim_problems(claims: Mapping[str, object]) -> list[str]:
    """Claims whose JSON type a registry refuses to decode (distribution, registry/auth/token/types.go, token.go)."""
    problems = []
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            problems.append(f"claim {name} is not a whole number")
    texts = [name for name in ("iss", "sub", "jti") if not isinstance(claims.get(name) or "", str)]
    problems += [f"claim {name} is not text" for name in texts]
    access = claims.get("access")
    if access is not None and not (isinstance(access, list) and all(isinstance(e, dict) for e in access)):
        problems.append("claim access is not a list of objects")
    elif isinstance(access, list):
        problems += _entry_problems(access[:_LOOKED_AT])
    return problems


def _entry_problems(access: list[dict[str, object]]) -> list[str]:
    """Fields of ``access`` of another type than distribution's ``ResourceActions`` (registry/auth/token/types.go)."""
    for number, entry in enumerate(access):
        for name in ("type", "class", "name"):
            if not isinstance(entry.get(name) or "", str):
                return [f"claim access[{number}].{name} is not text"]
        actions = entry.get("actions")
        if actions is not None and not (isinstance(actions, list) and all(isinstance(a, str) for a in actions)):
            return [f"claim access[{number}].actions is not a list of texts"]
    return []


def read_part(part: str) -> dict[str, object] | None:
    """A base64url part of a JWS as a JSON object; None if it is none."""
    try:
        value = json.loads(_decode(part))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _decode(part: str) -> bytes:
    bare = part.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _salvage(part: str) -> dict[str, object] | None:
    """The whole members of a JSON object whose base64url text is cut off; None if there is not one."""
    found = _BASE64URL.match(part)
    whole = found[0] if found else ""
    try:
        text = _decode(whole[: len(whole) // 4 * 4]).decode("utf-8", "ignore")
    except ValueError:
        return None
    commas = [i for i, character in enumerate(text) if character == ","][-50:]
    for end in [len(text), *reversed(commas)]:
        for closing in ("}", "]}", "]}]}", "}]}"):
            try:
                value = json.loads(text[:end] + closing)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict) and value:
                return value
    return None
