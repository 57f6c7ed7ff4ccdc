"""Archives read as they stream by: every form that tar writes, whatever the pieces; hostile ones end in an error."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reglens.errors import AnswerInvalid, TooLarge
from reglens.oci import layer
from reglens.oci.layer import Entry, Kind, LayerReader, Whiteout, is_archive
from support.lazy_layers import zstd


def packed(*members: tuple[str, bytes | str], form: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive; a text instead of octets makes a symbolic link, a trailing slash a directory."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                tar.addfile(info)
            else:
                info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def read(raw: bytes, step: int = 1000) -> list[Entry]:
    reader = LayerReader()
    found: list[Entry] = []
    for start in range(0, len(raw), step):
        found += reader.feed(raw[start : start + step])
    reader.finish()
    return found


LONG = "a/" * 80 + "very-long-name-" * 9 + "ü"


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("step", [1, 7, 512, 1 << 20])
def test_every_form_gives_the_same_entries_in_any_pieces(form: int, step: int) -> None:
    raw = packed(("etc/", b""), ("etc/motd", b"hello"), (LONG, b"x" * 700), ("bin", "usr/" + "b" * 150), form=form)
    found = read(raw, step)
    assert [(e.path, e.kind, e.size) for e in found] == [
        ("etc", Kind.DIRECTORY, 0),
        ("etc/motd", Kind.FILE, 5),
        (LONG, Kind.FILE, 700),
        ("bin", Kind.SYMLINK, 0),
    ]
    assert found[3].link == "usr/" + "b" * 150
    assert found[1].permissions == "-rw-r--r--"


@given(
    st.lists(st.tuples(st.text("abc./ü", min_size=1, max_size=30), st.binary(max_size=2000)), max_size=6),
    st.integers(1, 3000),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whatever_python_packs_is_read_in_any_pieces(members: list[tuple[str, bytes]], step: int, gz: bool) -> None:
    members = [(name.strip("/") or "x", content) for name, content in members]
    raw = packed(*members)
    found = read(gzip.compress(raw, mtime=0) if gz else raw, step)
    assert [e.size for e in found] == [len(content) for _, content in members]
    for entry, (name, _) in zip(found, members, strict=True):
        assert entry.path == "/".join(p for p in name.split("/") if p not in ("", "."))
        assert bool(entry.odd) == (".." in name.split("/"))


@given(st.binary(max_size=3000), st.integers(1, 700))
@settings(max_examples=80, deadline=None)
def test_no_octets_raise_anything_else(raw: bytes, step: int) -> None:
    for begin in (b"", packed(("a", b"b"))[:1024], gzip.compress(b"x" * 600, mtime=0)[:-9], b"\x28\xb5\x2f\xfd"):
        try:
            read(begin + raw, step)
        except AnswerInvalid:
            continue


@given(st.integers(0, 511).filter(lambda at: not 148 <= at < 156), st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_a_changed_octet_of_a_header_never_goes_unnoticed(at: int, octet: int) -> None:
    raw = bytearray(packed(("etc/motd", b"hello")))
    if raw[at] == octet:
        return
    raw[at] = octet
    with pytest.raises(AnswerInvalid):
        read(bytes(raw))


def test_whiteouts_stand_for_what_they_remove() -> None:
    raw = packed(("etc/.wh.motd", b""), ("var/.wh..wh..opq", b""), (".wh.", b""))
    assert [(e.path, e.whiteout) for e in read(raw)] == [
        ("etc/motd", Whiteout.REMOVED),
        ("var", Whiteout.OPAQUE),
        (".wh.", Whiteout.NONE),
    ]


def test_paths_that_lead_elsewhere_are_told_and_followed_nowhere() -> None:
    found = read(packed(("/etc/passwd", b""), ("../../root/.ssh/id", b""), ("./ok", b"")))
    assert [(e.path, e.odd) for e in found] == [
        ("etc/passwd", "absolute path"),
        ("../../root/.ssh/id", "leads out of the layer"),
        ("ok", ""),
    ]


def test_members_of_gzip_follow_one_another() -> None:
    raw = packed(("a", b"1" * 600), ("b", b"2"))
    split = gzip.compress(raw[:700], mtime=0) + gzip.compress(raw[700:], mtime=0) + b"\0" * 20
    assert [e.path for e in read(split, 13)] == ["a", "b"]


def test_devices_and_links_have_no_content() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for kind in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE):
            info = tarfile.TarInfo("x")
            info.type, info.linkname = kind, "y"
            tar.addfile(info)
    kinds = [Kind.CHARACTER, Kind.DEVICE, Kind.PIPE, Kind.HARD_LINK]
    assert [e.kind for e in read(out.getvalue())] == kinds


def resized(raw: bytes, size: bytes) -> bytes:
    """The first header of `raw` with another size and the checksum that fits."""
    header = bytearray(raw[:512])
    header[124:136] = size.ljust(12, b"\0")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + raw[512:]


def test_a_size_that_lies_ends_in_an_error_and_takes_no_memory() -> None:
    raw = packed(("a", b"content"))
    with pytest.raises(AnswerInvalid, match="cut off within a"):
        read(resized(raw, b"77777777"))
    with pytest.raises(AnswerInvalid, match="impossible"):
        read(resized(raw, b"\xff" * 12))
    with pytest.raises(AnswerInvalid, match="impossible"):
        read(resized(raw, b"\x80" + b"\x7f" * 11))


def test_what_is_cut_off_is_told() -> None:
    raw = packed(("a", b"content"))
    with pytest.raises(AnswerInvalid, match="cut off"):
        read(raw[:515])
    with pytest.raises(AnswerInvalid, match="gzip stream of the layer is cut off"):
        read(gzip.compress(raw, mtime=0)[:-4])


def test_a_bomb_is_unpacked_in_small_pieces_and_ends_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "MAX_OCTETS", 4 << 20)
    bomb = gzip.compress(b"\0" * (8 << 20), mtime=0)
    with pytest.raises(TooLarge):
        read(bomb, len(bomb))


def test_entries_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "MAX_ENTRIES", 5)
    with pytest.raises(TooLarge):
        read(packed(*((f"f{n}", b"") for n in range(9))))


def test_long_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "MAX_EXTENSION", 100)
    with pytest.raises(TooLarge):
        read(packed((LONG, b"")))


def test_one_file_is_kept_as_far_as_it_is_wanted() -> None:
    raw = packed(("a", b"first"), ("b", b"second" * 100), ("c", b"third"))
    reader = LayerReader(want=1, keep=12)
    for start in range(0, len(raw), 100):
        reader.feed(raw[start : start + 100])
    assert reader.satisfied
    assert reader.content == b"secondsecond"
    reader.finish()


@pytest.mark.parametrize("begin", [b"\xfd7zXZ\0", b"BZh91AY"])
def test_other_packings_are_named(begin: bytes) -> None:
    with pytest.raises(AnswerInvalid, match=r"xz|bzip2"):
        read(begin + b"\0" * 100)


@pytest.mark.parametrize("step", [1, 13, 1 << 20])
def test_zstandard_is_read_in_any_pieces_whatever_its_frames(step: int) -> None:
    raw = packed(("a", b"content" * 900), ("b", b"2"))
    skippable = b"\x52\x2a\x4d\x18\3\0\0\0abc"
    assert [e.path for e in read(zstd.compress(raw), step)] == ["a", "b"]
    frames = skippable + zstd.compress(raw[:700]) + skippable + zstd.compress(raw[700:]) + skippable
    assert [(e.path, e.size) for e in read(frames, step)] == [("a", 6300), ("b", 1)]
    with pytest.raises(AnswerInvalid, match="cut off"):
        read(zstd.compress(raw)[:-5], step)


def test_a_bomb_in_zstandard_ends_at_the_bound_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "MAX_OCTETS", 4 << 20)
    with pytest.raises(TooLarge):
        read(zstd.compress(b"\0" * (64 << 20)), 1 << 20)


def test_a_window_over_the_bound_is_refused() -> None:
    window_of_256_mebibytes = b"\x28\xb5\x2f\xfd\0" + bytes([18 << 3]) + b"\x05\0\0a"
    with pytest.raises(AnswerInvalid, match="too much memory"):
        read(window_of_256_mebibytes)


@pytest.mark.parametrize(
    ("media_type", "archive"),
    [
        ("application/vnd.oci.image.layer.v1.tar+gzip", True),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", True),
        ("application/vnd.oci.image.layer.v1.tar", True),
        ("application/vnd.cncf.helm.chart.content.v1.tar+gzip", True),
        ("application/vnd.in-toto+json", False),
        ("text/markdown", False),
    ],
)
def test_archives_are_known_by_their_type(media_type: str, archive: bool) -> None:
    assert is_archive(media_type) is archive


def record(key: bytes, value: bytes) -> bytes:
    """One record of a pax header."""
    length = len(key) + len(value) + 3
    return b"%d %s=%s\n" % (length + len(str(length + len(str(length)))), key, value)


def header(kind: bytes, size: int, name: str = "x") -> bytes:
    made = tarfile.TarInfo(name)
    made.type, made.size = kind, size
    return made.tobuf(tarfile.USTAR_FORMAT)


def test_of_pax_headers_only_what_is_made_use_of_is_held() -> None:
    """A global one holds for all that follows: a hundred of them, each of names of its own, are let go all the same."""
    reader = LayerReader()
    for number in range(40):
        body = b"".join(record(b"vendor.%d.%d" % (number, n), b"v" * 1000) for n in range(900))
        reader.feed(header(b"g", len(body)) + body + b"\0" * (-len(body) % 512))
    tracemalloc.start()
    try:
        for number in range(40):
            body = b"".join(record(b"more.%d.%d" % (number, n), b"v" * 1000) for n in range(900))
            reader.feed(header(b"g", len(body)) + body + b"\0" * (-len(body) % 512))
        body = record(b"path", b"named") + record(b"mtime", b"7")
        [entry] = reader.feed(header(b"g", len(body)) + body + b"\0" * (-len(body) % 512) + header(b"0", 0))
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert entry.path == "named"
    assert held < 4 << 20


def test_a_pax_header_of_many_small_records_takes_a_moment() -> None:
    body = record(b"a", b"") * 100_000
    began = time.monotonic()
    LayerReader().feed(header(b"x", len(body)) + body + b"\0" * (-len(body) % 512))
    assert time.monotonic() - began < 5
