"""Tables of contents of layers: they tell the same as the archive, files are read by their pieces, and whatever is odd
is refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reglens.errors import AnswerInvalid, TooLarge
from reglens.oci import toc as module
from reglens.oci.layer import LayerReader
from reglens.oci.toc import Toc, promised
from support.lazy_layers import LazyLayer, Member, as_tar, estargz, sealed_estargz, sealed_zstd, zstd, zstd_chunked

MEMBERS = (
    Member("etc/"),
    Member("etc/motd", b"hello\n"),
    Member("etc/empty"),
    Member("usr/bin/tool", bytes(range(256)) * 700, 0o755),
    Member("usr/zeros", b"\0" * 5000 + b"1" + b"\0" * 9000),
    Member("bin", link="usr/bin"),
    Member("var/.wh.cache"),
    Member("opt/.wh..wh..opq"),
    Member("/../odd", b"x"),
)
WRITERS = pytest.mark.parametrize("write", [estargz, zstd_chunked])


def table(layer: LazyLayer) -> Toc:
    """What is read of a layer's table, asking only for what `Promise` names."""
    promise = promised(layer.descriptor)
    assert promise is not None
    raw = layer.raw[promise.first.start : promise.first.stop]
    more = promise.more(raw)
    if more is not None:
        raw = layer.raw[more.start : more.stop] + raw
    return promise.read(raw)


def content(toc: Toc, layer: LazyLayer, path: str, keep: int) -> bytes:
    entry = next(e for e in toc.entries if e.path == path)
    span = toc.span(entry, keep)
    assert span is not None
    return toc.content(entry, layer.raw[span.start : span.stop], keep)


@WRITERS
def test_a_table_tells_what_the_archive_tells(write: Callable[..., LazyLayer]) -> None:
    layer = write(MEMBERS)
    reader = LayerReader()
    streamed = [*reader.feed(layer.raw)]
    reader.finish()
    streamed = [entry for entry in streamed if entry.path != "stargz.index.json"]
    assert list(table(layer).entries) == streamed
    plain = LayerReader()
    assert streamed == plain.feed(as_tar(MEMBERS))


@WRITERS
@pytest.mark.parametrize("chunk", [100, 4096, 1 << 20])
def test_files_are_read_by_their_pieces(write: Callable[..., LazyLayer], chunk: int) -> None:
    layer = write(MEMBERS, chunk=chunk)
    toc = table(layer)
    for member in MEMBERS:
        if member.content:
            path = "../odd" if "odd" in member.name else member.name
            assert content(toc, layer, path, 1 << 20) == member.content
            assert content(toc, layer, path, 3) == member.content[:3]
    entry = next(e for e in toc.entries if e.path == "usr/bin/tool")
    few, all_of_it = toc.span(entry, 10), toc.span(entry, 1 << 20)
    assert few is not None
    assert all_of_it is not None
    assert few.size < all_of_it.size or chunk > entry.size, "no more pieces are read than are shown"


@WRITERS
@given(
    contents=st.lists(st.binary(max_size=3000) | st.integers(0, 3000).map(bytes), max_size=6),
    chunk=st.integers(1, 900),
    keep=st.integers(1, 4000),
)
@settings(max_examples=40, deadline=None)
def test_any_files_in_any_pieces(write: Callable[..., LazyLayer], contents: list[bytes], chunk: int, keep: int) -> None:
    members = [Member(f"f{number}", raw) for number, raw in enumerate(contents)]
    layer = write(members, chunk=chunk)
    toc = table(layer)
    for entry, raw in zip(toc.entries, contents, strict=True):
        assert entry.size == len(raw)
        if raw:
            assert content(toc, layer, entry.path, keep) == raw[:keep]


def test_a_table_longer_than_the_tail_is_asked_for_in_two_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAIL", 200)
    layer = estargz(MEMBERS)
    promise = promised(layer.descriptor)
    assert promise is not None
    assert promise.first.size == 200
    assert promise.more(layer.raw[-200:]) is not None
    assert len(table(layer).entries) == len(MEMBERS)


def test_files_that_share_a_member_are_told_apart_by_their_inner_offset() -> None:
    """stargz-snapshotter, estargz/types.go, ``InnerOffset``: small files may share a gzip member."""
    names = {"one": b"first" * 30, "two": b"second" * 40}
    inside, entries = b"", []
    from reglens.oci.digest import Digest

    for name, raw in names.items():
        _, header = Member(name, raw).header()
        inside += header
        entries.append({"name": name, "type": "reg", "mode": 0o644, "size": len(raw), "offset": 9,
                        "innerOffset": len(inside), "chunkDigest": str(Digest.of(raw))})  # fmt: skip
        inside += raw + b"\0" * (-len(raw) % 512)
    layer = sealed_estargz(b"\0" * 9 + gzip.compress(inside), {"version": 1, "entries": entries})
    toc = table(layer)
    assert content(toc, layer, "one", 1000) == names["one"]
    assert content(toc, layer, "two", 1000) == names["two"]


@WRITERS
def test_a_table_with_another_digest_is_not_believed(write: Callable[..., LazyLayer]) -> None:
    layer = write(MEMBERS)
    key = next(key for key in layer.annotations if "digest" in key or "checksum" in key)
    with pytest.raises(AnswerInvalid, match="not the one that its manifest names"):
        table(replace(layer, annotations=layer.annotations | {key: f"sha256:{'0' * 64}"}))
    for broken in ("", "sha256:xyz", "md5:" + "0" * 32):
        assert promised(replace(layer, annotations=layer.annotations | {key: broken}).descriptor) is None
    without = {k: v for k, v in layer.annotations.items() if k != key}
    assert promised(replace(layer, annotations=without).descriptor) is None


@WRITERS
def test_a_piece_that_was_changed_is_not_shown(write: Callable[..., LazyLayer]) -> None:
    layer = write((Member("a", b"content" * 50),))
    toc = table(layer)
    span = toc.span(toc.entries[0], 1000)
    assert span is not None
    other = write((Member("a", b"CONTENT" * 50),))
    theirs = table(other).span(toc.entries[0], 1000)
    assert theirs is not None
    with pytest.raises(AnswerInvalid, match="not what the layer's table"):
        toc.content(toc.entries[0], other.raw[theirs.start : theirs.stop], 1000)
    with pytest.raises(AnswerInvalid):
        toc.content(toc.entries[0], layer.raw[span.start : span.start + 15], 1000)


@pytest.mark.parametrize("position", ["", "1:2:3", "1:2:3:2", "-1:2:3:1", "1:0:3:1", f"1:{1 << 40}:3:1", "9:9:9:1:1"])
def test_a_position_that_makes_no_sense_promises_nothing(position: str) -> None:
    layer = zstd_chunked(MEMBERS)
    notes = layer.annotations | {"io.github.containers.zstd-chunked.manifest-position": position}
    assert promised(replace(layer, annotations=notes).descriptor) is None


def test_a_layer_without_a_footer_is_told() -> None:
    layer = estargz(MEMBERS)
    for raw in (layer.raw[:-1], layer.raw[:-51] + b"\0" * 51, layer.raw.replace(b"STARGZ", b"STARGX")):
        with pytest.raises(AnswerInvalid, match="footer"):
            table(replace(layer, raw=raw))


@pytest.mark.parametrize("seal", [sealed_estargz, sealed_zstd])
@pytest.mark.parametrize(
    "document",
    [{}, {"version": 2, "entries": []}, {"version": 1, "entries": {}}, {"version": 1, "entries": [{"type": "chunk"}]}],
)
def test_tables_of_another_kind_are_refused(seal: Callable[..., LazyLayer], document: dict[str, object]) -> None:
    with pytest.raises(AnswerInvalid):
        table(seal(b"files", document))


def test_a_table_that_is_no_table_is_refused() -> None:
    with pytest.raises(AnswerInvalid, match="no table of contents where"):
        table(sealed_estargz(b"files", {"version": 1, "entries": []}, name="other.json"))


def test_a_table_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = zstd_chunked((Member("a", b"1"),))
    key = "io.github.containers.zstd-chunked.manifest-position"
    at, size, _, _ = layer.annotations[key].split(":")
    lies = replace(layer, annotations=layer.annotations | {key: f"{at}:{size}:5:1"})
    with pytest.raises(TooLarge):
        table(lies)
    monkeypatch.setattr(module, "MAX_PACKED", 100)
    with pytest.raises(TooLarge):
        table(estargz(MEMBERS))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "name", "size", "offset", "chunkOffset", "chunkSize", "digest", "chunkDigest"]
                ),
                inner | st.sampled_from(["reg", "chunk", "dir", f"sha256:{'0' * 64}"]),
                max_size=6,
            )
        ),
        max_leaves=20,
    )
)
@settings(max_examples=120, deadline=None)
def test_no_table_raises_anything_else(entries: object) -> None:
    layer = sealed_zstd(zstd.compress(b"x" * 100), json.loads(json.dumps({"version": 1, "entries": entries})))
    try:
        toc = table(layer)
    except AnswerInvalid:
        return
    for entry in toc.entries:
        span = toc.span(entry, 100)
        if span is not None:
            with pytest.raises(AnswerInvalid):
                toc.content(entry, layer.raw[span.start : span.stop], 100)
