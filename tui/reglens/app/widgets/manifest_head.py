"""The head of the manifest pane."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from reglens.app.widgets.layout import fold, middle


class Head(Widget):
    """The lines above the sections that stay when these scroll: what it is, its digest, where it came from."""

    DEFAULT_CSS = """
    Head {
        height: auto; padding: 0 1; display: none;
        &.-shown { display: block; }
        & > .strong { text-style: bold; color: $text-primary; }
        & > .muted { color: $foreground 60%; }
        & > .warn { color: $text-warning; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"strong", "muted", "warn"}

    def __init__(self) -> None:
        super().__init__()
        self._top = Content("")
        self._digest = ""
        self._under = Content("")

    def tell(self, top: Content, digest: str, under: Content) -> None:
        """Show a headline, a digest, and a line under it (none if empty)."""
        self._top, self._digest, self._under = top, digest, under
        self.add_class("-shown")
        self.refresh(layout=True)

    def hide(self) -> None:
        """Show nothing."""
        self.remove_class("-shown")

    def _content(self, width: int) -> Content:
        parts = [*fold(self._top, width), Content(middle(self._digest, width))]
        if self._under:
            parts += fold(self._under, width)
        return Content("\n").join(parts)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._content(max(8, width)).plain.count("\n") + 1

    def render(self) -> Content:
        return self._content(max(8, self.size.width))
