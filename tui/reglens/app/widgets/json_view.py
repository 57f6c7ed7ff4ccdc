"""A JSON document indented and coloured, formatted a piece at a time so that a large one never holds up a key."""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from typing import Any

from textual import events
from textual.content import Content

from reglens.app.widgets.layout import cells
from reglens.app.widgets.line_view import LineView
from reglens.text import clean, human_count

MAX_LINES = 200_000
"""Lines of a document that are ever formatted."""
MAX_DEPTH = 60
"""Levels that are indented; deeper values stand in one line."""
AT_ONCE = 3000
"""Lines formatted in one go: a few milliseconds."""
STRING_LIMIT = 16_384
"""Characters of one text value that are shown."""
_INDENT = "  "
_TOO_DEEP = "{ nested too deeply to show }"
_MEMBER = re.compile(r'( *)("(?:[^"\\]|\\.)*"(?:… \+[\d ]+ characters)?)(: )')


def json_lines(value: Any) -> Iterator[str]:
    """`value` as the lines of an indented document. Lazy, without recursion."""
    stack: list[tuple[Iterator[tuple[str | None, Any]], int, str]] = []
    opened = _open(value, None)
    if opened is None:
        yield _scalar(value)
        return
    children, left, bracket, close = opened
    yield bracket
    stack.append((children, left, close))
    while stack:
        children, left, close = stack[-1]
        item = next(children, None)
        depth = len(stack)
        if item is None:
            stack.pop()
            comma = "," if stack and stack[-1][1] > 0 else ""
            yield f"{_INDENT * (depth - 1)}{close}{comma}"
            continue
        name, child = item
        left -= 1
        stack[-1] = (children, left, close)
        lead = _INDENT * depth if name is None else f"{_INDENT * depth}{_quoted(name)}: "
        inner = _open(child, depth)
        if inner is not None:
            inside, count, bracket, ending = inner
            yield lead + bracket
            stack.append((inside, count, ending))
            continue
        yield f"{lead}{_scalar(child)}{',' if left else ''}"


def _open(value: Any, depth: int | None) -> tuple[Iterator[tuple[str | None, Any]], int, str, str] | None:
    if not value or (depth is not None and depth >= MAX_DEPTH):
        return None
    if isinstance(value, dict):
        return iter(value.items()), len(value), "{", "}"
    if isinstance(value, list):
        return ((None, child) for child in value), len(value), "[", "]"
    return None


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return json.dumps(value)
    if not value:
        return "{}" if isinstance(value, dict) else "[]"
    return _TOO_DEEP


def _quoted(text: str) -> str:
    cut = len(text) - STRING_LIMIT
    shown = clean(json.dumps(text[:STRING_LIMIT], ensure_ascii=False), 2 * STRING_LIMIT * 6)
    return f"{shown}… +{human_count(cut)} characters" if cut > 0 else shown


def coloured(line: str) -> Content:
    """A line of `json_lines`; what it is made of can be told from itself."""
    named = _MEMBER.match(line)
    if named is None:
        lead, value = len(line) - len(line.lstrip(" ")), line.lstrip(" ")
        pieces: list[tuple[str, str]] = [(line[:lead], "")]
    else:
        value = line[named.end() :]
        pieces = [(named[1], ""), (named[2], ".json-key"), (named[3], "")]
    comma = "," if value.endswith(",") else ""
    value = value.removesuffix(",")
    return Content.assemble(*pieces, (value, _style(value)), (comma, ""))


def _style(value: str) -> str:
    if value[:1] == '"':
        return ".json-text"
    if value in ("null", "true", "false", _TOO_DEEP):
        return ".json-word"
    return "" if value[:1] in ("{", "[", "}", "]", "") else ".json-number"


def highlighted(value: Any, limit: int) -> list[Content]:
    """At most `limit` lines of `value`, coloured."""
    return [coloured(line) for line in islice(json_lines(value), limit)]


_MORE = f"… more than {human_count(MAX_LINES)} lines: the rest is not shown"


class _Rows:
    """The rows on the screen: of each the number of its line, and the character at which it starts there."""

    def __init__(self) -> None:
        self._numbers = array("l")
        self._starts = array("l")

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, y: int) -> tuple[int, int]:
        return self._numbers[y], self._starts[y]

    def append(self, number: int, start: int) -> None:
        """A further row."""
        self._numbers.append(number)
        self._starts.append(start)

    def first_of(self, number: int) -> int:
        """The first row of a line, or of the next that there is; 0 if there is none."""
        at = bisect_left(self._numbers, number)
        return at if at < len(self._numbers) else 0


class JsonView(LineView):
    """Shows a JSON document. Lines are formatted as they are needed, the rest while nothing else happens; lines longer
    than the view are wrapped."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._source: Iterator[str] = iter(())
        self._lines: list[str] = []
        self._rows = _Rows()
        self._wrapped_for = 0
        self._done = True
        self._follow_end = False
        self._asked = 0

    @property
    def line_count(self) -> int:
        return len(self._rows)

    def line_at(self, y: int) -> Content:
        number, start = self._rows[y]
        content = self._content(number)
        if start == 0 and content.cell_length <= self._wrapped_for:
            return content
        end = self._rows[y + 1][1] if y + 1 < len(self._rows) and self._rows[y + 1][0] == number else None
        part = content[start:end]
        return part if start == 0 else Content(" " * self._hang(number)) + part

    def show(self, document: Any) -> None:
        """Show `document` from its start."""
        self._source = islice(json_lines(document), MAX_LINES)
        self._lines, self._rows = [], _Rows()
        self._done = False
        self._follow_end = False
        self._asked += 1
        self.go(0)
        self._more(self._asked)

    @property
    def complete(self) -> bool:
        """Whether every line is formatted."""
        return self._done

    def _more(self, asked: int) -> None:
        if asked != self._asked or self._done:
            return
        if not self.size.width:
            return
        self._wrapped_for = self.text_width
        fresh = list(islice(self._source, AT_ONCE))
        start = len(self._lines)
        self._lines += fresh
        if len(fresh) < AT_ONCE:
            self._done = True
            self._source = iter(())  # it holds the document
            if len(self._lines) >= MAX_LINES:
                self._lines.append(_MORE)
        self._wrap(start)
        self.resized()
        if self._follow_end:
            self.go(self.line_count)
        if not self._done:
            self.set_timer(0.01, lambda: self._more(asked))

    def _hang(self, number: int) -> int:
        line = self._lines[number]
        return min(len(line) - len(line.lstrip(" ")) + 4, self._wrapped_for // 2)

    def _content(self, number: int) -> Content:
        line = self._lines[number]
        return Content.styled(line, ".warn") if line is _MORE else coloured(line)

    def _wrap(self, start: int) -> None:
        width = self._wrapped_for
        for number in range(start, len(self._lines)):
            self._rows.append(number, 0)
            text = self._lines[number]
            if len(text) <= width and (text.isascii() or cells(text) <= width):
                continue
            for at in _starts(text, width, max(1, width - self._hang(number))):
                self._rows.append(number, at)

    def on_resize(self, _event: events.Resize) -> None:
        if self.text_width == self._wrapped_for:
            return
        if not self._lines:
            self._more(self._asked)
            return
        top = self._rows[min(self.scroll_offset.y, len(self._rows) - 1)][0] if self._rows else 0
        self._wrapped_for = self.text_width
        self._rows = _Rows()
        self._wrap(0)
        self.resized()
        self.go(self._rows.first_of(top))

    def action_last(self) -> None:
        self._follow_end = not self._done
        super().action_last()

    def go(self, y: float) -> None:
        if y < self.scroll_offset.y:
            self._follow_end = False
        super().go(y)


def _starts(text: str, first: int, others: int) -> list[int]:
    """Where the second and further rows of a long line start."""
    if text.isascii():
        return list(range(first, len(text), others))
    starts = []
    used, room = 0, first
    for at, character in enumerate(text):
        wide = cells(character)
        if used + wide > room:
            starts.append(at)
            used, room = 0, others
        used += wide
    return starts
