"""What the app needs of the world, as protocols: a session with a registry, and something that makes sessions.

`reglens.registry.session.Session` is the real one; it and httpx are imported after the first paint.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reglens.auth.credentials import Credential, Lookup
    from reglens.check.lab import Attempt, Try
    from reglens.check.model import Step, Walk
    from reglens.diagnosis.evidence import Trial
    from reglens.oci.config import ImageConfig
    from reglens.oci.descriptor import Descriptor
    from reglens.oci.digest import Digest
    from reglens.oci.manifest import Image, Manifest
    from reglens.oci.reference import Reference
    from reglens.trace.trace import Trace

Clock = Callable[[], datetime]
"""The time, in UTC."""


class SearchHit(Protocol):
    """One repository that a search found."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def official(self) -> bool: ...
    @property
    def verified(self) -> bool: ...
    @property
    def stars(self) -> int | None: ...
    @property
    def pulls(self) -> int | None: ...


class Rate(Protocol):
    """How many requests are left."""

    @property
    def limit(self) -> int | None: ...
    @property
    def remaining(self) -> int | None: ...


class LastSeen(Protocol):
    """What a tag led to when it was last asked for."""

    @property
    def digest(self) -> Digest: ...
    @property
    def fetched(self) -> datetime: ...


class RegistrySession(Protocol):
    """One person's view of one registry. Every method raises only ReglensError."""

    @property
    def registry(self) -> str: ...
    @property
    def trace(self) -> Trace: ...
    @property
    def identity(self) -> str: ...
    @property
    def lookup(self) -> Lookup | None: ...
    @property
    def rate_limit(self) -> Rate | None: ...
    async def aclose(self) -> None: ...
    async def ping(self) -> object: ...
    def repositories(self, *, limit: int | None = None) -> AsyncIterator[list[str]]: ...
    def tags(self, repository: str, *, limit: int | None = None) -> AsyncIterator[list[str]]: ...
    async def resolve(self, reference: Reference, *, limit: int = 16 << 20) -> Descriptor: ...
    async def manifest(self, reference: Reference, *, limit: int = 16 << 20) -> Manifest: ...
    async def find(self, reference: Reference, *, limit: int = 16 << 20) -> Manifest | None: ...
    async def config(self, repository: str, image: Image, *, limit: int = 8 << 20) -> ImageConfig: ...
    async def blob(self, repository: str, digest: Digest, *, limit: int = 8 << 20) -> bytes: ...
    def blob_stream(self, repository: str, digest: Digest) -> AsyncGenerator[bytes, None]: ...
    async def blob_range(self, repository: str, digest: Digest, start: int, stop: int) -> bytes: ...
    async def last_seen(self, reference: Reference) -> LastSeen | None: ...
    def ask_first(self) -> None: ...
    def referrers(self, repository: str, digest: Digest) -> AsyncGenerator[tuple[Descriptor, ...], None]: ...
    async def search(self, query: str, *, limit: int = 50) -> Sequence[SearchHit]: ...


class LoginKeeper(Protocol):
    """Keeps logins beyond the run. Each gives a sentence that says why not, or ``""``; neither raises."""

    async def keep(self, registry: str, credential: Credential) -> str: ...
    async def forget(self, registry: str, username: str) -> str: ...


class Walker(Protocol):
    """Walks to a reference, telling of each step and experiment as it is done. Never raises for what servers do."""

    async def __call__(
        self, reference: Reference, *, on_step: Callable[[Step], None], on_trial: Callable[[Trial], None]
    ) -> Walk: ...


class Bench(Protocol):
    """A place to make tries at one registry. Never raises for what servers do."""

    @property
    def trace(self) -> Trace: ...
    async def right(self, reference: Reference) -> Attempt: ...
    async def make(self, attempt: Attempt) -> Try: ...
    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Instruments:
    """What the walk and the laboratory need of the world. `bench` takes a registry's ``host[:port]``."""

    walk: Walker
    bench: Callable[[str], Bench]


SessionFactory = Callable[[str], RegistrySession]
"""Makes the session for a registry's ``host[:port]``. Called on the event loop, after the heavy imports."""
