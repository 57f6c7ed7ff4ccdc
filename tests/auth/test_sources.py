"""Which credentials are found for a registry, and what is said of those that are not."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from reglens.auth.credentials import Credential, Lookup, SourceVerdict
from reglens.auth.sources import default_credentials
from reglens.oci.reference import HUB
from reglens.secret import Secret

HUB_KEY = "https://index.docker.io/v1/"


def pair(user: str = "alice", password: str = "pw") -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def docker(home: Path, **document: Any) -> Path:
    path = home / ".docker" / "config.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document))
    return path


async def find(
    home: Path, registry: str = "ghcr.io", repository: str = "", environ: dict[str, str] | None = None, **given: Any
) -> Lookup:
    given_environ = {"XDG_RUNTIME_DIR": str(home / "run"), **(environ or {})}
    return await default_credentials(environ=given_environ, home=home, **given).find(registry, repository)


def secret_of(lookup: Lookup) -> tuple[str, str] | None:
    found = lookup.credential
    if found is None:
        return None
    secret = found.password or found.identity_token or found.registry_token
    return found.username, secret.reveal() if secret else ""


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def verdicts(lookup: Lookup) -> list[tuple[str, SourceVerdict]]:
    return [(seen.source, seen.verdict) for seen in lookup.consulted]


async def test_without_any_file_it_is_anonymous_and_says_where_it_looked(tmp_path: Path) -> None:
    lookup = await find(tmp_path)
    assert lookup.credential is None
    assert {seen.verdict for seen in lookup.consulted} == {SourceVerdict.ABSENT}
    assert [seen.source for seen in lookup.consulted] == [
        "system keyring",
        "DOCKER_AUTH_CONFIG",
        "~/.docker/config.json",
        "~/run/containers/auth.json",
        "~/.config/containers/auth.json",
    ]


async def test_the_order_of_the_sources_and_what_is_passed_over(tmp_path: Path) -> None:
    places = {
        "docker": docker(tmp_path),
        "given": tmp_path / "given.json",
        "run": tmp_path / "run/containers/auth.json",
        "config": tmp_path / ".config/containers/auth.json",
    }
    for name, path in places.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"auths": {"ghcr.io": pair(name)}}))
    pull_secret = tmp_path / "secret.json"
    pull_secret.write_text(json.dumps({"auths": {"ghcr.io": pair("cluster")}}))
    environ = {
        "DOCKER_AUTH_CONFIG": json.dumps({"auths": {"ghcr.io": pair("environment")}}),
        "REGISTRY_AUTH_FILE": str(places["given"]),
    }
    order = ["cli", "cluster", "environment", "docker", "given", "run", "config"]
    given: dict[str, Any] = {"username": "cli", "password": Secret("pw"), "pull_secret": pull_secret}
    while order:
        lookup = await find(tmp_path, environ=environ, **given)
        assert lookup.credential is not None
        assert lookup.credential.username == order[0]
        told = [(seen.username, seen.verdict) for seen in lookup.consulted if seen.username]
        assert told == [
            (name, SourceVerdict.PASSED_OVER if at else SourceVerdict.USED) for at, name in enumerate(order)
        ]
        gone = order.pop(0)
        if gone == "cli":
            del given["username"], given["password"]
        elif gone == "cluster":
            del given["pull_secret"]
        elif gone == "environment":
            del environ["DOCKER_AUTH_CONFIG"]
        else:
            places[gone].unlink()
    assert (await find(tmp_path, environ=environ, **given)).credential is None


async def test_DOCKER_CONFIG_replaces_the_home_directory(tmp_path: Path) -> None:
    docker(tmp_path, auths={"ghcr.io": pair("home")})
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps({"auths": {"ghcr.io": pair("other")}}))
    lookup = await find(tmp_path, environ={"DOCKER_CONFIG": str(other)})
    assert secret_of(lookup) == ("other", "pw")
    assert "~/.docker/config.json" not in [seen.source for seen in lookup.consulted]


@pytest.mark.parametrize(
    "key",
    [
        "ghcr.io",
        "https://ghcr.io",
        "http://ghcr.io",
        "https://ghcr.io/",
        "https://ghcr.io/v1/",
        "https://ghcr.io/v2/",
        "ghcr.io/v2",
        "GHCR.io",
    ],
)
async def test_every_form_of_a_host_key_that_clients_take(tmp_path: Path, key: str) -> None:
    docker(tmp_path, auths={key: pair()})
    assert secret_of(await find(tmp_path, repository="owner/image")) == ("alice", "pw")


@pytest.mark.parametrize(
    "key",
    [
        HUB_KEY,
        "docker.io",
        "index.docker.io",
        "registry-1.docker.io",
        "https://docker.io",
        "https://index.docker.io/v2/",
    ],
)
async def test_every_name_of_docker_hub(tmp_path: Path, key: str) -> None:
    docker(tmp_path, auths={key: pair()})
    lookup = await find(tmp_path, HUB, "library/alpine")
    assert secret_of(lookup) == ("alice", "pw")
    assert lookup.credential is not None
    assert key in lookup.credential.source


async def test_docker_s_own_key_of_docker_hub_goes_first(tmp_path: Path) -> None:
    docker(tmp_path, auths={"docker.io": pair("podman"), HUB_KEY: pair("docker")})
    assert secret_of(await find(tmp_path, HUB)) == ("docker", "pw")


@pytest.mark.parametrize("key", ["hub.docker.com", "https://hub.docker.com/v1/", "auth.docker.io", "docker.com"])
async def test_a_wrong_key_for_docker_hub_is_not_used_and_is_said(tmp_path: Path, key: str) -> None:
    docker(tmp_path, auths={key: pair()})
    lookup = await find(tmp_path, HUB, "library/alpine")
    assert lookup.credential is None
    [seen] = [seen for seen in lookup.consulted if seen.key == key]
    assert HUB_KEY in seen.detail


@pytest.mark.parametrize(
    ("repository", "user"),
    [
        ("team/app", "app"),
        ("team/app/sub", "app"),
        ("team/application", "team"),
        ("team", "team"),
        ("other/app", "host"),
        ("", "host"),
    ],
)
async def test_of_namespaced_keys_the_longest_wins(tmp_path: Path, repository: str, user: str) -> None:
    path = tmp_path / ".config/containers/auth.json"
    path.parent.mkdir(parents=True)
    keys = {"quay.io": pair("host"), "quay.io/team": pair("team"), "quay.io/team/app": pair("app")}
    path.write_text(json.dumps({"auths": keys}))
    assert secret_of(await find(tmp_path, "quay.io", repository)) == (user, "pw")


@pytest.mark.parametrize(
    ("key", "registry", "repository", "word"),
    [
        ("quay.io/other", "quay.io", "team/app", "another namespace"),
        ("localhost:5001", "localhost:5000", "app", "another port"),
        ("example.com", "registry.example.com", "app", "another host"),
        (" ghcr.io", "ghcr.io", "app", "blanks"),
    ],
)
async def test_a_key_that_nearly_fits_is_named_and_not_used(
    tmp_path: Path, key: str, registry: str, repository: str, word: str
) -> None:
    docker(tmp_path, auths={key: pair()})
    lookup = await find(tmp_path, registry, repository)
    assert lookup.credential is None
    assert [word in seen.detail for seen in lookup.consulted if seen.key == key] == [True]


async def test_credentials_of_other_registries_are_neither_used_nor_named(tmp_path: Path) -> None:
    docker(tmp_path, auths={"quay.io": pair("stranger"), "ghcr.io.evil.example": pair("evil")})
    lookup = await find(tmp_path, "ghcr.io", "owner/image")
    assert lookup.credential is None
    assert not any(seen.username for seen in lookup.consulted)
    assert "it has no entry for this registry" in [seen.detail for seen in lookup.consulted]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"auth": base64.b64encode(b"bob:a:b:c").decode()}, Credential("", "bob", Secret("a:b:c"))),
        ({"auth": base64.b64encode(b"bob:pass").decode().rstrip("=")}, Credential("", "bob", Secret("pass"))),
        ({"auth": base64.b64encode(b"bob:pass\0\0").decode()}, Credential("", "bob", Secret("pass"))),
        ({"auth": base64.b64encode(b"bob:pass\r\n").decode()}, Credential("", "bob", Secret("pass"))),
        ({"auth": "Ym9i\nOnBhc3M="}, Credential("", "bob", Secret("pass"))),
        ({"auth": base64.urlsafe_b64encode(b"bob:??>>~~").decode()}, Credential("", "bob", Secret("??>>~~"))),
        ({"auth": base64.b64encode("bob:pä".encode()).decode()}, Credential("", "bob", Secret("pä"))),
        ({"username": "bob", "password": "pass"}, Credential("", "bob", Secret("pass"))),
        ({"auth": base64.b64encode(b"<token>:refresh").decode()}, Credential("", identity_token=Secret("refresh"))),
        (pair("bob") | {"identitytoken": "id"}, Credential("", "bob", identity_token=Secret("id"))),
        ({"identitytoken": "id"}, Credential("", identity_token=Secret("id"))),
        ({"registrytoken": "bearer"}, Credential("", registry_token=Secret("bearer"))),
    ],
)
async def test_every_form_of_an_entry(tmp_path: Path, entry: dict[str, str], expected: Credential) -> None:
    docker(tmp_path, auths={"ghcr.io": entry})
    found = (await find(tmp_path)).credential
    assert found is not None
    assert found == Credential(
        "~/.docker/config.json, key ghcr.io",
        expected.username,
        expected.password,
        expected.identity_token,
        expected.registry_token,
    )


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"auth": "bob:pass"}, "never encoded"),
        ({"auth": "%%%"}, "not base64"),
        ({"auth": "Ym9iO"}, "cut short"),
        ({"auth": base64.b64encode(b"bobpass").decode()}, "without a colon"),
        ({"auth": base64.b64encode(b":pass").decode()}, "empty user name"),
        ({"auth": base64.b64encode(b"bob:").decode()}, "no password"),
        ({"auth": base64.b64encode(b"\xff\xfe:x").decode()}, "does not decode to text"),
        ({"auth": 7}, "auth is not text"),
        ({"identitytoken": ["x"]}, "identitytoken is not text"),
        ({"password": "pass"}, "user name is empty"),
        ("Ym9iOnBhc3M=", "no object"),
        (None, "no object"),
    ],
)
async def test_a_damaged_entry_is_said_and_the_next_source_is_asked(tmp_path: Path, entry: object, word: str) -> None:
    docker(tmp_path, auths={"ghcr.io": entry})
    path = tmp_path / ".config/containers/auth.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"auths": {"ghcr.io": pair("podman")}}))
    lookup = await find(tmp_path)
    assert secret_of(lookup) == ("podman", "pw")
    [failed] = [seen for seen in lookup.consulted if seen.verdict is SourceVerdict.FAILED]
    assert (failed.key, word in failed.detail) == ("ghcr.io", True), failed.detail
    assert "pass" not in failed.detail.replace("password", "")


@pytest.mark.parametrize(
    ("auth", "word"),
    [(b"bob:pass\n", "line end"), (b"bob:pass", "")],
)
async def test_what_was_put_up_with_in_an_entry_is_said(tmp_path: Path, auth: bytes, word: str) -> None:
    docker(tmp_path, auths={"ghcr.io": {"auth": base64.b64encode(auth).decode()}})
    [used] = [seen for seen in (await find(tmp_path)).consulted if seen.verdict is SourceVerdict.USED]
    assert word in used.detail
    assert bool(used.detail) == bool(word)


async def test_an_empty_entry_is_a_marker_and_no_credential(tmp_path: Path) -> None:
    docker(tmp_path, auths={"ghcr.io": {}})
    lookup = await find(tmp_path)
    assert lookup.credential is None
    [seen] = [seen for seen in lookup.consulted if seen.key == "ghcr.io"]
    assert seen.verdict is SourceVerdict.NOTHING
    assert "names no helper" in seen.detail


@pytest.mark.parametrize("name", ["credStore", "credSstore", "CredsStore", "credsHelpers", "credHelper", "auth"])
async def test_a_misspelt_setting_is_said(tmp_path: Path, name: str) -> None:
    docker(tmp_path, **{name: "pass" if "tore" in name else {}})
    [seen] = [seen for seen in (await find(tmp_path)).consulted if seen.verdict is SourceVerdict.FAILED]
    assert (seen.key, "no setting" in seen.detail) == (name, True)


async def test_docker_s_other_settings_are_no_misspellings(tmp_path: Path) -> None:
    docker(
        tmp_path,
        auths={"ghcr.io": pair()},
        currentContext="default",
        HttpHeaders={"User-Agent": "x"},
        proxies={},
        plugins={},
        psFormat="table",
        credsStore="",
        features={},
        aliases={"builder": "buildx"},
    )
    lookup = await find(tmp_path)
    assert [seen for seen in lookup.consulted if seen.verdict is SourceVerdict.FAILED] == []
    assert secret_of(lookup) == ("alice", "pw")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"{", "line 1 column 2"),
        (b'{"auths": {"ghcr.io": {"auth": "c2VjcmV0OnNlY3JldA==",}}}', "not JSON"),
        (b"[]", "no object"),
        (b"\xff\xff", "not UTF-8"),
        (b'{"auths": []}', "auths is no object"),
        (b'{"credHelpers": {"ghcr.io": 1}}', "not text"),
        (b'{"credsStore": {}}', "credsStore is not text"),
        (b"[" * 100_000, "not"),
    ],
)
async def test_a_damaged_file_is_said_without_its_words(tmp_path: Path, content: bytes, word: str) -> None:
    path = docker(tmp_path)
    path.write_bytes(content)
    lookup = await find(tmp_path)
    assert lookup.credential is None
    [seen] = [seen for seen in lookup.consulted if seen.verdict is SourceVerdict.FAILED]
    assert seen.source == "~/.docker/config.json"
    assert word in seen.detail
    assert "c2Vj" not in seen.detail


@pytest.mark.parametrize("content", ["", "\n", "{}", "\ufeff{}"])
async def test_an_empty_file_has_nothing(tmp_path: Path, content: str) -> None:
    docker(tmp_path).write_text(content)
    lookup = await find(tmp_path)
    assert ("~/.docker/config.json", SourceVerdict.NOTHING) in verdicts(lookup)


async def test_a_directory_in_the_file_s_place_is_said(tmp_path: Path) -> None:
    (tmp_path / ".docker/config.json").mkdir(parents=True)
    assert ("~/.docker/config.json", SourceVerdict.FAILED) in verdicts(await find(tmp_path))


async def test_a_broken_environment_variable_is_said_without_its_value(tmp_path: Path) -> None:
    lookup = await find(tmp_path, environ={"DOCKER_AUTH_CONFIG": "dG9wc2VjcmV0"})
    [seen] = [seen for seen in lookup.consulted if seen.source == "DOCKER_AUTH_CONFIG"]
    assert seen.verdict is SourceVerdict.FAILED
    assert "dG9wc" not in seen.detail


async def test_a_login_in_another_terminal_counts_at_once(tmp_path: Path) -> None:
    chain = default_credentials(environ={}, home=tmp_path)
    assert (await chain.find("ghcr.io", "")).credential is None
    docker(tmp_path, auths={"ghcr.io": pair()})
    assert secret_of(await chain.find("ghcr.io", "")) == ("alice", "pw")


async def test_nothing_is_written_and_no_report_holds_a_secret(tmp_path: Path) -> None:
    docker(tmp_path, auths={"ghcr.io": pair("alice", "tops3cret"), HUB_KEY: {"identitytoken": "tops3cret"}})
    before = files(tmp_path)
    for registry in ("ghcr.io", HUB):
        lookup = await find(tmp_path, registry)
        assert lookup.credential is not None
        assert "tops3cret" not in repr(lookup)
    assert files(tmp_path) == before
