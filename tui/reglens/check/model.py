"""What a walk is made of. Plain values: the commands print them, the app draws them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reglens.diagnosis.evidence import Trial
from reglens.diagnosis.finding import Diagnosis
from reglens.oci.reference import Reference


class StepName(StrEnum):
    """The steps on the way to a resource, in their order."""

    WAY = "way"  # proxies, mirrors, certificates; told where files, variables or options have a say
    NAME = "name"  # the host's name becomes addresses
    TCP = "tcp"
    TLS = "tls"
    PING = "ping"  # GET /v2/ without authorization
    CHALLENGE = "challenge"
    CREDENTIALS = "credentials"
    TOKEN = "token"  # noqa: S105 - a step, not a secret
    RESOURCE = "resource"


class StepVerdict(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "failed"
    NOTED = "noted"  # not as it should be, and it went on
    SKIPPED = "skipped"  # nothing to do, or an earlier step left nothing to do it with


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `detail` says in words what was met; `elapsed` is in milliseconds; `exchanges` are the numbers of the
    exchanges it made."""

    name: StepName
    verdict: StepVerdict
    detail: str = ""
    elapsed: float | None = None
    exchanges: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """The whole walk: every step, the experiments that a refusal led to, and the diagnosis of all of it."""

    reference: Reference
    action: str
    steps: tuple[Step, ...]
    trials: tuple[Trial, ...]
    diagnosis: Diagnosis
