"""What the browser does to fill the columns beside the tags: rows in view are looked up, a few at once, unasked.

None of it shows among the exchanges or counts for the diagnosis (`reglens.trace.trace.aside`), and no failure is told:
a column stays empty. After the first one, other than that a tag is not there or leads to something huge, nothing is
asked until a reload.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from reglens.app import messages
from reglens.app.part import BrowserPart
from reglens.app.tag_facts import Detail, Extent, TagFacts, facts_of, look_up, with_config
from reglens.errors import NotFound, ReglensError, TooLarge
from reglens.trace.trace import aside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.worker import Worker, WorkType

    from reglens.app.ports import RegistrySession
    from reglens.oci.config import ImageConfig
    from reglens.oci.digest import Digest
    from reglens.oci.manifest import Manifest
    from reglens.oci.reference import Reference

AT_ONCE = 4
"""Tags that are looked up at the same time."""


@dataclass
class Visit:
    """A stay at a repository: what was learnt there by digest, what is wanted, and the workers under way by tag."""

    number: int
    known: dict[Digest, TagFacts] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    running: dict[str, Worker[Any]] = field(default_factory=dict)
    done: dict[str, Extent] = field(default_factory=dict)
    """How much was asked of a tag; all, if it could not be had."""
    extent: Extent = Extent.NOTHING
    """How much is wanted of each."""
    stopped: bool = False

    def want(self, tags: Sequence[str], extent: Extent) -> None:
        """Of these tags alone so much is wanted: what else is under way is called off."""
        if extent is not self.extent:
            tags, self.extent, kept = list(tags), extent, set[str]()
        else:
            kept = set(tags)
        for tag in set(self.running).difference(kept):
            self.running.pop(tag).cancel()
        self.waiting = [tag for tag in tags if tag not in self.running and self.done.get(tag, Extent.NOTHING) < extent]

    def stop(self) -> None:
        """Nothing is wanted any more."""
        self.want((), self.extent)
        self.stopped = True


class Columns(BrowserPart):
    """A part of the browser, which is the only one to inherit it."""

    _visit: Visit

    def begin_visit(self) -> None:
        """Another repository is shown, or none, or the same one anew."""
        self._visit.stop()
        self._visit = Visit(self._visit.number + 1)

    def on_tags_in_view(self, event: messages.TagsInView) -> None:
        if event.repository == self.here.repository and not self._visit.stopped:
            self._visit.want(event.tags, event.extent)
            self._look_on()

    def _look_on(self) -> None:
        """Start on what waits, as far as there is room."""
        visit, repository = self._visit, self.here.repository
        if repository is None or self.tags.detail is Detail.NONE:
            return
        while visit.waiting and len(visit.running) < AT_ONCE:
            tag = visit.waiting.pop(0)
            work = partial(self._look, self.explorer.session, repository.at_tag(tag), tag)
            visit.running[tag] = self.tags.screen.run_worker(
                cast("WorkType[None]", work), name=tag, group="columns", exit_on_error=False
            )

    async def _look(self, session: RegistrySession, reference: Reference, tag: str) -> None:
        post, visit, known = self.tags.screen.post_message, self._visit.number, self._visit.known
        detail, extent = self.tags.detail, self._visit.extent
        try:
            with aside():
                await look_up(
                    session, reference, detail, known, lambda facts: post(messages.TagLearnt(visit, tag, facts)), extent
                )
        except ReglensError as failed:
            post(messages.TagUnknown(visit, tag, failed))
        else:
            post(messages.TagLookedUp(visit, tag, extent))
            post(messages.SessionChanged(session))

    def on_tag_learnt(self, event: messages.TagLearnt) -> None:
        if event.visit == self._visit.number:
            self._learn(event.tag, event.facts)

    def on_tag_looked_up(self, event: messages.TagLookedUp) -> None:
        if event.visit == self._visit.number:
            if event.extent is self._visit.extent:
                self._visit.running.pop(event.tag, None)
            self._visit.done[event.tag] = max(event.extent, self._visit.done.get(event.tag, Extent.NOTHING))
            self._look_on()

    def on_tag_unknown(self, event: messages.TagUnknown) -> None:
        if event.visit != self._visit.number:
            return
        self._visit.running.pop(event.tag, None)
        self._visit.done[event.tag] = Extent.WHOLE
        if isinstance(event.error, NotFound | TooLarge):
            self._look_on()
        else:
            self._visit.stop()

    def on_detail_chosen(self, event: messages.DetailChosen) -> None:
        """Other columns are wanted; also a new chance after a failure."""
        self.app.memory.known = replace(self.app.memory.known, columns=event.detail.value)
        self.app.keep()
        known = self._visit.known
        self.begin_visit()
        self._visit.known = known

    def learn_manifest(self, tag: str, manifest: Manifest, config: ImageConfig | None = None) -> None:
        """What a manifest that was opened tells of its tag."""
        facts = facts_of(manifest)
        self._learn(tag, with_config(facts, config) if config is not None else facts)

    def _learn(self, tag: str, facts: TagFacts) -> None:
        known = facts.merged(self._visit.known.get(facts.digest))
        self._visit.known[facts.digest] = known
        self.tags.learn(tag, known)
