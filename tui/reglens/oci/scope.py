"""Scopes of registry tokens.

Grammar (distribution, docs/content/spec/auth/scope.md)::

    scope  = resourcescope *( " " resourcescope )
    resourcescope = type [ "(" class ")" ] ":" name ":" action *( "," action )

The name may hold one colon (a host's port), so the type ends at the first colon and the actions begin at the last.
Reading is lenient: what breaks the grammar is kept as it came, with `well_formed` false.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_TYPE = re.compile(r"(?P<type>[^(]*)(?:\((?P<class>[^)]*)\))?")
_ORDER = {"pull": 0, "push": 1, "delete": 2}


@dataclass(frozen=True, slots=True)
class Scope:
    """Some actions on one resource. `actions` keeps the order in which they were given."""

    type: str
    name: str
    actions: tuple[str, ...]
    resource_class: str = ""
    well_formed: bool = True

    @classmethod
    def parse(cls, text: str) -> Scope:
        """One scope, of any shape; never raises."""
        kind, colon, rest = text.partition(":")
        name, last, actions = rest.rpartition(":")
        well_formed = bool(colon and last and kind and name)
        if not last:
            name, actions = rest, ""
        found = _TYPE.fullmatch(kind)
        return cls(
            type=found["type"] if found else kind,
            name=name,
            actions=tuple(a.strip() for a in actions.split(",") if a.strip()),
            resource_class=(found["class"] or "") if found else "",
            well_formed=well_formed and found is not None,
        )

    @classmethod
    def repository(cls, name: str, *actions: str) -> Scope:
        """The scope for `actions` (default: pull) on a repository."""
        return cls("repository", name, actions or ("pull",))

    @property
    def resource(self) -> tuple[str, str]:
        """What it is about: type and name. The deprecated class does not tell resources apart."""
        return self.type, self.name

    def covers(self, other: Scope) -> bool:
        """Whether holding this scope satisfies `other`: same resource, every action (``*`` is every action)."""
        return self.resource == other.resource and ("*" in self.actions or set(other.actions) <= set(self.actions))

    def __str__(self) -> str:
        kind = f"{self.type}({self.resource_class})" if self.resource_class else self.type
        return f"{kind}:{self.name}:{','.join(self.actions)}"


def parse_scopes(text: str) -> tuple[Scope, ...]:
    """The scopes of a challenge's or token request's ``scope`` value, blank-separated."""
    return tuple(Scope.parse(part) for part in text.split())


def union(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Those scopes with one entry a resource, in a canonical order: for requests, and as the key of a cache.

    Actions stand as pull, push, delete, others by name; a ``*`` stands alone, as it includes the others.
    """
    actions: dict[tuple[str, str], set[str]] = {}
    classes: dict[tuple[str, str], str] = {}
    for scope in scopes:
        actions.setdefault(scope.resource, set()).update(scope.actions)
        classes.setdefault(scope.resource, scope.resource_class)
    return tuple(
        Scope(kind, name, _ordered(actions[kind, name]), classes[kind, name]) for kind, name in sorted(actions)
    )


def _ordered(actions: set[str]) -> tuple[str, ...]:
    if "*" in actions:
        return ("*",)
    return tuple(sorted(actions, key=lambda action: (_ORDER.get(action, 9), action)))


def covered(wanted: Iterable[Scope], held: Iterable[Scope]) -> bool:
    """Whether every scope of `wanted` is satisfied by those of `held` taken together."""
    return not missing(wanted, held)


def missing(wanted: Iterable[Scope], held: Iterable[Scope]) -> list[Scope]:
    """Those scopes of `wanted` that `held` does not satisfy. Linear, as a hostile challenge may name thousands."""
    merged = {scope.resource: scope for scope in union(held)}
    return [want for want in wanted if (have := merged.get(want.resource)) is None or not have.covers(want)]


def scope_of_access(entry: Mapping[str, object]) -> Scope:
    """One entry of a token's ``access`` claim (distribution, docs/content/spec/auth/jwt.md) as a scope.

    Members of a wrong type give an ill-formed scope, never an error.
    """
    kind, name, actions = entry.get("type"), entry.get("name"), entry.get("actions")
    listed = tuple(a for a in actions if isinstance(a, str)) if isinstance(actions, list) else ()
    resource_class = entry.get("class")
    return Scope(
        type=kind if isinstance(kind, str) else "",
        name=name if isinstance(name, str) else "",
        actions=listed,
        resource_class=resource_class if isinstance(resource_class, str) else "",
        well_formed=isinstance(kind, str) and isinstance(name, str) and isinstance(actions, list),
    )
