"""What can be copied of a manifest: its names, the commands that get it, what it consists of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reglens.app.screens.export import Offer
from reglens.oci.config import ImageConfig
from reglens.oci.dockerfile import dockerfile
from reglens.oci.kinds import describe
from reglens.oci.manifest import Manifest
from reglens.oci.pulls import pulls
from reglens.oci.reference import Reference
from reglens.trace.exchange import Role

if TYPE_CHECKING:
    from reglens.trace.exchange import Exchange


def copies(
    reference: Reference, manifest: Manifest, config: ImageConfig | None, exchanges: Sequence[Exchange]
) -> list[Offer]:
    """All of it, what is wanted most first. `exchanges` are those that led here."""
    found = [
        _text("digest", str(manifest.digest)),
        _text("name by digest", reference.at_digest(manifest.digest).pullable),
        _text("reference", reference.pullable),
    ]
    asked = [exchange for exchange in exchanges if exchange.url]
    plain = any((exchange.url or "").startswith(f"http://{reference.registry}/") for exchange in asked)
    found += [_text(f"for {tool}", command, "pull.sh") for tool, command in pulls(manifest, reference, plain=plain)]
    request = next((e for e in reversed(asked) if e.role is Role.MANIFEST and (e.status or 0) < 300), None)
    if request is not None:
        from reglens.trace.curl import to_curl

        found.append(_text("its request, for curl", to_curl(request), "request.sh"))
    found.append(Offer("the manifest", "manifest.json", lambda: manifest.raw, "JSON"))
    if config is not None:
        found.append(Offer("the configuration", "config.json", lambda: config.raw, "JSON"))
        if describe(manifest).container:
            found.append(Offer("the history", "Dockerfile", lambda: dockerfile(config), "as a Dockerfile"))
    if asked:
        found.append(Offer("every exchange", "exchanges.har", lambda: _har(asked), "HAR, secrets as fingerprints"))
    return found


def _text(what: str, text: str, name: str = "copied.txt") -> Offer:
    return Offer(what, name, lambda: text, text)


def _har(exchanges: Sequence[Exchange]) -> str:
    from reglens.trace.har import to_har

    return json.dumps(to_har(exchanges), indent=2)
