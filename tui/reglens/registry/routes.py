"""Which of its endpoints a repository is read from: its mirrors in their order, then its registry.

Each endpoint is met as a registry of its own: other connections, other tokens, and only such credentials as are stored
for its own host. What the person typed for the registry stays with the registry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reglens.auth.credentials import Credentials, Lookup
from reglens.auth.flow import Resource
from reglens.auth.reply import Reply
from reglens.errors import Reach, ReglensError, Unreachable
from reglens.oci.reference import HUB
from reglens.registry.channel import Channel
from reglens.registry.options import Options
from reglens.registry.transport import Sink, Transport
from reglens.registry.ways.model import Endpoint, Way
from reglens.trace.exchange import Role

SHUNNED = timedelta(seconds=60)
"""How long a mirror that could not be reached is passed over: a dead one would cost its time-out each time."""
_ASK_AGAIN = frozenset({400, 405, 501})
"""Statuses of a mirror's HEAD after which it is asked by GET."""


@dataclass(frozen=True, slots=True)
class Served:
    """An answer, and the endpoint that gave it."""

    reply: Reply
    endpoint: Endpoint


class Routes:
    """The ways to the repositories of one registry, which `main` is the channel to."""

    def __init__(self, main: Channel, options: Options) -> None:
        self.main = main
        self.machine = options.machine
        self._channels: dict[Endpoint, Channel] = {}
        self._shunned: dict[str, datetime] = {}

    def way(self, repository: str, *, by_digest: bool = False) -> Way:
        """The way to a repository (``""``: to the registry as such). Raises Unreachable if a file blocks it."""
        registry = self.main.registry
        if self.machine is None:
            return Way((Endpoint(registry, repository),))
        way = self.machine.way(registry, repository, by_digest=by_digest)
        if way.blocked:
            what = f"{'docker.io' if registry == HUB else registry}/{repository}".rstrip("/")
            raise Unreachable(
                f"{what} is not asked: {way.blocked} blocks it.",
                "Whoever set up this machine does not want it used; podman refuses it too.",
                kind=Reach.NAME,
            )
        return way

    async def request(
        self,
        role: Role,
        repository: str,
        what: str,
        resource: Resource,
        *,
        limit: int,
        method: str = "GET",
        headers: tuple[tuple[str, str], ...] = (),
        expected: frozenset[int] = frozenset(),
        target: str = "",
        sink: Sink | None = None,
    ) -> Served:
        """The answer to a request for `what` of a repository (``manifests/…``, ``blobs/…``, with query), by the first
        endpoint that has it; the registry's own answer decides in the end. Raises as `Channel.request`."""
        way = self.way(repository, by_digest=":" in target)
        told: list[str] = []
        for endpoint in way.mirrors:
            if self._is_shunned(endpoint):
                told.append(f"the mirror {endpoint.registry} was passed over, as it could not be reached before")
                continue
            note = f"asked at the mirror {endpoint.registry}, by {endpoint.source}"
            channel, path = self.channel(endpoint), _path(endpoint, what)
            there = replace(resource, repository=endpoint.repository)
            try:
                reply = await channel.request(
                    role, path, there, limit=limit, method=method, headers=headers,
                    expected=expected, target=target, note=note, sink=sink,
                )  # fmt: skip
                if method == "HEAD" and reply.status in _ASK_AGAIN:
                    reply = await channel.request(
                        role, path, there, limit=limit, headers=headers, target=target, note=note
                    )
            except ReglensError as error:
                if isinstance(error, Unreachable):
                    self._shunned[endpoint.registry] = self.main.clock() + SHUNNED
                told.append(f"the mirror {endpoint.registry} failed: {error.message.rstrip('.')}")
                continue
            if reply.status < 300:
                return Served(reply, endpoint)
            told.append(f"the mirror {endpoint.registry} answered {reply.status}")
        origin = way.origin
        channel = self.channel(origin)
        resource = replace(resource, repository=origin.repository)
        try:
            reply = await channel.request(
                role, _path(origin, what), resource, limit=limit, method=method, headers=headers,
                expected=expected, target=target, note="; ".join(told), sink=sink,
            )  # fmt: skip
        except ReglensError as error:
            if told:
                error.hint = f"{'; '.join(told)}. {error.hint}".strip()
                error.hint = error.hint[:1].upper() + error.hint[1:]
            raise
        return Served(reply, origin)

    def at_origin(self, repository: str, what: str, kind: str = "tags") -> tuple[Channel, str, Resource]:
        """Where the registry itself is asked for `what` of a repository: the channel, the path, the resource."""
        origin = self.way(repository).origin
        return self.channel(origin), _path(origin, what), Resource(kind, origin.repository)

    def channel(self, endpoint: Endpoint) -> Channel:
        """The channel to an endpoint; that of the registry itself where the files say nothing else of it."""
        main = self.main
        key = replace(endpoint, repository="", source="")
        if key == replace(main.transport.endpoint, repository="", source=""):
            return main
        channel = self._channels.get(key)
        if channel is None:
            options = main.transport.options
            transport = Transport(endpoint.registry, options, main.transport.trace, main.clock, endpoint)
            credentials = main.credentials
            if endpoint.registry != main.registry:
                credentials = stored(credentials)
            channel = self._channels[key] = Channel(transport, credentials, main.tokens, main.clock, pacing=main.pacing)
        return channel

    def _is_shunned(self, endpoint: Endpoint) -> bool:
        until = self._shunned.get(endpoint.registry)
        return until is not None and self.main.clock() < until

    async def aclose(self) -> None:
        """Close the channels to other endpoints than the registry."""
        for channel in self._channels.values():
            await channel.aclose()


def stored(credentials: Credentials) -> Credentials:
    """`credentials` without what was given for one registry alone: only what is stored for a host by its name."""
    own: Callable[[], Credentials] | None = getattr(credentials, "stored", None)
    return own() if own is not None else _Nothing()


class _Nothing:
    """No credentials: nobody says which of them belong to a host."""

    async def find(self, registry: str, repository: str) -> Lookup:
        return Lookup()


def _path(endpoint: Endpoint, what: str) -> str:
    path = f"{endpoint.root}/{endpoint.repository}/{what}"
    if not endpoint.query:
        return path
    return f"{path}{'&' if '?' in what else '?'}{endpoint.query}"
