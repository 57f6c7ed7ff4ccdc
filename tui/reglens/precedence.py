"""The person goes first: work on the event loop waits, for moments, until what a key led to can be seen.

Eight requests that run at once to a registry nearby keep the loop busy all the time. What a key leads to takes several
turns of the loop, and each of them lasts as long as a step of all eight.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

PATIENCE = 0.06
"""Seconds that work waits at most."""
Turn = Callable[[], Awaitable[object]]
"""Returns when work may go on; awaited between its steps."""


async def at_once() -> None:
    """Work need not wait: nobody looks."""


class Precedence:
    """Of the person over the work. Work gets at least as much time as it waited before it waits again."""

    def __init__(self) -> None:
        self._since = 0.0
        self._not_before = 0.0
        self._seen: asyncio.Event | None = None
        """Set when what the person did can be seen; None: they did nothing of late."""

    def begin(self) -> None:
        """The person did something. Any thread may say so."""
        now = monotonic()
        if self._seen is None and now >= self._not_before:
            self._since, self._seen = now, asyncio.Event()

    def end(self) -> None:
        """What it led to can be seen."""
        if self._seen is not None:
            self._seen.set()
            self._seen = None
            now = monotonic()
            self._not_before = now + min(now - self._since, PATIENCE)

    async def turn(self) -> None:
        """Wait while the person is served."""
        if self._seen is None:
            return
        left = self._since + PATIENCE - monotonic()
        try:
            async with asyncio.timeout(max(0.0, left)):
                await self._seen.wait()
        except TimeoutError:
            self.end()
