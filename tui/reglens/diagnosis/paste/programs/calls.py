"""What the calls of HTTP clients mean, by the names that they share across libraries and languages.

A call of any library is known by what it is given: a verb with an address is a request, whoever's ``get`` it is. So
``requests.get``, ``session.get``, ``http.Get``, ``client.GetAsync`` and ``axios.get`` need no entry each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reglens.diagnosis.paste.drafts import Capture
from reglens.diagnosis.paste.programs import making, options
from reglens.diagnosis.paste.programs.answers import member_of, plain
from reglens.diagnosis.paste.programs.paths import path_of
from reglens.diagnosis.paste.programs.syntax import Attribute, Call, Function, Name, Node
from reglens.diagnosis.paste.programs.values import (
    Client,
    Listing,
    Request,
    Table,
    Value,
    encoded,
    joined,
    literal,
    replaced,
)
from reglens.diagnosis.paste.requests import Argument as Text

if TYPE_CHECKING:
    from reglens.diagnosis.paste.programs.evaluate import Evaluator

from reglens.diagnosis.paste.programs.functions import (
    client_of,
    filled,
    function,
    has_address,
    made,
    request_of,
    set_up,
)
from reglens.diagnosis.paste.programs.given import Given
from reglens.diagnosis.paste.programs.vocabulary import (
    BASE64,
    CONTINUING,
    DECODING,
    ENDING,
    SENDING,
    SETTERS,
    TAKING,
    TEXT_KEEPING,
    VERBS,
)


def call(ev: Evaluator, node: Call) -> Value:
    """What a call is worth."""
    callee = node.callee
    name = callee.name if isinstance(callee, Name | Attribute) else ""
    defined = _defined(ev, callee)
    if defined:
        for argument in node.arguments:
            ev.value(argument.value)
        return ev.returned.get(defined)
    base = ev.value(callee.base) if isinstance(callee, Attribute) else ev.value(callee)
    values: list[tuple[Value, Node]] = []
    named: dict[str, tuple[Value, Node]] = {}
    for argument in node.arguments[:200]:
        entry = (ev.value(argument.value), argument.value)
        if argument.name:
            named[plain(argument.name)] = entry
            if argument.name not in ("{}",) and len(argument.name) > 1:
                named.setdefault("=" + argument.name, entry)
        else:
            values.append(entry)
    bare = plain(name)
    if bare in CONTINUING and base is not None and values:
        return ev.applied(values[0][0], [base])
    result = _called(ev, node, base, Given(values, named))
    for value, _ in values:
        if isinstance(value, Function):  # what is handed over to be called, most likely with the answer
            ev.applied(value, [result if isinstance(result, Request | Capture) else None])
    return result


def _called(ev: Evaluator, node: Call, base: Value, given: Given) -> Value:
    """What a call on `base` is worth."""
    callee = node.callee
    name = callee.name if isinstance(callee, Name | Attribute) else ""
    bare = plain(name)
    if isinstance(base, Request):
        return _on_request(ev, node, base, bare, given)
    if isinstance(base, Client):
        return _on_client(ev, node, base, bare, given)
    if isinstance(base, Table):
        return _on_table(ev, callee, base, bare, given)
    if isinstance(base, Capture):
        if bare in DECODING and given.values and isinstance(given.values[0][1], Name):
            ev.variables[given.values[0][1].name] = base
        if bare in TAKING and isinstance(key := given.value(0), Text):
            return member_of(base, key.text, ev.language)
        return member_of(base, name, ev.language)
    if isinstance(base, Text):
        return _on_text(ev, node, base, bare, given)
    if isinstance(base, Listing) and bare in ("add", "append", "push"):
        base.items += [value for value, _ in given.values[:1]]
        return base
    return function(ev, node, bare, given)


def _defined(ev: Evaluator, callee: Node) -> str:
    name = path_of(callee)
    return name if name in ev.functions and (name in ev.returned or "." not in name) else ""


# -- what is called on something known


def _on_request(ev: Evaluator, node: Call, request: Request, bare: str, given: Given) -> Value:
    if "{}" in given.named:
        options.take(ev, request, given.named["{}"][0])
        return request
    if bare in ("query", "parsequery") and not given.values:
        return request.query
    if request.made and bare in TAKING and given.values and not request.client and len(given.values) == 1:
        value = given.value(0)
        if bare != "get" and isinstance(value, Text) and "/" not in value.text:
            return member_of(request, value.text, ev.language)
    if options.setter(ev, request, bare, given):
        ev.touch(request)
        return request
    if bare in ENDING:
        return made(ev, request, node) if bare in SENDING else request
    if bare in VERBS and has_address(ev, given):
        return request_of(ev, node, bare, given, None)
    return member_of(request, bare, ev.language) if request.made else request


def _on_client(ev: Evaluator, node: Call, client: Client, bare: str, given: Given) -> Value:
    if "{}" in given.named:
        set_up(ev, client, given.named["{}"][0])
        return client
    for value, _ in given.values[:3]:
        if isinstance(value, Request) and (value.made or bare in ("newcall", "do", "execute")):
            making.attach(client, value)
            made(ev, value, node)
            ev.touch(value)
            return value
    if bare in ("create", "extend", "new", "start", "defaults", "newbuilder", "builder", "build", "cloned"):
        return client_of(ev, given)
    if bare in VERBS or not bare:
        if bare in ("get", "request", "") and not given.values and not given.named:
            return client
        return request_of(ev, node, bare, given, client)
    if options.client_setter(ev, client, bare, given):
        return client
    return client


def _on_table(ev: Evaluator, callee: Node, table: Table, bare: str, given: Given) -> Value:
    if "{}" in given.named:
        value = given.named["{}"][0]
        if isinstance(value, Table):
            table.update(value)
        return table
    if bare in ("get", "getvalues", "fetch") and given.values:
        key = given.constant(ev, 0)
        return table.get(key.text) if key else None
    if bare in SETTERS or bare in (
        "update",
        "putall",
        "setall",
        "merge",
        "extend",
        "fromentries",
        "addrange",
        "insert",
    ):
        if len(given.values) >= 2 and (key := given.constant(ev, 0)) is not None:
            put = table.pairs.append if bare in ("append",) and not table.get(key.text) else None
            entry = (key, given.value(1) if given.value(1) is not None else given.text(ev, 1))
            if put:
                put(entry)
            else:
                table.put(*entry)
        elif isinstance(value := given.value(0), Table):
            table.update(value)
        elif given.values and isinstance(callee, Attribute) and isinstance(callee.base, Attribute):
            name = callee.base.name  # DefaultRequestHeaders.Accept.Add(…)
            at = ev.span(callee.base.end - len(name), callee.base.end)
            table.put(literal(name, at), given.text(ev, 0))
        ev.worth = True
        return table
    if bare in ("bearerauth", "setbearerauth"):
        options.bearer(ev, table, given)
        ev.worth = True
    return table


def _on_text(ev: Evaluator, node: Call, text: Text, bare: str, given: Given) -> Value:
    if bare == "format" and text.text.lower() not in ("string",):
        return filled(ev, text, given, 0)
    if bare in ("replace", "replaceall", "gsub", "sub"):
        old = given.value(0)
        if isinstance(old, Text) and len(given.values) > 1 and not old.gaps:
            return replaced(text, old.text, given.text(ev, 1))
        return text
    if bare == "concat":
        return joined([text, *(given.text(ev, n) for n in range(len(given.values)))])
    if bare == "join" and isinstance(items := given.value(0), Listing):
        return joined([ev.text(item) for item in items.items[:200]], text.text)
    if bare in ("tostring", "encode") and isinstance(kind := given.value(0), Text) and kind.text.startswith("base64"):
        return encoded(text)
    if bare in BASE64:
        return encoded(text)
    if bare in VERBS and has_address(ev, Given([(text, node)])) and not given.values:
        return request_of(ev, node, bare, Given([(text, node)]), None)
    if bare in TEXT_KEEPING:
        return text
    return text if bare in ("to", "as", "ok") else None
