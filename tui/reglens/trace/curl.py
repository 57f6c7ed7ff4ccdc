"""An exchange as a curl command that makes the same request.

Secrets are left to the shell: ``$TOKEN`` and ``$PASSWORD`` stand where the record has one, unless the person asked for
them to be revealed.
"""

from __future__ import annotations

import shlex
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from reglens.oci.scope import Scope
from reglens.trace.exchange import Exchange

_IMPLIED = frozenset({"host", "user-agent", "connection", "accept-encoding", "content-length", "content-type"})


def to_curl(exchange: Exchange, *, reveal: bool = False) -> str:
    """The command, ready to paste into a POSIX shell. With `reveal` it holds the secrets themselves."""
    words = ["curl", "-i"]
    if exchange.method == "HEAD":
        words = ["curl", "-I"]
    elif exchange.method not in (None, "GET") and not (exchange.method == "POST" and exchange.form):
        words += ["-X", quoted(exchange.method or "")]
    for name, value in exchange.request_headers.lines:
        if name.lower() not in _IMPLIED and name.lower() != "authorization":
            words += ["-H", quoted(f"{name}: {value}")]
    words += _authorization(exchange, reveal)
    for name, value in exchange.form:
        words += ["--data-urlencode", _field(name, value)]
    words.append(quoted(exchange.url or ""))
    return " ".join(words)


def _authorization(exchange: Exchange, reveal: bool) -> list[str]:
    sent = exchange.authorization
    if sent is None:
        return []
    if sent.username is not None and not reveal:
        return ["-u", f'{quoted(sent.username)}:"$PASSWORD"']
    if reveal:
        return ["-H", quoted(f"Authorization: {sent.scheme} {sent.secret.reveal()}")]
    return ["-H", f'"Authorization: {sent.scheme} $TOKEN"']


def _field(name: str, value: str) -> str:
    if value.startswith("sha256:") and name in ("password", "refresh_token"):
        variable = "$PASSWORD" if name == "password" else "$REFRESH_TOKEN"
        return f'{name}="{variable}"'
    return quoted(f"{name}={value}")


def quoted(text: str) -> str:
    """`text` as one word of a POSIX shell; in double quotes where that reads better and is the same."""
    if text and all(c.isalnum() or c in "-._/:=@%+," for c in text):
        return text
    return f'"{text}"' if not set(text) & set('"$`\\!') and text.isprintable() else shlex.quote(text)


def token_url(realm: str, service: str | None, scopes: tuple[Scope | str, ...] = (), account: str = "") -> str:
    """The URL of a token request (distribution, docs/content/spec/auth/token.md): ``service``, then each ``scope``.

    Colons, slashes and commas stay as they are, as in every client's requests and every manual.
    """
    pairs = [("service", service)] if service is not None else []
    pairs += [("scope", str(scope)) for scope in scopes]
    pairs += [("account", account)] if account else []
    parts = urlsplit(realm)
    query = urlencode(pairs, safe=":/,*", quote_via=quote)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join(filter(None, (parts.query, query))), ""))
