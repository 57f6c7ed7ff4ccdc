"""What a comparison needs of a registry: a manifest, of an index the image for one platform, and its configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from reglens.errors import NotFound, ReglensError
from reglens.oci.compare import Side
from reglens.oci.config import ImageConfig
from reglens.oci.descriptor import Platform
from reglens.oci.manifest import Image, Index, Manifest
from reglens.oci.reference import Reference


class Source(Protocol):
    """Whatever gives manifests and configurations, as a session does."""

    async def manifest(self, reference: Reference) -> Manifest: ...
    async def config(self, repository: str, image: Image) -> ImageConfig: ...


async def two_sides(
    first: tuple[Source, Reference], second: tuple[Source, Reference], platform: Platform | None = None
) -> tuple[Side, Side]:
    """Both sides of a comparison. Of two indexes the images for `platform` are compared, by default those of the first
    platform that both have; of an index and an image, that for the image's. Raises NotFound if a side has no image for
    `platform`. Whatever is raised names in `concerns` the side that it is about."""
    found: list[Manifest] = []
    for source, reference in (first, second):
        with _about(reference):
            found.append(await source.manifest(reference))
    wanted = platform or _common(*found)
    sides: list[Side] = []
    for (source, reference), manifest in zip((first, second), found, strict=True):
        with _about(reference):
            sides.append(await _side(source, reference, manifest, wanted, bool(platform)))
    one, two = sides
    return one, two


@contextmanager
def _about(reference: Reference) -> Iterator[None]:
    try:
        yield
    except ReglensError as error:
        error.concerns = reference
        raise


def _common(one: Manifest, two: Manifest) -> Platform | None:
    platforms = [[m.platform for m in side.platforms if m.platform] if isinstance(side, Index) else None
                 for side in (one, two)]  # fmt: skip
    ours, theirs = platforms
    if ours is None or theirs is None:
        return next(iter(ours or theirs or ()), None)
    return next((p for p in ours if p in theirs), None)


async def _side(
    source: Source, reference: Reference, manifest: Manifest, platform: Platform | None, required: bool
) -> Side:
    image: Manifest | None = manifest
    if isinstance(manifest, Index):
        entry = manifest.choose(platform) if platform is not None else None
        if entry is None and required:
            raise NotFound(f"{reference.familiar} has no manifest for {platform}.", status=200)
        image = await source.manifest(reference.at_digest(entry.digest)) if entry is not None else None
    config = None
    if isinstance(image, Image) and image.is_container:
        config = await source.config(reference.repository, image)
    return Side(reference.familiar, manifest, image, config)
