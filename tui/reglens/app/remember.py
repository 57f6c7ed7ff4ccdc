"""What is kept between runs: recent and pinned repositories, how things look. One small JSON file, replaced as a whole.

Several runs may write it, one after the other: each adds what changed in it to what the file holds by then.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

RECENT = 30
"""Recent repositories kept."""
PINNED = 200
SCHEMA = 1
MAX_SIZE = 1 << 20
"""Octets of the file beyond which it is not ours."""
LOCK_PATIENCE = 1.0
"""Seconds to wait for another run that writes; it takes milliseconds, unless it was stopped meanwhile."""


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

    def since(self, base: Remembered, theirs: Remembered) -> Remembered:
        """What changed from `base` to this, changed in `theirs`."""
        gone = set(base.pins) - set(self.pins)
        pins = [name for name in theirs.pins if name not in gone]
        pins += [name for name in self.pins if name not in base.pins and name not in theirs.pins]
        at = {name: position for position, name in enumerate(base.recents)}
        fresh = [name for position, name in enumerate(self.recents) if position < at.get(name, RECENT)]
        return Remembered(
            tuple(dict.fromkeys((*fresh, *theirs.recents)))[:RECENT],
            tuple(pins)[-PINNED:],
            self.theme if self.theme != base.theme else theirs.theme,
            self.columns if self.columns != base.columns else theirs.columns,
        )


@dataclass
class Memory:
    """The file. `path` None keeps nothing beyond the run, as for the demo, whose address is another each time."""

    path: Path | None = None
    known: Remembered = field(default_factory=Remembered)
    _base: Remembered = field(default_factory=Remembered, repr=False)
    """What `known` was when it was last the same as the file."""
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def load(self) -> str:
        """Read the file into `known`. A damaged one is set aside. Gives a sentence to tell, or ``""``; never raises."""
        if self.path is None:
            return ""
        try:
            self.known = self._base = _read(_json_of(self.path))
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"Recent and pinned repositories cannot be read: {error.strerror or error}"
        except (ValueError, RecursionError):
            aside = self.path.with_suffix(".damaged")
            try:
                self.path.replace(aside)
            except OSError as error:
                return (
                    "The file of recent and pinned repositories is damaged, and cannot be set aside as "
                    f"{aside}: {error.strerror or error}"
                )
            return f"The file of recent and pinned repositories was damaged; it is now {aside}"
        return ""

    def save(self) -> str:
        """Write what changed in `known`, whole or not at all. Gives a sentence to tell if that fails, or ``""``; never
        raises. May be called from several threads."""
        if self.path is None:
            return ""
        temporary = ""
        with self._turn:
            try:
                path = Path(os.path.realpath(self.path))  # a link to where somebody keeps such files stays one
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with _alone(path.parent):
                    known = self.known
                    merged = known.since(self._base, _theirs(path, self._base))
                    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
                    with os.fdopen(handle, "w", encoding="utf-8") as file:
                        json.dump(_document(merged), file, indent=1)
                        file.flush()
                        os.fsync(file.fileno())
                    Path(temporary).replace(path)
                    self._base = known
            except (OSError, RuntimeError) as error:
                if temporary:
                    with suppress(OSError):
                        Path(temporary).unlink()
                reason = (isinstance(error, OSError) and error.strerror) or error
                return f"Recent and pinned repositories cannot be kept: {reason}"
        return ""


def default_path() -> Path | None:
    """Where the file belongs on this system; None where there is no such place, as nobody has a home folder. A relative
    one is ignored (XDG base directory specification)."""
    from platformdirs import user_state_path

    try:
        path = user_state_path("reglens", appauthor=False) / "places.json"
    except RuntimeError:
        return None
    return path if path.is_absolute() else None


def _json_of(path: Path) -> object:
    """The JSON in a file. Raises OSError, and ValueError for what is no file of a decent size or no JSON."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe that nobody writes to would block
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise ValueError("no regular file")
        with open(number, "rb", closefd=False) as file:
            octets = file.read(MAX_SIZE + 1)
    finally:
        os.close(number)
    if len(octets) > MAX_SIZE:
        raise ValueError("too large")
    return json.loads(octets.decode("utf-8"))


def _theirs(path: Path, otherwise: Remembered) -> Remembered:
    """What the file holds by now, perhaps from another run; `otherwise` if it cannot be told."""
    try:
        return _read(_json_of(path))
    except (OSError, ValueError, RecursionError):
        return otherwise


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other runs from writing into `folder` meanwhile. Where locks cannot be had, the last one wins."""
    import fcntl

    number = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        end = time.monotonic() + LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < end:
                    time.sleep(0.01)
                    continue
            except OSError:  # as on some network file systems
                pass
            break
        yield
    finally:
        os.close(number)


def _document(known: Remembered) -> dict[str, object]:
    return {
        "schema": SCHEMA, "recents": list(known.recents), "pins": list(known.pins), "theme": known.theme,
        "columns": known.columns,
    }  # fmt: skip


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
