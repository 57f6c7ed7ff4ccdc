"""Every fault that docker-registry 2.8 and distribution 3 were measured with, in the forms in which it is pasted."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.finding import Severity
from reglens.diagnosis.paste import read_paste
from support.transcripts import (
    FORMS,
    SIGNER,
    STRANGER,
    WRAPPINGS,
    Answer,
    at,
    claims,
    curl_v,
    symmetric,
    unsigned,
)

INVALID, SCOPE, SILENT = Answer(error="invalid_token"), Answer(error="insufficient_scope"), Answer()


def access(name: str, *actions: str, kind: str = "repository") -> list[dict[str, Any]]:
    return [{"type": kind, "name": name, "actions": list(actions)}]


def bearer(value: dict[str, Any]) -> str:
    return f"Authorization: Bearer {SIGNER.sign(value)}"


GOOD = SIGNER.sign(claims())
HEAD, BODY, SIGNATURE = GOOD.split(".")
ODD = f"{HEAD}.{BODY}."

# name: (header, answer of 2.8, answer of 3, codes of which the first must be one)
TOKENS: dict[str, tuple[str, Answer, Answer, set[str]]] = {
    "wrong-aud": (bearer(claims(aud="registry.example.com")), INVALID, INVALID, {"audience-mismatch"}),
    "no-aud": (bearer(claims(aud=None)), INVALID, INVALID, {"audience-mismatch"}),
    "wrong-aud-list": (bearer(claims(aud=["a.test", "b.test"])), INVALID, INVALID, {"audience-mismatch"}),
    "expired": (bearer(claims(**at(exp=-600, nbf=-900, iat=-900))), INVALID, INVALID, {"token-expired"}),
    "expired-61": (bearer(claims(**at(exp=-61, nbf=-900, iat=-900))), INVALID, INVALID, {"token-expired"}),
    "no-exp": (bearer(claims(exp=None)), INVALID, INVALID, {"token-expired"}),
    "exp-string": (bearer(claims(exp="1795439237")), INVALID, SILENT, {"token-malformed"}),
    "exp-float": (bearer(claims(exp=1795439237.5)), INVALID, SILENT, {"token-malformed"}),
    "nbf-future": (bearer(claims(**at(nbf=600, iat=0, exp=900))), INVALID, INVALID, {"token-not-yet-valid"}),
    "iat-future": (bearer(claims(**at(nbf=600, iat=610, exp=900))), INVALID, INVALID, {"clock-skew"}),
    "wrong-iss": (bearer(claims(iss="another")), INVALID, INVALID, {"issuer-mismatch", "signature-untrusted"}),
    "no-iss": (bearer(claims(iss=None)), INVALID, INVALID, {"issuer-mismatch"}),
    "iss-variable": (bearer(claims(iss="${ISSUER}")), INVALID, INVALID, {"issuer-mismatch"}),
    "untrusted-key": (f"Authorization: Bearer {STRANGER.sign(claims())}", INVALID, INVALID, {"signature-untrusted"}),
    "unknown-kid": (
        f"Authorization: Bearer {SIGNER.sign(claims(), {'kid': 'Z9Xr-unknown-key'})}",
        INVALID,
        INVALID,
        {"signature-untrusted"},
    ),
    "no-key-id": (f"Authorization: Bearer {SIGNER.sign(claims(), {})}", INVALID, INVALID, {"signature-untrusted"}),
    "bad-signature": (
        f"Authorization: Bearer {HEAD}.{BODY}.{'A' * 6}{SIGNATURE[6:]}",
        INVALID,
        SILENT,
        {"signature-untrusted"},
    ),
    "tampered": (
        f"Authorization: Bearer {HEAD}.{SIGNER.sign(claims(sub='root')).split('.')[1]}.{SIGNATURE}",
        INVALID,
        SILENT,
        {"signature-untrusted"},
    ),
    "wrong-key-right-kid": (
        f"Authorization: Bearer {STRANGER.sign(claims(), {'kid': 'lab-key-1'})}",
        INVALID,
        SILENT,
        {"signature-untrusted"},
    ),
    "no-signature": (f"Authorization: Bearer {ODD}", INVALID, SILENT, {"token-malformed"}),
    "two-parts": (f"Authorization: Bearer {HEAD}.{BODY}", INVALID, INVALID, {"token-malformed"}),
    "alg-none": (f"Authorization: Bearer {unsigned(claims())}", INVALID, INVALID, {"algorithm-unsupported"}),
    "alg-hs256": (f"Authorization: Bearer {symmetric(claims())}", INVALID, SILENT, {"algorithm-unsupported"}),
    "access-empty": (bearer(claims(access=[])), SCOPE, SCOPE, {"access-empty"}),
    "access-missing": (bearer(claims(access=None)), SCOPE, SCOPE, {"access-empty"}),
    "scope-claim": (bearer(claims(access=None, scope="pull")), SCOPE, SCOPE, {"access-empty"}),
    "access-object": (bearer(claims(access={"type": "repository"})), INVALID, SILENT, {"token-malformed"}),
    "access-string": (bearer(claims(access="pull")), INVALID, SILENT, {"token-malformed"}),
    "access-no-pull": (bearer(claims(access=access("library/alpine"))), SCOPE, SCOPE, {"access-insufficient"}),
    "access-push-only": (
        bearer(claims(access=access("library/alpine", "push"))),
        SCOPE,
        SCOPE,
        {"access-insufficient"},
    ),
    "access-other": (bearer(claims(access=access("library/nginx", "pull"))), SCOPE, SCOPE, {"access-other-repository"}),
    "access-no-library": (bearer(claims(access=access("alpine", "pull"))), SCOPE, SCOPE, {"access-other-repository"}),
    "access-host": (
        bearer(claims(access=access("registry.lab.test/library/alpine", "pull"))),
        SCOPE,
        SCOPE,
        {"access-other-repository"},
    ),
    "access-glob": (bearer(claims(access=access("library/*", "pull"))), SCOPE, SCOPE, {"access-other-repository"}),
    "access-type": (
        bearer(claims(access=access("library/alpine", "pull", kind="registry"))),
        SCOPE,
        SCOPE,
        {"access-insufficient"},
    ),
}
HEADERS: dict[str, tuple[str | None, Answer, Answer, set[str]]] = {
    "none": (None, SILENT, SILENT, {"authorization-missing"}),
    "garbage": ("Authorization: Bearer garbage", INVALID, INVALID, {"token-malformed"}),
    "null": ("Authorization: Bearer null", INVALID, INVALID, {"token-malformed"}),
    "undefined": ("Authorization: Bearer undefined", INVALID, INVALID, {"token-malformed"}),
    "empty": ("Authorization: Bearer ", SILENT, SILENT, {"token-malformed"}),
    "doubled": (f"Authorization: Bearer Bearer {GOOD}", SILENT, INVALID, {"token-malformed"}),
    "no-scheme": (f"Authorization: {GOOD}", SILENT, SILENT, {"wrong-scheme"}),
    "scheme-token": (f"Authorization: Token {GOOD}", SILENT, SILENT, {"wrong-scheme"}),
    "scheme-jwt": (f"Authorization: JWT {GOOD}", SILENT, SILENT, {"wrong-scheme"}),
    "colon": (f"Authorization: Bearer: {GOOD}", SILENT, SILENT, {"wrong-scheme"}),
    "equals": (f"Authorization: Bearer={GOOD}", SILENT, SILENT, {"wrong-scheme"}),
    "double-blank": (f"Authorization: Bearer  {GOOD}", SILENT, INVALID, {"token-malformed"}),
    "tab": (f"Authorization: Bearer\t{GOOD}", SILENT, SILENT, {"wrong-scheme", "token-malformed"}),
    "angle": (f"Authorization: Bearer <{GOOD}>", INVALID, INVALID, {"token-malformed"}),
    "trailing-dot": (f"Authorization: Bearer {GOOD}.", INVALID, INVALID, {"token-malformed"}),
    "percent": (f"Authorization: Bearer {GOOD}%0A", INVALID, INVALID, {"token-malformed"}),
    "truncated": (f"Authorization: Bearer {GOOD[:-20]}", INVALID, SILENT, {"token-malformed"}),
    "json": ('Authorization: Bearer {"token":"' + GOOD + '"}', INVALID, INVALID, {"token-malformed"}),
    "basic-in-bearer": (
        "Authorization: Bearer " + base64.b64encode(b"alice:wonderland").decode(),
        INVALID,
        INVALID,
        {"token-malformed"},
    ),
    "basic": (
        "Authorization: Basic " + base64.b64encode(b"alice:wonderland").decode(),
        SILENT,
        SILENT,
        {"wrong-scheme"},
    ),
    "cookie": (f"Cookie: token={GOOD}", SILENT, SILENT, {"authorization-missing"}),
    "proxy": (f"Proxy-Authorization: Bearer {GOOD}", SILENT, SILENT, {"authorization-missing"}),
}


def first(text: str) -> tuple[str, list[str]]:
    found = diagnose(read_paste(text)).findings
    return (found[0].code if found else ""), [f"{f.code}:{f.severity}" for f in found]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("name", TOKENS)
def test_a_fault_of_the_token_is_named_first(name: str, version: int, form: str, wrapping: str) -> None:
    header, two, three, codes = TOKENS[name]
    text = WRAPPINGS[wrapping](FORMS[form](header, two if version == 2 else three))
    code, found = first(text)
    assert code in codes, found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("name", HEADERS)
def test_a_fault_of_the_header_is_named_first(name: str, version: int, form: str) -> None:
    header, two, three, codes = HEADERS[name]
    if form == "-i" and '"' in (header or ""):
        form = "-v"
    code, found = first(FORMS[form](header, two if version == 2 else three))
    assert code in codes, found


OPERATIONS = {
    "push with a pull token": (
        "POST",
        "/v2/library/alpine/blobs/uploads/",
        "repository:library/alpine:pull,push",
        "access-insufficient",
    ),
    "delete with a pull token": (
        "DELETE",
        "/v2/library/alpine/manifests/sha256:00",
        "repository:library/alpine:delete",
        "access-insufficient",
    ),
    "catalogue with a pull token": ("GET", "/v2/_catalog", "registry:catalog:*", "access-other-repository"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_without_its_right_is_named_first(name: str) -> None:
    method, path, scope, code = OPERATIONS[name]
    got, found = first(curl_v(bearer(claims()), Answer(error="insufficient_scope", scope=scope), path, method))
    assert got == code, found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "header",
    [
        bearer(claims()),
        bearer(claims(**at(exp=-59))),
        bearer(claims(**at(nbf=59))),
        bearer(claims(access=access("library/alpine", "*"))),
    ],
    ids=["good", "expired within the leeway", "not yet valid within the leeway", "star"],
)
def test_what_was_answered_is_no_fault(header: str, form: str) -> None:
    text = FORMS[form](header, Answer(200, None, '{"name":"library/alpine","tags":["3.20","latest"]}'))
    found = diagnose(read_paste(text)).findings
    assert [f.code for f in found if f.severity is not Severity.INFO] == []
