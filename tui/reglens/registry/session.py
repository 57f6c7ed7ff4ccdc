"""One person's view of one registry: what it has, and what it says."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from reglens.auth.credentials import Anonymous, Credentials, Lookup
from reglens.auth.flow import Resource
from reglens.auth.reply import Reply
from reglens.auth.tokens import TokenCache
from reglens.errors import AnswerInvalid, NotListed, Reach, ReglensError
from reglens.oci import media
from reglens.oci.config import ImageConfig, parse_config
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.manifest import Image, Index, Manifest
from reglens.oci.reference import Reference
from reglens.registry import referrers
from reglens.registry.acquire import acquire
from reglens.registry.body import LIST_LIMIT, MANIFEST_LIMIT, PING_LIMIT
from reglens.registry.cache import Cache, Kept, Seen
from reglens.registry.channel import Channel
from reglens.registry.content import blob_of, descriptor_of, kept_manifest, manifest_of, manifest_path
from reglens.registry.options import Options
from reglens.registry.pace import Pacing
from reglens.registry.pages import not_json, pages
from reglens.registry.products import by_host
from reglens.registry.recall import Recall
from reglens.registry.results import RateLimit, SearchResult, TokenGrant
from reglens.registry.routes import Routes, Served
from reglens.registry.search import Search
from reglens.registry.streaming import ranged, streamed
from reglens.registry.transport import Call, Transport
from reglens.trace.exchange import Exchange, Failure, Role
from reglens.trace.trace import Trace

__all__ = ["Clock", "RateLimit", "SearchResult", "Session", "TokenGrant", "utcnow"]

Clock = Callable[[], datetime]
"""The time, in UTC."""
BLOB_LIMIT = 8 << 20
STREAM_LIMIT = 64 << 30
"""Octets of a blob that is read piece by piece."""
_BASE = Resource("base")
_CATALOG = Resource("catalog")
_MANIFEST = (("Accept", media.ACCEPT),)
_BLOB = (("Accept", "*/*"),)
_INDEX = (("Accept", media.OCI_INDEX),)
_JSON = (("Accept", "application/json"),)
_NO_HEAD = frozenset({400, 404, 405, 501})
"""Statuses of a HEAD after which a GET is made: some registries do not know it (containerd, core/remotes/docker/
resolver.go), and only a GET's answer has a body that says why."""
_ABSENT = frozenset({404})


def utcnow() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


class Session:
    """Client, credentials, recorder, clock and token cache for one registry.

    Every method raises only `ReglensError` and its kin, or is cancelled; any number may run at once on one event loop.
    `Manifest.problems` and `Exchange.note` say what was odd about an answer that could be used all the same.

    With a `cache` content that is named by its digest is taken from there where it was got before by the same identity
    at the same place (`reglens.registry.recall`), without any exchange. All else is asked for.
    """

    def __init__(
        self,
        registry: str,
        *,
        options: Options | None = None,
        credentials: Credentials | None = None,
        trace: Trace | None = None,
        clock: Clock = utcnow,
        tokens: TokenCache | None = None,
        cache: Cache | None = None,
        pacing: Pacing | None = None,
    ) -> None:
        """`pacing` lets requests wait where a server asks for it; None: to be asked to wait is an error at once."""
        self.registry = registry
        self.options = options or Options()
        self.trace = trace if trace is not None else Trace()
        self.clock = clock
        machine = self.options.machine
        endpoint = machine.way(registry).origin if machine is not None else None
        if endpoint is not None and endpoint.registry != registry:
            endpoint = None  # what is looked for elsewhere is a matter of its repositories
        transport = Transport(registry, self.options, self.trace, clock, endpoint)
        self._channel = Channel(
            transport, credentials or Anonymous(), tokens if tokens is not None else TokenCache(), clock, pacing=pacing
        )
        self._routes = Routes(self._channel, self.options)
        self._recall = Recall(cache, self._routes, clock)
        self._search = Search(self._channel, self.repositories, self.options.search_url)
        self._has_referrers = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection; token requests that still run are cancelled, what is being kept is written."""
        await self._recall.aclose()
        await self._routes.aclose()
        await self._channel.aclose()

    @property
    def base_url(self) -> str:
        """``https://registry-1.docker.io``; of a loopback host ``""`` until it is known whether it speaks TLS."""
        return self._channel.transport.base_url

    @property
    def lookup(self) -> Lookup | None:
        """What the last search for credentials found; None until one was needed."""
        return self._channel.lookup

    @property
    def identity(self) -> str:
        """As whom the registry is used: ``anonymous`` or a user name; ``""`` until it is known."""
        return self._channel.identity

    @property
    def rate_limit(self) -> RateLimit | None:
        """How often may be asked, as the registry last said."""
        return self._channel.rate_limit

    async def request(
        self,
        role: Role,
        path: str,
        *,
        resource: Resource = _BASE,
        method: str = "GET",
        headers: tuple[tuple[str, str], ...] = _JSON,
        limit: int = LIST_LIMIT,
    ) -> Reply:
        """A request for any `path` of the registry (with its query), authorised for `resource`; the successful answer.

        All other methods go this way too. `limit` bounds the body, in octets.
        """
        return await self._channel.request(role, path, resource, method=method, headers=headers, limit=limit)

    async def send(self, call: Call) -> Exchange:
        """One request exactly as given: no redirect is followed, nothing is authorised, no status is an error.

        A path alone is one of the registry's. A failure is in the record that comes back, not raised.
        """
        transport = self._channel.transport
        if call.url.startswith("/"):
            call = replace(call, url=await transport.find_base_url() + call.url)
        number = self.trace.count + 1
        try:
            return (await transport.send(call)).exchange
        except ReglensError as error:
            known: Exchange | None = getattr(error, "exchange", None)
            if known is not None:
                return known
            return Exchange(number, call.role, self.registry, call.method, failure=Failure(Reach.SEND, error.message))

    async def ping(self) -> Exchange:
        """``GET /v2/``, with whatever it asks for; the exchange that succeeded."""
        self._routes.way("")
        path = f"{self._channel.transport.endpoint.root}/"
        reply = await self._channel.request(Role.PING, path, _BASE, limit=PING_LIMIT)
        exchange = reply.exchange
        if exchange.media_type == "text/html" and "docker-distribution-api-version" not in reply.headers:
            raise not_json(reply, "the registry API")
        return exchange

    async def repositories(self, *, limit: int | None = None) -> AsyncGenerator[list[str], None]:
        """The registry's catalogue in pages, in its order, `limit` names at most. NotListed, without asking, where it
        is known to have none for anybody."""
        product = by_host(self.registry)
        if not product.lists:
            raise NotListed(f"{product.kind.name} lists its repositories to nobody.", product.onward)
        self._routes.way("")
        path = f"{self._channel.transport.endpoint.root}/_catalog"

        async def get(path: str) -> Reply:
            return await self._channel.request(Role.CATALOG, path, _CATALOG, limit=LIST_LIMIT, compressed=True)

        async with aclosing(pages(get, path, "repositories", limit=limit)) as listed:
            async for names in listed:
                yield names

    async def tags(self, repository: str, *, limit: int | None = None) -> AsyncGenerator[list[str], None]:
        """A repository's tags in pages, in the registry's order, `limit` at most."""
        channel, path, resource = self._routes.at_origin(repository, "tags/list")

        async def get(path: str) -> Reply:
            return await channel.request(Role.TAGS, path, resource, limit=LIST_LIMIT, compressed=True)

        async with aclosing(pages(get, path, "tags", limit=limit)) as listed:
            async for names in listed:
                yield names

    async def resolve(self, reference: Reference, *, limit: int = MANIFEST_LIMIT) -> Descriptor:
        """Media type, digest and size of what `reference` names: by HEAD, which Docker Hub does not count, and by GET
        where HEAD will not do, of `limit` octets at most. The cache has no say in it."""
        reply = (await self._manifest_request(reference, "HEAD", limit, _NO_HEAD)).reply
        if reply.status < 300:
            descriptor = descriptor_of(reply, reference)
            if descriptor is not None:
                return descriptor
        manifest = self._arrived(await self._manifest_request(reference, "GET", limit), reference)
        return Descriptor(manifest.media_type, manifest.digest, manifest.size)

    async def manifest(self, reference: Reference, *, limit: int = MANIFEST_LIMIT) -> Manifest:
        """The manifest that `reference` names, of `limit` octets at most, its digest checked against what was asked for
        and announced. Who needs little of it, or several at once, says so by a lower limit."""
        wanted = reference.digest
        found = await self._recall.first(
            Role.MANIFEST, reference.repository, wanted, limit,
            lambda: self._manifest_request(reference, "GET", limit),
        )  # fmt: skip
        if isinstance(found, Kept):
            assert wanted is not None
            return kept_manifest(found, wanted)
        return self._arrived(found, reference)

    async def find(self, reference: Reference, *, limit: int = MANIFEST_LIMIT) -> Manifest | None:
        """The manifest that a tag names, as `manifest` gives it; None if there is no such tag: whoever asks this way
        does not know whether there is, and is recorded so."""
        served = await self._manifest_request(reference, "GET", limit, _ABSENT)
        return None if served.reply.status in _ABSENT else self._arrived(served, reference)

    def _arrived(self, served: Served, reference: Reference) -> Manifest:
        manifest = manifest_of(served.reply, reference)
        self._recall.keep(Role.MANIFEST, served, manifest.digest, "" if reference.digest else reference.target)
        return manifest

    async def last_seen(self, reference: Reference) -> Seen | None:
        """What the tag of `reference` led to when this identity last asked for it, if that is in the cache."""
        return await self._recall.last_seen(reference)

    def ask_first(self) -> None:
        """From here on ask for content that is in the cache too, once each; it is taken from there only where no answer
        comes. For a reload, and for whoever wants to know what another identity may read."""
        self._recall.ask_first()

    async def _manifest_request(
        self, reference: Reference, method: str, limit: int, expected: frozenset[int] = frozenset()
    ) -> Served:
        return await self._routes.request(
            Role.MANIFEST,
            reference.repository,
            manifest_path(reference.target),
            Resource("content", reference.repository),
            limit=limit,
            method=method,
            headers=_MANIFEST,
            expected=expected,
            target=reference.target,
        )

    async def blob(self, repository: str, digest: Digest, *, limit: int = BLOB_LIMIT) -> bytes:
        """A blob of at most `limit` octets, its digest checked."""
        found = await self._recall.first(
            Role.BLOB,
            repository,
            digest,
            limit,
            lambda: self._routes.request(
                Role.BLOB,
                repository,
                f"blobs/{digest}",
                Resource("content", repository),
                limit=limit,
                headers=_BLOB,
                target=str(digest),
            ),
        )
        if isinstance(found, Kept):
            return found.data
        data = blob_of(found.reply, digest)
        self._recall.keep(Role.BLOB, found, digest)
        return data

    async def blob_stream(
        self, repository: str, digest: Digest, *, limit: int = STREAM_LIMIT
    ) -> AsyncGenerator[bytes, None]:
        """A blob of at most `limit` octets, piece by piece as it arrives; nothing is kept. Its digest is known to be
        right when the last piece was taken: DigestMismatch then if it is not. Close it (`aclosing`) to give up."""
        async with aclosing(streamed(self._routes, repository, digest, limit)) as pieces:
            async for piece in pieces:
                yield piece

    async def blob_range(self, repository: str, digest: Digest, start: int, stop: int) -> bytes:
        """The octets of a blob from `start` up to `stop`, which no digest covers. AnswerInvalid where the registry does
        not send parts."""
        return await ranged(self._routes, repository, digest, start, stop)

    async def config(self, repository: str, image: Image, *, limit: int = BLOB_LIMIT) -> ImageConfig:
        """The image's configuration, of `limit` octets at most. AnswerInvalid if it has none that can be read."""
        if image.config is None:
            raise AnswerInvalid("The image names no configuration.", "Look at its JSON instead.")
        raw = await self.blob(repository, image.config.digest, limit=limit)
        try:
            return parse_config(raw)
        except ValueError as error:
            raise AnswerInvalid(f"The configuration cannot be read: {error}.", "Look at its JSON instead.") from None

    async def referrers(self, repository: str, digest: Digest) -> AsyncGenerator[tuple[Descriptor, ...], None]:
        """What refers to the manifest of that digest, in pages: by the referrers API, else by the tag that stands for
        it (distribution spec, "Referrers Tag Schema"). TooLarge after `referrers.MAX_REFERRERS` of them."""
        async with (
            aclosing(self._referrers(repository, digest)) as found,
            aclosing(referrers.bounded(found)) as pages_of_them,
        ):
            async for page in pages_of_them:
                yield page

    async def _referrers(self, repository: str, digest: Digest) -> AsyncGenerator[tuple[Descriptor, ...], None]:
        channel, path, resource = self._routes.at_origin(repository, f"referrers/{digest}", "content")

        async def get(path: str) -> Reply:
            return await channel.request(
                Role.REFERRERS, path, resource, limit=MANIFEST_LIMIT, headers=_INDEX, expected=referrers.NOT_THERE,
                target=str(digest),
            )  # fmt: skip

        if self._has_referrers:
            try:
                async with aclosing(referrers.by_api(get, path)) as listed:
                    async for page in listed:
                        yield page
                return
            except referrers.NoApi as answered:
                reply = answered.reply
                self._has_referrers = reply.status not in referrers.NOT_THERE or bool(reply.exchange.errors)
        tag = re.sub(r"[^\w.-]", "-", f"{digest.algorithm[:32]}-{digest.encoded[:64]}")
        manifest = await self.find(Reference(self.registry, repository, tag))
        if isinstance(manifest, Index):
            yield manifest.manifests

    async def search(self, query: str, *, limit: int = 50) -> list[SearchResult]:
        """Repositories that match `query`, `limit` at most: by `Options.search_url` if it is set, by the search of
        Docker Hub, Quay, Harbor, GitLab or zot where the registry is one of them, elsewhere those of the catalogue
        whose names contain `query`. NotListed where the registry tells nobody what it has."""
        return await self._search.find(query, limit)

    async def acquire_token(
        self,
        reference: Reference | None,
        *,
        service: str | None = None,
        scopes: Sequence[str] | None = None,
        action: str = "pull",
    ) -> TokenGrant:
        """A new token for `action` (pull, push, delete) on `reference`, or for the registry as such if it is None.

        The challenge is the one that reading `reference` meets; `service` and `scopes` replace what it says. Nothing is
        changed on the registry, and the token is not used. TokenError if the registry asks for none.
        """
        if reference is None:
            self._routes.way("")
            return await acquire(self._channel, None, service=service, scopes=scopes, action=action)
        channel, _, resource = self._routes.at_origin(reference.repository, "")
        there = replace(reference, registry=channel.registry, repository=resource.repository)
        return await acquire(channel, there, service=service, scopes=scopes, action=action)
