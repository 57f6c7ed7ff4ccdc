"""A screen of four panes: where the focus is, which pane is in front, and how one gets from one to the next."""

from __future__ import annotations

from textual.widget import Widget
from textual.widgets import Input

from reglens.app.actions import Where
from reglens.app.frames import PromptScreen
from reglens.app.widgets.lines import KeyLine
from reglens.app.widgets.panes import NAMES


class PanedScreen(PromptScreen[None]):
    """The movements between the panes. `front` is the pane in use; a narrow screen shows it alone."""

    def __init__(self) -> None:
        super().__init__()
        self.front = "search"
        self.before_auth = "search"
        """The pane to which the way back from the authentication pane leads."""
        self.focus_on_arrival = ""
        """The pane that gets the focus as soon as it has something that can take it."""
        self._last: dict[str, Widget] = {}

    # -- focus

    def focus_pane(self, name: str) -> None:
        """Put the focus where it last was in a pane, or where it belongs at first."""
        pane = self.query_one(f"#{name}")
        self.show_front(name)
        last = self._last.get(name)
        home = getattr(pane, "home", None)
        if last is not None and (not last.is_attached or isinstance(last, Input)):
            last = None  # a field is entered on purpose: in it letters are no keys
        targets = [last, home() if home else None, pane, *pane.query("*")]
        for target in targets:
            if target is not None and target.focusable and target.display:
                self.set_focus(target)
                self.focus_on_arrival = ""
                return
        self.set_focus(None)
        self.focus_on_arrival = name

    def show_front(self, name: str) -> None:
        """On a narrow screen the pane in front is the one that is seen."""
        for other in NAMES:
            self.set_class(other == name, f"at-{other}")
            if name != "auth":
                self.set_class(other == name, f"front-{other}")
        self.front = name

    def on_descendant_focus(self) -> None:
        widget = self.focused
        for node in widget.ancestors_with_self if widget else ():
            if node.id in ("search", "tags", "manifest", "auth"):
                assert widget is not None
                self._last[node.id] = widget
                if node.id == "auth" and self.front != "auth":
                    self.before_auth = self.front
                self.show_front(node.id)
                break
        self.query_one(KeyLine).refresh()

    def on_descendant_blur(self) -> None:
        self.query_one(KeyLine).refresh()

    groups = (Where.EVERYWHERE, Where.LIST, Where.SEARCH, Where.TAGS, Where.MANIFEST, Where.AUTHENTICATION)
    """The groups of actions that the help lists."""

    @property
    def live(self) -> frozenset[Where]:
        """Those that work where the focus is."""
        return frozenset({Where.EVERYWHERE, Where.LIST, self.groups[2 + NAMES.index(self.front)]})

    # -- actions

    def action_interrupt(self) -> None:
        """What ``ctrl+c`` does: copy what is selected, or quit."""
        selected = self.get_selected_text()
        if selected:
            self.app.copy_to_clipboard(selected)
        else:
            self.app.exit()

    def _turn(self, step: int) -> None:
        self.focus_pane(NAMES[(NAMES.index(self.front) + step) % len(NAMES)])

    def action_next_pane(self) -> None:
        self._turn(1)

    def action_previous_pane(self) -> None:
        self._turn(-1)

    def action_pane(self, number: int) -> None:
        self.focus_pane(NAMES[number - 1])

    def action_zoom(self) -> None:
        self.toggle_class("-zoomed")
