"""Content digests (OCI image spec, "Digests")."""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass

GRAMMAR = re.compile(r"(?P<algorithm>[a-z0-9]+(?:[+._-][a-z0-9]+)*):(?P<encoded>[a-zA-Z0-9=_-]+)")
_REGISTERED = {"sha256": 64, "sha384": 96, "sha512": 128}


@dataclass(frozen=True, slots=True)
class Digest:
    """``algorithm:encoded``. Of an algorithm that is not registered nothing is checked but the grammar."""

    algorithm: str
    encoded: str

    @classmethod
    def parse(cls, text: str) -> Digest:
        """The digest in `text`. Raises ValueError, with a sentence for people, if it is none."""
        found = GRAMMAR.fullmatch(text)
        if not found:
            raise ValueError(f"{text!r} is not a digest: it should look like sha256:<64 hex digits>")
        algorithm, encoded = found["algorithm"], found["encoded"]
        length = _REGISTERED.get(algorithm)
        if length is not None and not (len(encoded) == length and re.fullmatch("[0-9a-f]+", encoded)):
            raise ValueError(f"a {algorithm} digest has {length} lower-case hex digits, this one is {encoded!r}")
        return cls(sys.intern(algorithm), encoded)

    @classmethod
    def of(cls, data: bytes, algorithm: str = "sha256") -> Digest:
        """The digest of `data`. Raises ValueError for an algorithm that cannot be computed here."""
        if algorithm not in _REGISTERED:
            raise ValueError(f"digests of algorithm {algorithm!r} cannot be computed here")
        return cls(algorithm, hashlib.new(algorithm, data).hexdigest())

    @property
    def computable(self) -> bool:
        """Whether content can be checked against this digest."""
        return self.algorithm in _REGISTERED

    @property
    def short(self) -> str:
        """The algorithm and 12 characters: for columns, never for requests."""
        return f"{self.algorithm}:{self.encoded[:12]}"

    def matches(self, data: bytes) -> bool:
        """Whether `data` has this digest. Raises ValueError if the digest is not `computable`."""
        return Digest.of(data, self.algorithm) == self

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.encoded}"
