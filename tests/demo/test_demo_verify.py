"""The verifier against what distribution 3 was measured to answer, fault by fault and in its order."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from reglens.demo.keys import Authority, thumbprint
from reglens.demo.verify import TokenRefused, Verifier
from reglens.oci.scope import Scope

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
OURS = Authority.create("ours", NOW)
THEIRS = Authority.create("theirs", NOW)
WANTED = (Scope.repository("library/alpine", "pull"),)
GOOD: dict[str, Any] = {
    "iss": "auth.docker.io",
    "aud": "registry.docker.io",
    "exp": AT + 300,
    "nbf": AT,
    "iat": AT,
    "sub": "",
    "access": [{"type": "repository", "name": "library/alpine", "actions": ["pull"]}],
}
NOTHING = "no error"
OK = "200"
Make = Callable[[], str]


def signed(**claims: Any) -> Make:
    """A token like the good one; a claim given as None is left out."""
    return lambda: OURS.sign({name: value for name, value in (GOOD | claims).items() if value is not None})


def access(*entries: dict[str, Any]) -> Make:
    return signed(access=list(entries))


def entry(name: str = "library/alpine", *actions: str, kind: str = "repository") -> dict[str, Any]:
    return {"type": kind, "name": name, "actions": list(actions)}


def with_parts(change: Callable[[list[str]], list[str]]) -> Make:
    return lambda: ".".join(change(OURS.sign(GOOD).split(".")))


def tampered(parts: list[str]) -> list[str]:
    body = base64.urlsafe_b64encode(json.dumps(GOOD | {"sub": "somebody"}).encode()).rstrip(b"=").decode()
    return [parts[0], body, parts[2]]


def own_jwk() -> dict[str, Any]:
    return dict(jwt.algorithms.ECAlgorithm.to_jwk(OURS.key.public_key(), as_dict=True))


SYMMETRIC = "a secret of at least thirty-two octets, as HS256 wants"

CASES: dict[str, tuple[Make, str]] = {
    "ok": (signed(), OK),
    "wrong-aud": (signed(aud="registry.example.com"), "invalid_token"),
    "no-aud": (signed(aud=None), "invalid_token"),
    "aud-array": (signed(aud=["other", "registry.docker.io"]), OK),
    "wrong-iss": (signed(iss="some-other-issuer"), "invalid_token"),
    "no-iss": (signed(iss=None), "invalid_token"),
    "iss-slash": (signed(iss="auth.docker.io/"), "invalid_token"),
    "expired": (signed(exp=AT - 61), "invalid_token"),
    "expired-within-leeway": (signed(exp=AT - 59), OK),
    "no-exp": (signed(exp=None), "invalid_token"),
    "exp-string": (signed(exp=str(AT + 300)), NOTHING),
    "exp-float": (signed(exp=AT + 300.5), NOTHING),
    "exp-ms": (signed(exp=(AT + 300) * 1000), OK),
    "nbf-future": (signed(nbf=AT + 61), "invalid_token"),
    "nbf-within-leeway": (signed(nbf=AT + 59), OK),
    "untrusted-key": (lambda: THEIRS.sign(GOOD), "invalid_token"),
    "unknown-kid": (lambda: OURS.sign(GOOD, {"kid": "Z9Xr-unknown-key"}), "invalid_token"),
    "kid-no-text": (lambda: OURS.sign(GOOD, {"jwk": {"kty": "EC"}}), "invalid_token"),
    "no-key-id": (lambda: OURS.sign(GOOD, {}), "invalid_token"),
    "jwk-untrusted": (lambda: OURS.sign(GOOD, {"jwk": own_jwk()}), "invalid_token"),
    "wrong-key-right-x5c": (lambda: THEIRS.sign(GOOD, {"x5c": OURS.x5c}), NOTHING),
    "x5c-leaf-alone": (lambda: OURS.sign(GOOD, {"x5c": OURS.x5c[:1]}), OK),
    "x5c-rubbish": (lambda: OURS.sign(GOOD, {"x5c": ["AAAA"]}), "invalid_token"),
    "tampered-payload": (with_parts(tampered), NOTHING),
    "no-signature": (with_parts(lambda parts: [*parts[:2], ""]), NOTHING),
    "truncated": (with_parts(lambda parts: [*parts[:2], parts[2][:66]]), NOTHING),
    "two-parts": (with_parts(lambda parts: parts[:2]), "invalid_token"),
    "padded": (with_parts(lambda parts: [*parts[:2], parts[2] + "=="]), "invalid_token"),
    "trailing-dot": (with_parts(lambda parts: [*parts, ""]), "invalid_token"),
    "alg-none": (lambda: jwt.encode(GOOD, "", algorithm="none", headers={"x5c": OURS.x5c}), "invalid_token"),
    "alg-hs256": (lambda: jwt.encode(GOOD, SYMMETRIC, algorithm="HS256", headers={"x5c": OURS.x5c}), NOTHING),
    "access-empty": (access(), "insufficient_scope"),
    "access-missing": (signed(access=None), "insufficient_scope"),
    "access-object": (signed(access={"library/alpine": ["pull"]}), NOTHING),
    "access-string": (signed(access="repository:library/alpine:pull"), NOTHING),
    "access-no-pull": (access(entry("library/alpine", "push")), "insufficient_scope"),
    "access-star": (access(entry("library/alpine", "*")), OK),
    "access-other-repo": (access(entry("library/busybox", "pull")), "insufficient_scope"),
    "access-no-library": (access(entry("alpine", "pull")), "insufficient_scope"),
    "access-glob": (access(entry("library/*", "pull")), "insufficient_scope"),
    "access-wrong-type": (access(entry("library/alpine", "pull", kind="repo")), "insufficient_scope"),
    "opaque": (lambda: "djE6dGhpcyBpcyBubyB0b2tlbg", "invalid_token"),
    "null": (lambda: "null", "invalid_token"),
    "doubled": (lambda: f"Bearer {OURS.sign(GOOD)}", "invalid_token"),
    "quoted": (lambda: f'"{OURS.sign(GOOD)}"', "invalid_token"),
    # The order: the first fault of a token hides the others.
    "aud-before-exp-both-say-invalid": (signed(aud="other", exp=AT - 900), "invalid_token"),
    "signature-before-aud": (lambda: THEIRS.sign(GOOD | {"aud": "other"}, {"x5c": OURS.x5c}), NOTHING),
    "key-before-signature": (lambda: THEIRS.sign(GOOD | {"exp": "soon"}), "invalid_token"),
    "types-before-iss": (signed(iss="other", nbf="now"), NOTHING),
    "aud-before-access": (signed(aud="other", access=[]), "invalid_token"),
}


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(service="registry.docker.io", issuer="auth.docker.io", root=OURS.root)


def verdict(verifier: Verifier, authorization: str | None, wanted: tuple[Scope, ...] = WANTED) -> str:
    try:
        verifier.check(authorization, wanted, NOW)
    except TokenRefused as refusal:
        return refusal.error or NOTHING
    return OK


@pytest.mark.parametrize("name", CASES)
def test_as_distribution_3(verifier: Verifier, name: str) -> None:
    make, expected = CASES[name]
    assert verdict(verifier, f"Bearer {make()}") == expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("Bearer {}", OK),
        ("bearer {}", OK),
        ("BEARER {}", OK),
        ("{}", NOTHING),
        ("Token {}", NOTHING),
        ("Bearer: {}", NOTHING),
        ("Bearer={}", NOTHING),
        ("Bearer\t{}", NOTHING),
        ("Basic {}", NOTHING),
        ("Bearer  {}", "invalid_token"),
        ("Bearer ", NOTHING),
        ("", NOTHING),
    ],
)
def test_the_authorization_header(verifier: Verifier, form: str, expected: str) -> None:
    assert verdict(verifier, form.format(OURS.sign(GOOD))) == expected


def test_no_header_is_no_token(verifier: Verifier) -> None:
    assert verdict(verifier, None) == NOTHING


def test_the_base_route_takes_any_valid_token(verifier: Verifier) -> None:
    assert verdict(verifier, f"Bearer {access()()}", ()) == OK
    assert verdict(verifier, f"Bearer {signed(exp=AT - 900)()}", ()) == "invalid_token"


def test_a_key_of_the_bundle_may_be_named_by_its_thumbprint() -> None:
    """distribution 3 knows the certificates of its bundle by RFC 7638 thumbprints."""
    alone = Verifier(service="registry.docker.io", issuer="auth.docker.io", root=OURS.leaf)
    for header in ({"kid": thumbprint(OURS.key.public_key())}, {"jwk": own_jwk()}):
        assert verdict(alone, f"Bearer {OURS.sign(GOOD, header)}") == OK


def test_a_chain_is_judged_at_the_moment_of_the_request(verifier: Verifier) -> None:
    late = datetime(2027, 6, 1, tzinfo=UTC)
    token = OURS.sign(GOOD | {"exp": int(late.timestamp()) + 300})
    with pytest.raises(TokenRefused, match="certificate has expired"):
        verifier.check(f"Bearer {token}", WANTED, late)


def test_the_reasons_are_those_of_the_log(verifier: Verifier) -> None:
    with pytest.raises(TokenRefused, match=r"token intended for another audience: \[index.docker.io\]"):
        verifier.check(f"Bearer {signed(aud='index.docker.io')()}", WANTED, NOW)
