"""The file of recent and pinned repositories: whole or not at all, and never a crash."""

from __future__ import annotations

import json
import os
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
