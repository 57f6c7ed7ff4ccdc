"""As whom a registry is used, where the person chose: another of the stored identities, one typed in, or nobody.

A choice lives in memory for this run. Nothing is written here: keeping a login is `system_keyring`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from reglens.auth.credentials import Consulted, Credential, Credentials, Lookup, SourceVerdict, each_once

AllFor = Callable[[str, str], Coroutine[Any, Any, list[Credential]]]


class Choice:
    """Credentials as `found`, save for the registries that somebody chose for. `also` has further candidates."""

    def __init__(self, found: Credentials, *, also: Credentials | None = None) -> None:
        self.found = found
        self.also = also
        self._chosen: dict[str, Credential | None] = {}

    def choose(self, registry: str, credential: Credential | None) -> None:
        """Use `registry` with this from now on; None: anonymously."""
        self._chosen[registry] = credential

    def forget(self, registry: str) -> None:
        """Use `registry` with what is found, as if nobody had chosen."""
        self._chosen.pop(registry, None)

    def chosen(self, registry: str) -> Credential | None:
        """What somebody chose to use there; None: nobody chose, or chose to be nobody."""
        return self._chosen.get(registry)

    def is_anonymous(self, registry: str) -> bool:
        """Whether somebody chose to be nobody there."""
        return self._chosen.get(registry, self) is None

    async def find(self, registry: str, repository: str) -> Lookup:
        """What was chosen for the registry, else what is found."""
        if registry not in self._chosen:
            return await self.found.find(registry, repository)
        credential = self._chosen[registry]
        if credential is None:
            return Lookup(None, (Consulted("your choice", SourceVerdict.USED, "anonymous"),))
        seen = Consulted("your choice", SourceVerdict.USED, credential.source, username=credential.username)
        return Lookup(credential, (seen,))

    async def all_for(self, registry: str, repository: str = "") -> list[Credential]:
        """Every identity that there is for the registry, the one that would be found first, each once."""
        every: AllFor | None = getattr(self.found, "all_for", None)
        listed = await every(registry, repository) if every is not None else []
        if every is None:
            listed = [c for c in [(await self.found.find(registry, repository)).credential] if c is not None]
        if self.also is not None:
            further = (await self.also.find(registry, repository)).credential
            listed += [further] if further is not None else []
        chosen = self._chosen.get(registry)
        if chosen is not None:
            listed.append(chosen)
        return each_once(listed)

    def stored(self) -> Choice:
        """What is stored for hosts by their names, and the choices made by theirs."""
        own: Callable[[], Credentials] | None = getattr(self.found, "stored", None)
        part = Choice(own() if own is not None else _Nobody())
        part._chosen = self._chosen
        return part


class _Nobody:
    async def find(self, registry: str, repository: str) -> Lookup:
        return Lookup()
