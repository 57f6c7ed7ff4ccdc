"""The first steps of a walk, below HTTP: the name, the connection, TLS."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reglens.check.model import Step, StepName, StepVerdict
from reglens.oci.reference import split_port
from reglens.registry.options import Options
from reglens.registry.ways.proxies import proxy_of
from reglens.text import clean
from reglens.trace import redact

SHOWN_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class Way:
    """Where a registry's requests go: host, port, and the proxy between, if there is one."""

    host: str
    port: int
    plain: bool
    proxy: str = ""


def way_to(registry: str, options: Options) -> Way:
    """The way to ``host[:port]``, by the options and the environment's proxies."""
    host, port = split_port(registry)
    host = host.strip("[]")
    proxy = proxy_of("http" if options.plain_http else "https", registry, os.environ)
    shown = f"{redact.url(proxy.url)} ({proxy.source})" if proxy else ""
    return Way(host, port or (80 if options.plain_http else 443), options.plain_http, shown)


async def resolve_name(way: Way, patience: float) -> tuple[Step, tuple[str, ...]]:
    """The step *name*, and the addresses it gave."""
    if way.proxy:
        detail = f"left to the proxy {clean(way.proxy)}"
        return Step(StepName.NAME, StepVerdict.SKIPPED, detail), ()
    started = time.perf_counter()
    try:
        async with asyncio.timeout(patience):
            found = await asyncio.get_running_loop().getaddrinfo(way.host, way.port, type=socket.SOCK_STREAM)
    except TimeoutError:
        return Step(StepName.NAME, StepVerdict.FAILED, "no answer from the resolver", _since(started)), ()
    except (OSError, UnicodeError) as error:
        detail = f"{clean(way.host)} has no address: {clean(getattr(error, 'strerror', None) or str(error))}"
        return Step(StepName.NAME, StepVerdict.FAILED, detail, _since(started)), ()
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    shown = ", ".join(addresses[:SHOWN_ADDRESSES])
    more = f" and {len(addresses) - SHOWN_ADDRESSES} more" if len(addresses) > SHOWN_ADDRESSES else ""
    return Step(StepName.NAME, StepVerdict.OK, f"{clean(way.host)} is {shown}{more}", _since(started)), addresses


async def connect(way: Way, addresses: tuple[str, ...], patience: float) -> Step:
    """The step *tcp*: a connection to the first address that takes one."""
    if way.proxy:
        return Step(StepName.TCP, StepVerdict.SKIPPED, f"the proxy {clean(way.proxy)} connects")
    if not addresses:
        return Step(StepName.TCP, StepVerdict.SKIPPED, "there is no address to connect to")
    failures = []
    started = time.perf_counter()
    for address in addresses[:SHOWN_ADDRESSES]:
        try:
            async with asyncio.timeout(patience):
                _, writer = await asyncio.open_connection(address, way.port)
        except TimeoutError:
            failures.append(f"{address} does not answer within {patience:g} s")
            continue
        except OSError as error:
            failures.append(f"{address}: {error.strerror or error}")
            continue
        await _close(writer)
        verdict = StepVerdict.NOTED if failures else StepVerdict.OK
        tried = f" (before it: {'; '.join(failures)})" if failures else ""
        return Step(StepName.TCP, verdict, f"{address} port {way.port} takes connections{tried}", _since(started))
    return Step(StepName.TCP, StepVerdict.FAILED, f"port {way.port}: {'; '.join(failures)}", _since(started))


async def negotiate(
    way: Way, tcp: Step, contexts: Callable[[bool], ssl.SSLContext], patience: float, *, plain_allowed: bool
) -> Step:
    """The step *tls*: a handshake as the client would make it.

    `contexts` gives the TLS context, verifying or not. A handshake that fails is made again without verifying, so that
    the certificate can be told. `plain_allowed` is whether plain http will be tried where the peer speaks no TLS.
    """
    if way.plain:
        return Step(StepName.TLS, StepVerdict.SKIPPED, "plain http was asked for")
    if way.proxy or tcp.verdict in (StepVerdict.FAILED, StepVerdict.SKIPPED):
        detail = "through the proxy" if way.proxy else "there is no connection"
        return Step(StepName.TLS, StepVerdict.SKIPPED, detail)
    started = time.perf_counter()
    try:
        peer = await _handshake(way, contexts(True), patience)
    except TimeoutError:
        return Step(StepName.TLS, StepVerdict.FAILED, f"no handshake within {patience:g} s", _since(started))
    except ssl.SSLCertVerificationError as error:
        detail = f"the certificate is not trusted: {clean(error.verify_message)}"
        with contextlib.suppress(OSError, TimeoutError):
            presented = await _handshake(way, contexts(False), patience)
            detail += f"; it is for {_names(presented.get('der'))}"
        return Step(StepName.TLS, StepVerdict.FAILED, detail, _since(started))
    except ssl.SSLError as error:
        spoken = (error.reason or "").lower()
        if "wrong_version" in spoken or "http_request" in spoken or "record_layer" in spoken:
            verdict = StepVerdict.NOTED if plain_allowed else StepVerdict.FAILED
            then = "; on loopback it is tried without TLS" if plain_allowed else ""
            return Step(StepName.TLS, verdict, f"the other side does not speak TLS{then}", _since(started))
        return Step(StepName.TLS, StepVerdict.FAILED, clean(str(error)), _since(started))
    except OSError as error:
        detail = f"the connection broke in the handshake: {clean(error.strerror or str(error) or type(error).__name__)}"
        verdict = StepVerdict.NOTED if plain_allowed else StepVerdict.FAILED
        return Step(StepName.TLS, verdict, detail, _since(started))
    detail = f"{peer['version']}, certificate for {_names(peer.get('der'))}"
    return Step(StepName.TLS, StepVerdict.OK, detail, _since(started))


async def _handshake(way: Way, context: ssl.SSLContext, patience: float) -> dict[str, Any]:
    async with asyncio.timeout(patience):
        _, writer = await asyncio.open_connection(way.host, way.port, ssl=context, server_hostname=way.host)
    secured: ssl.SSLObject = writer.get_extra_info("ssl_object")
    peer = {"version": secured.version() or "TLS", "der": secured.getpeercert(binary_form=True)}
    await _close(writer)
    return peer


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()


def _names(der: bytes | None) -> str:
    """What a certificate is for and how long it is valid, in words."""
    from cryptography import x509

    if not der:
        return "(none)"
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        return "(unreadable)"
    listed = [certificate.subject.rfc4514_string()]
    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        listed = [str(getattr(name, "value", name)) for name in names]
    shown = ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
    ends = certificate.not_valid_after_utc
    word = "expired" if ends < datetime.now(UTC) else "valid until"
    return clean(f"{shown}, {word} {ends:%Y-%m-%d}")


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
