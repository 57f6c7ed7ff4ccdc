"""Pictures of the screens beside the browser in their main states, at a fixed time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual import events
from textual.pilot import Pilot

from reglens.app.app import ReglensApp
from reglens.app.example import classic
from reglens.app.screens.laboratory import Laboratory
from reglens.app.screens.pages import Pages
from reglens.app.screens.paste import Paste
from reglens.app.screens.trust import AskTrust
from reglens.app.screens.walk import WalkScreen
from reglens.app.theme import LIGHT
from reglens.auth.trust import Withheld
from support.app_driver import make_app, press, settle, wait_for
from support.fake_instruments import fake_instruments
from support.fake_session import World

SnapCompare = Callable[..., bool]
Driver = Callable[[Pilot[None]], Awaitable[None]]
SIZES = [(80, 24), (120, 40)]
both_sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    from textual.widgets import TextArea

    monkeypatch.setattr(TextArea, "cursor_blink", False)


def app_at_alpine() -> ReglensApp:
    world = World()
    world.image("library/alpine", "3.20")
    app = make_app(world, "alpine:3.20")
    app.instruments = fake_instruments()
    return app


def opened(key: str, kind: type[object], then: Driver | None = None) -> Driver:
    """Opens a screen by its key, once the browser is calm."""

    async def run(pilot: Pilot[None]) -> None:
        await wait_for(pilot, lambda: len(pilot.app.screen_stack) > 1)
        await settle(pilot)
        await press(pilot, key)
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, kind))
        await settle(pilot)
        if then is not None:
            await then(pilot)
            await settle(pilot)

    return run


async def pasted(pilot: Pilot[None]) -> None:
    pilot.app.post_message(events.Paste(classic()))
    screen = pilot.app.screen
    assert isinstance(screen, Paste)
    await wait_for(pilot, lambda: screen._read is not None)


async def pasted_and_read(pilot: Pilot[None]) -> None:
    await pasted(pilot)
    await press(pilot, "escape", "j")


async def two_tries(pilot: Pilot[None]) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, Laboratory)
    await wait_for(pilot, lambda: screen.right is not None)
    for number, key in enumerate(("enter", "j", "enter")):
        await press(pilot, key)
        await wait_for(pilot, lambda number=number: len(screen.tries) == 1 + number // 2)  # type: ignore[misc]


async def scrolled_to_the_pairs(pilot: Pilot[None]) -> None:
    await press(pilot, "end")


@both_sizes
def test_paste_empty(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_at_alpine(), terminal_size=size, run_before=opened("x", Paste))


@both_sizes
def test_paste_explained(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_at_alpine(), terminal_size=size, run_before=opened("x", Paste, pasted_and_read))


def test_paste_light(snap_compare: SnapCompare) -> None:
    async def lit(pilot: Pilot[None]) -> None:
        pilot.app.theme = LIGHT.name
        await pasted_and_read(pilot)

    assert snap_compare(app_at_alpine(), terminal_size=(200, 60), run_before=opened("x", Paste, lit))


@both_sizes
def test_pages(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_at_alpine(), terminal_size=size, run_before=opened("i", Pages))


@pytest.mark.parametrize("size", [*SIZES, (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_walk(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_at_alpine(), terminal_size=size, run_before=opened("w", WalkScreen))


@both_sizes
def test_walk_side_by_side(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    run = opened("w", WalkScreen, scrolled_to_the_pairs)
    assert snap_compare(app_at_alpine(), terminal_size=size, run_before=run)


@both_sizes
def test_laboratory(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app_at_alpine(), terminal_size=size, run_before=opened("L", Laboratory, two_tries))


def test_export(snap_compare: SnapCompare) -> None:
    async def exporting(pilot: Pilot[None]) -> None:
        await pasted(pilot)
        await press(pilot, "ctrl+s")

    assert snap_compare(app_at_alpine(), terminal_size=(80, 24), run_before=opened("x", Paste, exporting))


@both_sizes
def test_trust_asked(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    async def ask(pilot: Pilot[None]) -> None:
        await wait_for(pilot, lambda: len(pilot.app.screen_stack) > 1)
        await settle(pilot)
        reason = "the realm login.example.net is not on the site of registry.example.com"
        source = "~/.docker/config.json, key registry.example.com"
        withheld = Withheld("registry.example.com", "https://login.example.net:443", "alice", source, reason)
        pilot.app.push_screen(AskTrust(withheld))
        await settle(pilot)

    assert snap_compare(app_at_alpine(), terminal_size=size, run_before=ask)
