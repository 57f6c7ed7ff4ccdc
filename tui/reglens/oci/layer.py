"""The files of a layer, read out of the archive as it streams by. Nothing is unpacked and nothing is kept of a file's
content unless one file is wanted.

Sources: OCI image spec, "Image Layer Filesystem Changeset" (whiteouts); POSIX.1-2017, pax, "ustar Interchange Format"
and "pax Header Block"; GNU tar, "Basic Tar Format" (base-256 numbers, long names, sparse files).

An archive from a registry is hostile until shown otherwise: paths are only ever shown, whatever they lead to; sizes are
believed only as far as octets arrive; names, entries and octets are bounded.
"""

from __future__ import annotations

import stat
from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from reglens.errors import AnswerInvalid, TooLarge
from reglens.oci import media
from reglens.oci.unpack import Unpacker
from reglens.text import human_count, human_size

MAX_ENTRIES = 200_000
MAX_OCTETS = 64 << 30
"""Octets of an unpacked archive."""
MAX_EXTENSION = 1 << 20
"""Octets of one long name or pax header."""
MAX_PARTS = 200
"""Parts of a path; what is deeper stands as one name."""
BLOCK = 512
_HEEDED = frozenset("path linkpath size uid gid mtime GNU.sparse.name GNU.sparse.realsize GNU.sparse.size".split())
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_Result = TypeVar("_Result")
_HINT = "Get the layer with crane blob or oras blob fetch, and look at the file."


class Kind(StrEnum):
    """What an entry of an archive is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symbolic link"
    HARD_LINK = "hard link"
    CHARACTER = "character device"
    DEVICE = "block device"
    PIPE = "named pipe"
    OTHER = "other"


_KINDS = {
    "0": Kind.FILE, "\0": Kind.FILE, "7": Kind.FILE, "S": Kind.FILE, "1": Kind.HARD_LINK, "2": Kind.SYMLINK,
    "3": Kind.CHARACTER, "4": Kind.DEVICE, "5": Kind.DIRECTORY, "6": Kind.PIPE,
}  # fmt: skip
_FILE_TYPES = {
    Kind.FILE: stat.S_IFREG, Kind.HARD_LINK: stat.S_IFREG, Kind.DIRECTORY: stat.S_IFDIR, Kind.SYMLINK: stat.S_IFLNK,
    Kind.CHARACTER: stat.S_IFCHR, Kind.DEVICE: stat.S_IFBLK, Kind.PIPE: stat.S_IFIFO, Kind.OTHER: 0,
}  # fmt: skip


class Whiteout(StrEnum):
    """What an entry takes away from the layers below."""

    NONE = ""
    REMOVED = "removed"  # the file or directory of that name
    OPAQUE = "hides what is below"  # everything that the directory held


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `path` has no leading slash and no empty or ``.`` parts; of a whiteout it is the path of what is
    removed. `size` is in octets; `odd` says what is wrong with the path; `number` counts from 0 in the archive."""

    number: int
    path: str
    kind: Kind
    mode: int = 0
    size: int = 0
    owner: tuple[int, int] = (0, 0)
    modified: datetime | None = None
    link: str = ""
    whiteout: Whiteout = Whiteout.NONE
    odd: str = ""

    @property
    def permissions(self) -> str:
        """As ``ls -l`` writes them: ``-rwxr-xr-x``."""
        return stat.filemode(_FILE_TYPES[self.kind] | self.mode & 0o7777)


def is_archive(media_type: str) -> bool:
    """Whether blobs of a media type are archives of files, as layers are."""
    bare = media.bare(media_type)
    return "tar" in bare.replace("+", ".").replace("-", ".").split(".")


Steps = Generator[None, bytes, _Result]
"""A part of the reading: asks for octets by yielding, is sent them, and ends with a result."""


class _Feeder:
    """Octets in the portions in which they are wanted, whatever the portions in which they come."""

    def __init__(self) -> None:
        self.held = bytearray()

    def take(self, count: int) -> Steps[bytes]:
        """Exactly `count` octets."""
        while len(self.held) < count:
            self.held += yield
        taken = bytes(self.held[:count])
        del self.held[:count]
        return taken

    def skip(self, count: int) -> Steps[None]:
        """Pass over `count` octets without holding them."""
        if count <= len(self.held):
            del self.held[:count]
            return
        count -= len(self.held)
        self.held.clear()
        while count:
            piece = yield
            if len(piece) > count:
                self.held += piece[count:]
                return
            count -= len(piece)


class LayerReader:
    """Takes an archive piece by piece and gives its entries.

    `want` is the number of an entry, or the path of a file, whose content is kept in `content`, up to `keep` octets;
    `satisfied` then tells when there is no need to go on. Raises AnswerInvalid (TooLarge) for what is no archive, is
    cut off or is over a bound.
    """

    def __init__(self, *, want: int | str | None = None, keep: int = 256 << 10) -> None:
        self._unpacker = Unpacker()
        self._fresh: list[Entry] = []
        self._want = want
        self._keep = keep
        self.count = 0
        self.octets = 0
        self.content = b""
        self.satisfied = False
        self._place = ""
        self._ended = False
        self._feeder = _Feeder()
        self._parser = self._blocks(self._feeder)
        next(self._parser)

    def feed(self, piece: bytes) -> list[Entry]:
        """The entries that begin in the next piece."""
        for unpacked in self._unpacker.feed(piece):
            self.octets += len(unpacked)
            if self.octets > MAX_OCTETS:
                raise TooLarge(f"Unpacked, the layer has more than {human_size(MAX_OCTETS)}.", _HINT)
            if not self._ended and not self.satisfied:
                try:
                    self._parser.send(unpacked)
                except StopIteration:
                    self._ended = True
        fresh, self._fresh = self._fresh, []
        return fresh

    def finish(self) -> None:
        """There is no more. Raises AnswerInvalid if there should be."""
        if self.satisfied:
            return
        self._unpacker.finish()
        if not self._ended and (self._place or self._feeder.held):
            raise AnswerInvalid(f"The archive is cut off {self._place or 'within a header'}.", _HINT)

    # -- the archive, block by block: a generator that is sent octets and asks for more by yielding

    def _blocks(self, feeder: _Feeder) -> Steps[None]:
        extension: dict[str, str] = {}
        common: dict[str, str] = {}
        empty = 0
        while empty < 2:
            self._place = ""
            header = yield from feeder.take(BLOCK)
            if not header.strip(b"\0"):
                empty += 1
                continue
            empty = 0
            kind, size = _checked(header)
            if kind in ("x", "X", "g", "L", "K"):
                if size > MAX_EXTENSION:
                    raise TooLarge(f"A name or header in the archive has {human_size(size)}.", _HINT)
                self._place = "within a header"
                raw = (yield from feeder.take(_padded(size)))[:size]
                if kind == "L":
                    extension["path"] = _name(raw)
                elif kind == "K":
                    extension["linkpath"] = _name(raw)
                elif kind == "g":
                    common |= _pax(raw)
                else:
                    extension |= _pax(raw)
                continue
            entry, size = self._entry(header, kind, size, common | extension)
            extension = {}
            if kind == "S":  # a sparse file of GNU tar's old format: its map may go on in further blocks
                more = header[482]
                while more:
                    more = (yield from feeder.take(BLOCK))[504]
            if self.count > MAX_ENTRIES:
                raise TooLarge(f"The layer has more than {human_count(MAX_ENTRIES)} entries.", _HINT)
            self._fresh.append(entry)
            self._place = f"within {entry.path[:200]}"
            if self._wants(entry):
                self.content = yield from feeder.take(min(size, self._keep))
                self.satisfied = True
                return
            yield from feeder.skip(_padded(size))
        self._place = ""

    def _wants(self, entry: Entry) -> bool:
        if isinstance(self._want, str):
            return entry.path == self._want and entry.kind is Kind.FILE and entry.whiteout is Whiteout.NONE
        return entry.number == self._want

    def _entry(self, header: bytes, kind: str, size: int, more: dict[str, str]) -> tuple[Entry, int]:
        name = _name(header[:100])
        if header[257:263] == b"ustar\0" and (prefix := _name(header[345:500])):
            name = f"{prefix}/{name}"
        name = more.get("GNU.sparse.name") or more.get("path") or name
        stored = _decimal(more.get("size"), size)
        meaning = _KINDS.get(kind, Kind.OTHER)
        if meaning is Kind.FILE and kind != "7" and name.endswith("/"):
            meaning = Kind.DIRECTORY
        if meaning not in (Kind.FILE, Kind.OTHER):
            stored = 0
        shown = _decimal(more.get("GNU.sparse.realsize") or more.get("GNU.sparse.size"), stored)
        if kind == "S":
            shown = _number(header[483:495], shown)
        number, self.count = self.count, self.count + 1
        entry = Entry(
            number,
            "",
            meaning,
            mode=_number(header[100:108]) & 0o7777,
            size=shown if meaning is Kind.FILE else 0,
            owner=(
                _decimal(more.get("uid"), _number(header[108:116])),
                _decimal(more.get("gid"), _number(header[116:124])),
            ),
            modified=_time(more.get("mtime"), _number(header[136:148])),
            link=more.get("linkpath") or _name(header[157:257]),
        )
        return placed(entry, name), stored


def _checked(header: bytes) -> tuple[str, int]:
    """Type flag and size of a header whose checksum is right. Raises AnswerInvalid."""
    said = _number(header[148:156], -1)
    blank = header[:148] + b" " * 8 + header[156:]
    signed = sum(octet - 256 if octet > 127 else octet for octet in blank)
    if said not in (sum(blank), signed):
        raise AnswerInvalid("The layer is no archive, or a broken one: the checksum of a header is wrong.", _HINT)
    size = _number(header[124:136], -1)
    if not 0 <= size <= MAX_OCTETS:
        raise AnswerInvalid("The archive gives an impossible size for an entry.", _HINT)
    return chr(header[156]), size


def _number(field: bytes, otherwise: int = 0) -> int:
    """A number in octal digits, or in base 256 where the first bit is set (GNU tar, "Extensions")."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big", signed=True) if field[0] == 0xFF else (
            int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        )  # fmt: skip
        return value if value >= 0 else otherwise
    digits = field.strip(b"\0 ").split(b"\0", 1)[0].strip()
    if not digits:
        return 0
    try:
        return int(digits, 8)
    except ValueError:
        return otherwise


def _decimal(text: str | None, otherwise: int) -> int:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 19):
        return otherwise
    return min(int(text), MAX_OCTETS)


def _time(text: str | None, seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text) if text is not None else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _name(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _pax(raw: bytes) -> dict[str, str]:
    """The records of a pax header, ``length key=value\\n`` each, as far as anything is made of them: those of a global
    one are held to the end of the archive. What breaks the form ends it."""
    found: dict[str, str] = {}
    at = 0
    while at < len(raw):
        blank = raw.find(b" ", at, at + 9)
        digits = raw[at:blank]
        if blank < 0 or not digits.isdigit():
            break
        end = at + int(digits)
        key, equals, value = raw[blank + 1 : end].removesuffix(b"\n").partition(b"=")
        if end <= blank or not equals:
            break
        if (name := key.decode("utf-8", "replace")) in _HEEDED:
            found[name] = value.decode("utf-8", "backslashreplace")
        at = end
    return found


def _path(name: str) -> tuple[str, str]:
    """A path as it is shown, and what is wrong with it."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if len(parts) > MAX_PARTS:
        parts = [*parts[:MAX_PARTS], "/".join(parts[MAX_PARTS:])]
    odd = "leads out of the layer" if ".." in parts else "absolute path" if name.startswith("/") else ""
    return "/".join(parts), odd


def placed(entry: Entry, name: str) -> Entry:
    """`entry` at the path that an archive calls `name`; a whiteout as what it stands for (OCI image spec, "Whiteouts"
    and "Opaque Whiteout")."""
    path, odd = _path(name)
    folder, slash, last = path.rpartition("/")
    if last == _OPAQUE:
        return replace(entry, path=folder, odd=odd, kind=Kind.DIRECTORY, whiteout=Whiteout.OPAQUE)
    if last.startswith(_WHITEOUT) and len(last) > len(_WHITEOUT):
        path = f"{folder}{slash}{last.removeprefix(_WHITEOUT)}"
        return replace(entry, path=path, odd=odd, whiteout=Whiteout.REMOVED)
    return replace(entry, path=path, odd=odd)
