"""The fix for a code, with this person's names in it, and the words that go with a line's finding."""

from __future__ import annotations

import re
from collections.abc import Callable

from reglens.diagnosis import fixes, told
from reglens.diagnosis.evidence import Report
from reglens.diagnosis.finding import Fix
from reglens.diagnosis.rules import mend_place
from reglens.diagnosis.rules.mend_caller import (
    denied,
    helper,
    login,
    malformed_credentials,
    not_sent,
    rejected,
    unasked,
)
from reglens.diagnosis.rules.realm import realm_fix
from reglens.diagnosis.rules.resource import mended, tags_command
from reglens.diagnosis.rules.server import proxy_fix
from reglens.diagnosis.rules.way import plain, tls, unreached
from reglens.diagnosis.scene import Scene, shown
from reglens.oci import media
from reglens.oci.reference import split_port
from reglens.trace.curl import quoted


def host_of(scene: Scene, report: Report) -> str:
    """The host that a line speaks of, else the registry."""
    return report.values.get("host", "") or scene.registry or "<registry>"


def title(scene: Scene, report: Report, code: str) -> str:
    """A title with the name in it, where there is one; else ``""``."""
    host = report.values.get("host", "")
    if code == "credentials-not-sent" and report.values.get("secret"):
        lacks = f"has nothing for {shown(host)}" if host else "is not there for this pod"
        return f"The pull secret {shown(report.values['secret'])} {lacks}"
    if code == "credentials-not-sent" and scene.unread_login is not None and report.meaning not in _READ_WRONG:
        program, reader = scene.unread_login
        return f"{reader} does not read what {program} login stored"
    if code == "credentials-not-sent" and scene.logged_in_elsewhere:
        return f"The login was at {shown(scene.logged_in_elsewhere)}, not at {shown(scene.registry)}"
    if code in ("credentials-missing", "credentials-not-sent") and scene.asked_anonymously:
        return "The client asked for the token anonymously: it found no credentials"
    if code == "registry-unreachable" and host:
        return f"The registry {host} cannot be reached"
    if code == "realm-unreachable" and host:
        return f"The token server {host} cannot be reached"
    if code == "plain-http" and host:
        return f"{host} speaks plain HTTP and HTTPS was expected"
    if code == "tls-untrusted" and host:
        return f"The certificate of {host} is not trusted"
    if code == "credential-helper-failed" and report.values.get("helper"):
        return f"The credential helper {report.values['helper']} failed or is missing"
    return ""


_READ_WRONG = frozenset({"config-unreadable", "credentials-withheld", "secret-missing"})
"""Meanings that name their own reason why credentials were not sent."""


def why(scene: Scene, report: Report, code: str) -> str:
    """What that comes from, for a newcomer."""
    from reglens.diagnosis import pages

    note = f" {scene.product.note}" if scene.product.note and code in _NOTED else ""
    return pages.page(code).means + note


_NOTED = frozenset("repository-not-found credentials-missing permission-denied access-empty wrong-host".split())


def unproven(scene: Scene, report: Report, code: str) -> str:
    """What would prove a cause that is only likely."""
    place = scene.wanted.name if scene.wanted is not None else scene.registry
    if not place:
        return "This is likely, not proven; a curl -v of the failing request would show it."
    return f"This is likely, not proven: `reglens check {place}` walks the way and would show it."


def fix(scene: Scene, report: Report, code: str) -> Fix:
    """The cure of a code."""
    by_meaning = _BY_MEANING.get((code, report.meaning))
    if by_meaning is not None:
        return by_meaning(scene, report)
    maker = _FIXES.get(code)
    return maker(scene, report) if maker is not None else _from_page(code)


def _from_page(code: str) -> Fix:
    from reglens.diagnosis import pages

    told = pages.page(code)
    return Fix(told.cure)


def _repository(scene: Scene, report: Report) -> Fix:
    name = report.values.get("repository") or scene.repository or "<repository>"
    if scene.product.key == "ecr":
        return Fix(
            f"Create the repository {name} first; a push does not.",
            (f"aws ecr create-repository --repository-name {name}",),
        )
    if not scene.product.creates:
        return Fix(f"Create {name} (its project or repository) at {scene.product.name} first, or mend the name.")
    misread = _run_verb(scene, name)
    if misread:
        return Fix(
            f"docker run took the word {misread} for the image's name. Run it as a command of its own.",
            (f"docker {misread} {_last_word(scene)}",),
        )
    return Fix(f"Check the name {name}, with its namespace; if it is private, log in.", (fixes.login_command(scene),))


def _run_verb(scene: Scene, name: str) -> str:
    """The docker command that was typed where ``docker run`` expects an image."""
    bare = name.removeprefix("library/")
    return bare if bare in ("push", "pull", "build", "login", "tag", "start", "exec", "ps", "images", "run") else ""


def _last_word(scene: Scene) -> str:
    for command in scene.evidence.commands:
        if command.program == "docker" and len(command.argv) > 2:
            return quoted(command.argv[-1])
    return "<image>"


def _manifest(scene: Scene, report: Report) -> Fix:
    return Fix(
        "List the tags and name one of them: without a tag, latest is taken, which need not exist.",
        (tags_command(scene),),
    )


def _name(scene: Scene, report: Report) -> Fix:
    named = [report.values.get("reference", ""), scene.evidence.reference or "", *told.references(scene.evidence)]
    named += re.findall(r"[\w.-]+(?::\d+)?(?:/[\w.-]+)+(?::[\w.-]+)?", report.text)
    better = next((name for text in named if text and (name := mended(text))), "")
    if better:
        tagging = '"-t, --tag"' in report.text or scene.action == "push"
        return Fix(f"Write {better}.", (f"docker build -t {better} ." if tagging else f"docker pull {better}",))
    if re.search(r"/:|//|^/|/$", report.values.get("reference", "")):
        return mend_place.lost_host(scene, report)
    return Fix("Write it in lower case, with single separators and without https://.")


def _service(scene: Scene, report: Report) -> Fix:
    if not scene.asked_service and scene.requested_service:
        return Fix(
            "The challenge names no service: send none. Update the client, or let the registry name its service.",
            (fixes.token_command(scene),),
        )
    return Fix("Send exactly the service that the registry's challenge names.", fixes.exchange_commands(scene))


def _audience(scene: Scene, report: Report) -> Fix:
    told = report.values.get("audience", "")
    return Fix(
        "Let the client request the token with the service that the registry is configured with (auth.token.service)"
        + (f", or configure the registry's service as {shown(told)}" if told else "")
        + ".",
        (
            f"auth:\n  token:\n    service: {told or '<service>'}",
            f"curl -sI {fixes.base_url(scene)}/v2/ | grep -i www-authenticate",
        ),
    )


def _issuer(scene: Scene, report: Report) -> Fix:
    told = report.values.get("issuer", "")
    return Fix(
        "Set the same issuer on both sides: the token server's and the registry's auth.token.issuer, letter for "
        "letter.",
        (f"auth:\n  token:\n    issuer: {told if told and '$' not in told else '<issuer>'}",),
    )


def _clock(scene: Scene, report: Report) -> Fix:
    return Fix(
        "Synchronise the clocks of the token server and the registry (and of this machine) with ntp.",
        (
            "timedatectl set-ntp true",
            "chronyc tracking",
            f"curl -sI {fixes.base_url(scene)}/v2/ | grep -i ^date; date -u",
        ),
    )


def _expired(scene: Scene, report: Report) -> Fix:
    return Fix(
        "Fetch a new token. If it is a long push that ends so, let the token server's tokens live longer (docker_auth: "
        "token.expiration; Harbor: Token Expiration; GitLab: the container registry's authorization token duration).",
        (fixes.retry(scene),) if fixes.retry(scene) else (),
    )


def _key(scene: Scene, report: Report) -> Fix:
    kid = report.values.get("kid", "")
    return Fix(
        "Give the registry the certificate or key that the token server signs with: rootcertbundle, or jwks in "
        "distribution 3"
        + (f", where its kid must be {shown(kid)}" if kid else ", where its kid must be the token's")
        + ". Check that "
        "certificate and key belong together.",
        ("openssl x509 -in token.crt -noout -pubkey | sha256sum", "openssl pkey -in token.key -pubout | sha256sum"),
    )


def _accept(scene: Scene, report: Report) -> Fix:
    types = [media.OCI_INDEX, media.OCI_MANIFEST, media.DOCKER_LIST, media.DOCKER_MANIFEST]
    return Fix(f"Send Accept with every manifest type: {', '.join(types)}.", (fixes.resource_command(scene),))


def _unreached(scene: Scene, report: Report, token: bool) -> Fix:
    return unreached(scene, host_of(scene, report), token, None, False, [], proved=True).fix


def _realm(scene: Scene, report: Report) -> Fix:
    made = realm_fix(scene, scene.bearer)
    url = report.values.get("url", "")
    if scene.bearer is None and url:
        path = url.partition("://")[2].partition("/")[2].partition("?")[0]
        host = split_port(scene.registry)[0] or "<host>"
        return Fix(made.text, (f"auth:\n  token:\n    realm: https://{host}/{path or 'token'}", *made.commands[1:]))
    return made


def _access(scene: Scene, report: Report) -> Fix:
    return Fix(
        "Request every action that is needed (a push needs pull,push) and have this account given the right: "
        + (scene.product.push_right if scene.action == "push" else scene.product.pull_right)
        + ".",
        fixes.exchange_commands(scene, login=True),
    )


def _scope(scene: Scene, report: Report) -> Fix:
    return Fix(
        "Request the scope of the challenge: type, the repository's path without host, every action.",
        fixes.exchange_commands(scene),
    )


def _library(scene: Scene, report: Report) -> Fix:
    name = scene.repository
    head, slash, last = name.rpartition("/")
    right = f"{head}{slash}library/{last}"
    registry = scene.registry or "<registry>"
    wanted = scene.wanted
    tag = f":{wanted.tag}" if wanted is not None and wanted.tag else ""
    return Fix(
        f"Name the image {right}: only docker itself adds library/, and only for Docker Hub.",
        (f"docker pull {registry}/{right}{tag}",),
    )


def _scheme(scene: Scene, report: Report) -> Fix:
    if scene.product.key == "quay" or "bearer" in report.text.lower():
        host = scene.registry or "<registry>"
        url = f"https://{host}/v2/auth?service={host}&scope=repository:<name>:pull"
        return Fix(
            "The registry takes Bearer: give user name and password to its realm (Quay: /v2/auth), and the "
            "token that "
            "it answers to the registry.",
            (f"TOKEN=$(curl -s -u <user> {quoted(url)} | {fixes.TOKEN_FIELD})", fixes.resource_command(scene)),
        )
    return Fix("Send the scheme that the challenge names.", fixes.exchange_commands(scene))


def _kind(scene: Scene, report: Report) -> Fix:
    return Fix(
        "Give this secret to the realm as the password, and use the token that it answers.",
        fixes.exchange_commands(scene, login=True),
    )


def _limited(scene: Scene, report: Report) -> Fix:
    return Fix("Wait for the window to pass; log in for a larger quota; use a cache.", (fixes.login_command(scene),))


def _endpoint(scene: Scene, report: Report) -> Fix:
    return _from_page("endpoint-unsupported")


def _challenge(scene: Scene, report: Report) -> Fix:
    realm = scene.bearer.realm if scene.bearer is not None and scene.bearer.realm else "https://<auth>/token"
    service = (scene.bearer.service if scene.bearer else None) or scene.registry or "<registry>"
    return Fix(
        "The challenge on /v2/ must hold what the client needs: realm, and for some clients service. Update the "
        "client, or let "
        "the registry (or the proxy in front) send the whole header, on /v2/ and below it.",
        (
            f"curl -sI {fixes.base_url(scene)}/v2/ | grep -i www-authenticate",
            f'Www-Authenticate: Bearer realm="{realm}",service="{service}"',
        ),
    )


def _redirect(scene: Scene, report: Report) -> Fix:
    return Fix(
        "Update the client, or follow the redirect without the Authorization header: the target's address "
        "carries its "
        "own signature.",
        (
            fixes.resource_command(scene).replace("curl -i ", "curl -sI ", 1) + " | grep -i ^location",
            "curl -O <location>",
        ),
    )


def _body_size(scene: Scene, report: Report) -> Fix:
    return Fix(
        "Raise the limit of the proxy or ingress in front of the registry: nginx client_max_body_size, for an nginx "
        "ingress "
        "the annotation proxy-body-size.",
        ("client_max_body_size 0;", 'nginx.ingress.kubernetes.io/proxy-body-size: "0"'),
    )


def _uploads(scene: Scene, report: Report) -> Fix:
    return Fix(
        "An upload is several requests, and all must meet the same registry. Give every replica the same http.secret "
        "(REGISTRY_HTTP_SECRET) and the same storage, or let the load balancer keep a client at one replica; a proxy "
        "in front must pass Host and X-Forwarded-Proto on.",
        (
            "REGISTRY_HTTP_SECRET=$(openssl rand -hex 32)",
            "proxy_set_header Host $http_host;\nproxy_set_header X-Forwarded-Proto $scheme;",
        ),
    )


def _platform(scene: Scene, report: Report) -> Fix:
    place = scene.wanted.pullable if scene.wanted is not None else "<image>"
    platform = report.values.get("platform", "")
    return Fix(
        "The image is not built for this platform"
        + (f" ({shown(platform)})" if platform else "")
        + ". Take another tag, build it for this platform, or run another platform's by emulation.",
        (f"docker pull --platform linux/amd64 {place}", f"docker manifest inspect {place}"),
    )


def _network(scene: Scene, report: Report) -> Fix:
    address = report.values.get("address", "") or "<your public address>"
    if scene.product.key == "acr":
        name = scene.registry.split(".")[0] or "<registry>"
        return Fix(
            f"Let the registry's firewall take the address {shown(address)}, or go through its private endpoint.",
            (f"az acr network-rule add --name {name} --ip-address {address}",),
        )
    return Fix(
        f"Let the registry's firewall take the caller's address, {shown(address)}, or come from a network it takes."
    )


def _upstream(scene: Scene, report: Report) -> Fix:
    return Fix(
        "Look at what the cache is configured to fetch from (proxy.remoteurl) and whether it can reach that and log "
        "in there; "
        "its own log has the upstream's answer.",
        (
            "proxy:\n  remoteurl: https://registry-1.docker.io\n  username: <user>\n  password: <access token>",
            f"curl -i {quoted(report.values.get('url') or 'https://registry-1.docker.io/v2/')}",
        ),
    )


_BY_MEANING: dict[tuple[str, str], Callable[[Scene, Report], Fix]] = {
    ("proxy-interference", "body-too-large"): _body_size,
    ("proxy-interference", "http-status"): _body_size,
    ("manifest-unknown", "platform-unknown"): _platform,
    ("credentials-missing", "login-unasked"): unasked,
    ("wrong-host", "reference-invalid"): mend_place.lost_host,
    ("wrong-host", "not-found"): mend_place.login_place,
    ("wrong-host", "denied"): mend_place.lost_namespace,
    ("wrong-host", "unauthenticated"): mend_place.lost_namespace,
    ("wrong-host", "token-scope"): mend_place.lost_namespace,
    ("wrong-host", "credential-scope-missing"): mend_place.lost_namespace,
    ("wrong-host", "denied-or-absent"): mend_place.lost_namespace,
    ("registry-error", "upload-lost"): _uploads,
    ("wrong-host", "path-misplaced"): mend_place.path,
}
"""Cures that depend on what the line said."""
_FIXES: dict[str, Callable[[Scene, Report], Fix]] = {
    "credentials-missing": login,
    "credentials-rejected": rejected,
    "credentials-expired": rejected,
    "credentials-malformed": malformed_credentials,
    "credentials-not-sent": not_sent,
    "credential-helper-failed": helper,
    "permission-denied": denied,
    "repository-not-found": _repository,
    "manifest-unknown": _manifest,
    "repository-name-invalid": _name,
    "service-mismatch": _service,
    "service-missing": _service,
    "audience-mismatch": _audience,
    "issuer-mismatch": _issuer,
    "clock-skew": _clock,
    "token-not-yet-valid": _clock,
    "token-expired": _expired,
    "signature-untrusted": _key,
    "accept-missing": _accept,
    "registry-unreachable": lambda scene, report: _unreached(scene, report, False),
    "realm-unreachable": lambda scene, report: _unreached(scene, report, True),
    "realm-misconfigured": _realm,
    "plain-http": lambda scene, report: plain(scene, host_of(scene, report), []).fix,
    "tls-untrusted": lambda scene, report: tls(scene, host_of(scene, report), []).fix,
    "proxy-interference": lambda scene, report: proxy_fix(scene),
    "access-empty": _access,
    "access-insufficient": _access,
    "scope-mismatch": _scope,
    "scope-missing": _scope,
    "library-prefix": _library,
    "wrong-host": mend_place.host,
    "wrong-scheme": _scheme,
    "token-wrong-kind": _kind,
    "rate-limited": _limited,
    "network-denied": _network,
    "upstream-failed": _upstream,
    "endpoint-unsupported": _endpoint,
    "challenge-missing": _challenge,
    "redirect-authorization": _redirect,
}
"""How each code is cured when a line told of it; the others are told with their page's words."""
