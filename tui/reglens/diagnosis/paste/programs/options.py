"""What settles a request: the options that its call is given, and what is set on it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from reglens.diagnosis.paste.drafts import Gap
from reglens.diagnosis.paste.programs.answers import plain
from reglens.diagnosis.paste.programs.making import based
from reglens.diagnosis.paste.programs.syntax import Attribute, Name, Node
from reglens.diagnosis.paste.programs.values import (
    Client,
    Credentials,
    Listing,
    Request,
    Table,
    Value,
    joined,
    literal,
)
from reglens.diagnosis.paste.requests import Argument as Text
from reglens.diagnosis.paste.source import Passage, placed

if TYPE_CHECKING:
    from reglens.diagnosis.paste.programs.evaluate import Evaluator
    from reglens.diagnosis.paste.programs.given import Given

_HEADERS = frozenset("headers header httpheader additionalheaders defaultheaders defaultrequestheaders".split())
_QUERY = frozenset("params query qs searchparams queryparams parameters rawquery search".split())
_FORM = frozenset("data body form json formparams content httpcontent payload postfields multipart".split())
_CREDENTIALS = frozenset("auth authentication credential credentials basicauth userpwd".split())
_METHODS = frozenset({"method", "type", "verb"})
_ADDRESS = frozenset({"url", "uri", "requesturi", "endpoint", "path", "pathname"})
_BASE = frozenset({"baseurl", "baseuri", "baseaddress", "prefixurl", "base"})
_KNOWN = frozenset({"host", "hostname"}) | _HEADERS | _QUERY | _FORM | _CREDENTIALS | _METHODS | _ADDRESS | _BASE
_SETTERS = frozenset(
    "set addheader setheader header setrequestproperty addrequestproperty putheader withheader setfield "
    "tryaddwithoutvalidation".split()
)


def option(ev: Evaluator, request: Request, name: str, value: Value, node: Node | None) -> None:
    """One option by its name, in small letters and without dashes."""
    if name in _HEADERS:
        _headers(ev, request.headers, value)
    elif name in _QUERY:
        _query(request, value)
    elif name in _CREDENTIALS:
        _credentials(ev, request, value)
    elif name in _METHODS:
        text = value.text if isinstance(value, Text) else node.name if isinstance(node, Name | Attribute) else ""
        request.method = text.upper() if text.isalpha() else request.method
    elif name in _ADDRESS:
        if isinstance(value, Request):
            request.address = value.address
            request.query.update(value.query)
        elif isinstance(value, Text):
            request.address = value if name != "pathname" or request.address is None else request.address
    elif name in ("host", "hostname") and isinstance(value, Text):
        begin = value.value.span()[0]
        scheme = literal("https://", (begin, begin + 1))
        request.client = request.client or Client()
        request.client.base = joined([scheme, value])
    elif name in _BASE and isinstance(value, Text):
        request.client = request.client or Client()
        request.client.base = value
    elif name in _FORM:
        _body(ev, request, value)
    elif name in ("authorization", "accept") and isinstance(value, Text):
        request.headers.put(literal(name.title(), value.value.span()), value)
    elif (name == "token" and isinstance(value, Text | Credentials | Listing | Request)) or (name == "token" and value):
        _bearer(ev, request.headers, ev.text(value, node))
    elif name in ("option", "options", "config", "init"):
        take(ev, request, value)


def _body(ev: Evaluator, request: Request, value: Value) -> None:
    if isinstance(value, Table | Text):
        in_query = ev.language.name == "powershell" and request.method.upper() in ("", "GET")
        if in_query and isinstance(value, Table):  # Invoke-RestMethod, -Body: with GET it becomes the query
            request.query.update(value)
        else:
            request.form = value


def names_address(table: Table) -> bool:
    """Whether options name where a request goes."""
    names = {plain(key.text) for key, _ in table.pairs}
    return bool(names & {"url", "uri", "requesturi"}) or bool(
        names & {"host", "hostname"} and names & {"path", "pathname"}
    )


def take(ev: Evaluator, request: Request, value: Value) -> None:
    """Options that are given in one object."""
    if isinstance(value, Table):
        for key, one in value.pairs[:100]:
            option(ev, request, plain(key.text), one, None)


def positional(ev: Evaluator, request: Request, bare: str, rest: Sequence[tuple[Value, Node]]) -> None:
    """What stands behind the address: options, headers, parameters or a body, by what it holds."""
    sends = request.method.upper() in ("POST", "PUT", "PATCH") or bare in ("post", "put", "patch")
    for place, (value, _) in enumerate(rest[:4]):
        if isinstance(value, Table):
            names = {plain(key.text) for key, _ in value.pairs}
            if names & _KNOWN and not (sends and place == 0 and names <= _FORM):
                take(ev, request, value)
                headers = [(k, v) for k, v in value.pairs if k.text.lower() in ("authorization", "accept")]
                for key, one in headers:
                    request.headers.put(key, one)
            elif {"authorization", "accept"} & names:
                request.headers.update(value)
            elif sends:
                request.form = value
            elif names:
                request.query.update(value)
        elif isinstance(value, Text) and sends and place == 0 and bare not in ("request",):
            request.form = value
        elif isinstance(value, Credentials):
            request.credentials = value.text


def _headers(ev: Evaluator, table: Table, value: Value) -> None:
    if isinstance(value, Table):
        for key, one in value.pairs[:100]:
            item = one.items[0] if isinstance(one, Listing) and one.items else one
            table.put(key, item)
    elif isinstance(value, Listing):
        for item in value.items[:100]:
            if isinstance(item, Text):
                _header_line(table, item)
            elif isinstance(item, Listing) and len(item.items) == 2 and isinstance(item.items[0], Text):
                table.put(item.items[0], item.items[1])
    elif isinstance(value, Text):
        _header_line(table, value)


def _header_line(table: Table, line: Text) -> None:
    """``Name: value`` in one text."""
    name, colon, rest = line.text.partition(":")
    if colon and name and len(name) < 100:
        blank = len(rest) - len(rest.lstrip(" "))
        table.put(Text(line.value.cut(0, len(name))), line.after(len(name) + 1 + blank))


def table_of(listing: Listing) -> Table:
    """A list of pairs as a table."""
    table = Table()
    for item in listing.items[:200]:
        if isinstance(item, Listing) and len(item.items) == 2 and isinstance(item.items[0], Text):
            table.put(item.items[0], item.items[1])
    return table


def _query(request: Request, value: Value) -> None:
    if isinstance(value, Listing):
        value = table_of(value)
    if isinstance(value, Table):
        if value is not request.query:
            request.query.update(value)
    elif isinstance(value, Text) and request.address is not None:
        end = request.address.value.span()[1]
        mark = Text(placed("&" if "?" in request.address.text else "?", (max(end - 1, 0), end)))
        bare = value.after(1) if value.text.startswith("?") else value
        request.address = joined([request.address, mark, bare]) or request.address


def _credentials(ev: Evaluator, request: Request | Client, value: Value) -> None:
    found = credentials_of(ev, value)
    if found is not None:
        request.credentials = found


def credentials_of(ev: Evaluator, value: Value) -> Text | None:
    """User name and password, from a pair, a table, or an object that holds them."""
    if isinstance(value, Credentials):
        return value.text
    if isinstance(value, Listing) and len(value.items) >= 2:
        return pair_of(ev, value.items[0], value.items[1], None, None)
    if isinstance(value, Table):
        user = value.get("username") or value.get("user")
        password = value.get("password") or value.get("pass")
        return pair_of(ev, user, password, None, None) if user is not None or password is not None else None
    return value if isinstance(value, Text) and ":" in value.text else None


def pair_of(ev: Evaluator, user: Value, password: Value, one: Node | None, other: Node | None) -> Text | None:
    """``user:password``."""
    name, secret = _known(ev, user, one, "user"), _known(ev, password, other, "password")
    return joined([name, Text(Passage(":", ((0, max(name.value.span()[1] - 1, 0)),))), secret])


def _known(ev: Evaluator, value: Value, node: Node | None, name: str) -> Text:
    return ev.text(value, node if node is not None else Name(0, 0, name))


def _bearer(ev: Evaluator, table: Table, token: Text) -> None:
    span = token.value.span()
    at = (span[0], min(span[0] + 1, span[1]))
    value = joined([Text(placed("Bearer ", at)), token])
    if value is not None:
        value = Text(value.value, [Gap(g.start + 7, g.end + 7, g.name, g.capture) for g in token.gaps])
        table.put(Text(placed("Authorization", at)), value)


def bearer(ev: Evaluator, table: Table, given: Given) -> None:
    """A token that a library puts behind ``Bearer`` itself."""
    if given.values:
        _bearer(ev, table, given.text(ev, 0))


def setter(ev: Evaluator, request: Request, bare: str, given: Given) -> bool:
    """Whether a call on a request sets something of it."""
    count = len(given.values)
    if bare in _SETTERS or (bare == "add" and count > 1):
        if count > 1 and (key := given.constant(ev, 0)) is not None:
            value = given.value(1)
            if not request.made:
                request.query.put(key, value if value is not None else given.text(ev, 1))
            else:
                request.headers.put(key, value if value is not None else given.text(ev, 1))
        elif count == 1:
            _headers(ev, request.headers, given.value(0))
        return count > 0
    if bare in ("headers", "withheaders"):
        if count > 1:
            for place in range(0, count - 1, 2):
                if (key := given.constant(ev, place)) is not None:
                    request.headers.put(key, given.value(place + 1) or given.text(ev, place + 1))
        elif count:
            _headers(ev, request.headers, given.value(0))
        return count > 0
    if bare in ("query", "queryparam", "addqueryparameter", "param", "addparameter", "queryparams", "params") and count:
        if count > 1 and (key := given.constant(ev, 0)) is not None:
            request.query.put(key, given.value(1) if given.value(1) is not None else given.text(ev, 1))
        else:
            _query(request, given.value(0))
        return True
    if bare in ("auth", "basicauth", "setbasicauth", "withbasicauth", "basic") and count:
        kind = given.value(2) or given.value(1)
        if isinstance(kind, Table) and isinstance(k := kind.get("type"), Text) and k.text == "bearer":
            bearer(ev, request.headers, given)
        elif count > 1:
            request.credentials = pair_of(ev, given.value(0), given.value(1), given.values[0][1], given.values[1][1])
        else:
            _credentials(ev, request, given.value(0))
        return True
    if bare in ("bearerauth", "setbearerauth", "withtoken", "bearer", "token") and count:
        bearer(ev, request.headers, given)
        return True
    if bare in ("uri", "url", "seturi") and count:
        option(ev, request, "url", given.value(0), None)
        return True
    if bare in ("method", "setrequestmethod", "setmethod") and count:
        option(ev, request, "method", given.value(0), given.values[0][1])
        return True
    if bare in ("get", "post", "head", "put", "delete") and request.made and (not count or bare != "get"):
        request.method = bare.upper()
        if count:
            _body(ev, request, given.value(0))
        return True
    if bare in ("form", "body", "setbody", "setformdata", "send", "json") and count:
        _body(ev, request, given.value(0))
        return bare != "send" or isinstance(given.value(0), Table | Text)
    if bare in ("accept", "accepts") and count:
        request.headers.put(literal("Accept", request.place), given.text(ev, 0))
        return True
    return False


def client_setter(ev: Evaluator, client: Client, bare: str, given: Given) -> bool:
    """Whether a call on a client sets something of it."""
    if bare in ("auth", "basicauth", "setbasicauth") and len(given.values) > 1:
        client.credentials = pair_of(ev, given.value(0), given.value(1), given.values[0][1], given.values[1][1])
        return True
    if bare in ("headers", "header", "addheader", "defaultheaders", "withheaders"):
        if len(given.values) > 1 and (key := given.constant(ev, 0)) is not None:
            client.headers.put(key, given.value(1) if given.value(1) is not None else given.text(ev, 1))
        elif given.values:
            _headers(ev, client.headers, given.value(0))
        return True
    if bare in ("baseurl", "baseuri", "withbaseurl") and given.values:
        client_option(ev, client, bare, given.value(0))
        return True
    return False


def client_option(ev: Evaluator, client: Client, name: str, value: Value) -> None:
    """One setting of a client by its name."""
    if name in _HEADERS:
        _headers(ev, client.headers, value)
    elif name in _CREDENTIALS:
        _credentials(ev, client, value)
    elif name in _BASE:
        client.base = value.address if isinstance(value, Request) else value if isinstance(value, Text) else client.base
    elif name in _QUERY and isinstance(value, Table):
        client.query.update(value)
    elif name == "authorization" and isinstance(value, Text):
        client.headers.put(literal("Authorization", value.value.span()), value)


def curl(ev: Evaluator, request: Request, name: str, value: Value, node: Node) -> None:
    """One of the options of libcurl (curl_easy_setopt(3))."""
    bare = plain(name).removeprefix("curlopt")
    if bare == "url":
        option(ev, request, "url", value, node)
    elif bare == "httpheader":
        _headers(ev, request.headers, value)
    elif bare in ("userpwd", "username"):
        _credentials(ev, request, value)
    elif bare == "customrequest":
        option(ev, request, "method", value, node)
    elif bare == "xoauth2bearer":
        _bearer(ev, request.headers, ev.text(value, node))
    elif bare == "postfields":
        request.form = value if isinstance(value, Table | Text) else request.form
    elif bare == "nobody":
        request.method = "HEAD"


def resolved(base: Text, path: Text) -> Text:
    """`path` as seen from `base`."""
    if base.gaps or path.gaps:
        return based(base, path) or base
    try:
        whole = urljoin(base.text, path.text)
    except ValueError:
        return base
    return Text(placed(whole, path.value.span()))
