"""The filter of the tags pane, as it is typed."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from reglens.app.widgets.lines import KeyLine
from reglens.app.widgets.pane import Notice
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import World

TAGS = ["latest", "1.2-rc1", "1.2", "1.2.0-alpine", "1.10.0", "2.0.0-rc.1", "2.0.0", "edge"]


def world_of(tags: list[str], page: int = 1000) -> World:
    world = World(page=page)
    world.image("library/alpine", "x")
    world.tags["library/alpine"] = tags
    return world


def rows(pilot: Pilot[None]) -> list[str]:
    pane = browser(pilot).tags
    return [pane.tags[item] for item in pane.rows.view]


def notice(pilot: Pilot[None]) -> str:
    return browser(pilot).tags.query_one(Notice).content.plain


async def typed(pilot: Pilot[None], text: str) -> None:
    """Put `text` in the field, as a paste does, and wait for the rows."""
    pane = browser(pilot).tags
    pilot.app.screen.set_focus(pane.field)
    pane.field.value = text
    await pilot.pause()
    await settle(pilot)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2 !rc", "1.2 1.2.0-alpine"),
        ("*-alpine", "1.2.0-alpine"),
        (">=1.2 <2 !alpine", "1.2 1.10.0"),
        ("/^[a-z]+$/", "latest edge"),
        ("", " ".join(TAGS)),
    ],
)
async def test_rows_are_those_that_are_wanted_in_the_present_order(text: str, expected: str) -> None:
    async with running(make_app(world_of(TAGS), "alpine")) as pilot:
        await settle(pilot)
        await typed(pilot, text)
        assert rows(pilot) == expected.split()
        await press(pilot, "escape", "s", "s")
        await settle(pilot)
        pane = browser(pilot).tags
        await typed(pilot, text)
        newest = ["2.0.0", "2.0.0-rc.1", "1.10.0", "1.2.0-alpine", "1.2", "1.2-rc1", "edge", "latest"]
        assert rows(pilot) == [tag for tag in newest if tag in expected.split()]
        assert pane.rows.cursor == 0


async def test_what_cannot_be_understood_is_told_and_changes_no_row() -> None:
    async with running(make_app(world_of(TAGS), "alpine")) as pilot:
        await settle(pilot)
        await press(pilot, "f", *"1.2")
        before = rows(pilot)
        await typed(pilot, "1.2 /(/")
        assert "✗ /(/: missing )" in notice(pilot)
        assert rows(pilot) == before
        await typed(pilot, "1.2 /(a)/")
        assert notice(pilot) == ""
        assert rows(pilot) == ["1.2.0-alpine"]
        await typed(pilot, "nothing-like-it")
        assert "No tag is as you typed" in notice(pilot)


async def test_each_key_of_a_filter_is_borne() -> None:
    async with running(make_app(world_of(TAGS), "alpine")) as pilot:
        await settle(pilot)
        await press(pilot, "f", *"/(a|", "backspace", *"b)+$/", "space", *"!^1 >= ~ [")
        await settle(pilot)
        assert not pilot.app._exit
        await press(pilot, "escape")
        assert rows(pilot) == TAGS


async def test_a_slow_filter_takes_in_what_arrives_meanwhile() -> None:
    many = [f"{n // 100}.{n % 100}" for n in range(30_000)]
    async with running(make_app(world_of(many, page=5000), "alpine")) as pilot:
        await settle(pilot)
        pane = browser(pilot).tags
        pane.field.value = "/7$/"
        await wait_for(pilot, lambda: pane._coming is not None or len(pane.rows.view) == 3000)
        pane.add_tags(["late.7", "late.8"])
        await settle(pilot)
        assert rows(pilot) == [tag for tag in [*many, "late.7"] if tag.endswith("7")]
        pane.add_tags([f"more.{n}" for n in range(5000)])
        await settle(pilot)
        assert len(rows(pilot)) == 3001 + 500, "a page too large to be filtered between two keys"


async def test_a_filter_that_takes_too_long_is_told_and_changes_no_row() -> None:
    long = "a" * 2000 + "!"
    async with running(make_app(world_of([*TAGS, long]), "alpine")) as pilot:
        await settle(pilot)
        await typed(pilot, "1.2")
        before = rows(pilot)
        await typed(pilot, "/^(a|a)*$/")
        assert "✗ /^(a|a)*$/ takes too long" in notice(pilot)
        assert rows(pilot) == before
        assert browser(pilot).tags._coming is None
        browser(pilot).tags.add_tags(["late-1.2", "late-1.3"])
        await settle(pilot)
        assert rows(pilot) == [*before, "late-1.2"], "what the rows were filtered by holds"
        await typed(pilot, "/^late-/")
        assert notice(pilot) == ""
        assert rows(pilot) == ["late-1.2", "late-1.3"]


@pytest.mark.parametrize("more", [1, 5000])
async def test_tags_that_arrive_can_make_a_filter_take_too_long(more: int) -> None:
    async with running(make_app(world_of(TAGS), "alpine")) as pilot:
        await settle(pilot)
        await typed(pilot, "/edge|^(a|a)*$/")
        assert rows(pilot) == ["edge"]
        pane = browser(pilot).tags
        for _ in range(2):
            pane.add_tags(["a" * 2000 + "!"] * more)
            await settle(pilot)
            assert "takes too long" in notice(pilot)
            assert rows(pilot) == ["edge"]
        pane.action_sort()
        await settle(pilot)
        assert rows(pilot) == ["edge"]
        await typed(pilot, "1.10")
        assert notice(pilot) == ""
        assert rows(pilot) == ["1.10.0"]


async def test_the_line_of_keys_says_what_can_be_typed() -> None:
    async with running(make_app(world_of(TAGS), "alpine"), size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "2", "f")
        line = pilot.app.screen.query_one(KeyLine).render_line(0).text
        assert ">=1.2 ^1 versions" in line
        assert "/a|b/ regex" in line


async def test_a_long_filter_scrolls_in_its_field() -> None:
    async with running(make_app(world_of(TAGS), "alpine")) as pilot:
        await settle(pilot)
        await press(pilot, "f", *"abcdefghijklmnopqrstuvwxyz")
        field = browser(pilot).tags.field
        assert field.size.width < 26
        assert field.scroll_offset.x > 0
        assert "xyz" in field.render_line(0).text
