"""A walk and a laboratory without a registry: canned steps, experiments and tries, given when they are let."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reglens.app.ports import Instruments
from reglens.check.lab import Attempt, Try
from reglens.check.model import Step, StepName, StepVerdict, Walk
from reglens.diagnosis.evidence import Trial
from reglens.oci.reference import Reference
from reglens.trace.trace import Trace
from support.exchanges import classic_diagnosis, classic_refusal, healthy_diagnosis, healthy_pull

RIGHT_SERVICE = "registry.docker.io"
STEPS = (
    Step(StepName.WAY, StepVerdict.OK, "straight to registry-1.docker.io"),
    Step(StepName.NAME, StepVerdict.OK, "registry-1.docker.io is 192.0.2.10", 11.0),
    Step(StepName.TCP, StepVerdict.OK, "192.0.2.10 port 443 takes connections", 9.0),
    Step(StepName.TLS, StepVerdict.OK, "TLS 1.3, certificate of docker.io", 21.0),
    Step(StepName.PING, StepVerdict.OK, "401 Unauthorized: authentication is asked for", 12.0),
    Step(StepName.CHALLENGE, StepVerdict.OK, 'Bearer realm="https://auth.docker.io/token"', None, (2,)),
    Step(StepName.CREDENTIALS, StepVerdict.NOTED, "me from ~/.docker/config.json"),
    Step(StepName.TOKEN, StepVerdict.NOTED, "auth.docker.io gave one of 0.3 KiB, granting nothing", 48.0, (1,)),
    Step(StepName.RESOURCE, StepVerdict.FAILED, "Access is refused (401)", 9.0, (2,)),
)
TRIALS = (
    Trial("get", False, classic_refusal(), "GET instead of HEAD: refused"),
    Trial("anonymous", True, healthy_pull(), "without the credentials: sha256:0de3ff5142db"),
)


@dataclass
class FakeWalk:
    """Walks into the classic refusal. After the ping it waits for `gate`, if there is one."""

    gate: asyncio.Event | None = None
    asked: list[Reference] = field(default_factory=list)
    called_off: int = 0

    async def __call__(
        self, reference: Reference, *, on_step: Callable[[Step], None], on_trial: Callable[[Trial], None]
    ) -> Walk:
        self.asked.append(reference)
        for number, step in enumerate(STEPS):
            if number == 5 and self.gate is not None:
                try:
                    await self.gate.wait()
                except asyncio.CancelledError:
                    self.called_off += 1
                    raise
            on_step(step)
            await asyncio.sleep(0)
        for trial in TRIALS:
            on_trial(trial)
        diagnosis = replace(classic_diagnosis(), exchanges=classic_refusal(), reference=str(reference))
        return Walk(reference, "pull", STEPS, TRIALS, diagnosis)


@dataclass
class FakeBench:
    """Lets in who asks for the right service with a scope; everybody else meets the classic refusal."""

    registry: str = ""
    made: list[Attempt] = field(default_factory=list)
    closed: bool = False

    @property
    def trace(self) -> Trace:
        return Trace(list(healthy_pull()))

    async def right(self, reference: Reference) -> Attempt:
        scope = f"repository:{reference.repository}:pull"
        return Attempt(reference, "https://auth.docker.io/token", RIGHT_SERVICE, (scope,))

    async def make(self, attempt: Attempt) -> Try:
        self.made.append(attempt)
        if attempt.service == RIGHT_SERVICE and attempt.scopes:
            return Try(attempt, healthy_pull(), healthy_diagnosis())
        return Try(attempt, classic_refusal(), classic_diagnosis(), "credentials were withheld, in this test")

    async def aclose(self) -> None:
        self.closed = True


def fake_instruments(walk: FakeWalk | None = None, bench: FakeBench | None = None) -> Instruments:
    """Both, of those given."""
    tries = bench or FakeBench()

    def at(registry: str) -> FakeBench:
        tries.registry = registry
        return tries

    return Instruments(walk or FakeWalk(), at)
