"""The comparison: what the registry asked, what the client requested, what the token grants."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from reglens.app.widgets.layout import Line, blank, cells, column, paragraph, said, share, side_by_side, words
from reglens.diagnosis.finding import Cell, Comparison, Row, Verdict

COLUMNS = ("registry asked", "client requested", "token grants")
MARKS = {Verdict.AGREE: ("✓", ".good"), Verdict.DISAGREE: ("✗", ".bad"), Verdict.UNKNOWN: ("?", ".muted")}
STACKED_BELOW = 66
"""Cells of width below which the three cells of a row stand under each other."""
_NAME = 10


def comparison_lines(comparison: Comparison, width: int, before: Comparison | None = None) -> list[Line]:
    """The rows in three columns, or stacked where it is narrow. A cell is wrapped, never cut. Under a row that is not
    as in `before` stands how it was."""
    was = {row.name: row for row in before.rows if row.differs(comparison.row(row.name))} if before else {}
    if width < STACKED_BELOW:
        return [
            line
            for row in comparison.rows
            for line in _stacked(row, width) + (_stacked_was(was[row.name], width) if row.name in was else [])
        ]
    room = width - _NAME - 1 - 2 - 2 * 3
    cells_of = [_cells(row) for row in comparison.rows]
    measured = cells_of + [_cells(row) for row in was.values()]
    natural = [
        max(cells(title), *(max(map(cells, row[i].plain.split("\n"))) for row in measured))
        for i, title in enumerate(COLUMNS)
    ]
    widths = share(natural, room, least=room // 5)
    head = words(
        " " * (_NAME + 3),
        *(part for title, w in zip(COLUMNS, widths, strict=True) for part in ("  ", column(_head(title), w))),
    )
    lines = [Line(head)]
    for row, shown in zip(comparison.rows, cells_of, strict=True):
        lines += _across(row, shown, widths, width)
        if row.name in was:
            lines += _across_was(was[row.name], widths)
    return lines


def _across_was(row: Row, widths: Sequence[int]) -> list[Line]:
    sign, style = MARKS[row.verdict]
    shown = [Content.styled(cell.plain, ".note") for cell in _cells(row)]
    lines = []
    for number, cell_line in enumerate(side_by_side(shown, widths)):
        lead = words((f"{'≠ was':>{_NAME}}", ".accent"), " ", (sign, style), " ") if number == 0 else None
        lines.append(Line((lead or Content(" " * (_NAME + 3))) + Content("  ") + cell_line))
    return lines


def _stacked_was(row: Row, width: int) -> list[Line]:
    sign, style = MARKS[row.verdict]
    told = [
        f"{title.split()[-1]} {cell.plain.replace(chr(10), ', ')}"
        for title, cell in zip(COLUMNS, _cells(row), strict=True)
    ]
    return paragraph(words((sign, style), (" " + " · ".join(told), ".note")), width, lead=("  ≠ was ", ".accent"))


def _head(title: str) -> Content:
    return Content.styled(title, ".label")


def _across(row: Row, shown: Sequence[Content], widths: Sequence[int], width: int) -> list[Line]:
    sign, style = MARKS[row.verdict]
    name_style = ".bad" if row.verdict is Verdict.DISAGREE else ".label"
    lines = []
    for number, cell_line in enumerate(side_by_side(shown, widths)):
        lead = words((f"{row.name.value:<{_NAME}}", name_style), " ", (sign, style), " ") if number == 0 else None
        lines.append(Line((lead or Content(" " * (_NAME + 3))) + Content("  ") + cell_line))
    room = width - lines[-1].content.rstrip().cell_length - 2
    if row.note and row.verdict is not Verdict.DISAGREE and cells(row.note) <= room:
        return [*lines[:-1], Line(lines[-1].content.rstrip() + Content("  ") + said(row.note, ".note"))]
    return lines + _note(row, width, _NAME + 5)


def _note(row: Row, width: int, indent: int) -> list[Line]:
    if not row.note:
        return []
    return paragraph(said(row.note, ".note"), width, lead=" " * indent)


def _stacked(row: Row, width: int) -> list[Line]:
    sign, style = MARKS[row.verdict]
    lines = [
        Line(words((sign, style), " ", (row.name.value, ".bad" if row.verdict is Verdict.DISAGREE else ".strong")))
    ]
    stated = [cell.value is not None for cell in (row.asked, row.requested, row.granted)]
    for title, cell, known in zip(COLUMNS, _cells(row), stated, strict=True):
        if not known and any(stated) and row.verdict is not Verdict.DISAGREE:
            continue  # a gap says something only where the row is at odds
        lines += paragraph(cell, width, lead=words("  ", (f"{title:<17}", ".label")))
    return lines + _note(row, width, 2)


def clashing(row: Row) -> tuple[bool, bool, bool]:
    """Which cells of a row disagree with what was asked: all that lack it. If none lacks it, or nothing is known to
    be asked, the whole row is at odds."""
    if row.verdict is not Verdict.DISAGREE:
        return False, False, False
    asked, requested, granted = (_values(cell) for cell in (row.asked, row.requested, row.granted))
    at_odds = (False, not asked <= requested, not asked <= granted)
    return at_odds if asked and any(at_odds) else (True, True, True)


def _values(cell: Cell) -> set[str]:
    return {cell.value} if isinstance(cell.value, str) else set(cell.value or ())


def _cells(row: Row) -> list[Content]:
    asked, requested, granted = clashing(row)
    return [
        _cell(row.asked, ".clash" if asked else ".strong" if requested or granted else ""),
        _cell(row.requested, ".clash" if requested else ""),
        _cell(row.granted, ".clash" if granted else ""),
    ]


def _cell(cell: Cell, style: str) -> Content:
    value = cell.value
    if value is None:
        return Content.styled("—", style or ".muted")
    listed = (value,) if isinstance(value, str) else value
    if not listed:
        return Content.styled("(empty)", style or ".muted")
    return Content("\n").join([said(text, style, 600) for text in listed[:20]])


def nothing_compared(width: int) -> list[Line]:
    """What stands in the comparison's place before there is one."""
    return [
        *paragraph(
            Content.styled("Nothing to compare yet.", ".strong"),
            width,
        ),
        blank(),
        *paragraph(
            Content.styled(
                "As soon as a registry has asked for a token, this shows side by side what the registry asked, what "
                "was requested from the token server, and what the token grants.",
                ".muted",
            ),
            width,
        ),
    ]
