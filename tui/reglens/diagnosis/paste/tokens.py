"""Tokens and credentials as they stand in pastes: whole, wrapped, shortened, blacked out, or decoded."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import replace

from reglens.auth.token import Token, TokenKind, read_part, read_token
from reglens.jsontext import loads
from reglens.secret import Secret

REDACTED = "redacted"
SHORTENED = "shortened"
"""Words of `Authorization.source` for secrets that the paste does not hold, or not whole."""

_ELLIPSIS = re.compile(r"\.{3,}|…|\[(?:\.{2,}|…|snip|cut|truncated)\]|<(?:snip|\.{2,}|…)>|\*{3,}", re.IGNORECASE)
_BLACKED_OUT = re.compile(
    r"[\"'`]?(?:[<\[({]{1,3} ?(?:[\w ./:-]{0,20}(?:redact|snip|hidden|removed|mask|omit|cut|secret|token|jwt|password|"
    r"pass|base64|credential|value|here|your|my|key|pat)[\w ./:-]{0,30}|\.{2,}|…|\*+|x{3,}) ?[>\])}]{1,3}"
    r"|redacted|removed|hidden|\*+|x{3,}|\.{2,}|…+|[•█▒■]+|(?:my|your|the)_?token|token_here)[\"'`]?",
    re.IGNORECASE,
)
JWT_START = re.compile(r"ey[JA-Za-z0-9][A-Za-z0-9_-]{6,}")
_JWT_TEXT = re.compile(r"ey[A-Za-z0-9_=-]{10,}+(?:\.[A-Za-z0-9_=-]*+){1,4}+")
_CLAIMS = frozenset({"iss", "aud", "exp", "nbf", "iat", "sub", "jti", "access"})
_HEADER = frozenset({"alg", "typ", "kid", "x5c", "jwk"})
_MEMBER = re.compile(r"""["']?([A-Za-z_][\w.]{0,40})["']?\s*[:=]\s*(?=[\["'{\dtfn-])""")


def is_redacted(text: str) -> bool:
    """Whether `text` stands where a secret was taken out."""
    bare = text.strip()
    return len(bare) < 80 and _BLACKED_OUT.fullmatch(bare) is not None


def is_shortened(text: str) -> bool:
    """Whether `text` is a secret of which a part was left out."""
    return not is_redacted(text) and _ELLIPSIS.search(text[:20_000]) is not None


def read_pasted(raw: str) -> Token:
    """The token in `raw`; of a shortened one, as much as there is, with `partial` set. Never raises."""
    if "\n" in raw.strip():
        raw = "".join(raw.split("\n"))
    found = _ELLIPSIS.search(raw[:20_000])
    if not found:
        return read_token(raw)
    kept = raw[: found.start()].strip().strip("\"'")
    parts = kept.split(".")
    token = read_token(kept if len(parts) > 1 else kept + ".")
    header = token.header or _cut_object(parts[0])
    if header is not None and "alg" not in header:
        header = None  # what the cut left of it would say that there is no algorithm
    kind = TokenKind.JWT if header is not None or JWT_START.match(kept) else TokenKind.OPAQUE
    claims = token.claims if len(parts) > 1 and parts[1] else None
    return Token(Secret(raw), kind, header, claims, ("a part of it is left out in the paste",), True, True)


def _cut_object(part: str) -> dict[str, object] | None:
    """The whole members of a JSON object in base64url that is cut off."""
    try:
        text = base64.urlsafe_b64decode(part[: len(part) // 4 * 4]).decode("utf-8", "ignore")
    except (ValueError, binascii.Error):
        return None
    return salvage(text)


def salvage(text: str, limit: int = 60) -> dict[str, object] | None:
    """The members before the cut of a JSON object that is cut off; None if there is not one."""
    if not text.lstrip().startswith("{"):
        return None
    ends = [len(text)]
    at = len(text)
    while len(ends) < limit and (at := text.rfind(",", 0, at)) > 0:
        ends.append(at)
    for end in ends:
        for closing in ("}", "]}", "]}]}", "}]}", "}}"):
            try:
                value = loads(text[:end] + closing)
            except ValueError:
                continue
            if isinstance(value, dict) and value:
                return value
    return None


def is_claims(value: object) -> bool:
    """Whether a JSON value is the decoded payload of a registry's token."""
    if not isinstance(value, dict):
        return False
    names = _CLAIMS & value.keys()
    return len(names) >= 2 or (names == {"access"} and isinstance(value["access"], list))


def is_header(value: object) -> bool:
    """Whether a JSON value is the decoded header of a JWT."""
    return isinstance(value, dict) and "alg" in value and value.keys() <= _HEADER | {"cty", "x5t", "x5u", "jku", "crit"}


def decoded(
    claims: Mapping[str, object] | None, header: Mapping[str, object] | None, text: str, *, partial: bool = False
) -> Token:
    """A token of which only the decoded parts were pasted. Its signature is unknown, so it counts as there."""
    problems: tuple[str, ...] = ("it was pasted decoded, so its signature cannot be seen",)
    if claims:
        problems += tuple(p for p in read_claims(claims).problems if p.startswith("claim "))
    return Token(Secret(text), TokenKind.JWT, header, claims, problems, partial or claims is None, True)


def read_claims(claims: Mapping[str, object]) -> Token:
    """What the reader of tokens says of these claims."""
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    try:
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    except (ValueError, RecursionError):
        return replace(read_token(head + "."), claims=claims)
    return read_token(f"{head}.{body}.")


def looks_like_jwt(text: str) -> bool:
    """Whether `text` is a JWT and nothing else: its first part decodes to a JSON object."""
    found = _JWT_TEXT.fullmatch(text.strip())
    return found is not None and read_part(text.strip().split(".")[0]) is not None


def basic_text(user: str, password: str) -> str:
    """``user:password`` as Basic sends it (RFC 7617, section 2)."""
    return base64.b64encode(f"{user}:{password}".encode("utf-8", "surrogatepass")).decode()


def basic_user(encoded: str) -> str | None:
    """The user name in the base64 of Basic credentials; None if it cannot be told."""
    bare = encoded.strip()
    try:
        text = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
    except (ValueError, binascii.Error):
        return None
    user, colon, _ = text.partition(":")
    return user if colon and user.isprintable() else None


def loose(text: str) -> object:
    """A JSON-like value with keys and words that may stand without quotes, as people type ``access: [{type: …}]``.

    None if it is not even that. It reads at most 20 000 characters.
    """
    text = text.strip()[:20_000]
    try:
        return loads(text)
    except ValueError:
        pass
    quoted = re.sub(r"""(?<=[\[{,:\s])([A-Za-z_*$][\w*./$@-]*)(?=\s*[\]},:])""", r'"\1"', text)
    quoted = re.sub(r'"([\w./-]+)"\s*:\s*"?([\w./-]+:[\w.-]+)"?(?=\s*[,}])', r'"\1":"\2"', quoted.replace("'", '"'))
    quoted = re.sub(r'"(true|false|null)"', r"\1", quoted)
    try:
        return loads(quoted)
    except ValueError:
        return None
