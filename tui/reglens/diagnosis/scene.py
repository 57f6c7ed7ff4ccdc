"""What happened, read once from the evidence: the attempt that counts, its challenge, its token request, its token.

Everything here is derived; rules read it and never search the exchanges themselves for these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from reglens.auth.token import Token
from reglens.diagnosis import products, stores, told
from reglens.diagnosis.attempt import Attempt
from reglens.diagnosis.evidence import Command, Evidence, Report, Span
from reglens.diagnosis.finding import Comparison, Proof
from reglens.diagnosis.reading import (
    ACTIONS,
    is_mask,
    needed_by,
    report_proof,
    repository_of,
    shown,
    unseen,
    with_status,
)
from reglens.oci.reference import HUB_ALIASES, Reference
from reglens.oci.scope import Scope, parse_scopes
from reglens.trace.exchange import Exchange, Role
from reglens.trace.plain import plain

__all__ = [
    "ACTIONS",
    "Scene",
    "is_mask",
    "known_request",
    "needed_by",
    "read",
    "report_proof",
    "repository_of",
    "shown",
    "unseen",
]

_BARE = frozenset(
    {"unauthenticated", "denied", "login-needed", "token-refused", "token-scope", "exchanged", "not-found"}
)
"""Meanings of a body that a challenge or status says better."""
_ATTEMPTS = frozenset(
    "name-not-resolved connection-refused connection-timeout connection-lost network-unreachable answer-timeout "
    "address-invalid".split()
)
"""Meanings of an attempt that got no answer."""
_LET_IN = frozenset({"accept-refused", "manifest-converted", "tag-immutable"})
"""Meanings that only a registry tells that took the token."""


@dataclass(frozen=True)
class Scene(Attempt):
    """The attempt under judgement, with what was wanted and what the lines and files of the evidence tell.

    Build it with `read`.
    """

    # -- what was wanted ----------------------------------------------------------------------------------------------

    @cached_property
    def registry(self) -> str:
        """``host[:port]`` of the registry, as connected to; ``""`` if unknown, or nothing that can be a host."""
        return plain(self._registry())

    def _registry(self) -> str:
        if self.evidence.wanted is not None:
            return self.evidence.wanted.registry
        for exchange in (self.judged, *reversed(self.requests)):
            if exchange is not None and exchange.follows is None and (exchange.authority or exchange.host):
                return exchange.authority or exchange.host
        if self.wanted is not None:
            return self.wanted.registry
        named = told.registry(self.evidence)
        if named:
            return named
        for exchange in self.token_requests:
            if exchange.authority:
                return exchange.authority
        return ""

    @cached_property
    def is_hub(self) -> bool:
        """Whether the registry is Docker Hub: by its name, or one of Docker's hosts with the service of Docker Hub;
        without a name by the service alone."""
        return self.registry in HUB_ALIASES or (
            self.speaks_for_hub and (not self.registry or self.registry.endswith((".docker.io", ".docker.com")))
        )

    @cached_property
    def speaks_for_hub(self) -> bool:
        """Whether repositories are named as on Docker Hub: the registry is it, or answers in its stead (a cache, a
        proxy, the demo registry). Commands must still name the registry's own host."""
        return self.registry in HUB_ALIASES or self.product is products.HUB

    @cached_property
    def product(self) -> products.Product:
        """What kind of registry this is, as far as names, challenge and headers tell."""
        challenge = self.bearer or self.challenge
        headers = {k: v for e in self.requests for k, v in e.response_headers.items()}
        return products.recognise(
            self.registry,
            service=challenge.service if challenge else None,
            realm=challenge.realm if challenge else self.grant.url if self.grant else told.token_url(self.evidence),
            tellers=[report.teller for report in self.evidence.reports],
            issuer=self.token.issuer if self.token else None,
            headers=headers,
        )

    @cached_property
    def repository(self) -> str:
        """The repository as it was asked for on the wire (``alpine`` stays ``alpine``); ``""`` if unknown, or nothing
        that can be a name."""
        return plain(self._repository())

    def _repository(self) -> str:
        for exchange in (self.judged, *reversed(self.requests)):
            name = repository_of(exchange.path) if exchange is not None else ""
            if name:
                return name
        for scope in self.needed:
            if scope.type == "repository" and scope.name:
                return scope.name
        if self.wanted is not None:
            return self.wanted.repository
        return told.repository(self.evidence)

    @cached_property
    def needed(self) -> tuple[Scope, ...]:
        """What the registry wants granted: the challenge's scope, else that of the request's path and method."""
        for exchange in (self.challenged, self.judged, *reversed(self.requests)):
            if exchange is None:
                continue
            for challenge in exchange.challenges:
                if challenge.is_scheme("bearer") and challenge.scopes:
                    return self._for_action(challenge.scopes)
        judged = self.judged
        if judged is not None and judged.url:
            return needed_by(judged)
        wanted = self.evidence.wanted
        if self.only_token and wanted is not None:
            return (Scope.repository(wanted.repository, *ACTIONS.get(self.evidence.action, ("pull",))),)
        return ()

    def _for_action(self, scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
        """Those scopes with the actions of a live push or deletion: the challenge is that of a read in its stead."""
        if not self.rehearsed:
            return scopes
        actions = ACTIONS[self.evidence.action]
        return tuple(Scope(s.type, s.name, actions) if s.type == "repository" else s for s in scopes)

    @cached_property
    def trusted_token(self) -> Token | None:
        """A token that this registry accepted, so that its issuer and key are trusted ones."""
        tried = [e for trial in self.evidence.trials if trial.kind == "base" for e in trial.exchanges]
        for exchange in (*self.requests, *tried):
            sent = exchange.authorization
            if sent is None or sent.token is None or sent.token.claims is None or exchange.role is Role.TOKEN:
                continue
            if 200 <= (exchange.status or 0) < 300 and exchange.follows is None:
                return sent.token
        return None

    @cached_property
    def requested(self) -> tuple[Scope, ...] | None:
        """The scopes of the token request that counts; None if no token request is known."""
        asked = self.asked_at_realm
        if asked is None or not asked.url:
            return None
        return tuple(scope for value in asked.asked("scope") for scope in parse_scopes(value))

    @cached_property
    def requested_service(self) -> str | None:
        """The service of the token request; None if no token request is known, ``""`` if it named none."""
        asked = self.asked_at_realm
        if asked is None or not asked.url:
            return None
        if asked.method == "POST" and not asked.parameters:
            return None  # a form that the evidence does not show (distribution, docs/content/spec/auth/oauth.md)
        return next(iter(asked.asked("service")), "")

    @cached_property
    def error(self) -> str:
        """The ``error`` that the refusal's challenge admits; ``""`` if none."""
        if self.refusal is None or self.bearer is None or self.bearer_from is not self.refusal:
            return ""
        return self.bearer.error or ""

    @cached_property
    def asked_service(self) -> str:
        """The service that the registry wants: its challenge's, else the one that is known of a public registry."""
        if self.bearer is not None:
            return self.bearer.service or ""
        if self.product.service and self.product.fixed_service:
            return self.product.service
        fact = told.service(self.evidence)
        return str(fact.value) if fact is not None else ""

    @property
    def asked_service_proof(self) -> Proof:
        if self.bearer is not None and self.bearer_from is not None:
            return self.proof(self.bearer_from, "challenge", "Www-Authenticate, service", self.asked_service)
        fact = None if self.product.fixed_service else told.service(self.evidence)
        if fact is not None:
            return Proof(f"{fact.source}, auth.token.service", self.asked_service, fact.span)
        return Proof(f"known of {self.product.name}", self.asked_service)

    @property
    def needed_proof(self) -> list[Proof]:
        """Where it is read what must be granted."""
        if not self.needed:
            return []
        text = " ".join(str(scope) for scope in self.needed)
        if self.bearer is not None and self.bearer.scopes:
            return [self.proof(self.bearer_from, "challenge", "Www-Authenticate, scope", text)]
        if self.only_token:
            return [Proof("reference", text)]
        return [self.proof(self.judged, "url", "what the request needs", text)]

    @property
    def moment_proof(self) -> Proof:
        """The moment of the refusal and where it was read."""
        moment = self.moment
        text = f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment is not None else "(unknown)"
        for exchange in (self.refusal, self.last, *reversed(self.requests), *reversed(self.token_requests)):
            if exchange is not None and exchange.server_time is not None and exchange.server_time == moment:
                return self.proof(exchange, "date", "Date", text)
        return Proof(self.moment_source or "moment", text)

    @cached_property
    def wire_repository(self) -> str:
        """The repository as it went over the wire, in a URL or a token request's scope; ``""`` if none did."""
        for exchange in (self.judged, *reversed(self.requests)):
            name = repository_of(exchange.path) if exchange is not None else ""
            if name:
                return name
        for scope in self.requested or ():
            if scope.type == "repository" and scope.name:
                return scope.name
        return ""

    @cached_property
    def username(self) -> str:
        """The user name that was used or found; ``""`` if none is known."""
        for exchange in (self.grant, self.judged, *reversed(self.evidence.exchanges)):
            if exchange is not None and exchange.authorization is not None and exchange.authorization.username:
                return exchange.authorization.username
        if self.grant is not None and self.grant.asked("account"):
            return self.grant.asked("account")[0]
        if self.evidence.lookup and self.evidence.lookup.credential:
            return self.evidence.lookup.credential.username
        for report in self.evidence.reports:
            if report.values.get("user"):
                return report.values["user"]
        return (self.token.subject or "") if self.token else ""

    @cached_property
    def anonymous(self) -> bool | None:
        """Whether the caller went without credentials; None where that cannot be told."""
        if self.grant is not None and known_request(self, self.grant):
            return self.grant.authorization is None and not any(
                name in ("password", "refresh_token", "account") for name, _ in self.grant.parameters
            )
        subject = self.token.subject if self.token is not None and self.token.claims is not None else None
        if subject is not None:
            return subject in ("", "(anonymous)")
        return None

    # -- configuration ------------------------------------------------------------------------------------------------

    @cached_property
    def wanted(self) -> Reference | None:
        """What was wanted, if it can be told and read."""
        return told.wanted(self.evidence)

    @cached_property
    def action(self) -> str:
        """What was to be done with it: ``pull``, ``push`` or ``delete``."""
        judged = self.judged
        if judged is not None and judged.method in ("PUT", "POST", "PATCH") and judged.path.startswith("/v2/"):
            return "push"
        return told.action(self.evidence)

    @cached_property
    def reports(self) -> tuple[Report, ...]:
        """What clients and servers say, in their lines and in the bodies of refusals."""
        return (*self.evidence.reports, *self._answers())

    def _answers(self) -> Iterator[Report]:
        """What the bodies of the refusals that count say. A bare code beside a challenge says nothing new."""
        for exchange in (self.refusal, self.grant if self.grant_failed else None):
            if exchange is None or (exchange.status or 0) < 400 or not exchange.body.data:
                continue
            from reglens.diagnosis.paste import clients

            part = "token" if exchange.role is Role.TOKEN else "registry"
            values = {"host": exchange.host, "url": exchange.url or "", "status": str(exchange.status), "part": part}
            for report in clients.read_text(exchange.body.text[:8000]):
                if report.meaning in _ATTEMPTS:
                    values |= {"part": "upstream"}  # the registry answered, so it speaks of its own upstream
                if report.meaning in _BARE and (
                    exchange.challenges or (exchange.authorization is None and exchange.url is not None)
                ):
                    continue
                yield replace(
                    report,
                    teller=report.teller or self.product.name,
                    values={**report.values, **values},
                    span=self.span(exchange, "body"),
                    text=shown(report.text),
                )

    @property
    def helper(self) -> str:
        """The credential helper that a configuration in the evidence names for this registry; ``""`` if none."""
        return told.helper(self.evidence, self.registry)

    @cached_property
    def in_kubernetes(self) -> bool:
        """Whether a kubelet or its kin speaks."""
        return told.in_cluster(self.evidence)

    @cached_property
    def stored_elsewhere(self) -> bool:
        """Whether there are credentials in the evidence that this client does not read for this registry."""
        keys = told.stored(self.evidence)
        if not keys:
            return False
        mine = [key for key in keys if self._is_mine(key)]
        return not mine or self.in_kubernetes

    @cached_property
    def logged_in_elsewhere(self) -> str:
        """The host of the logins in the evidence, if they were all made at another registry than the refused one."""
        return told.logged_in_elsewhere(self.evidence, told.refused_host(self.evidence) or self.registry)

    @cached_property
    def unread_login(self) -> tuple[str, str] | None:
        """The program that logged in, and the client that was refused and does not read what that one stores; None
        if there is no such pair."""
        return stores.unread(self.evidence)

    @cached_property
    def given_in_command(self) -> bool:
        """Whether the refused command carried credentials itself (``--creds``)."""
        return stores.given(self.evidence)

    @cached_property
    def asked_anonymously(self) -> bool:
        """Whether the token was asked for without an account, by a client that names it where it has one."""
        return told.asked_anonymously(self.evidence)

    @cached_property
    def too_deep(self) -> bool:
        """Whether the repository's name has more components than this kind of registry takes."""
        return bool(self.product.depth) and self.repository.count("/") >= self.product.depth

    @cached_property
    def let_in(self) -> bool:
        """Whether the registry looked for what was wanted: only who is let in is told that something is not there."""
        return any(report.meaning in _LET_IN for report in self.reports)

    def _is_mine(self, key: str) -> bool:
        return key.rstrip("/") == told.HUB_KEY.rstrip("/") if self.is_hub else told.key_host(key) == self.registry

    # -- words --------------------------------------------------------------------------------------------------------

    @cached_property
    def comparison(self) -> Comparison:
        from reglens.diagnosis.comparison import of_scene

        return of_scene(self)

    def span(self, exchange: Exchange | None, part: str) -> Span | None:
        return self.evidence.spans.get((exchange.number, part)) if exchange is not None else None

    def proof(self, exchange: Exchange | None, part: str, where: str, value: object) -> Proof:
        """One proof from an exchange: `part` is the key of its span, `where` the field in words."""
        place = f"exchange {exchange.number}, {where}" if exchange is not None else where
        return Proof(place, shown(value), self.span(exchange, part), exchange.number if exchange else None)

    def token_proof(self, claim: str, value: object) -> Proof:
        """One proof from the token that counts."""
        where, exchange = self.token_place
        span = self.span(exchange, "authorization" if where.endswith("Authorization") else "token")
        if exchange is None and self.token in self.evidence.tokens:
            index = self.evidence.tokens.index(self.token)
            spans = self.evidence.token_spans
            span = spans[index] if index < len(spans) else None
        return Proof(f"{where}, {claim}", shown(value), span, exchange.number if exchange else None)

    def command_of(self, exchange: Exchange | None) -> Command | None:
        """The command that made this exchange, if it is in the paste."""
        if exchange is None:
            return None
        return next((c for c in self.evidence.commands if exchange.number in c.exchanges), None)


def read(evidence: Evidence) -> Scene:
    """The scene of `evidence`; an exchange whose status is not told gets the one that its body speaks of."""
    exchanges = tuple(with_status(exchange) for exchange in evidence.exchanges)
    return Scene(replace(evidence, exchanges=exchanges))


def known_request(scene: Scene, exchange: Exchange) -> bool:
    """Whether the whole request is known, so that a header which is not there was not sent."""
    return bool(
        exchange.request_headers.lines or exchange.local_time is not None or scene.command_of(exchange) is not None
    )
