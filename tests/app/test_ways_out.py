"""Every way out of the browser, and out and in again: what is left of the terminal, what the process tells."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.hostile import Hostile
from support.terminal import ESCAPE, PATIENCE, Terminal, environment, foreign, reglens


@pytest.fixture
def registry() -> Iterator[Hostile]:
    """A registry; of what it knows only the innocent is asked."""
    with Hostile() as registry:
        yield registry


@pytest.fixture
def app(registry: Hostile, tmp_path: Path) -> Iterator[Terminal]:
    """The browser, with the registry's list of repositories before it."""
    with Terminal(reglens(registry.host), environment(tmp_path)) as terminal:
        terminal.until(b"team/app")
        yield terminal


def state(terminal: Terminal) -> str:
    """The process's state, as ``ps`` calls it: ``T`` is stopped."""
    return Path(f"/proc/{terminal.process.pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP), (signal.SIGINT, 130)],
)
def test_a_signal_ends_it_and_the_terminal_is_given_back(app: Terminal, number: int, status: int) -> None:
    app.process.send_signal(number)
    assert app.ended() == status
    app.restored()
    assert b"Traceback" not in app.sent


@pytest.mark.parametrize("ignored", [False, True])
def test_it_ends_with_its_terminal(registry: Hostile, tmp_path: Path, ignored: bool) -> None:
    """Also where the hang-up signal is ignored, as under nohup: then it reads and writes until it is told."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN) if ignored else signal.getsignal(signal.SIGHUP)
    try:
        terminal = Terminal(reglens(registry.host), environment(tmp_path))
    finally:
        signal.signal(signal.SIGHUP, before)
    with terminal:
        terminal.until(b"team/app")
        terminal.hang_up()
        assert terminal.process.wait(PATIENCE) == (1 if ignored else -signal.SIGHUP)


def test_a_terminal_that_takes_nothing_more_does_not_keep_it(app: Terminal) -> None:
    """What it paints fills the terminal's buffer and then its own queue, so that its event loop waits."""
    for number in range(200):
        app.resize(100 + number % 50, 30 + number % 20)
        time.sleep(0.005)
    app.process.send_signal(signal.SIGTERM)
    assert app.process.wait(PATIENCE) == -signal.SIGTERM


def test_who_asks_twice_is_heard_at_once(app: Terminal) -> None:
    app.process.send_signal(signal.SIGSTOP)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
        app.process.send_signal(number)
    assert app.ended() in (130, -signal.SIGTERM, -signal.SIGINT)


@pytest.mark.parametrize("keys", ["", "/\x1a"], ids=["signal", "key"])
def test_it_can_be_suspended_and_comes_back(app: Terminal, keys: str) -> None:
    """By the key, also in a field; and by the signal, if somebody else sends it."""
    if keys:
        app.press(keys)
    else:
        app.process.send_signal(signal.SIGTSTP)
    end = time.monotonic() + PATIENCE
    while state(app) != "T":
        assert time.monotonic() < end
        app.read(0.05)
    app.settle()
    app.restored()
    suspended = len(app.sent)
    app.process.send_signal(signal.SIGCONT)
    app.until(b"team/app", since=suspended)
    app.press(f"{ESCAPE}?")
    app.until(b"Everywhere", since=suspended)
    app.press(f"{ESCAPE}q")
    assert app.ended() == 0
    app.restored()
    assert foreign(app.sent) == []


@pytest.mark.parametrize(
    "more", [{"NO_COLOR": "1", "COLUMNS": "0"}, {"TERM": "dumb", "LANG": "C", "LC_ALL": "C"}], ids=str
)
def test_odd_surroundings(registry: Hostile, tmp_path: Path, more: dict[str, str]) -> None:
    env = environment(tmp_path) | more
    env.pop("COLORTERM")
    with Terminal(reglens(f"{registry.host}/text/image:latest"), env) as terminal:
        terminal.until(b"Exchanges")
        terminal.settle()
        terminal.press("3lll4llq")
        assert terminal.ended() == 0
        terminal.restored()
        assert foreign(terminal.sent) == []
        if "NO_COLOR" in more:
            assert b"38;2;172;219;182" not in terminal.sent, "no hue is painted"


@pytest.mark.parametrize("arguments", [("tags", "--json"), ("tags",), ("search", "--registry")])
def test_a_reader_that_has_enough_is_no_failure(registry: Hostile, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    command = reglens(*arguments, f"{registry.host}/json/many-entries" if "tags" in arguments else registry.host)
    registry.everywhere = "json/many-entries"
    if "search" in arguments:
        command.append("a")
    process = subprocess.Popen(command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.read(1)
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(PATIENCE) == 0, said
    assert b"ipe" not in said
    assert b"Traceback" not in said
