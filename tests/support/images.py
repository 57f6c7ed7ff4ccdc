"""Small real images as OCI layouts (OCI image spec, "Image Layout"), for skopeo to push."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def layer(files: dict[str, bytes]) -> tuple[bytes, str]:
    """A gzipped tar of `files`, the same octets each time, and its diff id."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0), "sha256:" + hashlib.sha256(plain.getvalue()).hexdigest()


class Layout:
    """An OCI layout in a folder; content is added, then tagged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        self.entries: list[dict[str, Any]] = []

    def blob(self, data: bytes, media_type: str) -> dict[str, Any]:
        """Store `data`; its descriptor."""
        digest = hashlib.sha256(data).hexdigest()
        (self.folder / "blobs" / "sha256" / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def document(self, document: dict[str, Any], media_type: str) -> dict[str, Any]:
        return self.blob(json.dumps(document).encode(), media_type)

    def image(self, text: str, architecture: str = "amd64") -> dict[str, Any]:
        """An image of one layer with one file that says `text`."""
        data, diff_id = layer({"etc/motd": text.encode()})
        config = {
            "architecture": architecture,
            "os": "linux",
            "created": "2026-01-02T03:04:05Z",
            "config": {"Env": ["PATH=/bin"], "Cmd": ["/bin/sh"]},
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
            "history": [{"created": "2026-01-02T03:04:05Z", "created_by": f"COPY motd /etc/motd # {text}"}],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.document(config, CONFIG),
            "layers": [self.blob(data, LAYER)],
        }
        return self.document(manifest, MANIFEST) | {"platform": {"architecture": architecture, "os": "linux"}}

    def index(self, text: str) -> dict[str, Any]:
        """An index of two platforms."""
        manifests = [self.image(f"{text} amd64"), self.image(f"{text} arm64", "arm64")]
        return self.document({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}, INDEX)

    def tag(self, name: str, descriptor: dict[str, Any]) -> None:
        named = {k: v for k, v in descriptor.items() if k != "platform"}
        self.entries.append(named | {"annotations": {"org.opencontainers.image.ref.name": name}})
        (self.folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": self.entries}))
