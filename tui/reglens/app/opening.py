"""The first thing on the screen: a picture of the panes, drawn before anything that takes time is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from reglens.app.widgets.lines import KeyLine, Skeleton, TopLine

if TYPE_CHECKING:
    from reglens.app.app import ReglensApp


class Opening(Screen[None]):
    """Stands until the browser covers it, for a tenth of a second or so."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,ctrl+q,ctrl+c", "app.quit", show=False, priority=True)]
    DEFAULT_CSS = "Opening { background: $surface; }"
    AUTO_FOCUS = None
    app: ReglensApp

    def compose(self) -> ComposeResult:
        yield TopLine()
        yield Skeleton(self.app.starting)
        yield KeyLine()

    def on_mount(self) -> None:
        self.call_after_refresh(self._open)

    async def _open(self) -> None:
        await self.app.open_browser()
