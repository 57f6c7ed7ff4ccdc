"""The pages about findings: all of them, searched, and opened at one."""

from __future__ import annotations

from reglens.app.screens.pages import Pages, page_lines
from reglens.app.widgets.layout import plain
from reglens.app.widgets.sheet import Sheet
from reglens.diagnosis.pages import CODES, PAGES
from support.app_driver import browser, make_app, press, running, wait_for
from support.fake_session import World


def test_a_page_holds_all_that_is_told_at_any_width() -> None:
    for code in CODES:
        for width in (30, 118):
            text = plain(page_lines(PAGES[code], width))
            bare = "".join(text.split())
            for part in (PAGES[code].means, PAGES[code].cure):
                assert "".join(part.split()) in bare
            assert max(map(len, text.splitlines())) <= width


async def test_the_list_is_searched_and_its_pages_read() -> None:
    app = make_app(World())
    async with running(app) as pilot:
        await press(pilot, "i")
        await wait_for(pilot, lambda: isinstance(app.screen, Pages))
        screen = app.screen
        assert isinstance(screen, Pages)
        assert list(screen.list.rows.view) == list(range(len(CODES)))
        await press(pilot, "slash", *"harbor-token-issuer")
        await wait_for(pilot, lambda: [CODES[index] for index in screen.list.rows.view] == ["issuer-mismatch"])
        assert "another issuer" in plain(screen.query_one(Sheet).lines)
        await press(pilot, "escape")
        await wait_for(pilot, lambda: len(screen.list.rows.view) == len(CODES))
        await press(pilot, "escape")
        assert app.screen is browser(pilot)


async def test_it_opens_at_the_code_asked_for() -> None:
    app = make_app(World())
    async with running(app):
        await app.push_screen(Pages("clock-skew"))
        screen = app.screen
        assert isinstance(screen, Pages)
        assert "clocks" in plain(screen.query_one(Sheet).lines)
        assert screen.focused is screen.query_one(Sheet)


async def test_where_no_page_holds_what_is_typed_the_keys_of_the_list_do_no_harm() -> None:
    app = make_app(World())
    async with running(app) as pilot:
        await press(pilot, "i")
        await wait_for(pilot, lambda: isinstance(app.screen, Pages))
        screen = app.screen
        assert isinstance(screen, Pages)
        await press(pilot, "slash", *"zzzz")
        await wait_for(pilot, lambda: not screen.list.rows.view)
        await press(pilot, "down", "up", "pagedown", "pageup", "enter", "j", "G")
        assert "No page holds that." in plain(screen.query_one(Sheet).lines)
        await press(pilot, "escape")
        assert app.screen is browser(pilot)
    assert not app.defect
