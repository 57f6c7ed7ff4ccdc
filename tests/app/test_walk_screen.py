"""The walk in the app: live steps, experiments, two runs side by side, what can be opened and taken out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from reglens.app.screens.exchange import Exchanges
from reglens.app.screens.export import Export
from reglens.app.screens.walk import WalkScreen
from reglens.app.widgets.layout import plain
from reglens.app.widgets.walk_view import PairKey, StepKey, TrialKey
from reglens.check.model import StepName
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_instruments import STEPS, FakeWalk, fake_instruments
from support.fake_session import World


@asynccontextmanager
async def walking(walk: FakeWalk, size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Pilot[None], WalkScreen]]:
    world = World()
    world.image("library/alpine", "3.20")
    app = make_app(world, "alpine:3.20")
    app.instruments = fake_instruments(walk)
    async with running(app, size) as pilot:
        await settle(pilot)
        await press(pilot, "w")
        await wait_for(pilot, lambda: isinstance(app.screen, WalkScreen))
        assert isinstance(app.screen, WalkScreen)
        yield pilot, app.screen


def way(screen: WalkScreen) -> str:
    return plain(screen.way.lines)


async def test_steps_appear_as_they_are_done() -> None:
    walk = FakeWalk(asyncio.Event())
    async with walking(walk) as (pilot, screen):
        await wait_for(pilot, lambda: len(screen.steps) == 5)
        assert str(walk.asked[0]) == str(browser(pilot).here.reference)
        lines = way(screen).splitlines()
        assert lines[1].startswith("✓ name")
        assert "11 ms" in lines[1]
        assert "… challenge" in way(screen)
        assert "· resource" in way(screen)
        assert walk.gate is not None
        walk.gate.set()
        await wait_for(pilot, lambda: screen.walk is not None)
        assert "✗ resource" in way(screen)
        assert "✓ experiment" in way(screen)
        assert plain(screen.results.lines).startswith("✗ refused")


async def test_the_anonymous_run_stands_beside_the_one_with_credentials() -> None:
    async with walking(FakeWalk()) as (pilot, screen):
        await wait_for(pilot, lambda: screen.walk is not None)
        text = way(screen)
        assert "Side by side" in text
        assert "anonymously" in text
        assert "≠" in text
        screen.way.choose(PairKey(0))
        await press(pilot, "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Exchanges))


async def test_another_experiment_may_stand_there_instead() -> None:
    async with walking(FakeWalk()) as (pilot, screen):
        await wait_for(pilot, lambda: screen.walk is not None)
        screen.way.choose(TrialKey(0))
        await press(pilot, "enter")
        assert "with GET" in way(screen)
        assert "≠" not in way(screen), "the same request was refused in the same way"


async def test_a_step_opens_its_exchanges() -> None:
    async with walking(FakeWalk()) as (pilot, screen):
        await wait_for(pilot, lambda: screen.walk is not None)
        screen.way.choose(StepKey(StepName.TOKEN))
        await press(pilot, "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Exchanges))
        await settle(pilot)
        await press(pilot, "c")
        assert pilot.app.clipboard.startswith("curl -i")
        await press(pilot, "escape")
        assert pilot.app.screen is screen


async def test_leaving_or_walking_again_calls_the_walk_off() -> None:
    walk = FakeWalk(asyncio.Event())
    async with walking(walk) as (pilot, screen):
        await wait_for(pilot, lambda: len(screen.steps) == 5)
        await press(pilot, "r")
        await wait_for(pilot, lambda: walk.called_off == 1)
        await wait_for(pilot, lambda: len(screen.steps) == 5)
        await press(pilot, "escape")
        await wait_for(pilot, lambda: walk.called_off == 2)
        assert len(walk.asked) == 2


async def test_the_walk_is_taken_out_masked() -> None:
    async with walking(FakeWalk()) as (pilot, screen):
        await wait_for(pilot, lambda: screen.walk is not None)
        await press(pilot, "e")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Export))
        await press(pilot, "down", "enter")
        await wait_for(pilot, lambda: pilot.app.screen is screen)
        archive = json.loads(pilot.app.clipboard)
        assert len(archive["log"]["entries"]) == 2 + 2 + 3
        assert "eyJ" not in pilot.app.clipboard


async def test_without_a_repository_it_says_what_to_do() -> None:
    app = make_app(World())
    app.instruments = fake_instruments()
    async with running(app) as pilot:
        await press(pilot, "w")
        await pilot.pause()
        assert app.screen is browser(pilot)
        assert any("open a repository first" in str(n.message) for n in app._notifications)


def test_the_fake_walk_takes_every_step() -> None:
    assert [step.name for step in STEPS] == list(StepName)
