"""What becomes of a run when its streams, its terminal or its person go away."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reglens.cli.output import Output, to_json, wants_colour
from reglens.demo.server import DemoRegistry

from .conftest import Run

REGLENS = [sys.executable, "-m", "reglens"]


def shell(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "R": f"{sys.executable} -m reglens", "HOME": str(home)}
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, env=env, check=False, cwd=home
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@pytest.mark.parametrize(
    "command", ["$R tags {0}/library/alpine", "$R explain --list", "$R manifest {0}/library/alpine", "$R --help"]
)
def test_a_reader_that_leaves_early_is_no_failure(home: Path, demo: DemoRegistry, command: str) -> None:
    ran = shell(
        f"set -o pipefail; {command.format(demo.registry)} 2>err | head -c 10 >/dev/null; echo $?; cat err", home
    )
    assert ran.stdout.splitlines()[0] == "0"
    assert "Broken" not in ran.stdout


@pytest.mark.parametrize("command", ["$R explain --list", "$R tags {0}/library/alpine", "$R credentials --json"])
@pytest.mark.parametrize(("where", "word"), [("/dev/full", "No space"), ("&-", "closed")])
def test_a_stdout_that_cannot_be_written_is_a_failure_in_one_line(
    home: Path, demo: DemoRegistry, command: str, where: str, word: str
) -> None:
    ran = shell(f"{command.format(demo.registry)} >{where}", home)
    assert ran.returncode == 1
    assert [line for line in ran.stderr.splitlines() if word in line]


def test_a_stdin_that_is_closed_is_wrong_usage(home: Path) -> None:
    for command in ("explain", "digest", "--username u --password-stdin digest alpine"):
        ran = shell(f"$R {command} <&-", home)
        assert (ran.returncode, ran.stderr.count("\n")) == (2, 1), ran.stderr


def test_a_stderr_that_is_gone_changes_nothing(home: Path, demo: DemoRegistry) -> None:
    ran = shell(f"$R digest {demo.registry}/library/alpine 2>&-", home)
    assert (ran.returncode, ran.stdout.startswith("sha256:")) == (0, True)


def test_no_utf_8_in_the_locale_is_no_failure(home: Path) -> None:
    ran = shell("printf 'HTTP/1.1 401 \\xff\\r\\n' | LC_ALL=C PYTHONIOENCODING=ascii PYTHONUTF8=0 $R explain", home)
    assert ran.returncode in (0, 1)
    assert ran.stdout


def test_an_interrupt_ends_a_command_with_130(home: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        process = subprocess.Popen(
            [*REGLENS, "digest", f"127.0.0.1:{port}/app"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        silent.settimeout(30)
        connection, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        connection.close()
    assert (process.returncode, out, err) == (130, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_served_demo_says_where_it_is_and_ends_when_interrupted(home: Path, number: signal.Signals) -> None:
    process = subprocess.Popen([*REGLENS, "demo", "--serve"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", first)
    ran = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"{first}/v2/"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "401"
    process.send_signal(number)
    rest = process.stdout.read()
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")
    assert "curl" in rest
    assert "skopeo" in rest


def test_a_port_that_is_taken_is_said(run: Run, demo: DemoRegistry) -> None:
    ran = run("demo", "--serve", "--port", demo.registry.rpartition(":")[2])
    assert (ran.code, ran.out, "cannot listen" in ran.err) == (1, "", True)


def in_terminal(command: list[str], env: dict[str, str]) -> str:
    """What `command` writes to a terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, env)  # in the child
    data = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        data += chunk
    os.close(terminal)
    os.waitpid(pid, 0)
    return data.decode()


@pytest.mark.parametrize(("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_only_where_it_is_wanted(
    home: Path, demo: DemoRegistry, environ: dict[str, str], coloured: bool
) -> None:
    env = {**os.environ, "TERM": "xterm-256color", **environ}
    shown = in_terminal([*REGLENS, "token", "--plain-http", f"{demo.registry}/library/alpine"], env)
    assert "registry.docker.io" in shown
    assert ("\x1b[" in shown) is coloured


def test_no_colour_in_a_pipe_whatever_the_environment_says(
    process: Run, demo: DemoRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"):
        monkeypatch.setenv(name, "1")
    ran = process("token", f"{demo.registry}/library/alpine")
    assert "\x1b" not in ran.out + ran.err


def test_on_a_terminal_a_manifest_cannot_steer_it(home: Path, demo: DemoRegistry) -> None:
    env = {**os.environ, "TERM": "xterm"}
    shown = in_terminal([*REGLENS, "manifest", "--plain-http", f"{demo.registry}/library/alpine"], env)
    assert json.loads(shown)["schemaVersion"] == 2


def test_json_is_safe_on_a_terminal_and_means_the_same() -> None:
    text = "\x1b]0;x\x07 \u202e \x9b \U000e0041 \udcff é 中 𝄞"
    written = to_json({"text": text})
    assert json.loads(written) == {"text": text}
    assert all(c.isprintable() or c == "\n" for c in written)
    assert "é 中 𝄞" in written


def test_json_has_only_what_json_has_however_deep() -> None:
    assert json.loads(to_json({"exp": float("inf"), "n": [float("nan"), 1.5]})) == {"exp": "inf", "n": ["nan", 1.5]}
    deep: object = 1
    for _ in range(3000):
        deep = [deep]
    assert to_json({"deep": deep}).startswith('{"deep": [[[')


def test_a_closed_file_is_no_terminal(tmp_path: Path) -> None:
    file = (tmp_path / "x").open("w")
    file.close()
    assert not wants_colour(file)
    Output(out=file, err=file).note("nobody hears this, and that is no failure")
