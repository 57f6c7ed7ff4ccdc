"""Requests on their ways: through SOCKS and HTTP proxies, over IPv6, with certificates of a host's own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from reglens.errors import Reach, Unreachable, UsageError
from reglens.registry.options import Options
from reglens.registry.session import Session
from reglens.registry.ways.machine import Machine
from reglens.registry.ways.model import Trust
from reglens.registry.ways.tls import system_context, tls_context
from support.pki import Authority

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


class Server:
    """A server that answers each request alike, and keeps what it was sent. `opening` runs at each connection first."""

    def __init__(self, answer: bytes = OK) -> None:
        self.answer = answer
        self.heads: list[bytes] = []
        self.peers: list[dict[str, object] | None] = []
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            self.peers.append(writer.get_extra_info("peercert"))
            await self.opening(reader, writer)
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(self.answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            writer.transport.abort()

    async def opening(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Nothing, for a plain server."""


class Socks(Server):
    """A SOCKS5 proxy (RFC 1928) that plays the server behind it too; it notes the host that was asked for."""

    host = ""

    async def opening(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        _, _, _, kind = await reader.readexactly(4)
        assert kind == 3, "the name is left to the proxy"
        name = await reader.readexactly((await reader.readexactly(1))[0])
        port = int.from_bytes(await reader.readexactly(2))
        self.host = f"{name.decode()}:{port}"
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")


@asynccontextmanager
async def listening(server: Server, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    listener = await asyncio.start_server(server.serve, host, 0, ssl=tls)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for task in tuple(server.tasks):
            task.cancel()
        await asyncio.gather(*server.tasks, return_exceptions=True)


async def test_a_socks_proxy_resolves_the_name_and_is_named_in_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Socks()
    async with listening(proxy) as port:
        monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{port}")
        async with Session("registry.test:5000", options=Options(plain_http=True, timeout=5)) as session:
            exchange = await session.ping()
    assert proxy.host == "registry.test:5000"
    assert exchange.via == f"socks5://127.0.0.1:{port}"
    assert exchange.timing.connect is not None


async def test_a_proxys_password_goes_to_the_proxy_and_into_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Server()
    async with listening(proxy) as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:verysecret@127.0.0.1:{port}")
        async with Session("registry.test", options=Options(plain_http=True, timeout=5)) as session:
            exchange = await session.ping()
    assert b"Proxy-Authorization: Basic dXNlcjp2ZXJ5c2VjcmV0" in proxy.heads[0]
    assert "verysecret" not in repr(exchange)
    assert exchange.via.endswith(f"@127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("answer", "words", "hint"),
    [
        (b"407 Proxy Authentication Required", "407", "user:password@"),
        (b"403 Filtered", "403 Filtered", "NO_PROXY"),
        (b"502 Bad Gateway", "502", "NO_PROXY"),
    ],
)
async def test_a_proxys_refusal_is_its_own(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, words: str, hint: str
) -> None:
    async with listening(Server(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\n\r\n")) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        async with Session("registry.test", options=Options(timeout=5)) as session:
            with pytest.raises(Unreachable) as raised:
                await session.ping()
    assert raised.value.kind is Reach.PROXY
    expected = f"The proxy http://127.0.0.1:{port} refuses to connect to registry.test: {words}"
    assert raised.value.message.startswith(expected)
    assert hint in raised.value.hint


async def test_a_login_that_the_proxy_wants_for_plain_http_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(Server(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")) as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        async with Session("registry.test", options=Options(plain_http=True, timeout=5)) as session:
            with pytest.raises(Exception, match=rf"The proxy http://127\.0\.0\.1:{port} wants a login"):
                await session.ping()


async def test_a_proxy_that_is_not_there_is_told_from_a_registry_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: refused
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{held.getsockname()[1]}")
        async with Session("registry.test", options=Options(timeout=5)) as session:
            with pytest.raises(Unreachable, match="The proxy http://127") as raised:
                await session.ping()
    assert raised.value.kind is Reach.PROXY


async def test_an_ipv6_address_is_a_host_like_any_other(tmp_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server"))
    server = Server()
    options = Options(ca_file=authority.path, timeout=5)
    async with listening(server, "::1", context) as port, Session(f"[::1]:{port}", options=options) as session:
        exchange = await session.ping()
    assert exchange.url == f"https://[::1]:{port}/v2/"
    assert exchange.peer == f"[::1]:{port}"
    assert f"host: [::1]:{port}".encode() in server.heads[0].lower()


async def test_a_hosts_client_certificate_is_shown_to_that_host_alone(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    certificate, key = authority.issue("alice", client=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server"))
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(authority.path)
    own, other = Server(), Server()
    async with listening(own, tls=context) as first, listening(other, tls=context) as second:
        folder = tmp_path / "etc/containers/certs.d" / f"127.0.0.1:{first}"
        folder.mkdir(parents=True)
        (folder / "ca.crt").write_bytes(authority.path.read_bytes())
        (folder / "me.cert").write_bytes(certificate.read_bytes())
        (folder / "me.key").write_bytes(key.read_bytes())
        machine = Machine(environ={}, home=tmp_path, root=tmp_path)
        options = Options(machine=machine, ca_file=authority.path, timeout=5)
        async with Session(f"127.0.0.1:{first}", options=options) as session:
            await session.ping()
            own.answer = (
                f"HTTP/1.1 307 Away\r\nLocation: https://127.0.0.1:{second}/v2/\r\nContent-Length: 0\r\n\r\n".encode()
            )
            await session.ping()
    shown = [bool(peer) for peer in own.peers]
    assert any(shown)
    assert [bool(peer) for peer in other.peers] == [False]


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "ca.crt"
    broken.write_text("no PEM")
    with pytest.raises(UsageError, match=r"ca\.crt"):
        tls_context(Options(), Trust((broken,)))
    with pytest.raises(UsageError, match=r"ca\.crt"):
        tls_context(Options(), Trust(client=(broken, None)))
    with pytest.raises(UsageError, match="SSL_CERT_FILE"):
        system_context({"SSL_CERT_FILE": str(tmp_path / "none.pem")})


def test_ssl_cert_file_stands_alone(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    assert system_context({"SSL_CERT_FILE": str(authority.path)}).cert_store_stats()["x509_ca"] == 1


async def test_a_registry_at_a_unix_socket(tmp_path: Path) -> None:
    server = Server()
    path = tmp_path / "registry.sock"
    listener = await asyncio.start_unix_server(server.serve, path)
    try:
        options = Options(unix_socket=path, timeout=5)
        async with Session("localhost", options=options) as session:
            exchange = await session.ping()
    finally:
        listener.close()
        await asyncio.gather(*server.tasks, return_exceptions=True)
    assert exchange.url == "http://localhost/v2/"
    assert len(server.heads) == 1


async def test_a_unix_socket_where_nobody_answers_is_told(tmp_path: Path) -> None:
    path = tmp_path / "registry.sock"
    closing = await asyncio.start_unix_server(lambda _, writer: writer.close(), path)
    options = Options(unix_socket=path, timeout=5)
    async with Session("localhost", options=options) as session:
        with pytest.raises(Unreachable) as raised:
            await session.ping()
        assert raised.value.kind is Reach.ANSWER
        closing.close()
        path.unlink(missing_ok=True)
        with pytest.raises(Unreachable) as raised:
            await session.ping()
    assert raised.value.kind is Reach.CONNECT
