"""The questions to registries: each in an async worker of its own group, where a newer one cancels the older.

A worker touches no widget and keeps no state: it posts messages. Every question has a number; `Explorer.current` tells
whether an answer is still to the latest of its kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from reglens.app import messages
from reglens.app.attempt import concerning
from reglens.app.story import Story, Tells
from reglens.errors import ReglensError, Unreachable
from reglens.oci.cosign import tags_about
from reglens.oci.referrers import Referrer, Source, tagged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.message import Message
    from textual.screen import Screen
    from textual.worker import WorkType

    from reglens.app.ports import Clock, RegistrySession, SearchHit, SessionFactory
    from reglens.auth.keys import TrustedKeys
    from reglens.oci.digest import Digest
    from reglens.oci.manifest import Image
    from reglens.oci.reference import Reference
    from reglens.trace.exchange import Exchange

DEBOUNCE = 0.15
"""Seconds without a key press after which a search is sent."""
ABOUT = 4 << 20
"""Octets of a manifest that cosign made about another; a signature with its certificates has about 8 KiB there."""


class Group(StrEnum):
    """The kinds of questions; one of each is under way at most."""

    PING = "ping"
    CATALOG = "catalog"
    SEARCH = "search"
    FURTHER = "further"
    TAGS = "tags"
    MANIFEST = "manifest"
    CONFIG = "config"
    REFERRERS = "referrers"
    DIGESTS = "digests"
    DIAGNOSIS = "diagnosis"


class Explorer:
    """Sessions by registry, and the questions asked of them on behalf of a screen.

    `watch` is told of every exchange of the present story (the present registry since `forget`, as far as `tells` wants
    it), on the event loop.
    """

    def __init__(
        self,
        screen: Screen[Any],
        make: SessionFactory,
        clock: Clock,
        watch: Callable[[Exchange], None],
        tells: Tells = lambda _exchange: True,
    ) -> None:
        self._screen = screen
        self._make = make
        self._clock = clock
        self._watch = watch
        self._tells = tells
        self._story: Story | None = None
        self._sessions: dict[str, RegistrySession] = {}
        self._numbers: dict[Group, int] = {}
        self._count = 0
        self.registry = ""

    # -- sessions

    @property
    def session(self) -> RegistrySession:
        """The session with the present registry."""
        return self.session_with(self.registry)

    def session_with(self, registry: str) -> RegistrySession:
        """The session with a registry."""
        session = self._sessions.get(registry)
        if session is None:
            session = self._sessions[registry] = self._make(registry)
            session.trace.listeners.append(lambda exchange: self._heard(session, exchange))
        return session

    def turn_to(self, registry: str) -> None:
        """Make `registry` the present one. What was asked of another is called off."""
        if registry != self.registry:
            for group in Group:
                self.call_off(group)
            self.registry = registry
        self.forget()

    def forget(self) -> None:
        """From here on only new exchanges count for the authentication pane and the diagnosis."""
        trace = self.session.trace
        self._story = Story(trace, self._tells, trace.count)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Those of the present story."""
        return self._story.exchanges if self._story is not None else ()

    def _heard(self, session: RegistrySession, exchange: Exchange) -> None:
        story = self._story
        told = story.hear(exchange) if story is not None and story.trace is session.trace else None
        if told is not None:
            self._watch(told)

    def renew(self) -> None:
        """Meet the present registry as if for the first time, and ask it for what is kept too. What was asked of it is
        called off."""
        for group in Group:
            self.call_off(group)
        session = self._sessions.pop(self.registry, None)
        if session is not None:
            closing = cast("WorkType[None]", session.aclose)
            self._screen.app.run_worker(closing, group="closing", exit_on_error=False)
        self.session.ask_first()
        self.forget()

    async def close(self) -> None:
        """Close every session."""
        for session in self._sessions.values():
            await session.aclose()
        self._sessions.clear()

    # -- questions

    def current(self, group: Group, question: int) -> bool:
        """Whether `question` is the latest of its kind and was not called off."""
        return self._numbers.get(group) == question

    def call_off(self, group: Group) -> None:
        """Cancel the question of that kind; an answer that is already on its way will be dropped."""
        self._numbers.pop(group, None)
        self._screen.workers.cancel_group(self._screen, group)

    def _start(self, group: Group, work: Callable[[int], Coroutine[None, None, None]]) -> int:
        self._count += 1
        self._numbers[group] = self._count
        # A callable, not a coroutine: nothing is left over if it never starts.
        asked = cast("WorkType[None]", partial(work, self._count))
        self._screen.run_worker(asked, group=group, name=group, exclusive=True, exit_on_error=False)
        return self._count

    def ping(self) -> None:
        """Ask whether this is a registry, as whom, and how it wants to be asked."""
        session = self.session

        async def work(question: int) -> None:
            error = None
            try:
                await session.ping()
            except Exception as failed:
                error = explained(failed)
            self._post(messages.PingEnded(question, error), session)

        self._start(Group.PING, work)

    def catalog(self) -> None:
        """List the registry's repositories."""
        session = self.session

        async def work(question: int) -> None:
            error = None
            try:
                async for names in session.repositories():
                    self._post(messages.CatalogPage(question, names))
            except Exception as failed:
                error = explained(failed)
            self._post(messages.CatalogEnded(question, error), session)

        self._start(Group.CATALOG, work)

    def search(self, query: str) -> None:
        """Search once the typing pauses."""
        session = self.session

        async def work(question: int) -> None:
            await asyncio.sleep(DEBOUNCE)
            try:
                hits = await session.search(query)
            except Exception as failed:
                self._post(messages.Found(question, query, error=explained(failed)), session)
            else:
                self._post(messages.Found(question, query, hits), session)

        self._start(Group.SEARCH, work)

    def search_further(self, query: str, registries: Sequence[str]) -> None:
        """Search registries beside the present one once the typing pauses; each answer is told as it comes."""
        sessions = [self.session_with(registry) for registry in registries]

        async def ask(session: RegistrySession, question: int) -> None:
            hits: Sequence[SearchHit] = ()
            error = None
            try:
                hits = await session.search(query)
            except Exception as failed:
                error = explained(failed)
            self._post(messages.FurtherFound(question, query, session.registry, hits, error))

        async def work(question: int) -> None:
            await asyncio.sleep(DEBOUNCE)
            await asyncio.gather(*(ask(session, question) for session in sessions))

        self._start(Group.FURTHER, work)

    def tags(self, reference: Reference) -> None:
        """List a repository's tags, page by page."""
        session = self.session

        async def work(question: int) -> None:
            error = None
            try:
                async for tags in session.tags(reference.repository):
                    self._post(messages.TagsArrived(question, tags))
            except Exception as failed:
                error = explained(failed)
            self._post(messages.TagsEnded(question, error), session)

        self._start(Group.TAGS, work)

    def manifest(self, reference: Reference) -> None:
        """Get a manifest."""
        session = self.session

        async def work(question: int) -> None:
            try:
                manifest = await session.manifest(reference)
            except Exception as failed:
                seen = await session.last_seen(reference) if isinstance(failed, Unreachable) else None
                self._post(messages.ManifestFailed(question, reference, explained(failed), seen), session)
            else:
                self._post(messages.ManifestArrived(question, reference, manifest), session)

        self._start(Group.MANIFEST, work)

    def digests(self, references: Sequence[Reference]) -> None:
        """Ask for the digests of several references, whatever registries they are of."""
        asked = [(self.session_with(reference.registry), reference) for reference in references]

        async def work(question: int) -> None:
            try:
                found = await asyncio.gather(*(session.resolve(reference) for session, reference in asked))
            except Exception as failed:
                self._post(messages.DigestsArrived(question, error=explained(failed)))
            else:
                self._post(messages.DigestsArrived(question, [descriptor.digest for descriptor in found]))

        self._start(Group.DIGESTS, work)

    def config(self, repository: str, image: Image) -> None:
        """Get an image's configuration."""
        session = self.session
        assert image.config is not None
        digest = image.config.digest

        async def work(question: int) -> None:
            try:
                config = await session.config(repository, image)
            except Exception as failed:
                self._post(messages.ConfigFailed(question, digest, explained(failed)), session)
            else:
                self._post(messages.ConfigArrived(question, digest, config), session)

        self._start(Group.CONFIG, work)

    def referrers(self, reference: Reference, digest: Digest) -> None:
        """Ask what refers to a manifest: the referrers API (or its tag), and the tags that cosign uses. What is found
        is told as it comes."""
        session = self.session

        async def work(question: int) -> None:
            error: ReglensError | None = None
            found: dict[Digest, Referrer] = {}

            def tell(*, done: bool = False) -> None:
                arrived = messages.ReferrersArrived(question, digest, tuple(found.values()), error, done=done)
                self._post(arrived, session if done else None)

            asked = [
                asyncio.create_task(session.find(reference.at_tag(tag), limit=ABOUT)) for tag in tags_about(digest)
            ]
            try:
                async with aclosing(session.referrers(reference.repository, digest)) as listed:
                    async for page in listed:
                        found |= {entry.digest: Referrer(entry, Source.API) for entry in page}
                        tell()
            except Exception as failed:
                error = explained(failed)
            try:
                for tag, task in zip(tags_about(digest), asked, strict=True):
                    try:
                        manifest = await task
                        if manifest is not None:
                            found.setdefault(manifest.digest, tagged(tag, manifest))
                            tell()
                    except Exception as failed:
                        error = error or explained(failed)
            finally:
                for task in asked:
                    task.cancel()
            tell(done=True)

        self._start(Group.REFERRERS, work)

    def diagnose(self, reference: Reference | None, keys: TrustedKeys | None = None) -> None:
        """Read what the exchanges say, signatures by `keys` if there are any, in a thread."""
        session = self.session
        exchanges, lookup, now = concerning(self.exchanges, reference), session.lookup, self._clock()

        def read() -> Any:
            from reglens.diagnosis.engine import diagnose
            from reglens.diagnosis.evidence import from_trace

            return diagnose(from_trace(exchanges, reference, now=now, lookup=lookup, keys=keys))

        async def work(question: int) -> None:
            self._post(messages.Diagnosed(question, await asyncio.to_thread(read)))

        if exchanges:
            self._start(Group.DIAGNOSIS, work)

    def _post(self, message: Message, session: RegistrySession | None = None) -> None:
        self._screen.post_message(message)
        if session is not None:
            self._screen.post_message(messages.SessionChanged(session))


def explained(error: Exception) -> ReglensError:
    """`error` as one that can be shown: a defect of ours says that it is one."""
    if isinstance(error, ReglensError):
        return error
    return ReglensError(
        f"This is a defect in reglens, not in the registry: {type(error).__name__}: {error}",
        "Reload to try again; what was shown before is still there.",
    )
