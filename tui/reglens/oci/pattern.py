"""Regular expressions that a person types, for tags that a registry gives: bounded in size and in time.

Some expressions try so many ways on so few letters that nobody sees the end (``(a|a)*$``), and Python's `re` cannot be
stopped on its way; `regex` can (its README, "Timeout").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

MAX_LENGTH = 200
"""Characters of an expression."""
MAX_SIZE = 5000
"""Characters with counted repetitions written out, as `regex` does when it compiles, which nothing interrupts:
``(a{1000}){1000}`` would take hundreds of megabytes."""
SECONDS_OF_ONE = 0.02
"""That one search may take."""
SECONDS_OF_ALL = 1.0
"""That the searches of one filter may take together, over and above `SECONDS_EACH` for each."""
SECONDS_EACH = 20e-6

_COUNTED = re.compile(r"(\))?\s*\{\s*(\d+)", re.ASCII)


class TakesTooLong(ValueError):
    """A regular expression was given up; the same filter is not tried again."""


@dataclass(slots=True)
class Patience:
    """What is left of the time for the searches of one filter, in seconds."""

    left: float = SECONDS_OF_ALL


def searching(source: str, patience: Patience) -> Callable[[str], bool]:
    """Whether the regular expression `source` occurs in a text; case does not count, and classes such as ``\\w`` are of
    ASCII.

    Raises ValueError, with a sentence for people, if it cannot be understood or is too large. What is returned raises
    TakesTooLong for a text that it takes too long for, and then for every text.
    """
    if len(source) > MAX_LENGTH:
        raise ValueError(f"a regular expression has at most {MAX_LENGTH} characters")
    if _size(source) > MAX_SIZE:
        raise ValueError(f"/{source}/: that is too much to repeat")
    import regex  # slow to import, and seldom wanted

    try:
        compiled = regex.compile(source, regex.IGNORECASE | regex.ASCII, cache_pattern=False)
    except (regex.error, ValueError) as error:
        said = str(error).partition(" at position ")[0]  # counted from 0, and of `source` alone
        raise ValueError(f"/{source}/: {said}") from None
    too_long = f"/{source}/ takes too long: its repetitions can share out a tag in too many ways"

    def occurs(text: str) -> bool:
        if patience.left <= 0:
            raise TakesTooLong(too_long)
        begun = perf_counter()
        try:
            found = compiled.search(text, timeout=SECONDS_OF_ONE, concurrent=False) is not None
        except (TimeoutError, MemoryError):
            patience.left = 0
            raise TakesTooLong(too_long) from None
        patience.left = min(SECONDS_OF_ALL, patience.left + SECONDS_EACH - (perf_counter() - begun))
        return found

    return occurs


def _size(source: str) -> int:
    """How large `source` is with its repetitions written out: those of groups can stand within one another."""
    length, times = len(source), 1
    for group, count in _COUNTED.findall(source):
        if group:
            times *= max(1, int(count))
        else:
            length += int(count)
    return length * times
