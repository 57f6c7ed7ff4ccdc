"""Nowhere to write: a full disk, a read-only one, a person without a home. A word, nothing lost, no crash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from textual.app import App

from reglens.app.remember import Memory, Remembered
from reglens.app.screens.export import Offer, take
from reglens.auth.credentials import Credential
from reglens.auth.sources.program import Surroundings
from reglens.auth.sources.system_keyring import SystemKeyring
from reglens.cli.journal import Journal
from reglens.cli.output import OutputFailed
from reglens.demo.server import DemoRegistry
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.reference import Reference
from reglens.registry.cache import Cache, Kept
from reglens.secret import Secret
from support.terminal import ESCAPE, Terminal, environment, reglens

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SIZE = 256 << 10


@dataclass
class Disk:
    """A file system of its own."""

    path: Path

    def fill(self, *, left: int = 0) -> None:
        """Leave that many octets free, and no more."""
        with (self.path / "ballast").open("ab", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                pass
            os.truncate(file.fileno(), max(0, os.fstat(file.fileno()).st_size - left))

    def free(self) -> None:
        (self.path / "ballast").unlink()

    def forbid(self) -> None:
        """Nobody may write there, an administrator neither."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.path)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A small file system in memory, where one may be mounted."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(path)]
    if mount is None or subprocess.run([mount, *options], capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"ballast"}


@pytest.mark.parametrize("left", [0, 4096])
def test_recents_pins_and_settings(disk: Disk, left: int) -> None:
    """They are as they were; what could not be kept is kept once there is room."""
    path = disk.path / "state" / "places.json"
    memory = Memory(path, Remembered(pins=tuple(f"r.example/{'a' * 100}{n}" for n in range(150))))
    assert memory.save() == ""
    before = path.read_bytes()
    disk.fill(left=left)
    memory.known = memory.known.pin_toggled("r.example/b").visited("r.example/c")
    assert memory.save() == "Recent and pinned repositories cannot be kept: No space left on device"
    assert path.read_bytes() == before
    assert files(disk.path) == {"state/places.json"}
    disk.free()
    assert memory.save() == ""
    again = Memory(path)
    assert again.load() == ""
    assert again.known.pins[-1] == "r.example/b"
    assert again.known.recents == ("r.example/c",)


def test_a_first_file_that_finds_no_room_leaves_nothing(disk: Disk) -> None:
    disk.fill()
    assert "No space left" in Memory(disk.path / "places.json", Remembered(pins=("r.example/a",))).save()
    assert files(disk.path) == set()


@pytest.mark.parametrize("left", [0, 4096, 40_960])
def test_the_cache(disk: Disk, left: int) -> None:
    """What is kept stays; what finds no room is left out, without a trace."""
    small, large = b"small", os.urandom(64 << 10)
    cache = Cache(disk.path / "cache")
    cache.put("place", Digest.of(small), Kept(small, "text/plain", "", NOW))
    disk.fill(left=left)
    cache.put("place", Digest.of(large), Kept(large, "text/plain", "", NOW))
    assert cache.get("place", Digest.of(large)) is None
    kept = cache.get("place", Digest.of(small))
    assert kept is not None
    assert kept.data == small
    assert not [name for name in files(disk.path) if "new-" in name]
    disk.free()
    later = Cache(disk.path / "cache")
    later.put("place", Digest.of(large), Kept(large, "text/plain", "", NOW))
    assert (kept := later.get("place", Digest.of(large))) is not None
    assert kept.data == large


@pytest.mark.parametrize("left", [0, 4096])
async def test_the_index_of_kept_logins(disk: Disk, left: int) -> None:
    """It names all that it named; the keyring is not told of a login that the index could not name."""
    path = disk.path / "keyring.json"
    keyring = SystemKeyring(path, Surroundings({}, 1))
    keyring._write(tuple(keyring_logins(60)))
    before = path.read_bytes()
    disk.fill(left=left)
    credential = Credential("typed", "user", password=Secret("s3cret-canary"))
    told = await keyring.keep("r.example", credential)
    assert told == f"{path}: No space left on device"
    assert path.read_bytes() == before
    assert files(disk.path) == {"keyring.json"}
    assert len(keyring.logins()) == 60


def keyring_logins(count: int) -> list[Any]:
    from reglens.auth.sources.system_keyring import Login

    return [Login(f"registry-{number}.{'x' * 100}.example", "user") for number in range(count)]


class Ear:
    """What an app is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def notify(self, text: str, **_more: object) -> None:
        self.said.append(text)


def test_an_export(disk: Disk) -> None:
    """A file that cannot be written whole is not there, so that the name can be used again."""
    ear = Ear()
    app = cast("App[Any]", ear)
    path = disk.path / "out.har"
    offer = Offer("the exchanges", "out.har", lambda: "x" * 100_000)
    disk.fill(left=8192)
    assert not take(app, offer, str(path))
    assert ear.said == [f"{path} cannot be written: No space left on device"]
    assert not path.exists()
    disk.free()
    assert take(app, offer, str(path))
    assert path.stat().st_size == 100_001


def test_an_export_to_nobodys_home() -> None:
    ear = Ear()
    assert not take(cast("App[Any]", ear), Offer("it", "it", lambda: "x"), "~nobody-of-that-name/x")
    assert "cannot be written" in ear.said[0]


def test_what_digest_found_before_the_disk_was_full(disk: Disk) -> None:
    """A line is written whole or not at all, so that the next run goes on with what the file holds."""
    name = str(disk.path / "found")
    found = Descriptor("application/vnd.oci.image.index.v1+json", Digest.of(b""), 7)
    references = [Reference("r.example", f"a/{number}-{'x' * 180}", "1") for number in range(200)]
    journal = Journal(name, "")
    disk.fill(left=8192)
    added = 0

    def add_all() -> None:
        nonlocal added
        for reference in references:
            journal.add(reference, found)
            added += 1

    with pytest.raises(OutputFailed, match="No space left"):
        add_all()
    journal.close()
    assert 5 < added < len(references)
    disk.free()
    again = Journal(name, "")
    assert [again.find(reference) for reference in references[: added + 1]] == [found] * added + [None]
    again.add(references[added], found)
    again.close()
    last = Journal(name, "")
    assert last.find(references[added]) == found
    last.close()


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoRegistry]:
    with DemoRegistry() as registry:
        yield registry


@pytest.mark.parametrize("how", ["full", "read-only"])
def test_the_app_and_the_commands_in_a_home_that_takes_nothing(demo: DemoRegistry, disk: Disk, how: str) -> None:
    env = environment(disk.path)
    if how == "full":
        disk.fill()
    else:
        disk.forbid()
    with Terminal(reglens(f"{demo.registry}/acme/shop:latest"), env, 100, 30) as terminal:
        terminal.until(b"amd64")
        terminal.press("1p")
        terminal.until(b"cannot be kept: " + {"full": b"No space", "read-only": b"Read-only"}[how])
        terminal.settle()
        terminal.press(f"{ESCAPE}{ESCAPE}q")
        assert terminal.ended() == 0
        terminal.restored()
        assert b"Traceback" not in terminal.sent
    for command in ("manifest", "digest", "tags"):
        place = f"{demo.registry}/acme/shop"
        ended = subprocess.run(reglens(command, place), env=env, cwd=disk.path, capture_output=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
        assert b"Traceback" not in ended.stderr
    resumed = subprocess.run(
        reglens("digest", "--resume", "found", f"{demo.registry}/acme/shop"),
        env=env, cwd=disk.path, capture_output=True, timeout=60,
    )  # fmt: skip
    assert resumed.returncode in (1, 2), resumed
    assert b"found cannot be" in resumed.stderr
    left = {path for path in disk.path.rglob("*") if path.is_file() and path.name not in ("ballast", "found")}
    assert all(path.name == "room" and path.stat().st_size == 0 for path in left), "nothing unfinished is left"


NOBODY = """
import os, pwd, sys
def unknown(*_):
    raise KeyError("uid not found")
pwd.getpwuid = unknown
os.environ.pop("HOME")
sys.argv[0] = "reglens"
from reglens.cli.main import entry
entry()
"""


@pytest.mark.parametrize("command", ["digest", "manifest", "tags", "token", "check", "credentials"])
def test_a_command_of_somebody_without_a_home(demo: DemoRegistry, tmp_path: Path, command: str) -> None:
    """As in a container whose user has a number and no name."""
    place = f"{demo.registry}/acme/shop"
    ended = subprocess.run(
        [sys.executable, "-c", NOBODY, command, place],
        env=environment(tmp_path), cwd=tmp_path, capture_output=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == (1 if command == "token" and b"open" in ended.stderr else 0), ended
    assert os.listdir(tmp_path) == [], "nothing is written into the folder that one happens to be in"


def test_the_app_of_somebody_without_a_home(demo: DemoRegistry, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", NOBODY, f"{demo.registry}/acme/shop:latest"]
    with Terminal(argv, environment(tmp_path), 100, 30) as terminal:
        terminal.until(b"amd64")
        terminal.press(f"1p{ESCAPE}{ESCAPE}q")
        assert terminal.ended() == 0
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "options",
    [["--resume"], ["--ca-file"], ["--registries-conf"], ["--unix-socket"], ["--client-cert"], ["--pull-secret"]],
)
def test_a_file_in_the_home_of_nobody(demo: DemoRegistry, tmp_path: Path, options: list[str]) -> None:
    ended = subprocess.run(
        reglens("digest", *options, "~nobody-of-that-name/x", demo.registry + "/acme/shop"),
        env=environment(tmp_path), cwd=tmp_path, capture_output=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2, ended
    assert ended.stderr.count(b"\n") == 1, ended.stderr
    assert b"defect" not in ended.stderr
