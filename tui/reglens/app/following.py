"""The platform that was picked is the one shown of what is opened next.

From within a platform another tag leads to the same platform of that tag, in the same section; in an index the cursor
stands on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reglens.app.part import BrowserPart
from reglens.oci.manifest import Index, Manifest
from reglens.text import clean

if TYPE_CHECKING:
    from reglens.app.here import Here
    from reglens.oci.descriptor import Descriptor, Platform
    from reglens.oci.reference import Reference


class Following(BrowserPart):
    """A part of the browser, which is the only one to inherit it."""

    followed: Platform | None = None
    """The platform that was picked last."""
    through = False
    """Whether an index that is being asked for is only the way to that platform."""

    def _open_manifest(self, reference: Reference, parent: Here | None = None) -> None:
        raise NotImplementedError

    def pick(self, reference: Reference) -> None:
        """The entry of the open index that `reference` names by digest was picked."""
        index = self.here.manifest
        entries = index.manifests if isinstance(index, Index) else ()
        entry = next((entry for entry in entries if entry.digest == reference.digest), None)
        if entry is not None and entry.platform is not None and not entry.attests:
            self.followed = entry.platform

    def leave_for_tag(self) -> None:
        """Another tag is about to be opened."""
        self.through = self.followed is not None and self.here.parent is not None

    def entry_followed(self, manifest: Manifest) -> Descriptor | None:
        """What an index that arrived has for the followed platform; the cursor is put on it."""
        if self.followed is None or not isinstance(manifest, Index):
            return None
        entry = manifest.choose(self.followed)
        if entry is not None:
            self.manifest.stand_on(manifest, entry)
        return entry

    def go_through(self, entry: Descriptor | None) -> None:
        """Go on from an index that was only the way to the followed platform."""
        reference, through = self.here.reference, self.through
        self.through = False
        if not through or reference is None or not isinstance(self.here.manifest, Index):
            return
        if entry is not None:
            self._open_manifest(reference.at_digest(entry.digest), self.here)
        else:
            self.app.tell(f"{clean(reference.familiar, 200)} has no {self.followed}")
