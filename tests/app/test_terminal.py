"""What reaches the terminal: the app in a pseudo-terminal, before a registry that wants to steer it."""

from __future__ import annotations

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
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
PATIENCE = 30.0
HOSTILE = r"""
import sys
sys.path[:0] = [{tui!r}, {tests!r}]
from support.app_driver import make_app
from support.fake_session import Hit, World
evil = [
    "clip\x1b]52;c;UFdORUQ=\x07board",
    "title\x1b]0;PWNED\x1b\\",
    "link\x1b]8;;http://evil.example\x1b\\there\x1b]8;;\x1b\\",
    "c1\x9b31mred",
    "bidi\u202egnp.exe",
    "zero\u200bwidth",
    "bell\x07\rreturn\nline\ttab",
    "[@click=app.quit]markup[/]",
    "[red]colour[/nope]",
    "lone\ud800surrogate",
    "wide漢字" * 40,
]
world = World(catalog=[f"team/{{name}}" for name in evil], tags={{"library/evil": ["ready", *evil]}})
world.hits = [Hit(name, name, official=True) for name in evil]
app = make_app(world, "evil")
app.run()
print("ended", app.return_code, app.defect)
"""


class Terminal:
    """A program in a pseudo-terminal: its keys and the bytes that it sent."""

    def __init__(self, argv: list[str], columns: int = 200, rows: int = 40) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TEXTUAL_THEME")}
        environment.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8", TEXTUAL_ANIMATIONS="none")
        self.process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, close_fds=True
        )
        os.close(slave)
        self.sent = b""

    def until(self, pattern: bytes) -> None:
        """Read until the bytes sent so far match `pattern`."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.sent):
            assert time.monotonic() < end, self.sent[-2000:]
            if not self._read(0.2) and self.process.poll() is not None:
                break
        assert re.search(pattern, self.sent), self.sent[-2000:]

    def _read(self, patience: float) -> bool:
        if not select.select([self.master], [], [], patience)[0]:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:  # the other end is closed
            return False
        self.sent += data
        return bool(data)

    def drain(self) -> None:
        """Read until nothing comes for a moment."""
        while self._read(0.3):
            pass

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def close(self) -> int:
        """End the program if it has not ended; its exit status."""
        try:
            return self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGKILL)
                self.process.wait()
            os.close(self.master)


def hostile_app() -> Terminal:
    code = HOSTILE.format(tui=str(TESTS.parent / "tui"), tests=str(TESTS))
    return Terminal([sys.executable, "-c", code])


def test_no_foreign_control_sequence_reaches_the_terminal() -> None:
    terminal = hostile_app()
    try:
        terminal.until(b"ready")
        for keys in ("/e", "\x1b", "2", "jjjj", "\r", "s", "s", "f", "c", "\x1b", "\x1b", "t", "?", "\x1b", "Y", "a"):
            terminal.press(keys)
            terminal.drain()
        terminal.press("\x11")
        terminal.until(b"ended 0")
    finally:
        status = terminal.close()
    assert status == 0
    sent = terminal.sent
    written = b"".join(re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)", sent))
    assert b"UFdORUQ=" not in written
    assert b"\x1b]0;PWNED" not in sent
    assert b"\x1b]8;" not in sent
    text = sent.decode("utf-8", "replace")
    foreign = re.sub("\x1b\\](?:22;default|52;c;[A-Za-z0-9+/=]*)\x07", "", text)  # the app's own: pointer and clipboard
    for steering in "\x9b\u202e\u200b\ud800\x07":
        assert steering not in foreign
    assert "clip␛]52;" in text, "the attack is shown for what it is"
    assert "[@click=app.quit]markup[/]" in text
    assert "\\u202e" in text


@pytest.mark.parametrize("keys", ["q", "\x11"])
def test_the_terminal_is_left_as_it_was(keys: str) -> None:
    terminal = hostile_app()
    try:
        terminal.until(b"ready")
        terminal.press(keys)
        terminal.until(b"ended 0 \r?\n")
    finally:
        terminal.close()
    assert terminal.sent.rindex(b"\x1b[?1049l") > terminal.sent.index(b"\x1b[?1049h")
    assert terminal.sent.rindex(b"\x1b[?25h") > terminal.sent.rindex(b"\x1b[?25l")


SECRET = "a-token-that-nobody-may-see"
DEFECT = r"""
import sys
sys.path[:0] = [{tui!r}, {tests!r}]
from reglens.app import main
from reglens.app.browser import Browser
from reglens.auth.credentials import Anonymous
from reglens.registry.options import Options

def broken(self):
    token = {secret!r}
    raise LookupError("no \x1b]0;PWNED\x07 such thing")

Browser.action_zoom = broken
import platformdirs
platformdirs.user_state_path = lambda *a, **k: __import__("pathlib").Path({state!r})
sys.exit(main.run(None, options=Options(plain_http=True, timeout=0.01), credentials=Anonymous()))
"""


def test_a_defect_ends_with_a_sentence_and_no_secret(tmp_path: Path) -> None:
    code = DEFECT.format(tui=str(TESTS.parent / "tui"), tests=str(TESTS), secret=SECRET, state=str(tmp_path))
    terminal = Terminal([sys.executable, "-c", code])
    try:
        terminal.until(b"Exchanges")
        terminal.press("z")
        terminal.until(b"a defect ended the browser: LookupError")
    finally:
        status = terminal.close()
    assert status == 1
    assert SECRET.encode() not in terminal.sent
    assert b"Traceback" not in terminal.sent
    assert b"\x1b]0;PWNED" not in terminal.sent


def test_without_a_terminal_it_says_so() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(TESTS.parent / 'tui')!r})\n"
        "from reglens.app.main import run\n"
        "from reglens.auth.credentials import Anonymous\n"
        "from reglens.registry.options import Options\n"
        "sys.exit(run(None, options=Options(), credentials=Anonymous()))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "needs a terminal" in ended.stderr


@pytest.mark.parametrize("module", ["httpx", "cryptography", "jwt", "starlette", "uvicorn", "reglens.registry.session"])
def test_what_can_wait_is_not_imported_before_the_first_paint(module: str) -> None:
    code = f"import sys, reglens.app.app, reglens.app.opening, reglens.app.main; sys.exit({module!r} in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(TESTS.parent / "tui")}
    assert subprocess.run([sys.executable, "-c", code], env=environment, timeout=PATIENCE).returncode == 0
