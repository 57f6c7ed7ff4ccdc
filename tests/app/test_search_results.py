"""What a search tells in the search pane, and what stands there where a registry lists nothing."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot

from reglens.app.messages import FurtherFound
from reglens.app.widgets.search_rows import Further, fitted
from reglens.errors import NotListed, ReglensError
from reglens.oci.reference import HUB
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


def listed(*, asked: bool = False) -> Further:
    """What a ``registries.conf`` with three registries to search comes to."""
    return Further((HUB, "quay.io", "registry.test:5000"), "~/.config/containers/registries.conf", asked)


async def test_registries_to_search_are_offered_and_asked_only_once_that_is_chosen() -> None:
    world = World(rate=Rate())
    world.hits = [Hit("nginx", "The server", official=True), Hit("acme/nginx")]
    app = make_app(world)
    async with running(app, size=(200, 40)) as pilot:
        app.searched = listed()
        browser(pilot).offer_further()
        await press(pilot, "slash", *"nginx")
        await wait_for(pilot, lambda: len(browser(pilot).search.rows.view) == 3)
        await settle(pilot)
        assert set(browser(pilot).explorer._sessions) == {HUB}
        assert "+ search 2 more registries" in shown(pilot)
        await press(pilot, "down", "down", "enter")
        await wait_for(pilot, lambda: len(browser(pilot).search.rows.view) == 8)
        assert browser(pilot).search.labels(20) == [
            "library/nginx", "acme/nginx",
            "quay.io", "nginx", "acme/nginx",
            "registry.test:5000", "nginx", "acme/nginx",
        ]  # fmt: skip
        assert browser(pilot).here.registry == HUB
        await press(pilot, "down", "enter")
        await settle(pilot)
        assert browser(pilot).here.registry == "quay.io"
        assert browser(pilot).here.crumbs == ("quay.io", "nginx")


async def test_one_of_them_that_fails_is_told_in_its_place_and_old_answers_are_dropped() -> None:
    world = World(rate=Rate())
    world.hits = [Hit("nginx")]
    app = make_app(world)
    async with running(app, size=(200, 40)) as pilot:
        app.searched = listed(asked=True)
        browser(pilot).offer_further()
        world.gates["search"] = gate = asyncio.Event()
        await press(pilot, "slash", *"ngin")
        await wait_for(pilot, lambda: "searching…" in shown(pilot))
        await press(pilot, "x")
        late = FurtherFound(1, "ngin", "quay.io", [Hit("of/an-old-query")])
        browser(pilot).post_message(late)
        gate.set()
        await settle(pilot)
        assert browser(pilot).search.labels(20) == ["library/nginx", "quay.io", "nginx", "registry.test:5000", "nginx"]
        assert "an-old-query" not in shown(pilot)
        world.errors["search"] = ReglensError("It is closed today.")
        await press(pilot, "e")
        await settle(pilot)
        assert shown(pilot).count("It is closed today.") >= 2


async def test_elsewhere_none_are_offered() -> None:
    world = World(rate=Rate())
    app = make_app(world, "other.test/")
    async with running(app) as pilot:
        app.searched = listed()
        browser(pilot).offer_further()
        await press(pilot, "slash", *"nginx")
        await settle(pilot)
        assert browser(pilot).search.labels(20) == []


async def test_what_the_present_registry_has_stands_first_and_the_list_may_still_grow() -> None:
    world = World(rate=Rate(), catalog=[f"team/web{number}" for number in range(5)])
    world.hits = [Hit("team/web9")]
    world.gates["catalog"] = gate = asyncio.Event()
    app = make_app(world, "registry.test:5000/")
    async with running(app, size=(200, 40)) as pilot:
        app.searched = Further(("registry.test:5000", "quay.io"), "registries.conf", asked=True)
        browser(pilot).offer_further()
        await press(pilot, "slash", *"web")
        await wait_for(pilot, lambda: browser(pilot).search.labels(20) == ["quay.io", "team/web9"])
        gate.set()
        await settle(pilot)
        assert browser(pilot).search.labels(20) == [*world.catalog, "quay.io", "team/web9"]


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (60, "  ★ 262  ↓ 390M  A container running git"),
        (35, "  ★ 262  ↓ 390M  A container runni…"),
        (22, "  ★ 262  ↓ 390M"),
        (14, "  ★ 262"),
        (6, ""),
        (-3, ""),
    ],
)
def test_beside_a_name_numbers_are_told_whole_or_not_at_all(width: int, told: str) -> None:
    assert fitted("★ 262  ↓ 390M  A container running git", width) == told
    assert fitted("searching…", 20) == "  searching…"
