"""The sources of credentials, one after the other: the first that has something wins, and the others are reported."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reglens.auth.credentials import Consulted, Credential, Lookup, SourceVerdict, each_once
from reglens.auth.sources.configfile import Config, Found, RunHelper, read_file
from reglens.auth.sources.entries import Entry
from reglens.auth.sources.program import TIMEOUT, Keeper, Surroundings
from reglens.auth.sources.system_keyring import SystemKeyring

KEPT = 60.0
"""Seconds for which a helper's answer is used again: a thousand look-ups ask it once, a new login is soon noticed."""


class Source(Protocol):
    """One place that may hold credentials."""

    async def look(self, registry: str, repository: str, run_helper: RunHelper | None) -> Found:
        """What it has; `run_helper` is None if an earlier source won, so that none is run in vain."""
        ...

    async def every(self, registry: str, repository: str, run_helper: RunHelper) -> list[Credential]:
        """All that it has, the one that `look` gives first; without `repository` those for namespaces too."""
        ...


@dataclass(frozen=True, slots=True)
class CommandLine:
    """``--username`` and ``--password-stdin``: for whatever registry the command goes to."""

    credential: Credential

    async def look(self, registry: str, repository: str, run_helper: RunHelper | None) -> Found:
        seen = Consulted("command line", SourceVerdict.USED, username=self.credential.username)
        return Found(self.credential, (seen,))

    async def every(self, registry: str, repository: str, run_helper: RunHelper) -> list[Credential]:
        return [self.credential]


class _Configured:
    """A source that reads a configuration."""

    def read(self) -> Config | None:
        """The configuration; None if there is none that can be read."""
        raise NotImplementedError

    async def look(self, registry: str, repository: str, run_helper: RunHelper | None) -> Found:
        raise NotImplementedError

    async def every(self, registry: str, repository: str, run_helper: RunHelper) -> list[Credential]:
        first = (await self.look(registry, repository, run_helper)).credential
        config = self.read()
        listed = config.every(registry, repository) if config is not None else []
        return [first, *listed] if first is not None else listed


@dataclass(frozen=True, slots=True)
class Text(_Configured):
    """A configuration in an environment variable; None if it is not set."""

    text: str | None
    name: str

    def read(self) -> Config | None:
        """The configuration; None if there is none that can be read."""
        try:
            return Config.read(self.text or "", self.name)
        except ValueError:
            return None

    async def look(self, registry: str, repository: str, run_helper: RunHelper | None) -> Found:
        if not self.text:
            return Found(consulted=(Consulted(self.name, SourceVerdict.ABSENT, "not set"),))
        try:
            config = Config.read(self.text, self.name)
        except ValueError as error:
            return Found(consulted=(Consulted(self.name, SourceVerdict.FAILED, str(error)),))
        return await config.look(registry, repository, run_helper)


@dataclass(frozen=True, slots=True)
class File(_Configured):
    """A configuration in a file, read anew at each look: a login in another terminal counts at once."""

    path: Path
    name: str

    def read(self) -> Config | None:
        """The configuration as it stands now; None if there is none that can be read."""
        try:
            return Config.read(read_file(self.path), self.name)
        except (FileNotFoundError, ValueError):
            return None

    async def look(self, registry: str, repository: str, run_helper: RunHelper | None) -> Found:
        try:
            config = Config.read(read_file(self.path), self.name)
        except FileNotFoundError:
            return Found(consulted=(Consulted(self.name, SourceVerdict.ABSENT, "no such file"),))
        except ValueError as error:
            return Found(consulted=(Consulted(self.name, SourceVerdict.FAILED, str(error)),))
        return await config.look(registry, repository, run_helper)


@dataclass(frozen=True, slots=True)
class PullSecret(_Configured):
    """A Kubernetes pull secret, read already."""

    config: Config

    def read(self) -> Config:
        """The configuration."""
        return self.config

    async def look(self, registry: str, repository: str, run_helper: RunHelper | None) -> Found:
        return await self.config.look(registry, repository, run_helper)


class Chain:
    """Credentials from several sources (see `reglens.auth.sources.default_credentials` for their order).

    `environ` is what helpers run in, `timeout` their patience in seconds, `clock` a monotonic clock in seconds.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        environ: Mapping[str, str],
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sources = tuple(sources)
        self.environ = environ
        self.timeout = timeout
        self.clock = clock
        self._asked: dict[tuple[Keeper, str], tuple[float, asyncio.Task[Entry]]] = {}

    @property
    def keyring(self) -> SystemKeyring | None:
        """The system's keyring, if it is among the sources."""
        return next((source for source in self.sources if isinstance(source, SystemKeyring)), None)

    def stored(self) -> Chain:
        """The sources that know their secrets by the registry's name: all but the command line."""
        sources = [source for source in self.sources if not isinstance(source, CommandLine)]
        return Chain(sources, environ=self.environ, timeout=self.timeout, clock=self.clock)

    async def find(self, registry: str, repository: str) -> Lookup:
        """The first credential for a repository, and a report of every source. Never raises, but is cancelled."""
        winner: Credential | None = None
        consulted: list[Consulted] = []
        for source in self.sources:
            found = await source.look(registry, repository, self._ask if winner is None else None)
            consulted += found.consulted
            winner = winner or found.credential
        return Lookup(winner, tuple(consulted))

    async def all_for(self, registry: str, repository: str = "") -> list[Credential]:
        """Every credential for a registry, in the order of the sources, each identity once. Without `repository` those
        for its namespaces too. Every helper that may have one is asked."""
        listed = [await source.every(registry, repository, self._ask) for source in self.sources]
        return each_once(credential for part in listed for credential in part)

    async def _ask(self, keeper: Keeper, server: str, source: str) -> Entry:
        """A keeper's answer; those who ask at the same time, or soon after, share one."""
        key = (keeper, server)
        known = self._asked.get(key)
        if known is None or self.clock() - known[0] >= KEPT or _spoilt(known[1]):
            task = asyncio.create_task(keeper.get(server, source, Surroundings(self.environ, self.timeout)))
            self._asked[key] = known = (self.clock(), task)
        return await asyncio.shield(known[1])


def _spoilt(task: asyncio.Task[Entry]) -> bool:
    """Whether a shared answer is no use: cancelled, failed, or of an event loop that is gone."""
    if not task.done():
        return task.get_loop() is not asyncio.get_running_loop()
    return task.cancelled() or task.exception() is not None or bool(task.result().problem)
