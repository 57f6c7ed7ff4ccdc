"""The live laboratory: docker-registry behind a token server that misbehaves on demand, and misbehaving front ends.

`reglens check` has to name each fault first, and to find nothing where nothing is wrong.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from support.processes import free_port
from support.token_server import Mischief, Signer

from .conftest import PASSWORD, Peer, docker_login, reglens

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("integration")]
Edit = Callable[[dict[str, Any]], None]


def setting(**values: Any) -> Edit:
    return lambda claims: claims.update(values)


def shifted(**seconds: int) -> Edit:
    return lambda claims: claims.update({name: int(time.time()) + s for name, s in seconds.items()})


def access(*entries: tuple[str, list[str]]) -> Edit:
    listed = [{"type": "repository", "name": name, "actions": actions} for name, actions in entries]
    return setting(access=listed)


STRANGER = Signer("a stranger")
CLAIM_FAULTS: dict[str, tuple[Edit, set[str]]] = {
    "another audience": (setting(aud="registry.example.com"), {"audience-mismatch"}),
    "no audience": (setting(aud=""), {"audience-mismatch"}),
    "another issuer": (setting(iss="someone-else"), {"issuer-mismatch", "signature-untrusted"}),
    "expired": (shifted(exp=-3600, nbf=-7200, iat=-7200), {"token-expired"}),
    "not yet valid": (shifted(nbf=3600, iat=3600, exp=7200), {"token-not-yet-valid", "clock-skew"}),
    "no access": (setting(access=[]), {"access-empty"}),
    "access to another repository": (access(("library/nginx", ["pull"])), {"access-other-repository"}),
    "an action missing": (access(("library/alpine", ["push"])), {"access-insufficient"}),
    "claims of a wrong type": (setting(access="repository:library/alpine:pull"), {"token-malformed"}),
    "times as text": (setting(exp=str(int(time.time()) + 300)), {"token-malformed"}),
}


def forged(claims: dict[str, Any]) -> str:
    return STRANGER.sign(claims)


def tampered(signer: Signer) -> Callable[[dict[str, Any]], str]:
    def sign(claims: dict[str, Any]) -> str:
        head, body, signature = signer.sign(claims).split(".")
        broken = ("B" if signature[10] != "B" else "C").join((signature[:10], signature[11:]))
        return f"{head}.{body}.{broken}"

    return sign


def symmetric(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "k" * 32, "HS256")


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."


def unknown_key(signer: Signer) -> Callable[[dict[str, Any]], str]:
    return lambda claims: signer.sign(claims, {"kid": "AAAA:BBBB:CCCC:DDDD:EEEE:FFFF:GGGG:HHHH:IIII:JJJJ:KKKK:LLLL"})


@pytest.fixture
def mischief(token_registry: Peer) -> Iterator[Mischief]:
    assert token_registry.tokens
    token_registry.tokens.mischief = Mischief()
    yield token_registry.tokens.mischief
    token_registry.tokens.mischief = Mischief()


def first_error(host: str, name: str = "library/alpine:3.20", **options: Any) -> tuple[str, Any]:
    ran = reglens("check", "--json", f"{host}/{name}", **options)
    findings = ran.document["findings"]
    assert ran.code == 1, findings
    return findings[0]["code"], findings


@pytest.mark.parametrize("fault", CLAIM_FAULTS)
def test_a_fault_in_the_claims_is_named_first(fault: str, token_registry: Peer, mischief: Mischief) -> None:
    mischief.claims, codes = CLAIM_FAULTS[fault]
    code, findings = first_error(token_registry.host)
    assert code in codes, findings


@pytest.mark.parametrize("fault", ["stranger", "tampered", "symmetric", "unsigned", "unknown key"])
def test_a_fault_in_the_signature_is_named_first(fault: str, token_registry: Peer, mischief: Mischief) -> None:
    assert token_registry.tokens
    signer = token_registry.tokens.signer
    signing = {
        "stranger": forged,
        "tampered": tampered(signer),
        "symmetric": symmetric,
        "unsigned": unsigned,
        "unknown key": unknown_key(signer),
    }
    mischief.sign = signing[fault]
    code, findings = first_error(token_registry.host)
    expected = {"algorithm-unsupported"} if fault in ("symmetric", "unsigned") else {"signature-untrusted"}
    assert code in expected, findings


HTML = (200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html><title>Sign in</title></html>")


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (HTML, {"token-response-invalid", "proxy-interference"}),
        ((200, {}, b'{"expires_in":300}'), {"token-response-invalid"}),
        ((200, {}, b'{"token":'), {"token-response-invalid"}),
        ((500, {}, b"oops"), {"realm-unreachable", "registry-error"}),
        ((503, {}, b""), {"realm-unreachable", "registry-error"}),
        ((429, {"Retry-After": "30"}, b'{"details":"too many requests"}'), {"rate-limited"}),
        ((401, {}, b'{"details":"incorrect username or password"}'), {"credentials-rejected", "credentials-missing"}),
    ],
    ids=["html", "no token", "broken json", "500", "503", "429", "401"],
)
def test_a_token_server_that_fails_is_named_first(
    answer: tuple[int, dict[str, str], bytes], codes: set[str], token_registry: Peer, mischief: Mischief
) -> None:
    mischief.answer = answer
    code, findings = first_error(token_registry.host)
    assert code in codes, findings


def test_a_healthy_pull_has_no_finding(token_registry: Peer, open_registry: Peer, home: Path) -> None:
    for host in (token_registry.host, open_registry.host):
        ran = reglens("check", "--json", f"{host}/library/alpine:3.20", home=home)
        grave = [f for f in ran.document["findings"] if f["severity"] in ("error", "warning")]
        assert (ran.code, ran.document["outcome"], grave) == (0, "ok", [])
    docker_login(home, token_registry.host, "alice")
    ran = reglens("check", "--json", f"{token_registry.host}/team/private", home=home)
    assert (ran.code, ran.document["outcome"]) == (0, "ok")


@pytest.mark.parametrize("kind", ["basic", "token"])
def test_a_private_repository_asks_for_a_login(
    kind: str, basic_registry: Peer, token_registry: Peer, home: Path
) -> None:
    peer = basic_registry if kind == "basic" else token_registry
    code, findings = first_error(peer.host, "team/private", home=home)
    assert code in {"credentials-missing", "access-empty"}, findings
    assert "credentials-missing" in {finding["code"] for finding in findings}


@pytest.mark.parametrize("kind", ["basic", "token"])
def test_a_wrong_password_is_named_first(kind: str, basic_registry: Peer, token_registry: Peer, home: Path) -> None:
    peer = basic_registry if kind == "basic" else token_registry
    docker_login(home, peer.host, "alice", "wrong " + PASSWORD)
    code, findings = first_error(peer.host, "team/private", home=home)
    assert code == "credentials-rejected", findings
    assert "wrong " + PASSWORD not in json.dumps(findings)


def test_a_login_without_rights_is_named(token_registry: Peer, home: Path) -> None:
    docker_login(home, token_registry.host, "bob")
    code, findings = first_error(token_registry.host, "team/private", home=home)
    assert code in {"permission-denied", "access-empty"}, findings
    assert "permission-denied" in {finding["code"] for finding in findings}


def test_a_repository_without_its_namespace_is_named(token_registry: Peer, home: Path) -> None:
    docker_login(home, token_registry.host, "alice")
    _, findings = first_error(token_registry.host, "alpine", home=home)
    assert {"library-prefix", "repository-not-found", "permission-denied"} & {f["code"] for f in findings}, findings


def test_a_tag_that_is_not_there_is_named_first(open_registry: Peer, token_registry: Peer) -> None:
    for host in (open_registry.host, token_registry.host):
        code, findings = first_error(host, "library/alpine:nope")
        assert code == "manifest-unknown", findings


def test_nobody_at_the_port_is_named_first() -> None:
    code, findings = first_error(f"127.0.0.1:{free_port()}")
    assert code == "registry-unreachable", findings


def test_the_registrys_own_bundle_settles_what_it_never_says(token_registry: Peer, mischief: Mischief) -> None:
    """An untrusted key and an untrusted issuer are refused in the same words; with the bundle they are told apart."""
    bundle = str(token_registry.folder / "bundle.pem")
    name = f"{token_registry.host}/library/alpine:3.20"
    healthy = reglens("check", "--json", "--keys", bundle, name)
    assert (healthy.code, healthy.document["findings"]) == (0, [])
    assert next(row for row in healthy.document["comparison"] if row["row"] == "key")["verdict"] == "agree"
    mischief.sign = forged
    known = reglens("check", "--json", "--keys", bundle, name)
    assert (known.code, known.document["findings"][0]["code"]) == (1, "signature-untrusted")
    assert known.document["findings"][0]["severity"] == "error"
    assert bundle in known.document["findings"][0]["explanation"]
    mischief.sign, mischief.claims = None, setting(iss="someone-else")
    issuer = reglens("check", "--json", "--keys", bundle, name).document["findings"]
    assert issuer[0]["code"] == "issuer-mismatch"
    assert "signature-untrusted" not in {finding["code"] for finding in issuer}
