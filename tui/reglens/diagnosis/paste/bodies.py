"""Bodies in a paste: where one ends, and what tore it."""

from __future__ import annotations

import re

from reglens.diagnosis.paste.source import Passage

TORN = re.compile(
    r"\* ?(?:Connection #\d{1,9} to host \S{1,300}(?: port \d{1,5})? left intact|Closing connection #?-?\d{0,9}"
    r"|shutting down connection #\d{1,9})[ \t]*$"
)
"""curl's last words on an exchange, which a terminal shows wherever the buffered body was cut."""
_TORN_START = re.compile(r"\* (?:Conn|Clos|shut)")
_STEP = re.compile(r'[{}\[\]"]')
_IN_TEXT = re.compile(r'["\\]')
MAX_LINES = 20_000
"""Lines that one unfinished body may take; after these it counts as cut off."""


class JsonScan:
    """Follows brackets and quotes of a JSON text fed in pieces, in linear time, to learn where it ends."""

    def __init__(self) -> None:
        self.depth = 0
        self.in_text = False
        self.escaped = False
        self.begun = False

    @property
    def inside(self) -> bool:
        """Whether it has begun and not ended."""
        return self.begun and (self.depth > 0 or self.in_text)

    def feed(self, text: str) -> int:
        """Takes `text`; the position right behind the value's end in it, or -1 if it goes on."""
        at = 0
        if self.escaped and text:
            at, self.escaped = 1, False
        while at < len(text):
            found = (_IN_TEXT if self.in_text else _STEP).search(text, at)
            if not found:
                return -1
            at = found.end()
            mark = found[0]
            if self.in_text:
                if mark == '"':
                    self.in_text = False
                elif at < len(text):
                    at += 1
                else:
                    self.escaped = True
            elif mark == '"':
                self.in_text = True
            elif mark in "{[":
                self.begun = True
                self.depth += 1
            else:
                self.depth -= 1
                if self.depth <= 0:
                    return at
        return -1


def torn(text: str) -> int:
    """Where curl's last words begin at the end of this line of a body; -1 if they are not there."""
    at = text.rfind("* ", max(len(text) - 400, 0))
    if at < 0 or not _TORN_START.match(text, at):
        return -1
    return at if TORN.match(text, at) else -1


class Body:
    """One body being gathered. `kind` is ``json``, ``text`` or, before anything came, empty."""

    def __init__(self, length: int | None) -> None:
        self.length = length
        self.kind = ""
        self.scan = JsonScan()
        self.parts: list[Passage] = []
        self.size = 0
        self.lines = 0
        self.glue = True  # the next piece follows the last without a line end
        self.done = False

    def start(self, text: str) -> None:
        self.kind = "json" if text.lstrip()[:1] in ("{", "[") else "text"

    @property
    def unfinished(self) -> bool:
        """Whether more of it must still come, by its brackets."""
        return self.kind == "json" and self.scan.inside and not self.done

    def add(self, passage: Passage) -> Passage | None:
        """Takes one line; gives back what stands behind the body's end on that line, if it ends there."""
        text = passage.text
        if not self.kind:
            if not text.strip():
                return None
            self.start(text)
        self.lines += 1
        cut = torn(text)
        if cut >= 0:
            text = text[:cut]
            passage = passage.cut(0, cut)
        rest: Passage | None = None
        if self.kind == "json":
            end = self.scan.feed(text)
            if end >= 0:
                self.done = True
                behind = passage.cut(end)
                rest = behind if behind.text.strip() else None
                passage = passage.cut(0, end)
        if self.parts and self.kind == "json" and text[:1].isalnum() and self.parts[-1].text[-1:].isalnum():
            self.glue = True  # a word of JSON cannot be parted
        if not self.glue and self.parts:
            last = self.parts[-1]
            self.parts.append(Passage("\n", ((0, last.span()[1]),)))
            self.size += 1
        elif self.parts and text[:2] == "  ":
            passage = passage.cut(len(text) - len(text.lstrip()))
        self.parts.append(passage)
        self.size += len(passage.text.encode("utf-8", "replace"))
        self.glue = cut >= 0
        if self.kind == "json" and not self.scan.in_text and not self.done and self.scan.escaped:
            self.scan.escaped = False
        if self.kind == "text" and self.length is not None and self.size >= self.length:
            self.done = True
        if self.lines > MAX_LINES:
            self.done = True
        return rest
