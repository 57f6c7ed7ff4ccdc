"""The file of ``reglens digest --resume``: what was found, a line each, so that another run need not look it up again.

The first line tells the options that the results depend on. Then a line each, parted by tabs: reference, digest, media
type, size. Every line is written whole as soon as its result is there; what a crash or a full disk cut off is taken
away.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import BinaryIO

from reglens.cli.connect import path_of, reason
from reglens.cli.output import OutputFailed
from reglens.errors import UsageError
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.reference import Reference
from reglens.text import clean

_TITLE = "# reglens digest"
MAX_OCTETS = 1 << 30
"""Octets of a file that is read: several million results."""


class Journal:
    """What earlier runs found, and where this one writes what it finds."""

    def __init__(self, name: str, options: str) -> None:
        """Open the file, or make it. `options` are those that the results depend on, as they are typed. Raises
        UsageError if it cannot be read, is none of ours, or was made with other options."""
        self.name = name
        self._known: dict[str, Descriptor] = {}
        title = f"{_TITLE} {options}".rstrip()
        path = path_of("--resume", name)
        try:
            self._file: BinaryIO = path.open("a+b", buffering=0)
            self._file.seek(0)
            data = self._file.read(MAX_OCTETS + 1)
        except (OSError, ValueError) as error:
            raise UsageError(f"--resume: {name} cannot be used: {reason(error)}") from None
        if len(data) > MAX_OCTETS:
            raise UsageError(f"--resume: {name} is larger than {MAX_OCTETS >> 30} GiB")
        whole = data[: data.rfind(b"\n") + 1]
        if whole:
            self._read(whole.decode("utf-8", "replace").split("\n")[:-1], title)
        elif data and not f"{title}\n".encode().startswith(data):
            raise self._foreign(1)
        if len(whole) < len(data):
            os.truncate(self._file.fileno(), len(whole))
        if not whole:
            self._write(title)

    def find(self, reference: Reference) -> Descriptor | None:
        """What an earlier run found for `reference`."""
        return self._known.get(str(reference))

    def add(self, reference: Reference, found: Descriptor) -> None:
        """Write down what was found. Raises OutputFailed."""
        self._write(f"{reference}\t{found.digest}\t{clean(found.media_type)}\t{found.size}")

    def close(self) -> None:
        self._file.close()

    def _read(self, lines: list[str], title: str) -> None:
        if lines[0] != title:
            if not lines[0].startswith(_TITLE):
                raise self._foreign(1)
            made = lines[0].removeprefix(_TITLE).strip()
            how = f"with {made}" if made else "without options that matter"
            raise UsageError(f"--resume: {self.name} was made {how}", "Use the same options, or another file.")
        for number, line in enumerate(lines[1:], 2):
            try:
                reference, digest, media_type, size = line.split("\t")
                self._known[reference] = Descriptor(media_type, Digest.parse(digest), int(size))
            except ValueError:
                raise self._foreign(number) from None

    def _foreign(self, line: int) -> UsageError:
        return UsageError(
            f"--resume: line {line} of {self.name} was not written by reglens digest", "Nothing was changed in it."
        )

    def _write(self, line: str) -> None:
        left = f"{line}\n".encode()
        try:
            begin = os.fstat(self._file.fileno()).st_size
            try:
                while left:  # of what finds little room a part is written, and that is no error
                    left = left[self._file.write(left) :]
            except OSError:
                with suppress(OSError):
                    os.truncate(self._file.fileno(), begin)
                raise
        except OSError as error:
            raise OutputFailed(f"{self.name} cannot be written: {reason(error)}") from None
