"""What the browser does to look deeper: referrers, what they say, what is in layers, how two things differ."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reglens.app import messages
from reglens.app.commands import Command, Writer
from reglens.app.explorer import Group
from reglens.app.part import BrowserPart
from reglens.oci.layer import is_archive
from reglens.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reglens.app.widgets.manifest_pane import ManifestPane
    from reglens.oci.reference import Reference

MOST_MARKS = 100
_ORDERS = {"NAME": ("--sort", "name"), "VERSION": ("--sort", "semver", "--reverse")}
"""The options that sort tags as the pane does."""
_PLATFORM = re.compile(r"\w+(?:/[\w.]+){1,2}")
"""A platform that ``--platform`` takes."""


class Depth(BrowserPart):
    """A part of the browser, which is the only one to inherit it."""

    marks: Sequence[Reference] = ()
    """What was marked, to be compared or copied, in that order; in any repository."""

    def on_manifest_pane_referrers_wanted(self, event: ManifestPane.ReferrersWanted) -> None:
        self.explorer.referrers(event.reference, event.manifest.digest)

    def on_referrers_arrived(self, event: messages.ReferrersArrived) -> None:
        if self.explorer.current(Group.REFERRERS, event.question):
            self.manifest.show_referrers(event.digest, event.referrers, event.error, done=event.done)

    def on_manifest_pane_referrer_chosen(self, event: ManifestPane.ReferrerChosen) -> None:
        from reglens.app.screens.artifact import ArtifactScreen
        from reglens.app.widgets.referrer_views import referrer_kind

        reference = event.reference.at_digest(event.referrer.digest)
        self.app.push_screen(ArtifactScreen(self.explorer.session, reference, referrer_kind(event.referrer)))

    def on_manifest_pane_layer_chosen(self, event: ManifestPane.LayerChosen) -> None:
        from reglens.app.screens.artifact import ArtifactScreen
        from reglens.app.screens.layer import LayerScreen

        layer, session = event.layer, self.explorer.session
        title = layer.annotations.get("org.opencontainers.image.title", "") or f"layer {event.number}"
        if is_archive(layer.media_type):
            self.app.push_screen(LayerScreen(session, event.reference, layer, title))
        else:
            self.app.push_screen(ArtifactScreen(session, event.reference, title, blob=layer))

    # -- taking out

    def action_copy_menu(self) -> None:
        """List all that can be copied of the manifest that is open."""
        from reglens.app.copies import copies
        from reglens.app.screens.menu import Menu

        reference, manifest = self.here.reference, self.here.manifest
        if reference is None or manifest is None:
            self.app.tell("There is nothing to copy yet: open a tag first.")
            return
        offers = copies(reference, manifest, self.manifest.config, self.explorer.exchanges)
        self.app.push_screen(Menu(f"Copy of {clean(reference.familiar, 80)}", offers))

    def commands(self) -> list[Command]:
        """The commands that tell what the pane in front shows."""
        here, writer = self.here, self.writer
        if self.front == "auth" and here.repository is None:
            return writer.identity(here.registry)
        if self.front == "search" or here.repository is None:
            further = self.search.further
            return writer.search((here.registry, *(further.registries if further.asked else ())), self.search.typed)
        if self.front == "auth":
            return writer.authentication(here.reference or here.repository)
        if self.front == "tags" or here.reference is None:
            wanted = self.tags.field.value.strip()
            filtered = ("--filter", wanted) if wanted else ()
            return writer.tags(here.repository, (*_ORDERS.get(self.tags.order.name, ()), *filtered))
        if here.manifest is None:
            return writer.way(here.reference)
        reference, platform = here.reference, here.platform
        parent = here.parent.reference if here.parent is not None else None
        if parent is not None and _PLATFORM.fullmatch(platform):
            reference = parent
        else:
            platform = ""
        return writer.manifest(reference, here.manifest, self.manifest.section, platform)

    @property
    def writer(self) -> Writer:
        """Writes commands that ask as whom the browser asks."""
        writer, choice = self.app.writer, self.app.identities
        if choice is not None and choice.is_anonymous(self.here.registry) and "--anonymous" not in writer.flags:
            return replace(writer, flags=("--anonymous", *writer.flags))
        return writer

    # -- comparing

    def _pointed_at(self) -> Reference | None:
        """What the cursor is on: a tag, a platform of an index; else the manifest that is open."""
        here = self.here
        if self.front == "tags":
            tag = self.tags.selected
            return here.repository.at_tag(tag) if here.repository and tag else None
        if self.front == "manifest":
            return self.manifest.pointed_at or here.reference
        return here.reference

    def action_mark(self) -> None:
        """Mark what the cursor is on, or unmark it."""
        reference = self._pointed_at()
        if reference is None:
            self.app.tell("There is nothing to mark here: put the cursor on a tag or a platform.")
        elif reference in self.marks:
            self._mark([mark for mark in self.marks if mark != reference])
            self.app.tell(f"No longer marked: {reference.familiar}")
        elif len(self.marks) >= MOST_MARKS:
            self.app.tell(f"{MOST_MARKS} are marked, which is as many as can be; esc in the tags pane unmarks all.")
        else:
            if not self.marks:
                self.app.tell(f"Marked {reference.familiar}\n= compares two, copying copies all, esc unmarks")
            self._mark([*self.marks, reference])

    def unmark(self) -> bool:
        """Unmark everything; False if nothing was marked."""
        marked = bool(self.marks)
        self._mark([])
        return marked

    def _mark(self, marks: list[Reference]) -> None:
        self.marks = marks
        self.show_marks()
        self.app.screen.refresh_bindings()  # the line of keys tells how to compare them

    def show_marks(self) -> None:
        """Have the tags pane show which of its tags are marked, and how many marks there are."""
        name = self.here.repository.name if self.here.repository else ""
        tags = frozenset(mark.tag for mark in self.marks if mark.tag and mark.name == name)
        self.tags.show_marks(tags, len(self.marks))

    @property
    def chosen(self) -> tuple[Reference, ...]:
        """What the copying keys copy in place of what is open: the marked, while the tags pane is in use."""
        return tuple(self.marks) if self.front == "tags" else ()

    def action_compare(self) -> None:
        """Compare the two that are marked, or the one with what the cursor is on."""
        from reglens.app.screens.difference import DifferenceScreen

        pointed = self._pointed_at()
        if not self.marks:
            self.app.tell("Nothing is marked yet: space marks a tag or a platform.")
        elif len(self.marks) > 2:
            self.app.tell(f"{len(self.marks)} are marked: two can be compared. space unmarks one, esc all.")
        elif len(self.marks) == 1 and (pointed is None or pointed == self.marks[0]):
            self.app.tell("Put the cursor on another tag or platform to compare the marked one with.")
        else:
            pair = [*self.marks, pointed][:2]
            before, after = [(self.explorer.session_with(one.registry), one) for one in pair if one is not None]
            self.app.push_screen(DifferenceScreen(before, after))

    # -- copying what is marked

    def copy_digests(self, references: Sequence[Reference]) -> None:
        """Copy the digests of several, a line each; they are asked for first."""
        self.explorer.digests(references)

    def on_digests_arrived(self, event: messages.DigestsArrived) -> None:
        if not self.explorer.current(Group.DIGESTS, event.question):
            return
        if event.error is not None:
            self.app.tell(f"Not every digest can be had: {event.error.message}", severity="warning")
        else:
            self.copy("digest", [str(digest) for digest in event.digests])

    def copy(self, what: str, lines: Sequence[str]) -> None:
        """Copy texts, a line each, and say so; none of them being there says what to do."""
        lines = [clean(line) for line in lines if line]
        if lines:
            self.app.copy_to_clipboard("\n".join(lines))
            told = lines[0] if len(lines) == 1 else f"of {len(lines)}, a line each"
            self.app.tell(f"Copied {what}\n{told}")
        else:
            first = "tag" if what == "digest" else "repository"
            self.app.tell(f"There is no {what} to copy yet: open a {first} first.")
