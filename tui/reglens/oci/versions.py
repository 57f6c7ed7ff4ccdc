"""The order of versions among tags, which follow no scheme: semver where they look like it, sense where they do not.

Each tag gets a sort key that is one plain string, so that sorting a hundred thousand of them is one pass in C.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_VERSION = re.compile(r"v?(\d+(?:[._]\d+)*)(.*)", re.ASCII | re.IGNORECASE | re.DOTALL)
_PRE_RELEASE = re.compile(
    r"[-._]?(?:(?:alpha|beta|dev|pre|preview|rc|snapshot|nightly|canary)[-._]?\d*|[abmc]\d+)(?![a-z0-9])",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+", re.ASCII)
_SERIAL_DIGITS = 6
"""A lone number of this many digits is a date or a build number, no version."""

_WORD, _SERIAL, _RELEASE = "0", "1", "2"
_PRE, _VARIANT, _PLAIN = "0", "1", "2"


def version_key(tag: str) -> str:
    """A key by which tags sort from the oldest version to the newest; tags that are no version come before all.

    Numbers compare as numbers. As in Semantic Versioning 2.0.0, section 11, a pre-release (``1.2.0-rc.1``) comes before
    its release; any other suffix is a variant (``3.12-slim``) and stands between the two.
    """
    found = _VERSION.fullmatch(tag)
    if not found:
        return _WORD + _natural(tag)
    numbers, suffix = found[1], found[2]
    parts = re.split("[._]", numbers)
    if len(parts) == 1 and len(numbers) >= _SERIAL_DIGITS:
        return _SERIAL + _natural(tag)
    if len(parts) == 1 and suffix[:1].isalnum() and not _PRE_RELEASE.match(suffix):
        return _WORD + _natural(tag)
    rank = _PLAIN if not suffix else _PRE if _PRE_RELEASE.match(suffix) else _VARIANT
    return f"{_RELEASE}{''.join(map(_number, parts))}\x00{rank}{_natural(suffix)}"


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
