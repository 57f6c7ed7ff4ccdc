"""The walk to registries that nobody has tested: each behaves in one way of its own, and the first finding names it.

Their tokens are made by hand, so that no signature is one; that is told only where nothing else explains the refusal.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from reglens.check.walk import walk
from reglens.diagnosis.finding import Outcome, Severity
from reglens.oci.reference import Reference
from reglens.registry.options import Options
from support.scripted import Answer, Request, Scripted, index_answer, json_answer

INVALID, SCANT = ',error="invalid_token"', ',error="insufficient_scope"'
Claims = dict[str, Any]
Judge = Callable[[Claims | None, Request], str | Answer | None]
"""What a registry says of a token: None for yes, what its challenge adds, or another answer."""
Give = Callable[[Request], Answer]
Behaviour = Callable[[Request, str], Answer]


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt(request: Request, **changed: Any) -> str:
    """A token as the request wants it, but for what is `changed` (None: left out)."""
    now = int(time.time())
    claims = {
        "iss": "auth.example",
        "aud": dict(request.query).get("service", ""),
        "sub": "",
        "exp": now + 300,
        "nbf": now - 5,
        "iat": now - 5,
        "access": [{"type": "repository", "name": "team/app", "actions": ["pull"]}],
        **changed,
    }
    signature = base64.urlsafe_b64encode(b"x" * 64).decode().rstrip("=")
    return f"{encoded({'alg': 'RS256', 'typ': 'JWT', 'kid': 'AAAA'})}.{encoded(claims)}.{signature}"


def gives(**changed: Any) -> Give:
    return lambda request: json_answer({"token": jwt(request, **changed), "expires_in": 300})


def says(status: int, body: Any) -> Give:
    return lambda request: Answer(status, (), body) if isinstance(body, bytes) else json_answer(body, status)


def access(name: str, *actions: str) -> list[Claims]:
    return [{"type": "repository", "name": name, "actions": list(actions)}]


def refusal(code: str, message: str, status: int, *headers: tuple[str, str]) -> Answer:
    return json_answer({"errors": [{"code": code, "message": message}]}, status, headers)


def guarded(
    give: Give, judge: Judge = lambda claims, request: None, *, realm: str = "", repository: str = "team/app"
) -> Behaviour:
    """A registry that wants a token and judges it; `repository` is the one that its challenge names."""

    def answer(request: Request, host: str) -> Answer:
        if request.path == "/token":
            return give(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        more = ""
        if scheme == "Bearer":
            try:
                claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==="))
            except (IndexError, ValueError):
                claims = None
            verdict = judge(claims, request)
            if isinstance(verdict, Answer):
                return verdict
            if verdict is None:
                return json_answer({}) if request.path == "/v2/" else index_answer()
            more = verdict
        scope = "" if request.path == "/v2/" else f',scope="repository:{repository}:pull"'
        challenge = f'Bearer realm="{realm or f"http://{host}/token"}",service="registry"{scope}{more}'
        return refusal("UNAUTHORIZED", "authentication required", 401, ("WWW-Authenticate", challenge))

    return answer


def open_to_all(manifest: Give, base: Give = lambda request: json_answer({})) -> Behaviour:
    return lambda request, host: base(request) if request.path == "/v2/" else manifest(request)


def stripped(behaviour: Behaviour) -> Behaviour:
    """Something before it takes the Authorization header away."""
    return lambda request, host: behaviour(Request(request.method, request.target, {}, request.body), host)


def not_to_head(request: Request) -> Answer:
    return Answer(405) if request.method == "HEAD" else index_answer()


def invalid(claims: Claims | None, request: Request) -> str:
    return INVALID


def scant(claims: Claims | None, request: Request) -> str | None:
    return None if request.path == "/v2/" else SCANT


def below(answer: Answer) -> Judge:
    return lambda claims, request: None if request.path == "/v2/" else answer


HTML = b"<!DOCTYPE html><html><title>Sign in</title></html>"
STRANGE: dict[str, tuple[Behaviour, set[str]]] = {
    "a token that begins later": (guarded(gives(nbf=int(time.time()) + 600), invalid), {"token-not-yet-valid"}),
    "a token that has expired": (guarded(gives(exp=int(time.time()) - 600), invalid), {"token-expired"}),
    "a list of other audiences": (guarded(gives(aud=["other"]), invalid), {"audience-mismatch"}),
    "an audience with a slash": (guarded(gives(aud="registry/"), invalid), {"audience-mismatch"}),
    "a repository in capitals": (guarded(gives(access=access("Team/App", "pull")), scant), {"access-other-repository"}),
    "push alone": (guarded(gives(access=access("team/app", "push")), scant), {"access-insufficient"}),
    "access is null": (guarded(gives(access=None), scant), {"access-empty"}),
    "access is empty, the refusal says nothing": (
        guarded(gives(access=[]), below(refusal("UNAUTHORIZED", "authentication required", 401))),
        {"access-empty"},
    ),
    "a signature that is none": (guarded(gives(), invalid), {"signature-untrusted"}),
    "an opaque token is refused": (guarded(says(200, {"token": "opaque123456"}), invalid), {"token-wrong-kind"}),
    "the challenge names another repository": (
        guarded(gives(access=access("proxy/team/app", "pull")), scant, repository="proxy/team/app"),
        {"scope-mismatch"},
    ),
    "more is needed than is asked for": (guarded(gives(), scant), {"access-insufficient"}),
    "a refusal after the token": (
        guarded(gives(), below(refusal("DENIED", "requested access to the resource is denied", 403))),
        {"permission-denied"},
    ),
    "the token server wants a login": (guarded(says(401, {})), {"credentials-missing"}),
    "the token server forbids": (
        guarded(says(403, {"errors": [{"code": "DENIED", "message": "denied"}]})),
        {"credentials-missing"},
    ),
    "a page for a token": (guarded(says(200, HTML)), {"token-response-invalid"}),
    "an empty token": (guarded(says(200, {"token": ""})), {"token-response-invalid"}),
    "no token server there": (guarded(says(404, b"not found")), {"realm-misconfigured"}),
    "the token server fails": (guarded(says(500, b"boom")), {"registry-error", "realm-unreachable"}),
    "nobody at the realm": (guarded(gives(), realm="http://127.0.0.1:1/token"), {"realm-unreachable"}),
    "a realm without a scheme": (guarded(gives(), realm="auth.internal/token"), {"realm-misconfigured"}),
    "Authorization is taken away": (stripped(guarded(gives())), {"proxy-interference"}),
    "no challenge": (lambda request, host: refusal("UNAUTHORIZED", "no", 401), {"challenge-missing"}),
    "Basic alone": (
        lambda request, host: refusal("UNAUTHORIZED", "no", 401, ("WWW-Authenticate", 'Basic realm="Registry"')),
        {"credentials-missing"},
    ),
    "a page everywhere": (open_to_all(says(200, HTML), says(200, HTML)), {"proxy-interference"}),
    "no registry": (open_to_all(says(404, b"404 page not found"), says(404, b"404 page not found")), {"wrong-host"}),
    "no such repository": (open_to_all(says(404, b"404 page not found")), {"repository-not-found"}),
    "no such tag": (
        guarded(gives(), below(refusal("MANIFEST_UNKNOWN", "manifest unknown", 404))),
        {"manifest-unknown"},
    ),
    "the token server does not understand": (guarded(says(400, {"errors": []})), {"token-response-invalid"}),
    "the token server redirects to nowhere": (guarded(says(302, {})), {"token-response-invalid"}),
    "times in milliseconds": (
        guarded(gives(nbf=int(time.time()) * 1000, exp=int(time.time()) * 1000 + 300_000), invalid),
        {"token-not-yet-valid"},
    ),
    "actions are a text": (
        guarded(gives(access=[{"type": "repository", "name": "team/app", "actions": "pull"}]), invalid),
        {"token-malformed"},
    ),
    "a cache whose upstream refuses": (
        guarded(gives(), below(refusal("UNAUTHORIZED", "upstream: unauthorized", 401))),
        {"upstream-failed"},
    ),
    "refused without a challenge, the base route open": (
        open_to_all(says(401, {"errors": [{"code": "UNAUTHORIZED"}]})),
        {"challenge-missing"},
    ),
    "nothing in the answer": (open_to_all(says(200, b"")), {"proxy-interference"}),
    "something else in the answer": (open_to_all(says(200, {"hello": "world"})), {"proxy-interference"}),
    "withheld by law": (open_to_all(says(451, b"")), {"network-denied"}),
    "too many requests": (open_to_all(says(429, {})), {"rate-limited"}),
    "out of service": (open_to_all(says(503, HTML), says(503, HTML)), {"registry-error"}),
    "another digest than that of the bytes": (
        open_to_all(lambda request: index_answer(b"{}", ("Docker-Content-Digest", f"sha256:{'b' * 64}"))),
        {"proxy-interference"},
    ),
}
HEALTHY: dict[str, Behaviour] = {
    "one of several audiences": guarded(gives(aud=["x", "registry"])),
    "access_token alone": guarded(lambda request: json_answer({"access_token": jwt(request)})),
    "a token that lives no time": guarded(lambda request: json_answer({"token": jwt(request), "expires_in": 0})),
    "no answer to HEAD": open_to_all(not_to_head),
    "two challenges in one line": lambda request, host: (
        json_answer({"token": "abc"})
        if request.path == "/token"
        else index_answer()
        if request.headers.get("authorization") == "Bearer abc"
        else refusal(
            "UNAUTHORIZED",
            "no",
            401,
            ("WWW-Authenticate", f'Basic realm="x", Bearer realm="http://{host}/token",service="s"'),
        )
    ),
}


async def findings(behaviour: Behaviour) -> tuple[Outcome, list[tuple[str, Severity]]]:
    async with Scripted() as registry:
        registry.otherwise = lambda request: behaviour(request, registry.host)
        reference = Reference.parse(f"{registry.host}/team/app:latest")
        done = await walk(reference, options=Options(plain_http=True, timeout=5))
    return done.diagnosis.outcome, [(f.code, f.severity) for f in done.diagnosis.findings]


@pytest.mark.parametrize("name", STRANGE)
async def test_the_cause_is_named_first(name: str) -> None:
    behaviour, codes = STRANGE[name]
    outcome, found = await findings(behaviour)
    assert outcome in (Outcome.REFUSED, Outcome.FAILED)
    assert found, "nothing was found"
    assert found[0][0] in codes, found


@pytest.mark.parametrize("name", HEALTHY)
async def test_what_works_is_well(name: str) -> None:
    outcome, found = await findings(HEALTHY[name])
    assert outcome is Outcome.OK
    assert [code for code, severity in found if severity is Severity.ERROR] == []
