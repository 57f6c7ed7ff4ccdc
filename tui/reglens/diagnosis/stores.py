"""Which client keeps its credentials where, and which reads what another one keeps."""

from __future__ import annotations

from reglens.diagnosis.evidence import Evidence

_KEEPS = {
    "docker": "docker",
    "nerdctl": "docker",
    "oras": "docker",
    "crane": "docker",
    "podman": "containers",
    "buildah": "containers",
    "skopeo": "containers",
    "helm": "helm",
    "regctl": "regctl",
}
"""Whose file a login writes: docker's ``config.json``, ``auth.json`` of the containers tools, helm's own."""
_NODE: frozenset[str] = frozenset()
_DOCKER = frozenset({"docker"})
_BOTH = frozenset({"docker", "containers"})
_READS = {
    "docker": _DOCKER,
    "buildctl": _DOCKER,
    "nerdctl": _DOCKER,
    "oras": _DOCKER,
    "kaniko": _DOCKER,
    "podman": _BOTH,
    "buildah": _BOTH,
    "skopeo": _BOTH,
    "crane": _BOTH,
    "ko": _BOTH,
    "cosign": _BOTH,
    "helm": frozenset({"docker", "helm"}),
    "regctl": frozenset({"docker", "regctl"}),
    "crictl": _NODE,
    "ctr": _NODE,
    "kubelet": _NODE,
    "containerd": _NODE,
    "cri-o": _NODE,
    "docker-compose": _NODE,
}
"""What each client reads. The parts of a node read no user's file: pods have pull secrets, and the runtimes files of
their own (kubernetes.io, "Pull an Image from a Private Registry"; cri-o, crio.conf(5), ``global_auth_file``).
containers/image falls back to docker's file (containers-auth.json(5)), go-containerregistry to that of podman
(pkg/authn/keychain.go). docker-compose of the first generation reads what stands in the file itself, and credential
stores only in its last versions."""
_TELLERS = frozenset({"kubelet", "ctr", "containerd", "cri-o", "docker-compose"})
"""Tellers of lines that name the client; the others may only quote it."""
_GIVES = frozenset(
    "--creds --src-creds --dest-creds --username --password --registry-token --src-registry-token".split()
)
_OWN_GIVES = {"ctr": frozenset({"-u", "--user"}), "crictl": frozenset({"--auth"})}
"""Options with credentials that mean something else to other clients."""


def _verb(argv: tuple[str, ...]) -> str:
    words = [word for word in argv[1:] if not word.startswith("-") and word not in ("registry", "auth")]
    return words[0] if words else ""


def unread(evidence: Evidence) -> tuple[str, str] | None:
    """The program of the login and the refused client, where that client does not read what any login stored."""
    logins = [c.program for c in evidence.commands if _verb(c.argv) == "login" and c.program in _KEEPS]
    if not logins:
        return None
    used = [c.program for c in evidence.commands if _verb(c.argv) != "login" and c.program in _READS]
    spoke = [r.teller for r in evidence.reports if r.teller in _TELLERS]
    reader = used[-1] if used else spoke[-1] if spoke else ""
    if not reader or any(_KEEPS[program] in _READS[reader] for program in logins):
        return None
    return logins[-1], reader


def given(evidence: Evidence) -> bool:
    """Whether a command that is no login carries credentials itself."""
    commands = [c for c in evidence.commands if c.program in _READS and _verb(c.argv) != "login"]
    return any(
        word.partition("=")[0] in _GIVES | _OWN_GIVES.get(command.program, frozenset())
        for command in commands
        for word in command.argv[1:]
    )
