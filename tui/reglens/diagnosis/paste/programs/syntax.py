"""What the parser makes of code: expressions and statements, each knowing where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Node:
    """An expression that stands from `start` up to `end` in the code. Itself: one that is not understood."""

    start: int
    end: int


@dataclass(slots=True)
class Fragment:
    """A literal part of a text: where it stands, and what it means."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class Literal(Node):
    """A text, with expressions that are filled in. `bare`: the name of a member that stands without quotes."""

    parts: list[Fragment | Node] = field(default_factory=list)
    bare: bool = False


@dataclass(slots=True)
class Name(Node):
    name: str = ""


@dataclass(slots=True)
class Attribute(Node):
    """``base.name``, by whatever operator."""

    base: Node
    name: str


@dataclass(slots=True)
class Index(Node):
    base: Node
    key: Node


@dataclass(slots=True)
class Argument:
    """One argument of a call, with its name where it is given by name, and where that stands."""

    name: str
    value: Node
    at: int = 0


@dataclass(slots=True)
class Call(Node):
    callee: Node
    arguments: list[Argument]


@dataclass(slots=True)
class Pair(Node):
    """A key and its value; without a key, what is spread into the pairs around it."""

    key: Node | None
    value: Node


@dataclass(slots=True)
class Pairs(Node):
    """A dictionary, object, hash, map."""

    entries: list[Pair] = field(default_factory=list)


@dataclass(slots=True)
class Items(Node):
    """A list, tuple or array."""

    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Join(Node):
    """Expressions that ``+``, or what a language has for it, joins."""

    parts: list[Node]


@dataclass(slots=True)
class Operation(Node):
    """Two expressions and what is between: ``%`` formats, ``or`` takes the first that is something, ``:`` names the
    member and the variable of a pattern."""

    operator: str
    left: Node
    right: Node


@dataclass(slots=True)
class Statement:
    """A statement that stands from `start` up to `end`. Itself: one of no interest."""

    start: int
    end: int


@dataclass(slots=True)
class Evaluate(Statement):
    node: Node
    returned: bool = False


@dataclass(slots=True)
class Assign(Statement):
    """`targets` are expressions that can be assigned to; with `unpack` set they are names of members."""

    targets: list[Node]
    value: Node
    operator: str = "="
    unpack: bool = False


@dataclass(slots=True)
class Define(Statement):
    """A function begins; `parameters` are names, with their defaults."""

    name: str
    parameters: list[tuple[str, Node | None]] = field(default_factory=list)


@dataclass(slots=True)
class Function(Node):
    """A function without a name, its body an expression or statements."""

    parameters: list[Node]
    body: Node | list[Statement]
