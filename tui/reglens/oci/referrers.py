"""What refers to a manifest: attestations in its index, OCI 1.1 referrers, and what cosign keeps under tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from reglens.oci.cosign import SUFFIXES
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.manifest import Image, Index, Manifest

_TAG = re.compile(rf"[a-z0-9]+-[0-9a-f]{{32,128}}(?:\.(?:{'|'.join(SUFFIXES)}))?")


class Source(StrEnum):
    """By what a referrer is known."""

    INDEX = "in the index"
    API = "by its subject"
    TAG = "by its tag"


@dataclass(frozen=True, slots=True)
class Referrer:
    """One manifest about another. `tag` is the tag that names it, if one does; `types` those of what it holds, where
    that is known; `platform` that of what it is about, where several are told together."""

    descriptor: Descriptor
    source: Source
    tag: str = ""
    types: tuple[str, ...] = ()
    platform: str = ""

    @property
    def digest(self) -> Digest:
        return self.descriptor.digest


def attestations(index: Index, digest: Digest | None = None) -> tuple[Referrer, ...]:
    """BuildKit's attestations in an index: of all its entries, or of the one of that digest."""
    platforms = {str(m.digest): str(m.platform) for m in index.platforms if m.platform}
    return tuple(
        Referrer(entry, Source.INDEX, platform=platforms.get(entry.attests, "") if digest is None else "")
        for entry in index.manifests
        if entry.attests and (digest is None or entry.attests == str(digest))
    )


def tagged(tag: str, manifest: Manifest) -> Referrer:
    """The manifest that a tag of cosign's leads to."""
    types = tuple(dict.fromkeys(layer.media_type for layer in manifest.layers)) if isinstance(manifest, Image) else ()
    described = Descriptor(
        manifest.media_type, manifest.digest, manifest.size, None, manifest.annotations, manifest.artifact_type
    )
    return Referrer(described, Source.TAG, tag, types[:8])


def names_a_digest(tag: str) -> bool:
    """Whether a tag only stands for a digest: the fallback of the referrers API (OCI distribution spec, "Referrers Tag
    Schema") or one of cosign's."""
    return _TAG.fullmatch(tag) is not None
