"""Configurations in pastes: what is read of them, and that fragments and damage are put up with."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reglens.diagnosis.evidence import Fact
from reglens.diagnosis.paste.configs import MAX_FACTS, read_text
from reglens.secret import Secret


def auth(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def values(text: str, source: str | None = None) -> dict[tuple[str, ...], object]:
    return {fact.path: fact.value for fact in read_text(text) if source in (None, fact.source)}


def fact(text: str, *path: str) -> Fact:
    return next(fact for fact in read_text(text) if fact.path == path)


CONFIG = f"""$ cat ~/.docker/config.json
{{
  "auths": {{
    "ghcr.io": {{ "auth": "{auth("bob:hunter22")}" }},
    "https://index.docker.io/v2/": {{ "auth": "{auth("al:pw")}" }},
    "quay.io": {{}}
  }},
  "credHelpers": {{ "gcr.io": "gcloud" }},
  "credStore": "desktop"
}}
"""


def test_dockers_config() -> None:
    found = values(CONFIG)
    assert found["auths", "ghcr.io"] is True
    assert found["auths", "quay.io"] is True
    assert found["auths", "ghcr.io", "username"] == "bob"
    assert found["auths", "ghcr.io", "auth"] == Secret(auth("bob:hunter22"))
    assert found["credHelpers", "gcr.io"] == "gcloud"
    assert found["misspelt", "credStore"] == "credsStore"
    assert "v1/" in str(found["auths", "https://index.docker.io/v2/", "unreachable"])
    assert found["file",] == "~/.docker/config.json"
    assert ("damage",) not in found


def test_spans_point_into_the_paste() -> None:
    span = fact(CONFIG, "credHelpers", "gcr.io").span
    assert span is not None
    assert CONFIG[slice(*span)] == '"gcloud"'
    span = fact(CONFIG, "auths", "quay.io").span
    assert span is not None
    assert CONFIG[slice(*span)] == "quay.io"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("not base64!", "not base64"),
        (auth("nocolon"), "colon"),
        (auth(":password"), "empty user"),
        ("bob:secret", "never encoded"),
        ("", "empty"),
    ],
)
def test_an_auth_that_no_client_can_use(value: str, problem: str) -> None:
    found = values(json.dumps({"auths": {"r.example": {"auth": value}}}))
    assert problem in str(found["auths", "r.example", "problem"])


def test_a_line_end_behind_the_password() -> None:
    found = values(json.dumps({"auths": {"r.example": {"auth": auth("bob:pw\n")}}}))
    assert found["auths", "r.example", "username"] == "bob"
    assert "line end" in str(found["auths", "r.example", "note"])


def test_base64_that_was_wrapped_in_the_file() -> None:
    whole = auth("robot$team+builder:" + "x" * 60)
    found = values('{"auths": {"r.example": {"auth": "' + whole[:30] + "\n" + whole[30:] + '"}}}')
    assert found["auths", "r.example", "username"] == "robot$team+builder"
    assert "line ends inside" in str(found["auths", "r.example", "note"])
    assert ("damage",) in found


@pytest.mark.parametrize("masked", ["***", "<redacted>", "xxxxx", "...", "YWJ..."])
def test_a_masked_auth_is_not_called_broken(masked: str) -> None:
    found = values(json.dumps({"auths": {"r.example": {"auth": masked}}}))
    assert found["auths", "r.example"] is True
    assert ("auths", "r.example", "problem") not in found


def test_a_pull_secret_is_looked_into() -> None:
    inner = json.dumps({"auths": {"r.example": {"username": "bob", "password": "pw", "auth": auth("bob:pw")}}})
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: regcred\n  namespace: shop\n"
        f"type: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: {auth(inner)}\n"
    )
    found = values(text)
    assert found["auths", "r.example", "username"] == "bob"
    assert found["auths", "r.example", "password"] == Secret("pw")
    assert found["metadata", "namespace"] == "shop"
    assert found["data", ".dockerconfigjson"] == Secret(auth(inner))
    assert {f.source for f in read_text(text)} == {"kubernetes", "pull secret"}


def test_names_of_pull_secrets() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nspec:\n  imagePullSecrets:\n  - name: regcred\n  "
        "containers:\n  - name: a\n    image: r.example/a:1\n"
    )
    found = values(text)
    assert found["spec", "imagePullSecrets", "0"] == "regcred"
    assert found["spec", "containers", "0", "image"] == "r.example/a:1"


REGISTRY = """
auth:
  token:
    realm: https://auth.example/token  # where clients go
    service: "registry.example"
    issuer: 'auth.example'
    rootcertbundle: /certs/bundle.pem
    autoredirect: false
proxy:
  remoteurl: https://registry-1.docker.io
  password: geheim
"""


def test_the_registrys_own_configuration() -> None:
    found = values(REGISTRY, "config.yml")
    assert found["auth", "token", "realm"] == "https://auth.example/token"
    assert found["auth", "token", "service"] == "registry.example"
    assert found["auth", "token", "issuer"] == "auth.example"
    assert found["auth", "token", "autoredirect"] is False
    assert found["proxy", "remoteurl"] == "https://registry-1.docker.io"
    assert found["proxy", "password"] == Secret("geheim")


@pytest.mark.parametrize(
    "text",
    [
        "realm: https://auth.example/token\n",
        "  token:\n    realm: https://auth.example/token\n",
        "services:\n  registry:\n    environment:\n      REGISTRY_AUTH_TOKEN_REALM: https://auth.example/token\n",
        "services:\n  registry:\n    environment:\n    - REGISTRY_AUTH_TOKEN_REALM=https://auth.example/token\n",
        'REGISTRY_AUTH_TOKEN_REALM            = "https://auth.example/token"\n',
        "env:\n- name: REGISTRY_AUTH_TOKEN_REALM\n  value: https://auth.example/token\n",
        "docker run -e REGISTRY_AUTH_TOKEN_REALM=https://auth.example/token registry:2\n",
        'Environment="REGISTRY_AUTH_TOKEN_REALM=https://auth.example/token"\n',
    ],
)
def test_a_realm_is_found_wherever_it_is_set(text: str) -> None:
    assert values(text, "config.yml")["auth", "token", "realm"] == "https://auth.example/token"


def test_k3s_registries() -> None:
    text = (
        'mirrors:\n  "*":\n    endpoint:\n      - "https://m.example/"\nconfigs:\n  "m.example:5000":\n    auth:\n'
        "      username: bob\n      password: pw\n    tls:\n      insecure_skip_verify: true\n"
    )
    found = values(text, "registries.yaml")
    assert found["mirrors", "*", "endpoint", "0"] == "https://m.example/"
    assert found["configs", "m.example:5000", "auth", "username"] == "bob"
    assert found["configs", "m.example:5000", "auth", "password"] == Secret("pw")
    assert found["configs", "m.example:5000", "tls", "insecure_skip_verify"] is True


def test_containerd() -> None:
    text = (
        '[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\n  endpoint = '
        '["https://m.example", "x"]\n'
        '[plugins."io.containerd.grpc.v1.cri".registry.configs."r.example".auth]\n  username = '
        '"bob"\n  password = "pw"\n'
    )
    found = values(text, "containerd")
    base = ("plugins", "io.containerd.grpc.v1.cri", "registry")
    assert found[(*base, "mirrors", "docker.io", "endpoint", "1")] == "x"
    assert found[(*base, "configs", "r.example", "auth", "password")] == Secret("pw")


def test_registries_conf_and_hosts_toml() -> None:
    text = 'unqualified-search-registries = ["docker.io"]\n[[registry]]\nlocation = "r.example:5000"\ninsecure = true\n'
    found = values(text, "registries.conf")
    assert found["unqualified-search-registries", "0"] == "docker.io"
    assert found["registry", "0", "insecure"] is True
    text = (
        'server = "https://docker.io"\n\n[host."https://m.example"]\n  capabilities = ["pull", '
        '"resolve"]\n  skip_verify = true\n'
    )
    assert values(text, "containerd")["host", "https://m.example", "skip_verify"] is True


def test_daemon_json() -> None:
    text = '{\n  "registry-mirrors": ["https://m.example"],\n  "insecure-registries" : [ "10.0.0.1:5000" ]\n}\n'
    found = values(text, "daemon.json")
    assert found["insecure-registries", "0"] == "10.0.0.1:5000"
    assert found["registry-mirrors", "0"] == "https://m.example"


def test_nginx() -> None:
    text = (
        "location /v2/ {\n  proxy_pass http://registry:5000;\n  proxy_set_header Host $http_host;\n"
        '  proxy_set_header Authorization "";\n  client_max_body_size 1m;\n}\n'
    )
    found = values(text, "nginx")
    assert found["proxy_set_header", "Authorization"] == ""
    assert found["client_max_body_size",] == "1m"
    assert found["location",] == "/v2/"


def test_a_workflows_login_step() -> None:
    text = (
        "jobs:\n  push:\n    permissions:\n      contents: read\n    steps:\n      - uses: docker/login-action@v3\n"
        "        with:\n          registry: ghcr.io\n          username: ${{ github.actor }}\n"
        "          password: ${{ secrets.GITHUB_TOKEN }}\n"
    )
    found = values(text, "workflow")
    assert found["jobs", "push", "permissions", "contents"] == "read"
    assert found["jobs", "push", "steps", "0", "with", "registry"] == "ghcr.io"
    assert found["jobs", "push", "steps", "0", "with", "password"] == "${{ secrets.GITHUB_TOKEN }}"


@pytest.mark.parametrize(
    "text",
    [
        'HTTP/1.1 401 Unauthorized\nWww-Authenticate: Bearer realm="https://a.example/token",service="b"\n',
        '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}\n',
        '{"token":"abc","expires_in":300}\n',
        "Error response from daemon: Get https://r.example/v2/: unauthorized\n",
        "Username: joe\nPassword:\n",
    ],
)
def test_what_is_no_configuration(text: str) -> None:
    assert read_text(text) == ()


def test_broken_json_is_named() -> None:
    text = '{"auths": {"r.example": {"auth": "Ym9iOnB3"} "x": {}}}\n'
    found = values(text)
    assert ("damage",) in found
    assert found["auths", "r.example", "username"] == "bob"


def test_no_secret_is_left_open() -> None:
    for entry in read_text(CONFIG + REGISTRY):
        assert "hunter22" not in str(entry.value)
        assert "geheim" not in str(entry.value)


_PIECES = st.sampled_from(
    [
        '{"auths":',
        "{",
        "}",
        "[",
        "]",
        '"',
        ":",
        ",",
        "\n",
        "  ",
        "- ",
        "key: value\n",
        "kind: Secret\n",
        "mirrors:\n",
        "'",
        "#",
        "|\n",
        "[plugins.x]\n",
        'a = ["b"\n',
        "[[registry]]\n",
        "server_name x;\n",
        "REGISTRY_AUTH_TOKEN_REALM=x\n",
        ".dockerconfigjson: e30=\n",
        "auth:\n",
    ]
)


@given(st.lists(_PIECES | st.text(max_size=6), max_size=60).map("".join))
@settings(max_examples=200, deadline=None)
def test_no_text_makes_it_raise_and_spans_stay_inside(text: str) -> None:
    facts = read_text(text)
    assert len(facts) <= MAX_FACTS
    for entry in facts:
        assert entry.span is not None
        assert 0 <= entry.span[0] <= entry.span[1] <= len(text)


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_text_at_all(text: str) -> None:
    read_text(text)
