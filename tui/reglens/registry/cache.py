"""Content kept on this machine by its digest, so that coming back to it needs no registry.

One file holds one content as one place gave it: a line that is checked by itself (media type, as whom, when), then the
octets, which are checked by their digest. What is damaged is dropped and counts as not there. Nothing here raises for
what a disk or a person does: where nothing can be kept, nothing is.

The folder is the person's cache folder (XDG base directory specification, ``XDG_CACHE_HOME``). It has a few shelves,
each of which looks after its own share of the bound, so that no look at all files is ever needed. A file's time of
modification is when it was last used; the one that was not used for longest goes first.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reglens.oci.digest import Digest

LIMIT = 256 << 20
"""Octets on the disk in all. Each further process that writes at the same moment may add an eighth of it."""
OBJECT_LIMIT = 8 << 20
"""Octets of one content: manifests and configurations are far smaller, a layer is never kept."""
SHELVES = 4
BLOCK = 4096
"""Octets that a file is counted in: a disk gives no less to one, so that the bound bounds their number as well."""
LEFT_OVER = 3600
"""Seconds after which an unfinished file is one that nobody finishes any more."""
_HEAD_LIMIT = 4096
_UNFINISHED = "new-"
_ROOM = "room"


@dataclass(frozen=True, slots=True)
class Kept:
    """Content as it came: its octets, the media type it was announced with, an opaque word for whom it was given to
    (``""``: to anybody, as nobody was asked who they are), and when."""

    data: bytes
    media_type: str
    who: str
    fetched: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What a tag led to when it was last asked for, as whom, and when that was."""

    digest: Digest
    who: str
    fetched: datetime


class Cache:
    """A folder of kept content; any number of threads and processes may use it at once.

    `folder` None is the person's own, looked for when it is first needed. `limit` is in octets. A *place* is a text
    that says where content came from: what one place gave is not there for another.
    """

    def __init__(self, folder: Path | None = None, *, limit: int = LIMIT) -> None:
        self._folder = folder
        self._share = limit // SHELVES
        self._step = self._share // 8
        self._lock = threading.Lock()
        self._writes = True

    def get(self, place: str, digest: Digest) -> Kept | None:
        """What the place gave under that digest, its octets checked."""
        if not digest.computable:
            return None
        name = _name(place, str(digest))
        head, data = self._read(name)
        try:
            kept = Kept(data, str(head["media_type"]), str(head["who"]), _moment(head["fetched"]))
        except (KeyError, ValueError):
            return None
        if not digest.matches(data):
            self._drop(name)
            return None
        return kept

    def put(self, place: str, digest: Digest, kept: Kept) -> None:
        """Keep what the place gave, unless it is too large, or not what its digest says."""
        if len(kept.data) <= min(OBJECT_LIMIT, self._step) and digest.computable and digest.matches(kept.data):
            head = {"media_type": kept.media_type, "who": kept.who, "fetched": kept.fetched.isoformat()}
            self._write(_name(place, str(digest)), head, kept.data)

    def drop(self, place: str, digest: Digest) -> None:
        """The place has it no longer."""
        self._drop(_name(place, str(digest)))

    def get_tag(self, place: str, tag: str) -> Seen | None:
        """What the tag led to when it was last asked for there."""
        head, _ = self._read(_name(place, "tag", tag))
        try:
            return Seen(Digest.parse(str(head["digest"])), str(head["who"]), _moment(head["fetched"]))
        except (KeyError, ValueError):
            return None

    def put_tag(self, place: str, tag: str, seen: Seen) -> None:
        """Remember what the tag led to."""
        head = {"digest": str(seen.digest), "who": seen.who, "fetched": seen.fetched.isoformat()}
        self._write(_name(place, "tag", tag), head, b"")

    # -- files

    def _shelf(self, name: str, *, make: bool = False) -> Path | None:
        """The folder that holds the file; None if it is not there, or not this person's alone."""
        if self._folder is None:
            self._folder = default_folder()
        shelf = self._folder / str(int(name[0], 16) % SHELVES)
        if not shelf.is_absolute():  # the XDG specification has such a path ignored
            return None
        for folder in (self._folder.parent, self._folder, shelf):
            if make:  # of what leads to the folder one step at most: a home that is not there is not made
                with suppress(FileExistsError):
                    folder.mkdir(0o700)
            if folder is not self._folder.parent and not _is_private(folder, mend=make):
                return None
        return shelf

    def _read(self, name: str) -> tuple[Mapping[str, object], bytes]:
        """Head and octets of a file, which is then the latest used; both empty if there is none."""
        try:
            shelf = self._shelf(name)
            if shelf is None:
                return {}, b""
            handle = os.open(shelf / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                found = os.fstat(handle)
                if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
                    return {}, b""
                head = _read_head(file.readline(_HEAD_LIMIT))
                data = file.read(OBJECT_LIMIT + 1)
                if head and len(data) <= OBJECT_LIMIT:
                    with suppress(OSError):
                        os.utime(handle)
                    return head, data
            self._drop(name)
        except (OSError, ValueError):
            pass
        return {}, b""

    def _write(self, name: str, head: Mapping[str, str], data: bytes) -> None:
        """Write a file, whole or not at all. After a failure nothing more is tried: the disk is full, or not ours."""
        line = json.dumps(head, separators=(",", ":")).encode()
        whole = b"%s %s\n" % (_check(line), line)
        if not self._writes or len(whole) > _HEAD_LIMIT:
            return
        unfinished: Path | None = None
        try:
            shelf = self._shelf(name, make=True)
            if shelf is None:
                self._writes = False
                return
            self._make_room(shelf, _blocks(len(whole) + len(data)))
            unfinished = shelf / f"{_UNFINISHED}{os.urandom(8).hex()}"
            _write_new(unfinished, whole + data, os.O_EXCL)
            unfinished.replace(shelf / name)
        except OSError:
            self._writes = False
            if unfinished is not None:
                with suppress(OSError):
                    unfinished.unlink()

    def _drop(self, name: str) -> None:
        with suppress(OSError):
            shelf = self._shelf(name)
            if shelf is not None:
                (shelf / name).unlink()

    def _make_room(self, shelf: Path, size: int) -> None:
        """Let a file of `size` octets be written. How much may come before the shelf has to be looked through again
        stands in a file, so that short runs need not look either. Processes that write it at once forget each other's
        share of it, which is an eighth of the shelf's at most."""
        with self._lock:
            room = min(_read_room(shelf / _ROOM), self._step) - size
            if room < 0:
                self._sweep(shelf)
                room = self._step - size
            _write_new(shelf / _ROOM, b"%d" % room, os.O_TRUNC)

    def _sweep(self, shelf: Path) -> None:
        """Make sure that an eighth of the shelf's share is free."""
        now = time.time()
        total = 0
        files: list[tuple[float, int, str]] = []
        with os.scandir(shelf) as listed:
            for entry in listed:
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:  # another process was faster
                    continue
                if not stat.S_ISREG(found.st_mode):
                    continue
                if entry.name.startswith(_UNFINISHED) and now - found.st_mtime > LEFT_OVER:
                    with suppress(OSError):
                        os.unlink(entry.path)
                    continue
                total += _blocks(found.st_size)
                files.append((found.st_mtime, _blocks(found.st_size), entry.path))
        if total <= self._share - self._step:
            return
        for _, size, path in sorted(files):
            with suppress(FileNotFoundError):
                os.unlink(path)
            total -= size
            if total <= self._share - 2 * self._step:
                return


def default_folder() -> Path:
    """Where the cache belongs on this system; a relative path, which nothing is kept in, if nobody has a home."""
    from platformdirs import user_cache_path

    try:
        return user_cache_path("reglens", appauthor=False)
    except RuntimeError:
        return Path("nowhere")


def _is_private(folder: Path, *, mend: bool) -> bool:
    """Whether `folder` is a folder of this person's, and no link to one. With `mend` others are kept out of it."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        return False
    if mend and found.st_mode & 0o077:
        folder.chmod(0o700)
    return True


def _write_new(path: Path, data: bytes, how: int) -> None:
    """Write a file that nobody else may read; `how` is O_EXCL for one that is not there yet, O_TRUNC for any."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | how, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _read_room(path: Path) -> int:
    """What another run left written; 0 if nothing can be made of it."""
    try:
        with path.open("rb") as file:
            return int(file.read(20))
    except (OSError, ValueError):
        return 0


def _name(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _check(line: bytes) -> bytes:
    return hashlib.sha256(line).hexdigest()[:16].encode()


def _read_head(line: bytes) -> Mapping[str, object]:
    """The head in a file's first line; empty if the line is damaged."""
    check, _, text = line.rstrip(b"\n").partition(b" ")
    if check != _check(text):
        return {}
    head = json.loads(text)
    return head if isinstance(head, dict) else {}


def _moment(text: object) -> datetime:
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _blocks(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
