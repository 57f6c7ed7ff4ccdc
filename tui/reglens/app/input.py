"""What comes from the terminal: a paste stays one, whatever is in it.

Textual's parser takes a paste apart at an ESC in it (textual/_xterm_parser.py, `parse`): what does not go on as a
sequence that it knows comes as keys, and what was pasted could press them. Many terminals leave out ESC when they paste
(xterm's ``disallowedPasteControls``), others, and tmux, do not.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

BEGIN = "\x1b[200~"
END = "\x1b[201~"
"""Marks around a paste (xterm, ctlseqs, "Bracketed Paste Mode"). A terminal that pastes the latter cannot be helped."""
_SPLIT = len(END) - 1
"""Characters of a mark that may have come without its last."""


class Parser(XTermParser):
    """Textual's parser, which is shown no paste."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._before = ""
        """The last characters that came, part of a mark perhaps."""
        self._pasted: list[str] | None = None
        """What was pasted so far; None: nothing is being pasted."""

    def feed(self, data: str) -> Iterable[Message]:
        if not data:  # the end of all
            yield from super().feed(data)
        while data:
            mark = BEGIN if self._pasted is None else END
            known = len(self._before)
            at = (self._before + data).find(mark)
            taken = data if at < 0 else data[: at + len(mark) - known]
            data = data[len(taken) :]
            self._before = "" if at >= 0 else (self._before + taken)[-_SPLIT:]
            if self._pasted is None:
                yield from super().feed(taken)
                self._pasted = None if at < 0 else []
                continue
            self._pasted.append(taken)
            if at >= 0:
                text = "".join(self._pasted)[: -len(END)]
                self._pasted = None
                list(super().feed(END))  # it has seen the beginning; the empty paste that it tells of is this one
                yield events.Paste(text.replace("\0", ""))
