"""What the screens beside the browser share: the lines above and below, parts that take turns with the focus, a way
back."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from reglens.app.actions import ACTIONS, Where, bindings
from reglens.app.frames import PromptScreen
from reglens.app.widgets.lines import KeyLine, TopLine
from reglens.text import clean

if TYPE_CHECKING:
    from textual.worker import WorkType

    from reglens.app.app import ReglensApp

Result = TypeVar("Result")


BESIDE: list[BindingType] = [
    *bindings(Where.ASIDE),
    *[
        action.binding() if action.name == "app.help" else dataclasses.replace(action.binding(), show=False)
        for action in ACTIONS
        if action.where is Where.EVERYWHERE and (action.name.startswith("app.") or action.name == "interrupt")
    ],
]
"""What works on every screen beside the browser."""


class Aside(PromptScreen[None]):
    """A screen beside the browser. A subclass gives `parts` and composes them in `compose_parts`."""

    BINDINGS: ClassVar[list[BindingType]] = BESIDE
    DEFAULT_CSS = """
    Aside { background: $surface; layout: vertical; }
    Aside > .body { height: 1fr; layout: vertical; }
    Aside.-wide > .body { layout: horizontal; }
    Aside.-zoomed .part { display: none; }
    Aside.-zoomed .part.-front { display: block; height: 1fr; width: 1fr; max-height: 100%; }
    """
    AUTO_FOCUS = None
    PLACES: ClassVar[tuple[Where, ...]] = ()
    """The headings of the help that this screen's own keys stand under."""
    ABOUT: ClassVar[str] = ""
    """What the help says first; empty: what it says of the browser."""
    app: ReglensApp

    def compose(self) -> ComposeResult:
        yield TopLine()
        yield from self.compose_parts()
        yield KeyLine()

    def compose_parts(self) -> ComposeResult:
        """What stands between the two lines."""
        raise NotImplementedError

    def crumbs(self) -> tuple[str, ...]:
        """Where this is, for the top line."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.query_one(TopLine).show(self.crumbs(), "", None)

    # -- for the help

    @property
    def live(self) -> frozenset[Where]:
        """Whose keys work where the focus is."""
        listed = () if self.types_here else (Where.LIST,)
        return frozenset({Where.ASIDE, *self.PLACES, *listed})

    @property
    def types_here(self) -> bool:
        """Whether letters are text where the focus is."""
        return self.focused is not None and self.focused.check_consume_key("x", "x")

    @property
    def groups(self) -> tuple[Where, ...]:
        """What the help lists."""
        return (*self.PLACES, Where.ASIDE, Where.LIST)

    @property
    def introduction(self) -> str:
        """What the help says first."""
        return self.ABOUT

    # -- parts

    def home_of(self, part: Widget) -> Widget:
        """What gets the focus when a part does."""
        home = getattr(part, "home", None)
        return home() if home else part

    @property
    def part(self) -> Widget | None:
        """The part that has the focus."""
        return next((part for part in self.query(".part") if part.has_focus_within), None)

    def _turn(self, by: int) -> None:
        parts = [part for part in self.query(".part") if part.display or self.has_class("-zoomed")]
        if parts:
            now = self.part
            at = parts.index(now) + by if now in parts else 0
            target = parts[at % len(parts)]
            self._front(target)
            self.set_focus(self.home_of(target))

    def action_next_pane(self) -> None:
        self._turn(1)

    def action_previous_pane(self) -> None:
        self._turn(-1)

    def _front(self, front: Widget | None) -> None:
        for part in self.query(".part"):
            part.set_class(part is front, "-front")

    def action_zoom(self) -> None:
        self._front(self.part)
        self.toggle_class("-zoomed")

    def action_back(self) -> None:
        """Out of a zoom, then out of the screen."""
        if self.has_class("-zoomed"):
            self.remove_class("-zoomed")
        elif not self.step_back():
            self.app.pop_screen()

    def step_back(self) -> bool:
        """Undo the innermost thing that ``esc`` undoes here; False if there is none."""
        return False

    def action_interrupt(self) -> None:
        """What ``ctrl+c`` does: copy what is selected, or quit."""
        selected = self.get_selected_text()
        if selected:
            self.app.copy_to_clipboard(clean(selected, len(selected), keep="\n"))
        else:
            self.app.exit()

    def action_crumb(self, level: int) -> None:
        """A click on the path leads back to the browser."""
        self.app.pop_screen()

    # -- what changes

    def worth_telling(self, action: str) -> bool:
        """Whether the line of keys has room for it: there may be one part only."""
        return action != "next_pane" or len(self.query(".part")) > 1

    def on_descendant_focus(self) -> None:
        self.query_one(KeyLine).refresh()

    def on_descendant_blur(self) -> None:
        self.query_one(KeyLine).refresh()

    def begin(self, group: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Work beside the screen; what the group did before is called off."""
        # A callable, not a coroutine: nothing is left over if it never starts.
        started = cast("WorkType[None]", work)
        self.run_worker(started, group=group, name=group, exclusive=True, exit_on_error=False)

    def copy(self, text: str, what: str) -> None:
        """To the clipboard, and say so."""
        self.app.copy_to_clipboard(clean(text, len(text) or 1, keep="\n"))
        self.app.tell(f"Copied the {what}\n{text[:200]}")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self.app.tell_defect(event.worker.error)


async def in_thread(function: Callable[[], Result]) -> Result:
    """Run `function` beside the event loop. Whoever waits may be cancelled at any time; the thread then ends unheard,
    and does not keep the program from quitting."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = function()
        except Exception as failed:
            error = failed
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True).start()
    return await future
