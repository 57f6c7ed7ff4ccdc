"""Tokens are shown to others without their signature, or with something in its place: that explains no refusal."""

from __future__ import annotations

import base64
import json
import random
import string

import pytest

from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.finding import Severity
from reglens.diagnosis.paste import read_paste
from reglens.diagnosis.rules.form import is_stand_in

MOMENT = 1_790_000_000
WORDS = [
    "signature",
    "sig",
    "SIGNATURE",
    "fake-signature",
    "c2lnbmF0dXJl",
    "AAAAAAAA",
    "<signature>",
    "REDACTED",
    "xxx",
]


def jwt(signature: str, **claims: object) -> str:
    whole = {"iss": "auth.example", "exp": MOMENT + 300, "nbf": MOMENT - 5, "iat": MOMENT - 5, **claims}
    parts = [{"alg": "RS256", "typ": "JWT", "kid": "AAAA"}, whole]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join((*encoded, signature))


def transcript(token: str) -> str:
    return f"""\
> GET /v2/library/alpine/manifests/latest HTTP/1.1
> Host: registry-1.docker.io
> Authorization: Bearer {token}
>
< HTTP/1.1 401 Unauthorized
< date: Mon, 21 Sep 2026 14:13:20 GMT
< www-authenticate: Bearer realm="https://auth.docker.io/token",service="registry.docker.io",\
scope="repository:library/alpine:pull",error="invalid_token"
<
"""


def first(token: str) -> tuple[str, Severity]:
    finding = diagnose(read_paste(transcript(token))).findings[0]
    return finding.code, finding.severity


@pytest.mark.parametrize("word", [*WORDS, ""])
def test_what_the_claims_tell_goes_first(word: str) -> None:
    assert first(jwt(word, aud="index.docker.io", access=[])) == ("audience-mismatch", Severity.ERROR)
    assert first(jwt(word, aud="registry.docker.io", exp=MOMENT - 900, nbf=MOMENT - 1200))[0] == "token-expired"


@pytest.mark.parametrize("word", WORDS)
def test_of_a_token_in_order_only_key_and_issuer_are_left(word: str) -> None:
    pull = [{"type": "repository", "name": "library/alpine", "actions": ["pull"]}]
    code, severity = first(jwt(word, aud="registry.docker.io", access=pull))
    assert code in ("signature-untrusted", "issuer-mismatch")
    assert severity is Severity.WARNING


def test_a_signature_that_breaks_off_is_not_taken_for_a_word() -> None:
    pull = [{"type": "repository", "name": "library/alpine", "actions": ["pull"]}]
    whole = base64.urlsafe_b64encode(random.Random(7).randbytes(256)).decode().rstrip("=")
    for length in (40, 100, 200, 300):
        assert first(jwt(whole[:length], aud="registry.docker.io", access=pull)) == ("token-malformed", Severity.ERROR)


def test_few_random_texts_are_words() -> None:
    chance = random.Random(7)
    letters = string.ascii_letters + string.digits + "-_"
    for length in (12, 20, 86, 342):
        texts = ["".join(chance.choices(letters, k=length)) for _ in range(300)]
        assert sum(map(is_stand_in, texts)) <= 3
