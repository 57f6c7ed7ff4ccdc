"""A pasted text as it may be shown: its secrets replaced by marks, with the way back to what was pasted.

What is shown and edited holds marks (fingerprints) where secrets stood; the secrets themselves stay in this process's
memory. The diagnosis reads the whole text, so the places that it names are brought back to what is shown.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from reglens.text import clean

Span = tuple[int, int]

_CODES = re.compile(r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]")
_MARK = re.compile(r"\([a-z ]{0,40}private key sha256:[0-9a-f]{12}\)|sha256:[0-9a-f]{12}(?![0-9a-f])")
NESTED = 4
"""How deep marks within marked secrets are followed."""


def tidy(text: str) -> str:
    """A paste made fit for an editor: line ends as ``\\n``, terminal codes gone, other controls visible."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text:
        text = _CODES.sub("", text)
    return clean(text, len(text) or 1, keep="\n\t")


@dataclass(frozen=True, slots=True)
class Whole:
    """The text with its secrets in place. `pieces` are the places where it is longer or shorter than what is shown, as
    (start shown, end shown, start here, end here), in order."""

    text: str
    pieces: tuple[tuple[int, int, int, int], ...] = ()

    def shown(self, span: Span) -> Span:
        """Where a span of `text` stands in what is shown; a part of a secret is its whole mark."""
        return self._place(span[0], end=False), self._place(max(span), end=True)

    def _place(self, offset: int, *, end: bool) -> int:
        starts = [piece[2] for piece in self.pieces]
        index = bisect_right(starts, offset - 1 if end else offset) - 1
        if index < 0:
            return offset
        shown_start, shown_end, _, stop = self.pieces[index]
        if offset < stop or (end and offset == stop):
            return shown_end if end else shown_start
        return shown_end + offset - stop


@dataclass
class Draft:
    """What is being pasted and edited. `shown` is the text on the screen, `secrets` what its marks stand for."""

    shown: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    revealed: bool = False

    def hide(self, text: str) -> str:
        """`text` with marks for its secrets, which are remembered; as it is while secrets are revealed."""
        if self.revealed:
            return text
        from reglens.mask import mask_and_keep

        hidden, known = mask_and_keep(text)
        self.secrets.update(known)
        return hidden

    def whole(self) -> Whole:
        """What was pasted."""
        return whole(self.shown, self.secrets)

    def reveal(self) -> None:
        """Show the secrets themselves."""
        self.shown = self.whole().text
        self.revealed = True

    def mask(self) -> None:
        """Show marks again."""
        self.revealed = False
        self.shown = self.hide(self.shown)

    def clear(self) -> None:
        """Forget all of it, the secrets first of all."""
        self.secrets.clear()
        self.shown = ""
        self.revealed = False


def whole(shown: str, secrets: dict[str, str]) -> Whole:
    """`shown` with each mark replaced by what it stands for."""
    if not secrets:
        return Whole(shown)
    parts: list[str] = []
    pieces: list[tuple[int, int, int, int]] = []
    at = length = 0
    for found in _MARK.finditer(shown):
        if found[0] not in secrets:
            continue
        value = _unmarked(found[0], secrets)
        between = shown[at : found.start()]
        length += len(between)
        parts += (between, value)
        pieces.append((found.start(), found.end(), length, length + len(value)))
        length += len(value)
        at = found.end()
    parts.append(shown[at:])
    return Whole("".join(parts), tuple(pieces))


def _unmarked(mark: str, secrets: dict[str, str]) -> str:
    """What a mark stands for. A secret may have been masked in part before its whole was."""
    value = secrets[mark]
    for _ in range(NESTED):
        inner = [found[0] for found in _MARK.finditer(value) if found[0] in secrets and secrets[found[0]] != value]
        if not inner:
            break
        for each in inner:
            value = value.replace(each, secrets[each])
    return value
