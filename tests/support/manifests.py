"""Manifests and configurations made up for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reglens.oci import media
from reglens.oci.config import ImageConfig, parse_config
from reglens.oci.manifest import Image, Index, Manifest, parse_manifest


def digest(number: int) -> str:
    """A digest that is recognised by eye."""
    return "sha256:" + f"{number:02x}" * 32


def parsed(document: Mapping[str, Any], content_type: str = "") -> Manifest:
    """The manifest of that document."""
    return parse_manifest(json.dumps(document).encode(), content_type)


def image_document() -> dict[str, Any]:
    """An image of five layers."""
    sizes = (3_642_247, 1_290, 48_392_011, 932, 12)
    return {
        "schemaVersion": 2,
        "mediaType": media.OCI_MANIFEST,
        "config": {"mediaType": media.OCI_CONFIG, "digest": digest(0xEE), "size": 2048},
        "layers": [
            {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest(0xB1 + i), "size": size}
            for i, size in enumerate(sizes)
        ],
        "annotations": {"org.opencontainers.image.version": "3.20"},
    }


def image() -> Image:
    """`image_document` read."""
    found = parsed(image_document())
    assert isinstance(found, Image)
    return found


def index() -> Index:
    """Seven platforms, the fourth of them `image`, the first two with an attestation each."""
    names = ("amd64", "arm/v6", "arm/v7", "arm64/v8", "386", "ppc64le", "s390x")
    entries: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        architecture, _, variant = name.partition("/")
        platform = {"os": "linux", "architecture": architecture} | ({"variant": variant} if variant else {})
        named = str(image().digest) if number == 3 else digest(0xA1 + number)
        entries.append({"mediaType": media.OCI_MANIFEST, "digest": named, "size": 1022 + number, "platform": platform})
    entries += [
        {
            "mediaType": media.OCI_MANIFEST,
            "digest": digest(0xD1 + number),
            "size": 840,
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": digest(0xA1 + number),
            },
        }
        for number in range(2)
    ]
    found = parsed(
        {
            "schemaVersion": 2,
            "mediaType": media.OCI_INDEX,
            "manifests": entries,
            "annotations": {"org.opencontainers.image.source": "https://github.com/alpinelinux/docker-alpine"},
        }
    )
    assert isinstance(found, Index)
    return found


def config() -> ImageConfig:
    """The configuration of `image`: steps as moby and as BuildKit write them."""
    document = {
        "architecture": "arm64",
        "os": "linux",
        "variant": "v8",
        "created": "2026-09-06T12:00:00Z",
        "config": {
            "User": "app",
            "WorkingDir": "/app",
            "Entrypoint": ["/docker-entrypoint.sh"],
            "Cmd": ["python3", "-m", "http.server"],
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"],
            "ExposedPorts": {"80/tcp": {}},
            "Volumes": {"/data": {}},
            "Labels": {"maintainer": "Somebody <somebody@example.com>"},
        },
        "history": [
            _step("11:00:00", "/bin/sh -c #(nop) ADD file:33ebe56b967747a9 in / "),
            _step("11:00:01", '/bin/sh -c #(nop)  CMD ["/bin/sh"]', empty=True),
            _step("11:10:00", "COPY docker-entrypoint.sh / # buildkit", "buildkit.dockerfile.v0"),
            _step("11:20:00", "RUN /bin/sh -c apk add --no-cache python3 # buildkit", "buildkit.dockerfile.v0"),
            _step("11:30:00", "ENV LANG=C.UTF-8", "buildkit.dockerfile.v0", empty=True),
            _step("11:40:00", "COPY . /app # buildkit", "buildkit.dockerfile.v0"),
            _step("11:41:00", "RUN |1 VERSION=3 /bin/sh -c rm -rf /var/cache # buildkit", "buildkit.dockerfile.v0"),
        ],
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    return parse_config(json.dumps(document).encode())


def _step(time: str, by: str, comment: str = "", *, empty: bool = False) -> dict[str, Any]:
    step: dict[str, Any] = {"created": f"2026-09-06T{time}Z", "created_by": by}
    return step | ({"comment": comment} if comment else {}) | ({"empty_layer": True} if empty else {})


def chart() -> Image:
    """A Helm chart."""
    found = parsed(
        {
            "schemaVersion": 2,
            "mediaType": media.OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": digest(1), "size": 321},
            "layers": [
                {
                    "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                    "digest": digest(2),
                    "size": 48_211,
                    "annotations": {"org.opencontainers.image.title": "nginx-1.2.3.tgz"},
                }
            ],
        }
    )
    assert isinstance(found, Image)
    return found


def unknown() -> Manifest:
    """A manifest of a type nobody knows, whose text would like to steer the terminal."""
    return parsed(
        {"mediaType": "application/vnd.example.thing+json", "things": [1, True, None, {"a": "b\u202e\x1b[31m"}]}
    )
