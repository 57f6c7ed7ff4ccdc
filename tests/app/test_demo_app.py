"""The app on the demo registry: real sockets, real tokens, the real session and the present rules of diagnosis."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from reglens.app.app import ReglensApp
from reglens.app.browser import Browser
from reglens.app.main import utcnow
from reglens.app.ports import RegistrySession
from reglens.app.remember import Memory
from reglens.app.widgets.pane import Notice
from reglens.auth.credentials import Anonymous
from reglens.demo.server import DemoRegistry
from reglens.diagnosis.finding import Outcome, RowName, Verdict
from reglens.oci.manifest import Image, Index
from reglens.oci.reference import Place, Reference
from reglens.registry.options import Options
from reglens.registry.session import Session
from reglens.trace.exchange import Role
from support.app_driver import PATIENCE, browser, press, running, settle, wait_for


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoRegistry]:
    with DemoRegistry() as running_demo:
        yield running_demo


def app_on(demo: DemoRegistry, place: Place | None = None) -> ReglensApp:
    def make(registry: str) -> RegistrySession:
        options = Options(search_url=demo.search_url if registry == demo.registry else "", timeout=10)
        return Session(registry, options=options, credentials=Anonymous())

    app = ReglensApp(place, make=make, clock=utcnow, memory=Memory(), demo=demo)
    app.animation_level = "none"
    return app


async def choose(pilot: Pilot[None], name: str) -> None:
    """Search for a repository, and open it once it is found."""
    screen = browser(pilot)
    await press(pilot, "slash", *("slash" if c == "/" else c for c in name))
    await wait_for(pilot, lambda: any(label.endswith(name) for label in screen.search.labels(1)))
    await press(pilot, "enter")
    await settle(pilot)


async def test_a_slow_start_says_what_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    start = DemoRegistry.start

    def slowly(registry: DemoRegistry) -> object:
        assert held.wait(PATIENCE)
        return start(registry)

    monkeypatch.setattr(DemoRegistry, "start", slowly)
    asleep = DemoRegistry()
    try:
        app = app_on(asleep)
        async with app.run_test(size=(120, 40)) as pilot:
            await wait_for(pilot, lambda: any(isinstance(screen, Browser) for screen in app.screen_stack))
            notice = browser(pilot).search.query_one(Notice)
            assert notice.content.plain == "Starting the demo registry…"
            held.set()
            await wait_for(pilot, lambda: bool(browser(pilot).search.rows.view))
            assert notice.content.plain == ""
    finally:
        held.set()
        asleep.stop()


async def test_the_listing_beside_a_repository_is_no_part_of_its_story(demo: DemoRegistry) -> None:
    place = Place.parse(f"{demo.registry}/library/alpine:latest")
    async with running(app_on(demo, place)) as pilot:
        screen = browser(pilot)
        await settle(pilot)
        told = screen.explorer.exchanges
        assert not [exchange for exchange in told if exchange.role is Role.CATALOG]
        scopes = [scope for exchange in told for scope in exchange.asked("scope")]
        assert scopes == ["repository:library/alpine:pull"]
        assert [exchange.number for exchange in told] == list(range(1, len(told) + 1))


async def test_alpine_from_search_to_config(demo: DemoRegistry) -> None:
    async with running(app_on(demo)) as pilot:
        screen = browser(pilot)
        await choose(pilot, "alpine")
        assert screen.here.crumbs == (demo.registry, "library/alpine")
        assert "latest" in screen.tags.tags
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(screen.here.manifest, Index)
        await wait_for(pilot, lambda: not screen._exchanges)
        exchanges = list(screen.auth._exchanges.values())
        assert 3 <= len(exchanges) <= 4
        assert exchanges[-1].status == 200
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(screen.here.manifest, Image)
        assert screen.manifest._config is not None
        assert screen.explorer.session.identity == "anonymous"


async def test_a_token_for_another_audience_is_shown_in_the_service_row(demo: DemoRegistry) -> None:
    async with running(app_on(demo)) as pilot:
        screen = browser(pilot)
        await choose(pilot, "broken/audience-mismatch")
        diagnosis = screen.auth._diagnosis
        assert diagnosis is not None
        assert diagnosis.outcome is Outcome.REFUSED
        assert diagnosis.comparison.row(RowName.SERVICE).verdict is Verdict.DISAGREE
        assert screen.has_class("-stage")
        text = "\n".join(strip.text for strip in screen._compositor.render_strips())
        row = next(line for line in text.splitlines() if "service" in line and "✗" in line)
        assert "registry.docker.io" in row
        assert "index.docker.io" in row


async def test_the_place_of_the_command_line_is_on_the_demo(demo: DemoRegistry) -> None:
    reference = Reference.parse("alpine:latest")
    async with running(app_on(demo, Place(reference.registry, reference))) as pilot:
        await settle(pilot)
        assert browser(pilot).here.crumbs == (demo.registry, "library/alpine", "latest")


async def test_every_broken_repository_leaves_the_app_running(demo: DemoRegistry) -> None:
    async with running(app_on(demo), size=(100, 30)) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        broken = [name for name in screen.search.names if name.startswith("broken/")]
        assert broken
        for name in broken:
            screen.go(Place(demo.registry, Reference(demo.registry, name)))
            await settle(pilot)
            if screen.tags.tags:
                await press(pilot, "enter")
                await settle(pilot)
            assert not pilot.app._exit
            assert screen.here.repository is not None
            assert screen.here.repository.repository == name


async def test_a_registry_that_is_not_there_is_told_and_the_way_back_is_open(demo: DemoRegistry) -> None:
    async with running(app_on(demo)) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        screen.go(Place("127.0.0.1:9", Reference("127.0.0.1:9", "team/app")))
        await settle(pilot)
        text = "\n".join(strip.text for strip in screen._compositor.render_strips())
        assert "✗" in text
        assert "127.0.0.1:9" in text
        screen.go(Place(demo.registry, Reference(demo.registry, "library/alpine")))
        await settle(pilot)
        assert "latest" in screen.tags.tags
