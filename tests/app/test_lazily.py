"""Layers with tables of contents, opened: little is read of them; where anything is odd they are read whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from reglens.app.screens.layer import FileScreen, LayerScreen
from reglens.app.widgets.pane import Notice
from reglens.app.widgets.sheet import Sheet
from reglens.errors import AnswerInvalid, DigestMismatch
from reglens.oci import media
from reglens.oci.digest import Digest
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import World
from support.lazy_layers import LazyLayer, Member, estargz, zstd_chunked

MEMBERS = (
    Member("etc/"),
    Member("etc/motd", b"hello from a piece\n"),
    Member("etc/empty"),
    Member("blob", bytes(range(256)) * 4000),
    Member("var/.wh.cache"),
)
WRITERS = pytest.mark.parametrize("write", [estargz, zstd_chunked])


def world_with(layer: LazyLayer) -> World:
    """A registry with one image of that layer."""
    world = World()
    config = b'{"os":"linux","architecture":"amd64"}'
    digest = str(layer.descriptor.digest)
    entry = {
        "mediaType": layer.media_type, "digest": digest, "size": len(layer.raw),
        "annotations": layer.annotations,
    }  # fmt: skip
    named = {"mediaType": media.OCI_CONFIG, "digest": str(Digest.of(config)), "size": len(config)}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media.OCI_MANIFEST, "config": named, "layers": [entry]})
    world.configs[str(Digest.of(config))] = config
    world.blobs[digest] = layer.raw
    world.manifests["app:1"] = (manifest.encode(), media.OCI_MANIFEST)
    world.tags["app"] = ["1"]
    return world


async def opened(pilot: Pilot[None]) -> LayerScreen:
    """The screen of the only layer, when it has come to rest."""
    screen = browser(pilot)
    await settle(pilot)
    await wait_for(pilot, lambda: screen.manifest.manifest is not None)
    screen.manifest.show_section("layers")
    await settle(pilot)
    sheet = screen.manifest.query_one(Sheet)
    sheet.choose(("layer", 1))
    sheet.action_open()
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, LayerScreen) and not pilot.app.screen.fetching)
    layer = pilot.app.screen
    assert isinstance(layer, LayerScreen)
    await press(pilot, "plus")
    return layer


def rows(screen: LayerScreen) -> list[str]:
    return ["".join(text for text, _ in screen.files._row(number, 120)) for number in screen.files.view]


async def file(pilot: Pilot[None], screen: LayerScreen, name: str) -> str:
    """What the screen of a file says."""
    screen.files.move_to(next(y for y, row in enumerate(rows(screen)) if row.endswith(name)))
    await press(pilot, "enter")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, FileScreen))
    await settle(pilot)
    sheet = pilot.app.screen.query_one(Sheet)
    text = "\n".join(sheet.line_at(y).plain for y in range(sheet.line_count))
    await press(pilot, "escape")
    return text


def subtitle(screen: LayerScreen) -> str:
    return str(screen.query_one("TreePane").border_subtitle)


@WRITERS
async def test_the_tree_comes_from_the_table_and_a_file_from_its_pieces(write: Callable[..., LazyLayer]) -> None:
    layer = write(MEMBERS)
    world = world_with(layer)
    async with running(make_app(world, "reg.test/app:1"), size=(160, 40)) as pilot:
        screen = await opened(pilot)
        assert any(row.endswith("motd") for row in rows(screen))
        assert any("✗ cache  removed" in row for row in rows(screen))
        form = "eStargz" if write is estargz else "zstd:chunked"
        assert f"{form} table, verified" in subtitle(screen)
        text = await file(pilot, screen, "motd")
        assert "hello from a piece" in text
        assert "by its pieces alone, each verified" in text
        assert "(empty)" in await file(pilot, screen, "empty")
        assert "not text; the first octets" in await file(pilot, screen, "blob")
        assert not [path for kind, path in world.asked if kind == "blob"], "the layer was never asked for as a whole"


async def test_a_registry_that_sends_no_parts_is_read_whole() -> None:
    world = world_with(estargz(MEMBERS))
    world.errors["part"] = AnswerInvalid("The registry sends no parts of blobs.")
    async with running(make_app(world, "reg.test/app:1"), size=(160, 40)) as pilot:
        screen = await opened(pilot)
        assert "whole, digest verified" in subtitle(screen)
        assert "read whole. The registry sends no parts of blobs." in str(screen.query_one(Notice).content)
        assert any(row.endswith("motd") for row in rows(screen))
        assert "hello from a piece" in await file(pilot, screen, "motd")


async def test_a_table_that_the_manifest_does_not_name_is_not_believed() -> None:
    layer = estargz(MEMBERS)
    key = "containerd.io/snapshot/stargz/toc.digest"
    other = estargz((Member("etc/forged", b"not there"),)).annotations[key]
    async with running(make_app(world_with(replace(layer, annotations={key: other})), "reg.test/app:1")) as pilot:
        screen = await opened(pilot)
        assert "not the one that its manifest names" in screen.word
        assert screen.state == "whole, digest verified"
        assert any(row.endswith("motd") for row in rows(screen))


async def test_a_changed_piece_is_not_shown_by_itself() -> None:
    layer = zstd_chunked(MEMBERS)
    world = world_with(layer)
    async with running(make_app(world, "reg.test/app:1")) as pilot:
        screen = await opened(pilot)
        (digest,) = world.blobs
        at = layer.raw.index(b"hello from")
        world.blobs[digest] = layer.raw[:at] + b"HELLO" + layer.raw[at + 5 :]
        world.errors["spoilt"] = DigestMismatch("The blob arrived with another digest.")
        text = await file(pilot, screen, "motd")
        assert "out of the whole layer: A piece of the file is not what" in text
        assert "The blob arrived with another digest" in text, "the whole was read to its end and checked"
        assert "HELLO" not in text
