"""Names that lead inside: what is not the registry itself is sent nothing in a network that the registry is not in."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from reglens.auth.trust import RealmTrust
from reglens.errors import Reach, Unreachable
from reglens.oci.reference import Reference
from reglens.registry import transport
from reglens.registry.options import Options
from reglens.registry.session import Session
from support.scripted import index_answer

OUTSIDE, INSIDE = "127.0.0.1", "127.0.0.2"
"""Both are this machine; in these tests the first counts as public and the second as private."""


class House:
    """A registry and what it leads to, at two addresses and one port; `names` says which name has which."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.names = {"registry.test": OUTSIDE, "auth.test": INSIDE, "store.test": INSIDE}
        self.heard: dict[str, bytes] = {}
        self.connected: list[str] = []
        self.leads_to_store = False

    def answer(self, head: str) -> bytes:
        body, status, more = b"{}", "200 OK", ""
        if head.startswith("GET /token"):
            body = json.dumps({"token": "t"}).encode()
        elif "host: store.test" in head.lower():
            body = index_answer().body
        elif "authorization: bearer t" not in head.lower():
            realm = f"http://auth.test:{self.port}/token"
            status, more = (
                "401 No",
                f'WWW-Authenticate: Bearer realm="{realm}",service="s",scope="repository:a:pull"\r\n',
            )
        elif self.leads_to_store:
            status, more = "307 Away", f"Location: http://store.test:{self.port}/x\r\n"
        else:
            body = index_answer().body
        return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{more}\r\n".encode() + body

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        where = writer.get_extra_info("sockname")[0]
        self.connected.append(where)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heard[where] = self.heard.get(where, b"") + head
            writer.write(self.answer(head.decode()))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError) as error:
            self.heard[where] = self.heard.get(where, b"") + getattr(error, "partial", b"")
        finally:
            writer.close()

    @property
    def registry(self) -> str:
        return f"registry.test:{self.port}"

    async def manifest(self, **options: Any) -> bytes:
        async with Session(self.registry, options=Options(plain_http=True, **options)) as session:
            return (await session.manifest(Reference(self.registry, "a"))).raw


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    with socket.socket() as free:
        free.bind((OUTSIDE, 0))
        made = House(free.getsockname()[1])
    known = socket.getaddrinfo

    def resolve(host: Any, *others: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return known(made.names.get(name, name), *others, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(transport, "is_internal", lambda address: address == INSIDE)
    async with await asyncio.start_server(made.serve, [OUTSIDE, INSIDE], made.port):
        yield made


async def test_a_token_server_whose_name_leads_inside_is_sent_nothing(house: House) -> None:
    with pytest.raises(Unreachable, match=r"auth\.test:\d+ leads to 127\.0\.0\.2, inside a private network") as raised:
        await house.manifest()
    assert raised.value.kind is Reach.CONNECT
    assert "--trust-realm" in raised.value.hint
    assert INSIDE in house.connected, "only the address itself tells"
    assert not house.heard.get(INSIDE)


async def test_a_redirect_whose_name_leads_inside_is_sent_nothing(house: House) -> None:
    house.names["auth.test"] = OUTSIDE
    house.leads_to_store = True
    with pytest.raises(Unreachable, match=r"store\.test:\d+ leads to 127\.0\.0\.2"):
        await house.manifest()
    assert not house.heard.get(INSIDE)


async def test_what_the_person_trusts_may_be_inside(house: House) -> None:
    assert await house.manifest(trust=RealmTrust({"auth.test"})) == index_answer().body
    assert house.heard[INSIDE]


async def test_a_registry_inside_may_lead_inside(house: House) -> None:
    house.names["registry.test"] = INSIDE
    house.leads_to_store = True
    assert await house.manifest() == index_answer().body


async def test_a_registry_outside_may_lead_outside(house: House) -> None:
    house.names |= {"auth.test": OUTSIDE, "store.test": OUTSIDE}
    house.leads_to_store = True
    assert await house.manifest() == index_answer().body
    assert INSIDE not in house.connected


async def test_a_name_that_turns_inward_between_two_requests_is_caught(house: House) -> None:
    """The first token came from outside; the name has moved by the time of the second."""
    house.names["auth.test"] = OUTSIDE
    async with Session(house.registry, options=Options(plain_http=True)) as session:
        await session.manifest(Reference(house.registry, "a"))
        house.names["auth.test"] = INSIDE
        with pytest.raises(Unreachable, match="leads to"):
            await session.acquire_token(Reference(house.registry, "a"))
    assert not house.heard.get(INSIDE)
