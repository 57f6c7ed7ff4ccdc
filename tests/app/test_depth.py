"""Looking deeper, on the demo registry: referrers and what they say, the files of layers, two things compared."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from reglens.app.app import ReglensApp
from reglens.app.main import utcnow
from reglens.app.ports import RegistrySession
from reglens.app.remember import Memory
from reglens.app.screens import artifact
from reglens.app.screens.artifact import ArtifactScreen
from reglens.app.screens.difference import DifferenceScreen
from reglens.app.screens.layer import FileScreen, LayerScreen
from reglens.app.widgets.pane import Notice
from reglens.app.widgets.sheet import Sheet
from reglens.auth.credentials import Anonymous
from reglens.demo.content.parts import File, archive
from reglens.demo.server import DemoRegistry
from reglens.oci import media
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.reference import Place
from reglens.registry.options import Options
from reglens.registry.session import Session
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import World


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoRegistry]:
    with DemoRegistry() as running_demo:
        yield running_demo


def app_on(demo: DemoRegistry, place: str) -> ReglensApp:
    def make(registry: str) -> RegistrySession:
        options = Options(search_url=demo.search_url if registry == demo.registry else "", timeout=10)
        return Session(registry, options=options, credentials=Anonymous())

    app = ReglensApp(Place.parse(f"{demo.registry}/{place}"), make=make, clock=utcnow, memory=Memory(), demo=demo)
    app.animation_level = "none"
    return app


def demo_archive(files: tuple[tuple[str, bytes], ...]) -> bytes:
    return archive(File(name, content) for name, content in files)


def world_with(raw: bytes, gate: asyncio.Event | None = None) -> World:
    """A registry with one image of one layer; `gate` holds the layer back after its first two thousand octets."""
    world = World()
    config = b'{"os":"linux","architecture":"amd64"}'
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": str(Digest.of(raw)), "size": len(raw)}
    named = {"mediaType": media.OCI_CONFIG, "digest": str(Digest.of(config)), "size": len(config)}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media.OCI_MANIFEST, "config": named, "layers": [layer]})
    world.configs[str(Digest.of(config))] = config
    world.blobs[str(Digest.of(raw))] = raw
    world.manifests["app:1"] = (manifest.encode(), media.OCI_MANIFEST)
    world.tags["app"] = ["1"]
    if gate is not None:
        world.gates["more blob"] = gate
    return world


async def shown(pilot: Pilot[None], name: str) -> None:
    """Show a section of the manifest pane once the manifest is there."""
    screen = browser(pilot)
    await settle(pilot)
    await wait_for(pilot, lambda: screen.manifest.manifest is not None)
    screen.manifest.show_section(name)
    await settle(pilot)


def text_of(sheet: Sheet) -> str:
    return "\n".join(sheet.line_at(y).plain for y in range(sheet.line_count))


async def opened(pilot: Pilot[None], words: str) -> str:
    """Open the referrer whose row holds `words`; what its screen says."""
    screen = browser(pilot)
    sheet = screen.manifest.query_one(Sheet)
    row = next(y for y in range(sheet.line_count) if words in sheet.line_at(y).plain)
    sheet.choose(sheet.lines[row].key)
    sheet.action_open()
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, ArtifactScreen))
    await settle(pilot)
    return text_of(pilot.app.screen.query_one(Sheet))


async def test_the_referrers_of_an_index_are_listed_by_whatever_tells_of_them(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "acme/shop:latest")) as pilot:
        await shown(pilot, "referrers")
        text = text_of(browser(pilot).manifest.query_one(Sheet))
        assert "SBOM (SPDX)" in text
        assert "SBOM (CycloneDX)" in text
        assert "cosign signature" in text
        assert "by its subject" in text
        assert "by its tag sha256-" in text
        assert "BuildKit attestation" in text
        assert "for linux/amd64" in text


async def test_that_nothing_refers_to_an_image_is_no_error_among_the_exchanges(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "library/alpine:latest")) as pilot:
        await shown(pilot, "referrers")
        sheet = browser(pilot).auth.query_one("#auth-exchanges", Sheet)
        await wait_for(pilot, lambda: text_of(sheet).count("– 404  none") == 3)
        assert "✗" not in text_of(sheet), "cosign's three tags are not there, as may be"


async def test_an_sbom_is_a_tree_of_packages(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "acme/shop:latest")) as pilot:
        await shown(pilot, "referrers")
        text = await opened(pilot, "SBOM (SPDX)")
        assert "SPDX 2.3" in text
        row = next(line for line in text.splitlines() if "libssl3" in line)
        assert "3.5.4-r0" in row
        assert "Apache-2.0" in row
        names = [line.split("  ")[0].rstrip() for line in text[text.index("Packages") :].splitlines()[1:]]
        assert names == ["shop", "├ busybox", "│ └ musl", "└ libssl3"], "who depends on whom"
        await press(pilot, "J")
        assert '"spdxVersion": "SPDX-2.3"' in text_of(pilot.app.screen.query_one(Sheet))
        await press(pilot, "escape")
        text = await opened(pilot, "SBOM (CycloneDX)")
        assert "CycloneDX 1.5" in text
        assert "GPL-2.0-only" in text


async def test_a_cosign_signature_is_told_with_its_certificates_identity(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "acme/shop:latest")) as pilot:
        await shown(pilot, "referrers")
        text = await opened(pilot, "cosign signature")
        assert "https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main" in text
        assert "https://token.actions.githubusercontent.com" in text
        assert "✓ made over this payload by the certificate's key" in text
        assert '"docker-manifest-digest": "sha256:' in text


async def test_sigstore_bundles_and_notary_signatures_are_shown_as_what_they_are(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "acme/shop:latest")) as pilot:
        await shown(pilot, "referrers")
        text = await opened(pilot, "Sigstore bundle")
        assert "sigstore bundle v0.3" in text
        assert "✓ made over this envelope by the certificate's key" in text
        assert "release.yml@refs/heads/main" in text
        assert "entry 4711 of the transparency log" in text
        assert "https://sigstore.dev/cosign/sign/v1" in text
        await press(pilot, "escape")
        text = await opened(pilot, "Notary signature")
        assert "JWS with ES256" in text
        assert "✓ made over this payload by the certificate's key" in text
        assert "CN=release.acme.example.com" in text
        assert "CN=Acme signing authority" in text, "the chain is named"
        assert "notation-go/1.3.0" in text


async def test_an_attestation_tells_builder_materials_and_parameters(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "acme/shop:latest")) as pilot:
        await shown(pilot, "referrers")
        text = await opened(pilot, "BuildKit attestation")
        assert "https://example.com/actions/runs/4711" in text
        assert "https://example.com/acme/shop.git" in text
        assert "args.build-arg:VERSION" in text
        assert "musl" in text, "its SBOM stands there too"


async def layer_of(pilot: Pilot[None], number: int) -> LayerScreen:
    """Open a layer of the image shown."""
    await shown(pilot, "layers")
    sheet = browser(pilot).manifest.query_one(Sheet)
    sheet.choose(("layer", number))
    sheet.action_open()
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, LayerScreen))
    screen = pilot.app.screen
    assert isinstance(screen, LayerScreen)
    return screen


def rows(screen: LayerScreen) -> list[str]:
    return ["".join(text for text, _ in screen.files._row(number, 120)) for number in screen.files.view]


async def test_the_files_of_a_layer_are_a_tree_with_sizes_modes_and_whiteouts(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "acme/legacy:latest")) as pilot:
        screen = await layer_of(pilot, 1)
        await settle(pilot)
        assert screen.state == "whole, digest verified"
        assert any("▸ etc/" in row for row in rows(screen))
        assert any("lrwxrwxrwx" in row and "bin → usr/bin" in row for row in rows(screen))
        assert not any("motd" in row for row in rows(screen)), "directories are folded at first"
        await press(pilot, "plus")
        row = next(row for row in rows(screen) if row.endswith("motd"))
        assert row.startswith("-rw-r--r--")
        await press(pilot, "escape")
        screen = await layer_of(pilot, 3)
        await settle(pilot)
        await press(pilot, "plus")
        assert any("✗ motd  removed from the layers below" in row for row in rows(screen))


async def test_a_files_text_is_read_out_of_the_layer(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "acme/legacy:latest")) as pilot:
        screen = await layer_of(pilot, 1)
        await settle(pilot)
        await press(pilot, "plus")
        at = next(y for y, row in enumerate(rows(screen)) if row.endswith("passwd"))
        screen.files.move_to(at)
        await press(pilot, "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, FileScreen))
        await settle(pilot)
        text = text_of(pilot.app.screen.query_one(Sheet))
        assert "root:x:0:0:root:/root:/bin/sh" in text
        assert "/etc/passwd" in text
        await press(pilot, "escape")
        at = next(y for y, row in enumerate(rows(screen)) if "libc" in row or row.endswith("bash"))
        screen.files.move_to(at)
        await press(pilot, "enter")
        await settle(pilot)
        assert "not text; the first octets:" in text_of(pilot.app.screen.query_one(Sheet))


async def test_a_layer_in_zstandard_is_read(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "library/fedora:latest")) as pilot:
        await settle(pilot)
        await press(pilot, "enter")
        screen = await layer_of(pilot, 1)
        await settle(pilot)
        assert screen.state == "whole, digest verified"
        assert any("▸ etc/" in row for row in rows(screen))


async def test_reading_a_layer_can_be_stopped_and_keeps_what_came() -> None:
    gate = asyncio.Event()
    raw = demo_archive((("first/", b""), ("second", b"2" * 3000)))
    async with running(make_app(world_with(raw, gate), "reg.test/app:1")) as pilot:
        screen = await layer_of(pilot, 1)
        await wait_for(pilot, lambda: len(rows(screen)) == 2)
        assert screen.fetching
        await press(pilot, "escape")
        await wait_for(pilot, lambda: not screen.fetching)
        assert pilot.app.screen is screen
        assert screen.state == "stopped: the list is not whole"
        assert len(rows(screen)) == 2
        await press(pilot, "escape")
        await wait_for(pilot, lambda: pilot.app.screen is browser(pilot))


async def test_names_in_a_layer_cannot_steer_the_terminal() -> None:
    raw = demo_archive((("[red]evil\x1b[31m\u202e", b"\x1b]0;title\x07"),))
    async with running(make_app(world_with(raw), "reg.test/app:1")) as pilot:
        screen = await layer_of(pilot, 1)
        await settle(pilot)
        assert any("[red]evil␛[31m\\u202e" in row for row in rows(screen))
        await press(pilot, "enter")
        await settle(pilot)
        text = text_of(pilot.app.screen.query_one(Sheet))
        assert "␛]0;title␇" in text
        assert "\x1b" not in text


async def test_a_layer_of_other_octets_than_its_digest_says_is_told() -> None:
    world = world_with(demo_archive((("a", b"1"),)))
    (digest,) = world.blobs
    world.blobs[digest] = world.blobs[digest][:700]
    async with running(make_app(world, "reg.test/app:1")) as pilot:
        screen = await layer_of(pilot, 1)
        await settle(pilot)
        assert "failed" in screen.state
        assert "cut off" in str(screen.query_one(Notice).content)


async def test_two_tags_are_compared(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "acme/shop")) as pilot:
        screen = browser(pilot)
        await settle(pilot)
        await wait_for(pilot, lambda: len(screen.tags.tags) > 1)
        screen.focus_pane("tags")
        await press(pilot, "equals_sign")
        assert pilot.app.screen is screen, "nothing is marked yet"
        first, other = (screen.tags.tags.index(t) for t in _two_versions(screen.tags.tags))
        screen.tags.rows.move_to(first)
        await press(pilot, "space")
        assert len(screen.marks) == 1
        screen.tags.rows.move_to(other)
        await press(pilot, "equals_sign")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen))
        await settle(pilot)
        text = text_of(pilot.app.screen.query_one(Sheet))
        assert "SHOP_VERSION" in text
        assert "Layers" in text
        await press(pilot, "plus")
        assert len(text_of(pilot.app.screen.query_one(Sheet))) > len(text)


def _two_versions(tags: list[str]) -> tuple[str, str]:
    versions = [tag for tag in tags if tag.count(".") == 2 and tag.replace(".", "").isdigit()]
    return versions[0], versions[-1]


async def test_two_platforms_are_compared(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "acme/shop:latest")) as pilot:
        screen = browser(pilot)
        await shown(pilot, "platforms")
        screen.focus_pane("manifest")
        await press(pilot, "space", "j", "equals_sign")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen))
        await settle(pilot)
        text = text_of(pilot.app.screen.query_one(Sheet))
        assert "linux/amd64" in text
        assert "linux/arm64/v8" in text


async def test_of_a_very_large_part_only_its_beginning_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "BLOB_LIMIT", 10_000)
    world = world_with(demo_archive((("a", b"1"),)))
    raw = b"GGUF\x03" + bytes(20_000)
    document = json.loads(world.manifests["app:1"][0])
    document["layers"] = [
        {"mediaType": "application/vnd.docker.ai.gguf.v3", "digest": str(Digest.of(raw)), "size": len(raw)}
    ]
    world.manifests["app:1"] = (json.dumps(document).encode(), media.OCI_MANIFEST)
    world.blobs[str(Digest.of(raw))] = raw
    async with running(make_app(world, "reg.test/app:1")) as pilot:
        await shown(pilot, "layers")
        sheet = browser(pilot).manifest.query_one(Sheet)
        sheet.choose(("layer", 1))
        sheet.action_open()
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ArtifactScreen))
        await settle(pilot)
        text = text_of(pilot.app.screen.query_one(Sheet))
        assert "GGUF" in text
        assert "15.5 KiB more" in text
        assert ("part", f"/v2/app/blobs/{Digest.of(raw)}?0-4096") in world.asked
        assert not [path for kind, path in world.asked if kind == "blob"]


async def test_what_refers_to_it_is_told_as_it_comes() -> None:
    """A registry that takes its time for cosign's tags does not hold up the list of its referrers."""
    world = World()
    digest = world.image("team/app", "1.0")
    listed = Descriptor(media.OCI_MANIFEST, Digest.of(b"listed"), 7, artifact_type="application/spdx+json")
    world.referrers[str(digest)] = (listed,)
    async with running(make_app(world, "registry.example/team/app:1.0")) as pilot:
        await settle(pilot)
        world.gates["manifest"] = asyncio.Event()
        pane = browser(pilot).manifest
        pane.show_section("referrers")
        sheet = pane.query_one(Sheet)
        await wait_for(pilot, lambda: "SBOM (SPDX)" in text_of(sheet))
        assert "asking for what refers to it" in text_of(sheet)
        world.gates.pop("manifest").set()
        await settle(pilot)
        assert "SBOM (SPDX)" in text_of(sheet)
        assert "asking" not in text_of(sheet)
