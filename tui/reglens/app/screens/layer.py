"""A layer opened: its files as a tree, while the archive streams by; and one file of it, read."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from reglens.app.actions import Where, bindings
from reglens.app.commands import Command, layer
from reglens.app.explorer import explained
from reglens.app.lazily import Contents, read_file, read_toc
from reglens.app.screens.aside import BESIDE, Aside, in_thread
from reglens.app.widgets.document_parts import DUMPED, dump_lines, text_lines
from reglens.app.widgets.error_views import error_lines
from reglens.app.widgets.file_tree import FileList, FileTree
from reglens.app.widgets.layout import Line, blank, fields, paragraph, said, words
from reglens.app.widgets.line_list import LineList
from reglens.app.widgets.pane import Notice, Pane
from reglens.app.widgets.sheet import Sheet
from reglens.errors import AnswerInvalid, DigestMismatch, RegistryError, ReglensError
from reglens.oci.descriptor import Descriptor
from reglens.oci.layer import Entry, Kind, LayerReader, Whiteout
from reglens.oci.opened import readable
from reglens.oci.reference import Reference
from reglens.text import clean, human_count, human_size

if TYPE_CHECKING:
    from reglens.app.ports import RegistrySession

REDRAWN = 0.2
"""Seconds between two drawings of a tree that grows."""
ADDED_AT_ONCE = 4000
"""Entries that are put into the tree in one go."""
FED_AT_ONCE = 1 << 20
"""Octets of an archive that are read in one go in a thread."""
SHOWN = 256 << 10
"""Octets of a file that are shown."""


class TreePane(Pane):
    """The files."""

    def __init__(self, tree: FileTree) -> None:
        super().__init__(classes="part")
        self._contents = tree

    def compose(self) -> ComposeResult:
        yield FileList(self._contents)
        yield Notice()

    def home(self) -> Widget:
        return self.query_one(FileList)


class LayerScreen(Aside):
    """The files of one layer of the manifest that `reference` names."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.LAYER), *BESIDE]
    PLACES = (Where.LAYER,)
    DEFAULT_CSS = "LayerScreen TreePane { height: 1fr; }"

    def __init__(self, session: RegistrySession, reference: Reference, layer: Descriptor, title: str) -> None:
        super().__init__()
        self._session = session
        self._reference = reference
        self._layer = layer
        self._title = title
        self.contents = FileTree()
        self.read = 0
        self.fetching = False
        self.state = ""
        self.toc: Contents | None = None
        self.word = ""

    def crumbs(self) -> tuple[str, ...]:
        return (self._reference.registry, self._reference.repository, self._title)

    def compose_parts(self) -> ComposeResult:
        yield TreePane(self.contents)

    def on_mount(self) -> None:
        self.query_one(TreePane).entitle("Files", f"{self._title}  {self._layer.digest.short}")
        self.set_focus(self.files)
        self._start()

    @property
    def files(self) -> FileList:
        """The list of files."""
        return self.query_one(FileList)

    # -- the archive

    def _start(self) -> None:
        self.fetching = True
        self.begin("layer", self._load)

    async def _load(self) -> None:
        error: ReglensError | None = None
        try:
            try:
                self.toc = await read_toc(self._session, self._reference.repository, self._layer)
            except (AnswerInvalid, RegistryError) as odd:  # nothing is lost but time
                self.word = f"Its table of contents is not used, the layer is read whole. {odd.message}"
            if self.toc is not None:
                self.read = self.toc.read
                listed = self.toc.toc.entries
                for start in range(0, len(listed), ADDED_AT_ONCE):
                    self.contents.add(listed[start : start + ADDED_AT_ONCE])
                    await asyncio.sleep(0)  # keys come between
            else:
                await self._stream()
        except Exception as failed:
            error = explained(failed)
        self.fetching = False
        self._draw(error)
        self.refresh_bindings()

    async def _stream(self) -> None:
        """The whole archive."""
        reader, drawn, first = LayerReader(), monotonic(), True
        async with aclosing(self._session.blob_stream(self._reference.repository, self._layer.digest)) as pieces:
            held = bytearray()
            async for piece in pieces:
                self.read += len(piece)
                held += piece
                if len(held) >= FED_AT_ONCE or first:
                    self.contents.add(await _fed(reader, held))
                if monotonic() - drawn > REDRAWN or first:
                    drawn, first = monotonic(), False
                    self._draw()
            self.contents.add(await _fed(reader, held))
        reader.finish()

    def _draw(self, error: ReglensError | None = None) -> None:
        self.files.again()
        notice = self.query_one(Notice)
        if error is not None:
            self.state = "failed: the list is not whole"
            notice.tell_failure(error)
        elif self.fetching:
            self.state = "reading …  esc stops"
        elif self.state != "stopped: the list is not whole":
            self.state = "whole, digest verified" if self._layer.digest.computable else "whole"
            if self.toc is not None:
                self.state = f"{self.toc.toc.form.value} table, verified"
        tree = self.contents
        told = f"{human_size(self.read)} of {human_size(self._layer.size)}  {human_count(tree.files)} files"
        told += f"  {human_size(tree.nodes[0].total)} unpacked"
        if tree.left_out:
            told += f"  {human_count(tree.left_out)} entries left out"
        if tree.whiteouts:
            told += f"  {human_count(tree.whiteouts)} whiteouts"
        self.query_one(TreePane).border_subtitle = Content(clean(f"{told}  {self.state}", 300))
        if self.word and error is None:
            notice.tell(Content(clean(self.word, 400)))

    def step_back(self) -> bool:
        """Stop the reading; what was read stays."""
        if not self.fetching:
            return False
        self.workers.cancel_group(self, "layer")
        self.fetching = False
        self.state = "stopped: the list is not whole"
        self._draw()
        self.refresh_bindings()
        return True

    def commands(self) -> list[Command]:
        """The command that lists the same files."""
        return layer(self._reference, str(self._layer.digest), packing(self._layer))

    # -- what the person does

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        event.stop()
        node = self.contents.nodes[event.index]
        if node.children:
            node.open = not node.open
            self.files.again()
            return
        entry = node.entry
        if entry is not None and entry.kind is Kind.HARD_LINK:
            entry = self.contents.find(entry.link.strip("/")) or entry
        if entry is not None and entry.kind is Kind.FILE and entry.whiteout is Whiteout.NONE:
            self.app.push_screen(FileScreen(self._session, self._reference, self._layer, entry, self.toc))
        elif entry is not None:
            self.app.tell(f"{entry.path}: a {entry.kind.value} has no content to show.")

    def action_unfold_all(self) -> None:
        """Open every directory, or close them all."""
        directories = [node for node in self.contents.nodes[1:] if node.children]
        opened = not all(node.open for node in directories)
        for node in directories:
            node.open = opened
        self.files.again()

    def action_sort(self) -> None:
        """Sort by name, or by size."""
        self.contents.by_size = not self.contents.by_size
        self.files.again()

    def action_copy_path(self) -> None:
        """Copy the path of the file under the cursor."""
        number, parts = self.files.current, []
        while number:
            node = self.contents.nodes[number]
            parts.append(node.name)
            number = node.parent
        if parts:
            self.copy(clean("/" + "/".join(reversed(parts))), "path")


async def _fed(reader: LayerReader, held: bytearray) -> list[Entry]:
    """The entries in what was held back, read in a thread."""
    piece = bytes(held)
    held.clear()
    return await in_thread(lambda: reader.feed(piece)) if piece else []


class FilePane(Pane):
    """The content."""

    def compose(self) -> ComposeResult:
        yield Sheet()

    def home(self) -> Widget:
        return self.query_one(Sheet)


class FileScreen(Aside):
    """One file of a layer: by its pieces where the layer's table of contents tells them, else the archive streams by
    again until the file has come."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.FILE), *BESIDE]
    PLACES = (Where.FILE,)
    DEFAULT_CSS = "FileScreen FilePane { height: 1fr; }"

    def __init__(
        self,
        session: RegistrySession,
        reference: Reference,
        layer: Descriptor,
        entry: Entry,
        toc: Contents | None = None,
    ) -> None:
        super().__init__()
        self._session = session
        self._reference = reference
        self._layer = layer
        self._entry = entry
        self._toc = toc
        self._error: ReglensError | None = None
        self.content: bytes | None = None
        self.how = ""

    def crumbs(self) -> tuple[str, ...]:
        return (self._reference.registry, self._reference.repository, self._entry.path)

    def compose_parts(self) -> ComposeResult:
        pane = FilePane(classes="part")
        pane.entitle("File", self._entry.path)
        yield pane

    def on_mount(self) -> None:
        sheet = self.query_one(Sheet)
        sheet.lay(self._lines)
        self.set_focus(sheet)
        self.begin("file", self._load)

    async def _load(self) -> None:
        repository, doubted = self._reference.repository, False
        try:
            if self._toc is not None:
                try:
                    self.content = await read_file(
                        self._session, repository, self._layer, self._toc, self._entry, SHOWN
                    )
                    self.how = "by its pieces alone, each verified" if self.content is not None else ""
                except (AnswerInvalid, RegistryError) as odd:
                    self.how = f"out of the whole layer: {odd.message}"
                    doubted = isinstance(odd, DigestMismatch)
            if self.content is None:
                await self._stream(to_the_end=doubted)
        except Exception as failed:
            self._error = explained(failed)
        self.query_one(Sheet).lay(self._lines)
        self.refresh_bindings()

    async def _stream(self, *, to_the_end: bool) -> None:
        """Let the archive go by until the file comes, or to its end, where its digest is checked."""
        reader = LayerReader(want=self._entry.path if self._toc is not None else self._entry.number, keep=SHOWN)
        pieces = self._session.blob_stream(self._reference.repository, self._layer.digest)
        async with aclosing(pieces):
            async for piece in pieces:
                await in_thread(lambda piece=piece: reader.feed(piece))  # type: ignore[misc]
                if reader.satisfied and not to_the_end:
                    break
        reader.finish()
        self.content = reader.content

    def _lines(self, width: int) -> list[Line]:
        entry = self._entry
        pairs = [
            ("path", said("/" + entry.path, ".strong", 1000)),
            ("mode", words(entry.permissions, f"  owner {entry.owner[0]}:{entry.owner[1]}")),
            ("size", words(human_size(entry.size))),
        ]
        if entry.modified is not None:
            pairs.append(("modified", words(entry.modified.strftime("%Y-%m-%d %H:%M:%S UTC"))))
        if self.how:
            pairs.append(("read", said(self.how, ".muted", 300)))
        lines = [*fields(pairs, width), blank()]
        if self._error is not None:
            return lines + error_lines(self._error, width)
        if self.content is None:
            return lines + paragraph(words(("… reading the layer until the file comes", ".accent")), width)
        text = readable(self.content)
        if text is not None:
            return lines + text_lines(text, width, cut=entry.size > len(self.content))
        return lines + dump_lines(self.content[:DUMPED], entry.size, width)

    def commands(self) -> list[Command]:
        """The command that prints the same file."""
        return layer(self._reference, str(self._layer.digest), packing(self._layer), self._entry.path)

    def action_copy_document(self) -> None:
        """Copy the text of the file, as far as it is shown."""
        text = readable(self.content or b"")
        if text:
            self.copy(clean(text, len(text), keep="\n\t"), "text")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "copy_document":
            return bool(self.content) and readable(self.content or b"") is not None
        return super().check_action(action, parameters)


def packing(layer: Descriptor) -> str:
    """What a layer is packed with, by its media type."""
    return next((name for name in ("zstd", "gzip") if name in layer.media_type), "")
