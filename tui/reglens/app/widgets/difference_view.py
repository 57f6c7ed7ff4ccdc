"""A comparison of two manifests, laid out."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from reglens.app.widgets.layout import Line, blank, fields, fit, heading, paragraph, said, words
from reglens.oci.compare import Change, Difference, LayerRow, Row
from reglens.text import clean, human_count, human_size

SHOWN = 2000
ALIGNED = 24
"""Cells of a name up to which the values of a section stand under one another."""
_MARKS = {
    Change.SAME: ("  ", ".muted"), Change.CHANGED: ("~ ", ".warn"), Change.MOVED: ("↕ ", ".accent"),
    Change.ADDED: ("+ ", ".good"), Change.REMOVED: ("− ", ".bad"),
}  # fmt: skip


def difference_lines(difference: Difference, width: int, *, whole: bool = False) -> list[Line]:
    """What differs; `whole` adds what is the same."""
    before, after = difference.before, difference.after
    pairs: list[tuple[str, Content]] = []
    for name, side in (("− before", before), ("+ after", after)):
        digest = (clean(side.manifest.digest.short, 100), ".muted")
        pairs.append((name, words(said(side.name, ".strong", 400), "  ", digest)))
    if before.size is not None and after.size is not None:
        change = after.size - before.size
        sign = "+" if change > 0 else ""
        style = ".warn" if change > 0 else ".good" if change < 0 else ".muted"
        pairs.append(
            ("size", words(f"{human_size(before.size)} → {human_size(after.size)}  ",
                           (f"{sign}{human_size(change)}", style)))
        )  # fmt: skip
    lines = fields(pairs, width)
    if difference.same:
        lines += [blank(), *paragraph(words(("✓ both lead to the same manifest", ".good")), width)]
        if not whole:
            return lines
    if difference.layers:
        lines += [blank(), *heading("Layers", width), *_layers(difference.layers, width)]
    same: list[str] = []
    for name, rows in difference.parts:
        shown = rows if whole else tuple(row for row in rows if row.change is not Change.SAME)
        if shown:
            lines += [blank(), *heading(name.capitalize(), width), *_rows(shown, width)]
        elif rows:
            same.append(name)
    if same:
        lines += [blank(), *paragraph(words((f"the same: {', '.join(same)}", ".muted")), width)]
    return lines


def _rows(rows: Sequence[Row], width: int) -> list[Line]:
    lines: list[Line] = []
    names = [said(row.name, ".label", 120) for row in rows[:SHOWN]]
    column = max((name.cell_length for name in names if name.cell_length <= ALIGNED), default=0)
    for row, name in zip(rows, names, strict=False):
        label = name.pad_right(max(0, column - name.cell_length))
        if row.change is Change.SAME:
            told = words(label, "  ", said(row.before or "", ".muted", 1000))
            lines += paragraph(told, width, lead="  ")
            continue
        for value, change in ((row.before, Change.REMOVED), (row.after, Change.ADDED)):
            if value is not None:
                told = words(label, "  ", said(" ".join(value.split()), limit=1000))
                lines += paragraph(told, width, lead=_MARKS[change])
    if len(rows) > SHOWN:
        lines.append(Line(words((f"and {human_count(len(rows) - SHOWN)} more", ".muted"))))
    return lines


def _layers(rows: Sequence[LayerRow], width: int) -> list[Line]:
    lines = []
    for row in rows[:SHOWN]:
        entry = row.after or row.before
        assert entry is not None
        note = row.change.value
        if row.change is Change.CHANGED and row.before is not None:
            note = f"was {human_size(row.before.size)} {row.before.digest.short}"
        told = words(
            _MARKS[row.change], (f"{row.before_place or '':>3} {row.after_place or '':>3} ", ".muted"),
            (f"{human_size(entry.size):>9}", ".strong"), "  ", (clean(entry.digest.short, 100), ".muted"), "  ",
            (clean(note, 200), _MARKS[row.change][1]),
        )  # fmt: skip
        lines.append(Line(fit(told, width)))
    if len(rows) > SHOWN:
        lines.append(Line(words((f"and {human_count(len(rows) - SHOWN)} more", ".muted"))))
    return lines
