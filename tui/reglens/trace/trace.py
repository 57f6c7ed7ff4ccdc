"""A trace: the exchanges of one session, in order, with listeners told of each as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from reglens.trace.exchange import Exchange

Listener = Callable[[Exchange], None]
KEPT = 2000
"""Exchanges that a trace remembers; older ones are let go, so a long session stays bounded."""


@dataclass
class Trace:
    """Exchanges in the order of their requests.

    A listener is told of an exchange twice: when its request is sent (`status` and `failure` None) and when it ended.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    count: int = 0

    def open(self) -> int:
        """The number for an exchange about to be sent."""
        self.count += 1
        return self.count

    def put(self, exchange: Exchange) -> None:
        """Record `exchange`, in place of an earlier record of the same number."""
        for index in range(len(self.exchanges) - 1, -1, -1):
            if self.exchanges[index].number == exchange.number:
                self.exchanges[index] = exchange
                break
            if self.exchanges[index].number < exchange.number:
                self.exchanges.insert(index + 1, exchange)
                break
        else:
            self.exchanges.insert(0, exchange)
        if len(self.exchanges) > KEPT:
            del self.exchanges[: len(self.exchanges) - KEPT]
        for listener in tuple(self.listeners):
            listener(exchange)

    def since(self, number: int) -> tuple[Exchange, ...]:
        """The exchanges numbered above `number`."""
        return tuple(e for e in self.exchanges if e.number > number)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self.exchanges))

    def __len__(self) -> int:
        return len(self.exchanges)
