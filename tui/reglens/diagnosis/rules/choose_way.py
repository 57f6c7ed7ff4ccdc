"""What an attempt that got no answer comes from."""

from __future__ import annotations

from collections.abc import Sequence

from reglens.diagnosis import products
from reglens.diagnosis.evidence import Report
from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.reading import split_url
from reglens.diagnosis.rules.parts import Choice, _v1, number, part
from reglens.diagnosis.rules.realm import realm_fault
from reglens.diagnosis.scene import Scene


def reach(scene: Scene, report: Report) -> Choice:
    host = report.values.get("host", "")
    upstream = [
        r
        for r in scene.reports
        if r.meaning in (M.UPSTREAM_FAILED, M.UPSTREAM_REFUSED) and r.values.get("host") == host
    ]
    where = part(scene, report)
    if where == "upstream":
        return [("upstream-failed", True)]
    if upstream or _overcome(scene, report):
        return []
    if where == "token":
        url = report.values.get("realm") or report.values.get("url", "")
        fault = realm_fault(url, scene.registry or "registry.example.org", "https")
        if fault is not None or _elsewhere(scene, url):
            return [("realm-misconfigured", True), ("realm-unreachable", True)]
        return [("realm-unreachable", True)]
    if where == "proxy":
        return [("proxy-interference", True)]
    if where == "helper":
        return [("credential-helper-failed", True)]
    if _v1(report):
        return [("registry-unreachable", False)]
    return [("registry-unreachable", True)]


def _elsewhere(scene: Scene, url: str) -> bool:
    """Whether the token server of a product that serves tokens itself is not at the registry's own host."""
    parts = split_url(url)
    gitea = "service=container_registry" in parts.query
    own = [
        p
        for p in products.ALL
        if p.own_realm and p.realm and p.realm in parts.path and (p is not products.GITEA or gitea)
    ]
    return bool(own) and bool(scene.registry) and parts.netloc != scene.registry and parts.hostname != scene.registry


def _overcome(scene: Scene, report: Report) -> bool:
    """Whether the same host answered later on: clients try https, then http, or one address after the other."""
    host = report.values.get("host", "") or scene.registry
    reports = scene.reports
    later = reports[reports.index(report) + 1 :]
    if _logged_in(scene, report, later):
        return True
    for other in later:
        if other.meaning != M.EXCHANGED or not other.values.get("status"):
            continue
        where = other.values.get("host") or (scene.registry if part(scene, other) == "registry" else "")
        if where == host:
            return True
    answered = [e for e in scene.evidence.exchanges if e.status is not None and e.host == host]
    failed = [e.number for e in scene.evidence.exchanges if e.failure is not None and e.host == host]
    return bool(answered) and (not failed or answered[-1].number > failed[-1])


def _logged_in(scene: Scene, report: Report, later: Sequence[Report]) -> bool:
    """Whether the same command's login succeeded after all: nothing was typed between the line and its success."""
    if report.values.get("action") != "login" or report.span is None:
        return False
    success = next((r for r in later if r.meaning == M.LOGIN_SUCCEEDED and r.span is not None), None)
    if success is None or success.span is None:
        return False
    typed = [command.span[0] for command in scene.evidence.commands if command.span is not None]
    return not any(report.span[0] < start < success.span[0] for start in typed)


def http_on_https(scene: Scene, report: Report) -> Choice:
    return [("plain-http", True)]


def https_on_http(scene: Scene, report: Report) -> Choice:
    return [] if _overcome(scene, report) else [("plain-http", True)]


def tls_refused(scene: Scene, report: Report) -> Choice:
    return [] if _overcome(scene, report) else [("tls-untrusted", True)]


def certificate_time(scene: Scene, report: Report) -> Choice:
    """A certificate that is not valid yet is mostly a clock that is behind (WSL, a virtual machine after a suspend)."""
    now, bound = number(report.values.get("current")), number(report.values.get("not_after"))
    if now is not None and bound is not None and now < bound:
        return [("clock-skew", True), ("tls-untrusted", True)]
    return tls_refused(scene, report)
