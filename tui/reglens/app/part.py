"""What the parts of the browser share: each is a class of its own that the browser alone inherits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reglens.app.app import ReglensApp
    from reglens.app.explorer import Explorer
    from reglens.app.here import Here
    from reglens.app.widgets.auth_pane import AuthPane
    from reglens.app.widgets.manifest_pane import ManifestPane
    from reglens.app.widgets.search_pane import SearchPane
    from reglens.app.widgets.tags_pane import TagsPane


class BrowserPart:
    """A part of the browser, which gives it what stands here."""

    app: ReglensApp
    here: Here
    front: str

    @property
    def explorer(self) -> Explorer:
        """Who asks the registries."""
        raise NotImplementedError

    @property
    def search(self) -> SearchPane:
        """The search pane."""
        raise NotImplementedError

    @property
    def tags(self) -> TagsPane:
        """The tags pane."""
        raise NotImplementedError

    @property
    def manifest(self) -> ManifestPane:
        """The manifest pane."""
        raise NotImplementedError

    @property
    def auth(self) -> AuthPane:
        """The authentication pane."""
        raise NotImplementedError
