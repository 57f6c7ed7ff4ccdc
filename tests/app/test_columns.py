"""The columns beside the tags: what is looked up, at what cost, and that nothing else notices."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from reglens.app.columns import AT_ONCE, Visit
from reglens.app.tag_facts import Detail, Extent, TagFacts, facts_of, is_free, with_config
from reglens.app.widgets.tag_rows import columns, named, tag_row
from reglens.errors import RateLimited, Reach, Refused, Unreachable
from reglens.oci import media
from reglens.oci.config import parse_config
from reglens.oci.digest import Digest
from reglens.oci.manifest import parse_manifest
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import MOMENT, Rate, World


def world_of(count: int, *, rate: Rate | None = None) -> World:
    """A repository of so many images; every third tag is the image of the first."""
    world = World(rate=rate, page=1000)
    for number in range(count):
        world.image("library/alpine", f"1.{number}", created_by=f"RUN {number if number % 3 else 0}")
    return world


def asked(world: World, kind: str) -> list[str]:
    return [path.rpartition("/")[2] for asked, path in world.asked if asked == kind]


def in_view(pilot: Pilot[None]) -> list[str]:
    tags = browser(pilot).tags
    return [tags.tags[item] for item in tags._items_in_view]


async def filled(pilot: Pilot[None]) -> None:
    """Wait until the rows in view are known as far as they will be."""
    screen = browser(pilot)

    def done() -> bool:
        visit = screen._visit
        known = {*screen.tags.facts, *visit.done}
        return visit.stopped or (known.issuperset(in_view(pilot)) and not visit.running and not visit.waiting)

    await settle(pilot)
    await wait_for(pilot, lambda: bool(in_view(pilot)) and done())


def lines(pilot: Pilot[None]) -> list[str]:
    rows = browser(pilot).tags.rows
    return [rows.render_line(y).text.rstrip() for y in range(len(rows.in_view))]


@pytest.mark.parametrize(("size", "told"), [((120, 40), True), ((320, 60), False)])
async def test_columns_that_find_no_room_are_told(size: tuple[int, int], told: bool) -> None:
    async with running(make_app(world_of(3), "alpine", columns="free"), size=size) as pilot:
        await filled(pilot)
        await press(pilot, "d")
        await filled(pilot)
        (notice,) = pilot.app._notifications
        assert ("z widens it" in notice.message) is told
        if told:
            await press(pilot, "z")
            await wait_for(pilot, lambda: "MiB" in lines(pilot)[0])


async def test_the_rows_in_view_are_filled_and_no_others() -> None:
    world = world_of(200)
    async with running(make_app(world, "alpine", columns="free"), size=(200, 60)) as pilot:
        await filled(pilot)
        screen = browser(pilot)
        seen = in_view(pilot)
        assert sorted(asked(world, "resolve")) == sorted(seen)
        assert len(seen) < 100
        first = lines(pilot)[0].split()
        digest = screen.tags.facts["1.0"].digest
        assert first[1:] == ["1.0", digest.encoded[:12], "28", "days", "3.2", "MiB"]
        await press(pilot, "G")
        await filled(pilot)
        assert "1.199" in screen.tags.facts
        assert "1.100" not in screen.tags.facts


async def test_a_wide_pane_tells_size_and_platforms_too() -> None:
    async with running(make_app(world_of(3), "alpine", columns="free"), size=(90, 30)) as pilot:
        await press(pilot, "2")
        await filled(pilot)
        assert lines(pilot)[0].split()[3:] == ["28", "days", "3.2", "MiB", "amd64", "arm64"]


@pytest.mark.parametrize(
    ("rate", "detail", "spends"),
    [
        (None, "free", True),
        (Rate(5000, 4000), "free", True),
        (Rate(100, 97), "free", False),
        (Rate(100, None), "free", False),
        (Rate(100, 97), "all", True),
    ],
)
async def test_what_is_counted_is_spent_only_when_that_is_wanted(rate: Rate | None, detail: str, spends: bool) -> None:
    world = world_of(6, rate=rate)
    async with running(make_app(world, "alpine", columns=detail), size=(200, 40)) as pilot:
        await filled(pilot)
        assert len(asked(world, "resolve")) == 6
        assert bool(asked(world, "manifest")) is spends
        assert set(browser(pilot).tags.facts) == {f"1.{n}" for n in range(6)}
        so_far = len(world.asked)
        await press(pilot, "2", "j")
        await asyncio.sleep(0.3)
        await settle(pilot)
        assert len(world.asked) == so_far, "nothing is asked twice"


async def test_only_what_has_room_is_asked_for() -> None:
    world = World(page=1000)
    for number in range(6):
        for length in (20, 40):
            world.image("library/alpine", f"{number}{'x' * length}", created_by=f"COPY {number}")
    async with running(make_app(world, "alpine", columns="all"), size=(110, 40)) as pilot:
        await settle(pilot)
        await asyncio.sleep(0.4)
        await settle(pilot)
        assert asked(world, "resolve") == [], "beside such tags not even a digest has room"
        world.tags["library/alpine"] = [f"{number}{'x' * 20}" for number in range(6)]
        await press(pilot, "2", "r")
        await wait_for(pilot, lambda: len(browser(pilot).tags.tags) == 6)
        await filled(pilot)
        assert len(asked(world, "resolve")) == 6
        assert asked(world, "manifest") == [], "a digest has room, and no age"
        await press(pilot, "2", "z")
        await wait_for(pilot, lambda: "amd64 arm64" in lines(pilot)[0])
        assert asked(world, "manifest")


async def test_a_tag_that_stands_for_a_digest_takes_no_room_from_the_columns() -> None:
    world = world_of(3)
    world.tags["library/alpine"].append(f"sha256-{'ab' * 32}.sig")
    async with running(make_app(world, "alpine", columns="free"), size=(200, 40)) as pilot:
        await settle(pilot)
        await wait_for(pilot, lambda: "28 days" in lines(pilot)[0])
        assert lines(pilot)[3].endswith("abababab.sig"), "it has the row to itself"


async def test_one_image_is_fetched_once_however_many_tags_it_has() -> None:
    world = world_of(30)
    async with running(make_app(world, "alpine", columns="free"), size=(200, 60)) as pilot:
        await filled(pilot)
        first = str(browser(pilot).tags.facts["1.0"].digest)
        assert len(asked(world, "resolve")) == 30
        assert asked(world, "manifest").count(first) <= AT_ONCE, "only those under way at once may ask for the same"


async def test_nothing_is_asked_where_nothing_is_wanted_and_the_key_changes_that() -> None:
    world = world_of(4)
    app = make_app(world, "alpine", columns="none")
    async with running(app) as pilot:
        await settle(pilot)
        await asyncio.sleep(0.4)
        await settle(pilot)
        assert asked(world, "resolve") == []
        await press(pilot, "2", "d")
        assert browser(pilot).tags.detail is Detail.FREE
        assert app.memory.known.columns == "free"
        await filled(pilot)
        assert len(asked(world, "resolve")) == 4
        await press(pilot, "d", "d")
        assert browser(pilot).tags.detail is Detail.NONE
        assert lines(pilot)[0].split() == ["▌", "1.0"]


async def test_what_is_looked_up_aside_is_no_exchange_of_the_person_s() -> None:
    world = world_of(8)
    async with running(make_app(world, "alpine", columns="free")) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        await filled(pilot)
        trace = screen.explorer.session.trace
        assert [exchange.number for exchange in screen.explorer.exchanges] == [1]
        assert screen.explorer.exchanges[0].path.endswith("/tags/list")
        assert trace.aside is not None
        assert len(trace.aside) >= 8
        await press(pilot, "enter")
        await settle(pilot)
        assert [exchange.number for exchange in screen.explorer.exchanges[:2]] == [1, 2]


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("Too many requests (429).", "Wait.", status=429),
        Refused("Refused (401).", "Log in.", status=401),
        Unreachable("The connection broke off.", "Reload.", kind=Reach.ANSWER),
    ],
)
async def test_a_failure_stops_the_filling_without_a_word_until_a_reload(error: Exception) -> None:
    world = world_of(40)
    world.errors["resolve"] = error  # type: ignore[assignment]
    async with running(make_app(world, "alpine", columns="free")) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen._visit.stopped)
        await press(pilot, "2", "G", "g", "j")
        await asyncio.sleep(0.4)
        await settle(pilot)
        assert len(asked(world, "resolve")) <= AT_ONCE
        assert screen.tags.facts == {}
        assert not screen.has_class("-stage"), "no refusal that the person met"
        assert not pilot.app._notifications
        world.errors.clear()
        await press(pilot, "r")
        await filled(pilot)
        assert screen.tags.facts


async def test_a_tag_that_is_gone_stops_nothing() -> None:
    world = world_of(10)
    del world.manifests["library/alpine:1.3"]
    async with running(make_app(world, "alpine", columns="free")) as pilot:
        await filled(pilot)
        screen = browser(pilot)
        assert set(screen.tags.facts) == {f"1.{n}" for n in range(10) if n != 3}
        await press(pilot, "2", "j", "k")
        await asyncio.sleep(0.3)
        await settle(pilot)
        assert asked(world, "resolve").count("1.3") == 1


async def test_few_at_once_and_called_off_with_the_repository() -> None:
    world = world_of(20)
    world.tags["library/other"] = ["x"]
    world.gates["resolve"] = asyncio.Event()
    async with running(make_app(world, "alpine", columns="free")) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: len(asked(world, "resolve")) == AT_ONCE)
        from reglens.app.messages import PlaceChosen
        from reglens.oci.reference import Place

        screen.post_message(PlaceChosen(Place.parse("other")))
        await wait_for(pilot, lambda: screen.tags.tags == ["x"])
        await wait_for(pilot, lambda: "x" in screen._visit.done or bool(screen._visit.running))
        world.gates["resolve"].set()
        await settle(pilot)
        assert screen.tags.facts == {}


async def test_the_tags_of_one_image_stand_out() -> None:
    world = world_of(7)
    async with running(make_app(world, "alpine", columns="free"), size=(200, 60)) as pilot:
        await filled(pilot)
        await press(pilot, "2")
        screen = browser(pilot)
        assert [line[1:2] for line in lines(pilot)] == [" ", " ", " ", "=", " ", " ", "="]
        assert str(screen.tags.border_subtitle) == "as listed · = 1.3 1.6"
        await press(pilot, "j")
        assert not any(line[1:2] == "=" for line in lines(pilot))
        await wait_for(pilot, lambda: str(screen.tags.border_subtitle) == "as listed")


async def test_marks_are_shown_counted_copied_and_undone() -> None:
    world = world_of(5)
    async with running(make_app(world, "alpine"), size=(200, 60)) as pilot:
        await settle(pilot)
        await press(pilot, "2", "space", "j", "j", "space")
        screen = browser(pilot)
        assert [line[1:2] for line in lines(pilot)] == ["✓", " ", "✓", " ", " "]
        assert str(screen.tags.border_subtitle).startswith("2 marked")
        await press(pilot, "Y")
        assert pilot.app.clipboard.splitlines() == ["docker.io/library/alpine:1.0", "docker.io/library/alpine:1.2"]
        await press(pilot, "c")
        assert pilot.app.clipboard.splitlines()[1] == "docker pull docker.io/library/alpine:1.2"
        await press(pilot, "y")
        await settle(pilot)
        digests = [str(Digest.of(world.manifests[f"library/alpine:1.{n}"][0])) for n in (0, 2)]
        assert pilot.app.clipboard.splitlines() == digests
        await press(pilot, "j", "space", "equals_sign")
        assert pilot.app.screen is screen, "three cannot be compared"
        await press(pilot, "escape")
        assert screen.marks == []
        assert screen.focused is screen.tags.rows
        assert "✓" not in "".join(lines(pilot))
        await press(pilot, "escape")
        assert screen.focused is screen.search.rows


# -- without a screen


def test_what_is_wanted_changes_while_some_of_it_is_under_way() -> None:
    class Running:
        def __init__(self) -> None:
            self.cancelled = False

        def cancel(self) -> None:
            self.cancelled = True

    visit, one, two = Visit(1), Running(), Running()
    visit.running = {"a": one, "b": two}  # type: ignore[dict-item]
    visit.done = {"d": Extent.DIGEST}
    visit.extent = Extent.DIGEST
    visit.want(["b", "c", "d"], Extent.DIGEST)
    assert (one.cancelled, two.cancelled) == (True, False)
    assert (visit.waiting, list(visit.running)) == (["c"], ["b"])
    visit.want(["b", "c", "d"], Extent.WHOLE)
    assert two.cancelled, "more is wanted of it"
    assert (visit.waiting, list(visit.running)) == (["b", "c", "d"], [])


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (21, []),
        (22, ["_digest"]),
        (25, ["_digest"]),
        (33, ["_digest", "_age"]),
        (43, ["_digest", "_age", "_size"]),
        (57, ["_digest", "_age", "_size", "_platforms"]),
        (200, ["_digest", "_age", "_size", "_platforms"]),
    ],
)
def test_columns_give_way_the_least_wanted_first(width: int, names: list[str]) -> None:
    room, shown = columns(width, 6)
    assert [column.__name__ for column, _ in shown] == names
    assert 2 + room + sum(2 + cells for _, cells in shown) <= width


@pytest.mark.parametrize(
    ("width", "told"),
    [(30, "3.22 3.22.2 latest"), (18, "3.22 3.22.2 latest"), (17, "3.22 3.22.2 +1"), (11, "3.22 +2"), (6, "3.22 +2")],
)
def test_tags_are_named_as_far_as_there_is_room(width: int, told: str) -> None:
    assert named(["3.22", "3.22.2", "latest"], width) == told


def test_a_long_tag_keeps_its_end_and_columns_stay_in_line() -> None:
    facts = TagFacts(Digest("sha256", "ab" * 32), MOMENT - timedelta(days=3), 5 << 20, ("amd64", "arm64", "s390x"))
    starts = set()
    for tag in ("1", "1.2.3-alpine3.20", "x" * 128):
        text = "".join(part for part, _ in tag_row(tag, 80, longest=128, facts=facts, now=MOMENT))
        starts.add(text.index("abab"))
        assert len(text) <= 80
        assert "3 days" in text
        assert "5.0 MiB" in text
    assert len(starts) == 1


def test_what_is_not_known_is_not_shown() -> None:
    row = tag_row("1.2", 80, longest=3, facts=TagFacts(Digest("sha512", "cd" * 64)), now=MOMENT)
    assert "".join(text for text, _ in row).split() == ["1.2", "sha512:cdcd…"]


def test_an_age_that_is_none_is_left_out() -> None:
    digest = Digest("sha256", "ab" * 32)
    for created in ("1970-01-01T00:00:00Z", "1980-01-01T00:00:01Z", "0001-01-01T00:00:00Z"):
        config = parse_config(json.dumps({"created": created, "os": "linux", "architecture": "arm"}).encode())
        assert with_config(TagFacts(digest), config) == TagFacts(digest, platforms=("arm",))
    future = TagFacts(digest, MOMENT + timedelta(days=2))
    assert "".join(text for text, _ in tag_row("1", 60, longest=1, facts=future, now=MOMENT)).split()[2:] == []


def test_what_an_index_tells_by_itself() -> None:
    entries = [
        {"mediaType": media.OCI_MANIFEST, "size": 7, "digest": f"sha256:{n * 64}", "platform": platform,
         "annotations": {"org.opencontainers.image.created": created}}
        for n, platform, created in (
            ("1", {"os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1"}, "2024-01-01T00:00:00Z"),
            ("2", {"os": "linux", "architecture": "amd64"}, "2025-01-01T00:00:00Z"),
            ("3", {"os": "linux", "architecture": "arm64", "variant": "v8"}, "2026-01-01T00:00:00Z"),
        )
    ]  # fmt: skip
    raw = json.dumps({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": entries}).encode()
    facts = facts_of(parse_manifest(raw, media.OCI_INDEX))
    assert facts.platforms == ("windows/amd64", "amd64", "arm64/v8")
    assert facts.created is not None
    assert facts.created.year == 2025


def test_facts_of_another_digest_are_not_mixed_in() -> None:
    old = TagFacts(Digest("sha256", "a" * 64), MOMENT, 5, ("amd64",), whole=True)
    new = TagFacts(Digest("sha256", "b" * 64))
    assert new.merged(old) == new
    assert TagFacts(old.digest).merged(old) == old


def test_where_it_is_free_to_ask() -> None:
    assert is_free(None)
    assert is_free(Rate(2000, 1500))
    assert not is_free(Rate(200, 190))
    assert not is_free(Rate(None, None))
