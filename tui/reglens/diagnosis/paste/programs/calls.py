"""What the calls of HTTP clients mean, by the names that they share across libraries and languages.

A call of any library is known by what it is given: a verb with an address is a request, whoever's ``get`` it is. So
``requests.get``, ``session.get``, ``http.Get``, ``client.GetAsync`` and ``axios.get`` need no entry each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reglens.diagnosis.paste.drafts import Capture
from reglens.diagnosis.paste.programs import making, options
from reglens.diagnosis.paste.programs.answers import ASIDE, member_of, plain, whole
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
    replaced,
)
from reglens.diagnosis.paste.requests import Argument as Text
from reglens.diagnosis.paste.source import placed

if TYPE_CHECKING:
    from reglens.diagnosis.paste.programs.evaluate import Evaluator

MAX_REQUESTS = 200
METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())

_VERBS = {
    **{method.lower(): method for method in METHODS},
    **dict.fromkeys(
        "getstring getbytearray getstream getresponse geturi getjson getfromjson downloadstring getforobject getforentity "
        "exchange openstream".split(),
        "GET",
    ),
    **dict.fromkeys("postform postasjson postforobject postforentity".split(), "POST"),
    **dict.fromkeys(
        "request fetch urlopen open filegetcontents invokerestmethod invokewebrequest irm iwr axios got ky needle rp ajax "
        "nodefetch superagent send requestsync stream retrieve newrequest".split(),
        "",
    ),
}
"""Names of functions that make a request of an address, in small letters, and its method (``""``: given, or GET)."""
_BUILDERS = frozenset(
    "request newrequest newrequestwithcontext httprequestmessage newbuilder builder httpget httppost httphead httpput "
    "curlinit restrequest openconnection webrequest createhttp".split()
)
_ADDRESSES = frozenset("uri url parse create uribuilder parserequesturi join resolve toregistryurl httpurl".split())
_TABLES = frozenset(
    "urlsearchparams values headers header headermap dict dictionary hashmap map formurlencodedcontent urlencode "
    "httpbuildquery encodewwwform formdata linkedhashmap ordereddict hashtable parsequerystring nameValueCollection "
    "stringify of copyof object entries tolist headerdictionary multivaluemap linkedmultivaluemap formbody".split()
)
_CLIENTS = frozenset(
    "session client asyncclient clientsession httpclient okhttpclient restclient webclient newhttpclient defaultclient "
    "poolmanager create extend newclient start instance defaults http".split()
)
_TEXT_KEEPING = frozenset(
    "strip trim trimspace encode decode tostring tos getbytes asstr str string unwrap clone into tolower lower rstrip "
    "lstrip trimend trimstart valueof quote quoteplus queryescape encodeuricomponent encodeuri pathescape escapedatastring "
    "urlencode rawurlencode uriescape cgiescape escape build touri tourl tostr stringvalue some of from expect parse "
    "freeze bytes chomp tobytes asbytes toowned body mediatypewithqualityheadervalue".split()
)
_BASE64 = frozenset(
    "b64encode btoa tobase64string base64encode strictencode64 urlsafeencode64 encode64 encodetostring "
    "standardb64encode encodebase64string".split()
)
_SETTERS = frozenset(
    "set add append put insert addheader setheader header setrequestproperty addrequestproperty putheader "
    "tryaddwithoutvalidation withheader addqueryparameter queryparam param addparameter setfield withheaders store".split()
)
_QUERY_SETTERS = frozenset("addqueryparameter queryparam addparameter param addencodedqueryparameter".split())


@dataclass(slots=True)
class Given:
    """What a call is given: values in their order, and those given by name."""

    values: list[tuple[Value, Node]]
    named: dict[str, tuple[Value, Node]] = field(default_factory=dict)

    def value(self, place: int) -> Value:
        return self.values[place][0] if place < len(self.values) else None

    def text(self, ev: Evaluator, place: int) -> Text:
        value, node = self.values[place]
        return ev.text(value, node)

    def constant(self, ev: Evaluator, place: int) -> Text | None:
        """A text, or the last part of a constant's name."""
        return ev.key(self.values[place][1]) if place < len(self.values) else None


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
    given = Given(values, named)
    bare = plain(name)
    if bare in ("then", "map", "andthen", "thenapply", "thenaccept", "flatmap", "let", "also") and base is not None:
        for value, _ in given.values[:1]:
            return ev.applied(value, [base])
    if isinstance(base, Request):
        return _on_request(ev, node, base, bare, given)
    if isinstance(base, Client):
        return _on_client(ev, node, base, bare, given)
    if isinstance(base, Table):
        return _on_table(ev, callee, base, bare, given)
    if isinstance(base, Capture):
        if bare in _DECODING and given.values and isinstance(given.values[0][1], Name):
            ev.variables[given.values[0][1].name] = base
        if bare in _TAKING and isinstance(key := given.value(0), Text):
            return member_of(base, key.text, ev.language)
        return member_of(base, name, ev.language)
    if isinstance(base, Text):
        return _on_text(ev, node, base, bare, given)
    if isinstance(base, Listing) and bare in ("add", "append", "push"):
        base.items += [value for value, _ in given.values[:1]]
        return base
    return _function(ev, node, bare, given)


_TAKING = frozenset(
    "get getproperty getstring getasstring path optstring value selecttoken gettoken fetch dig asstring at".split()
)
_DECODING = frozenset({"decode", "into", "bind", "unmarshal"})


def _defined(ev: Evaluator, callee: Node) -> str:
    from reglens.diagnosis.paste.programs.evaluate import path_of

    name = path_of(callee)
    return name if name in ev.functions and (name in ev.returned or "." not in name) else ""


# -- what is called on something known


def _on_request(ev: Evaluator, node: Call, request: Request, bare: str, given: Given) -> Value:
    if "{}" in given.named:
        options.take(ev, request, given.named["{}"][0])
        return request
    if bare in ("query", "parsequery") and not given.values:
        return request.query
    if request.made and bare in _TAKING and given.values and not request.client and len(given.values) == 1:
        value = given.value(0)
        if bare != "get" and isinstance(value, Text) and "/" not in value.text:
            return member_of(request, value.text, ev.language)
    if options.setter(ev, request, bare, given):
        ev.touch(request)
        return request
    if bare in _ENDING:
        made = _made(ev, request, node) if bare in _SENDING else request
        return made
    if bare in _VERBS and _has_address(ev, given):
        return _request(ev, node, bare, given, None)
    return member_of(request, bare, ev.language) if request.made else request


_SENDING = frozenset("send execute do end perform exchange call openconnection".split())
_ENDING = _SENDING | frozenset(
    "build tostring json build2 tasync getoutputstream connect clone encode finish tourl touri url string get "
    "buildupon newbuilder result getawaiter getresult".split()
)


def _on_client(ev: Evaluator, node: Call, client: Client, bare: str, given: Given) -> Value:
    if "{}" in given.named:
        _settings(ev, client, given.named["{}"][0])
        return client
    for value, _ in given.values[:3]:
        if isinstance(value, Request) and (value.made or bare in ("newcall", "do", "execute")):
            making.attach(client, value)
            _made(ev, value, node)
            ev.touch(value)
            return value
    if bare in ("create", "extend", "new", "start", "defaults", "newbuilder", "builder", "build", "cloned"):
        return _client(ev, given)
    if bare in _VERBS or not bare:
        if bare in ("get", "request", "") and not given.values and not given.named:
            return client
        return _request(ev, node, bare, given, client)
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
    if bare in _SETTERS or bare in (
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
        return _format(ev, text, given, 0)
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
    if bare in _BASE64:
        return encoded(text)
    if bare in _VERBS and _has_address(ev, Given([(text, node)])) and not given.values:
        return _request(ev, node, bare, Given([(text, node)]), None)
    if bare in _TEXT_KEEPING:
        return text
    return text if bare in ("to", "as", "ok") else None


# -- what is called on nothing known


def _function(ev: Evaluator, node: Call, bare: str, given: Given) -> Value:
    first = given.value(0)
    path = _path(node)
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
    if bare in _FORMATTING and isinstance(first, Text):
        return _format(ev, first, given, 1)
    if bare in _BASE64 or (bare == "encode" and "base64" in path.lower()):
        for place, (value, _) in enumerate(given.values):
            if isinstance(value, Text):
                return encoded(given.text(ev, place))
        return encoded(given.text(ev, 0)) if given.values else None
    if bare in ("unmarshal", "deserialize") and len(given.values) > 1 and isinstance(given.values[1][1], Name):
        ev.variables[given.values[1][1].name] = first
        return first
    if _is_request(ev, node, bare, given):
        return _request(ev, node, bare, given, None)
    if bare in _ADDRESSES and given.values and _is_address(first):
        return _address(ev, node, given)
    if bare in _ADDRESSES and given.values and isinstance(first, Request):
        return first
    if bare in _BUILDERS and ("http" in path.lower() or "request" in path.lower() or bare == "curlinit"):
        return _request(ev, node, bare, given, None)
    if bare in ("keyvaluepair", "basicnamevaluepair", "pair") and len(given.values) > 1:
        return Listing([given.value(0) or given.text(ev, 0), given.value(1) or given.text(ev, 1)])
    if bare in _TABLES:
        return _tabled(ev, given)
    made = bare == "new" and (path.lower().endswith(("http.new", "client.new", "session.new")) or _is_address(first))
    if made or bare in _CLIENTS:
        return _client(ev, given)
    for value, _ in given.values[:3]:
        if isinstance(value, Request | Capture):
            if bare in ASIDE or bare in ("print", "puts", "println", "log", "len"):
                return None
            answer = whole(value) if isinstance(value, Request) and value.made else value
            if isinstance(key := given.value(1), Text) and isinstance(answer, Capture) and bare in _TAKING:
                return member_of(answer, key.text, ev.language)
            return answer
    if bare in _TEXT_KEEPING and isinstance(first, Text | Table | Credentials):
        return first
    if isinstance(first, Function) and not bare:
        return ev.applied(first, [])
    return None


_FORMATTING = frozenset({"sprintf", "format", "stringformat", "fmtsprintf", "formatargs", "sprint"})


def _format(ev: Evaluator, template: Text, given: Given, skip: int) -> Text | None:
    values = [given.text(ev, n) for n in range(skip, len(given.values))]
    named = {name.lstrip("="): ev.text(*entry) for name, entry in given.named.items()}
    if ev.language.name == "rust":
        named = {**{k: v for k, v in ev.variables.items() if isinstance(v, Text)}, **named}
        for name, value in ev.variables.items():
            if isinstance(value, Request | Capture) and name not in named:
                named[name] = ev.text(value, Name(0, 0, name))
    return formatted(template, values, named)


def _path(node: Call) -> str:
    from reglens.diagnosis.paste.programs.evaluate import path_of

    return path_of(node.callee, calls=True)


def _is_address(value: Value) -> bool:
    if isinstance(value, Request):
        return not value.made and value.address is not None
    if not isinstance(value, Text):
        return False
    head = value.text[:200]
    return "://" in head[:40] or "/v2/" in value.text or head.startswith("/") or (bool(value.gaps) and "/" in head)


def _has_address(ev: Evaluator, given: Given) -> bool:
    return any(_is_address(value) for value, _ in given.values[:3]) or any(
        _is_address(given.named[name][0]) for name in ("url", "uri", "uristring") if name in given.named
    )


def _is_request(ev: Evaluator, node: Call, bare: str, given: Given) -> bool:
    """Whether a call of no known object makes a request: by its verb and the address that it is given."""
    verb = bare == "new" and _path(node).rpartition(".")[0].rpartition(".")[2].upper() in METHODS
    if not verb and bare not in _VERBS and bare not in _BUILDERS:
        return False
    if isinstance(table := given.value(0), Table) and bare in ("axios", "got", "request", "rp", "ajax", "fetch"):
        return _is_address(table.get("url")) or _is_address(table.get("uri")) or table.get("url") is not None
    return _has_address(ev, given)


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


def _client(ev: Evaluator, given: Given) -> Client:
    client = Client()
    for value, _ in given.values[:2]:
        if isinstance(value, Table):
            _settings(ev, client, value)
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
    _settings(ev, client, settings)
    return client


def _settings(ev: Evaluator, client: Client, value: Value) -> None:
    if isinstance(value, Table):
        for key, setting in value.pairs:
            set_member(ev, client, key, setting)


def _braced(ev: Evaluator, node: Call, bare: str, given: Given) -> Value:
    """``Type{…}`` of Go, ``new Type {…}`` of C#."""
    value = given.named["{}"][0]
    if bare in ("client", "httpclient"):
        client = Client()
        _settings(ev, client, value)
        return client
    if bare in ("request", "httprequestmessage", "uribuilder"):
        request = Request(ev.span(node.start, node.end), made=bare != "uribuilder")
        options.take(ev, request, value)
        return _made(ev, request, node) if request.made else request
    return options.table_of(value) if isinstance(value, Listing) else value


# -- requests


def _request(ev: Evaluator, node: Call, bare: str, given: Given, client: Client | None) -> Request:
    """The request that a verb makes of what it is given."""
    request = Request(ev.span(node.start, node.end))
    request.method = _VERBS.get(bare, "")
    path = _path(node).split(".")
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
    return _made(ev, request, node)


def _takes_address(value: Value, client: Client | None, given: Given) -> bool:
    return _is_address(value) or (client is not None and isinstance(value, Text) and value is given.value(0))


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


def _made(ev: Evaluator, request: Request, node: Node) -> Request:
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


# -- members


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
        return base if bare in ("unwrap", "value", "tostring", "await") or bare in _TEXT_KEEPING else None
    return None


def _part(request: Request, bare: str) -> Value:
    """A part of an address object."""
    address = request.address
    if address is None or bare not in _PARTS:
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


_PARTS = frozenset("host hostname authority requesturi path pathandquery pathquery pathname fullpath".split())


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
        base.put(Text(placed(_dashed(name.text), name.value.span())), value)
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


def _dashed(name: str) -> str:
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
