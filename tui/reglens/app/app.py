"""The Textual application: themes, safety, what is shared by the screens. What happens is in `reglens.app.browser`."""

from __future__ import annotations

import asyncio
import gc
import sys
import traceback
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import constants
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from reglens.app import theme
from reglens.app.beside import Beside
from reglens.app.opening import Opening
from reglens.app.safety import ControlFilter
from reglens.app.shape import NARROW, WIDE
from reglens.app.taking import Taking
from reglens.app.turns import Turns
from reglens.app.widgets.lines import connecting
from reglens.app.widgets.search_rows import Further
from reglens.auth.trust import RealmTrust
from reglens.text import clean

if TYPE_CHECKING:
    from signal import Signals

    from textual.driver import Driver

    from reglens.app.ports import Clock, LoginKeeper, RegistrySession, SessionFactory
    from reglens.app.remember import Memory
    from reglens.auth.choice import Choice
    from reglens.demo.server import DemoRegistry
    from reglens.oci.reference import Place
    from reglens.registry.ways.machine import Machine


def is_awake(demo: DemoRegistry) -> bool:
    """Whether the demo registry was started: before that it has no port."""
    return not demo.registry.endswith(":0")


Severity = Literal["information", "warning", "error"]


class ReglensApp(Turns, Beside, Taking):
    """The browser as a terminal application.

    `make` makes sessions; None: the real ones, with `options` and `credentials`. `remembers` tells whether recent and
    pinned repositories are kept in the person's state directory.
    """

    TITLE = "reglens"
    CSS = "Toast { width: auto; max-width: 70%; }"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-normal"), (WIDE, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = []
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    NOTIFICATION_TIMEOUT = 3

    def __init__(
        self,
        place: Place | None,
        *,
        make: SessionFactory,
        clock: Clock,
        memory: Memory,
        demo: DemoRegistry | None = None,
        search_url: str = "",
    ) -> None:
        super().__init__()
        self._place = place
        self._make = make
        self.clock = clock
        self.memory = memory
        self.demo = demo
        self._search_url = search_url
        self._control_filter = ControlFilter()
        self.defect = ""
        self.ended_by: Signals | None = None
        """The signal that ended the app, or SIGHUP if its terminal went away."""
        self.identities: Choice | None = None
        """Who the person is on each registry; None: that cannot be chosen."""
        self.trust = RealmTrust()
        """Which token servers elsewhere may have the person's credentials; the sessions heed the same one."""
        self.keyring: LoginKeeper | None = None
        """Who keeps logins beyond this run; None: nobody does."""
        self.machine: Machine | None = None
        """The files that say where else to search; None: none do."""
        self.searched = Further()
        """The registries that those files list to be searched, there from `Ready` on."""
        self.register_theme(theme.DARK)
        self.register_theme(theme.LIGHT)
        if constants.DEFAULT_THEME == "textual-dark":
            self.theme = theme.DARK.name

    def get_driver_class(self) -> type[Driver]:
        if constants.DRIVER is not None:  # somebody chose another
            return super().get_driver_class()
        from reglens.app.terminal import TerminalDriver

        return TerminalDriver

    def get_default_screen(self) -> Screen[Any]:
        return Opening()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.DEFAULTS

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._control_filter]

    @property
    def home_registry(self) -> str:
        """Where the browser opens without a place: the demo registry if there is one, else Docker Hub."""
        from reglens.oci.reference import HUB

        return self.demo.registry if self.demo else HUB

    @property
    def starting(self) -> str:
        """What is waited for before there is anything to show."""
        if self.demo is not None and not is_awake(self.demo):
            return "Starting the demo registry…"
        return connecting(self._place.registry if self._place is not None else self.home_registry)

    def searches_elsewhere(self, registry: str) -> bool:
        """Whether a registry's search is a server of its own, not a look through its catalogue."""
        from reglens.oci.reference import HUB

        return registry == HUB or bool(self._search_url) or (self.demo is not None and registry == self.demo.registry)

    def make_session(self, registry: str) -> RegistrySession:
        """A session with a registry."""
        return self._make(registry)

    # -- after the first paint

    async def open_browser(self) -> None:
        """The browser takes the place of its picture; what is typed meanwhile is kept (`Turns`). The rest that it needs
        comes while the person looks."""
        from reglens.app.browser import Browser

        browser = Browser(self._place)
        await self.push_screen(browser)
        self.run_worker(self._prepare(browser), group="prepare", exit_on_error=False)

    async def _prepare(self, browser: Screen[None]) -> None:
        """Import what asking needs, read what was kept, wake the demo: in a thread."""
        from reglens.app.messages import Ready

        word = await asyncio.to_thread(self._wake)
        if self.memory.known.theme in self.available_themes:
            self.theme = self.memory.known.theme
        browser.post_message(Ready(word))

    def _wake(self) -> str:
        if self.demo is not None and not is_awake(self.demo):
            self.demo.start()
        import_module("reglens.registry.session")
        if self.machine is not None:
            self.searched = Further(*self.machine.searched, asked=self.machine.short_names)
        if not gc.isenabled():  # `reglens.app.main.run` put it off
            gc.enable()
            gc.freeze()
        return self.memory.load()

    def keep(self) -> None:
        """Write down what is kept between runs, in a thread."""

        async def save() -> None:
            word = await asyncio.to_thread(self.memory.save)
            if word:
                self.tell(word, severity="warning")

        self.run_worker(save(), group="keep", exit_on_error=False)

    # -- words

    def tell(self, text: str, *, severity: Severity = "information") -> None:
        """A short word at the edge of the screen."""
        self.notify(clean(text, 400, keep="\n"), severity=severity, markup=False)

    def tell_defect(self, error: BaseException | None) -> None:
        """A defect that did not end the app."""
        self.tell(f"A defect in reglens: {type(error).__name__}: {error}", severity="error")

    # -- actions

    def action_toggle_theme(self) -> None:
        from dataclasses import replace

        self.theme = theme.toggled(self.theme)
        self.memory.known = replace(self.memory.known, theme=self.theme)
        self.keep()

    def action_help(self) -> None:
        """List the keys that work on this screen; it says which in `live` (those of the focus) and `groups`."""
        from reglens.app.actions import Where
        from reglens.app.screens.help import Help

        live = getattr(self.screen, "live", frozenset({Where.EVERYWHERE, Where.LIST}))
        groups = getattr(self.screen, "groups", tuple(live))
        if not isinstance(self.screen, Help):
            self.push_screen(Help(live, groups, getattr(self.screen, "introduction", "")))

    async def action_quit(self) -> None:
        """At once: what is under way is cancelled."""
        self.exit()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        from reglens.app.actions import offered
        from reglens.app.browser import Browser

        for action in offered():
            if "." not in action.name and not isinstance(screen, Browser):
                continue

            def run(name: str = action.name) -> None:
                self.call_next(self.run_action, name, screen)

            keys = action.key_text.replace("[", "").strip()  # the palette reads markup
            yield SystemCommand(f"{action.word.capitalize()}  ({keys})", action.help, run)
        yield SystemCommand("Theme", "Choose among all themes, the terminal's own colours included", self.search_themes)

    # -- defects

    def _fatal_error(self) -> None:
        """Say in a sentence what ended the app. Textual would print every local variable, tokens included."""
        error = sys.exc_info()[1]
        if error is None:
            error = self._exception
        frames = traceback.extract_tb(error.__traceback__) if error else []
        where = f" ({frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno})" if frames else ""
        self.defect = f"{type(error).__name__}: {clean(str(error), 300)}{where}"
        self._close_messages_no_wait()
