"""docker's ``daemon.json``: mirrors of Docker Hub, and registries that may be reached insecurely.

Source: moby, daemon/pkg/registry/config.go (``loadMirrors``, ``loadInsecureRegistries``, ``isSecureIndex``). Mirrors
are for pulls from Docker Hub alone; each that does not answer as wished is passed over for the next.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from reglens.jsontext import loads
from reglens.oci.reference import HUB, normalise_registry, split_port
from reglens.registry.ways.files import Unusable, read_text, short
from reglens.registry.ways.model import Decision, Endpoint, Way


@dataclass(frozen=True, slots=True)
class Daemon:
    """The settings that are about registries, and the file they stand in."""

    mirrors: tuple[str, ...] = ()
    insecure: tuple[str, ...] = ()
    source: str = ""
    problems: tuple[Decision, ...] = ()

    def way(self, registry: str, repository: str) -> Way | None:
        """The way to a repository; None if nothing is said about it."""
        insecure = self.is_insecure(registry)
        mirrors = []
        decisions = []
        for url in self.mirrors if registry == HUB and repository else ():
            parts = urlsplit(url)
            host = normalise_registry(parts.netloc.rpartition("@")[2])
            may = self.is_insecure(host)
            root = f"{parts.path.rstrip('/')}/v2"
            mirrors.append(Endpoint(host, repository, parts.scheme, may, root, source=self.source, mirror=True))
            decisions.append(Decision(f"the mirror {url} is asked before docker.io", self.source))
        if insecure:
            decisions.append(Decision(f"{registry} may be reached insecurely", self.source))
        if not (mirrors or insecure):
            return None
        origin = Endpoint(registry, repository, insecure=insecure, source=self.source)
        return Way((*mirrors, origin), "", tuple(decisions))

    def is_insecure(self, registry: str) -> bool:
        """Whether ``insecure-registries`` names ``host[:port]``, or a network that its address is in. Names are not
        looked up for that, as docker does."""
        if registry in self.insecure:
            return True
        try:
            address = ipaddress.ip_address(split_port(registry)[0].strip("[]"))
        except ValueError:
            return False
        for entry in self.insecure:
            try:
                if "/" in entry and address in ipaddress.ip_network(entry, strict=False):
                    return True
            except ValueError:
                continue
        return False


def read(files: Sequence[Path], home: Path) -> Daemon:
    """The settings of the first file that has some."""
    problems = []
    for path in files:
        shown = short(path, home)
        try:
            text = read_text(path)
            if not text or not text.strip():
                continue
            mirrors, insecure = _read(text)
        except Unusable as error:
            problems.append(Decision(str(error), shown, problem=True))
            continue
        if mirrors or insecure:
            return Daemon(mirrors, insecure, shown, tuple(problems))
    return Daemon(problems=tuple(problems))


def _read(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        document = loads(text)
    except ValueError as error:
        raise Unusable(f"it is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise Unusable("it is no JSON object")
    mirrors = _texts(document, "registry-mirrors")
    for url in mirrors:
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            raise Unusable(f"the mirror {url!r} is no URL") from None
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise Unusable(f"the mirror {url!r} is no http or https URL")
    insecure = (url.partition("://")[2] or url for url in _texts(document, "insecure-registries"))
    return mirrors, tuple(entry.lower().rstrip("/") for entry in insecure)


def _texts(document: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = document.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise Unusable(f"{name} is no list of texts")
    return tuple(value)
