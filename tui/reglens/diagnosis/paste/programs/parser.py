"""Statements and expressions of code, by one tolerant grammar for all languages.

Each token is read once, apart from bounded looks ahead, and nesting is bounded, so that hostile code costs no more than
any. What is not understood becomes a plain `Node` or is passed over, token by token.
"""

from __future__ import annotations

from reglens.diagnosis.paste.programs.cursor import BINARY, CLOSING, LOOK_AHEAD, PREFIXES
from reglens.diagnosis.paste.programs.expressions import Expressions
from reglens.diagnosis.paste.programs.languages import Language
from reglens.diagnosis.paste.programs.lexer import Token, tokens_of
from reglens.diagnosis.paste.programs.syntax import (
    Assign,
    Attribute,
    Define,
    Evaluate,
    Index,
    Items,
    Name,
    Node,
    Operation,
    Pairs,
    Statement,
)

_LEADING = frozenset(
    "if elif while switch match for foreach else try catch except finally using with unless do".split()
)
_DEFINING = frozenset({"def", "function", "func", "fn", "fun"})
_ASSIGNING = frozenset({"=", ":=", "+=", ".=", "??=", "||="})


def parse(text: str, language: Language) -> list[Statement]:
    """The statements of `text`."""
    return Parser(tokens_of(text, language), language).statements("")


class Parser(Expressions):
    """Reads statements."""

    def statements(self, closing: str) -> list[Statement]:
        """Statements up to the `closing` bracket, or to the end."""
        done: list[Statement] = []
        while (token := self.peek()) is not None:
            if closing and token.kind == "mark" and token.value == closing:
                break
            before = self.at
            if token.kind == "line" or (token.kind == "mark" and token.value in ";{}),]"):
                self.at += 1
                continue
            statement = self.statement()
            if statement is not None:
                done.append(statement)
            if self.at == before:
                self.at += 1
        return done

    def statement(self) -> Statement | None:
        token = self.peek()
        if token is None:
            return None
        start = token.start
        if token.kind == "name":
            while (head := self.peek()) is not None and head.kind == "name" and self._is_modifier(head):
                self.at += 1
            head = self.peek()
            if head is None:
                return None
            if head.value in _DEFINING and head.kind == "name":
                return self._definition(start)
            if head.value in ("return", "yield") and head.kind == "name":
                self.at += 1
                node = self.expression()
                return Evaluate(start, self.last(), node, True)
            if head.value in _LEADING and head.kind == "name":
                self.at += 1
                return self._headed(start)
        return self._simple(start)

    def _is_modifier(self, token: Token) -> bool:
        following = self.peek(1)
        words = (
            "export",
            "default",
            "public",
            "private",
            "static",
            "async",
            "pub",
            "protected",
            "internal",
            "override",
        )
        return token.value in words and following is not None and following.kind == "name"

    def _definition(self, start: int) -> Statement:
        """``def name(parameters)``: the body's statements follow as any others."""
        self.at += 1
        if self.mark("("):  # Go's receiver, or a function without a name
            self.at += 1
            self.leave(")")
        name = ""
        if (token := self.peek()) is not None and token.kind == "name":
            name = token.value
            self.at += 1
        parameters: list[tuple[str, Node | None]] = []
        if self.mark("("):
            self.at += 1
            for argument in self.arguments(")"):
                if argument.name:
                    parameters.append((argument.name, argument.value))
                elif isinstance(argument.value, Name):
                    parameters.append((argument.value.name, None))
        end = self.last()
        if self.mark("->", ":", ")"):
            self.to_body()
        return Define(start, end, name, parameters)

    def _headed(self, start: int) -> Statement | None:
        """What stands behind a keyword such as ``with`` or ``if``."""
        opened = self.mark("(")
        if opened:
            self.at += 1
        outer, self.plain = self.plain, True
        found = self._simple(start)
        self.plain = outer
        if self.word("as"):
            self.at += 1
            target = self.expression()
            if isinstance(found, Evaluate):
                return Assign(start, self.last(), [target], found.node)
        return found

    def _simple(self, start: int) -> Statement | None:
        """An assignment, or an expression."""
        unpack = self._declared()
        if unpack and self.mark("{", "[", "("):
            opening = self.tokens[self.at].value
            self.at += 1
            targets = self._pattern(CLOSING[opening])
            named = opening == "{"
        else:
            targets, named = [self.expression()], False
            while self.mark(",") and isinstance(targets[-1], Name | Attribute | Index) and len(targets) < 20:
                self.at += 1
                targets.append(self.expression())
        if not targets:
            return None
        self._annotation()
        token = self.peek()
        if token is not None and token.kind == "mark" and token.value in _ASSIGNING:
            self.at += 1
            self.lines()
            outer, self.plain = self.plain, False
            value = self.expression()
            self.plain = outer
            values = [value]
            while len(targets) > 1 and self.mark(",") and len(values) < len(targets):
                self.at += 1
                values.append(self.expression())
            if len(values) > 1:
                value = Items(values[0].start, self.last(), values)
            while self.mark("=") and isinstance(value, Name | Attribute):  # a = b = c
                targets.append(value)
                self.at += 1
                value = self.expression()
            return Assign(start, self.last(), targets, value, token.value, named)
        return Evaluate(start, self.last(), targets[-1]) if self.last() > start else None

    def _declared(self) -> bool:
        """Passes over what declares a variable: keywords and types before its name. Whether a pattern may follow."""
        for _ in range(6):
            token, following = self.peek(), self.peek(1)
            if token is None or token.kind != "name" or following is None:
                return True
            if token.value in ("const", "let", "var", "val", "final", "my", "local", "auto", "mut", "readonly"):
                self.at += 1
                if not (following.kind == "name" or following.value in ("{", "[", "(")):
                    return True
                continue
            if token.value in PREFIXES or self.language.commands or following.kind == "line":
                return False
            if following.kind == "name" and following.value not in BINARY and following.value not in ("as", "from"):
                self.at += 1
                continue
            generic = self.generic(1) if following.value == "<" else 0
            behind = self.peek(generic + 1) if generic else None
            if behind is not None and behind.kind == "name":
                self.at += generic + 1
                continue
            if following.value == "[" and self.mark("]", ahead=2) and (t := self.peek(3)) and t.kind == "name":
                self.at += 3
                continue
            return False
        return False

    def _pattern(self, closing: str) -> list[Node]:
        """The names in ``{ token, data: { x: y } }``; of a renamed one, the member and the variable as an operation."""
        names: list[Node] = []
        for argument in self.arguments(closing):
            value = argument.value
            if argument.name and isinstance(value, Name):
                member = Name(value.start, value.end, argument.name)
                names.append(Operation(value.start, value.end, ":", member, value))
            elif argument.name and isinstance(value, Pairs):
                names += [entry.value for entry in value.entries if isinstance(entry.value, Name)]
            else:
                names.append(value)
        return names

    def _annotation(self) -> None:
        """Passes over the type behind a name, ``: string``."""
        if not self.mark(":"):
            return
        for ahead in range(1, LOOK_AHEAD):
            token = self.peek(ahead)
            if token is None or token.kind in ("line", "text", "number"):
                return
            if token.kind == "mark" and token.value == "=":
                self.at += ahead
                return
            if token.kind == "mark" and token.value in ("(", "{", ";", ","):
                return
