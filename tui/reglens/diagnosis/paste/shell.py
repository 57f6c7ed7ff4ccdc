"""What a POSIX shell makes of a command line: words, operators, and what got lost on the way.

The lexer follows the quoting, expansion and token rules of POSIX (Shell Command Language, sections 2.2, 2.3 and 2.6)
and bash's ``$'…'``, and reads in one pass. It expands nothing itself: a part that the shell would fill in stays in the
word as written, as a `Hole`. Two things that stand in pastes and never in a shell are read as their writer meant them:
typographic quotes, and placeholders such as ``<password>``.
"""

from __future__ import annotations

import re

from reglens.diagnosis.evidence import ShellEffect
from reglens.diagnosis.paste.shell_words import Building, Hole, Simple, Unclosed, Word
from reglens.diagnosis.paste.source import Passage, join

MAX_DEPTH = 8
"""Levels of ``$(…)`` that are read; deeper ones are taken as plain text."""

_PLAIN = re.compile(r"[^\\'\"$`\s|&;()<>#*?!\[“”‘’]+")
_NAME = re.compile(r"[A-Za-z_]\w{0,99}")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w{0,99}=")
_PLACEHOLDER = re.compile(r"<[A-Za-z_*.…][\w .:/…*-]{0,60}>")
_IN_DOUBLE = re.compile(r"[^\"\\$`!“”]+")
_CONTINUED = re.compile(r"[\\^`][ \t]*\n[ \t]*")
"""A line end that is none: behind a backslash, or as cmd.exe (``^``) and PowerShell (a backquote) have it."""
_REDIRECT = re.compile(r"\d?(?:&>>?|>>?&?\d?-?|<<<|<<-?|<&?\d?)")
_LOST = re.compile(r"&(?:[^\s|;)\"'`]|'[^'\n]*'|\"[^\"\n]*\")+")
_DELIMITER = re.compile(r"[ \t]*['\"\\]?(\w{1,40})['\"]?")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|([0-7]{1,3})|(.))", re.DOTALL)


def read_script(passage: Passage, *, lenient: bool = False) -> tuple[tuple[Simple, ...], int]:
    """The commands of one logical line at the start of `passage`, and where that line ends.

    Raises Unclosed; if `lenient`, what is not closed runs to the end of the passage instead, which is an effect.
    """
    lexer = _Lexer(passage, lenient)
    script = lexer.script("")
    return tuple(script), lexer.at


class _Lexer:
    def __init__(self, passage: Passage, lenient: bool) -> None:
        self.passage = passage
        self.text = passage.text
        self.lenient = lenient
        self.at = 0
        self.depth = 0
        self.effects: list[ShellEffect] = []

    # -- commands

    def script(self, closing: str) -> list[Simple]:
        """Commands up to `closing`, or up to the end of the logical line if that is empty."""
        done: list[Simple] = []
        current = Simple(start=self.at)
        outer, self.effects = self.effects, []
        while self.at < len(self.text):
            character = self.text[self.at]
            if closing and character == closing:
                break
            if character in " \t":
                self.at += 1
            elif character in "\\^`" and (found := _CONTINUED.match(self.text, self.at)):
                self.at = found.end()
            elif character == "\n":
                pending = not current.words and not current.assignments and done and done[-1].after in ("|", "&&", "||")
                if not closing and not pending:
                    break
                current = self.end_command(done, current, "" if pending else ";", 1)
            elif character == "#":
                end = self.text.find("\n", self.at)
                self.at = end if end >= 0 else len(self.text)
            elif character in "|&;()":
                current = self.operator(done, current)
            elif not self.redirection(current):
                self.word_into(current)
        self.end_command(done, current, "", 0)
        self.effects = outer
        return done

    def operator(self, done: list[Simple], current: Simple) -> Simple:
        two = self.text[self.at : self.at + 2]
        if two in ("&&", "||", ";;", "|&"):
            return self.end_command(done, current, "|" if two == "|&" else two, 2)
        if two == "&>":
            self.redirection(current)
            return current
        character = self.text[self.at]
        if character == "&":
            self.background(current)
        if character == "(" and current.words and self.text[self.at : self.at + 2] == "()":
            self.at += 2
            return current
        return self.end_command(done, current, {"(": ";", ")": ";"}.get(character, character), 1)

    def background(self, current: Simple) -> None:
        """An ``&`` right behind a word with a ``?`` in it was meant as part of a URL."""
        last = current.words[-1] if current.words else None
        lost = _LOST.match(self.text, self.at)
        if last is None or lost is None or self.text[self.at - 1] in " \t" or "=" not in lost[0]:
            return
        word = last.raw
        current.effects.append(
            ShellEffect("background", word.text + lost[0], last.text, lost[0], self.passage.span(self.at, lost.end()))
        )

    def end_command(self, done: list[Simple], current: Simple, operator: str, length: int) -> Simple:
        current.end = self.at
        current.after = operator
        current.effects.extend(self.effects)
        self.effects.clear()
        if current.words or current.assignments:
            done.append(current)
        self.at += length
        return Simple(start=self.at)

    def redirection(self, current: Simple) -> bool:
        found = _REDIRECT.match(self.text, self.at)
        if not found or _PLACEHOLDER.match(self.text, self.at):
            return False
        operator = found[0].lstrip("0123456789")
        if found[0][0].isdigit() and not operator:
            return False
        self.at = found.end()
        if operator.startswith("<<") and operator != "<<<":
            self.here_document()
        elif operator[-1] not in "0123456789-" or operator == "<<<":
            while self.text[self.at : self.at + 1] in (" ", "\t"):
                self.at += 1
            if self.at < len(self.text) and self.text[self.at] not in "\n|&;()":
                target = self.word()
                if operator.startswith((">", "&>")) and found[0][0] != "2":
                    current.output = target.text
        return True

    def here_document(self) -> None:
        """The lines of a here-document are data (POSIX, 2.7.4): they are passed over."""
        name = _DELIMITER.match(self.text, self.at)
        if not name:
            return
        self.at = name.end()
        line_end = self.text.find("\n", self.at)
        end = re.compile(rf"\n[ \t]*{re.escape(name[1])}[ \t]*(?=\n|$)").search(self.text, max(line_end, self.at))
        if line_end >= 0 and end:
            # what stands behind the operator on its own line is still part of the command
            self.text = self.text[:line_end] + " " * (end.end() - line_end) + self.text[end.end() :]

    # -- words

    def word_into(self, current: Simple) -> None:
        start = self.at
        word = self.word()
        found = _ASSIGNMENT.match(word.raw.text)
        if found and not current.words:
            name = found[0][:-1]
            holes = tuple(
                Hole(h.start - found.end(), h.end - found.end(), h.name, h.script, h.quoted, h.joined)
                for h in word.holes
            )
            current.assignments.append((name, Word(word.value.cut(found.end()), word.raw.cut(found.end()), holes)))
        else:
            current.words.append(word)
        if self.at == start:
            self.at += 1

    def word(self) -> Word:
        start = self.at
        building = Building()
        text = self.text
        while self.at < len(text):
            found = _PLAIN.match(text, self.at)
            if found:
                building.add(self.passage.cut(self.at, found.end()))
                self.at = found.end()
                continue
            character = text[self.at]
            if character in " \t\n|&;()":
                break
            if character in "<>":
                placeholder = _PLACEHOLDER.match(text, self.at)
                if not placeholder:
                    break
                building.add(self.passage.cut(self.at, placeholder.end()))
                self.at = placeholder.end()
            elif not self.special(building, character):
                building.globs = building.globs or character in "*?["
                building.add(self.passage.cut(self.at, self.at + 1))
                if character == "!":
                    self.history()
                self.at += 1
        raw = self.passage.cut(start, self.at)
        value = join(building.parts) if building.parts else self.passage.cut(start, start)
        self.judge(raw, value, building)
        return Word(value, raw, tuple(building.holes))

    def special(self, building: Building, character: str) -> bool:
        """A quote, an escape or an expansion at this place; False if the character is plain here."""
        text = self.text
        if character == "\\":
            found = _CONTINUED.match(text, self.at)
            if found:
                self.at = found.end()
                return True
            building.add(self.passage.cut(self.at + 1, self.at + 2))
            self.at = min(self.at + 2, len(text))
        elif character in "'‘’":
            self.single(building, character)
        elif character in '"“”':
            self.double(building, character)
        elif character == "$" and text[self.at + 1 : self.at + 2] == "'":
            self.at += 1
            self.ansi(building)
        elif character == "$" and text[self.at + 1 : self.at + 2] == '"':
            self.at += 1
            self.double(building, '"')
        elif character in "$`":
            return self.expansion(building, quoted=False)
        else:
            return False
        return True

    def single(self, building: Building, opening: str) -> None:
        start = self.at + 1
        end = self.text.find("'", start) if opening == "'" else self._typographic(start, "‘’'")
        if end < 0:
            if opening != "'":
                building.add(self.passage.cut(self.at, start))
                self.at = start
                return
            end = self.unclosed(self.at, "'")
        building.quoted = True
        building.add(self.passage.cut(start, end))
        self.at = min(end + 1, len(self.text))

    def _typographic(self, start: int, closings: str) -> int:
        line_end = self.text.find("\n", start)
        limit = min(line_end if line_end >= 0 else len(self.text), start + 20_000)
        return min((at for c in closings if (at := self.text.find(c, start, limit)) >= 0), default=-1)

    def unclosed(self, at: int, opening: str) -> int:
        if not self.lenient:
            raise Unclosed(at, opening)
        rest = self.passage.cut(at)
        self.effects.append(ShellEffect("unclosed", rest.text[:200], span=rest.span(0, 1)))
        return len(self.text)

    def double(self, building: Building, opening: str) -> None:
        start = self.at
        closings = '"' if opening == '"' else '“”"'
        if opening != '"' and self._typographic(start + 1, closings) < 0:
            building.add(self.passage.cut(start, start + 1))
            self.at += 1
            return
        building.quoted = True
        self.at += 1
        text = self.text
        while self.at < len(text):
            found = _IN_DOUBLE.match(text, self.at)
            if found:
                building.add(self.passage.cut(self.at, found.end()))
                self.at = found.end()
                continue
            character = text[self.at]
            if character in closings:
                self.at += 1
                return
            if character == "\\":
                escaped = text[self.at + 1 : self.at + 2]
                if escaped == "\n":
                    self.at += 2
                    continue
                skip = 1 if escaped and escaped in '$`"\\' else 0
                building.add(self.passage.cut(self.at + skip, self.at + 2))
                self.at = min(self.at + 2, len(text))
            elif character in "$`":
                if not self.expansion(building, quoted=True):
                    building.add(self.passage.cut(self.at, self.at + 1))
                    self.at += 1
            else:
                if character == "!":
                    self.history(quoted=True)
                building.add(self.passage.cut(self.at, self.at + 1))
                self.at += 1
        self.unclosed(start, '"')

    def ansi(self, building: Building) -> None:
        """bash's ``$'…'``: C escapes."""
        start = self.at
        self.at += 1
        while True:
            end = self.at
            while end < len(self.text) and self.text[end] not in "'\\":
                end += 1
            building.add(self.passage.cut(self.at, end))
            self.at = end
            if end >= len(self.text):
                self.unclosed(start, "'")
                return
            if self.text[end] == "'":
                self.at += 1
                return
            found = _ESCAPE.match(self.text, end)
            if not found:
                self.at = len(self.text)
                continue
            code, unicode, octal, letter = found.groups()
            if letter:
                became = _ESCAPES.get(letter, letter)
            else:
                became = chr(int(code or unicode, 16) if code or unicode else int(octal, 8) & 255)
            building.add(Passage(became, ((0, self.passage.offset(end)),)))
            self.at = found.end()

    # -- expansions

    def expansion(self, building: Building, *, quoted: bool) -> bool:
        """``$name``, ``${…}``, ``$(…)`` or a backquote; False if it is a plain character."""
        start = self.at
        text = self.text
        if text[start] == "`":
            end = text.find("`", start + 1)
            if end < 0:
                return False
            script: tuple[Simple, ...] = ()
            if self.depth < MAX_DEPTH:
                inner = _Lexer(self.passage.cut(start + 1, end), True)
                inner.depth = self.depth + 1
                script = tuple(inner.script("\0"))
            self.at = end + 1
            building.hole(self.passage.cut(start, self.at), "", script, quoted)
            return True
        following = text[start + 1 : start + 2]
        if following == "(" and self.depth < MAX_DEPTH:
            self.at += 2
            self.depth += 1
            inside = tuple(self.script(")"))
            self.depth -= 1
            if self.at >= len(text):
                self.unclosed(start, "$(")
            self.at = min(self.at + 1, len(text))
            building.hole(self.passage.cut(start, self.at), "", inside, quoted)
            return True
        if following == "{":
            end = text.find("}", start, start + 400)
            name = _NAME.match(text, start + 2)
            if end < 0 or not name:
                return False
            self.at = end + 1
            building.hole(self.passage.cut(start, self.at), name[0], (), quoted)
            return True
        name = _NAME.match(text, start + 1)
        if not name and not (following and following in "0123456789$!?#@*-"):
            return False
        if name and name[0] == "env" and text[name.end() : name.end() + 1] == ":":
            name = _NAME.match(text, name.end() + 1) or name  # PowerShell's $env:NAME
        self.at = name.end() if name else start + 2
        building.hole(self.passage.cut(start, self.at), text[start + 1 : self.at], (), quoted)
        return True

    # -- effects

    def history(self, *, quoted: bool = False) -> None:
        """bash(1), "History expansion": ``!`` counts unless a blank, ``=``, ``(`` or, in quotes, the ``"`` follows."""
        following = self.text[self.at + 1 : self.at + 2]
        if following and following not in ' \t\n=(“”"' and (quoted or following not in "'|&;)"):
            end = self.at + 1
            while end < len(self.text) and self.text[end] not in " \t\n\"'":
                end += 1
            self.effects.append(ShellEffect("history", self.text[self.at : end], span=self.passage.span(self.at, end)))

    def judge(self, raw: Passage, value: Passage, building: Building) -> None:
        """Notes globs in a URL, and JSON that lost its quotes."""
        if building.globs and "://" in value.text:
            self.effects.append(ShellEffect("glob", raw.text, value.text, span=raw.span()))
        text = value.text
        if building.quoted and text[:1] in ("{", "[") and '"' not in text and '"' in raw.text and ":" in text:
            self.effects.append(ShellEffect("quote-removal", raw.text, text, span=raw.span()))
