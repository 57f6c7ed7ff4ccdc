"""What reaches the terminal: the app in a pseudo-terminal, before a registry that wants to steer it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.terminal import PATIENCE, Terminal, copied, environment, foreign

TESTS = Path(__file__).parent.parent
CLIPBOARD = "UFdORUQ="
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


def hostile_app(home: Path) -> Terminal:
    code = HOSTILE.format(tui=str(TESTS.parent / "tui"), tests=str(TESTS))
    return Terminal([sys.executable, "-c", code], environment(home), columns=200)


def test_no_foreign_control_sequence_reaches_the_terminal(tmp_path: Path) -> None:
    with hostile_app(tmp_path) as terminal:
        terminal.until(b"ready")
        for keys in ("/e", "\x1b", "2", "jjjj", "\r", "s", "s", "f", "c", "\x1b", "\x1b", "t", "?", "\x1b", "Y", "a"):
            terminal.press(keys)
            terminal.settle()
        terminal.press("\x11")
        terminal.until(b"ended 0")
        assert terminal.ended() == 0
    sent = terminal.sent
    assert foreign(sent) == []
    assert CLIPBOARD not in "".join(copied(sent))
    assert b"\x1b]8;" not in sent
    text = sent.decode()
    assert "clip␛]52;" in text, "the attack is shown for what it is"
    assert "[@click=app.quit]markup[/]" in text
    assert "\\u202e" in text


@pytest.mark.parametrize("keys", ["q", "\x11", "\x03"])
def test_the_terminal_is_left_as_it_was(keys: str, tmp_path: Path) -> None:
    with hostile_app(tmp_path) as terminal:
        terminal.until(b"ready")
        terminal.press(keys)
        terminal.until(b"ended 0 \r?\n")
        assert terminal.ended() == 0
        terminal.restored()


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
    with Terminal([sys.executable, "-c", code], environment(tmp_path)) as terminal:
        terminal.until(b"Exchanges")
        terminal.press("z")
        terminal.until(b"a defect ended the browser: LookupError")
        assert terminal.ended() == 1
        terminal.restored()
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
