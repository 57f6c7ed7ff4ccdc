"""How many at once, and when to wait: the rules by themselves, and before servers on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reglens.errors import RateLimited, RegistryError, ReglensError, Unreachable
from reglens.oci.reference import Reference
from reglens.registry import pace
from reglens.registry.options import Options
from reglens.registry.pace import MOST, START, STRIKES, Limit, Pacing
from reglens.registry.session import Session
from support.scripted import Answer, Request, Scripted, index_answer, json_answer


def answered(limit: Limit, times: int, took: float = 0.1) -> Limit:
    for _ in range(times):
        limit.answered(took, running=int(limit.size))
    return limit


def test_it_begins_low_and_grows_by_one_an_answer_to_the_bound() -> None:
    limit = Limit()
    assert limit.size == START
    assert answered(limit, 5).size == START + 5
    assert answered(limit, 1000).size == MOST


def test_it_does_not_grow_while_not_even_so_many_are_sent() -> None:
    limit = Limit()
    for _ in range(100):
        limit.answered(0.1, running=START - 1)
    assert limit.size == START


def test_it_does_not_grow_where_more_at_once_only_makes_each_slower() -> None:
    limit = answered(Limit(), 1, took=0.05)
    assert answered(limit, 100, took=0.2).size == START + 1
    assert answered(limit, 3, took=0.06).size == START + 4


def test_a_refusal_halves_it_once_for_all_that_were_under_way() -> None:
    limit = Limit(size=40)
    sent_in = limit.round
    for _ in range(40):
        limit.refused(sent_in)
    assert limit.size == 20
    limit.refused(limit.round)
    assert limit.size == 10
    for _ in range(20):
        limit.refused(limit.round)
    assert limit.size == 1
    assert limit.allows(0, now=0)


def test_after_a_refusal_it_grows_by_one_a_round_of_answers() -> None:
    limit = Limit(size=20)
    limit.refused(limit.round)
    assert 10.9 < answered(limit, 10).size < 11.1


def test_a_wait_is_kept_and_the_longer_one_counts() -> None:
    limit = Limit()
    assert limit.hold(30)
    assert not limit.hold(10)
    assert not limit.hold(30.1)
    assert limit.hold(40)
    assert [limit.allows(0, now) for now in (0, 39.9, 40)] == [False, False, True]


@given(
    st.integers(1, MOST),
    st.lists(st.one_of(st.floats(0, 100), st.integers(0, 3), st.none()), max_size=200),
)
def test_whatever_comes_it_stays_between_one_and_the_bound(most: int, news: list[float | int | None]) -> None:
    limit = Limit(most)
    for piece in news:
        if isinstance(piece, float):
            limit.answered(piece, int(limit.size))
        elif piece is None:
            limit.refused(limit.round)
        else:
            limit.refused(piece)
        assert 1 <= limit.size <= most
        assert limit.allows(0, now=0)
        assert not limit.allows(int(limit.size), now=0)


@pytest.fixture
async def registry() -> AsyncIterator[Scripted]:
    async with Scripted() as scripted:
        yield scripted


class Waits:
    """What was told of waits."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float]] = []

    def __call__(self, host: str, seconds: float) -> None:
        self.told.append((host, seconds))


async def look_up(registry: Scripted, count: int, pacing: Pacing | None) -> list[object]:
    """The digests of so many tags, asked for all at once, or what was raised for them."""
    options = Options(plain_http=True)
    async with Session(registry.host, options=options, pacing=pacing) as session:
        calls = [session.resolve(Reference(registry.host, "a", f"t{number}")) for number in range(count)]
        return list(await asyncio.gather(*calls, return_exceptions=True))


def refusal(*headers: tuple[str, str], status: int = 429) -> Answer:
    return json_answer({"errors": [{"code": "TOOMANYREQUESTS"}]}, status, headers)


async def test_without_pacing_to_be_asked_to_wait_is_an_error_at_once(registry: Scripted) -> None:
    registry.otherwise = lambda _: refusal(("Retry-After", "0"))
    (error,) = await look_up(registry, 1, None)
    assert isinstance(error, RateLimited)
    assert len(registry.requests) == 1


@pytest.mark.parametrize("form", ["seconds", "date", "unsaid"])
async def test_a_wait_that_is_asked_for_holds_everything_and_is_told_once(registry: Scripted, form: str) -> None:
    until: list[datetime] = []

    def answer(_: Request) -> Answer:
        now = datetime.now(UTC)
        if len(registry.requests) <= 5:
            return index_answer()
        if not until:
            until.append(now + timedelta(seconds=1))
        if now >= until[0]:
            return index_answer()
        date = format_datetime((until[0] + timedelta(seconds=1)).replace(microsecond=0), usegmt=True)
        said = {"seconds": [("Retry-After", "1")], "date": [("Retry-After", date)], "unsaid": []}
        return refusal(*said[form])

    registry.otherwise = answer
    waits = Waits()
    found = await look_up(registry, 50, Pacing(30, tell=waits))
    assert not [error for error in found if isinstance(error, BaseException)]
    assert len(registry.requests) <= 50 + START + 5  # only those that were under way were refused
    assert [host for host, _ in waits.told] == [registry.host]
    assert 0 < waits.told[0][1] <= 2


async def test_a_server_that_bears_few_at_once_is_asked_few_at_once(registry: Scripted) -> None:
    bears, most = 4, 0

    def answer(_: Request) -> Answer:
        nonlocal most
        most = max(most, registry.open)
        if registry.open > bears:
            return refusal(("Retry-After", "0"))
        return Answer(200, index_answer().headers, index_answer().body, pause=0.005)

    registry.otherwise = answer
    found = await look_up(registry, 300, Pacing(30))
    assert not [error for error in found if isinstance(error, BaseException)]
    assert most <= START + 2
    assert len(registry.requests) < 400


async def test_a_server_that_bears_many_is_asked_many_at_once(registry: Scripted) -> None:
    most = 0

    def answer(_: Request) -> Answer:
        nonlocal most
        most = max(most, registry.open)
        return Answer(200, index_answer().headers, index_answer().body, pause=0.2)

    registry.otherwise = answer
    assert len(await look_up(registry, 300, Pacing(0))) == 300
    assert START < most <= MOST
    most = 0
    await look_up(registry, 30, Pacing(0, most=3))
    assert most == 3


async def test_a_limit_that_is_used_up_is_an_error_and_the_rest_is_not_asked(registry: Scripted) -> None:
    registry.otherwise = lambda _: refusal(("Retry-After", "3600"))
    waits = Waits()
    found = await look_up(registry, 200, Pacing(30, tell=waits))
    assert all(isinstance(error, RateLimited) for error in found)
    assert all(error.exchange.status == 429 for error in found)  # type: ignore[attr-defined]
    assert len(registry.requests) <= START + STRIKES
    assert waits.told == []
    assert isinstance(found[-1], ReglensError)
    assert "3600 s" in found[-1].hint


async def test_a_repository_that_is_refused_does_not_spoil_the_others(registry: Scripted) -> None:
    def answer(request: Request) -> Answer:
        return refusal(("Retry-After", "3600")) if request.path.endswith("t7") else index_answer()

    registry.otherwise = answer
    found = await look_up(registry, 40, Pacing(30))
    assert [number for number, error in enumerate(found) if isinstance(error, BaseException)] == [7]


async def test_a_server_that_fails_for_good_is_given_up(registry: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.otherwise = lambda _: refusal(("Retry-After", "0"), status=503)
    found = await look_up(registry, 100, Pacing(0.5))
    assert all(isinstance(error, RegistryError) and error.status == 503 for error in found)
    assert len(registry.requests) <= 4 * (START + STRIKES)  # 0.1, 0.2 s, then patience is over


async def test_one_of_many_connections_that_is_broken_off_is_made_again(
    registry: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "BREATH", 0.01)
    broken: list[str] = []

    def answer(request: Request) -> Answer:
        if request.path[-1] in "37" and request.path not in broken:
            broken.append(request.path)
            return Answer(raw=b"", hang_up=0)
        return index_answer()

    registry.otherwise = answer
    found = await look_up(registry, 60, Pacing(30))
    assert not [error for error in found if isinstance(error, BaseException)]
    assert len(broken) == 12


async def test_a_server_that_never_answered_is_not_asked_again(registry: Scripted) -> None:
    registry.otherwise = lambda _: Answer(raw=b"", hang_up=0)
    (error,) = await look_up(registry, 1, Pacing(30))
    assert isinstance(error, Unreachable)
    assert len(registry.requests) == 1


async def test_a_span_that_is_used_up_is_waited_for_without_a_refusal(registry: Scripted) -> None:
    left = 20

    def answer(_: Request) -> Answer:
        nonlocal left
        if left <= 0 and not waits.told:
            return refusal()
        left -= 1
        headers = [("ratelimit-limit", "20;w=1"), ("ratelimit-remaining", str(max(0, left))), ("ratelimit-reset", "1")]
        return index_answer(index_answer().body, *headers)

    waits = Waits()
    registry.otherwise = answer
    found = await look_up(registry, 20, Pacing(30, tell=waits))
    assert not [error for error in found if isinstance(error, BaseException)]
    assert waits.told == [(registry.host, 1)]
    assert len(registry.requests) == 20


async def test_who_stops_waiting_leaves_room_for_the_others(registry: Scripted) -> None:
    gate = asyncio.Event()
    registry.otherwise = lambda _: Answer(200, index_answer().headers, index_answer().body, after=gate)
    pacing = Pacing(30, most=2)
    async with Session(registry.host, options=Options(plain_http=True), pacing=pacing) as session:
        session._channel.habits.met = True
        calls = [
            asyncio.create_task(session.resolve(Reference(registry.host, "a", f"t{number}"))) for number in range(10)
        ]
        await registry.arrived("/v2/a/manifests/t1")
        for call in (*calls[:3], calls[9]):
            call.cancel()
        gate.set()
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert [isinstance(error, asyncio.CancelledError) for error in found] == [True] * 3 + [False] * 6 + [True]
        assert pacing.of(registry.host).running == 0
