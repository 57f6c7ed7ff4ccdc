"""The order of versions among tags, which follow no scheme: semver where they look like it, sense where they do not.

Each tag gets a sort key that is one plain string, so that sorting a hundred thousand of them is one pass in C.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_VERSION = re.compile(r"v?(\d+(?:[._]\d+)*)(.*)", re.ASCII | re.IGNORECASE | re.DOTALL)
_PRE_RELEASE = re.compile(
    r"[-._]?(?:(?:alpha|beta|dev|pre|preview|rc|snapshot|nightly|canary)[-._]?\d*|[abmc]\d+)(?![a-z0-9])",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+", re.ASCII)
_DATE = re.compile(r"v?\d{4}-\d\d-\d\d(?!\d)", re.ASCII | re.IGNORECASE)
_SERIAL_DIGITS = 6
"""A lone number of this many digits is a date or a build number, no version."""

_LONGEST = 1024
"""Characters of a tag beyond which its numbers are not read; a tag has 128 (distribution spec, "Pulling manifests")."""

_WORD, _SERIAL, _RELEASE = "0", "1", "2"
_PRE, _VARIANT, _PLAIN = "0", "1", "2"


def version_key(tag: str) -> str:
    """A key by which tags sort from the oldest version to the newest; tags that are no version come before all.

    Numbers compare as numbers. As in Semantic Versioning 2.0.0, section 11, a pre-release (``1.2.0-rc.1``) comes before
    its release; any other suffix is a variant (``3.12-slim``) and stands between the two.
    """
    kind, numbers, suffix = _read(tag)
    if kind != _RELEASE:
        return kind + _natural(_DATE.sub(lambda found: found[0].replace("-", ""), tag) if kind == _SERIAL else tag)
    return f"{_RELEASE}{''.join(map(_number, numbers))}\x00{_rank(suffix)}{_natural(suffix)}"


def _read(tag: str) -> tuple[str, list[str], str]:
    """What a tag is, and of a release its numbers and what stands after them."""
    found = _VERSION.fullmatch(tag)
    if not found:
        return _WORD, [], tag
    numbers, suffix = found[1].replace("_", ".").split("."), found[2]
    if len(numbers) == 1:
        if len(numbers[0]) >= _SERIAL_DIGITS or _DATE.match(tag):
            return _SERIAL, [], tag
        if suffix[:1].isalnum() and not _PRE_RELEASE.match(suffix):
            return _WORD, [], tag
    return _RELEASE, numbers, suffix


def _rank(suffix: str) -> str:
    return _PLAIN if not suffix else _PRE if _PRE_RELEASE.match(suffix) else _VARIANT


class Version(NamedTuple):
    """A release as something to compare: its numbers without zeros at the end, so that ``1.2`` is ``1.2.0``; whether it
    is a pre-release, a variant or neither, and the suffix, as texts that sort so."""

    numbers: tuple[int, ...]
    rank: str
    suffix: str = ""

    @classmethod
    def of(cls, tag: str) -> Version | None:
        """The version that `tag` is; None if it is none."""
        numbers = numbers_of(tag)
        suffix = _read(tag)[2]
        return None if numbers is None else cls(numbers, _rank(suffix), _natural(suffix))

    @classmethod
    def first(cls, numbers: Sequence[int], *, pre: bool) -> Version:
        """What stands before every version of those numbers: with `pre` before their pre-releases, else after them."""
        return cls(_trimmed(numbers), _PRE if pre else _VARIANT)

    @property
    def is_pre_release(self) -> bool:
        return self.rank == _PRE


def numbers_of(tag: str) -> tuple[int, ...] | None:
    """The numbers of `Version` alone, which mostly decide; None if the tag is no version."""
    kind, numbers, _ = _read(tag)
    if kind != _RELEASE or len(tag) > _LONGEST:
        return None
    return _trimmed(list(map(int, numbers)))


def _trimmed(numbers: Sequence[int]) -> tuple[int, ...]:
    end = len(numbers)
    while end and not numbers[end - 1]:
        end -= 1
    return tuple(numbers[:end])


def is_version(key: str) -> bool:
    """Whether the key of `version_key` is that of a version."""
    return key[0] == _RELEASE


def newest_first(tags: Sequence[str], keys: Sequence[str] | None = None) -> list[int]:
    """The indices of `tags`: versions from the newest down, then serial numbers from the highest down, then the rest
    by name. `keys` are those of `version_key`, if they are known already."""
    known = [version_key(tag) for tag in tags] if keys is None else keys
    versions = [i for i, key in enumerate(known) if key[0] != _WORD]
    words = [i for i, key in enumerate(known) if key[0] == _WORD]
    versions.sort(key=known.__getitem__, reverse=True)
    words.sort(key=known.__getitem__)
    return versions + words


def sort_by_version(tags: Iterable[str]) -> list[str]:
    """`tags` as `newest_first` orders them."""
    listed = list(tags)
    return [listed[i] for i in newest_first(listed)]


def _number(digits: str) -> str:
    """Decimal digits so that they compare as numbers do: their count, then themselves."""
    bare = digits.lstrip("0") or "0"
    return f"{chr(0x30 + len(bare))}{bare}"


def _natural(text: str) -> str:
    return _NUMBER.sub(lambda found: _number(found[0]), text.lower())
