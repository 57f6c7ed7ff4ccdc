"""The ways to Debian's docker-registry: TLS with a private authority, client certificates, proxies, mirrors.

``127.1`` is this machine to the system's resolver, and a host like any other to whoever only looks at names: proxies
are used for it, and plain http is not tried.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.pki import Authority
from support.processes import docker_registry, need, run, tinyproxy
from support.token_server import TokenServer

from .conftest import PASSWORD, PULL, PUSH, Peer, Ran, fill, reglens

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("integration")]
NAME = "library/alpine:3.20"


def skopeo_digest(host: str, *options: str, name: str = NAME, **environ: str) -> str:
    """The digest of the manifest that ``skopeo inspect`` fetches, certificates verified."""
    need("skopeo")
    raw = run("skopeo", "inspect", "--raw", *options, f"docker://{host}/{name}", env=environ)
    return "sha256:" + hashlib.sha256(raw.encode()).hexdigest()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, layout: Path) -> Path:
    """A filled storage, to be copied for each registry."""
    folder = tmp_path_factory.mktemp("filled")
    with docker_registry(folder) as host:
        fill(host, layout)
    return folder / "data"


def tls(authority: Authority, *, clients: bool = False) -> dict[str, object]:
    certificate, key = authority.issue("server")
    settings: dict[str, object] = {"certificate": str(certificate), "key": str(key)}
    if clients:
        settings["clientcas"] = [str(authority.path)]
    return {"tls": settings}


@pytest.fixture(scope="module")
def tls_registry(tmp_path_factory: pytest.TempPathFactory, authority: Authority, data: Path) -> Iterator[Peer]:
    folder = tmp_path_factory.mktemp("tls")
    shutil.copytree(data, folder / "data")
    with docker_registry(folder, http=tls(authority)) as host:
        yield Peer(host, folder)


@pytest.fixture(scope="module")
def mutual_registry(tmp_path_factory: pytest.TempPathFactory, authority: Authority, data: Path) -> Iterator[Peer]:
    folder = tmp_path_factory.mktemp("mutual")
    shutil.copytree(data, folder / "data")
    with docker_registry(folder, http=tls(authority, clients=True)) as host:
        yield Peer(host, folder)


@pytest.fixture(scope="module")
def private_registry(tmp_path_factory: pytest.TempPathFactory, authority: Authority, data: Path) -> Iterator[Peer]:
    """With htpasswd, over TLS."""
    folder = tmp_path_factory.mktemp("private")
    shutil.copytree(data, folder / "data")
    need("htpasswd")
    (folder / "htpasswd").write_text(run("htpasswd", "-Bbn", "alice", PASSWORD))
    auth = {"htpasswd": {"realm": "basic-realm", "path": str(folder / "htpasswd")}}
    with docker_registry(folder, http=tls(authority), auth=auth) as host:
        yield Peer(host, folder)


@pytest.fixture(scope="module")
def token_tls_registry(tmp_path_factory: pytest.TempPathFactory, authority: Authority, data: Path) -> Iterator[Peer]:
    """With token authentication, both servers over TLS."""
    folder = tmp_path_factory.mktemp("token-tls")
    shutil.copytree(data, folder / "data")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("token-server"))
    users = {"": ("", {"library/alpine": PULL}), "alice": (PASSWORD, {"*": PUSH})}
    with (
        TokenServer(users=users, tls=context) as tokens,
        docker_registry(folder, http=tls(authority), auth=tokens.registry_auth(folder)) as host,
    ):
        yield Peer(host, folder, tokens)


def certs_d(home: Path, host: str, **files: Path) -> Path:
    """A ``certs.d`` folder for a host in a home directory."""
    folder = home / ".config" / "containers" / "certs.d" / host
    folder.mkdir(parents=True)
    for name, path in files.items():
        shutil.copy(path, folder / name.replace("_", "."))
    return folder


def the_digest(ran: Ran) -> str:
    assert ran.code == 0, ran.err
    return ran.out.strip()


def helper(home: Path, host: str) -> dict[str, Any]:
    """A ``config.json`` that names a credential helper for a host, and that helper; gives the environment for both."""
    script = home / "bin" / "docker-credential-vault"
    script.parent.mkdir()
    answer = json.dumps({"ServerURL": host, "Username": "alice", "Secret": PASSWORD})
    script.write_text(f"#!/bin/sh\nread -r server\n[ \"$server\" = '{host}' ] || exit 1\necho '{answer}'\n")
    script.chmod(0o755)
    (home / ".docker").mkdir()
    (home / ".docker" / "config.json").write_text(json.dumps({"credHelpers": {host: "vault"}}))
    return {"HOME": str(home), "PATH": f"{script.parent}:/usr/local/bin:/usr/bin:/bin"}


# --- TLS


def test_a_private_authority_is_trusted_by_file(tls_registry: Peer, authority: Authority, tmp_path: Path) -> None:
    name = f"{tls_registry.host}/{NAME}"
    folder = certs_d(tmp_path, "x", ca_crt=authority.path)
    ran = reglens("digest", "--ca-file", str(authority.path), name)
    assert the_digest(ran) == skopeo_digest(tls_registry.host, "--cert-dir", str(folder))
    refused = reglens("digest", name)
    assert (refused.code, refused.out) == (1, "")
    assert "certificate" in refused.err
    assert "--ca-file" in refused.err


def test_a_private_authority_is_trusted_by_certs_d_as_skopeo_does(
    tls_registry: Peer, authority: Authority, tmp_path: Path
) -> None:
    certs_d(tmp_path, tls_registry.host, ca_crt=authority.path)
    ran = reglens("digest", f"{tls_registry.host}/{NAME}", home=tmp_path)
    assert the_digest(ran) == skopeo_digest(tls_registry.host, HOME=str(tmp_path))


def test_ssl_cert_file_stands_for_the_systems_store(tls_registry: Peer, authority: Authority) -> None:
    ran = reglens("digest", f"{tls_registry.host}/{NAME}", SSL_CERT_FILE=str(authority.path))
    assert the_digest(ran) == skopeo_digest(tls_registry.host, SSL_CERT_FILE=str(authority.path))
    missing = reglens("digest", f"{tls_registry.host}/{NAME}", SSL_CERT_FILE="/nonexistent.pem")
    assert missing.code != 0
    assert "SSL_CERT_FILE" in missing.err


def test_a_client_certificate_is_shown_by_option_and_by_certs_d(
    mutual_registry: Peer, authority: Authority, tmp_path: Path
) -> None:
    name = f"{mutual_registry.host}/{NAME}"
    certificate, key = authority.issue("alice", client=True)
    bare = reglens("digest", "--ca-file", str(authority.path), name)
    assert (bare.code, bare.out) == (1, "")
    options = ("--client-cert", str(certificate), "--client-key", str(key))
    by_option = reglens("digest", "--ca-file", str(authority.path), *options, name)
    certs_d(tmp_path, mutual_registry.host, ca_crt=authority.path, client_cert=certificate, client_key=key)
    by_folder = reglens("digest", name, home=tmp_path)
    assert the_digest(by_option) == the_digest(by_folder)
    assert the_digest(by_folder) == skopeo_digest(mutual_registry.host, HOME=str(tmp_path))


def test_a_helpers_credentials_open_what_they_open_for_skopeo(
    private_registry: Peer, authority: Authority, tmp_path: Path
) -> None:
    certs_d(tmp_path, private_registry.host, ca_crt=authority.path)
    environ = helper(tmp_path, private_registry.host)
    expected = skopeo_digest(private_registry.host, name="team/private:latest", **environ)
    ran = reglens("digest", f"{private_registry.host}/team/private", **environ)
    assert the_digest(ran) == expected
    assert PASSWORD not in ran.out + ran.err
    assert reglens("digest", "--anonymous", f"{private_registry.host}/team/private", **environ).code == 1


def test_a_token_server_over_tls_is_asked_with_the_helpers_credentials(
    token_tls_registry: Peer, authority: Authority, tmp_path: Path
) -> None:
    peer = token_tls_registry
    assert peer.tokens
    realm = peer.tokens.realm.removeprefix("https://").removesuffix("/token")
    for host in (peer.host, realm):
        certs_d(tmp_path, host, ca_crt=authority.path)
    environ = helper(tmp_path, peer.host)
    ran = reglens("digest", f"{peer.host}/team/private", **environ)
    options = ("--cert-dir", str(tmp_path / ".config/containers/certs.d" / peer.host))
    expected = skopeo_digest(peer.host, *options, name="team/private:latest", **environ)
    assert the_digest(ran) == expected


# --- proxies


def elsewhere(host: str) -> str:
    """The same server by a name that is not this machine's."""
    return host.replace("127.0.0.1", "127.1")


def test_a_registry_is_reached_through_a_forward_proxy(
    tls_registry: Peer, authority: Authority, tmp_path: Path
) -> None:
    host = elsewhere(tls_registry.host)
    certs_d(tmp_path, host, ca_crt=authority.path)
    with tinyproxy(tmp_path / "proxy") as (proxy, log):
        environ: dict[str, Any] = {"HOME": str(tmp_path), "HTTPS_PROXY": f"http://{proxy}"}
        ran = reglens("digest", f"{host}/{NAME}", home=tmp_path, HTTPS_PROXY=f"http://{proxy}")
        assert f"CONNECT {host}" in log.read_text()
        assert the_digest(ran) == skopeo_digest(host, **environ)
        checked = reglens("check", "--json", f"{host}/{NAME}", **environ)
        asked = checked.document["exchanges"]
        assert asked
        assert {exchange["via"] for exchange in asked} == {f"http://{proxy}"}
        size = log.stat().st_size
        direct = reglens("digest", f"{host}/{NAME}", **environ, NO_PROXY="10.0.0.0/8,127.1")
        assert the_digest(direct) == the_digest(ran)
        assert log.stat().st_size == size


def test_plain_http_goes_through_the_proxy_too(open_registry: Peer, tmp_path: Path) -> None:
    host = elsewhere(open_registry.host)
    with tinyproxy(tmp_path) as (proxy, log):
        ran = reglens("digest", "--plain-http", f"{host}/{NAME}", HTTP_PROXY=f"http://{proxy}")
        assert the_digest(ran) == the_digest(reglens("digest", f"{open_registry.host}/{NAME}"))
        assert f"http://{host}/v2/" in log.read_text()


def test_a_proxy_that_wants_a_login_is_named(tls_registry: Peer, authority: Authority, tmp_path: Path) -> None:
    host = elsewhere(tls_registry.host)
    with tinyproxy(tmp_path, "BasicAuth user proxysecret") as (proxy, _):
        options = ("digest", "--ca-file", str(authority.path), f"{host}/{NAME}")
        bare = reglens(*options, HTTPS_PROXY=f"http://{proxy}")
        assert bare.code == 1
        assert f"The proxy http://{proxy} refuses to connect to {host}: 40" in bare.err
        ran = reglens(*options, HTTPS_PROXY=f"http://user:proxysecret@{proxy}")
        assert the_digest(ran).startswith("sha256:")
        checked = reglens("check", *options[1:], HTTPS_PROXY=f"http://user:proxysecret@{proxy}")
        assert proxy in checked.out
        assert "proxysecret" not in checked.out + checked.err


def test_a_proxy_that_forbids_is_named(tls_registry: Peer, authority: Authority, tmp_path: Path) -> None:
    host = elsewhere(tls_registry.host)
    with tinyproxy(tmp_path, "ConnectPort 443") as (proxy, _):
        ran = reglens("digest", "--ca-file", str(authority.path), f"{host}/{NAME}", HTTPS_PROXY=f"http://{proxy}")
    assert ran.code == 1
    assert f"The proxy http://{proxy} refuses to connect to {host}: 403" in ran.err
    assert "NO_PROXY" in ran.err


def test_a_proxy_that_is_not_there_is_named(tls_registry: Peer) -> None:
    ran = reglens("digest", f"{elsewhere(tls_registry.host)}/{NAME}", HTTPS_PROXY="http://127.0.0.1:9")
    assert ran.code == 1
    assert "the proxy http://127.0.0.1:9" in ran.err.replace("The proxy", "the proxy")


# --- mirrors, insecure and blocked registries


def registries_conf(home: Path, text: str) -> None:
    folder = home / ".config" / "containers"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "registries.conf").write_text(text)


def test_mirrors_are_asked_in_order_as_skopeo_asks_them(
    open_registry: Peer, basic_registry: Peer, tmp_path: Path
) -> None:
    """The first does not have it, the second does, the registry itself does not even exist."""
    mirrors = "".join(
        f'[[registry.mirror]]\nlocation = "{place}"\ninsecure = true\n'
        for place in (f"{open_registry.host}/nothing/here", open_registry.host)
    )
    registries_conf(tmp_path, f'[[registry]]\nlocation = "registry.invalid"\n{mirrors}')
    ran = reglens("digest", f"registry.invalid/{NAME}", home=tmp_path)
    assert the_digest(ran) == skopeo_digest("registry.invalid", HOME=str(tmp_path))
    assert reglens("digest", "--no-mirrors", f"registry.invalid/{NAME}", home=tmp_path).code == 1
    checked = reglens("check", "--json", f"registry.invalid/{NAME}", home=tmp_path).document
    notes = [exchange["note"] for exchange in checked["exchanges"] if exchange["status"] == 200]
    assert any(note and f"asked at the mirror {open_registry.host}" in note for note in notes)


def test_a_password_for_the_registry_does_not_go_to_its_mirror(
    basic_registry: Peer, open_registry: Peer, tmp_path: Path
) -> None:
    text = f'[[registry]]\nlocation = "{open_registry.host}"\n[[registry.mirror]]\nlocation = "{basic_registry.host}"\n'
    registries_conf(tmp_path, text + "insecure = true\n")
    options = ("--username", "alice", "--password-stdin")
    ran = reglens("digest", *options, f"{open_registry.host}/{NAME}", home=tmp_path, stdin=PASSWORD)
    assert ran.code == 0, ran.err
    document = reglens("check", "--json", *options, f"{open_registry.host}/{NAME}", home=tmp_path, stdin=PASSWORD)
    to_mirror = [e for e in document.document["exchanges"] if basic_registry.host in e["url"]]
    assert to_mirror
    assert {exchange["authorization"] for exchange in to_mirror} == {None}


def test_plain_http_elsewhere_needs_to_be_allowed(open_registry: Peer, tmp_path: Path) -> None:
    host = elsewhere(open_registry.host)
    before = open_registry.log().count("/v2/")
    refused = reglens("digest", f"{host}/{NAME}", home=tmp_path)
    assert (refused.code, refused.out) == (1, "")
    assert "--plain-http" in refused.err
    assert open_registry.log().count("/v2/") == before
    registries_conf(tmp_path, f'[[registry]]\nlocation = "{host}"\ninsecure = true\n')
    ran = reglens("digest", f"{host}/{NAME}", home=tmp_path)
    assert the_digest(ran) == skopeo_digest(open_registry.host, "--tls-verify=false")


def test_what_is_blocked_is_not_asked(open_registry: Peer, tmp_path: Path) -> None:
    registries_conf(tmp_path, f'[[registry]]\nlocation = "{open_registry.host}"\nblocked = true\n')
    before = open_registry.log()
    ran = reglens("digest", f"{open_registry.host}/{NAME}", home=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "~/.config/containers/registries.conf blocks it" in ran.err
    assert open_registry.log() == before


def test_short_names_are_those_of_the_file_that_is_given(open_registry: Peer, tmp_path: Path) -> None:
    path = tmp_path / "own.conf"
    path.write_text(f'[aliases]\n"tool" = "{open_registry.host}/library/alpine"\n')
    ran = reglens("digest", "--registries-conf", str(path), "tool:3.20")
    assert the_digest(ran) == the_digest(reglens("digest", f"{open_registry.host}/{NAME}"))
    assert f"tool stands for {open_registry.host}/library/alpine" in ran.err
    told = reglens("credentials", "--json", f"{open_registry.host}/team/x", "--registries-conf", str(path)).document
    assert told["way"]["blocked"] is None


def searching(path: Path, *hosts: str, mode: str = "permissive") -> tuple[str, str]:
    """The option for a file that lists these registries to search."""
    listed = ", ".join(f'"{host}"' for host in hosts)
    path.write_text(f'short-name-mode = "{mode}"\nunqualified-search-registries = [{listed}]\n')
    return "--registries-conf", str(path)


def test_registries_to_search_are_tried_in_order_and_the_one_that_answers_is_named(
    open_registry: Peer, token_registry: Peer, tmp_path: Path
) -> None:
    """Nobody may read team/private on the second, and the first has nothing but a closed port."""
    hosts = ("127.0.0.1:9", token_registry.host, open_registry.host)
    options = searching(tmp_path / "own.conf", *hosts)
    full = f"{open_registry.host}/team/private"
    expected = the_digest(reglens("digest", full))
    for command in ("digest", "tags", "manifest"):
        ran = reglens(command, *options, "team/private", home=tmp_path)
        assert ran.code == 0, ran.err
        assert ran.out == reglens(command, full).out
        assert f"{full} answers" in ran.err
        assert "127.0.0.1:9/team/private: " in ran.err
        assert f"{token_registry.host}/team/private: " in ran.err
    many = reglens("digest", "--json", *options, "team/private", full, "nobody/has:this").document["results"]
    assert [row["digest"] for row in many] == [expected, expected, None]
    assert [row["reference"] for row in many[:2]] == [f"{full}:latest"] * 2
    checked = reglens("check", "--json", *options, "team/private").document
    assert (checked["reference"], checked["outcome"]) == (full, "ok")


def test_a_short_name_that_nobody_has_is_explained_by_the_first(open_registry: Peer, tmp_path: Path) -> None:
    options = searching(tmp_path / "own.conf", open_registry.host, "127.0.0.1:9")
    ran = reglens("digest", *options, "nobody/has:this")
    assert (ran.code, ran.out) == (1, "")
    assert "none of them has it" in ran.err
    assert f"{open_registry.host}/nobody/has:this: " in ran.err
    assert "127.0.0.1:9/nobody/has:this: " in ran.err


def test_where_the_mode_is_enforcing_nobody_is_asked(open_registry: Peer, tmp_path: Path) -> None:
    options = searching(tmp_path / "own.conf", "127.0.0.1:9", open_registry.host, mode="enforcing")
    before = open_registry.log()
    ran = reglens("digest", *options, "team/private")
    assert (ran.code, ran.out) == (2, "")
    assert f"127.0.0.1:9/team/private or {open_registry.host}/team/private" in ran.err
    among = reglens("digest", *options, "team/private", "team/other")
    assert (among.code, among.out, among.err.count("enforcing")) == (1, "", 2)
    assert open_registry.log() == before


def test_the_machines_own_file_is_heeded_for_short_names_only_when_asked(open_registry: Peer, tmp_path: Path) -> None:
    registries_conf(tmp_path, f'unqualified-search-registries = ["{open_registry.host}"]\n')
    environ: dict[str, Any] = {
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HOME": str(tmp_path),
    }  # Docker Hub is not reached from here
    docker = reglens("digest", "--json", "team/private", **environ).document["results"][0]
    assert docker["reference"] == "registry-1.docker.io/team/private:latest"
    asked = reglens("digest", "--short-names", "team/private", **environ)
    assert the_digest(asked) == the_digest(reglens("digest", f"{open_registry.host}/team/private"))
    assert f"team/private stands for {open_registry.host}/team/private" in asked.err
    assert "~/.config/containers/registries.conf" in asked.err


def test_every_registry_to_search_is_searched_and_hits_stand_under_their_registry(
    open_registry: Peer, token_registry: Peer, tmp_path: Path
) -> None:
    options = searching(tmp_path / "own.conf", open_registry.host, "127.0.0.1:9", token_registry.host)
    ran = reglens("search", *options, "alpine")
    assert ran.out.splitlines() == [f"{host}/library/alpine" for host in (open_registry.host, token_registry.host)]
    assert ran.code == 1
    assert "127.0.0.1:9" in ran.err
    document = reglens("search", "--json", *options, "alpine").document
    assert [(row["registry"], row["name"]) for row in document["results"]] == [
        (host, "library/alpine") for host in (open_registry.host, token_registry.host)
    ]
    [failure] = document["failures"]
    assert failure["registry"] == "127.0.0.1:9"
    one = reglens("search", "--registry", open_registry.host, "alpine")
    assert (one.code, one.out) == (0, "library/alpine\n")
    both = [part for host in (token_registry.host, open_registry.host) for part in ("--registry", host)]
    assert len(reglens("search", *both, "alpine").out.splitlines()) == 2


def test_one_command_says_what_decides_the_way(tls_registry: Peer, authority: Authority, tmp_path: Path) -> None:
    certs_d(tmp_path, tls_registry.host, ca_crt=authority.path)
    text = f'[[registry]]\nlocation = "{tls_registry.host}"\n[[registry.mirror]]\nlocation = "mirror.invalid/x"\n'
    registries_conf(tmp_path, text)
    shown = reglens("credentials", f"{tls_registry.host}/team/app", home=tmp_path).out
    assert "the mirror mirror.invalid/x is asked before" in shown
    assert f"certificates by ca.crt are trusted (~/.config/containers/certs.d/{tls_registry.host})" in shown
    way = reglens("credentials", "--json", f"{tls_registry.host}/team/app", home=tmp_path).document["way"]
    assert [endpoint["registry"] for endpoint in way["endpoints"]] == ["mirror.invalid", tls_registry.host]
    steps = reglens("check", "--json", f"{tls_registry.host}/{NAME}", home=tmp_path).document["steps"]
    assert steps[0]["step"] == "way"
    assert "mirror.invalid/x" in steps[0]["detail"]
    assert (steps[-1]["step"], steps[-1]["verdict"]) == ("resource", "ok")
