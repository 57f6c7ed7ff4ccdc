"""Searches, one for each API that there is; all tell `SearchResult`s of what they find.

Each is given a `get` that fetches a URL, or a path of the registry, as whoever may ask there, and raises for any answer
that is no success.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from reglens.auth.reply import Reply
from reglens.errors import AnswerInvalid, NotFound, NotListed, RateLimited, RegistryError, Unreachable
from reglens.jsontext import loads
from reglens.oci.reference import HUB_LIBRARY
from reglens.registry.pages import json_object
from reglens.registry.results import SearchResult

Get = Callable[[str], Awaitable[Reply]]

HUB_INDEX = "https://index.docker.io/v1/search"
HUB_SEARCH = "https://hub.docker.com/api/search/v4"
PAGE = 100
"""Results that Docker Hub and GitLab give at once at most."""
MAX_PAGES = 100
_HUB_NAME = re.compile(r"(?:[a-z0-9_-]+/)?[a-z0-9][a-z0-9._-]*")
_COUNT = re.compile(r"(\d{1,15}(?:\.\d{1,3})?)([KMBT]?)\+?", re.IGNORECASE)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


async def hub(get: Get, query: str, *, limit: int) -> list[SearchResult]:
    """Docker Hub's own search, with the official and verified marks, stars and pulls, as its web site and Docker's
    public client ask it (docker/hub-mcp, src/search.ts). Where that one does not answer, the older index does, which
    docker, podman and skopeo ask: it knows stars and the official mark only."""
    try:
        return await _hub_search(get, query, limit=limit)
    except RateLimited:
        raise
    except (RegistryError, AnswerInvalid):
        pass
    except Unreachable as error:
        if error.timed_out:
            raise
    return await index(get, HUB_INDEX, query, limit=limit)


async def _hub_search(get: Get, query: str, *, limit: int) -> list[SearchResult]:
    words = _hub_words(query)
    found: dict[str, SearchResult] = {}
    size = max(1, min(limit, PAGE))
    for page in range(MAX_PAGES):
        start = f"&from={page * size}" if page else ""
        url = f"{HUB_SEARCH}?custom_boosted_results=true&type=image&query={quote(words, safe='')}{start}&size={size}"
        listed = _list(await get(url), "results")
        before = len(found)
        for entry in listed:
            name = _text(entry, "name").strip("/")
            if not _HUB_NAME.fullmatch(name) or _text(entry, "type") not in ("", "image"):
                continue  # extensions, and names that belong to another registry
            badge = _text(entry, "badge")
            result = SearchResult(
                name=name if "/" in name else HUB_LIBRARY + name,
                description=_text(entry, "short_description"),
                official=badge == "official",
                verified=badge == "verified_publisher",
                stars=_count(entry.get("star_count")),
                pulls=_count(entry.get("pull_count")),
            )
            found.setdefault(result.name, result)
        if len(listed) < size or len(found) == before or len(found) >= limit:
            break
    return list(found.values())[:limit]


async def index(get: Get, url: str, query: str, *, limit: int) -> list[SearchResult]:
    """Up to `limit` repositories that the index at `url` finds; official images come as ``library/name``.

    Docker Hub's answers ``?q=&n=&page=`` (moby, registry/search_session.go; containers/image, docker_client.go,
    ``SearchRegistry``). The member names of Hub's ``/v2/search/repositories/`` are read too, as a search address of
    the person's choice may answer so. ``is_trusted`` once marked automated builds, so it verifies nobody.
    """
    words = _hub_words(query)
    found: dict[str, SearchResult] = {}
    size = max(1, min(limit, PAGE))
    joint = "&" if urlsplit(url).query else "?"
    for page in range(1, MAX_PAGES + 1):
        paged = f"&page={page}" if page > 1 else ""
        listed = _list(await get(f"{url}{joint}q={quote(words, safe='')}&n={size}{paged}"), "results")
        before = len(found)
        for entry in listed:
            name = (_text(entry, "name") or _text(entry, "repo_name")).strip("/")
            if not name:
                continue
            result = SearchResult(
                name=name if "/" in name else HUB_LIBRARY + name,
                description=_text(entry, "description") or _text(entry, "short_description"),
                official=entry.get("is_official") is True,
                verified=entry.get("is_verified") is True,
                stars=_count(entry.get("star_count")),
                pulls=_count(entry.get("pull_count")),
            )
            found.setdefault(result.name, result)
        if len(listed) < size or len(found) == before or len(found) >= limit:
            break
    return list(found.values())[:limit]


async def quay(get: Get, query: str, *, limit: int) -> list[SearchResult]:
    """Quay's ``/api/v1/find/repositories?query=&page=``, ten results a page and ten pages at most (quay,
    endpoints/api/search.py, ``ConductRepositorySearch``). Its API knows no tokens of the registry, so what is found is
    public."""
    found: dict[str, SearchResult] = {}
    for page in range(1, MAX_PAGES + 1):
        paged = f"&page={page}" if page > 1 else ""
        reply = await get(f"/api/v1/find/repositories?query={quote(query.strip(), safe='')}{paged}")
        before = len(found)
        for entry in _list(reply, "results"):
            namespace = entry.get("namespace")
            owner = _text(namespace, "name") if isinstance(namespace, dict) else ""
            if owner and _text(entry, "name") and _text(entry, "kind") == "repository":
                name = f"{owner}/{_text(entry, 'name')}"
                found.setdefault(
                    name, SearchResult(name, _text(entry, "description"), stars=_count(entry.get("stars")))
                )
        more = json_object(reply, "search results").get("has_additional") is True
        if not more or len(found) == before or len(found) >= limit:
            break
    return list(found.values())[:limit]


async def harbor(get: Get, query: str, *, limit: int) -> list[SearchResult]:
    """Harbor's ``/api/v2.0/search?q=``: what is public, or what the user may see (harbor, api/v2.0/swagger.yaml,
    ``Search``)."""
    listed = _list(await get(f"/api/v2.0/search?q={quote(query.strip(), safe='')}"), "repository")
    found = {
        name: SearchResult(name, pulls=_count(entry.get("pull_count")))
        for entry in listed
        if (name := _text(entry, "repository_name"))
    }
    return list(found.values())[:limit]


async def gitlab(get: Get, site: str, query: str, *, limit: int) -> list[SearchResult]:
    """The images of a GitLab project or group, whose path `query` is, or begins with: GitLab's API lists them for one
    at a time (https://docs.gitlab.com/api/container_registry/, "List registry repositories"). Asked without
    credentials: those of the registry need not be good for the API.

    Raises NotListed for what is no path, and for a project that is not public.
    """
    path = query.strip().strip("/").lower()
    if "/" not in path:
        raise NotListed(
            "GitLab lists the images of one project at a time, and this is no project's path.",
            "Search for group/project, or type the full name.",
        )
    ways = [("projects", path), ("groups", path)]
    parent = path.rpartition("/")[0]
    ways += [("projects", parent)] if "/" in parent else []
    for kind, owner in ways:
        try:
            return await _gitlab_images(get, f"{site}/api/v4/{kind}/{quote(owner, safe='')}", path, limit=limit)
        except NotFound:
            continue  # GitLab answers so for what is private, too
        except RegistryError as error:
            if error.status not in (401, 403):
                raise
    raise NotListed(
        f"GitLab shows nobody a project or group {path} with images.",
        "It may be private, or misspelt: type the full name, group/project/image.",
    )


async def _gitlab_images(get: Get, owner: str, path: str, *, limit: int) -> list[SearchResult]:
    found: dict[str, SearchResult] = {}
    page = "1"
    for _ in range(MAX_PAGES):
        paged = "" if page == "1" else f"&page={page}"
        reply = await get(f"{owner}/registry/repositories?per_page={max(1, min(limit, PAGE))}{paged}")
        for entry in _entries(_array(reply)):
            name = _text(entry, "path")
            if path in name:
                found.setdefault(name, SearchResult(name))
        page = reply.headers.get("x-next-page", "").strip()
        if not page.isdigit() or len(found) >= limit:
            break
    return list(found.values())[:limit]


async def zot(get: Get, root: str, query: str, *, limit: int) -> list[SearchResult]:
    """zot's search extension, a GraphQL query by GET: what the caller may read, with stars and downloads (zot,
    pkg/extensions/search/schema.graphql, ``GlobalSearch``)."""
    words = json.dumps(query.strip())  # GraphQL's strings are written as JSON's
    fields = "Name StarCount DownloadCount NewestImage{Description}"
    text = f"{{GlobalSearch(query:{words},requestedPage:{{limit:{limit} offset:0}}){{Repos{{{fields}}}}}}}"
    reply = await get(f"{root}/_zot/ext/search?query={quote(text, safe='')}")
    data = json_object(reply, "search results").get("data")
    told = data.get("GlobalSearch") if isinstance(data, dict) else None
    if not isinstance(told, dict):
        raise _no_results(reply)
    found = []
    for entry in _entries(told.get("Repos") or []):
        newest = entry.get("NewestImage")
        said = _text(newest, "Description") if isinstance(newest, dict) else ""
        if name := _text(entry, "Name"):
            stars, pulls = _count(entry.get("StarCount")), _count(entry.get("DownloadCount"))
            found.append(SearchResult(name, said, stars=stars, pulls=pulls))
    return found[:limit]


async def extensions(get: Get, root: str) -> frozenset[str]:
    """The endpoints of the extensions that a registry says it has (distribution spec, extensions/_oci.md); none where
    it knows no such question."""
    try:
        told = json_object(await get(f"{root}/_oci/ext/discover"), "the extensions")
    except RateLimited:
        raise
    except (RegistryError, AnswerInvalid):
        return frozenset()
    found: set[str] = set()
    for entry in _entries(told.get("extensions") or []):
        endpoints = entry.get("endpoints")
        found.update(e for e in endpoints[:100] if isinstance(e, str)) if isinstance(endpoints, list) else None
    return frozenset(found)


def _hub_words(query: str) -> str:
    """Docker Hub knows official images by their short names (containers/image, docker/docker_client.go)."""
    return query.strip().removeprefix(HUB_LIBRARY)


def _list(reply: Reply, member: str) -> list[Mapping[str, Any]]:
    listed = json_object(reply, "search results").get(member)
    if not isinstance(listed, list):
        raise _no_results(reply)
    return _entries(listed)


def _array(reply: Reply) -> list[Any]:
    try:
        value = loads(reply.body)
    except ValueError:
        value = None
    if not isinstance(value, list):
        raise _no_results(reply)
    return value


def _no_results(reply: Reply) -> AnswerInvalid:
    return AnswerInvalid(
        "The search answered without results.", "Type the repository's full name.", exchange=reply.exchange
    )


def _entries(value: object) -> list[Mapping[str, Any]]:
    return [entry if isinstance(entry, dict) else {} for entry in value] if isinstance(value, list) else []


def _text(entry: Mapping[str, Any], member: str) -> str:
    value = entry.get(member)
    return value if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    """A count, exact or as Docker Hub rounds it (``1B+``, ``500K+``): then the least that it can be."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    found = _COUNT.fullmatch(value.strip().replace(",", "")) if isinstance(value, str) and len(value) < 30 else None
    return int(float(found[1]) * _UNITS[found[2].upper()]) if found else None
