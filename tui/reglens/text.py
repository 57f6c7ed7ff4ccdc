"""Text from outside made fit for a terminal, and quantities made fit for people."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

DISPLAY_LIMIT = 4096
"""Characters of one server string that are ever shown; the rest is counted, not shown."""

_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def clean(text: str, limit: int = DISPLAY_LIMIT, *, keep: str = "") -> str:
    """`text` with every character that could steer a terminal or hide in one made visible.

    Controls become control pictures (``␛``), other unprintable characters (C1, bidirectional overrides, zero-width,
    line separators, surrogates) their ``\\u202e`` form, odd blanks a plain blank. Characters in `keep` (such as
    ``"\\n"``) pass. What exceeds `limit` characters is replaced by a count of them.
    """
    cut = len(text) - limit
    if cut > 0:
        text = text[:limit]
    if not text.isprintable():
        text = _UNPRINTABLE.sub(lambda found: _visible(found[0], keep), text)
    return f"{text}… +{cut} characters" if cut > 0 else text


def _visible(character: str, keep: str) -> str:
    if character in keep or character.isprintable():
        return character
    code = ord(character)
    if code in _CONTROL_PICTURES:
        return _CONTROL_PICTURES[code]
    if character.isspace() and code not in (0x85, 0x2028, 0x2029):
        return " "
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def human_size(octets: int) -> str:
    """Octets in binary units, three significant digits: ``9.4 KiB``."""
    size = float(octets)
    if abs(size) < 1024:
        return f"{octets} B"
    for unit in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        size /= 1024
        if abs(size) < 1023.95 or unit == "PiB":
            break
    return f"{size:.1f} {unit}" if abs(size) < 99.95 else f"{size:.0f} {unit}"


def human_count(count: int) -> str:
    """Whole numbers with thin groups: ``4 213``."""
    return f"{count:,}".replace(",", " ")


def human_short(count: int) -> str:
    """A count in little room, rounded down: ``950``, ``21k``, ``1.2M``, ``1B``."""
    for size, unit in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            tenths = count * 10 // size
            return f"{tenths // 10}.{tenths % 10}{unit}" if tenths < 100 and tenths % 10 else f"{tenths // 10}{unit}"
    return str(count)


def human_milliseconds(milliseconds: float) -> str:
    """A duration given in milliseconds, for a column: ``12 ms``, ``1.20 s``."""
    if milliseconds < 0.95:
        return "<1 ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.2f} s"


def human_duration(seconds: float) -> str:
    """A span of time given in seconds, in its largest sensible unit: ``9 s``, ``5 min``, ``3 h``, ``2 days``."""
    seconds = abs(seconds)
    for unit, length, limit in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < limit:
            return f"{seconds / length:.0f} {unit}"
    days = seconds / 86_400
    if days < 60:
        return f"{days:.0f} days"
    return f"{days / 30.44:.0f} months" if days < 730 else f"{days / 365.25:.0f} years"


def human_age(moment: datetime, now: datetime) -> str:
    """How long ago `moment` was at `now`, or how far ahead it lies."""
    span = (now - moment) / timedelta(seconds=1)
    return f"in {human_duration(span)}" if span < 0 else f"{human_duration(span)} ago"
