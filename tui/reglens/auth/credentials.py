"""Credentials: what they are, and what a search for them reports. The sources are in `reglens.auth.sources`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from reglens.secret import Secret


@dataclass(frozen=True, slots=True)
class Credential:
    """One identity for one registry, and where it was found.

    Exactly one of these holds: `password` with `username`; `identity_token`, a refresh token to be exchanged by POST
    (docker's ``identitytoken``, or the user name ``<token>``); `registry_token`, to be sent as bearer as it is
    (docker's ``registrytoken``). `source` names the file and key, or the option, in words.
    """

    source: str
    username: str = ""
    password: Secret | None = None
    identity_token: Secret | None = None
    registry_token: Secret | None = None

    @property
    def identity(self) -> str:
        """A key that tells identities apart without being a secret: user name and fingerprint."""
        secret = self.password or self.identity_token or self.registry_token
        return f"{self.username} {secret.fingerprint if secret else ''}".strip()


class SourceVerdict(StrEnum):
    """What came of looking into one source."""

    USED = "used"
    PASSED_OVER = "passed over"  # it has something for this registry, but an earlier source won
    NOTHING = "nothing"  # it exists and has nothing for this registry
    ABSENT = "absent"
    FAILED = "failed"  # unreadable, malformed, or its helper failed


@dataclass(frozen=True, slots=True)
class Consulted:
    """One source that was looked into. `detail` says why, in words, without secrets."""

    source: str
    verdict: SourceVerdict
    detail: str = ""
    key: str = ""
    username: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The outcome of a search: the winner (None: go anonymously) and every source that was looked into, in order."""

    credential: Credential | None = None
    consulted: tuple[Consulted, ...] = ()


class Credentials(Protocol):
    """Where a session gets its credentials from."""

    async def find(self, registry: str, repository: str) -> Lookup:
        """The credential for a repository (``""``: the registry as such); never raises."""
        ...


class Anonymous:
    """No credentials, on purpose."""

    async def find(self, registry: str, repository: str) -> Lookup:
        return Lookup(consulted=(Consulted("--anonymous", SourceVerdict.USED, "asked for"),))


def each_once(listed: Iterable[Credential]) -> list[Credential]:
    """The credentials in their order, each identity once."""
    known: dict[str, Credential] = {}
    for credential in listed:
        known.setdefault(credential.identity, credential)
    return list(known.values())
