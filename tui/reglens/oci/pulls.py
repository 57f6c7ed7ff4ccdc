"""The commands of other clients that get what a reference names, as they are typed into a shell."""

from __future__ import annotations

import shlex

from reglens.oci.kinds import CHART, DOCKER_MODEL, FLUX, OLLAMA, POLICY, describe
from reglens.oci.manifest import Manifest
from reglens.oci.reference import Reference


def pulls(manifest: Manifest, reference: Reference, *, plain: bool = False) -> tuple[tuple[str, str], ...]:
    """Each client's name with its command, the one made for that kind of thing first. `plain`: the registry speaks
    http, which most clients want to be told (docker takes it from its daemon's configuration)."""
    kind = describe(manifest)
    name = reference.pullable
    if not kind.container:
        own = {
            CHART: ("helm", _helm(reference, plain)),
            DOCKER_MODEL: ("docker", _joined("docker", "model", "pull", name)),
            OLLAMA: ("ollama", _joined("ollama", "pull", *_if(plain, "--insecure"), name)),
            FLUX: ("flux", _joined("flux", "pull", "artifact", f"oci://{name}", "--output", ".")),
            POLICY: ("conftest", _joined("conftest", "pull", f"oci://{name}")),
        }.get(kind)
        oras = ("oras", _joined("oras", "pull", *_if(plain, "--plain-http"), name))
        return ((own,) if own else ()) + (oras, _crane(reference, plain), _skopeo(reference, plain))
    return (
        ("docker", _joined("docker", "pull", name)),
        ("podman", _joined("podman", "pull", *_if(plain, "--tls-verify=false"), name)),
        _skopeo(reference, plain),
        _crane(reference, plain),
        ("nerdctl", _joined("nerdctl", "pull", *_if(plain, "--insecure-registry"), name)),
        ("ctr", _joined("ctr", "images", "pull", *_if(plain, "--plain-http"), name)),
    )


def pull_command(manifest: Manifest, reference: Reference) -> str:
    """The first of `pulls`."""
    return pulls(manifest, reference)[0][1]


def _skopeo(reference: Reference, plain: bool) -> tuple[str, str]:
    folder = reference.repository.rpartition("/")[2]
    secure = _if(plain, "--src-tls-verify=false")
    return "skopeo", _joined("skopeo", "copy", "--all", *secure, f"docker://{reference.pullable}", f"oci:{folder}")


def _crane(reference: Reference, plain: bool) -> tuple[str, str]:
    file = reference.repository.rpartition("/")[2]
    return "crane", _joined("crane", "pull", *_if(plain, "--insecure"), reference.pullable, f"{file}.tar")


def _helm(reference: Reference, plain: bool) -> str:
    where = f"oci://{reference.pullable}"
    version: tuple[str, ...] = ()
    if reference.tag and not reference.digest:
        where, version = where.removesuffix(f":{reference.tag}"), ("--version", reference.tag.replace("_", "+"))
    return _joined("helm", "pull", where, *version, *_if(plain, "--plain-http"))


def _if(condition: bool, *options: str) -> tuple[str, ...]:
    return options if condition else ()


def _joined(*parts: str) -> str:
    return shlex.join(parts)
