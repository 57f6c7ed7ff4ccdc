"""Pictures of what lies deeper: referrers, an SBOM, a signature, a layer's files, a comparison; at a fixed time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from reglens.app.screens.artifact import ArtifactScreen
from reglens.app.screens.difference import DifferenceScreen
from reglens.app.screens.layer import LayerScreen
from reglens.app.screens.menu import Menu
from reglens.app.widgets.sheet import Sheet
from reglens.demo.content import attestations, layers
from reglens.demo.content.parts import Blob, archive
from reglens.oci import media
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from support.app_driver import browser, make_app, press, settle, started, wait_for
from support.fake_session import World

SnapCompare = Callable[..., bool]
SIZES = [(80, 24), (120, 40)]


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)


def world() -> World:
    """Two versions of an application of one layer, the first with referrers."""
    made = World()
    for version in ("1.0", "2.0"):
        raw = archive(layers.product("app", version, "x86_64"))
        config = json.dumps(
            {
                "os": "linux",
                "architecture": "amd64",
                "config": {"Env": [f"APP_VERSION={version}"], "Cmd": ["app"]},
                "history": [{"created_by": "COPY app /usr/local/bin/ # buildkit"}],
            }
        ).encode()
        document = {
            "schemaVersion": 2,
            "mediaType": media.OCI_MANIFEST,
            "config": _described(config, media.OCI_CONFIG),
            "layers": [_described(raw, "application/vnd.oci.image.layer.v1.tar")],
        }
        made.configs[str(Digest.of(config))] = config
        made.blobs[str(Digest.of(raw))] = raw
        manifest = json.dumps(document).encode()
        made.manifests[f"team/app:{version}"] = (manifest, media.OCI_MANIFEST)
        made.tags.setdefault("team/app", []).append(version)
    subject = Blob(made.manifests["team/app:1.0"][0], media.OCI_MANIFEST)
    manifests, blobs, listed = attestations.referrers("team/app", "1.0", subject)
    for digest, blob in manifests.items():
        made.manifests[f"team/app@{digest}"] = (blob.data, media.OCI_MANIFEST)
    made.blobs |= {digest: part.data for digest, part in blobs.items()}
    made.referrers[subject.digest] = tuple(
        Descriptor(
            media.OCI_MANIFEST,
            Digest.parse(str(entry["digest"])),
            int(str(entry["size"])),
            artifact_type=str(entry["artifactType"]),
        )
        for entry in listed
    )
    return made


def _described(raw: bytes, media_type: str) -> dict[str, object]:
    return {"mediaType": media_type, "digest": str(Digest.of(raw)), "size": len(raw)}


async def section(pilot: Pilot[None], name: str) -> Sheet:
    await started(pilot)
    await settle(pilot)
    pane = browser(pilot).manifest
    await wait_for(pilot, lambda: pane.manifest is not None)
    pane.show_section(name)
    await settle(pilot)
    browser(pilot).focus_pane("manifest")
    return pane.query_one(Sheet)


def opening(name: str, number: int, kind: type) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Opens an item of a section, and waits until its screen has all it wants."""

    async def run(pilot: Pilot[None]) -> None:
        sheet = await section(pilot, name)
        sheet.choose((name.removesuffix("s"), number))
        sheet.action_open()
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, kind))
        await settle(pilot)
        if kind is LayerScreen:
            await press(pilot, "plus")
        await settle(pilot)

    return run


async def referrers(pilot: Pilot[None]) -> None:
    await section(pilot, "referrers")
    await settle(pilot)


async def compared(pilot: Pilot[None]) -> None:
    await section(pilot, "overview")
    screen = browser(pilot)
    screen.focus_pane("tags")
    screen.action_mark()
    pilot.app.clear_notifications()
    screen.tags.rows.move_to(1)
    screen.action_compare()
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen))
    await settle(pilot)
    await asyncio.sleep(0)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_depth_referrers(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(world(), "reg.test/team/app:1.0"), terminal_size=size, run_before=referrers)


async def copying(pilot: Pilot[None]) -> None:
    await section(pilot, "overview")
    await press(pilot, "C")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Menu))
    await settle(pilot)


async def commanding(pilot: Pilot[None]) -> None:
    await section(pilot, "layers")
    await press(pilot, "dollar_sign")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Menu))
    await settle(pilot)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("what", [copying, commanding], ids=["copy", "command"])
def test_depth_menu(
    snap_compare: SnapCompare, what: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int]
) -> None:
    assert snap_compare(make_app(world(), "reg.test/team/app:1.0"), terminal_size=size, run_before=what)


@pytest.mark.parametrize("number", [1, 3, 4, 5], ids=["sbom", "signature", "bundle", "notary"])
def test_depth_opened(snap_compare: SnapCompare, number: int) -> None:
    app = make_app(world(), "reg.test/team/app:1.0")
    assert snap_compare(app, terminal_size=(100, 36), run_before=opening("referrers", number, ArtifactScreen))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_depth_layer(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    app = make_app(world(), "reg.test/team/app:1.0")
    assert snap_compare(app, terminal_size=size, run_before=opening("layers", 1, LayerScreen))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_depth_compared(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(world(), "reg.test/team/app:1.0"), terminal_size=size, run_before=compared)
