"""The platform that was picked is the one that is shown of what is opened next."""

from __future__ import annotations

from reglens.errors import Reach, Unreachable
from reglens.oci.manifest import Index
from reglens.oci.reference import Place
from support.app_driver import browser, make_app, press, running, settle, started
from support.fake_session import World

PLACE = "docker.io/library/alpine"


def world() -> World:
    made = World()
    made.image("library/alpine", "3.20")
    made.image("library/alpine", "3.19", created_by="RUN something else")
    return made


async def test_another_tag_leads_to_the_same_platform_and_section() -> None:
    async with running(make_app(world(), PLACE)) as pilot:
        await started(pilot)
        screen = browser(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        await press(pilot, "j", "enter")
        await settle(pilot)
        assert screen.here.crumbs[-2:] == ("3.20", "linux/arm64")
        await press(pilot, "right", "right")
        section = screen.manifest.section
        assert section != "overview"
        await press(pilot, "2", "j", "enter")
        await settle(pilot)
        assert screen.here.crumbs[-2:] == ("3.19", "linux/arm64")
        assert screen.manifest.section == section
        await press(pilot, "escape")
        await settle(pilot)
        assert screen.here.crumbs[-1] == "3.19"
        assert isinstance(screen.here.manifest, Index)


async def test_in_an_index_the_cursor_stands_on_the_platform_that_was_picked() -> None:
    async with running(make_app(world(), PLACE)) as pilot:
        await started(pilot)
        screen = browser(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        await press(pilot, "j", "enter")
        await settle(pilot)
        await press(pilot, "escape", "2", "j", "enter")
        await settle(pilot)
        assert screen.here.crumbs[-1] == "3.19"
        await press(pilot, "enter")
        await settle(pilot)
        assert screen.here.crumbs[-2:] == ("3.19", "linux/arm64")


async def test_a_tag_without_the_platform_shows_what_it_has_and_says_so() -> None:
    made = world()
    lone = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'
    made.manifests["library/alpine:3.19"] = (lone.encode(), "application/vnd.oci.image.index.v1+json")
    async with running(make_app(made, PLACE)) as pilot:
        await started(pilot)
        screen = browser(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        await press(pilot, "2", "j", "enter")
        await settle(pilot)
        assert screen.here.crumbs[-1] == "3.19"
        assert any("has no linux/amd64" in note.message for note in pilot.app._notifications)


async def test_a_tag_that_failed_does_not_lead_what_is_opened_next_to_the_platform() -> None:
    made = world()
    made.errors["/v2/library/alpine/manifests/3.19"] = Unreachable("gone", "", kind=Reach.CONNECT)
    async with running(make_app(made, PLACE)) as pilot:
        await started(pilot)
        screen = browser(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        await press(pilot, "2", "j", "enter")
        await settle(pilot)
        assert screen.here.crumbs[-1] == "3.19"
        assert screen.here.manifest is None
        screen.go(Place.parse(f"{PLACE}:3.20"))
        await settle(pilot)
        assert screen.here.crumbs[-1] == "3.20"
        assert isinstance(screen.here.manifest, Index)
