"""What a registry says of how often it may be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reglens.registry.results import RateLimit

_NUMBER = re.compile(r"\d{1,15}")
_WINDOW = re.compile(r"w\s*=\s*\"?(\d{1,15})")


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """The limit in ``RateLimit-*`` headers; None if there is none.

    Docker Hub sends ``ratelimit-limit: 100;w=21600``, others a bare number or a list of policies whose first is in
    force (draft-ietf-httpapi-ratelimit-headers; regclient, types/manifest/common.go). The window stands with either.
    """
    limit, remaining = headers.get("ratelimit-limit", ""), headers.get("ratelimit-remaining", "")
    if not limit and not remaining:
        return None
    window = _WINDOW.search(limit) or _WINDOW.search(remaining)
    reset = _first(headers.get("ratelimit-reset", ""))
    return RateLimit(
        limit=_first(limit),
        remaining=_first(remaining),
        window=int(window[1]) if window else None,
        reset=float(reset) if reset is not None else None,
        source=headers.get("docker-ratelimit-source", ""),
    )


def _first(text: str) -> int | None:
    found = _NUMBER.match(text.strip())
    return int(found[0]) if found else None


def warnings(lines: list[str]) -> list[str]:
    """The texts of ``Warning: 299`` lines (distribution spec, "Warnings"; RFC 7234, section 5.5)."""
    found = (re.match(r'299\s+\S+\s+"((?:[^"\\]|\\.)*)"', line.strip()) for line in lines[:20])
    return [re.sub(r"\\(.)", r"\1", match[1]) for match in found if match]
