"""Files and variables of this machine made of anything: no command waits for one, dies of it, or writes beside it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.hostile import Hostile
from support.terminal import STEERING, Terminal, environment, reglens

FILES = (
    ".docker/config.json",
    ".config/containers/auth.json",
    ".config/containers/registries.conf",
    ".config/containers/registries.conf.d/x.conf",
    ".config/containers/certs.d/{host}/ca.crt",
    ".docker/certs.d/{host}/x.cert",
    ".config/docker/daemon.json",
    ".local/state/reglens/keyring.json",
    ".local/state/reglens/places.json",
)
MEMORY = 768 << 20


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def itself(path: Path) -> None:
    path.symlink_to(path)


def deep(path: Path) -> None:
    path.write_bytes(b"[" * 200_000)


def octets(path: Path) -> None:
    path.write_bytes(b"\x00\xff\x1b]52;c;UFdORUQ=\x07\x9b31m" * 1000)


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    with Hostile() as registry:
        yield registry


def run(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """A command that ends within its memory and time, with a word and no steering character."""
    ended = subprocess.run(
        reglens(*arguments), env=environment(home, **variables), cwd=home, capture_output=True, timeout=30,
        stdin=subprocess.DEVNULL, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )  # fmt: skip
    told = ended.stdout + ended.stderr
    assert ended.returncode in (0, 1, 2), ended
    assert b"Traceback" not in told
    assert b"defect" not in told, told
    assert STEERING.search(told.decode()) is None, told
    return ended


@pytest.mark.parametrize("make", [pipe, endless, folder, itself, deep, octets])
@pytest.mark.parametrize("name", FILES)
def test_a_file_of_any_kind(hostile: Hostile, tmp_path: Path, name: str, make: object) -> None:
    path = tmp_path / name.format(host=hostile.host)
    path.parent.mkdir(parents=True)
    assert callable(make)
    make(path)
    run(tmp_path, "digest", f"{hostile.host}/auth/token-plain:latest")
    run(tmp_path, "credentials", hostile.host)


def test_the_app_waits_for_no_pipe(hostile: Hostile, tmp_path: Path) -> None:
    for name in FILES:
        path = tmp_path / name.format(host=hostile.host)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)
    with Terminal(reglens(hostile.host), environment(tmp_path), 100, 30) as terminal:
        terminal.until(b"team/app")
        terminal.settle()
        terminal.press("q")
        assert terminal.ended() == 0


def test_a_pipe_that_somebody_writes_to_is_read(hostile: Hostile, tmp_path: Path) -> None:
    """As a shell's ``<(command)`` is."""
    login = '{\\"auths\\":{\\"$1\\":{\\"auth\\":\\"Ym9iOnB3\\"}}}'
    line = f'REGISTRY_AUTH_FILE=<(sleep 1; echo "{login}") {sys.executable} -m reglens credentials "$1"'
    ended = subprocess.run(
        ["bash", "-c", line, "-", hostile.host], env=environment(tmp_path), capture_output=True, timeout=30, check=False
    )
    assert ended.returncode == 0, ended
    assert b"bob" in ended.stdout


VARIABLES = (
    *(("COLUMNS", value) for value in ("1000000000", "-5", "0", "x")),
    *(
        ("HTTPS_PROXY", value)
        for value in ("http://a\x1b]0;x\x07:b@[::", "ftp://x", "\udcff", "http://u:p@127.0.0.1:1")
    ),
    ("HTTP_PROXY", "http://a\x1b]0;x\x07:b@[::"),
    ("NO_PROXY", "," * 50_000),
    ("SSL_CERT_FILE", "{home}/pipe"),
    ("SSL_CERT_FILE", "/dev/zero"),
    ("SSL_CERT_DIR", "{home}/pipe"),
    ("DOCKER_CONFIG", "{home}/pipe"),
    ("DOCKER_CONFIG", "a\x1bb"),
    ("REGISTRY_AUTH_FILE", "{home}/pipe"),
    ("REGISTRY_AUTH_FILE", "/dev/zero"),
    ("DOCKER_AUTH_CONFIG", "{{" * 20_000),
    ("CONTAINERS_REGISTRIES_CONF", "{home}/pipe"),
    *((name, "relative") for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME")),
    ("XDG_CONFIG_HOME", "re\nlative\x1b[2J"),
    ("HOME", ""),
    ("LC_ALL", "C"),
    ("PYTHONIOENCODING", "ascii"),
    ("TERM", "\x1b[2J"),
)


@pytest.mark.parametrize(("name", "value"), VARIABLES, ids=lambda text: text[:16].encode("unicode_escape").decode())
def test_a_variable_of_any_kind(hostile: Hostile, tmp_path: Path, name: str, value: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    variables = {name: value.format(home=tmp_path)}
    run(tmp_path, "digest", f"{hostile.host}/auth/token-plain:latest", **variables)
    run(tmp_path, "check", f"{hostile.host}/auth/token-plain:latest", **variables)
    assert set(os.listdir(tmp_path)) <= {"pipe", ".cache"}, (
        "nothing is written into the folder that one happens to be in"
    )
