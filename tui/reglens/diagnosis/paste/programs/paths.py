"""Names of variables and members, and the calls within statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from reglens.diagnosis.paste.programs.syntax import (
    Argument,
    Attribute,
    Call,
    Fragment,
    Index,
    Literal,
    Name,
    Node,
    Statement,
)

SELVES = frozenset({"self", "this", "cls", "@", "Self"})


def path_of(node: Node | None, *, calls: bool = False) -> str:
    """The dotted name of a variable or member, without the object itself; ``""`` for anything else."""
    names: list[str] = []
    while node is not None and len(names) < 12:
        if isinstance(node, Name):
            names.append(node.name)
            break
        if isinstance(node, Attribute):
            names.append(node.name)
            node = node.base
        elif isinstance(node, Index) and calls:
            key = node.key
            names += [p.text for p in key.parts if isinstance(p, Fragment)] if isinstance(key, Literal) else []
            node = node.base
        elif isinstance(node, Call) and calls:
            node = node.callee
        else:
            return ".".join(reversed(names)) if calls else ""
    names.reverse()
    if len(names) > 1 and names[0] in SELVES:
        names.pop(0)
    return ".".join(names)[:60]


def calls_in(statements: Sequence[Statement]) -> Iterator[Call]:
    """All calls in statements, in no order."""
    stack: list[object] = list(statements)
    while stack:
        item = stack.pop()
        if isinstance(item, list | tuple):
            stack.extend(item)
        elif isinstance(item, Node | Statement | Argument):
            if isinstance(item, Call):
                yield item
            stack.extend(getattr(item, f.name) for f in fields(item) if f.name not in ("start", "end", "name"))
