"""The tags pane: what a repository holds. Tags stream in; a filter and an order are looked at, never waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import Enum
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input

from reglens.app.actions import Where, bindings
from reglens.app.messages import TagChosen
from reglens.app.widgets.line_list import LineList, Part, cropped, matching
from reglens.app.widgets.pane import Field, ListPane, Notice, Tally
from reglens.errors import ReglensError
from reglens.oci.digest import Digest
from reglens.oci.reference import Reference
from reglens.oci.versions import newest_first, version_key
from reglens.text import clean, human_count


class Order(Enum):
    """How the tags are sorted."""

    REGISTRY = "registry's order"
    NAME = "by name"
    VERSION = "newest version first"

    @property
    def following(self) -> Order:
        """The one that the sort key leads to."""
        members = list(Order)
        return members[(members.index(self) + 1) % len(members)]


class TagsPane(ListPane):
    """Filter, count and tags of one repository."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.TAGS)]
    DEFAULT_CSS = """
    TagsPane {
        & > Horizontal { height: 1; padding: 0 1 0 1; display: none; }
        &.-listed > Horizontal { display: block; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.reference: Reference | None = None
        self.tags: list[str] = []
        self.order = Order.REGISTRY
        self._lowered: list[str] = []
        self._keys: list[str] = []
        self._sorted: Sequence[int] | None = None
        self._sorting = False
        self._matches: Sequence[int] = range(0)
        self._matched_query = ""
        self._streaming = False
        self._error: ReglensError | None = None
        self._digests: dict[str, Digest] = {}
        self._opened_tag: str | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Field("f filter")
            yield Tally(id="count")
        yield LineList(self._draw)
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
        self.tags, self._lowered, self._keys = [], [], []
        self._sorted, self._matches, self._matched_query = None, range(0), ""
        self._streaming, self._error = True, None
        self._digests, self._opened_tag = {}, None
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
        self._lowered += [tag.lower() for tag in tags]
        words = self._matched_query.split()
        fresh: Sequence[int] = range(start, len(self.tags))
        if words:
            fresh = [i for i in fresh if all(word in self._lowered[i] for word in words)]
            self._matches = [*self._matches, *fresh]
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
            self.query_one(Notice).tell_failure(self._error, cause)

    def mark(self, tag: str, digest: Digest | None = None) -> None:
        """`tag` is the one that is open; its digest, once known, is shown beside it."""
        self._opened_tag = tag
        if digest:
            self._digests[tag] = digest
        if tag in self.tags and self.rows.current is not None and self.tags[self.rows.current] != tag:
            item = self.tags.index(tag)
            self.rows.show(self.rows.view, keep=item)
        self.rows.redraw()

    # -- filter and order

    def _filter(self, query: str) -> None:
        """Narrow the rows to the tags that hold every word of `query`."""
        query = query.lower().strip()
        before = self.rows.current
        words = query.split()
        if not words:
            self._matches = self._base()
        else:
            narrowing = bool(self._matched_query) and query.startswith(self._matched_query)
            among = self._matches if narrowing else None if self._sorted is None else self._base()
            self._matches = matching(self._lowered, words, among)
        self._matched_query = query
        self.rows.show(self._matches, keep=before if not words else None, top=True)
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
                self._sorted = await asyncio.to_thread(_sorted, order, tags, lowered, keys, done)
                words = self._matched_query.split()
                base = self._base()
                self._matches = matching(lowered, words, base) if words else base
                self.rows.show(self._matches, keep=self.rows.current if self.rows.cursor else None, top=True)
                if order is not self.order:
                    done = -1
        finally:
            if tags is self.tags:
                self._sorting = False
        self._status()

    # -- drawing

    def _draw(self, item: int, width: int) -> Sequence[Part]:
        tag = self.tags[item]
        digest = self._digests.get(tag)
        right = f"{digest.algorithm}:{digest.encoded[:8]}…" if digest else ""
        room = width - 2 - (len(right) + 2 if right and width > 36 else 0)
        text = cropped(clean(tag), room)
        parts: list[Part] = [("● " if tag == self._opened_tag else "  ", "accent")]
        words = self._matched_query.split()
        at = text.lower().find(words[0]) if words else -1
        if at >= 0:
            end = at + len(words[0])
            parts += [(text[:at], ""), (text[at:end], "match"), (text[end:], "")]
        else:
            parts.append((text, ""))
        if right and width > 36:
            parts.append((" " * (room - len(text) + 2) + right, "muted"))
        return parts

    def _status(self) -> None:
        """Count, order, and words where there are no tags."""
        total, shown = len(self.tags), len(self.rows.view)
        self.set_class(bool(total), "-listed")
        busy = " …" if self._streaming and self.reference else ""
        self.query_one(Tally).say(f" {human_count(shown)} of {human_count(total)}{busy}", anew=not total)
        subtitle = f"{self.order.value}{' …' if self._sorting else ''}" if total else ""
        if subtitle != self.border_subtitle:
            self.border_subtitle = subtitle
        notice = self.query_one(Notice)
        if self._error:
            notice.tell_failure(self._error)
        elif self.reference is None:
            notice.tell(Content("Choose a repository:\nits tags appear here."))
        elif not total and self._streaming:
            notice.tell(Content(f"Asking {clean(self.reference.registry)} for tags …"))
        elif not total:
            notice.tell(
                Content("The repository has no tags. What was pushed by digest alone is reached as name@digest.")
            )
        elif not shown:
            notice.tell(Content.assemble("No tag holds what you typed.\n", ("esc", "$primary"), " shows all again."))
        else:
            notice.tell(None)
        self.rows.set_class(not shown, "-empty")

    # -- what the person does

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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not (action == "filter" and self.field.has_focus)

    def action_filter(self) -> None:
        if self.tags:
            self.screen.set_focus(self.field)

    def action_sort(self) -> None:
        self.order = self.order.following
        if self.order is Order.REGISTRY:
            self._sorted = None
            self._matched_query, query = "", self._matched_query
            self._filter(query)
        else:
            self._sort()
        self._status()

    @property
    def selected(self) -> str | None:
        """The tag under the cursor."""
        return None if self.rows.current is None else self.tags[self.rows.current]


def _sorted(order: Order, tags: list[str], lowered: list[str], keys: list[str], count: int) -> list[int]:
    """The indices of the first `count` tags in `order`. Fills `keys` up to there; runs in a thread."""
    if order is Order.NAME:
        return sorted(range(count), key=lowered.__getitem__)
    keys.extend([version_key(tag) for tag in tags[len(keys) : count]])
    return newest_first(tags, keys[:count])
