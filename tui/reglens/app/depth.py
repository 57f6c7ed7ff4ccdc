"""What the browser does to look deeper: referrers, what they say, what is in layers, how two things differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reglens.app import messages
from reglens.app.explorer import Explorer, Group
from reglens.oci.layer import is_archive

if TYPE_CHECKING:
    from reglens.app.app import ReglensApp
    from reglens.app.widgets.manifest_pane import ManifestPane


class Depth:
    """A part of the browser, which is the only one to inherit it."""

    app: ReglensApp

    @property
    def explorer(self) -> Explorer:
        """Who asks the registries."""
        raise NotImplementedError

    @property
    def manifest(self) -> ManifestPane:
        """The manifest pane."""
        raise NotImplementedError

    def on_manifest_pane_referrers_wanted(self, event: ManifestPane.ReferrersWanted) -> None:
        self.explorer.referrers(event.reference, event.manifest.digest)

    def on_referrers_arrived(self, event: messages.ReferrersArrived) -> None:
        if self.explorer.current(Group.REFERRERS, event.question):
            self.manifest.show_referrers(event.digest, event.referrers, event.error)

    def on_manifest_pane_referrer_chosen(self, event: ManifestPane.ReferrerChosen) -> None:
        from reglens.app.screens.artifact import ArtifactScreen
        from reglens.app.widgets.document_views import referrer_kind

        reference = event.reference.at_digest(event.referrer.digest)
        self.app.push_screen(ArtifactScreen(self.explorer.session, reference, referrer_kind(event.referrer)))

    def on_manifest_pane_layer_chosen(self, event: ManifestPane.LayerChosen) -> None:
        from reglens.app.screens.artifact import ArtifactScreen
        from reglens.app.screens.layer import LayerScreen

        layer, session = event.layer, self.explorer.session
        title = layer.annotations.get("org.opencontainers.image.title", "") or f"layer {event.number}"
        if is_archive(layer.media_type):
            self.app.push_screen(LayerScreen(session, event.reference, layer, title))
        else:
            self.app.push_screen(ArtifactScreen(session, event.reference, title, blob=layer))
