"""The realm: where the registry sends clients for tokens, and what answers there."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from reglens.auth.challenge import Challenge
from reglens.diagnosis import fixes, told
from reglens.diagnosis.finding import Finding, Fix, Proof
from reglens.diagnosis.reading import split_url
from reglens.diagnosis.rules.build import likely, proven
from reglens.diagnosis.rules.server import is_page, server_failed
from reglens.diagnosis.scene import Scene, shown
from reglens.oci.reference import is_loopback, split_port
from reglens.trace.curl import quoted
from reglens.trace.exchange import Exchange


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
    grant = scene.grant
    absolute = "://" in offered.realm
    if grant is not None and grant.status is not None and grant.status not in (404, 405, 410) and absolute:
        return  # somebody answers there; where the realm names no host, it is the registry itself
    unasked = grant is None and scene.evidence.lookup is not None  # live, and this client would not ask there
    make = proven if why[0] or (grant is not None and grant.failure is not None and why[2]) or unasked else likely
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
        if told.placeholder(fact.value):
            continue
        why = realm_fault(fact.value, scene.registry or "registry.example.com", "")
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
    path = split_url(offered.realm).path if offered and offered.realm and "://" in offered.realm else "/token"
    return Fix(
        "Set the realm to the token server's public https URL and restart the registry"
        + (f": {scene.product.realm_setting}." if scene.product.realm_setting else "."),
        (
            f"auth:\n  token:\n    realm: https://{split_port(host)[0]}{path or '/token'}",
            f"curl -sI {fixes.base_url(scene)}/v2/ | grep -i www-authenticate",
        ),
    )


def realm_fault(url: str, registry: str, scheme: str) -> tuple[bool, str, bool] | None:
    """What is wrong with a realm: whether that is certain, why in a sentence, and whether a failure to reach it proves
    that; None if nothing is to be seen."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return True, f"The realm {shown(url)!r} is no readable URL.", True
    if not parts.scheme or not parts.netloc:
        return True, f"The realm {shown(url)!r} is not an absolute URL.", True
    if parts.scheme not in ("http", "https"):
        return True, f"The realm {shown(url)!r} is neither http nor https.", True
    if parts.netloc.endswith(":"):
        return True, f"The realm {shown(url)!r} has a colon and no port behind it.", True
    own = split_port(registry)[0].strip("[]")
    name = parts.hostname or ""
    if name.endswith(".") or ".." in name or name.startswith("."):
        return True, f"The realm's host {name!r} is incomplete: a part of the name is empty.", True
    if is_loopback(name) and not is_loopback(registry):
        return True, f"The realm's host {name} is a loopback address: for the client that is its own machine.", True
    local = is_loopback(name) or (internal(own) and not is_loopback(registry))
    if own != name and internal(name) and not local:
        return (
            False,
            f"The realm's host {name} is an internal name or address, which exists only near the registry.",
            True,
        )
    if parts.scheme == "http" and scheme == "https":
        return (
            False,
            f"The registry is reached over https and the realm is plain http{f' (port {port})' if port else ''}.",
            False,
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
    if (grant.status or 0) in (404, 405, 410) or redirects(scene, grant) > 3:
        loop = redirects(scene, grant) > 3
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
        if is_page(grant):
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
        yield server_failed(scene, grant, "The token server")
        yield likely(
            "realm-unreachable",
            "So no token could be had",
            "The token server is needed for every request; while it fails, nothing can be pulled or pushed.",
            [status, url],
            Fix("Wait until the token server answers again.", (f"curl -i {quoted(grant.url or '')}",)),
        )
        return
    if grant.status is not None and (300 <= grant.status < 400 or grant.status in _NOT_UNDERSTOOD):
        yield _no_answer(scene, grant, [status, body])
    if grant.status is None or not 200 <= grant.status < 300 or grant.token is not None:
        return
    if not grant.body.data and grant.body.size == 0 and not grant.response_headers.lines:
        return
    page = is_page(grant)
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


_NOT_UNDERSTOOD = frozenset({400, 406, 415, 422, 501})
"""What a token server says of a request that it does not take, whoever asks."""


def _no_answer(scene: Scene, grant: Exchange, evidence: list[Proof]) -> Finding:
    """A redirect to nowhere, or a request that the token server does not take."""
    said = "; ".join(shown(e.message) for e in grant.errors if e.message)
    astray = grant.status is not None and grant.status < 400
    return (proven if astray else likely)(
        "token-response-invalid",
        "The token server redirects to nowhere" if astray else "The token server does not take the request",
        f"It answered {grant.status}{f' ({said})' if said else ''} and gave no token. "
        + (
            "A redirect needs a Location that a client can follow; a token server answers 200 with a token."
            if astray
            else "It asks for something in another form than the challenge says: look at its answer, and at what it "
            "expects of service, scope and account."
        ),
        evidence,
        Fix(
            "Look at what the realm answers; it must be JSON with token (or access_token).",
            (fixes.token_command(scene).replace("curl -s ", "curl -i ", 1),),
        ),
    )


def redirects(scene: Scene, grant: Exchange) -> int:
    hops = [e for e in scene.token_requests if e.status in (301, 302, 303, 307, 308)]
    return len(hops) if grant in hops or grant.status is None or grant.failure is not None else 0


RULES = (realm, configured_realm, token_answer)
