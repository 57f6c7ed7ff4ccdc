"""The tags pane: what a repository holds. Tags stream in; a filter and an order are looked at, never waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input

from reglens.app.actions import Where, bindings
from reglens.app.messages import DetailChosen, TagChosen, TagsInView
from reglens.app.tag_facts import Detail, TagFacts
from reglens.app.tag_order import Order
from reglens.app.widgets.line_list import LineList, Part
from reglens.app.widgets.pane import Field, ListPane, Notice, Tally
from reglens.app.widgets.tag_rows import all_fit, extent, named, tag_row
from reglens.errors import ReglensError
from reglens.oci.digest import Digest
from reglens.oci.pattern import TakesTooLong
from reglens.oci.reference import Reference
from reglens.oci.referrers import names_a_digest
from reglens.oci.tagfilter import TagFilter
from reglens.text import clean, human_count

SLICE = 2000
"""Tags that a slow filter looks at before it may be given up for another one."""
_DETAILS = {
    Detail.FREE: "Beside the tags: what costs nothing to ask",
    Detail.ALL: "Beside the tags: everything. Where pulls are counted, each row counts.",
    Detail.NONE: "Beside the tags: nothing, and nothing is asked",
}
_NARROW = " The pane is too narrow to show it all: z widens it."


class TagsPane(ListPane):
    """Filter, count and tags of one repository."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.TAGS)]
    DEFAULT_CSS = """
    TagsPane {
        & > Horizontal { height: 1; padding: 0 1 0 1; display: none; }
        &.-listed > Horizontal { display: block; }
    }
    """
    hints: ClassVar[tuple[tuple[str, str], ...]] = (
        ("3.2*", "like"),
        ("!rc", "not"),
        (">=1.2 ^1", "versions"),
        ("/a|b/", "regex"),
    )

    def __init__(self, *, clock: Callable[[], datetime], id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock
        self.detail = Detail.FREE
        self.reference: Reference | None = None
        self.tags: list[str] = []
        self.facts: dict[str, TagFacts] = {}
        self.order = Order.REGISTRY
        self._lowered: list[str] = []
        self._keys: list[str] = []
        self._longest = 0
        self._sorted: Sequence[int] | None = None
        self._sorting = False
        self._wanted = TagFilter()
        self._matches: Sequence[int] = range(0)
        self._coming: TagFilter | None = None
        self._problem = ""
        self._streaming = False
        self._error: ReglensError | None = None
        self._opened_tag: str | None = None
        self._marked: frozenset[str] = frozenset()
        self._marks = 0
        self._same: Digest | None = None
        self._words_below = ""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Field("f filter")
            yield Tally(id="count")
        yield LineList(self._draw, rests=True)
        yield Notice()

    def on_mount(self) -> None:
        self.entitle("Tags")
        self._status()

    # -- what it is told

    def show_nothing(self) -> None:
        """No repository is chosen."""
        self._begin(None)
        self._streaming = False
        self._status()

    def show_repository(self, reference: Reference) -> None:
        """The tags of another repository are being asked for."""
        self._begin(reference)

    def _begin(self, reference: Reference | None) -> None:
        self.reference = reference
        self.tags, self._lowered, self._keys, self._longest = [], [], [], 0
        self._sorted, self._matches, self._wanted = None, range(0), TagFilter()
        self._coming, self._problem = None, ""
        self._streaming, self._error = True, None
        self.facts, self._opened_tag, self._same = {}, None, None
        self.workers.cancel_node(self)
        self._sorting = False
        with self.prevent(Input.Changed):
            self.field.value = ""
        self.entitle("Tags", reference.repository if reference else "")
        self.rows.show((), top=True)
        self._status()

    def add_tags(self, tags: Sequence[str]) -> None:
        """A page of tags, in the registry's order."""
        start = len(self.tags)
        self.tags += tags
        self._lowered += [tag if tag == (low := tag.lower()) else low for tag in tags]
        longest = self._longest
        if max(map(len, tags), default=0) > longest:  # tags that stand for a digest take no room from the columns
            longest = max((len(tag) for tag in tags if len(tag) > longest and not names_a_digest(tag)), default=longest)
        if longest != self._longest:
            self._longest = longest
            self.rows.redraw()
        fresh: Sequence[int] = range(start, len(self.tags))
        if self._wanted.tests and len(tags) > SLICE:
            self._want(self._coming or self._wanted)
        elif self._wanted:
            try:
                self._matches = [*self._matches, *self._wanted.select(self._lowered, fresh)]
            except TakesTooLong as error:
                self._problem = str(error)
        elif self._sorted is None:
            self._matches = range(len(self.tags))
        else:
            self._matches = [*self._matches, *fresh]
        self.rows.extended(self._matches)
        if self.order is not Order.REGISTRY:
            self._sort()
        self._status()

    def ended(self, error: ReglensError | None) -> None:
        """All tags are there, or no more are to be had."""
        self._streaming = False
        self._error = error
        self._status()

    def explain(self, cause: str) -> None:
        """Why the listing failed, as the diagnosis says; nothing changes if it did not fail."""
        if self._error is not None and cause:
            self.query_one(Notice).tell_failure(self._error, cause, below=bool(self.rows.view))

    def mark(self, tag: str) -> None:
        """`tag` is the one that is open."""
        self._opened_tag = tag
        if tag in self.tags and self.rows.current is not None and self.tags[self.rows.current] != tag:
            item = self.tags.index(tag)
            self.rows.show(self.rows.view, keep=item)
        self.rows.redraw()

    def show_marks(self, tags: frozenset[str], count: int) -> None:
        """These `tags` are marked, among `count` marks altogether."""
        self._marked, self._marks = tags, count
        self.rows.redraw()
        self._subtitle()

    def learn(self, tag: str, facts: TagFacts) -> None:
        """Something is known of a tag."""
        if self.facts.get(tag) == facts:
            return
        self.facts[tag] = facts
        self.rows.redraw(lambda item: self.tags[item] == tag)
        if tag == self.selected or facts.digest == self._same:
            self._point()
            self._subtitle()

    # -- filter and order

    def _filter(self, query: str) -> None:
        """Show the tags that `query` wants; one that cannot be understood changes nothing, and says so."""
        try:
            wanted = TagFilter.parse(query)
        except ValueError as error:
            self._problem = str(error)
            self._status()
        else:
            self._problem = ""
            self._want(wanted)

    def _want(self, wanted: TagFilter) -> None:
        """Filter by `wanted`: at once by words, beside all else by what takes longer."""
        narrows = bool(self._wanted) and wanted.narrows(self._wanted)
        among = self._matches if narrows else self._base()
        self.workers.cancel_group(self, "filter")
        self._coming = None
        if wanted.tests:
            self._coming = wanted
            self._filter_aside(wanted, among, len(self.tags))
            self._status()
        else:
            self._show_wanted(wanted, wanted.select(self._lowered, among) if wanted else among)

    @work(exclusive=True, group="filter", exit_on_error=False)
    async def _filter_aside(self, wanted: TagFilter, among: Sequence[int], count: int) -> None:
        """Filter in a thread, in slices; the tags after the first `count`, which arrive meanwhile, last. A filter that
        takes too long changes nothing, and says so."""
        found: list[int] = []
        try:
            for done in range(0, len(among), SLICE):
                found += await asyncio.to_thread(wanted.select, self._lowered, among[done : done + SLICE])
            while count < len(self.tags):
                fresh = range(count, min(count + SLICE, len(self.tags)))
                found += await asyncio.to_thread(wanted.select, self._lowered, fresh)
                count = fresh.stop
        except TakesTooLong as error:
            self._coming, self._problem = None, str(error)
            self._status()
        else:
            self._coming = None
            self._show_wanted(wanted, found)

    def _show_wanted(self, wanted: TagFilter, matches: Sequence[int]) -> None:
        keep = self.rows.current if not wanted else None
        self._wanted, self._matches = wanted, matches
        self.rows.show(matches, keep=keep, top=True)
        self._point()
        self._status()

    def _base(self) -> Sequence[int]:
        """Every tag, in the present order; those that came after the last sort stand at the end."""
        if self._sorted is None:
            return range(len(self.tags))
        return [*self._sorted, *range(len(self._sorted), len(self.tags))]

    def _sort(self) -> None:
        if not self._sorting:
            self._sorting = True
            self._sort_aside()

    @work(exclusive=True, group="sort", exit_on_error=False)
    async def _sort_aside(self) -> None:
        """Sort in a thread, again while tags keep arriving: keys are computed once for each tag."""
        tags, lowered, keys = self.tags, self._lowered, self._keys
        try:
            done = -1
            while self.order is not Order.REGISTRY and done != len(tags):
                order, done = self.order, len(tags)
                self._sorted = await asyncio.to_thread(order.arrange, tags, lowered, keys, done)
                self._reorder(keep=self.rows.current if self.rows.cursor else None)
                if order is not self.order:
                    done = -1
        finally:
            if tags is self.tags:
                self._sorting = False
        self._status()

    def _reorder(self, keep: int | None) -> None:
        """The same tags in another order."""
        base = self._base()
        if self._wanted:
            wanted = set(self._matches)
            self._matches = [item for item in base if item in wanted]
        else:
            self._matches = base
        self.rows.show(self._matches, keep=keep, top=True)
        if self._coming is not None:
            self._want(self._coming)

    # -- drawing

    def _draw(self, item: int, width: int) -> Sequence[Part]:
        tag = self.tags[item]
        facts = self.facts.get(tag) if self.detail is not Detail.NONE else None
        same = facts is not None and facts.digest == self._same
        if tag in self._marked:
            sign, ink = "✓", "good"
        elif tag == self._opened_tag:
            sign, ink = "●", "accent"
        else:
            sign, ink = "=" if same and item != self.rows.current else "", "accent"
        return tag_row(
            tag,
            width,
            longest=self._longest,
            sign=sign,
            ink=ink,
            facts=facts,
            same=same,
            words=self._wanted.words,
            now=self._clock(),
        )

    @property
    def _items_in_view(self) -> list[int]:
        rows = self.rows
        return [rows.view[row] for row in rows.in_view]

    @property
    def _row_width(self) -> int:
        """The cells that a row has."""
        return self.rows.scrollable_content_region.width - 2

    def _point(self) -> None:
        """The rows of the image under the cursor stand out."""
        facts = self.facts.get(self.selected or "")
        before, self._same = self._same, facts.digest if facts else None
        if before != self._same:
            digests = {before, self._same}
            self.rows.redraw(lambda item: (of := self.facts.get(self.tags[item])) is not None and of.digest in digests)

    def _status(self) -> None:
        """Count, order, and words where there are no tags."""
        total, shown = len(self.tags), len(self.rows.view)
        if self.has_class("-listed") is not bool(total):
            self.set_class(bool(total), "-listed")
            self.refresh_bindings()
        busy = " …" if (self._streaming and self.reference) or self._coming else ""
        self.query_one(Tally).say(f" {human_count(shown)} of {human_count(total)}{busy}", anew=not total)
        self._subtitle()
        notice = self.query_one(Notice)
        if self._error:
            notice.tell_failure(self._error, below=bool(shown))
        elif self.reference is None:
            notice.tell(Content("Choose a repository:\nits tags appear here."))
        elif not total and self._streaming:
            notice.tell(Content(f"Asking {clean(self.reference.registry)} for tags …"))
        elif not total:
            notice.tell(
                Content("The repository has no tags. What was pushed by digest alone is reached as name@digest.")
            )
        elif self._problem:
            notice.tell(Content.assemble(("✗ ", "$error"), clean(self._problem)))
        elif not shown:
            notice.tell(Content.assemble("No tag is as you typed.\n", ("esc", "$primary"), " shows all again."))
        else:
            notice.tell(None)
        self.rows.set_class(not shown, "-empty")

    def _subtitle(self) -> None:
        """How many are marked, in which order they stand, which other tags are the image under the cursor."""
        parts = [f"{self._marks} marked"] if self._marks else []
        if self.tags:
            parts.append(f"{self.order.value}{' …' if self._sorting else ''}")
        others = [tag for tag, facts in self.facts.items() if facts.digest == self._same and tag != self.selected]
        if others and self._same is not None and self.detail is not Detail.NONE:
            room = self.size.width - 6 - sum(len(part) + 3 for part in parts)
            parts.append(f"= {named(others, room - 2)}")
        words = " · ".join(parts)
        if words != self._words_below:  # setting it draws the whole pane
            self._words_below = words
            self.border_subtitle = Content(words)

    # -- what the person does

    def on_resize(self) -> None:
        self._subtitle()

    def step_back(self) -> bool:
        if self.field.has_focus:
            if self.field.value:
                self.field.value = ""
            self.screen.set_focus(self.rows)
            return True
        if self.field.value:
            self.field.value = ""
            return True
        return False

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._filter(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.rows.action_open()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        event.stop()
        self.post_message(TagChosen(self.tags[event.index]))

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        event.stop()
        self._point()

    @on(LineList.Rested)
    def _rested(self, event: LineList.Rested) -> None:
        event.stop()
        self._point()
        self._subtitle()
        self._ask()

    def _ask(self) -> None:
        """Say which tags are in view, and how much has room beside them."""
        if self.reference is not None and self.tags and self.detail is not Detail.NONE:
            room = extent(self._row_width, self._longest)
            self.post_message(TagsInView(self.reference, [self.tags[item] for item in self._items_in_view], room))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "filter":
            return bool(self.tags) and not self.field.has_focus
        return bool(self.tags) or action not in ("sort", "columns")

    def action_filter(self) -> None:
        if self.tags:
            self.screen.set_focus(self.field)

    def action_sort(self) -> None:
        self.order = self.order.following
        if self.order is Order.REGISTRY:
            self._sorted = None
            self._reorder(keep=self.rows.current if not self._wanted else None)
        else:
            self._sort()
        self._status()

    def action_columns(self) -> None:
        """What is to stand beside the tags."""
        self.detail = self.detail.following
        narrow = self.detail is Detail.ALL and not all_fit(self._row_width, self._longest)
        self.notify(_DETAILS[self.detail] + (_NARROW if narrow else ""), markup=False)
        self.post_message(DetailChosen(self.detail))
        self.rows.redraw()
        self._subtitle()
        self._ask()

    @property
    def selected(self) -> str | None:
        """The tag under the cursor."""
        return None if self.rows.current is None else self.tags[self.rows.current]
