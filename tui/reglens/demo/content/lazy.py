"""Layers with tables of contents, so that clients need not read them whole.

Sources: stargz-snapshotter, docs/estargz.md; containers/storage, pkg/chunked/internal/minimal/compression.go.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reglens.demo.content.parts import CREATED, LAYER, LAYER_ZSTD, Blob, File, archive, gzipped, zstandard

_STAMP = "2025-11-01T00:00:00Z"
assert CREATED == 1_761_955_200


@dataclass(frozen=True)
class LazyLayer:
    """A layer, the annotations of its descriptor, and the digest of its archive."""

    blob: Blob
    annotations: dict[str, str]
    diff_id: str


def estargz(files: Sequence[File]) -> LazyLayer:
    """The files as an eStargz layer."""
    body, entries = _members(files, gzipped)
    table = json.dumps({"version": 1, "entries": entries}).encode()
    own = archive([File("stargz.index.json", table)])
    extra = b"SG" + struct.pack("<H", 22) + b"%016xSTARGZ" % len(body)
    footer = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + struct.pack("<H", len(extra)) + extra
    blob = Blob(body + gzipped(own) + footer + b"\x01\0\0\xff\xff" + b"\0" * 8, LAYER)
    notes = {"containerd.io/snapshot/stargz/toc.digest": _sha256(table)}
    return LazyLayer(blob, notes, _sha256(_plain(files) + own))


def zstd_chunked(files: Sequence[File]) -> LazyLayer:
    """The files as a zstd:chunked layer."""
    body, entries = _members(files, zstandard)
    body += zstandard(b"\0" * 1024)
    document = json.dumps({"version": 1, "entries": entries}).encode()
    table = zstandard(document)
    at = len(body) + 8
    footer = struct.pack("<4Q", at, len(table), len(document), 1) + b"\0" * 24 + b"GNUlInUx"
    notes = {
        "io.github.containers.zstd-chunked.manifest-checksum": _sha256(table),
        "io.github.containers.zstd-chunked.manifest-position": f"{at}:{len(table)}:{len(document)}:1",
    }
    return LazyLayer(
        Blob(body + _skipped(table) + _skipped(footer), LAYER_ZSTD), notes, _sha256(_plain(files) + b"\0" * 1024)
    )


def _plain(files: Sequence[File]) -> bytes:
    return b"".join(_entry(file) for file in files)


def _entry(file: File) -> bytes:
    """Header and content of a file as they stand in an archive."""
    return archive([file])[: 512 + -(-len(file.content) // 512) * 512]


def _members(files: Sequence[File], pack: Callable[[bytes], bytes]) -> tuple[bytes, list[dict[str, Any]]]:
    """The files, each packed by itself, and their entries in the table."""
    body, pending, entries = b"", b"", []
    for file in files:
        whole = _entry(file)
        pending += whole[:512]
        kind = "dir" if file.path.endswith("/") else "symlink" if file.link else "reg"
        mode = {"dir": 0o755, "symlink": 0o777}.get(kind, file.mode)
        entry: dict[str, Any] = {"name": file.path, "type": kind, "modtime": _STAMP, "mode": mode, "uid": 0, "gid": 0}
        if file.link:
            entry["linkName"] = file.link
        if file.content:
            body += pack(pending)
            digest = _sha256(file.content)
            entry |= {"size": len(file.content), "offset": len(body), "digest": digest, "chunkDigest": digest}
            body += pack(file.content)
            pending = whole[512 + len(file.content) :]
        entries.append(entry)
    return body + (pack(pending) if pending else b""), entries


def _skipped(data: bytes) -> bytes:
    """A frame that decoders pass over (RFC 8878, section 3.1.2)."""
    return b"\x50\x2a\x4d\x18" + struct.pack("<I", len(data)) + data


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
