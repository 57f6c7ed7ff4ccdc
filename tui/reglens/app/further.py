"""What the browser does to search on further registries, those that ``registries.conf`` lists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reglens.app.explorer import Group
from reglens.app.part import BrowserPart
from reglens.oci.reference import HUB

if TYPE_CHECKING:
    from reglens.app import messages


class FurtherSearch(BrowserPart):
    """A part of the browser, which is the only one to inherit it."""

    def on_search_widened(self) -> None:
        """The person wants them asked: from now on, and for the rest of the run."""
        self.app.searched = replace(self.app.searched, asked=True)
        self.offer_further()
        self.search_further()

    def on_further_found(self, event: messages.FurtherFound) -> None:
        if self.explorer.current(Group.FURTHER, event.question):
            self.search.show_further(event.query, event.registry, event.hits, event.error)

    def offer_further(self) -> None:
        """Tell the search pane of the others, where the present registry is one of the list, or Docker Hub."""
        listed, here = self.app.searched, self.here.registry
        others = tuple(registry for registry in listed.registries if registry != here)
        belongs = here == HUB or here in listed.registries
        self.search.offer(replace(listed, registries=others if belongs else ()))

    def search_further(self) -> None:
        """Ask them for what is typed, if they are to be asked."""
        further, query = self.search.further, self.search.typed
        if further.asked and further.registries and self.search.asks_elsewhere:
            self.explorer.search_further(query, further.registries)
        else:
            self.explorer.call_off(Group.FURTHER)
