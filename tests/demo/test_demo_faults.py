"""Every broken repository fails as its entry says, to a client that knows nothing but the protocol."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from reglens.auth.challenge import parse_challenges
from reglens.demo.faults import FAULTS, Fault
from reglens.demo.server import DemoRegistry
from reglens.diagnosis.pages import CODES
from support.plain_client import NOW, Plain, error_code

EXPECTED = {
    "broken/audience-mismatch": "401 invalid_token",
    "broken/issuer-mismatch": "401 invalid_token",
    "broken/token-expired": "401 invalid_token",
    "broken/token-not-yet-valid": "401 invalid_token",
    "broken/clock-skew": "401 invalid_token",
    "broken/access-empty": "401 insufficient_scope",
    "broken/access-insufficient": "401 insufficient_scope",
    "broken/access-other-repository": "401 insufficient_scope",
    "broken/signature-untrusted": "401 invalid_token",
    "broken/signature-untrusted-bad-signature": "401 no error",
    "broken/signature-untrusted-unknown-kid": "401 invalid_token",
    "broken/algorithm-unsupported": "401 no error",
    "broken/token-malformed": "401 invalid_token",
    "broken/token-malformed-claim-type": "401 no error",
    "broken/token-wrong-kind": "401 invalid_token",
    "broken/token-response-invalid": "token: 200 text/html; charset=utf-8",
    "broken/token-response-invalid-no-token": "token: none in it",
    "broken/credentials-missing": "token: 401 access requires a login",
    "broken/credentials-rejected": "token: 401 incorrect username or password",
    "broken/credentials-expired": "token: 401 personal access token is expired",
    "broken/challenge-missing": "401 without a challenge",
    "broken/realm-misconfigured": "realm: a name inside",
    "broken/realm-misconfigured-relative": "realm: no URL",
    "broken/realm-misconfigured-double-colon": "realm: no URL",
    "broken/realm-unreachable": "realm: ConnectError refused",
    "broken/registry-error-token-server": "token: 503 text/plain; charset=utf-8",
    "broken/plain-http": "realm: ConnectError wrong version number",
    "broken/tls-untrusted": "realm: ConnectError self-signed certificate",
    "broken/permission-denied": "403 DENIED",
    "broken/network-denied": "403 DENIED",
    "broken/repository-not-found": "404 NAME_UNKNOWN",
    "broken/manifest-unknown": "404 MANIFEST_UNKNOWN",
    "broken/endpoint-unsupported": "405 UNSUPPORTED",
    "broken/rate-limited": "429 TOOMANYREQUESTS",
    "broken/registry-error": "503 UNAVAILABLE",
    "broken/upstream-failed": "500 UNKNOWN",
    "broken/proxy-interference": "200 text/html; charset=utf-8",
    "broken/proxy-interference-authorization": "401 no error",
    "broken/proxy-interference-digest": "200 other bytes than the digest's",
    "broken/proxy-interference-truncated": "cut short",
    "broken/redirect-authorization": "redirect: another host, 401",
    "broken/redirect-authorization-refused": "redirect: same host, 400",
}


def outcome(plain: Plain, repository: str, *, login: bool = False) -> str:
    """What happens to somebody who reads ``latest`` there as the token protocol says."""
    path = f"/v2/{repository}/manifests/latest"
    first = plain.ask(path)
    if first.status_code != 401:
        return resource(plain, first)
    challenges = parse_challenges(first.headers.get_list("www-authenticate"))
    if not challenges:
        return "401 without a challenge"
    assert challenges[0].scope == f"repository:{repository}:pull"
    realm = challenges[0].realm or ""
    if not re.fullmatch(r"https?://[^/:]+(:\d+)?/.*", realm):
        return "realm: no URL"
    if (urlsplit(realm).hostname or "").endswith(".cluster.local"):
        return "realm: a name inside"
    wanted = {"service": challenges[0].service or "", "scope": challenges[0].scope}
    try:
        answer = plain.client.get(realm, params=wanted, auth=("demo", "demo") if login else None)
    except httpx.TransportError as error:
        words = next(
            (w for w in ("refused", "wrong version number", "self-signed certificate") if w in str(error)), "?"
        )
        return f"realm: {type(error).__name__} {words}"
    kind = answer.headers["content-type"]
    if kind != "application/json":
        return f"token: {answer.status_code} {kind}"
    if answer.status_code != 200:
        return f"token: {answer.status_code} {answer.json()['details']}"
    if "token" not in answer.json():
        return "token: none in it"
    token = answer.json()["token"]
    try:
        second = plain.ask(path, token)
    except httpx.RemoteProtocolError:
        return "cut short"
    if second.status_code == 307:
        return redirect(plain, second.headers["location"], token)
    return resource(plain, second)


def resource(plain: Plain, answer: httpx.Response) -> str:
    """The registry's word about a manifest."""
    if answer.status_code == 401:
        challenges = parse_challenges(answer.headers.get_list("www-authenticate"))
        return f"401 {(challenges[0].error if challenges else None) or 'no error'}"
    kind = answer.headers["content-type"]
    if answer.status_code != 200:
        return f"{answer.status_code} {error_code(answer)}"
    if "manifest" not in kind and "index" not in kind:
        return f"200 {kind}"
    told = answer.headers["docker-content-digest"]
    same = told == f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
    return "200" if same else "200 other bytes than the digest's"


def redirect(plain: Plain, location: str, token: str) -> str:
    """``Authorization`` stays with the host that it was meant for."""
    same = location.startswith(f"{plain.url}/")
    answer = plain.client.get(location, headers={"authorization": f"Bearer {token}"} if same else {})
    return f"redirect: {'same' if same else 'another'} host, {answer.status_code}"


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert isinstance(found, dict)
    return found


def test_the_table_holds_every_fault() -> None:
    assert list(EXPECTED) == [fault.repository for fault in FAULTS]


def test_the_names_are_finding_codes() -> None:
    assert {fault.code for fault in FAULTS} <= set(CODES)
    assert len({fault.repository for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("repository", EXPECTED)
def test_fails_as_its_entry_says(plain: Plain, repository: str) -> None:
    assert outcome(plain, repository) == EXPECTED[repository]


def test_credentials_cure_what_they_should(plain: Plain) -> None:
    assert outcome(plain, "broken/credentials-missing", login=True) == "200"
    assert outcome(plain, "broken/credentials-rejected", login=True).startswith("token: 401")


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.realm], ids=lambda f: f.repository)
def test_the_healthy_realm_is_no_way_around(plain: Plain, fault: Fault) -> None:
    """A client that has learned it from another repository meets the fault as well."""
    assert plain.token_answer(f"repository:{fault.repository}:pull").status_code == 400


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.repository)
def test_the_search_says_what_one_will_see(plain: Plain, demo: DemoRegistry, fault: Fault) -> None:
    found = plain.client.get(demo.search_url, params={"q": fault.repository}).json()["results"]
    assert {"name": fault.repository, "description": fault.shows}.items() <= found[0].items()


def test_tags_are_listed_where_only_manifests_are_broken(plain: Plain) -> None:
    for name in ("manifest-unknown", "proxy-interference-digest", "redirect-authorization"):
        assert "latest" in plain.pull(f"broken/{name}", "tags/list").json()["tags"]


def test_the_claims_show_the_fault(plain: Plain) -> None:
    def claims(repository: str) -> dict[str, Any]:
        return claims_of(plain.token(f"repository:{repository}:pull"))

    assert claims("broken/audience-mismatch")["aud"] == "index.docker.io"
    assert claims("broken/issuer-mismatch")["iss"] == "auth.example.com"
    assert claims("broken/access-empty")["access"] == []
    assert claims("broken/access-other-repository")["access"][0]["name"] == "access-other-repository"
    assert claims("broken/access-insufficient")["access"][0]["actions"] == ["metadata_read"]
    assert claims("broken/token-expired")["exp"] < NOW.timestamp() - 60
    assert claims("broken/token-not-yet-valid")["nbf"] > NOW.timestamp() + 60


def test_two_clocks_disagree(plain: Plain) -> None:
    token = plain.token_answer("repository:broken/clock-skew:pull")
    registry = plain.ask("/v2/")
    assert parsedate_to_datetime(registry.headers["date"]) == NOW
    assert parsedate_to_datetime(token.headers["date"]) == NOW + timedelta(hours=1)
    assert datetime.fromisoformat(token.json()["issued_at"]) == NOW + timedelta(hours=1)


def test_the_quota_says_when_it_ends(plain: Plain) -> None:
    answer = plain.pull("broken/rate-limited", "manifests/latest")
    assert (answer.headers["retry-after"], answer.headers["ratelimit-remaining"]) == ("3600", "0;w=21600")


def test_the_other_host_serves_whoever_brings_the_token(plain: Plain) -> None:
    repository = "broken/redirect-authorization"
    token = plain.token(f"repository:{repository}:pull")
    location = plain.ask(f"/v2/{repository}/manifests/latest", token).headers["location"]
    assert plain.client.get(location, headers={"authorization": f"Bearer {token}"}).status_code == 200


def test_the_store_on_the_same_host_serves_whoever_leaves_the_token_behind(plain: Plain) -> None:
    location = plain.pull("broken/redirect-authorization-refused", "manifests/latest").headers["location"]
    assert plain.client.get(location).status_code == 200
