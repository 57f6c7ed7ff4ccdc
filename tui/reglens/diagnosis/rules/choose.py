"""Which code a line's meaning speaks for here.

A line says what its teller saw; the part of the flow it speaks of, the other evidence and the kind of registry decide
what that comes from. Every function gives codes with whether the evidence proves them, the likeliest first.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from reglens.diagnosis.evidence import Report
from reglens.diagnosis.meanings import Meaning
from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.reading import split_url
from reglens.diagnosis.rules.choose_caller import (
    OFFICIAL,
    absent_credentials,
    cloud,
    credentials_refused,
    denied,
    denied_or_absent,
    logging_in,
    login_needed,
    login_refused,
    nobody,
    official,
    permission_or_absent,
    short_name,
    token_server_refused,
    unauthenticated,
)
from reglens.diagnosis.rules.choose_way import certificate_time, http_on_https, https_on_http, reach, tls_refused
from reglens.diagnosis.rules.parts import Choice, has, number, part
from reglens.diagnosis.rules.places import WEB_HOSTS
from reglens.diagnosis.scene import Scene
from reglens.trace.exchange import Role

SKEW_FLOOR = 5.0
"""Seconds of a token's not being valid yet that rounding and the way of a message can make; more is a clock's fault."""


def codes(scene: Scene, report: Report, meaning: Meaning) -> Choice:
    """The codes of one report, at most three."""
    special = _SPECIAL.get(meaning)
    if special is not None:
        chosen = special(scene, report)
        if chosen is not None:
            return chosen[:3]
    if meaning.proves:
        return [(meaning.codes[0], True)]
    return [(code, False) for code in meaning.codes[:2]]


def _token_scope(scene: Scene, report: Report) -> Choice | None:
    if scene.token is not None and scene.token.claims is not None:
        return []  # the claims say more than the line
    if part(scene, report) == "token":
        return [("permission-denied", True), ("access-insufficient", False)]
    if scene.logged_in_elsewhere or official(scene, report):
        return unauthenticated(scene, report)
    if scene.asked_anonymously:
        return nobody(scene)
    if scene.action == "push":
        return [("permission-denied", False), ("access-insufficient", False), ("credentials-missing", False)]
    return [("access-insufficient", False), ("access-empty", False), ("credentials-missing", False)]


def _secret_missing(scene: Scene, report: Report) -> Choice:
    """A secret without a name is a setting that was left empty: the kubelet says so at every pull, public ones too."""
    return [("credentials-not-sent", report.values.get("secret", "") not in ("", '"'))]


def _credential_scope(scene: Scene, report: Report) -> Choice | None:
    """An access token without the right to write; where it was to write to Docker Hub's ``library/``, no token may."""
    return official(scene, report) or None


def _permission(scene: Scene, report: Report) -> Choice | None:
    return nobody(scene) or None


def _manifest_invalid(scene: Scene, report: Report) -> Choice | None:
    """Artifactory calls a manifest invalid that it may not store over the one that is there."""
    if report.values.get("status") in ("401", "403") or "forbidden" in report.values.get("message", "").lower():
        return [("permission-denied", True)]
    return None


def _token_refused(scene: Scene, report: Report) -> Choice | None:
    if scene.token is not None and scene.token.claims is not None:
        return []
    return None


def _not_yet(scene: Scene, report: Report) -> Choice:
    begins, now = number(report.values.get("not_before")), number(report.values.get("current"))
    if begins is not None and now is not None:
        if begins - now > SKEW_FLOOR:
            return [("clock-skew", True), ("token-not-yet-valid", True)]
        return [("token-not-yet-valid", True), ("clock-skew", False)]
    return [("clock-skew", True), ("token-not-yet-valid", True)]


def _token_server_failed(scene: Scene, report: Report) -> Choice:
    status = report.values.get("status", "")
    if status.startswith("5"):
        own = report.values.get("host", "") == scene.registry != ""
        return [("registry-error", own), ("realm-unreachable", not own)][:: 1 if own else -1]
    if status in ("404", "405"):
        return [("realm-misconfigured", True)]
    return [("realm-unreachable", True)]


def _page(scene: Scene, report: Report) -> Choice:
    last = scene.evidence.exchanges[-1] if scene.evidence.exchanges else None
    unread = last is not None and last.role is Role.TOKEN and last.status in (None, 200) and last.failure is None
    if part(scene, report) == "token" or (unread and not report.values.get("url")):
        return [("token-response-invalid", True), ("proxy-interference", False)]
    host = report.values.get("host", "")
    if host in WEB_HOSTS:
        return [("wrong-host", True)]
    if report.values.get("status") == "401":
        return [*(unauthenticated(scene, report) or [])[:2], ("proxy-interference", False)]  # the page is the refusal
    statuses = {r.values.get("status") for r in scene.reports if r is report or r.meaning == M.NOT_FOUND}
    if "405" in statuses:
        return [("proxy-interference", False), ("wrong-host", False)]  # the route is there, its server takes no uploads
    if statuses & {"404", "410"}:
        return [("wrong-host", False), ("proxy-interference", False)]
    return [("proxy-interference", False), ("wrong-host", False), ("token-response-invalid", False)]


def _upstream_refused(scene: Scene, report: Report) -> Choice:
    name, asked = report.values.get("repository", ""), scene.repository
    last = asked.rpartition("/")[2]
    if not name and last in OFFICIAL:  # Docker Hub has these in library/ alone
        name = last
    if name and "/" not in name and asked.count("/") == 1 and asked.endswith("/" + name):
        return [("library-prefix", True), ("upstream-failed", False)]
    status = report.values.get("status", "")
    if "token" in report.text.lower() or (status in ("401", "403") and status in report.text):
        return [("credentials-rejected", True), ("upstream-failed", False)]
    return [("upstream-failed", True), ("credentials-rejected", False)]


_PING = re.compile(r"pinging (?:container|docker) registry", re.IGNORECASE)
"""containers/image's words for a request to the base route (docker/docker_client.go, ``detectProperties``)."""


def not_found(scene: Scene, report: Report) -> Choice | None:
    url = report.values.get("url", "")
    if has(scene, M.PAGE_ANSWERED):
        return [("wrong-host", False), ("proxy-interference", False)]
    if split_url(url).path.rstrip("/") == "/v2" or _PING.search(report.text):
        return [("wrong-host", True), ("proxy-interference", False)]  # every registry has the base route
    if report.values.get("action") == "login" or (logging_in(scene) and not url):
        return [("wrong-host", True)]
    if "_catalog" in url or "/referrers/" in url:
        return [("endpoint-unsupported", True)]
    if "/v1/" in url:
        return [("wrong-host", False)]
    if split_url(url).path.endswith("/index.yaml"):
        return [("wrong-host", False)]  # the file of a chart repository, which a registry has not (helm.sh, OCI)
    if part(scene, report) == "token":
        return [("realm-misconfigured", True)]
    if "/tags/list" in url:
        return [("repository-not-found", False), ("wrong-host", False)]
    return None


def _address(scene: Scene, report: Report) -> Choice:
    if part(scene, report) == "token":
        return [("realm-misconfigured", True)]
    return [("wrong-host", True)]


def _key_file(scene: Scene, report: Report) -> Choice:
    return [("registry-error", True), ("signature-untrusted", False)]


def _token_absent(scene: Scene, report: Report) -> Choice:
    others = [r for r in scene.evidence.reports if r.meaning not in (M.TOKEN_ABSENT, M.EXCHANGED, M.TRYING, M.WANTED)]
    served = any(r.meaning == M.EXCHANGED and r.values.get("status", "").startswith("2") for r in scene.reports)
    return [] if others or served or scene.requests else [("authorization-missing", False)]


def _scope_invalid(scene: Scene, report: Report) -> Choice:
    """A client that cannot read a challenge's scope goes on without; a token server that cannot read one is right."""
    return (
        []
        if report.teller in ("containers/image", "podman", "skopeo", "buildah", "cri-o")
        else [("scope-mismatch", True)]
    )


def _status(scene: Scene, report: Report) -> Choice | None:
    status = report.values.get("status", "")
    token = part(scene, report) == "token"
    if status == "429":
        return [("rate-limited", True)]
    if status == "400" and login_refused(scene, report):
        return [("credentials-malformed", False), ("credentials-rejected", False)]
    if status == "413":
        return [("proxy-interference", True)]
    if status in ("407", "511"):
        return [("proxy-interference", True)]
    if status.startswith("5"):
        return [("registry-error", True)]
    if status in ("401", "403"):
        return token_server_refused(scene, report) if token else unauthenticated(scene, report)
    if status == "404":
        return not_found(scene, report) or [("repository-not-found", False), ("manifest-unknown", False)]
    if status.startswith("3"):
        return [("wrong-host", False), ("proxy-interference", False)]  # http to https, or the place has moved
    return []


def _loop(scene: Scene, report: Report) -> Choice:
    if part(scene, report) == "token":
        return [("realm-misconfigured", True), ("proxy-interference", False)]
    return [("proxy-interference", True), ("realm-misconfigured", False)]


def _service_unknown(scene: Scene, report: Report) -> Choice:
    if not report.values.get("service") and scene.requested_service == "":
        return [("service-missing", True)]
    return [("service-mismatch", True)]


def _reference(scene: Scene, report: Report) -> Choice:
    """A name that begins with a slash has lost what stood before it: mostly a variable that was empty."""
    name = report.values.get("reference", "")
    if name.startswith(("/", ":")):
        return [("wrong-host", True), ("repository-name-invalid", True)]
    return [("repository-name-invalid", True)]


def _endpoint(scene: Scene, report: Report) -> Choice:
    return [("endpoint-unsupported", True)]


_SPECIAL: dict[Meaning, Callable[[Scene, Report], Choice | None]] = {
    M.NAME_NOT_RESOLVED: reach,
    M.CONNECTION_REFUSED: reach,
    M.CONNECTION_TIMEOUT: reach,
    M.CONNECTION_LOST: reach,
    M.NETWORK_UNREACHABLE: reach,
    M.ANSWER_TIMEOUT: reach,
    M.ADDRESS_INVALID: _address,
    M.UNAUTHENTICATED: unauthenticated,
    M.LOGIN_NEEDED: login_needed,
    M.CREDENTIALS_ABSENT: absent_credentials,
    M.DENIED: denied,
    M.DENIED_OR_ABSENT: denied_or_absent,
    M.PERMISSION_OR_ABSENT: permission_or_absent,
    M.TOKEN_SCOPE: _token_scope,
    M.CREDENTIAL_SCOPE_MISSING: _credential_scope,
    M.SECRET_MISSING: _secret_missing,
    M.PERMISSION_MISSING: _permission,
    M.MANIFEST_INVALID: _manifest_invalid,
    M.TOKEN_REFUSED: _token_refused,
    M.TOKEN_NOT_YET_VALID: _not_yet,
    M.TOKEN_SERVER_FAILED: _token_server_failed,
    M.TOKEN_SERVER_REFUSED: token_server_refused,
    M.PAGE_ANSWERED: _page,
    M.UPSTREAM_REFUSED: _upstream_refused,
    M.NOT_FOUND: not_found,
    M.REFERENCE_INVALID: _reference,
    M.TOKEN_KEY_FILE: _key_file,
    M.TOKEN_ABSENT: _token_absent,
    M.CREDENTIALS_REFUSED: credentials_refused,
    M.TLS_CLIENT_CERTIFICATE: tls_refused,
    M.TLS_AUTHORITY: tls_refused,
    M.TLS_NAME: tls_refused,
    M.TLS_EXPIRED: certificate_time,
    M.HTTP_ANSWER_TO_HTTPS: https_on_http,
    M.HTTP_REQUEST_TO_HTTPS: http_on_https,
    M.SCOPE_INVALID: _scope_invalid,
    M.TLS_FAILED: tls_refused,
    M.SHORT_NAME: short_name,
    M.HTTP_STATUS: _status,
    M.CLOUD_IDENTITY_FAILED: cloud,
    M.REDIRECT_LOOP: _loop,
    M.SERVICE_UNKNOWN: _service_unknown,
    M.ENDPOINT_UNSUPPORTED: _endpoint,
}
"""Meanings whose cause depends on more than the line."""
VAGUE = frozenset(
    {
        M.UNAUTHENTICATED, M.DENIED, M.DENIED_OR_ABSENT, M.TOKEN_REFUSED, M.TOKEN_SCOPE, M.NOT_FOUND, M.HTTP_STATUS,
        M.LOGIN_NEEDED, M.CREDENTIALS_ABSENT, M.TOKEN_ABSENT, M.PERMISSION_OR_ABSENT, M.TOKEN_SERVER_REFUSED,
        M.CHALLENGE_UNSUPPORTED, M.PAGE_ANSWERED, M.MANIFEST_UNKNOWN, M.REPOSITORY_UNKNOWN,
    }
)  # fmt: skip
"""Meanings that say only that it was refused: they add nothing where something else proves why."""
