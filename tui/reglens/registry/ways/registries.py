"""``registries.conf`` of the containers tools (podman, skopeo, buildah, cri-o), version 2.

Source: containers-registries.conf(5), containers-registries.conf.d(5); containers/image,
pkg/sysregistriesv2/system_registries_v2.go.

The person's file stands in place of the system's; drop-ins of both are added in the order of their names, the system's
first. A later ``[[registry]]`` of the same prefix replaces an earlier one. For a repository the longest prefix counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reglens.oci.reference import HUB, normalise_registry
from reglens.registry.ways.files import Unusable, read_text, read_toml, short
from reglens.registry.ways.model import Decision, Endpoint, Way

HUB_NAME = "docker.io"
_MODES = ("enforcing", "permissive", "disabled")
_PULLS = ("all", "digest-only", "tag-only")


@dataclass(frozen=True, slots=True)
class Mirror:
    """A ``[[registry.mirror]]``; `pulls` is its ``pull-from-mirror``."""

    location: str
    insecure: bool = False
    pulls: str = "all"


@dataclass(frozen=True, slots=True)
class Entry:
    """A ``[[registry]]``, and the file it stands in."""

    prefix: str
    location: str
    source: str
    insecure: bool = False
    blocked: bool = False
    by_digest_only: bool = False
    mirrors: tuple[Mirror, ...] = ()


@dataclass(frozen=True)
class Registries:
    """Every file together."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    search: tuple[str, ...] = ()
    search_source: str = ""
    mode: str = ""
    aliases: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What a short name stands for, and the file that says so."""
    problems: tuple[Decision, ...] = ()

    def find(self, name: str) -> Entry | None:
        """The entry of the longest prefix of ``host/repository``, or of a host alone."""
        fits = [entry for entry in self.entries.values() if matched(entry.prefix, name)]
        return max(fits, key=lambda entry: len(entry.prefix), default=None)

    def way(self, registry: str, repository: str, by_digest: bool) -> Way | None:
        """The way to a repository (``""``: to the registry as such); None if no entry is about it."""
        name = f"{HUB_NAME if registry == HUB else registry}/{repository}".rstrip("/")
        entry = self.find(name)
        if entry is None:
            return None
        if entry.blocked:
            what = f"{entry.prefix} is blocked"
            return Way((Endpoint(registry, repository),), entry.source, (Decision(what, entry.source),))
        rest = name[matched(entry.prefix, name) :]
        decisions = []
        endpoints = []
        for mirror in entry.mirrors if repository else ():
            fits = mirror.pulls == "all" or (mirror.pulls == "digest-only") == by_digest
            if not fits or (entry.by_digest_only and not by_digest):
                only = "digest" if not by_digest else "tag"
                decisions.append(Decision(f"the mirror {mirror.location} is for pulls by {only} only", entry.source))
                continue
            endpoints.append(_endpoint(mirror.location + rest, mirror.insecure, entry.source, mirror=True))
            decisions.append(Decision(f"the mirror {mirror.location} is asked before {entry.prefix}", entry.source))
        origin = Endpoint(registry, repository, insecure=entry.insecure, source=entry.source)
        if entry.location and entry.prefix != entry.location:
            origin = _endpoint(entry.location + rest, entry.insecure, entry.source, mirror=False)
            decisions.append(Decision(f"{entry.prefix} is looked for at {entry.location}", entry.source))
        if entry.insecure:
            decisions.append(Decision(f"{entry.prefix} may be reached insecurely", entry.source))
        return Way((*endpoints, origin), "", tuple(decisions))

    def short_name(self, name: str) -> tuple[list[str], str]:
        """What a name without a host may stand for, in order, and the file that says so: its alias, else one for each
        registry to search. Nothing if the files say nothing of it."""
        alias = self.aliases.get(name)
        if alias is not None:
            return [alias[0]], alias[1]
        return [f"{host}/{name}" for host in self.search], self.search_source

    @property
    def tries_in_turn(self) -> bool:
        """Whether several candidates may be tried in turn where nobody can be asked: not in the mode ``enforcing``;
        ``permissive`` is what holds where none is set (containers/image, pkg/shortnames/shortnames.go, ``Resolve``)."""
        return self.mode != "enforcing"


def matched(prefix: str, name: str) -> int:
    """How many characters of `name` a prefix covers; 0 if it does not fit. ``*.example.com`` fits every host below."""
    if prefix.startswith("*."):
        host = name.partition("/")[0]
        bare = host.partition(":")[0] if ":" not in prefix else host
        return len(bare) if bare.endswith(prefix[1:]) and len(bare) > len(prefix) - 1 else 0
    if not name.startswith(prefix) or not prefix:
        return 0
    return len(prefix) if len(name) == len(prefix) or name[len(prefix)] in "/:@" else 0


def _endpoint(name: str, insecure: bool, source: str, *, mirror: bool) -> Endpoint:
    host, _, repository = name.partition("/")
    registry = normalise_registry(host)
    if registry == HUB and repository and "/" not in repository:
        repository = f"library/{repository}"
    return Endpoint(registry, repository, insecure=insecure, source=source, mirror=mirror)


def read(files: list[Path], home: Path) -> Registries:
    """What `files` say together."""
    entries: dict[str, Entry] = {}
    aliases: dict[str, tuple[str, str]] = {}
    search: tuple[str, ...] = ()
    mode = search_source = ""
    problems: list[Decision] = []
    for path in files:
        shown = short(path, home)
        try:
            text = read_text(path)
            if text is None:
                continue
            table = read_toml(text)
            if isinstance(table.get("registries"), dict):
                raise Unusable("it is in version 1 of the format, which podman no longer reads either")
            mode = _mode(table) or mode
            found = [_entry(value, shown) for value in _tables(table, "registry")]
            entries |= {entry.prefix: entry for entry in found}
            hosts = table.get("unqualified-search-registries")
            if hosts is not None:
                search, search_source = tuple(h for h in _list(hosts) if isinstance(h, str) and h), shown
            listed = table.get("aliases")
            for name, target in (listed if isinstance(listed, dict) else {}).items():
                if isinstance(target, str) and target:
                    aliases[name] = (target, shown)
                elif target == "":  # takes back what an earlier file said
                    aliases.pop(name, None)
        except Unusable as error:
            problems.append(Decision(str(error), shown, problem=True))
    return Registries(entries, search, search_source, mode, aliases, tuple(problems))


def _entry(table: Mapping[str, Any], source: str) -> Entry:
    location = _location(_string(table, "location"))
    prefix = _location(_string(table, "prefix")) or location
    if not prefix:
        raise Unusable("a [[registry]] has neither a prefix nor a location")
    if not location and not prefix.startswith("*."):
        location = prefix
    mirrors = []
    for mirror in _tables(table, "mirror"):
        pulls = _string(mirror, "pull-from-mirror") or "all"
        if pulls not in _PULLS:
            raise Unusable(f"pull-from-mirror is {pulls!r}; it is one of {', '.join(_PULLS)}")
        where = _location(_string(mirror, "location"))
        if not where:
            raise Unusable(f"a mirror of {prefix} has no location")
        mirrors.append(Mirror(where, _truth(mirror, "insecure"), pulls))
    digest_only = _truth(table, "mirror-by-digest-only")
    return Entry(
        prefix, location, source, _truth(table, "insecure"), _truth(table, "blocked"), digest_only, tuple(mirrors)
    )


def _location(text: str) -> str:
    if "://" in text:
        raise Unusable(f"{text!r} begins with a scheme; a location is host/path alone")
    return text.rstrip("/")


def _string(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name, "")
    if not isinstance(value, str):
        raise Unusable(f"{name} is not text")
    return value


def _mode(table: Mapping[str, Any]) -> str:
    mode = _string(table, "short-name-mode")
    if mode and mode not in _MODES:
        raise Unusable(f"short-name-mode is {mode!r}; it is one of {', '.join(_MODES)}")
    return mode


def _truth(table: Mapping[str, Any], name: str) -> bool:
    value = table.get(name, False)
    if not isinstance(value, bool):
        raise Unusable(f"{name} is neither true nor false")
    return value


def _tables(table: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [value for value in _list(table.get(name, [])) if isinstance(value, dict)]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
