"""More of everything than anybody means: sizes, keys, pastes. The browser stays, and answers at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.hostile import Hostile
from support.terminal import ESCAPE, Terminal, environment, foreign, reglens

MEMORY = 320 << 20
"""Octets that may be resident at the peak; about 70 MB are before the storm."""
PASTED = {"/": 1 << 20, "2f": 1 << 20, "x": 2 << 20, "3": 1 << 20}
"""Octets of a paste, by the key before it."""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Terminal]:
    """The browser with an image before it of which every text is hostile."""
    with (
        Hostile() as registry,
        Terminal(reglens(f"{registry.host}/text/image:latest"), environment(tmp_path)) as terminal,
    ):
        terminal.until(b"Overview")
        terminal.settle()
        yield terminal


def is_well(app: Terminal) -> None:
    """It answers, and leaves in good order."""
    assert app.settle()
    assert app.process.poll() is None, app.sent[-2000:]
    answered = len(app.sent)
    app.press(ESCAPE * 3)
    app.settle()
    app.press("\x1bOP")
    app.until(rb"Everywhere|Keys", since=answered)
    peak = app.memory()[1]
    app.press("\x11")
    assert app.ended() == 0
    app.restored()
    assert foreign(app.sent) == []
    assert b"Traceback" not in app.sent
    assert peak < MEMORY, f"{peak >> 20} MB"


SIZES = [(1, 1), (2, 200), (500, 5), (80, 24), (1, 40), (120, 1), (3, 3), (300, 80), (40, 10), (10, 40), (120, 40)]


def test_sizes(app: Terminal) -> None:
    """A hundred and more sizes, some of them no size at all, while keys go to whatever has room."""
    for number in range(120):
        columns, rows = SIZES[number * 7 % len(SIZES)]
        app.resize(columns, rows)
        if number % 10 == 0:
            app.press("1234?\x1b"[number // 10 % 6])
        app.read(0.002)
    for screen in ("x", "L", "w"):
        app.press(screen)
        for columns, rows in SIZES:
            app.resize(columns, rows)
            app.read(0.02)
        app.press(ESCAPE)
    app.resize(120, 40)
    is_well(app)


def test_keys(app: Terminal) -> None:
    """Five hundred a second of those that are held down, then others mixed with them: all are heeded in the end."""
    for number in range(1000):
        app.press("jk"[number // 100 % 2])
        if number % 10 == 0:
            app.read(0)
            time.sleep(0.02)
    app.press("jl3hG2gj4z" * 4)
    is_well(app)


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("/", "a" * 1000),
        ("2f", "a b " * 250),
        ("x", "Authorization: Bearer " + "s3cret." * 20 + "\r\n"),
        ("3", "[" * 99),
    ],
    ids=["search", "filter", "editor", "list"],
)
def test_pastes(app: Terminal, field: str, line: str) -> None:
    """Megabytes at once: a field says that it is too much, everywhere else it is a paste to explain."""
    app.press(field)
    app.settle()
    before = len(app.sent)
    app.press("\x1b[200~" + line * (PASTED[field] // len(line)) + "\x1b[201~")
    app.until(b"16 384 at most" if field in ("/", "2f") else b"Diagnosis", since=before)
    assert b"s3cret.s3cret" not in app.sent, "a paste is masked before it is shown"
    is_well(app)
