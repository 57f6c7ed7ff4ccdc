"""Real inputs changed: JSON as a tree, text at its joints, octets as they come."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

from support.parsers import Parser

PIECES = (
    b"", b"\0", b"\xff", b"\r\n", b"\n", b" ", b"\t", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b"<", b">", b",", b";",
    b":", b"=", b"/", b"//", b"..", b"@", b"%00", b"%", b"&", b"?", b"#", b"$(", b"`", b"-", b"0", b"-1", b"9" * 30,
    b"1e999", b"NaN", b"Infinity", b"null", b"true", b"\xe2\x80\xae", b"\xc3\xa9", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\x1b[31m", b"Bearer ", b"Basic ", b'realm="', b"sha256:", b"xn--", b"[::1]", b"library/", b"99999",
    b"Mon, 01 Jan 0001 00:00:00 +2359", b"Fri, 31 Dec 9999 23:59:59 -2359",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 10**40, 1e308, -0.0, "", "\0", "\ud800", "\u202e", "a" * 300, [], {}, [[]], {"": {}}, [None],
    "sha256:x", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999999-23:59", {"a": [1, {"b": None}]}, "1" * 5000,
    "https://[", "//",
)  # fmt: skip


def mutate(parser: Parser, rng: random.Random) -> bytes:
    """A seed of the parser, changed in one to four places."""
    seeds = parser.inputs
    data = rng.choice(seeds)
    for _ in range(rng.randint(1, 4)):
        data = _tree(data, rng) if data[:1] in b"{[" and data and rng.random() < 0.6 else _octets(data, seeds, rng)
    return data


def _octets(data: bytes, seeds: list[bytes], rng: random.Random) -> bytes:
    joints = [match.start() for match in re.finditer(rb"[^A-Za-z0-9]", data[:20_000])] or [0]

    def place() -> int:
        return rng.choice(joints) if rng.random() < 0.5 else rng.randint(0, len(data))

    one, two = sorted((place(), place()))
    two = min(two, one + 400)
    match rng.randint(0, 6):
        case 0:
            return data[:one] + data[two:]
        case 1:
            return data[:two] + data[one:two] * rng.choice((1, 1, 2, 40)) + data[two:]
        case 2:
            other = rng.choice(seeds)
            start = rng.randint(0, len(other))
            return data[:one] + other[start : start + rng.choice((5, 50, 500))] + data[one:]
        case 3:
            return data[:one] + bytes([rng.randrange(256)]) + data[one + 1 :]
        case 4:
            return data[:one]
        case _:
            return data[:one] + rng.choice(PIECES) + data[one + rng.choice((0, 0, 1, 3)) :]


def _tree(data: bytes, rng: random.Random) -> bytes:
    """JSON with a value replaced, a member renamed, doubled or left out, or nested deeply."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    places = list(_places(value))
    if not places:
        return data
    holder, key = rng.choice(places)
    match rng.randint(0, 4):
        case 0 | 1:
            holder[key] = rng.choice(VALUES)
        case 2:
            del holder[key]
        case 3 if isinstance(holder, dict):
            holder[rng.choice(("", "x", "\0", *(k for h, k in places if isinstance(h, dict))))] = holder[key]
        case _:
            deep: Any = holder[key]
            for _ in range(rng.choice((1, 3, 150, 400))):
                deep = [deep] if rng.random() < 0.5 else {"a": deep}
            holder[key] = deep
    try:
        return json.dumps(value, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return data


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value within, by what holds it and under which key."""
    items = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for key, member in items:
        yield value, key
        yield from _places(member)
