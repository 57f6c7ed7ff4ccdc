"""containerd's ``hosts.toml`` and docker's ``daemon.json``, and which file decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reglens.registry.ways.machine import Machine
from reglens.registry.ways.model import Way

HUB = "registry-1.docker.io"
HOSTS = """
server = "https://registry-1.docker.io"
[host."https://mirror.test:5000/cache"]
  capabilities = ["pull", "resolve"]
  ca = "ca.pem"
  client = [["client.pem", "client.key"]]
  [host."https://mirror.test:5000/cache".header]
    x-key = ["secret"]
[host."http://plain.test"]
  capabilities = ["pull"]
  skip_verify = true
[host."https://whole.test/api"]
  override_path = true
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def way(tmp_path: Path, registry: str, repository: str = "team/app", *, by_digest: bool = False) -> Way:
    return Machine(environ={}, home=tmp_path / "home", root=tmp_path).way(registry, repository, by_digest=by_digest)


def test_the_hosts_of_a_namespace_are_asked_in_their_order(tmp_path: Path) -> None:
    folder = write(tmp_path / "etc/containerd/certs.d/docker.io/hosts.toml", HOSTS).parent
    first, whole, origin = way(tmp_path, HUB, "library/alpine").endpoints
    assert (first.registry, first.root, first.scheme) == ("mirror.test:5000", "/cache/v2", "https")
    assert first.query == "ns=docker.io"
    assert first.trust.ca_files == (folder / "ca.pem",)
    assert first.trust.client == (folder / "client.pem", folder / "client.key")
    assert [(name, value.reveal()) for name, value in first.headers] == [("x-key", "secret")]
    assert "secret" not in repr(first)
    assert (whole.registry, whole.root) == ("whole.test", "/api")
    assert (origin.registry, origin.query, origin.mirror) == (HUB, "", False)


def test_a_tag_needs_the_capability_to_resolve_and_a_digest_the_one_to_pull(tmp_path: Path) -> None:
    write(tmp_path / "etc/containerd/certs.d/docker.io/hosts.toml", HOSTS)
    found = way(tmp_path, HUB, "library/alpine", by_digest=True)
    plain = found.endpoints[1]
    assert (plain.registry, plain.scheme, plain.trust.insecure) == ("plain.test", "http", True)
    tagged = way(tmp_path, HUB, "library/alpine")
    assert "http://plain.test has not the capability resolve" in " ".join(map(str, tagged.decisions))


def test_the_default_is_for_hosts_without_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "etc/containerd/certs.d/_default/hosts.toml", '[host."https://all.test"]\n')
    write(tmp_path / "etc/containerd/certs.d/own.test:5000/hosts.toml", '[host."https://own-mirror.test"]\n')
    assert [e.registry for e in way(tmp_path, "ghcr.io").endpoints] == ["all.test", "ghcr.io"]
    assert [e.registry for e in way(tmp_path, "own.test:5000").endpoints] == ["own-mirror.test", "own.test:5000"]


@pytest.mark.parametrize(
    "text",
    ["host = 1", "[host]\nx = 1", '[host."ftp://x.test"]', '[host."https://x.test"]\nca = 1', "server = ["],
)
def test_a_file_that_cannot_be_heeded_is_told(tmp_path: Path, text: str) -> None:
    write(tmp_path / "etc/containerd/certs.d/r.test/hosts.toml", text)
    found = way(tmp_path, "r.test")
    assert [endpoint.registry for endpoint in found.endpoints] == ["r.test"]
    assert [decision.problem for decision in found.decisions] == [True]


def daemon(tmp_path: Path, **settings: object) -> Path:
    return write(tmp_path / "etc/docker/daemon.json", json.dumps(settings))


def test_dockers_mirrors_are_docker_hubs(tmp_path: Path) -> None:
    daemon(tmp_path, **{"registry-mirrors": ["https://m.test/sub/", "http://n.test:5000"]})
    first, second, origin = way(tmp_path, HUB, "library/alpine").endpoints
    assert (first.registry, first.root, first.scheme) == ("m.test", "/sub/v2", "https")
    assert (second.registry, second.root, second.scheme) == ("n.test:5000", "/v2", "http")
    assert origin.registry == HUB
    assert len(way(tmp_path, "ghcr.io").endpoints) == 1


@pytest.mark.parametrize(
    ("registry", "insecure"),
    [("r.test:5000", True), ("r.test", False), ("10.1.2.3:5000", True), ("11.1.2.3", False), ("s.test", True)],
)
def test_dockers_insecure_registries(tmp_path: Path, registry: str, insecure: bool) -> None:
    daemon(tmp_path, **{"insecure-registries": ["r.test:5000", "10.0.0.0/8", "http://s.test/"]})
    assert way(tmp_path, registry).origin.insecure is insecure


@pytest.mark.parametrize("text", ["{", "[]", '{"registry-mirrors": "x"}', '{"registry-mirrors": ["m.test"]}'])
def test_settings_of_docker_that_cannot_be_heeded_are_told(tmp_path: Path, text: str) -> None:
    write(tmp_path / "etc/docker/daemon.json", text)
    found = way(tmp_path, HUB)
    assert [(d.source, d.problem) for d in found.decisions] == [(str(tmp_path / "etc/docker/daemon.json"), True)]


def test_of_several_files_the_first_decides_and_the_others_are_told(tmp_path: Path) -> None:
    daemon(tmp_path, **{"registry-mirrors": ["https://docker-mirror.test"]})
    write(tmp_path / "etc/containerd/certs.d/docker.io/hosts.toml", '[host."https://containerd-mirror.test"]\n')
    assert way(tmp_path, HUB).endpoints[0].registry == "containerd-mirror.test"
    text = '[[registry]]\nlocation="docker.io"\n[[registry.mirror]]\nlocation="podman-mirror.test"\n'
    write(tmp_path / "etc/containers/registries.conf", text)
    found = way(tmp_path, HUB)
    assert [endpoint.registry for endpoint in found.endpoints] == ["podman-mirror.test", HUB]
    passed = [str(decision) for decision in found.decisions if decision.what.startswith("passed over")]
    assert len(passed) == 2
