"""The rows of the tags pane as text: a tag, and as many columns beside it as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

from reglens.app.tag_facts import Extent, TagFacts
from reglens.app.widgets.line_list import Part, cropped
from reglens.text import clean, human_duration, human_size

GAP, GUTTER = 2, 2
TAG_LEAST, TAG_MOST = 6, 32
"""Cells that a tag has at least, and those for which columns give way at most."""
PLATFORMS_MOST = 40


def _digest(facts: TagFacts, now: datetime, width: int) -> str:
    digest = facts.digest
    return digest.encoded[:width] if digest.algorithm == "sha256" else f"{str(digest)[: width - 1]}…"


def _age(facts: TagFacts, now: datetime, width: int) -> str:
    if facts.created is None or facts.created > now:
        return ""
    return human_duration((now - facts.created).total_seconds()).rjust(width)


def _size(facts: TagFacts, now: datetime, width: int) -> str:
    return "" if facts.size is None else human_size(facts.size).rjust(width)


def _platforms(facts: TagFacts, now: datetime, width: int) -> str:
    names = [clean(name, 40) for name in facts.platforms]
    if len(names) < 2:
        return cropped("".join(names), width)
    for count in range(len(names), 1, -1):
        more = len(names) - count
        text = " ".join(names[:count]) + (f" +{more}" if more else "")
        if len(text) <= width:
            return text
    return f"{len(names)} platforms"


def named(tags: Sequence[str], width: int) -> str:
    """As many of `tags` as `width` cells hold, and how many more there are."""
    text = ""
    for count, tag in enumerate(map(clean, tags)):
        longer = f"{text} {tag}".strip()
        more = f" +{len(tags) - count - 1}" if count + 1 < len(tags) else ""
        if len(longer) + len(more) > width:
            return f"{text} +{len(tags) - count}" if text else cropped(longer, max(4, width - len(more))) + more
        text = longer
    return text


Column = Callable[[TagFacts, datetime, int], str]
_COLUMNS: tuple[tuple[Column, int], ...] = ((_digest, 12), (_age, 9), (_size, 8), (_platforms, 12))
"""What each says in at most so many cells (the last one in more, if there are), the most wanted first."""


@lru_cache(64)
def columns(width: int, longest: int) -> tuple[int, tuple[tuple[Column, int], ...]]:
    """The cells for the tag, and the columns with theirs, in a row of `width` cells where the longest tag has `longest`
    characters."""
    room = width - GUTTER
    least = max(TAG_LEAST, min(longest, TAG_MOST))
    shown: list[tuple[Column, int]] = []
    for column, cells in _COLUMNS:
        if room - GAP - cells < least:
            break
        room -= GAP + cells
        shown.append((column, cells))
    if len(shown) == len(_COLUMNS):
        more = max(0, min(room - least, PLATFORMS_MOST - shown[-1][1]))
        shown[-1] = (shown[-1][0], shown[-1][1] + more)
        room -= more
    return min(room, max(longest, TAG_LEAST)) if shown else room, tuple(shown)


def extent(width: int, longest: int) -> Extent:
    """How much has room beside tags of at most `longest` characters in a row of `width` cells."""
    shown = columns(width, longest)[1]
    return Extent.WHOLE if len(shown) > 1 else Extent.DIGEST if shown else Extent.NOTHING


def all_fit(width: int, longest: int) -> bool:
    """Whether every column has room beside tags of at most `longest` characters in a row of `width` cells."""
    return len(columns(width, longest)[1]) == len(_COLUMNS)


def tag_row(
    tag: str,
    width: int,
    *,
    longest: int,
    sign: str = "",
    ink: str = "",
    facts: TagFacts | None = None,
    same: bool = False,
    words: Sequence[str] = (),
    now: datetime,
) -> list[Part]:
    """A row of `width` cells. `sign` stands before the tag in `ink`; `same` makes the digest stand out; the first of
    `words` is marked where the tag holds it. What is not known is left out; so is all of it beside a tag longer than
    `longest`, which has the row to itself."""
    room, shown = columns(width, longest)
    if len(tag) > max(longest, TAG_LEAST):
        facts = None
    if facts is None:
        room, shown = width - GUTTER, ()
    text = cropped(clean(tag), room)
    parts: list[Part] = [(sign.ljust(GUTTER), ink)]
    at = text.lower().find(words[0]) if words else -1
    if at >= 0:
        end = at + len(words[0])
        parts += [(text[:at], ""), (text[at:end], "match"), (text[end:], "")]
    else:
        parts.append((text, ""))
    if facts is None:
        return parts
    blank = room - len(text)
    for column, cells in shown:
        said = column(facts, now, cells)
        parts += [
            (" " * (GAP + blank), ""),
            (said.ljust(cells), "accent" if same and column is _digest else "muted"),
        ]
        blank = 0
    return parts
