"""Statements and expressions of code, by one tolerant grammar for all languages.

Each token is read once, apart from bounded looks ahead, and nesting is bounded, so that hostile code costs no more than
any. What is not understood becomes a plain `Node` or is passed over, token by token.
"""

from __future__ import annotations

from collections.abc import Sequence

from reglens.diagnosis.paste.programs.languages import GO, PHP, PYTHON, RUBY, Language
from reglens.diagnosis.paste.programs.lexer import Token, tokens_of
from reglens.diagnosis.paste.programs.syntax import (
    Argument,
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

MAX_DEPTH = 40
"""Levels of brackets within brackets that are followed."""
MAX_STEPS = 60
"""Members, calls and operators that follow one another in one expression."""
LOOK_AHEAD = 40
"""Tokens that are looked at to tell what begins here."""

_CLOSING = {"(": ")", "[": "]", "{": "}", "@{": "}", "@(": ")", "$(": ")"}
_PREFIXES = frozenset("await new yield async not typeof void delete out ref mut throw".split())
_LEADING = frozenset(
    "if elif while switch match for foreach else try catch except finally using with unless do".split()
)
_DEFINING = frozenset({"def", "function", "func", "fn", "fun"})
_ASSIGNING = frozenset({"=", ":=", "+=", ".=", "??=", "||="})
_MEMBERS = frozenset({".", "?.", "->", "::"})
_BINARY = frozenset(
    "+ - * / % == != === !== < > <= >= && || ?? << | & ^ . and or in is instanceof as -f -eq -ne <=> ?".split()
)
_EITHER = frozenset({"or", "||", "??"})
_UNARY = frozenset({"&", "*", "!", "-", "+", "~", "...", "**"})


def parse(text: str, language: Language) -> list[Statement]:
    """The statements of `text`."""
    return Parser(tokens_of(text, language), language).statements("")


class Parser:
    """Reads tokens from `at` on."""

    def __init__(self, tokens: Sequence[Token], language: Language) -> None:
        self.tokens = tokens
        self.language = language
        self.at = 0
        self.depth = 0
        self.plain = False  # whether a brace behind a name is a block, as in the head of an if

    # -- tokens

    def peek(self, ahead: int = 0) -> Token | None:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else None

    def mark(self, *values: str, ahead: int = 0) -> bool:
        """Whether one of these marks is next."""
        token = self.peek(ahead)
        return token is not None and token.kind == "mark" and token.value in values

    def word(self, *values: str) -> bool:
        token = self.peek()
        return token is not None and token.kind == "name" and token.value in values

    def lines(self) -> None:
        """Passes over line ends."""
        while (token := self.peek()) is not None and token.kind == "line":
            self.at += 1

    def position(self) -> int:
        token = self.peek()
        return token.start if token else self.last()

    def last(self) -> int:
        """Where the token before ends."""
        return self.tokens[self.at - 1].end if 0 < self.at <= len(self.tokens) else 0

    def leave(self, closing: str) -> None:
        """Passes over everything up to the bracket that closes this one, and over it."""
        level = 0
        while (token := self.peek()) is not None:
            self.at += 1
            if token.kind == "mark":
                if token.value in _CLOSING:
                    level += 1
                elif token.value in ")]}":
                    if level == 0:
                        return
                    level -= 1

    # -- statements

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
            self._to_body()
        return Define(start, end, name, parameters)

    def _to_body(self) -> None:
        for _ in range(LOOK_AHEAD):
            token = self.peek()
            if token is None or token.kind == "line" or self.mark("{"):
                return
            self.at += 1

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
            targets = self._pattern(_CLOSING[opening])
            named = opening == "{"
        else:
            targets, named = [self.expression()], False
            while self.mark(",") and isinstance(targets[-1], Name | Attribute | Index) and len(targets) < 20:
                self.at += 1
                targets.append(self.expression())
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
            if token.value in _PREFIXES or self.language.commands or following.kind == "line":
                return False
            if following.kind == "name" and following.value not in _BINARY and following.value not in ("as", "from"):
                self.at += 1
                continue
            generic = self._generic(1) if following.value == "<" else 0
            behind = self.peek(generic + 1) if generic else None
            if behind is not None and behind.kind == "name":
                self.at += generic + 1
                continue
            if following.value == "[" and self.mark("]", ahead=2) and (t := self.peek(3)) and t.kind == "name":
                self.at += 3
                continue
            return False
        return False

    def _generic(self, ahead: int) -> int:
        """How far ``<…>`` goes that stands `ahead`, 0 if it is none."""
        level = 0
        for count in range(ahead, ahead + LOOK_AHEAD):
            token = self.peek(count)
            if token is None or token.kind not in ("name", "mark"):
                return 0
            if token.kind == "mark":
                if token.value == "<":
                    level += 1
                elif token.value in (">", ">>"):
                    level -= len(token.value)
                    if level <= 0:
                        return count
                elif token.value not in (",", ".", "?", "[", "]", "::", "&", "_", "(", ")"):
                    return 0
        return 0

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

    # -- expressions

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
            if token.kind == "mark" and token.value in _CLOSING:
                self.leave(_CLOSING[token.value])
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
        if value not in _BINARY or token.kind not in ("mark", "name"):
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
                and token.value in _PREFIXES
                and following is not None
                and (following.kind in ("name", "text") or following.value in ("(", "{", "[", "::", "&", "*"))
                and not (token.value == "new" and following.value in ("(",) and self.language.name == "ruby")
            ):
                self.at += 1
            else:
                break
        return self._suffixes(self._primary())

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
            return self._pairs(start)
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
        inner = Parser(tokens, self.language)
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
            self._type()
            return node if not self.mark("{") else self._braced(token.start)
        if self.mark("=>") and self.language.name in ("javascript", "csharp"):
            return self._arrow(token.start, [node])
        bare = token.end - token.start == len(token.value)
        if self.language.commands and bare and (following := self.peek()) is not None and following.spaced:
            return self._command(node, following)
        return node

    def _type(self) -> None:
        """Passes over a type's name, as ``[]string`` or ``url.Values``."""
        for _ in range(8):
            token = self.peek()
            if token is None or not (token.kind == "name" or token.value in (".", "[", "]", "*")):
                return
            self.at += 1

    def _braced(self, start: int) -> Node:
        self.at += 1
        return self._pairs(start)

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
            following = self.peek()
            cast = (
                isinstance(node, Name) and following is not None and following.kind == "name" and not following.spaced
            )
            if cast:
                return self._unary()
            if opening.value == "(" and isinstance(node, Name) and following is not None and following.kind == "name":
                if self.language.name in ("java", "csharp", "php"):
                    return self._unary()
            return node
        return Items(opening.start, self.last(), [argument.value for argument in found])

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
            self._to_body()
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
            self._type()
            if self.mark("{"):
                self.at += 1
                return Items(start, self.last(), [argument.value for argument in self.arguments("}")])
            return Node(start, self.last())
        if any(argument.name or isinstance(argument.value, Pair) for argument in found):
            return _collected(found, start, self.last())
        if len(found) == 1 and self.language.commands and isinstance(found[0].value, Name | Attribute):
            following = self.peek()
            if self.mark("::"):
                return found[0].value
            if following is not None and following.kind in ("name", "text") and not following.spaced:
                return self._unary()
        return Items(start, self.last(), [argument.value for argument in found])

    def _pairs(self, start: int) -> Node:
        """What stands in braces: pairs, or a list in braces."""
        return _collected(self.arguments("}"), start, self.last())

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
        if token is not None and following is not None and token.kind == following.kind == "name":
            if token.value not in _PREFIXES and following.value not in _BINARY and not self.language.commands:
                if following.value not in ("if", "for", "as", "else"):
                    behind = self.peek(2)
                    if self.language is GO:
                        self.at += 2
                        self._type()
                        return Name(token.start, token.end, token.value)
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

    # -- what follows an expression

    def _suffixes(self, node: Node) -> Node:
        steps = 0
        while (step := self._suffix(node)) is not None:
            steps += 1
            node = step if steps < MAX_STEPS else Node(step.start, step.end)
        return node

    def _suffix(self, node: Node) -> Node | None:
        token = self.peek()
        if token is None or token.kind == "text":
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
        if value == "{" and not self.plain and isinstance(node, Name | Attribute | Call):
            if (self.language.name in ("go", "csharp") and token.start != node.end) or self.language is GO:
                self.at += 1
                pairs = self._pairs(token.start)
                return Call(node.start, self.last(), node, [Argument("{}", pairs)])
        if (
            value == "<"
            and self.language.name in ("csharp", "java", "javascript")
            and isinstance(node, Name | Attribute)
        ):
            generic = self._generic(0)
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
        if token.value == "<" and self.mark("::") and (generic := self._generic(ahead)):
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
        if token.kind == "name" and (token.value in _BINARY or token.value in ("do", "if", "unless", "then", "end")):
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


def _fragments(token: Token, key: str) -> list[Fragment | Node]:
    inner = token.pieces[0].start if token.pieces else token.start
    end = token.pieces[-1].end if token.pieces else token.end
    return [Fragment(inner, end, key)]


def _pair(key: Node, value: Node) -> Argument:
    return Argument("", Pair(key.start, value.end, key, value))


def _collected(found: Sequence[Argument], start: int, end: int) -> Node:
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
