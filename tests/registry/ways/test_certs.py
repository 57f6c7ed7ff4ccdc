"""``certs.d`` directories: whom they trust, what they show, and what is wrong in them."""

from __future__ import annotations

from pathlib import Path

from reglens.registry.ways.machine import Machine
from reglens.registry.ways.model import Trust


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("PEM")
    return folder


def machine(tmp_path: Path, **environ: str) -> Machine:
    return Machine(environ=environ, home=tmp_path / "home", root=tmp_path)


def test_every_directory_counts_and_the_persons_own_client_certificate_wins(tmp_path: Path) -> None:
    system = put(tmp_path / "etc/docker/certs.d/r.test:5000", "ca.crt", "client.cert", "client.key", "readme.txt")
    other = put(tmp_path / "etc/containers/certs.d/r.test:5000", "b.crt", "a.crt")
    own = put(tmp_path / "home/.config/containers/certs.d/r.test:5000", "me.cert", "me.key")
    trust = machine(tmp_path).trust("r.test:5000")
    assert trust.ca_files == (other / "a.crt", other / "b.crt", system / "ca.crt")
    assert trust.client == (own / "me.cert", own / "me.key")
    assert not any(decision.problem for decision in trust.decisions)
    said = {str(decision) for decision in trust.decisions}
    assert "me.cert is shown as client certificate (~/.config/containers/certs.d/r.test:5000)" in said


def test_a_host_is_its_name_with_its_port(tmp_path: Path) -> None:
    put(tmp_path / "etc/docker/certs.d/r.test:5000", "ca.crt")
    for registry in ("r.test", "r.test:5001", "s.r.test:5000", "..", "etc/../x"):
        assert machine(tmp_path).trust(registry) == Trust()


def test_docker_hub_has_several_names(tmp_path: Path) -> None:
    for name in ("docker.io", "registry-1.docker.io"):
        put(tmp_path / "etc/docker/certs.d" / name, f"{name}.crt")
    assert [path.name for path in machine(tmp_path).trust("registry-1.docker.io").ca_files] == [
        "docker.io.crt",
        "registry-1.docker.io.crt",
    ]


def test_rootless_directories_follow_xdg_config_home(tmp_path: Path) -> None:
    put(tmp_path / "xdg/docker/certs.d/r.test", "ca.crt")
    assert machine(tmp_path, XDG_CONFIG_HOME=str(tmp_path / "xdg")).trust("r.test").ca_files
    assert not machine(tmp_path).trust("r.test").ca_files


def test_a_certificate_without_its_key_is_told(tmp_path: Path) -> None:
    put(tmp_path / "etc/docker/certs.d/r.test", "ca.cert", "lost.key")
    trust = machine(tmp_path).trust("r.test")
    assert (trust.ca_files, trust.client) == ((), None)
    assert [(decision.what, decision.problem) for decision in trust.decisions] == [
        ("ca.cert has no ca.key beside it; certificates of authorities end in .crt", True),
        ("lost.key has no lost.cert beside it", True),
    ]
