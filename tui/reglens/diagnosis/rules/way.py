"""The way to the registry: names, connections, TLS, challenge, realm, redirects, limits, failures."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from reglens.auth.challenge import Challenge
from reglens.diagnosis import fixes
from reglens.diagnosis.finding import Finding, Fix, Proof, Severity
from reglens.diagnosis.rules.build import graded, likely, proven
from reglens.diagnosis.scene import Scene, shown
from reglens.errors import Reach
from reglens.oci.reference import is_loopback, split_port
from reglens.trace.curl import quoted
from reglens.trace.exchange import Exchange, Role

_STORES = re.compile(
    r"(?:.*\.)?(?:amazonaws\.com(?:\.cn)?|blob\.core\.\w+\.(?:net|cn)|storage\.googleapis\.com|r2\.cloudflarestorage\.com|"
    r"cloudfront\.net|digitaloceanspaces\.com|aliyuncs\.com)(?::\d+)?"
)
_SIGNED = frozenset({"x-amz-signature", "x-amz-algorithm", "signature", "sig", "x-goog-signature", "awsaccesskeyid"})


def reach(scene: Scene) -> Iterator[Finding]:
    """Exchanges that got no answer at all."""
    for exchange in (scene.refusal, scene.grant if scene.grant_failed else None):
        if exchange is None or exchange.failure is None:
            continue
        failure = exchange.failure
        evidence = [
            scene.proof(exchange, "status", "failure", failure.message),
            scene.proof(exchange, "url", "URL", exchange.url),
        ]
        host = exchange.host or scene.registry or "the host"
        token = exchange.role is Role.TOKEN
        if failure.kind is Reach.PLAIN:
            yield _plain(scene, exchange, evidence)
        elif failure.kind is Reach.TLS:
            yield tls(scene, host, evidence)
        else:
            yield unreached(scene, host, token, failure.kind, failure.timed_out, evidence, proved=True)


def unreached(
    scene: Scene, host: str, token: bool, kind: Reach | None, timed_out: bool, evidence: list[Proof], *, proved: bool
) -> Finding:
    """No connection, or no answer: of the token server (`token`) or of the registry."""
    name = split_port(host)[0]
    how = {
        Reach.NAME: f"The name {name} has no address.",
        Reach.CONNECT: f"Nobody accepts connections at {host}" + (" within the time allowed." if timed_out else "."),
        Reach.SEND: f"The connection to {host} broke while the request was sent.",
    }.get(kind or Reach.ANSWER, f"{host} gave no whole answer" + (" within the time allowed." if timed_out else "."))
    checks = (f"getent hosts {name}", f"curl -v {_url_of(scene, host, token)}")
    who = "The token server" if token else "The registry"
    text = (
        f"{how} The address comes from realm in the registry's challenge; the client must reach it itself."
        if token
        else f"{how} So no authentication was even tried."
    )
    return graded(
        Severity.ERROR if proved else Severity.WARNING,
        "realm-unreachable" if token else "registry-unreachable",
        f"{who} {host} cannot be reached",
        text,
        evidence,
        Fix(
            "Check name resolution, firewall and proxy on this machine"
            + (
                ", and that the realm is an address that clients can reach: " + _realm(scene)
                if token
                else ", and the host name and port in the reference"
            )
            + ".",
            checks,
        ),
    )


def _realm(scene: Scene) -> str:
    return fixes.realm(scene)


def _url_of(scene: Scene, host: str, token: bool) -> str:
    if token:
        return quoted(fixes.realm(scene))
    return f"{fixes.base_url(scene)}/v2/" if host == scene.registry else f"https://{host}/v2/"


def _plain(scene: Scene, exchange: Exchange, evidence: list[Proof]) -> Finding:
    return plain(scene, exchange.host or scene.registry, evidence)


def plain(scene: Scene, host: str, evidence: list[Proof]) -> Finding:
    """One side speaks HTTP and the other HTTPS."""
    host = host or "<registry>"
    return proven(
        "plain-http",
        f"{host} speaks plain HTTP and HTTPS was expected",
        "One side speaks HTTP and the other HTTPS. Clients insist on HTTPS unless they are told otherwise, except for "
        "loopback addresses.",
        evidence,
        Fix(
            "Best give the registry a certificate. Else allow plain HTTP for this host: for docker in "
            "/etc/docker/daemon.json under insecure-registries, then restart it.",
            (
                f'{{"insecure-registries": ["{host}"]}}',
                "sudo systemctl restart docker",
                f"curl -i http://{host}/v2/",
            ),
        ),
    )


def tls(scene: Scene, host: str, evidence: list[Proof], why: str = "") -> Finding:
    """The certificate is not trusted, not valid now, or for another name."""
    name, port = split_port(host)
    return proven(
        "tls-untrusted",
        f"The certificate of {host} is not trusted",
        (
            why
            or "The TLS handshake failed: the certificate is signed by an authority that this client does not know, has "
            "expired, or is for another host name."
        )
        + " No request was made yet, so it has nothing to do with user name or password.",
        evidence,
        Fix(
            "Look at the certificate; give the client the CA certificate that signed it, or the server a certificate "
            "for this name (subjectAltName).",
            (
                f"openssl s_client -connect {name}:{port or 443} -servername {name} -showcerts </dev/null",
                f"sudo install -D ca.crt /etc/docker/certs.d/{host}/ca.crt",
            ),
        ),
    )


def challenge(scene: Scene) -> Iterator[Finding]:
    """A 401 whose challenge cannot be followed (RFC 9110, section 15.5.2: a 401 must carry one)."""
    refusal = scene.refusal
    if refusal is None or refusal.status != 401 or not refusal.response_headers.lines or refusal.role is Role.TOKEN:
        return
    if refusal.follows is not None and refusal.host != scene.registry:
        return
    status = scene.proof(refusal, "status", "status", 401)
    fix = Fix(
        "Let whatever answers for the registry pass Www-Authenticate on unchanged, for /v2/ and everything below it.",
        (f"curl -sI {fixes.base_url(scene)}/v2/ | grep -i www-authenticate",),
    )
    if not refusal.challenges:
        if any(e.challenges for e in scene.requests):
            if scene.product.key in ("gar", "zot"):
                return
            yield likely(
                "challenge-missing",
                "The 401 came without a challenge",
                "An earlier answer had a Www-Authenticate header, this 401 has none, so a client cannot know what is "
                "wrong.",
                [status],
                fix,
            )
            return
        yield proven(
            "challenge-missing",
            "The 401 came without a challenge",
            "A 401 must say in Www-Authenticate how to log in. This one says nothing, so no client can go on: "
            "something in "
            "front of the registry took the header away, or answered itself.",
            [status, scene.proof(refusal, "headers", "Www-Authenticate", "(absent)")],
            fix,
        )
        return
    usable = [c for c in refusal.challenges if c.is_scheme("basic") or (c.is_scheme("bearer") and c.realm)]
    if not usable:
        first = refusal.challenges[0]
        lacking = "realm" if first.is_scheme("bearer") else "a scheme that registry clients know (Bearer or Basic)"
        yield proven(
            "challenge-missing",
            f"The challenge lacks {lacking}",
            f"Www-Authenticate is {shown(first)!r}: without {lacking} a client cannot go on.",
            [status, scene.proof(refusal, "challenge", "Www-Authenticate", first)],
            fix,
        )


def realm(scene: Scene) -> Iterator[Finding]:
    """The realm as a URL that the client itself must be able to reach."""
    offered, place = scene.bearer, scene.bearer_from
    if offered is None or not offered.realm or scene.ok or place is None:
        return
    if scene.grant is not None and scene.grant.status == 200 and scene.grant.token is not None:
        return
    why = realm_fault(offered.realm, place.host or scene.registry, (place.url or "https:").partition(":")[0])
    if not why:
        return
    failed = scene.grant_failed
    make = proven if failed or why[0] else likely
    yield make(
        "realm-misconfigured",
        "The registry sends clients to a wrong address for tokens",
        f"{why[1]} The realm is set in the registry's configuration (auth.token.realm), and each client must reach it "
        "under "
        "that very URL.",
        [scene.proof(place, "challenge", "Www-Authenticate, realm", offered.realm)],
        realm_fix(scene, offered),
    )


def configured_realm(scene: Scene) -> Iterator[Finding]:
    """The realm of a registry's configuration, against the registry's own name."""
    if scene.ok:
        return
    for fact in scene.evidence.facts:
        if fact.path[-3:] != ("auth", "token", "realm") or not isinstance(fact.value, str):
            continue
        why = realm_fault(fact.value, scene.registry or "registry.example.com", "https")
        if why:
            yield proven(
                "realm-misconfigured",
                "The configured realm is no address for clients",
                f"{why[1]} Each client must reach the realm itself, under that very URL, to fetch its token.",
                [Proof(f"{fact.source}, auth.token.realm", shown(fact.value), fact.span)],
                realm_fix(scene, None),
            )


def realm_fix(scene: Scene, offered: Challenge | None) -> Fix:
    """The configuration line that sets a realm right."""
    host = scene.registry or "<registry>"
    path = urlsplit(offered.realm).path if offered and offered.realm and "://" in offered.realm else "/token"
    return Fix(
        "Set the realm to the token server's public https URL and restart the registry"
        + (f" ({scene.product.name}: its external URL)." if scene.product.key in ("harbor", "gitlab") else "."),
        (
            f"auth:\n  token:\n    realm: https://{split_port(host)[0]}{path or '/token'}",
            f"curl -sI https://{host}/v2/ | grep -i www-authenticate",
        ),
    )


def realm_fault(url: str, registry: str, scheme: str) -> tuple[bool, str] | None:
    """What is wrong with a realm: whether that is certain, and why in a sentence; None if nothing is to be seen."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return True, f"The realm {shown(url)!r} is no readable URL."
    if not parts.scheme or not parts.netloc:
        return True, f"The realm {shown(url)!r} is not an absolute URL."
    if parts.scheme not in ("http", "https"):
        return True, f"The realm {shown(url)!r} is neither http nor https."
    if parts.netloc.endswith(":"):
        return True, f"The realm {shown(url)!r} has a colon and no port behind it."
    own = split_port(registry)[0].strip("[]")
    name = parts.hostname or ""
    if is_loopback(registry):
        return None
    if is_loopback(name):
        return True, f"The realm's host {name} is a loopback address: for the client that is its own machine."
    if own != name and internal(name) and not internal(own):
        return False, f"The realm's host {name} is an internal name or address, which exists only near the registry."
    if parts.scheme == "http" and scheme == "https":
        return (
            False,
            f"The registry is reached over https and the realm is plain http{f' (port {port})' if port else ''}.",
        )
    return None


def internal(name: str) -> bool:
    """Whether a host name or address means something only within one network: a private address, a name without a dot,
    a cluster's service name."""
    name = name.strip("[]")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith((".local", ".internal", ".svc", ".lan", ".domain", ".cluster", ".test"))
    return address.is_private or address.is_link_local


def token_answer(scene: Scene) -> Iterator[Finding]:
    """A token server that answered, but not with a token."""
    grant = scene.grant
    if grant is None or scene.ok:
        return
    status = scene.proof(grant, "status", "status", grant.status)
    kind = scene.proof(grant, "content-type", "Content-Type", grant.response_headers.get("content-type", "(absent)"))
    body = scene.proof(grant, "body", "body", grant.body.text[:200] or "(empty)")
    url = scene.proof(grant, "url", "URL", grant.url)
    if (grant.status or 0) in (404, 405, 410) or _redirects(scene, grant) > 3:
        loop = _redirects(scene, grant) > 3
        yield proven(
            "realm-misconfigured",
            "The realm's redirects run in a circle" if loop else "At the realm's address there is no token server",
            (
                "Each answer redirects to the next and none ever gives a token."
                if loop
                else f"It answered {grant.status}: the host is there, this path is not. One slash too many or too few "
                "is "
                "enough."
            ),
            [status, url],
            realm_fix(scene, scene.bearer),
        )
        if _is_page(grant):
            yield likely(
                "token-response-invalid",
                "The answer is a web page, not a token",
                "The server at the realm's address shows a page instead of a token: it is no token server, at least "
                "not there.",
                [kind, body],
                realm_fix(scene, scene.bearer),
            )
        return
    if (grant.status or 0) >= 500:
        yield _failed(scene, grant, "The token server")
        yield likely(
            "realm-unreachable",
            "So no token could be had",
            "The token server is needed for every request; while it fails, nothing can be pulled or pushed.",
            [status, url],
            Fix("Wait until the token server answers again.", (f"curl -i {quoted(grant.url or '')}",)),
        )
        return
    if grant.status is None or not 200 <= grant.status < 300 or grant.token is not None:
        return
    if not grant.body.data and grant.body.size == 0 and not grant.response_headers.lines:
        return
    page = _is_page(grant)
    data = grant.body.text.strip()
    if not page and not data:
        return
    yield proven(
        "token-response-invalid",
        "The token server's answer is a web page, not a token" if page else "The token server's answer holds no token",
        (
            "HTML came where JSON with a token is expected: a login page, a proxy or the wrong address answered."
            if page
            else "The answer has neither token nor access_token with a text in it, so a client has nothing to send."
        ),
        [status, kind, body],
        Fix(
            "Look at what the realm answers; it must be JSON with token (or access_token).",
            (fixes.token_command(scene).replace("curl -s ", "curl -i ", 1),),
        ),
    )


def _is_page(exchange: Exchange) -> bool:
    start = exchange.body.data[:200].lstrip().lower()
    return exchange.media_type == "text/html" or start.startswith((b"<!doctype", b"<html"))


def _redirects(scene: Scene, grant: Exchange) -> int:
    hops = [e for e in scene.token_requests if e.status in (301, 302, 303, 307, 308)]
    return len(hops) if grant in hops or grant.status is None or grant.failure is not None else 0


def _failed(scene: Scene, exchange: Exchange, who: str) -> Finding:
    gateway = exchange.status in (502, 503, 504)
    page = f" {scene.product.name} reports outages at {scene.product.status}." if scene.product.status else ""
    return proven(
        "registry-error",
        f"{who} failed with {exchange.status}",
        f"{exchange.status} is a fault on the server's side; nothing that the client sends differently cures it."
        + (" What answers is the proxy in front; the service behind it is down or overloaded." if gateway else "")
        + page,
        [scene.proof(exchange, "status", "status", exchange.status), scene.proof(exchange, "url", "URL", exchange.url)],
        Fix(
            "Try again later; if it is your own, read its log." + (f" See {scene.product.status}." if page else ""),
            (f"curl -i {quoted(exchange.url)}",) if exchange.url else (),
        ),
    )


def failed(scene: Scene) -> Iterator[Finding]:
    """5xx, 429, 413, 407, 511 of the registry or the token server."""
    for exchange in (scene.refusal, scene.grant if scene.grant_failed else None):
        if exchange is None or exchange.status is None:
            continue
        status = scene.proof(exchange, "status", "status", exchange.status)
        codes = {entry.code for entry in exchange.errors}
        if exchange.status == 429 or "TOOMANYREQUESTS" in codes:
            yield limited(scene, exchange)
        elif exchange.status in (407, 511):
            yield proven(
                "proxy-interference",
                "A proxy wants a login of its own",
                f"{exchange.status} does not come from the registry but from a proxy between.",
                [status],
                proxy_fix(scene),
            )
        elif exchange.status == 413:
            yield proven(
                "proxy-interference",
                "Something on the way refuses a body of this size",
                "413 comes from a proxy or ingress in front of the registry, whose limit the layer exceeds.",
                [status],
                Fix(
                    "Raise its limit.",
                    ("client_max_body_size 0;  # nginx", 'nginx.ingress.kubernetes.io/proxy-body-size: "0"'),
                ),
            )
        elif exchange.status >= 500 and exchange.role is not Role.TOKEN:
            yield _failed(scene, exchange, "The registry")


def limited(scene: Scene, exchange: Exchange) -> Finding:
    """429, or the code TOOMANYREQUESTS."""
    wait = exchange.response_headers.get("retry-after", "")
    who = "The token server" if exchange.role is Role.TOKEN else scene.product.name[:1].upper() + scene.product.name[1:]
    hub = scene.is_hub
    return proven(
        "rate-limited",
        "Asked too often",
        f"{who} answered {exchange.status}: the quota is used up"
        + (f", it says to wait {wait} s." if wait.isdigit() else f", until {wait}." if wait else ".")
        + (
            " Docker Hub counts anonymous pulls by address, so others behind the same address count as well."
            if hub
            else ""
        ),
        [
            scene.proof(exchange, "status", "status", exchange.status),
            *([scene.proof(exchange, "retry-after", "Retry-After", wait)] if wait else []),
        ],
        Fix(
            "Wait, and ask less often; logged-in callers have a larger quota, and a pull-through cache asks once for "
            "all.",
            (fixes.login_command(scene),),
        ),
    )


def proxy_fix(scene: Scene) -> Fix:
    """How to look for a proxy on the way."""
    host = scene.registry or "<registry>"
    return Fix(
        "Give the client the proxy's credentials or let this host bypass the proxy; for docker's daemon in "
        "/etc/systemd/system/docker.service.d/http-proxy.conf.",
        (
            "env | grep -i proxy; systemctl show docker --property Environment",
            f"NO_PROXY={split_port(host)[0]} curl -v https://{host}/v2/",
        ),
    )


def redirect(scene: Scene) -> Iterator[Finding]:
    """``Authorization`` on a redirect's target: a store refuses it beside its own signature (AWS, Azure), or a moved
    registry needs it and it was dropped."""
    for exchange in scene.requests:
        if exchange.follows is None or (exchange.status or 0) not in (400, 401, 403):
            continue
        before = next((e for e in scene.requests if e.number == exchange.follows), None)
        if before is not None and before.host == exchange.host:
            continue
        signed = any(k.lower() in _SIGNED for k, _ in exchange.query) or bool(_STORES.fullmatch(exchange.host))
        url = scene.proof(exchange, "url", "URL", exchange.url)
        if exchange.authorization is not None:
            yield proven(
                "redirect-authorization",
                "The registry's token was sent on to the store",
                f"The registry redirected to {exchange.host}, and the client repeated its Authorization header there. "
                + (
                    "The address is signed itself, and the store refuses two kinds of proof at once."
                    if signed
                    else "That host does not know the token, and should never see it."
                ),
                [
                    scene.proof(exchange, "status", "status", exchange.status),
                    url,
                    scene.proof(exchange, "authorization", "Authorization", exchange.authorization),
                ],
                Fix(
                    "Follow redirects to another host without Authorization; curl -L does so with -H only from 7.58 "
                    "on.",
                    (fixes.resource_command(scene).replace("curl -i ", "curl -iL ", 1),),
                ),
            )
        elif before is not None and before.authorization is not None and not signed and exchange.challenges:
            yield proven(
                "redirect-authorization",
                "The redirect's target wants the Authorization that was left behind",
                f"The registry redirected from {before.host} to {exchange.host}, which asks for authorization again; "
                "clients "
                "rightly do not carry it to another host.",
                [scene.proof(exchange, "status", "status", exchange.status), url],
                Fix(f"Use {exchange.host} as the registry's name right away.", ()),
            )


def page(scene: Scene) -> Iterator[Finding]:
    """HTML, or a foreign server, where a registry's answer belongs."""
    judged = scene.last
    if judged is None or judged.role is Role.TOKEN or not _is_page(judged) or judged.follows is not None:
        return
    if "docker-distribution-api-version" in judged.response_headers or judged.challenges:
        return
    if (judged.status or 0) >= 500 or judged.host in ("hub.docker.com", "registry.hub.docker.com"):
        return
    ok = (judged.status or 0) < 400
    if judged.path in ("", "/") and ok:
        return
    if judged.status == 401:
        return  # a 401 without a challenge is told as that
    make = proven if ok or judged.status == 403 else likely
    yield make(
        "proxy-interference",
        "A web page came where the registry's answer belongs",
        f"The answer {judged.status} is HTML. A registry answers JSON: a login page, a proxy, an ingress or a firewall "
        "answered instead, or this host is no registry.",
        [
            scene.proof(judged, "content-type", "Content-Type", judged.response_headers.get("content-type", "")),
            scene.proof(judged, "body", "body", judged.body.text[:200]),
        ],
        proxy_fix(scene),
    )


RULES = (reach, challenge, realm, configured_realm, token_answer, failed, redirect, page)
