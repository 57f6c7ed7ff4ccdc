"""Exchanges, their redaction, the trace, and its export as curl and HAR."""

from __future__ import annotations

import asyncio
import json
import shlex
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reglens.errors import Reach
from reglens.secret import Secret
from reglens.trace import redact
from reglens.trace.curl import quoted, to_curl, token_url
from reglens.trace.exchange import Authorization, Body, Exchange, Failure, Headers, Role, Timing, read_errors
from reglens.trace.har import to_har
from reglens.trace.trace import KEPT, Trace, aside

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


def test_headers_are_case_insensitive_and_may_repeat() -> None:
    headers = Headers([("WWW-Authenticate", "Basic"), ("www-authenticate", "Bearer"), ("Date", "x")])
    assert headers["Www-Authenticate"] == "Basic"
    assert headers.all("www-authenticate") == ["Basic", "Bearer"]
    assert (len(headers), list(headers), "DATE" in headers) == (2, ["www-authenticate", "date"], True)


def test_an_exchange_reads_its_own_headers_and_parameters() -> None:
    exchange = Exchange(
        1,
        url="https://auth.docker.io/token?service=s&scope=a:b:c&scope=d:e:f&account=",
        form=(("grant_type", "password"),),
        status=401,
        response_headers=Headers([("Www-Authenticate", 'Bearer realm="r"'), ("Date", "Thu, 22 Sep 2016 12:27:54 GMT")]),
    )
    assert exchange.host == "auth.docker.io"
    assert exchange.asked("scope") == ["a:b:c", "d:e:f"]
    assert exchange.asked("account") == [""]
    assert exchange.asked("grant_type") == ["password"]
    assert exchange.challenges[0].realm == "r"
    assert exchange.server_time == datetime(2016, 9, 22, 12, 27, 54, tzinfo=UTC)
    assert exchange.refused


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Thu, 99 Sep 2016 12:27:54 GMT", "Thu, 22 Sep 99999999999 12:27:54 GMT"]
)
def test_a_date_that_cannot_be_read_is_none(date: str) -> None:
    assert Exchange(1, response_headers=Headers([("Date", date)])).server_time is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"errors":[{"code":"DENIED","message":"no","detail":null}]}', [("DENIED", "no")]),
        (b'{"details":"incorrect username or password"}', [("", "incorrect username or password")]),
        (b'{"error":"invalid_grant","error_description":"bad"}', [("invalid_grant", "bad")]),
        (b'{"message":"Unable to handle service: x","code":400}', [("400", "Unable to handle service: x")]),
        (b'{"errors":"x"}', []),
        (b'{"errors":[3,{"code":7}]}', [("7", "")]),
        (b"<html>", []),
        (b"", []),
    ],
)
def test_error_bodies_of_every_shape_are_read(body: bytes, expected: list[tuple[str, str]]) -> None:
    assert [(e.code, e.message) for e in read_errors(body)] == expected


def test_no_secret_survives_in_a_url() -> None:
    shown = redact.url("https://user:pass@h/blob?service=s&scope=a:b:c&X-Amz-Signature=topsecret&token=abc&n=5")
    assert all(secret not in shown for secret in ("pass", "topsecret", "abc"))
    assert "service=s&scope=a:b:c" in shown
    assert "n=5" in shown


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("Authorization", f"Bearer {JWT}", "Bearer sha256:"),
        ("authorization", "Basic dXNlcjpwYXNz", "Basic sha256:"),
        ("Authorization", "dXNlcjpwYXNz", "sha256:"),
        ("Cookie", "sid=1", "sha256:"),
        ("Location", "https://s3/x?X-Amz-Credential=AKIA", "https://s3/x?"),
        ("X-Debug", f"got {JWT}.", "got sha256:"),
        ("Content-Type", "text/plain", "text/plain"),
    ],
)
def test_headers_lose_their_secrets_and_keep_the_rest(name: str, value: str, kept: str) -> None:
    shown = redact.header(name, value)
    assert shown.startswith(kept)
    assert not any(secret in shown for secret in (JWT, "dXNlcjpwYXNz", "sid=1", "AKIA"))


def test_a_token_answer_loses_every_secret_member() -> None:
    body = json.dumps({"token": JWT, "access_token": "opaque-one", "refresh_token": "rrr", "expires_in": 300}).encode()
    shown = redact.token_answer(body)
    assert json.loads(shown)["expires_in"] == 300
    assert not any(secret in shown for secret in (JWT.encode(), b"opaque-one", b"rrr"))
    assert JWT.encode() not in redact.token_answer(b"<html>" + JWT.encode())


def test_a_damaged_token_answer_shows_no_token_whatever_octet_was_hit() -> None:
    secret = "opaque-token-0123456789"
    body = json.dumps({"token": secret, "issued_at": "2026-03-01T11:00:00Z"}).encode()
    for at in range(len(body)):
        for damaged in (body[:at] + body[at + 1 :], body[:at] + b"\0" + body[at + 1 :], body[:at] + b"{" + body[at:]):
            assert secret.encode() not in redact.token_answer(damaged, success=True), damaged
    whole = redact.token_answer(json.dumps({"data": {"token": secret}, "issued_at": "2026-03-01T11:00:00Z"}).encode())
    assert secret.encode() not in whole
    assert b"2026-03-01T11:00:00Z" in whole
    page = b"<html>https://login.example.com/realms/company/protocol</html>"
    assert redact.token_answer(page, success=True) == page


@given(st.text(), st.text())
def test_redaction_takes_any_text(name: str, value: str) -> None:
    assert isinstance(redact.url(value), str)
    assert isinstance(redact.header(name, value), str)
    assert isinstance(redact.token_answer(value.encode("utf-8", "surrogatepass")), bytes)


def test_a_trace_replaces_by_number_tells_listeners_and_stays_bounded() -> None:
    trace, told = Trace(), []
    trace.listeners.append(lambda exchange: told.append((exchange.number, exchange.status)))
    first, second = trace.open(), trace.open()
    for exchange in (Exchange(second), Exchange(first), Exchange(second, status=200), Exchange(first, status=401)):
        trace.put(exchange)
    assert [(e.number, e.status) for e in trace] == [(1, 401), (2, 200)]
    assert told == [(2, None), (1, None), (2, 200), (1, 401)]
    for _ in range(KEPT + 10):
        trace.put(Exchange(trace.open()))
    assert (len(trace), trace.exchanges[-1].number) == (KEPT, KEPT + 12)
    assert [e.number for e in trace.since(KEPT + 11)] == [KEPT + 12]


def test_a_curl_command_makes_the_same_request_without_its_secrets() -> None:
    exchange = Exchange(
        1,
        method="GET",
        url="https://r/v2/a/manifests/b c?x=$y",
        request_headers=Headers([("Host", "r"), ("Accept", "a/b, */*"), ("Authorization", "Bearer sha256:x")]),
        authorization=Authorization("Bearer", Secret(JWT)),
    )
    words = shlex.split(to_curl(exchange))
    assert words[-1] == exchange.url
    assert words[:4] == ["curl", "-i", "-H", "Accept: a/b, */*"]
    assert "Authorization: Bearer $TOKEN" in words
    assert JWT not in to_curl(exchange)
    assert f"Authorization: Bearer {JWT}" in shlex.split(to_curl(exchange, reveal=True))


def test_a_curl_command_for_a_posted_form_keeps_the_password_in_a_variable() -> None:
    exchange = Exchange(
        1,
        method="POST",
        url="https://auth/token",
        form=(("grant_type", "password"), ("username", "me"), ("password", str(Secret("hunter2")))),
        authorization=Authorization("Basic", Secret("x"), username="me"),
    )
    command = to_curl(exchange)
    assert "-X" not in command
    assert 'password="$PASSWORD"' in command
    assert '-u me:"$PASSWORD"' in command


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc"))))
def test_a_quoted_word_is_one_word_for_a_shell(text: str) -> None:
    assert shlex.split(quoted(text)) == [text]


def test_a_token_url_reads_as_in_the_manuals() -> None:
    url = token_url("https://auth.docker.io/token", "registry.docker.io", ("repository:library/alpine:pull,push",))
    assert url == "https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/alpine:pull,push"
    assert token_url("https://h/t?a=b", "x y") == "https://h/t?a=b&service=x%20y"


def test_a_har_has_every_exchange_and_no_secret() -> None:
    answered = Exchange(
        1,
        role=Role.TOKEN,
        method="GET",
        url="https://auth/token?service=s",
        status=200,
        request_headers=Headers([("Authorization", str(Secret("x")))]),
        response_headers=Headers([("Content-Type", "application/json")]),
        body=Body(b'{"token":"sha256:abc"}', 22),
        timing=Timing(connect=1.0, tls=2.0, first_byte=10.0, total=12.0),
        local_time=datetime(2026, 1, 1, tzinfo=UTC),
        authorization=Authorization("Bearer", Secret(JWT)),
    )
    failed = Exchange(2, method="GET", url="https://r/v2/", failure=Failure(Reach.CONNECT, "refused"))
    har = to_har([answered, failed, Exchange(3)])
    text = json.dumps(har)
    assert JWT not in text
    first, second = har["log"]["entries"]
    assert (first["time"], first["timings"]["wait"], first["timings"]["receive"]) == (12.0, 7.0, 2.0)
    assert (second["response"]["status"], second["response"]["comment"]) == (0, "refused")


async def test_what_is_asked_aside_is_recorded_apart_with_numbers_of_its_own() -> None:
    trace, heard = Trace(), []
    trace.listeners.append(lambda exchange: heard.append(exchange.number))
    trace.put(Exchange(trace.open()))

    async def ask(role: Role) -> None:
        number = trace.open()
        await asyncio.sleep(0)
        trace.put(Exchange(number, role))

    async def unasked() -> None:
        with aside():
            await asyncio.gather(ask(Role.MANIFEST), ask(Role.BLOB))

    await asyncio.gather(unasked(), ask(Role.TAGS), unasked())
    await ask(Role.TAGS)
    assert [(exchange.number, exchange.role) for exchange in trace] == [
        (1, Role.OTHER), (2, Role.TAGS), (3, Role.TAGS),
    ]  # fmt: skip
    assert heard == [1, 2, 3]
    assert trace.aside is not None
    assert [exchange.number for exchange in trace.aside] == [1, 2, 3, 4]
    assert {exchange.role for exchange in trace.aside} == {Role.MANIFEST, Role.BLOB}
