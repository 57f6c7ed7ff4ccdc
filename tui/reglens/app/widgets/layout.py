"""Lines of styled text laid out for a width: the language in which the panes' views are written.

A view is a function from a width in cells to `Line`s (a `Layout`). It knows no widget, so it is tested as text. Styles
are named with a leading dot (``".bad"``) and mean a component class of `reglens.app.widgets.line_view.LineView`.
Everything that a server sent passes through `said` or `reglens.text.clean` before it becomes content.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from textual.content import Content

from reglens.text import DISPLAY_LIMIT, clean

Part = str | Content | tuple[str, str]
BREAKS = ("/:,;&?=@", ".+-_")
"""Characters after which a long word (URL, scope, media type) is rather broken than elsewhere; the first ones first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line on the screen. Lines of one `key` are one item, which the cursor selects as a whole."""

    content: Content
    key: Hashable | None = None


Layout = Callable[[int], Sequence[Line]]
"""From a width in cells to the lines of a view."""


def said(text: str, style: str = "", limit: int = DISPLAY_LIMIT) -> Content:
    """Text from outside, cleaned, as content."""
    return Content.styled(clean(text, limit), style) if style else Content(clean(text, limit))


def words(*parts: Part) -> Content:
    """Content put together from literal text, content and ``(text, style)`` pairs; none of it is markup."""
    return Content.assemble(*parts)


def blank() -> Line:
    """An empty line."""
    return Line(Content(""))


def heading(text: str, width: int) -> list[Line]:
    """A section's title with a rule after it."""
    rule = "─" * max(0, width - len(text) - 1)
    return [Line(words((text, ".heading"), " ", (rule, ".rule")))]


def paragraph(body: Content, width: int, *, lead: Part = "", key: Hashable | None = None) -> list[Line]:
    """`body` wrapped at words, with `lead` before its first line and as much indent before the others."""
    first = words(lead)
    indent = first.cell_length
    pad = Content(" " * indent)
    return [
        Line((pad if number else first) + part, key) for number, part in enumerate(fold(body, max(8, width - indent)))
    ]


def fold(body: Content, width: int) -> list[Content]:
    """`body` as lines of at most `width` cells: broken at blanks, else after a mark of `BREAKS`, else anywhere."""
    lines: list[Content] = []
    for whole in body.split("\n", allow_blank=True):
        rest = whole
        while rest.cell_length > width:
            cut = _cut(rest.plain, width)
            lines.append(rest[:cut].rstrip())
            rest = rest[cut:]
            gap = len(rest.plain) - len(rest.plain.lstrip(" "))
            rest = rest[gap:] if gap else rest
        lines.append(rest)
    return lines


def _cut(text: str, width: int) -> int:
    """How many characters of a `text` wider than `width` cells stand on the first line; at least one."""
    fits = used = 0
    for character in text:
        used += cells(character)
        if used > width:
            break
        fits += 1
    fits = max(1, fits)
    space = text.rfind(" ", 0, fits + 1)
    if space > 0 and text[:space].strip():
        word = text[space + 1 : space + 2 + width].split(" ", 1)[0]
        if len(word) <= width or space > width // 2:
            return space
    for marks in BREAKS:
        mark = max(text.rfind(character, 0, fits) for character in marks)
        if mark >= width // 2:
            return mark + 1
    return fits


def cells(text: str) -> int:
    """The width of `text` on the screen."""
    return len(text) if text.isascii() else Content(text).cell_length


def end(text: str, width: int) -> str:
    """`text` (cleaned) in at most `width` cells, its end replaced by an ellipsis if need be."""
    if cells(text) <= width:
        return text
    return Content(text).truncate(max(1, width - 1)).plain.rstrip() + "…"


def middle(text: str, width: int) -> str:
    """`text` (cleaned) in at most `width` cells, an ellipsis in its middle: start and end tell most of a path."""
    if cells(text) <= width:
        return text
    if cells(text) != len(text) or width < 5:  # wide characters: where they may be cut is not counted here
        return end(text, width)
    tail = (width - 1) * 2 // 3
    return f"{text[: width - 1 - tail]}…{text[-tail:]}"


def column(content: Content, width: int, *, right: bool = False) -> Content:
    """`content` in exactly `width` cells: cut with an ellipsis or padded."""
    spare = width - content.cell_length
    if spare < 0:
        content = content.truncate(max(1, width - 1)) + Content("…")
        spare = width - content.cell_length
    pad = Content(" " * max(0, spare))
    return pad + content if right else content + pad


def fit(content: Content, width: int) -> Content:
    """`content` in at most `width` cells, its end replaced by an ellipsis if need be."""
    return content if content.cell_length <= width else column(content, width)


def fields(
    pairs: Iterable[tuple[str, Content]], width: int, *, indent: int = 0, key: Hashable | None = None
) -> list[Line]:
    """Names and values, the values aligned and wrapped. Names are taken as they come: clean them if they are a
    server's. Under a name too long for its column the value has a line of its own."""
    listed = list(pairs)
    longest = max((cells(name) for name, _ in listed), default=0)
    label = min(longest, max(10, (width - indent) * 2 // 5))
    lines: list[Line] = []
    pad = " " * indent
    for name, value in listed:
        if cells(name) > label:
            lines += paragraph(Content.styled(name, ".label"), width, lead=pad, key=key)
            lines += paragraph(value, width, lead=pad + "    ", key=key)
            continue
        lead = words(pad, (name, ".label"), " " * (label - cells(name) + 2))
        lines += paragraph(value, width, lead=lead, key=key)
    return lines


def side_by_side(parts: Sequence[Content], widths: Sequence[int], *, gap: int = 2) -> list[Content]:
    """Cells next to each other, each wrapped to its own width: as many lines as the tallest needs."""
    folded = [fold(part, width) for part, width in zip(parts, widths, strict=True)]
    height = max((len(lines) for lines in folded), default=0)
    space = Content(" " * gap)
    rows = []
    for number in range(height):
        row = [
            column(lines[number] if number < len(lines) else Content(""), width)
            for lines, width in zip(folded, widths, strict=True)
        ]
        rows.append(space.join(row))
    return rows


def share(natural: Sequence[int], room: int, *, least: int = 8) -> list[int]:
    """Widths for columns that would like `natural` cells each and have `room` together: small ones get what they ask,
    the others what is left, evenly."""
    widths = [0] * len(natural)
    left = room
    waiting = sorted(range(len(natural)), key=lambda i: natural[i])
    for place, index in enumerate(waiting):
        fair = max(least, left // (len(waiting) - place))
        widths[index] = min(max(natural[index], 1), fair)
        left -= widths[index]
    return widths


def keyed(lines: Iterable[Line], key: Hashable) -> list[Line]:
    """Those lines as one item."""
    return [replace(line, key=key) for line in lines]


def plain(lines: Iterable[Line]) -> str:
    """The lines as text."""
    return "\n".join(line.content.plain.rstrip() for line in lines)
