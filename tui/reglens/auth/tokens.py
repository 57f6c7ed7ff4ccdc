"""The tokens that a session holds: for whom, for what and until when; and one request for any number that wait."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reglens.auth.challenge import Challenge
from reglens.auth.token import Token
from reglens.auth.trust import Withheld

if TYPE_CHECKING:
    from reglens.trace.exchange import Exchange

KEPT = 2000
"""Tokens that a cache remembers; the one unused for longest goes first."""
MARGIN = timedelta(seconds=5)
"""A token is not used for its last moments, in which it could expire on its way."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """What makes two token requests the same. `scopes` are canonical texts; `identity` is ``""`` for nobody."""

    registry: str
    realm: str
    service: str
    scopes: tuple[str, ...]
    identity: str


@dataclass(slots=True, eq=False)
class Grant:
    """A token in hand.

    `exchange` is the one that gave it, `source` says so in words; `withheld` are credentials that were there and were
    not sent for it. `obtained` and `expires` are by this machine's clock. `accepted` is whether a registry took it.
    """

    key: TokenKey
    token: Token
    expires: datetime
    challenge: Challenge
    exchange: Exchange
    obtained: datetime
    source: str = ""
    withheld: Withheld | None = None
    accepted: bool = False


@dataclass(eq=False)
class _Flight:
    task: asyncio.Task[Grant]
    waiting: int = 0


@dataclass
class TokenCache:
    """Grants by key, and the requests under way for some. Failures are not remembered."""

    _held: OrderedDict[TokenKey, Grant] = field(default_factory=OrderedDict)
    _flights: dict[TokenKey, _Flight] = field(default_factory=dict)
    _running: dict[asyncio.Task[Grant], str] = field(default_factory=dict)

    def get(self, key: TokenKey, now: datetime) -> Grant | None:
        """The grant for `key` if it can still be used at `now`."""
        grant = self._held.get(key)
        if grant is None:
            return None
        if not grant.obtained - MARGIN <= now < grant.expires - MARGIN:  # before it was made: the clock was set back
            del self._held[key]
            return None
        self._held.move_to_end(key)
        return grant

    def put(self, grant: Grant) -> None:
        """Hold `grant`, in place of an older one for the same."""
        self._held[grant.key] = grant
        self._held.move_to_end(grant.key)
        if len(self._held) > KEPT:
            self._held.popitem(last=False)

    def drop(self, grant: Grant) -> None:
        """Forget `grant`; a newer one for the same stays, so that many refusals of one token renew it once."""
        if self._held.get(grant.key) is grant:
            del self._held[grant.key]

    async def obtain(self, key: TokenKey, clock: Callable[[], datetime], make: Callable[[], Awaitable[Grant]]) -> Grant:
        """The grant held for `key`, or the one that `make` gives: once, however many wait for it.

        Whoever waits may be cancelled without harm to the others; when nobody waits any more, `make` is cancelled too.
        """
        while True:
            if (held := self.get(key, clock())) is not None:
                return held
            flight = self._flights.get(key)
            if flight is None:
                flight = _Flight(asyncio.create_task(self._fetch(key, make)))
                self._flights[key] = flight
                self._running[flight.task] = key.registry
                flight.task.add_done_callback(self._ended)
            flight.waiting += 1
            try:
                return await asyncio.shield(flight.task)
            except asyncio.CancelledError:
                current = asyncio.current_task()
                if not flight.task.cancelled() or (current is not None and current.cancelling()):
                    raise
                # the session that made the request was closed: this one makes its own
            finally:
                flight.waiting -= 1
                if not flight.waiting and not flight.task.done():
                    self._release(key, flight)
                    flight.task.cancel()

    async def _fetch(self, key: TokenKey, make: Callable[[], Awaitable[Grant]]) -> Grant:
        flight = self._flights.get(key)
        try:
            grant = await make()
            self.put(grant)
            return grant
        finally:
            if flight is not None:
                self._release(key, flight)

    def _release(self, key: TokenKey, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def abandon(self, registry: str) -> None:
        """End every request under way for that registry, and wait until it has ended."""
        tasks = [task for task, whose in self._running.items() if whose == registry]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Grant]) -> None:
        self._running.pop(task, None)
        if not task.cancelled():
            task.exception()  # whoever waits gets it; if nobody does any more, it is no news
