"""The one list of actions, and the help, palette and footer that are made of it."""

from __future__ import annotations

import pytest
from textual.content import Content

from reglens.app.actions import ACTIONS, Where, bindings, offered
from reglens.app.screens.help import Help, Keys
from reglens.app.theme import toggled
from reglens.app.widgets.lines import KeyLine, TopLine
from reglens.errors import Refused
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import Rate, World


def alpine() -> World:
    world = World()
    world.image("library/alpine", "3.20")
    return world


@pytest.mark.parametrize("where", Where)
def test_no_key_means_two_things_in_one_place(where: Where) -> None:
    keys = [key for binding in bindings(where) for key in binding.key.split(",")]
    assert len(keys) == len(set(keys))


FIXED = {
    "slash": "search",
    "tab": "next_pane",
    "shift+tab": "previous_pane",
    "escape": "back",
    "a": "pane(4)",
    "y": "copy_digest",
    "r": "reload",
    "question_mark": "app.help",
    "ctrl+p": "app.command_palette",
    "q": "app.quit",
}


@pytest.mark.parametrize("key", FIXED)
def test_the_fixed_keys(key: str) -> None:
    assert [b.action for b in bindings(Where.EVERYWHERE) if key in b.key.split(",")] == [FIXED[key]]


async def test_the_help_lists_every_key_that_works_in_the_browser() -> None:
    async with running(make_app(alpine(), "alpine"), size=(120, 60)) as pilot:
        await settle(pilot)
        await press(pilot, "question_mark")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Help) and pilot.app.screen.laid_out)
        text = str(pilot.app.screen.query_one(Keys).render())
        groups = browser(pilot).groups
        for action in ACTIONS:
            if action.where in groups:
                assert action.key_text in text
                assert action.help.split()[0] in text
        await press(pilot, "escape")
        await wait_for(pilot, lambda: pilot.app.screen is browser(pilot))


async def test_every_browser_action_has_code_behind_it() -> None:
    async with running(make_app(alpine(), "alpine")) as pilot:
        screen = browser(pilot)
        homes = {
            Where.EVERYWHERE: screen,
            Where.LIST: screen.tags.rows,
            Where.SEARCH: screen.search,
            Where.TAGS: screen.tags,
            Where.MANIFEST: screen.manifest,
            Where.AUTHENTICATION: screen.auth,
        }
        for action in ACTIONS:
            name = action.name.split("(")[0]
            home = pilot.app if name.startswith("app.") else homes.get(action.where)
            if home is not None:
                assert hasattr(home, f"action_{name.removeprefix('app.')}"), action


async def test_the_footer_follows_the_focus() -> None:
    async with running(make_app(alpine(), "alpine"), size=(200, 40)) as pilot:
        await settle(pilot)
        line = browser(pilot).query_one(KeyLine)

        def text() -> str:
            return line.render_line(0).text

        await press(pilot, "2")
        assert "f filter" in text()
        assert "s sort" in text()
        await press(pilot, "1")
        assert "p pin" in text()
        assert "s sort" not in text()
        await press(pilot, "slash")
        assert "q quit" not in text(), "in a field letters are no keys"
        assert "esc back" in text()


async def test_marking_and_comparing_are_told_where_they_lead_somewhere() -> None:
    async with running(make_app(alpine(), "alpine"), size=(80, 24)) as pilot:
        await settle(pilot)
        line = browser(pilot).query_one(KeyLine)
        await press(pilot, "2")
        assert "space mark" in line.render_line(0).text
        assert "/ search " in line.render_line(0).text
        assert "compare" not in line.render_line(0).text
        await press(pilot, "space")
        assert "= compare" in line.render_line(0).text
        await press(pilot, "escape", "1")
        assert "mark" not in line.render_line(0).text


@pytest.mark.parametrize("width", range(30, 130, 3))
def test_where_one_is_and_as_whom_stand_apart(width: int) -> None:
    line = TopLine()
    line.crumbs, line.identity, line.rate = ("registry.test", "library/alpine", "3.20"), "anonymous", Rate(100, 97)
    left, right = ("".join(piece.text for piece in pieces) for pieces in line.pieces(width))
    assert len(left) + len(right) <= max(width, len(" reglens  3.20 "))
    text = f"{left.ljust(width - len(right))}{right}"
    assert "3.20" in text
    assert "anonymous" not in text or "3.20   " in text


async def test_where_there_are_no_tags_no_key_for_them_is_told() -> None:
    world = alpine()
    world.errors["tags"] = Refused("Refused (401).", "Log in.", status=401)
    async with running(make_app(world, "alpine"), size=(200, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "2")
        line = browser(pilot).query_one(KeyLine)
        for word in ("f filter", "s sort", "d columns", "space mark"):
            assert word not in line.render_line(0).text
        world.errors.clear()
        await press(pilot, "r")
        await wait_for(pilot, lambda: "f filter" in line.render_line(0).text)
        assert "space mark" in line.render_line(0).text


async def test_the_palette_offers_actions_and_runs_them() -> None:
    app = make_app(alpine(), "alpine")
    async with running(app) as pilot:
        await settle(pilot)
        offers = {command.title: command for command in app.get_system_commands(browser(pilot))}
        for action in offered():
            assert any(action.help == command.help for command in offers.values())
        toggle = next(command for command in offers.values() if "theme" in command.title.lower())
        before = app.theme
        toggle.callback()
        await wait_for(pilot, lambda: app.theme != before)


async def test_every_offer_of_the_palette_can_be_searched_for() -> None:
    app = make_app(alpine(), "alpine")
    async with running(app) as pilot:
        await settle(pilot)
        for command in app.get_system_commands(browser(pilot)):
            assert Content.from_markup(command.title).plain == command.title
            assert Content.from_markup(command.help).plain == command.help
        await press(pilot, "ctrl+p", *"lab")
        await wait_for(pilot, lambda: "Lab  (L)" in "\n".join(s.text for s in app.screen._compositor.render_strips()))


@pytest.mark.parametrize(
    ("theme", "expected"),
    [
        ("reglens-dark", "reglens-light"),
        ("reglens-light", "reglens-dark"),
        ("ansi-dark", "reglens-light"),
        ("textual-light", "reglens-dark"),
    ],
)
def test_the_theme_is_toggled(theme: str, expected: str) -> None:
    assert toggled(theme) == expected
