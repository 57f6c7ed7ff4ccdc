"""Debian's docker-registry on loopback three ways, filled with skopeo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.images import Layout
from support.processes import docker_registry, need, run
from support.token_server import TokenServer

PASSWORD = "correct horse battery"
PULL, PUSH = {"pull"}, {"pull", "push"}


@dataclass
class Peer:
    """A running registry: its ``host:port`` and, with token authentication, its token server."""

    host: str
    folder: Path
    tokens: TokenServer | None = None

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")


@dataclass
class Ran:
    """What a run of reglens gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def reglens(*arguments: str, home: Path | None = None, stdin: str = "", **environ: str) -> Ran:
    """Run the command as a person would, without their credentials."""
    inherited = {
        k: v
        for k, v in os.environ.items()
        if k not in ("DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_CACHE_HOME")
    }
    env = {**inherited, "HOME": str(home or "/nonexistent"), "XDG_RUNTIME_DIR": "/nonexistent", **environ}
    done = subprocess.run(
        [sys.executable, "-m", "reglens", *arguments],
        capture_output=True, text=True, input=stdin, timeout=60, env=env, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layout")
    layout = Layout(folder)
    layout.tag("3.20", layout.index("three twenty"))
    layout.tag("latest", layout.index("latest"))
    layout.tag("single", layout.image("single"))
    return folder


def fill(host: str, layout: Path, credentials: str = "") -> None:
    need("skopeo")
    login = ["--dest-creds", credentials] if credentials else []
    for repository, tags in {"library/alpine": ("3.20", "latest", "single"), "team/private": ("latest",)}.items():
        for tag in tags:
            run(
                "skopeo", "copy", "--all", "--quiet", "--dest-tls-verify=false", *login,
                f"oci:{layout}:{tag}", f"docker://{host}/{repository}:{tag}",
            )  # fmt: skip


@pytest.fixture(scope="session")
def open_registry(tmp_path_factory: pytest.TempPathFactory, layout: Path) -> Iterator[Peer]:
    folder = tmp_path_factory.mktemp("open")
    with docker_registry(folder) as host:
        fill(host, layout)
        yield Peer(host, folder)


@pytest.fixture(scope="session")
def basic_registry(tmp_path_factory: pytest.TempPathFactory, layout: Path) -> Iterator[Peer]:
    folder = tmp_path_factory.mktemp("basic")
    need("htpasswd")
    (folder / "htpasswd").write_text(run("htpasswd", "-Bbn", "alice", PASSWORD))
    auth = {"htpasswd": {"realm": "basic-realm", "path": str(folder / "htpasswd")}}
    with docker_registry(folder, auth=auth) as host:
        fill(host, layout, f"alice:{PASSWORD}")
        yield Peer(host, folder)


@pytest.fixture(scope="session")
def token_registry(tmp_path_factory: pytest.TempPathFactory, layout: Path) -> Iterator[Peer]:
    folder = tmp_path_factory.mktemp("token")
    everything = {"library/alpine": PUSH, "team/private": PUSH, "catalog": {"*"}}
    public = {"library/alpine": PULL, "catalog": {"*"}}
    users = {
        "": ("", public),
        "pusher": (PASSWORD, everything),
        "alice": (PASSWORD, everything),
        "bob": (PASSWORD, public),
    }
    with TokenServer(users=users) as tokens, docker_registry(folder, auth=tokens.registry_auth(folder)) as host:
        fill(host, layout, f"pusher:{PASSWORD}")
        tokens.requests.clear()
        yield Peer(host, folder, tokens)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory without credentials."""
    return tmp_path


def docker_login(home: Path, host: str, user: str, password: str = PASSWORD) -> None:
    """What ``docker login`` leaves in ``~/.docker/config.json`` where there is no credential store."""
    import base64

    (home / ".docker").mkdir(exist_ok=True)
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    (home / ".docker" / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
