"""Search, answering as Docker Hub does: its present API, and the older one of index.docker.io that podman speaks.

Neither tells of private repositories, and official images go without their ``library/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from reglens.demo.answers import Answer, Call, document
from reglens.demo.content.catalogue import Catalogue
from reglens.demo.content.names import About

_PAGE = 25
_MAX_PAGE = 100


class Search:
    """Finds repositories by words in name and description."""

    def __init__(self, catalogue: Catalogue, host: str) -> None:
        self._catalogue = catalogue
        self._url = f"{host}/v2/search/repositories/"

    def hub(self, call: Call) -> Answer:
        """``/v2/search/repositories/?query=&page=&page_size=`` of hub.docker.com."""
        query = call.parameter("query") or ""
        size = _number(call.parameter("page_size"), _PAGE)
        page = _number(call.parameter("page"), 1, 1_000_000)
        found = self.find(query)
        shown = found[(page - 1) * size : page * size]

        def at(number: int) -> str:
            return f"{self._url}?{urlencode({'query': query, 'page': number, 'page_size': size})}"

        results = [
            {
                "repo_name": familiar(about),
                "short_description": about.description,
                "star_count": about.stars,
                "pull_count": about.pulls,
                "repo_owner": "",
                "is_automated": False,
                "is_official": about.official,
            }
            for about in shown
        ]
        more = at(page + 1) if page * size < len(found) else ""
        before = at(page - 1) if page > 1 else ""
        return document({"count": len(found), "next": more, "previous": before, "results": results})

    def index(self, call: Call) -> Answer:
        """``/v1/search?q=&n=&page=`` of index.docker.io."""
        query = call.parameter("q") or ""
        size = _number(call.parameter("n"), _PAGE)
        page = _number(call.parameter("page"), 1, 1_000_000)
        found = self.find(query)
        results = [
            {
                "name": familiar(about),
                "description": about.description,
                "pull_count": about.pulls,
                "star_count": about.stars,
                "is_official": about.official,
                "is_automated": False,
                "is_trusted": False,
            }
            for about in found[(page - 1) * size : page * size]
        ]
        total = {"num_pages": -(-len(found) // size), "num_results": len(found), "page": page, "page_size": size}
        return document({**total, "query": query, "results": results})

    def find(self, query: str) -> Sequence[About]:
        """The public repositories in whose name or description every word stands: names first, then by stars."""
        words = query.lower().split()

        def rank(about: About) -> tuple[bool, bool, int, str]:
            exact = query.lower() in (about.name, familiar(about))
            named = all(word in about.name for word in words)
            return not exact, not named, -about.stars, about.name

        found = [
            about
            for about in self._catalogue.about.values()
            if about.public and all(word in f"{about.name} {about.description}".lower() for word in words)
        ]
        return sorted(found, key=rank)


def familiar(about: About) -> str:
    """The name as Docker Hub's search gives it."""
    return about.name.removeprefix("library/")


def _number(given: str | None, default: int, top: int = _MAX_PAGE) -> int:
    """A page or page size; the default for what is none."""
    value = int(given) if given and given.isascii() and given.isdigit() and len(given) < 9 else default
    return min(max(value, 1), top)
