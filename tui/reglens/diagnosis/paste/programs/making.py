"""Requests of a program as drafts, if a registry or its token server is asked by them."""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import parse_qsl

from reglens.diagnosis.evidence import Span
from reglens.diagnosis.paste.drafts import Draft, split_address
from reglens.diagnosis.paste.programs.values import (
    Client,
    Listing,
    Request,
    Table,
    Value,
    joined,
    quoted,
    standing,
)
from reglens.diagnosis.paste.requests import Argument as Text
from reglens.diagnosis.paste.requests import fill, with_scheme
from reglens.diagnosis.paste.source import Passage, placed
from reglens.oci.hosts import UNKNOWN, by_host

_API = re.compile(
    r"/v2/?$|/v2/_catalog/?$|/v[12]/.+/(?:manifests|blobs|referrers)(?:/|$)|/v[12]/.+/tags(?:/list)?/?$|/v1/repositories/"
)
_TOKEN_PATH = re.compile(r"/(?:token|jwt/auth|oauth2/(?:token|exchange)|docker-v2/auth|v2/auth|auth|users/login)/?$")
_SCOPE = re.compile(r"\s*(?:repository(?:\([\w-]+\))?|registry):", re.IGNORECASE)
_HUB = frozenset({"auth.docker.io", "hub.docker.com", "login.docker.com"})


def draft_of(request: Request, texts: Texts) -> Draft | None:
    """The draft of a request, filled in; None if it concerns no registry."""
    url = _address(request, texts)
    if url is None or url.text.startswith("/"):  # a server's route, not a request
        return None
    draft = request.draft
    draft.gaps["url"] = url.gaps
    draft.url = with_scheme(standing(url, request.place), "https")
    draft.method = request.method.upper() or ("POST" if request.form is not None else "GET")
    if isinstance(request.form, Text) and not request.form.text.lstrip().startswith(("{", "[")):
        draft.form = parse_qsl(request.form.text, keep_blank_values=True)[:200]
    elif isinstance(request.form, Table):
        draft.form = [(key.text, texts.text(value).text) for key, value in request.form.pairs[:200]]
    if not relevant(draft):
        return None
    headers = Table()
    credentials = request.credentials
    if request.client is not None:
        headers.update(request.client.headers)
        credentials = credentials or request.client.credentials
    headers.update(request.headers)
    written = []
    for key, value in headers.pairs[:100]:
        text = texts.text(value)
        name = Passage(header_name(key.text), key.value.runs)
        written.append((name, Text(standing(text, _around(text, request.place)), text.gaps)))
    own = any(name.text.lower() == "authorization" for name, _ in written)
    user = Text(standing(credentials, request.place), credentials.gaps) if credentials and not own else None
    fill(draft, written, user)
    return draft


class Texts(Protocol):
    """How a value reads as a text."""

    def text(self, value: Value) -> Text: ...


def _around(text: Text, place: Span) -> Span:
    """Where a header's value stands: by its longest part, else by the request."""
    runs = text.value.runs
    if not runs:
        return place
    longest = max(
        range(len(runs)),
        key=lambda n: (runs[n + 1][0] if n + 1 < len(runs) else len(text.text)) - runs[n][0],
    )
    end = runs[longest + 1][0] if longest + 1 < len(runs) else len(text.text)
    return text.value.span(runs[longest][0], max(end, runs[longest][0] + 1))


def _address(request: Request, texts: Texts) -> Text | None:
    address = request.address
    client = request.client
    base = client.base if client is not None else None
    if address is None or ("://" not in address.text and base is not None and not _begins_unknown(address)):
        address = based(base, address)
    if address is None:
        return None
    pairs = [*(client.query.pairs if client else ()), *request.query.pairs]
    query = query_of(Table(pairs), texts)
    if query is None or not query.text:
        return address
    mark = "&" if "?" in address.text else "?"
    end = address.value.span()[1]
    if address.text.endswith(("?", "&")):
        return joined([address, query])
    return joined([address, Text(placed(mark, (max(end - 1, 0), end))), query])


def _begins_unknown(text: Text) -> bool:
    return any(gap.start == 0 for gap in text.gaps)


def based(base: Text | None, path: Text | None) -> Text | None:
    """`path` behind the address of a client."""
    if base is None or path is None:
        return base or path
    head, tail = base.text.endswith("/"), path.text.startswith("/")
    if head and tail:
        return joined([base, path.after(1)])
    if head or tail or not path.text:
        return joined([base, path])
    end = base.value.span()[1]
    return joined([base, Text(placed("/", (max(end - 1, 0), end))), path])


def query_of(table: Table, texts: Texts) -> Text | None:
    """The pairs of `table` as a query."""
    parts: list[Text] = []
    for key, value in table.pairs[:100]:
        values = value.items[:20] if isinstance(value, Listing) else [value]
        for one in values:
            text = texts.text(one)
            end = key.value.span()
            if parts:
                parts.append(Text(placed("&", (end[0], end[0] + 1))))
            parts += [quoted(key), Text(placed("=", (max(end[1] - 1, 0), end[1]))), quoted(text)]
    return joined(parts) if parts else None


def header_name(text: str) -> str:
    """A header's name, where a constant may stand for it: ``USER_AGENT``, ``HttpHeaders.ACCEPT``."""
    bare = text.strip().rpartition(".")[2]
    return bare.replace("_", "-").title() if bare.isupper() and "-" not in bare else text.strip()


def relevant(draft: Draft) -> bool:
    """Whether a request goes to a registry's API or to a token server for it."""
    _, host, path, query = split_address(draft.address)
    pairs = [*parse_qsl(query), *draft.form]
    names = {name for name, _ in pairs}
    if any(name == "scope" and _SCOPE.match(value) for name, value in pairs):
        return True
    bare = host.lower().partition(":")[0]
    known = bare in _HUB or by_host(bare) is not UNKNOWN
    if _TOKEN_PATH.search(path) and (known or ("service" in names and not names & {"client_id", "grant_type"})):
        return True
    if _API.search(path) and (known or not re.search(r"/v2/?$", path) or path.count("/") < 3):
        return True
    return known and (path.startswith(("/v1/", "/v2/")) or path.rstrip("/") == "")


def attach(client: Client, request: Request) -> None:
    """The request is sent by `client`, whose settings of that moment it gets."""
    headers, query = Table(), Table()
    headers.update(client.headers)
    query.update(client.query)
    request.client = Client(client.base, headers, query, client.credentials)
