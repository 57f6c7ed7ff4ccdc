"""Files of this machine read within bounds, whatever they are: a pipe that nobody writes to is not waited for."""

from __future__ import annotations

import errno
import os
import select
import stat
from pathlib import Path
from time import monotonic

PATIENCE = 5.0
"""Seconds that the writer of a pipe may take, as of a shell's ``<(command)``."""
_PIECE = 1 << 20


def read_octets(path: Path, limit: int) -> bytes:
    """The octets of a file, at most one more than `limit`. Raises OSError, also for a pipe whose writer is silent, and
    ValueError for a path that is none."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        data = bytearray()
        end = monotonic() + PATIENCE
        while len(data) <= limit:
            try:
                piece = os.read(number, min(_PIECE, limit + 1 - len(data)))
            except BlockingIOError:
                if not select.select([number], [], [], max(0.0, end - monotonic()))[0]:
                    raise TimeoutError(errno.ETIMEDOUT, "it is a pipe, and nobody writes to it") from None
                continue
            if not piece:
                break
            data += piece
        return bytes(data)
    finally:
        os.close(number)


def is_plain(path: Path) -> bool:
    """Whether there is a regular file, which a library may open that would wait for a pipe. Raises OSError where there
    is nothing, and ValueError for a path that is none."""
    return stat.S_ISREG(os.stat(path).st_mode)
