"""Blobs: JSON documents, and layers that are made when they are read.

Nothing here depends on the machine: archives hold fixed times and owners and are stored, not deflated, since the output
of a compressor differs between versions of zlib; so digests are the same everywhere and at every start.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from reglens.oci import media

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
CREATED = 1_761_955_200
"""Unix time of files in layers: 2025-11-01."""


@dataclass(frozen=True)
class Blob:
    """Bytes with a media type; also a manifest."""

    data: bytes
    media_type: str

    @cached_property
    def digest(self) -> str:
        return _sha256(self.data)

    @property
    def size(self) -> int:
        return len(self.data)


@dataclass(frozen=True)
class Layer:
    """A layer that is made by `recipe(*arguments)`, which gives its files, whenever it is read. Recipe and arguments
    tell layers apart, so that equal ones are made and measured once."""

    recipe: Callable[..., Iterable[File]]
    arguments: tuple[str, ...]
    media_type: str = LAYER

    @property
    def data(self) -> bytes:
        return _packed(self)

    @property
    def digest(self) -> str:
        return _measured(self)[0]

    @property
    def size(self) -> int:
        return _measured(self)[1]

    @property
    def diff_id(self) -> str:
        """The digest of the archive before compression (OCI image spec, "Layer DiffID")."""
        return _measured(self)[2]


@dataclass(frozen=True)
class File:
    """An entry of a layer. `link` makes it a symbolic link; a path that ends in a slash is a directory."""

    path: str
    content: bytes = b""
    mode: int = 0o644
    link: str = ""


Part = Blob | Layer


def descriptor(part: Part, **more: object) -> dict[str, object]:
    """The descriptor of a blob, with further members after the three that each has."""
    return {"mediaType": part.media_type, "digest": part.digest, "size": part.size, **more}


def json_blob(value: Mapping[str, object], media_type: str, *, pretty: bool = False) -> Blob:
    """`value` as a blob: compact, or indented as Docker's tools write manifests."""
    body = json.dumps(value, indent=2 if pretty else None, separators=None if pretty else (",", ":"))
    return Blob(body.encode(), media_type)


EMPTY = Blob(b"{}", media.OCI_EMPTY)
"""The config of an artifact that has none (OCI image spec 1.1, "Guidance for an Empty Descriptor")."""


def archive(files: Iterable[File]) -> bytes:
    """A tar file, the same for the same files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for file in files:
            info = tarfile.TarInfo(file.path.rstrip("/"))
            info.mtime = CREATED
            info.mode = file.mode
            info.size = len(file.content)
            if file.path.endswith("/"):
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif file.link:
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, file.link, 0o777
            tar.addfile(info, io.BytesIO(file.content))
    return out.getvalue()


def gzipped(data: bytes) -> bytes:
    """`data` in gzip's format (RFC 1952) as stored blocks (RFC 1951, section 3.2.4)."""
    out = bytearray(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")
    for start, block, last in _blocks(data, 65535):
        out += struct.pack("<BHH", last, len(block), 0xFFFF - len(block)) + data[start : start + len(block)]
    return bytes(out + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF))


def zstandard(data: bytes) -> bytes:
    """`data` in Zstandard's format (RFC 8878) as raw blocks."""
    out = bytearray(struct.pack("<IBI", 0xFD2FB528, 0xA0, len(data)))
    for start, block, last in _blocks(data, 128 << 10):
        out += (last | len(block) << 3).to_bytes(3, "little") + data[start : start + len(block)]
    return bytes(out)


def _blocks(data: bytes, size: int) -> Iterable[tuple[int, bytes, int]]:
    for start in range(0, max(len(data), 1), size):
        yield start, data[start : start + size], int(start + size >= len(data))


def filler(seed: str, size: int) -> bytes:
    """`size` octets that stand for a program's, the same for the same seed."""
    return hashlib.shake_256(seed.encode()).digest(size)


def number(seed: str, below: int) -> int:
    """A number from 0 to `below` - 1 that only the seed decides."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6], "big") % below


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _packed(layer: Layer) -> bytes:
    tar = archive(layer.recipe(*layer.arguments))
    return zstandard(tar) if layer.media_type == LAYER_ZSTD else gzipped(tar)


@lru_cache(maxsize=20_000)
def _measured(layer: Layer) -> tuple[str, int, str]:
    """Digest, size and diff id."""
    tar = archive(layer.recipe(*layer.arguments))
    packed = zstandard(tar) if layer.media_type == LAYER_ZSTD else gzipped(tar)
    return _sha256(packed), len(packed), _sha256(tar)
