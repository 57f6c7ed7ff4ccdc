"""What is typed and what it finds are painted together; the work behind the screen gives way to who presses keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from textual.widgets import Input

from reglens.app.frames import Frames
from reglens.app.terminal import TerminalDriver
from reglens.precedence import PATIENCE, Precedence
from support.app_driver import browser, make_app, running, settle
from support.fake_session import World

WORLD = World(catalog=["team/app"], tags={"team/app": [f"v{n}" for n in range(40)]})


async def test_a_letter_and_what_it_finds_are_one_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """No frame shows the letter in its field above the rows of before."""
    seen: list[tuple[str, int]] = []
    async with running(make_app(WORLD, "registry.example/team/app")) as pilot:
        await settle(pilot)
        await pilot.press("f")
        await settle(pilot)
        screen = browser(pilot)
        paint = screen._on_timer_update

        def look() -> None:
            paint()
            if isinstance(screen.focused, Input):
                seen.append((screen.focused.value, len(screen.tags.rows.view)))

        frames = screen._update_timer
        assert isinstance(frames, Frames)
        monkeypatch.setattr(frames, "_paint", look)
        for key in ("v", "1", "2"):
            await pilot.press(key)
            await settle(pilot)
    assert set(seen) <= {("v", 40), ("v1", 11), ("v12", 1)}
    assert ("v12", 1) in seen


async def test_a_defect_in_drawing_ends_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(WORLD, "registry.example/team/app")

    def fail() -> None:
        raise ZeroDivisionError

    async def draw() -> None:
        async with running(app) as pilot:
            await settle(pilot)
            monkeypatch.setattr(browser(pilot)._update_timer, "_paint", fail)
            await pilot.press("j")
            await pilot.pause(0.1)

    with pytest.raises(ZeroDivisionError):
        await draw()


class Hours:
    """A clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("reglens.precedence.monotonic", lambda: self.now)


async def done(awaited: Callable[[], object]) -> bool:
    """Whether it comes to an end within a few turns of the loop."""
    for _ in range(5):
        await asyncio.sleep(0)
    return bool(awaited())


async def test_work_waits_until_a_key_can_be_seen() -> None:
    precedence = Precedence()
    await precedence.turn()  # nobody did anything
    precedence.begin()
    work = asyncio.create_task(precedence.turn())
    assert not await done(work.done)
    precedence.end()
    assert await done(work.done)


async def test_work_waits_for_moments_only() -> None:
    """What is not seen in time, a key that changes nothing for instance, holds up nobody; not those after it either."""
    precedence = Precedence()
    precedence.begin()
    async with asyncio.timeout(PATIENCE * 50):
        await asyncio.gather(*[precedence.turn() for _ in range(8)])
        await precedence.turn()


async def test_work_gets_as_much_time_as_it_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast keys come."""
    hours, precedence = Hours(monkeypatch), Precedence()
    precedence.begin()
    hours.now += 0.02
    precedence.end()
    precedence.begin()
    await precedence.turn()  # at once
    hours.now += 0.021
    precedence.begin()
    work = asyncio.create_task(precedence.turn())
    assert not await done(work.done)
    precedence.end()
    await work


async def test_a_key_takes_precedence_before_the_loop_hears_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the thread that reads the terminal: it is the loop that is busy."""
    from textual.driver import Driver
    from textual.events import Key, Resize
    from textual.geometry import Size
    from textual.message import Message

    passed: list[Message] = []
    monkeypatch.setattr(Driver, "send_message", lambda self, message: passed.append(message))
    app = make_app(WORLD, "registry.example/team/app")
    driver = TerminalDriver.__new__(TerminalDriver)
    driver._app = app
    driver.send_message(Resize(Size(80, 24), Size(80, 24)))
    await app.precedence.turn()
    driver.send_message(Key("j", "j"))
    work = asyncio.create_task(app.precedence.turn())
    assert not await done(work.done)
    app.precedence.end()
    await work
    assert len(passed) == 2
