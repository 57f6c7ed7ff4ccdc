"""Blobs, and how JSON documents become them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Blob:
    """Bytes with a media type; also a manifest."""

    data: bytes
    media_type: str

    @cached_property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.data).hexdigest()}"

    def descriptor(self, **more: object) -> dict[str, object]:
        """The descriptor of these bytes, with further members after the three that each has."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data), **more}


def json_blob(value: Mapping[str, object], media_type: str, *, pretty: bool = False) -> Blob:
    """`value` as a blob. Pretty as Docker's tools write manifests, or compact."""
    body = json.dumps(value, indent=3 if pretty else None, separators=None if pretty else (",", ":"))
    return Blob(body.encode(), media_type)
