"""In which order tags stand."""

from __future__ import annotations

from enum import Enum

from reglens.oci.versions import newest_first, version_key


class Order(Enum):
    """How the tags are sorted."""

    REGISTRY = "as listed"
    NAME = "by name"
    VERSION = "newest first"

    @property
    def following(self) -> Order:
        """The one that the sort key leads to."""
        members = list(Order)
        return members[(members.index(self) + 1) % len(members)]

    def arrange(self, tags: list[str], lowered: list[str], keys: list[str], count: int) -> list[int]:
        """The indices of the first `count` tags in this order. `keys` are those of `version_key` as far as they are
        known, and are added to. May run in a thread."""
        if self is Order.REGISTRY:
            return list(range(count))
        if self is Order.NAME:
            return sorted(range(count), key=lowered.__getitem__)
        keys.extend([version_key(tag) for tag in tags[len(keys) : count]])
        return newest_first(tags, keys[:count])
