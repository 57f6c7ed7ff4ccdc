"""What is read of a known object, and what is set on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reglens.diagnosis.paste.drafts import Capture
from reglens.diagnosis.paste.programs import making, options
from reglens.diagnosis.paste.programs.answers import member_of, plain
from reglens.diagnosis.paste.programs.values import (
    Client,
    Request,
    Table,
    Value,
    joined,
    literal,
)
from reglens.diagnosis.paste.requests import Argument as Text
from reglens.diagnosis.paste.source import placed

if TYPE_CHECKING:
    from reglens.diagnosis.paste.programs.evaluate import Evaluator

from reglens.diagnosis.paste.programs.vocabulary import PARTS, TEXT_KEEPING


def member(ev: Evaluator, base: Value, name: str) -> Value:
    """``base.name``."""
    bare = plain(name)
    if isinstance(base, Request | Client):
        if bare in ("headers", "header", "defaultrequestheaders", "defaultheaders", "common"):
            return base.headers
        if bare in ("params", "searchparams", "query", "rawquery"):
            return base.query
        if isinstance(base, Client):
            return base.headers.get("authorization") if bare == "authorization" else base
        if not base.made and base.address is not None:
            return _part(base, bare)
        if bare in ("url", "uri", "requesturi") or not base.made:
            return base
        return member_of(base, name, ev.language)
    if isinstance(base, Table):
        if bare in ("common", "headers", "accept", "defaults"):
            return base.get(name) or base
        return base.get(name)
    if isinstance(base, Capture):
        return member_of(base, name, ev.language)
    if isinstance(base, Text):
        return base if bare in ("unwrap", "value", "tostring", "await") or bare in TEXT_KEEPING else None
    return None


def _part(request: Request, bare: str) -> Value:
    """A part of an address object."""
    address = request.address
    if address is None or bare not in PARTS:
        return request
    start = address.text.find("://")
    start = start + 3 if start >= 0 else 0
    slash = address.text.find("/", start)
    slash = slash if slash >= 0 else len(address.text)
    if bare in ("host", "hostname", "authority"):
        return Text(address.value.cut(start, slash))
    request = Request(request.place, made=False, query=request.query)
    request.address = address.after(slash)
    return request


def set_item(ev: Evaluator, base: Value, key: Text, value: Value) -> None:
    """``base[key] = value``."""
    if isinstance(base, Request | Client):
        base.headers.put(key, value)
        if isinstance(base, Request):
            ev.touch(base)
    elif isinstance(base, Table):
        base.put(key, value)
        ev.worth = True
        _touch_all(ev, base)


def set_member(ev: Evaluator, base: Request | Client | Table, name: Text, value: Value) -> None:
    """``base.name = value``."""
    if isinstance(base, Table):
        base.put(Text(placed(dashed(name.text), name.value.span())), value)
        ev.worth = True
        _touch_all(ev, base)
        return
    if isinstance(base, Request):
        options.option(ev, base, plain(name.text), value, None)
        ev.touch(base)
        return
    options.client_option(ev, base, plain(name.text), value)
    ev.worth = True


def _touch_all(ev: Evaluator, table: Table) -> None:
    for request in ev.requests[-3:]:
        if request.headers is table or request.query is table:
            ev.touch(request)


def dashed(name: str) -> str:
    """``UserAgent`` as the header's name."""
    return "".join("-" + c if n and c.isupper() and name[n - 1].islower() else c for n, c in enumerate(name))


def addressed(ev: Evaluator, request: Request) -> Text:
    """An address object as a text."""
    address = request.address or literal("", (0, 0))
    query = making.query_of(request.query, ev)
    mark = Text(placed("?", (max(address.value.span()[1] - 1, 0), address.value.span()[1])))
    return (joined([address, mark, query]) if query else None) or address


def encoded_table(ev: Evaluator, table: Table) -> Text | None:
    """A table within a text: as the query that it is encoded to."""
    return making.query_of(table, ev)
