"""The browser, driven as a person drives it, before a registry that answers when it is let."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.keys import key_to_character
from textual.pilot import Pilot

from reglens.app.browser import Browser
from reglens.app.explorer import Group
from reglens.app.widgets.lines import Skeleton
from reglens.app.widgets.pane import Notice
from reglens.errors import ErrorEntry, Reach, Refused, Unreachable
from reglens.oci.manifest import Image, Index
from reglens.oci.reference import HUB
from support.app_driver import browser, make_app, press, running, settle, started, wait_for
from support.fake_session import Hit, Rate, World


def small_world() -> World:
    world = World(rate=Rate())
    world.image("library/alpine", "3.20")
    world.image("library/alpine", "3.19", created_by="RUN something else")
    world.hits = [Hit("grafana/agent-alpine"), Hit("alpine", "A minimal image", official=True), Hit("alpine/git")]
    return world


def crumbs(screen: Browser) -> tuple[str, ...]:
    """Where the browser is."""
    return screen.here.crumbs


def shown(pilot: Pilot[None]) -> str:
    """The screen as text."""
    app = pilot.app
    lines = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in lines)


async def test_from_search_to_platform_and_back() -> None:
    world = small_world()
    async with running(make_app(world)) as pilot:
        screen = browser(pilot)
        await press(pilot, "slash", *"alpine")
        await wait_for(pilot, lambda: len(screen.search.rows.view) == 3)
        await press(pilot, "enter")
        await settle(pilot)
        assert crumbs(screen) == (HUB, "library/alpine")
        assert screen.tags.tags == ["3.20", "3.19"]
        assert screen.focused is screen.tags.rows
        await press(pilot, "j", "enter")
        await settle(pilot)
        assert crumbs(screen) == (HUB, "library/alpine", "3.19")
        assert isinstance(screen.here.manifest, Index)
        await press(pilot, "enter")
        await settle(pilot)
        assert crumbs(screen) == (HUB, "library/alpine", "3.19", "linux/amd64")
        assert isinstance(screen.here.manifest, Image)
        asked = len(world.asked)
        await press(pilot, "escape")
        assert crumbs(screen) == (HUB, "library/alpine", "3.19")
        await press(pilot, "escape")
        assert screen.focused is screen.tags.rows
        await press(pilot, "escape")
        assert screen.focused is screen.search.rows
        await settle(pilot)
        assert len(world.asked) == asked, "going back asks nobody"


async def test_a_typed_name_comes_before_one_that_merely_holds_it() -> None:
    async with running(make_app(small_world())) as pilot:
        screen = browser(pilot)
        await press(pilot, "slash", *"alpine")
        await wait_for(pilot, lambda: len(screen.search.rows.view) == 3)
        labels = screen.search.labels(10)
        assert labels == ["library/alpine", "alpine/git", "grafana/agent-alpine"]


async def test_one_search_for_a_burst_of_keys() -> None:
    world = small_world()
    async with running(make_app(world)) as pilot:
        await press(pilot, "slash")
        for character in "alpine":
            pilot.app.post_message(events.Key(character, character))
        await wait_for(pilot, lambda: any(kind == "search" for kind, _ in world.asked))
        await settle(pilot)
        assert [path for kind, path in world.asked if kind == "search"] == ["/search?query=alpine"]


async def test_opens_at_the_place_of_the_command_line() -> None:
    async with running(make_app(small_world(), "alpine:3.20")) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        assert crumbs(screen) == (HUB, "library/alpine", "3.20")
        assert "sha256:" in shown(pilot)
        assert screen.tags.tags == ["3.20", "3.19"]


async def test_a_reference_typed_leads_straight_there() -> None:
    world = small_world()
    async with running(make_app(world)) as pilot:
        screen = browser(pilot)
        await press(pilot, "slash", *"alpine", "colon", *"3.19", "enter")
        await settle(pilot)
        assert screen.here.reference is not None
        assert str(screen.here.reference) == f"{HUB}/library/alpine:3.19"
        assert not [path for kind, path in world.asked if kind == "search" and "3.19" in path]


async def test_a_host_typed_opens_that_registry_and_lists_it() -> None:
    world = small_world()
    world.catalog = ["team/one", "team/two"]
    async with running(make_app(world)) as pilot:
        screen = browser(pilot)
        await press(pilot, "slash", *"localhost", "colon", *"5000", "enter")
        await settle(pilot)
        assert crumbs(screen) == ("localhost:5000",)
        assert screen.search.names == ["team/one", "team/two"]
        assert world.closed == 0
    assert world.closed == 2, "both sessions are closed at the end"


async def test_what_is_wrong_with_a_reference_is_pointed_at() -> None:
    async with running(make_app(small_world())) as pilot:
        await press(pilot, "slash", *"quay.io", "slash", *"Team", "slash", *"app")
        text = shown(pilot)
        lines = text.splitlines()
        typed = next(line for line in lines if "quay.io/Team/app" in line)
        pointed = next(line for line in lines if "↑" in line)
        assert pointed.index("↑") == typed.index("Team")
        assert "'T' is not" in text


async def test_words_are_never_called_a_wrong_reference() -> None:
    async with running(make_app(small_world())) as pilot:
        await press(pilot, "slash", *"Some", "space", *"Words")
        assert not browser(pilot).search.query_one("#caret").has_class("-shown")


async def test_a_late_answer_to_an_old_question_is_dropped() -> None:
    world = small_world()
    world.tags["library/nginx"] = ["1.27"]
    world.gates["tags"] = asyncio.Event()
    async with running(make_app(world, "alpine")) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: len(world.asked) == 1)
        from reglens.app.messages import PlaceChosen, TagsArrived
        from reglens.oci.reference import Place

        old = screen.explorer._numbers[Group.TAGS]
        screen.post_message(PlaceChosen(Place.parse("nginx")))
        await wait_for(pilot, lambda: len(world.asked) == 2)
        world.gates["tags"].set()
        screen.post_message(TagsArrived(old, ["from", "the", "past"]))
        await settle(pilot)
        assert screen.tags.tags == ["1.27"]


async def test_a_newer_choice_cancels_the_older() -> None:
    world = small_world()
    async with running(make_app(world, "alpine")) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        world.gates["manifest"] = asyncio.Event()
        await press(pilot, "enter")
        await press(pilot, "escape", "j", "enter")
        world.gates["manifest"].set()
        await settle(pilot)
        assert screen.here.reference is not None
        assert screen.here.reference.tag == "3.19"
        assert screen.here.manifest is not None
        ended = [e.status for e in screen.explorer.session.trace if e.path.endswith("/manifests/3.20")]
        assert ended == [None], "the older request never got its answer"


@pytest.mark.parametrize("keys", [("q",), ("ctrl+q",), ("slash", "ctrl+q"), ("ctrl+c",)])
async def test_quits_in_the_middle_of_a_request(keys: tuple[str, ...]) -> None:
    world = small_world()
    world.gates["tags"] = asyncio.Event()
    app = make_app(world, "alpine")
    async with running(app) as pilot:
        await wait_for(pilot, lambda: len(world.asked) == 1)
        await press(pilot, *keys)
        await wait_for(pilot, lambda: app._exit)
    assert app.return_code == 0
    assert not app.defect


async def test_q_types_in_a_field() -> None:
    app = make_app(small_world())
    async with running(app) as pilot:
        await press(pilot, "slash", "q", "a", "question_mark", "1")
        assert browser(pilot).search.field.value == "qa?1"
        assert not app._exit


async def test_a_refusal_is_explained_and_takes_the_stage() -> None:
    world = small_world()
    world.errors["tags"] = Refused(
        "Access to library/alpine is refused (401)", "Log in.", status=401, entries=(ErrorEntry("UNAUTHORIZED", "no"),)
    )
    async with running(make_app(world, "alpine")) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        text = shown(pilot)
        assert "✗ Access to" in text
        assert "Log in." in text
        assert screen.has_class("-stage")
        assert screen.auth.size.height > screen.tags.size.height
        world.errors.clear()
        await press(pilot, "r")
        await settle(pilot)
        assert not screen.has_class("-stage")
        assert screen.tags.tags == ["3.20", "3.19"]


async def test_a_long_failure_is_scrolled_by_the_keys_of_the_list() -> None:
    world = small_world()
    world.errors["tags"] = Unreachable("The connection broke off.", "word\n" * 60 + "the end", kind=Reach.ANSWER)
    async with running(make_app(world, "alpine")) as pilot:
        await settle(pilot)
        assert browser(pilot).focused is browser(pilot).tags.rows
        assert "the end" not in shown(pilot)
        await press(pilot, "G")
        assert "the end" in shown(pilot)
        await press(pilot, "g")
        assert "✗ The connection" in shown(pilot)
        await press(pilot, "down", "pagedown")
        assert "✗ The connection" not in shown(pilot)


async def test_a_failure_stays_in_its_pane_and_the_rest_goes_on() -> None:
    world = small_world()
    world.errors["manifest"] = Unreachable("The connection broke off.", "Reload with r.", kind=Reach.ANSWER)
    async with running(make_app(world, "alpine")) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        assert "The connection broke off." in shown(pilot)
        assert screen.tags.tags == ["3.20", "3.19"]
        world.errors.clear()
        await press(pilot, "r")
        await settle(pilot)
        assert screen.here.manifest is not None


async def test_a_defect_of_ours_is_told_and_does_not_end_the_app() -> None:
    world = small_world()
    app = make_app(world, "alpine")
    async with running(app) as pilot:
        await settle(pilot)
        world.errors["manifest"] = ZeroDivisionError("a bug")  # type: ignore[assignment]
        await press(pilot, "enter")
        await settle(pilot)
        assert "a defect in reglens" in shown(pilot)
        assert not app._exit


async def test_tags_stream_in_and_the_first_page_does_not_wait() -> None:
    world = small_world()
    world.tags["library/alpine"] = [f"1.{n}" for n in range(250)]
    world.gates["more tags"] = asyncio.Event()
    async with running(make_app(world, "alpine")) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: len(screen.tags.tags) == 100)
        assert "100 of 100 …" in shown(pilot)
        await press(pilot, "f", *"1.9")
        assert "11 of 100 …" in shown(pilot)
        world.gates["more tags"].set()
        await settle(pilot)
        assert "11 of 250" in shown(pilot)
        await press(pilot, "escape")
        assert "250 of 250" in shown(pilot)


async def test_tags_sort_by_version_while_they_stream() -> None:
    world = small_world()
    world.tags["library/alpine"] = ["1.9", "1.10", "latest", "1.10-rc1", "1.2", *(f"0.{n}" for n in range(200))]
    async with running(make_app(world, "alpine")) as pilot:
        screen = browser(pilot)
        await settle(pilot)
        await press(pilot, "s", "s")
        await settle(pilot)
        rows = [screen.tags.tags[i] for i in screen.tags.rows.view]
        assert rows[:5] == ["1.10", "1.10-rc1", "1.9", "1.2", "0.199"]
        assert rows[-1] == "latest"
        await press(pilot, "s")
        await settle(pilot)
        assert [screen.tags.tags[i] for i in screen.tags.rows.view] == world.tags["library/alpine"]


async def test_a_hundred_thousand_tags_filter_and_scroll() -> None:
    world = small_world()
    world.page = 10_000
    world.tags["library/alpine"] = [f"{n // 1000}.{n % 1000}" for n in range(100_000)]
    async with running(make_app(world, "alpine")) as pilot:
        screen = browser(pilot)
        await settle(pilot)
        assert "100 000 of 100 000" in shown(pilot)
        await press(pilot, "G")
        assert "99.999" in shown(pilot)
        await press(pilot, "f", *"77.7")
        assert len(screen.tags.rows.view) == sum("77.7" in tag for tag in screen.tags.tags)
        await press(pilot, "enter")
        assert screen.here.reference is not None
        assert screen.here.reference.tag == "77.7"


@pytest.mark.parametrize(
    ("key", "copied"),
    [
        ("Y", "docker.io/library/alpine:3.20"),
        ("c", "docker pull docker.io/library/alpine:3.20"),
    ],
)
async def test_copies(key: str, copied: str) -> None:
    async with running(make_app(small_world(), "alpine:3.20")) as pilot:
        await settle(pilot)
        await press(pilot, key)
        assert pilot.app.clipboard == copied


async def test_copies_the_digest_shown() -> None:
    world = small_world()
    async with running(make_app(world, "alpine:3.20")) as pilot:
        await settle(pilot)
        manifest = browser(pilot).here.manifest
        assert manifest is not None
        await press(pilot, "y")
        assert pilot.app.clipboard == str(manifest.digest)
        await press(pilot, "enter")
        await settle(pilot)
        await press(pilot, "y")
        assert pilot.app.clipboard != str(manifest.digest)


async def test_nothing_to_copy_is_said() -> None:
    async with running(make_app(small_world())) as pilot:
        await settle(pilot)
        await press(pilot, "y")
        assert ["no digest to copy yet" in told.message for told in pilot.app._notifications] == [True]
        assert pilot.app.clipboard == ""


async def test_pins_and_recents_stand_first() -> None:
    world = small_world()
    world.catalog = ["aaa/first", "bbb/second", "ccc/third"]
    async with running(make_app(world, "localhost:5000/")) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        await press(pilot, "j", "j", "p")
        assert [row.label for row in screen.search._head] == ["ccc/third"]
        assert [row.mark for row in screen.search._head] == ["★"]
        assert len(screen.search.rows.view) == 3, "a pinned repository is not listed twice"
        assert pilot.app.memory.known.pins == ("localhost:5000/ccc/third",)  # type: ignore[attr-defined]


async def test_a_registry_without_a_catalogue_says_so_and_is_pinged() -> None:
    world = small_world()
    world.errors["catalog"] = Refused("The catalogue is not for everybody (401).", "Type a name.", status=401)
    async with running(make_app(world, "localhost:5000/")) as pilot:
        await settle(pilot)
        assert "The catalogue is not" in shown(pilot)
        assert [kind for kind, _ in world.asked] == ["catalog", "ping"]


async def test_tab_goes_round_the_panes() -> None:
    async with running(make_app(small_world(), "alpine:3.20")) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        await press(pilot, "1")
        seen = []
        for _ in range(4):
            seen.append(screen.front)
            await press(pilot, "tab")
        assert seen == ["search", "tags", "manifest", "auth"]
        await press(pilot, "shift+tab")
        assert screen.front == "auth"
        await press(pilot, "escape")
        assert screen.front != "auth"


async def test_on_a_narrow_screen_the_pane_in_use_is_the_one_seen() -> None:
    async with running(make_app(small_world(), "alpine:3.20"), size=(80, 24)) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        for key, front in (("1", screen.search), ("2", screen.tags), ("3", screen.manifest)):
            await press(pilot, key)
            assert [pane for pane in (screen.search, screen.tags, screen.manifest) if pane.size.width] == [front]
            assert screen.auth.size.height > 0


async def test_zoom_gives_a_pane_the_whole_screen() -> None:
    async with running(make_app(small_world(), "alpine:3.20")) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        for key, pane in (("1", screen.search), ("2", screen.tags), ("3", screen.manifest), ("a", screen.auth)):
            await press(pilot, key, "z")
            assert pane.outer_size == screen.size.with_height(screen.size.height - 2)
            await press(pilot, "z")
            assert pane.outer_size.height < screen.size.height - 2


async def test_the_top_line_tells_who_and_how_many() -> None:
    async with running(make_app(small_world(), "alpine")) as pilot:
        await settle(pilot)
        assert "anonymous · 97 of 100 pulls left" in shown(pilot).splitlines()[0]


async def test_the_theme_is_toggled_and_kept() -> None:
    app = make_app(small_world())
    async with running(app) as pilot:
        await press(pilot, "t")
        assert app.theme == "reglens-light"
        assert app.memory.known.theme == "reglens-light"
        await press(pilot, "t")
        assert app.theme == "reglens-dark"


async def test_keys_typed_before_the_browser_is_there_are_not_lost() -> None:
    app = make_app(small_world())
    async with app.run_test(size=(120, 40)) as pilot:
        for key in ("slash", *"alp"):
            app.post_message(events.Key(key, "/" if key == "slash" else key_to_character(key)))
        await wait_for(pilot, lambda: len(app.screen_stack) > 1 and browser(pilot).search.field.value == "alp")


async def test_a_click_opens_a_row_and_a_crumb_leads_back() -> None:
    world = small_world()
    async with running(make_app(world, "alpine")) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        await pilot.click(screen.tags.rows, offset=(4, 1))
        await settle(pilot)
        assert screen.here.crumbs[-1] == "3.19"
        await pilot.click(offset=(len(" reglens  ") + 2, 0))
        await settle(pilot)
        assert crumbs(screen) == (HUB,)


async def test_the_wheel_scrolls() -> None:
    world = small_world()
    world.tags["library/alpine"] = [f"1.{n}" for n in range(90)]
    async with running(make_app(world, "alpine")) as pilot:
        await settle(pilot)
        rows = browser(pilot).tags.rows
        for _ in range(3):
            rows.post_message(events.MouseScrollDown(rows, 4, 4, 0, 1, 0, False, False, False))
        await wait_for(pilot, lambda: rows.scroll_offset.y > 0)
        assert rows.cursor == 0


async def test_no_key_harms_before_anything_can_be_asked() -> None:
    app = make_app(small_world())
    async with app.run_test(size=(120, 40)) as pilot:
        for key in ("r", "y", "c", "Y", "p", "z", "z", "escape", "tab", "enter", "s", "1", "2", "3", "a"):
            app.post_message(events.Key(key, key_to_character(key)))
        await started(pilot)
        await settle(pilot)
        assert not app._exit


async def test_what_did_not_answer_is_not_remembered() -> None:
    world = small_world()
    app = make_app(world, "library/missing")
    async with running(app) as pilot:
        await settle(pilot)
        assert list(app.memory.known.recents) == []
        await press(pilot, "slash", *"alpine", "colon", *"3.20")
        await wait_for(pilot, lambda: browser(pilot).search.field.value == "alpine:3.20")
        await press(pilot, "enter")
        await settle(pilot)
        assert list(app.memory.known.recents) == [f"{HUB}/library/alpine"]


async def test_while_a_registry_does_not_answer_it_is_said_who_is_asked() -> None:
    world = World(catalog=["a/b"], gates={"catalog": asyncio.Event()})
    app = make_app(world, "slow.test/")
    assert app.starting == "Connecting to slow.test…"
    async with running(app) as pilot:
        screen = browser(pilot)
        assert screen.search.query_one(Notice).content.plain == "Connecting to slow.test…"
        world.gates["catalog"].set()
        await wait_for(pilot, lambda: list(screen.search.names) == ["a/b"])
        assert screen.search.query_one(Notice).content.plain == ""


def test_the_picture_before_the_panes_holds_the_words_that_they_begin_with() -> None:
    class Pictured(App[None]):
        def compose(self) -> ComposeResult:
            yield Skeleton("Starting the demo registry…")

        def get_theme_variable_defaults(self) -> dict[str, str]:
            return {"muted": "#888888"}

    async def lines(size: tuple[int, int]) -> list[str]:
        async with Pictured().run_test(size=size) as pilot:
            return [strip.text for strip in pilot.app.screen._compositor.render_strips()]

    for size in ((120, 40), (80, 24), (20, 10), (3, 4)):
        shown = asyncio.run(lines(size))
        assert size[0] < 9 or shown[2].startswith("│ Starting the demo registry…"[: size[0] - 2])
        assert {len(line) for line in shown} == {size[0]}
