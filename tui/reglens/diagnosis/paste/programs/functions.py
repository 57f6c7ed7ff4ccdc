"""Calls of no known object: requests by their verb and address, clients, tables, addresses, and what makes texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reglens.diagnosis.paste.drafts import Capture
from reglens.diagnosis.paste.programs import making, options
from reglens.diagnosis.paste.programs.answers import ASIDE, member_of, plain, whole
from reglens.diagnosis.paste.programs.paths import path_of
from reglens.diagnosis.paste.programs.syntax import Attribute, Call, Function, Name, Node
from reglens.diagnosis.paste.programs.values import (
    Client,
    Credentials,
    Listing,
    Request,
    Table,
    Value,
    encoded,
    formatted,
    joined,
    literal,
)
from reglens.diagnosis.paste.requests import Argument as Text
from reglens.diagnosis.paste.source import placed

if TYPE_CHECKING:
    from reglens.diagnosis.paste.programs.evaluate import Evaluator

from reglens.diagnosis.paste.programs.given import Given
from reglens.diagnosis.paste.programs.vocabulary import (
    ADDRESSES,
    BASE64,
    BUILDERS,
    CLIENTS,
    FORMATTING,
    METHODS,
    TABLES,
    TAKING,
    TEXT_KEEPING,
    VERBS,
)

MAX_REQUESTS = 200


def function(ev: Evaluator, node: Call, bare: str, given: Given) -> Value:
    first = given.value(0)
    path = call_path(node)
    if "{}" in given.named:
        return _braced(ev, node, bare, given)
    if bare in ("curlsetopt", "curlsetoptarray", "curlexec"):
        return _curl(ev, node, bare, given)
    if bare in ("authenticationheadervalue",) and len(given.values) > 1:
        return joined([given.text(ev, 0), Text(placed(" ", ev.span(node.start, node.end))), given.text(ev, 1)])
    if bare in ("httpbasicauth", "basicauth", "networkcredential", "usernamepasswordcredentials", "basic") and (
        len(given.values) > 1
    ):
        pair = options.pair_of(ev, given.value(0), given.value(1), given.values[0][1], given.values[1][1])
        if bare == "basic" and pair is not None:  # OkHttp's Credentials.basic gives the header's value
            scheme = Text(placed("Basic ", ev.span(node.start, node.end)))
            return joined([scheme, encoded(pair)])
        return Credentials(pair) if pair else None
    if bare in FORMATTING and isinstance(first, Text):
        return filled(ev, first, given, 1)
    if bare in BASE64 or (bare == "encode" and "base64" in path.lower()):
        for place, (value, _) in enumerate(given.values):
            if isinstance(value, Text):
                return encoded(given.text(ev, place))
        return encoded(given.text(ev, 0)) if given.values else None
    if bare in ("unmarshal", "deserialize") and len(given.values) > 1 and isinstance(given.values[1][1], Name):
        ev.variables[given.values[1][1].name] = first
        return first
    if _is_request(ev, node, bare, given):
        return request_of(ev, node, bare, given, None)
    if bare in ADDRESSES and given.values and is_address(first):
        return _address(ev, node, given)
    if bare in ADDRESSES and given.values and isinstance(first, Request):
        return first
    if bare in BUILDERS and ("http" in path.lower() or "request" in path.lower() or bare == "curlinit"):
        return request_of(ev, node, bare, given, None)
    if bare in ("keyvaluepair", "basicnamevaluepair", "pair") and len(given.values) > 1:
        return Listing([given.value(0) or given.text(ev, 0), given.value(1) or given.text(ev, 1)])
    if bare in TABLES:
        return _tabled(ev, given)
    made = bare == "new" and (path.lower().endswith(("http.new", "client.new", "session.new")) or is_address(first))
    if made or bare in CLIENTS:
        return client_of(ev, given)
    for value, _ in given.values[:3]:
        if isinstance(value, Request | Capture):
            if bare in ASIDE or bare in ("print", "puts", "println", "log", "len"):
                return None
            answer = whole(value) if isinstance(value, Request) and value.made else value
            if isinstance(key := given.value(1), Text) and isinstance(answer, Capture) and bare in TAKING:
                return member_of(answer, key.text, ev.language)
            return answer
    if bare in TEXT_KEEPING and isinstance(first, Text | Table | Credentials):
        return first
    if isinstance(first, Function) and not bare:
        return ev.applied(first, [])
    return None


def filled(ev: Evaluator, template: Text, given: Given, skip: int) -> Text | None:
    values = [given.text(ev, n) for n in range(skip, len(given.values))]
    named = {name.lstrip("="): ev.text(*entry) for name, entry in given.named.items()}
    if ev.language.name == "rust":
        named = {**{k: v for k, v in ev.variables.items() if isinstance(v, Text)}, **named}
        for name, value in ev.variables.items():
            if isinstance(value, Request | Capture) and name not in named:
                named[name] = ev.text(value, Name(0, 0, name))
    return formatted(template, values, named)


def call_path(node: Call) -> str:
    return path_of(node.callee, calls=True)


def is_address(value: Value) -> bool:
    if isinstance(value, Request):
        return not value.made and value.address is not None
    if not isinstance(value, Text):
        return False
    head = value.text[:200]
    return "://" in head[:40] or "/v2/" in value.text or head.startswith("/") or (bool(value.gaps) and "/" in head)


def has_address(ev: Evaluator, given: Given) -> bool:
    return any(is_address(value) for value, _ in given.values[:3]) or any(
        is_address(given.named[name][0]) for name in ("url", "uri", "uristring") if name in given.named
    )


def _is_request(ev: Evaluator, node: Call, bare: str, given: Given) -> bool:
    """Whether a call of no known object makes a request: by its verb and the address that it is given."""
    verb = bare == "new" and call_path(node).rpartition(".")[0].rpartition(".")[2].upper() in METHODS
    if not verb and bare not in VERBS and bare not in BUILDERS:
        return False
    table = given.value(0)
    return has_address(ev, given) or (isinstance(table, Table) and options.names_address(table))


def _address(ev: Evaluator, node: Call, given: Given) -> Request:
    request = Request(ev.span(node.start, node.end), made=False)
    first = given.value(0)
    if isinstance(first, Request):
        return first
    address = first if isinstance(first, Text) else None
    second = given.value(1)
    if isinstance(second, Request):
        second = second.address
    if isinstance(second, Text) and address is not None:
        one, other = (address, second) if "://" in address.text else (second, address)
        if "://" in one.text:
            address = options.resolved(one, other)
    request.address = address
    return request


def _tabled(ev: Evaluator, given: Given) -> Table:
    table = Table()
    first = given.value(0)
    if isinstance(first, Table):
        table.update(first)
    elif isinstance(first, Listing):
        table.update(options.table_of(first))
    elif len(given.values) > 1 and len(given.values) % 2 == 0:  # Map.of(key, value, …)
        for place in range(0, min(len(given.values), 40), 2):
            if (key := given.constant(ev, place)) is not None:
                table.put(key, given.value(place + 1) or given.text(ev, place + 1))
    for name, (value, argument) in given.named.items():
        if name.startswith("="):
            span = ev.span(argument.start, argument.end)
            table.put(literal(name[1:], span), value if value is not None else ev.text(value, argument))
    return table


def client_of(ev: Evaluator, given: Given) -> Client:
    client = Client()
    for value, _ in given.values[:2]:
        if isinstance(value, Table):
            set_up(ev, client, value)
        elif isinstance(value, Request) and not value.made:
            client.base = value.address
        elif isinstance(value, Text) and ("." in value.text or value.gaps):
            at = value.value.span()
            scheme = Text(placed("https://", (at[0], at[0] + 1)))
            client.base = value if "://" in value.text else joined([scheme, value])
    settings = Table()
    for name, (value, node) in given.named.items():
        if name.startswith("="):
            settings.put(literal(name[1:], ev.span(node.start, node.end)), value)
    set_up(ev, client, settings)
    return client


def set_up(ev: Evaluator, client: Client, value: Value) -> None:
    if isinstance(value, Table):
        for key, setting in value.pairs:
            options.client_option(ev, client, plain(key.text), setting)


def _braced(ev: Evaluator, node: Call, bare: str, given: Given) -> Value:
    """``Type{…}`` of Go, ``new Type {…}`` of C#."""
    value = given.named["{}"][0]
    if bare in ("client", "httpclient"):
        client = Client()
        set_up(ev, client, value)
        return client
    if bare in ("request", "httprequestmessage", "uribuilder"):
        request = Request(ev.span(node.start, node.end), made=bare != "uribuilder")
        options.take(ev, request, value)
        return made(ev, request, node) if request.made else request
    return options.table_of(value) if isinstance(value, Listing) else value


# -- requests


def request_of(ev: Evaluator, node: Call, bare: str, given: Given, client: Client | None) -> Request:
    """The request that a verb makes of what it is given."""
    request = Request(ev.span(node.start, node.end))
    request.method = VERBS.get(bare, "")
    path = call_path(node).split(".")
    if bare == "new" and len(path) > 1 and path[-2].upper() in METHODS:
        request.method = path[-2].upper()
    if bare.startswith("http") and bare[4:].upper() in METHODS:
        request.method = bare[4:].upper()
    rest = []
    for value, argument in given.values[:8]:
        method = _method(ev, value, argument)
        if method and not request.method:
            request.method = method
        elif request.address is None and _takes_address(value, client, given):
            _to(request, value)
        else:
            rest.append((value, argument))
    options.positional(ev, request, bare, rest)
    for name, (value, argument) in given.named.items():
        if not name.startswith("="):
            options.option(ev, request, name, value, argument)
    if client is not None:
        making.attach(client, request)
    return made(ev, request, node)


def _takes_address(value: Value, client: Client | None, given: Given) -> bool:
    return is_address(value) or (client is not None and isinstance(value, Text) and value is given.value(0))


def _to(request: Request, value: Value) -> None:
    if isinstance(value, Request):
        request.address = value.address
        request.query.update(value.query)
        request.headers.update(value.headers)
    elif isinstance(value, Text):
        request.address = value


def _method(ev: Evaluator, value: Value, node: Node) -> str:
    text = value.text if isinstance(value, Text) and not value.gaps else ""
    if value is None and isinstance(node, Name | Attribute):
        text = node.name.removeprefix("Method").removeprefix("METHOD_")
    return text.upper() if text.upper() in METHODS else ""


def made(ev: Evaluator, request: Request, node: Node) -> Request:
    """Registers a request that is sent, or is meant to be."""
    request.made = True
    if request not in ev.requests and len(ev.requests) < MAX_REQUESTS:
        ev.requests.append(request)
    ev.touch(request)
    return request


def _curl(ev: Evaluator, node: Call, bare: str, given: Given) -> Value:
    """PHP's curl: options of a handle."""
    handle = given.value(0)
    if not isinstance(handle, Request):
        return None
    if bare == "curlexec":
        return handle
    pairs: list[tuple[Text | None, Value, Node]] = []
    if bare == "curlsetopt" and len(given.values) > 2:
        pairs.append((given.constant(ev, 1), given.value(2), given.values[2][1]))
    elif isinstance(table := given.value(1), Table):
        pairs += [(key, value, node) for key, value in table.pairs]
    for key, value, argument in pairs:
        if key is not None:
            options.curl(ev, handle, key.text, value, argument)
    ev.touch(handle)
    return handle
