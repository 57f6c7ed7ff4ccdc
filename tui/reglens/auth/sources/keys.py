"""Which key of a credentials file is meant for a registry and repository.

Docker keys are hosts, with relics of the v1 API around them: ``https://host/v1/`` counts as ``host`` (docker/cli,
cli/config/credentials/file_store.go, ``ConvertToHostname``). The containers tools also take a namespace or repository
after the host, the longest winning (containers/image, pkg/docker/config/config.go, ``authKeysForKey``). The kubelet
also takes ``*`` in the host's labels (kubernetes, pkg/credentialprovider/keyring.go, ``URLsMatch``).

Docker Hub's key is ``https://index.docker.io/v1/`` for docker (moby, registry.IndexServer) and ``docker.io`` for the
containers tools, which take the host's other names as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from reglens.oci.reference import HUB, HUB_ALIASES, split_port

HUB_KEY = "https://index.docker.io/v1/"
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_API_PATHS = frozenset({"v1", "v2", "v1/", "v2/"})


@dataclass(frozen=True, slots=True)
class Key:
    """A key as written, and the host and namespace that it means."""

    text: str
    host: str
    path: str = ""

    @classmethod
    def read(cls, text: str) -> Key:
        """The key in `text`, of any shape."""
        bare = _SCHEME.sub("", text, count=1)
        host, _, path = bare.partition("/")
        host = host.lower()
        if path in _API_PATHS:
            path = ""
        return cls(text, HUB if host in HUB_ALIASES else host, path.strip("/"))

    def covers(self, registry: str, repository: str, *, globs: bool = False) -> bool:
        """Whether the key is for this repository, or for its whole registry."""
        if not (self.host == registry or (globs and _glob(self.host, registry))):
            return False
        return not self.path or repository == self.path or repository.startswith(f"{self.path}/")


def _glob(pattern: str, registry: str) -> bool:
    host, port = split_port(registry)
    wanted, wanted_port = split_port(pattern)
    labels, wanted_labels = host.split("."), wanted.split(".")
    if "*" not in wanted or port != wanted_port or len(labels) != len(wanted_labels):
        return False
    return all(fnmatchcase(label, wanted_label) for label, wanted_label in zip(labels, wanted_labels, strict=True))


def matching(keys: Iterable[str], registry: str, repository: str, *, globs: bool = False) -> list[str]:
    """The keys that are for this repository, the most particular first; docker's own form of Docker Hub's key goes
    before its other names, and a bare host before one with scheme or path."""
    fitting = [key for text in keys if (key := Key.read(text)).covers(registry, repository, globs=globs)]
    fitting.sort(key=lambda key: (-len(key.path), "*" in key.host, key.text != HUB_KEY, key.text.lower() != registry))
    return [key.text for key in fitting]


def near_misses(keys: Iterable[str], registry: str, repository: str) -> list[tuple[str, str]]:
    """Keys that are not for this registry or repository and look as if somebody thought so, each with the reason."""
    judged = ((text, _near_miss(Key.read(text), registry, repository)) for text in keys)
    return [(text, why) for text, why in judged if why]


def _near_miss(key: Key, registry: str, repository: str) -> str:
    if key.text != key.text.strip() and Key.read(key.text.strip()).covers(registry, repository):
        return "has blanks around it, so no client finds it"
    if key.host == registry:
        return "is for another namespace" if repository else "is for one namespace only"
    host, port = split_port(key.host)
    wanted, wanted_port = split_port(registry)
    if registry == HUB and (host.endswith(("docker.com", "docker.io")) or host in ("hub", "dockerhub")):
        return f"is not Docker Hub's: that is {HUB_KEY}"
    if host == wanted and port != wanted_port:
        return "is for another port"
    if "." in host and "." in wanted and (wanted.endswith(f".{host}") or host.endswith(f".{wanted}")):
        return "is for another host of the same domain"
    return ""
