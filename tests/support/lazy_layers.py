"""Layers with tables of contents, written as the projects that define them write them.

Sources: stargz-snapshotter, docs/estargz.md and estargz/build.go; containers/storage, pkg/chunked/compressor/
compressor.go and pkg/chunked/internal/minimal/compression.go.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest

zstd: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
TYPES = {
    tarfile.REGTYPE: "reg", tarfile.LNKTYPE: "hardlink", tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block",
    tarfile.DIRTYPE: "dir", tarfile.FIFOTYPE: "fifo", tarfile.SYMTYPE: "symlink",
}  # fmt: skip


@dataclass(frozen=True)
class Member:
    """An entry of an archive; `link` makes it a symbolic link, a trailing slash a directory."""

    name: str
    content: bytes = b""
    mode: int = 0o644
    link: str = ""

    def header(self) -> tuple[tarfile.TarInfo, bytes]:
        info = tarfile.TarInfo(self.name.rstrip("/"))
        info.mtime, info.mode, info.size, info.uid, info.gid = 1_761_955_200, self.mode, len(self.content), 7, 8
        if self.name.endswith("/"):
            info.type = tarfile.DIRTYPE
        elif self.link:
            info.type, info.linkname = tarfile.SYMTYPE, self.link
        return info, info.tobuf(tarfile.PAX_FORMAT)


@dataclass(frozen=True)
class LazyLayer:
    """A layer's octets, the annotations of its descriptor, and its table of contents as JSON."""

    raw: bytes
    annotations: dict[str, str]
    media_type: str
    toc: dict[str, Any] = field(repr=False)

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, Digest.of(self.raw), len(self.raw), annotations=dict(self.annotations))


def _entry(member: Member, info: tarfile.TarInfo) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": member.name,
        "type": TYPES[info.type],
        "modtime": "2025-11-01T00:00:00Z",
        "mode": info.mode,
        "uid": info.uid,
        "gid": info.gid,
    }
    if info.size:
        entry["size"] = info.size
    if member.link:
        entry["linkName"] = member.link
    return entry


def _sha256(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def estargz(members: Sequence[Member], *, chunk: int = 4 << 20) -> LazyLayer:
    """An eStargz layer whose files are cut into chunks of at most `chunk` octets."""
    out = bytearray()
    entries: list[dict[str, Any]] = []
    pending = b""
    for member in members:
        info, header = member.header()
        pending += header
        entry = _entry(member, info)
        entries.append(entry)
        if not member.content:
            continue
        out += gzip.compress(pending, mtime=0)
        pending = b"\0" * (-len(member.content) % 512)
        entry["digest"] = _sha256(member.content)
        for start in range(0, len(member.content), chunk):
            part = member.content[start : start + chunk]
            last = start + chunk >= len(member.content)
            place = {"offset": len(out), "chunkDigest": _sha256(part), **({} if last else {"chunkSize": len(part)})}
            if start:
                entries.append({"name": member.name, "type": "chunk", "chunkOffset": start, **place})
            else:
                entry.update(place)
            out += gzip.compress(part, mtime=0)
    if pending:
        out += gzip.compress(pending, mtime=0)
    toc = {"version": 1, "entries": entries}
    return sealed_estargz(bytes(out), toc)


def sealed_estargz(files: bytes, toc: dict[str, Any], *, name: str = "stargz.index.json") -> LazyLayer:
    """The files' members of an eStargz layer, closed with a table of contents and a footer."""
    document = json.dumps(toc).encode()
    _, header = Member(name, document).header()
    packed = gzip.compress(header + document + b"\0" * (-len(document) % 512 + 1024), mtime=0)
    extra = b"SG" + struct.pack("<H", 22) + b"%016xSTARGZ" % len(files)
    footer = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + struct.pack("<H", len(extra)) + extra + b"\x01\0\0\xff\xff" + b"\0" * 8
    notes = {"containerd.io/snapshot/stargz/toc.digest": _sha256(document)}
    return LazyLayer(files + packed + footer, notes, "application/vnd.oci.image.layer.v1.tar+gzip", toc)


def zstd_chunked(members: Sequence[Member], *, chunk: int = 1 << 16) -> LazyLayer:
    """A zstd:chunked layer: each chunk of a file is a frame of its own."""
    out = bytearray()
    entries: list[dict[str, Any]] = []
    pending = b""
    for member in members:
        info, header = member.header()
        pending += header
        entry = _entry(member, info)
        entries.append(entry)
        if not member.content:
            continue
        out += zstd.compress(pending)
        pending = b"\0" * (-len(member.content) % 512)
        entry |= {"digest": _sha256(member.content), "offset": len(out)}
        parts = [member.content[start : start + chunk] for start in range(0, len(member.content), chunk)]
        for number, part in enumerate(parts):
            place = {"offset": len(out), "chunkSize": len(part), "chunkDigest": _sha256(part)}
            if not part.strip(b"\0"):
                place["chunkType"] = "zeros"
            if number:
                entries.append({"name": member.name, "type": "chunk", "chunkOffset": number * chunk, **place})
            elif len(parts) > 1:
                entry.update(place)
            out += zstd.compress(part)
        entry["endOffset"] = len(out)
    out += zstd.compress(pending + b"\0" * 1024)
    return sealed_zstd(bytes(out), {"version": 1, "entries": entries})


def sealed_zstd(files: bytes, toc: dict[str, Any]) -> LazyLayer:
    """The files' frames of a zstd:chunked layer, closed with a table of contents, a tar-split and a footer."""
    document = json.dumps(toc).encode()
    packed, split = zstd.compress(document), zstd.compress(b"{}")
    at = len(files) + 8
    split_at = at + len(packed) + 8
    footer = struct.pack("<7Q", at, len(packed), len(document), 1, split_at, len(split), 2) + b"GNUlInUx"
    notes = {
        "io.github.containers.zstd-chunked.manifest-checksum": _sha256(packed),
        "io.github.containers.zstd-chunked.manifest-position": f"{at}:{len(packed)}:{len(document)}:1",
        "io.github.containers.zstd-chunked.tarsplit-position": f"{split_at}:{len(split)}:2",
    }
    raw = files + _skippable(packed) + _skippable(split) + _skippable(footer)
    return LazyLayer(raw, notes, "application/vnd.oci.image.layer.v1.tar+zstd", toc)


def _skippable(data: bytes) -> bytes:
    """A frame that decoders pass over (RFC 8878, section 3.1.2)."""
    return b"\x50\x2a\x4d\x18" + struct.pack("<I", len(data)) + data


def as_tar(members: Sequence[Member]) -> bytes:
    """The same entries as a plain archive."""
    out = io.BytesIO()
    for member in members:
        _, header = member.header()
        out.write(header + member.content + b"\0" * (-len(member.content) % 512))
    return out.getvalue() + b"\0" * 1024
