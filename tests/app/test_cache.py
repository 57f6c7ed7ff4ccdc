"""The browser with a cache: coming back asks nobody, being somebody else does, and what was seen is there offline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from reglens.app.app import ReglensApp
from reglens.app.main import utcnow
from reglens.app.ports import RegistrySession
from reglens.app.remember import Memory
from reglens.app.widgets.layout import plain
from reglens.app.widgets.manifest_head import Head
from reglens.auth.choice import Choice
from reglens.auth.credentials import Anonymous
from reglens.demo.server import DemoRegistry
from reglens.errors import Reach, Unreachable
from reglens.oci.manifest import Image, Index
from reglens.oci.reference import HUB, Place
from reglens.registry.cache import Cache, Seen
from reglens.registry.options import Options
from reglens.registry.session import Session
from reglens.trace.exchange import Role
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import MOMENT, World


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoRegistry]:
    with DemoRegistry() as registry:
        yield registry


@pytest.fixture
def own() -> Iterator[DemoRegistry]:
    """A demo registry that a test may stop."""
    with DemoRegistry() as registry:
        yield registry


def app_on(registry: str, folder: Path, place: str) -> ReglensApp:
    """The app before a real registry, with a cache in `folder`."""
    choice = Choice(Anonymous())

    def make(host: str) -> RegistrySession:
        return Session(host, options=Options(timeout=10), credentials=choice, cache=Cache(folder))

    app = ReglensApp(Place.parse(f"{registry}/{place}"), make=make, clock=utcnow, memory=Memory())
    app.identities = choice
    app.animation_level = "none"
    return app


def head(pilot: Pilot[None]) -> str:
    """The lines above the sections of the manifest pane."""
    return browser(pilot).manifest.query_one(Head).render().plain


def exchanges(pilot: Pilot[None]) -> int:
    return browser(pilot).explorer.session.trace.count


async def index_and_platform(pilot: Pilot[None]) -> None:
    """From an index that is open to its first platform."""
    await settle(pilot)
    assert isinstance(browser(pilot).here.manifest, Index)
    await press(pilot, "enter")
    await settle(pilot)
    assert isinstance(browser(pilot).here.manifest, Image)
    assert browser(pilot).manifest._config is not None


async def test_the_platform_seen_before_is_there_at_once_and_says_so(demo: DemoRegistry, tmp_path: Path) -> None:
    folder = tmp_path / "reglens"
    async with running(app_on(demo.registry, folder, "library/alpine:latest")) as pilot:
        await index_and_platform(pilot)
        assert "cached" not in head(pilot)
    async with running(app_on(demo.registry, folder, "library/alpine:latest")) as pilot:
        await settle(pilot)
        assert "cached" not in head(pilot), "a tag is asked for"
        before = exchanges(pilot)
        await index_and_platform(pilot)
        assert " · cached" in head(pilot)
        assert re.search(r"B  cached \d+ s ago", plain(browser(pilot).manifest._sheet.lines))
        assert exchanges(pilot) == before, "neither the manifest nor its configuration was asked for"
        await wait_for(pilot, lambda: not browser(pilot)._exchanges)
        assert "anonymous · pull" in str(browser(pilot).auth.border_title), "authentication stands as it did"


async def test_reload_asks_and_says_that_it_is_fresh(demo: DemoRegistry, tmp_path: Path) -> None:
    folder = tmp_path / "reglens"
    for _ in range(2):
        async with running(app_on(demo.registry, folder, "library/alpine:latest")) as pilot:
            await index_and_platform(pilot)
            digest = browser(pilot).manifest.digest
            before = exchanges(pilot)
            await press(pilot, "r")
            await settle(pilot)
            assert "cached" not in head(pilot)
            assert browser(pilot).manifest.digest == digest
            roles = [exchange.role for exchange in browser(pilot).explorer.session.trace][before:]
            assert roles[:2] == [Role.MANIFEST, Role.BLOB]


async def test_nobody_else_is_shown_what_one_identity_was_given(demo: DemoRegistry, tmp_path: Path) -> None:
    folder = tmp_path / "reglens"
    async with running(app_on(demo.registry, folder, "library/alpine:latest")) as pilot:
        await index_and_platform(pilot)
        before = demo.requests["manifest"]
        await press(pilot, "A")
        await settle(pilot)
        assert demo.requests["manifest"] > before
        assert "cached" not in head(pilot)
        assert isinstance(browser(pilot).here.manifest, Image)


async def test_a_digest_seen_before_opens_offline(own: DemoRegistry, tmp_path: Path) -> None:
    folder = tmp_path / "reglens"
    async with running(app_on(own.registry, folder, "library/alpine:latest")) as pilot:
        await index_and_platform(pilot)
        digest = browser(pilot).manifest.digest
    own.stop()
    async with running(app_on(own.registry, folder, f"library/alpine@{digest}")) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        assert isinstance(screen.here.manifest, Image)
        assert screen.manifest._config is not None
        assert " · cached" in head(pilot)
        assert "✗ failed" in str(screen.auth.border_title), "the tags could not be listed"
        await press(pilot, "3", "r")
        await settle(pilot)
        assert isinstance(screen.here.manifest, Image), "asked in vain, what is kept is still there"
        assert " · cached" in head(pilot)


async def test_a_tag_that_cannot_be_asked_for_offers_what_it_was(own: DemoRegistry, tmp_path: Path) -> None:
    folder = tmp_path / "reglens"
    async with running(app_on(own.registry, folder, "library/alpine:latest")) as pilot:
        await settle(pilot)
        digest = browser(pilot).manifest.digest
    own.stop()
    async with running(app_on(own.registry, folder, "library/alpine:latest")) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        assert screen.here.manifest is None
        assert screen.manifest.has_class("-failed")
        screen.focus_pane("manifest")
        await press(pilot, "enter")
        await settle(pilot)
        assert screen.manifest.digest == digest
        assert str(screen.here.reference) == f"{own.registry}/library/alpine@{digest}"
        assert " · cached" in head(pilot)


async def test_the_offer_stays_when_the_failure_is_explained() -> None:
    world = World()
    digest = world.image("library/alpine", "3.20")
    world.errors["manifest"] = Unreachable("Nobody answers.", "Is there a network?", kind=Reach.CONNECT)
    world.seen[f"{HUB}/library/alpine:3.20"] = Seen(digest, "", MOMENT - timedelta(days=3))
    async with running(make_app(world, "library/alpine:3.20")) as pilot:
        await settle(pilot)
        pane = browser(pilot).manifest
        pane.explain("The registry cannot be reached")
        text = plain(pane._sheet.lines)
        assert text.index("Nobody answers.") < text.index("3 days ago") < text.index("shows the proof")
        assert f"3 days ago it was {digest.short}, kept on this machine" in " ".join(text.split())


async def test_reloading_the_tags_is_no_doubt_about_manifests() -> None:
    world = World()
    world.image("library/alpine", "3.20")
    async with running(make_app(world, "library/alpine:3.20")) as pilot:
        await settle(pilot)
        assert world.asked_first == 0
        browser(pilot).focus_pane("tags")
        await press(pilot, "r")
        await settle(pilot)
        assert world.asked_first == 0, "that lists the tags again"


def test_the_demo_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import reglens.app.main
    import reglens.demo.server
    from reglens.cli.commands import browse, demo
    from reglens.cli.parser import parse

    given: list[object] = []

    def run(_place: object, **options: object) -> int:
        given.append(options.get("cache"))
        return 0

    monkeypatch.setattr(reglens.app.main, "run", run)
    monkeypatch.setattr(browse, "need_terminal", lambda _instead: None)
    from reglens.cli.output import Output

    assert demo.run(parse(["demo"]), Output()) == 0
    assert browse.run(parse(["--no-cache"]), Output()) == 0
    assert browse.run(parse(["alpine"]), Output()) == 0
    assert given[:2] == [None, None]
    assert isinstance(given[2], Cache)
