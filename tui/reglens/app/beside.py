"""The screens beside the browser that can be opened from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App
from textual.screen import ModalScreen

if TYPE_CHECKING:
    from reglens.app.draft import Draft
    from reglens.app.ports import Instruments
    from reglens.oci.reference import Reference


class Beside(App[None]):
    """An app with a paste screen and the pages about the findings. Their code is imported when they are opened."""

    draft: Draft | None = None
    """What is being pasted; it outlives its screen."""
    instruments: Instruments | None = None
    """What walks and tries; None: nothing does."""

    def on_paste(self, event: events.Paste) -> None:
        """A paste that nothing on the screen took is one to explain."""
        if event.text.strip() and not isinstance(self.screen, ModalScreen):
            self.action_paste(event.text)

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

    def action_walk(self) -> None:
        """Walk the way to what is open in the browser."""
        from reglens.app.screens.walk import WalkScreen

        reference = self._reference("walk to")
        if reference is not None and self.instruments is not None and not self._open(WalkScreen):
            self.push_screen(WalkScreen(reference, self.instruments.walk))

    def action_laboratory(self) -> None:
        """Open the laboratory on what is open in the browser."""
        from reglens.app.screens.laboratory import Laboratory

        reference = self._reference("try")
        if reference is not None and self.instruments is not None and not self._open(Laboratory):
            self.push_screen(Laboratory(reference, self.instruments.bench(reference.registry)))

    def _reference(self, what: str) -> Reference | None:
        """What is open in the browser; says so if nothing is."""
        from reglens.app.browser import Browser

        for screen in self.screen_stack:
            if isinstance(screen, Browser) and (open_now := screen.here.reference or screen.here.repository):
                return open_now
        self.notify(f"There is nothing to {what} yet: open a repository first.", markup=False)
        return None

    def _open(self, kind: type[Any]) -> bool:
        return any(isinstance(screen, kind) for screen in self.screen_stack)
