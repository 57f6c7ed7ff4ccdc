"""What a session takes from the cache, and what it puts there.

Kept content is believed for the place that gave it: registry or mirror, repository, the way it was reached, and the
identity it was given to. A digest says that the octets are right; it does not say that somebody else may read them, or
that another repository has them. So nothing is taken for another place or another identity: these are asked.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from datetime import datetime
from typing import Any

from reglens.auth.credentials import Lookup
from reglens.errors import NotFound, Refused, Unreachable
from reglens.oci.digest import Digest
from reglens.oci.reference import Reference
from reglens.registry.cache import Cache, Kept, Seen
from reglens.registry.routes import Routes, Served
from reglens.registry.ways.model import Endpoint
from reglens.trace.exchange import Role


class Recall:
    """The cache as one session may use it; without a cache every question goes to the registry."""

    def __init__(self, cache: Cache | None, routes: Routes, clock: Callable[[], datetime]) -> None:
        self._cache = cache
        self._routes = routes
        self._clock = clock
        self._asks_first = False
        self._fresh: set[tuple[str, Digest]] = set()
        self._writing: set[asyncio.Task[None]] = set()

    def ask_first(self) -> None:
        """From here on ask, once for each content, and take what is kept only where no answer comes."""
        self._asks_first = True
        self._fresh.clear()

    async def first(
        self, role: Role, repository: str, digest: Digest | None, limit: int, ask: Callable[[], Awaitable[Served]]
    ) -> Kept | Served:
        """What is kept under `digest`, of `limit` octets at most, else the answer to `ask`. What the registry denies to
        this identity is not kept any longer. Raises as `ask`, and Unreachable if a file blocks the way."""
        if digest is None or self._cache is None:
            return await ask()
        kept = await self._find(role, repository, digest, limit)
        if kept is not None:
            return kept
        try:
            return await ask()
        except Unreachable:
            kept = await self._find(role, repository, digest, limit, unasked=True)
            if kept is None:
                raise
            return kept
        except (NotFound, Refused):
            async with aclosing(self._places(role, repository, digest)) as places:
                async for place, _ in places:
                    await asyncio.to_thread(self._cache.drop, place, digest)
            raise

    def keep(self, role: Role, served: Served, digest: Digest, tag: str = "") -> None:
        """Keep an answer under its digest, and that `tag` led to it, if one was asked for. It is written while others
        go on; `aclose` waits for it."""
        cache, reply, endpoint, now = self._cache, served.reply, served.endpoint, self._clock()
        if cache is None or endpoint.headers:  # headers of a file are an identity that nothing is written of
            return
        who = _who(self._routes.channel(endpoint).looked_up(endpoint.repository))
        place = self._place(role, endpoint)
        kept = Kept(reply.body, reply.headers.get("content-type", "")[:255], who, now)

        if self._asks_first:
            self._fresh.add((place, digest))

        async def write() -> None:
            await asyncio.to_thread(cache.put, place, digest, kept)
            if tag:
                await asyncio.to_thread(cache.put_tag, place, tag, Seen(digest, who, now))

        self._begin(write())

    async def last_seen(self, reference: Reference) -> Seen | None:
        """What the tag of `reference` led to when it was last asked for, if that manifest is kept."""
        if self._cache is None or reference.digest is not None:
            return None
        try:
            way = self._routes.way(reference.repository)
        except Unreachable:  # a file blocks it
            return None
        for endpoint in way.endpoints:
            place = self._place(Role.MANIFEST, endpoint)
            seen = await asyncio.to_thread(self._cache.get_tag, place, reference.target)
            if seen is None or not await self._is_for(seen.who, endpoint):
                continue
            async with aclosing(self._places(Role.MANIFEST, reference.repository, seen.digest)) as places:
                async for _ in places:
                    return seen
        return None

    async def aclose(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    # -- inside

    async def _find(
        self, role: Role, repository: str, digest: Digest, limit: int, *, unasked: bool = False
    ) -> Kept | None:
        async with aclosing(self._places(role, repository, digest)) as places:
            async for place, kept in places:
                believed = unasked or not self._asks_first or (place, digest) in self._fresh
                if believed and len(kept.data) <= limit:
                    return kept
        return None

    async def _places(self, role: Role, repository: str, digest: Digest) -> AsyncGenerator[tuple[str, Kept], None]:
        """The places on the way to a repository that gave this identity the content, and what each gave."""
        assert self._cache is not None
        for endpoint in self._routes.way(repository, by_digest=True).endpoints:
            if endpoint.headers:
                continue
            place = self._place(role, endpoint)
            kept = await asyncio.to_thread(self._cache.get, place, digest)
            if kept is not None and await self._is_for(kept.who, endpoint):
                yield place, kept

    async def _is_for(self, who: str, endpoint: Endpoint) -> bool:
        """Whether content that was given to `who` would be given to who asks now, for all that is known here."""
        return not who or who == _who(await self._routes.channel(endpoint).find(endpoint.repository))

    def _place(self, role: Role, endpoint: Endpoint) -> str:
        """Where content came from and how that was reached: a server whose certificate was not looked at may have been
        another, and a client certificate is an identity as well."""
        transport = self._routes.channel(endpoint).transport
        options, trust = transport.options, transport.trust(endpoint.registry)
        parts = (
            role, endpoint.registry, endpoint.root, endpoint.repository, endpoint.query, endpoint.scheme,
            options.plain_http, options.insecure or trust.insecure, options.unix_socket, options.client_cert,
            trust.client,
        )  # fmt: skip
        return "\0".join(map(str, parts))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


def _who(lookup: Lookup | None) -> str:
    """A word for an identity: its name and the file it stands in. Nothing of a secret goes into it.

    ``""`` where no credentials were looked for, as the registry did not ask for any: whoever asks then is nobody.
    """
    if lookup is None:
        return ""
    credential = lookup.credential
    told = "anonymous" if credential is None else f"{credential.username}\0{credential.source}"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]
