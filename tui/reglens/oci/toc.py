"""Tables of contents of layers: what is in a layer, and where, without reading it whole.

Sources: stargz-snapshotter, docs/estargz.md and estargz/types.go (eStargz); containers/storage, pkg/chunked/internal/
minimal/compression.go and pkg/chunked/compressor/compressor.go (zstd:chunked).

A table is believed only if the layer's descriptor, which the manifest's digest covers, gives the table's digest. What
is odd raises AnswerInvalid: the layer is then read whole, as if it had no table.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reglens.errors import AnswerInvalid, DigestMismatch, TooLarge
from reglens.jsontext import loads
from reglens.oci.attestation import items, mapping, text
from reglens.oci.config import parse_time
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.layer import MAX_ENTRIES, MAX_OCTETS, Entry, Kind, LayerReader, placed
from reglens.oci.unpack import Unpacker
from reglens.text import human_count, human_size

MAX_PACKED = 32 << 20
"""Octets of a table as it is stored, and of the part of a layer that is read for one file."""
MAX_TABLE = 64 << 20
"""Octets of an unpacked table."""
MAX_FILE = 256 << 20
"""Octets that are unpacked of a file to check the pieces that are shown."""
TAIL = 16 << 10
"""Octets that are read first from the end of an eStargz layer: mostly they hold the whole table."""
STARGZ_DIGEST = "containerd.io/snapshot/stargz/toc.digest"
ZSTD_DIGEST = "io.github.containers.zstd-chunked.manifest-checksum"
ZSTD_POSITION = "io.github.containers.zstd-chunked.manifest-position"
_FOOTER = 51
_FOOTER_EXTRA = re.compile(rb"SG\x16\0([0-9a-f]{16})STARGZ")
_KINDS = {
    "reg": Kind.FILE, "dir": Kind.DIRECTORY, "symlink": Kind.SYMLINK, "hardlink": Kind.HARD_LINK,
    "char": Kind.CHARACTER, "block": Kind.DEVICE, "fifo": Kind.PIPE,
}  # fmt: skip


class Form(StrEnum):
    """How a layer with a table is made."""

    ESTARGZ = "eStargz"
    ZSTD_CHUNKED = "zstd:chunked"


@dataclass(frozen=True, slots=True)
class Span:
    """The octets from `start` up to, and without, `stop`."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a file: its `size` octets unpacked, their digest, and the `span` of the layer that holds it; `inner`
    octets that are unpacked before it belong to others."""

    span: Span
    size: int
    digest: Digest
    inner: int = 0


@dataclass(frozen=True)
class Toc:
    """A table of contents, its digest checked. `entries` are numbered as they stand; `pieces` are those of the files
    that can be read by themselves, by the number of the entry."""

    form: Form
    entries: tuple[Entry, ...]
    pieces: Mapping[int, tuple[Piece, ...]] = field(repr=False)

    def span(self, entry: Entry, keep: int) -> Span | None:
        """What of the layer has to be read for the first `keep` octets of a file; None if it can only be read whole."""
        wanted = self._wanted(entry, keep)
        if not wanted or sum(piece.size for piece in wanted) + wanted[0].inner > MAX_FILE:
            return None
        span = Span(wanted[0].span.start, wanted[-1].span.stop)
        return span if 0 < span.size <= MAX_PACKED else None

    def content(self, entry: Entry, raw: bytes, keep: int) -> bytes:
        """The first `keep` octets of a file out of `raw`, which is what `span` names. Every piece of them is checked
        whole. Raises AnswerInvalid."""
        kept = bytearray()
        pieces = self._wanted(entry, keep)
        octets = _Octets(raw, pieces[0].inner)
        for piece in pieces:
            total = hashlib.new(piece.digest.algorithm)
            for part in octets.take(piece.size):
                total.update(part)
                kept += part[: keep - len(kept)]
            if total.hexdigest() != piece.digest.encoded:
                raise DigestMismatch("A piece of the file is not what the layer's table of contents says.")
        return bytes(kept)

    def _wanted(self, entry: Entry, keep: int) -> list[Piece]:
        wanted: list[Piece] = []
        have = 0
        for piece in self.pieces.get(entry.number, ()):
            if have >= keep:
                break
            wanted.append(piece)
            have += piece.size
        return wanted


class _Octets:
    """Unpacked octets out of the middle of a layer, `skip` of them passed over."""

    def __init__(self, raw: bytes, skip: int) -> None:
        self._source = Unpacker().feed(raw)
        self._held = b""
        for _ in self.take(skip):
            pass

    def take(self, count: int) -> Iterator[bytes]:
        while count:
            if not self._held:
                self._held = next(self._source, b"")
                if not self._held:
                    raise AnswerInvalid("A piece of the file ends before its time.")
            part, self._held = self._held[:count], self._held[count:]
            count -= len(part)
            yield part


@dataclass(frozen=True, slots=True)
class Promise:
    """A table that a descriptor tells of, before anything was read. `first` is what to read for it."""

    form: Form
    digest: Digest
    first: Span
    size: int
    unpacked: int = MAX_TABLE

    def more(self, raw: bytes) -> Span | None:
        """What stands before `first`, whose octets are `raw`, and is needed too. Raises AnswerInvalid."""
        if self.form is Form.ZSTD_CHUNKED:
            return None
        at = self._offset(raw)
        if self.size - at > MAX_PACKED:
            raise TooLarge(f"The layer's table of contents is larger than {human_size(MAX_PACKED)}.")
        return Span(at, self.first.start) if at < self.first.start else None

    def read(self, raw: bytes) -> Toc:
        """The table in `raw`, the octets of `first` after those of `more`. Raises AnswerInvalid."""
        if self.form is Form.ESTARGZ:
            at = self._offset(raw)
            document = _from_archive(raw[at - self.size : -_FOOTER])
            matches = self.digest.matches(document)
        else:
            at, matches = self.first.start, self.digest.matches(raw)
            document = _unpacked(raw, self.unpacked) if matches else b""
        if not matches:
            raise DigestMismatch("The layer's table of contents is not the one that its manifest names.")
        return _read(self.form, document, at)

    def _offset(self, raw: bytes) -> int:
        found = _FOOTER_EXTRA.fullmatch(raw[-_FOOTER:][12:38])
        at = int(found[1], 16) if found and raw[-_FOOTER:].startswith(b"\x1f\x8b") else -1
        if not 0 <= at < self.size - _FOOTER:
            raise AnswerInvalid("The layer ends without the footer of an eStargz layer.")
        return at


def promised(layer: Descriptor) -> Promise | None:
    """The table of contents that a layer's descriptor tells of; None if of none, or of none that can be checked."""
    notes = layer.annotations
    try:
        if ZSTD_POSITION in notes and ZSTD_DIGEST in notes:
            numbers = re.fullmatch(r"(\d{1,18}):(\d{1,18}):(\d{1,18}):1", notes[ZSTD_POSITION], re.ASCII)
            digest = Digest.parse(notes[ZSTD_DIGEST])
            if numbers is None or not digest.computable:
                return None
            start, size, unpacked = map(int, numbers.groups())
            if not (0 < size <= MAX_PACKED and start + size <= layer.size and unpacked <= MAX_TABLE):
                return None
            return Promise(Form.ZSTD_CHUNKED, digest, Span(start, start + size), layer.size, unpacked)
        if STARGZ_DIGEST in notes and layer.size > _FOOTER:
            digest = Digest.parse(notes[STARGZ_DIGEST])
            tail = Span(max(0, layer.size - TAIL), layer.size)
            return Promise(Form.ESTARGZ, digest, tail, layer.size) if digest.computable else None
    except ValueError:
        pass
    return None


def _from_archive(packed: bytes) -> bytes:
    """The table in the archive at the end of an eStargz layer."""
    reader = LayerReader(want=0, keep=MAX_TABLE)
    entries = reader.feed(packed)
    if not entries or entries[0].path != "stargz.index.json" or not reader.satisfied:
        raise AnswerInvalid("There is no table of contents where the layer's footer says.")
    if entries[0].size > MAX_TABLE:
        raise TooLarge(f"The layer's table of contents is larger than {human_size(MAX_TABLE)}.")
    return reader.content


def _unpacked(packed: bytes, size: int) -> bytes:
    document = bytearray()
    for part in Unpacker().feed(packed):
        document += part
        if len(document) > size:
            raise TooLarge("The layer's table of contents is larger than its manifest says.")
    return bytes(document)


def _read(form: Form, document: bytes, end: int) -> Toc:
    """The table; `end` is where it begins in the layer, and so where the last file ends at the latest."""
    try:
        table = mapping(loads(document))
    except ValueError:
        raise AnswerInvalid("The layer's table of contents is not JSON.") from None
    if table.get("version") != 1 or not isinstance(table.get("entries"), list):
        raise AnswerInvalid("The layer's table of contents is of an unknown version.")
    entries: list[Entry] = []
    raw: dict[int, list[Mapping[str, Any]]] = {}
    listed = [mapping(entry) for entry in items(table.get("entries"))]
    for item in listed:
        if item.get("type") == "chunk":
            if not entries:
                raise AnswerInvalid("The layer's table of contents begins with a piece of no file.")
            raw[len(entries) - 1].append(item)
            continue
        if len(entries) >= MAX_ENTRIES:
            raise TooLarge(f"The layer has more than {human_count(MAX_ENTRIES)} entries.")
        raw[len(entries)] = [item]
        entries.append(_entry(len(entries), item))
    starts = sorted({at for item in listed if (at := _number(item.get("offset")))} | {end})
    pieces = {}
    for entry in entries:
        if entry.kind is Kind.FILE and entry.size and (found := _pieces(entry.size, raw[entry.number], starts)):
            pieces[entry.number] = found
    return Toc(form, tuple(entries), pieces)


def _entry(number: int, item: Mapping[str, Any]) -> Entry:
    kind = _KINDS.get(text(item.get("type")), Kind.OTHER)
    entry = Entry(
        number,
        "",
        kind,
        mode=_number(item.get("mode")) & 0o7777,
        size=min(_number(item.get("size")), MAX_OCTETS) if kind is Kind.FILE else 0,
        owner=(_number(item.get("uid")), _number(item.get("gid"))),
        modified=parse_time(item.get("modtime")),
        link=text(item.get("linkName")),
    )
    return placed(entry, text(item.get("name")))


def _pieces(size: int, chunks: Iterable[Mapping[str, Any]], starts: list[int]) -> tuple[Piece, ...]:
    """The pieces of a file of `size` octets; none if they do not add up, or cannot be checked."""
    found: list[Piece] = []
    at = 0
    listed = list(chunks)
    for chunk in listed:
        start, begins = _number(chunk.get("offset")), _number(chunk.get("chunkOffset"))
        length = _number(chunk.get("chunkSize")) or size - begins
        place = bisect_right(starts, start)
        said = text(chunk.get("chunkDigest")) or (text(chunk.get("digest")) if len(listed) == 1 else "")
        try:
            digest = Digest.parse(said)
        except ValueError:
            return ()
        if begins != at or length <= 0 or place >= len(starts) or not digest.computable or not start:
            return ()
        found.append(Piece(Span(start, starts[place]), length, digest, _number(chunk.get("innerOffset"))))
        at += length
    return tuple(found) if at == size else ()


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62 else 0
