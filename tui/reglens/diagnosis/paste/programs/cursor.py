"""Tokens of code read one after the other: what all parts of the parser share."""

from __future__ import annotations

from collections.abc import Sequence

from reglens.diagnosis.paste.programs.languages import Language
from reglens.diagnosis.paste.programs.lexer import Token
from reglens.diagnosis.paste.programs.syntax import Node, Statement

MAX_DEPTH = 40
"""Levels of brackets within brackets that are followed."""
MAX_STEPS = 60
"""Members, calls and operators that follow one another in one expression."""
LOOK_AHEAD = 40
"""Tokens that are looked at to tell what begins here."""

CLOSING = {"(": ")", "[": "]", "{": "}", "@{": "}", "@(": ")", "$(": ")"}
PREFIXES = frozenset("await new yield async not typeof void delete out ref mut throw".split())
BINARY = frozenset(
    "+ - * / % == != === !== < > <= >= && || ?? << | & ^ . and or in is instanceof as -f -eq -ne <=> ?".split()
)


class Cursor:
    """Reads tokens from `at` on."""

    def __init__(self, tokens: Sequence[Token], language: Language) -> None:
        self.tokens = tokens
        self.language = language
        self.at = 0
        self.depth = 0
        self.plain = False  # whether a brace behind a name is a block, as in the head of an if

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
                if token.value in CLOSING:
                    level += 1
                elif token.value in ")]}":
                    if level == 0:
                        return
                    level -= 1

    def generic(self, ahead: int) -> int:
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

    def type_name(self) -> None:
        """Passes over a type's name, as ``[]string`` or ``url.Values``."""
        for _ in range(8):
            token = self.peek()
            if token is None or not (token.kind == "name" or token.value in (".", "[", "]", "*")):
                return
            self.at += 1

    def to_body(self) -> None:
        for _ in range(LOOK_AHEAD):
            token = self.peek()
            if token is None or token.kind == "line" or self.mark("{"):
                return
            self.at += 1

    def expression(self) -> Node:
        """One expression."""
        raise NotImplementedError

    def statements(self, closing: str) -> list[Statement]:
        """Statements up to the `closing` bracket, or to the end."""
        raise NotImplementedError
