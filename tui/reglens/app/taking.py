"""What can be taken out of any screen: the commands that tell the same, and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

if TYPE_CHECKING:
    from reglens.app.commands import Command, Writer


class Taking(App[None]):
    """An app whose screens may have `commands`, and widgets that can `mask_secrets`."""

    flags: tuple[str, ...] = ()
    """The options that the app was started with and that its commands need, none of them a secret."""

    @property
    def writer(self) -> Writer:
        """Writes commands that do as this app does."""
        from reglens.app.commands import Writer

        return Writer(self.flags)

    def action_commands(self) -> None:
        """Tell the commands that do without a screen what this one does."""
        from reglens.app.screens.export import Offer
        from reglens.app.screens.menu import Menu

        made = getattr(self.screen, "commands", None)
        commands: list[Command] = made() if made is not None else []
        if not commands:
            self.notify("There is no command for what is shown here.", markup=False)
            return
        offers = [Offer(c.what, "command.sh", lambda text=c.text: text, c.text) for c in commands]  # type: ignore[misc]
        self.push_screen(Menu("The same as a command", offers, whole=True))

    def action_picture(self) -> None:
        """Save the screen as SVG. What was revealed on it is masked first."""
        for screen in self.screen_stack:
            for widget in (screen, *screen.query("*")):
                mask = getattr(widget, "mask_secrets", None)
                if mask is not None:
                    mask()
        self.call_after_refresh(self._take_picture)

    def _take_picture(self) -> None:
        from reglens.app.screens.export import Export, Offer

        picture = self.export_screenshot(title="reglens")
        self.push_screen(Export([Offer("the screen as SVG", "reglens.svg", lambda: picture)], to="reglens.svg"))
