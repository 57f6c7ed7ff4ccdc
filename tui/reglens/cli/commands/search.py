"""``reglens search QUERY``: Docker Hub's search, or a registry's catalogue."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from reglens.cli.connect import Connection, connection, say_scheme
from reglens.cli.connect import run as run_async
from reglens.cli.output import Output, is_terminal
from reglens.cli.refusal import Refusal
from reglens.errors import ReglensError, UsageError
from reglens.oci.reference import HUB, Place
from reglens.text import clean, human_count, human_short

if TYPE_CHECKING:
    from reglens.registry.results import SearchResult


def run(args: argparse.Namespace, output: Output) -> int:
    """Print what a search finds, best first."""
    query = args.query.strip()
    if not query:
        raise UsageError("the query is empty")
    registry = HUB if args.registry is None else read_registry(args.registry)
    return run_async(_search(query, registry, connection(args), args, output))


def read_registry(text: str) -> str:
    """A registry's host. Raises UsageError for anything that is more, or none; a single word with a slash at its end is
    read as one as well, since ``Place`` alone would take it for a repository."""
    bare = text.strip().removesuffix("/")
    place = Place.parse(bare + "/" if "/" not in bare else bare)
    if place.reference is not None:
        raise UsageError(f"{text!r} is no registry host", f"Did you mean {place.registry}?")
    return place.registry


async def _search(query: str, registry: str, reached: Connection, args: argparse.Namespace, output: Output) -> int:
    session = reached.session(registry)
    try:
        results = await session.search(query, limit=args.limit)
    except ReglensError as error:
        refusal = Refusal(error, session, None)
        if output.as_json:
            output.document({"schema": 1, "query": query, "results": [], **refusal.fields()})
        else:
            refusal.tell(output)
        return 1
    finally:
        await session.aclose()
        say_scheme(session, args, output)
    if output.as_json:
        output.document({"schema": 1, "query": query, "results": [_row(result) for result in results]})
        return 0
    if not results:
        output.note(f"reglens: nothing on {registry} matches {query!r}")
    output.lines([_line(result, output) for result in results])
    return 0


def _row(result: SearchResult) -> dict[str, object]:
    return {
        "name": result.name,
        "description": result.description,
        "official": result.official,
        "verified": result.verified,
        "stars": result.stars,
        "pulls": result.pulls,
    }


def _line(result: SearchResult, output: Output) -> str:
    """The name first, so that a script can cut it off at the first blank; the rest for people at a terminal."""
    if not is_terminal(output.out):
        return result.name
    marks = ["official"] if result.official else ["verified"] if result.verified else []
    marks += [f"★ {human_count(result.stars)}"] if result.stars is not None else []
    marks += [f"↓ {human_short(result.pulls)}"] if result.pulls is not None else []
    said = "  ".join([*marks, " ".join(clean(result.description, 80).split())])
    return f"{result.name:40}  {said}".rstrip()
