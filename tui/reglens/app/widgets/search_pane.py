"""The search pane: where to go. Pins and recent repositories, the registry's catalogue, what a search found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from reglens.app.actions import Where, bindings
from reglens.app.messages import PinToggled, PlaceChosen, QueryChanged, SearchWidened
from reglens.app.places import meant_as_reference, read_place, repository_place, says_where
from reglens.app.widgets.line_list import LineList, Part, cropped, matching
from reglens.app.widgets.lines import connecting
from reglens.app.widgets.pane import Field, ListPane, Notice
from reglens.app.widgets.search_rows import Further, Row, fitted, hit_row, rank
from reglens.errors import ReferenceInvalid, ReglensError
from reglens.oci.reference import HUB, Place, Reference
from reglens.text import clean, human_count

if TYPE_CHECKING:
    from reglens.app.ports import SearchHit

RANKED = 20_000
"""Matches up to which the better ones are put first; more are left in the registry's order."""


class SearchPane(ListPane):
    """Field, results, and words where there are none. It asks nobody: the screen does, and tells it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.SEARCH)]
    DEFAULT_CSS = """
    SearchPane {
        & > Horizontal { height: 1; padding: 0 1 0 1; }
        & .prompt { width: 2; color: $primary; }
        & #caret { height: auto; padding: 0 1; display: none; color: $warning; &.-shown { display: block; } }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.registry = ""
        self.library = False
        self.names: list[str] = []
        self._lowered: list[str] = []
        self._matches: Sequence[int] = range(0)
        self._matched_query = ""
        self._head: list[Row] = []
        self._tail: list[Row] = []  # of further registries; their items count downwards from -1
        self._pins: list[str] = []
        self._recents: list[str] = []
        self._hits: Sequence[SearchHit] = ()
        self._hits_query = ""
        self._error: ReglensError | None = None
        self._listing = False
        self._searching = False
        self._starting = ""
        self.further = Further()

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("/", classes="prompt")
            yield Field("name, reference, host", swallow="/")
        yield Static(id="caret")
        yield LineList(self._draw)
        yield Notice()

    def on_mount(self) -> None:
        self.entitle("Search")

    # -- what it is told

    def show_registry(self, registry: str, *, library: bool) -> None:
        """Another registry: nothing of the former one stays. What was typed before there was one does."""
        first = not self.registry
        self.registry, self.library, self._starting = registry, library, ""
        self.names, self._lowered = [], []
        self._hits, self._hits_query, self._error = (), "", None
        self._listing = self._searching = False
        self.further = Further()
        if first and self.typed:
            self.post_message(QueryChanged(self.typed))
        else:
            with self.prevent(Input.Changed):
                self.field.value = ""
        self._caret(self.field.value)
        self._rebuild()

    def start(self, words: str) -> None:
        """There is no registry yet; `words` say what is waited for."""
        self._starting = words
        self._status()

    def show_places(self, pins: Sequence[str], recents: Sequence[str]) -> None:
        """The kept repositories, by their full names, the most recent first."""
        self._pins, self._recents = list(pins), list(recents)
        self._rebuild(keep=True)

    def listing(self) -> None:
        """The catalogue is being asked for."""
        self._listing = True
        self._status()

    def add_names(self, names: Sequence[str]) -> None:
        """A page of the catalogue."""
        start = len(self.names)
        self.names += names
        self._lowered += [name.lower() for name in names]
        query = self.typed
        words = query.lower().split()
        fresh = [i for i in range(start, len(self.names)) if all(word in self._lowered[i] for word in words)]
        self._matches = range(len(self.names)) if not words else [*self._matches, *fresh]
        if self._tail or (query and self._hits_query == query and self._hits):
            self._rebuild(keep=True)
            return
        self.rows.extended(self._view())
        self._status()

    def listed(self, error: ReglensError | None) -> None:
        """The catalogue is whole, or not to be had, or no further than it came; then that is said below it."""
        self._listing = False
        self._error = error
        self._rebuild(keep=True)

    def searching(self) -> None:
        """A search is under way."""
        self._searching = True
        self._error = None
        self._status()

    def show_hits(self, query: str, hits: Sequence[SearchHit], error: ReglensError | None) -> None:
        """What a search found; of an old query's it shows nothing."""
        self._searching = False
        if query != self.typed:
            return
        self._hits, self._hits_query, self._error = hits, query, error
        self._rebuild(keep=self.rows.cursor > 0)

    def offer(self, further: Further) -> None:
        """Further registries that may be searched, or are."""
        self.further = further
        self._rebuild(keep=True)

    def show_further(self, query: str, registry: str, hits: Sequence[SearchHit], error: ReglensError | None) -> None:
        """What a further registry found; of an old query's it shows nothing."""
        if query == self.typed:
            self.further = self.further.answered(query, registry, hits, error)
            self._rebuild(keep=self.rows.cursor > 0)

    # -- the rows

    @property
    def typed(self) -> str:
        """What stands in the field, without blanks around it."""
        return self.field.value.strip()

    def _rebuild(self, *, keep: bool = False) -> None:
        """Make the rows anew. With `keep` the cursor stays on the same repository."""
        if not self.is_mounted:
            return
        current = self.rows.current if keep else None
        before = self._place_of(current)
        offer = current if self._widens(current) else None  # its place is taken by what it leads to
        query = self.typed
        words = query.lower().split()
        narrowing = bool(self._matched_query) and query.lower().startswith(self._matched_query)
        if words:
            among = self._matches if narrowing and len(self._matches) < len(self.names) else None
            self._matches = self._ranked(matching(self._lowered, words, among), query.lower())
        else:
            self._matches = range(len(self.names))
        self._matched_query = query.lower()
        self._head = self._heading(query, words)
        self._tail = self.further.rows(query) if self.asks_elsewhere else []
        view = self._view()
        item = self._item_of(before, view) if before else offer
        self.rows.show(view, keep=item, top=True)
        self._status()

    def _heading(self, query: str, words: list[str]) -> list[Row]:
        go = self._go(query)
        rows = [go] if go and says_where(query) else []
        kept = [("★", name) for name in self._pins]
        kept += [("·", name) for name in self._recents if name not in self._pins]
        for mark, name in kept:
            if all(word in name.lower() for word in words):
                place = repository_place(name)
                rows.append(Row(mark, self._label(place), place))
        shown = {
            row.place.reference.repository
            for row in rows
            if row.place and row.place.reference and row.place.registry == self.registry
        }
        rows += [row for row in self._found(query) if row.label not in shown]
        shown.update(row.label for row in rows)
        known = go.place.reference.repository if go and go.place and go.place.reference else ""
        literal = go if go and "/" in query and not says_where(query) and not self._searching else None
        if literal and known not in shown and not any(self.names[i] == known for i in self._matches[:50]):
            rows.append(literal)
        return rows

    def _found(self, query: str) -> list[Row]:
        """What the search found for `query`: names that hold it before those whose description does."""
        if not query or self._hits_query != query:
            return []
        rows = {row.label: row for row in (hit_row(self.registry, hit, library=self.library) for hit in self._hits)}
        return sorted(rows.values(), key=lambda row: rank(row.label.lower(), query.lower()))

    def _go(self, query: str) -> Row | None:
        """The row that leads to what is typed, taken literally."""
        if not query:
            return None
        try:
            place = read_place(query, self.registry, library=self.library)
        except ReferenceInvalid:
            return None
        reference = place.reference
        if reference is None:
            return Row("→", f"browse {place.registry}", place)
        here = place.registry == self.registry
        name = reference.pullable.removeprefix(f"{place.registry}/") if here else reference.pullable
        return Row("→", f"open {name}", place)

    def _label(self, place: Place) -> str:
        reference = place.reference
        if reference is None:
            return place.registry
        return reference.repository if place.registry == self.registry else reference.name

    def _ranked(self, found: list[int], query: str) -> list[int]:
        """Better matches first: the whole name, its last part, a part's beginning; then the registry's order."""
        if not query or len(found) > RANKED:
            return found

        return sorted(found, key=lambda index: (rank(self._lowered[index], query), index))

    def _view(self) -> Sequence[int]:
        head = len(self._head)
        if not head and not self._tail:
            return self._matches
        if isinstance(self._matches, range) and len(self._matches) > RANKED:
            return range(head + len(self._matches))
        taken = {
            row.place.reference.repository
            for row in self._head
            if row.place and row.place.reference and row.place.registry == self.registry and row.mark != "→"
        }
        names = (head + i for i in self._matches if self.names[i] not in taken)
        return [*range(head), *names, *range(-1, -1 - len(self._tail), -1)]

    def _row(self, item: int) -> Row | None:
        """The row of an item; None for one of the catalogue."""
        if item < 0:
            return self._tail[-1 - item]
        return self._head[item] if item < len(self._head) else None

    def _place_of(self, item: int | None) -> Place | None:
        if item is None:
            return None
        if (row := self._row(item)) is not None:
            return row.place
        name = self.names[item - len(self._head)]
        return Place(self.registry, Reference(self.registry, name))

    def _item_of(self, place: Place, view: Sequence[int]) -> int | None:
        return next((item for item in view[:2000] if self._place_of(item) == place), None)

    def labels(self, count: int) -> list[str]:
        """The first rows as they are called."""
        head = len(self._head)
        rows = ((item, self._row(item)) for item in self.rows.view[:count])
        return [row.label if row is not None else self.names[item - head] for item, row in rows]

    def _draw(self, item: int, width: int) -> Sequence[Part]:
        row = self._row(item)
        if row is None:
            name = self.names[item - len(self._head)]
            return [("  ", ""), *self._named(name, width - 2)]
        ink = {"★": "accent", "→": "accent", "+": "accent", "●": "good", "✓": "good"}.get(row.mark, "muted")
        parts: list[Part] = [(f"{row.mark} ", ink)]
        parts += (
            [(cropped(clean(row.label), width - 2), "accent")]
            if row.mark in "→+"
            else self._named(row.label, width - 2)
        )
        if row.detail:
            parts.append((fitted(clean(row.detail, 200), width - sum(len(text) for text, _ in parts)), "muted"))
        return parts

    def _named(self, name: str, width: int) -> list[Part]:
        text = cropped(clean(name), width)
        words = self._matched_query.split()
        at = text.lower().find(words[0]) if words else -1
        if at < 0:
            return [(text, "")]
        end = at + len(words[0])
        return [(text[:at], ""), (text[at:end], "match"), (text[end:], "")]

    # -- words

    def _status(self) -> None:
        count = len(self.rows.view)
        busy = " …" if self._listing or self._searching else ""
        self.border_subtitle = f"{human_count(count)}{busy}" if count or busy else ""
        notice = self.query_one(Notice)
        if self._error is not None and not (self.typed and count):
            notice.tell_failure(self._error, below=bool(count))
        elif self._starting:
            notice.tell(Content(self._starting))
        elif self._listing and not self.names and not count:
            notice.tell(Content(connecting(self.registry)))
        elif count or busy or self.query_one("#caret").has_class("-shown"):
            notice.tell(None)
        elif self.typed:
            notice.tell(
                Content.assemble(
                    "Nothing found for ",
                    (clean(self.typed, 60), "$foreground"),
                    f" on {clean(self.registry)}.\n\n",
                    "Write a repository in full, or a host\nto look at another registry.",
                )
            )
        else:
            notice.tell(
                Content.assemble(
                    "Type ",
                    ("/", "$primary"),
                    " and a name to search.\n\n",
                    "A reference or a host leads straight there:\n",
                    ("  alpine:3.20\n  ghcr.io/owner/image\n  localhost:5000", "$foreground"),
                )
            )
        self.rows.set_class(not count and notice.has_class("-shown"), "-empty")

    def _caret(self, text: str) -> None:
        """Point at the character that makes what is typed no reference, if it was meant as one."""
        caret = self.query_one("#caret", Static)
        problem: ReferenceInvalid | None = None
        if text.strip() and meant_as_reference(text) and not text.rstrip().endswith(("/", ":", "@", ".", "-", "_")):
            try:
                read_place(text, self.registry, library=self.library)
            except ReferenceInvalid as error:
                problem = error
        caret.set_class(problem is not None, "-shown")
        if problem is None:
            return
        width = max(12, self.size.width - 4)
        start = max(0, problem.position - width + 4)
        excerpt = clean(text, 10_000)[start : start + width]
        parts: list[str | tuple[str, str]] = [(f"  {excerpt}\n", "$foreground")] if start else []
        parts += [f"  {' ' * (problem.position - start)}↑\n", clean(problem.message)]
        if problem.hint:
            parts.append((f"\n{clean(problem.hint)}", "$muted"))
        caret.update(Content.assemble(*parts))

    # -- what the person does

    def step_back(self) -> bool:
        if self.field.has_focus:
            if self.field.value:
                self.field.value = ""
            elif self.rows.view:
                self.screen.set_focus(self.rows)
            else:
                return False
            return True
        return False

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._caret(event.value)
        self._error = None
        self._rebuild()
        self.post_message(QueryChanged(self.typed))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        place = self._place_of(self.rows.current)
        if place is None and self._widens(self.rows.current):
            self.post_message(SearchWidened())
            return
        if place is None:
            go = self._go(self.typed)
            place = go.place if go else None
        if place:
            self.post_message(PlaceChosen(place))

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        event.stop()
        place = self._place_of(event.index)
        if place:
            self.post_message(PlaceChosen(place))
        elif self._widens(event.index):
            self.post_message(SearchWidened())

    def _widens(self, item: int | None) -> bool:
        row = self._row(item) if item is not None else None
        return row is not None and row.place is None

    def action_pin(self) -> None:
        place = self._place_of(self.rows.current)
        if place and place.reference:
            self.post_message(PinToggled(place.reference.name))

    @property
    def asks_elsewhere(self) -> bool:
        """Whether what is typed is for a search, and no place that it names by itself."""
        return bool(self.typed) and not says_where(self.typed)

    @property
    def on_hub(self) -> bool:
        return self.registry == HUB
