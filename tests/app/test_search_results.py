"""What a search tells in the search pane, and what stands there where a registry lists nothing."""

from __future__ import annotations

from textual.pilot import Pilot

from reglens.errors import NotListed
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import Hit, Rate, World


def shown(pilot: Pilot[None]) -> str:
    """The screen as text."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


async def test_marks_stars_and_pulls_stand_with_what_was_found() -> None:
    world = World(rate=Rate())
    world.hits = [
        Hit("nginx", "The server", official=True, stars=21_000, pulls=10**9),
        Hit("acme/nginx", verified=True, stars=0, pulls=1_250_000),
        Hit("me/nginx", "Mine"),
    ]
    async with running(make_app(world), size=(200, 40)) as pilot:
        await press(pilot, "slash", *"nginx")
        await wait_for(pilot, lambda: len(browser(pilot).search.rows.view) == 3)
        rows = {row.label: (row.mark, row.detail) for row in browser(pilot).search._head}
        assert rows == {
            "library/nginx": ("●", "★ 21k  ↓ 1B  The server"),
            "acme/nginx": ("✓", "↓ 1.2M"),
            "me/nginx": (" ", "Mine"),
        }
        assert "★ 21k" in shown(pilot)


async def test_a_registry_that_lists_nothing_says_so_and_how_to_go_on() -> None:
    world = World(rate=Rate())
    problem = NotListed("It lists its repositories to nobody.", "Type owner/image.")
    world.errors["catalog"] = world.errors["search"] = problem
    async with running(make_app(world, "localhost:5000/")) as pilot:
        await settle(pilot)
        assert "It lists its" in shown(pilot)
        assert "Type owner/image." in shown(pilot)
        await press(pilot, "slash", *"web/x")
        await settle(pilot)
        labels = [row.label for row in browser(pilot).search._head]
        assert "open web/x" in labels, "a full name can be opened all the same"
