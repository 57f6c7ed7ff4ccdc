"""``reglens tags REPOSITORY``: tags, a line each, as they arrive."""

from __future__ import annotations

import argparse
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from reglens.cli.connect import Connection, connection, has_tags, read_reference, say_scheme, spelt_out
from reglens.cli.connect import run as run_async
from reglens.cli.output import Output
from reglens.cli.refusal import Refusal
from reglens.errors import ReglensError, UsageError
from reglens.oci.pattern import TakesTooLong
from reglens.oci.reference import Reference

if TYPE_CHECKING:
    from reglens.oci.tagfilter import TagFilter


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the tags of a repository."""
    if args.reverse and args.sort == "none":
        raise UsageError("--reverse needs --sort name or --sort semver")
    wanted = read_filter(args.filter)
    reached = connection(args)
    reference = read_reference(spelt_out(args.repository, reached, output, has_tags))
    return run_async(_tags(reference, reached, wanted, args, output))


def read_filter(text: str) -> TagFilter | None:
    """The filter in `text`, None if it is empty. UsageError if it cannot be understood."""
    if not text:
        return None
    from reglens.oci.tagfilter import TagFilter

    try:
        return TagFilter.parse(text)
    except ValueError as error:
        raise UsageError(f"--filter: {error}") from None


async def _tags(
    reference: Reference, reached: Connection, wanted: TagFilter | None, args: argparse.Namespace, output: Output
) -> int:
    streams = args.sort == "none" and not output.as_json
    held: list[str] = []
    left = args.limit if args.sort == "none" else None  # of those still to come
    failure: ReglensError | None = None
    code = 0
    session = reached.session(reference.registry)
    try:
        async with aclosing(session.tags(reference.repository, limit=left if wanted is None else None)) as pages:
            async for page in pages:
                if wanted is not None:
                    page = [tag for tag in page if wanted.wants(tag.lower())][:left]
                    left = None if left is None else left - len(page)
                if streams:
                    output.lines(page)
                else:
                    held += page
                if left == 0:
                    break
    except ReglensError as error:
        failure, code = error, 1
    except TakesTooLong as error:
        failure, code = UsageError(f"--filter: {error}"), 2
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
    return code


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
