"""The screens beside the browser that can be opened from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App

if TYPE_CHECKING:
    from reglens.app.draft import Draft


class Beside(App[None]):
    """An app with a paste screen and the pages about the findings. Their code is imported when they are opened."""

    draft: Draft | None = None
    """What is being pasted; it outlives its screen."""

    def action_paste(self, text: str = "") -> None:
        """Open the paste screen. What was pasted there before is still there."""
        from reglens.app.draft import Draft
        from reglens.app.screens.paste import Paste

        if self.draft is None:
            self.draft = Draft()
        if not self._open(Paste):
            self.push_screen(Paste(self.draft, text))

    def action_pages(self) -> None:
        """Open the list of all findings."""
        from reglens.app.screens.pages import Pages

        if not self._open(Pages):
            self.push_screen(Pages())

    def _open(self, kind: type[Any]) -> bool:
        return any(isinstance(screen, kind) for screen in self.screen_stack)
