"""What a line weighs: a warning that was survived, and a refusal in a text that speaks of no registry."""

from __future__ import annotations

import pytest

from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.finding import Finding, Severity
from reglens.diagnosis.paste import read_paste

HELPER = "error getting credentials - err: exit status 1, out: `no such keyring`"
LOST = (
    'failed to fetch anonymous token: Get "https://auth.docker.io/token?service=registry.docker.io": '
    "dial tcp: i/o timeout"
)


def found(text: str) -> tuple[Finding, ...]:
    return diagnose(read_paste(text)).findings


@pytest.mark.parametrize(
    ("warning", "failure"),
    [
        (f'WARN[0000] cannot get auth config error="{HELPER}"', f'FATA[0003] failed to resolve "docker.io/a": {LOST}'),
        (
            f'time="2026-03-01T12:00:00Z" level=warning msg="{HELPER}"',
            f'time="2026-03-01T12:00:03Z" level=error msg="{LOST}"',
        ),
        (f"W0301 12:00:00.000000 1 auth.go:12] {HELPER}", f"E0301 12:00:03.000000 1 pull.go:9] {LOST}"),
    ],
)
def test_what_the_program_failed_of_goes_before_what_it_warned_of(warning: str, failure: str) -> None:
    both = found(f"{warning}\n{failure}\n")
    assert both[0].code == "realm-unreachable"
    assert {f.code: f.severity for f in both}.get("credential-helper-failed") in (None, Severity.WARNING)
    alone = found(f"{warning}\n")
    assert (alone[0].code, alone[0].severity) == ("credential-helper-failed", Severity.ERROR)


OTHERS = [
    "2026/03/01 12:00:00 Starting the console on :9000\n2026/03/01 12:00:31 http error: invalid session (code=401)\n"
    "2026/03/01 12:04:49 http error: this account was not created beforehand (err=Unauthorized) (code=403)\n"
    "2026/03/01 12:05:36 [ERROR] [http,client] [message: unexpected status code] [status_code: 403]\n",
    "BUILD FAILED\nC:\\work\\project\\build.xml:45: impossible to publish artifacts for org.example#simple;1.0.0: "
    "java.io.IOException: Access to URL http://localhost:8081/repository/maven-releases/org/example/simple/1.0.0/"
    "simple-1.0.0.pom was refused by the server: Unauthorized\n",
    'Traceback (most recent call last):\n  File "/srv/app/sync.py", line 40, in main\n    report = api.reports(week)\n'
    '  File "/srv/app/api.py", line 12, in reports\n    raise Refused(answer)\napi.Refused: 403 Forbidden: the token '
    "has not the right reports:read, ask the owner of the workspace for it\n",
]


@pytest.mark.parametrize("text", OTHERS)
def test_a_refusal_in_a_text_that_speaks_of_no_registry_is_somebody_else_s(text: str) -> None:
    assert [f for f in found(text) if f.severity is not Severity.INFO] == []
    assert found(f"$ docker pull registry.example.com/team/app:1.0\n{text}")


def test_a_token_answer_without_a_token_that_refuses_the_password_is_told_as_that() -> None:
    first = found(
        'reading image "index.docker.io/a/b:1": no token in bearer response:\n'
        '{"details":"incorrect username or password"}\n'
    )
    assert first[0].code == "credentials-rejected"
