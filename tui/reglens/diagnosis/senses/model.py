"""What a meaning is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sense:
    """What a teller says in one sentence, the finding codes that this speaks for, the likeliest first, and whether the
    line alone proves the first of them."""

    says: str
    codes: tuple[str, ...]
    proves: bool


def sense(says: str, codes: str = "", proves: bool = False) -> Sense:
    """A sense as the tables write it: the codes as words of one text."""
    return Sense(says, tuple(codes.split()), proves)
