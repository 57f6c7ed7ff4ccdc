"""docker-registry behind front ends that misbehave: `reglens check` names each first, and forgives what it can."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from support.front_end import Answer, FrontEnd, Passed, Request, page
from support.processes import free_port

from .conftest import Peer, docker_login, reglens

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("integration")]


def challenge(change: Callable[[str], str | None]) -> Answer:
    """Changes what a 401 asks for; None takes the header away."""

    def edit(answer: Passed) -> None:
        sent = answer.headers.pop("www-authenticate", None)
        changed = change(sent) if sent is not None else None
        if changed is not None:
            answer.headers["www-authenticate"] = changed

    return edit


def realm(url: str) -> Answer:
    return challenge(lambda sent: f'Bearer realm="{url}"{sent[sent.index(",service") :]}')


def without(*names: str) -> Request:
    """Takes headers from the requests."""

    def edit(request: Passed) -> None:
        for name in names:
            request.headers.pop(name, None)

    return edit


def manifests(edit: Answer) -> Answer:
    """Touches the answers that hold a manifest."""
    return lambda answer: edit(answer) if answer.status == 200 and "/manifests/" in answer.path else None


def respaced(answer: Passed) -> None:
    answer.body = answer.body.replace(b'":', b'": ')


def cut(answer: Passed) -> None:
    answer.headers["content-length"] = str(len(answer.body))
    answer.body = answer.body[: len(answer.body) // 2]


def sign_in(request: Passed) -> Passed:
    where = "https://login.example.com/authorize?client_id=gateway&redirect_uri=x"
    return Passed(request.method, request.path, {"location": where}, 302)


def basic_gate(request: Passed) -> Passed | None:
    """nginx's auth_basic before a registry that has no authentication of its own."""
    if request.headers.get("authorization", "").startswith("Basic "):
        return None
    return Passed(
        request.method, request.path,
        {"www-authenticate": 'Basic realm="Restricted"', "content-type": "text/html", "server": "nginx"}, 401,
        b"<html><head><title>401 Authorization Required</title></head></html>",
    )  # fmt: skip


def too_many(request: Passed) -> Passed | None:
    if "/manifests/" not in request.path:
        return None
    return Passed(request.method, request.path, {"retry-after": "3600", "content-type": "text/html"}, 429, b"slow down")


def store(request: Passed) -> Passed | None:
    """Redirects a manifest to a path of the same host that takes only its own signature (S3's answer to two)."""
    if request.path.startswith("/store/"):
        if "authorization" in request.headers:
            body = b"<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed; only the "
            body += b"X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header "
            body += b"should be specified</Message></Error>"
            return Passed(request.method, request.path, {"content-type": "application/xml"}, 400, body)
        return Passed(request.method, request.path, {}, 404)
    if "/manifests/" in request.path and "authorization" in request.headers:
        return Passed(request.method, request.path, {"location": "/store/manifest?X-Amz-Signature=0123"}, 307)
    return None


FAULTS: dict[str, tuple[Request | None, Answer | None, set[str]]] = {
    "the challenge is taken away": (None, challenge(lambda _: None), {"challenge-missing"}),
    "the realm is a name of the cluster": (
        None, realm("http://auth.registry.svc.cluster.local:5001/token"), {"realm-misconfigured"},
    ),
    "the realm is a path": (None, realm("/token"), {"realm-misconfigured"}),
    "nobody listens at the realm": (None, realm(f"http://127.0.0.1:{free_port()}/token"), {"realm-unreachable"}),
    "the realm says https and speaks http": (
        None, challenge(lambda sent: sent.replace('realm="http:', 'realm="https:')), {"plain-http"},
    ),
    "Authorization is dropped": (without("authorization"), None, {"proxy-interference"}),
    "Accept is dropped": (without("accept"), None, {"accept-missing", "proxy-interference"}),
    "a web page answers": (page(200, "Welcome to nginx!"), None, {"proxy-interference", "wrong-host"}),
    "a firewall's page answers": (page(403, "Request blocked", "cloudflare"), None,
                                  {"proxy-interference", "network-denied"}),
    "the way leads to a login": (sign_in, None, {"proxy-interference"}),
    "the registry is down": (page(502, "502 Bad Gateway"), None, {"registry-error", "proxy-interference"}),
    "the registry is away": (page(503, "503 Service Temporarily Unavailable"), None, {"registry-error"}),
    "a proxy wants a login of its own": (page(407, "Proxy Authentication Required"), None, {"proxy-interference"}),
    "a gate of its own asks for a login": (basic_gate, None, {"credentials-missing"}),
    "the manifest is changed": (None, manifests(respaced), {"proxy-interference"}),
    "the manifest is cut": (None, manifests(cut), {"proxy-interference"}),
    "too many requests": (too_many, None, {"rate-limited"}),
    "the store refuses the token": (store, None, {"redirect-authorization"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_front_end_that_misbehaves_is_named_first(fault: str, token_registry: Peer, open_registry: Peer) -> None:
    request, answer, codes = FAULTS[fault]
    behind = open_registry if request is basic_gate else token_registry
    with FrontEnd(behind.host, request, answer) as front:
        ran = reglens("check", "--json", f"{front.host}/library/alpine:3.20")
    findings = ran.document["findings"]
    assert ran.code == 1, findings
    assert findings[0]["code"] in codes, [(f["code"], f["explanation"]) for f in findings]
    assert findings[0]["severity"] == "error"


def base_open(request: Passed) -> Passed | None:
    """The base route answers 200 to everybody, as where anonymous and private repositories stand side by side."""
    return Passed(request.method, request.path, {"content-type": "application/json"}, 200, b"{}") if (
        request.path == "/v2/"
    ) else None  # fmt: skip


def no_head(request: Passed) -> Passed | None:
    return Passed(request.method, request.path, {}, 405) if request.method == "HEAD" else None


def undigested(answer: Passed) -> None:
    answer.headers.pop("docker-content-digest", None)


FORGIVEN: dict[str, tuple[Request | None, Answer | None]] = {
    "nothing": (None, None),
    "the base route asks for nothing": (base_open, None),
    "HEAD is not known": (no_head, None),
    "the scheme in lower case, realm unquoted": (
        None, challenge(lambda sent: re.sub('Bearer realm="([^"]*)"', r"bearer realm=\1", sent)),
    ),
    "another scheme before it": (None, challenge(lambda sent: f'Negotiate, {sent}, Basic realm="x"')),
    "no digest is announced": (None, undigested),
    "JSON as text": (
        None, lambda answer: answer.headers.update({"content-type": "text/plain"}) if answer.status == 401 else None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("oddity", FORGIVEN)
def test_what_can_be_forgiven_is(oddity: str, token_registry: Peer) -> None:
    request, answer = FORGIVEN[oddity]
    with FrontEnd(token_registry.host, request, answer) as front:
        ran = reglens("check", "--json", f"{front.host}/library/alpine:3.20")
        digest = reglens("digest", f"{front.host}/library/alpine:3.20")
    assert (ran.code, ran.document["outcome"]) == (0, "ok"), ran.document["findings"]
    assert [f for f in ran.document["findings"] if f["severity"] != "info"] == []
    assert digest.out == reglens("digest", f"{token_registry.host}/library/alpine:3.20").out


def test_a_login_passes_a_gate_of_its_own(open_registry: Peer, home: Path) -> None:
    with FrontEnd(open_registry.host, basic_gate) as front:
        docker_login(home, front.host, "anybody")
        ran = reglens("digest", f"{front.host}/library/alpine:3.20", home=home)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("sha256:")
