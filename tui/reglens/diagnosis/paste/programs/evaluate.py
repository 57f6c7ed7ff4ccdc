"""The values of code, followed statement by statement; the requests that come of it, in their order.

Control flow is not followed: statements are taken one after the other, as a reader would who looks for the requests. A
function's parameters are what its only call gives, and a call is worth what the function returned last.
"""

from __future__ import annotations

from collections.abc import Sequence

from reglens.diagnosis.evidence import Span
from reglens.diagnosis.paste.drafts import Capture
from reglens.diagnosis.paste.programs import calls, members
from reglens.diagnosis.paste.programs.answers import member_of, whole
from reglens.diagnosis.paste.programs.languages import Language
from reglens.diagnosis.paste.programs.paths import SELVES, calls_in, path_of
from reglens.diagnosis.paste.programs.syntax import (
    Assign,
    Attribute,
    Call,
    Define,
    Evaluate,
    Fragment,
    Function,
    Index,
    Items,
    Join,
    Literal,
    Name,
    Node,
    Operation,
    Pair,
    Pairs,
    Statement,
)
from reglens.diagnosis.paste.programs.values import (
    Client,
    Credentials,
    Listing,
    Request,
    Table,
    Value,
    formatted,
    joined,
    literal,
    unknown,
)
from reglens.diagnosis.paste.requests import Argument as Text
from reglens.diagnosis.paste.source import Passage

MAX_DEPTH = 60
MAX_STEPS = 200_000
"""Expressions that are followed in one stretch of code."""
_LIBRARIES = frozenset({"axios", "got", "ky"})


class Evaluator:
    """The variables of a stretch of code, `passage`, and the requests that it makes."""

    def __init__(self, passage: Passage, language: Language) -> None:
        self.passage = passage
        self.language = language
        self.variables: dict[str, Value] = {}
        self.constants: dict[str, Node] = {}
        self.returned: dict[str, Value] = {}
        self.functions: dict[str, Define] = {}
        self.given: dict[str, list[Call]] = {}
        self.requests: list[Request] = []
        self.touched: set[tuple[int, int]] = set()
        self.current = ""
        self.depth = 0
        self.steps = 0
        self.end = 0
        self.worth = False

    # -- statements

    def run(self, statements: Sequence[Statement]) -> None:
        """Follows all statements."""
        self._survey(statements)
        self._follow(statements)

    def _survey(self, statements: Sequence[Statement]) -> None:
        """Learns which functions there are, how they are called, and which names stand for one literal."""
        self.functions = {s.name: s for s in statements if isinstance(s, Define) and s.name}
        twice: set[str] = set()
        for statement in statements:
            if isinstance(statement, Assign) and len(statement.targets) == 1 and not statement.unpack:
                name = path_of(statement.targets[0])
                if name and isinstance(statement.value, Literal):
                    if name in self.constants:
                        twice.add(name)
                    self.constants[name] = statement.value
            if isinstance(statement, Assign) and isinstance(statement.value, Function):
                name = path_of(statement.targets[0])
                parameters = [(p.name, None) for p in statement.value.parameters if isinstance(p, Name)]
                self.functions[name] = Define(statement.start, statement.end, name, list(parameters))
        for name in twice:
            del self.constants[name]
        if self.functions:
            for call in calls_in(statements):
                name = path_of(call.callee)
                if name in self.functions and len(self.given.setdefault(name, [])) < 2:
                    self.given[name].append(call)

    def _follow(self, statements: Sequence[Statement]) -> Value:
        result: Value = None
        for statement in statements:
            self.end = max(self.end, statement.end)
            self.worth = False
            if isinstance(statement, Define):
                self._enter(statement)
            elif isinstance(statement, Assign):
                self._assign(statement)
            elif isinstance(statement, Evaluate):
                value = self.value(statement.node)
                if statement.returned:
                    result = value
                    if self.current and (value is not None or self.current not in self.returned):
                        self.returned[self.current] = value
            if self.worth:
                self.touched.add((statement.start, statement.end))
        return result

    def _enter(self, function: Define) -> None:
        """The parameters of a function, as its one call gives them."""
        self.current = function.name
        given = self.given.get(function.name, [])
        offset = bool(function.parameters) and function.parameters[0][0] in SELVES
        parameters = function.parameters[offset:]
        for place, (name, default) in enumerate(parameters):
            self.variables.pop(name, None)
            nodes = [self._passed(call, place, name) or default for call in given] if given else [default]
            if len(nodes) == 1 and nodes[0] is not None:
                self.variables[name] = self.value(nodes[0])

    def _passed(self, call: Call, place: int, name: str) -> Node | None:
        for argument in call.arguments:
            if argument.name == name:
                return argument.value
        unnamed = [argument.value for argument in call.arguments if not argument.name]
        return unnamed[place] if place < len(unnamed) else None

    def _assign(self, statement: Assign) -> None:
        if isinstance(statement.value, Function):
            name = path_of(statement.targets[0])
            outer, self.current = self.current, name
            self._enter(self.functions.get(name) or Define(statement.start, statement.end, name))
            self.returned[name] = self._apply(statement.value, [])
            self.current = outer
            return
        value = self.value(statement.value)
        if statement.operator in ("+=", ".="):
            target = statement.targets[0]
            before = self.value(target)
            if isinstance(before, Text):
                value = joined([before, self.text(value, statement.value)])
        if isinstance(value, Text | Table | Request | Client | Capture | Credentials):
            self.worth = True
        if statement.unpack:
            for target in statement.targets:
                if isinstance(target, Operation) and isinstance(target.left, Name) and isinstance(target.right, Name):
                    self.variables[target.right.name] = member_of(value, target.left.name, self.language)
                elif isinstance(target, Name):
                    self.variables[target.name] = member_of(value, target.name, self.language)
            return
        if len(statement.targets) > 1 and isinstance(value, Listing):
            for target, item in zip(statement.targets, value.items, strict=False):
                self._put(target, item, statement.value)
            return
        for target in (
            statement.targets if statement.operator == "=" and not _go_pair(statement) else statement.targets[:1]
        ):
            self._put(target, value, statement.value)

    def _put(self, target: Node, value: Value, node: Node) -> None:
        """What `node` is worth becomes the value of `target`."""
        if isinstance(target, Index):
            base = self.value(target.base)
            key = self.value(target.key)
            if base is None and isinstance(key, Text) and (name := path_of(target.base)):
                base = self.variables[name] = Table()
            if isinstance(key, Text):
                members.set_item(self, base, key, self.kept(value, node))
            return
        if isinstance(target, Attribute):
            base = self.value(target.base)
            if isinstance(base, Request | Client | Table):
                member = literal(target.name, self.span(target.end - len(target.name), target.end))
                members.set_member(self, base, member, self.kept(value, node) if isinstance(base, Table) else value)
                return
        name_of = path_of(target)
        if name_of:
            self.variables[name_of] = value

    def touch(self, request: Request) -> None:
        """The statement that is being followed has a part in `request`."""
        request.until = max(request.until, self.end)
        self.worth = True

    # -- expressions

    def value(self, node: Node) -> Value:
        """What an expression is worth."""
        self.steps += 1
        if self.depth >= MAX_DEPTH or self.steps > MAX_STEPS:
            return None
        self.depth += 1
        try:
            return self._value(node)
        finally:
            self.depth -= 1

    def _value(self, node: Node) -> Value:
        if isinstance(node, Literal):
            parts = [self._part(part) for part in node.parts]
            return joined(parts) if parts else Text(Passage("", ((0, self.span(node.start, node.end)[0]),)))
        if isinstance(node, Name):
            return self._name(node)
        if isinstance(node, Attribute):
            return self._attribute(node)
        if isinstance(node, Index):
            return self._index(node)
        if isinstance(node, Call):
            return calls.call(self, node)
        if isinstance(node, Pairs):
            return self._table(node.entries)
        if isinstance(node, Pair):
            return self._table([node])
        if isinstance(node, Items):
            return Listing([self.kept(self.value(item), item) for item in node.items[:500]])
        if isinstance(node, Join):
            return self._joined(node)
        if isinstance(node, Operation):
            return self._operation(node)
        if isinstance(node, Function):
            return node
        return None

    def _part(self, part: Fragment | Node) -> Text:
        if isinstance(part, Fragment):
            return literal(part.text, self.span(part.start, part.end))
        return self.text(self.value(part), part)

    def _name(self, node: Name) -> Value:
        if node.name in self.variables:
            return self.variables[node.name]
        if node.name in self.constants:
            return self.value(self.constants[node.name])
        if node.name in _LIBRARIES:
            client = self.variables[node.name] = Client()
            return client
        return None

    def _attribute(self, node: Attribute) -> Value:
        path = path_of(node)
        if path in self.variables:
            return self.variables[path]
        base = self.value(node.base)
        if base is None:
            if path in self.constants:
                return self.value(self.constants[path])
            if node.name == "DefaultClient":
                return Client()
            return None
        return members.member(self, base, node.name)

    def _index(self, node: Index) -> Value:
        base = self.value(node.base)
        key = self.value(node.key)
        if isinstance(base, Table) and isinstance(key, Text):
            return base.get(key.text)
        if isinstance(base, Listing) and isinstance(key, Text) and key.text.isdigit() and len(key.text) < 4:
            return base.items[int(key.text)] if int(key.text) < len(base.items) else None
        if isinstance(base, Request | Capture):
            return member_of(base, key.text, self.language) if isinstance(key, Text) else None
        return None

    def _table(self, entries: Sequence[Pair]) -> Table:
        table = Table()
        for entry in entries[:500]:
            value = self.value(entry.value)
            if entry.key is None:
                if isinstance(value, Table):
                    table.update(value)
                continue
            key = self.key(entry.key)
            if key is not None:
                table.pairs.append((key, self.kept(value, entry.value)))
        return table

    def kept(self, value: Value, node: Node) -> Value:
        """A value as a list or table keeps it: what is not known, or is of an answer, as a text that says so here."""
        if value is None and not isinstance(node, Name | Attribute | Index | Call):
            return None
        answer = isinstance(value, Capture) or (isinstance(value, Request) and value.made)
        return self.text(value, node) if value is None or answer else value

    def key(self, node: Node) -> Text | None:
        """The name that a key is: a text, or the last part of a constant's name."""
        value = self.value(node)
        if isinstance(value, Text):
            return value
        if isinstance(node, Name | Attribute):
            return literal(node.name, self.span(node.end - len(node.name), node.end))
        return None

    def _joined(self, node: Join) -> Value:
        values = [self.value(part) for part in node.parts[:500]]
        if not any(isinstance(v, Text) for v in values) and any(isinstance(v, Table) for v in values):
            table = Table()
            for value in values:
                if isinstance(value, Table):
                    table.update(value)
            return table
        return joined([self.text(v, part) for v, part in zip(values, node.parts, strict=False)])

    def _operation(self, node: Operation) -> Value:
        left = self.value(node.left)
        if node.operator == "or":
            return left if left is not None and not _is_hole(left) else self.value(node.right)
        right = self.value(node.right)
        if node.operator == "%" and isinstance(left, Text):
            if isinstance(right, Table):
                return formatted(left, [], {k.text: self.text(v) for k, v in right.pairs})
            if isinstance(right, Listing) and isinstance(node.right, Items):
                given = [self.text(v, n) for v, n in zip(right.items, node.right.items, strict=False)]
                return formatted(left, given, {})
            return formatted(left, [self.text(right, node.right)], {})
        return None

    def text(self, value: Value, node: Node | None = None) -> Text:
        """How a value reads within a text: as it is, or as the name of what is not known."""
        if isinstance(value, Text):
            return value
        if isinstance(value, Credentials):
            return value.text
        span = self.span(node.start, node.end) if node is not None else (0, 0)
        name = path_of(node, calls=True) if node is not None else ""
        if isinstance(value, Request):
            if not value.made and value.address is not None:
                return members.addressed(self, value)
            value = whole(value)
        if isinstance(value, Capture):
            return unknown(name or value.member or "answer", span, value)
        text: Text | None = None
        if isinstance(value, Table | Listing) and self.depth < MAX_DEPTH:  # they may hold themselves
            self.depth += 1
            if isinstance(value, Table):
                text = members.encoded_table(self, value)
            elif len(value.items) == 1:
                text = self.text(value.items[0], node)
            self.depth -= 1
        return text or unknown(name or "value", span)

    def span(self, start: int, end: int) -> Span:
        return self.passage.span(start, max(end, start))

    # -- functions

    def applied(self, function: Value, given: Sequence[Value]) -> Value:
        """What a function gives that is handed over to be called."""
        return self._apply(function, given) if isinstance(function, Function) else None

    def _apply(self, function: Function, given: Sequence[Value]) -> Value:
        for parameter, value in zip(function.parameters, given, strict=False):
            if isinstance(parameter, Name):
                self.variables[parameter.name] = value
            elif isinstance(parameter, Pairs):
                for entry in parameter.entries:
                    name = entry.value.name if isinstance(entry.value, Name) else ""
                    member = self.key(entry.key) if isinstance(entry.key, Literal) else None
                    if name:
                        self.variables[name] = member_of(value, member.text if member else name, self.language)
        if isinstance(function.body, list):
            worth = self.worth
            result = self._follow(function.body)
            self.worth = self.worth or worth
            return result
        return self.value(function.body)


def _go_pair(statement: Assign) -> bool:
    """Whether the other targets are for what went wrong, as in Go."""
    return statement.operator == ":=" or any(path_of(t) in ("err", "_") for t in statement.targets[1:])


def _is_hole(value: Value) -> bool:
    return (
        isinstance(value, Text)
        and bool(value.gaps)
        and value.gaps[0].start == 0
        and value.gaps[0].end == len(value.text)
    )
