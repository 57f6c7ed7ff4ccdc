"""One person's view of one registry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from reglens.auth.credentials import Anonymous, Credentials, Lookup
from reglens.auth.tokens import TokenCache
from reglens.errors import ReglensError
from reglens.oci.config import ImageConfig
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.manifest import Image, Manifest
from reglens.oci.reference import Reference
from reglens.registry.options import Options
from reglens.registry.results import RateLimit, SearchResult, TokenGrant
from reglens.trace.exchange import Exchange
from reglens.trace.trace import Trace

__all__ = ["Clock", "RateLimit", "SearchResult", "Session", "TokenGrant", "utcnow"]

Clock = Callable[[], datetime]
"""The time, in UTC."""
BLOB_LIMIT = 8 << 20


def utcnow() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


class Session:
    """Client, credentials, recorder, clock and token cache for one registry.

    Every method raises only `ReglensError` and its kin, or is cancelled; any number may run at once on one event loop.
    `lookup` is what the last search for credentials found, None until one was needed. `identity` is ``""`` until it is
    known, then ``anonymous`` or a user name.
    """

    def __init__(
        self,
        registry: str,
        *,
        options: Options | None = None,
        credentials: Credentials | None = None,
        trace: Trace | None = None,
        clock: Clock = utcnow,
        tokens: TokenCache | None = None,
    ) -> None:
        self.registry = registry
        self.options = options or Options()
        self.credentials: Credentials = credentials or Anonymous()
        self.trace = trace if trace is not None else Trace()
        self.clock = clock
        self.tokens = tokens if tokens is not None else TokenCache()
        self.lookup: Lookup | None = None
        self.identity = ""
        self.rate_limit: RateLimit | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection; what still runs is cancelled."""

    @property
    def base_url(self) -> str:
        """``https://registry-1.docker.io``; of a loopback host ``""`` until it is known whether it speaks TLS."""
        return ""

    async def ping(self) -> Exchange:
        """``GET /v2/``, with whatever it asks for; the exchange that succeeded."""
        raise ReglensError("unfinished")

    async def repositories(self, *, limit: int | None = None) -> AsyncIterator[list[str]]:
        """The registry's catalogue in pages, in its order, `limit` names at most."""
        raise ReglensError("unfinished")
        yield []

    async def tags(self, repository: str, *, limit: int | None = None) -> AsyncIterator[list[str]]:
        """A repository's tags in pages, in the registry's order, `limit` at most."""
        raise ReglensError("unfinished")
        yield []

    async def resolve(self, reference: Reference) -> Descriptor:
        """Media type, digest and size of what `reference` names: HEAD, and GET where HEAD will not do."""
        raise ReglensError("unfinished")

    async def manifest(self, reference: Reference) -> Manifest:
        """The manifest that `reference` names, its digest checked against what was asked for and announced."""
        raise ReglensError("unfinished")

    async def blob(self, repository: str, digest: Digest, *, limit: int = BLOB_LIMIT) -> bytes:
        """A blob of at most `limit` octets, its digest checked."""
        raise ReglensError("unfinished")

    async def config(self, repository: str, image: Image) -> ImageConfig:
        """The image's configuration. AnswerInvalid if the image has none that can be read."""
        raise ReglensError("unfinished")

    async def referrers(self, repository: str, digest: Digest) -> tuple[Descriptor, ...]:
        """What refers to the manifest of that digest: by the referrers API, else by the tag that stands for it."""
        raise ReglensError("unfinished")

    async def search(self, query: str, *, limit: int = 50) -> list[SearchResult]:
        """Repositories that match: Docker Hub's search there, elsewhere the catalogue's names that contain `query`."""
        raise ReglensError("unfinished")

    async def acquire_token(
        self,
        reference: Reference | None,
        *,
        service: str | None = None,
        scopes: Sequence[str] | None = None,
        action: str = "pull",
    ) -> TokenGrant:
        """A new token for `action` (pull, push, delete) on `reference`, or for the registry as such if it is None.

        The challenge is the one that reading `reference` meets; `service` and `scopes` replace what it says. Nothing is
        changed on the registry, and the token is not used. TokenError if the registry asks for none.
        """
        raise ReglensError("unfinished")
