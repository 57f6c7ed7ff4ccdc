"""The cache on the disk: what is kept, for how long, and what becomes of it where disk or people interfere."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reglens.oci.digest import Digest
from reglens.registry import cache as module
from reglens.registry.cache import OBJECT_LIMIT, Cache, Kept, Seen, default_folder

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
PLACE = "registry.example.org/team/app"


def kept(data: bytes, media_type: str = "application/json") -> Kept:
    return Kept(data, media_type, "somebody", NOW)


def put(cache: Cache, data: bytes, place: str = PLACE) -> Digest:
    digest = Digest.of(data)
    cache.put(place, digest, kept(data))
    return digest


def files(folder: Path) -> list[Path]:
    """The files with content, finished or not."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "room")


def disk_use(folder: Path) -> int:
    """Octets in the blocks of all files, as the bound counts them."""
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "reglens"


@pytest.fixture
def cache(folder: Path) -> Cache:
    return Cache(folder)


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_what_was_put_comes_back_whole(cache: Cache, folder: Path, algorithm: str) -> None:
    data = bytes(range(256)) + b"\n\n" + bytes(1000)
    digest = Digest.of(data, algorithm)
    cache.put(PLACE, digest, kept(data, "text/plain; charset=utf-8"))
    assert cache.get(PLACE, digest) == Cache(folder).get(PLACE, digest) == kept(data, "text/plain; charset=utf-8")


def test_what_one_place_gave_is_not_there_for_another(cache: Cache) -> None:
    digest = put(cache, b"{}")
    assert cache.get(PLACE + "2", digest) is None
    assert cache.get(PLACE, digest) is not None


def test_only_what_can_be_checked_and_is_right_is_kept(cache: Cache, folder: Path) -> None:
    cache.put(PLACE, Digest.of(b"other"), kept(b"{}"))
    cache.put(PLACE, Digest("blake3", "abcdef"), kept(b"{}"))
    cache.put(PLACE, Digest.of(bytes(OBJECT_LIMIT + 1)), kept(bytes(OBJECT_LIMIT + 1)))
    assert files(folder) == []
    assert cache.get(PLACE, Digest("blake3", "abcdef")) is None


def test_the_largest_content_is_kept(cache: Cache) -> None:
    digest = put(cache, bytes(OBJECT_LIMIT))
    assert cache.get(PLACE, digest) is not None


def test_nobody_else_may_read_it(cache: Cache, folder: Path) -> None:
    before = os.umask(0)
    try:
        put(cache, b"{}")
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}
    (file,) = files(folder)
    assert {path.stat().st_mode & 0o777 for path in (file.parent, folder)} == {0o700}


def test_a_folder_that_was_open_to_others_is_closed(cache: Cache, folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    put(cache, b"{}")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_names_say_nothing_of_what_is_kept(cache: Cache, folder: Path) -> None:
    put(cache, b"{}")
    (file,) = files(folder)
    assert PLACE.encode() not in file.read_bytes()
    assert "team" not in str(file.relative_to(folder))


# -- damage


@pytest.mark.parametrize("at", ["head", "separator", "octets"])
def test_a_changed_octet_is_noticed_and_the_file_dropped(cache: Cache, folder: Path, at: str) -> None:
    digest = put(cache, b'{"schemaVersion":2}')
    (file,) = files(folder)
    raw = bytearray(file.read_bytes())
    place = {"head": 30, "separator": raw.index(b"\n"), "octets": len(raw) - 3}[at]
    raw[place] ^= 1
    file.write_bytes(raw)
    assert cache.get(PLACE, digest) is None
    assert files(folder) == []
    assert put(cache, b'{"schemaVersion":2}') == digest
    assert cache.get(PLACE, digest) is not None


def test_a_file_cut_off_anywhere_is_not_believed(cache: Cache, folder: Path) -> None:
    digest = put(cache, b'{"schemaVersion":2}')
    (file,) = files(folder)
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert cache.get(PLACE, digest) is None, length
        assert not file.exists()
    file.write_bytes(whole + b" ")
    assert cache.get(PLACE, digest) is None


def test_a_file_grown_beyond_all_bounds_is_not_read(cache: Cache, folder: Path) -> None:
    digest = put(cache, b"{}")
    (file,) = files(folder)
    with file.open("r+b") as opened:
        opened.truncate(1 << 40)
    assert cache.get(PLACE, digest) is None
    assert not file.exists()


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_plain_file_is_not_read(cache: Cache, folder: Path, tmp_path: Path, kind: str) -> None:
    digest = put(cache, b"{}")
    (file,) = files(folder)
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    if kind == "link":
        file.symlink_to(elsewhere)
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.mkdir()
    assert cache.get(PLACE, digest) is None
    assert put(cache, b"{}") == digest
    assert elsewhere.read_bytes().endswith(b"\n{}")


# -- folders that cannot be used


def test_a_folder_that_is_a_link_is_left_alone(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.parent.mkdir()
    folder.symlink_to(elsewhere)
    cache = Cache(folder)
    assert cache.get(PLACE, put(cache, b"{}")) is None
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("shelf", [False, True])
def test_a_file_where_a_folder_should_be_is_left_alone(folder: Path, shelf: bool) -> None:
    in_the_way = [folder / str(number) for number in range(4)] if shelf else [folder]
    in_the_way[0].parent.mkdir(parents=True)
    for path in in_the_way:
        path.write_text("mine")
    cache = Cache(folder)
    assert cache.get(PLACE, put(cache, b"{}")) is None
    assert all(path.read_text() == "mine" for path in in_the_way)


def test_a_folder_of_somebody_else_is_left_alone(cache: Cache, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True)
    somebody_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody_else)
    assert cache.get(PLACE, put(cache, b"{}")) is None
    assert list(folder.iterdir()) == []


def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "home" / ".cache" / "reglens")
    assert cache.get(PLACE, put(cache, b"{}")) is None
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cache = Cache(Path("reglens"))
    assert cache.get(PLACE, put(cache, b"{}")) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT])
def test_where_no_file_can_be_made_nothing_is_kept_nor_tried_again(
    cache: Cache, folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    known = put(cache, b"known")
    real, tried = os.open, []

    def failing(path: Any, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            tried.append(path)
            raise OSError(code, os.strerror(code))
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", failing)
    digest = put(cache, b"{}")
    put(cache, b"[]")
    assert cache.get(PLACE, digest) is None
    assert cache.get(PLACE, known) is not None, "what is there can still be read"
    assert len(tried) == 1


def test_a_disk_that_fills_up_leaves_nothing_half_written(tmp_path: Path) -> None:
    """RLIMIT_FSIZE makes a real write fail in the middle, as a full disk does."""
    script = """
import resource, signal, sys
from pathlib import Path
from datetime import datetime, UTC
from reglens.oci.digest import Digest
from reglens.registry.cache import Cache, Kept
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
cache = Cache(Path(sys.argv[1]) / "reglens")
small, large = b"small", bytes(1_000_000)
for data in (small, large):
    cache.put("a", Digest.of(data), Kept(data, "", "", datetime.now(UTC)))
assert cache.get("a", Digest.of(large)) is None
assert cache.get("a", Digest.of(small)).data == small
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=60)
    assert len(files(tmp_path)) == 1


# -- the bound


def test_the_bound_is_kept_and_the_longest_unused_goes_first(folder: Path) -> None:
    cache = Cache(folder, limit=2 << 20)
    contents = [b"%d" % number + bytes(9000) for number in range(400)]
    favourite = put(cache, contents[0])
    _touch(folder, favourite, 1)
    for age, data in enumerate(contents[1:], 1):
        digest = put(cache, data)
        _touch(folder, digest, 1_000_000 + age)
        assert cache.get(PLACE, favourite) is not None, "what is used stays"
        assert disk_use(folder) <= 2 << 20
    there = [cache.get(PLACE, Digest.of(data)) is not None for data in contents[1:]]
    assert there[-1]
    assert not any(there[:200])
    assert sum(there) >= 80


def _touch(folder: Path, digest: Digest, when: int) -> None:
    path = next(folder.rglob(module._name(PLACE, str(digest))))
    os.utime(path, (when, when))


def note_looks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The folders that were looked through."""
    looked: list[object] = []
    real = os.scandir

    def noting(path: str) -> Any:
        looked.append(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", noting)
    return looked


def test_small_files_count_as_much_as_the_disk_gives_them(folder: Path) -> None:
    cache = Cache(folder, limit=1 << 20)
    for number in range(600):
        put(cache, b"%d" % number)
    assert len(files(folder)) <= (1 << 20) // 4096


def test_short_runs_together_keep_the_bound_and_seldom_look(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = note_looks(monkeypatch)
    for number in range(600):
        put(Cache(folder, limit=1 << 20), b"%d" % number)
    assert len(looked) < 100
    assert disk_use(folder) <= 1 << 20


@pytest.mark.parametrize("nonsense", [b"", b"much", b"-5", b"\xff"])
def test_a_damaged_count_is_counted_anew(folder: Path, nonsense: bytes) -> None:
    for number in range(300):
        for count in folder.rglob("room"):
            count.write_bytes(nonsense)
        put(Cache(folder, limit=1 << 20), b"%d" % number)
    assert disk_use(folder) <= 1 << 20


def test_a_shelf_is_looked_through_now_and_then_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(folder)
    looked = note_looks(monkeypatch)
    for number in range(500):
        put(cache, b"%d" % number)
    assert len(looked) == 4, "once for each shelf"
    for number in range(500):
        cache.get(PLACE, Digest.of(b"%d" % number))
    assert len(looked) == 4


def test_what_a_killed_process_left_unfinished_goes_in_the_end(cache: Cache, folder: Path) -> None:
    for shelf in range(4):
        (folder / str(shelf)).mkdir(parents=True)
        for age, name in ((10_000, "new-old"), (0, "new-young")):
            left = folder / str(shelf) / name
            left.write_bytes(b"half")
            moment = left.stat().st_mtime - age
            os.utime(left, (moment, moment))
    for number in range(40):
        put(cache, b"%d" % number)
    names = [path.name for path in files(folder)]
    assert "new-old" not in names
    assert names.count("new-young") == 4


def test_many_processes_at_once_neither_fail_nor_see_halves(tmp_path: Path) -> None:
    """Six processes write and read the same contents, with a bound so small that they drop each other's files."""
    script = """
import random, sys
from datetime import datetime, UTC
from pathlib import Path
from reglens.oci.digest import Digest
from reglens.registry.cache import Cache, Kept
cache = Cache(Path(sys.argv[1]) / "reglens", limit=4 << 20)
contents = [bytes([n]) * (n * 1500 + 1) for n in range(1, 60)]
chance = random.Random(int(sys.argv[2]))
hits = 0
for _ in range(600):
    data = chance.choice(contents)
    found = cache.get("a", Digest.of(data))
    assert found is None or found.data == data
    hits += found is not None
    if found is None:
        cache.put("a", Digest.of(data), Kept(data, "m", "", datetime.now(UTC)))
assert cache._writes
print(hits)
"""
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(n)], stdout=subprocess.PIPE, text=True)
        for n in range(6)
    ]
    hits = [int(process.communicate(timeout=120)[0] or -1) for process in running]
    assert all(process.returncode == 0 for process in running)
    assert min(hits) > 0
    assert not [path for path in files(tmp_path) if path.name.startswith("new-")]
    assert disk_use(tmp_path) <= (4 << 20) + 5 * (4 << 20) // 8


# -- tags, and where it all is


def test_a_tag_is_remembered_by_place(cache: Cache, folder: Path) -> None:
    seen = Seen(Digest.of(b"{}"), "somebody", NOW)
    cache.put_tag(PLACE, "latest", seen)
    assert Cache(folder).get_tag(PLACE, "latest") == seen
    assert cache.get_tag(PLACE, "other") is None
    assert cache.get_tag(PLACE + "2", "latest") is None
    (file,) = files(folder)
    file.write_bytes(file.read_bytes().replace(b"sha256:4", b"sha256:5"))
    assert cache.get_tag(PLACE, "latest") is None


def test_it_lies_in_the_persons_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "reglens"
    put(Cache(), b"{}")
    assert len(files(tmp_path / "reglens")) == 1
