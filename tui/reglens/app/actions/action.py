"""An action: what its keys, its footer entry, its line of help and its offer in the palette are made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding


class Where(StrEnum):
    """Where an action is bound, which is also its heading in the help."""

    EVERYWHERE = "Everywhere"
    LIST = "In a list"
    SEARCH = "Search"
    TAGS = "Tags"
    MANIFEST = "Manifest"
    AUTHENTICATION = "Authentication"
    ASIDE = "Beside the browser"
    PASTE = "Explain a paste"
    RESULTS = "Findings"
    PAGES = "What findings mean"
    WALK = "The walk"
    LABORATORY = "The laboratory"
    EXCHANGE = "An exchange"
    DOCUMENT = "An artifact opened"
    LAYER = "A layer opened"
    FILE = "A file of a layer"
    DIFFERENCE = "Two things compared"


@dataclass(frozen=True, slots=True)
class Action:
    """One action: Textual's action name, its keys (the first is the one shown), a word for the footer, a sentence for
    help and palette. `footer` tells whether the footer shows it; `palette` whether the palette offers it."""

    name: str
    keys: tuple[str, ...]
    word: str
    help: str
    where: Where = Where.EVERYWHERE
    shown_as: str = ""
    footer: bool = False
    palette: bool = True
    priority: bool = False

    @property
    def key_text(self) -> str:
        """The keys as people write them."""
        return self.shown_as or " ".join(_NAMES.get(key, key) for key in self.keys)

    def binding(self) -> Binding:
        """As Textual wants it."""
        return Binding(
            ",".join(self.keys),
            self.name,
            self.word,
            show=self.footer,
            key_display=self.shown_as or _NAMES.get(self.keys[0], self.keys[0]),
            priority=self.priority,
            tooltip=self.help,
        )


_NAMES = {
    "slash": "/",
    "question_mark": "?",
    "escape": "esc",
    "ctrl+p": "^p",
    "ctrl+q": "^q",
    "ctrl+c": "^c",
    "ctrl+z": "^z",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "shift+tab": "⇧tab",
}
