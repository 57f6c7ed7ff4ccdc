"""A program in a pseudo-terminal of its own: keys go in, the octets that it paints come out and are judged.

The program leads a session whose controlling terminal the pseudo-terminal is, as under a shell: it can be suspended,
hears of a new size, and is hung up on when the terminal closes.
"""

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
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

TUI = Path(__file__).parents[2] / "tui"
PATIENCE = 120.0
"""Seconds after which something counts as never happening: a guard against hanging, not a measure of speed."""
LOOKS = 4
"""Looks, 20 ms one from the other, at which a program is found at rest before it counts as that."""
ESCAPE = "\x1b[27u"
"""The escape key as kitty's keyboard protocol sends it: unlike a lone ESC it cannot join with the key after it."""
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What may stand in no text that goes to a terminal. Tab and line feed lay out text."""
_SEQUENCE = re.compile(
    "\x1b(?:"
    r"\[(?P<csi>[<=>?]?[0-9;:]*\$?[@-~])"
    "|\\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\\\)"
    ")"
)
_CSI = re.compile(
    r"[0-9;:]*m"  # colours and styles
    r"|[0-9;]*H|[0-9]*[ABCDGJK]"  # moves and clears
    r"|\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]"  # modes
    r"|\?(?:2026|2048)\$p|>[0-9]+u|<u"  # questions, kitty's keyboard protocol
)
"""The control sequences that Textual and Rich have a use for (textual/drivers, textual/_compositor, rich/control)."""
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_POINTER = re.compile(r"22;[a-z-]+")
_CLIPBOARD = re.compile(r"52;c;([A-Za-z0-9+/=]*)")
_HYPERLINK = re.compile(r"8;(?:id=[0-9-]+)?;(?:https?://[\x21-\x7e]*)?")
RESTORED = {b"1049": False, b"25": True, b"1000": False, b"1003": False, b"1006": False, b"2004": False, b"1004": False}
"""The modes of a terminal that nobody uses: own screen, cursor shown, no mouse, no marked pastes, no focus reports."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment in which nothing of this machine's person is found, for a terminal of many colours."""
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "TEXTUAL_ANIMATIONS": "none",
        "PYTHONPATH": os.pathsep.join((str(TUI), str(TUI.parent / "tests"))),
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


def reglens(*arguments: str) -> list[str]:
    """The command line of reglens itself."""
    return [sys.executable, "-m", "reglens", *arguments]


class Terminal:
    """One run of a program. Use as a context manager: it is killed on leaving if it has not ended."""

    def __init__(self, argv: list[str], env: Mapping[str, str], columns: int = 120, rows: int = 40) -> None:
        self.master, self._slave = pty.openpty()
        self.resize(columns, rows, tell=False)
        self.before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            argv,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=dict(env),
            cwd=env["HOME"],
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self._sent = bytearray()
        self.columns, self.rows = columns, rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for number in (self.master, self._slave):
            with contextlib.suppress(OSError):
                os.close(number)

    # -- what it paints

    @property
    def sent(self) -> bytes:
        """All that it painted, from the beginning."""
        return bytes(self._sent)

    def read(self, patience: float) -> bool:
        """Take what it paints within that time; whether anything came."""
        if not select.select([self.master], [], [], patience)[0]:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:  # the other end is closed
            return False
        self._sent += data
        return bool(data)

    def until(self, pattern: bytes, *, since: int = 0) -> None:
        """Read until what was painted from octet `since` on matches `pattern`."""
        end = time.monotonic() + PATIENCE
        wanted = re.compile(pattern)
        while not wanted.search(self._sent, since):
            assert time.monotonic() < end, f"{pattern!r} was not painted:\n{self.screen()}"
            if not self.read(0.2) and self.process.poll() is not None:
                break
        assert wanted.search(self.sent, since), f"{pattern!r} was not painted: {self.sent[-2000:]!r}\n{self.screen()}"

    def settle(self, limit: float = PATIENCE) -> bool:
        """Read until it rests: it has taken all keys, none of its threads runs, and it paints nothing, at several looks
        in a row. Whether it does so within `limit` seconds; one that has ended rests."""
        end = time.monotonic() + limit
        quiet = 0
        while quiet < LOOKS:
            if time.monotonic() > end:
                return False
            quiet = 0 if self.read(0.02) or self._works() else quiet + 1
        return True

    def _works(self) -> bool:
        """Whether keys wait for it, or one of its threads runs or would if it could."""
        waiting = struct.unpack("i", fcntl.ioctl(self._slave, termios.FIONREAD, b"\0" * 4))[0]
        if waiting and self.process.poll() is None:
            return True
        for task in Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                if task.read_text().rpartition(")")[2].split()[0] in "RD":
                    return True
        return False

    def screen(self) -> str:
        """What stands on the screen now."""
        screen = pyte.Screen(self.columns, self.rows)
        stream = pyte.ByteStream(screen)
        stream.feed(re.sub(rb"\x1b\[[<>][0-9]*u|\x1b\[\?[0-9]+\$p", b"", self.sent))
        return "\n".join(screen.display)

    # -- what is done to it

    def press(self, keys: str | bytes) -> None:
        """Send keys; what it paints meanwhile is taken, so that neither waits for the other."""
        left = keys.encode() if isinstance(keys, str) else keys
        end = time.monotonic() + PATIENCE
        while left:
            assert time.monotonic() < end, "keys are not taken"
            readable, writable, _ = select.select([self.master], [self.master], [], 1)
            if readable:
                self.read(0)
            if writable:
                left = left[os.write(self.master, left[:1024]) :]

    def resize(self, columns: int, rows: int, *, tell: bool = True) -> None:
        """Give the terminal another size. The kernel tells the program, but only if the size is another one."""
        self.columns, self.rows = columns, rows
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            self.process.send_signal(signal.SIGWINCH)

    def hang_up(self) -> None:
        """Close the terminal under the program."""
        os.close(self._slave)
        os.close(self.master)

    def ended(self) -> int:
        """Wait for its end, reading all that it paints; the exit status, negative for a signal."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end: {self.sent[-3000:]!r}"
            self.read(0.05)
        while self.read(0):
            pass
        return self.process.returncode

    # -- judgements

    def restored(self) -> None:
        """The terminal is as it was before."""
        modes = {name: kind == b"h" for names, kind in _MODE.findall(self.sent) for name in names.split(b";")}
        wrong = {name: on for name, on in modes.items() if name in RESTORED and RESTORED[name] != on}
        assert not wrong, f"modes left behind: {wrong}; {self.sent[-2000:]!r}"
        assert self.sent.count(b"\x1b[>25u") <= self.sent.count(b"\x1b[<u"), "kitty's keyboard protocol is left on"
        assert termios.tcgetattr(self._slave) == self.before, "the line discipline is left changed"

    def memory(self) -> tuple[int, int]:
        """Its resident memory now and at its peak, in octets."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        now, peak = (re.search(rf"{name}:\s+(\d+)", status) for name in ("VmRSS", "VmHWM"))
        assert now
        assert peak
        return int(now[1]) << 10, int(peak[1]) << 10


def sequences(sent: bytes) -> Iterator[tuple[str, str, int]]:
    """What the octets consist of: ``("text" | "csi" | "osc", its characters, where it begins)``. Octets that are
    neither text nor a whole sequence come as text, ESC included."""
    text = sent.decode("utf-8", "strict")
    at = 0
    for found in _SEQUENCE.finditer(text):
        if found.start() > at:
            yield "text", text[at : found.start()], at
        kind = "csi" if found["csi"] is not None else "osc"
        yield kind, found[kind], found.start()
        at = found.end()
    if at < len(text):
        yield "text", text[at:], at


def foreign(sent: bytes) -> list[str]:
    """What in the octets is not the app's own: other control sequences than those on the list, and steering characters.
    An unfinished sequence at the end is let pass."""
    last = sent.rfind(b"\x1b")
    if last >= 0 and not _SEQUENCE.match(sent[last:].decode("utf-8", "replace")) and len(sent) - last < 64:
        sent = sent[:last]
    found = []
    for kind, value, at in sequences(sent):
        if kind == "csi":
            own = bool(_CSI.fullmatch(value))
        elif kind == "osc":
            own = any(known.fullmatch(value) for known in (_POINTER, _CLIPBOARD, _HYPERLINK))
        else:
            own = STEERING.search(value.replace("\r", "")) is None
        if not own:
            found.append(f"{kind} {value[-80:]!r} at {at}")
    return found


def copied(sent: bytes) -> list[str]:
    """What was put into the clipboard, as base64."""
    return [found[1] for kind, value, _ in sequences(sent) if kind == "osc" and (found := _CLIPBOARD.fullmatch(value))]
