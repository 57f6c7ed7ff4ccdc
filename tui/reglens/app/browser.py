"""The browser: the one screen on which everything happens. It owns the state; the panes draw it, the explorer asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from reglens.app import messages
from reglens.app.actions import Where, bindings
from reglens.app.answers import Answers
from reglens.app.attempt import for_listing
from reglens.app.columns import Columns, Visit
from reglens.app.depth import Depth
from reglens.app.explorer import Explorer, Group
from reglens.app.following import Following
from reglens.app.further import FurtherSearch
from reglens.app.here import Here
from reglens.app.identities import Identities
from reglens.app.paned import PanedScreen
from reglens.app.places import on_registry
from reglens.app.tag_facts import Detail
from reglens.app.widgets.lines import KeyLine, TopLine
from reglens.app.widgets.panes import Panes
from reglens.oci.pulls import pull_command
from reglens.oci.reference import HUB, Place, Reference
from reglens.trace.exchange import Role

if TYPE_CHECKING:
    from reglens.app.app import ReglensApp
    from reglens.app.widgets.auth_pane import AuthPane
    from reglens.app.widgets.manifest_pane import ManifestPane
    from reglens.app.widgets.search_pane import SearchPane
    from reglens.app.widgets.tags_pane import TagsPane
    from reglens.trace.exchange import Exchange

FRAME = 1 / 30
"""Seconds for which exchanges are gathered before the authentication pane draws them."""


class Browser(Answers, Columns, Depth, Following, Identities, FurtherSearch, PanedScreen):
    """Header, panes, keys. What the workers learn arrives as messages; what no longer matters is dropped here."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.EVERYWHERE)]
    DEFAULT_CSS = "Browser { background: $surface; layout: vertical; }"
    AUTO_FOCUS = None
    app: ReglensApp

    def __init__(self, place: Place | None) -> None:
        super().__init__()
        self.here = Here()
        self._wanted = place
        self._explorer: Explorer | None = None
        self._exchanges: dict[int, Exchange] = {}
        self._visit = Visit(0)

    def compose(self) -> ComposeResult:
        yield TopLine()
        yield Panes()
        yield KeyLine()

    # -- the parts

    @property
    def explorer(self) -> Explorer:
        """Who asks the registries; there from `Ready` on."""
        assert self._explorer is not None
        return self._explorer

    @property
    def search(self) -> SearchPane:
        return self.query_one("#search")  # type: ignore[return-value]

    @property
    def tags(self) -> TagsPane:
        return self.query_one("#tags")  # type: ignore[return-value]

    @property
    def manifest(self) -> ManifestPane:
        return self.query_one("#manifest")  # type: ignore[return-value]

    @property
    def auth(self) -> AuthPane:
        return self.query_one("#auth")  # type: ignore[return-value]

    # -- the start

    def on_mount(self) -> None:
        self.show_front("search")
        self.set_focus(self.search.rows)
        self.search.start(self.app.starting)

    @on(messages.Ready)
    def _ready(self, event: messages.Ready) -> None:
        self._explorer = Explorer(self, self.app.make_session, self.app.clock, self._heard, self._tells)
        if event.word:
            self.app.tell(event.word, severity="warning")
        place = self._wanted or Place(self.app.home_registry)
        if self.app.demo:
            reference = place.reference
            place = Place(
                self.app.home_registry, reference and on_registry(reference, self.app.home_registry, library=True)
            )
        self._show_kept()
        self.tags.detail = Detail.of(self.app.memory.known.columns)
        self.auth.check_by(self.app.keys)
        self.go(place, focus=place.reference is not None)
        self.app.release()

    # -- going somewhere

    def go(self, place: Place, *, focus: bool = True) -> None:
        """Open a registry, a repository, or a manifest in it. The former place's questions are called off."""
        explorer = self.explorer
        self.through = False
        other = place.registry != self.here.registry
        explorer.turn_to(place.registry)
        self._clear_auth()
        if other:
            self.here = Here(place.registry)
            self.search.show_registry(place.registry, library=self._library(place.registry))
            self.offer_further()
            self._list_catalog()
        reference = place.reference
        if reference is None:
            self._leave_repository()
            if not other or place.registry == HUB:
                explorer.ping()
            if focus:
                self.focus_pane("search")
        else:
            self._open_repository(reference)
            if reference.tag or reference.digest:
                self._open_manifest(reference)
            if focus:
                self.focus_pane("manifest" if reference.tag or reference.digest else "tags")
        self._show_here()

    def _library(self, registry: str) -> bool:
        return registry == HUB or (self.app.demo is not None and registry == self.app.home_registry)

    def _list_catalog(self) -> None:
        """Docker Hub has none that anybody may read; elsewhere it is asked for."""
        if self.here.registry != HUB:
            self.search.listing()
            self.explorer.catalog()

    def _leave_repository(self) -> None:
        for group in (Group.TAGS, Group.MANIFEST, Group.CONFIG, Group.REFERRERS):
            self.explorer.call_off(group)
        self.here = Here(self.here.registry)
        self.begin_visit()
        self.tags.show_nothing()
        self.manifest.show_nothing()

    def _open_repository(self, reference: Reference) -> None:
        for group in (Group.PING, Group.MANIFEST, Group.CONFIG, Group.REFERRERS):
            self.explorer.call_off(group)
        repository = replace(reference, tag=None, digest=None)
        self.here = Here(self.here.registry, repository)
        self.begin_visit()
        self.tags.show_repository(repository)
        self.show_marks()
        self.manifest.show_nothing()
        self.explorer.tags(repository)

    def _visited(self) -> None:
        """The repository answered: it is worth remembering."""
        known, repository = self.app.memory.known, self.here.repository
        if repository is not None and known.recents[:1] != (repository.name,):
            self.app.memory.known = known.visited(repository.name)
            self._show_kept()
            self.app.keep()

    def _open_manifest(self, reference: Reference, parent: Here | None = None) -> None:
        self.explorer.call_off(Group.CONFIG)
        self.here = Here(self.here.registry, self.here.repository, reference, None, parent)
        if reference.tag and not parent:
            self.tags.mark(reference.tag)
        self.manifest.show_loading(reference)
        self.explorer.manifest(reference)
        self._show_here()

    def _show_here(self) -> None:
        session = self.explorer.session
        self.query_one(TopLine).show(self.here.crumbs, session.identity, session.rate_limit)

    def _show_kept(self) -> None:
        known = self.app.memory.known
        self.search.show_places(known.pins, known.recents)

    # -- the authentication pane's exchanges

    def _tells(self, exchange: Exchange) -> bool:
        """What is asked while somebody types, or listed beside a repository, would bury the rest, unless it is refused
        for good: a first 401 only asks for a token."""
        aside = exchange.role is Role.SEARCH
        if self.here.repository is not None:
            aside = aside or exchange.role is Role.CATALOG or for_listing(exchange)
        asks = exchange.authorization is None and bool(exchange.challenges)
        return not aside or (exchange.refused and not asks)

    def _heard(self, exchange: Exchange) -> None:
        if not self._exchanges:
            self.set_timer(FRAME, self._draw_exchanges)
        self._exchanges[exchange.number] = exchange

    def _draw_exchanges(self) -> None:
        exchanges, self._exchanges = self._exchanges, {}
        for exchange in exchanges.values():
            self.auth.put(exchange)

    def _clear_auth(self) -> None:
        self.explorer.call_off(Group.DIAGNOSIS)
        self._exchanges.clear()
        self.auth.clear(self.explorer.registry)

    # -- what the person does in the panes

    @on(messages.QueryChanged)
    def _query_changed(self, event: messages.QueryChanged) -> None:
        if self._explorer is None:
            return
        elsewhere = self.here.registry == HUB or bool(self.app.searches_elsewhere(self.here.registry))
        if self.search.asks_elsewhere and elsewhere:
            self.search.searching()
            self.explorer.search(event.query)
        else:
            self.explorer.call_off(Group.SEARCH)
        self.search_further()

    @on(messages.PlaceChosen)
    def _place_chosen(self, event: messages.PlaceChosen) -> None:
        if self._explorer is not None:
            self.go(event.place)

    @on(messages.PinToggled)
    def _pin_toggled(self, event: messages.PinToggled) -> None:
        known = self.app.memory.known.pin_toggled(event.name)
        self.app.memory.known = known
        self._show_kept()
        self.app.keep()
        self.app.tell(f"{'Pinned' if event.name in known.pins else 'Unpinned'} {event.name}")

    @on(messages.TagChosen)
    def _tag_chosen(self, event: messages.TagChosen) -> None:
        if self.here.repository:
            self.leave_for_tag()
            self._open_manifest(self.here.repository.at_tag(event.tag))
            self.focus_pane("manifest")

    def on_manifest_pane_platform_chosen(self, event: ManifestPane.PlatformChosen) -> None:
        self.pick(event.reference)
        self._open_manifest(event.reference, self.here)

    def on_manifest_pane_kept_chosen(self, event: ManifestPane.KeptChosen) -> None:
        self._open_manifest(event.reference)

    def on_manifest_pane_config_wanted(self, event: ManifestPane.ConfigWanted) -> None:
        self.explorer.config(event.reference.repository, event.image)

    def on_auth_pane_stage_wanted(self, event: AuthPane.StageWanted) -> None:
        self.set_class(event.large, "-stage")

    # -- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that are letters and signs belong to a field while it has the focus; nobody can be asked before there is
        an explorer."""
        if action in ("reload", "anonymous", "identities", "trust"):
            return self._explorer is not None
        return not (action in ("search", "pane") and isinstance(self.focused, Input))

    def worth_telling(self, action: str) -> bool:
        """Whether the line of keys has room for what works always and leads somewhere only now and then."""
        if action == "trust":
            return self._explorer is not None and self.withheld is not None
        if action == "compare":
            return bool(self.marks)
        return action != "mark" or (self.front in ("tags", "manifest") and self._pointed_at() is not None)

    def action_search(self) -> None:
        self.show_front("search")
        self.set_focus(self.search.field)

    def action_crumb(self, level: int) -> None:
        """Go to a part of the path."""
        if level == 0 and self.here.repository:
            self.go(Place(self.here.registry))
        elif level == 1:
            self.focus_pane("tags")
        elif level >= 2:
            self._to_parent()
            self.focus_pane("manifest")

    def action_back(self) -> None:
        """One step back: out of a field, a zoom, a platform, a pane, a repository."""
        pane = self.query_one(f"#{self.front}")
        step = getattr(pane, "step_back", None)
        if (step and step()) or (self.front == "tags" and self.unmark()):
            return
        if self.has_class("-zoomed"):
            self.remove_class("-zoomed")
        elif self.front == "auth":
            self.focus_pane(self.before_auth)
        elif self.front == "manifest":
            if not self._to_parent():
                self.focus_pane("tags")
        elif self.front == "tags":
            self.focus_pane("search")

    def _to_parent(self) -> bool:
        """From a platform back to the index that led to it; it is shown again without asking."""
        parent = self.here.parent
        if parent is None:
            return False
        self.explorer.call_off(Group.MANIFEST)
        self.explorer.call_off(Group.CONFIG)
        self.here = parent
        self._draw_manifest()
        return True

    def action_reload(self) -> None:
        """Ask again for what the focused pane shows."""
        here = self.here
        self._clear_auth()
        self.explorer.forget()
        if self.front == "search" or here.repository is None:
            self.search.show_registry(here.registry, library=self._library(here.registry))
            self.offer_further()
            self._list_catalog()
            if here.registry == HUB:
                self.explorer.ping()
        elif here.reference and self.front in ("manifest", "auth"):
            self.explorer.session.ask_first()
            self._open_manifest(here.reference, here.parent)
        else:
            self._open_repository(here.repository)
        self._show_here()

    def action_copy_digest(self) -> None:
        if self.chosen:
            self.copy_digests(self.chosen)
        else:
            self.copy("digest", [str(self.here.manifest.digest)] if self.here.manifest else [])

    def action_copy_reference(self) -> None:
        self.copy("reference", [reference.pullable for reference in self.chosen or self._open_now])

    def action_copy_pull(self) -> None:
        reference, manifest = self.here.reference, self.here.manifest
        commands = [f"docker pull {reference.pullable}" for reference in self.chosen or self._open_now]
        if reference is not None and manifest is not None and not self.chosen:
            commands = [pull_command(manifest, reference)]
        self.copy("pull command", commands)

    @property
    def _open_now(self) -> tuple[Reference, ...]:
        reference = self.here.reference or self.here.repository
        return (reference,) if reference else ()

    # -- the end, and defects

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self.app.tell_defect(event.worker.error)

    async def on_unmount(self) -> None:
        if self._explorer is not None:
            await self._explorer.close()
