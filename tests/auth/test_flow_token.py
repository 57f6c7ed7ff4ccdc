"""Asking for a token: the requests made, the answers read, and where credentials may go."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reglens.auth.challenge import Challenge
from reglens.auth.credentials import Credential
from reglens.auth.realm import judge, may_carry_credentials
from reglens.auth.reply import Reply
from reglens.auth.token_answer import LONGEST, SHORTEST, read_token_answer
from reglens.auth.token_request import MAX_HOPS, TokenCall, TokenWant, ask
from reglens.auth.tokens import Grant, TokenKey
from reglens.errors import RateLimited, ReglensError, TokenError
from reglens.secret import Secret
from reglens.trace.exchange import Body, Exchange, Headers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://auth.example.com/token"
SCOPES = ("repository:library/alpine:pull", "repository:acme/base:pull")
ALICE = Credential("config.json", username="alice", password=Secret("p:w"))
REFRESH = Credential("a helper", username="<token>", identity_token=Secret("refresh-me"))


def want(credential: Credential | None = None, **changes: Any) -> TokenWant:
    key = TokenKey("registry.example.com", URL, "svc", SCOPES, credential.identity if credential else "")
    made = TokenWant(
        key, Challenge("Bearer"), URL, "svc", SCOPES, "https://registry.example.com", credential=credential
    )
    return replace(made, **changes)


def answer(status: int = 200, value: Any = None, headers: Mapping[str, str] | None = None, raw: bytes = b"") -> Reply:
    body = raw or json.dumps({"token": "t"} if value is None else value).encode()
    lines = Headers((headers or {}).items())
    return Reply(status, lines, body, Exchange(number=2, status=status, response_headers=lines, body=Body(body)))


def run(wanted: TokenWant, *answers: Reply) -> tuple[list[TokenCall], Grant | ReglensError]:
    """The requests that are made when these answers come, and what comes of it."""
    flow = ask(wanted, lambda: NOW)
    calls: list[TokenCall] = []
    waiting = list(answers)
    try:
        call = next(flow)
        while True:
            calls.append(call)
            call = flow.send(waiting.pop(0))
    except StopIteration as stop:
        grant: Grant = stop.value
        return calls, grant
    except ReglensError as error:
        return calls, error
    finally:
        assert not waiting


def test_the_anonymous_ask_by_get_with_each_scope_by_itself() -> None:
    calls, grant = run(want(), answer())
    [call] = calls
    assert call.url == f"{URL}?service=svc&scope=repository:library/alpine:pull&scope=repository:acme/base:pull"
    assert (call.method, call.presented) == ("GET", None)
    assert isinstance(grant, Grant)


def test_a_password_goes_as_basic_with_the_account_beside_it() -> None:
    calls, _ = run(want(ALICE), answer())
    assert calls[0].presented is not None
    assert base64.b64decode(calls[0].presented.secret.reveal()) == b"alice:p:w"
    assert "account=alice&service=svc" in calls[0].url


def test_a_realm_with_parameters_of_its_own_keeps_them() -> None:
    calls, _ = run(want(url=f"{URL}?tenant=7"), answer())
    assert calls[0].url.startswith(f"{URL}?tenant=7&service=svc&")


@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_get_is_asked_by_post_with_the_password(status: int) -> None:
    calls, grant = run(want(ALICE), answer(status), answer())
    assert [call.method for call in calls] == ["GET", "POST"]
    form = dict(calls[1].form)
    assert form["grant_type"] == "password"
    assert form["scope"] == " ".join(SCOPES)
    assert form["password"] == Secret("p:w")
    assert isinstance(grant, Grant)


def test_a_refused_password_is_not_tried_in_another_way() -> None:
    calls, error = run(want(ALICE), answer(401, {"details": "incorrect username or password"}))
    assert len(calls) == 1
    assert isinstance(error, TokenError)
    assert "incorrect username or password" in error.message
    assert "config.json" in error.message
    assert "--anonymous" in error.hint


def test_an_identity_token_is_posted_for_a_token() -> None:
    calls, _ = run(want(REFRESH), answer(value={"access_token": "a", "refresh_token": "r"}))
    form = dict(calls[0].form)
    assert (calls[0].method, form["grant_type"], form["client_id"]) == ("POST", "refresh_token", "reglens")
    assert form["refresh_token"] == Secret("refresh-me")
    assert "refresh-me" not in repr(calls[0])


@pytest.mark.parametrize("status", [400, 401, 404, 405])
def test_a_server_without_post_gets_the_identity_token_by_get_if_there_is_a_name_for_it(status: int) -> None:
    named = Credential("config.json", username="alice", identity_token=Secret("refresh-me"))
    calls, grant = run(want(named), answer(status), answer())
    assert [call.method for call in calls] == ["POST", "GET"]
    assert isinstance(grant, Grant)
    calls, error = run(want(REFRESH), answer(status))
    assert len(calls) == 1
    assert isinstance(error, TokenError)


def test_credentials_are_left_behind_where_the_token_server_redirects_to_another_site() -> None:
    calls, grant = run(want(ALICE), answer(302, headers={"location": "https://evil.test/collect"}), answer())
    assert calls[1].presented is None
    assert calls[1].hop
    assert "no credentials sent" in calls[1].note
    assert isinstance(grant, Grant)
    assert grant.withheld is not None
    assert "evil.test" in grant.withheld.reason


def test_credentials_do_not_come_back_after_a_hop_through_another_site() -> None:
    back = answer(302, headers={"location": "https://auth.example.com/again"})
    calls, _ = run(want(ALICE), answer(302, headers={"location": "https://evil.test/x"}), back, answer())
    assert calls[2].presented is None


def test_credentials_follow_a_redirect_within_the_site() -> None:
    calls, _ = run(want(ALICE), answer(307, headers={"location": "/v2/token"}), answer())
    assert calls[1].url == "https://auth.example.com/v2/token"
    assert calls[1].presented is not None


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/x", "http://127.0.0.1:80/", "ftp://x/", "http://[/", "https://2130706433/"]
)
def test_a_token_server_cannot_redirect_into_this_machines_network(location: str) -> None:
    calls, error = run(want(ALICE), answer(302, headers={"location": location}))
    assert len(calls) == 1
    assert isinstance(error, TokenError)


def test_a_posted_secret_is_never_redirected_to_another_site() -> None:
    calls, error = run(want(REFRESH), answer(307, headers={"location": "https://evil.test/x"}))
    assert len(calls) == 1
    assert isinstance(error, TokenError)


def test_a_redirect_loop_of_the_token_server_ends() -> None:
    loop = [answer(302, headers={"location": URL}) for _ in range(MAX_HOPS + 1)]
    calls, error = run(want(), *loop)
    assert len(calls) == MAX_HOPS + 1
    assert isinstance(error, TokenError)


def test_a_token_server_asked_too_often_says_when_to_come_again() -> None:
    _, error = run(want(), answer(429, headers={"retry-after": "30"}))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 30
    _, error = run(want(), answer(429, headers={"retry-after": "Sun, 01 Mar 2026 12:01:00 GMT"}))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 60


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer(200, raw=b"<html>login"), "web page"),
        (answer(200, {"hello": "world"}), "no token"),
        (answer(200, {"token": ""}), "token is empty"),
        (answer(200, {"token": 7}), "not text"),
        (answer(200, {"token": "a\nb"}), "no header can carry"),
        (answer(200, raw=b'{"token": "cut'), "not JSON"),
        (answer(200, raw=b"[" * 100_000), "not JSON"),
        (answer(500, {}), "failed (500)"),
        (answer(403, raw=b" "), "gives nothing to the anonymous (403)"),
        (answer(404, {}), "no token server"),
        (answer(301, {}), "does not accept"),
    ],
)
def test_each_failure_of_a_token_server_is_told_apart(reply: Reply, words: str) -> None:
    _, error = run(want(), reply)
    assert isinstance(error, TokenError)
    assert words in error.message
    assert error.exchange is reply.exchange


def test_access_token_wins_over_token_and_it_is_said_that_they_differ() -> None:
    read = read_token_answer(b'{"token":"one","access_token":"two"}')
    assert read.token is not None
    assert read.token.raw.reveal() == "two"
    assert "differ" in read.notes[0]
    assert read_token_answer(b'{"token":"one","access_token":"one"}').notes == ()


def jwt(**claims: int) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "ES256"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + ".c2ln"


def life(**members: Any) -> float:
    """Seconds that a token with these members of its answer can be used."""
    read = read_token_answer(json.dumps({"token": "t", **members}).encode())
    return (read.expires(NOW) - NOW).total_seconds()


STAMP = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("members", "seconds"),
    [
        ({}, 60),
        ({"expires_in": 300}, 300),
        ({"expires_in": 5}, 60),
        ({"expires_in": "300"}, 300),
        ({"expires_in": "soon"}, 60),
        ({"expires_in": -1}, 60),
        ({"expires_in": True}, 60),
        ({"expires_in": 300_000_000_000}, 300),
        ({"expires_in": 10**400}, 60),
        ({"expires_in": math.inf}, 60),
        ({"expires_in": 900_000_000}, 86_400),
        ({"expires_in": 300, "issued_at": "2026-03-01T11:59:00Z"}, 240),
        ({"expires_in": 300, "issued_at": "2026-03-01T11:00:00Z"}, 300),
        ({"expires_in": 300, "issued_at": "2031-03-01T12:00:00Z"}, 300),
        ({"expires_in": 300, "issued_at": "0001-01-01T00:00:00Z"}, 300),
        ({"expires_in": 300, "issued_at": "yesterday"}, 300),
        ({"expires_in": 300, "issued_at": 1234}, 300),
        ({"token": jwt(iat=STAMP, exp=STAMP + 900)}, 900),
        ({"token": jwt(iat=STAMP - 7200, exp=STAMP - 6900)}, 300),
        ({"token": jwt(iat=STAMP, exp=STAMP + 120), "expires_in": 3600}, 120),
        ({"token": jwt(exp=STAMP - 10)}, 60),
        ({"token": jwt(exp=STAMP * 1000)}, 60),
    ],
)
def test_a_token_lives_as_long_as_can_be_believed(members: dict[str, Any], seconds: float) -> None:
    assert life(**members) == seconds


@given(st.dictionaries(st.sampled_from(["token", "access_token", "expires_in", "issued_at"]), st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()),
)))  # fmt: skip
def test_no_answer_of_a_token_server_breaks_the_reader(value: dict[str, Any]) -> None:
    read = read_token_answer(json.dumps(value).encode())
    assert NOW + SHORTEST <= read.expires(NOW) <= NOW + LONGEST


def test_userinfo_in_a_realm_is_not_sent_along() -> None:
    realm = judge("https://user:pw@registry.example.com/token", "https://registry.example.com")
    assert realm.url == "https://registry.example.com/token"
    assert realm.trusted
    deceiving = judge("https://registry.example.com@evil.test/token", "https://registry.example.com")
    assert not deceiving.trusted


def test_a_registry_on_this_machine_may_have_its_realm_here_over_plain_http() -> None:
    assert judge("http://localhost:5001/token", "http://127.0.0.1:5000").trusted
    downgrade = judge("http://localhost:5001/token", "https://localhost:5000")
    assert (downgrade.allowed, downgrade.trusted) == (True, False)


def test_the_token_server_of_a_known_pair_is_trusted_by_its_registry_alone() -> None:
    assert judge("https://api.scaleway.com/t", "https://rg.fr-par.scw.cloud").trusted
    assert not judge("https://api.scaleway.com/t", "https://evil.scw.cloud").trusted


def test_credentials_travel_over_https_or_on_this_machine() -> None:
    assert may_carry_credentials("https://registry.example.com")
    assert may_carry_credentials("http://localhost:5000")
    assert not may_carry_credentials("http://registry.example.com:5000")
