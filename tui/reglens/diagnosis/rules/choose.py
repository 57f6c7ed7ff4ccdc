"""Which code a line's meaning speaks for here.

A line says what its teller saw; the part of the flow it speaks of, the other evidence and the kind of registry decide what
that comes from. Every function gives codes with whether the evidence proves them, the likeliest first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from reglens.diagnosis import products
from reglens.diagnosis.evidence import Report
from reglens.diagnosis.meanings import Meaning
from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.rules.resource import WEB_HOSTS
from reglens.diagnosis.rules.way import realm_fault
from reglens.diagnosis.scene import Scene
from reglens.oci.reference import is_loopback, split_port

Choice = list[tuple[str, bool]]
SKEW_FLOOR = 5.0
"""Seconds of a token's not being valid yet that rounding and the way of a message can make; more is a clock's fault."""
_PROXY_NAME = re.compile(r"docker|hub|mirror|cache|proxy", re.IGNORECASE)
_BUILDERS = frozenset({"kaniko", "buildkit", "buildah", "jib", "helm", "flux", "argocd", "go-containerregistry"})
"""Tools without a login of their own: they read files that somebody else wrote."""


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


def part(scene: Scene, report: Report) -> str:
    """Which part of the flow a line speaks of: ``token``, ``upstream``, ``proxy``, ``storage``, ``helper`` or
    ``registry``."""
    told = report.values.get("part", "")
    if told and told != "login":
        return told
    url = report.values.get("url", "")
    if url:
        path = urlsplit(url).path if "://" in url else url
        if path.startswith("/v2/") and not path.startswith(("/v2/token", "/v2/auth")):
            return "registry"
    host = report.values.get("host", "")
    realm = scene.bearer.realm if scene.bearer is not None else None
    if host and realm and urlsplit(realm).netloc == host and host != scene.registry:
        return "token"
    return "registry"


def _reach(scene: Scene, report: Report) -> Choice:
    host = report.values.get("host", "")
    upstream = [
        r
        for r in scene.reports
        if r.meaning in (M.UPSTREAM_FAILED, M.UPSTREAM_REFUSED) and r.values.get("host") == host
    ]
    if upstream or _overcome(scene, report):
        return []
    where = part(scene, report)
    if where == "token":
        url = report.values.get("realm") or report.values.get("url", "")
        fault = realm_fault(url, scene.registry or "registry.example.org", "https")
        if fault is not None or _elsewhere(scene, url):
            return [("realm-misconfigured", True), ("realm-unreachable", True)]
        return [("realm-unreachable", True)]
    if where == "proxy":
        return [("proxy-interference", True)]
    if where == "upstream":
        return [("upstream-failed", True)]
    if where == "helper":
        return [("credential-helper-failed", True)]
    if _v1(report):
        return [("registry-unreachable", False)]
    return [("registry-unreachable", True)]


def _elsewhere(scene: Scene, url: str) -> bool:
    """Whether the token server of a product that serves tokens itself is not at the registry's own host."""
    mark = next((p for p in products.ALL if p.own_realm and p.realm and p.realm in urlsplit(url).path), None)
    host = urlsplit(url).hostname
    return mark is not None and bool(scene.registry) and host != split_port(scene.registry)[0]


def _overcome(scene: Scene, report: Report) -> bool:
    """Whether the same host answered later on: clients try https, then http, or one address after the other."""
    host = report.values.get("host", "") or scene.registry
    reports = scene.reports
    later = reports[reports.index(report) + 1 :]
    for other in later:
        if other.meaning == M.EXCHANGED and other.values.get("status") and other.values.get("host", host) == host:
            return True
    answered = [e for e in scene.evidence.exchanges if e.status is not None and e.host == host]
    failed = [e.number for e in scene.evidence.exchanges if e.failure is not None and e.host == host]
    return bool(answered) and (not failed or answered[-1].number > failed[-1])


def _v1(report: Report) -> bool:
    return "/v1/" in report.values.get("url", "")


def _lost(scene: Scene, report: Report) -> Choice:
    return _reach(scene, report)


def _plain_request(scene: Scene, report: Report) -> Choice:
    return [("plain-http", True)]


def _plain(scene: Scene, report: Report) -> Choice:
    return [] if _overcome(scene, report) else [("plain-http", True)]


def _unauthenticated(scene: Scene, report: Report) -> Choice | None:
    if _login_refused(scene, report):
        return [("credentials-rejected", False), ("credentials-missing", False)]
    if _has(scene, M.LOGIN_SUCCEEDED, M.CREDENTIALS_FOUND):
        return [("permission-denied", False), ("credentials-rejected", False)]
    if scene.stored_elsewhere:
        return [("credentials-not-sent", False), ("credentials-missing", False)]
    if report.teller in _BUILDERS and scene.action == "push":
        return [("credentials-not-sent", False), ("credentials-missing", False), ("permission-denied", False)]
    if scene.action == "push" and _has_progress(scene):
        return [("token-expired", False), ("credentials-missing", False), ("permission-denied", False)]
    if scene.product.key == "harbor" and scene.action == "push":
        return [("repository-not-found", False), ("permission-denied", False)]
    return [("credentials-missing", False), ("credentials-rejected", False)]


def _login_refused(scene: Scene, report: Report) -> bool:
    """Whether it is a login that was refused: so it says, or the base route alone was asked, which docker does then."""
    if report.values.get("action") == "login" or report.values.get("part") == "login" or _logging_in(scene):
        return True
    url = report.values.get("url", "")
    return "://" in url and urlsplit(url).path == "/v2/" and not report.values.get("reference")


def _has_progress(scene: Scene) -> bool:
    return bool(re.search(r"\bPushing \[|\bPushed\b|Layer already exists|Uploaded", scene.evidence.pasted))


def _has(scene: Scene, *meanings: Meaning) -> bool:
    return any(r.meaning in meanings for r in scene.evidence.reports)


def _login_needed(scene: Scene, report: Report) -> Choice:
    if scene.helper:
        return [("credential-helper-failed", False), ("credentials-not-sent", False), ("credentials-missing", False)]
    if scene.stored_elsewhere:
        return [("credentials-not-sent", True), ("credentials-missing", False)]
    if _has(scene, M.LOGIN_SUCCEEDED):
        return [("credentials-not-sent", True), ("credentials-missing", False)]
    return [("credentials-missing", True), ("credentials-not-sent", False)]


def _absent_credentials(scene: Scene, report: Report) -> Choice:
    if part(scene, report) == "token" and report.values.get("status") in ("400", "401", "403"):
        return [("credentials-missing", True), ("repository-not-found", False)]
    troubled = any(
        r.meaning
        in (M.UNAUTHENTICATED, M.DENIED, M.DENIED_OR_ABSENT, M.LOGIN_NEEDED, M.TOKEN_SCOPE, M.PERMISSION_OR_ABSENT)
        for r in scene.evidence.reports
    )
    return [("credentials-missing", False)] if troubled else []


def _denied(scene: Scene, report: Report) -> Choice:
    if _login_refused(scene, report):
        return [("credentials-rejected", False), ("permission-denied", False)]
    name = scene.repository
    hubby = _PROXY_NAME.search(scene.registry) is not None and not scene.is_hub
    if report.values.get("code") == "DENIED" and scene.product.key == "hub" and scene.action == "push":
        return [("permission-denied", False), ("credentials-missing", False), ("repository-not-found", False)]
    if name and "/" not in name and hubby:
        return [("library-prefix", False), ("repository-not-found", False), ("credentials-missing", False)]
    if scene.stored_elsewhere:
        return [("credentials-not-sent", False), ("credentials-missing", False)]
    if scene.product.key == "ghcr" and report.values.get("status") == "403" and scene.action == "pull":
        return [("token-wrong-kind", False), ("permission-denied", False), ("credentials-missing", False)]
    if _has(scene, M.LOGIN_SUCCEEDED, M.CREDENTIALS_FOUND) or scene.action == "push":
        return [("permission-denied", False), ("credentials-missing", False), ("access-insufficient", False)]
    return [("permission-denied", False), ("credentials-missing", False), ("repository-not-found", False)]


def _denied_or_absent(scene: Scene, report: Report) -> Choice:
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
    if _has(scene, M.TOKEN_SCOPE):
        return [("permission-denied", False), ("credentials-missing", False), ("repository-not-found", False)]
    return [("repository-not-found", False), ("credentials-missing", False), ("permission-denied", False)]


def _permission_or_absent(scene: Scene, report: Report) -> Choice:
    if scene.stored_elsewhere or scene.product.key == "gar":
        return [("credentials-not-sent", False), ("credentials-missing", False), ("permission-denied", False)]
    return [("permission-denied", False), ("credentials-missing", False), ("repository-not-found", False)]


def _token_scope(scene: Scene, report: Report) -> Choice | None:
    if scene.token is not None and scene.token.claims is not None:
        return []  # the claims say more than the line
    return [("access-insufficient", False), ("access-empty", False), ("credentials-missing", False)]


def _token_refused(scene: Scene, report: Report) -> Choice | None:
    if scene.token is not None and scene.token.claims is not None:
        return []
    return None


def _not_yet(scene: Scene, report: Report) -> Choice:
    begins, now = _number(report.values.get("not_before")), _number(report.values.get("current"))
    if begins is not None and now is not None:
        if begins - now > SKEW_FLOOR:
            return [("clock-skew", True), ("token-not-yet-valid", True)]
        return [("token-not-yet-valid", True), ("clock-skew", False)]
    return [("clock-skew", True), ("token-not-yet-valid", True)]


def _number(text: str | None) -> float | None:
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


def _token_server_failed(scene: Scene, report: Report) -> Choice:
    status = report.values.get("status", "")
    if status.startswith("5"):
        return [("registry-error", True), ("realm-unreachable", False)]
    if status in ("404", "405"):
        return [("realm-misconfigured", True)]
    return [("realm-unreachable", True)]


def _token_server_refused(scene: Scene, report: Report) -> Choice | None:
    if part(scene, report) == "upstream":
        return [("credentials-rejected", False), ("upstream-failed", False)]
    status = report.values.get("status", "")
    if _has(scene, M.CREDENTIALS_ABSENT) and status in ("401", "403"):
        return [("credentials-missing", True), ("repository-not-found", False)]
    if status == "403":
        return [("permission-denied", False), ("credentials-missing", False), ("credentials-rejected", False)]
    if status == "400" and _has(scene, M.SERVICE_UNKNOWN):
        return [("service-mismatch", True)]
    known = report.values.get("account") or report.values.get("user") or report.values.get("action") == "login"
    if known or _logging_in(scene):
        return [("credentials-rejected", status == "401"), ("permission-denied", False)]
    return [("credentials-rejected", False), ("credentials-missing", False)]


def _logging_in(scene: Scene) -> bool:
    programs = {(c.program, c.argv[1] if len(c.argv) > 1 else "") for c in scene.evidence.commands}
    return any(verb == "login" for _, verb in programs) or any(
        r.values.get("action") == "login" for r in scene.evidence.reports
    )


def _page(scene: Scene, report: Report) -> Choice:
    if part(scene, report) == "token":
        return [("token-response-invalid", True), ("proxy-interference", False)]
    host = report.values.get("host", "")
    if host in WEB_HOSTS:
        return [("wrong-host", True)]
    if report.values.get("status") in ("404", "405", "410"):
        return [("wrong-host", False), ("proxy-interference", False)]
    return [("proxy-interference", False), ("wrong-host", False), ("token-response-invalid", False)]


def _upstream_refused(scene: Scene, report: Report) -> Choice:
    name = report.values.get("repository", "") or scene.repository.rpartition("/")[2]
    asked = scene.repository
    if name and "/" not in name and asked.count("/") == 1 and asked.endswith("/" + name):
        return [("library-prefix", True), ("upstream-failed", False)]
    if "token" in report.text.lower() or report.values.get("status") in ("401", "403"):
        return [("credentials-rejected", True), ("upstream-failed", False)]
    return [("upstream-failed", True), ("credentials-rejected", False)]


def _not_found(scene: Scene, report: Report) -> Choice | None:
    url = report.values.get("url", "")
    if urlsplit(url).path.rstrip("/") == "/v2":
        return [("wrong-host", True), ("proxy-interference", False)]  # every registry has the base route
    if "_catalog" in url or "/referrers/" in url:
        return [("endpoint-unsupported", True)]
    if "/v1/" in url:
        return [("wrong-host", False)]
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


def _credentials_refused(scene: Scene, report: Report) -> Choice | None:
    """containers/image wraps every 401 on the way to a token as "invalid username/password" (docker/errors.go there), so
    what the same line says besides counts."""
    same = [
        r
        for r in scene.reports
        if r.text == report.text and r.meaning in (M.TOKEN_SCOPE, M.DENIED, M.PERMISSION_MISSING)
    ]
    return [] if same else None


def _token_absent(scene: Scene, report: Report) -> Choice:
    others = [r for r in scene.evidence.reports if r.meaning not in (M.TOKEN_ABSENT, M.EXCHANGED, M.TRYING, M.WANTED)]
    return [] if others or scene.requests else [("authorization-missing", False)]


def _tls(scene: Scene, report: Report) -> Choice:
    return [] if _overcome(scene, report) else [("tls-untrusted", True)]


def _tls_time(scene: Scene, report: Report) -> Choice:
    """A certificate that is not valid yet is mostly a clock that is behind (WSL, a virtual machine after a suspend)."""
    now, bound = _number(report.values.get("current")), _number(report.values.get("not_after"))
    if now is not None and bound is not None and now < bound:
        return [("clock-skew", True), ("tls-untrusted", True)]
    return _tls(scene, report)


def _scope_invalid(scene: Scene, report: Report) -> Choice:
    """A client that cannot read a challenge's scope goes on without it; a token server that cannot read one is right."""
    return (
        []
        if report.teller in ("containers/image", "podman", "skopeo", "buildah", "cri-o")
        else [("scope-mismatch", True)]
    )


def _short_name(scene: Scene, report: Report) -> Choice:
    return [("wrong-host", True)]


def _status(scene: Scene, report: Report) -> Choice | None:
    status = report.values.get("status", "")
    token = part(scene, report) == "token"
    if status == "429":
        return [("rate-limited", True)]
    if status == "413":
        return [("proxy-interference", True)]
    if status in ("407", "511"):
        return [("proxy-interference", True)]
    if status.startswith("5"):
        return [("registry-error", True)]
    if status in ("401", "403"):
        return _token_server_refused(scene, report) if token else _unauthenticated(scene, report)
    if status == "404":
        return _not_found(scene, report) or [("repository-not-found", False), ("manifest-unknown", False)]
    return []


def _cloud(scene: Scene, report: Report) -> Choice:
    return [("credential-helper-failed", True), ("credentials-missing", False)]


def _malformed(scene: Scene, report: Report) -> Choice:
    return [("token-malformed", True)]


def _loop(scene: Scene, report: Report) -> Choice:
    if part(scene, report) == "token":
        return [("realm-misconfigured", True), ("proxy-interference", False)]
    return [("proxy-interference", True), ("realm-misconfigured", False)]


def _service_unknown(scene: Scene, report: Report) -> Choice:
    if not report.values.get("service") and scene.requested_service == "":
        return [("service-missing", True)]
    return [("service-mismatch", True)]


def _endpoint(scene: Scene, report: Report) -> Choice:
    return [("endpoint-unsupported", True)]


def loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    return is_loopback(urlsplit(url).netloc)


_SPECIAL: dict[Meaning, Callable[[Scene, Report], Choice | None]] = {
    M.NAME_NOT_RESOLVED: _reach,
    M.CONNECTION_REFUSED: _reach,
    M.CONNECTION_TIMEOUT: _reach,
    M.CONNECTION_LOST: _lost,
    M.NETWORK_UNREACHABLE: _reach,
    M.ANSWER_TIMEOUT: _reach,
    M.ADDRESS_INVALID: _address,
    M.UNAUTHENTICATED: _unauthenticated,
    M.LOGIN_NEEDED: _login_needed,
    M.CREDENTIALS_ABSENT: _absent_credentials,
    M.DENIED: _denied,
    M.DENIED_OR_ABSENT: _denied_or_absent,
    M.PERMISSION_OR_ABSENT: _permission_or_absent,
    M.TOKEN_SCOPE: _token_scope,
    M.TOKEN_REFUSED: _token_refused,
    M.TOKEN_NOT_YET_VALID: _not_yet,
    M.TOKEN_SERVER_FAILED: _token_server_failed,
    M.TOKEN_SERVER_REFUSED: _token_server_refused,
    M.PAGE_ANSWERED: _page,
    M.UPSTREAM_REFUSED: _upstream_refused,
    M.NOT_FOUND: _not_found,
    M.TOKEN_KEY_FILE: _key_file,
    M.TOKEN_ABSENT: _token_absent,
    M.CREDENTIALS_REFUSED: _credentials_refused,
    M.TLS_CLIENT_CERTIFICATE: _tls,
    M.TLS_AUTHORITY: _tls,
    M.TLS_NAME: _tls,
    M.TLS_EXPIRED: _tls_time,
    M.HTTP_ANSWER_TO_HTTPS: _plain,
    M.HTTP_REQUEST_TO_HTTPS: _plain_request,
    M.SCOPE_INVALID: _scope_invalid,
    M.TLS_FAILED: _tls,
    M.SHORT_NAME: _short_name,
    M.HTTP_STATUS: _status,
    M.CLOUD_IDENTITY_FAILED: _cloud,
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
