"""Driving the app in tests: by conditions, never by sleeping for a time that somebody hoped would do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from textual.events import Key
from textual.keys import key_to_character
from textual.pilot import Pilot
from textual.worker import WorkerState

from reglens.app.app import ReglensApp
from reglens.app.browser import Browser
from reglens.app.ports import Clock, RegistrySession
from reglens.app.remember import Memory
from reglens.oci.reference import Place
from support.fake_session import MOMENT, FakeSession, World

PATIENCE = 30.0
"""Seconds after which a condition counts as never coming true: a guard against hanging, not a measure of speed."""


def fixed_clock() -> datetime:
    """The one moment at which tests of the app happen."""
    return MOMENT


def make_app(
    world: World,
    place: str | None = None,
    memory: Memory | None = None,
    *,
    clock: Clock = fixed_clock,
    columns: str = "none",
) -> ReglensApp:
    """The app before a fake world, at a fixed time; `columns`: what stands beside tags, looked up unasked."""

    def make(registry: str) -> RegistrySession:
        return FakeSession(registry, world)

    memory = memory or Memory()
    memory.known = replace(memory.known, columns=columns)
    app = ReglensApp(Place.parse(place) if place else None, make=make, clock=clock, memory=memory)
    app.animation_level = "none"
    return app


async def wait_for(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Let the app run until `condition` holds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await pilot.pause()
            if condition():
                return
            await asyncio.sleep(0.005)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, each handled before the next."""
    for key in keys:
        pilot.app.post_message(Key(key, "/" if key == "slash" else key_to_character(key)))
        await pilot.pause()


def browser(pilot: Pilot[None]) -> Browser:
    """The app's browser."""
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, Browser))


def idle(pilot: Pilot[None]) -> bool:
    """Whether no worker has anything left to do."""
    return all(w.state not in (WorkerState.PENDING, WorkerState.RUNNING) for w in pilot.app.workers)


async def settle(pilot: Pilot[None]) -> None:
    """Let every worker end and every message be handled, those of the workers started meanwhile included."""
    await wait_for(pilot, lambda: idle(pilot))
    await wait_for(pilot, lambda: idle(pilot))


async def started(pilot: Pilot[None]) -> None:
    """Wait for the browser, and for the first questions to be asked."""
    await wait_for(
        pilot,
        lambda: any(isinstance(s, Browser) for s in pilot.app.screen_stack) and bool(browser(pilot).here.registry),
    )


@asynccontextmanager
async def running(app: ReglensApp, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[None]]:
    """The app on a screen of that size, its browser ready and its first questions answered (or held at a gate)."""
    async with app.run_test(size=size) as pilot:
        await started(pilot)
        yield pilot
