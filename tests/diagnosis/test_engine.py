"""The engine: causes before consequences, what the registry met first, the moment, the comparison, the JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reglens.auth.credentials import Consulted, Lookup, SourceVerdict
from reglens.auth.token import Token, read_token
from reglens.diagnosis import graph, pages
from reglens.diagnosis.comparison import compare
from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.evidence import Command, Evidence, Report, ShellEffect, Trial, from_trace
from reglens.diagnosis.finding import Outcome, RowName, Severity, Verdict
from reglens.diagnosis.output import to_json
from reglens.diagnosis.paste import read_paste
from reglens.errors import Reach
from reglens.oci.reference import Reference
from reglens.secret import Secret
from reglens.trace.exchange import Authorization, Body, Exchange, Failure, Headers, Role
from support.transcripts import NOW, REALM, SERVICE, SIGNER, at, claims

HOST = "registry.lab.test"
DATE = ("Date", f"{NOW:%a, %d %b %Y %H:%M:%S} GMT")
REFERENCE = Reference.parse(f"{HOST}/library/alpine:3.20")


def challenge(
    error: str = "", scope: str = "repository:library/alpine:pull", service: str = SERVICE
) -> tuple[str, str]:
    tail = f',error="{error}"' if error else ""
    return "Www-Authenticate", f'Bearer realm="{REALM}",service="{service}",scope="{scope}"{tail}'


def refusal(token: Token | None, *headers: tuple[str, str], number: int = 3, **changes: Any) -> Exchange:
    values: dict[str, Any] = {
        "role": Role.MANIFEST,
        "authority": HOST,
        "method": "GET",
        "url": f"https://{HOST}/v2/library/alpine/manifests/3.20",
        "request_headers": Headers([("Accept", "*/*")]),
        "authorization": Authorization("Bearer", token.raw, token) if token else None,
        "status": 401,
        "response_headers": Headers([*headers, DATE]),
    }
    return Exchange(number, **(values | changes))


def grant(token: Token | None, query: str, **changes: Any) -> Exchange:
    values: dict[str, Any] = {
        "role": Role.TOKEN,
        "authority": HOST,
        "method": "GET",
        "url": f"{REALM}?{query}",
        "request_headers": Headers([("Accept", "*/*")]),
        "status": 200,
        "response_headers": Headers([("Content-Type", "application/json"), DATE]),
        "token": token,
    }
    return Exchange(2, **(values | changes))


def signed(**changes: Any) -> Token:
    return read_token(SIGNER.sign(claims(**changes)))


def evidence(*exchanges: Exchange, **changes: Any) -> Evidence:
    return Evidence(exchanges, str(REFERENCE), REFERENCE, **changes)


def codes(found: Evidence) -> list[str]:
    return [finding.code for finding in diagnose(found).findings]


# -- the graph ---------------------------------------------------------------------------------------------------------


def test_every_code_has_a_page_a_rank_and_known_causes() -> None:
    assert set(graph.ORDER) == set(pages.CODES) == set(graph.RANK)
    assert set(graph.CAUSES) <= set(pages.CODES)
    assert {cause for causes in graph.CAUSES.values() for cause in causes} <= set(pages.CODES)
    for code in pages.CODES:
        page = pages.page(code)
        assert all((page.title, page.means, page.recognise, page.cure, page.example)), code


def test_no_code_is_its_own_cause() -> None:
    for code in graph.CAUSES:
        assert code not in graph.ancestors(code, graph.ORDER), code


def test_parents_are_the_nearest_causes() -> None:
    found = {"shell-quoting", "scope-missing", "access-empty"}
    assert graph.parents("access-empty", found) == ("scope-missing",)
    assert graph.parents("access-empty", {"shell-quoting", "access-empty"}) == ()
    assert graph.ancestors("access-empty", found) == {"scope-missing", "shell-quoting"}


# -- order and severity ------------------------------------------------------------------------------------------------


def test_the_root_of_what_failed_goes_first_and_the_rest_is_told_as_a_warning() -> None:
    token = signed(aud="index.docker.io", access=[])
    lost = ShellEffect("background", "url&scope=x", lost="&scope=repository:library/alpine:pull")
    made = diagnose(
        evidence(
            grant(token, "service=index.docker.io"),
            refusal(token, challenge("invalid_token")),
            commands=(Command("curl", ("curl",), "curl url&scope=x", (lost,), (2,)),),
        )
    )
    found = {finding.code: finding for finding in made.findings}
    assert [f.code for f in made.findings[:2]] == ["service-mismatch", "audience-mismatch"]
    assert found["audience-mismatch"].follows_from == ("service-mismatch",)
    assert found["scope-missing"].follows_from == ("shell-quoting",)
    assert found["access-empty"].follows_from == ("scope-missing",)
    assert {found[c].severity for c in ("service-mismatch", "audience-mismatch")} == {Severity.ERROR}
    assert {found[c].severity for c in ("shell-quoting", "scope-missing", "access-empty")} == {Severity.WARNING}
    assert made.outcome is Outcome.REFUSED


def test_when_the_access_was_refused_its_cause_goes_first() -> None:
    token = signed(access=[])
    lost = ShellEffect("background", "url&scope=x", lost="&scope=repository:library/alpine:pull")
    made = diagnose(
        evidence(
            grant(token, f"service={SERVICE}"),
            refusal(token, challenge("insufficient_scope")),
            commands=(Command("curl", ("curl",), "curl url&scope=x", (lost,), (2,)),),
        )
    )
    assert [f.code for f in made.findings] == ["shell-quoting", "scope-missing", "access-empty", "credentials-missing"][
        :3
    ]
    assert {f.severity for f in made.findings} == {Severity.ERROR}


def test_a_healthy_exchange_has_no_finding() -> None:
    token = signed()
    whole = evidence(
        refusal(None, challenge(), number=1),
        grant(token, f"service={SERVICE}&scope=repository:library/alpine:pull"),
        refusal(token, status=200),
    )
    made = diagnose(whole)
    assert (made.outcome, made.findings) == (Outcome.OK, ())
    assert not made.comparison.disagreements


def test_what_the_client_could_not_use_is_not_well() -> None:
    well = Exchange(2, Role.MANIFEST, "GET", "https://registry.example/v2/a/manifests/b", status=200)
    wanted = Reference.parse("registry.example/a:b")
    assert diagnose(from_trace([well], wanted, now=NOW)).outcome is Outcome.OK
    assert diagnose(from_trace([well], wanted, now=NOW, failed=True)).outcome is Outcome.FAILED


def test_faults_are_told_for_the_moment_of_the_refusal() -> None:
    token = signed(**at(exp=9))
    found = evidence(grant(token, f"service={SERVICE}"), refusal(token, challenge("invalid_token")))
    late = Evidence(found.exchanges, now=NOW + timedelta(days=900))
    made = diagnose(late)
    assert "token-expired" not in [f.code for f in made.findings]
    assert made.moment == NOW
    row = made.comparison.row(RowName.TIME)
    assert (row.verdict, row.note) == (Verdict.AGREE, "9 s left")


def test_a_given_moment_counts_where_no_date_is_known() -> None:
    token = signed()
    bare = refusal(token, response_headers=Headers([challenge("invalid_token")]))
    assert "token-expired" in codes(evidence(bare, moment=NOW + timedelta(hours=1)))
    assert "token-expired" not in codes(evidence(bare, moment=NOW))


@pytest.mark.parametrize(
    ("line", "outcome", "command"),
    [
        (
            'Head "https://r.lab.test:5000/v2/base/manifests/1": dial tcp: lookup r.lab.test: no such host',
            Outcome.FAILED,
            "curl -v https://r.lab.test:5000/v2/",
        ),
        (
            'Get "https://r.lab.test/v2/": x509: certificate has expired or is not yet valid: current time '
            "2019-01-01T00:00:12Z is before 2023-10-01T00:00:00Z",
            Outcome.FAILED,
            "timedatectl set-ntp true",
        ),
        (
            'Get "https://r.lab.test/v2/": proxyconnect tcp: dial tcp 192.0.2.1:3128: connect: connection refused',
            Outcome.FAILED,
            "NO_PROXY=r.lab.test curl -v https://r.lab.test/v2/",
        ),
        (
            'FATA[0001] Error parsing image name "docker://r.lab.test/a/b:1": reading manifest 1 in r.lab.test/a/b: '
            "unauthorized: authentication required",
            Outcome.REFUSED,
            'skopeo login r.lab.test -u "<user>"',
        ),
        ('{"auths": {"r.lab.test": {"auth": "am9l"}}}', Outcome.REFUSED, 'docker login r.lab.test -u "<user>"'),
        (
            '{"auths": {"r.lab.test": {"auth": "am9lOnNlY3JldA=="},},}',
            Outcome.UNKNOWN,
            "jq . ~/.docker/config.json",
        ),
    ],
)
def test_a_line_alone_gives_its_outcome_and_a_command_for_its_host(line: str, outcome: Outcome, command: str) -> None:
    made = diagnose(read_paste(line))
    assert made.outcome is outcome
    assert command in made.findings[0].fix.commands


def test_what_is_proven_follows_from_nothing_that_is_only_likely() -> None:
    made = diagnose(read_paste("no basic auth credentials"))
    told = [finding.code for finding in made.findings]
    assert told == ["credentials-missing", "credentials-not-sent"]
    for place, finding in enumerate(made.findings):
        assert set(finding.follows_from) <= set(told[:place])


@pytest.mark.parametrize(
    ("login", "command"),
    [
        ("", 'printf %s "$PASSWORD" | docker login "<registry>" -u "<user>" --password-stdin'),
        (
            "$ docker login -u $USER -p $TOKEN registry.lab.test\n",
            'printf %s "$PASSWORD" | docker login registry.lab.test -u "<user>" --password-stdin',
        ),
    ],
)
def test_a_login_that_could_not_ask_was_given_something_empty(login: str, command: str) -> None:
    made = diagnose(read_paste(f"{login}Error: Cannot perform an interactive login from a non TTY device"))
    assert [finding.code for finding in made.findings] == ["credentials-missing"]
    assert "was empty" in made.findings[0].fix.text
    assert "variables" in made.findings[0].fix.text
    assert made.findings[0].fix.commands == (command,)


def test_a_whole_token_that_is_answered_like_none_did_not_arrive() -> None:
    whole = signed()
    forged = read_token(whole.raw.reveal()[:-6] + ("AAAAAA" if not whole.raw.reveal().endswith("AAAAAA") else "BBBBBB"))
    told = [codes(evidence(refusal(token, challenge()))) for token in (whole, forged)]
    assert "proxy-interference" in told[0]
    assert "signature-untrusted" not in told[0]
    assert "signature-untrusted" in told[1]


def test_a_token_alone_is_compared_with_what_was_wanted_and_when() -> None:
    def found(token: Token, reference: str | None = None, moment: datetime | None = None) -> list[tuple[str, Severity]]:
        made = diagnose(read_paste(token.raw.reveal(), reference=reference, moment=moment))
        return [(finding.code, finding.severity) for finding in made.findings]

    good, empty = signed(), signed(access=[])
    other = "registry.lab.test/team/other"
    assert found(good) == []
    assert found(good, str(REFERENCE), NOW) == []
    assert found(good, other) == [("access-other-repository", Severity.ERROR)]
    assert found(good, str(REFERENCE), NOW + timedelta(hours=2)) == [("token-expired", Severity.ERROR)]
    assert found(good, moment=NOW - timedelta(hours=2)) == [("token-not-yet-valid", Severity.ERROR)]
    assert found(empty) == [("access-empty", Severity.WARNING)]
    assert found(empty, str(REFERENCE)) == [("access-empty", Severity.ERROR)]
    assert found(signed(aud="other"), "alpine") == [("audience-mismatch", Severity.ERROR)]


@pytest.mark.parametrize(("seconds", "expired"), [(-59, False), (-61, True)])
def test_sixty_seconds_are_forgiven(seconds: int, expired: bool) -> None:
    token = signed(**at(exp=seconds))
    assert ("token-expired" in codes(evidence(refusal(token, challenge("invalid_token"))))) is expired


# -- comparison --------------------------------------------------------------------------------------------------------


def test_the_comparison_holds_asked_requested_and_granted() -> None:
    token = signed(aud="index.docker.io", access=[])
    rows = compare(evidence(grant(token, "service=index.docker.io"), refusal(token, challenge("invalid_token"))))
    assert [row.name for row in rows.rows] == list(RowName)
    service = rows.row(RowName.SERVICE)
    assert (service.asked.value, service.requested.value, service.granted.value) == (
        SERVICE, "index.docker.io", "index.docker.io",
    )  # fmt: skip
    assert service.asked.where == "exchange 3, Www-Authenticate, service"
    assert rows.row(RowName.REPOSITORY).granted.value == ()
    assert [row.name for row in rows.disagreements] == [RowName.SERVICE, RowName.REPOSITORY, RowName.ACTIONS]


def test_a_wrong_signature_shows_in_the_key_row() -> None:
    head, body, signature = SIGNER.sign(claims()).split(".")
    token = read_token(f"{head}.{body}.{'A' * 6}{signature[6:]}")
    assert compare(evidence(refusal(token, challenge()))).row(RowName.KEY).verdict is Verdict.DISAGREE


# -- live evidence -----------------------------------------------------------------------------------------------------


def test_a_trace_gives_evidence_in_order() -> None:
    first, second = refusal(None, challenge(), number=1), grant(None, "service=x")
    made = from_trace([second, first], REFERENCE, now=NOW, action="push")
    assert [e.number for e in made.exchanges] == [1, 2]
    assert (made.reference, made.wanted, made.now, made.action) == (REFERENCE.typed, REFERENCE, NOW, "push")


def test_an_anonymous_trial_that_worked_blames_the_credentials() -> None:
    sent = Authorization("Basic", Secret("YWxpY2U6eA=="), username="alice")
    failed = grant(None, f"service={SERVICE}&scope=repository:library/alpine:pull", status=401, authorization=sent)
    made = diagnose(
        Evidence(
            (refusal(None, challenge(), number=1), failed),
            wanted=REFERENCE,
            now=NOW,
            trials=(Trial("anonymous", True),),
        )
    )
    assert made.findings[0].code == "credentials-rejected"
    assert any("trial" in proof.where for proof in made.findings[0].evidence)


def test_a_failed_helper_is_named() -> None:
    lookup = Lookup(
        None, (Consulted("~/.docker/config.json", SourceVerdict.FAILED, "docker-credential-desktop is not in PATH"),)
    )
    token = signed(access=[], sub="")
    asked = grant(token, f"service={SERVICE}&scope=repository:library/alpine:pull")
    live = Evidence((asked, refusal(token, challenge("insufficient_scope"))), wanted=REFERENCE, now=NOW, lookup=lookup)
    assert "credential-helper-failed" in codes(live)


@pytest.mark.parametrize(
    ("kind", "role", "code"),
    [
        (Reach.NAME, Role.PING, "registry-unreachable"),
        (Reach.CONNECT, Role.PING, "registry-unreachable"),
        (Reach.TLS, Role.PING, "tls-untrusted"),
        (Reach.PLAIN, Role.PING, "plain-http"),
        (Reach.CONNECT, Role.TOKEN, "realm-unreachable"),
    ],
)
def test_no_answer_is_told_by_how_far_it_got(kind: Reach, role: Role, code: str) -> None:
    ping = refusal(None, challenge(), number=1)
    failed = Exchange(2, role, HOST, "GET", f"https://{HOST}/v2/", failure=Failure(kind, "no"))
    made = diagnose(Evidence((ping, failed) if role is Role.TOKEN else (failed,), wanted=REFERENCE, now=NOW))
    assert made.findings[0].code == code
    assert made.outcome is Outcome.FAILED


def test_clocks_that_disagree_are_told() -> None:
    token = signed()
    wide = refusal(token, challenge("invalid_token"), local_time=NOW - timedelta(minutes=10))
    assert "clock-skew" in codes(evidence(wide))


def test_a_redirect_that_takes_the_token_along() -> None:
    token = signed()
    hop = refusal(
        token, ("Location", "https://s3.amazonaws.com/b?X-Amz-Signature=1"), number=1, role=Role.BLOB, status=307
    )
    store = refusal(
        token,
        number=2,
        role=Role.BLOB,
        status=400,
        follows=1,
        url="https://bucket.s3.amazonaws.com/b?X-Amz-Signature=1",
    )
    assert codes(evidence(hop, store))[0] == "redirect-authorization"


def test_body_of_a_refusal_is_read() -> None:
    body = b'{"errors":[{"code":"UNAUTHORIZED","message":"Signature has expired","detail":{}}]}'
    refused = refusal(signed(), challenge(), body=Body(body, len(body)))
    assert "token-expired" in codes(evidence(refused))


# -- the JSON ----------------------------------------------------------------------------------------------------------


def test_the_json_is_that_of_the_contract_and_holds_no_secret() -> None:
    raw = SIGNER.sign(claims(aud="other"))
    token = read_token(raw)
    sent = Authorization("Basic", Secret("YWxpY2U6Y29ycmVjdCBob3JzZQ=="), username="alice")
    made = to_json(
        diagnose(
            evidence(grant(token, f"service={SERVICE}", authorization=sent), refusal(token, challenge("invalid_token")))
        )
    )
    assert made["schema"] == 1
    assert set(made) >= {"reference", "outcome", "findings", "comparison", "exchanges"}
    finding = made["findings"][0]
    assert set(finding) >= {"code", "severity", "title", "explanation", "evidence", "fix", "follows_from"}
    assert set(finding["fix"]) == {"text", "commands"}
    assert [row["row"] for row in made["comparison"]] == ["service", "repository", "actions", "issuer", "time", "key"]
    assert made["exchanges"][0]["token"]["kind"] == "jwt"
    text = json.dumps(made)
    assert raw not in text
    assert raw.rpartition(".")[2] not in text
    assert "YWxpY2U6" not in text


PIECES = [
    "$ curl -i https://registry-1.docker.io/v2/alpine/manifests/latest",
    "HTTP/1.1 401 Unauthorized",
    "< HTTP/2 403",
    "Www-Authenticate: Bearer "
    'realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a:pull"',
    'WWW-Authenticate: Basic realm="x"',
    "Www-Authenticate: Bearer",
    "Authorization: Bearer " + SIGNER.sign(claims()),
    "> Authorization: Basic Zm9v",
    '{"token":"' + SIGNER.sign(claims(access=None, exp="x")) + '"}',
    '{"errors":[{"code":"DENIED","message":"x","detail":null}]}',
    "docker pull A/b:",
    "denied: requested access to the resource is denied",
    'Get "http://[::1": dial tcp: lookup x: no such host',
    "realm: http://localhost:5001/auth",
    '{"auths":{"a":{"auth":"x"}},"credsStore":"y"}',
    "curl: (60) SSL certificate problem",
    'level=info msg="token not to be used before 99999999999999 - currently 1"',
    "curl -s 'https://auth.docker.io/token?scope=&service=&scope=::' | jq .",
    "",
]


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=40)), max_size=12), st.text(max_size=20))
def test_no_paste_makes_it_fail(pieces: list[str], reference: str) -> None:
    made = diagnose(read_paste("\n".join(pieces), reference=reference or None))
    json.dumps(to_json(made))
    found = [finding.code for finding in made.findings]
    assert len(found) == len(set(found))
    for finding in made.findings:
        assert set(finding.follows_from) <= set(found)


def test_reports_of_any_meaning_are_taken() -> None:
    from reglens.diagnosis.meanings import Meaning

    for meaning in Meaning:
        for values in ({}, {"status": "404", "url": "https://x/v2/a/tags/list", "host": "x", "part": "token"}):
            report = Report(meaning, "teller", values, "words", datetime(2026, 1, 1, tzinfo=UTC))
            made = diagnose(Evidence(reports=(report,)))
            for finding in made.findings:
                assert finding.code in pages.CODES
                assert finding.fix.text or finding.fix.commands, (meaning, finding.code)


@pytest.mark.parametrize(
    ("path", "said"), [("", "This address"), ("/", "This address"), ("/api/v2.0/projects", "/api/ ")]
)
def test_a_registry_token_sent_elsewhere_on_the_host(path: str, said: str) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4IiwiZXhwIjo5OTk5OTk5OTk5fQ.c2ln"
    found = diagnose(
        read_paste(
            '$ curl -s "https://registry.example.org/token?service=registry.example.org&scope=repository:a/b:pull"\n'
            f'{{"token":"{token}"}}\n'
            f'$ curl -i -H "Authorization: Bearer {token}" https://registry.example.org{path}\n'
            'HTTP/1.1 401 Unauthorized\n\n{"errors":[{"code":"UNAUTHORIZED"}]}\n'
        )
    ).findings
    assert found[0].code == "token-wrong-kind"
    assert said in found[0].explanation
