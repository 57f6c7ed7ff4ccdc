"""What the files of this machine say of ways to registries, read when first asked and kept for the run.

Mirrors and insecure registries may be named by several tools' files. The first that says anything of a repository
decides: ``registries.conf``, then containerd's ``hosts.toml``, then docker's ``daemon.json``; what the others say is
reported as passed over. Certificates count wherever they stand.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reglens.errors import UsageError
from reglens.oci.reference import HUB, HUB_ALIASES, normalise_registry
from reglens.registry.ways.files import (
    Unusable,
    names_registries,
    read_text,
    read_toml,
    recorded_aliases,
    registries_paths,
    short,
)
from reglens.registry.ways.model import Decision, Endpoint, Meant, Trust, Way

if TYPE_CHECKING:
    from reglens.registry.ways.daemon import Daemon
    from reglens.registry.ways.registries import Registries

_MAX_KEPT = 10_000
_PLAIN = Trust()


class Machine:
    """The files below `root` and in `home`, by the variables in `environ`.

    `registries_conf` stands in place of the machine's files of that name. Raises UsageError if it cannot be read.
    `mirrors` is whether mirrors and other locations are heeded, `short_names` whether names without a host are spelt
    out as those files say; where `registries_conf` is given they are, else they are Docker Hub's.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        home: Path,
        root: Path = Path("/"),
        registries_conf: Path | None = None,
        mirrors: bool = True,
        short_names: bool = False,
    ) -> None:
        self.environ = environ
        self.home = home
        self.root = root
        self.registries_conf = registries_conf
        self.mirrors = mirrors
        self.short_names = short_names or registries_conf is not None
        self.config = Path(environ["XDG_CONFIG_HOME"]) if environ.get("XDG_CONFIG_HOME") else home / ".config"
        self._ways: dict[tuple[str, str, bool], Way] = {}
        self._trusts: dict[str, Trust] = {}
        if registries_conf is not None:
            _must_read(registries_conf)

    @cached_property
    def registries(self) -> Registries | None:
        """``registries.conf`` and its drop-ins; None if they say nothing of registries."""
        named = self.registries_conf
        files = [named] if named else registries_paths(config=self.config, root=self.root, environ=self.environ)
        if named is None:
            files = [path for path in files if names_registries(path)]
        if not files:
            return None
        from reglens.registry.ways import registries

        return registries.read(files, self.home)

    @cached_property
    def names(self) -> Registries:
        """What ``registries.conf``, its drop-ins and podman's own record say of short names, whoever heeds them."""
        from reglens.registry.ways import registries

        if self.registries_conf is not None:
            return registries.read([self.registries_conf], self.home)
        files = registries_paths(config=self.config, root=self.root, environ=self.environ)
        recorded = recorded_aliases(home=self.home, root=self.root, environ=self.environ)
        return registries.read([*files, recorded], self.home)

    @cached_property
    def daemon(self) -> Daemon | None:
        """docker's ``daemon.json`` (the system's, rootless docker's, Docker Desktop's); None if there is none."""
        places = (self.root / "etc" / "docker", self.config / "docker", self.home / ".docker")
        files = [place / "daemon.json" for place in places if os.path.lexists(place / "daemon.json")]
        if self.registries_conf is not None or not files:
            return None
        from reglens.registry.ways import daemon

        return daemon.read(files, self.home)

    @cached_property
    def hosts(self) -> tuple[Path, ...]:
        """The folders in which a host may have a ``hosts.toml``: the person's (nerdctl's, rootless), the system's, and
        docker's, which containerd 2 looks into too."""
        etc = self.root / "etc"
        folders = self.config / "containerd" / "certs.d", etc / "containerd" / "certs.d", etc / "docker" / "certs.d"
        return () if self.registries_conf is not None else tuple(f for f in folders if f.is_dir())

    @cached_property
    def certs(self) -> tuple[Path, ...]:
        """The ``certs.d`` directories of the containers tools and docker, the person's own first."""
        etc = self.root / "etc"
        configs = self.config / "containers", self.config / "docker", etc / "containers", etc / "docker"
        return tuple(folder / "certs.d" for folder in configs if (folder / "certs.d").is_dir())

    def trust(self, registry: str) -> Trust:
        """What ``certs.d`` holds for ``host[:port]``."""
        if not self.certs:
            return _PLAIN
        found = self._trusts.get(registry)
        if found is None:
            from reglens.registry.ways.certs import trust_in

            names = ("docker.io", *sorted(HUB_ALIASES - {"docker.io"})) if registry == HUB else (registry,)
            if len(self._trusts) >= _MAX_KEPT:
                self._trusts.clear()
            found = self._trusts[registry] = trust_in(self.certs, names, self.home)
        return found

    def way(self, registry: str, repository: str = "", *, by_digest: bool = False) -> Way:
        """The way to a repository (``""``: to the registry as such), for what is named by a digest or by a tag."""
        key = (registry, repository, by_digest)
        found = self._ways.get(key)
        if found is None:
            if len(self._ways) >= _MAX_KEPT:
                self._ways.clear()
            found = self._ways[key] = self._way(*key)
        return found

    def _way(self, registry: str, repository: str, by_digest: bool) -> Way:
        named: list[Way | None] = []
        problems: tuple[Decision, ...] = ()
        if self.registries is not None:
            named.append(self.registries.way(registry, repository, by_digest))
            problems = self.registries.problems
        if self.hosts:
            from reglens.registry.ways.hosts import way as way_by_hosts

            named.append(way_by_hosts(self.hosts, registry, repository, by_digest, self.home))
        if self.daemon is not None:
            named.append(self.daemon.way(registry, repository))
            problems += self.daemon.problems
        ways = [way for way in named if way is not None]
        if not ways:
            return Way((Endpoint(registry, repository),), "", problems)
        first = ways[0]
        later = tuple(
            replace(decision, what=f"passed over: {decision.what}") for way in ways[1:] for decision in way.decisions
        )
        if not self.mirrors and not first.blocked:
            origin = next((e for e in first.endpoints if e.registry == registry and not e.mirror), None)
            origin = origin or Endpoint(registry, repository)
            kept = Decision("mirrors are left out", "--no-mirrors")
            return Way((origin,), "", (kept, *problems) if len(first.endpoints) > 1 else problems)
        return Way(first.endpoints, first.blocked, (*first.decisions, *later, *problems))

    @property
    def searched(self) -> tuple[tuple[str, ...], str]:
        """The registries that ``registries.conf`` lists to be searched, by their API's hosts, and the file that says
        so."""
        return tuple(dict.fromkeys(normalise_registry(host) for host in self.names.search)), self.names.search_source

    def meant(self, text: str) -> Meant:
        """What a name without a host stands for, where short names are heeded; others as they are.

        Raises UsageError where the files name several registries and do not let them be tried in turn.
        """
        bare = text.strip()
        name, suffix = _short(bare)
        if not self.short_names or not name:
            return Meant((text,))
        listed, source = self.names.short_name(name)
        if not listed:
            return Meant((text,), self.names.problems)
        if len(listed) > 1 and not self.names.tries_in_turn:
            raise UsageError(
                f"{name} may be {' or '.join(listed)}: {source} lists them all, and its short-name-mode, enforcing, "
                "lets nobody guess",
                "Write it in full, or give it an alias there.",
            )
        decision = Decision(f"{name} stands for {', else '.join(listed)}", source)
        return Meant(tuple(full + suffix for full in listed), (*self.names.problems, decision))


def _short(text: str) -> tuple[str, str]:
    """A name without a host, and the tag or digest after it; ``""`` if it has a host or is none."""
    head, slash, _ = text.partition("/")
    if head == "localhost" or (slash and (set(head) & set(".:") or head != head.lower())):
        return "", ""
    cut = min((i for i in (text.find("@"), text.find(":")) if i >= 0), default=len(text))
    return text[:cut], text[cut:]


def _must_read(path: Path) -> None:
    try:
        text = read_text(path)
        if text is None:
            raise Unusable("there is no such file")
        read_toml(text)
    except Unusable as error:
        raise UsageError(f"--registries-conf: {short(path, Path('/nonexistent'))}: {error}") from None
