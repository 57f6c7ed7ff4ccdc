"""Where skopeo works for this person, reglens does, and where it is refused, so is reglens: each kind of authentication
over each way there, with the credentials as docker's helper or as skopeo itself keeps them.
"""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.pki import Authority
from support.processes import docker_registry, need, run, tinyproxy
from support.token_server import TokenServer

from .conftest import PASSWORD, PULL, PUSH, reglens
from .test_ways import certs_d, data, elsewhere, helper, skopeo_digest, the_digest, tls

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("integration")]
__all__ = ["data"]  # the fixture that is shared
SECRET = "team/private:latest"
AUTHS = ("htpasswd", "token")
WAYS = ("http", "tls", "client certificates", "proxy")


@dataclass
class Place:
    """A registry to be reached in one way: its name, what both tools need in the environment and as options."""

    host: str
    environ: dict[str, str] = field(default_factory=dict)
    skopeo: tuple[str, ...] = ()
    reglens: tuple[str, ...] = ()
    proxy_log: Path | None = None


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("matrix-pki"))


@pytest.fixture(scope="module")
def hosts(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, data: Path
) -> Iterator[dict[tuple[str, str], tuple[str, str]]]:
    """A registry and, if it has one, its token server for each authentication and each of http, TLS, client
    certificates."""
    need("htpasswd")
    found = {}
    with ExitStack() as stack:
        for auth in AUTHS:
            for way in WAYS[:3]:
                folder = tmp_path_factory.mktemp(f"{auth}-{way.replace(' ', '-')}")
                shutil.copytree(data, folder / "data")
                (folder / "htpasswd").write_text(run("htpasswd", "-Bbn", "alice", PASSWORD))
                settings: dict[str, object] = {"htpasswd": {"realm": "r", "path": str(folder / "htpasswd")}}
                realm = ""
                if auth == "token":
                    context = None
                    if way != "http":
                        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                        context.load_cert_chain(*authority.issue(f"tokens-{way[:3]}"))
                    users = {"": ("", {"library/alpine": PULL}), "alice": (PASSWORD, {"*": PUSH})}
                    tokens = stack.enter_context(TokenServer(users=users, tls=context))
                    settings, realm = tokens.registry_auth(folder), tokens.realm.split("/")[2]
                http = {} if way == "http" else tls(authority, clients=way == "client certificates")
                host = stack.enter_context(docker_registry(folder, http=http, auth=settings))
                found[auth, way] = host, realm
        yield found


@pytest.fixture(params=[(auth, way) for auth in AUTHS for way in WAYS], ids=lambda p: f"{p[0]}-{p[1]}")
def place(
    request: pytest.FixtureRequest,
    hosts: dict[tuple[str, str], tuple[str, str]],
    authority: Authority,
    tmp_path: Path,
) -> Iterator[Place]:
    auth, way = request.param
    host, realm = hosts[auth, "tls" if way == "proxy" else way]
    if way == "http":
        yield Place(host, skopeo=("--tls-verify=false",))
        return
    with ExitStack() as stack:
        made = Place(elsewhere(host) if way == "proxy" else host)
        if way == "proxy":
            proxy, made.proxy_log = stack.enter_context(tinyproxy(tmp_path / "proxy"))
            made.environ["HTTPS_PROXY"] = f"http://{proxy}"
            if realm:  # by another name than the registry's, which reglens does not take for its own
                made.reglens = ("--trust-realm", realm)
        files = {"ca_crt": authority.path}
        if way == "client certificates":
            files["client_cert"], files["client_key"] = authority.issue("alice", client=True)
        certs_d(tmp_path, made.host, **files)
        if realm:
            made.environ["SSL_CERT_FILE"] = str(authority.path)
        yield made


def both(place: Place, environ: dict[str, str], name: str = SECRET) -> None:
    """Both tools find the same digest, and the way is the one that is meant."""
    ran = reglens("digest", *place.reglens, f"{place.host}/{name}", **place.environ, **environ)  # type: ignore[arg-type]
    expected = skopeo_digest(place.host, *place.skopeo, name=name, **place.environ, **environ)
    assert the_digest(ran) == expected
    assert PASSWORD not in ran.out + ran.err
    if place.proxy_log is not None:
        assert place.proxy_log.read_text().count(f"CONNECT {place.host}") >= 2, "each went through the proxy"


def inspected(place: Place, **environ: str) -> bool:
    """Whether skopeo gets at the private image."""
    command = ["skopeo", "inspect", "--raw", *place.skopeo, f"docker://{place.host}/{SECRET}"]
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "XDG_RUNTIME_DIR": "/nonexistent", **place.environ, **environ}
    return subprocess.run(command, capture_output=True, env=env, timeout=60, check=False).returncode == 0


def test_a_helper_opens_for_reglens_what_it_opens_for_skopeo(place: Place, tmp_path: Path) -> None:
    both(place, helper(tmp_path, place.host))


def test_what_skopeo_login_stored_is_found_and_used(place: Place, tmp_path: Path) -> None:
    """Another home's auth.json, written by skopeo itself, which also checks the login against the registry."""
    need("skopeo")
    path = tmp_path / "auth.json"
    environ = {"HOME": str(tmp_path), "REGISTRY_AUTH_FILE": str(path)}
    run(
        "skopeo", "login", *place.skopeo, "--username", "alice", "--password", PASSWORD, place.host,
        env={**place.environ, **environ},
    )  # fmt: skip
    before = path.read_bytes()
    both(place, environ)
    assert path.read_bytes() == before
    used = reglens("credentials", "--json", place.host, **environ).document["used"]  # type: ignore[arg-type]
    assert (used["username"], used["source"]) == ("alice", f"~/{path.name}, key {place.host}")


def test_who_is_refused_with_skopeo_is_refused_here(place: Place, tmp_path: Path) -> None:
    wrong = {"auths": {place.host: {"username": "alice", "password": "wrong"}}}
    (tmp_path / ".docker").mkdir()
    home = {"HOME": str(tmp_path)}
    for stored in ({}, wrong):
        (tmp_path / ".docker" / "config.json").write_text(json.dumps(stored))
        assert not inspected(place, **home)
        ran = reglens("digest", *place.reglens, f"{place.host}/{SECRET}", **place.environ, **home)  # type: ignore[arg-type]
        assert (ran.code, ran.out) == (1, "")
