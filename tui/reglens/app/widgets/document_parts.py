"""What documents are laid out from: text, JSON, leaves of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content

from reglens.app.widgets.json_view import highlighted
from reglens.app.widgets.layout import Line, fields, fold, paragraph, said, words
from reglens.text import clean, human_count, human_size

LISTED = 300
JSON_LINES = 20_000
TEXT_LINES = 20_000
DUMPED = 4096
"""Octets shown of what is no text."""


def leaves_lines(leaves: Sequence[tuple[str, str]], width: int) -> list[Line]:
    """Paths into a document with the values there."""
    lines = fields([(clean(name, 120), said(value or '""', limit=1000)) for name, value in leaves[:LISTED]], width)
    return [*lines, *more_lines(len(leaves) - LISTED)]


def more_lines(count: int) -> list[Line]:
    """That `count` more are not listed; nothing if all are."""
    return [Line(words((f"and {human_count(count)} more, in the JSON", ".muted")))] if count > 0 else []


def text_lines(text: str, width: int, *, cut: bool = False) -> list[Line]:
    """Text with its line numbers, cleaned, long lines wrapped."""
    rows = text.split("\n")
    if rows and not rows[-1]:
        rows.pop()
    digits = len(str(min(len(rows), TEXT_LINES)))
    lines: list[Line] = []
    for number, row in enumerate(rows[:TEXT_LINES], 1):
        bare = row.removesuffix("\r").expandtabs(4)
        lines += paragraph(said(bare, limit=4000), width, lead=words((f"{number:>{digits}} ", ".muted")))
        if len(lines) >= TEXT_LINES:
            break
    if cut or len(rows) > TEXT_LINES:
        lines.append(Line(words(("… the rest is not shown", ".warn"))))
    return lines or paragraph(words(("(empty)", ".muted")), width)


def json_document_lines(document: object, width: int) -> list[Line]:
    """A JSON document, indented and coloured, long lines wrapped."""
    lines: list[Line] = []
    shown: Iterable[Content] = highlighted(document, JSON_LINES)
    for content in shown:
        lines += [Line(part) for part in fold(content, width)] if content.cell_length > width else [Line(content)]
    if len(lines) >= JSON_LINES:
        lines.append(Line(words(("… the rest is not shown", ".warn"))))
    return lines


def dump_lines(raw: bytes, size: int, width: int) -> list[Line]:
    """Octets in hexadecimal, with the characters they stand for."""
    row = 16 if width >= 76 else 8
    lines = paragraph(words(("not text; the first octets:", ".muted")), width)
    for start in range(0, len(raw), row):
        part = raw[start : start + row]
        shown = "".join(chr(octet) if 32 <= octet < 127 else "·" for octet in part)
        lines.append(Line(words((f"{start:08x}  ", ".muted"), f"{part.hex(' '):<{row * 3}} ", (shown, ".code"))))
    if size > len(raw):
        lines.append(Line(words((f"… {human_size(size - len(raw))} more", ".muted"))))
    return lines
