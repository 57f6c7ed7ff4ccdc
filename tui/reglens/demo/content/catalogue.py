"""Which repositories there are."""

from __future__ import annotations

from functools import cached_property

from reglens.demo.content.parts import Blob, json_blob
from reglens.demo.faults import FAULTS
from reglens.oci import media


class Repository:
    def __init__(self, name: str, description: str = "") -> None:
        self.name = name
        self.description = description
        self.public = not name.startswith("private/")
        config = json_blob(
            {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}},
            media.OCI_CONFIG,
        )
        manifest = json_blob(
            {"schemaVersion": 2, "mediaType": media.OCI_MANIFEST, "config": config.descriptor(), "layers": []},
            media.OCI_MANIFEST,
        )
        self._manifests = {manifest.digest: manifest, **dict.fromkeys(self.tags, manifest)}
        self._blobs = {config.digest: config}

    @property
    def tags(self) -> tuple[str, ...]:
        return ("3.19", "3.20", "edge", "latest")

    def manifest(self, reference: str) -> Blob | None:
        return self._manifests.get(reference)

    def blob(self, digest: str) -> Blob | None:
        return self._blobs.get(digest)

    def referrers(self, digest: str) -> list[dict[str, object]]:
        return []


class Catalogue:
    def __init__(self) -> None:
        self._names = sorted(["library/alpine", "private/vault", *(f.repository for f in FAULTS)])

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self._names)

    def find(self, name: str) -> Repository | None:
        return Repository(name) if name in self._names else None
