"""``reglens search QUERY``: Docker Hub's search, another registry's, or those of several."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reglens.cli.connect import Connection, connection, say_scheme
from reglens.cli.connect import run as run_async
from reglens.cli.output import Output, is_terminal
from reglens.cli.refusal import Refusal
from reglens.errors import ReglensError, UsageError
from reglens.oci.reference import HUB, Place, name_of
from reglens.text import clean, human_count, human_short

if TYPE_CHECKING:
    from reglens.registry.results import SearchResult


def run(args: argparse.Namespace, output: Output) -> int:
    """Print what a search finds, best first, a registry after the other."""
    query = args.query.strip()
    if not query:
        raise UsageError("the query is empty")
    reached = connection(args)
    return run_async(_search(query, _registries(args, reached, output), reached, args, output))


def _registries(args: argparse.Namespace, reached: Connection, output: Output) -> list[str]:
    """Where to search: where the person says, else where ``registries.conf`` says if it is heeded, else on Docker
    Hub."""
    machine = reached.options.machine
    if args.registry:
        return list(dict.fromkeys(read_registry(text) for text in args.registry))
    if machine is not None and (machine.short_names or is_terminal(output.err)):
        listed, source = machine.searched
        if machine.short_names and listed:
            return list(listed)
        others = [name_of(registry) for registry in listed if registry != HUB]
        if others and not output.as_json:
            output.note(f"reglens: {clean(source)} lists {clean(', '.join(others))} too: --short-names searches all")
    return [HUB]


def read_registry(text: str) -> str:
    """A registry's host. Raises UsageError for anything that is more, or none; a single word with a slash at its end is
    read as one as well, since ``Place`` alone would take it for a repository."""
    bare = text.strip().removesuffix("/")
    place = Place.parse(bare + "/" if "/" not in bare else bare)
    if place.reference is not None:
        raise UsageError(f"{text!r} is no registry host", f"Did you mean {place.registry}?")
    return place.registry


@dataclass(frozen=True, slots=True)
class _Answer:
    registry: str
    results: Sequence[SearchResult] = ()
    refusal: Refusal | None = None


async def _search(
    query: str, registries: list[str], reached: Connection, args: argparse.Namespace, output: Output
) -> int:
    answers = await asyncio.gather(*(_ask(query, registry, reached, args, output) for registry in registries))
    refused = [answer for answer in answers if answer.refusal is not None]
    if output.as_json:
        output.document(_document(query, answers))
        return 1 if refused else 0
    for answer in answers:
        if answer.refusal is not None:
            answer.refusal.tell(output, name_of(answer.registry) if len(answers) > 1 else "")
        elif not answer.results:
            output.note(f"reglens: nothing on {answer.registry} matches {query!r}")
        output.lines([_line(_name(result, answer, answers), result, output) for result in answer.results])
    return 1 if refused else 0


async def _ask(query: str, registry: str, reached: Connection, args: argparse.Namespace, output: Output) -> _Answer:
    session = reached.session(registry)
    try:
        return _Answer(registry, await session.search(query, limit=args.limit))
    except ReglensError as error:
        return _Answer(registry, refusal=Refusal(error, session, None))
    finally:
        await session.aclose()
        say_scheme(session, args, output)


def _name(result: SearchResult, answer: _Answer, answers: Sequence[_Answer]) -> str:
    """A name as the registry gives it; where several were searched, with the registry."""
    return result.name if len(answers) == 1 else f"{name_of(answer.registry)}/{result.name}"


def _document(query: str, answers: Sequence[_Answer]) -> dict[str, object]:
    """One document for all; a failure stands at the top where only one was searched."""
    rows = [_row(result) | {"registry": answer.registry} for answer in answers for result in answer.results]
    document: dict[str, object] = {"schema": 1, "query": query, "results": rows}
    failures = [{"registry": a.registry, **a.refusal.fields()} for a in answers if a.refusal is not None]
    if len(answers) > 1:
        return document | {"failures": failures}
    return document | (answers[0].refusal.fields() if answers[0].refusal is not None else {})


def _row(result: SearchResult) -> dict[str, object]:
    return {
        "name": result.name,
        "description": result.description,
        "official": result.official,
        "verified": result.verified,
        "stars": result.stars,
        "pulls": result.pulls,
    }


def _line(name: str, result: SearchResult, output: Output) -> str:
    """The name first, so that a script can cut it off at the first blank; the rest for people at a terminal."""
    if not is_terminal(output.out):
        return name
    marks = ["official"] if result.official else ["verified"] if result.verified else []
    marks += [f"★ {human_count(result.stars)}"] if result.stars is not None else []
    marks += [f"↓ {human_short(result.pulls)}"] if result.pulls is not None else []
    said = "  ".join([*marks, " ".join(clean(result.description, 80).split())])
    return f"{name:40}  {said}".rstrip()
