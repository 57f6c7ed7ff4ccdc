"""Secrets taken out of what is recorded, by allow-list where there is one.

The names of URL parameters whose values are known to be harmless are listed; every other value in a URL is replaced by
its fingerprint (go-containerregistry, internal/redact, does likewise). Bodies of token answers lose every member
that carries a token; other bodies are kept, as registries do not answer with secrets elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

from reglens.jsontext import loads
from reglens.secret import Secret

SAFE_PARAMETERS = frozenset(
    "service scope account client_id offline_token grant_type access_type n last next_page page page_size q query "
    "digest mount from artifactType tag ns name ordering type".split()
)
SECRET_HEADERS = frozenset(
    "authorization proxy-authorization x-registry-auth x-registry-config cookie set-cookie x-amz-security-token "
    "x-jfrog-art-api private-token job-token x-auth-token".split()
)
SECRET_MEMBERS = frozenset(
    "token access_token refresh_token id_token password secret identitytoken registrytoken".split()
)
_SAFE_MEMBERS = frozenset("issued_at token_type scope error error_description message details detail code".split())
_LONG = re.compile(r"[A-Za-z0-9._~+/=-]{16,}")
"""What could be a token (RFC 6750, section 2.1), of a length that can be a secret."""
_JWT = re.compile(r"\bey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def url(text: str) -> str:
    """`text` with its userinfo and every parameter that is not known to be harmless replaced by fingerprints."""
    try:
        parts = urlsplit(text)
        netloc = parts.netloc
    except ValueError:
        return "(an unreadable URL)"
    userinfo, at, host = netloc.rpartition("@")
    if at:
        user = userinfo.partition(":")[0]
        netloc = f"{user}:{Secret(userinfo)}@{host}" if ":" in userinfo else f"{Secret(userinfo)}@{host}"
    return urlunsplit((parts.scheme, netloc, parts.path, _query(parts.query), ""))


def _query(query: str) -> str:
    done = []
    for pair in query.split("&") if query else ():
        name, equals, value = pair.partition("=")
        if equals and value and unquote_plus(name) not in SAFE_PARAMETERS:
            value = quote(str(Secret(unquote_plus(value))), safe=":")
        done.append(name + equals + value)
    return "&".join(done)


def header(name: str, value: str) -> str:
    """One header's value with its secret replaced; challenges and redirects keep all but theirs."""
    lowered = name.lower()
    if lowered in ("authorization", "proxy-authorization"):
        scheme, blank, rest = value.strip().partition(" ")
        return f"{scheme} {Secret(rest.strip())}" if blank else str(Secret(value))
    if lowered in SECRET_HEADERS:
        return str(Secret(value))
    if lowered == "location":
        return url(value)
    return tokens(value)


def headers(lines: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Header lines with every secret replaced."""
    return [(name, header(name, value)) for name, value in lines]


def fields(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Form fields with every value replaced that is not known to be harmless."""
    return tuple((name, value if name in SAFE_PARAMETERS else str(Secret(value))) for name, value in pairs)


def tokens(text: str) -> str:
    """`text` with anything shaped like a JWT replaced by its fingerprint."""
    return _JWT.sub(lambda found: str(Secret(found[0])), text)


def token_answer(data: bytes, *, success: bool = False) -> bytes:
    """A token server's body with every member that carries a secret replaced; if it is no JSON object, JWTs only.

    Of a `success` whatever is long enough to be a token goes as well: an answer that was damaged on its way has its
    token in no member, or in one of another name. A web page instead of an answer stays.
    """
    try:
        value = loads(data)
    except ValueError:
        value = None
    if isinstance(value, Mapping):
        masked = _members(value, success)
        return json.dumps(masked, ensure_ascii=False).encode("utf-8", "backslashreplace")
    text = tokens(data.decode("utf-8", "replace"))
    if success and not text.lstrip().startswith("<"):
        text = _opaque(text)
    return text.encode()


def _members(value: object, success: bool, name: str = "") -> object:
    if isinstance(value, Mapping):
        return {key: _members(member, success, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_members(member, success, name) for member in value]
    if not isinstance(value, str):
        return value
    if name in SECRET_MEMBERS:
        return str(Secret(value))
    return value if name in _SAFE_MEMBERS or not success else _opaque(value)


def _opaque(text: str) -> str:
    return _LONG.sub(lambda found: str(Secret(found[0])), text)
