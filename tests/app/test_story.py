"""The story of the authentication pane: what belongs to it, under numbers without a gap."""

from __future__ import annotations

from dataclasses import replace

from reglens.app.story import Story
from reglens.app.widgets.sheet import Sheet
from reglens.trace.exchange import Exchange, Role
from reglens.trace.trace import Trace
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import Hit, World


def searches_untold(exchange: Exchange) -> bool:
    return exchange.role is not Role.SEARCH or exchange.refused


def test_what_a_story_leaves_out_takes_no_number_of_it() -> None:
    trace = Trace()
    trace.put(Exchange(trace.open(), Role.PING))
    story = Story(trace, searches_untold, mark=1)
    heard: list[Exchange | None] = []
    trace.listeners.append(lambda exchange: heard.append(story.hear(exchange)))
    for role in (Role.SEARCH, Role.TAGS, Role.SEARCH, Role.TOKEN):
        trace.put(Exchange(trace.open(), role))
    trace.put(Exchange(trace.open(), Role.TAGS, follows=5))
    trace.put(Exchange(trace.open(), Role.TAGS, follows=2))
    assert [told and (told.number, told.role, told.follows) for told in heard] == [
        None, (1, Role.TAGS, None), None, (2, Role.TOKEN, None), (3, Role.TAGS, 2), (4, Role.TAGS, None),
    ]  # fmt: skip
    assert story.exchanges == tuple(filter(None, heard))


def test_an_exchange_keeps_its_number_and_a_refused_search_gets_the_next_one() -> None:
    trace = Trace()
    story = Story(trace, searches_untold)
    search, tags = Exchange(trace.open(), Role.SEARCH), Exchange(trace.open(), Role.TAGS)
    for exchange in (search, tags, replace(search, status=401), replace(tags, status=200), replace(search, status=401)):
        trace.put(exchange)
        story.hear(exchange)
    assert [(told.number, told.role, told.status) for told in story.exchanges] == [
        (1, Role.TAGS, 200), (2, Role.SEARCH, 401),
    ]  # fmt: skip


async def test_a_search_before_it_leaves_no_gap_in_the_story() -> None:
    world = World(hits=[Hit("library/alpine")])
    world.image("library/alpine", "3.20")
    async with running(make_app(world)) as pilot:
        await settle(pilot)
        await press(pilot, "slash", *"alpine")
        await settle(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        screen = browser(pilot)
        assert len(screen.explorer.session.trace) > len(screen.explorer.exchanges)
        sheet = screen.auth.query_one("#auth-exchanges", Sheet)
        await wait_for(pilot, lambda: sheet.line_count >= 2)
        shown = [line.content.plain.split()[0] for line in sheet.lines]
        assert shown == [str(number) for number in range(1, len(shown) + 1)]
        diagnosis = screen.auth._diagnosis
        assert diagnosis is not None
        assert diagnosis.exchanges[0].number == 1
