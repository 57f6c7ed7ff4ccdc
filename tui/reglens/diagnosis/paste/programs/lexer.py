"""Code as tokens: names, texts with what is filled into them, numbers, marks, line ends. Every language by one reader.

Reading takes time linear in the length of the code, never fails, and passes over what no token can be made of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from reglens.diagnosis.paste.programs.languages import PHP, PYTHON, RUST, Language

MAX_TOKENS = 60_000
MAX_NESTING = 8
"""Levels of texts within what is filled into texts."""


@dataclass(slots=True)
class Piece:
    """A part of a text: the characters from `start` up to `end`, which mean `text`, or tokens of what is filled in."""

    start: int
    end: int
    text: str = ""
    inner: list[Token] | None = None


@dataclass(slots=True)
class Token:
    """`kind` is ``name``, ``text``, ``number``, ``option`` (PowerShell's ``-Name``), ``mark`` or ``line`` (its end)."""

    kind: str
    value: str
    start: int
    end: int
    pieces: list[Piece] = field(default_factory=list)
    spaced: bool = False
    """Whether a blank stands before it."""


_MARK = (
    r"\.\.\.|===|!==|\?\?=|\|\|=|&&=|<=>|=>|->|::|:=|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+=|-=|\*=|/=|\.=|\*\*|<<|>>(?=\s)"
    r"|@\{|@\(|\$\(|[^\w\s\"'`]"
)
_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\f\v]+|\\\n|`[ \t]*\n(?=[ \t]*[-|@$\w\"'(]))"
    r"|(?P<line>\n)|(?P<number>\d[\w]*(?:\.\d+)?)|(?P<name>[^\W\d]\w*)"
    rf"|(?P<mark>{_MARK})",
)
_SHELL_NAME = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)+")
_OPTION = re.compile(r"-[A-Za-z]\w*:?")
_SIGIL = re.compile(r"(?:\$(?:env:|script:|global:)?|@@?)(?P<name>[A-Za-z_]\w*)|\$\{(?P<braced>[\w:]+)\}")
_PREFIXED = re.compile(r"(?:[fFrRbBuU]{1,2}|\$@?|@\$?|br?|r#{1,3})(?=[\"'`])")
_DOLLAR = re.compile(r"\$(?:env:)?(?P<name>[A-Za-z_]\w*)(?P<member>->\w+|\[['\"]?\w+['\"]?\])?")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
_UNICODE = re.compile(r"u\{?([0-9a-fA-F]{4})\}?|x([0-9a-fA-F]{2})")


def tokens_of(text: str, language: Language) -> list[Token]:
    """The tokens of `text`, at most `MAX_TOKENS`."""
    return _Lexer(text, language).run(0, "")[0]


class _Lexer:
    def __init__(self, text: str, language: Language) -> None:
        self.text = text
        self.language = language
        self.count = 0
        self.depth = 0
        self.hopeless: set[str] = set()  # quotes that are never closed from here on
        self.shell = language.name == "powershell"
        self.patience = 8 * len(text) + 10_000  # characters of texts that may be looked through

    def run(self, at: int, closing: str) -> tuple[list[Token], int]:
        """Tokens from `at` on, up to an unmatched `closing` bracket; and the position behind it (-1: there is none)."""
        text, end = self.text, len(self.text)
        found: list[Token] = []
        opening = {"}": "{", ")": "("}.get(closing, "")
        level = 0
        spaced = False
        while at < end and self.count < MAX_TOKENS:
            after = self._comment(at)
            if after > at:
                at, spaced = after, True
                continue
            token = self._special(at)
            if token is None:
                match = _TOKEN.match(text, at)
                if match is None:
                    at += 1
                    continue
                kind = match.lastgroup or "mark"
                if kind == "blank":
                    at, spaced = match.end(), True
                    continue
                token = Token(kind, match[0], at, match.end())
            if closing and token.kind == "mark":
                if token.value == closing and level == 0:
                    return found, token.end
                level += (token.value[-1] == opening) - (token.value == closing)
            token.spaced, spaced = spaced, False
            found.append(token)
            self.count += 1
            at = max(token.end, at + 1)
        return found, (-1 if closing else at)

    def _comment(self, at: int) -> int:
        text = self.text
        char = text[at]
        if char == "#" and self.language.hash_comments:
            return self._line_end(at)
        if char == "/" and self.language.slash_comments and text.startswith("//", at):
            return self._line_end(at)
        block = "*/" if char == "/" and text.startswith("/*", at) else "#>" if text.startswith("<#", at) else ""
        if block and block not in self.hopeless and (block == "#>") == self.shell:
            end = text.find(block, at + 2)
            if end > 0:
                return end + 2
            self.hopeless.add(block)
        return at

    def _line_end(self, at: int) -> int:
        end = self.text.find("\n", at)
        return end if end >= 0 else len(self.text)

    def _special(self, at: int) -> Token | None:
        text, language = self.text, self.language
        char = text[at]
        before = text[at - 1] if at else ""
        if self.shell and char == "`" and text[at + 1 : at + 2].isspace():
            return None
        if char in "\"'`" or (prefix := _PREFIXED.match(text, at) if char in "fFrRbBuU$@" else None):
            if char in "\"'`":
                return self._quoted(at, "", at)
            begins = not (before.isalnum() or before == "_") and (char not in "$@" or char not in language.sigils)
            if prefix is not None and (begins or (self.shell and char == "@")):
                return self._quoted(at, prefix[0], prefix.end())
        if self.shell:
            if char.isalpha() and (found := _SHELL_NAME.match(text, at)):
                return Token("name", found[0], at, found.end())
            if char == "-" and before in " \t\n`(" and (found := _OPTION.match(text, at)):
                return Token("option", found[0][1:].rstrip(":"), at, found.end())
        if char in language.sigils and (found := _SIGIL.match(text, at)):
            return Token("name", found["name"] or found["braced"], at, found.end())
        return None

    def _quoted(self, at: int, prefix: str, start: int) -> Token | None:
        """A text whose opening quote is at `start`."""
        text, language = self.text, self.language
        quote = text[start]
        if quote == "'" and not prefix and at and text[at - 1].isalnum() and text[start + 1 : start + 2].isalpha():
            return Token("mark", quote, at, at + 1)  # an apostrophe in prose
        if quote == "'" and language is RUST and text[start + 2 : start + 3] != "'":
            return Token("mark", quote, at, at + 1)  # a lifetime
        if quote == "`" and "`" not in language.long_quotes:
            return Token("mark", quote, at, at + 1)
        delimiter, long = quote, quote in language.long_quotes
        triple = quote * 3
        if text.startswith(triple, start) and triple in language.long_quotes:
            delimiter, long = triple, True
        elif "@" in prefix and "@" + quote in language.long_quotes:
            long = True
            if self.shell:
                delimiter = quote + "@"
        elif prefix.startswith("r#"):
            delimiter, long = quote + prefix[1:], True
        body = start + len(quote if self.shell or prefix.startswith("r#") else delimiter)
        raw = ("r" in prefix.lower() or "@" in prefix or (quote == "`" and language.name == "go")) or (
            quote == "'" and language.name in ("powershell", "php", "ruby")
        )
        holes = self._holes(quote, prefix)
        done = self._body(body, delimiter, long and delimiter not in self.hopeless, raw, holes)
        if done is None:
            if long:
                self.hopeless.add(delimiter)
            return Token("mark", quote, at, self._line_end(at))
        pieces, end = done
        return Token("text", "", at, end, pieces)

    def _holes(self, quote: str, prefix: str) -> str:
        """How what is filled in begins: ``{``, ``${``, ``#{``, ``$`` or nothing."""
        style = self.language.holes
        if style == "prefix":
            return "{" if "f" in prefix.lower() or "$" in prefix else ""
        if quote == "`" and self.language.name == "javascript":
            return "${"
        if quote == '"' and style in ("dollar", "hash"):
            return "$" if style == "dollar" else "#{"
        return ""

    def _body(self, at: int, delimiter: str, long: bool, raw: bool, holes: str) -> tuple[list[Piece], int] | None:
        """The pieces of a text up to its delimiter, and the position behind it; None if it is not closed."""
        text = self.text
        escape = self.language.escape if not raw else ""
        wanted = [re.escape(delimiter), "\\n"] + ([re.escape(escape)] if escape else [])
        if holes:
            wanted.append(re.escape(holes))
            if holes == "$" and self.language is PHP:
                wanted.append(r"\{(?=\$)")
        seek = _seek("|".join(wanted))
        pieces: list[Piece] = []
        start = at
        while self.patience > 0 and (found := seek.search(text, at)) is not None:
            mark, here = found[0], found.start()
            self.patience -= here - at + 1
            if mark == "\n" and not long:
                return None
            if mark == delimiter:
                if here > start:
                    pieces.append(Piece(start, here, text[start:here]))
                return pieces, found.end()
            if mark == escape and escape:
                if here > start:
                    pieces.append(Piece(start, here, text[start:here]))
                at = start = self._escape(here, pieces)
                continue
            if mark == "\n" or (mark == "{" and text.startswith("{{", here)):
                at = here + (2 if mark == "{" else 1)
                continue
            hole = self._hole(here, mark)
            if hole is None:
                at = here + len(mark)
                continue
            if here > start:
                pieces.append(Piece(start, here, text[start:here]))
            pieces.append(hole)
            at = start = hole.end
        return None

    def _escape(self, at: int, pieces: list[Piece]) -> int:
        text = self.text
        char = text[at + 1 : at + 2]
        if found := _UNICODE.match(text, at + 1):
            pieces.append(Piece(at, found.end(), chr(int(found[1] or found[2], 16))))
            return found.end()
        if char != "\n":
            known = _ESCAPES.get(char)
            plain = char if char in "\"'`\\$/{}#" else self.language.escape + char
            pieces.append(Piece(at, at + 2, known if known is not None else plain))
        return min(at + 2, len(text))

    def _hole(self, at: int, mark: str) -> Piece | None:
        """What is filled in where `mark` stands at `at`."""
        text = self.text
        if self.depth >= MAX_NESTING:
            return None
        begin = at + len(mark)
        closing = "}"
        if mark == "$":
            following = text[at + 1 : at + 2]
            if following == "(" and self.shell:
                begin, closing = at + 2, ")"
            elif following == "{":
                begin = at + 2
            elif found := _DOLLAR.match(text, at):
                member = found["member"] if self.language is PHP else None
                inner = [Token("name", found["name"], at, found.end("name"))]
                if member:
                    key = member.strip("->[]'\"")
                    literal = Token("text", "", found.start("member"), found.end("member"))
                    literal.pieces = [Piece(literal.start, literal.end, key)]
                    inner += [Token("mark", "[", at, at), literal, Token("mark", "]", at, at)]
                return Piece(at, found.end() if member else found.end("name"), inner=inner)
            else:
                return None
        self.depth += 1
        tokens, end = self.run(begin, closing)
        self.depth -= 1
        if end < 0:
            return None
        if not tokens and self.language is not PYTHON:
            return None
        return Piece(at, end, inner=tokens)


_SEEKS: dict[str, re.Pattern[str]] = {}


def _seek(pattern: str) -> re.Pattern[str]:
    """The compiled pattern; there are few different ones."""
    found = _SEEKS.get(pattern)
    if found is None:
        found = _SEEKS[pattern] = re.compile(pattern)
    return found
