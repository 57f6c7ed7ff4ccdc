"""Where credentials come from: what docker, podman, skopeo and crane read, in their order; to their files nothing is
ever written.

Order: the command line; a pull secret given as a file; the system's keyring, where the person had a login kept by this
very program (so it goes before what was stored for others, and what it goes before is told as passed over);
``DOCKER_AUTH_CONFIG``; docker's ``config.json``;
``REGISTRY_AUTH_FILE``; ``auth.json`` of the containers tools in the run-time directory, then in the home directory
(docker/cli, cli/config/configfile/file.go; go-containerregistry, pkg/authn/keychain.go; containers-auth.json(5)).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

from reglens.auth.credentials import Credential
from reglens.auth.sources.chain import Chain, CommandLine, File, PullSecret, Source, Text
from reglens.auth.sources.program import TIMEOUT, Surroundings
from reglens.auth.sources.pullsecret import read_pull_secret
from reglens.auth.sources.system_keyring import SystemKeyring, state_folder
from reglens.secret import Secret

__all__ = ["Chain", "default_credentials"]


def default_credentials(
    *,
    environ: Mapping[str, str],
    home: Path,
    username: str | None = None,
    password: Secret | None = None,
    pull_secret: Path | None = None,
    timeout: float = TIMEOUT,
    clock: Callable[[], float] = monotonic,
) -> Chain:
    """Every source of this person's. `timeout` is how long a helper or the keyring may take, in seconds.

    Raises UsageError if `pull_secret` cannot be read; everything else that is wrong is reported by the look-up.
    """
    sources: list[Source] = []
    if username is not None and password is not None:
        sources.append(CommandLine(Credential("command line", username, password=password)))
    if pull_secret is not None:
        sources.append(PullSecret(read_pull_secret(pull_secret, _short(pull_secret, home))))
    sources.append(SystemKeyring(state_folder(environ, home) / "keyring.json", Surroundings(environ, timeout)))
    sources.append(Text(environ.get("DOCKER_AUTH_CONFIG"), "DOCKER_AUTH_CONFIG"))
    docker = Path(environ["DOCKER_CONFIG"]) if environ.get("DOCKER_CONFIG") else home / ".docker"
    paths = [docker / "config.json"]
    if environ.get("REGISTRY_AUTH_FILE"):
        paths.append(Path(environ["REGISTRY_AUTH_FILE"]))
    if environ.get("XDG_RUNTIME_DIR"):
        paths.append(Path(environ["XDG_RUNTIME_DIR"]) / "containers" / "auth.json")
    else:  # as in CI and under cron
        paths.append(Path(f"/run/containers/{os.getuid()}/auth.json"))
    config = Path(environ["XDG_CONFIG_HOME"]) if environ.get("XDG_CONFIG_HOME") else home / ".config"
    paths.append(config / "containers" / "auth.json")
    sources += [File(path, _short(path, home)) for path in dict.fromkeys(paths)]
    return Chain(sources, environ=environ, timeout=timeout, clock=clock)


def _short(path: Path, home: Path) -> str:
    """A path as people write it."""
    try:
        return f"~/{path.relative_to(home)}"
    except ValueError:
        return str(path)
