"""Exchanges and diagnoses made up for tests: a healthy anonymous pull, the classic refusal, a rate limit, no answer.

Everything happens at `NOON`; nothing depends on the clock or on chance, so pictures of it are always the same.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reglens.auth.token import Token, read_token
from reglens.diagnosis.finding import (
    Cell,
    Comparison,
    Diagnosis,
    Finding,
    Fix,
    Outcome,
    Proof,
    Row,
    RowName,
    Severity,
    Verdict,
)
from reglens.errors import Reach
from reglens.trace.exchange import Authorization, Body, Exchange, Failure, Headers, Role, Timing

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
HUB = "registry-1.docker.io"
INDEX = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}
DIGEST = "sha256:" + hashlib.sha256(json.dumps(INDEX).encode()).hexdigest()
SIGNED = (
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsIng1YyI6WyJNSUlCS0RDQno2QURBZ0VDQWdFQ01Bb0dDQ3FHU000OUJBTUNNQjB4R3pBWkJnTl"
    "ZCQU1NRW1WNFlXMXdiR1VnZEc5clpXNGdjbTl2ZERBZUZ3MHlOakF4TURFd01EQXdNREJhRncweU56QTJNREV3TURBd01EQmFNQjh4SFRBYkJn"
    "TlZCQU1NRkdWNFlXMXdiR1VnZEc5clpXNGdjMmxuYm1WeU1Ga3dFd1lIS29aSXpqMENBUVlJS29aSXpqMERBUWNEUWdBRTJrdTgyWnQrcnNVdX"
    "gvTFNEbDVHWVhLTW5xSCthVWRKekxDK1dNNHJyRVdaaWl0ZDhETDFYemFRWUJGUmZOOGszWDdQYW1EanhFenhpUHY3VkNGdE5qQUtCZ2dxaGtq"
    "T1BRUURBZ05JQURCRkFpQkhiQ2FGVjlCcUt4aVMrbi9CV1Bhd1E4cGRjZ1JKTTJiV1ozczNNN3FSVHdJaEFKZjkrMy9EMGpLUVRRdFN5WUhSdT"
    "Q0dWVzbVJEZWRYQmZqRTNua1p2djlJIiwiTUlJQk9qQ0I0cUFEQWdFQ0FnRUJNQW9HQ0NxR1NNNDlCQU1DTUIweEd6QVpCZ05WQkFNTUVtVjRZ"
    "VzF3YkdVZ2RHOXJaVzRnY205dmREQWVGdzB5TmpBeE1ERXdNREF3TURCYUZ3MHpOakF4TURFd01EQXdNREJhTUIweEd6QVpCZ05WQkFNTUVtVj"
    "RZVzF3YkdVZ2RHOXJaVzRnY205dmREQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQUJGbGRxQjVJY0JzUm9XNUs0R3I4NmpuVkN4"
    "K3l4MXQxcDlyV3RNRXNYTTBmVTAwbzgrU2tNK3FETERSeDZVOHUrVndNZjdVeU03ODVyRWg4TU5taStHNmpFekFSTUE4R0ExVWRFd0VCL3dRRk"
    "1BTUJBZjh3Q2dZSUtvWkl6ajBFQXdJRFJ3QXdSQUlnWmN2TC9mbU9rd3FGNGdTR0NEWWtKeC81TlJRREhScElNN084dWxtbDlFZ0NJSDBDUzlm"
    "Q1hpNFYzR0FmTUl5RVBLci8xYkV5L01qN3JROXZiQmwyYXo5ZyJdfQ.eyJpc3MiOiJhdXRoLmRvY2tlci5pbyIsInN1YiI6IiIsImF1ZCI6InJ"
    "lZ2lzdHJ5LmRvY2tlci5pbyIsImV4cCI6MTc5NTQzNTUwMCwibmJmIjoxNzk1NDM0OTAwLCJpYXQiOjE3OTU0MzUyMDAsImp0aSI6ImRja3Jfa"
    "nRpXzZVbzJHZ0oxIiwiYWNjZXNzIjpbeyJ0eXBlIjoicmVwb3NpdG9yeSIsIm5hbWUiOiJsaWJyYXJ5L2FscGluZSIsImFjdGlvbnMiOlsicHV"
    "sbCJdfV19.k0ZVEMP5NuY2tHmPGF1daTFqol9bd-aeyO0gJqvUUU-OQbXY6VHJDXXRKjCZjux4h6IJsYdD-02YZrHNGBFIqw"
)
"""A token signed by a key of no other use, with its chain of two certificates; issued at noon, for 300 s."""


def token(claims: Mapping[str, object], header: Mapping[str, object] | None = None) -> Token:
    """A JWT of those claims whose signature fits no key."""
    parts = [json.dumps(part).encode() for part in (header or {"alg": "ES256", "typ": "JWT"}, claims)]
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return read_token(".".join([*encoded, "c2lnbmF0dXJl"]))


def at(seconds: float) -> datetime:
    """Noon and so many seconds."""
    return NOON + timedelta(seconds=seconds)


def ping(number: int = 1) -> Exchange:
    """The first request of every flow: 401, with a challenge."""
    return Exchange(
        number,
        Role.PING,
        HUB,
        "GET",
        f"https://{HUB}/v2/",
        Headers([("accept", "*/*"), ("user-agent", "reglens")]),
        status=401,
        reason="Unauthorized",
        http_version="HTTP/1.1",
        response_headers=Headers(
            [
                ("Content-Type", "application/json"),
                ("Docker-Distribution-Api-Version", "registry/2.0"),
                ("Www-Authenticate", 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'),
                ("Date", "Mon, 23 Nov 2026 12:00:00 GMT"),
            ]
        ),
        body=json_body({"errors": [{"code": "UNAUTHORIZED", "message": "authentication required", "detail": None}]}),
        timing=Timing(8.2, 14.1, 11.6, 12.4),
        local_time=at(0),
        peer="54.198.86.24:443",
    )


def json_body(value: object) -> Body:
    """A recorded body holding `value`."""
    data = json.dumps(value).encode()
    return Body(data, len(data))


def token_exchange(number: int = 2, given: Token | None = None, **asked: str) -> Exchange:
    """A token request and its answer."""
    parameters = asked or {"service": "registry.docker.io", "scope": "repository:library/alpine:pull"}
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    token_given = given or read_token(SIGNED)
    return Exchange(
        number,
        Role.TOKEN,
        HUB,
        "GET",
        f"https://auth.docker.io/token?{query}",
        Headers([("accept", "application/json"), ("user-agent", "reglens")]),
        status=200,
        reason="OK",
        http_version="HTTP/1.1",
        response_headers=Headers([("Content-Type", "application/json"), ("Date", "Mon, 23 Nov 2026 12:00:00 GMT")]),
        body=json_body(
            {"token": token_given.raw.fingerprint, "expires_in": 300, "issued_at": "2026-11-23T12:00:00.417Z"}
        ),
        token=token_given,
        timing=Timing(None, None, 47.0, 48.1),
        local_time=at(0.1),
    )


def manifest_exchange(number: int = 3, sent: Token | None = None) -> Exchange:
    """A manifest fetched with a token."""
    used = sent or read_token(SIGNED)
    return Exchange(
        number,
        Role.MANIFEST,
        HUB,
        "GET",
        f"https://{HUB}/v2/library/alpine/manifests/3.20",
        Headers([("accept", "application/vnd.oci.image.index.v1+json"), ("authorization", f"Bearer {used.raw}")]),
        authorization=Authorization("Bearer", used.raw, used, source="the token of exchange 2"),
        status=200,
        reason="OK",
        http_version="HTTP/1.1",
        response_headers=Headers(
            [
                ("Content-Type", "application/vnd.oci.image.index.v1+json"),
                ("Docker-Content-Digest", DIGEST),
                ("RateLimit-Limit", "100;w=21600"),
                ("RateLimit-Remaining", "97;w=21600"),
            ]
        ),
        body=json_body(INDEX),
        timing=Timing(None, None, 8.8, 9.0),
        local_time=at(0.2),
    )


def redirect_exchanges(first: int = 4) -> tuple[Exchange, Exchange]:
    """A blob that stands on another host."""
    sent = read_token(SIGNED)
    blob = "sha256:" + "c" * 64
    here = Exchange(
        first,
        Role.BLOB,
        HUB,
        "GET",
        f"https://{HUB}/v2/library/alpine/blobs/{blob}",
        authorization=Authorization("Bearer", sent.raw, sent),
        status=307,
        reason="Temporary Redirect",
        response_headers=Headers([("Location", "https://production.cloudfront.docker.com/registry-v2/blobs/cc/data")]),
        timing=Timing(total=15.0),
        local_time=at(0.3),
    )
    there = Exchange(
        first + 1,
        Role.BLOB,
        HUB,
        "GET",
        "https://production.cloudfront.docker.com/registry-v2/blobs/cc/data",
        status=200,
        reason="OK",
        response_headers=Headers([("Content-Type", "application/octet-stream"), ("Content-Length", "581")]),
        timing=Timing(total=31.0),
        local_time=at(0.4),
        follows=first,
    )
    return here, there


def healthy_pull() -> tuple[Exchange, ...]:
    """An anonymous pull of library/alpine:3.20 as it should be."""
    return ping(), token_exchange(), manifest_exchange()


def healthy_diagnosis() -> Diagnosis:
    """What is said of `healthy_pull`."""
    service = Cell("registry.docker.io")
    rows = (
        Row(RowName.SERVICE, service, service, Cell("registry.docker.io"), Verdict.AGREE),
        Row(RowName.REPOSITORY, Cell("library/alpine"), Cell("library/alpine"), Cell("library/alpine"), Verdict.AGREE),
        Row(RowName.ACTIONS, Cell("pull"), Cell("pull"), Cell("pull"), Verdict.AGREE),
        Row(RowName.ISSUER, Cell("auth.docker.io"), Cell(None), Cell("auth.docker.io"), Verdict.AGREE),
        Row(RowName.TIME, Cell("12:00:00"), Cell(None), Cell("11:55:00 … 12:05:00"), Verdict.AGREE),
        Row(RowName.KEY, Cell(None), Cell(None), Cell("ES256, x5c"), Verdict.UNKNOWN),
    )
    return Diagnosis(Outcome.OK, (), Comparison(rows), healthy_pull(), f"{HUB}/library/alpine:3.20", NOON)


def classic_token() -> Token:
    """The token that ``curl https://auth.docker.io/token?service=index.docker.io`` gives: for another service, and
    for nothing."""
    seconds = int(NOON.timestamp())
    return token(
        {
            "iss": "auth.docker.io",
            "sub": "",
            "aud": "index.docker.io",
            "exp": seconds + 9,
            "nbf": seconds - 291,
            "iat": seconds - 291,
            "jti": "3U7Bk1xvoB-P40bVT_IJ",
            "access": [],
        }
    )


def classic_refusal() -> tuple[Exchange, ...]:
    """The classic failure: another service, no scope, alpine without library/."""
    used = classic_token()
    refused = replace(
        manifest_exchange(2, used),
        url=f"https://{HUB}/v2/alpine/manifests/latest",
        status=401,
        reason="Unauthorized",
        response_headers=Headers(
            [
                ("Content-Type", "application/json; charset=utf-8"),
                (
                    "Www-Authenticate",
                    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
                    'scope="repository:alpine:pull",error="invalid_token"',
                ),
                ("Date", "Mon, 23 Nov 2026 12:00:00 GMT"),
            ]
        ),
        body=json_body(
            {
                "errors": [
                    {
                        "code": "UNAUTHORIZED",
                        "message": "authentication required",
                        "detail": [{"Type": "repository", "Name": "alpine", "Action": "pull"}],
                    }
                ]
            }
        ),
    )
    return token_exchange(1, used, service="index.docker.io"), refused


def classic_diagnosis() -> Diagnosis:
    """What is said of `classic_refusal`."""
    rows = (
        Row(
            RowName.SERVICE,
            Cell("registry.docker.io", "exchange 2, challenge"),
            Cell("index.docker.io", "exchange 1, parameter service"),
            Cell("index.docker.io", "claim aud"),
            Verdict.DISAGREE,
            "the token is for another service",
        ),
        Row(RowName.REPOSITORY, Cell("alpine"), Cell(None), Cell(()), Verdict.DISAGREE, "access is empty"),
        Row(RowName.ACTIONS, Cell("pull"), Cell(None), Cell(()), Verdict.DISAGREE),
        Row(RowName.ISSUER, Cell("auth.docker.io"), Cell(None), Cell("auth.docker.io"), Verdict.AGREE),
        Row(RowName.TIME, Cell("12:00:00"), Cell(None), Cell("11:55:09 … 12:00:09, 9 s left"), Verdict.AGREE),
        Row(RowName.KEY, Cell(None), Cell(None), Cell("ES256, no key named"), Verdict.UNKNOWN),
    )
    cure = (
        'curl "https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/alpine:pull"',
        f'curl -H "Authorization: Bearer $TOKEN" https://{HUB}/v2/library/alpine/manifests/latest',
    )
    findings = (
        Finding(
            "service-mismatch",
            Severity.ERROR,
            "The token was requested for another service",
            "The registry takes only tokens for registry.docker.io, as its challenge says. The token request named "
            "index.docker.io, so the token server made a token for that one.",
            (
                Proof("exchange 2, Www-Authenticate, service", "registry.docker.io", exchange=2),
                Proof("exchange 1, parameter service", "index.docker.io", exchange=1),
            ),
            Fix("Ask for a token for the service that the challenge names.", cure),
        ),
        Finding(
            "scope-missing",
            Severity.ERROR,
            "The token request carried no scope",
            "Without a scope the token server grants nothing.",
            (Proof("exchange 1, URL", "no parameter scope", exchange=1),),
            Fix("Add scope=repository:library/alpine:pull."),
        ),
        Finding(
            "access-empty",
            Severity.ERROR,
            "The token grants nothing",
            "Its claim access is an empty list.",
            (Proof("exchange 1, token, access", "[]", exchange=1),),
            follows_from=("scope-missing",),
        ),
        Finding(
            "library-prefix",
            Severity.WARNING,
            "Official images live under library/",
            "On Docker Hub alpine is short for library/alpine; the API knows only the long name.",
            (Proof("exchange 2, path", "/v2/alpine/manifests/latest", exchange=2),),
            Fix("Write library/alpine."),
        ),
    )
    return Diagnosis(Outcome.REFUSED, findings, Comparison(rows), classic_refusal(), f"{HUB}/alpine:latest", NOON)


def rate_limited(number: int = 4) -> Exchange:
    """A pull over the quota."""
    return replace(
        manifest_exchange(number),
        status=429,
        reason="Too Many Requests",
        response_headers=Headers([("Content-Type", "application/json"), ("Retry-After", "1800")]),
        body=json_body(
            {
                "errors": [
                    {
                        "code": "TOOMANYREQUESTS",
                        "message": "You have reached your unauthenticated pull rate limit.",
                    }
                ]
            }
        ),
    )


def unreachable(number: int = 1) -> Exchange:
    """A registry that nobody answers for."""
    return Exchange(
        number,
        Role.PING,
        "registry.example.com:5000",
        "GET",
        "https://registry.example.com:5000/v2/",
        failure=Failure(Reach.CONNECT, "the connection to registry.example.com:5000 was refused"),
        timing=Timing(total=3.0),
        local_time=at(0),
    )


def under_way(number: int = 1) -> Exchange:
    """A request whose answer is not there yet."""
    return Exchange(number, Role.PING, HUB, "GET", f"https://{HUB}/v2/", local_time=at(0))
