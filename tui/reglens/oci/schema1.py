"""What Docker's schema 1 tells of an image: it has no config, but each layer carries what the builder knew then.

Source: distribution, docs/content/spec/deprecated-schema-v1.md (``v1Compatibility``); moby, image/v1/imagev1.go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reglens.jsontext import loads
from reglens.oci.attestation import items, mapping, text
from reglens.oci.config import HistoryEntry, ImageConfig, parse_config, parse_time
from reglens.oci.manifest import Schema1

MAX_STEPS = 10_000


def schema1_config(manifest: Schema1) -> ImageConfig | None:
    """The configuration and history in a schema 1 manifest; None if it tells neither. Every step stands for a layer,
    as the document has a blob for each."""
    known = [_compatible(entry) for entry in manifest.history[:MAX_STEPS]]
    if not known or not any(known):
        return None
    newest = known[0]
    about = {"architecture": manifest.architecture or None, "os": "linux", **newest}
    steps = tuple(
        HistoryEntry(
            parse_time(entry.get("created")),
            " ".join(map(text, items(mapping(entry.get("container_config")).get("Cmd")))),
            text(entry.get("comment")),
        )
        for entry in reversed(known)
    )
    return replace(parse_config(json.dumps(about).encode()), history=steps)


def _compatible(entry: str) -> Mapping[str, Any]:
    try:
        return mapping(loads(entry))
    except ValueError:
        return {}
