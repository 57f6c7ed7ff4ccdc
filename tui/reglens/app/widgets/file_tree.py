"""The files of a layer as a tree whose directories fold. It grows while the archive still streams by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from reglens.app.widgets.layout import cells
from reglens.app.widgets.line_list import LineList, Part, cropped
from reglens.oci.layer import Entry, Kind, Whiteout
from reglens.text import clean, human_size

MAX_NODES = 400_000
"""Files and directories of one tree; few entries with long paths could make very many of them."""


@dataclass(slots=True)
class Node:
    """A file or directory. `total` is the octets of all that lies under it; `entry` is None of a directory that only
    the paths of others tell of."""

    name: str
    parent: int
    depth: int
    entry: Entry | None = None
    total: int = 0
    children: dict[str, int] = field(default_factory=dict)
    open: bool = False

    @property
    def is_directory(self) -> bool:
        return bool(self.children) or self.entry is None or self.entry.kind is Kind.DIRECTORY


class FileTree:
    """Nodes by number; 0 is the root. The last entry of a path counts, as when a layer is unpacked."""

    def __init__(self) -> None:
        self.nodes = [Node("", 0, -1, open=True)]
        self.files = 0
        self.whiteouts = 0
        self.left_out = 0
        self.by_size = False

    def add(self, entries: Iterable[Entry]) -> None:
        """Put entries where their paths say."""
        for entry in entries:
            if len(self.nodes) < MAX_NODES:
                self._add(entry)
            else:
                self.left_out += 1

    def _add(self, entry: Entry) -> None:
        at = 0
        parts = entry.path.split("/") if entry.path else []
        for part in parts:
            children = self.nodes[at].children
            following = children.get(part)
            if following is None:
                following = len(self.nodes)
                self.nodes.append(Node(part, at, self.nodes[at].depth + 1))
                children[part] = following
            at = following
        node = self.nodes[at]
        before = node.entry
        if before is not None and before.whiteout is Whiteout.NONE and entry.whiteout is Whiteout.OPAQUE:
            entry = Entry(before.number, before.path, before.kind, before.mode, 0, before.owner, before.modified,
                          before.link, Whiteout.OPAQUE, before.odd)  # fmt: skip
        node.entry = entry
        self.files += before is None and entry.kind is Kind.FILE and entry.whiteout is Whiteout.NONE
        self.whiteouts += entry.whiteout is not Whiteout.NONE
        gained = entry.size - (before.size if before is not None else 0)
        while gained:
            self.nodes[at].total += gained
            if at == 0:
                break
            at = self.nodes[at].parent

    def find(self, path: str) -> Entry | None:
        """The entry of a path."""
        at = 0
        for part in path.split("/"):
            following = self.nodes[at].children.get(part)
            if following is None:
                return None
            at = following
        return self.nodes[at].entry

    def visible(self) -> list[int]:
        """The nodes that are not folded away, in their order: directories first, then by name, or the largest first."""
        found: list[int] = []
        stack = list(self._sorted(0))
        while stack:
            number = stack.pop()
            found.append(number)
            node = self.nodes[number]
            if node.open and node.children:
                stack += self._sorted(number)
        return found

    def _sorted(self, number: int) -> Iterator[int]:
        """The children, the first one last."""
        nodes = self.nodes
        children = list(self.nodes[number].children.values())
        if self.by_size:
            children.sort(key=lambda n: (-nodes[n].total, nodes[n].name))
        else:
            children.sort(key=lambda n: (not nodes[n].is_directory, nodes[n].name))
        return reversed(children)


class FileList(LineList):
    """The visible nodes of a `FileTree`."""

    DEFAULT_CSS = """
    FileList { & > .line-list--warn { color: $warning; } }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-list--warn"}

    def __init__(self, tree: FileTree) -> None:
        super().__init__(self._row)
        self.contents = tree

    def again(self) -> None:
        """The tree has changed: show it with the cursor on the same file."""
        self.show(self.contents.visible(), keep=self.current)

    def _row(self, number: int, width: int) -> list[Part]:
        node = self.contents.nodes[number]
        entry = node.entry
        parts: list[Part] = []
        if width >= 60:
            parts.append((f"{entry.permissions if entry else '          '} ", "muted"))
        if width >= 90:
            owner = f"{entry.owner[0]}:{entry.owner[1]}" if entry else ""
            parts.append((f"{owner[:11]:>11} ", "muted"))
        parts.append((f"{human_size(node.total):>9} ", "" if node.total else "muted"))
        lead = "  " * min(node.depth, 20) + (("▾ " if node.open else "▸ ") if node.children else "  ")
        parts.append((lead, "muted"))
        room = max(8, width - sum(cells(text) for text, _ in parts))
        gone = entry is not None and entry.whiteout is Whiteout.REMOVED
        if gone:
            parts.append(("✗ ", "warn"))
        name = cropped(clean(node.name, 300), room) + ("/" if node.is_directory and not gone else "")
        parts.append((name, "muted" if gone else "accent" if node.is_directory else ""))
        parts += _notes(entry) if entry is not None else ()
        return parts


def _notes(entry: Entry) -> list[Part]:
    """What there is to say of an entry beside its name."""
    notes: list[Part] = []
    if entry.kind in (Kind.SYMLINK, Kind.HARD_LINK):
        notes.append((f" {'→' if entry.kind is Kind.SYMLINK else '='} {clean(entry.link, 300)}", "muted"))
    elif entry.kind not in (Kind.FILE, Kind.DIRECTORY):
        notes.append((f"  {entry.kind.value}", "warn"))
    if entry.whiteout is Whiteout.REMOVED:
        notes.append(("  removed from the layers below", "warn"))
    elif entry.whiteout is Whiteout.OPAQUE:
        notes.append(("  hides what the layers below hold here", "warn"))
    if entry.odd:
        notes.append((f"  {entry.odd}", "warn"))
    return notes
