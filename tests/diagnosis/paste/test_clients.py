"""The reading of log lines: chains, escapes, precedence, times, and that no text can hurt it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reglens.diagnosis.meanings import BY_WORD, Meaning
from reglens.diagnosis.paste import clients
from reglens.diagnosis.paste.clients import entries, read_text
from reglens.diagnosis.paste.clients_precedence import CONTEXT
from reglens.diagnosis.paste.clients_table import compiled
from reglens.diagnosis.senses import SENSES


def meanings(text: str) -> list[str]:
    return [report.meaning for report in read_text(text)]


def telling(text: str) -> list[str]:
    return [meaning for meaning in meanings(text) if meaning not in CONTEXT]


def test_every_pattern_compiles_and_names_its_source() -> None:
    for entry in entries():
        assert compiled(entry.pattern).search("") is None
        assert entry.hint == entry.hint.lower()
        assert entry.source


def test_every_meaning_is_described_and_found_by_its_word() -> None:
    for meaning in Meaning:
        assert meaning.says.endswith(".")
        assert BY_WORD[meaning.value] is meaning
        assert not meaning.proves or meaning.codes


def test_every_sense_is_a_meaning() -> None:
    assert SENSES.keys() == BY_WORD.keys()


def test_the_specific_word_wins_over_code_and_status() -> None:
    line = "unexpected status code 401 Unauthorized: UNAUTHORIZED: incorrect username or password"
    assert telling(line) == [Meaning.CREDENTIALS_REFUSED]
    report = read_text(line)[0]
    assert (report.values["status"], report.values["code"]) == ("401", "UNAUTHORIZED")


def test_the_code_wins_over_the_status() -> None:
    assert telling("request failed with status code 404: NAME_UNKNOWN: repository name not known to registry") == [
        Meaning.REPOSITORY_UNKNOWN
    ]


def test_a_bare_status_of_the_token_server_is_its_own_thing() -> None:
    line = "failed to fetch oauth token: unexpected status from GET request to https://a.example/token?service=b: "
    assert telling(line + "401 Unauthorized") == [Meaning.TOKEN_SERVER_REFUSED]
    assert telling(line + "503 Service Unavailable") == [Meaning.TOKEN_SERVER_FAILED]


def test_the_innermost_url_is_the_one_that_failed() -> None:
    line = (
        'Head "https://ghcr.io/v2/o/app/manifests/1": Get "https://ghcr.io/token?scope=repository%3Ao%2Fapp%3Apull": '
        "net/http: request canceled (Client.Timeout exceeded while awaiting headers)"
    )
    (report,) = read_text(line)
    assert report.meaning == Meaning.ANSWER_TIMEOUT
    assert report.values["part"] == "token"
    assert report.values["scope"] == "repository:o/app:pull"


def test_quotations_within_quotations_are_undone() -> None:
    inner = (
        'rpc error: code = Unknown desc = Get \\\\\\"https://r.example/v2/\\\\\\": x509: '
        "certificate signed by unknown authority"
    )
    (report,) = read_text(f'E0101 pod_workers.go:1] err="failed with \\"ErrImagePull: {inner}\\""')[-1:]
    assert report.meaning == Meaning.TLS_AUTHORITY
    assert report.values["url"] == "https://r.example/v2/"


def test_an_entry_that_runs_over_lines_is_one() -> None:
    text = (
        'time="2023-05-31T10:01:56Z" level=error msg="Failed to parse the authentication\n'
        'scope from the given challenge" error="error parsing\nauth scope: \'repository:a/b:pull '
        "repository:c/d:pull'\"\n"
    )
    report = next(r for r in read_text(text) if r.meaning == Meaning.SCOPE_INVALID)
    assert report.values["scope"] == "repository:a/b:pull repository:c/d:pull"
    assert report.time == datetime(2023, 5, 31, 10, 1, 56, tzinfo=UTC)


def test_an_error_body_over_several_lines_is_one() -> None:
    body = (
        '{\n "errors": [\n  {\n   "code": "DENIED",\n   "message": "installation not allowed to Write it"\n  }\n ]\n}'
    )
    (report,) = read_text(body)
    assert report.meaning == Meaning.PERMISSION_MISSING
    assert report.values["code"] == "DENIED"


def test_several_errors_of_one_answer_stay_together() -> None:
    """distribution's client puts a challenge's insufficient_scope before the body's UNAUTHORIZED."""
    text = "errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required\n"
    assert telling(text) == [Meaning.TOKEN_SCOPE]


@pytest.mark.parametrize(
    ("current", "meaning"),
    [("1451418655", Meaning.TOKEN_NOT_YET_VALID), ("1451419600", Meaning.TOKEN_EXPIRED)],
)
def test_which_end_of_a_life_was_broken_is_arithmetic(current: str, meaning: Meaning) -> None:
    text = f"token not to be used before 1451418688 or after 1451419589 - currently {current}"
    (report,) = read_text(text)
    assert report.meaning == meaning
    assert report.values["current"] == current


def test_an_access_log_is_an_exchange_and_no_complaint() -> None:
    line = '10.0.0.1 - - [09/Sep/2016:14:58:29 +0000] "GET /v2/a/tags/list HTTP/1.1" 401 134 "" "docker/1.8.2 go/go1.4"'
    (report,) = read_text(line)
    assert report.meaning == Meaning.EXCHANGED
    assert (report.values["method"], report.values["url"], report.values["status"]) == ("GET", "/v2/a/tags/list", "401")
    assert report.values["agent"].startswith("docker/1.8.2")
    assert report.time == datetime(2016, 9, 9, 14, 58, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        'HTTP/1.1 401 Unauthorized\nWww-Authenticate: Bearer realm="https://a.example/token"\n',
        "< HTTP/2 401\n< content-type: application/json\n",
        "2022/05/06 14:37:04 HTTP/2.0 401 Unauthorized\n",
        "Login Succeeded\n",
        "latest: digest: sha256:6757d4b17cd75742fc3b1fc1a8d02b45b637f2ac913ee9669f5c2aed0c9b26ba size: 711\n",
        "Status: Downloaded newer image for alpine:latest\n",
        "DEBU[0010] Ping http://localhost:5000/v2/ status 401\nDEBU[0010] GET http://localhost:5000/v2/_catalog\n",
        'level=debug msg="fetch response received" response.status="401 Unauthorized" url="https://r.example/v2/"\n',
        'level=info msg="response completed" http.request.method=GET http.response.status=200\n',
    ],
)
def test_a_healthy_line_accuses_nobody(text: str) -> None:
    assert telling(text) == []


def test_what_a_log_repeats_is_reported_once() -> None:
    line = 'level=error msg="token from untrusted issuer: \\"a\\""\n'
    assert len(read_text(line * 5000)) == 1


def test_secrets_in_a_line_are_masked() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlc2lnbmF0dXJl"
    text = f'GET https://bob:hunter22@r.example/v2/: unexpected status code 401 Unauthorized: "token": "{token}"'
    for report in read_text(text):
        shown = report.text + "".join(report.values.values())
        assert token not in shown
        assert "hunter22" not in shown


def test_one_endless_line_is_read_to_its_end() -> None:
    text = "x " * 100_000 + 'token from untrusted issuer: "a"'
    assert telling(text) == [Meaning.TOKEN_ISSUER]


def test_a_long_access_log_does_not_hide_what_follows_it() -> None:
    log = "".join(f'1.2.3.4 - - "GET /v2/a{n}/tags/list HTTP/1.1" 200 5\n' for n in range(2000))
    assert telling(log + 'level=error msg="token from untrusted issuer: \\"a\\""') == [Meaning.TOKEN_ISSUER]


def test_reports_are_bounded() -> None:
    text = "\n".join(f'level=error msg="token from untrusted issuer: \'i{n}\'" iss="i{n}"' for n in range(100))
    text += "\n".join(f'Get "https://h{n}.example/v2/": no such host' for n in range(2000))
    assert len(read_text(text)) <= clients.MAX_REPORTS + 10


_PIECES = st.sampled_from(
    [entry.hint for entry in entries()]
    + [
        '\\"',
        '"',
        "\\n",
        "\n",
        ": ",
        "https://r.example/v2/a/manifests/b",
        "401 Unauthorized",
        "UNAUTHORIZED",
        "{",
        "}",
    ]
    + ['time="2024-01-01T00:00:00Z"', "[map[", "&quot;", "\u2028", "denied:", "=", "error", " ", "(", "[", "<html"]
)


@given(st.lists(_PIECES | st.text(max_size=8), max_size=60).map("".join))
@settings(max_examples=150, deadline=None)
def test_no_text_makes_it_raise_and_spans_stay_inside(text: str) -> None:
    for report in read_text(text):
        assert report.meaning in BY_WORD
        assert report.span is not None
        assert 0 <= report.span[0] <= report.span[1] <= len(text)


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_text_at_all(text: str) -> None:
    read_text(text)
