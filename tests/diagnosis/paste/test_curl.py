"""The requests that commands make, and what became of them."""

from __future__ import annotations

import pytest

from reglens.diagnosis.paste import read_paste
from reglens.errors import Reach
from reglens.trace.exchange import Exchange, Role
from support.pastes import DENIED, jwt

URL = "https://registry.example.org/v2/team/app/manifests/latest"


def only(text: str) -> Exchange:
    (exchange,) = read_paste(text).exchanges
    return exchange


@pytest.mark.parametrize(
    ("text", "method"),
    [
        (f"curl {URL}", "GET"),
        (f"curl -I {URL}", "HEAD"),
        (f"curl --head {URL}", "HEAD"),
        (f"curl -X DELETE {URL}", "DELETE"),
        (f"curl -sSLXPUT {URL}", "PUT"),
        (f"curl --request=PATCH {URL}", "PATCH"),
        (f"curl -d a=b {URL}", "POST"),
        (f"curl -T file {URL}", "PUT"),
        (f"curl -vkso /dev/null --url {URL}", "GET"),
        (f"wget -S --spider {URL}", "HEAD"),
        (f"wget --method=DELETE {URL}", "DELETE"),
        (f"https DELETE {URL}", "DELETE"),
        (f"http --verify=no {URL}", "GET"),
    ],
)
def test_method_and_url(text: str, method: str) -> None:
    exchange = only(text)
    assert (exchange.method, exchange.url, exchange.role) == (method, URL, Role.MANIFEST)
    assert exchange.authority == "registry.example.org"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("curl localhost:5000/v2/", "http://localhost:5000/v2/"),
        ("http :5000/v2/", "http://localhost:5000/v2/"),
        ("wget registry.example.org/v2/", "http://registry.example.org/v2/"),
        ("https registry.example.org/v2/", "https://registry.example.org/v2/"),
        ("curl 'https://h.example.org/v2/#x'", "https://h.example.org/v2/"),
        ("curl -G -d service=a --data-urlencode 'scope=b c' https://h.example.org/token",
         "https://h.example.org/token?service=a&scope=b+c"),
        ("http https://h.example.org/token service==a", "https://h.example.org/token?service=a"),
    ],
)  # fmt: skip
def test_url_as_sent(text: str, url: str) -> None:
    assert only(text).url == url


def test_form_fields_are_kept_and_secrets_are_not() -> None:
    exchange = only(
        "curl -d 'grant_type=password&username=joe&password=hunter2&service=a' "
        "--data-urlencode 'scope=repository:team/app:pull' https://auth.example.org/token"
    )
    assert exchange.role is Role.TOKEN
    assert exchange.asked("scope") == ["repository:team/app:pull"]
    assert exchange.asked("grant_type") == ["password"]
    assert exchange.asked("password")[0].startswith("sha256:")


@pytest.mark.parametrize(
    "text",
    [
        f"curl -u joe:hunter2 {URL}",
        f"curl -ujoe:hunter2 {URL}",
        f"curl --user=joe:hunter2 {URL}",
        "curl https://joe:hunter2@registry.example.org/v2/team/app/manifests/latest",
        f"wget --user=joe --password=hunter2 {URL}",
        f"http -a joe:hunter2 {URL}",
        f"curl -H 'Authorization: Basic am9lOmh1bnRlcjI=' {URL}",
        f'curl -H "Authorization: Basic $(echo -n joe:hunter2 | base64)" {URL}',
        f"AUTH=$(printf '%s' joe:hunter2 | base64)\ncurl -H \"Authorization: Basic $AUTH\" {URL}",
    ],
)
def test_credentials(text: str) -> None:
    evidence = read_paste(text)
    authorization = evidence.exchanges[0].authorization
    assert authorization is not None
    assert (authorization.scheme, authorization.username) == ("Basic", "joe")
    assert authorization.secret.reveal() == "am9lOmh1bnRlcjI="
    assert "hunter2" not in repr(evidence)
    assert "am9lOmh1bnRlcjI=" not in repr(evidence)


def test_echo_without_n_encodes_the_line_end() -> None:
    authorization = only(f'curl -H "Authorization: Basic $(echo joe:hunter2 | base64)" {URL}').authorization
    assert authorization is not None
    assert authorization.secret.reveal() == "am9lOmh1bnRlcjIK"


@pytest.mark.parametrize(
    ("value", "scheme", "secret"),
    [
        ("Bearer abc", "Bearer", "abc"),
        ("bearer abc", "bearer", "abc"),
        ("Bearer  abc", "Bearer", " abc"),
        ("Bearer: abc", "Bearer:", "abc"),
        ("Bearer=abc", "Bearer=", "abc"),
        ("Bearer Bearer abc", "Bearer", "Bearer abc"),
        ("Bearer", "Bearer", ""),
        ("abc.def", "", "abc.def"),
        ("Token abc", "Token", "abc"),
        ("Bearer null", "Bearer", "null"),
        ("Bearer $TOKEN", "Bearer", "$TOKEN"),
    ],
)
def test_authorization_as_written(value: str, scheme: str, secret: str) -> None:
    authorization = only(f"curl -H 'Authorization: {value}' {URL}").authorization
    assert authorization is not None
    assert (authorization.scheme, authorization.secret.reveal()) == (scheme, secret)


def test_a_line_end_in_a_header_was_sent() -> None:
    token = jwt()
    authorization = only(f"curl -H $'Authorization: Bearer {token}\\n' {URL}").authorization
    assert authorization is not None
    assert authorization.token is not None
    assert authorization.secret.reveal() == token + "\n"
    assert authorization.token.problems


@pytest.mark.parametrize("shown", ["<redacted>", "***", "[REDACTED]", "<token>", "…", "XXXX", "MY_TOKEN"])
def test_a_redacted_token_is_unknown(shown: str) -> None:
    authorization = only(f"curl -H 'Authorization: Bearer {shown}' {URL}").authorization
    assert authorization is not None
    assert (authorization.scheme, authorization.token, authorization.source) == ("Bearer", None, "redacted")


def test_a_shortened_token_tells_what_it_can() -> None:
    token = jwt()
    authorization = only(f"curl -H 'Authorization: Bearer {token[:60]}...' {URL}").authorization
    assert authorization is not None
    assert authorization.token is not None
    assert authorization.token.partial
    assert authorization.token.algorithm == "ES256"
    assert authorization.source == "shortened"


def test_a_variable_leads_back_to_its_request() -> None:
    evidence = read_paste(
        'TOKEN=$(curl -s "https://auth.example.org/token?service=index.example.org" | jq -r .token)\n'
        f'curl -H "Authorization: Bearer ${{TOKEN}}" {URL}\n{DENIED}\n'
    )
    asking, using = evidence.exchanges
    assert asking.role is Role.TOKEN
    assert asking.body.data == b""
    assert using.authorization is not None
    assert using.authorization.source == "variable TOKEN, exchange 1"
    assert using.authorization.token is None
    assert [error.code for error in using.errors] == ["UNAUTHORIZED"]
    assert [command.exchanges for command in evidence.commands] == [(1,), (2,)]


@pytest.mark.parametrize(
    ("filter_", "source"),
    [
        ("jq .token", "variable T, exchange 1, in quotes"),
        ("cat", "variable T, exchange 1, the whole answer"),
        ("jq -r .access_token", "variable T, exchange 1"),
        ("python3 -c 'import json,sys;print(json.load(sys.stdin)[\"token\"])'", "variable T, exchange 1"),
    ],
)
def test_what_a_filter_left_in_the_variable(filter_: str, source: str) -> None:
    text = f'T=`curl -s https://auth.example.org/token | {filter_}`; curl -H "Authorization: Bearer $T" {URL}'
    authorization = read_paste(text).exchanges[1].authorization
    assert authorization is not None
    assert authorization.source == source


def test_a_known_variable_is_filled_in() -> None:
    token = jwt()
    text = (
        f'export TOKEN={token}\nHOST=registry.example.org\ncurl -H "Authorization: Bearer $TOKEN" https://$HOST/v2/\n'
    )
    evidence = read_paste(text)
    (exchange,) = evidence.exchanges
    assert exchange.url == "https://registry.example.org/v2/"
    assert exchange.authorization is not None
    assert exchange.authorization.token is not None
    assert exchange.authorization.token.audience == ("registry.example.org",)
    assert token not in repr(evidence)


def test_output_of_jq_is_the_token() -> None:
    token = jwt()
    (exchange,) = read_paste(f"$ curl -s https://auth.example.org/token | jq -r .token\n{token}\n").exchanges
    assert exchange.token is not None
    assert exchange.token.claims is not None


def test_bare_output_belongs_to_its_command() -> None:
    evidence = read_paste(f"$ curl {URL}\n{DENIED}\n$ curl https://registry.example.org/v2/\n{{}}\n")
    assert [e.errors != () for e in evidence.exchanges] == [True, False]
    assert evidence.exchanges[1].body.data == b"{}"


@pytest.mark.parametrize(
    ("line", "kind", "timed_out"),
    [
        ("curl: (6) Could not resolve host: registry.example.org", Reach.NAME, False),
        ("curl: (7) Failed to connect to h port 443: Connection refused", Reach.CONNECT, False),
        ("curl: (7) Failed to connect to h port 443: Connection timed out", Reach.CONNECT, True),
        ("curl: (28) Connection timed out after 5001 milliseconds", Reach.CONNECT, True),
        ("curl: (28) Operation timed out after 5001 milliseconds with 0 bytes received", Reach.ANSWER, True),
        ("curl: (28) Resolving timed out after 5000 milliseconds", Reach.NAME, True),
        ("curl: (35) error:1408F10B:SSL routines:ssl3_get_record:wrong version number", Reach.PLAIN, False),
        ("curl: (35) OpenSSL SSL_connect: Connection reset by peer", Reach.TLS, False),
        ("curl: (60) SSL certificate problem: self-signed certificate", Reach.TLS, False),
        ("curl: (60) SSL: no alternative certificate subject name matches target host name 'h'", Reach.TLS, False),
        ("curl: (52) Empty reply from server", Reach.ANSWER, False),
        ("curl: (56) Recv failure: Connection reset by peer", Reach.ANSWER, False),
        ("curl: (1) Received HTTP/0.9 when not allowed", Reach.PLAIN, False),
    ],
)
def test_failures(line: str, kind: Reach, timed_out: bool) -> None:
    exchange = only(f"$ curl {URL}\n{line}\n")
    assert exchange.failure is not None
    assert (exchange.failure.kind, exchange.failure.timed_out) == (kind, timed_out)
    assert exchange.status is None


def test_f_tells_the_status() -> None:
    assert only(f"$ curl -f {URL}\ncurl: (22) The requested URL returned error: 403\n").status == 403


def test_w_tells_the_status() -> None:
    assert only(f"$ curl -so /dev/null -w '%{{http_code}}\\n' {URL}\n401\n").status == 401


@pytest.mark.parametrize(
    "prompt",
    ["", "$ ", "# ", "% ", "user@host:~/src$ ", "[root@vm ~]# ", "PS C:\\Users\\x> ", "> ", "❯ ", "(venv) u@h:/$ ",
     "bash-5.1$ ", "/ # ", "sudo ", "$ sudo -E ", "+ ", "C:\\>", "Run ", "    "],
)  # fmt: skip
def test_prompts(prompt: str) -> None:
    evidence = read_paste(f"{prompt}docker pull registry.example.org/team/app:1.2\n")
    assert [c.program for c in evidence.commands] == ["docker"]
    assert evidence.reference == "registry.example.org/team/app:1.2"


@pytest.mark.parametrize(
    ("text", "reference", "action"),
    [
        ("docker pull alpine", "alpine", "pull"),
        ("docker run --rm -it -p 80:80 -v a:b --name x r.example.org/app:1 sh -c y", "r.example.org/app:1", "pull"),
        ("docker push r.example.org/app", "r.example.org/app", "push"),
        ("docker image push r.example.org/app", "r.example.org/app", "push"),
        ("docker tag app r.example.org/App", "r.example.org/App", "push"),
        ("docker manifest inspect r.example.org/app:1", "r.example.org/app:1", "pull"),
        ("skopeo copy docker://alpine docker://r.example.org/alpine", "alpine", "pull"),
        ("skopeo copy oci:x docker://r.example.org/alpine", "r.example.org/alpine", "push"),
        ("skopeo delete docker://r.example.org/app:1", "r.example.org/app:1", "delete"),
        ("crane ls r.example.org/app", "r.example.org/app", "pull"),
        ("crane -v pull --platform linux/amd64 r.example.org/app x.tar", "r.example.org/app", "pull"),
        ("oras push r.example.org/app:1 ./file", "r.example.org/app:1", "push"),
        ("oras manifest fetch r.example.org/app:1", "r.example.org/app:1", "pull"),
        ("regctl tag ls r.example.org/app", "r.example.org/app", "pull"),
        ("ctr images pull r.example.org/app:1", "r.example.org/app:1", "pull"),
        ("podman --log-level=debug pull r.example.org/app", "r.example.org/app", "pull"),
        ("helm pull oci://r.example.org/charts/x --version 1", "r.example.org/charts/x", "pull"),
        (f"curl -X PUT {URL}", "registry.example.org/team/app:latest", "push"),
        ("kubectl run x --image=r.example.org/app:1", "r.example.org/app:1", "pull"),
        ("kubectl create secret docker-registry x", None, "pull"),
        ("docker login r.example.org", None, "pull"),
        ("Error running command 'docker push r.example.org/a/b:1': exit status 1", "r.example.org/a/b:1", "push"),
    ],
)
def test_what_was_wanted(text: str, reference: str | None, action: str) -> None:
    evidence = read_paste(text)
    assert (evidence.reference, evidence.action) == (reference, action)


def test_the_given_reference_wins() -> None:
    evidence = read_paste("docker push r.example.org/x", reference="R.example.org/Bad Name")
    assert evidence.reference == "R.example.org/Bad Name"
    assert evidence.wanted is None
    assert evidence.action == "push"


@pytest.mark.parametrize(
    "text",
    [
        "docker pull fails with a message that I do not understand",
        "docker: Error response from daemon: denied",
        "curl says nothing at all",
        "pull access denied, repository does not exist or may require 'docker login'",
        'time="2026-11-23T22:12:00Z" level=debug msg="docker pull x"',
        "# http related config",
        "See 'docker run --help'.",
    ],
)
def test_a_sentence_is_no_command(text: str) -> None:
    assert read_paste(text).commands == ()


def test_secrets_of_a_command_are_masked() -> None:
    evidence = read_paste(
        "docker login -u joe -p hunter2 r.example.org\nskopeo inspect --creds joe:hunter2 docker://r.example.org/x\n"
        "echo hunter2 | crane auth login r.example.org -u joe --password-stdin\n"
        f"curl -u joe:hunter2 -H 'Authorization: Bearer {jwt()}' {URL}\n"
    )
    assert [c.program for c in evidence.commands] == ["docker", "skopeo", "crane", "curl"]
    assert "hunter2" not in repr(evidence.commands)
    assert jwt() not in repr(evidence)
