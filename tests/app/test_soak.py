"""Long random runs: keys, the wheel, sizes and pastes against the demo registry, over a line that fails now and then.

``REGLENS_SOAK=SECONDS`` makes it run longer, ``REGLENS_SEED=NUMBER`` makes it press the keys of a run that failed.
"""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from reglens.demo.faults import FAULTS
from reglens.demo.server import DemoRegistry
from support.terminal import ESCAPE, Terminal, environment, foreign, reglens

SECONDS = float(os.environ.get("REGLENS_SOAK", "18"))
SEED = int(os.environ.get("REGLENS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
GROWTH = 80 << 20
"""Octets by which memory may grow from a third of the run to its end: what is shown is kept, what was shown is not."""
PLACES = (
    *(fault.repository for fault in FAULTS if "q" not in fault.repository),  # which quits where no field has the focus
    "library/alpine:latest",
    "acme/museum:latest",
    "acme/shop:latest",
    "library/nothing-of-the-kind:1",
)
SIZES = ((120, 40), (80, 24), (200, 60), (60, 20), (30, 8), (1, 1))
PASTES = (
    "curl -i https://registry.example/v2/\r\nHTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=x\r\n",
    "Error response from daemon: pull access denied for acme/shop",
    "\x1b]52;c;aGk=\x07[@click=app.quit]x[/]",
)
KEYS = [*"jjjkkkllhhgGz2341?tcyYsfpmoDviJer= xwLuiA/", "\r", "\r", "\t", ESCAPE, ESCAPE, ESCAPE, "\x04", "\x15", "\x13"]
"""Single keys; those that quit are left out."""


class Moves:
    """What somebody does who does not know what he does, always the same for a seed."""

    def __init__(self, seed: int, registry: str) -> None:
        self.random = random.Random(seed)
        self.registry = registry
        self.made: list[str] = []

    def make(self, terminal: Terminal) -> None:
        """One move."""
        chance = self.random.random()
        if chance < 0.12:
            place = self.random.choice(PLACES)
            keys = f"{ESCAPE * 4}/\x15{self.registry}/{place}\r"
        elif chance < 0.16:
            keys = f"\x1b[200~{self.random.choice(PASTES)}\x1b[201~"
        elif chance < 0.2:
            keys = f"\x10{self.random.choice(('theme', 'reload', 'zz'))}{ESCAPE * 2}"
        elif chance < 0.26:
            x, y = self.random.randrange(terminal.columns), self.random.randrange(1, max(2, terminal.rows - 3))
            at = f"{x + 1};{y + 1}"
            keys = f"\x1b[<35;{at}M\x1b[<65;{at}M\x1b[<64;{at}M"  # moves and the wheel; a click may well quit
        elif chance < 0.29:
            terminal.resize(*self.random.choice(SIZES))
            keys = ""
        else:
            keys = "".join(self.random.choices(KEYS, k=self.random.randrange(1, 8)))
        self.made.append(keys)
        terminal.press(keys)
        if self.random.random() < 0.8:  # else the next comes in the midst of it
            terminal.settle(2)


@contextmanager
def bad_line(target: str, seed: int) -> Iterator[str]:
    """An address on loopback that leads to `target`, ``host:port``, over a line that cuts and delays now and then."""
    dice = random.Random(seed)
    host, _, port = target.rpartition(":")
    listener = socket.create_server(("127.0.0.1", 0))

    def carry(source: socket.socket, sink: socket.socket, cut: int, delay: float) -> None:
        with source, suppress(OSError):
            while cut > 0 and (data := source.recv(1 << 14)):
                time.sleep(delay)
                sink.sendall(data[:cut])
                cut -= len(data)
        with suppress(OSError):  # the other direction ends as well
            sink.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection((host, int(port)))
            except OSError:
                return
            cut = dice.randrange(1, 3000) if dice.random() < 0.1 else 1 << 40
            delay = dice.random() / 2 if dice.random() < 0.1 else 0
            threading.Thread(target=carry, args=(near, far, 1 << 40, 0), daemon=True).start()
            threading.Thread(target=carry, args=(far, near, cut, delay), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def held(terminal: Terminal) -> tuple[int, int]:
    """How many files and threads the process holds."""
    folder = Path(f"/proc/{terminal.process.pid}")
    return len(os.listdir(folder / "fd")), len(os.listdir(folder / "task"))


@pytest.mark.xdist_group("soak")
def test_a_long_random_run(tmp_path: Path) -> None:
    demo = DemoRegistry()
    demo.start()
    try:
        with (
            bad_line(demo.registry, SEED) as line,
            Terminal(reglens("--timeout", "3", line), environment(tmp_path)) as terminal,
        ):
            moves = Moves(SEED, line)
            try:
                _run(terminal, moves)
            except AssertionError as failed:
                failed.add_note(f"REGLENS_SEED={SEED}, the last moves: {moves.made[-60:]!r}\n{terminal.screen()}")
                raise
    finally:
        demo.stop()


def _lives(terminal: Terminal) -> None:
    if b"\x1b[?1049l" in terminal.sent[-100_000:]:
        terminal.press("\x11")  # what it says at its end may wait behind a ctrl+s
        terminal.ended()
    assert terminal.process.poll() is None, terminal.sent[-500:]


def _run(terminal: Terminal, moves: Moves) -> None:
    terminal.until(b"Search")
    begun = time.monotonic()
    warm = 0
    while (passed := time.monotonic() - begun) < SECONDS:
        if not warm and passed > SECONDS / 3:
            warm = terminal.memory()[0]
        moves.make(terminal)
        _lives(terminal)
    terminal.resize(120, 40)
    for _ in range(3):  # keys that still wait may open something more
        assert terminal.settle(), "with nothing left to do it does not rest"
        terminal.press(ESCAPE * 6)
    assert terminal.settle()
    _lives(terminal)
    assert b"Traceback" not in terminal.sent
    assert b"efect in reglens" not in terminal.sent
    assert foreign(terminal.sent) == []
    files, threads = held(terminal)
    assert files < 60, f"{files} files are open"
    assert threads < 40, f"{threads} threads live"
    grown = terminal.memory()[0] - warm
    assert grown < GROWTH, f"memory grew by {grown >> 20} MB from {warm >> 20} MB"
    print(f"seed {SEED}: {len(moves.made)} moves, {warm >> 20} MB + {grown >> 20} MB, {files} files, {threads} threads")
    before = len(terminal.sent)
    terminal.press("\x1bOP")
    terminal.until(rb"Everywhere|Keys", since=before)
    terminal.press("\x11")
    assert terminal.ended() == 0
    terminal.restored()
