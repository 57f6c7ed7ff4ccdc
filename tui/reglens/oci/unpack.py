"""Layers unpacked as they stream by: what they are packed with is told by their first octets, never by their name."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from reglens.errors import AnswerInvalid

PIECE = 256 << 10
"""Octets that are unpacked in one go, so that a bomb costs time, which a person can cut short, and no memory."""
WINDOW_LOG = 27
"""The largest window that a Zstandard frame may ask for, as a power of two: 128 MiB, what the zstd command takes
without ``--long`` (zstd, lib/zstd.h, ``ZSTD_WINDOWLOG_LIMIT_DEFAULT``)."""
_GZIP, _ZSTD, _XZ, _BZIP2 = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh"


class Unpacker:
    """Unpacks gzip and Zstandard, of any number of members or frames (as eStargz and zstd:chunked have), and passes on
    what is not packed."""

    def __init__(self) -> None:
        self.kind = ""
        self._begin = b""
        self._decoder: Any = None
        self._fed = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The next piece, unpacked in bounded pieces. Raises AnswerInvalid for what cannot be unpacked."""
        if not self.kind:
            self._begin += piece
            if len(self._begin) < 6:
                return
            piece, self._begin = self._begin, b""
            self._begun(piece)
        if self.kind == "none":
            yield piece
        elif self.kind == "gzip":
            yield from self._gzip(piece)
        else:
            yield from self._zstd(piece)

    def finish(self) -> None:
        """There is no more. Raises AnswerInvalid if the stream is cut off."""
        if not self.kind and self._begin:
            raise AnswerInvalid("The layer is too short to be an archive.")
        if self.kind != "none" and self._decoder is not None and self._fed and not self._decoder.eof:
            raise AnswerInvalid(f"The {self.kind} stream of the layer is cut off.")

    def _begun(self, piece: bytes) -> None:
        if piece.startswith(_GZIP):
            self.kind, self._decoder = "gzip", zlib.decompressobj(zlib.MAX_WBITS | 16)
        elif piece.startswith(_ZSTD) or (piece[1:4] == b"\x2a\x4d\x18" and piece[0] >> 4 == 5):
            self.kind, self._decoder = "zstd", _zstd_decoder()
        elif piece.startswith((_XZ, _BZIP2)):
            name = "xz" if piece.startswith(_XZ) else "bzip2"
            raise AnswerInvalid(f"The layer is packed with {name}, which no layer may be, and is not unpacked.")
        else:
            self.kind = "none"

    def _gzip(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            decoder = self._decoder
            if decoder.eof:  # a further member; padding after the last one is passed over
                if not piece.startswith(_GZIP[: len(piece)]):
                    return
                decoder = self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
            self._fed = True
            try:
                unpacked = decoder.decompress(piece, PIECE)
            except zlib.error as error:
                raise AnswerInvalid(f"The gzip stream of the layer is broken ({error}).") from None
            if unpacked:
                yield unpacked
            piece = decoder.unused_data if decoder.eof else decoder.unconsumed_tail

    def _zstd(self, piece: bytes) -> Iterator[bytes]:
        while piece or not (self._decoder.eof or self._decoder.needs_input):
            if self._decoder.eof:
                self._decoder = _zstd_decoder()
            self._fed = True
            try:
                unpacked = self._decoder.decompress(piece, PIECE)
            except Exception as error:  # the module's own error, which is there only where the module is
                raise AnswerInvalid(f"The zstd stream of the layer is broken ({error}).") from None
            if unpacked:
                yield unpacked
            piece = self._decoder.unused_data if self._decoder.eof else b""


def _zstd_decoder() -> Any:
    """Python's own decoder (PEP 784), or its backport before Python 3.14; its window is bounded."""
    module = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    return module.ZstdDecompressor(options={module.DecompressionParameter.window_log_max: WINDOW_LOG})
