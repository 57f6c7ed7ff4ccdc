"""What a diagnosis may look at: one type, whether it was recorded live or read from a paste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from reglens.auth.credentials import Lookup
from reglens.auth.token import Token
from reglens.oci.reference import Reference
from reglens.trace.exchange import Exchange

if TYPE_CHECKING:
    from reglens.auth.keys import TrustedKeys

Span = tuple[int, int]
"""Start and end, as character offsets in the pasted text."""


@dataclass(frozen=True, slots=True)
class ShellEffect:
    """What the shell did to a command before it ran, against what its writer meant.

    `kind`: ``background`` (an unquoted ``&`` ended the command), ``glob``, ``expansion`` (a ``$`` or backquote was
    replaced), ``history`` (``!``), ``quote-removal`` (quotes that belonged to the data are gone), ``split`` (a blank
    ended a header that had no quotes), ``unclosed``.
    `written` is the text as typed, `became` what reached the program, `lost` what never did.
    """

    kind: str
    written: str
    became: str = ""
    lost: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """One command as typed into a shell. `argv` is what the program really received; `exchanges` are the numbers of the
    exchanges that it made, where they can be told."""

    program: str
    argv: tuple[str, ...]
    text: str
    effects: tuple[ShellEffect, ...] = ()
    exchanges: tuple[int, ...] = ()
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One line of a client, daemon or server read into meaning: what it says happened, freed of its wording.

    `meaning` is a word of `reglens.diagnosis.meanings`; `values` are what the line names (host, repository, tag, url,
    audience, issuer, kid, user, helper, status, code, detail, …).
    """

    meaning: str
    teller: str
    values: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    time: datetime | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One setting read from a configuration (``config.json``, ``auth.json``, ``registries.yaml``, ``config.yml``, a
    Kubernetes secret) or found on this machine. `path` is the way to it, such as ``("auths", "ghcr.io")``."""

    source: str
    path: tuple[str, ...]
    value: object
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One experiment made after a refusal, to separate causes; none of them changes anything on the registry.

    `kind` says what was done differently: ``anonymous`` (without the credentials), ``challenge`` (with the challenge's
    own service and scope), ``library`` (with ``library/`` before the name), ``get`` (GET where HEAD was refused),
    ``accept`` (any media type in ``Accept``), ``fresh`` (with a new token), ``base`` (the base route instead, with a
    token of the same server: its issuer and key are trusted ones if it is let in), ``garbled`` (with something that is
    no token: it works if the answer shows that it was seen), ``plain`` (the base route over plain http, without
    credentials). `worked` is whether it was answered as wished, None where it could not be tried.
    """

    kind: str
    worked: bool | None
    exchanges: tuple[Exchange, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known of one attempt.

    `reference` is what was wanted as typed (it may be malformed: that is evidence too), `wanted` the same read, if it
    can be; `action` what was to be done with it. `tokens` stand alone, outside any exchange. `spans` tells where in the
    paste a part of an exchange stands, keyed by exchange number and field (``"challenge"``, ``"status"``, ``"token"``,
    ``"authorization"``, ``"url"``, ``"body"``, a header's name). `moment` is the time of the refusal if it is known
    from elsewhere than a ``Date`` header; `now` the local clock, for live evidence only. `pasted` are the lines of the
    text that rules look into (an API's address, a push's progress, ``htpasswd``), masked, without what a log repeats.
    `lookup` is what the search for credentials found, `trials` the experiments made after a refusal (live only). `keys`
    are those that the person says the registry trusts.
    """

    exchanges: tuple[Exchange, ...] = ()
    reference: str | None = None
    wanted: Reference | None = None
    action: str = "pull"
    tokens: tuple[Token, ...] = ()
    token_spans: tuple[Span | None, ...] = ()
    commands: tuple[Command, ...] = ()
    reports: tuple[Report, ...] = ()
    facts: tuple[Fact, ...] = ()
    spans: Mapping[tuple[int, str], Span] = field(default_factory=dict)
    moment: datetime | None = None
    now: datetime | None = None
    pasted: str = ""
    lookup: Lookup | None = None
    trials: tuple[Trial, ...] = ()
    keys: TrustedKeys | None = None
    foreign: bool = False
    """Whether nothing in a paste speaks of a registry: a bare status or refusal in it is somebody else's."""
    failed: bool = False
    """Whether the client had no use for what came, though each answer may look well."""


def from_trace(
    exchanges: Sequence[Exchange],
    reference: Reference | None,
    *,
    now: datetime,
    lookup: Lookup | None = None,
    action: str = "pull",
    trials: Sequence[Trial] = (),
    keys: TrustedKeys | None = None,
    failed: bool = False,
) -> Evidence:
    """The evidence of a live attempt: its exchanges in order, what was wanted, and the local clock (UTC)."""
    return Evidence(
        exchanges=tuple(sorted(exchanges, key=lambda exchange: exchange.number)),
        reference=(reference.typed or str(reference)) if reference else None,
        wanted=reference,
        action=action,
        now=now,
        lookup=lookup,
        trials=tuple(trials),
        keys=keys,
        failed=failed,
    )
