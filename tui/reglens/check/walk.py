"""The walk to a reference: way, name, connection, TLS, ping, challenge, credentials, token, resource; then experiments.

It stops at nothing: each step is tried whatever became of the one before, so that every exchange that can be had is in
the evidence. After a refusal it experiments, to separate causes that look alike from outside. Nothing is ever changed
on the registry: for push and delete a token is asked for and read, and the request itself is not made.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reglens.auth.credentials import Anonymous, Credentials, Lookup, SourceVerdict
from reglens.auth.keys import TrustedKeys
from reglens.check import reach
from reglens.check.model import Step, StepName, StepVerdict, Walk
from reglens.check.trials import Experimenter
from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.evidence import Trial, from_trace
from reglens.errors import RegistryError, ReglensError, TokenNotUsed
from reglens.oci.reference import Reference, is_loopback
from reglens.registry.body import PING_LIMIT
from reglens.registry.options import Options
from reglens.registry.session import Clock, Session, utcnow
from reglens.registry.transport import Call
from reglens.registry.ways.tls import bare_context, tls_context
from reglens.registry.ways.told import way_of
from reglens.text import clean, human_size
from reglens.trace.exchange import Exchange, Role

OnStep = Callable[[Step], None]
OnTrial = Callable[[Trial], None]


async def walk(
    reference: Reference,
    *,
    options: Options | None = None,
    credentials: Credentials | None = None,
    action: str = "pull",
    keys: TrustedKeys | None = None,
    clock: Clock = utcnow,
    on_step: OnStep | None = None,
    on_trial: OnTrial | None = None,
) -> Walk:
    """Walk to `reference` and diagnose what was met, signatures against `keys` if there are any. Never raises for what
    the registry does; may be cancelled."""
    walker = _Walker(
        reference, options or Options(), credentials or Anonymous(), action, keys, clock, on_step, on_trial
    )
    async with Session(
        reference.registry, options=walker.options, credentials=walker.credentials, clock=clock
    ) as session:
        return await walker.run(session)


@dataclass
class _Walker:
    reference: Reference
    options: Options
    credentials: Credentials
    action: str
    keys: TrustedKeys | None
    clock: Clock
    on_step: OnStep | None
    on_trial: OnTrial | None
    steps: list[Step] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    insecure: bool = False
    tokenless: bool = False

    async def run(self, session: Session) -> Walk:
        blocked = self.tell_way()
        if not blocked:
            await self.below_http()
            ping = await session.send(Call(Role.PING, "/v2/", PING_LIMIT))
            self.say(_ping_step(ping))
        lookup = await self.credentials.find(self.reference.registry, self.reference.repository)
        failure = await self.fetch(session)
        exchanges = session.trace.since(0)
        self.say(_challenge_step(exchanges))
        self.say(_credentials_step(lookup))
        self.say(_token_step(exchanges))
        self.say(self.resource_step(exchanges, failure))
        if failure is not None and not blocked:
            await self.experiment(exchanges, lookup)
        evidence = from_trace(
            exchanges,
            self.reference,
            now=self.clock(),
            lookup=lookup,
            action=self.action,
            trials=self.trials,
            keys=self.keys,
            failed=failure is not None,
        )
        return Walk(self.reference, self.action, tuple(self.steps), tuple(self.trials), diagnose(evidence))

    def tell_way(self) -> bool:
        """The step *way*; whether a file forbids that it is gone."""
        reference = self.reference
        by_digest = reference.digest is not None
        way = way_of(reference.registry, reference.repository, self.options, by_digest=by_digest)
        self.insecure = bool(way.endpoints) and way.origin.registry == reference.registry and way.origin.insecure
        if way.decisions:
            verdict = StepVerdict.NOTED if any(d.problem for d in way.decisions) else StepVerdict.OK
            detail = "; ".join(clean(str(decision)) for decision in way.decisions)
            self.say(Step(StepName.WAY, StepVerdict.FAILED if way.blocked else verdict, detail))
        return bool(way.blocked)

    async def below_http(self) -> None:
        way = reach.way_to(self.reference.registry, self.options)
        patience = self.options.timeout
        name, addresses = await reach.resolve_name(way, patience)
        self.say(name)
        tcp = await reach.connect(way, addresses, patience)
        self.say(tcp)
        plain_allowed = is_loopback(self.reference.registry) or self.insecure
        self.say(await reach.negotiate(way, tcp, self.tls_context, patience, plain_allowed=plain_allowed))

    def tls_context(self, verify: bool) -> ssl.SSLContext:
        machine = self.options.machine
        trust = machine.trust(self.reference.registry) if machine is not None else None
        return tls_context(self.options, trust) if verify and not self.insecure else bare_context()

    async def fetch(self, session: Session) -> ReglensError | None:
        """Read the resource, or for other actions have a token for them; what went wrong, if anything did.

        It is read by HEAD, then by GET: a refused HEAD has no body to say why, and what comes by GET may not be what
        HEAD announced. Where a push or deletion wants no token, the base route tells whether the caller is known.
        """
        refused: RegistryError | None = None
        try:
            if self.action != "pull":
                try:
                    await session.acquire_token(self.reference, action=self.action)
                except TokenNotUsed:
                    self.tokenless = True
                    await session.ping()
                return None
            try:
                await session.resolve(self.reference)
            except RegistryError as error:
                refused = error
            await session.manifest(self.reference)
        except ReglensError as error:
            if refused is not None:
                self.by_get = Trial("get", False, detail=f"GET instead of HEAD: {error.message}")
            return error
        if refused is not None:
            self.by_get = Trial("get", True, detail=f"GET is answered where HEAD got {refused.status}")
        return None

    def tell(self, trial: Trial) -> None:
        self.trials.append(trial)
        if self.on_trial:
            self.on_trial(trial)

    async def experiment(self, exchanges: tuple[Exchange, ...], lookup: Lookup) -> None:
        experimenter = Experimenter(self.reference, self.options, self.credentials, self.clock)
        await experimenter.run(exchanges, lookup, self.tell)

    def resource_step(self, exchanges: tuple[Exchange, ...], failure: ReglensError | None) -> Step:
        last = next((e for e in reversed(exchanges) if e.role not in (Role.TOKEN, Role.PING)), None)
        numbers = tuple(e.number for e in exchanges if e.role not in (Role.TOKEN, Role.PING))
        elapsed = last.timing.total if last else None
        if failure is not None:
            detail = clean(failure.message)
            return Step(StepName.RESOURCE, StepVerdict.FAILED, detail, elapsed, numbers)
        if self.action != "pull":
            tells = "no token is wanted, so only doing it tells" if self.tokenless else "the token tells"
            detail = f"{self.action} is not tried: nothing is changed; {tells} whether it would be let in"
            return Step(StepName.RESOURCE, StepVerdict.SKIPPED, detail, elapsed, numbers)
        digest = clean(last.response_headers.get("docker-content-digest", "")) if last else ""
        size = f", {human_size(last.body.size)} whole" if last else ""
        detail = f"{last.status if last else ''} {self.reference.target} is {digest or 'there'}{size}".strip()
        return Step(StepName.RESOURCE, StepVerdict.OK, detail, elapsed, numbers)

    def say(self, step: Step) -> None:
        self.steps.append(step)
        if self.on_step:
            self.on_step(step)


def _ping_step(ping: Exchange) -> Step:
    step = Step(StepName.PING, StepVerdict.OK, elapsed=ping.timing.total, exchanges=(ping.number,))
    if ping.failure is not None:
        return replace(step, verdict=StepVerdict.FAILED, detail=clean(ping.failure.message))
    said = f"{ping.status} {clean(ping.reason)}".strip()
    if ping.status == 200:
        return replace(step, detail=f"{said}: the base route asks for nothing")
    if ping.status == 401:
        return replace(step, detail=f"{said}: authentication is asked for")
    verdict = StepVerdict.FAILED if (ping.status or 0) >= 400 else StepVerdict.NOTED
    return replace(step, verdict=verdict, detail=f"{said}: not the answer of a registry's base route")


def _challenge_step(exchanges: tuple[Exchange, ...]) -> Step:
    challenged = [e for e in exchanges if e.challenges]
    refused = [e for e in exchanges if e.status == 401 and e.role is not Role.TOKEN]
    if not challenged:
        if refused:
            detail = f"exchange {refused[-1].number} was refused without a challenge"
            return Step(StepName.CHALLENGE, StepVerdict.FAILED, detail, exchanges=(refused[-1].number,))
        return Step(StepName.CHALLENGE, StepVerdict.SKIPPED, "none came")
    source = next((e for e in reversed(challenged) if e.role is not Role.TOKEN), challenged[-1])
    detail = ", ".join(clean(str(challenge)) for challenge in source.challenges)
    odd = [what for challenge in source.challenges for what in challenge.tolerated]
    verdict = StepVerdict.NOTED if odd else StepVerdict.OK
    forgiven = f" ({'; '.join(map(clean, odd))})" if odd else ""
    return Step(StepName.CHALLENGE, verdict, detail + forgiven, exchanges=(source.number,))


def _credentials_step(lookup: Lookup) -> Step:
    failed = [c for c in lookup.consulted if c.verdict is SourceVerdict.FAILED]
    passed = [c for c in lookup.consulted if c.verdict is SourceVerdict.PASSED_OVER]
    extra = [f"{clean(c.source)}: {clean(c.detail)}" for c in failed]
    extra += [f"{clean(c.source)} passed over" for c in passed]
    tail = f" ({'; '.join(extra)})" if extra else ""
    verdict = StepVerdict.NOTED if failed else StepVerdict.OK
    if lookup.credential is None:
        looked = ", ".join(clean(c.source) for c in lookup.consulted if c.verdict is SourceVerdict.NOTHING)
        where = f"; nothing for it in {looked}" if looked else ""
        return Step(StepName.CREDENTIALS, verdict, f"none: anonymous{where}{tail}")
    user = clean(lookup.credential.username) or "a token"
    return Step(StepName.CREDENTIALS, verdict, f"{user} from {clean(lookup.credential.source)}{tail}")


def _token_step(exchanges: tuple[Exchange, ...]) -> Step:
    asked = [e for e in exchanges if e.role is Role.TOKEN]
    if not asked:
        return Step(StepName.TOKEN, StepVerdict.SKIPPED, "none was asked for")
    last = asked[-1]
    step = Step(StepName.TOKEN, StepVerdict.FAILED, elapsed=last.timing.total, exchanges=tuple(e.number for e in asked))
    if last.failure is not None:
        return replace(step, detail=f"{last.host}: {clean(last.failure.message)}")
    if last.token is None:
        return replace(step, detail=f"{last.host} answered {last.status} with no token")
    granted = ", ".join(clean(str(scope)) for scope in last.token.access)
    what = granted or ("nothing: access is empty" if last.token.claims is not None else "unknown: the token is opaque")
    note = f" ({clean(last.note)})" if last.note else ""
    verdict = StepVerdict.OK if granted or last.token.claims is None else StepVerdict.NOTED
    size = human_size(len(last.token))
    return replace(step, verdict=verdict, detail=f"{last.host} gave one of {size}, granting {what}{note}")
