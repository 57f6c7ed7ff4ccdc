"""``reglens digest REFERENCE…``: digests, a line each."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reglens.cli.connect import (
    Connection,
    connection,
    has_manifest,
    read_reference,
    read_stdin,
    say_scheme,
    settled,
    spelt_out,
)
from reglens.cli.connect import run as run_async
from reglens.cli.output import Output, is_terminal
from reglens.cli.refusal import Refusal
from reglens.errors import NotFound, ReglensError, UsageError
from reglens.oci.descriptor import Descriptor, Platform
from reglens.oci.manifest import Index, Manifest
from reglens.oci.reference import Reference

if TYPE_CHECKING:
    from reglens.registry.session import Session

AT_ONCE = 32
"""Look-ups that run at the same time."""
MAX_LIST = 64 << 20
"""Octets of a list of references on stdin."""


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the digest of each reference in the order given."""
    platform = read_platform(args.platform)
    from_stdin = not args.references or "-" in args.references
    if from_stdin and args.password_stdin:
        raise UsageError("stdin cannot hold both the password and the references")
    reached = connection(args)
    if from_stdin and is_terminal(sys.stdin):
        output.note("reglens: give references, a line each, then press ctrl-d on a line of its own")
    texts = list(_texts(args.references))
    if not texts:
        raise UsageError("there is no reference: neither an argument nor a line on stdin")
    if len(texts) == 1:
        texts = [spelt_out(texts[0], reached, output, has_manifest)]
        read_reference(texts[0])  # alone, a malformed one is wrong usage; among others, one failure of many
    return run_async(_digests(texts, platform, reached, args, output))


def read_platform(text: str | None) -> Platform | None:
    """The platform that ``--platform`` names. Raises UsageError if it is none."""
    try:
        return Platform.parse(text) if text is not None else None
    except ValueError as error:
        raise UsageError(f"--platform: {error}") from None


def _texts(arguments: Iterable[str]) -> Iterator[str]:
    for argument in list(arguments) or ["-"]:
        if argument != "-":
            yield argument
            continue
        text = read_stdin("a list of references", MAX_LIST).decode("utf-8", "surrogateescape")
        lines = (line.strip() for line in text.splitlines())
        yield from (line for line in lines if line and not line.startswith("#"))


@dataclass(frozen=True, slots=True)
class _Result:
    text: str
    reference: Reference | None = None
    found: Descriptor | None = None
    refusal: Refusal | None = None


class _Sessions:
    """One session a registry, so that all its look-ups share connections and tokens."""

    def __init__(self, reached: Connection) -> None:
        self.reached = reached
        self.open: dict[str, Session] = {}

    def of(self, registry: str) -> Session:
        if registry not in self.open:
            self.open[registry] = self.reached.session(registry)
        return self.open[registry]

    async def close(self) -> None:
        for session in self.open.values():
            await session.aclose()


async def _digests(
    texts: list[str], platform: Platform | None, reached: Connection, args: argparse.Namespace, output: Output
) -> int:
    sessions = _Sessions(reached)
    running: deque[asyncio.Task[_Result]] = deque()
    rows: list[dict[str, Any]] = []
    failures: list[Refusal] = []

    async def take() -> None:
        result = await running.popleft()
        if result.refusal is not None:
            if not output.as_json:
                told = {refusal.code for refusal in failures}
                subject = result.text if len(texts) > 1 else ""
                result.refusal.tell(output, subject, briefly=result.refusal.code in told)
            failures.append(result.refusal)
        elif result.found is not None and not output.as_json:
            output.line(str(result.found.digest))
            if running and not running[0].done():
                output.flush()
        if output.as_json:
            rows.append(_row(result))

    try:
        for text in texts:
            if len(running) >= AT_ONCE:
                await take()
            running.append(asyncio.create_task(_look_up(text, platform, sessions, output)))
        while running:
            await take()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await sessions.close()
    for session in sessions.open.values():
        say_scheme(session, args, output)
    if output.as_json:
        document: dict[str, Any] = {"schema": 1, "results": rows}
        told = next((f.fields() for f in failures if f.diagnosis is not None), None)
        if told:
            document["diagnosis"] = told["diagnosis"]
        output.document(document)
    return 1 if failures else 0


async def _look_up(text: str, platform: Platform | None, sessions: _Sessions, output: Output) -> _Result:
    session: Session | None = None
    reference: Reference | None = None
    try:
        full = await settled(text, sessions.reached, output, has_manifest, sessions.of)
        reference = read_reference(full)
        session = sessions.of(reference.registry)
        found = (
            await session.resolve(reference) if platform is None else await _of_platform(session, reference, platform)
        )
    except ReglensError as error:
        return _Result(text, reference, refusal=Refusal(error, session, reference))
    return _Result(text, reference, found)


async def _of_platform(session: Session, reference: Reference, platform: Platform) -> Descriptor:
    manifest = await session.manifest(reference)
    if not isinstance(manifest, Index):
        return Descriptor(manifest.media_type, manifest.digest, manifest.size)
    return choose(manifest, platform, reference)


def choose(index: Index, platform: Platform, reference: Reference) -> Descriptor:
    """The entry of `index` for `platform`. Raises NotFound, which names the platforms that there are."""
    found = index.choose(platform)
    if found is None:
        there = ", ".join(dict.fromkeys(str(m.platform) for m in index.platforms if m.platform)) or "none"
        raise NotFound(f"{reference.familiar} has no manifest for {platform}", f"It has: {there}.", status=200)
    return found


def _row(result: _Result) -> dict[str, Any]:
    row: dict[str, Any] = {
        "reference": str(result.reference) if result.reference else result.text,
        "digest": str(result.found.digest) if result.found else None,
        "media_type": result.found.media_type if result.found else None,
        "size": result.found.size if result.found else None,
        "error": None,
    }
    if result.refusal is not None:
        row |= result.refusal.fields()
    return row


async def manifest_of(session: Session, reference: Reference, platform: Platform | None) -> Manifest:
    """The manifest that `reference` names, through an index to the one for `platform` if one is wanted."""
    manifest = await session.manifest(reference)
    if platform is None or not isinstance(manifest, Index):
        return manifest
    return await session.manifest(reference.at_digest(choose(manifest, platform, reference).digest))
