"""Regular expressions whose matching takes time in proportion to the text, whatever the expression.

Python's `re` tries one way after another: ``(a+)+$`` on forty letters takes longer than anybody waits, and while it
runs nothing else does. Here an expression becomes a set of states that are followed all at once (Thompson, "Regular
Expression Search Algorithm", 1968; https://swtch.com/~rsc/regexp/regexp1.html), and the sets met are remembered as one
state each. What cannot be done that way (backreferences, looking around) is refused, as RE2 does.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_LENGTH = 300
"""Characters of an expression."""
MAX_NODES = 2000
MAX_REPEAT = 200
MAX_DEPTH = 30
_KEPT = 100_000
"""Nodes in the sets that are remembered, all together; beyond that the memory starts anew."""

Ranges = tuple[tuple[str, str], ...]
_CLASSES: dict[str, Ranges] = {
    "d": (("0", "9"),),
    "w": (("a", "z"), ("0", "9"), ("_", "_")),
    "s": ((" ", " "), ("\t", "\r")),
}
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True)
class _Chars:
    """Characters: those within `ranges`, or all others."""

    ranges: Ranges
    negated: bool = False

    def holds(self, character: str) -> bool:
        return any(low <= character <= high for low, high in self.ranges) != self.negated


@dataclass(frozen=True, slots=True)
class _Edge:
    """The start or the end of the text."""

    start: bool


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: tuple[_Tree, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    parts: tuple[_Tree, ...]


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: _Tree
    least: int
    most: int | None


_Tree = _Chars | _Edge | _Sequence | _Choice | _Repeat


class Pattern:
    """A regular expression, to be sought in lower-case text; the case of its own letters does not count.

    Literals, ``.``, classes (``[a-z]``, ``[^0-9]``, ``\\d \\w \\s`` and their negations, all of ASCII), groups, ``|``,
    ``* + ? {m,n}`` (a ``?`` after them changes nothing), ``^`` and ``$``. Raises ValueError, with a sentence for
    people, for anything else.
    """

    def __init__(self, source: str) -> None:
        self._nodes: list[tuple[_Chars | _Edge | None, tuple[int, ...]]] = []
        accept = self._node(None)
        self._begin = self._lay(_Reader(source).read(), accept)
        self._accept = accept
        self._states: dict[frozenset[int], _State] = {}
        self._held = 0
        self._first = self._state({self._begin}, at_start=True)

    def search(self, text: str) -> bool:
        """Whether the expression occurs in `text`."""
        state = self._first
        for character in text:
            if state.found:
                return True
            state = state[character]
        return state.found or state.found_at_end

    # -- from the tree to nodes, each of which leads on to others

    def _node(self, kind: _Chars | _Edge | None, *following: int) -> int:
        if len(self._nodes) >= MAX_NODES:
            raise ValueError("the regular expression is too large")
        self._nodes.append((kind, following))
        return len(self._nodes) - 1

    def _lay(self, tree: _Tree, then: int) -> int:
        """Nodes for `tree` before the node `then`; the first of them."""
        match tree:
            case _Sequence(parts):
                then = then if parts else self._node(None, then)
                for part in reversed(parts):
                    then = self._lay(part, then)
                return then
            case _Choice(parts):
                return self._node(None, *(self._lay(part, then) for part in parts))
            case _Repeat(part, least, most):
                if most is None:
                    loop = self._node(None)
                    self._nodes[loop] = (None, (self._lay(part, loop), then))
                    then = loop
                else:
                    for _ in range(most - least):
                        then = self._node(None, self._lay(part, then), then)
                for _ in range(least):
                    then = self._lay(part, then)
                return then
            case _:
                return self._node(tree, then)

    # -- following the nodes

    def _reach(self, nodes: set[int], *, at_start: bool = False, at_end: bool = False) -> set[int]:
        """The nodes that can be got to from `nodes` without a character."""
        reached: set[int] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node in reached:
                continue
            reached.add(node)
            kind, following = self._nodes[node]
            if kind is None or (isinstance(kind, _Edge) and (at_start if kind.start else at_end)):
                waiting += following
        return reached

    def _state(self, nodes: set[int], *, at_start: bool = False) -> _State:
        reached = self._reach(nodes, at_start=at_start)
        key = frozenset(reached)
        state = None if at_start else self._states.get(key)
        if state is None:
            at_end = self._accept in self._reach(nodes, at_start=at_start, at_end=True)
            state = _State(self, key, self._accept in reached, at_end)
            if self._held > _KEPT:
                for known in (self._first, *self._states.values()):
                    known.clear()
                self._states.clear()
                self._held = 0
            if not at_start:
                self._states[key] = state
                self._held += len(key)
        return state

    def _step(self, nodes: frozenset[int], character: str) -> _State:
        """Where one character leads; the expression may also begin after it."""
        onward = {self._begin}
        for node in nodes:
            kind, following = self._nodes[node]
            if isinstance(kind, _Chars) and kind.holds(character):
                onward.update(following)
        return self._state(onward)


class _State(dict[str, "_State"]):
    """A set of nodes; as a mapping, where each character leads that was met there."""

    __slots__ = ("found", "found_at_end", "nodes", "pattern")

    def __init__(self, pattern: Pattern, nodes: frozenset[int], found: bool, found_at_end: bool) -> None:
        super().__init__()
        self.pattern, self.nodes, self.found, self.found_at_end = pattern, nodes, found, found_at_end

    def __missing__(self, character: str) -> _State:
        state = self.pattern._step(self.nodes, character)
        if character.isascii():  # tags are (distribution spec, "Pulling manifests"); others may be of any number
            self[character] = state
        return state


class _Reader:
    """The grammar, read from left to right."""

    def __init__(self, source: str) -> None:
        if len(source) > MAX_LENGTH:
            raise ValueError(f"a regular expression of more than {MAX_LENGTH} characters")
        self.source = source
        self.at = 0
        self.depth = 0

    def read(self) -> _Tree:
        tree = self._choice()
        if self.at < len(self.source):
            raise ValueError("a ) without its (")
        return tree

    def _peek(self) -> str:
        return self.source[self.at : self.at + 1]

    def _take(self, wanted: str) -> bool:
        if self.source.startswith(wanted, self.at):
            self.at += len(wanted)
            return True
        return False

    def _choice(self) -> _Tree:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else _Choice(tuple(parts))

    def _sequence(self) -> _Tree:
        parts: list[_Tree] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated())
        return _Sequence(tuple(parts))

    def _repeated(self) -> _Tree:
        part = self._atom()
        bounds = self._bounds()
        if bounds is None:
            return part
        self._take("?")
        if self._bounds() is not None:
            raise ValueError("a repetition of a repetition; put the inner one in brackets")
        return _Repeat(part, *bounds)

    def _bounds(self) -> tuple[int, int | None] | None:
        """How often what stands before is wanted, if that is said here."""
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        if self._peek() != "{":
            return None
        inner, closed, _ = self.source[self.at + 1 :].partition("}")
        low, comma, high = inner.partition(",")
        if not closed or not all((part.isascii() and part.isdigit()) or not part for part in (low, high)) or not low:
            raise ValueError("{ begins a repetition, such as {2} or {2,4}; \\{ is the sign itself")
        self.at += len(inner) + 2
        least = int(low)
        most = least if not comma else int(high) if high else None
        if max(least, most or 0) > MAX_REPEAT:
            raise ValueError(f"a repetition of more than {MAX_REPEAT}")
        if most is not None and most < least:
            raise ValueError(f"{{{inner}}} ends before it begins")
        return least, most

    def _atom(self) -> _Tree:
        sign = self._peek()
        self.at += 1
        if sign == "(":
            return self._group()
        if sign == "[":
            return self._class()
        if sign == ".":
            return _Chars((("\n", "\n"),), negated=True)
        if sign in ("^", "$"):
            return _Edge(sign == "^")
        if sign in ("*", "+", "?", "{"):
            raise ValueError(f"nothing stands before {sign} to be repeated")
        ranges, negated = self._escape() if sign == "\\" else (_folded(sign, sign), False)
        return _Chars(ranges, negated)

    def _group(self) -> _Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError("too many brackets within brackets")
        if not self._take("?:") and self._peek() == "?":
            raise ValueError("(? begins something that is not understood here; (?: ) is")
        tree = self._choice()
        if not self._take(")"):
            raise ValueError("a ( without its )")
        self.depth -= 1
        return tree

    def _escape(self) -> tuple[Ranges, bool]:
        """What follows a backslash: ranges, and whether all other characters are meant."""
        sign = self._peek()
        self.at += 1
        if not sign:
            raise ValueError("nothing stands after the last \\")
        if sign.lower() in _CLASSES:
            return _CLASSES[sign.lower()], sign.isupper()
        character = _ESCAPED.get(sign, sign)
        if character == sign and sign.isalnum():
            raise ValueError(f"\\{sign} is not understood here")
        return _folded(character, character), False

    def _class(self) -> _Tree:
        negated = self._take("^")
        ranges: list[tuple[str, str]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._peek()
            self.at += 1
            if not low:
                raise ValueError("a [ without its ]")
            if low == "\\":
                found, others = self._escape()
                if others:
                    raise ValueError("\\D, \\W and \\S are not understood within [ ]")
                if len(found) > 1 or found[0][0] != found[0][1]:
                    ranges += found
                    continue
                low = found[0][0]
            high = low
            if self._peek() == "-" and self.source[self.at + 1 : self.at + 2] not in ("]", ""):
                high = self.source[self.at + 1]
                self.at += 2
                if high == "\\":
                    found, others = self._escape()
                    if others or len(found) > 1 or found[0][0] != found[0][1]:
                        raise ValueError("a range within [ ] goes from one character to another")
                    high = found[0][0]
                if high < low:
                    raise ValueError(f"{low}-{high} goes backwards")
            ranges += _folded(low, high)
        self.at += 1
        return _Chars(tuple(ranges), negated)


def _folded(low: str, high: str) -> Ranges:
    """The characters from `low` to `high`, for a text in lower case."""
    if low == high:
        return tuple((character, character) for character in low.lower())
    start, end = max(low, "A"), min(high, "Z")
    return ((low, high), (start.lower(), end.lower())) if start <= end else ((low, high),)
