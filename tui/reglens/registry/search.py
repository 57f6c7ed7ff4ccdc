"""Searching: Docker Hub's index where it is, the catalogue elsewhere.

Docker Hub answers ``GET https://index.docker.io/v1/search?q=&n=&page=`` without an account, with stars and the official
mark; docker, podman and skopeo search there (moby, registry/search_session.go; containers/image, docker_client.go,
``SearchRegistry``). Its web site's own ``/v2/search/repositories/`` has other member names, which are read too, as a
search address of the person's choice may answer so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from reglens.auth.reply import Reply
from reglens.errors import AnswerInvalid
from reglens.oci.reference import HUB_LIBRARY
from reglens.registry.pages import json_object
from reglens.registry.results import SearchResult

HUB_SEARCH = "https://index.docker.io/v1/search"
PAGE = 100
"""Results that Docker Hub gives at once at most."""


async def search_index(
    get: Callable[[str], Awaitable[Reply]], url: str, query: str, *, limit: int
) -> list[SearchResult]:
    """Up to `limit` repositories that the index at `url` finds; official images come as ``library/name``."""
    words = query.strip().removeprefix(HUB_LIBRARY)  # the index knows official images by their short names
    found: dict[str, SearchResult] = {}
    page = 1
    size = max(1, min(limit, PAGE))
    while len(found) < limit:
        joint = "&" if urlsplit(url).query else "?"
        paged = f"&page={page}" if page > 1 else ""
        reply = await get(f"{url}{joint}q={quote(words, safe='')}&n={size}{paged}")
        listed = json_object(reply, "search results").get("results")
        if not isinstance(listed, list):
            raise AnswerInvalid(
                "The search answered without results.", "Type the repository's full name.", exchange=reply.exchange
            )
        before = len(found)
        for entry in listed:
            result = _result(entry) if isinstance(entry, dict) else None
            if result is not None:
                found.setdefault(result.name, result)
        if len(listed) < size or len(found) == before:
            break
        page += 1
    return list(found.values())[:limit]


def _result(entry: Mapping[str, Any]) -> SearchResult | None:
    name = entry.get("name") or entry.get("repo_name")
    if not isinstance(name, str):
        return None
    name = name.strip("/")
    described = entry.get("description") or entry.get("short_description")
    return SearchResult(
        name=name if "/" in name else HUB_LIBRARY + name,
        description=described if isinstance(described, str) else "",
        official=entry.get("is_official") is True,
        verified=entry.get("is_verified") is True or entry.get("is_trusted") is True,
        stars=_count(entry.get("star_count")),
        pulls=_count(entry.get("pull_count")),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
