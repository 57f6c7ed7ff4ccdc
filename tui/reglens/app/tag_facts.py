"""What stands beside a tag: its digest, and what that leads to. Looked up within `reglens.trace.trace.aside`.

Docker Hub counts a GET of a manifest as a pull and does not count a HEAD, and its answer to either tells how many are
left, or nothing where nothing is counted (docker/docs, content/manuals/docker-hub/usage/pulls.md, "View pull rate and
limit"). So the digest is asked for first, and the rest only where that is free.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, IntEnum
from typing import TYPE_CHECKING

from reglens.oci.config import parse_time
from reglens.oci.descriptor import Platform
from reglens.oci.manifest import Image, Index

if TYPE_CHECKING:
    from reglens.app.ports import Rate, RegistrySession
    from reglens.oci.config import ImageConfig
    from reglens.oci.digest import Digest
    from reglens.oci.manifest import Manifest
    from reglens.oci.reference import Reference

PLENTY = 1000
"""Requests left from which on some may be spent unasked."""
UNASKED = 1 << 20
"""Octets of a manifest or configuration that is fetched unasked; a manifest of seven platforms has some thousands."""
USUAL = Platform("linux", "amd64")
"""The platform of an index whose size and age stand for all, if it is there; else the first."""
_CREATED = "org.opencontainers.image.created"
"""OCI image spec, "Pre-Defined Annotation Keys"."""
_REPRODUCIBLE = datetime(1980, 1, 2, tzinfo=UTC)
"""Builds whose results do not depend on the day say 1970 or 1980 (buildpacks.io/docs/for-app-developers/concepts/
reproducibility): that is no age."""


class Detail(Enum):
    """What is to stand beside the tags."""

    FREE = "free"
    """Whatever counts against no limit."""
    ALL = "all"
    NONE = "none"

    @property
    def following(self) -> Detail:
        """The one that the key leads to."""
        members = list(Detail)
        return members[(members.index(self) + 1) % len(members)]

    @classmethod
    def of(cls, word: str) -> Detail:
        """The one of that name; `FREE` for any other word."""
        return next((detail for detail in cls if detail.value == word), cls.FREE)


class Extent(IntEnum):
    """How much of what there is to know of a tag has room beside it; no more is asked for."""

    NOTHING = 0
    DIGEST = 1
    WHOLE = 2


@dataclass(frozen=True, slots=True)
class TagFacts:
    """What is known of a tag. `size` is in octets as compressed in the registry, of one platform; `platforms` are as
    people write them, without ``linux/``. `whole`: there is nothing more to be asked."""

    digest: Digest
    created: datetime | None = None
    size: int | None = None
    platforms: tuple[str, ...] = ()
    whole: bool = False

    def merged(self, older: TagFacts | None) -> TagFacts:
        """With what was known before, where that is of the same digest."""
        if older is None or older.digest != self.digest:
            return self
        return TagFacts(
            self.digest,
            self.created or older.created,
            older.size if self.size is None else self.size,
            self.platforms or older.platforms,
            self.whole or older.whole,
        )


def is_free(rate: Rate | None) -> bool:
    """Whether manifests may be fetched unasked: nothing is counted, or plenty is left."""
    return rate is None or (rate.remaining is not None and rate.remaining >= PLENTY)


async def look_up(
    session: RegistrySession,
    reference: Reference,
    detail: Detail,
    known: Mapping[Digest, TagFacts],
    tell: Callable[[TagFacts], object],
    extent: Extent = Extent.WHOLE,
) -> None:
    """Look up the tag `reference` as far as `detail` wants and `extent` has room for, and `tell` each time more is
    known. What is `known` of a digest is not asked again. Raises ReglensError."""
    digest = (await session.resolve(reference, limit=UNASKED)).digest
    facts = known.get(digest) or TagFacts(digest)
    tell(facts)
    if facts.whole or extent < Extent.WHOLE or (detail is not Detail.ALL and not is_free(session.rate_limit)):
        return
    image = await session.manifest(reference.at_digest(digest), limit=UNASKED)
    facts = facts_of(image).merged(facts)
    if isinstance(image, Index) and image.platforms:
        tell(facts)
        chosen = image.choose(USUAL) or image.platforms[0]
        image = await session.manifest(reference.at_digest(chosen.digest), limit=UNASKED)
        facts = replace(facts, size=image.total_size if isinstance(image, Image) else None)
    if isinstance(image, Image) and image.is_container and (facts.created is None or not facts.platforms):
        facts = with_config(facts, await session.config(reference.repository, image, limit=UNASKED))
    tell(replace(facts, whole=True))


def facts_of(manifest: Manifest) -> TagFacts:
    """What a manifest alone tells."""
    created = _moment(manifest.annotations.get(_CREATED))
    if isinstance(manifest, Index):
        images = manifest.platforms
        chosen = manifest.choose(USUAL) or (images[0] if images else None)
        if created is None and chosen is not None:
            created = _moment(chosen.annotations.get(_CREATED))
        names = [_name(image.platform) for image in images if image.platform]
        return TagFacts(manifest.digest, created, platforms=tuple(dict.fromkeys(names)))
    if isinstance(manifest, Image):
        return TagFacts(manifest.digest, created, manifest.total_size)
    return TagFacts(manifest.digest, created)


def with_config(facts: TagFacts, config: ImageConfig) -> TagFacts:
    """With what the image's configuration adds."""
    created = facts.created or (config.created if config.created and config.created > _REPRODUCIBLE else None)
    named = (_name(config.platform),) if config.platform.architecture else ()
    return replace(facts, created=created, platforms=facts.platforms or named)


def _moment(text: str | None) -> datetime | None:
    moment = parse_time(text)
    return moment if moment is not None and moment > _REPRODUCIBLE else None


def _name(platform: Platform) -> str:
    return str(replace(platform, os_version="")).removeprefix("linux/")
