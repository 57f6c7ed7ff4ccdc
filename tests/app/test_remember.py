"""The file of recent and pinned repositories: whole or not at all, and never a crash."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reglens.app.remember import RECENT, Memory, Remembered


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "deep" / "places.json")
    memory.known = Remembered(("ghcr.io/a/b", "localhost:5000/x"), ("quay.io/c/d",), "reglens-light")
    assert memory.save() == ""
    again = Memory(memory.path)
    assert again.load() == ""
    assert again.known == memory.known
    assert os.listdir(tmp_path / "deep") == ["places.json"], "nothing is left beside it"


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "places.json")
    memory.save()
    assert memory.path is not None
    assert memory.path.stat().st_mode & 0o077 == 0


def test_no_file_is_no_trouble(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "places.json")
    assert memory.load() == ""
    assert memory.known == Remembered()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"schema": 99}', b"\xff\xfe", b"[" * 100_000, b" " * ((1 << 20) + 1)]
)
def test_a_damaged_file_is_set_aside_with_a_word(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "places.json"
    path.write_bytes(content)
    memory = Memory(path)
    assert "damaged" in memory.load()
    assert memory.known == Remembered()
    assert not path.exists()
    assert (tmp_path / "places.damaged").read_bytes() == content


def test_entries_that_are_no_names_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "places.json"
    names = ["ghcr.io/a/b", "ghcr.io/A", "../../etc/passwd", 7, "ghcr.io/a/b", "x\x1b]52;c;aGk=\x07/y"]
    path.write_text(json.dumps({"schema": 1, "recents": names, "pins": "none", "theme": 3}))
    memory = Memory(path)
    assert memory.load() == ""
    assert memory.known == Remembered(("ghcr.io/a/b",))


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "places.json")
    assert "cannot be kept" in memory.save()
    assert "cannot be read" in memory.load()


def test_without_a_path_nothing_is_kept() -> None:
    memory = Memory()
    assert memory.save() == memory.load() == ""


def test_recents_are_the_latest_first_and_bounded() -> None:
    known = Remembered()
    for number in range(RECENT + 5):
        known = known.visited(f"r.example/n{number}")
    known = known.visited("r.example/n10")
    assert known.recents[0] == "r.example/n10"
    assert len(known.recents) == len(set(known.recents)) == RECENT


def test_a_pin_is_toggled() -> None:
    known = Remembered().pin_toggled("r.example/a").pin_toggled("r.example/b")
    assert known.pins == ("r.example/a", "r.example/b")
    assert known.pin_toggled("r.example/a").pins == ("r.example/b",)


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "kept").touch()


def an_endless_file(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [a_pipe, a_folder, an_endless_file])
def test_what_is_no_file_is_set_aside_without_waiting(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "places.json"
    make(path)
    memory = Memory(path)
    assert "damaged" in memory.load()
    assert not os.path.lexists(path)
    assert os.path.lexists(tmp_path / "places.damaged")
    memory.known = Remembered(pins=("r.example/a",))
    assert memory.save() == ""
    assert Memory(path).load() == ""


def test_what_cannot_be_set_aside_is_told_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "places.json").write_text("{")
    a_folder(tmp_path / "places.damaged")
    assert "cannot be set aside" in Memory(tmp_path / "places.json").load()
    assert (tmp_path / "places.json").read_text() == "{"


def test_a_link_to_the_file_stays_one(tmp_path: Path) -> None:
    path, kept = tmp_path / "places.json", tmp_path / "elsewhere" / "kept.json"
    path.symlink_to(kept)
    memory = Memory(path)
    assert memory.load() == ""
    memory.known = memory.known.visited("r.example/a")
    assert memory.save() == ""
    assert path.is_symlink()
    assert json.loads(kept.read_text())["recents"] == ["r.example/a"]


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk_is_told_and_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "places.json"
    memory = Memory(path, Remembered(pins=tuple(f"r.example/{'a' * 50}{n}" for n in range(150))))
    assert memory.save() == ""
    before = path.read_bytes()
    memory.known = memory.known.pin_toggled("r.example/b")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    if call == "write":  # the kernel's own refusal, for any user on any file system
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    else:
        monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[call], full)
    try:
        assert "cannot be kept" in memory.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["places.json"], "nothing is left beside it"
    assert memory.save() == ""
    assert json.loads(path.read_text())["pins"][-1] == "r.example/b", "what could not be kept then is kept later"


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*arguments: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", forbidden)  # an administrator may write everywhere
    assert Memory(tmp_path / "places.json").save() == (
        "Recent and pinned repositories cannot be kept: Permission denied"
    )


def test_what_two_runs_change_is_kept_of_both(tmp_path: Path) -> None:
    path = tmp_path / "places.json"
    Memory(path, Remembered(("r.example/a", "r.example/b"), ("r.example/p", "r.example/q"), "light")).save()
    one, two = Memory(path), Memory(path)
    one.load()
    two.load()
    one.known = one.known.pin_toggled("r.example/one").pin_toggled("r.example/p").visited("r.example/b")
    two.known = two.known.pin_toggled("r.example/two").visited("r.example/c")
    assert one.save() == two.save() == ""
    both = Memory(path)
    both.load()
    assert both.known == Remembered(
        ("r.example/c", "r.example/b", "r.example/a"), ("r.example/q", "r.example/one", "r.example/two"), "light"
    )


RUN = """
import sys
from pathlib import Path
from reglens.app.remember import Memory
memory = Memory(Path(sys.argv[1]))
for number in range(25):
    assert memory.load() == "", "a file half written"
    memory.known = memory.known.pin_toggled(f"r.example/{sys.argv[2]}-{number}")
    assert memory.save() == ""
"""


def test_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "places.json"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "tui")}
    runs = [subprocess.Popen([sys.executable, "-c", RUN, str(path), str(number)], env=env) for number in range(3)]
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    memory = Memory(path)
    assert memory.load() == ""
    assert len(memory.known.pins) == 75
    assert os.listdir(tmp_path) == ["places.json"]


def test_threads_at_once_keep_the_latest(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "places.json")
    threads = []
    for number in range(20):
        memory.known = memory.known.visited(f"r.example/n{number}")
        threads.append(threading.Thread(target=memory.save))
        threads[-1].start()
    for thread in threads:
        thread.join()
    again = Memory(memory.path)
    assert again.load() == ""
    assert again.known == memory.known
