"""Real inputs for the parsers of what others wrote: found in recorded failures, taken from the demo registry, or given.

A file with credentials holds `CANARY` where a secret stands.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from reglens.demo.content.attestations import spdx_document
from reglens.demo.content.catalogue import Catalogue
from support.scoring import load

FOLDERS = ("cases", "recordings", "further", "further2")
CANARY = "canary-0123456789-password"
"""Stands where seeds hold a secret."""
PAIR = base64.b64encode(f"alice:{CANARY}".encode()).decode()


@cache
def cases() -> list[str]:
    return [case.text for folder in FOLDERS for case in load(folder)]


def found(pattern: str, *more: str) -> Callable[[], list[bytes]]:
    """What a pattern finds in the recorded failures."""

    def seeds() -> list[bytes]:
        hits = (match for text in cases() for match in re.findall(pattern, text))
        return [seed.encode() for seed in (*more, *dict.fromkeys(hits))][:200]

    return seeds


def references() -> list[bytes]:
    more = (
        "alpine",
        "[::1]:5000/a/b@sha256:" + "0" * 64,
        "localhost/a:b@sha512:" + "1" * 128,
        "registry.example.com:5000",
    )
    named = (case.reference for folder in FOLDERS for case in load(folder))
    return [text.encode() for text in (*more, *(name for name in named if name))]


def given(*seeds: str | bytes | dict[str, Any]) -> Callable[[], list[bytes]]:
    def made() -> list[bytes]:
        return [s if isinstance(s, bytes) else (s if isinstance(s, str) else json.dumps(s)).encode() for s in seeds]

    return made


@cache
def demo() -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Manifests, configurations and layers of the demo registry's first images."""
    manifests: list[bytes] = []
    settings: list[bytes] = []
    layers: list[bytes] = []
    catalogue = Catalogue()
    for name in catalogue.names[:3]:
        repository = catalogue.find(name)
        assert repository is not None
        blob = repository.manifest(repository.tags[0])
        assert blob is not None
        manifests.append(blob.data)
        entries = json.loads(blob.data).get("manifests", [])
        image = repository.manifest(entries[0]["digest"]) if entries else blob
        assert image is not None
        manifests.append(image.data)
        document = json.loads(image.data)
        for part, into in ((document["config"], settings), (document["layers"][-1], layers)):
            stored = repository.blob(part["digest"])
            assert stored is not None
            into.append(stored.data)
    return manifests, settings, layers


def archives() -> list[bytes]:
    small = [layer for layer in demo()[2] if len(layer) < 200_000]
    return [gzip.decompress(layer)[:20_480] for layer in small if layer[:2] == b"\x1f\x8b"] + [s[:8192] for s in small]


def documents() -> list[bytes]:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "a", "digest": {"sha256": "0" * 64}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"buildDefinition": {"buildType": "x", "externalParameters": {}}, "runDetails": {"builder": {}}},
    }
    envelope = {"payloadType": "application/vnd.in-toto+json", "payload": "e30=", "signatures": [{"sig": "AAAA"}]}
    cyclone = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "a", "version": "1"}]}
    return given(statement, envelope, cyclone, spdx_document("app", "1.0"), {"a": 1})()


AUTH = {
    "auths": {
        "registry.example.com": {"auth": PAIR},
        "ghcr.io": {"username": "alice", "password": CANARY},
        "quay.io": {"identitytoken": CANARY},
        "*.example.org": {"registrytoken": CANARY},
    },
    "credHelpers": {"gcr.io": "gcloud"},
    "credsStore": "none",
}
HOSTS = f"""
server = "https://registry.example.com"
[host."https://mirror.example.com/v2"]
  capabilities = ["pull", "resolve"]
  skip_verify = true
  override_path = true
  [host."https://mirror.example.com/v2".header]
    Authorization = "Basic {PAIR}"
    x-custom = ["{CANARY}"]
"""
REGISTRIES = """
unqualified-search-registries = ["docker.io"]
short-name-mode = "enforcing"
[[registry]]
prefix = "*.example.com"
location = "registry.example.com/proxy"
insecure = true
[[registry.mirror]]
location = "mirror.example.com"
pull-from-mirror = "digest-only"
[aliases]
"alpine" = "docker.io/library/alpine"
"""
LIMITS = (
    "ratelimit-limit: 100;w=21600\nratelimit-remaining: 97;w=21600\ndocker-ratelimit-source: 192.0.2.1",
    'ratelimit: "hour";r=50;t=30\nratelimit-policy: "hour";q=100;w=60',
    'ratelimit-limit: 2000\nratelimit-reset: 1772366400\nratelimit-remaining: 3\nwarning: 299 - "old \\"x\\""',
)
ENCODED = base64.b64encode(json.dumps(AUTH).encode()).decode()
SECRET_YAML = f"apiVersion: v1\nkind: Secret\ndata:\n  .dockerconfigjson: {ENCODED}\n"
