"""One entry of the tables of client, daemon and server lines, and the language its pattern is written in.

An entry names the innermost telling words, not whole lines: clients wrap each other's errors (``a: b: c``), daemons
quote them in logs, and the words that tell stand anywhere. What else a line names (URL, status, image, time) is read
from the line as a whole by `clients_values`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import islice

from reglens.diagnosis.meanings import Meaning

_BARE = re.compile(r"<<(\w+)>>")
_QUOTED = re.compile(r'<<\\?"(\w+)>>')


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that some client, daemon or server says.

    `teller` names who says it (empty: many do, the line's other marks tell). `hint` is a lower-case text without which
    the pattern cannot match (or several, parted by ``|``, of which one must stand there). `source` names the public
    file, issue or manual where the words come from.

    In `pattern`, a blank matches any run of white space, ``<<name>>`` a bare word up to a blank, quote, comma or
    semicolon, ``<<"name>>`` a text between double quotes; the names become values. Case is ignored. Every quantifier
    over free text is bounded, so that a search is linear in the text.
    """

    meaning: Meaning
    teller: str
    hint: str
    pattern: str
    source: str

    @property
    def hints(self) -> tuple[str, ...]:
        """The texts of which one must stand, in lower case, where the pattern matches."""
        return tuple(self.hint.split("|"))

    def matches(self, text: str) -> list[re.Match[str]]:
        """The places in `text` that say so, the innermost of a chain of errors last."""
        return list(islice(compiled(self.pattern).finditer(text), MAX_MATCHES))


MAX_MATCHES = 50
"""Matches of one pattern in one statement that are looked at."""


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression of an entry's pattern."""
    pattern = _spaced(pattern)
    pattern = _QUOTED.sub(r'"(?P<\1>[^"]{0,400})"', pattern)
    pattern = _BARE.sub(r"(?P<\1>[^\\s\"'`,;]{1,400})", pattern)
    return re.compile(pattern, re.IGNORECASE)


def _spaced(pattern: str) -> str:
    """A pattern in which a blank stands for any run of white space (one character of it inside a class)."""
    pieces: list[str] = []
    inside = False
    index = 0
    while index < len(pattern):
        character = pattern[index]
        if character == "\\":
            pieces.append(pattern[index : index + 2])
            index += 2
            continue
        if character == "[" and not inside:
            inside = True
        elif character == "]" and inside:
            inside = False
        if character != " ":
            pieces.append(character)
        elif inside:
            pieces.append(r"\s")
        elif pattern[index + 1 : index + 2] == "?":
            pieces.append(r"\s{0,40}")
            index += 1
        else:
            pieces.append(r"\s{1,40}")
        index += 1
    return "".join(pieces)


Rows = tuple[tuple[Meaning, str, str, str, str], ...]
"""A table as it is written: meaning, teller, hint, pattern, source."""


def table(rows: Rows) -> tuple[Entry, ...]:
    """The entries of a table."""
    return tuple(Entry(*row) for row in rows)
