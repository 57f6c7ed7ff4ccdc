"""The token server: what it grants to whom, in both forms."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from reglens.auth.keys import SignatureState, check_signature
from reglens.auth.token import read_token
from reglens.demo.server import DemoRegistry
from support.plain_client import NOW, Plain


def access(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200
    part = answer.json()["token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return [(e["type"], e["name"], e["actions"]) for e in claims["access"]]


ALPINE = ("repository", "library/alpine", ["pull"])


@pytest.mark.parametrize(
    ("scopes", "login", "granted"),
    [
        (["repository:library/alpine:pull"], False, [ALPINE]),
        (["repository:library/alpine:pull,push,delete"], False, [ALPINE]),
        (["repository:library/alpine:pull,push"], True, [ALPINE]),
        (["repository:library/alpine:push"], True, []),
        (["repository:alpine:pull"], False, []),
        (["repository:private/vault:pull"], False, []),
        (["repository:private/vault:pull"], True, [("repository", "private/vault", ["pull"])]),
        (["repository:nobody/nothing:pull"], True, []),
        (["repository:demo/new:pull"], True, [("repository", "demo/new", ["pull"])]),
        (["registry:catalog:*"], False, [("registry", "catalog", ["*"])]),
        (["registry:catalog:*", "repository:library/alpine:pull"], False, [("registry", "catalog", ["*"]), ALPINE]),
        (["registry:catalog:* repository:library/alpine:pull"], False, [("registry", "catalog", ["*"]), ALPINE]),
        (["repository:library/alpine"], False, []),
        (["nonsense"], False, []),
        ([], False, []),
    ],
)
def test_grants_what_may_be_granted(plain: Plain, scopes: list[str], login: bool, granted: list[Any]) -> None:
    assert access(plain.token_answer(*scopes, login=login)) == granted


@pytest.mark.parametrize("service", ["registry.docker.io", "index.docker.io", ""])
def test_signs_for_whatever_service_is_named(plain: Plain, service: str) -> None:
    token = read_token(plain.token("repository:library/alpine:pull", service=service))
    assert token.audience == (service,)


def test_the_answer_is_docker_hubs(plain: Plain) -> None:
    answer = plain.token_answer("repository:library/alpine:pull").json()
    assert answer["token"] == answer["access_token"]
    assert answer["expires_in"] == 300
    assert datetime.fromisoformat(answer["issued_at"]) == NOW
    token = read_token(answer["token"])
    assert (token.issuer, token.subject, token.algorithm) == ("auth.docker.io", "", "ES256")
    assert token.issued_at == token.not_before == NOW
    assert token.expires == NOW + timedelta(seconds=300)


def test_a_token_verifies_by_the_chain_that_it_carries(plain: Plain) -> None:
    assert check_signature(read_token(plain.token("repository:library/alpine:pull"))).state is SignatureState.VALID


def test_a_login_is_the_subject(plain: Plain) -> None:
    assert read_token(plain.token(login=True)).subject == "demo"


@pytest.mark.parametrize("authorization", ["Basic ZGVtbzp3cm9uZw==", "Basic !!", "Basic ZGVtbw==", "Bearer x"])
def test_wrong_credentials_get_no_token(plain: Plain, demo: DemoRegistry, authorization: str) -> None:
    answer = plain.client.get(demo.token_url, headers={"authorization": authorization})
    assert answer.status_code == 401
    assert answer.json() == {"details": "incorrect username or password"}
    assert answer.headers["www-authenticate"] == 'Basic realm="auth.docker.io"'


def form(plain: Plain, demo: DemoRegistry, **fields: str) -> httpx.Response:
    given = {"service": "registry.docker.io", "client_id": "test", "scope": "repository:private/vault:pull", **fields}
    return plain.client.post(demo.token_url, data=given)


def test_oauth2_by_password_and_then_by_refresh_token(plain: Plain, demo: DemoRegistry) -> None:
    wanted = [("repository", "private/vault", ["pull"])]
    first = form(plain, demo, grant_type="password", username="demo", password="demo", access_type="offline")
    assert access(first) == wanted
    refresh = first.json()["refresh_token"]
    assert access(form(plain, demo, grant_type="refresh_token", refresh_token=refresh)) == wanted
    assert first.json()["scope"] == "repository:private/vault:pull"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"grant_type": "password", "username": "demo", "password": "x"}, 401),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 401),
        ({"grant_type": "authorization_code"}, 400),
        ({}, 400),
    ],
)
def test_oauth2_refusals(plain: Plain, demo: DemoRegistry, fields: dict[str, str], status: int) -> None:
    answer = form(plain, demo, **fields)
    assert answer.status_code == status
    assert set(answer.json()) == {"details"}


def test_other_methods_are_refused(plain: Plain, demo: DemoRegistry) -> None:
    answer = plain.client.delete(demo.token_url)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
