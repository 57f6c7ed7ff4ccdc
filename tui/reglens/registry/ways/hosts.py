"""containerd's ``hosts.toml``: for each registry a folder with the hosts to ask before it.

Source: containerd, docs/hosts.md and core/remotes/docker/config/hosts.go. A host needs the capability ``resolve`` to be
asked for a tag, ``pull`` for what has a digest. containerd tells a mirror whom it stands for by ``?ns=``
(core/remotes/docker/resolver.go, ``addNamespace``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from reglens.oci.reference import HUB, normalise_registry
from reglens.registry.ways.files import Unusable, read_text, read_toml, short
from reglens.registry.ways.model import Decision, Endpoint, Trust, Way
from reglens.secret import Secret

DEFAULT = "_default"


def way(directories: Sequence[Path], registry: str, repository: str, by_digest: bool, home: Path) -> Way | None:
    """The way by the first ``hosts.toml`` that is about a registry; None if there is none."""
    name = "docker.io" if registry == HUB else registry
    for directory in directories:
        for folder in (name, name.replace(":", "_") + "_" if ":" in name else name, DEFAULT):
            path = directory / folder / "hosts.toml"
            try:
                text = read_text(path)
                if text is None:
                    continue
                return _Reader(path, short(path, home), name, registry, repository, by_digest).read(text)
            except Unusable as error:
                return Way((Endpoint(registry, repository),), "", (Decision(str(error), short(path, home), True),))
    return None


class _Reader:
    """Reads one file for one repository."""

    def __init__(self, path: Path, shown: str, name: str, registry: str, repository: str, by_digest: bool) -> None:
        self.path = path
        self.shown = shown
        self.name = name
        self.registry = registry
        self.repository = repository
        self.by_digest = by_digest
        self.decisions: list[Decision] = []

    def read(self, text: str) -> Way:
        table = read_toml(text)
        hosts = table.get("host", {})
        if not isinstance(hosts, dict):
            raise Unusable("host is no table")
        endpoints = []
        for url, settings in hosts.items():
            if not isinstance(settings, dict):
                raise Unusable(f"the host {url} is no table")
            endpoint = self.endpoint(url, settings, mirror=True)
            if not self.repository or endpoint.registry == self.registry:
                continue
            if not self.may(settings):
                need = "pull" if self.by_digest else "resolve"
                self.decisions.append(Decision(f"the mirror {url} has not the capability {need}", self.shown))
                continue
            self.decisions.append(Decision(f"the mirror {url} is asked before {self.name}", self.shown))
            endpoints.append(endpoint)
        server = table.get("server")
        if isinstance(server, str) and server:
            origin = self.endpoint(server, table, mirror=False)
        else:
            origin = Endpoint(self.registry, self.repository, trust=self.trust(table), source=self.shown)
        if origin.registry != self.registry:
            self.decisions.append(Decision(f"{self.name} is looked for at {server}", self.shown))
        return Way((*endpoints, origin), "", tuple(self.decisions))

    def may(self, settings: Mapping[str, Any]) -> bool:
        listed = settings.get("capabilities")
        return not isinstance(listed, list) or not listed or ("pull" if self.by_digest else "resolve") in listed

    def endpoint(self, url: str, settings: Mapping[str, Any], *, mirror: bool) -> Endpoint:
        try:
            parts = urlsplit(url if "://" in url else f"https://{url}")
            host = parts.netloc.rpartition("@")[2]
            _ = parts.port
        except ValueError:
            raise Unusable(f"{url!r} is no URL") from None
        if parts.scheme not in ("http", "https") or not host:
            raise Unusable(f"{url!r} is no http or https URL")
        registry = normalise_registry(host)
        root = parts.path.rstrip("/")
        if settings.get("override_path") is not True and not root.endswith("/v2"):
            root += "/v2"
        return Endpoint(
            registry,
            self.repository,
            scheme=parts.scheme,
            root=root,
            query="" if registry == self.registry else f"ns={quote(self.name, safe=':')}",
            headers=tuple(_headers(settings.get("header"))),
            trust=self.trust(settings),
            source=self.shown,
            mirror=mirror,
        )

    def trust(self, settings: Mapping[str, Any]) -> Trust:
        authorities = tuple(self.beside(name) for name in _texts(settings.get("ca")))
        client: tuple[Path, Path | None] | None = None
        pairs = settings.get("client")
        for pair in [pairs] if isinstance(pairs, str) else pairs if isinstance(pairs, list) else []:
            if isinstance(pair, str):
                client = client or (self.beside(pair), None)
            elif isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
                client = client or (self.beside(pair[0]), self.beside(pair[1]) if pair[1] else None)
            else:
                raise Unusable("client is neither a file nor a list of certificates with their keys")
        insecure = settings.get("skip_verify") is True
        decisions = [Decision(f"certificates by {path} are trusted", self.shown) for path in authorities]
        if client:
            decisions.append(Decision(f"{client[0]} is shown as client certificate", self.shown))
        if insecure:
            decisions.append(Decision("any certificate will do", self.shown))
        return Trust(authorities, client, insecure, tuple(decisions))

    def beside(self, name: str) -> Path:
        """A path as the file gives it: relative ones start at its folder."""
        return self.path.parent / name


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if value is not None and not (isinstance(value, list) and all(isinstance(part, str) for part in value)):
        raise Unusable("ca is neither a file nor a list of files")
    return list(value) if isinstance(value, list) else []


def _headers(value: object) -> list[tuple[str, Secret]]:
    """Header lines; any of them may hold a secret."""
    pairs = []
    for name, given in value.items() if isinstance(value, dict) else ():
        for text in given if isinstance(given, list) else [given]:
            if not isinstance(text, str) or not name.isascii() or not text.isprintable():
                raise Unusable(f"the header {name!r} is not text")
            pairs.append((name, Secret(text)))
    return pairs
