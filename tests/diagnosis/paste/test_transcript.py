"""Transcripts of HTTP clients, clean and torn."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from reglens.diagnosis.evidence import Evidence
from reglens.diagnosis.paste import read_paste
from reglens.errors import Reach
from reglens.trace.exchange import Exchange, Role
from support.pastes import CHALLENGE, DENIED, granted, jwt, refused

TOKEN = jwt()
FLOW = refused() + granted(TOKEN) + refused(TOKEN, error="invalid_token")
HEADERS = f"""HTTP/1.1 401 Unauthorized
Content-Type: application/json; charset=utf-8
Www-Authenticate: {CHALLENGE}
Date: Mon, 23 Nov 2026 13:02:28 GMT
"""


def only(text: str) -> Exchange:
    (exchange,) = read_paste(text).exchanges
    return exchange


def test_the_whole_flow() -> None:
    evidence = read_paste(FLOW)
    first, second, third = evidence.exchanges
    assert [e.role for e in evidence.exchanges] == [Role.TAGS, Role.TOKEN, Role.TAGS]
    assert [e.status for e in evidence.exchanges] == [401, 200, 401]
    assert [e.authority for e in evidence.exchanges] == ["registry.example.org"] * 3
    assert first.url == "https://registry.example.org/v2/team/app/tags/list"
    assert first.authorization is None
    assert first.challenges[0].scope == "repository:team/app:pull"
    assert first.server_time == datetime(2026, 11, 23, 13, 2, 28, tzinfo=UTC)
    assert [error.code for error in first.errors] == ["UNAUTHORIZED"]
    assert second.token is not None
    assert second.token.claims is not None
    assert second.asked("service") == ["registry.example.org"]
    assert third.authorization is not None
    assert third.authorization.source == "exchange 2"
    assert third.challenges[0].error == "invalid_token"
    assert evidence.reference == "registry.example.org/team/app"


def test_spans_are_places_in_the_text_as_pasted() -> None:
    evidence = read_paste(FLOW)
    spans = {key: FLOW[slice(*span)] for key, span in evidence.spans.items()}
    assert spans[1, "challenge"] == CHALLENGE
    assert spans[1, "status"] == "401"
    assert spans[1, "body"] == DENIED
    assert spans[3, "authorization"] == f"Bearer {TOKEN}"
    assert spans[3, "date"] == "Mon, 23 Nov 2026 13:02:28 GMT"
    assert spans[2, "token"].startswith(TOKEN[:40])
    assert spans[2, "token"].endswith(TOKEN[-20:])
    assert spans[1, "url"] == "/v2/team/app/tags/list"


def wrapped(text: str, width: int = 80) -> str:
    lines = (line[i : i + width] for line in text.split("\n") for i in range(0, max(len(line), 1), width))
    return "\n".join(lines)


def quoted(text: str) -> str:
    return "On Monday Joe wrote:\n" + "".join(f"> {line}\n" for line in text.split("\n")) + "\nRegards\n"


FORMS: dict[str, Callable[[str], str]] = {
    "crlf": lambda t: t.replace("\n", "\r\n"),
    "wrapped at 80": wrapped,
    "wrapped at 100": lambda t: wrapped(t, 100),
    "quoted": quoted,
    "quoted twice": lambda t: quoted(quoted(t)),
    "wrapped and quoted": lambda t: quoted(wrapped(t, 76)),
    "indented": lambda t: re.sub(r"(?m)^", "    ", t),
    "fenced": lambda t: f"I get this:\n\n```console\n{t}```\n\nAny idea?\n",
    "coloured": lambda t: re.sub(r"(?m)^(...)", "\x1b[1m\x1b[32m\\1\x1b[0m", t),
    "stamped": lambda t: re.sub(r"(?m)^(?=.)", "2026-11-23T13:02:28.1234567Z ", t),
    "kubectl logs --prefix": lambda t: re.sub(r"(?m)^(?=.)", "[pod/app-1/puller] ", t),
    "kubectl logs --prefix --timestamps": lambda t: re.sub(
        r"(?m)^(?=.)", "[pod/app-1/puller] 2026-11-23T13:02:28.1234567Z ", t
    ),
    "docker compose": lambda t: re.sub(r"(?m)^(?=.)", "app-1  | ", t),
    "the journal": lambda t: re.sub(r"(?m)^(?=.)", "Nov 23 13:02:28 node-1 probe[4711]: ", t),
    "with --trace-time": lambda t: re.sub(r"(?m)^(?=[<>*] )", "13:02:28.123456 ", t),
    "without prompts": lambda t: re.sub(r"(?m)^\$ ", "", t),
    "another prompt": lambda t: re.sub(r"(?m)^\$ ", "root@vm-1:/home/x# ", t),
    "blanks at the ends": lambda t: re.sub(r"(?m)[ ]*$", "  ", t),
    "no blanks at the ends": lambda t: re.sub(r"(?m)[ ]+$", "", t),
    "lower-case names": lambda t: re.sub(r"(?m)^< ([A-Za-z-]+):", lambda m: f"< {m[1].lower()}:", t),
    "continued lines": lambda t: t.replace(" -H ", " \\\n    -H "),
    "continued with a second prompt": lambda t: t.replace(" -H ", " \\\n> -H "),
    "no-break blanks": lambda t: t.replace("  ", "\xa0 "),
    "page source": lambda t: t.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    "behind a byte order mark": lambda t: "\ufeff" + t,
}


def facts(evidence: Evidence) -> list[tuple[object, ...]]:
    return [
        (
            e.role, e.method, e.url, e.status, [str(c) for c in e.challenges], e.server_time, e.errors,
            e.token and e.token.claims, e.authorization and (e.authorization.scheme, e.authorization.secret),
        )
        for e in evidence.exchanges
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    changed = FORMS[form](FLOW)
    evidence = read_paste(changed)
    assert facts(evidence) == facts(read_paste(FLOW))
    start, end = evidence.spans[3, "status"]
    assert changed[start:end] == "401"
    assert TOKEN not in repr(evidence)
    assert TOKEN[-60:] not in evidence.pasted


def test_piped_output_with_its_meter() -> None:
    text = f"""$ curl -v https://h.example.org/v2/ 2>&1 | cat
  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                 Dload  Upload   Total   Spent    Left  Speed
\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0*   Trying 192.0.2.1:443...
> GET /v2/ HTTP/2
> Host: h.example.org
>\x20
< HTTP/2 401\x20
< www-authenticate: {CHALLENGE}
<\x20
{{ [157 bytes data]
\r100   157  100   157    0     0  63485      0 --:--:-- --:--:-- --:--:-- 78500
* Connection #0 to host h.example.org left intact
{DENIED}
"""
    exchange = only(text)
    assert (exchange.status, exchange.http_version, exchange.role) == (401, "HTTP/2", Role.PING)
    assert exchange.challenges[0].realm == "https://auth.example.org/token"
    assert exchange.errors


def test_http2_request_headers_between_brackets() -> None:
    text = f"""$ curl -v https://h.example.org/v2/
* using HTTP/2
* [HTTP/2] [1] OPENED stream for https://h.example.org/v2/
* [HTTP/2] [1] [:method: GET]
* [HTTP/2] [1] [:authority: h.example.org]
* [HTTP/2] [1] [authorization: Bearer {TOKEN}]
< HTTP/2 200
<
{{}}
"""
    exchange = only(text)
    assert exchange.authorization is not None
    assert exchange.authorization.token is not None
    assert exchange.body.text == "{}"


@pytest.mark.parametrize("command", ["curl -i", "curl -sD -", "http", "wget -S -O-"])
def test_plain_headers_and_body(command: str) -> None:
    indent = "  " if command.startswith("wget") else ""
    headers = "".join(f"{indent}{line}\n" for line in HEADERS.splitlines())
    exchange = only(f"$ {command} https://registry.example.org/v2/team/app/tags/list\n{headers}\n{DENIED}\n")
    assert (exchange.status, exchange.challenges[0].service) == (401, "registry.example.org")
    assert exchange.errors
    assert exchange.url == "https://registry.example.org/v2/team/app/tags/list"


def test_doubled_headers_of_head_with_v() -> None:
    lines = HEADERS.splitlines()
    doubled = "".join(f"< {line}\n{line}\n" for line in lines)
    exchange = only(
        f"$ curl -v -I https://h.example.org/v2/a/manifests/1\n> HEAD /v2/a/manifests/1 HTTP/1.1\n"
        f"> Host: h.example.org\n> \n{doubled}\n< \n* Connection #0 to host h.example.org left intact\n"
    )
    assert len(exchange.response_headers.lines) == len(lines) - 1
    assert len(exchange.challenges) == 1


def test_headers_alone() -> None:
    exchange = only(HEADERS)
    assert (exchange.status, exchange.method, exchange.url) == (401, None, None)
    assert exchange.challenges[0].service == "registry.example.org"


@pytest.mark.parametrize(
    "line",
    [
        f"Www-Authenticate: {CHALLENGE}",
        f"WWW-Authenticate:{CHALLENGE}",
        f"< www-authenticate: {CHALLENGE}",
        CHALLENGE,
        f"  'www-authenticate': '{CHALLENGE}',",
        f'level=error msg=x Www-Authenticate="{CHALLENGE}"',
        f"map[Content-Type:[application/json] Www-Authenticate:[{CHALLENGE}] Date:[x]]",
        '"Www-Authenticate": "' + CHALLENGE.replace('"', '\\"') + '",',
    ],
)
def test_a_challenge_alone(line: str) -> None:
    (challenge,) = only(line + "\n").challenges
    assert (challenge.scheme, challenge.realm, challenge.service, challenge.scope) == (
        "Bearer", "https://auth.example.org/token", "registry.example.org", "repository:team/app:pull",
    )  # fmt: skip


def test_a_redirect_is_followed() -> None:
    evidence = read_paste(
        "$ curl -sv -L https://h.example.org/v2/a/blobs/sha256:1\n> GET /v2/a/blobs/sha256:1 HTTP/1.1\n"
        "> Host: h.example.org\n> Authorization: Bearer abc\n>\n< HTTP/1.1 307 Temporary Redirect\n"
        "< Location: https://store.example.net/x?X-Amz-Signature=abcdef\n<\n"
        "* Issue another request to this URL: 'https://store.example.net/x?X-Amz-Signature=abcdef'\n"
        "> GET /x?X-Amz-Signature=abcdef HTTP/1.1\n> Host: store.example.net\n>\n< HTTP/1.1 400 Bad Request\n<\n"
    )
    first, second = evidence.exchanges
    assert (second.follows, second.status, second.host) == (first.number, 400, "store.example.net")
    assert second.authorization is None
    assert evidence.commands[0].exchanges == (1, 2)
    assert "abcdef" not in repr(evidence)


def test_trace_ascii() -> None:
    request = f"GET /v2/ HTTP/1.1\r\nHost: h.example.org\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    dump: list[str] = []
    offset = 0
    for line in request.split("\r\n")[:-1]:
        starts = range(0, max(len(line), 1), 64)
        dump += [f"{offset + start:04x}: {line[start : start + 64]}" for start in starts]
        offset += len(line) + 2
    challenge = f"Www-Authenticate: {CHALLENGE}"
    answer = "\n".join(f"{start:04x}: {challenge[start : start + 64]}" for start in range(0, len(challenge), 64))
    text = (
        "== Info: Connected to h.example.org (192.0.2.1) port 443 (#0)\n=> Send header, 700 bytes (0x2bc)\n"
        + "\n".join(dump)
        + "\n<= Recv header, 27 bytes (0x1b)\n0000: HTTP/1.1 401 Unauthorized\n<= Recv header, 140 bytes (0x8c)\n"
        + answer
        + "\n<= Recv header, 2 bytes (0x2)\n0000: \n<= Recv data, 87 bytes (0x57)\n0000: "
        + DENIED[:64]
        + "\n0040: "
        + DENIED[64:]
        + "\n== Info: Connection #0 to host h.example.org left intact\n"
    )
    exchange = only(text)
    assert exchange.url == "https://h.example.org/v2/"
    assert exchange.authorization is not None
    assert exchange.authorization.secret.reveal() == TOKEN
    assert str(exchange.challenges[0]) == CHALLENGE
    assert exchange.errors


def test_a_request_file() -> None:
    evidence = read_paste(
        "### ask for a token\nGET https://auth.example.org/token?service=a\nAccept: application/json\n\n"
        f"### use it\nGET https://registry.example.org/v2/ HTTP/1.1\nAuthorization: Bearer {TOKEN}\n\n{HEADERS}"
    )
    assert [e.method for e in evidence.exchanges] == ["GET", "GET"]
    assert [e.status for e in evidence.exchanges] == [None, 401]


def test_two_answers_of_one_command() -> None:
    both = "curl -i https://h.example.org/v2/ https://h.example.org/v2/a/tags/list"
    evidence = read_paste(
        f"$ {both}\n{HEADERS}\n{DENIED}\nHTTP/1.1 404 Not Found\nContent-Type: text/plain\n\n404 page not found\n"
    )
    assert [(e.status, e.role) for e in evidence.exchanges] == [(401, Role.PING), (404, Role.TAGS)]
    assert evidence.exchanges[1].body.text == "404 page not found"


def test_a_prompt_glued_to_the_body() -> None:
    evidence = read_paste(
        f"$ curl https://h.example.org/v2/\n{DENIED}$ curl https://h.example.org/v2/_catalog\n{DENIED}"
    )
    assert [e.role for e in evidence.exchanges] == [Role.PING, Role.CATALOG]
    assert all(e.errors for e in evidence.exchanges)


def test_a_body_that_is_cut_ends_at_the_next_transcript() -> None:
    text = f'$ curl -i https://h.example.org/v2/\n{HEADERS}\n{{"errors":[{{"code":"UNAUTH\n{refused()}'
    first, second = read_paste(text).exchanges
    assert first.body.text.startswith('{"errors"')
    assert (second.status, bool(second.errors)) == (401, True)


def test_a_connection_that_failed() -> None:
    exchange = only(
        "$ curl -v https://h.example.org/v2/\n*   Trying 192.0.2.1:443...\n"
        "* SSL certificate problem: certificate has expired\n* Closing connection 0\n"
    )
    assert exchange.failure is not None
    assert exchange.failure.kind is Reach.TLS
    assert exchange.url == "https://h.example.org/v2/"


def test_crane_dumps() -> None:
    text = f"""2026/11/23 13:20:25 --> GET https://h.example.org/v2/
2026/11/23 13:20:25 GET /v2/ HTTP/1.1
Host: h.example.org
User-Agent: crane/v0.21.9


2026/11/23 13:20:25 <-- dial tcp: lookup h.example.org: no such host GET https://h.example.org/v2/ (804.413µs)
2026/11/23 13:20:25 --> GET https://h.example.org/v2/a/manifests/1
2026/11/23 13:20:25 GET /v2/a/manifests/1 HTTP/1.1
Host: h.example.org
Authorization: <redacted>


2026/11/23 13:20:25 <-- 401 https://h.example.org/v2/a/manifests/1 (1.09ms)
2026/11/23 13:20:25 {HEADERS}
{DENIED}

2026/11/23 13:20:25 --> GET https://auth.example.org/token?service=x [body redacted: basic token response]
2026/11/23 13:20:25 <-- 200 https://auth.example.org/token?service=x (2ms) [body redacted: basic token response]
2026/11/23 13:20:25 HTTP/1.1 200 OK
Content-Length: 1949

Error: reading: UNAUTHORIZED
"""
    ping, manifest, token = read_paste(text).exchanges
    assert ping.failure is not None
    assert ping.failure.kind is Reach.NAME
    assert (manifest.status, bool(manifest.errors), len(manifest.challenges)) == (401, True, 1)
    assert manifest.authorization is not None
    assert (manifest.authorization.scheme, manifest.authorization.source) == ("", "redacted")
    assert (token.status, token.body.data, token.note) == (200, b"", "body not shown")


def test_oras_dumps() -> None:
    escaped = CHALLENGE.replace('"', '\\"')
    text = f"""[2026-11-23T13:20:25Z][DEBUG]: --> Request #0
> Request URL: "https://h.example.org/v2/a/manifests/1"
> Request method: "GET"
> Request headers:
   "Accept": "application/json"
   "Authorization": "*****"
[2026-11-23T13:20:25Z][DEBUG]: <-- Response #0
< Response Status: "401 Unauthorized"
< Response headers:
   "Content-Type": "application/json"
   "Www-Authenticate": "{escaped}"
< Response body:
{DENIED}
"""
    exchange = only(text)
    assert (exchange.method, exchange.status, exchange.role) == ("GET", 401, Role.MANIFEST)
    assert str(exchange.challenges[0]) == CHALLENGE
    assert exchange.authorization is not None
    assert exchange.authorization.source == "redacted"
    assert exchange.errors


def test_skopeo_debug_lines() -> None:
    evidence = read_paste(
        'time="2026-11-23T13:20:48Z" level=debug msg="GET http://h:5000/v2/"\n'
        'time="2026-11-23T13:20:48Z" level=debug msg="Ping http://h:5000/v2/ status 401"\n'
        'time="2026-11-23T13:20:48Z" level=debug msg="GET http://auth:1/token?scope=repository%3Aa%3Apull&service=s"\n'
    )
    assert [(e.role, e.status) for e in evidence.exchanges] == [(Role.PING, 401), (Role.TOKEN, None)]
    assert evidence.exchanges[1].asked("scope") == ["repository:a:pull"]


def test_regctl_debug_lines() -> None:
    challenge = CHALLENGE.replace('"', '\\"')
    exchange = only(
        'time=2026-11-23T13:20:25.000Z level=DEBUG msg="reg http request" req-method=HEAD '
        'req-url=https://r.example.org/v2/a/manifests/1 resp-status="401 Unauthorized" '
        f'resp-headers="map[Content-Length:[0] Www-Authenticate:[{challenge}]]"\n'
    )
    assert (exchange.method, exchange.status, exchange.role) == ("HEAD", 401, Role.MANIFEST)
    assert str(exchange.challenges[0]) == CHALLENGE


def test_python_debug_lines() -> None:
    exchange = only(
        f"send: b'GET /v2/ HTTP/1.1\\r\\nHost: h.example.org\\r\\nAuthorization: Bearer {TOKEN}\\r\\n\\r\\n'\n"
        f"reply: 'HTTP/1.1 401 Unauthorized\\r\\n'\nheader: Www-Authenticate: {CHALLENGE}\nheader: Content-Length: 0\n"
    )
    assert (exchange.url, exchange.status, len(exchange.challenges)) == ("https://h.example.org/v2/", 401, 1)
    assert exchange.authorization is not None
    assert exchange.authorization.secret.reveal() == TOKEN


def test_the_moment_is_kept() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert read_paste("", moment=moment).moment == moment
