"""The steps below HTTP: names, connections, TLS as it is met."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from reglens.check import reach
from reglens.check.model import Step, StepName, StepVerdict
from reglens.registry.options import Options
from reglens.registry.ways.tls import bare_context, tls_context
from reglens.secret import Secret

OPEN = Step(StepName.TCP, StepVerdict.OK)


def contexts(verify: bool) -> ssl.SSLContext:
    return tls_context(Options()) if verify else bare_context()


@pytest.fixture
def server_context(tmp_path: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "registry.example.com")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 5, now - timedelta(9), now - timedelta(2))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "both.pem").write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, *form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    return context


async def test_a_loopback_name_has_an_address_and_an_invalid_one_has_none() -> None:
    step, addresses = await reach.resolve_name(reach.way_to("localhost:5000", Options()), 5)
    assert (step.verdict, "127.0.0.1" in addresses or "::1" in addresses) == (StepVerdict.OK, True)
    step, addresses = await reach.resolve_name(reach.way_to("nobody.invalid", Options()), 5)
    assert (step.verdict, addresses) == (StepVerdict.FAILED, ())
    assert "nobody.invalid" in step.detail
    step, _ = await reach.resolve_name(reach.way_to("a" * 70 + ".example", Options()), 5)
    assert step.verdict is StepVerdict.FAILED


async def test_a_closed_port_fails_and_without_addresses_nothing_is_tried() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        way = reach.Way("127.0.0.1", closed.getsockname()[1], False)
        step = await reach.connect(way, ("127.0.0.1",), 5)
    assert step.verdict is StepVerdict.FAILED
    assert (await reach.connect(way, (), 5)).verdict is StepVerdict.SKIPPED


async def test_a_certificate_that_is_not_trusted_is_told_with_its_names_and_end(server_context: ssl.SSLContext) -> None:
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0, ssl=server_context)
    async with server:
        way = reach.Way("127.0.0.1", server.sockets[0].getsockname()[1], False)
        step = await reach.negotiate(way, OPEN, contexts, 5, plain_allowed=True)
    assert step.verdict is StepVerdict.FAILED
    assert "registry.example.com" in step.detail
    assert "expired" in step.detail


async def test_a_peer_without_tls_is_told_and_on_loopback_not_a_failure() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        way = reach.Way("127.0.0.1", server.sockets[0].getsockname()[1], False)
        allowed = await reach.negotiate(way, OPEN, contexts, 5, plain_allowed=True)
        refused = await reach.negotiate(way, OPEN, contexts, 5, plain_allowed=False)
    assert (allowed.verdict, refused.verdict) == (StepVerdict.NOTED, StepVerdict.FAILED)
    assert "does not speak TLS" in allowed.detail


async def test_tls_is_not_tried_where_it_was_not_wanted_or_cannot_be() -> None:
    way = reach.way_to("localhost:1", Options(plain_http=True))
    assert (await reach.negotiate(way, OPEN, contexts, 5, plain_allowed=True)).verdict is StepVerdict.SKIPPED
    closed = Step(StepName.TCP, StepVerdict.FAILED)
    way = reach.Way("localhost", 1, False)
    assert (await reach.negotiate(way, closed, contexts, 5, plain_allowed=True)).verdict is StepVerdict.SKIPPED


def test_a_proxy_is_on_the_way_to_others_and_never_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    masked = f"http://user:{Secret('user:secret')}@proxy.example:3128 (HTTPS_PROXY)"
    assert reach.way_to("ghcr.io", Options()).proxy == masked
    assert reach.way_to("internal.example", Options()).proxy == ""
    assert reach.way_to("localhost:5000", Options()).proxy == ""
    assert reach.way_to("[::1]:5000", Options()) == reach.Way("::1", 5000, False)
