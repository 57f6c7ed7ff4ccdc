"""The words and simple commands that a shell's lexer makes of a command line."""

from __future__ import annotations

from dataclasses import dataclass, field

from reglens.diagnosis.evidence import ShellEffect
from reglens.diagnosis.paste.source import Passage


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a word that the shell fills in: the variable `name`, or the output of `script`. `start` and `end` say
    where it stands, as written, in the word's value; `joined` that a word character stands directly before it."""

    start: int
    end: int
    name: str = ""
    script: tuple[Simple, ...] = ()
    quoted: bool = False
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One word as the program gets it, quotes removed and holes as written; `raw` is how it was typed."""

    value: Passage
    raw: Passage
    holes: tuple[Hole, ...] = ()

    @property
    def text(self) -> str:
        return self.value.text


@dataclass(slots=True)
class Simple:
    """One simple command: assignments, words, and the operator behind it (``|``, ``&``, ``&&``, ``||``, ``;``)."""

    words: list[Word] = field(default_factory=list)
    assignments: list[tuple[str, Word]] = field(default_factory=list)
    effects: list[ShellEffect] = field(default_factory=list)
    output: str = ""
    start: int = 0
    end: int = 0
    after: str = ""


class Unclosed(Exception):
    """A quote or bracket that nothing closes: `at` is where it opens."""

    def __init__(self, at: int, opening: str) -> None:
        super().__init__(opening)
        self.at = at
        self.opening = opening


class Building:
    """A word in the making."""

    def __init__(self) -> None:
        self.parts: list[Passage] = []
        self.length = 0
        self.holes: list[Hole] = []
        self.globs = False
        self.quoted = False

    def add(self, part: Passage) -> None:
        if part.text:
            self.parts.append(part)
            self.length += len(part.text)

    def hole(self, part: Passage, name: str, script: tuple[Simple, ...], quoted: bool) -> None:
        last = self.parts[-1].text[-1:] if self.parts else ""
        joined = last.isalnum() or last == "_"
        start = self.length
        self.add(part)
        self.holes.append(Hole(start, self.length, name, script, quoted, joined))
