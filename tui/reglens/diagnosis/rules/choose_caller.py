"""What a refusal of the caller comes from: no credentials, wrong ones, the wrong place, or no right."""

from __future__ import annotations

import re

from reglens.diagnosis import products, told
from reglens.diagnosis.evidence import Report
from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.reading import split_url
from reglens.diagnosis.rules.parts import Choice, has, part
from reglens.diagnosis.scene import Scene
from reglens.oci.reference import HUB_ALIASES, HUB_LIBRARY, split_port

_STALE: Choice = [("credentials-expired", False), ("credentials-rejected", False), ("permission-denied", False)]
"""GHCR refuses stale credentials with 403 DENIED, for public images too; an anonymous caller gets a 401."""
_PROXY_NAME = re.compile(r"docker|hub|mirror|cache|proxy", re.IGNORECASE)
_BUILDERS = frozenset({"kaniko", "buildkit", "buildah", "jib", "helm", "flux", "argocd", "go-containerregistry"})
"""Tools without a login of their own: they read files that somebody else wrote."""


def nobody(scene: Scene) -> Choice:
    """Why a client that would name its account named none: it has none, or does not find what a login stored."""
    if not scene.asked_anonymously:
        return []
    stored = has(scene, M.LOGIN_SUCCEEDED) or next(told.logins(scene.evidence, implied=True), "")
    first, second = ("credentials-not-sent", "credentials-missing")[:: 1 if stored else -1]
    return [(first, False), (second, False), ("permission-denied", False)]


_UNREAD: Choice = [("credentials-not-sent", False), ("credentials-missing", False)]


def unauthenticated(scene: Scene, report: Report) -> Choice | None:
    if login_refused(scene, report):
        return [("credentials-rejected", False), ("credentials-missing", False)]
    if scene.logged_in_elsewhere:
        return _elsewhere(scene)
    if scene.unread_login:
        return _UNREAD
    hubs = official(scene, report)
    if hubs:
        return hubs
    if scene.stored_elsewhere:
        return [("credentials-not-sent", False), ("credentials-missing", False)]
    if scene.asked_anonymously:
        return nobody(scene)
    if scene.given_in_command:
        return [("credentials-rejected", False), ("permission-denied", False)]
    if has(scene, M.LOGIN_SUCCEEDED, M.CREDENTIALS_FOUND):
        return [("permission-denied", False), ("credentials-rejected", False)]
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
    if logging_in(scene) and not has(scene, M.LOGIN_SUCCEEDED) and not _went_on(scene):
        return True
    url = report.values.get("url", "")
    return "://" in url and split_url(url).path == "/v2/" and not report.values.get("reference")


def _went_on(scene: Scene) -> bool:
    """Whether a pull or push was typed behind the last login, so that the login cannot be what was refused."""
    verbs = [command.argv[1] for command in scene.evidence.commands if len(command.argv) > 1]
    behind = verbs[len(verbs) - verbs[::-1].index("login") :] if "login" in verbs else []
    return bool({"pull", "push", "run"} & set(behind))


def _elsewhere(scene: Scene) -> Choice:
    """Logins that all went to another registry: without a host docker logs in to its Hub, and there are then none for
    this one; with a host they are kept under that."""
    if scene.logged_in_elsewhere == "docker.io":
        return [("credentials-missing", False), ("credentials-not-sent", False), ("permission-denied", False)]
    return [("credentials-not-sent", False), ("credentials-missing", False), ("permission-denied", False)]


OFFICIAL = frozenset(
    "alpine amazoncorretto bash busybox caddy cassandra centos debian docker eclipse-temurin elasticsearch fedora gcc "
    "golang gradle haproxy hello-world httpd influxdb joomla kibana kong logstash mariadb maven memcached mongo mysql "
    "neo4j nextcloud nginx node openjdk oraclelinux perl php postgres python rabbitmq redis registry rockylinux ruby "
    "rust sonarqube swift telegraf tomcat traefik ubuntu vault wordpress zookeeper".split()
)
"""Official images that surely exist (docker-library/official-images, library/)."""


def official(scene: Scene, report: Report) -> Choice:
    """Why Docker Hub refuses a name in ``library/``: its images are public and pushed by Docker alone, so the name is
    none of them: it lost its host or namespace, or is mistyped (docs.docker.com, "Docker Official Images")."""
    name = (report.values.get("repository") or scene.repository).removeprefix("library/")
    if products.looks_like_host(name):
        return [("wrong-host", True), ("repository-name-invalid", False)]
    host = "docker.io" if part(scene, report) == "token" else report.values.get("host", "docker.io")
    if not scene.is_hub or not name or "/" in name or host not in HUB_ALIASES:
        return []
    if scene.action == "push" or (report.teller in _BUILDERS and name not in OFFICIAL):
        return [("wrong-host", False), ("permission-denied", False), ("credentials-missing", False)]
    if name in OFFICIAL:
        return []
    return [("repository-not-found", False), ("wrong-host", False), ("credentials-rejected", False)]


def _has_progress(scene: Scene) -> bool:
    return bool(re.search(r"\bPushing \[|\bPushed\b|Layer already exists|Uploaded", scene.evidence.pasted))


def login_needed(scene: Scene, report: Report) -> Choice:
    if scene.helper:
        return [("credential-helper-failed", False), ("credentials-not-sent", False), ("credentials-missing", False)]
    if scene.stored_elsewhere:
        return [("credentials-not-sent", True), ("credentials-missing", False)]
    if scene.logged_in_elsewhere:
        return _elsewhere(scene)
    if scene.given_in_command:
        return [("credentials-rejected", False), ("credentials-not-sent", False)]
    if has(scene, M.LOGIN_SUCCEEDED):
        return [("credentials-not-sent", True), ("credentials-missing", False)]
    return [("credentials-missing", True), ("credentials-not-sent", False)]


def _stored_here(scene: Scene) -> bool:
    """Whether a configuration in the evidence holds credentials for this very registry."""
    return any(told.key_host(key) == scene.registry for key in told.stored(scene.evidence))


def absent_credentials(scene: Scene, report: Report) -> Choice:
    if has(scene, M.CREDENTIALS_FOUND) and part(scene, report) == "token":
        return []  # what was stored was refused first; without it the client tried all the same
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
    if scene.logged_in_elsewhere:
        return _elsewhere(scene)
    if scene.unread_login:
        return _UNREAD
    hubs = official(scene, report)
    if hubs:
        return hubs
    if scene.asked_anonymously:
        return nobody(scene)
    if scene.stored_elsewhere and not scene.in_kubernetes:
        return [("credentials-not-sent", False), ("credentials-missing", False), ("permission-denied", False)]
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


def denied_or_absent(scene: Scene, report: Report) -> Choice:
    name = scene.repository.removeprefix("library/") if scene.is_hub else scene.repository
    hubby = _PROXY_NAME.search(split_port(scene.registry)[0]) is not None and not scene.is_hub
    if name and "/" not in name and hubby:
        return [("library-prefix", False), ("repository-not-found", False), ("credentials-missing", False)]
    if scene.stored_elsewhere or scene.unread_login:
        return [("credentials-not-sent", False), ("credentials-missing", False)]
    typed = scene.wanted.typed if scene.wanted is not None and scene.wanted.typed else ""
    if scene.is_hub and name and "/" not in name and name not in OFFICIAL and typed.startswith(HUB_LIBRARY):
        return [("wrong-host", False), ("repository-not-found", False)]  # other registries' projects are called so too
    if scene.is_hub and name and "/" not in name:
        return [("repository-not-found", True)]
    if scene.product.key == "ghcr" and report.values.get("status") == "403":
        return [("token-wrong-kind", False), ("permission-denied", False), ("credentials-missing", False)]
    if has(scene, M.TOKEN_SCOPE):
        return [("permission-denied", False), ("credentials-missing", False), ("repository-not-found", False)]
    return [("repository-not-found", False), ("credentials-missing", False), ("permission-denied", False)]


def permission_or_absent(scene: Scene, report: Report) -> Choice:
    if login_refused(scene, report):
        return [("credentials-rejected", False), ("permission-denied", False)]
    if scene.stored_elsewhere:
        return [("credentials-not-sent", False), ("credentials-missing", False), ("permission-denied", False)]
    if scene.unread_login:
        return _UNREAD
    if scene.product.key == "gitea" and scene.action == "pull" and not has(scene, M.LOGIN_SUCCEEDED):
        return [("credentials-missing", False), ("permission-denied", False)]
    if scene.product.key == "gar" and scene.action == "push":
        return [("credentials-not-sent", False), ("permission-denied", False), ("credentials-missing", False)]
    return [("permission-denied", False), ("credentials-missing", False), ("repository-not-found", False)]


def token_server_refused(scene: Scene, report: Report) -> Choice | None:
    if part(scene, report) == "upstream":
        return [("credentials-rejected", False), ("upstream-failed", False)]
    status = report.values.get("status", "")
    if has(scene, M.CREDENTIALS_FOUND) and status == "401":
        return [("credentials-rejected", False), ("permission-denied", False)]
    if has(scene, M.CREDENTIALS_ABSENT) and status in ("401", "403"):
        return [("credentials-missing", True), ("repository-not-found", False)]
    if status == "400" and scene.too_deep:
        return [("repository-name-invalid", False), ("credentials-rejected", False)]
    if scene.unread_login:
        return _UNREAD
    if status == "403" and scene.product.key == "ghcr" and scene.action == "pull":
        return _STALE
    if status == "403":
        return [("permission-denied", False), ("credentials-missing", False), ("credentials-rejected", False)]
    if status == "400" and has(scene, M.SERVICE_UNKNOWN):
        return [("service-mismatch", True)]
    known = report.values.get("account") or report.values.get("user") or report.values.get("action") == "login"
    if known or logging_in(scene):
        return [("credentials-rejected", status == "401"), ("permission-denied", False)]
    if _WANTS_LOGIN.search(report.values.get("message", "") or report.text):
        return [("credentials-missing", False), ("credentials-rejected", False)]  # it saw none, rather than wrong ones
    return [("credentials-rejected", False), ("credentials-missing", False)]


_WANTS_LOGIN = re.compile(r"\b(?:authentication|authorization|login) (?:is )?(?:required|needed)\b", re.IGNORECASE)


def logging_in(scene: Scene) -> bool:
    programs = {(c.program, c.argv[1] if len(c.argv) > 1 else "") for c in scene.evidence.commands}
    return any(verb == "login" for _, verb in programs) or any(
        r.values.get("action") == "login" for r in scene.evidence.reports
    )


def credentials_refused(scene: Scene, report: Report) -> Choice | None:
    """containers/image wraps every 401 on the way to a token as "invalid username/password" (its docker/errors.go), so
    what the same line says besides counts. A login that succeeded afterwards mended it."""
    if report in scene.reports:
        later = scene.reports[scene.reports.index(report) + 1 :]
        if any(r.meaning == M.LOGIN_SUCCEEDED for r in later):
            return []
    same = [
        r
        for r in scene.reports
        if r.text == report.text and r.meaning in (M.TOKEN_SCOPE, M.DENIED, M.PERMISSION_MISSING)
    ]
    return [] if same else None


def short_name(scene: Scene, report: Report) -> Choice:
    return [("wrong-host", True)]


def cloud(scene: Scene, report: Report) -> Choice:
    """A keychain asks every cloud in turn (ggcr, authn; kaniko): where another registry refused, this one's silence is
    no news."""
    refused = [r for r in scene.reports if r.meaning in (M.UNAUTHENTICATED, M.DENIED, M.TOKEN_SCOPE)]
    clouds = ("ecr", "ecr-public", "gar", "acr")
    if refused and scene.registry and scene.product.key not in clouds and scene.action == "push":
        return []
    return [("credential-helper-failed", True), ("credentials-missing", False)]
