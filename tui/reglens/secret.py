"""Secrets as a type: what prints, logs, compares or formats one gets its fingerprint, never its value."""

from __future__ import annotations

import hashlib
import hmac
from typing import NoReturn


class Secret:
    """A password, token or key. Only `reveal` gives the raw value.

    The raw value has two legitimate takers: the code that writes an ``Authorization`` header or a token request,
    and a deliberate reveal by the person (a key in the app, ``--reveal`` on the command line).
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The raw value. Never log, store or show what this returns without having been asked to."""
        return self._value

    @property
    def fingerprint(self) -> str:
        """``sha256:`` and the first 12 hex digits of the value's SHA-256: enough to tell two secrets apart."""
        data = self._value.encode("utf-8", "surrogatepass")
        return "sha256:" + hashlib.sha256(data).hexdigest()[:12]

    def __len__(self) -> int:
        return len(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __str__(self) -> str:
        return self.fingerprint

    def __repr__(self) -> str:
        return f"Secret({self.fingerprint})"

    def __format__(self, spec: str) -> str:
        return format(self.fingerprint, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        ours, theirs = (s._value.encode("utf-8", "surrogatepass") for s in (self, other))
        return hmac.compare_digest(ours, theirs)

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled")
