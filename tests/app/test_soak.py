"""An hour's worth of random keys, the mouse, sizes and pastes against the demo registry, over a line that fails now and
then: no exception, no worker that never ends, no memory that only grows.

A person who presses a key a second presses 3 600 in an hour. ``REGLENS_SOAK=SECONDS`` makes it run longer,
``REGLENS_SEED=NUMBER`` makes it press the keys of a run that failed. What it saw it tells with ``pytest -s``.
"""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reglens.demo.faults import FAULTS
from reglens.demo.server import DemoRegistry
from support.terminal import ESCAPE, Terminal, environment, foreign, reglens

KEYS_OF_AN_HOUR = 3600
SECONDS = float(os.environ.get("REGLENS_SOAK", "0"))
SEED = int(os.environ.get("REGLENS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
GROWTH = 48 << 20
"""Octets by which memory may grow from a third of the run to its end: what is shown is kept, what was shown is not,
save the record of exchanges, which holds 32 MiB of bodies at most, and which layers the last 500 images have."""
STUCK = 60.0
"""Seconds after which a worker counts as one that never ends. A request may take ten times the time-out of 3 s."""
PLACES = (
    *(fault.repository for fault in FAULTS if "q" not in fault.repository),  # which quits where no field has the focus
    "library/nothing-of-the-kind:1",
)
RICH = ("library/alpine:latest", "acme/museum:latest", "acme/shop:latest")
"""Where there is most to open."""
DEEPER = (
    "3l\r",
    "3ll\r",
    "3lll\r",
    "3llll\rJ",
    "3lllll",
    "3\rl\r",
    "3\rll\rd",
    "4\r",
    "4Gl",
    "4\re",
    "u",
    "C",
    "$",
    "3lj\r",
)
"""Ways to what is seldom come by: sections, layers, referrers, an exchange and its exports, identities, menus."""
SIZES = ((120, 40), (80, 24), (200, 60), (60, 20), (30, 8), (1, 1))
PASTES = (
    "curl -i https://registry.example/v2/\r\nHTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=x\r\n",
    "Error response from daemon: pull access denied for acme/shop",
    "\x1b]52;c;aGk=\x07[@click=app.quit]x[/]",
)
VIEWS = {
    "Browser auth", "Browser manifest", "Browser search", "Browser tags", "Help", "Laboratory", "Menu", "Pages",
    "Paste", "WalkScreen", *(f"section {name}" for name in ("platforms", "overview", "layers", "referrers", "json")),
}  # fmt: skip
"""What such a run comes by; most come by as much again."""
MISSED = 3
"""Of these, how many chance may leave out."""
KEYS = [
    *"jjjkkkllhhgGz2341?tcyYsfpmoDviJer= xwLuiA/C$KTd+", "\r", "\r", "\r", "\t", ESCAPE, ESCAPE, "\x04", "\x15", "\x13",
]  # fmt: skip
"""Single keys; those that quit are left out."""


PROBE = """
import gc, json, os, sys, threading, time

def watch():
    seen, ages, app = {}, {}, None
    while True:
        time.sleep(0.03)
        module = sys.modules.get("textual.app")
        if module is None or not hasattr(module, "App"):
            continue
        if app is None:
            app = next((o for o in gc.get_objects() if isinstance(o, module.App)), None)
            continue
        try:
            screen = app.screen_stack[-1]
            name = type(screen).__name__
            if name == "Browser":
                name += " " + screen.front
                if screen.front == "manifest" and screen.manifest.section:
                    seen["section " + screen.manifest.section] = seen.get("section " + screen.manifest.section, 0) + 1
            seen[name] = seen.get(name, 0) + 1
            now = time.monotonic()
            running = {id(w): w for w in list(app.workers) if w.state.name in ("PENDING", "RUNNING")}
            ages = {number: ages.get(number, now) for number in running}
            workers = [[w.name or w.group, now - ages[number]] for number, w in running.items()]
        except Exception:
            continue
        told = {"seen": seen, "workers": workers, "waiting": len(app._waiting), "defect": app.defect}
        with open(os.environ["PROBE"] + ".new", "w") as file:
            json.dump(told, file)
        os.replace(os.environ["PROBE"] + ".new", os.environ["PROBE"])

threading.Thread(target=watch, daemon=True).start()
"""
"""Imported by the interpreter on its start: looks at the app from the inside, thirty times a second."""


@dataclass
class Probe:
    """What was seen inside the app."""

    path: Path

    def look(self) -> dict[str, Any]:
        """The latest look."""
        told: dict[str, Any] = json.loads(self.path.read_text())
        return told

    def oldest(self) -> tuple[str, float]:
        """The worker that runs for longest, and for how long."""
        return max(((name, age) for name, age in self.look()["workers"]), key=lambda pair: pair[1], default=("", 0.0))


@dataclass
class Line:
    """The way to the registry, and what befell it."""

    address: str
    connections: int = 0
    cut: int = 0
    delayed: int = 0


class Moves:
    """What somebody does who does not know what he does, always the same for a seed."""

    def __init__(self, seed: int, registry: str) -> None:
        self.random = random.Random(seed)
        self.registry = registry
        self.made: list[str] = []
        self.keys = self.clicks = 0
        self.places: set[str] = set()

    def make(self, terminal: Terminal) -> None:
        """One move."""
        chance = self.random.random()
        pressed = 0
        if chance < 0.12:
            place = self.random.choice(PLACES if chance < 0.09 else RICH)
            self.places.add(place)
            keys = f"{ESCAPE * 4}/\x15{self.registry}/{place}\r"
            pressed = 7  # its name comes as fast as if it were pasted
        elif chance < 0.17:
            keys = f"\x1b[200~{self.random.choice(PASTES)}\x1b[201~"
        elif chance < 0.2:
            keys = f"\x10{self.random.choice(('theme', 'reload', 'zz'))}{ESCAPE * 2}"
            pressed = 8
        elif chance < 0.26:  # the last line and what the palette lists may well quit
            x, y = self.random.randrange(terminal.columns), self.random.randrange(1, max(2, terminal.rows - 3))
            at = f"{x + 1};{y + 1}"
            keys = f"\x1b[<35;{at}M\x1b[<65;{at}M\x1b[<64;{at}M\x1b[<0;{at}M\x1b[<0;{at}m"
            self.clicks += 1
        elif chance < 0.29:
            terminal.resize(*self.random.choice(SIZES))
            keys = ""
        elif chance < 0.5:
            keys = (ESCAPE * 3 if chance < 0.4 else "") + self.random.choice(DEEPER)
            pressed = keys.count(ESCAPE) + len(keys.replace(ESCAPE, ""))
        else:
            pressed = self.random.randrange(1, 12)
            keys = "".join(self.random.choices(KEYS, k=pressed))
        self.made.append(keys)
        self.keys += pressed
        terminal.press(keys)
        if self.random.random() < 0.5:  # else the next comes in the midst of it
            terminal.settle(0.5)


@contextmanager
def bad_line(target: str, seed: int) -> Iterator[Line]:
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
            line.connections += 1
            line.cut += cut < 1 << 40
            line.delayed += delay > 0
            threading.Thread(target=carry, args=(near, far, 1 << 40, 0), daemon=True).start()
            threading.Thread(target=carry, args=(far, near, cut, delay), daemon=True).start()

    line = Line(f"127.0.0.1:{listener.getsockname()[1]}")
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield line
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def held(terminal: Terminal) -> tuple[int, int]:
    """How many files and threads the process holds."""
    folder = Path(f"/proc/{terminal.process.pid}")
    return len(os.listdir(folder / "fd")), len(os.listdir(folder / "task"))


@pytest.mark.xdist_group("soak")
def test_an_hour_of_random_keys(tmp_path: Path) -> None:
    ear = tmp_path / "ear"
    ear.mkdir()
    (ear / "sitecustomize.py").write_text(PROBE)
    probe = Probe(tmp_path / "probe")
    env = environment(tmp_path, PROBE=str(probe.path))
    env["PYTHONPATH"] = f"{ear}:{env['PYTHONPATH']}"
    demo = DemoRegistry()
    demo.start()
    try:
        with (
            bad_line(demo.registry, SEED) as line,
            Terminal(reglens("--timeout", "3", line.address), env) as terminal,
        ):
            moves = Moves(SEED, line.address)
            try:
                _run(terminal, moves, probe, line)
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


def _run(terminal: Terminal, moves: Moves, probe: Probe, line: Line) -> None:
    terminal.until(b"Search")
    begun = time.monotonic()
    warm = 0
    while moves.keys < KEYS_OF_AN_HOUR or time.monotonic() - begun < SECONDS:
        passed = min(moves.keys / KEYS_OF_AN_HOUR, (time.monotonic() - begun) / SECONDS if SECONDS else 1)
        if not warm and passed > 1 / 3:
            warm = terminal.memory()[0]
        moves.make(terminal)
        _lives(terminal)
        if len(moves.made) % 20 == 0:
            assert probe.oldest()[1] < STUCK, f"a worker does not end: {probe.look()['workers']}"
    took = time.monotonic() - begun
    terminal.resize(120, 40)
    for _ in range(3):  # keys that still wait may open something more
        assert terminal.settle(), "with nothing left to do it does not rest"
        terminal.press(ESCAPE * 6)
    assert terminal.settle()
    _lives(terminal)
    end = time.monotonic() + STUCK
    while (told := probe.look())["workers"] or told["waiting"]:
        assert time.monotonic() < end, f"a worker does not end, or keys wait: {told}"
        terminal.read(0.1)
    assert told["defect"] == ""
    assert b"Traceback" not in terminal.sent
    assert b"efect in reglens" not in terminal.sent
    assert foreign(terminal.sent) == []
    files, threads = held(terminal)
    assert files < 60, f"{files} files are open"
    assert threads < 40, f"{threads} threads live"
    grown = terminal.memory()[0] - warm
    assert grown < GROWTH, f"memory grew by {grown >> 20} MB from {warm >> 20} MB"
    seen = set(told["seen"])
    print(
        f"seed {SEED}: {moves.keys} keys and {moves.clicks} clicks in {len(moves.made)} moves and {took:.0f} s; "
        f"{len(moves.places)} of {len(PLACES)} places; {line.cut} of {line.connections} connections cut, "
        f"{line.delayed} delayed; {warm >> 20} MB + {grown >> 20} MB, {files} files, {threads} threads; "
        f"{len(seen)} views: {', '.join(sorted(seen))}"
    )
    assert len(VIEWS - seen) <= MISSED, f"not seen: {VIEWS - seen}"
    assert len(moves.places) > len(PLACES) // 2
    assert line.cut > 3
    assert line.delayed > 3
    before = len(terminal.sent)
    terminal.press("\x1bOP")
    terminal.until(rb"Everywhere|Keys", since=before)
    terminal.press("\x11")
    assert terminal.ended() == 0
    terminal.restored()
