"""Tables and paragraphs for a terminal or a file, drawn with rich into plain text.

Everything is a `Text`, never markup, and cleaned before it comes here: rich would read brackets in a server's words.
"""

from __future__ import annotations

import shutil
from io import StringIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from reglens.cli.output import Output, is_terminal, wants_colour
from reglens.text import clean

FILE_WIDTH = 100
"""Columns where no terminal says how wide it is."""
MAX_WIDTH = 120
BAD, GOOD, UNSURE, FAINT, STRONG = "bold red", "green", "yellow", "dim", "bold"


class Page:
    """A piece of output being drawn, block by block."""

    def __init__(self, output: Output) -> None:
        self.output = output
        terminal = is_terminal(output.out)
        width = min(shutil.get_terminal_size().columns, MAX_WIDTH) if terminal else FILE_WIDTH
        self.colour = wants_colour(output.out)
        self.file = StringIO()
        self.console = Console(
            file=self.file,
            width=max(width, 40),
            force_terminal=self.colour,
            color_system="standard" if self.colour else None,
            no_color=not self.colour,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    def draw(self, block: RenderableType) -> None:
        """Any block of rich's, its words clean already."""
        self.console.print(block, overflow="fold")

    def line(self, *parts: str | tuple[str, str]) -> None:
        """One line of words, each with a style or without, wrapped where it must be."""
        self.draw(styled(*parts))

    def paragraph(self, text: str, *, indent: int = 0) -> None:
        """Prose, wrapped and indented; line ends in it stay."""
        grid = Table.grid(padding=0)
        grid.add_column(width=indent)
        grid.add_column(overflow="fold")
        grid.add_row("", Text(clean(text.strip(), keep="\n"), overflow="fold"))
        self.draw(grid if indent else Text(clean(text.strip(), keep="\n"), overflow="fold"))

    def verbatim(self, text: str, *, indent: int = 4) -> None:
        """Lines to be copied: never wrapped."""
        for line in clean(text, keep="\n").splitlines():
            self.console.print(Text(" " * indent + line, style=STRONG), soft_wrap=True)

    def gap(self) -> None:
        """An empty line."""
        self.console.print()

    def done(self) -> None:
        """Hand what was drawn to stdout, without the blanks that tables leave at the ends of lines."""
        self.output.text("".join(line.rstrip() + "\n" for line in self.file.getvalue().split("\n")[:-1]))


def styled(*parts: str | tuple[str, str]) -> Text:
    """Words, each plain or with a style."""
    text = Text(overflow="fold")
    for part in parts:
        words, style = (part, "") if isinstance(part, str) else part
        text.append(clean(words), style)
    return text
