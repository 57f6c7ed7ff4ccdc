"""Sessions against a token-protected registry on a loopback socket: how many requests, and with what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from reglens.auth.credentials import Consulted, Credential, Lookup, SourceVerdict
from reglens.auth.tokens import TokenCache
from reglens.errors import RateLimited, Refused, TokenError, TokenNotUsed, Unreachable
from reglens.oci.reference import Reference
from reglens.registry.options import Options
from reglens.registry.session import Session
from reglens.secret import Secret
from reglens.trace.exchange import Role
from support.scripted import Answer, Scripted, challenged, index_answer, json_answer

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATH = "/v2/library/alpine/manifests/"
SCOPE = "repository:library/alpine:pull"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Vault:
    """Credentials of one person; counts how often they are looked for."""

    def __init__(self, credential: Credential | None) -> None:
        self.credential = credential
        self.asked: list[str] = []

    async def find(self, registry: str, repository: str) -> Lookup:
        self.asked.append(repository)
        await asyncio.sleep(0)
        return Lookup(self.credential, (Consulted("the vault", SourceVerdict.USED),))


ALICE = Credential("the vault", username="alice", password=Secret("wonderland"))


@pytest.fixture
async def registry() -> AsyncIterator[Scripted]:
    async with Scripted() as scripted:
        yield scripted


def challenge(registry: Scripted, scope: str = SCOPE) -> Answer:
    return challenged(f'Bearer realm="{registry.url}/token",service="svc",scope="{scope}"')


def reference(registry: Scripted, tag: str = "latest") -> Reference:
    return Reference(registry.host, "library/alpine", tag)


def protect(registry: Scripted, token: str = "t1", *, refusals: int | None = 1, tokens: int | None = 1) -> None:
    """Manifests by HEAD for whoever has the token; `refusals` and `tokens` are how often each is expected."""
    registry.script.clear()
    for tag in ("latest", *(f"v{n}" for n in range(20))):
        registry.expect("HEAD", PATH + tag, index_answer(), headers={"Authorization": f"Bearer {token}"}, times=None)
    for tag in ("latest", *(f"v{n}" for n in range(20))):
        registry.expect("HEAD", PATH + tag, challenge(registry), times=None)
    registry.expect("GET", "/token", json_answer({"token": token, "expires_in": 300}), times=tokens)


async def test_the_first_digest_takes_three_requests_and_the_next_one_one(registry: Scripted) -> None:
    protect(registry)
    async with Session(registry.host) as session:
        await session.resolve(reference(registry))
        assert [request.path for request in registry.requests] == [PATH + "latest", "/token", PATH + "latest"]
        await session.resolve(reference(registry, "v1"))
        assert len(registry.requests) == 4
        assert session.identity == "anonymous"


async def test_many_manifests_at_once_make_one_token_request_and_one_refusal(registry: Scripted) -> None:
    protect(registry)
    async with Session(registry.host) as session:
        await asyncio.gather(*(session.resolve(reference(registry, f"v{n}")) for n in range(20)))
    assert len(registry.requests) == 22
    assert [e.status for e in session.trace].count(401) == 1


async def test_a_cancelled_first_waiter_leaves_the_token_request_to_the_others(registry: Scripted) -> None:
    gate = asyncio.Event()
    protect(registry)
    registry.script[-1].answer.after = gate
    async with Session(registry.host) as session:
        first = asyncio.create_task(session.resolve(reference(registry, "v1")))
        others = [asyncio.create_task(session.resolve(reference(registry, f"v{n}"))) for n in (2, 3)]
        await registry.arrived("/token")
        first.cancel()
        await asyncio.sleep(0)
        gate.set()
        assert len(await asyncio.gather(*others)) == 2
        assert len(registry.asked("/token")) == 1
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_a_token_request_that_nobody_waits_for_any_more_is_cancelled_and_recorded(registry: Scripted) -> None:
    protect(registry)
    registry.script[-1].answer.after = asyncio.Event()
    async with Session(registry.host) as session:
        task = asyncio.create_task(session.resolve(reference(registry)))
        await registry.arrived("/token")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    [exchange] = [e for e in session.trace if e.role is Role.TOKEN]
    assert exchange.failure is not None
    assert exchange.failure.message == "cancelled"


async def test_a_cancelled_scout_lets_the_next_one_meet_the_registry(registry: Scripted) -> None:
    gate = asyncio.Event()
    registry.expect("HEAD", PATH + "v1", Answer(after=gate))
    registry.expect("HEAD", PATH + "v2", index_answer(b"{}"))
    async with Session(registry.host) as session:
        first = asyncio.create_task(session.resolve(reference(registry, "v1")))
        second = asyncio.create_task(session.resolve(reference(registry, "v2")))
        await registry.arrived(PATH + "v1")
        first.cancel()
        assert (await second).size == 2
    gate.set()


async def test_a_failed_token_request_is_not_remembered(registry: Scripted) -> None:
    protect(registry, tokens=None)
    registry.script.insert(0, registry.script.pop())
    registry.script[0].times = 1
    registry.script[0].answer, good = json_answer({}, 503), registry.script[0].answer
    registry.expect("GET", "/token", good, times=None)
    async with Session(registry.host) as session:
        with pytest.raises(TokenError):
            await session.resolve(reference(registry))
        await session.resolve(reference(registry))


async def test_an_expired_token_is_replaced_without_provoking_a_refusal(registry: Scripted) -> None:
    clock = Clock()
    protect(registry)
    async with Session(registry.host, clock=clock) as session:
        await session.resolve(reference(registry))
        protect(registry, "t2")
        clock.now += timedelta(seconds=299)
        await session.resolve(reference(registry))
        assert [e.status for e in session.trace].count(401) == 1


async def test_a_token_revoked_midway_is_renewed_once_for_all_that_use_it(registry: Scripted) -> None:
    protect(registry)
    async with Session(registry.host) as session:
        await session.resolve(reference(registry))
        protect(registry, "t2")
        await asyncio.gather(*(session.resolve(reference(registry, f"v{n}")) for n in range(20)))
        assert len(registry.asked("/token")) == 2


async def test_sessions_share_a_cache_but_not_their_identities(registry: Scripted) -> None:
    protect(registry, tokens=2)
    cache = TokenCache()
    async with Session(registry.host, tokens=cache) as anonymous:
        await anonymous.resolve(reference(registry))
    async with Session(registry.host, tokens=cache, credentials=Vault(ALICE)) as alice:
        await alice.resolve(reference(registry))
        assert alice.identity == "alice"
    async with Session(registry.host, tokens=cache) as again:
        await again.resolve(reference(registry))
    assert len(registry.asked("/token")) == 2


async def test_credentials_are_looked_for_once_a_repository(registry: Scripted) -> None:
    protect(registry)
    vault = Vault(ALICE)
    async with Session(registry.host, credentials=vault) as session:
        await asyncio.gather(*(session.resolve(reference(registry, f"v{n}")) for n in range(5)))
        assert vault.asked == ["library/alpine"]
        assert session.lookup is not None
        assert session.lookup.consulted[0].source == "the vault"
    [token] = registry.asked("/token")
    assert token.headers["authorization"] == "Basic YWxpY2U6d29uZGVybGFuZA=="
    assert ("account", "alice") in token.query


async def test_no_secret_is_in_the_trace(registry: Scripted) -> None:
    protect(registry, "a-very-secret-token")
    async with Session(registry.host, credentials=Vault(ALICE)) as session:
        await session.resolve(reference(registry))
    text = repr(session.trace.exchanges)
    assert "wonderland" not in text
    assert "YWxpY2U6d29uZGVybGFuZA" not in text
    assert "a-very-secret-token" not in text
    token = session.trace.exchanges[1]
    assert token.token is not None
    assert token.token.raw.reveal() == "a-very-secret-token"
    last = session.trace.exchanges[2].authorization
    assert last is not None
    assert last.token is not None
    assert "exchange 2" in last.source


async def test_an_identity_token_is_posted(registry: Scripted) -> None:
    protect(registry, tokens=0)
    refresh = Credential("a helper", username="<token>", identity_token=Secret("refresh"))
    form = {"grant_type": "refresh_token", "service": "svc", "client_id": "reglens", "scope": SCOPE}
    registry.expect("POST", "/token", json_answer({"access_token": "t1"}), form={**form, "refresh_token": "refresh"})
    async with Session(registry.host, credentials=Vault(refresh)) as session:
        await session.resolve(reference(registry))
    recorded = dict(session.trace.exchanges[1].form)
    assert recorded["refresh_token"].startswith("sha256:")


async def test_a_silent_token_server_ends_at_the_time_out(registry: Scripted) -> None:
    never = asyncio.Event()
    protect(registry)
    registry.script[-1].answer.after = never
    async with Session(registry.host, options=Options(timeout=0.1)) as session:
        with pytest.raises(Unreachable) as raised:
            await session.resolve(reference(registry))
    assert raised.value.timed_out
    assert raised.value.exchange is not None
    assert raised.value.exchange.role is Role.TOKEN


async def test_a_token_server_asked_too_often_is_told_as_such(registry: Scripted) -> None:
    protect(registry, tokens=0)
    registry.expect("GET", "/token", json_answer({}, 429, [("Retry-After", "30")]))
    async with Session(registry.host) as session:
        with pytest.raises(RateLimited) as raised:
            await session.resolve(reference(registry))
    assert raised.value.retry_after == 30


async def test_a_refused_request_keeps_the_registrys_own_words(registry: Scripted) -> None:
    protect(registry, "t1")
    registry.script = [e for e in registry.script if "Authorization" not in e.headers]
    async with Session(registry.host) as session:
        with pytest.raises(Refused) as raised:
            await session.resolve(reference(registry))
    assert raised.value.status == 401
    assert raised.value.exchange is not None
    assert raised.value.exchange.challenges[0].service == "svc"


async def test_a_missing_challenge_is_made_up_for_by_the_base_route(registry: Scripted) -> None:
    registry.expect("HEAD", PATH + "latest", index_answer(), headers={"Authorization": "Bearer t1"})
    registry.expect("HEAD", PATH + "latest", Answer(401))
    registry.expect("GET", "/v2/", challenged(f'Bearer realm="{registry.url}/token",service="svc"'))
    registry.expect("GET", "/token", json_answer({"token": "t1"}))
    async with Session(registry.host) as session:
        await session.resolve(reference(registry))
    assert ("scope", SCOPE) in registry.asked("/token")[0].query


async def test_acquiring_a_token_asks_as_told_and_changes_nothing(registry: Scripted) -> None:
    registry.expect("HEAD", PATH + "latest", challenge(registry), times=3)
    registry.expect("GET", "/token", json_answer({"token": "t1", "expires_in": 120}), times=3)
    clock = Clock()
    async with Session(registry.host, clock=clock) as session:
        grant = await session.acquire_token(reference(registry))
        assert grant.challenge.service == "svc"
        assert grant.expires == START + timedelta(seconds=120)
        await session.acquire_token(reference(registry), action="push")
        await session.acquire_token(reference(registry), service="other", scopes=["a:b:c", "d:e:f"])
    asked = [request.query for request in registry.asked("/token")]
    assert asked == [
        [("service", "svc"), ("scope", SCOPE)],
        [("service", "svc"), ("scope", "repository:library/alpine:pull,push")],
        [("service", "other"), ("scope", "a:b:c"), ("scope", "d:e:f")],
    ]


async def test_an_open_registry_and_one_with_basic_have_no_token_to_give(registry: Scripted) -> None:
    registry.expect("GET", "/v2/", Answer(200, body=b"{}"))
    registry.expect("GET", "/v2/", challenged('Basic realm="r"'))
    async with Session(registry.host) as session:
        with pytest.raises(TokenNotUsed, match="open to everybody"):
            await session.acquire_token(None)
        with pytest.raises(TokenNotUsed, match="asks for Basic"):
            await session.acquire_token(None)


async def test_a_bearer_challenge_without_realm_is_no_registry_without_tokens(registry: Scripted) -> None:
    registry.expect("GET", "/v2/", challenged('Bearer service="svc"'))
    async with Session(registry.host) as session:
        with pytest.raises(TokenError, match="names no realm") as caught:
            await session.acquire_token(None)
    assert not isinstance(caught.value, TokenNotUsed)
