"""The laboratory in the app: presets, the form, what differs from the last try."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from reglens.app.screens.exchange import Exchanges
from reglens.app.screens.laboratory import Laboratory
from reglens.app.widgets.choice import Choice
from reglens.app.widgets.layout import plain
from reglens.app.widgets.pane import Field
from reglens.check.lab import PRESETS, Show
from support.app_driver import make_app, press, running, settle, wait_for
from support.fake_instruments import RIGHT_SERVICE, FakeBench, fake_instruments
from support.fake_session import World


@asynccontextmanager
async def trying(bench: FakeBench, size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Pilot[None], Laboratory]]:
    world = World()
    world.image("library/alpine", "3.20")
    app = make_app(world, "alpine:3.20")
    app.instruments = fake_instruments(bench=bench)
    async with running(app, size) as pilot:
        await settle(pilot)
        await press(pilot, "L")
        await wait_for(pilot, lambda: isinstance(app.screen, Laboratory))
        assert isinstance(app.screen, Laboratory)
        screen = app.screen
        await wait_for(pilot, lambda: screen.right is not None)
        yield pilot, screen


async def test_the_right_way_first_then_a_mistake_beside_it() -> None:
    bench = FakeBench()
    async with trying(bench) as (pilot, screen):
        assert "Nothing is changed" in plain(screen.results.lines)
        await press(pilot, "enter")
        await wait_for(pilot, lambda: len(screen.tries) == 1)
        assert "✓ it worked" in plain(screen.results.lines)
        await press(pilot, "j", "enter")
        await wait_for(pilot, lambda: len(screen.tries) == 2)
        text = plain(screen.results.lines)
        assert "service of the index host" in text
        assert "≠ was" in text
        assert "Against the try before (as the registry asks): service" in text
        assert "credentials were withheld" in text
        assert [attempt.service for attempt in bench.made] == [RIGHT_SERVICE, "index.docker.io"]
    assert bench.closed


async def test_every_preset_fills_the_form_with_itself() -> None:
    async with trying(FakeBench()) as (pilot, screen):
        assert screen.right is not None
        for preset in PRESETS:
            assert screen.form.attempt == preset.change(screen.right)
            await press(pilot, "j")


async def test_a_try_of_ones_own() -> None:
    bench = FakeBench()
    async with trying(bench) as (pilot, screen):
        await press(pilot, "tab")
        assert screen.focused is screen.form.home()
        screen.query_one("#field-scopes", Field).value = "repository:a/b:pull  repository:c/d:pull,push"
        screen.query_one("#field-service", Field).value = ""
        await press(pilot, "down", "down", "down", "down")
        assert screen.focused is screen.query_one("#choice-verb", Choice)
        await press(pilot, "right")
        screen.query_one("#choice-show", Choice).value = str(Show.NOTHING)
        await press(pilot, "enter")
        await wait_for(pilot, lambda: len(screen.tries) == 1)
        made = bench.made[0]
        assert made.scopes == ("repository:a/b:pull", "repository:c/d:pull,push")
        assert made.service is None
        assert made.verb == "POST"
        assert made.show is Show.NOTHING
        assert screen.tries[0][0] == "a try of your own"


async def test_its_exchanges_open_and_its_requests_are_copied() -> None:
    async with trying(FakeBench()) as (pilot, screen):
        await press(pilot, "enter")
        await wait_for(pilot, lambda: len(screen.tries) == 1)
        await press(pilot, "tab", "tab", "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Exchanges))
        await settle(pilot)
        await press(pilot, "escape")
        await press(pilot, "ctrl+e", "down", "enter")
        await wait_for(pilot, lambda: pilot.app.screen is screen)
        assert pilot.app.clipboard.count("curl ") == 3
        assert "$TOKEN" in pilot.app.clipboard
