"""Searching one registry: by the best way that it has, which is found out once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from urllib.parse import urlsplit

from reglens.auth.challenge import Challenge
from reglens.auth.flow import Resource
from reglens.auth.realm import judge, may_carry_credentials
from reglens.auth.reply import Presented, Reply, basic
from reglens.errors import NotListed, RegistryError
from reglens.registry import finders
from reglens.registry.body import SEARCH_LIMIT
from reglens.registry.channel import Channel
from reglens.registry.finders import Get
from reglens.registry.products import Product, Searching, by_host, recognise
from reglens.registry.refusals import error_of
from reglens.registry.results import SearchResult
from reglens.registry.transport import Call
from reglens.trace.exchange import Role

_JSON = (("Accept", "application/json"),)
_BASE = Resource("base")
_NO_API = frozenset({404, 405, 410, 501})
"""Statuses by which a server says that it has no such API."""
_ZOT = "/_zot/ext/search"


class Search:
    """Finds repositories of the registry that `channel` leads to; `listed` gives its catalogue in pages."""

    def __init__(self, channel: Channel, listed: Callable[[], AsyncGenerator[list[str], None]], url: str = "") -> None:
        self.channel = channel
        self.listed = listed
        self.url = url
        self._product: Product | None = None
        self._challenges: tuple[Challenge, ...] = ()
        self._endpoints: frozenset[str] | None = None

    async def find(self, query: str, limit: int) -> list[SearchResult]:
        """See `Session.search`."""
        if self.url:
            return await finders.index(self._get, self.url, query, limit=limit)
        product = await self._recognise()
        try:
            found = await self._by_api(product, query, limit)
        except RegistryError as error:
            if error.status not in _NO_API or product.searching is Searching.HUB:
                raise
            self._product, self._endpoints = replace(product, searching=Searching.CATALOGUE), frozenset()
            found = None
        return await self._in_catalogue(query, limit) if found is None else found

    async def _recognise(self) -> Product:
        """The product, by its host, else by what it asks for."""
        if self._product is None:
            product = by_host(self.channel.registry)
            if product.searching is Searching.DISCOVERED:
                self._challenges = self.channel.habits.known() or await self.channel.base_challenges()
                product = recognise(self.channel.registry, self._challenges)
            self._product = product
        return self._product

    async def _by_api(self, product: Product, query: str, limit: int) -> list[SearchResult] | None:
        """What the product's own search finds; None if it has none."""
        match product.searching:
            case Searching.HUB:
                return await finders.hub(self._get, query, limit=limit)
            case Searching.QUAY:
                return await finders.quay(self._get, query, limit=limit)
            case Searching.HARBOR:
                return await finders.harbor(await self._as_user(), query, limit=limit)
            case Searching.GITLAB:
                return await finders.gitlab(self._get, self._gitlab_site(), query, limit=limit)
            case Searching.DISCOVERED:
                root = self.channel.transport.endpoint.root
                if self._endpoints is None:
                    self._endpoints = await finders.extensions(self._authorised, root)
                if any(endpoint.endswith(_ZOT) for endpoint in self._endpoints):
                    return await finders.zot(self._authorised, root, query, limit=limit)
        return None

    async def _in_catalogue(self, query: str, limit: int) -> list[SearchResult]:
        wanted = query.strip().lower()
        found: list[SearchResult] = []
        async with aclosing(self.listed()) as listed:
            async for names in listed:
                found += [SearchResult(name) for name in names if wanted in name.lower()]
                if len(found) >= limit:
                    break
        return found[:limit]

    def _gitlab_site(self) -> str:
        """Where GitLab itself is: its registry has a host of its own, and the realm is GitLab's. Raises NotListed."""
        channel = self.channel
        for challenge in self._challenges:
            trusted = channel.transport.options.trust.of(channel.registry)
            realm = judge(challenge.realm or "", channel.transport.base_url, trusted)
            if realm.allowed and realm.url:
                parts = urlsplit(realm.url)
                return f"{parts.scheme}://{parts.netloc}"
        raise NotListed(f"{channel.registry} does not say where its GitLab is.", "Type the full name.")

    async def _authorised(self, path: str) -> Reply:
        """A path of the registry, as its ``/v2/`` wants to be asked."""
        return await self.channel.request(Role.SEARCH, path, _BASE, limit=SEARCH_LIMIT, compressed=True)

    async def _get(self, url: str, presented: Presented | None = None) -> Reply:
        """A URL, or a path of the registry's host, without credentials unless given."""
        if url.startswith("/"):
            url = await self.channel.transport.find_base_url() + url
        call = Call(Role.SEARCH, url, SEARCH_LIMIT, headers=_JSON, presented=presented, compressed=True)
        reply = await self.channel.follow(call)
        if reply.status >= 300:
            raise error_of(reply, reply.exchange.host, "", "", self.channel.clock())
        return reply

    async def _as_user(self) -> Get:
        """`_get` with user and password, for an API on the registry's own host that takes them; without, if there are
        none or they may not travel."""
        base = await self.channel.transport.find_base_url()
        credential = (await self.channel.find("")).credential
        presented = None
        if credential is not None and credential.password is not None and may_carry_credentials(base):
            presented = basic(credential.username, credential.password, credential.source)

        async def get(url: str) -> Reply:
            return await self._get(url, presented)

        return get
