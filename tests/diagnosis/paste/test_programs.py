"""Program code in pastes: which requests it makes, what explains their refusal, and what is left alone."""

from __future__ import annotations

import time

import pytest

from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.evidence import Evidence
from reglens.diagnosis.finding import Severity
from reglens.diagnosis.paste import read_paste
from reglens.diagnosis.paste.programs.languages import language_of
from reglens.mask import mask
from reglens.trace.exchange import Role
from support.programs import Snippet, snippets

TABLE = list(snippets())
REFUSED = (
    "401 Unauthorized\n"
    'Www-Authenticate: Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
    'scope="repository:library/alpine:pull",error="invalid_token"\n'
)
TOKEN_URL = "https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/alpine:pull"
PYTHON = (
    f'r = requests.get("{TOKEN_URL}")\n'
    'r = requests.get("https://registry-1.docker.io/v2/library/alpine/manifests/latest", '
    'headers={"Authorization": "Bearer " + r.json()["token"]})\n'
)


def codes(text: str) -> list[str]:
    return [finding.code for finding in diagnose(read_paste(text)).findings]


def marked(text: str, evidence: Evidence, number: int, part: str) -> str:
    start, end = evidence.spans[number, part]
    return text[start:end]


@pytest.mark.parametrize("snippet", TABLE, ids=lambda snippet: snippet.name)
def test_a_snippet_is_explained(snippet: Snippet) -> None:
    evidence = read_paste(snippet.text)
    findings = diagnose(evidence).findings
    assert len([e for e in evidence.exchanges if e.url]) == snippet.requests
    if snippet.finding in ("-", "~"):
        assert [f.code for f in findings if f.severity is not Severity.INFO] == []
    else:
        assert [f.code for f in findings][:1] == [snippet.finding]


def test_the_table_is_of_many_languages_and_causes() -> None:
    languages = {snippet.name.split()[0] for snippet in TABLE}
    assert len(TABLE) >= 100
    assert languages >= {
        "python",
        "javascript",
        "typescript",
        "go",
        "powershell",
        "csharp",
        "java",
        "ruby",
        "php",
        "rust",
    }
    assert len({snippet.finding for snippet in TABLE}) >= 10


@pytest.mark.parametrize("snippet", TABLE, ids=lambda snippet: snippet.name)
def test_no_secret_of_a_snippet_is_shown(snippet: Snippet) -> None:
    evidence = read_paste(snippet.text)
    shown = f"{evidence!r} {mask(snippet.text)}"
    for secret in ("correct-horse", "mypassword", "secret-of-alice", "glpat-0123456789", "ghp_0123456789"):
        assert secret not in shown


def test_what_was_requested_is_marked() -> None:
    evidence = read_paste(PYTHON + REFUSED)
    assert marked(PYTHON, evidence, 1, "url") == TOKEN_URL
    assert marked(PYTHON, evidence, 2, "url") == "https://registry-1.docker.io/v2/library/alpine/manifests/latest"
    assert marked(PYTHON, evidence, 2, "authorization").startswith("Bearer ")


def test_parameters_are_marked_with_the_address_that_they_belong_to() -> None:
    text = (
        'requests.get("https://auth.docker.io/token", params={"service": "a", "scope": "repository:library/x:pull"})\n'
    )
    evidence = read_paste(text + REFUSED)
    assert evidence.exchanges[0].url == "https://auth.docker.io/token?service=a&scope=repository:library/x:pull"
    assert marked(text, evidence, 1, "url") == text[text.index("https") : text.index('"})')]


def test_an_address_put_together_elsewhere_is_marked_at_its_call() -> None:
    text = (
        'q = "?service=a&scope=repository:library/x:pull"\n'
        "# far away\n" * 1 + 'host = "https://auth.docker.io"\nrequests.get(host + "/token" + q)\n'
    )
    evidence = read_paste(text + REFUSED)
    assert marked(text, evidence, 1, "url") == 'requests.get(host + "/token" + q)'


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ('r.json()["token"]', "exchange 1"),
        ('r.json().get("access_token").strip()', "exchange 1"),
        ('r.json()["jwt"]', "another field"),
        ("r.text", "the whole answer"),
        ("r", "the whole answer"),
        ('os.environ["TOKEN"]', "variable"),
    ],
)
def test_where_a_token_comes_from_is_followed(value: str, source: str) -> None:
    text = f'r = requests.get("{TOKEN_URL}")\nt = {value}\n' + PYTHON.split("\n")[1].replace('r.json()["token"]', "t")
    sent = read_paste(text + "\n" + REFUSED).exchanges[1].authorization
    assert sent is not None
    assert source in sent.source
    assert ("exchange" in sent.source) is ("environ" not in value)


def test_an_accept_that_leaves_out_what_the_registry_holds_is_seen() -> None:
    text = PYTHON.replace("headers={", 'headers={"Accept": "application/vnd.docker.distribution.manifest.v1+json", ')
    request = read_paste(text + "HTTP/1.1 200 OK\n").exchanges[1]
    assert request.request_headers.get("accept") == "application/vnd.docker.distribution.manifest.v1+json"


def test_nothing_is_read_twice() -> None:
    """A header written in code belongs to its request, and makes none of its own."""
    text = (
        f"const res = await fetch('{TOKEN_URL}');\n"
        "const { token } = await res.json();\n"
        "const headers = {\n"
        '  "Authorization": "Bearer eyJhbGciOiJFUzI1NiJ9.eyJhY2Nlc3MiOltdfQ.c2ln",\n'
        '  "Accept": "application/json",\n'
        "};\n"
        "await fetch('https://registry-1.docker.io/v2/library/alpine/tags/list', { headers });\n"
    )
    evidence = read_paste(text + REFUSED)
    assert [e.role for e in evidence.exchanges] == [Role.TOKEN, Role.TAGS]
    assert evidence.tokens == ()
    assert evidence.commands == ()
    sent = evidence.exchanges[1].authorization
    assert sent is not None
    assert sent.token is not None
    assert sent.token.claims == {"access": []}


def test_commands_and_transcripts_around_code_are_read_as_before() -> None:
    shell = "$ curl -si https://registry-1.docker.io/v2/\nHTTP/1.1 401 Unauthorized\n\n"
    evidence = read_paste(shell + PYTHON + REFUSED)
    assert [command.program for command in evidence.commands] == ["curl"]
    assert [(e.role, e.status) for e in evidence.exchanges] == [
        (Role.PING, 401),
        (Role.TOKEN, None),
        (Role.MANIFEST, 401),
    ]


def test_code_within_a_command_stays_a_part_of_it() -> None:
    text = f"""$ curl -sd 'fetch("{TOKEN_URL}")' https://registry.example.com/v2/\n"""
    evidence = read_paste(text)
    assert [e.url for e in evidence.exchanges] == ["https://registry.example.com/v2/"]


def test_an_answer_that_shows_a_token_is_the_token_servers() -> None:
    evidence = read_paste(PYTHON + '{"token": "eyJhbGciOiJFUzI1NiJ9.eyJhY2Nlc3MiOltdfQ.c2ln"}\n' + REFUSED)
    assert [e.token is not None for e in evidence.exchanges] == [True, False]
    assert evidence.exchanges[1].challenges


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: https://registry-1.docker.io/v2/", 403),
        ("httpx.HTTPStatusError: Client error '401 Unauthorized' for url 'https://registry-1.docker.io/v2/'", 401),
        ("urllib.error.HTTPError: HTTP Error 401: Unauthorized", 401),
        ("<Response [404]>", 404),
        ("AxiosError: Request failed with status code 401", 401),
        ("HTTPError: Response code 401 (Unauthorized)", 401),
        ("Response status code does not indicate success: 401 (Unauthorized).", 401),
        ("Invoke-RestMethod: The remote server returned an error: (401) Unauthorized.", 401),
        ("java.io.IOException: Server returned HTTP response code: 401 for URL: https://registry-1.docker.io/v2/", 401),
        ("Client error: `GET https://registry-1.docker.io/v2/` resulted in a `401 Unauthorized` response:", 401),
        ("#<Net::HTTPUnauthorized 401 Unauthorized readbody=true>", 401),
        ("status: 401", 401),
        ("401", 401),
        ('401 {"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}', 401),
        ("it took 401 ms", None),
        ("line 401 of the file", None),
    ],
)
def test_the_status_that_a_program_tells_is_its_last_requests(told: str, status: int | None) -> None:
    statuses = [e.status for e in read_paste(f"{PYTHON}{told}\n").exchanges]
    assert statuses == [None, status]


@pytest.mark.parametrize(
    "text",
    [
        'client.get("https://api.example.com/v2/users?scope=read")',
        'requests.post("https://login.example.com/oauth2/token", data={"scope": "openid", "client_id": "a"})',
        'fetch("https://example.com/")',
        'cache.get("repository:library/alpine:pull")',
        'print("https://auth.docker.io/token?service=registry.docker.io")',
        'http.HandleFunc("/v2/", serve)',
        'app.get("/v2/", (req, res) => res.send("ok"))',
    ],
)
def test_code_that_asks_no_registry_is_left_alone(text: str) -> None:
    assert read_paste(f"import requests\n{text}\n").exchanges == ()


def test_a_value_that_only_the_program_knows_is_no_mismatch() -> None:
    text = PYTHON.replace("service=registry.docker.io", '" + service_of(registry) + "')
    assert "service-mismatch" not in codes(text + REFUSED)


@pytest.mark.parametrize("snippet", TABLE, ids=lambda snippet: snippet.name)
def test_the_language_is_told_by_the_code(snippet: Snippet) -> None:
    named = {"typescript": "javascript", "kotlin": "java"}
    word = snippet.name.split()[0]
    expected = named.get(word, word)
    if expected != "prose" and snippet.finding not in ("-", "~"):
        assert language_of(snippet.text).name == expected


def test_long_logs_that_name_calls_cost_little() -> None:
    line = 'time="2026-01-12T10:00:00Z" level=info msg="client.get(https://h/v2/a{}/manifests/x) requests.get("'
    text = "\n".join(line.format(n) for n in range(20_000))
    start = time.process_time()
    read_paste(text)
    assert time.process_time() - start < 8


@pytest.mark.parametrize(
    "unit",
    [
        'requests.get("https://auth.docker.io/token?scope=repository:a/b:pull")\n',
        "a = a + a + a\nrequests.get(a)\n",
        'def f(a, b): return requests.get("https://auth.docker.io/token/" + a)\nf(f(f(1)))\n',
        "fetch(`https://auth.docker.io/token?x=${a}\n",
        '$x = Invoke-RestMethod "$($($(\n',
        "a => b => c => requests.get(d) ",
        'x.then(r => fetch("/v2/").then(r => ',
    ],
)
def test_hostile_code_is_bounded(unit: str) -> None:
    """Ten times the text takes no more than some twenty times the time, however it nests."""
    begin = 'r = requests.get("https://auth.docker.io/token?scope=repository:a/b:pull")\n'
    times = []
    for size in (100_000, 1_000_000):
        start = time.process_time()
        read_paste(begin + (unit * (size // len(unit) + 1))[:size])
        times.append(time.process_time() - start)
    assert times[1] < max(20 * times[0], 6)
