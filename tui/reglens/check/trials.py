"""Experiments after a refusal. Each asks one question by changing one thing; all of them only read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from reglens.auth.credentials import Anonymous, Credentials, Lookup
from reglens.auth.flow import Resource
from reglens.auth.reply import bearer
from reglens.auth.token import read_token
from reglens.diagnosis.evidence import Trial
from reglens.errors import ReglensError
from reglens.oci import media
from reglens.oci.reference import HUB_LIBRARY, Reference
from reglens.registry.body import MANIFEST_LIMIT, PING_LIMIT
from reglens.registry.content import manifest_path
from reglens.registry.options import Options
from reglens.registry.session import Clock, Session
from reglens.registry.transport import Call
from reglens.trace.exchange import Exchange, Role

Told = Callable[[Trial], None]


@dataclass
class Experimenter:
    """Makes the experiments that fit a refusal, each in a session of its own, so that none colours another."""

    reference: Reference
    options: Options
    credentials: Credentials
    clock: Clock

    async def run(self, exchanges: tuple[Exchange, ...], lookup: Lookup, told: Told) -> None:
        """Every experiment that can tell something about this refusal, in turn."""
        last = next((e for e in reversed(exchanges) if e.role is not Role.TOKEN), None)
        answered = last is not None and last.status is not None
        if not answered:
            if last is not None and last.failure is not None and last.follows is None and not self.options.plain_http:
                told(await self.plain())
            return
        assert last is not None
        if lookup.credential is not None:
            told(await self.fetch("anonymous", self.reference, Anonymous(), "without the credentials"))
        if last.status in (404, 406):
            told(await self.any_type(last))
        if "/" not in self.reference.repository:
            named = replace(self.reference, repository=HUB_LIBRARY + self.reference.repository, typed="")
            told(await self.fetch("library", named, self.credentials, f"as {named.name}"))
        if (trial := await self.by_the_challenge(exchanges)) is not None:
            told(trial)
        if last.status == 401 and last.authorization is not None and last.authorization.token is not None:
            told(await self.base())
            if last.challenges and not any(challenge.error for challenge in last.challenges):
                told(await self.garbled())

    async def fetch(self, kind: str, reference: Reference, credentials: Credentials, how: str) -> Trial:
        """The same resource by another name or under another identity."""
        async with self.session(credentials) as session:
            try:
                descriptor = await session.resolve(reference)
            except ReglensError as error:
                return Trial(kind, False, session.trace.since(0), f"{how}: {error.message}")
            return Trial(kind, True, session.trace.since(0), f"{how}: {descriptor.digest}")

    async def any_type(self, refused: Exchange) -> Trial:
        """``Accept: */*``: tells a resource that is not there from one of a type that was not asked for."""
        async with self.session(self.credentials) as session:
            resource = Resource("content", self.reference.repository)
            anything = (("Accept", "*/*"),)
            try:
                reply = await session.request(Role.MANIFEST, self.path, resource=resource, headers=anything)
            except ReglensError:
                detail = f"with Accept */* as well: {refused.status}"
                return Trial("accept", False, session.trace.since(0), detail)
            detail = f"with Accept */* it is {reply.exchange.media_type or 'there'}"
            return Trial("accept", True, session.trace.since(0), detail)

    async def by_the_challenge(self, exchanges: tuple[Exchange, ...]) -> Trial | None:
        """A token for exactly the challenge's service and scope, if the one that was used was asked for otherwise."""
        refused = next((e for e in reversed(exchanges) if e.status == 401 and e.role is not Role.TOKEN), None)
        asked = next((e for e in reversed(exchanges) if e.role is Role.TOKEN), None)
        asks = next((c for c in refused.challenges if c.is_scheme("bearer")), None) if refused else None
        if asks is None or asked is None or asks.scope is None:
            return None
        if asked.asked("service") == [asks.service or ""] and " ".join(asked.asked("scope")) == asks.scope:
            return None
        async with self.session(self.credentials) as session:
            how = "with the challenge's own service and scope"
            try:
                grant = await session.acquire_token(self.reference, service=asks.service, scopes=asks.scope.split())
            except ReglensError as error:
                return Trial("challenge", False, session.trace.since(0), f"{how}: {error.message}")
            headers = (("Accept", media.ACCEPT),)
            presented = bearer(grant.token, "the token server")
            answer = await session.send(Call(Role.MANIFEST, self.path, MANIFEST_LIMIT, "GET", headers, presented))
            worked = answer.status is not None and answer.status < 300
            return Trial("challenge", worked, session.trace.since(0), f"{how}: {answer.status}")

    async def base(self) -> Trial:
        """The base route with a token of the same server: any token that the registry trusts opens it (distribution
        asks no access there), so its issuer and key are trusted ones, to compare the refused token with."""
        async with self.session(self.credentials) as session:
            how = "the base route with a token of the same server"
            try:
                await session.ping()
            except ReglensError as error:
                return Trial("base", False, session.trace.since(0), f"{how}: {error.message}")
            return Trial("base", True, session.trace.since(0), f"{how}: accepted")

    async def garbled(self) -> Trial:
        """The resource with something that is no token, once a token was refused as if there were none: distribution
        says ``error="invalid_token"`` to it in every version, so a challenge without shows that Authorization does not
        arrive there (registry/auth/token/accesscontroller.go, ``errorCode``)."""
        presented = bearer(read_token("this-is-no-token"), "the experiment")
        async with self.session(Anonymous()) as session:
            headers = (("Accept", media.ACCEPT),)
            answer = await session.send(Call(Role.MANIFEST, self.path, MANIFEST_LIMIT, "GET", headers, presented))
            said = next((challenge.error for challenge in answer.challenges if challenge.error), None)
            arrives = said is not None or answer.status != 401
            found = f"error={said}" if said else f"{answer.status}, no error" if answer.status else "no answer"
            return Trial("garbled", arrives, session.trace.since(0), f"with something that is no token: {found}")

    async def plain(self) -> Trial:
        """Whether the registry speaks plain http, asked anonymously and without following anything."""
        async with Session(
            self.reference.registry, options=replace(self.options, plain_http=True), clock=self.clock
        ) as session:
            answer = await session.send(Call(Role.PING, "/v2/", PING_LIMIT))
            worked = answer.status is not None
            said = f"it answers {answer.status}" if worked else "no answer either"
            return Trial("plain", worked, session.trace.since(0), f"over plain http, without credentials: {said}")

    @property
    def path(self) -> str:
        return f"/v2/{self.reference.repository}/{manifest_path(self.reference.target)}"

    def session(self, credentials: Credentials) -> Session:
        return Session(self.reference.registry, options=self.options, credentials=credentials, clock=self.clock)
