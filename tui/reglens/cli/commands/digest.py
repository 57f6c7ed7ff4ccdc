"""``reglens digest REFERENCE…``: digests, a line each.

References are taken as they come, looked up as many at once as each registry bears, and printed in their order.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from reglens.cli.connect import Connection, connection, has_manifest, meant, read_reference, say_scheme, settled
from reglens.cli.connect import run as run_async
from reglens.cli.journal import Journal
from reglens.cli.lines import stdin_lines
from reglens.cli.output import Output, is_terminal
from reglens.cli.refusal import Refusal
from reglens.errors import NotFound, RateLimited, RegistryError, ReglensError, UsageError
from reglens.oci.descriptor import Descriptor, Platform
from reglens.oci.manifest import Index, Manifest
from reglens.oci.reference import Reference, without_login
from reglens.text import human_count

if TYPE_CHECKING:
    from reglens.registry.pace import Pacing
    from reglens.registry.session import Session

AHEAD = 512
"""Look-ups that may be under way or done before one that is not: so many results are held at most."""
WAIT = 60.0
"""Seconds that many look-ups wait, unless told otherwise, where a registry asks for it."""
WHY = 8
"""Refusals that are asked again for their reason."""
_DRAWN = 0.2
"""Seconds between two looks at the progress."""


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the digest of each reference in the order given."""
    platform = read_platform(args.platform)
    from_stdin = not args.references or "-" in args.references
    if from_stdin and args.password_stdin:
        raise UsageError("stdin cannot hold both the password and the references")
    reached = connection(args)
    if from_stdin and is_terminal(sys.stdin):
        output.note("reglens: give references, a line each, then press ctrl-d on a line of its own")
    journal = Journal(args.resume, _options(args)) if args.resume else None
    try:
        return run_async(_Digests(reached, platform, journal, args, output).run())
    finally:
        if journal is not None:
            journal.close()


def _options(args: argparse.Namespace) -> str:
    """The options that decide which digest is found."""
    return " ".join([f"--platform {args.platform}"] * bool(args.platform) + ["--verify"] * args.verify)


def read_platform(text: str | None) -> Platform | None:
    """The platform that ``--platform`` names. Raises UsageError if it is none."""
    try:
        return Platform.parse(text) if text is not None else None
    except ValueError as error:
        raise UsageError(f"--platform: {error}") from None


@dataclass(frozen=True, slots=True)
class _Result:
    text: str
    reference: Reference | None = None
    found: Descriptor | None = None
    refusal: Refusal | None = None


@dataclass
class _Digests:
    """One run of the command."""

    reached: Connection
    platform: Platform | None
    journal: Journal | None
    args: argparse.Namespace
    output: Output
    sessions: dict[str, Session] = field(default_factory=dict)
    """One a registry, so that all its look-ups share connections and tokens."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    causes: set[str] = field(default_factory=set)
    schemes_said: set[str] = field(default_factory=set)
    diagnosis: Any = None
    taken: int = 0
    """References that were read so far."""
    all_taken: bool = False
    done: int = 0
    failed: int = 0
    asked_why: int = 0

    async def run(self) -> int:
        """The exit code, when everything was looked up and told."""
        from reglens.registry.pace import MOST, Pacing

        wait = self.args.wait if self.args.wait is not None else WAIT if self.many else 0.0
        pacing = Pacing(wait, min(self.args.at_once or MOST, MOST), self._say_wait)
        results: asyncio.Queue[asyncio.Task[_Result] | Exception | None] = asyncio.Queue(AHEAD)
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._feed(results, pacing)),
            asyncio.create_task(self._show(pacing)),
        ]
        try:
            await self._tell_all(results)
        except asyncio.CancelledError:
            self._say_interrupted()
            raise
        finally:
            self.output.status("")
            while not results.empty():
                if isinstance(left := results.get_nowait(), asyncio.Task):
                    tasks.append(left)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for session in self.sessions.values():
                await session.aclose()
        self._say_schemes()
        if self.output.as_json:
            self._document()
        return 1 if self.failed else 0

    @property
    def many(self) -> bool:
        """Whether this is a list of references, not one."""
        given = self.args.references
        return len(given) != 1 or given == ["-"]

    async def _feed(self, results: asyncio.Queue[asyncio.Task[_Result] | Exception | None], pacing: Pacing) -> None:
        """Begin to look each reference up as it comes."""
        try:
            async with aclosing(_unless_alone_and_malformed(self._texts(), self.reached)) as texts:
                async for text in texts:
                    self.taken += 1
                    await results.put(asyncio.create_task(self._look_up(text, pacing)))
        except Exception as error:
            await results.put(error)
        self.all_taken = True
        await results.put(None)

    async def _texts(self) -> AsyncGenerator[str, None]:
        for argument in self.args.references or ["-"]:
            if argument != "-":
                yield argument
                continue
            async with aclosing(stdin_lines("a list of references")) as lines:
                async for line in lines:
                    yield line

    async def _look_up(self, text: str, pacing: Pacing) -> _Result:
        session: Session | None = None
        reference: Reference | None = None
        session_of = partial(self._session, pacing)
        try:
            reference = read_reference(await settled(text, self.reached, self.output, has_manifest, session_of))
            found = self.journal.find(reference) if self.journal else None
            if found is None:
                session = session_of(reference.registry)
                found = await self._ask(session, reference)
                if self.journal:
                    self.journal.add(reference, found)
        except ReglensError as error:
            return _Result(text, reference, refusal=Refusal(error, session, reference))
        return _Result(text, reference, found)

    def _session(self, pacing: Pacing, registry: str) -> Session:
        session = self.sessions.get(registry)
        if session is None:
            session = self.sessions[registry] = self.reached.session(registry, pacing=pacing)
        return session

    async def _ask(self, session: Session, reference: Reference) -> Descriptor:
        if self.platform is None and not self.args.verify:
            return await self._resolve(session, reference)
        manifest = await session.manifest(reference)
        if self.platform is not None and isinstance(manifest, Index):
            chosen = choose(manifest, self.platform, reference)
            if not self.args.verify:
                return chosen
            manifest = await session.manifest(reference.at_digest(chosen.digest))
        return Descriptor(manifest.media_type, manifest.digest, manifest.size)

    async def _resolve(self, session: Session, reference: Reference) -> Descriptor:
        """By HEAD. A refusal of that has no body to say why, so the first few are asked again by GET."""
        try:
            return await session.resolve(reference)
        except RegistryError as error:
            silent = (
                error.exchange is not None and error.exchange.method == "HEAD" and not isinstance(error, RateLimited)
            )
            if not silent or self.asked_why >= WHY:
                raise
        self.asked_why += 1
        manifest = await session.manifest(reference)
        return Descriptor(manifest.media_type, manifest.digest, manifest.size)

    async def _tell_all(self, results: asyncio.Queue[asyncio.Task[_Result] | Exception | None]) -> None:
        while True:
            if results.empty():
                self.output.flush()
            task = await results.get()
            if task is None:
                return
            if isinstance(task, Exception):
                raise task
            if not task.done():
                self.output.flush()
            self._tell(await task)

    def _tell(self, result: _Result) -> None:
        self.done += 1
        refusal, output = result.refusal, self.output
        if refusal is not None:
            self.failed += 1
            self._say_schemes()
            if refusal.diagnosis is not None and self.diagnosis is None:
                self.diagnosis = refusal.fields()["diagnosis"]
            if not output.as_json:
                refusal.tell(
                    output, without_login(result.text) if self.many else "", briefly=refusal.code in self.causes
                )
                self.causes.add(refusal.code)
        elif result.found is not None and not output.as_json:
            output.line(str(result.found.digest))
        if output.as_json:
            self.rows.append(_row(result))

    def _say_schemes(self) -> None:
        """What is known of the registries' schemes, once for each."""
        for registry, session in self.sessions.items():
            if session.base_url and registry not in self.schemes_said:
                self.schemes_said.add(registry)
                say_scheme(session, self.args, self.output)

    def _document(self, **more: object) -> None:
        document: dict[str, Any] = {"schema": 1, "results": self.rows, **more}
        if self.diagnosis is not None:
            document["diagnosis"] = self.diagnosis
        self.output.document(document)

    async def _show(self, pacing: Pacing) -> None:
        """Keep the line of progress up to date, where somebody sees it."""
        began = monotonic()
        while self.many and self.output.shows_status:
            await asyncio.sleep(_DRAWN)
            parts = [human_count(self.done) + (f" of {human_count(self.taken)}" if self.all_taken else "")]
            parts.append(f"{self.done / (monotonic() - began):.0f} a second")
            if self.failed:
                parts.append(f"{human_count(self.failed)} failed")
            if (wait := pacing.waiting()) > 0:
                parts.append(f"waiting {wait:.0f} s")
            self.output.status(" · ".join(parts))

    def _say_wait(self, host: str, seconds: float) -> None:
        self.output.note(f"reglens: {host} asks to wait {max(1, seconds):.0f} s")

    def _say_interrupted(self) -> None:
        if self.output.as_json:
            self._document(interrupted=True)
        elif self.many:
            self.output.flush()
            of = f" of {human_count(self.taken)}" if self.all_taken else ""
            how = "the same command goes on from there" if self.journal else "with --resume FILE, the next run goes on"
            self.output.note(f"reglens: interrupted; {human_count(self.done)}{of} done; {how}")


async def _unless_alone_and_malformed(texts: AsyncIterator[str], reached: Connection) -> AsyncGenerator[str, None]:
    """`texts`. Raises UsageError if there are none, or only one that is no reference, or a short name that may not be
    spelt out: alone that is wrong usage, among others one failure of many."""
    first = await anext(texts, None)
    if first is None:
        raise UsageError("there is no reference: neither an argument nor a line on stdin")
    try:
        for name in meant(first, reached).names:
            read_reference(name)
    except UsageError:
        second = await anext(texts, None)
        if second is None:
            raise
        yield first
        yield second
    else:
        yield first
    async for text in texts:
        yield text


def choose(index: Index, platform: Platform, reference: Reference) -> Descriptor:
    """The entry of `index` for `platform`. Raises NotFound, which names the platforms that there are."""
    found = index.choose(platform)
    if found is None:
        there = ", ".join(dict.fromkeys(str(m.platform) for m in index.platforms if m.platform)) or "none"
        raise NotFound(f"{reference.familiar} has no manifest for {platform}", f"It has: {there}.", status=200)
    return found


def _row(result: _Result) -> dict[str, Any]:
    row: dict[str, Any] = {
        "reference": str(result.reference) if result.reference else without_login(result.text),
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
