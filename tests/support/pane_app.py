"""An app that holds the manifest and the authentication pane and nothing else, at a fixed time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.message import Message

from reglens.app.theme import DARK, DEFAULTS, LIGHT
from reglens.app.widgets.auth_pane import AuthPane
from reglens.app.widgets.manifest_pane import ManifestPane
from reglens.app.widgets.sheet import Sheet
from support.exchanges import at


class PaneApp(App[None]):
    """Shows `pane` (``manifest`` or ``auth``) over the whole screen. `prepare` fills it once it is there."""

    CSS = "Screen { layout: vertical; } Screen > * { height: 1fr; }"
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False

    def __init__(self, pane: str, prepare: Callable[[PaneApp], None] | None = None, *, light: bool = False) -> None:
        super().__init__()
        self._pane = pane
        self._prepare = prepare
        self._light = light
        self.seconds = 48.0
        self.heard: list[Message] = []
        self.copied: list[str] = []

    def now(self) -> datetime:
        return at(self.seconds)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return DEFAULTS

    def compose(self) -> ComposeResult:
        yield ManifestPane(clock=self.now) if self._pane == "manifest" else AuthPane(clock=self.now)

    def on_mount(self) -> None:
        self.animation_level = "none"
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = LIGHT.name if self._light else DARK.name
        if self._prepare:
            self._prepare(self)
        pane = self.query_one(ManifestPane) if self._pane == "manifest" else self.query_one(AuthPane)
        pane.home().focus()

    @property
    def manifest_pane(self) -> ManifestPane:
        return self.query_one(ManifestPane)

    @property
    def auth_pane(self) -> AuthPane:
        return self.query_one(AuthPane)

    def copy_to_clipboard(self, text: str) -> None:
        self.copied.append(text)

    def on_manifest_pane_platform_chosen(self, message: ManifestPane.PlatformChosen) -> None:
        self.heard.append(message)

    def on_manifest_pane_config_wanted(self, message: ManifestPane.ConfigWanted) -> None:
        self.heard.append(message)

    def on_manifest_pane_layer_chosen(self, message: ManifestPane.LayerChosen) -> None:
        self.heard.append(message)

    def on_auth_pane_stage_wanted(self, message: AuthPane.StageWanted) -> None:
        self.heard.append(message)

    def text(self) -> str:
        """What stands in the sheet in front, all of it, whether scrolled into view or not."""
        sheet = next(s for s in self.query(Sheet) if s.display)
        return "\n".join(sheet.line_at(y).plain.rstrip() for y in range(sheet.line_count))

    def screen_text(self) -> str:
        """What stands on the screen."""
        width, height = self.size
        lines = self.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in lines[:height] if width)
