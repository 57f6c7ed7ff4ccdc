"""Keys that come in one burst do what they would have done one by one."""

from __future__ import annotations

import asyncio
import random

import pytest
from rich.style import Style
from textual.events import Key, MouseDown, MouseMove, MouseUp, Paste
from textual.keys import key_to_character
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from reglens.app.browser import Browser
from reglens.app.screens.paste import Paste as PasteScreen
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import World

WORLD = World(catalog=["team/app", "team/other"], tags={"team/app": ["1.0", "2.0"], "team/other": ["3.0"]})


def burst(*keys: str) -> list[Key]:
    return [Key(key, "/" if key == "slash" else key_to_character(key)) for key in keys]


async def test_a_burst_goes_where_its_keys_would_go_one_by_one() -> None:
    """The escape leaves the field before the slash enters it again; what is opened has its pane before the next key."""
    async with running(make_app(WORLD, "registry.example/team/app:1.0")) as pilot:
        await settle(pilot)
        for key in burst(
            "escape", "escape", "slash", *"old", "ctrl+u", *"team/other:3.0", "enter", "2", "escape", "slash", *"app"
        ):
            pilot.app.post_message(key)
        await wait_for(pilot, lambda: browser(pilot).search.typed == "app")
        await settle(pilot)
        here = browser(pilot).here
        assert here.reference is not None
        assert here.reference.familiar == "registry.example/team/other:3.0"


async def test_a_paste_waits_for_the_key_before_it() -> None:
    async with running(make_app(WORLD, "registry.example")) as pilot:
        await settle(pilot)
        for event in (*burst("slash"), Paste("team/oth"), *burst("e", "r")):
            pilot.app.post_message(event)
        await wait_for(pilot, lambda: browser(pilot).search.typed == "team/other")


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
async def test_who_wants_to_leave_waits_for_no_key(key: str) -> None:
    app = make_app(WORLD, "registry.example")
    async with running(app) as pilot:
        await settle(pilot)
        app._under_way = 10**6  # a key that never comes home
        app.post_message(Key(key, None))
        await wait_for(pilot, lambda: app._exit)


async def test_a_key_that_never_comes_home_is_forgotten() -> None:
    app = make_app(WORLD, "registry.example")
    async with running(app) as pilot:
        await settle(pilot)
        app._under_way = 10**6
        for key in burst("slash", "a"):
            app.post_message(key)
        await wait_for(pilot, lambda: browser(pilot).search.typed == "a")


@pytest.mark.parametrize("key", ["f", "tab", "a"])
async def test_a_key_that_comes_before_anybody_takes_it_is_kept(key: str) -> None:
    app = make_app(WORLD, "registry.example/team/app")
    async with app.run_test() as pilot:
        for event in burst(key):
            app.post_message(event)
        await wait_for(pilot, lambda: not app._waiting and isinstance(app.screen, Browser))
        await settle(pilot)
        assert app.defect == ""


async def test_a_paste_that_comes_before_anybody_takes_it_is_kept() -> None:
    app = make_app(WORLD, "registry.example")
    async with app.run_test() as pilot:
        app.post_message(Paste("denied: requested access to the resource is denied"))
        await wait_for(pilot, lambda: isinstance(app.screen, PasteScreen))


def at(pilot: Pilot[None], widget: Widget, row: int) -> tuple[int, int]:
    """Where on the screen a row of a widget is."""
    return widget.content_region.x + 3, widget.content_region.y + row


def button(kind: type[MouseDown | MouseUp], x: int, y: int) -> MouseDown | MouseUp:
    return kind(None, x, y, 0, 0, 1, False, False, False, x, y, Style.null())


def click(x: int, y: int) -> list[MouseDown | MouseUp]:
    return [button(MouseDown, x, y), button(MouseUp, x, y)]


async def test_a_click_waits_for_the_keys_before_it() -> None:
    """It opens what stands under the pointer once the name is typed, not what stood there before."""
    async with running(make_app(WORLD, "registry.example")) as pilot:
        await settle(pilot)
        assert browser(pilot).search.labels(2) == ["team/app", "team/other"]
        for event in (*burst("slash", *"other"), *click(*at(pilot, browser(pilot).search.rows, 0))):
            pilot.app.post_message(event)
        await wait_for(pilot, lambda: browser(pilot).here.repository is not None)
        await settle(pilot)
        opened = browser(pilot).here.repository
        assert opened is not None
        assert opened.repository == "team/other"


async def test_keys_wait_for_the_click_before_them() -> None:
    """They go where the focus is after it."""
    async with running(make_app(WORLD, "registry.example/team/app:1.0")) as pilot:
        await settle(pilot)
        rows = browser(pilot).tags.rows
        browser(pilot).search.field.focus()
        await settle(pilot)
        for event in (*click(*at(pilot, rows, 1)), *burst("2", "f", "1")):
            pilot.app.post_message(event)
        await wait_for(pilot, lambda: browser(pilot).tags.field.value == "1")
        assert browser(pilot).search.typed == ""


async def test_a_storm_of_clicks_amid_a_slow_load() -> None:
    """Everywhere on the screen, with keys among them, while nothing is answered: the app lives and answers."""
    dice = random.Random(7)
    world = World(catalog=["team/app"], gates={})
    for number in range(5):
        world.image("team/app", f"{number}.0")
    app = make_app(world, "registry.example/team/app:1.0")
    async with running(app) as pilot:
        await settle(pilot)
        world.gates |= {kind: asyncio.Event() for kind in ("tags", "manifest", "catalog", "config", "resolve")}
        for _ in range(60):
            x, y = dice.randrange(120), dice.randrange(39)
            for event in (*click(x, y), *burst(*dice.choices(["j", "tab", "enter", "escape", "r", "l"], k=2))):
                pilot.app.post_message(event)
            if dice.random() < 0.1:
                await pilot.pause()
        await wait_for(pilot, lambda: not (app._waiting or app._under_way or app.message_queue_size))
        for gate in world.gates.values():
            gate.set()
        await settle(pilot)
        assert app.defect == ""
        assert not app._exit
        await press(pilot, *["escape"] * 6, "slash", *"team/app:2.0", "enter")
        await settle(pilot)
        opened = browser(pilot).here.reference
        assert opened is not None
        assert opened.tag == "2.0"


async def test_clicks_before_anybody_takes_them_are_no_trouble() -> None:
    app = make_app(WORLD, "registry.example/team/app")
    async with app.run_test() as pilot:
        for event in click(10, 5) * 20:
            app.post_message(event)
        await wait_for(pilot, lambda: isinstance(app.screen, Browser))
        await settle(pilot)
        assert app.defect == ""


@pytest.mark.parametrize("kind", [MouseDown, MouseMove])
async def test_a_click_on_what_is_there_no_more_is_no_trouble(kind: type[MouseDown | MouseMove]) -> None:
    """A word at the edge of the screen that goes at that moment: it is painted still, and is nobody's part."""
    app = make_app(WORLD, "registry.example/team/app:1.0")
    async with running(app) as pilot:
        await settle(pilot)
        word = Static("a word")
        await app.screen.mount(word)
        await pilot.pause()
        x, y = word.region.offset
        assert app.get_widget_at(x, y)[0] is word
        app.post_message(button(MouseDown, 60, 5))
        await pilot.pause()
        word._detach()
        app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y, Style.null()))
        app.post_message(button(MouseUp, x, y))
        await pilot.pause()
        word._attach(app.screen)  # so that it can be taken away in good order
        assert app.defect == ""
        assert not app._exit
