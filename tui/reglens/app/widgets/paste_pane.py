"""The part of the paste screen that holds the text."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widget import Widget

from reglens.app.draft import Draft
from reglens.app.widgets.pane import Pane
from reglens.app.widgets.paste_editor import Highlight, PasteEditor, PasteView

EDITED = 60_000
"""Characters up to which a paste can be edited; longer ones are shown by a view that draws only what is in sight."""


class PastePane(Pane):
    """The text, in an editor or, when it is long, in a view."""

    DEFAULT_CSS = """
    PastePane {
        & PasteView { display: none; height: 1fr; }
        &.-long PasteView { display: block; }
        &.-long PasteEditor { display: none; }
    }
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__(id="paste", classes="part")
        self._draft = draft

    def compose(self) -> ComposeResult:
        yield PasteEditor("", secrets=self._draft.secrets)
        yield PasteView()

    def home(self) -> Widget:
        return self.query_one(PasteView) if self.long else self.query_one(PasteEditor)

    @property
    def long(self) -> bool:
        """Whether the text is too long to edit."""
        return len(self._draft.shown) > EDITED

    def put(self) -> None:
        """Show the draft's text."""
        focused = self.has_focus_within
        self.set_class(self.long, "-long")
        editor = self.query_one(PasteEditor)
        with self.prevent(PasteEditor.Changed):
            if self.long:
                editor.load_text("")
                self.query_one(PasteView).show(self._draft.shown)
            elif editor.text != self._draft.shown:
                editor.mark(None)
                editor.load_text(self._draft.shown)
        if focused:
            self.home().focus(scroll_visible=False)

    def mark(self, highlight: Highlight | None, *, scroll: bool) -> None:
        """Mark bytes of the text."""
        shown = self.query_one(PasteView) if self.long else self.query_one(PasteEditor)
        shown.mark(highlight, scroll=scroll)
