"""JSON from servers: read within bounds, failing in one way."""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 200
MAX_VALUES = 3_000_000
"""Values in a document, by its brackets and commas. Each takes some 20 to 100 octets of memory, however few it took of
the body: so many are an eighth of a GiB of names, and a quarter of one where each is a list or an object."""


class TooMany(ValueError):
    """JSON with more values than anybody has a use for."""

    def __init__(self) -> None:
        super().__init__(f"JSON of more than {MAX_VALUES // 1_000_000} million values")


def loads(data: bytes | str) -> Any:
    """The JSON value in `data`. Raises ValueError for whatever is wrong with it, nesting and number size included, and
    TooMany for what would take memory out of all proportion."""
    if len(data) > MAX_VALUES and _values(data) > MAX_VALUES:
        raise TooMany
    try:
        return json.loads(data)
    except (RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not readable as JSON: {type(error).__name__}") from None


def _values(data: bytes | str) -> int:
    """At least as many values as there are in `data`: what stands in texts is counted as well."""
    if isinstance(data, str):
        return sum(data.count(mark) for mark in ",[{")
    return sum(data.count(mark) for mark in b",[{")
