"""Keys that come in one burst do what they would have done one by one."""

from __future__ import annotations

import pytest
from textual.events import Key, Paste
from textual.keys import key_to_character

from reglens.app.browser import Browser
from reglens.app.screens.paste import Paste as PasteScreen
from support.app_driver import browser, make_app, running, settle, wait_for
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
