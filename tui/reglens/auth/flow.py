"""The authorization of one request, without I/O: a generator that says what to do next and is told what came of it.

The handshake:

1. Send the request with what is known to fit: once the registry has told its ways, a token for this repository, or
   Basic; else nothing.
2. It is answered with anything but 401: done. Whatever challenge came is remembered for the next request.
3. A 401 without a challenge: the one of ``GET /v2/`` counts (GCR, zot send none with a refused request).
4. Choose: Bearer with a realm before Basic, Basic where Bearer cannot be had or was refused (Harbor turns to Basic once
   a token was refused).
5. Find the credentials for the repository, and judge where they may go (`reglens.auth.realm`).
6. Bearer: take the token for realm, service, scope and identity from the cache, or have it asked for
   (`reglens.auth.token_request`). A challenge that names no scope means the one of the resource.
7. Send again. Refused again:
   - the token had worked before: it was revoked or expired, so renew it, once; one that never worked likewise, if it
     is of an earlier request: the registry may have restarted with another key since;
   - another realm or service is named than the token came from: the token was a guess, so follow that challenge, once;
   - the scope asked for goes beyond that of the token: ask for both together;
   - else it is final: who asks again for what it was just given gets the same again.

The first failed token request ends it too, except one made on a guess (step 1).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from reglens.auth.challenge import Challenge
from reglens.auth.credentials import Credential, Lookup
from reglens.auth.realm import judge, may_carry_credentials
from reglens.auth.reply import Presented, Reply, basic, bearer
from reglens.auth.token import read_token
from reglens.auth.token_request import TokenWant, withheld_note, withhold
from reglens.auth.tokens import Grant, TokenKey
from reglens.auth.trust import Withheld, origin_of
from reglens.errors import RateLimited, ReglensError, TokenError
from reglens.oci.scope import Scope, missing, union

MAX_SENDS = 5
"""A request is sent this often at most: without, with a token, with a renewed one, with a wider one, with Basic."""
FRESH = timedelta(seconds=3)
"""A token that no registry took yet is renewed only when it is older than this: another one would be no different."""
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Resource:
    """What a request is about. `kind`: ``base``, ``catalog``, ``content`` or ``tags`` of a repository."""

    kind: str
    repository: str = ""
    actions: tuple[str, ...] = ("pull",)

    def scopes(self, actions: tuple[str, ...] = ()) -> tuple[Scope, ...]:
        """The scope that it takes by the specification (distribution, docs/content/spec/auth/scope.md)."""
        if self.kind == "catalog":
            return (Scope("registry", "catalog", ("*",)),)
        return (Scope.repository(self.repository, *(actions or self.actions)),) if self.repository else ()


@dataclass(frozen=True, slots=True)
class Send:
    """Step: send the request with this authorization. Answered with a Reply. `withheld` are credentials that it might
    have had, or the token that it presents."""

    presented: Presented | None
    withheld: Withheld | None = None


@dataclass(frozen=True, slots=True)
class FindCredentials:
    """Step: look up the credentials for a repository. Answered with a Lookup."""

    repository: str


@dataclass(frozen=True, slots=True)
class AskBase:
    """Step: the challenges of ``GET /v2/`` without authorization. Answered with a tuple of them."""


@dataclass(frozen=True, slots=True)
class Obtain:
    """Step: a token, from the cache or the token server; `instead_of` is one that is no good. Answered with a Grant, or
    a TokenError is thrown in."""

    want: TokenWant
    instead_of: Grant | None = None


Step = Send | FindCredentials | AskBase | Obtain


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: the last answer, what was presented with it, and which credentials stayed behind."""

    reply: Reply
    presented: Presented | None = None
    withheld: Withheld | None = None
    grant: Grant | None = None


@dataclass
class Habits:
    """How one registry likes to be asked, learnt from its challenges; shared by all requests to it."""

    met: bool = False
    """Whether any answer came yet: before that, only one request is sent (see `reglens.registry.session`)."""
    _challenges: dict[str, tuple[Challenge, ...]] = field(default_factory=dict)
    _proven: set[str] = field(default_factory=set)
    _actions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _scopes: OrderedDict[tuple[str, str], tuple[str, ...]] = field(default_factory=OrderedDict)

    def learn(self, resource: Resource, challenges: tuple[Challenge, ...], *, proven: bool = False) -> None:
        """Remember that `resource` was met with `challenges`.

        What one repository is met with stands for all of its kind until the first that is `proven`, that is, led to an
        answer, takes its place: a repository that is set up wrongly must not spoil the others.
        """
        if proven or resource.kind not in self._challenges:
            self._challenges[resource.kind] = challenges
        if proven:
            self._proven.add(resource.kind)
        asked = next((c for c in challenges if c.is_scheme("bearer") and c.scope), None)
        if asked is None:
            return
        scopes = asked.scopes
        if scopes == resource.scopes(scopes[0].actions):
            self._actions[resource.kind] = scopes[0].actions  # ACR asks for metadata_read to list tags
        elif resource.repository:
            self._scopes[resource.kind, resource.repository] = scope_texts(asked.scope or "")
            if len(self._scopes) > _REMEMBERED:
                self._scopes.popitem(last=False)

    def forget(self, challenges: tuple[Challenge, ...]) -> None:
        """Expect `challenges` no more, as they led nowhere, unless they are proven."""
        for kind in [k for k, known in self._challenges.items() if known is challenges and k not in self._proven]:
            del self._challenges[kind]

    def known(self) -> tuple[Challenge, ...]:
        """The challenges of anything that was met, the registry's base before all else; none if nothing was."""
        kind = next((k for k in ("base", "content", "tags", "catalog") if k in self._challenges), "")
        return self._challenges.get(kind, ())

    def expect(self, resource: Resource) -> tuple[tuple[Challenge, ...], tuple[str, ...]] | None:
        """The challenges and scopes that `resource` will most likely be met with; None if nothing tells."""
        near = {"content": ("content", "tags", "base"), "tags": ("tags", "content", "base")}
        kind = next((k for k in near.get(resource.kind, (resource.kind,)) if k in self._challenges), None)
        if kind is None:
            return None
        scopes = self._scopes.get((kind, resource.repository))
        if scopes is None:
            scopes = tuple(str(s) for s in resource.scopes(self._actions.get(kind, ())))
        return self._challenges[kind], scopes


def scope_texts(text: str) -> tuple[str, ...]:
    """The scopes of a challenge as they are requested: one a resource, in a canonical order; what breaks the grammar
    stays as it was written."""
    parts = [(Scope.parse(part), part) for part in text.split()]
    whole = union(scope for scope, _ in parts if scope.well_formed)
    return (*(str(scope) for scope in whole), *dict.fromkeys(part for scope, part in parts if not scope.well_formed))


def authorize(
    resource: Resource,
    habits: Habits,
    *,
    registry: str,
    base_url: str,
    now: datetime,
    trusted: frozenset[str] = frozenset(),
) -> Generator[Step, Any, Outcome]:
    """The steps by which `resource` of `registry` is read, from `now` on. Raises TokenError, RateLimited and
    whatever is thrown in."""
    return _Flow(resource, habits, registry, base_url, now, trusted).run()


@dataclass
class _Flow:
    resource: Resource
    habits: Habits
    registry: str
    base_url: str
    start: datetime
    trusted: frozenset[str]
    grant: Grant | None = None
    renewed: bool = False
    tried: set[str] = field(default_factory=set)
    withheld: Withheld | None = None

    def run(self) -> Generator[Step, Any, Outcome]:
        presented = yield from self.foresee()
        met: tuple[Challenge, ...] = ()
        reply: Reply = yield Send(presented, self.withheld)
        for _ in range(MAX_SENDS - 1):
            if reply.status != 401:
                break
            challenges = reply.exchange.challenges
            if challenges:
                self.habits.learn(self.resource, challenges)
                met = challenges
            elif self.grant is None:
                challenges = met = yield AskBase()
                self.habits.learn(self.resource, met)
            else:
                challenges = (self.grant.challenge,)
            following = yield from self.choose(challenges, reply)
            if following is None:
                break
            presented = following
            reply = yield Send(presented, self.withheld)
        if self.grant is not None and reply.status < 400:
            self.grant.accepted = True
        if met and reply.status < 400:
            self.habits.learn(self.resource, met, proven=True)
        if reply.status < 300 and presented is None and reply.exchange.challenges and self.resource.kind == "base":
            self.habits.learn(self.resource, reply.exchange.challenges)  # Quay and zot send one with 200
        return Outcome(reply, presented, self.withheld, self.grant)

    def foresee(self) -> Generator[Step, Any, Presented | None]:
        """What to present at once, by what the registry asked for before."""
        expected = self.habits.expect(self.resource)
        if expected is None:
            return None
        challenges, scopes = expected
        try:
            return (yield from self.present(challenges, scopes))
        except RateLimited:
            raise
        except ReglensError:  # a guess went wrong: the registry's own challenge decides
            self.habits.forget(challenges)
            self.tried.clear()
            self.withheld = None
            return None

    def choose(self, challenges: tuple[Challenge, ...], reply: Reply) -> Generator[Step, Any, Presented | None]:
        """What to present after a refusal; None if nothing is left to try."""
        asked = next((c.scope for c in challenges if c.is_scheme("bearer") and c.scope), None)
        scopes = scope_texts(asked or "") or tuple(str(s) for s in self.resource.scopes())
        if self.grant is not None and self.elsewhere(challenges, self.grant):
            if self.grant.accepted and not self.renewed:
                # nvcr.io names another realm to who comes with an expired token, one that knows no anonymous
                # (NVIDIA/nvidia-container-toolkit, issue 1945): what worked before is tried first
                self.renewed = True
                self.tried.discard("elsewhere")
                held = self.grant.key.scopes
                return (yield from self.present((self.grant.challenge,), held, again=True, instead_of=self.grant))
            self.tried.discard("bearer")  # the token was a guess, and this repository has a token server of its own
        elif self.grant is not None and "bearer" in self.tried:
            held = self.grant.key.scopes
            lacking = missing(map(Scope.parse, scopes), map(Scope.parse, held))
            if lacking:
                if "wider" in self.tried:
                    return None
                self.tried.add("wider")
                # the missing one first: some registries read only the first scope (go-containerregistry, bearer.go)
                together = union((*lacking, *map(Scope.parse, held)))
                wanted = {scope.resource for scope in lacking}
                ordered = sorted(together, key=lambda scope: scope.resource not in wanted)
                return (yield from self.present(challenges, tuple(map(str, ordered)), again=True))
            refused = next((c.error for c in challenges if c.is_scheme("bearer")), None)
            old = self.grant.accepted or self.grant.obtained + FRESH < self.start
            if old and not self.renewed and refused != "insufficient_scope":
                self.renewed = True
                return (yield from self.present((self.grant.challenge,), held, again=True, instead_of=self.grant))
        presented = yield from self.present(challenges, scopes)
        if presented is None and not self.tried and any(c.is_scheme("bearer") for c in challenges):
            message = f"The challenge of {self.registry} names no realm, so there is nobody to ask for a token."
            raise TokenError(
                message, "The registry's configuration is at fault; tell its operator.", exchange=reply.exchange
            )
        return presented

    def elsewhere(self, challenges: tuple[Challenge, ...], grant: Grant) -> bool:
        """Whether a challenge is the first to name another realm or service than that of the token in use."""
        offered = next((c for c in challenges if c.is_scheme("bearer") and c.realm), None)
        if offered is None or "elsewhere" in self.tried:
            return False
        realm = judge(offered.realm or "", self.base_url, self.trusted).url
        if (realm, offered.service or "") == (grant.key.realm, grant.key.service):
            return False
        self.tried.add("elsewhere")
        return True

    def present(
        self,
        challenges: tuple[Challenge, ...],
        scopes: tuple[str, ...],
        *,
        again: bool = False,
        instead_of: Grant | None = None,
    ) -> Generator[Step, Any, Presented | None]:
        """Bearer or Basic for these challenges, whichever was not tried and can be had."""
        lookup: Lookup = yield FindCredentials(self.resource.repository)
        credential = lookup.credential
        if credential is not None and not may_carry_credentials(self.base_url):
            reason = f"{self.registry} is reached over plain http"
            origin = origin_of(self.base_url)
            self.withheld = Withheld(self.registry, origin, credential.username, credential.source, reason)
            credential = None
        offered = next((c for c in challenges if c.is_scheme("bearer") and c.realm), None)
        basic_offered = any(c.is_scheme("basic") for c in challenges)
        can_basic = basic_offered and credential is not None and credential.password is not None
        if credential is not None and credential.registry_token is not None:
            return self.present_registry_token(credential, challenges)
        if offered is not None and (again or "bearer" not in self.tried):
            want = want_token(offered, scopes, credential, self.registry, self.base_url, self.trusted)
            if not (want.withheld and can_basic and "basic" not in self.tried):
                self.tried.add("bearer")
                self.withheld = self.withheld or want.withheld
                self.grant = yield Obtain(want, instead_of)
                self.withheld = self.withheld or self.grant.withheld
                return bearer(self.grant.token, self.grant.source)
        if can_basic and "basic" not in self.tried:
            self.tried.add("basic")
            self.grant = self.withheld = None
            assert credential is not None
            assert credential.password is not None
            return basic(credential.username, credential.password, credential.source)
        return None

    def present_registry_token(self, credential: Credential, challenges: tuple[Challenge, ...]) -> Presented | None:
        """docker's ``registrytoken``: sent as it is, without asking anybody (go-containerregistry, bearer.go)."""
        if "bearer" in self.tried or not any(c.is_scheme("bearer") for c in challenges):
            return None
        self.tried.add("bearer")
        assert credential.registry_token is not None
        return bearer(read_token(credential.registry_token.reveal()), credential.source)


def want_token(
    challenge: Challenge,
    scopes: tuple[str, ...],
    credential: Credential | None,
    registry: str,
    base_url: str,
    trusted: frozenset[str] = frozenset(),
) -> TokenWant:
    """The token request for a challenge, with credentials only if its realm may have them. Raises TokenError if the
    realm may not be asked at all."""
    realm = judge(challenge.realm or "", base_url, trusted)
    if not realm.allowed:
        host = _host(realm.url)
        raise TokenError(
            f"No token is asked for: {realm.reason}.", f"If you trust it, add --trust-realm {host}." if host else ""
        )
    if credential is not None and not may_carry_credentials(base_url):
        credential = None
    note, withheld = realm.reason, None
    if credential is not None and not realm.trusted:
        withheld = withhold(credential, registry, realm)
        credential = None
        note = withheld_note(realm.reason, realm.url)
    service = challenge.service or ""
    key = TokenKey(registry, realm.url, service, scopes, credential.identity if credential else "")
    return TokenWant(key, challenge, realm.url, service, scopes, base_url, trusted, credential, withheld, note)


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""
