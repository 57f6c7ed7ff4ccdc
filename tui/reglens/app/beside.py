"""The screens beside the browser that can be opened from anywhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from textual import events
from textual.app import App
from textual.screen import ModalScreen

from reglens.app.messages import KeysChanged
from reglens.errors import UsageError
from reglens.text import clean

if TYPE_CHECKING:
    from textual.worker import WorkType

    from reglens.app.draft import Draft
    from reglens.app.ports import Instruments
    from reglens.auth.keys import TrustedKeys
    from reglens.oci.reference import Reference


class Beside(App[None]):
    """An app with a paste screen and the pages about the findings. Their code is imported when they are opened."""

    draft: Draft | None = None
    """What is being pasted; it outlives its screen."""
    instruments: Instruments | None = None
    """What walks and tries; None: nothing does."""

    keys: TrustedKeys | None = None
    """The public keys that signatures of tokens are checked against; None: those that the tokens bring."""

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

    def action_keys(self) -> None:
        """Ask for the file of keys that the registry trusts."""
        from reglens.app.screens.ask import Ask

        hint = "a file: JWKS, JWK, certificates or public keys in PEM; - forgets it"
        asked = Ask("Keys that the registry trusts", hint, self.keys.source if self.keys else "")
        if not isinstance(self.screen, ModalScreen):
            self.push_screen(asked, self._keys_named)

    def _keys_named(self, name: str | None) -> None:
        if name is None:
            return

        async def load() -> None:
            from reglens.auth.keys import load_keys

            try:
                self.keys = None if name == "-" else await asyncio.to_thread(load_keys, name)
            except UsageError as error:
                self.notify(clean(f"{error.message}. {error.hint or ''}", 400), severity="error", markup=False)
                return
            count = len(self.keys.keys) if self.keys else 0
            word = f"Signatures are checked against {count} key{'' if count == 1 else 's'} of {name}"
            self.notify(clean(word if count else "Signatures are checked by the tokens' own keys", 400), markup=False)
            for screen in self.screen_stack:
                screen.post_message(KeysChanged())

        self.run_worker(cast("WorkType[None]", load), group="keys", exclusive=True, exit_on_error=False)

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
