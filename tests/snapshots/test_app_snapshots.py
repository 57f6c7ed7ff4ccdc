"""Pictures of the whole app in its main states, at a fixed time, before a fake registry."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from reglens.app.app import ReglensApp
from reglens.app.explorer import Group
from reglens.app.messages import Diagnosed
from reglens.app.remember import Memory, Remembered
from reglens.app.screens.help import Help
from reglens.errors import Refused
from reglens.oci.reference import HUB
from reglens.trace.exchange import Body, Role
from support.app_driver import browser, make_app, press, settle, started, wait_for
from support.exchanges import at, classic_diagnosis, classic_refusal, healthy_pull, manifest_exchange
from support.fake_session import Hit, Rate, World

SnapCompare = Callable[..., bool]
Act = Callable[[Pilot[None]], Awaitable[None]]
TAGS = (
    ("latest", 1), ("edge", 0), ("3.20", 1), ("3.20.3", 1), ("3.20.2", 2), ("3.19", 3), ("3.19.4", 3), ("3.18", 4),
    ("20160329", 5),
)  # fmt: skip
"""Tags, and which image each of them is."""
SIZES = [(80, 24), (120, 40), (200, 60)]
EVERY_SIZE = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_ANIMATIONS"):
        monkeypatch.delenv(name, raising=False)


def world() -> World:
    """A small Docker Hub."""
    made = World(rate=Rate(), page=50)
    made.hits = [
        Hit("alpine", "A minimal Docker image based on Alpine Linux", official=True),
        Hit("alpine/git", "A simple git container"),
        Hit("grafana/alpine", "Alpine with certificates"),
    ]
    for tag, step in TAGS:
        made.image("library/alpine", tag, created_by=f"RUN {step}", created=f"202{6 - step}-02-01T10:00:00Z")
    listed = replace(manifest_exchange(), role=Role.TAGS, url=f"https://{HUB}/v2/library/alpine/tags/list", body=Body())
    made.scripts["tags"] = [*healthy_pull()[:2], listed]
    made.scripts["manifest"] = [manifest_exchange()]
    made.scripts["config"] = ()
    made.scripts["ping"] = made.scripts["search"] = ()
    return made


def app(given: World, place: str | None = None, *, light: bool = False, columns: str = "none") -> ReglensApp:
    memory = Memory()
    memory.known = Remembered(
        recents=("registry-1.docker.io/library/nginx", "ghcr.io/owner/tool"),
        pins=("registry-1.docker.io/library/alpine",),
        theme="reglens-light" if light else "",
    )
    return make_app(given, place, memory, clock=lambda: at(48), columns=columns)


def after(*pressed: str, then: Act | None = None) -> Act:
    """Wait until everything is there, press the keys, wait again."""

    async def act(pilot: Pilot[None]) -> None:
        await started(pilot)
        await settle(pilot)
        await press(pilot, *pressed)
        await settle(pilot)
        if then:
            await then(pilot)
            await settle(pilot)
        pilot.app.clear_notifications()
        await pilot.pause()

    return act


async def columns_filled(pilot: Pilot[None]) -> None:
    """Wait until everything is known of the tags in view that has room beside them."""
    tags, visit = browser(pilot).tags, browser(pilot)._visit
    await wait_for(pilot, lambda: bool(visit.extent) and len(visit.done) == len(TAGS) and not visit.running)
    tags._subtitle()


async def explain_classically(pilot: Pilot[None]) -> None:
    """Put a fixed diagnosis in the place of the present rules'."""
    screen = browser(pilot)
    screen.post_message(Diagnosed(screen.explorer._numbers[Group.DIAGNOSIS], classic_diagnosis()))
    await pilot.pause()


@EVERY_SIZE
def test_start(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app(world()), terminal_size=size, run_before=after())


@EVERY_SIZE
def test_search(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    async def results(pilot: Pilot[None]) -> None:
        screen = browser(pilot)
        screen.explorer.call_off(Group.SEARCH)
        screen.search.show_hits("alp", world().hits, None)

    act = after("slash", *"alp", then=results)
    assert snap_compare(app(world()), terminal_size=size, run_before=act)


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@EVERY_SIZE
def test_tags_and_manifest(snap_compare: SnapCompare, size: tuple[int, int], light: bool) -> None:
    act = after("2", "space", "j", "space", "k", then=columns_filled)
    assert snap_compare(app(world(), "alpine:3.20", light=light, columns="all"), terminal_size=size, run_before=act)


@pytest.mark.parametrize("size", [(80, 24), (110, 36), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_platform(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(app(world(), "alpine:3.20"), terminal_size=size, run_before=after("3", "enter"))


def test_filter_and_sort(snap_compare: SnapCompare) -> None:
    act = after("2", "s", "s", "f", *">=3.19", "space", *"!edge")
    assert snap_compare(app(world(), "alpine"), terminal_size=(120, 40), run_before=act)


def test_a_filter_that_is_none(snap_compare: SnapCompare) -> None:
    act = after("2", "f", *"3.2", "space", "slash", *"(a|b", then=None)
    assert snap_compare(app(world(), "alpine"), terminal_size=(80, 24), run_before=act)


@EVERY_SIZE
def test_refused(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    refusing = world()
    refusing.scripts["tags"] = classic_refusal()
    refusing.errors["tags"] = Refused("Access to library/alpine is refused (401).", "Log in.", status=401)
    act = after(then=explain_classically)
    assert snap_compare(app(refusing, "alpine"), terminal_size=size, run_before=act)


def test_a_reference_that_is_none(snap_compare: SnapCompare) -> None:
    act = after("slash", *"quay.io", "slash", *"Team", "slash", *"app")
    assert snap_compare(app(world()), terminal_size=(120, 40), run_before=act)


@pytest.mark.parametrize("size", [(80, 24), (120, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_help(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    async def drawn(pilot: Pilot[None]) -> None:
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Help) and pilot.app.screen.laid_out)

    act = after("2", "question_mark", then=drawn)
    assert snap_compare(app(world(), "alpine:3.20"), terminal_size=size, run_before=act)


def test_zoomed(snap_compare: SnapCompare) -> None:
    assert snap_compare(app(world(), "alpine:3.20"), terminal_size=(100, 30), run_before=after("2", "z"))
