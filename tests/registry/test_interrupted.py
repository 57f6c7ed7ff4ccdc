"""What goes wrong between one exchange and the next: tokens that die, clocks that jump, registries that restart."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reglens.errors import RateLimited, Reach, Refused, Unreachable
from reglens.oci.reference import Reference
from reglens.registry.options import Options
from reglens.registry.session import Session
from support.pki import Authority
from support.scripted import Answer, Scripted, challenged, index_answer, json_answer

from .test_session_tokens import Clock

PAGES = 5
TAGS = [f"v{page}.{number}" for page in range(PAGES) for number in range(3)]
LIST = "/v2/a/tags/list"
MANIFEST = "/v2/a/manifests/latest"


@pytest.fixture
async def registry() -> AsyncIterator[Scripted]:
    async with Scripted() as scripted:
        yield scripted


def page(number: int) -> Answer:
    names = TAGS[number * 3 : number * 3 + 3]
    more = [("Link", f'<{LIST}?page={number + 1}>; rel="next"')] if number + 1 < PAGES else []
    return json_answer({"name": "a", "tags": names}, headers=more)


def target(number: int) -> str:
    return f"{LIST}?page={number}" if number else LIST


def refusal(registry: Scripted) -> Answer:
    return challenged(
        f'Bearer realm="{registry.url}/token",service="s",scope="repository:a:pull",error="invalid_token"'
    )


def give(registry: Scripted, token: str) -> None:
    registry.expect("GET", "/token", json_answer({"token": token, "expires_in": 60}))


def listing(registry: Scripted, tokens: list[str]) -> None:
    """Pages of which the n-th is given to who has the n-th of `tokens`, and everything else is refused."""
    for number, token in enumerate(tokens):
        registry.expect("GET", target(number), page(number), headers={"Authorization": f"Bearer {token}"})
    for number in range(PAGES):
        registry.expect("GET", target(number), refusal(registry), times=None)


async def listed(session: Session, into: list[str] | None = None) -> list[str]:
    """The tags; `into` takes those that come before an error too."""
    got = into if into is not None else []
    async for names in session.tags("a"):
        got += names
    return got


async def asked(session: Session, role: str) -> None:
    """One attempt to get what `role` is about."""
    if role == "catalog":
        async for _ in session.repositories():
            pass
    elif role == "tags":
        await listed(session)
    else:
        await session.manifest(Reference(session.registry, "a"))


@pytest.mark.parametrize("at", range(1, PAGES))
async def test_a_token_refused_amid_a_list_is_renewed_once_and_nothing_is_lost_or_doubled(
    registry: Scripted, at: int
) -> None:
    listing(registry, ["one"] * at + ["two"] * (PAGES - at))
    give(registry, "one")
    give(registry, "two")
    async with Session(registry.host) as session:
        assert await listed(session) == TAGS
        assert [e.status for e in session.trace].count(401) == 2
    assert len(registry.asked("/token")) == 2


async def test_a_token_that_dies_with_every_page_is_renewed_for_every_page(registry: Scripted) -> None:
    names = [f"t{number}" for number in range(PAGES)]
    listing(registry, names)
    for name in names:
        give(registry, name)
    async with Session(registry.host) as session:
        assert await listed(session) == TAGS
    assert len(registry.requests) == 3 * PAGES


async def test_a_list_whose_renewed_token_is_refused_too_ends_with_what_came(registry: Scripted) -> None:
    listing(registry, ["one", "one"])
    give(registry, "one")
    give(registry, "two")
    got: list[str] = []
    async with Session(registry.host) as session:
        with pytest.raises(Refused):
            await listed(session, got)
    assert got == TAGS[:6]
    assert len(registry.asked("/token")) == 2
    assert len(registry.asked(LIST)) == 5


async def test_a_token_that_expires_amid_a_list_is_replaced_before_it_is_refused(registry: Scripted) -> None:
    clock = Clock()
    listing(registry, ["one", "one", "two", "two", "two"])
    give(registry, "one")
    give(registry, "two")
    got: list[str] = []
    async with Session(registry.host, clock=clock) as session:
        async for names in session.tags("a"):
            got += names
            if len(got) == 6:
                clock.now += timedelta(seconds=61)
        assert [e.status for e in session.trace].count(401) == 1
    assert got == TAGS


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(hours=-6), timedelta(days=-400)])
async def test_a_clock_that_jumps_costs_one_token_and_no_loop(registry: Scripted, jump: timedelta) -> None:
    clock = Clock()
    registry.expect("GET", MANIFEST, index_answer(), headers={"Authorization": "Bearer one"}, times=2)
    registry.expect("GET", MANIFEST, index_answer(), headers={"Authorization": "Bearer two"}, times=5)
    registry.expect("GET", MANIFEST, refusal(registry))
    give(registry, "one")
    give(registry, "two")
    reference = Reference(registry.host, "a")
    async with Session(registry.host, clock=clock) as session:
        for _ in range(2):
            await session.manifest(reference)
        clock.now += jump
        for _ in range(5):
            await session.manifest(reference)
        assert [e.status for e in session.trace].count(401) == 1, "a dead token is not presented"


async def test_a_clock_set_back_a_little_costs_nothing(registry: Scripted) -> None:
    clock = Clock()
    registry.expect("GET", MANIFEST, index_answer(), headers={"Authorization": "Bearer one"}, times=2)
    registry.expect("GET", MANIFEST, refusal(registry))
    give(registry, "one")
    async with Session(registry.host, clock=clock) as session:
        await session.manifest(Reference(registry.host, "a"))
        clock.now -= timedelta(seconds=2)
        await session.manifest(Reference(registry.host, "a"))


async def test_a_token_request_that_outlasts_the_tokens_life_does_not_loop(registry: Scripted) -> None:
    """Each token is dead by the clock when it arrives, and is used once all the same."""

    class Racing(Clock):
        def __call__(self) -> Any:
            self.now += timedelta(minutes=10)
            return self.now

    registry.expect("GET", MANIFEST, index_answer(), headers={"Authorization": "Bearer one"}, times=3)
    registry.expect("GET", MANIFEST, refusal(registry))
    registry.expect("GET", "/token", json_answer({"token": "one", "expires_in": 60}), times=3)
    async with Session(registry.host, clock=Racing()) as session:
        for _ in range(3):
            await session.manifest(Reference(registry.host, "a"))


class Restarting:
    """A registry that hangs up on everybody, and is back at once, when its token server has answered. With `forgets`,
    it takes none of the tokens from before."""

    def __init__(self, *, forgets: bool) -> None:
        self.forgets = forgets
        self.generation = 0
        self.asked: Counter[str] = Counter()
        self.writers: set[asyncio.StreamWriter] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.host = ""

    def answer(self, head: str) -> tuple[bytes, str, list[str]]:
        path = head.split(" ", 2)[1]
        if path.startswith("/token"):
            return json.dumps({"token": f"t{self.generation}"}).encode(), "200 OK", []
        fitting = {f"bearer t{self.generation}"} | (set() if self.forgets else {"bearer t0", "bearer t1"})
        if any(f"authorization: {one}" in head.lower() for one in fitting):
            return index_answer().body, "200 OK", [f"Content-Type: {dict(index_answer().headers)['Content-Type']}"]
        return b"{}", "401 No", [f'WWW-Authenticate: Bearer realm="http://{self.host}/token",scope="repository:a:pull"']

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.asked[head.split(" ")[1].partition("?")[0]] += 1
                body, status, more = self.answer(head)
                lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
                await writer.drain()
                if "/token" in head and self.generation == 0:
                    self.restart()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def restart(self) -> None:
        self.generation += 1
        for writer in self.writers:
            writer.close()


@pytest.mark.parametrize("forgets", [False, True])
async def test_a_registry_that_restarts_between_token_and_manifest(forgets: bool) -> None:
    registry = Restarting(forgets=forgets)
    server = await asyncio.start_server(registry.serve, "127.0.0.1", 0)
    async with server:
        registry.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        clock = Clock()
        async with Session(registry.host, options=Options(plain_http=True), clock=clock) as session:
            reference = Reference(registry.host, "a")
            if forgets:  # a new token that nobody takes: said, and the next attempt gets one of its own
                with pytest.raises(Refused):
                    await session.manifest(reference)
                with pytest.raises(Refused):
                    await session.manifest(reference)
                assert registry.asked["/token"] == 1, "at once another one would be no different"
                clock.now += timedelta(seconds=4)
            assert (await session.manifest(reference)).raw == index_answer().body
        await asyncio.gather(*registry.tasks)
    assert registry.asked["/token"] == 1 + forgets


async def test_a_token_server_whose_name_cannot_be_found_is_told_as_such(
    registry: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    sought: list[str] = []
    known = socket.getaddrinfo

    def resolve(host: Any, *others: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if not name.startswith("127."):
            sought.append(name)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return known(host, *others, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    registry.expect("GET", MANIFEST, challenged('Bearer realm="http://auth.localhost/token"'))
    async with Session(registry.host, options=Options(plain_http=True)) as session:
        with pytest.raises(Unreachable, match=r"auth\.localhost cannot be found") as raised:
            await session.manifest(Reference(registry.host, "a"))
    assert raised.value.kind is Reach.NAME
    assert "realm" in raised.value.hint
    assert set(sought) == {"auth.localhost"}


ROLES = {
    "catalog": "/v2/_catalog",
    "tags": LIST,
    "manifest": MANIFEST,
    "token": "/token",
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("wait", ["0", "3600", "-1", "soon", ""])
async def test_a_storm_of_429_is_met_with_few_requests(role: str, wait: str) -> None:
    """Whatever the answer says of when to come again: at once, never, nonsense, nothing."""
    many = [("Retry-After", wait)] if wait else []
    async with Scripted() as registry:
        if role == "token":
            registry.expect("GET", MANIFEST, refusal(registry), times=None)
        registry.expect("GET", ROLES[role], json_answer({"errors": []}, 429, many), times=None)
        async with Session(registry.host, options=Options(plain_http=True, timeout=1)) as session:
            for _ in range(3):
                with pytest.raises(RateLimited) as raised:
                    await asked(session, role)
                assert raised.value.hint
        assert len(registry.requests) <= 3 * 8, "each attempt ends"


class Wire:
    """Passes octets between client and server, and cuts the server's after so many of them."""

    def __init__(self, port: int, cut: int) -> None:
        self.port, self.cut = port, cut
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        there, back = await asyncio.open_connection("127.0.0.1", self.port)

        async def onward() -> None:
            with contextlib.suppress(OSError):
                while data := await reader.read(65_536):
                    back.write(data)
            back.transport.abort()

        sending = asyncio.create_task(onward())
        try:
            while self.cut > 0 and (data := await there.read(min(self.cut, 65_536))):
                writer.write(data)
                await writer.drain()
                self.cut -= len(data)
        except OSError:
            pass
        finally:
            sending.cancel()
            back.transport.abort()
            writer.transport.abort()


async def test_tls_that_breaks_off_at_any_point_is_told(tmp_path: Path) -> None:
    """In the handshake, between handshake and answer, in the headers, in the body: an error, never a part."""
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("registry"))
    ends: Counter[str] = Counter()
    async with Scripted(tls=context) as registry:
        registry.expect("GET", MANIFEST, index_answer(), times=None)
        for cut in (*range(1, 1800, 40), 10**6):
            wire = Wire(int(registry.host.rpartition(":")[2]), cut)
            server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
            async with server:
                host = f"localhost:{server.sockets[0].getsockname()[1]}"
                # only one connection is made: a look whether it speaks TLS would use the octets up
                options = Options(ca_file=authority.path, timeout=20)
                session = Session(host, options=options)
                session._channel.transport.base_url = f"https://{host}"
                async with session:
                    try:
                        whole = (await session.manifest(Reference(host, "a"))).raw == index_answer().body
                        ends["whole" if whole else "altered"] += 1
                    except Unreachable as error:
                        ends[str(error.kind) if error.hint else "unexplained"] += 1
                await asyncio.gather(*wire.tasks)
    print(f"TLS cut: {dict(ends)}")
    assert not {"altered", "unexplained"} & set(ends)
    assert ends["whole"]
    assert ends["tls"]
    assert ends["answer"]
