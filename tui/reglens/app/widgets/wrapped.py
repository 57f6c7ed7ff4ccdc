"""A long text in rows of a width: where each row begins and ends is reckoned when it is drawn, none is kept."""

from __future__ import annotations

from array import array
from bisect import bisect_right

ROOM = "q"


class Wrapped:
    """The rows that `text` takes where a row has `width` cells."""

    def __init__(self, text: str = "", width: int = 1) -> None:
        self.text = text
        self.width = width
        self._starts = array(ROOM)
        """Where each line begins."""
        self._firsts = array(ROOM)
        """The row in which each line begins."""
        self._steps = array(ROOM)
        """Characters in a row of each line: wide ones take two cells, so that of a line that has any half as many are
        sure to have room."""
        narrow, half = text.isascii(), max(1, width // 2)
        start = row = 0
        starts, firsts, steps = [], [], []
        for line in text.split("\n"):
            step = width if narrow or line.isascii() else half
            starts.append(start)
            firsts.append(row)
            steps.append(step)
            length = len(line)
            row += 1 if length <= step else -(-length // step)
            start += length + 1
        self._starts.extend(starts)
        self._firsts.extend(firsts)
        self._steps.extend(steps)
        self.count = row

    def span(self, row: int) -> tuple[int, int]:
        """Where the text of a row begins and ends."""
        line = bisect_right(self._firsts, row) - 1
        last = self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self.text)
        start = self._starts[line] + (row - self._firsts[line]) * self._steps[line]
        return start, min(start + self._steps[line], last)

    def row_of(self, offset: int) -> int:
        """The row that holds the character at `offset`, or the last row before it."""
        line = max(0, bisect_right(self._starts, offset) - 1)
        following = self._firsts[line + 1] if line + 1 < len(self._firsts) else self.count
        return min(self._firsts[line] + (offset - self._starts[line]) // self._steps[line], following - 1)
