"""How many requests at once a server bears, and when it wants to be left alone: learnt from its answers.

Additive increase, multiplicative decrease, as TCP does (RFC 5681): the number grows while answers come well and halves
when the server refuses for being asked too much (429, RFC 6585; 503, RFC 9110, section 15.6.4). A wait that it asks for
(``Retry-After``, ``ratelimit-reset``) holds every request to it. Only who looks up many things waits: without patience
a refusal is an error at once.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from reglens.auth.reply import Reply, retry_after
from reglens.errors import RateLimited, RegistryError, Unreachable
from reglens.registry.results import RateLimit

START = 8
"""Requests at once to a server of which nothing is known."""
MOST = 64
"""Requests at once at most; there are no more connections (`reglens.registry.connections`)."""
REFUSALS = frozenset({429, 503})
STRIKES = 3
"""Requests in a row that were given up after all waiting, before the server is not asked any more."""
BREATH = 1.0
"""Seconds before a request is sent again whose connection was broken off."""
_TRIES = 10
"""A request is sent this often at most, however short the waits."""


@dataclass
class Limit:
    """How many requests at once one server bears. Pure: `now` and every moment are seconds by any one clock.

    An answer comes *well* if it took not much longer than the fastest one: where more at once only makes each of them
    slower, the number stays.
    """

    most: int = MOST
    size: float = START
    ease: float = math.inf
    """Below this size it grows by one an answer, above by one a round of answers (RFC 5681, "slow start")."""
    resume: float = -math.inf
    """Nothing is sent before this moment."""
    fastest: float = math.inf
    """Seconds of the fastest answer."""
    round: int = 0
    """Counts the refusals that were heeded. Those of requests sent before the last one say nothing new."""

    def __post_init__(self) -> None:
        self.size = min(self.size, self.most)

    def allows(self, running: int, now: float) -> bool:
        """Whether one more may be sent while `running` are under way."""
        return running < int(self.size) and now >= self.resume

    def answered(self, took: float, running: int) -> None:
        """An answer came after `took` seconds, while `running` were under way, itself among them."""
        self.fastest = min(self.fastest, took)
        if running >= int(self.size) and took <= 2 * self.fastest + 0.02:
            self.size = min(self.most, self.size + (1 if self.size < self.ease else 1 / self.size))

    def refused(self, sent_in: int) -> None:
        """A request sent in the round `sent_in` was refused for being one too many."""
        if sent_in == self.round:
            self.round += 1
            self.size = self.ease = max(1.0, self.size / 2)

    def hold(self, until: float) -> bool:
        """Send nothing before `until`; whether that is notably later than was known."""
        news = until > self.resume + 0.5
        self.resume = max(self.resume, until)
        return news


@dataclass
class Pacing:
    """What a person allows: to wait `patience` seconds at most where a server asks to come again later, and `most`
    requests at once. `tell` is called with the server's host and the seconds of each wait. Holds what was learnt of
    each server."""

    patience: float
    most: int = MOST
    tell: Callable[[str, float], None] = lambda _host, _seconds: None
    paces: dict[str, Pace] = field(default_factory=dict)

    def of(self, host: str) -> Pace:
        """The pace of one server (``host[:port]``)."""
        if host not in self.paces:
            self.paces[host] = Pace(host, self)
        return self.paces[host]

    def waiting(self) -> float:
        """Seconds until the last of the servers that asked for it may be asked again; 0 if none did."""
        return max((pace.limit.resume - pace.now() for pace in self.paces.values()), default=0.0)


class Pace:
    """Sends requests to one server as it bears them; first come, first sent, a refused one before all others."""

    def __init__(self, host: str, pacing: Pacing) -> None:
        self.host = host
        self.pacing = pacing
        self.limit = Limit(pacing.most)
        self.now = asyncio.get_running_loop().time
        self.running = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self._answers = 0
        self._strikes = 0
        self._closed: tuple[float, Reply] | None = None

    async def send(self, make: Callable[[], Awaitable[Reply]], clock: Callable[[], datetime]) -> Reply:
        """The answer that `make` gets, once it is no refusal for being asked too much, or the last of those if it takes
        more patience than there is.

        A server that breaks connections off which it had taken before is asked once more, fewer at once. Raises what
        `make` raises, and RateLimited or RegistryError, without asking, where the server refused whoever was patient.
        """
        waited = 0.0
        for attempt in range(_TRIES):
            self._check()
            await self._enter(first=attempt > 0)
            began, sent_in = self.now(), self.limit.round
            hold = 0.0
            try:
                self._check()
                reply = await make()
                if reply.status not in REFUSALS:
                    self.limit.answered(self.now() - began, self.running)
                    self._answers += 1
                    self._strikes = 0
                    return reply
                self.limit.refused(sent_in)
                asked = retry_after(reply.headers, clock())
                wait = 2.0**attempt if asked is None else max(asked, 0.1 * 2**attempt)
                if waited + wait > self.pacing.patience or attempt == _TRIES - 1:
                    self._give_up(reply, wait)
                    return reply
                if asked is not None or reply.status == 429:
                    self.hold(wait)
                else:
                    hold = wait  # a fault of its own, as far as anybody knows
            except Unreachable as error:
                self.limit.refused(sent_in)
                if attempt or not self._answers or error.timed_out:
                    raise
                wait = hold = BREATH
            finally:
                self.running -= 1
                self._wake()
            waited += wait
            await asyncio.sleep(hold)
        raise AssertionError("the last try returns or raises")

    def heed(self, known: RateLimit) -> None:
        """Wait for a new span where this one is used up, if the server says when that begins."""
        if known.remaining == 0 and known.reset and known.reset <= self.pacing.patience:
            self.hold(known.reset)

    def hold(self, seconds: float) -> None:
        """Send nothing for that long, and say so."""
        if self.limit.hold(self.now() + seconds) and seconds > 0:
            self.pacing.tell(self.host, seconds)

    def _give_up(self, reply: Reply, wait: float) -> None:
        self._strikes += 1
        if self._strikes >= STRIKES:
            self._closed = (self.now() + wait, reply)

    def _check(self) -> None:
        """Raise if the server is not asked any more."""
        if self._closed is None:
            return
        until, reply = self._closed
        left = until - self.now()
        if left <= 0:
            self._closed, self._strikes = None, 0
            return
        message = f"{self.host} is not asked any more: it refused {STRIKES} requests one after the other"
        hint = f"Wait {max(1, left):.0f} s and try again."
        kind = RateLimited if reply.status == 429 else RegistryError
        exchange = reply.exchange
        raise kind(f"{message} ({reply.status})", hint, status=reply.status, entries=exchange.errors, exchange=exchange)

    async def _enter(self, *, first: bool) -> None:
        if not self._queue and self.limit.allows(self.running, self.now()):
            self.running += 1
            return
        place = asyncio.get_running_loop().create_future()
        if first:
            self._queue.appendleft(place)
        else:
            self._queue.append(place)
        self._wake()
        try:
            await place  # whoever wakes it has counted it among the running
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.running -= 1
                self._wake()
            raise

    def _wake(self) -> None:
        while self._queue and self.limit.allows(self.running, self.now()):
            place = self._queue.popleft()
            if not place.done():
                self.running += 1
                place.set_result(None)
        if self._queue and self._alarm is None and self.now() < self.limit.resume:
            self._alarm = asyncio.get_running_loop().call_at(self.limit.resume, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._wake()
