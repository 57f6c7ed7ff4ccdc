"""What a registry says of how often it may be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from reglens.registry.results import RateLimit

_NUMBER = re.compile(r"\d{1,15}")
_WINDOW = re.compile(r"w\s*=\s*\"?(\d{1,15})")
_PARAMETER = re.compile(r";\s*([a-z]+)\s*=\s*\"?(\d{1,15})")
_EPOCH = 10**8
"""A reset from here on is a moment (seconds since 1970), as GitLab tells it, not a span: that would be three years."""


def rate_limit(headers: Mapping[str, str], now: datetime | None = None) -> RateLimit | None:
    """The limit in the headers of an answer that came at `now`; None if they tell none.

    - Docker Hub sends ``ratelimit-limit: 100;w=21600``, others a bare number or a list of policies whose first is in
      force (draft-ietf-httpapi-ratelimit-headers-03; regclient, types/manifest/common.go). The window stands with
      either. GitLab's ``ratelimit-reset`` is a moment (https://docs.gitlab.com/administration/settings/
      user_and_ip_rate_limits/, "Response headers").
    - From its eighth version on that draft has one header, ``ratelimit: "name";r=50;t=30``, beside ``ratelimit-policy:
      "name";q=100;w=60``.
    """
    limit, remaining = headers.get("ratelimit-limit", ""), headers.get("ratelimit-remaining", "")
    if limit or remaining:
        window = _WINDOW.search(limit) or _WINDOW.search(remaining)
        return RateLimit(
            limit=_first(limit),
            remaining=_first(remaining),
            window=int(window[1]) if window else None,
            reset=_reset(_first(headers.get("ratelimit-reset", "")), now),
            source=headers.get("docker-ratelimit-source", ""),
        )
    left = dict(_PARAMETER.findall(headers.get("ratelimit", "").partition(",")[0]))
    if "r" in left:
        policy = dict(_PARAMETER.findall(headers.get("ratelimit-policy", "").partition(",")[0]))
        quota, window = policy.get("q"), policy.get("w")
        return RateLimit(
            limit=int(quota) if quota else None,
            remaining=int(left["r"]),
            window=int(window) if window else None,
            reset=float(left["t"]) if "t" in left else None,
        )
    return None


def _reset(value: int | None, now: datetime | None) -> float | None:
    if value is None or value < _EPOCH:
        return float(value) if value is not None else None
    return max(0.0, value - now.timestamp()) if now is not None else None


def _first(text: str) -> int | None:
    found = _NUMBER.match(text.strip())
    return int(found[0]) if found else None


def warnings(lines: list[str]) -> list[str]:
    """The texts of ``Warning: 299`` lines (distribution spec, "Warnings"; RFC 7234, section 5.5)."""
    found = (re.match(r'299\s+\S+\s+"((?:[^"\\]|\\.)*)"', line.strip()) for line in lines[:20])
    return [re.sub(r"\\(.)", r"\1", match[1]) for match in found if match]
