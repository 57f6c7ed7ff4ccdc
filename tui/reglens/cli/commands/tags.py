"""``reglens tags REPOSITORY``: tags, a line each, as they arrive."""

from __future__ import annotations

import argparse
from typing import Any

from reglens.cli.connect import Connection, connection, has_tags, read_reference, say_scheme, spelt_out
from reglens.cli.connect import run as run_async
from reglens.cli.output import Output
from reglens.cli.refusal import Refusal
from reglens.errors import ReglensError, UsageError
from reglens.oci.reference import Reference


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the tags of a repository."""
    if args.reverse and args.sort == "none":
        raise UsageError("--reverse needs --sort name or --sort semver")
    reached = connection(args)
    reference = read_reference(spelt_out(args.repository, reached, output, has_tags))
    return run_async(_tags(reference, reached, args, output))


async def _tags(reference: Reference, reached: Connection, args: argparse.Namespace, output: Output) -> int:
    streams = args.sort == "none" and not output.as_json
    held: list[str] = []
    failure: ReglensError | None = None
    session = reached.session(reference.registry)
    try:
        async for page in session.tags(reference.repository, limit=args.limit if args.sort == "none" else None):
            if streams:
                output.lines(page)
            else:
                held += page
    except ReglensError as error:
        failure = error
    finally:
        await session.aclose()
    say_scheme(session, args, output)
    held = sort_tags(held, args.sort, reverse=args.reverse)[: args.limit]
    refusal = Refusal(failure, session, reference) if failure else None
    if output.as_json:
        document: dict[str, Any] = {"schema": 1, "repository": reference.name, "tags": held}
        output.document(document | (refusal.fields() if refusal else {}))
    else:
        output.lines(held)  # of a listing that broke off, what arrived is still worth having
        if refusal:
            refusal.tell(output)
    return 1 if refusal else 0


def sort_tags(tags: list[str], order: str, *, reverse: bool = False) -> list[str]:
    """`tags` by ``name``, by ``semver`` (oldest version first, or with `reverse` the newest; what is no version comes
    last both ways, by name), or as they are."""
    if order == "name":
        return sorted(tags, reverse=reverse)
    if order == "none":
        return tags
    from reglens.oci.versions import is_version, version_key

    keys = {tag: version_key(tag) for tag in tags}
    versions = sorted((tag for tag in tags if is_version(keys[tag])), key=keys.__getitem__, reverse=reverse)
    return versions + sorted((tag for tag in tags if not is_version(keys[tag])), key=keys.__getitem__)
