"""What the browser does with the answers to its questions. What is no longer asked for is dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reglens.app import messages
from reglens.app.explorer import Group
from reglens.app.part import BrowserPart
from reglens.diagnosis.finding import Severity

if TYPE_CHECKING:
    from reglens.oci.config import ImageConfig
    from reglens.oci.descriptor import Descriptor
    from reglens.oci.manifest import Manifest


class Answers(BrowserPart):
    """A part of the browser, which is the only one to inherit it."""

    focus_on_arrival: str

    if TYPE_CHECKING:  # other parts of the browser have these

        def focus_pane(self, name: str) -> None: ...
        def refresh_bindings(self) -> None: ...
        def learn_manifest(self, tag: str, manifest: Manifest, config: ImageConfig | None = None) -> None: ...
        def entry_followed(self, manifest: Manifest) -> Descriptor | None: ...
        def go_through(self, entry: Descriptor | None) -> None: ...

    def _show_here(self) -> None:
        raise NotImplementedError

    def _visited(self) -> None:
        raise NotImplementedError

    def on_session_changed(self) -> None:
        self._show_here()

    def on_catalog_page(self, event: messages.CatalogPage) -> None:
        if self.explorer.current(Group.CATALOG, event.question):
            self.search.add_names(event.names)

    def on_catalog_ended(self, event: messages.CatalogEnded) -> None:
        if self.explorer.current(Group.CATALOG, event.question):
            self.search.listed(event.error)
            if self.here.repository is None:
                if event.error is None:
                    self._conclude()
                else:  # many registries have no catalogue: that says nothing of whether one may read there
                    self.explorer.ping()

    def on_found(self, event: messages.Found) -> None:
        if self.explorer.current(Group.SEARCH, event.question):
            self.search.show_hits(event.query, event.hits, event.error)

    def on_ping_ended(self, event: messages.PingEnded) -> None:
        if self.explorer.current(Group.PING, event.question):
            self._conclude()

    def on_tags_arrived(self, event: messages.TagsArrived) -> None:
        if self.explorer.current(Group.TAGS, event.question):
            self.tags.add_tags(event.tags)
            self._visited()

    def on_tags_ended(self, event: messages.TagsEnded) -> None:
        if self.explorer.current(Group.TAGS, event.question):
            self.tags.ended(event.error)
            if self.here.reference is None or self.here.manifest is not None:
                self._conclude()

    def on_manifest_arrived(self, event: messages.ManifestArrived) -> None:
        if not self.explorer.current(Group.MANIFEST, event.question):
            return
        self.here = replace(self.here, manifest=event.manifest)
        if event.reference.tag:
            self.tags.mark(event.reference.tag)
            self.learn_manifest(event.reference.tag, event.manifest)
        entry = self.entry_followed(event.manifest)
        self._draw_manifest()
        self._visited()
        self._conclude()
        self.go_through(entry)

    def on_manifest_failed(self, event: messages.ManifestFailed) -> None:
        if self.explorer.current(Group.MANIFEST, event.question):
            self.manifest.show_failure(event.reference, event.error, event.seen)
            self._conclude()

    def on_config_arrived(self, event: messages.ConfigArrived) -> None:
        if self.explorer.current(Group.CONFIG, event.question):
            self.manifest.show_config(event.digest, event.config)
            reference, manifest = self.here.reference, self.here.manifest
            if reference is not None and reference.tag and manifest is not None:
                self.learn_manifest(reference.tag, manifest, event.config)

    def on_config_failed(self, event: messages.ConfigFailed) -> None:
        if self.explorer.current(Group.CONFIG, event.question):
            self.manifest.show_config_failure(event.error)

    def _draw_manifest(self) -> None:
        reference, manifest = self.here.reference, self.here.manifest
        if reference is None or manifest is None:
            return
        self.manifest.show_manifest(reference, manifest)
        if self.focus_on_arrival == "manifest" and self.front == "manifest":
            self.focus_pane("manifest")
        self._show_here()

    def _conclude(self) -> None:
        """A question is answered: have its exchanges read. An explanation of a refusal takes the stage."""
        self.explorer.diagnose(self.here.reference or self.here.repository, self.app.keys)

    def on_keys_changed(self) -> None:
        self.auth.check_by(self.app.keys)
        self._conclude()

    def on_diagnosed(self, event: messages.Diagnosed) -> None:
        if self.explorer.current(Group.DIAGNOSIS, event.question):
            self.auth.show_diagnosis(event.diagnosis)
            causes = [finding.title for finding in event.diagnosis.findings if finding.severity is Severity.ERROR]
            for pane in (self.tags, self.manifest):
                pane.explain(causes[0] if causes else "")
            self.refresh_bindings()  # credentials may have been withheld
