"""Servers that misbehave, on real sockets: every fault has its message, and nothing hangs or is lost."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from reglens.errors import AnswerInvalid, Reach, RegistryError, TooLarge, Unreachable, UsageError
from reglens.oci.reference import Reference
from reglens.registry import transport
from reglens.registry.body import ERROR_LIMIT, LIST_LIMIT
from reglens.registry.options import Options
from reglens.registry.session import Session
from reglens.trace.exchange import Exchange
from support.scripted import Answer, Scripted, index_answer, json_answer

PATH = "/v2/a/manifests/latest"


@pytest.fixture
async def registry() -> AsyncIterator[Scripted]:
    async with Scripted() as scripted:
        yield scripted


async def manifest(registry: Scripted, **options: object) -> Exchange:
    """The last exchange of fetching a manifest; raises what the session raises."""
    async with Session(registry.host, options=Options(**options)) as session:  # type: ignore[arg-type]
        await session.manifest(Reference(registry.host, "a"))
        return session.trace.exchanges[-1]


async def test_every_exchange_is_put_when_sent_and_when_ended_with_its_times(registry: Scripted) -> None:
    registry.expect("GET", PATH, index_answer())
    seen: list[Exchange] = []
    async with Session(registry.host) as session:
        session.trace.listeners.append(seen.append)
        await session.manifest(Reference(registry.host, "a"))
    sent, ended = seen
    assert (sent.number, sent.status, sent.failure) == (1, None, None)
    assert (ended.number, ended.status) == (1, 200)
    assert ended.timing.total is not None
    assert ended.timing.first_byte is not None
    assert ended.timing.connect is not None
    assert ended.peer == registry.host
    assert ended.http_version == "HTTP/1.1"
    assert ended.body.text.startswith("{")


async def test_plain_http_on_this_machine_is_found_and_said_once(registry: Scripted) -> None:
    registry.expect("GET", PATH, index_answer(), times=2)
    async with Session(registry.host) as session:
        assert session.base_url == ""
        for _ in range(2):
            await session.manifest(Reference(registry.host, "a"))
        assert session.base_url == registry.url
    notes = [exchange.note for exchange in session.trace]
    assert "plain http is used" in notes[0]
    assert notes[1] == ""


async def test_a_loopback_server_that_hangs_up_on_tls_is_asked_over_plain_http() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(1)
        if first == b"G":
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, Session(f"127.0.0.1:{server.sockets[0].getsockname()[1]}") as session:
        assert (await session.ping()).status == 200


async def test_nothing_listening_is_told_and_looked_for_again() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        async with Session(host) as session:
            with pytest.raises(Unreachable, match="refuses connections") as raised:
                await session.ping()
            assert session.base_url == ""
    assert raised.value.kind is Reach.CONNECT
    assert "Check host and port" in raised.value.hint
    assert session.trace.exchanges[0].failure is not None


async def test_many_requests_to_a_host_that_is_down_fail_together() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        async with Session(host) as session:
            results = await asyncio.gather(
                *(session.resolve(Reference(host, "a", f"v{n}")) for n in range(20)), return_exceptions=True
            )
    assert all(isinstance(result, Unreachable) for result in results)


async def test_an_unknown_host_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    async with Session("no-such-host.test", options=Options(plain_http=True)) as session:
        with pytest.raises(Unreachable, match="cannot be found") as raised:
            await session.ping()
    assert raised.value.kind is Reach.NAME
    assert "spelling" in raised.value.hint


async def test_a_server_that_says_nothing_ends_at_the_time_out(registry: Scripted) -> None:
    registry.expect("GET", PATH, Answer(after=asyncio.Event()))
    with pytest.raises(Unreachable, match="said nothing") as raised:
        await manifest(registry, timeout=0.1)
    assert raised.value.timed_out
    assert "--timeout" in raised.value.hint


async def test_a_server_that_drips_ends_too(registry: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "PATIENCE", 2)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(500):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.transport.abort()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Session(host, options=Options(plain_http=True, timeout=0.1)) as session:
            with pytest.raises(Unreachable, match="too slow"):
                await session.ping()
        await ended.wait()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "closed the connection without an answer"),
        (b"HTTP/1.1 200", "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "does not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "does not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "does not answer in HTTP"),
    ],
)
async def test_what_is_no_http_is_said_to_be_none(registry: Scripted, raw: bytes, words: str) -> None:
    registry.expect("GET", PATH, Answer(raw=raw, hang_up=0))
    with pytest.raises(Unreachable, match=words):
        await manifest(registry)


@pytest.mark.parametrize(
    "raw",
    [
        b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"half":',
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"half":',
    ],
)
async def test_a_body_broken_off_is_told(registry: Scripted, raw: bytes) -> None:
    registry.expect("GET", PATH, Answer(raw=raw, hang_up=0))
    with pytest.raises(AnswerInvalid, match="broke the answer off") as raised:
        await manifest(registry)
    assert raised.value.exchange is not None
    assert raised.value.exchange.status == 200


@pytest.mark.parametrize("cut", range(0, 120, 7))
async def test_an_answer_cut_at_any_octet_is_an_error_and_never_a_wrong_result(registry: Scripted, cut: int) -> None:
    whole = index_answer().octets("GET")
    assert cut < len(whole)
    registry.expect("GET", PATH, Answer(raw=whole[:cut], hang_up=0))
    with pytest.raises((AnswerInvalid, Unreachable)):
        await manifest(registry)


async def test_an_error_of_ten_megabytes_is_read_to_its_bound(registry: Scripted) -> None:
    registry.expect("GET", PATH, Answer(500, [], b"x" * (10 << 20)))
    with pytest.raises(RegistryError, match=r"failed \(500\)") as raised:
        await manifest(registry)
    exchange = raised.value.exchange
    assert exchange is not None
    assert len(exchange.body.data) == ERROR_LIMIT
    assert exchange.body.size == 10 << 20
    assert exchange.body.cut


async def test_an_error_whose_body_never_comes_is_told_without_it(registry: Scripted) -> None:
    registry.expect("GET", PATH, Answer(raw=b"HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\nab"))
    with pytest.raises(RegistryError) as raised:
        await manifest(registry, timeout=0.1)
    assert raised.value.exchange is not None
    assert "could not be read" in raised.value.exchange.note


async def test_a_manifest_beyond_the_bound_is_refused_by_its_declared_length(registry: Scripted) -> None:
    registry.expect("GET", PATH, Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", hang_up=0))
    with pytest.raises(TooLarge):
        await manifest(registry)


async def test_a_compression_bomb_ends_at_the_bound(registry: Scripted) -> None:
    bomb = gzip.compress(b" " * (LIST_LIMIT + 1), compresslevel=9)
    registry.expect("GET", "/v2/a/tags/list", Answer(200, [("Content-Encoding", "gzip")], bomb))
    async with Session(registry.host) as session:
        with pytest.raises(TooLarge):
            await anext(session.tags("a"))


async def test_a_compressed_list_is_read(registry: Scripted) -> None:
    registry.expect(
        "GET", "/v2/a/tags/list", Answer(200, [("Content-Encoding", "gzip")], gzip.compress(b'{"tags":["x"]}'))
    )
    async with Session(registry.host) as session:
        assert await anext(session.tags("a")) == ["x"]


@pytest.mark.parametrize(
    ("coding", "body"), [("br", b"x"), ("gzip", b"not gzip"), ("gzip", gzip.compress(b"{}", mtime=0)[:-4])]
)
async def test_a_coding_that_cannot_be_undone_is_told(registry: Scripted, coding: str, body: bytes) -> None:
    registry.expect("GET", PATH, Answer(200, [("Content-Encoding", coding)], body))
    with pytest.raises(AnswerInvalid):
        await manifest(registry)


async def test_a_cancelled_request_is_recorded_and_its_connection_closed(registry: Scripted) -> None:
    registry.expect("GET", PATH, Answer(after=asyncio.Event()))
    registry.expect("GET", "/v2/", Answer(200, body=b"{}"))
    async with Session(registry.host) as session:
        task = asyncio.create_task(session.manifest(Reference(registry.host, "a")))
        await registry.arrived(PATH)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        [exchange] = session.trace.exchanges
        assert exchange.failure is not None
        assert exchange.failure.message == "cancelled"
        await session.ping()


async def test_a_session_closed_under_a_running_request_fails_it(registry: Scripted) -> None:
    registry.expect("GET", PATH, Answer(after=asyncio.Event()))
    session = Session(registry.host)
    task = asyncio.create_task(session.manifest(Reference(registry.host, "a")))
    await registry.arrived(PATH)
    await session.aclose()
    with pytest.raises(Unreachable):
        await task


async def test_a_kept_connection_that_the_server_closed_is_replaced_once(registry: Scripted) -> None:
    registry.expect("GET", "/v2/", Answer(200, body=b"{}"))
    registry.expect("GET", "/v2/", Answer(raw=b"", hang_up=0))
    registry.expect("GET", "/v2/", Answer(200, body=b"{}"))
    async with Session(registry.host) as session:
        for _ in range(2):
            assert (await session.ping()).status == 200
    assert [exchange.status for exchange in session.trace] == [200, None, 200]
    assert "asked again" in session.trace.exchanges[1].note


async def test_nothing_is_logged(registry: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    registry.expect("GET", PATH, index_answer())
    with caplog.at_level(logging.INFO):
        await manifest(registry)
    assert not caplog.records


async def test_plain_http_asked_of_a_tls_port_is_explained(registry: Scripted) -> None:
    words = b"Client sent an HTTP request to an HTTPS server.\n"
    registry.expect("GET", PATH, Answer(400, [], words))
    with pytest.raises(RegistryError, match="speaks TLS") as raised:
        await manifest(registry, plain_http=True)
    assert "--plain-http" in raised.value.hint


async def test_too_many_requests_say_when_to_come_again(registry: Scripted) -> None:
    registry.expect("GET", PATH, json_answer({"errors": [{"code": "TOOMANYREQUESTS"}]}, 429, [("Retry-After", "7")]))
    with pytest.raises(RegistryError, match="too often") as raised:
        await manifest(registry)
    assert "7 s" in raised.value.hint


def certificate(folder: Path, *, expired: bool = False, name: str = "localhost") -> Path:
    """A self-signed certificate and its key for a server on this machine, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    end = now - timedelta(days=1) if expired else now + timedelta(days=1)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, now - timedelta(days=2), end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def tls(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def test_tls_on_this_machine_is_preferred_and_its_certificate_checked(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    async with Scripted(tls=tls(pem)) as registry:
        registry.host = registry.host.replace("127.0.0.1", "localhost")
        registry.expect("GET", PATH, index_answer(), times=2)
        with pytest.raises(Unreachable, match="self-signed") as raised:
            await manifest(registry)
        assert raised.value.kind is Reach.TLS
        assert "--ca-file" in raised.value.hint
        trusted = await manifest(registry, ca_file=pem)
        assert trusted.url == f"https://{registry.host}{PATH}"
        assert trusted.timing.tls is not None
        await manifest(registry, insecure=True)


@pytest.mark.parametrize(
    ("expired", "name", "words"), [(True, "localhost", "has expired"), (False, "other.test", "for another name")]
)
async def test_each_fault_of_a_certificate_is_told_apart(tmp_path: Path, expired: bool, name: str, words: str) -> None:
    pem = certificate(tmp_path, expired=expired, name=name)
    async with Scripted(tls=tls(pem)) as registry:
        registry.host = registry.host.replace("127.0.0.1", "localhost")
        with pytest.raises(Unreachable, match=words):
            await manifest(registry, ca_file=pem)


async def test_certificate_files_that_cannot_be_read_are_wrong_usage(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    async with Scripted(tls=tls(pem)) as registry:
        with pytest.raises(UsageError, match="cannot be read"):
            await manifest(registry, ca_file=tmp_path / "missing.pem")


async def test_the_certificate_store_is_not_built_for_plain_http(
    registry: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: object, **__: object) -> None:
        raise AssertionError("a certificate store was built")

    monkeypatch.setattr(ssl, "create_default_context", build)
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", build)
    registry.expect("GET", PATH, index_answer())
    assert (await manifest(registry)).status == 200
