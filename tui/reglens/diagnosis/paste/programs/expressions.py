"""Expressions of code: operators, and what stands between them."""

from __future__ import annotations

from reglens.diagnosis.paste.programs.chains import Chains, collected
from reglens.diagnosis.paste.programs.cursor import BINARY, CLOSING, LOOK_AHEAD, MAX_DEPTH, MAX_STEPS, PREFIXES
from reglens.diagnosis.paste.programs.languages import GO, PYTHON, RUBY
from reglens.diagnosis.paste.programs.lexer import Token
from reglens.diagnosis.paste.programs.syntax import (
    Argument,
    Attribute,
    Call,
    Fragment,
    Function,
    Items,
    Join,
    Literal,
    Name,
    Node,
    Operation,
    Pair,
)

_EITHER = frozenset({"or", "||", "??"})
_UNARY = frozenset({"&", "*", "!", "-", "+", "~", "...", "**"})


class Expressions(Chains):
    """Reads expressions."""

    def expression(self) -> Node:
        """One expression."""
        if self.depth >= MAX_DEPTH:
            return self._skipped()
        self.depth += 1
        node = self._binary()
        self.depth -= 1
        return node

    def _skipped(self) -> Node:
        token = self.peek()
        start = self.position()
        if token is not None:
            self.at += 1
            if token.kind == "mark" and token.value in CLOSING:
                self.leave(CLOSING[token.value])
        return Node(start, self.last())

    def _binary(self) -> Node:
        left = self._unary()
        steps = 0
        while True:
            operator = self._operator()
            if not operator:
                return left
            self.at += 1
            self.lines()
            if operator == "?":
                left = self._chosen(left)
                continue
            right = self._unary()
            if operator == self.language.concatenation or (operator == "+" and self.language.concatenation == "+"):
                if isinstance(left, Join):
                    left.parts.append(right)
                    left.end = self.last()
                else:
                    left = Join(left.start, self.last(), [left, right])
                continue
            steps += 1
            known = "or" if operator in _EITHER else "%" if operator in ("%", "f") else ""
            if known and steps < MAX_STEPS:
                left = Operation(left.start, self.last(), known, left, right)
            else:
                left = Node(left.start, self.last())

    def _operator(self) -> str:
        """The operator that is next, if one is."""
        token = self.peek()
        ahead = 0
        while token is not None and token.kind == "line":  # an expression goes on where its next line begins so
            ahead += 1
            token = self.peek(ahead)
        if token is None:
            return ""
        value = token.value
        if token.kind == "option":
            return value if ahead == 0 and self.language.commands and value in ("f", "eq", "ne") else ""
        if ahead and not (token.kind == "mark" and value in ("+", "||", "??", "&&", self.language.concatenation)):
            return ""
        if value not in BINARY or token.kind not in ("mark", "name"):
            return ""
        if token.kind == "name" and value == "as":
            return ""
        if value == "." and self.language.concatenation != ".":
            return ""
        if value == "?" and self.language.name == "rust":
            return ""
        if value in ("&", "*", "-", "<") and self.language.commands and not ahead:
            return ""
        self.at += ahead
        return value

    def _chosen(self, condition: Node) -> Node:
        """``condition ? one : other``: the first that is something."""
        one = self.expression()
        self.lines()
        if not self.mark(":"):
            return Node(condition.start, self.last())
        self.at += 1
        self.lines()
        other = self.expression()
        return Operation(condition.start, self.last(), "or", one, other)

    def _unary(self) -> Node:
        for _ in range(LOOK_AHEAD):
            token = self.peek()
            if token is None:
                break
            following = self.peek(1)
            if (token.kind == "mark" and token.value in _UNARY) or (
                token.kind == "name"
                and token.value in PREFIXES
                and following is not None
                and (following.kind in ("name", "text") or following.value in ("(", "{", "[", "::", "&", "*"))
                and not (token.value == "new" and following.value in ("(",) and self.language.name == "ruby")
            ):
                self.at += 1
            else:
                break
        return self.suffixes(self._primary())

    def _primary(self) -> Node:
        token = self.peek()
        if token is None:
            return Node(self.last(), self.last())
        start = token.start
        if token.kind == "text":
            return self._text(token)
        if token.kind in ("number", "option"):
            self.at += 1
            return Literal(start, token.end, [Fragment(start, token.end, token.value)])
        if token.kind == "name":
            return self._named(token)
        if token.value in ("(", "@(", "$("):
            return self._bracketed(token)
        if token.value == "[":
            self.at += 1
            return self._list("]", start)
        if token.value in ("{", "@{"):
            self.at += 1
            return self.pairs(start)
        if token.value in (":", "::") and (name := self.peek(1)) is not None and name.kind in ("name", "text"):
            self.at += 1  # Ruby's symbols
            if name.kind == "text":
                return self._text(name)
            self.at += 1
            return Literal(start, name.end, [Fragment(name.start, name.end, name.value)])
        if token.kind == "line" or token.value in ")]},;":
            return Node(start, start)
        self.at += 1
        return Node(start, token.end)

    def _text(self, token: Token) -> Node:
        """A text; with those that stand right behind it, as Python joins them."""
        parts: list[Fragment | Node] = []
        start = token.start
        while True:
            self.at += 1
            for piece in token.pieces:
                if piece.inner is None:
                    parts.append(Fragment(piece.start, piece.end, piece.text))
                else:
                    parts.append(self._filled(piece.inner, piece.start, piece.end))
            following = self.peek()
            ahead = 0
            while self.language is PYTHON and following is not None and following.kind == "line" and self.depth > 1:
                ahead += 1
                following = self.peek(ahead)
            if following is None or following.kind != "text" or self.language not in (PYTHON, RUBY):
                return Literal(start, token.end, parts)
            if ahead and not self._continues(ahead):
                return Literal(start, token.end, parts)
            self.at += ahead
            token = following

    def _continues(self, ahead: int) -> bool:
        """Whether what follows line ends is the rest of a text, and no key of a pair."""
        return not self.mark(":", ahead=ahead + 1)

    def _filled(self, tokens: list[Token], start: int, end: int) -> Node:
        inner = type(self)(tokens, self.language)
        inner.depth = self.depth + 1
        node = inner.expression() if self.depth < MAX_DEPTH and tokens else Node(start, end)
        node.start, node.end = start, end
        return node

    def _named(self, token: Token) -> Node:
        self.at += 1
        node: Node = Name(token.start, token.end, token.value)
        if token.value == "function" or (token.value in ("func", "fn") and self.mark("(")):
            return self._function(token.start)
        if token.value == "map" and self.language is GO and self.mark("["):
            self.at += 1
            self.leave("]")
            self.type_name()
            return node if not self.mark("{") else self._braced(token.start)
        if self.mark("=>") and self.language.name in ("javascript", "csharp"):
            return self._arrow(token.start, [node])
        bare = token.end - token.start == len(token.value)
        if self.language.commands and bare and (following := self.peek()) is not None and following.spaced:
            return self._command(node, following)
        return node

    def _braced(self, start: int) -> Node:
        self.at += 1
        return self.pairs(start)

    def _command(self, node: Node, following: Token) -> Node:
        """``Name -Option value …`` of PowerShell, ``name value, value`` of Ruby."""
        if not isinstance(node, Name):
            return node
        if self.language is RUBY:
            return node
        shell = "-" in node.name or following.kind == "option" or node.name.lower() in ("irm", "iwr", "curl", "wget")
        if not shell or following.kind == "line":
            return node
        arguments: list[Argument] = []
        while (
            (token := self.peek()) is not None and token.kind != "line" and token.value not in (")", "}", "]", "|", ";")
        ):
            before = self.at
            if token.kind == "option":
                self.at += 1
                value = self.peek()
                if value is None or value.kind in ("option", "line") or value.value in ("|", ")", ";", "}"):
                    arguments.append(Argument(token.value, Node(token.start, token.end)))
                    continue
                arguments.append(Argument(token.value, self._word()))
            else:
                arguments.append(Argument("", self._word()))
            if self.at == before:
                self.at += 1
        made: Node = Call(node.start, self.last(), node, arguments)
        while self.mark("|"):
            self.at += 1
            self.lines()
            filtered = self._unary()
            if isinstance(filtered, Call):
                filtered.arguments.insert(0, Argument("", made))
                made = filtered
            elif isinstance(filtered, Name):
                made = Call(made.start, self.last(), filtered, [Argument("", made)])
        return made

    def _word(self) -> Node:
        """One argument of a command: an expression, or a word without quotes, in which variables are filled in."""
        token = self.peek()
        if token is None or token.kind != "name" or token.end - token.start != len(token.value):
            return self._unary()
        parts: list[Fragment | Node] = []
        while token is not None and token.kind in ("name", "number", "mark", "option"):
            if parts and (token.spaced or (token.kind == "mark" and token.value in ")}];|,")):
                break
            self.at += 1
            if token.kind == "name" and token.end - token.start > len(token.value):
                parts.append(Name(token.start, token.end, token.value))
            else:
                written = "-" + token.value if token.kind == "option" else token.value
                parts.append(Fragment(token.start, token.end, written))
            token = self.peek()
        return Literal(parts[0].start, parts[-1].end, parts)

    def _bracketed(self, opening: Token) -> Node:
        """What stands in brackets: a group, a tuple, the parameters of a function."""
        self.at += 1
        found = self.arguments(")")
        node: Node
        if self.mark("=>") or (self.mark("->") and self.language.name == "java"):
            return self._arrow(opening.start, [argument.value for argument in found])
        if len(found) == 1 and not (self.tokens[self.at - 2].value == "," if self.at > 1 else False):
            node = found[0].value
            return self._unary() if self._is_cast(opening, node) else node
        return Items(opening.start, self.last(), [argument.value for argument in found])

    def _is_cast(self, opening: Token, node: Node) -> bool:
        """Whether a name in brackets is a type that what follows is taken for."""
        following = self.peek()
        if not isinstance(node, Name) or following is None or following.kind != "name":
            return False
        return not following.spaced or (opening.value == "(" and self.language.name in ("java", "csharp", "php"))

    def _arrow(self, start: int, parameters: list[Node]) -> Node:
        self.at += 1
        self.lines()
        if self.mark("{"):
            return self._function(start, parameters)
        body = self.expression()
        return Function(start, self.last(), parameters, body)

    def _function(self, start: int, parameters: list[Node] | None = None) -> Node:
        if parameters is None:
            if (token := self.peek()) is not None and token.kind == "name":
                self.at += 1
            parameters = []
            if self.mark("("):
                self.at += 1
                parameters = [argument.value for argument in self.arguments(")")]
            self.to_body()
        if not self.mark("{"):
            return Node(start, self.last())
        self.at += 1
        if self.depth >= MAX_DEPTH:
            self.leave("}")
            return Node(start, self.last())
        self.depth += 1
        outer, self.plain = self.plain, False
        body = self.statements("}")
        self.plain = outer
        self.depth -= 1
        if self.mark("}"):
            self.at += 1
        return Function(start, self.last(), parameters, body)

    def _list(self, closing: str, start: int) -> Node:
        """``[a, b]``, or PHP's ``['a' => b]``; ``[]string{…}`` of Go; a type's name in PowerShell."""
        found = self.arguments(closing)
        if self.language is GO and not found:
            self.type_name()
            if self.mark("{"):
                self.at += 1
                return Items(start, self.last(), [argument.value for argument in self.arguments("}")])
            return Node(start, self.last())
        if any(argument.name or isinstance(argument.value, Pair) for argument in found):
            return collected(found, start, self.last())
        if len(found) == 1 and self.language.commands and isinstance(found[0].value, Name | Attribute):
            following = self.peek()
            if self.mark("::"):
                return found[0].value
            if following is not None and following.kind in ("name", "text") and not following.spaced:
                return self._unary()
        return Items(start, self.last(), [argument.value for argument in found])
