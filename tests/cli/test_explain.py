"""explain: what it reads, and how a diagnosis looks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reglens.cli.commands.explain import decode, read_moment
from reglens.diagnosis.pages import CODES
from reglens.errors import UsageError

from .conftest import Run

REFUSED = b"""\
> GET /v2/library/alpine/manifests/latest HTTP/1.1
> Host: registry.example.com
>
< HTTP/1.1 401 Unauthorized
< Date: Mon, 02 Mar 2026 12:00:00 GMT
< Www-Authenticate: Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:library/alpine:pull"
<
"""


def test_a_paste_from_stdin_and_from_a_file_are_explained_alike(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_bytes(REFUSED)
    ran = run("explain", stdin=REFUSED)
    assert ran.code == 1
    assert ran.out == run("explain", str(path)).out == run("explain", "-", stdin=REFUSED).out
    for word in ("refused", "authorization-missing", "registry.example.com", "Fix: "):
        assert word in ran.out


TWO_CAUSES = b"""$ curl https://auth.docker.io/token?service=index.docker.io&scope=repository:alpine:pull
$ curl -i -H "Authorization: Bearer null" https://registry-1.docker.io/v2/alpine/manifests/latest
HTTP/1.1 401 Unauthorized
Www-Authenticate: Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:alpine:pull",error="invalid_token"
"""


def test_commands_that_cure_several_findings_are_printed_once(run: Run) -> None:
    findings = run("explain", "--json", stdin=TWO_CAUSES).document["findings"]
    commands = [command for finding in findings for command in finding["fix"]["commands"]]
    shared = {command for command in commands if commands.count(command) > 1}
    assert shared
    told = run("explain", stdin=TWO_CAUSES).out
    for command in shared:
        assert told.count(f"    {command}\n") == 1
    assert f"Commands: as under {findings[0]['code']}" in told


def test_the_document_is_that_of_the_contract(run: Run) -> None:
    document = run("explain", "--json", stdin=REFUSED).document
    assert (document["schema"], document["outcome"]) == (1, "refused")
    assert document["findings"][0]["code"] in CODES
    assert set(document["findings"][0]) >= {
        "code", "severity", "title", "explanation", "evidence", "fix", "follows_from",
    }  # fmt: skip
    assert [row["row"] for row in document["comparison"]] == [
        "service", "repository", "actions", "issuer", "time", "key",
    ]  # fmt: skip


def test_a_malformed_reference_is_evidence_and_no_wrong_usage(run: Run) -> None:
    ran = run("explain", "--json", "--reference", "Library/Alpine", stdin=b"invalid reference format")
    assert ran.code in (0, 1)
    assert "repository-name-invalid" in [finding["code"] for finding in ran.document["findings"]]


@pytest.mark.parametrize(
    "paste",
    [b"\0" * 1000, b"\xff\xfe", b"{" * 5000, b"\x1b[31m" * 100, bytes(range(256)), b"hello", b'"' * 999],
    ids=["nul", "mark", "braces", "colours", "octets", "words", "quotes"],
)
def test_whatever_is_pasted_nothing_breaks(run: Run, paste: bytes) -> None:
    ran = run("explain", stdin=paste + b"x")
    assert ran.code in (0, 1)
    assert "\x1b" not in ran.out
    assert json.loads(run("explain", "--json", stdin=paste + b"x").raw)["schema"] == 1


def test_every_code_has_a_line_and_a_page(run: Run) -> None:
    listed = run("explain", "--list").out.splitlines()
    assert [line.split()[0] for line in listed] == list(CODES)
    assert [row["code"] for row in run("explain", "--list", "--json").document["codes"]] == list(CODES)
    for code in CODES:
        shown = run("explain", "--code", code)
        assert shown.code == 0
        for title in (code, "Means", "Recognise", "Cure", "Example"):
            assert title in shown.out
        assert run("explain", "--code", code, "--json").document["code"] == code


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01 12:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("Sun, 01 Mar 2026 12:00:00 GMT", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("1772366400", datetime(2026, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_moments_as_people_and_headers_write_them(text: str, moment: datetime) -> None:
    assert read_moment(text) == moment


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "9" * 30, "0001-01-01T00:00:00+14:00", "\udcff"])
def test_what_is_no_moment_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError):
        read_moment(text)


def test_the_encodings_of_a_paste() -> None:
    text = "HTTP/1.1 401 – né\n"
    assert [decode(text.encode(e)) for e in ("utf-8", "utf-8-sig", "utf-16")] == [text] * 3
    assert decode(b"\xfe\xff" + text.encode("utf-16-be")) == text
    assert decode(b"a\xffb") == "a\ufffdb"
