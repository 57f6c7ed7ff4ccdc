"""The one loop through which every request to a registry goes: it performs the steps of `reglens.auth.flow`.

Of many requests at once to a registry that nobody has met yet, one goes ahead and the others wait for its first answer:
what it learns (which realm, that a token is needed) saves each of them a refusal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from reglens.auth.challenge import Challenge
from reglens.auth.credentials import Credentials, Lookup
from reglens.auth.flow import (
    AskBase,
    FindCredentials,
    Habits,
    Obtain,
    Outcome,
    Resource,
    Send,
    Step,
    authorize,
    scope_texts,
    want_token,
)
from reglens.auth.reply import Presented, Reply, bearer, redirect_target
from reglens.auth.site import is_internal
from reglens.auth.token_request import TokenCall, TokenWant, ask
from reglens.auth.tokens import Grant, TokenCache
from reglens.errors import AnswerInvalid, RateLimited, Refused, ReglensError, TooLarge
from reglens.registry.body import PING_LIMIT, TOKEN_LIMIT
from reglens.registry.limits import rate_limit
from reglens.registry.pace import Pacing
from reglens.registry.refusals import error_of
from reglens.registry.results import RateLimit
from reglens.registry.transport import Call, Sink, Transport
from reglens.trace.exchange import Role

MAX_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_JSON = (("Accept", "application/json"),)
_LOOKUPS = 10_000
T = TypeVar("T")


@dataclass
class Channel:
    """Requests to one registry, authorised as it wants them."""

    transport: Transport
    credentials: Credentials
    tokens: TokenCache
    clock: Callable[[], datetime]
    habits: Habits = field(default_factory=Habits)
    lookup: Lookup | None = None
    identity: str = ""
    rate_limit: RateLimit | None = None
    pacing: Pacing | None = None
    """How much may be waited for servers that ask for it; None: nothing is, and everything is sent at once."""
    _gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    _lookups: dict[str, asyncio.Future[Lookup]] = field(default_factory=dict)

    @property
    def registry(self) -> str:
        return self.transport.registry

    async def request(
        self,
        role: Role,
        path: str,
        resource: Resource,
        *,
        limit: int,
        method: str = "GET",
        headers: tuple[tuple[str, str], ...] = _JSON,
        compressed: bool = False,
        expected: frozenset[int] = frozenset(),
        target: str = "",
        note: str = "",
        sink: Sink | None = None,
    ) -> Reply:
        """The successful answer to a request for `path` (with query), or one whose status is in `expected`.

        Raises the error that fits any other answer; `target` is the tag or digest to name in it, `note` goes into the
        record of each exchange. With a `sink` the body of a success goes there instead of into the answer.
        """
        base = await self.transport.find_base_url()
        call = Call(
            role, base + path, limit, method, headers, compressed=compressed, note=note, sink=sink, expected=expected
        )
        scout = await self._enter()
        flow = authorize(
            resource,
            self.habits,
            registry=self.registry,
            base_url=base,
            now=self.clock(),
            trusted=self.transport.options.trust.of(self.registry),
        )
        try:
            outcome = await self._drive(flow, call, scout)
        finally:
            scout.leave(False)
        reply = outcome.reply
        self._note_identity(outcome)
        if 200 <= reply.status < 300 or reply.status in expected:
            return reply
        error = error_of(reply, self.registry, resource.repository, target, self.clock())
        if outcome.withheld and isinstance(error, Refused):
            error.hint = f"Credentials were withheld: {outcome.withheld.reason}. {outcome.withheld.cure}"
        raise error

    async def _enter(self) -> _Scout:
        """Wait while somebody else meets the registry for the first time; the scout is the one who does."""
        if self.habits.met:
            return _Scout(None)
        await self._gate.acquire()
        scout = _Scout(self)
        if self._met():
            scout.leave(True)
        return scout

    def _met(self) -> bool:
        return self.habits.met

    async def _drive(self, flow: Generator[Step, Any, Outcome], call: Call, scout: _Scout) -> Outcome:
        try:
            step = next(flow)
            while True:
                try:
                    answer = await self._perform(step, call, scout)
                except ReglensError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome
        finally:
            flow.close()

    async def _perform(self, step: Step, call: Call, scout: _Scout) -> object:
        if isinstance(step, Send):
            try:
                reply = await self.follow(replace(call, presented=step.presented, withheld=step.withheld))
            except ReglensError:
                scout.leave(True)
                raise
            scout.leave(True)
            return reply
        if isinstance(step, FindCredentials):
            return await self.find(step.repository)
        if isinstance(step, AskBase):
            return await self.base_challenges()
        return await self.obtain(step)

    async def follow(self, call: Call) -> Reply:
        """The answer at the end of the redirects, each an exchange of its own, ten at most.

        Authorization goes to the registry's own scheme, host and port only: storage refuses a bearer beside its signed
        URL (S3: "Only one auth mechanism allowed"), and a token is nobody else's business. Another registry that wants
        a token is asked for one anonymously, once. A refusal by another host is raised here, as its challenge is not
        the registry's.
        """
        origin = holder = here = _origin(call.url)
        home = _origin(self.transport.base_url or call.url)
        hops = 0
        while True:
            reply = await self.send(call)
            if here == home:
                self._note_limit(call, reply)
            location = reply.headers.get("location", "")
            if reply.status not in _REDIRECTS or not location:
                if reply.status == 401 and holder == origin != here:
                    visitor = await self._visitor(call, reply)
                    if visitor is not None:
                        call, holder = replace(call, presented=visitor), here
                        continue
                break
            if (hops := hops + 1) > MAX_REDIRECTS:
                raise TooLarge(
                    f"{self.registry} redirects more than {MAX_REDIRECTS} times.",
                    "It, or a proxy before it, is set up wrongly.",
                    exchange=reply.exchange,
                )
            url = redirect_target(call.url, location)
            note = self._judge_hop(url, call, reply)
            here = _origin(url)
            presented = call.presented if here == holder else None
            if call.presented is not None and presented is None:
                note = f"{note}; " * bool(note) + "no Authorization sent: this is another host than the registry's"
            call = replace(call, url=url, presented=presented, follows=reply.exchange.number, note=note)
        if reply.status >= 400 and here != origin:
            raise error_of(reply, self.registry, "", "", self.clock())
        return reply

    async def send(self, call: Call) -> Reply:
        """The answer to one request, sent when its server is to be asked (`reglens.registry.pace`)."""
        if self.pacing is None:
            return await self.transport.send(call)
        pace = self.pacing.of(urlsplit(call.url).netloc)
        return await pace.send(lambda: self.transport.send(call), self.clock)

    def _note_limit(self, call: Call, reply: Reply) -> None:
        known = rate_limit(reply.headers, self.clock())
        if known is not None:
            self.rate_limit = known
            if self.pacing is not None:
                self.pacing.of(urlsplit(call.url).netloc).heed(known)

    async def _visitor(self, call: Call, reply: Reply) -> Presented | None:
        """A token that another registry, which this one redirects to, gives anybody; None if it gives none.

        Never with credentials: they are not for that host (go-containerregistry, pull request 2360, likewise).
        """
        challenge = next((c for c in reply.exchange.challenges if c.is_scheme("bearer") and c.realm), None)
        parts = urlsplit(call.url)
        if challenge is None or not parts.path.startswith("/v2/"):
            return None  # storage, not a registry
        note = f"asked anonymously, for {parts.netloc}, where the registry redirects to"
        try:
            want = want_token(
                challenge, scope_texts(challenge.scope or ""), None, self.registry, f"{parts.scheme}://{parts.netloc}"
            )
            want = replace(want, note=f"{want.note}; " * bool(want.note) + note)
            grant = await self.tokens.obtain(want.key, self.clock, lambda: self.fetch_token(want))
        except RateLimited:
            raise
        except ReglensError:  # the refusal that led here says more
            return None
        return bearer(grant.token, grant.source)

    def _judge_hop(self, url: str, call: Call, reply: Reply) -> str:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            host, parts = "", urlsplit("")
        if parts.scheme not in ("http", "https") or not host:
            raise AnswerInvalid(
                f"{self.registry} redirects to something that is no http address.",
                "The registry is out of order.",
                exchange=reply.exchange,
            )
        own = urlsplit(self.transport.base_url or call.url).hostname or ""
        if is_internal(host) and host != own and not is_internal(own):
            raise AnswerInvalid(
                f"{self.registry} redirects to {parts.netloc}, inside a private network that it is not in.",
                "The redirect is not followed: a registry has no business in this machine's network.",
                exchange=reply.exchange,
            )
        if parts.scheme == "http" and call.url.startswith("https:"):
            return "the redirect leads from https to plain http"
        return ""

    async def base_challenges(self) -> tuple[Challenge, ...]:
        """What ``GET /v2/`` asks for when nothing is presented."""
        base = await self.transport.find_base_url()
        reply = await self.follow(Call(Role.PING, f"{base}{self.transport.endpoint.root}/", PING_LIMIT, headers=_JSON))
        return reply.exchange.challenges

    async def find(self, repository: str) -> Lookup:
        """The credentials for a repository, looked up once however many ask."""
        future = self._lookups.pop(repository, None)
        if future is None or future.cancelled():
            future = asyncio.ensure_future(self.credentials.find(self.registry, repository))
        if len(self._lookups) >= _LOOKUPS:
            del self._lookups[next(iter(self._lookups))]
        self._lookups[repository] = future  # the latest needed goes last: `looked_up` still knows it
        self.lookup = await asyncio.shield(future)
        return self.lookup

    def looked_up(self, repository: str) -> Lookup | None:
        """The credentials for a repository, if they were looked up by now: None where nothing asked for any."""
        future = self._lookups.get(repository)
        if future is None or not future.done() or future.cancelled() or future.exception() is not None:
            return None
        return future.result()

    async def obtain(self, step: Obtain) -> Grant:
        """The token of a step, from the cache or its server."""
        if step.instead_of is not None:
            self.tokens.drop(step.instead_of)
        return await self.tokens.obtain(step.want.key, self.clock, lambda: self.fetch_token(step.want))

    async def fetch_token(self, want: TokenWant) -> Grant:
        """A new token from its server. Raises TokenError, RateLimited, Unreachable."""
        flow = ask(want, self.clock)
        last: int | None = None
        try:
            step = next(flow)
            while True:
                reply = await self.send(_token_call(step, last))
                last = reply.exchange.number
                step = flow.send(reply)
        except StopIteration as stop:
            grant: Grant = stop.value
            return grant
        finally:
            flow.close()

    def _note_identity(self, outcome: Outcome) -> None:
        presented, grant = outcome.presented, outcome.grant
        credential = self.lookup.credential if self.lookup else None
        known = presented is not None and (grant is None or bool(grant.key.identity))
        if known and credential is not None:
            self.identity = credential.username or "a token's bearer"
        elif not self.identity or presented is not None:
            self.identity = "anonymous"

    async def aclose(self) -> None:
        """End what still runs, and close the connections."""
        await self.tokens.abandon(self.registry)
        lookups = [future for future in self._lookups.values() if not future.done()]
        for future in lookups:
            future.cancel()
        await asyncio.gather(*lookups, return_exceptions=True)
        await self.transport.connections.aclose()


class _Scout:
    """Holds the gate until the first answer, for the request that meets the registry; for others it holds nothing."""

    def __init__(self, channel: Channel | None) -> None:
        self.channel = channel

    def leave(self, met: bool) -> None:
        """Let the others go; `met` is whether an answer, or the lack of one, is known now."""
        if self.channel is not None:
            channel, self.channel = self.channel, None
            channel.habits.met = channel.habits.met or met
            channel._gate.release()


def _token_call(step: TokenCall, last: int | None) -> Call:
    return Call(
        Role.TOKEN,
        step.url,
        TOKEN_LIMIT,
        step.method,
        _JSON,
        step.presented,
        step.form,
        follows=last if step.hop else None,
        note=step.note,
        withheld=step.withheld,
    )


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    netloc = parts.netloc.rpartition("@")[2].lower()
    return parts.scheme, netloc.removesuffix(default) if default else netloc
