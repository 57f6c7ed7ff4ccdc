"""What the functions that choose a code have in common."""

from __future__ import annotations

from reglens.diagnosis.evidence import Report
from reglens.diagnosis.meanings import Meaning
from reglens.diagnosis.reading import split_url
from reglens.diagnosis.scene import Scene

Choice = list[tuple[str, bool]]


def part(scene: Scene, report: Report) -> str:
    """Which part of the flow a line speaks of: ``token``, ``upstream``, ``proxy``, ``storage``, ``helper`` or
    ``registry``."""
    told = report.values.get("part", "")
    if told and told != "login":
        return told
    url = report.values.get("url", "")
    if url:
        path = split_url(url).path if "://" in url else url
        if path.startswith("/v2/") and not path.startswith(("/v2/token", "/v2/auth")):
            return "registry"
    host = report.values.get("host", "")
    realm = scene.bearer.realm if scene.bearer is not None else None
    if host and realm and split_url(realm).netloc == host and host != scene.registry:
        return "token"
    return "registry"


def _v1(report: Report) -> bool:
    return "/v1/" in report.values.get("url", "")


def has(scene: Scene, *meanings: Meaning) -> bool:
    return any(r.meaning in meanings for r in scene.evidence.reports)


def number(text: str | None) -> float | None:
    from datetime import datetime

    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
