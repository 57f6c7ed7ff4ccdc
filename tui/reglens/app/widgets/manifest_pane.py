"""The manifest pane: what a reference leads to. It shows what it is given and asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from reglens.app.actions import Where, bindings
from reglens.app.visited import Visited
from reglens.app.widgets.error_views import failure_lines
from reglens.app.widgets.json_view import JsonView
from reglens.app.widgets.layout import Line, paragraph, words
from reglens.app.widgets.manifest_asks import ManifestAsks
from reglens.app.widgets.manifest_head import Head
from reglens.app.widgets.manifest_sections import section_lines, sections_of, tells
from reglens.app.widgets.manifest_views import headline, seen_lines
from reglens.app.widgets.pane import Pane
from reglens.app.widgets.referrer_views import referrer_lines
from reglens.app.widgets.section_bar import SectionBar, neighbour
from reglens.app.widgets.sheet import Sheet
from reglens.errors import ReglensError
from reglens.oci.config import ImageConfig
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.dockerfile import dockerfile
from reglens.oci.kinds import is_blob
from reglens.oci.manifest import Image, Index, Manifest, Schema1
from reglens.oci.reference import Reference
from reglens.oci.referrers import Referrer, attestations
from reglens.oci.schema1 import schema1_config
from reglens.text import clean, human_count

if TYPE_CHECKING:
    from reglens.app.ports import LastSeen


def utcnow() -> datetime:
    """This machine's clock, in UTC."""
    return datetime.now(UTC)


class ManifestPane(ManifestAsks, Pane):
    """Index, image or artifact in sections; loading, empty and failed states."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.MANIFEST)]
    DEFAULT_CSS = """
    ManifestPane {
        & Sheet, & JsonView { height: 1fr; }
        & SectionBar { display: none; }
        &.-filled SectionBar { display: block; }
        & JsonView { display: none; }
        &.-json JsonView { display: block; }
        &.-json Sheet { display: none; }
    }
    """

    def __init__(self, *, id: str | None = None, clock: Callable[[], datetime] = utcnow) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock
        self._shown: Reference | None = None
        self._manifest: Manifest | None = None
        self.visited = Visited()
        """What was shown in this visit."""
        self._index: Index | None = None
        self._config: ImageConfig | None = None
        self._config_error: ReglensError | None = None
        self._unfolded: frozenset[str] = frozenset()
        self._left_at: dict[str, str] = {}
        self._sections: dict[type[Manifest], str] = {}
        self._formatted: Manifest | None = None
        self._cause = ""
        self._referrers: tuple[Referrer, ...] | None = None
        self._referrers_error = ""
        self._referrers_done = False
        self._asked_referrers = False
        self._as_dockerfile = False
        self.section = ""

    def compose(self) -> ComposeResult:
        yield Head()
        yield SectionBar()
        yield Sheet()
        yield JsonView()

    def on_mount(self) -> None:
        if self._shown is None:
            self.show_nothing()

    # -- what the app reads

    @property
    def manifest(self) -> Manifest | None:
        """The manifest shown."""
        return self._manifest

    @property
    def config(self) -> ImageConfig | None:
        """The configuration of what is shown, once it is there."""
        return self._config

    @property
    def digest(self) -> str | None:
        """The digest of what is shown."""
        return str(self._manifest.digest) if self._manifest else None

    @property
    def reference(self) -> str | None:
        """The full reference of what is shown."""
        return str(self._shown) if self._shown else None

    @property
    def pointed_at(self) -> Reference | None:
        """The entry of an index that the cursor is on."""
        manifest, key = self._manifest, self._sheet.chosen
        if isinstance(manifest, Index) and self.section == "platforms" and self._shown is not None:
            entry = next((m for m in manifest.manifests if str(m.digest) == key), None)
            return self._shown.at_digest(entry.digest) if entry is not None else None
        return None

    # -- what the app shows

    def show_nothing(self) -> None:
        """The state before anything is chosen."""
        self._sections.clear()
        self._forget(None)
        self._index = None
        self._tell(
            ("No manifest yet.", ".strong"),
            "Choose a tag, and its manifest appears here: platforms, layers, configuration, history and the raw JSON.",
        )

    def show_loading(self, reference: Reference) -> None:
        """The manifest of `reference` is being fetched."""
        self._forget(reference)
        self._tell(("… fetching the manifest", ".accent"), clean(str(reference)))

    def show_manifest(self, reference: Reference, manifest: Manifest) -> None:
        """Show `manifest`. If the index shown before lists it, it is said to be of that index."""
        self._forget(reference)
        self._manifest = manifest
        if isinstance(manifest, Index):
            self._index = manifest
        elif self._index is not None and all(m.digest != manifest.digest for m in self._index.manifests):
            self._index = None
        self.add_class("-filled")
        self._title()
        self.visited.note(reference, manifest, self._platform)
        if isinstance(manifest, Image) and (manifest.is_container or tells(manifest.config)):
            self.post_message(self.ConfigWanted(reference, manifest))
        elif isinstance(manifest, Schema1):
            self._config = schema1_config(manifest)
        self._draw_head()
        names = [section.name for section in sections_of(manifest)]
        left = self._sections.get(type(manifest), "")
        self.show_section(left if left in names else names[0])

    def stand_on(self, index: Index, entry: Descriptor) -> None:
        """When `index` is shown, the cursor is to stand on one of its entries."""
        self._left_at = {str(index.digest): str(entry.digest)}

    def show_config(self, digest: Digest, config: ImageConfig) -> None:
        """The configuration of the image shown; dropped if it is another's. `digest` is the config's own or its
        manifest's."""
        if isinstance(self._manifest, Image) and digest in self._digests_of(self._manifest):
            self._config = config
            self._config_error = None
            self._refresh_sections()

    def show_config_failure(self, error: ReglensError) -> None:
        """The configuration of the image shown could not be had."""
        if isinstance(self._manifest, Image) and self._config is None:
            self._config_error = error
            self._refresh_sections()

    def show_referrers(
        self, digest: Digest, referrers: Sequence[Referrer], error: ReglensError | None = None, *, done: bool = True
    ) -> None:
        """What refers to the manifest shown, in the place of what was told before; dropped if it is another's. `error`
        says why there may be more; unless `done`, more is being asked for."""
        if self._manifest is not None and digest == self._manifest.digest:
            self._referrers, self._referrers_done = tuple(referrers), done
            self._referrers_error = error.message if error is not None else ""
            self._draw_bar()
            if self.section == "referrers":
                self._refresh_sections()

    def show_failure(self, reference: Reference, error: ReglensError, seen: LastSeen | None = None) -> None:
        """`reference` could not be had, and why. What its tag led to before is offered."""
        self._forget(reference)
        self.add_class("-failed")
        self._cause = ""

        def lines(width: int) -> list[Line]:
            offer = seen_lines(reference, seen, width, self._clock()) if seen is not None else ()
            return failure_lines(reference, error, width, self._cause, offer)

        self._sheet.lay(lines)

    def explain(self, cause: str) -> None:
        """What a diagnosis says of the failure shown: it takes the place of the hint. Dropped if none is shown."""
        if self.has_class("-failed"):
            self._cause = cause
            self._sheet.again()

    # -- inside

    @property
    def _sheet(self) -> Sheet:
        return self.query_one(Sheet)

    def home(self) -> Widget:
        """What gets the focus when the pane does."""
        return self.query_one(JsonView) if self.has_class("-json") else self._sheet

    def _forget(self, reference: Reference | None) -> None:
        self._shown = reference
        self._manifest = self._config = self._config_error = None
        self._unfolded = frozenset()
        self._formatted = None
        self._referrers, self._referrers_error, self._asked_referrers = None, "", False
        self._referrers_done = False
        self._set_json(False)
        self.remove_class("-filled", "-failed")
        self.query_one(Head).hide()
        self._title()
        self.refresh_bindings()

    def _set_json(self, on: bool) -> None:
        if on == self.has_class("-json"):
            return
        focused = self.home().has_focus
        self.set_class(on, "-json")
        if focused:
            self.home().focus()

    def _title(self) -> None:
        shown = self._shown
        if shown is not None and shown.digest is not None:
            bare = replace(shown, tag=None, digest=None)
            self.entitle("Manifest", f"{bare.familiar}@{shown.digest.short}")
        else:
            self.entitle("Manifest", shown.familiar if shown else "")

    def _tell(self, top: tuple[str, str], sentence: str) -> None:
        self._sheet.lay(lambda width: [*paragraph(words(top), width), *paragraph(words((sentence, ".muted")), width)])

    @staticmethod
    def _digests_of(image: Image) -> tuple[Digest, ...]:
        return (image.digest, *((image.config.digest,) if image.config else ()))

    def _draw_bar(self) -> None:
        told = human_count(len(self.referrers)) if self._referrers_done else ""
        bar = self.query_one(SectionBar)
        bar.sections = tuple(sections_of(self._manifest, told)) if self._manifest is not None else ()
        bar.shown = self.section

    @property
    def _platform(self) -> str:
        """The platform of the manifest shown, as the index that lists it says."""
        index, manifest = self._index, self._manifest
        if index is None or manifest is None or index is manifest:
            return ""
        entry = next((m for m in index.manifests if m.digest == manifest.digest), None)
        return str(entry.platform) if entry and entry.platform else ""

    def _draw_head(self) -> None:
        manifest = self._manifest
        if manifest is None:
            return
        under = Content("")
        if self._index is not None and self._index is not manifest:
            platform = self._platform
            under = words(
                (f"{'platform ' + clean(platform, 80) if platform else 'an entry'} of index ", ".muted"),
                (clean(self._index.digest.short, 100), ".muted"),
            )
        self.query_one(Head).tell(headline(manifest, self._config), clean(str(manifest.digest), 300), under)

    def show_section(self, name: str) -> None:
        """Show one of the sections. It is the one to show of the repository's next manifest of the kind as well."""
        self.section = name
        if self._manifest is not None:
            self._sections[type(self._manifest)] = name
        self._draw_bar()
        if name == "json":
            if self._formatted is not self._manifest and self._manifest is not None:
                self._formatted = self._manifest
                self.query_one(JsonView).show(self._manifest.document)
            self._set_json(True)
            self.refresh_bindings()
            return
        self._set_json(False)
        self.refresh_bindings()
        manifest = self._manifest
        if name == "referrers" and not self._asked_referrers and manifest is not None and self._shown is not None:
            self._asked_referrers = True
            self.post_message(self.ReferrersWanted(self._shown, manifest))
        left_at = self._left_at.get(str(manifest.digest)) if manifest and name == "platforms" else None
        self._sheet.lay(self._lines, choose=left_at)

    def _refresh_sections(self) -> None:
        self._draw_head()
        self._sheet.again()

    def _lines(self, width: int) -> list[Line]:
        manifest = self._manifest
        if manifest is None:
            return []
        now = self._clock()
        if self.section == "referrers":
            done, trouble = self._referrers_done, self._referrers_error
            return referrer_lines(self.referrers, width, now, done=done, trouble=trouble)
        return section_lines(
            self.section,
            manifest,
            width,
            now,
            config=self._config,
            error=self._config_error,
            unfolded=self._unfolded,
            shared=self._shared,
            dockerfile=self._as_dockerfile,
        )

    def _shared(self, layer: Descriptor) -> tuple[str, ...]:
        """What else of this visit holds a layer of the manifest shown."""
        if self._shown is None or self._manifest is None:
            return ()
        return self.visited.others(self._shown, self._manifest, layer)

    def on_section_bar_chosen(self, message: SectionBar.Chosen) -> None:
        message.stop()
        self.show_section(message.name)
        self.home().focus()

    def on_sheet_opened(self, message: Sheet.Opened) -> None:
        message.stop()
        manifest, key = self._manifest, message.key
        if isinstance(key, Reference):
            self.post_message(self.KeptChosen(key))
        elif isinstance(key, tuple) and key[0] in ("referrer", "layer"):
            self._open(*key)
        elif isinstance(manifest, Index) and isinstance(key, str) and self._shown is not None:
            entry = next((m for m in manifest.manifests if str(m.digest) == key), None)
            if entry is not None and is_blob(entry):
                self.post_message(self.LayerChosen(self._shown, entry, manifest.manifests.index(entry) + 1))
            elif entry is not None:
                self._left_at = {str(manifest.digest): key}
                self.post_message(self.PlatformChosen(self._shown.at_digest(entry.digest)))
        elif self._config is not None and isinstance(key, tuple):
            self._cross(*key)

    @property
    def referrers(self) -> tuple[Referrer, ...]:
        """What is known to refer to the manifest shown; what its index tells needs no asking."""
        manifest = self._manifest
        if manifest is None:
            return ()
        inside: tuple[Referrer, ...] = ()
        if isinstance(manifest, Index):
            inside = attestations(manifest)
        elif self._index is not None:
            inside = attestations(self._index, manifest.digest)
        known = {referrer.digest for referrer in inside}
        return (*inside, *(r for r in self._referrers or () if r.digest not in known))

    def _open(self, kind: str, number: int) -> None:
        """Open a referrer or a layer by its number, which counts from 1."""
        manifest, reference = self._manifest, self._shown
        if reference is None:
            return
        if kind == "referrer" and number <= len(self.referrers):
            self.post_message(self.ReferrerChosen(reference, self.referrers[number - 1]))
        elif isinstance(manifest, Image) and number <= len(manifest.layers):
            self.post_message(self.LayerChosen(reference, manifest.layers[number - 1], number))

    def _cross(self, kind: str, number: int) -> None:
        """From a layer to the step that made it, or the other way. Both count from 1."""
        made = [place for place, step in enumerate(self._config.history, 1) if not step.empty] if self._config else []
        if kind == "layer" and number <= len(made):
            self._as_dockerfile = False
            self.show_section("history")
            self._sheet.lay(self._lines, choose=("step", made[number - 1]))
        elif kind == "step" and number in made:
            self.show_section("layers")
            self._sheet.lay(self._lines, choose=("layer", made.index(number) + 1))

    def action_cross(self) -> None:
        """From the layer under the cursor to the step that made it, or the other way."""
        key = self._sheet.chosen
        if isinstance(key, tuple):
            self._cross(*key)

    def action_section(self, by: int) -> None:
        """Show the section `by` places further."""
        if self._manifest is not None:
            self.show_section(neighbour(sections_of(self._manifest), self.section, by))

    def action_dockerfile(self) -> None:
        """Show the history as a Dockerfile, or step by step again."""
        self._as_dockerfile = not self._as_dockerfile
        self._sheet.lay(self._lines)

    def action_copy_dockerfile(self) -> None:
        """Copy the history as Dockerfile text."""
        if self._config is not None:
            self.app.copy_to_clipboard(clean(dockerfile(self._config), 1 << 20, keep="\n"))
            self.app.notify("Copied the history as a Dockerfile", markup=False)

    def action_unfold(self) -> None:
        """Show or hide the attestations of the platform under the cursor."""
        key = self._sheet.chosen
        if isinstance(self._manifest, Index) and isinstance(key, str):
            owner = next((m.attests for m in self._manifest.manifests if str(m.digest) == key and m.attests), key)
            self._unfolded ^= {owner}
            self._sheet.chosen = owner
            self._sheet.again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "section":
            return self._manifest is not None
        if action in ("copy_dockerfile", "dockerfile"):
            return self._config is not None and self.section == "history"
        if action == "cross":
            return self._config is not None and self.section in ("layers", "history")
        if action == "unfold":
            return (
                isinstance(self._manifest, Index)
                and self.section == "platforms"
                and any(m.attests for m in self._manifest.manifests)
            )
        return True
