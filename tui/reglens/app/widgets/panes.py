"""How the four panes lie: side by side, stacked or one at a time, and which of them has the stage.

The rules hang on classes of the screen: ``-narrow``, ``-normal`` and ``-wide`` by its width, ``-short`` by its height,
``-stage`` while something is refused, ``-zoomed``, and ``at-search`` and its kin by where the focus is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from reglens.app.shape import AUTH_LEAST, AUTH_SHARE, AUTH_SHORT, LEFT_SHARE, SEARCH_SHARE, TAGS_SHARE
from reglens.app.widgets.auth_pane import AuthPane
from reglens.app.widgets.manifest_pane import ManifestPane
from reglens.app.widgets.search_pane import SearchPane
from reglens.app.widgets.tags_pane import TagsPane

if TYPE_CHECKING:
    from reglens.app.app import ReglensApp

NAMES = ("search", "tags", "manifest", "auth")
"""The panes' ids, in their order."""


class Panes(Vertical):
    """The four panes."""

    app: ReglensApp
    SCOPED_CSS = False
    DEFAULT_CSS = f"""
    Panes {{ height: 1fr; background: $surface; }}
    #above {{ height: 1fr; layout: horizontal; }}
    #left {{ width: {SEARCH_SHARE + TAGS_SHARE}%; layout: horizontal; height: 1fr; }}
    #search {{ width: {SEARCH_SHARE}fr; height: 1fr; }}
    #tags {{ width: {TAGS_SHARE}fr; height: 1fr; }}
    #manifest {{ width: 1fr; height: 1fr; }}
    #auth {{ height: {AUTH_SHARE}%; min-height: {AUTH_LEAST}; }}

    Screen.-normal #left {{ width: {LEFT_SHARE}%; layout: vertical; }}
    Screen.-normal #search, Screen.-normal #tags {{ width: 1fr; }}

    Screen.-narrow #auth {{ height: {AUTH_SHORT}; min-height: {AUTH_SHORT}; }}
    Screen.-narrow #left {{ width: 1fr; }}
    Screen.-narrow.front-search #tags, Screen.-narrow.front-search #manifest {{ display: none; }}
    Screen.-narrow.front-tags #search, Screen.-narrow.front-tags #manifest {{ display: none; }}
    Screen.-narrow.front-manifest #left {{ display: none; }}

    Screen.-stage #auth {{ height: 60%; }}
    Screen.-narrow.-stage #auth {{ height: 66%; }}
    Screen.-narrow.at-auth #auth {{ height: 66%; }}

    Screen.-zoomed.at-search #tags, Screen.-zoomed.at-search #manifest, Screen.-zoomed.at-search #auth,
    Screen.-zoomed.at-tags #search, Screen.-zoomed.at-tags #manifest, Screen.-zoomed.at-tags #auth,
    Screen.-zoomed.at-manifest #left, Screen.-zoomed.at-manifest #auth,
    Screen.-zoomed.at-auth #above {{ display: none; }}
    Screen.-zoomed.at-search #left, Screen.-zoomed.at-tags #left {{ width: 1fr; }}
    Screen.-zoomed #auth {{ height: 1fr; max-height: 100%; }}
    """

    def compose(self) -> ComposeResult:
        with Container(id="above"):
            with Container(id="left"):
                yield SearchPane(id="search")
                yield TagsPane(id="tags", clock=self.app.clock)
            yield ManifestPane(id="manifest", clock=self.app.clock)
        yield AuthPane(id="auth", clock=self.app.clock)
