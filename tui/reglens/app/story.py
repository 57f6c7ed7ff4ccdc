"""The story that the authentication pane tells: exchanges of one session, numbered from 1 without a gap.

A session's trace numbers every exchange, those of searches and listings included, which would bury the rest and are
told only when they were refused. What the story leaves out takes no number of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reglens.trace.exchange import Exchange
    from reglens.trace.trace import Trace

Tells = Callable[["Exchange"], bool]
"""Whether an exchange belongs to a story; asked until it says yes."""


@dataclass
class Story:
    """What was exchanged in `trace` after the exchange numbered `mark`, as far as `tells` wants it told."""

    trace: Trace
    tells: Tells
    mark: int = 0
    _numbers: dict[int, int] = field(default_factory=dict)
    """The number in the story by that in the trace."""

    def hear(self, exchange: Exchange) -> Exchange | None:
        """The exchange as the story tells it; None if it is no part of it, so far."""
        number = self._numbers.get(exchange.number)
        if number is None:
            if exchange.number <= self.mark or not self.tells(exchange):
                return None
            self._numbers[exchange.number] = len(self._numbers) + 1
        return self._told(exchange)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was heard and that the trace still remembers, in order."""
        known = (exchange for exchange in self.trace.since(self.mark) if exchange.number in self._numbers)
        return tuple(sorted(map(self._told, known), key=lambda exchange: exchange.number))

    def _told(self, exchange: Exchange) -> Exchange:
        follows = self._numbers.get(exchange.follows) if exchange.follows is not None else None
        return replace(exchange, number=self._numbers[exchange.number], follows=follows)
