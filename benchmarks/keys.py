"""Key press to the last octet painted, in the tags pane."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Sequence

from benchmarks import scripts
from benchmarks.terminal import Terminal, terminal

FETCHES = 8
MOVES = int(os.environ.get("MOVES", "200"))
TYPED = (b"v", b"4", b"2", b".", b"7")
ERASE = b"\x7f"


def keys(plain: str, many: int, few: int) -> None:
    """Cursor and filter with `many` tags, at rest and with fetches under way, beside a table of `few` rows."""
    big, small = f"{plain}/big/tags", f"{plain}/few/tags"
    print(f"\nKeys, in milliseconds, {MOVES} cursor moves and {MOVES // 4} typed characters each")
    with terminal(sys.executable, "-c", scripts.TABLE_APP) as screen:
        screen.until("v19")
        screen.settle(0.5)
        base = _moves(screen)
    _say(f"Textual with a table of {few} rows, cursor down", base)
    memory = {}
    for title, place, count, fetches, pause in (
        (f"{few} tags", small, few, 0, 0.0),
        (f"{many} tags", big, many, 0, 0.0),
        (f"{many} tags, {FETCHES} fetches from 100 ms away", big, many, FETCHES, 0.1),
        (f"{many} tags, {FETCHES} fetches without a pause", big, many, FETCHES, 0.0),
    ):
        with terminal(sys.executable, "-c", scripts.BUSY_APP, place, str(fetches), str(pause)) as screen:
            screen.until(f"{count:,} of {count:,}".replace(",", "."))
            screen.settle(0.5)
            moves = _moves(screen)
            typed = _typed(screen)
            memory[title] = screen.peak_memory()
        _say(f"{title}, cursor down", moves, base)
        _say(f"{title}, filter keystroke", typed)
    first, *others = memory.values()
    print(
        f"  peak memory: {first / 1024:.0f} MiB with {few} tags, {(others[0] - first) / 1024:.0f} MiB more with {many}"
    )


def _moves(screen: Terminal) -> list[float]:
    """Down and up again, a few rows each time, so that a short table can do it too."""
    rows = [b"j"] * 10 + [b"k"] * 10
    if screen.press(b"j")[1] == 0:  # a table of Textual's has no such keys
        rows = [b"\x1b[B"] * 10 + [b"\x1b[A"] * 10
    return [screen.press(rows[number % len(rows)])[1] for number in range(MOVES)]


def _typed(screen: Terminal) -> list[float]:
    screen.press(b"f", 0.3)
    spent = []
    for _ in range(MOVES // 4 // len(TYPED)):
        spent += [screen.press(key)[1] for key in TYPED]
        for _ in TYPED:
            screen.press(ERASE)
    return spent


def _say(title: str, spent: Sequence[float], base: Sequence[float] = ()) -> None:
    ordered = sorted(second * 1000 for second in spent)
    median = statistics.median(ordered)
    worst = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    ratio = f"   x {median / (statistics.median(base) * 1000):.2f}" if base else ""
    print(f"  {title:<66} median {median:6.1f}, 99th percentile {worst:6.1f}{ratio}", flush=True)
