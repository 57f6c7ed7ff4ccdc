"""What is kept between runs: recent and pinned repositories, the theme. One small JSON file, replaced as a whole."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

RECENT = 30
"""Recent repositories kept."""
PINNED = 200
SCHEMA = 1
MAX_SIZE = 1 << 20
"""Octets of the file beyond which it is not ours."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Repositories by their full names (``registry/repository``), the most recent first; the theme's name or ``""``;
    the word for what stands beside tags (`reglens.app.tag_facts.Detail`) or ``""``."""

    recents: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    theme: str = ""
    columns: str = ""

    def visited(self, name: str) -> Remembered:
        """With `name` as the most recent."""
        return replace(self, recents=(name, *(n for n in self.recents if n != name))[:RECENT])

    def pin_toggled(self, name: str) -> Remembered:
        """With `name` pinned if it was not, else let go."""
        if name in self.pins:
            return replace(self, pins=tuple(n for n in self.pins if n != name))
        return replace(self, pins=(*self.pins, name)[-PINNED:])


@dataclass
class Memory:
    """The file. `path` None keeps nothing beyond the run, as for the demo, whose address is another each time."""

    path: Path | None = None
    known: Remembered = field(default_factory=Remembered)

    def load(self) -> str:
        """Read the file into `known`. A damaged one is set aside. Gives a sentence to tell, or ``""``; never raises."""
        if self.path is None:
            return ""
        try:
            if self.path.stat().st_size > MAX_SIZE:
                raise ValueError("too large")
            self.known = _read(json.loads(self.path.read_text("utf-8")))
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"Recent and pinned repositories cannot be read: {error.strerror or error}"
        except (ValueError, RecursionError):
            aside = self.path.with_suffix(".damaged")
            with suppress(OSError):
                self.path.replace(aside)
            return f"The file of recent and pinned repositories was damaged; it is now {aside}"
        return ""

    def save(self) -> str:
        """Write `known`, whole or not at all. Gives a sentence to tell if that fails, or ``""``; never raises."""
        if self.path is None:
            return ""
        known = self.known
        document = {
            "schema": SCHEMA, "recents": list(known.recents), "pins": list(known.pins), "theme": known.theme,
            "columns": known.columns,
        }  # fmt: skip
        temporary = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name, suffix=".new")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(document, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path)
        except OSError as error:
            if temporary:
                with suppress(OSError):
                    Path(temporary).unlink()
            return f"Recent and pinned repositories cannot be kept: {error.strerror or error}"
        return ""


def default_path() -> Path:
    """Where the file belongs on this system."""
    from platformdirs import user_state_path

    return user_state_path("reglens", appauthor=False) / "places.json"


def _read(document: object) -> Remembered:
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        raise ValueError("not a file of ours")
    theme, columns = document.get("theme"), document.get("columns")
    return Remembered(
        _names(document.get("recents"))[:RECENT], _names(document.get("pins"))[:PINNED],
        theme if isinstance(theme, str) else "", columns if isinstance(columns, str) else "",
    )  # fmt: skip


def _names(value: object) -> tuple[str, ...]:
    """Full repository names that can be opened; anything else is left out."""
    from reglens.errors import ReferenceInvalid
    from reglens.oci.reference import Reference

    names = []
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, str) and "/" in entry:
            try:
                reference = Reference.parse(entry)
            except ReferenceInvalid:
                continue
            if reference.name == entry:
                names.append(entry)
    return tuple(dict.fromkeys(names))
