"""Tokens in a paste, outside any exchange: whole, shortened, decoded."""

from __future__ import annotations

import json

import pytest

from reglens.auth.token import Token, TokenKind
from reglens.diagnosis.paste import read_paste
from reglens.diagnosis.paste.tokens import is_redacted, is_shortened, loose, salvage
from reglens.trace.exchange import Role
from support.pastes import CHALLENGE, jwt, part, refused


def only(text: str) -> Token:
    evidence = read_paste(text)
    assert len(evidence.token_spans) == len(evidence.tokens)
    (token,) = evidence.tokens
    return token


@pytest.mark.parametrize(
    "form", ["{}", "  {}  ", '"{}"', "TOKEN={}", "export TOKEN='{}'", "token: {}", "Here it is:\n\n{}\n\nWhy?", "`{}`"]
)
def test_a_lone_token(form: str) -> None:
    raw = jwt()
    text = form.format(raw)
    token = only(text)
    assert token.raw.reveal() == raw
    assert token.audience == ("registry.example.org",)
    span = read_paste(text).token_spans[0]
    assert span is not None
    assert text[slice(*span)] == raw
    assert raw not in repr(read_paste(text))


def test_a_token_broken_over_lines() -> None:
    raw = jwt()
    text = "\n".join(raw[i : i + 80] for i in range(0, len(raw), 80))
    assert only(text).raw.reveal() == raw


def test_a_shortened_token() -> None:
    token = only(jwt()[:70] + "...")
    assert (token.kind, token.partial, token.algorithm, token.claims) == (TokenKind.JWT, True, "ES256", None)


def test_a_token_inside_a_log_line() -> None:
    assert only(f"level=info msg=x sent={jwt()} to=y").issuer == "auth.example.org"


@pytest.mark.parametrize("indent", [None, 2])
def test_decoded_claims(indent: int | None) -> None:
    claims = {"iss": "a", "aud": "b", "exp": 1795439248, "access": []}
    token = only(json.dumps(claims, indent=indent))
    assert token.claims == claims
    assert token.header is None
    assert token.has_signature


def test_decoded_header_and_claims() -> None:
    token = only('{"alg": "RS256", "typ": "JWT", "kid": "x"}\n{"iss": "a", "aud": "b"}\n')
    assert (token.algorithm, token.key_id, token.issuer) == ("RS256", "x", "a")
    assert not token.partial


def test_decoded_claims_that_are_cut() -> None:
    token = only('{\n  "iss": "${HOSTNAME}",\n  "sub": "joe",\n  "aud": "reg\n')
    assert token.claims == {"iss": "${HOSTNAME}", "sub": "joe"}
    assert token.partial


@pytest.mark.parametrize(
    "text", ["access: []", '"access": [],', "access:[{type:repository,name:team/app,actions:[push]}]",
             '  "access": [{"type": "repository", "name": "team/app", "actions": ["push"]}],'],
)  # fmt: skip
def test_only_the_access_claim(text: str) -> None:
    token = only(text)
    assert [str(scope) for scope in token.access] == ([] if "[]" in text else ["repository:team/app:push"])
    assert token.partial


def test_decoded_claims_go_to_the_request_that_hid_its_token() -> None:
    text = refused("<redacted>", error="insufficient_scope") + '\n{"iss": "a", "aud": "b", "access": []}\n'
    evidence = read_paste(text)
    authorization = evidence.exchanges[0].authorization
    assert authorization is not None
    assert authorization.token is not None
    assert authorization.token.audience == ("b",)


def test_a_whole_token_explains_its_shortened_form() -> None:
    raw = jwt()
    evidence = read_paste(f'{{"token":"{raw}"}}\n' + refused(raw[:50] + "..."))
    answer, request = evidence.exchanges
    assert answer.role is Role.TOKEN
    assert request.authorization is not None
    assert request.authorization.source == f"exchange {answer.number}"
    assert request.authorization.token is not None
    assert request.authorization.token.claims is not None


@pytest.mark.parametrize(
    "answer",
    [
        '{"token":"%s","access_token":"%s","expires_in":300}',
        '{\n  "access_token": "%s",\n  "token": "%s",\n  "expires_in": 300\n}',
        '{"token": "%s", "refresh_token": "%s", "iss',
        '{"access_token":"%s"}<!-- %s -->',
    ],
)
def test_a_lone_token_answer(answer: str) -> None:
    raw = jwt()
    text = answer % (raw, raw)
    evidence = read_paste(text)
    exchange = evidence.exchanges[0]
    assert exchange.role is Role.TOKEN
    assert exchange.token is not None
    assert exchange.token.raw.reveal() == raw
    assert raw not in repr(evidence)
    assert text[slice(*evidence.spans[exchange.number, "token"])] == raw


def test_an_answer_cut_inside_its_token() -> None:
    exchange = read_paste(f'$ curl https://auth.example.org/token\n{{"token":"{jwt()[:90]}').exchanges[0]
    assert exchange.role is Role.TOKEN


def test_a_configuration_is_no_token_answer() -> None:
    text = json.dumps({"auths": {"r.example.org": {"auth": "am9lOmh1bnRlcjI=", "identitytoken": "abc.def"}}})
    evidence = read_paste(text)
    assert evidence.exchanges == ()
    assert "am9lOmh1bnRlcjI=" not in repr(evidence)


def test_a_header_alone_in_a_sentence() -> None:
    (exchange,) = read_paste("Authorization Header (optional): Basic am9lOmh1bnRlcjI=\n").exchanges
    assert exchange.authorization is not None
    assert exchange.authorization.username == "joe"


def test_a_header_alone() -> None:
    (exchange,) = read_paste(f"Authorization: Bearer {jwt()}\n").exchanges
    assert exchange.authorization is not None
    assert exchange.authorization.token is not None


def test_challenge_and_token_together() -> None:
    evidence = read_paste(f"{jwt()}\n\nWww-Authenticate: {CHALLENGE}\n")
    assert (len(evidence.tokens), len(evidence.exchanges)) == (1, 1)


@pytest.mark.parametrize("text", ["***", "<token>", "[REDACTED]", "xxxx", "…", "'****'", "<your access token here>"])
def test_redacted(text: str) -> None:
    assert is_redacted(text)
    assert not is_shortened(text)


@pytest.mark.parametrize("text", ["null", "undefined", "$TOKEN", "abc", "<" + jwt() + ">", '{"token":"x"}', ""])
def test_not_redacted(text: str) -> None:
    assert not is_redacted(text)


def test_salvage_and_loose() -> None:
    assert salvage('{"a": 1, "b": [1, 2], "c": "x') == {"a": 1, "b": [1, 2]}
    assert salvage("[1") is None
    assert loose("[{type:repository,name:a/b,actions:[pull,push]}]") == [
        {"type": "repository", "name": "a/b", "actions": ["pull", "push"]}
    ]
    assert loose("{{{") is None


def test_words_that_merely_begin_like_a_token() -> None:
    assert read_paste("eyJust kidding, this is no token\neyes.wide.shut\n").tokens == ()
    assert read_paste(part({"a": 1})).tokens == ()
