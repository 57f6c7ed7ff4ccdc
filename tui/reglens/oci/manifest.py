"""Manifests as they come: an index of manifests, an image or artifact, Docker's old schema 1, or something unknown.

Sources: OCI image spec, "Image Index" and "Image Manifest"; distribution, docs/content/spec/manifest-v2-2.md.
Reading is lenient about members that nobody needs and strict about what a request is built from: a descriptor whose
digest breaks the grammar is listed in `problems` instead of being followed.

Of a document what is needed is kept, and its bytes; the document itself, six times as large as they are, is let go.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from reglens.jsontext import TooMany, loads
from reglens.oci import media
from reglens.oci.descriptor import Descriptor, Platform
from reglens.oci.digest import Digest

MAX_ENTRIES = 100_000
"""Descriptors read from one manifest; more is a manifest made to hurt."""


_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Manifest:
    """The manifest's own bytes, what they are, and what they say. `declared_type` is its ``artifactType``, `subject`
    the manifest that this one refers to (OCI image spec 1.1)."""

    raw: bytes = field(repr=False)
    media_type: str
    digest: Digest
    problems: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    declared_type: str = field(default="", kw_only=True)
    subject: Descriptor | None = field(default=None, kw_only=True)
    kept_since: datetime | None = field(default=None, kw_only=True, compare=False)
    """When it was fetched, if it did not come just now but was kept on this machine."""

    @property
    def document(self) -> Mapping[str, Any]:
        """The JSON object in `raw`, read anew each time: hold it no longer than it is needed."""
        document = loads(self.raw)
        assert isinstance(document, dict), "it was read before"
        return document

    @property
    def size(self) -> int:
        """Octets of the manifest itself."""
        return len(self.raw)

    @property
    def artifact_type(self) -> str:
        """What kind of artifact it is, if it says (OCI image spec 1.1, ``artifactType``, else the config's type)."""
        return self.declared_type


@dataclass(frozen=True)
class Index(Manifest):
    """A list of manifests, one a platform; attestations and others stand among them."""

    manifests: tuple[Descriptor, ...] = ()

    @cached_property
    def platforms(self) -> tuple[Descriptor, ...]:
        """The entries that are images, attestations left out."""
        return tuple(m for m in self.manifests if not m.attests)

    def attestations(self, digest: Digest) -> tuple[Descriptor, ...]:
        """The attestation manifests about the entry of that digest."""
        return tuple(m for m in self.manifests if m.attests == str(digest))

    def choose(self, wanted: Platform) -> Descriptor | None:
        """The first entry for a platform: an exact variant wins over none."""
        fitting = [m for m in self.platforms if m.platform and m.platform.satisfies(wanted)]
        exact = [m for m in fitting if m.platform and m.platform.variant == wanted.variant]
        return next(iter(exact or fitting), None)


@dataclass(frozen=True)
class Image(Manifest):
    """One image or artifact: a config and its layers, base first."""

    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()

    @property
    def is_container(self) -> bool:
        """Whether the config is a container image's; otherwise this is an artifact of another kind."""
        return self.config is not None and self.config.media_type in media.CONFIGS

    @property
    def artifact_type(self) -> str:
        return self.declared_type or ("" if self.is_container or not self.config else self.config.media_type)

    @property
    def total_size(self) -> int:
        """Octets of config and layers, as compressed in the registry."""
        return sum(layer.size for layer in self.layers) + (self.config.size if self.config else 0)


@dataclass(frozen=True)
class Schema1(Manifest):
    """Docker's schema 1: layers without sizes, newest first in the document, base first here. `history` is what the
    builder knew of each (``v1Compatibility``, JSON texts), newest first."""

    layers: tuple[Digest, ...] = ()
    history: tuple[str, ...] = ()
    architecture: str = ""


def parse_manifest(raw: bytes, content_type: str, digest: Digest | None = None) -> Manifest:
    """The manifest in `raw`.

    The document's own ``mediaType`` wins over `content_type`, then its shape decides (OCI image spec: ``mediaType``
    should be used and match). `digest` defaults to the SHA-256 of `raw`. Raises ValueError, with a sentence for people,
    if it is no JSON object.
    """
    known = digest or Digest.of(raw)
    try:
        document = loads(raw)
    except TooMany:
        raise
    except ValueError:
        raise ValueError("the manifest is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("the manifest is JSON, but no object")
    problems: list[str] = []
    media_type = _kind(document, media.bare(content_type), problems)
    said: dict[str, Any] = {
        "annotations": _texts(document.get("annotations")),
        "declared_type": _text(document.get("artifactType")),
        "subject": _descriptor(document.get("subject"), []),
    }
    if media_type in media.INDEXES:
        manifests = _descriptors(document.get("manifests"), problems)
        return Index(raw, media_type, known, _first(problems), manifests, **said)
    if media_type in media.IMAGES:
        config = _descriptor(document.get("config"), problems)
        layers = _descriptors(document.get("layers"), problems)
        return Image(raw, media_type, known, _first(problems), config, layers, **said)
    if media_type in media.SCHEMA1:
        digests, history = _schema1_layers(document, problems), _schema1_history(document)
        architecture = _text(document.get("architecture"))
        return Schema1(raw, media_type, known, _first(problems), digests, history, architecture, **said)
    return Manifest(raw, media_type, known, _first(problems), **said)


def _kind(document: Mapping[str, Any], content_type: str, problems: list[str]) -> str:
    declared = media.bare(_text(document.get("mediaType")))
    if declared:
        if content_type and content_type != declared and content_type not in ("application/json", "text/plain"):
            problems.append(f"the header says {content_type}, the document {declared}")
        return declared
    if content_type in media.INDEXES | media.IMAGES | media.SCHEMA1:
        return content_type
    if isinstance(document.get("manifests"), list):
        return media.OCI_INDEX
    if isinstance(document.get("layers"), list):
        return media.OCI_MANIFEST
    if isinstance(document.get("fsLayers"), list):
        return media.DOCKER_SCHEMA1
    return content_type


def _first(problems: list[str]) -> tuple[str, ...]:
    return tuple(problems[:20])


def _descriptors(value: object, problems: list[str]) -> tuple[Descriptor, ...]:
    if not isinstance(value, list):
        problems.append("a list of descriptors is missing")
        return ()
    if len(value) > MAX_ENTRIES:
        problems.append(f"only the first {MAX_ENTRIES} of {len(value)} entries are read")
    read = (_descriptor(entry, problems) for entry in value[:MAX_ENTRIES])
    return tuple(d for d in read if d)


def _descriptor(value: object, problems: list[str]) -> Descriptor | None:
    if not isinstance(value, dict):
        if value is not None:
            problems.append("a descriptor is no object")
        return None
    try:
        digest = Digest.parse(_text(value.get("digest")))
    except ValueError as error:
        problems.append(str(error)[:200])
        return None
    size = value.get("size")
    urls = value.get("urls")
    return Descriptor(
        media_type=_word(value.get("mediaType")),
        digest=digest,
        size=size if isinstance(size, int) and 0 <= size < 1 << 63 else 0,
        platform=_platform(value.get("platform")),
        annotations=_texts(value.get("annotations")),
        artifact_type=_word(value.get("artifactType")),
        urls=tuple(u for u in urls[:10] if isinstance(u, str)) if isinstance(urls, list) else (),
    )


def _platform(value: object) -> Platform | None:
    if not isinstance(value, dict):
        return None
    names = ("os", "architecture", "variant", "os.version")
    return Platform(*(_word(value.get(name)) for name in names))


def _schema1_layers(document: Mapping[str, Any], problems: list[str]) -> tuple[Digest, ...]:
    value = document.get("fsLayers")
    layers = []
    for entry in reversed(value[:MAX_ENTRIES] if isinstance(value, list) else []):
        try:
            layers.append(Digest.parse(_text(entry.get("blobSum")) if isinstance(entry, dict) else ""))
        except ValueError as error:
            problems.append(str(error)[:200])
    return tuple(layers)


def _schema1_history(document: Mapping[str, Any]) -> tuple[str, ...]:
    value = document.get("history")
    entries = value[:MAX_ENTRIES] if isinstance(value, list) else []
    return tuple(_text(entry.get("v1Compatibility")) if isinstance(entry, dict) else "" for entry in entries)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _word(value: object) -> str:
    """A text that stands in many descriptors, kept once."""
    return sys.intern(value) if type(value) is str else ""


def _texts(value: object) -> Mapping[str, str]:
    return {k: v for k, v in value.items() if isinstance(v, str)} if value and isinstance(value, dict) else _NONE
