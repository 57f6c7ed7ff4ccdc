"""Which manifests were shown since the app was opened, and what layers they have in common."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.manifest import Image, Manifest
from reglens.oci.reference import Reference

REMEMBERED = 500
"""Manifests that are remembered, the latest."""


@dataclass(frozen=True, slots=True)
class _Seen:
    repository: str
    name: str
    layers: frozenset[Digest]


@dataclass
class Visited:
    """The images of a visit, by their registry and digest."""

    _images: OrderedDict[tuple[str, Digest], _Seen] = field(default_factory=OrderedDict)

    def note(self, reference: Reference, manifest: Manifest, platform: str = "") -> None:
        """An image is shown; `platform` is what its index says of it."""
        if not isinstance(manifest, Image) or not manifest.layers:
            return
        key = (reference.registry, manifest.digest)
        name = platform or reference.tag or manifest.digest.short
        self._images.setdefault(key, _Seen(reference.repository, name, frozenset(e.digest for e in manifest.layers)))
        self._images.move_to_end(key)
        if len(self._images) > REMEMBERED:
            self._images.popitem(last=False)

    def others(self, reference: Reference, manifest: Manifest, layer: Descriptor) -> tuple[str, ...]:
        """The other images on the same registry that hold a layer, each by its tag or platform, those of another
        repository by that too; the latest seen first."""
        found = []
        for (registry, digest), seen in reversed(self._images.items()):
            if registry == reference.registry and digest != manifest.digest and layer.digest in seen.layers:
                elsewhere = seen.repository != reference.repository
                found.append(f"{seen.repository} {seen.name}" if elsewhere else seen.name)
        return tuple(dict.fromkeys(found))
