"""An artifact opened: what its blobs say, one under the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from reglens.app.actions import Where, bindings
from reglens.app.commands import Command, document
from reglens.app.explorer import explained
from reglens.app.screens.aside import BESIDE, Aside, in_thread
from reglens.app.widgets.document_views import opened_lines
from reglens.app.widgets.error_views import error_lines
from reglens.app.widgets.layout import Line, blank, paragraph, said, words
from reglens.app.widgets.pane import Pane
from reglens.app.widgets.sheet import Sheet
from reglens.errors import AnswerInvalid, ReglensError
from reglens.oci import media
from reglens.oci.descriptor import Descriptor
from reglens.oci.manifest import Image
from reglens.oci.opened import FIRST, Opened, open_blob
from reglens.oci.reference import Reference
from reglens.text import human_count

if TYPE_CHECKING:
    from reglens.app.ports import RegistrySession

BLOBS = 20
"""Blobs of one artifact that are opened."""
BLOB_LIMIT = 32 << 20
"""Octets of a blob that is read whole to be shown; of a larger one only the first are."""


class ArtifactPane(Pane):
    """The documents."""

    def compose(self) -> ComposeResult:
        yield Sheet()

    def home(self) -> Widget:
        return self.query_one(Sheet)


class ArtifactScreen(Aside):
    """What an artifact says. `reference` names its manifest by digest, or with `blob` the repository of one blob."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.DOCUMENT), *BESIDE]
    PLACES = (Where.DOCUMENT,)
    DEFAULT_CSS = "ArtifactScreen ArtifactPane { height: 1fr; }"

    def __init__(
        self, session: RegistrySession, reference: Reference, title: str, *, blob: Descriptor | None = None
    ) -> None:
        super().__init__()
        self._session = session
        self._reference = reference
        self._title = title
        self._blob = blob
        self._opened: list[Opened] = []
        self._error: ReglensError | None = None
        self._left_out = 0
        self._done = False
        self._raw = False

    @property
    def opened(self) -> tuple[Opened, ...]:
        """What was read so far."""
        return tuple(self._opened)

    def crumbs(self) -> tuple[str, ...]:
        reference = self._reference
        return (reference.registry, reference.repository, self._title)

    def compose_parts(self) -> ComposeResult:
        pane = ArtifactPane(classes="part")
        pane.entitle("Opened", self._title)
        yield pane

    def on_mount(self) -> None:
        sheet = self.query_one(Sheet)
        sheet.lay(self._lines)
        self.set_focus(sheet)
        self.begin("artifact", self._load)

    async def _load(self) -> None:
        try:
            for blob in await self._blobs():
                self._opened.append(await self._open(blob))
                self.query_one(Sheet).lay(self._lines, keep=True)
        except Exception as failed:
            self._error = explained(failed)
        self._done = True
        self.query_one(Sheet).lay(self._lines, keep=True)
        self.refresh_bindings()

    async def _open(self, blob: Descriptor) -> Opened:
        """A blob, read; of a very large one, as the weights of a model are, only how it begins."""
        repository = self._reference.repository
        if blob.size > BLOB_LIMIT:
            return Opened(blob, blob.size, await self._session.blob_range(repository, blob.digest, 0, FIRST))
        raw = await self._session.blob(repository, blob.digest, limit=BLOB_LIMIT)
        return await in_thread(lambda: open_blob(blob, raw))

    async def _blobs(self) -> tuple[Descriptor, ...]:
        if self._blob is not None:
            return (self._blob,)
        manifest = await self._session.manifest(self._reference)
        if not isinstance(manifest, Image):
            raise AnswerInvalid("It is no artifact with blobs.", "Open it as a manifest instead.")
        blobs = manifest.layers
        if not blobs and manifest.config is not None and manifest.config.media_type != media.OCI_EMPTY:
            blobs = (manifest.config,)
        self._left_out = max(0, len(blobs) - BLOBS)
        return blobs[:BLOBS]

    def _lines(self, width: int) -> list[Line]:
        now = self.app.clock()
        lines: list[Line] = []
        for opened in self._opened:
            lines += [*([blank()] if lines else []), *opened_lines(opened, width, now, raw=self._raw)]
        if self._error is not None:
            lines += [*([blank()] if lines else []), *error_lines(self._error, width)]
        elif not self._done:
            lines += paragraph(words(("… fetching", ".accent")), width)
        elif not lines:
            lines += paragraph(said("It holds nothing.", ".muted"), width)
        if self._left_out:
            text = f"and {human_count(self._left_out)} more parts, which are not opened"
            lines += paragraph(words((text, ".muted")), width)
        return lines

    def commands(self) -> list[Command]:
        """The commands that print the same documents."""
        return [c for opened in self._opened for c in document(self._reference, str(opened.descriptor.digest))]

    # -- what the person does

    def action_raw(self) -> None:
        """Show the JSON, or what was made of it again."""
        self._raw = not self._raw
        self.query_one(Sheet).lay(self._lines)

    def action_copy_document(self) -> None:
        """Copy what was opened: JSON as JSON, text as text."""
        parts = [
            json.dumps(opened.document, indent=2) if opened.is_json else opened.text or "" for opened in self._opened
        ]
        self.copy("\n".join(filter(None, parts)), "document")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "raw":
            return any(opened.is_json for opened in self._opened)
        if action == "copy_document":
            return any(opened.is_json or opened.text for opened in self._opened)
        return super().check_action(action, parameters)
