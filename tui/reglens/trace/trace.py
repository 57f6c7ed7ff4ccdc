"""A trace: the exchanges of one session, in order, with listeners told of each as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice

from reglens.trace.exchange import Exchange, Role

Listener = Callable[[Exchange], None]
KEPT = 2000
"""Exchanges that a trace remembers; older ones are let go, so a long session stays bounded."""
KEPT_OCTETS = 32 << 20
"""Octets of bodies in the exchanges that a trace remembers; older exchanges are let go, all but the last."""
_EXPLAINS = frozenset({Role.TOKEN, Role.PING})
_ASIDE = ContextVar("aside", default=False)


@contextmanager
def aside() -> Iterator[None]:
    """What is asked within, nobody waits for: every trace records it in its `aside`, with numbers of its own."""
    before = _ASIDE.set(True)
    try:
        yield
    finally:
        _ASIDE.reset(before)


@dataclass
class Trace:
    """Exchanges in the order of their requests.

    A listener is told of an exchange twice: when its request is sent (`status` and `failure` None) and when it ended.
    `aside` are the exchanges that were made within `aside`; None until there is one.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    count: int = 0
    _octets: int = 0
    aside: Trace | None = None

    def open(self) -> int:
        """The number for an exchange about to be sent."""
        if _ASIDE.get():
            if self.aside is None:
                self.aside = Trace()
            self.aside.count += 1
            return self.aside.count
        self.count += 1
        return self.count

    def put(self, exchange: Exchange) -> None:
        """Record `exchange`, in place of an earlier record of the same number."""
        book = self.aside if _ASIDE.get() and self.aside is not None else self
        book._record(exchange)

    def _record(self, exchange: Exchange) -> None:
        for index in range(len(self.exchanges) - 1, -1, -1):
            if self.exchanges[index].number == exchange.number:
                self._octets -= len(self.exchanges[index].body.data)
                self.exchanges[index] = exchange
                break
            if self.exchanges[index].number < exchange.number:
                self.exchanges.insert(index + 1, exchange)
                break
        else:
            self.exchanges.insert(0, exchange)
        self._octets += len(exchange.body.data)
        while len(self.exchanges) > KEPT or (self._octets > KEPT_OCTETS and len(self.exchanges) > 1):
            self._let_go()
        for listener in tuple(self.listeners):
            listener(exchange)

    def _let_go(self) -> None:
        """Forget the oldest exchange, those last that explain what comes of others: the token's, and a refusal."""
        oldest = islice(self.exchanges, min(KEPT // 4, len(self.exchanges) - 1))
        often = (index for index, e in enumerate(oldest) if e.role not in _EXPLAINS and not e.refused)
        gone = self.exchanges.pop(next(often, 0))
        self._octets -= len(gone.body.data)

    def since(self, number: int) -> tuple[Exchange, ...]:
        """The exchanges numbered above `number`."""
        return tuple(e for e in self.exchanges if e.number > number)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self.exchanges))

    def __len__(self) -> int:
        return len(self.exchanges)
