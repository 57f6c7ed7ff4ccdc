"""The one format of docker's ``config.json``, the containers tools' ``auth.json``, ``DOCKER_AUTH_CONFIG`` and pull
secrets.

Within one, docker's order holds: ``credHelpers`` for the host, ``credsStore``, ``auths`` (docker/cli,
cli/config/configfile/file.go, ``GetCredentialsStore``). Where a helper has nothing or fails, ``auths`` is looked at all
the same, as skopeo and podman do, which know no ``credsStore``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reglens.auth.credentials import Consulted, Credential, SourceVerdict
from reglens.auth.sources.entries import Entry, read_entry
from reglens.auth.sources.helper import Helper
from reglens.auth.sources.keys import HUB_KEY, Key, matching, near_misses
from reglens.auth.sources.program import Keeper
from reglens.jsontext import loads
from reglens.oci.reference import HUB
from reglens.octets import read_octets

MAX_FILE = 16 << 20
"""Octets of a credentials file."""
_SETTINGS = ("auths", "credsStore", "credHelpers")
RunHelper = Callable[[Keeper, str, str], Awaitable[Entry]]
"""Asks a helper, or another keeper of secrets: for which server, and the source that the credential shall name."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a source gave: the credential, if any, and the entries for the report."""

    credential: Credential | None = None
    consulted: tuple[Consulted, ...] = ()


@dataclass(frozen=True)
class Config:
    """A configuration, read. `source` is its name for the report, `globs` whether ``*`` may stand in its hosts."""

    source: str
    auths: Mapping[str, object] = field(default_factory=dict, repr=False)  # as read, passwords in the open
    helpers: Mapping[str, str] = field(default_factory=dict)
    store: str = ""
    odd: tuple[Consulted, ...] = ()
    globs: bool = False

    @classmethod
    def read(cls, text: str, source: str, *, globs: bool = False) -> Config:
        """The configuration in `text`. Raises ValueError, with a sentence without secrets, if it is none."""
        if not text.strip():
            return cls(source)
        document = read_object(text)
        odd = [Consulted(source, SourceVerdict.FAILED, why, key=name) for name, why in _misspelt(document)]
        parts: dict[str, Mapping[str, Any]] = {}
        for name in ("auths", "credHelpers"):
            value = document.get(name)
            if value is not None and not isinstance(value, dict):
                odd.append(Consulted(source, SourceVerdict.FAILED, f"{name} is no object", key=name))
            parts[name] = value if isinstance(value, dict) else {}
        store = document.get("credsStore")
        if store is not None and not isinstance(store, str):
            odd.append(Consulted(source, SourceVerdict.FAILED, "credsStore is not text", key="credsStore"))
        helpers = {}
        for host, name in parts["credHelpers"].items():
            if isinstance(name, str):
                helpers[host] = name
            else:
                odd.append(Consulted(source, SourceVerdict.FAILED, "the helper's name is not text", key=host))
        return cls(source, parts["auths"], helpers, store if isinstance(store, str) else "", tuple(odd), globs)

    async def look(self, registry: str, repository: str, run_helper: RunHelper | None) -> Found:
        """What this configuration has for a repository. Without `run_helper` (an earlier source won already) helpers
        are named and not asked."""
        consulted = list(self.odd)
        credential = None
        for name, setting, key in self._helpers_for(registry, repository):
            source = f"docker-credential-{name} ({setting} in {self.source})"
            if run_helper is None or credential is not None:
                consulted.append(Consulted(source, SourceVerdict.PASSED_OVER, "not asked", key=key))
                continue
            entry = await self._ask(run_helper, name, source, registry, key)
            consulted.append(_consulted(source, key, entry, nothing="it has nothing for this registry"))
            credential = entry.credential
        won = credential is not None or run_helper is None
        found = self._from_auths(registry, repository, won)
        consulted += found.consulted
        if len(consulted) == len(self.odd):
            consulted.append(Consulted(self.source, SourceVerdict.NOTHING, "it has no entry for this registry"))
        return Found(credential or found.credential, tuple(consulted))

    def every(self, registry: str, repository: str) -> list[Credential]:
        """The credentials of ``auths`` for a repository, the most particular first; without one, for the registry and
        every namespace on it."""
        keys = matching(self.auths, registry, repository, globs=self.globs)
        if not repository:
            keys += [key for key in self.auths if key not in keys and Key.read(key).host == registry]
        entries = (read_entry(self.auths[key], f"{self.source}, key {key}") for key in keys)
        return [entry.credential for entry in entries if entry.credential is not None]

    def _helpers_for(self, registry: str, repository: str) -> list[tuple[str, str, str]]:
        """Name, setting and key of the helpers to ask, in order."""
        keys = matching(self.helpers, registry, repository)[:1]
        listed = [(self.helpers[key], "credHelpers", key) for key in keys if self.helpers[key]]
        if self.store and not keys:
            listed.append((self.store, "credsStore", ""))
        return listed

    @staticmethod
    async def _ask(run_helper: RunHelper, name: str, source: str, registry: str, key: str) -> Entry:
        """Ask under the name that docker stores a login under; for Docker Hub, then under the name that podman uses."""
        if registry != HUB:
            return await run_helper(Helper(name), registry, source)
        entry = Entry(empty=True)
        for server in dict.fromkeys((HUB_KEY, key or "docker.io")):
            entry = await run_helper(Helper(name), server, source)
            if not entry.empty:
                break
        return entry

    def _from_auths(self, registry: str, repository: str, won: bool) -> Found:
        keys = matching(self.auths, registry, repository, globs=self.globs)
        credential: Credential | None = None
        consulted = []
        for key in keys:
            entry = read_entry(self.auths[key], f"{self.source}, key {key}")
            used = credential is None and not won
            consulted.append(_consulted(self.source, key, entry, used=used, nothing=self._marker()))
            if used:
                credential = entry.credential
        for key, why in near_misses((k for k in self.auths if k not in keys), registry, repository):
            consulted.append(Consulted(self.source, SourceVerdict.NOTHING, f"the key {key} {why}", key=key))
        return Found(credential, tuple(consulted))

    def _marker(self) -> str:
        if self.store or self.helpers:
            return "the entry is empty: a credential helper was to keep the secret"
        return "the entry is empty, as where a credential helper keeps the secret, and the file names no helper"


def _consulted(source: str, key: str, entry: Entry, *, nothing: str, used: bool = True) -> Consulted:
    if entry.problem:
        return Consulted(source, SourceVerdict.FAILED, entry.problem, key)
    if entry.credential is None:
        return Consulted(source, SourceVerdict.NOTHING, nothing, key)
    verdict = SourceVerdict.USED if used else SourceVerdict.PASSED_OVER
    return Consulted(source, verdict, entry.note, key, entry.credential.username)


def _misspelt(document: Mapping[str, object]) -> list[tuple[str, str]]:
    """Settings that nobody reads and that look like one that somebody would."""
    unknown = [name for name in document if name not in _SETTINGS and isinstance(document[name], str | dict)]
    if not unknown:
        return []
    import difflib

    lowered = {name.lower(): name for name in _SETTINGS}
    found = []
    for name in unknown:
        close = difflib.get_close_matches(name.lower()[:40], lowered, 1, cutoff=0.8)
        if close and lowered[close[0]] not in document:
            found.append((name, f"{name} is no setting of docker's, so it does nothing; {lowered[close[0]]} is one"))
    return found


def read_object(text: str) -> dict[str, Any]:
    """The JSON object in `text`. Raises ValueError, with a sentence that quotes nothing of it."""
    import json

    try:
        value = loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg.lower()}, in line {error.lineno} column {error.colno}") from None
    if not isinstance(value, dict):
        raise ValueError("JSON, but no object")
    return value


def read_file(path: Path) -> str:
    """The text of a credentials file. Raises FileNotFoundError where there is none, else ValueError with a sentence."""
    try:
        data = read_octets(path, MAX_FILE)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(str(path)) from None
    except (OSError, ValueError) as error:
        raise ValueError(f"it cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MAX_FILE:
        raise ValueError(f"it is larger than {MAX_FILE >> 20} MiB")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
