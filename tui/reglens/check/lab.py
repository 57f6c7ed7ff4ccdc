"""The laboratory: a token request changed at will, sent, its token used, and the outcome laid beside the last one.

One attempt is three exchanges: the resource without authorization (what does the registry ask?), the token request as
the person made it, the resource with what came of it. Nothing is repaired on the way: a mistake is sent as it stands,
which is the point. Two rules hold nevertheless: credentials go only where `reglens.auth.realm` lets them, and nothing
is changed on the registry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from reglens.auth.credentials import Credential, Lookup
from reglens.auth.realm import judge, may_carry_credentials
from reglens.auth.reply import Presented, basic, bearer
from reglens.auth.token import Token, read_token
from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.evidence import from_trace
from reglens.diagnosis.finding import Comparison, Diagnosis, RowName
from reglens.oci import media
from reglens.oci.reference import HUB_LIBRARY, Reference
from reglens.oci.scope import Scope
from reglens.registry.session import Session
from reglens.registry.transport import Call
from reglens.secret import Secret
from reglens.trace.curl import token_url
from reglens.trace.exchange import Exchange, Role

RESOURCE_LIMIT = 4 << 20
TOKEN_LIMIT = 1 << 20


class Show(StrEnum):
    """What the last request presents as ``Authorization``."""

    TOKEN = "the token as bearer"  # noqa: S105 - a choice, not a secret
    NULL = "Bearer null"
    BASIC = "Basic credentials"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A token request and the use of its token, every part open to change.

    `service` None sends no ``service`` at all; no `scopes` send no ``scope``. `joined` puts all scopes into one
    parameter instead of one each. `account` ``""`` sends none. `verb` is how the token is asked for (GET, POST),
    `method` how the resource is (GET, HEAD).
    """

    reference: Reference
    realm: str = ""
    service: str | None = None
    scopes: tuple[str, ...] = ()
    joined: bool = False
    account: str = ""
    verb: str = "GET"
    anonymous: bool = True
    show: Show = Show.TOKEN
    method: str = "GET"
    accept: str = media.ACCEPT
    action: str = "pull"

    @property
    def sent_scopes(self) -> tuple[str, ...]:
        """The values of the ``scope`` parameters as they are sent."""
        return (" ".join(self.scopes),) if self.joined and self.scopes else self.scopes

    def form(self) -> tuple[tuple[str, str], ...]:
        """The fields of a POST (distribution, docs/content/spec/auth/oauth.md), without the credentials."""
        fields = [("grant_type", "password"), ("client_id", "reglens")]
        fields += [("service", self.service)] if self.service is not None else []
        return (*fields, *(("scope", " ".join(self.scopes)) for _ in self.scopes[:1]))


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt made: its exchanges and their diagnosis. `note` says what was held back, if anything was."""

    attempt: Attempt
    exchanges: tuple[Exchange, ...]
    diagnosis: Diagnosis
    note: str = ""

    def differs(self, other: Try) -> tuple[RowName, ...]:
        """The rows of the comparison that are not as in `other`."""
        return differences(self.diagnosis.comparison, other.diagnosis.comparison)


@dataclass(frozen=True, slots=True)
class Preset:
    """A classic mistake, or the right way, to learn from. `change` makes it of the right attempt."""

    name: str
    teaches: str
    change: Callable[[Attempt], Attempt]


def differences(one: Comparison, other: Comparison) -> tuple[RowName, ...]:
    """The rows whose cells or verdicts are not the same."""
    return tuple(name for name in RowName if one.row(name).differs(other.row(name)))


async def right_attempt(session: Session, reference: Reference) -> Attempt:
    """The attempt that the registry asks for: its challenge's realm, service and scope.

    A registry that asks for nothing, or not for a bearer token, gives one without a realm.
    """
    answer = await session.send(_resource(Attempt(reference), None))
    challenge = next((c for c in answer.challenges if c.is_scheme("bearer")), None)
    if challenge is None:
        show = Show.BASIC if any(c.is_scheme("basic") for c in answer.challenges) else Show.NOTHING
        return Attempt(reference, show=show)
    scopes = tuple((challenge.scope or "").split()) or (str(Scope.repository(reference.repository)),)
    return Attempt(reference, challenge.realm or "", challenge.service, scopes)


async def make(session: Session, attempt: Attempt, lookup: Lookup | None = None) -> Try:
    """Send the attempt as it stands. `lookup` has the credentials for one that is not anonymous.

    Never raises for what servers do; may be cancelled.
    """
    start = session.trace.count
    notes: list[str] = []
    credential = lookup.credential if lookup and not attempt.anonymous else None
    first = await session.send(_resource(attempt, None))
    token = await _token(session, attempt, credential, notes) if attempt.realm else None
    presented = _presented(session, attempt, token, credential, notes)
    if presented is not None and attempt.action == "pull":
        await session.send(_resource(attempt, presented))
    elif presented is not None:
        await _push(session, attempt, first, presented, notes)
    exchanges = session.trace.since(start)
    evidence = from_trace(exchanges, attempt.reference, now=session.clock(), lookup=lookup, action=attempt.action)
    return Try(attempt, exchanges, diagnose(evidence), "; ".join(notes))


async def _push(session: Session, attempt: Attempt, first: Exchange, shown: Presented, notes: list[str]) -> None:
    """Knock at the push side only where it is sure to stay shut: with a token that was read and does not grant it."""
    wanted = Scope.repository(attempt.reference.repository, "push")
    token = shown.token
    if first.status != 401 or token is None or token.claims is None or any(s.covers(wanted) for s in token.access):
        notes.append("no push was tried, as it might begin one; the token tells whether it would be let in")
        return
    path = f"/v2/{attempt.reference.repository}/blobs/uploads/"
    await session.send(Call(Role.BLOB, path, TOKEN_LIMIT, "POST", (), shown))


async def _token(session: Session, attempt: Attempt, credential: Credential | None, notes: list[str]) -> Token | None:
    realm = judge(attempt.realm, session.base_url, session.options.trust.of(session.registry))
    if not realm.allowed:
        notes.append(f"no token was asked for: {realm.reason}")
        return None
    password = credential.password if credential else None
    if password is not None and not realm.trusted:
        notes.append(f"credentials were withheld: {realm.reason}")
        credential, password = None, None
    account = attempt.account or (credential.username if credential else "")
    presented = None
    form: tuple[tuple[str, str | Secret], ...] = ()
    url = realm.url
    if attempt.verb == "POST":
        form = attempt.form()
        if credential is not None and password is not None:
            form += (("username", credential.username), ("password", password))
    else:
        url = token_url(realm.url, attempt.service, attempt.sent_scopes, account)
        if credential is not None and password is not None:
            presented = basic(credential.username, password, credential.source)
    call = Call(Role.TOKEN, url, TOKEN_LIMIT, attempt.verb, (("Accept", "application/json"),), presented, form)
    exchange = await session.send(call)
    return exchange.token


def _presented(
    session: Session, attempt: Attempt, token: Token | None, credential: Credential | None, notes: list[str]
) -> Presented | None:
    if attempt.show is Show.NULL:
        return bearer(read_token("null"), "the laboratory")
    if attempt.show is Show.TOKEN:
        return bearer(token, "the token server") if token is not None else None
    if attempt.show is Show.BASIC:
        if credential is None or credential.password is None:
            notes.append("there are no user name and password to present")
            return None
        if not may_carry_credentials(session.base_url):
            notes.append("credentials were withheld: the registry is reached over plain http")
            return None
        return basic(credential.username, credential.password, credential.source)
    return None


def _resource(attempt: Attempt, presented: Presented | None) -> Call:
    reference = attempt.reference
    path = f"/v2/{reference.repository}/manifests/{reference.target}"
    return Call(Role.MANIFEST, path, RESOURCE_LIMIT, attempt.method, (("Accept", attempt.accept),), presented)


def _without_library(attempt: Attempt) -> Attempt:
    short = attempt.reference.repository.removeprefix(HUB_LIBRARY)
    reference = replace(attempt.reference, repository=short, typed="")
    scopes = tuple(text.replace(f":{attempt.reference.repository}:", f":{short}:") for text in attempt.scopes)
    return replace(attempt, reference=reference, scopes=scopes)


def _pushing(attempt: Attempt) -> Attempt:
    return replace(attempt, scopes=(f"repository:{attempt.reference.repository}:pull,push",), action="push")


def _two_scopes(attempt: Attempt, joined: bool) -> Attempt:
    return replace(attempt, scopes=(*attempt.scopes, "repository:library/busybox:pull"), joined=joined)


PRESETS = (
    Preset("as the registry asks", "The challenge's own realm, service and scope: this works.", lambda a: a),
    Preset(
        "service of the index host",
        "The token is made for index.docker.io; the registry takes only its own service as audience.",
        lambda a: replace(a, service="index.docker.io"),
    ),
    Preset(
        "scope lost in the shell",
        "An unquoted & ends the command, so what stands behind it is never sent: the token grants nothing.",
        lambda a: replace(a, scopes=()),
    ),
    Preset("without library/", "Official images of Docker Hub live in the namespace library/.", _without_library),
    Preset(
        "push where pull is granted", "The token server grants less than was asked and says 200 all the same.", _pushing
    ),
    Preset("two scopes, a parameter each", "As the specification wants it.", lambda a: _two_scopes(a, False)),
    Preset(
        "two scopes in one parameter",
        "Some token servers read only the first, or none.",
        lambda a: _two_scopes(a, True),
    ),
    Preset(
        "no service",
        "The challenge names a service; without it the audience is empty.",
        lambda a: replace(a, service=None),
    ),
    Preset("Bearer null", "What jq prints when the answer has no such field.", lambda a: replace(a, show=Show.NULL)),
    Preset(
        "Basic to a bearer registry",
        "User name and password go to the token server, not to the registry.",
        lambda a: replace(a, show=Show.BASIC, anonymous=False),
    ),
    Preset(
        "HEAD instead of GET",
        "The same rights, and no body to read the error in.",
        lambda a: replace(a, method="HEAD"),
    ),
    Preset(
        "an Accept that leaves indexes out",
        "Some registries answer 404 for a manifest of a type that was not asked for.",
        lambda a: replace(a, accept=media.DOCKER_MANIFEST),
    ),
)
"""From the right way through the classic mistakes."""
