"""HAR files and logged calls."""

from __future__ import annotations

import json

from reglens.diagnosis.paste import read_paste
from reglens.trace.exchange import Role
from support.pastes import CHALLENGE, DENIED, jwt

TOKEN = jwt()


def entry(
    url: str, status: int, *, sent: dict[str, str] | None = None, got: dict[str, str] | None = None, body: str = ""
) -> object:
    def pairs(headers: dict[str, str] | None) -> list[dict[str, str]]:
        return [{"name": name, "value": value} for name, value in (headers or {}).items()]

    return {
        "startedDateTime": "2026-11-23T13:02:28.000Z",
        "request": {"method": "GET", "url": url, "httpVersion": "HTTP/2", "headers": pairs(sent)},
        "response": {
            "status": status, "statusText": "", "httpVersion": "HTTP/2", "headers": pairs(got),
            "content": {"size": len(body), "mimeType": "application/json", "text": body},
        },
    }  # fmt: skip


HAR = {
    "log": {
        "version": "1.2",
        "creator": {"name": "x", "version": "1"},
        "entries": [
            entry("https://auth.example.org/token?service=s&scope=repository:team/app:pull", 200,
                  body=json.dumps({"token": TOKEN})),
            entry("https://registry.example.org/v2/team/app/tags/list", 401,
                  sent={"Authorization": f"Bearer {TOKEN}"}, got={"www-authenticate": CHALLENGE}, body=DENIED),
        ],
    }
}  # fmt: skip


def test_a_har_file() -> None:
    for text in (json.dumps(HAR), json.dumps(HAR, indent=2)):
        evidence = read_paste(f"My HAR:\n{text}\n")
        asking, using = evidence.exchanges
        assert (asking.role, asking.status) == (Role.TOKEN, 200)
        assert asking.token is not None
        assert (using.role, using.status, bool(using.errors)) == (Role.TAGS, 401, True)
        assert str(using.challenges[0]) == CHALLENGE
        assert using.authorization is not None
        assert using.authorization.source == "exchange 1"
        assert TOKEN not in repr(evidence)
        whole = f"My HAR:\n{text}\n"
        assert whole[slice(*evidence.spans[2, "status"])] == "401"
        assert whole[slice(*evidence.spans[2, "url"])] == "https://registry.example.org/v2/team/app/tags/list"


def test_a_har_entry_without_an_answer() -> None:
    text = json.dumps(
        {"log": {"entries": [{"request": {"method": "GET", "url": "https://h/v2/"}, "response": {"status": 0}}]}}
    )
    (exchange,) = read_paste(text).exchanges
    assert exchange.failure is not None


def test_a_call_logged_by_a_library() -> None:
    text = json.dumps(
        {
            "statusCode": 400,
            "statusMessage": "Bad Request",
            "headers": {"content-type": "application/xml", "www-authenticate": CHALLENGE},
            "options": {
                "method": "get",
                "url": "https://store.example.net/x",
                "headers": {"authorization": "Bearer abc"},
            },
            "body": "<Error/>",
        },
        indent=2,
    )
    (exchange,) = read_paste(text).exchanges
    assert (exchange.status, exchange.method, exchange.url) == (400, "GET", "https://store.example.net/x")
    assert exchange.challenges
    assert exchange.authorization is not None
    assert exchange.body.text == "<Error/>"


def test_what_is_no_har() -> None:
    assert read_paste('{"log": {"entries": 5}}').exchanges == ()
    assert read_paste('{"log": {"entries": [1, {"request": []}]}}').exchanges == ()
