"""Arguments, items and pairs in brackets, and what may follow an expression: members, calls, indices."""

from __future__ import annotations

from collections.abc import Sequence

from reglens.diagnosis.paste.programs.cursor import BINARY, MAX_DEPTH, MAX_STEPS, PREFIXES, Cursor
from reglens.diagnosis.paste.programs.languages import GO, PHP, RUBY
from reglens.diagnosis.paste.programs.lexer import Token
from reglens.diagnosis.paste.programs.syntax import (
    Argument,
    Attribute,
    Call,
    Fragment,
    Function,
    Index,
    Items,
    Literal,
    Name,
    Node,
    Pair,
    Pairs,
)

_MEMBERS = frozenset({".", "?.", "->", "::"})


class Chains(Cursor):
    """Expressions with what is in brackets behind them."""

    def arguments(self, closing: str) -> list[Argument]:
        """Arguments, items or pairs up to the `closing` bracket, and over it."""
        found: list[Argument] = []
        if self.depth >= MAX_DEPTH:
            self.leave(closing)
            return found
        self.depth += 1
        outer, self.plain = self.plain, False
        while (token := self.peek()) is not None:
            before = self.at
            if token.kind == "line" or (token.value in (",", ";") and token.kind == "mark"):
                self.at += 1
                continue
            if token.kind == "mark" and token.value in ")]}":
                if token.value == closing:
                    self.at += 1
                break
            found.append(self._argument())
            if self.at == before:
                self.at += 1
        self.plain = outer
        self.depth -= 1
        return found

    def _argument(self) -> Argument:
        token, following = self.peek(), self.peek(1)
        if token is not None and following is not None and token.kind in ("name", "text"):
            key = token.value if token.kind == "name" else "".join(p.text for p in token.pieces)
            simple = token.kind == "name" or all(p.inner is None for p in token.pieces)
            ternary = following.value == ":" and self.mark(":", ahead=2)
            named = following.kind == "mark" and following.value in (":", "=", "=>") and not ternary
            arrow = following.value == "=>" and token.kind == "name" and self.language.name != "ruby"
            if named and simple and not arrow:
                self.at += 2
                self.lines()
                value = self._value()
                if token.kind == "text" or following.value == "=>":
                    return _pair(Literal(token.start, token.end, _fragments(token, key)), value)
                return Argument(key, value, token.start)
        if token is not None and token.value == "[" and (key_node := self._computed()) is not None:
            return _pair(key_node, self._value())
        if token is not None and token.value in ("...", "**"):
            self.at += 1
            spread = self.expression()
            return Argument("", Pair(spread.start, spread.end, None, spread))
        value = self._declaring()
        if self.mark(":", "=>", "=") and not isinstance(value, Function):
            arrow = self.mark("=>")
            if not (arrow and self.language.name == "javascript"):
                self.at += 1
                self.lines()
                return _pair(value, self._value())
        return Argument("", value)

    def _declaring(self) -> Node:
        """An expression, or a parameter with its type before it."""
        token, following = self.peek(), self.peek(1)
        names = token is not None and following is not None and token.kind == following.kind == "name"
        if not names or token is None or following is None or self.language.commands:
            return self.expression()
        if token.value in PREFIXES or following.value in BINARY or following.value in ("if", "for", "as", "else"):
            return self.expression()
        if self.language is GO:
            self.at += 2
            self.type_name()
            return Name(token.start, token.end, token.value)
        behind = self.peek(2)
        if behind is not None and behind.value in (",", ")", "="):
            self.at += 1
        return self.expression()

    def _value(self) -> Node:
        node = self.expression()
        if self.mark("=") and isinstance(node, Name):  # a parameter with a type and a default: name: type = value
            self.at += 1
            return self.expression()
        return node

    def _computed(self) -> Node | None:
        """The key of ``[key]: value`` or ``["key"] = value``, with what follows it passed over."""
        close = next((n for n in range(1, 8) if self.mark("]", ahead=n)), 0)
        if not close or not self.mark(":", "=", ahead=close + 1):
            return None
        self.at += 1
        key = self.expression()
        if not self.mark("]"):
            return None
        self.at += 2
        self.lines()
        return key

    def suffixes(self, node: Node) -> Node:
        steps = 0
        while (step := self._suffix(node)) is not None:
            steps += 1
            node = step if steps < MAX_STEPS else Node(step.start, step.end)
        return node

    def _suffix(self, node: Node) -> Node | None:
        token = self.peek()
        if token is None:
            return None
        if token.kind == "line":
            ahead = 1
            while (following := self.peek(ahead)) is not None and following.kind == "line":
                ahead += 1
            member = ("?.", "->") if self.language is PHP else (".", "?.")
            if following is None or following.kind != "mark" or following.value not in member:
                return None
            if (name := self.peek(ahead + 1)) is None or name.kind != "name":
                return None
            self.at += ahead
            return self._suffix(node)
        value = token.value
        if token.kind != "mark":
            return self._ruby_arguments(node, token)
        if value in _MEMBERS and not (value == "." and self.language is PHP):
            return self._member(node)
        if value == "(" and not (token.spaced and self.language.commands and self.language.name != "ruby"):
            self.at += 1
            arguments = self.arguments(")")
            return Call(node.start, self.last(), node, arguments)
        if value == "[" and not (token.spaced and (self.language.commands or isinstance(node, Literal))):
            self.at += 1
            keys = self.arguments("]")
            key = keys[0].value if keys else Node(token.start, self.last())
            return Index(node.start, self.last(), node, key)
        if value == "!" and (self.mark("(", "[", ahead=1) or self.mark(".", ahead=1)):
            self.at += 1
            return self._suffix(node)
        if value == "?" and self.language.name == "rust":
            self.at += 1
            return Attribute(node.start, self.last(), node, "unwrap")
        braced = self.language is GO or (self.language.name == "csharp" and token.start != node.end)
        if value == "{" and braced and not self.plain and isinstance(node, Name | Attribute | Call):
            self.at += 1
            pairs = self.pairs(token.start)
            return Call(node.start, self.last(), node, [Argument("{}", pairs)])
        if (
            value == "<"
            and self.language.name in ("csharp", "java", "javascript")
            and isinstance(node, Name | Attribute)
        ):
            generic = self.generic(0)
            if generic and self.mark("(", "{", "[", ahead=generic + 1):
                self.at += generic + 1
                return self._suffix(node)
        return None

    def _member(self, node: Node) -> Node | None:
        ahead = 1
        while (token := self.peek(ahead)) is not None and token.kind == "line" and ahead < 4:
            ahead += 1
        if token is None:
            return None
        if token.value == "<" and self.mark("::") and (generic := self.generic(ahead)):
            self.at += generic + 1  # Rust's ::<Type>
            return Attribute(node.start, self.last(), node, "unwrap") if not self.mark("(") else self._suffix(node)
        if token.kind == "mark" and token.value in ("(", "["):  # ?.(…) and ?.[…]
            self.at += ahead
            return self._suffix(node)
        if token.kind not in ("name", "number"):
            return None
        self.at += ahead + 1
        return Attribute(node.start, token.end, node, token.value)

    def _ruby_arguments(self, node: Node, token: Token) -> Node | None:
        """Ruby's arguments without brackets."""
        if self.language is not RUBY or not token.spaced or not isinstance(node, Name | Attribute):
            return None
        if token.kind == "name" and (token.value in BINARY or token.value in ("do", "if", "unless", "then", "end")):
            return None
        if token.kind not in ("name", "text"):
            return None
        arguments: list[Argument] = []
        while (next_token := self.peek()) is not None and next_token.kind != "line" and len(arguments) < 20:
            arguments.append(self._argument())
            if not self.mark(","):
                break
            self.at += 1
            self.lines()
        return Call(node.start, self.last(), node, arguments)

    def pairs(self, start: int) -> Node:
        """What stands in braces: pairs, or a list in braces."""
        return collected(self.arguments("}"), start, self.last())


def _fragments(token: Token, key: str) -> list[Fragment | Node]:
    inner = token.pieces[0].start if token.pieces else token.start
    end = token.pieces[-1].end if token.pieces else token.end
    return [Fragment(inner, end, key)]


def _pair(key: Node, value: Node) -> Argument:
    return Argument("", Pair(key.start, value.end, key, value))


def collected(found: Sequence[Argument], start: int, end: int) -> Node:
    """Pairs, if there are any among what stood in brackets; else a list."""
    entries: list[Pair] = []
    paired = False
    for argument in found:
        value = argument.value
        if argument.name:
            paired = True
            at = argument.at
            name = Fragment(at, at + len(argument.name), argument.name)
            entries.append(Pair(at, value.end, Literal(at, name.end, [name], bare=True), value))
        elif isinstance(value, Pair):
            paired = True
            entries.append(value)
        elif isinstance(value, Items) and len(value.items) == 2:
            entries.append(Pair(value.start, value.end, value.items[0], value.items[1]))
        elif isinstance(value, Name):
            name = Fragment(value.start, value.end, value.name)
            entries.append(Pair(value.start, value.end, Literal(value.start, value.end, [name], bare=True), value))
            paired = True
    if paired or (entries and len(entries) == len(found)):
        return Pairs(start, end, entries)
    return Items(start, end, [argument.value for argument in found])
