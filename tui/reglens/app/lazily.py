"""Layers read by their tables of contents: a request for the table, one for a file, instead of the whole layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reglens.app.screens.aside import in_thread
from reglens.oci.toc import Toc, promised

if TYPE_CHECKING:
    from reglens.app.ports import RegistrySession
    from reglens.oci.descriptor import Descriptor
    from reglens.oci.layer import Entry


@dataclass(frozen=True, slots=True)
class Contents:
    """A layer's table of contents, and the octets that were read for it."""

    toc: Toc
    read: int


async def read_toc(session: RegistrySession, repository: str, layer: Descriptor) -> Contents | None:
    """The table of contents of a layer; None if its descriptor tells of none that can be verified. Raises what a
    request raises, and AnswerInvalid where the table is odd or the registry sends no parts."""
    promise = promised(layer)
    if promise is None:
        return None
    raw = await session.blob_range(repository, layer.digest, promise.first.start, promise.first.stop)
    more = promise.more(raw)
    if more is not None:
        raw = await session.blob_range(repository, layer.digest, more.start, more.stop) + raw
    return Contents(await in_thread(lambda: promise.read(raw)), len(raw))


async def read_file(
    session: RegistrySession, repository: str, layer: Descriptor, contents: Contents, entry: Entry, keep: int
) -> bytes | None:
    """The first `keep` octets of a file, verified; None if only the whole layer can tell. Raises as `read_toc`."""
    if not entry.size:
        return b""
    span = contents.toc.span(entry, keep)
    if span is None:
        return None
    raw = await session.blob_range(repository, layer.digest, span.start, span.stop)
    return await in_thread(lambda: contents.toc.content(entry, raw, keep))
