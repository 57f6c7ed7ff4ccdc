"""What a refusal of the caller comes from: no credentials, wrong ones, the wrong place, or no right."""

from __future__ import annotations

import re

from reglens.diagnosis import told
from reglens.diagnosis.evidence import Report
from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.reading import split_url
from reglens.diagnosis.rules.parts import Choice, has, part
from reglens.diagnosis.scene import Scene
from reglens.oci.reference import HUB_ALIASES, split_port

_STALE: Choice = [("credentials-expired", False), ("credentials-rejected", False), ("permission-denied", False)]
"""GHCR refuses stale credentials with 403 DENIED, for public images too; an anonymous caller gets a 401."""
_PROXY_NAME = re.compile(r"docker|hub|mirror|cache|proxy", re.IGNORECASE)
_BUILDERS = frozenset({"kaniko", "buildkit", "buildah", "jib", "helm", "flux", "argocd", "go-containerregistry"})
"""Tools without a login of their own: they read files that somebody else wrote."""


def unauthenticated(scene: Scene, report: Report) -> Choice | None:
    if login_refused(scene, report):
        return [("credentials-rejected", False), ("credentials-missing", False)]
    if has(scene, M.LOGIN_SUCCEEDED, M.CREDENTIALS_FOUND):
        return [("permission-denied", False), ("credentials-rejected", False)]
    if scene.stored_elsewhere:
        return [("credentials-not-sent", False), ("credentials-missing", False)]
    if report.teller == "ctr" and _stored_here(scene):
        return [("credentials-not-sent", True), ("credentials-missing", False)]  # ctr reads no CRI configuration
    if report.teller in _BUILDERS and scene.action == "push":
        return [("credentials-not-sent", False), ("credentials-missing", False), ("permission-denied", False)]
    if scene.action == "push" and _has_progress(scene):
        return [("token-expired", False), ("credentials-missing", False), ("permission-denied", False)]
    if scene.product.key == "harbor" and scene.action == "push":
        return [("repository-not-found", False), ("permission-denied", False)]
    return [("credentials-missing", False), ("credentials-rejected", False)]


def login_refused(scene: Scene, report: Report) -> bool:
    """Whether it is a login that was refused: so it says, or the base route alone was asked, which docker does then."""
    if report.values.get("action") == "login" or report.values.get("part") == "login":
        return True
    if logging_in(scene) and not has(scene, M.LOGIN_SUCCEEDED):
        return True
    url = report.values.get("url", "")
    return "://" in url and split_url(url).path == "/v2/" and not report.values.get("reference")


def _has_progress(scene: Scene) -> bool:
    return bool(re.search(r"\bPushing \[|\bPushed\b|Layer already exists|Uploaded", scene.evidence.pasted))


def login_needed(scene: Scene, report: Report) -> Choice:
    if scene.helper:
        return [("credential-helper-failed", False), ("credentials-not-sent", False), ("credentials-missing", False)]
    if scene.stored_elsewhere:
        return [("credentials-not-sent", True), ("credentials-missing", False)]
    if has(scene, M.LOGIN_SUCCEEDED):
        return [("credentials-not-sent", True), ("credentials-missing", False)]
    return [("credentials-missing", True), ("credentials-not-sent", False)]


def _stored_here(scene: Scene) -> bool:
    """Whether a configuration in the evidence holds credentials for this very registry."""
    return any(told.key_host(key) == scene.registry for key in told.stored(scene.evidence))


def absent_credentials(scene: Scene, report: Report) -> Choice:
    if _stored_here(scene) and not scene.is_hub:
        return [("credentials-not-sent", True), ("credentials-missing", False)]
    if part(scene, report) == "token" and report.values.get("status") in ("400", "401", "403"):
        return [("credentials-missing", True), ("repository-not-found", False)]
    troubled = any(
        r.meaning
        in (M.UNAUTHENTICATED, M.DENIED, M.DENIED_OR_ABSENT, M.LOGIN_NEEDED, M.TOKEN_SCOPE, M.PERMISSION_OR_ABSENT)
        for r in scene.evidence.reports
    )
    return [("credentials-missing", False)] if troubled else []


def denied(scene: Scene, report: Report) -> Choice:
    if login_refused(scene, report):
        return [("credentials-rejected", False), ("permission-denied", False)]
    name = scene.repository
    hubby = _PROXY_NAME.search(scene.registry) is not None and not scene.is_hub
    if _lost_namespace(scene, report):
        return [("wrong-host", False), ("permission-denied", False), ("credentials-missing", False)]
    if report.values.get("code") == "DENIED" and scene.product.key == "hub" and scene.action == "push":
        return [("permission-denied", False), ("credentials-missing", False), ("repository-not-found", False)]
    if name and "/" not in name and hubby:
        return [("library-prefix", False), ("repository-not-found", False), ("credentials-missing", False)]
    if scene.stored_elsewhere:
        return [("credentials-not-sent", False), ("credentials-missing", False)]
    if scene.product.key == "ghcr" and scene.action == "pull":
        if report.values.get("code") == "DENIED":
            return _STALE
        if report.values.get("status") == "403":
            return [("token-wrong-kind", False), ("permission-denied", False), ("credentials-missing", False)]
    if has(scene, M.LOGIN_SUCCEEDED, M.CREDENTIALS_FOUND) or scene.action == "push":
        return [("permission-denied", False), ("credentials-missing", False), ("access-insufficient", False)]
    return [("permission-denied", False), ("credentials-missing", False), ("repository-not-found", False)]


def _lost_namespace(scene: Scene, report: Report) -> bool:
    """Whether a push goes to Docker Hub's ``library/``, which is Docker's own: the name has lost its host or namespace
    (docs.docker.com, "Docker Official Images")."""
    name = scene.repository
    if report.values.get("host", "docker.io") not in HUB_ALIASES:
        return False
    return scene.is_hub and scene.action == "push" and bool(name) and "/" not in name.removeprefix("library/")


def denied_or_absent(scene: Scene, report: Report) -> Choice:
    name = scene.repository.removeprefix("library/") if scene.is_hub else scene.repository
    hubby = _PROXY_NAME.search(split_port(scene.registry)[0]) is not None and not scene.is_hub
    if name and "/" not in name and hubby:
        return [("library-prefix", False), ("repository-not-found", False), ("credentials-missing", False)]
    if scene.stored_elsewhere:
        return [("credentials-not-sent", False), ("credentials-missing", False)]
    if scene.is_hub and name and "/" not in name:
        return [("repository-not-found", True)]
    if scene.product.key == "ghcr" and report.values.get("status") == "403":
        return [("token-wrong-kind", False), ("permission-denied", False), ("credentials-missing", False)]
    if has(scene, M.TOKEN_SCOPE):
        return [("permission-denied", False), ("credentials-missing", False), ("repository-not-found", False)]
    return [("repository-not-found", False), ("credentials-missing", False), ("permission-denied", False)]


def permission_or_absent(scene: Scene, report: Report) -> Choice:
    if scene.stored_elsewhere:
        return [("credentials-not-sent", False), ("credentials-missing", False), ("permission-denied", False)]
    if scene.product.key == "gar" and scene.action == "push":
        return [("credentials-not-sent", False), ("permission-denied", False), ("credentials-missing", False)]
    return [("permission-denied", False), ("credentials-missing", False), ("repository-not-found", False)]


def token_server_refused(scene: Scene, report: Report) -> Choice | None:
    if part(scene, report) == "upstream":
        return [("credentials-rejected", False), ("upstream-failed", False)]
    status = report.values.get("status", "")
    if has(scene, M.CREDENTIALS_ABSENT) and status in ("401", "403"):
        return [("credentials-missing", True), ("repository-not-found", False)]
    if status == "403" and scene.product.key == "ghcr" and scene.action == "pull":
        return _STALE
    if status == "403":
        return [("permission-denied", False), ("credentials-missing", False), ("credentials-rejected", False)]
    if status == "400" and has(scene, M.SERVICE_UNKNOWN):
        return [("service-mismatch", True)]
    known = report.values.get("account") or report.values.get("user") or report.values.get("action") == "login"
    if known or logging_in(scene):
        return [("credentials-rejected", status == "401"), ("permission-denied", False)]
    if report.values.get("message", "").lower().startswith("authentication required"):
        return [("credentials-missing", False), ("credentials-rejected", False)]  # it saw none, rather than wrong ones
    return [("credentials-rejected", False), ("credentials-missing", False)]


def logging_in(scene: Scene) -> bool:
    programs = {(c.program, c.argv[1] if len(c.argv) > 1 else "") for c in scene.evidence.commands}
    return any(verb == "login" for _, verb in programs) or any(
        r.values.get("action") == "login" for r in scene.evidence.reports
    )


def credentials_refused(scene: Scene, report: Report) -> Choice | None:
    """containers/image wraps every 401 on the way to a token as "invalid username/password" (its docker/errors.go), so
    what the same line says besides counts."""
    same = [
        r
        for r in scene.reports
        if r.text == report.text and r.meaning in (M.TOKEN_SCOPE, M.DENIED, M.PERMISSION_MISSING)
    ]
    return [] if same else None


def short_name(scene: Scene, report: Report) -> Choice:
    return [("wrong-host", True)]


def cloud(scene: Scene, report: Report) -> Choice:
    return [("credential-helper-failed", True), ("credentials-missing", False)]
