"""The way to the registry: names, connections, TLS, challenge, realm, redirects, limits, failures."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from reglens.diagnosis import fixes
from reglens.diagnosis.finding import Finding, Fix, Proof, Severity
from reglens.diagnosis.rules.build import graded, likely, proven
from reglens.diagnosis.rules.server import is_page, proxy_fix
from reglens.diagnosis.scene import Scene, shown
from reglens.errors import Reach
from reglens.jsontext import loads
from reglens.oci.reference import split_port
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
        elif failure.kind is Reach.PROXY:
            yield proven(
                "proxy-interference",
                "The proxy on the way does not let it through",
                f"Nothing reached {host}: {failure.message}.",
                evidence,
                proxy_fix(scene),
            )
        elif failure.kind is Reach.TLS:
            yield tls(scene, host, evidence)
        elif failure.kind is Reach.ANSWER and exchange.status is not None:
            yield proven(
                "proxy-interference",
                "The answer broke off in the middle",
                f"The registry answered {exchange.status} and the connection ended before the whole body had come: "
                "something "
                "on the way cuts connections, by time or by size.",
                evidence,
                proxy_fix(scene),
            )
        else:
            yield unreached(
                scene,
                host,
                token,
                failure.kind,
                failure.timed_out,
                evidence,
                proved=True,
                from_hop=_hop(scene, exchange),
            )


def _hop(scene: Scene, exchange: Exchange) -> str:
    """The host whose redirect led to this exchange; ``""`` if none did."""
    before = next((e for e in scene.requests if e.number == exchange.follows), None)
    return before.host if before is not None else ""


def unreached(
    scene: Scene,
    host: str,
    token: bool,
    kind: Reach | None,
    timed_out: bool,
    evidence: list[Proof],
    *,
    proved: bool,
    from_hop: str = "",
) -> Finding:
    """No connection, or no answer: of the token server (`token`), of the registry, or of the host that a redirect of
    `from_hop` leads to."""
    name = split_port(host)[0]
    how = {
        Reach.NAME: f"The name {name} has no address.",
        Reach.CONNECT: f"Nobody accepts connections at {host}" + (" within the time allowed." if timed_out else "."),
        Reach.SEND: f"The connection to {host} broke while the request was sent.",
    }.get(kind or Reach.ANSWER, f"{host} gave no whole answer" + (" within the time allowed." if timed_out else "."))
    looked_up = (f"getent hosts {name}",) if kind in (None, Reach.NAME) and not name.startswith("[") else ()
    checks = (*looked_up, f"curl -v {_url_of(scene, host, token)}")
    who = "The token server" if token else f"Where {from_hop} redirects to," if from_hop else "The registry"
    text = (
        f"{how} The address comes from realm in the registry's challenge; the client must reach it itself."
        if token
        else f"{how} {from_hop} answered, and sent the client there: to a store, a mirror or a proxy, which must be "
        "reachable from here as well."
        if from_hop
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
                else f", and where {from_hop} redirects to"
                if from_hop
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


_PLAIN_FLAGS = {
    "podman": "podman pull --tls-verify=false {place}",
    "buildah": "buildah pull --tls-verify=false {place}",
    "skopeo": "skopeo inspect --tls-verify=false docker://{place}",
    "helm": "helm pull oci://{place} --plain-http",
    "oras": "oras pull --plain-http {place}",
    "crane": "crane manifest --insecure {place}",
    "regctl": "regctl registry set --tls disabled {host}",
    "nerdctl": "nerdctl --insecure-registry pull {place}",
    "kaniko": "executor --insecure --insecure-pull --destination {place}",
    "containerd": 'server = "http://{host}"\n\n[host."http://{host}"]\n  capabilities = ["pull", "resolve", "push"]',
}
_PLAIN_FLAGS |= {"ctr": "ctr images pull --plain-http {place}", "kubelet": _PLAIN_FLAGS["containerd"]}
"""How each client is told that a registry speaks plain HTTP (their manual pages; containerd's docs/hosts.md, which
stands in /etc/containerd/certs.d/HOST/hosts.toml)."""


def _plain_command(scene: Scene, host: str) -> tuple[str, ...]:
    """The command, or the lines of a file, of the client in the evidence; none for docker, whose daemon has them."""
    names = [command.program for command in scene.evidence.commands]
    names += [report.teller for report in scene.evidence.reports]
    place = f"{host}/{scene.repository or '<image>'}"
    if scene.wanted is not None and scene.wanted.registry == host:
        place = scene.wanted.pullable
    for command in scene.evidence.commands:
        if "login" in command.argv[1:3] and command.program in ("podman", "buildah", "skopeo"):
            return (f"{command.program} login --tls-verify=false {host}",)
    told = next((name for name in names if name in _PLAIN_FLAGS), "")
    return (_PLAIN_FLAGS[told].replace("{place}", place).replace("{host}", host),) if told else ()


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
                *_plain_command(scene, host),
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
            or "The TLS handshake failed: the certificate is signed by an authority that the client does not know, has "
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


_SIGN_IN = re.compile(
    r"/(?:log-?in|sign-?in|sso|saml2?|adfs|oauth2?|openid-connect|oidc|cas|authorize)(?:[/?.]|$)|"
    r"[?&](?:client_id|redirect_uri|SAMLRequest|returnTo|return_url)=",
    re.IGNORECASE,
)
"""An address at which a browser is to sign in (RFC 6749, section 4.1.1; SAML 2.0 bindings, section 3.4)."""


def sign_in(scene: Scene) -> Iterator[Finding]:
    """A redirect from the API to a page for browsers: a registry answers 401 with a challenge, never a login page."""
    judged = scene.last
    if judged is not None and judged.follows is not None:  # the client went there
        judged = next((e for e in scene.requests if e.number == judged.follows), None)
    if judged is None or not 300 <= (judged.status or 0) < 400 or not judged.path.startswith("/v2/"):
        return
    place = judged.response_headers.get("location", "")
    if "/blobs/" in judged.path or not _SIGN_IN.search(place):
        return
    yield proven(
        "proxy-interference",
        "The registry's API is redirected to a page where browsers sign in",
        "Who has no token gets a 401 with a challenge from a registry. Here something in front of it (a single sign-on "
        "proxy, an ingress with its own authentication) sends the caller to a login page, which no client can use.",
        [
            scene.proof(judged, "status", "status", judged.status),
            scene.proof(judged, "location", "Location", place),
        ],
        proxy_fix(scene),
    )


def page(scene: Scene) -> Iterator[Finding]:
    """HTML, or a foreign server, where a registry's answer belongs."""
    judged = scene.last
    if judged is None or judged.role is Role.TOKEN or not is_page(judged) or judged.follows is not None:
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


def changed(scene: Scene) -> Iterator[Finding]:
    """A manifest whose bytes do not hash to the digest that the answer announces (OCI distribution spec, "Pulling
    manifests"); live only, as a paste does not keep the bytes."""
    judged = scene.last
    if judged is None or judged.local_time is None or judged.role is not Role.MANIFEST or judged.status != 200:
        return
    announced = judged.response_headers.get("docker-content-digest", "")
    if judged.method != "GET" or judged.body.cut or not judged.body.data or not announced.startswith("sha256:"):
        return
    if judged.response_headers.get("content-encoding"):
        return
    actual = "sha256:" + hashlib.sha256(judged.body.data).hexdigest()
    if actual == announced:
        return
    yield proven(
        "proxy-interference",
        "The bytes that came are not those of their digest",
        "The answer announces one digest and its body has another: something between the registry and here changed the "
        "content. A client must refuse it.",
        [
            scene.proof(judged, "docker-content-digest", "Docker-Content-Digest", announced),
            scene.proof(judged, "body", "digest of the body", actual),
        ],
        proxy_fix(scene),
    )


def unusable(scene: Scene) -> Iterator[Finding]:
    """A success with something else than a manifest in it; live only, as a paste may leave the body out."""
    judged = scene.last
    if judged is None or judged.local_time is None or judged.role is not Role.MANIFEST or judged.status != 200:
        return
    if judged.method != "GET" or judged.body.cut or is_page(judged):
        return
    try:
        value = loads(judged.body.data) if judged.body.data else None
    except ValueError:
        value = None
    if isinstance(value, dict) and ("schemaVersion" in value or "manifests" in value or "layers" in value):
        return
    yield proven(
        "proxy-interference",
        "An answer without a manifest came" if judged.body.data else "An empty answer came where a manifest belongs",
        "The status is 200, and what came with it is no manifest (OCI image-spec, manifest.md: a JSON object with "
        "schemaVersion). A registry does not answer so: something in front of it does, or another server listens here.",
        [
            scene.proof(judged, "status", "status", judged.status),
            scene.proof(judged, "body", "body", judged.body.text[:200] or "(empty)"),
        ],
        proxy_fix(scene),
    )


def plain_trial(scene: Scene) -> Iterator[Finding]:
    """Plain http was answered where https was not."""
    for trial in scene.evidence.trials:
        if trial.kind != "plain" or not trial.worked or scene.refusal is None or scene.refusal.failure is None:
            continue
        if scene.refusal.follows is not None:
            continue  # another host failed, to which the registry's own answer led
        if not (scene.refusal.url or "").startswith("http://"):  # else it is no news, and not what failed
            yield plain(scene, scene.registry, [Proof("trial: plain http", trial.detail or "answered")])


RULES = (reach, plain_trial, challenge, redirect, sign_in, page, changed, unusable)
