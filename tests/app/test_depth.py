"""Looking deeper, on the demo registry: referrers and what they say, the files of layers, two things compared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from reglens.app.app import ReglensApp
from reglens.app.main import utcnow
from reglens.app.ports import RegistrySession
from reglens.app.remember import Memory
from reglens.app.screens.artifact import ArtifactScreen
from reglens.app.widgets.sheet import Sheet
from reglens.auth.credentials import Anonymous
from reglens.demo.server import DemoRegistry
from reglens.oci.reference import Place
from reglens.registry.options import Options
from reglens.registry.session import Session
from support.app_driver import browser, press, running, settle, wait_for


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


async def test_an_sbom_is_a_table_of_packages(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "acme/shop:latest")) as pilot:
        await shown(pilot, "referrers")
        text = await opened(pilot, "SBOM (SPDX)")
        assert "SPDX 2.3" in text
        row = next(line for line in text.splitlines() if "libssl3" in line)
        assert "3.5.4-r0" in row
        assert "Apache-2.0" in row
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


async def test_an_attestation_tells_builder_materials_and_parameters(demo: DemoRegistry) -> None:
    async with running(app_on(demo, "acme/shop:latest")) as pilot:
        await shown(pilot, "referrers")
        text = await opened(pilot, "BuildKit attestation")
        assert "https://example.com/actions/runs/4711" in text
        assert "https://example.com/acme/shop.git" in text
        assert "args.build-arg:VERSION" in text
        assert "musl" in text, "its SBOM stands there too"
