"""A program in a pseudo-terminal, timed by what it paints."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator


class Terminal:
    """One run of a program on a screen of 120x40 that answers what Textual asks of a terminal."""

    def __init__(self, *command: str, columns: int = 120, rows: int = 40) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
        env = {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "TEXTUAL_ANIMATIONS": "none"}
        self.out = b""
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True, close_fds=True
        )
        os.close(slave)

    def pump(self, seconds: float) -> bool:
        """Read what comes within that time; whether anything did."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            return False
        self.out += data
        if b"\x1b[?2026$p" in data:
            os.write(self.master, b"\x1b[?2026;1$y")
        return bool(data)

    def until(self, pattern: str, patience: float = 30) -> float:
        """Seconds since the start at which `pattern` was on its way to the screen."""
        wanted = re.compile(pattern.encode())
        end = time.perf_counter() + patience
        while not wanted.search(self.out):
            if time.perf_counter() > end:
                raise TimeoutError(f"{pattern!r} was not painted within {patience:g} s")
            self.pump(0.05)
        return time.perf_counter() - self.started

    def settle(self, quiet: float) -> None:
        """Read until nothing comes for `quiet` seconds."""
        while self.pump(quiet):
            pass

    def press(self, keys: bytes, quiet: float = 0.06) -> tuple[float, float]:
        """Send keys; seconds until the first and the last octet painted for them."""
        sent = time.perf_counter()
        os.write(self.master, keys)
        first = last = 0.0
        while self.pump(quiet if first else 2):
            last = time.perf_counter() - sent
            first = first or last
        return first, last

    def peak_memory(self) -> int:
        """The most memory that the process ever had resident, in KiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            found = re.search(r"VmHWM:\s+(\d+)", status.read())
        return int(found[1]) if found else 0

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


@contextlib.contextmanager
def terminal(*command: str) -> Iterator[Terminal]:
    """A running program, ended on leaving."""
    run = Terminal(*command)
    try:
        yield run
    finally:
        run.close()
