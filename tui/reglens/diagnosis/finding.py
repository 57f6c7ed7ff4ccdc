"""What a diagnosis says: a comparison, findings, an outcome. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from reglens.trace.exchange import Exchange

if TYPE_CHECKING:
    from reglens.auth.keys import TrustedKeys


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"  # proven: this is why it failed
    WARNING = "warning"  # wrong but not what failed here, or likely and not proven
    INFO = "info"


class Verdict(StrEnum):
    """Whether the cells of a row agree."""

    AGREE = "agree"
    DISAGREE = "disagree"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How the whole attempt ended."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"  # no answer came, or none that could be used
    UNKNOWN = "unknown"


class RowName(StrEnum):
    """The rows of the comparison, in their order."""

    SERVICE = "service"
    REPOSITORY = "repository"
    ACTIONS = "actions"
    ISSUER = "issuer"
    TIME = "time"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its value (None: not known or not said) and where it was read."""

    value: str | tuple[str, ...] | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what the registry asked, what the client requested, what the token grants. `note` says in a few words
    what disagrees, or what limits the verdict."""

    name: RowName
    asked: Cell = field(default_factory=Cell)
    requested: Cell = field(default_factory=Cell)
    granted: Cell = field(default_factory=Cell)
    verdict: Verdict = Verdict.UNKNOWN
    note: str = ""

    def differs(self, other: Row) -> bool:
        """Whether cells or verdict are not those of `other`; of the time, which goes on, only the verdict counts."""
        if self.verdict is not other.verdict:
            return True
        ours, theirs = ((r.asked.value, r.requested.value, r.granted.value) for r in (self, other))
        return self.name is not RowName.TIME and ours != theirs


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows, always all six and in order."""

    rows: tuple[Row, ...]

    def row(self, name: RowName) -> Row:
        """The row of that name."""
        return next(row for row in self.rows if row.name is name)

    @property
    def disagreements(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.verdict is Verdict.DISAGREE)


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence: where it stands and what it says. `span` are the character offsets in a pasted text,
    `exchange` the number of the exchange."""

    where: str
    value: str
    span: tuple[int, int] | None = None
    exchange: int | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """What to do: a sentence, and commands or configuration lines ready to paste."""

    text: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, named with a word of the fixed vocabulary (`reglens.diagnosis.pages`)."""

    code: str
    severity: Severity
    title: str
    explanation: str
    evidence: tuple[Proof, ...] = ()
    fix: Fix = field(default_factory=lambda: Fix(""))
    follows_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The whole answer. `moment` is the time it is made for: that of the refusal, by the answering server's clock where
    that is known. `keys` are those that signatures are checked against, if any were given."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    comparison: Comparison
    exchanges: tuple[Exchange, ...] = ()
    reference: str | None = None
    moment: datetime | None = None
    keys: TrustedKeys | None = None
