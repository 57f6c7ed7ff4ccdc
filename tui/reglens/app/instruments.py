"""The real walk and the real laboratory, with the person's options and credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reglens.app.ports import Bench, Instruments

if TYPE_CHECKING:
    from reglens.auth.credentials import Credentials, Lookup
    from reglens.auth.keys import TrustedKeys
    from reglens.check.lab import Attempt, Try
    from reglens.check.model import Step, Walk
    from reglens.diagnosis.evidence import Trial
    from reglens.oci.reference import Reference
    from reglens.registry.options import Options
    from reglens.trace.trace import Trace


def instruments(
    options: Options,
    credentials: Credentials,
    *,
    demo: bool = False,
    keys: Callable[[], TrustedKeys | None] = lambda: None,
) -> Instruments:
    """What walks and tries for real; httpx is imported when the first of them does. `keys` tells which keys signatures
    are checked against when a walk begins.

    The walk goes as whom the browser goes; on the demo registry a try may have the demo's own credentials.
    """

    async def walk(reference: Reference, *, on_step: Callable[[Step], None], on_trial: Callable[[Trial], None]) -> Walk:
        from reglens.check.walk import walk

        return await walk(
            reference, options=options, credentials=credentials, keys=keys(), on_step=on_step, on_trial=on_trial
        )

    def bench(registry: str) -> Bench:
        return SessionBench(registry, options, DemoCredentials() if demo else credentials)

    return Instruments(walk, bench)


class DemoCredentials:
    """The demo registry's own user."""

    async def find(self, registry: str, repository: str) -> Lookup:
        """The one credential there is."""
        from reglens.auth.credentials import Consulted, Credential, Lookup, SourceVerdict
        from reglens.demo.tokens import PASSWORD, USER
        from reglens.secret import Secret

        credential = Credential("the demo", USER, Secret(PASSWORD))
        return Lookup(credential, (Consulted("the demo", SourceVerdict.USED, username=USER),))


class SessionBench:
    """Tries over a session of their own, so that they colour nothing else."""

    def __init__(self, registry: str, options: Options, credentials: Credentials) -> None:
        from reglens.registry.session import Session

        self._credentials = credentials
        self._session = Session(registry, options=options, credentials=credentials)

    @property
    def trace(self) -> Trace:
        """Every exchange of every try."""
        return self._session.trace

    async def right(self, reference: Reference) -> Attempt:
        """The attempt that the registry asks for."""
        from reglens.check.lab import right_attempt

        return await right_attempt(self._session, reference)

    async def make(self, attempt: Attempt) -> Try:
        """Send the attempt as it stands."""
        from reglens.check.lab import make

        reference = attempt.reference
        lookup = None
        if not attempt.anonymous:
            lookup = await self._credentials.find(reference.registry, reference.repository)
        return await make(self._session, attempt, lookup)

    async def aclose(self) -> None:
        """Close the session."""
        await self._session.aclose()
