"""What refers to a manifest, by the referrers API (distribution spec, "Listing Referrers"): an index in pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

from reglens.auth.reply import Reply
from reglens.errors import AnswerInvalid, TooLarge
from reglens.oci.descriptor import Descriptor
from reglens.oci.manifest import Index, parse_manifest
from reglens.registry.pages import next_page, on_host
from reglens.text import human_count

MAX_PAGES = 100
MAX_REFERRERS = 20_000
"""What refers to one manifest, in all its pages. The most that are known are some thousands: an image signed daily."""
NOT_THERE = frozenset({400, 404, 405, 406, 501})
"""Statuses of registries without the API; with it, what they do not know has an empty list (distribution spec)."""


class NoApi(Exception):
    """The first answer is no index: whoever gave it does not know the API."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


async def by_api(get: Callable[[str], Awaitable[Reply]], path: str) -> AsyncGenerator[tuple[Descriptor, ...], None]:
    """The pages from `path` on. Raises NoApi, AnswerInvalid for a further page that is none, and TooLarge."""
    seen: set[str] = set()
    while True:
        seen.add(path)
        reply = await get(path)
        index = _index(reply)
        if index is None and len(seen) == 1:
            raise NoApi(reply)
        if index is None:
            raise AnswerInvalid("A further page of what refers to it is no index.", exchange=reply.exchange)
        yield index.manifests
        following = next_page(reply.headers.get("link", ""), reply.exchange.url or path)
        if following is None:
            return
        path = on_host(following, reply.exchange)
        if path in seen or len(seen) >= MAX_PAGES:
            raise TooLarge("The pages of what refers to it have no end.", exchange=reply.exchange)


async def bounded(pages: AsyncIterator[tuple[Descriptor, ...]]) -> AsyncGenerator[tuple[Descriptor, ...], None]:
    """Those pages that hold anything, `MAX_REFERRERS` entries at most. Raises TooLarge after them if there are more."""
    left = MAX_REFERRERS
    async for page in pages:
        if page[:left]:
            yield page[:left]
        if len(page) > left:
            raise TooLarge(
                f"More than {human_count(MAX_REFERRERS)} manifests are said to refer to this one.",
                "The first of them are here; the registry is out of order, or somebody pushes them on purpose.",
            )
        left -= len(page)


def _index(reply: Reply) -> Index | None:
    if reply.status in NOT_THERE:
        return None
    try:
        manifest = parse_manifest(reply.body, reply.headers.get("content-type", ""))
    except ValueError:
        return None
    return manifest if isinstance(manifest, Index) else None
