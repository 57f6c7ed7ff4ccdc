"""Why no whole answer came, in words: from the exceptions of httpx, ssl and the socket to the project's own."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

from reglens.errors import AnswerInvalid, Reach, ReglensError, TooLarge, Unreachable
from reglens.registry.body import NotDecodable, OverLimit
from reglens.text import clean, human_size
from reglens.trace.exchange import Exchange, Failure, Role

_PLAIN = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
)
"""OpenSSL's reasons when the peer's first octets are no TLS record, by its versions."""
_CERTIFICATE = {
    9: ("is not valid yet", "Check this machine's clock; else the server's certificate is at fault."),
    10: ("has expired", "The server's operator must renew it; check this machine's clock too."),
    18: ("is self-signed", "If you trust it, give it with --ca-file."),
    19: ("leads to a root that is not trusted", "Give the root's certificate with --ca-file."),
    20: ("is by an issuer that is not trusted", "Give the issuer's certificate with --ca-file."),
    21: ("comes without its issuer's certificates", "The server must send the whole chain; or use --ca-file."),
    62: ("is for another name", "Use the name that the certificate is for."),
    64: ("is for another address", "Use the name that the certificate is for."),
}
"""OpenSSL's verification results (x509_vfy.h) in words, and what to try."""


class Expired(Exception):
    """The time for a whole exchange is up."""


class Inward(Exception):
    """A name that leads to an address inside a private network, which the registry is not in."""


def plain_peer(error: BaseException) -> bool:
    """Whether a TLS handshake failed because the peer does not speak TLS."""
    return any(isinstance(e, ssl.SSLError) and (e.reason or "") in _PLAIN for e in causes(error))


def _in_tls(error: BaseException) -> bool:
    return any(isinstance(cause, ssl.SSLError) for cause in causes(error))


def causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what it came from, groups of parallel attempts included."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting += [current.__cause__, current.__context__]


def failure(error: BaseException, authority: str, timeout: float, via: str = "") -> Failure:
    """What the record of the exchange says of `error`; `via` is the proxy between, if there is one."""
    if isinstance(error, httpx.ProxyError):
        return Failure(Reach.PROXY, f"the proxy {via} refuses to connect to {authority}: {clean(str(error), 200)}")
    if via and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not _in_tls(error):
        unreached = failure(error, f"the proxy {via}", timeout)  # nobody else was connected to
        return Failure(Reach.PROXY, unreached.message, unreached.timed_out)
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return Failure(Reach.CONNECT, f"{authority} did not accept a connection within {timeout:g} s", True)
    if isinstance(error, httpx.WriteTimeout):
        return Failure(Reach.SEND, f"{authority} did not take the request within {timeout:g} s", True)
    if isinstance(error, httpx.ReadTimeout):
        return Failure(Reach.ANSWER, f"{authority} said nothing for {timeout:g} s", True)
    if isinstance(error, Expired):
        return Failure(Reach.ANSWER, f"{authority} was too slow with its answer: {error}", True)
    if isinstance(error, Inward):
        return Failure(Reach.CONNECT, f"{authority} leads to {error}, inside a private network: nothing was sent there")
    if isinstance(error, OverLimit):
        return Failure(Reach.ANSWER, f"the answer is larger than {human_size(error.limit)}")
    if isinstance(error, NotDecodable):
        return Failure(Reach.ANSWER, str(error))
    if isinstance(error, httpx.ConnectError):
        return _connecting(error, authority)
    if isinstance(error, httpx.WriteError):
        return Failure(Reach.SEND, f"{authority} closed the connection while the request was sent")
    if isinstance(error, httpx.LocalProtocolError):  # its words may quote a header's value, the credentials' too
        return Failure(Reach.SEND, "the request cannot be made: a header has characters that no header can carry")
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return Failure(Reach.SEND, f"the request cannot be made: {error}")
    return _answering(error, authority)


def _connecting(error: BaseException, authority: str) -> Failure:
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            words = _CERTIFICATE.get(cause.verify_code, (f"cannot be verified: {cause.verify_message}", ""))[0]
            return Failure(Reach.TLS, f"the TLS certificate of {authority} {words}")
        if isinstance(cause, ssl.SSLError):
            if plain_peer(cause):
                return Failure(Reach.PLAIN, f"{authority} speaks plain http where TLS was expected")
            return Failure(Reach.TLS, f"the TLS handshake with {authority} failed: {cause.reason or cause}")
        if isinstance(cause, socket.gaierror):
            return Failure(Reach.NAME, f"the host {authority} cannot be found")
        if isinstance(cause, ConnectionRefusedError):
            return Failure(Reach.CONNECT, f"{authority} refuses connections: nothing listens there")
        if isinstance(cause, ConnectionResetError | BrokenPipeError):
            return Failure(Reach.TLS, f"{authority} broke the connection off during the TLS handshake")
    words = next((e.strerror for e in causes(error) if isinstance(e, OSError) and e.strerror), str(error))
    return Failure(Reach.CONNECT, f"no connection to {authority}: {words}")


def _answering(error: BaseException, authority: str) -> Failure:
    text = str(error)
    if isinstance(error, httpx.RemoteProtocolError):
        if "without sending complete message body" in text or "incomplete chunked read" in text:
            return Failure(Reach.ANSWER, f"{authority} broke the answer off: {text}")
        if "disconnected without sending" in text:
            return Failure(Reach.ANSWER, f"{authority} closed the connection without an answer")
        return Failure(Reach.ANSWER, f"{authority} does not answer in HTTP: {text}")
    return Failure(Reach.ANSWER, f"{authority} broke the connection off before the answer was whole")


def explained(error: BaseException, exchange: Exchange, base_hint: str = "") -> ReglensError:
    """The error to raise for an exchange whose `failure` was recorded from `error`."""
    failed = exchange.failure
    assert failed is not None
    message = f"{failed.message}."
    if message.startswith(("the ", "no ")):  # else it begins with a host, which is written as it is
        message = message[0].upper() + message[1:]
    if isinstance(error, OverLimit):
        return TooLarge(message, "It is not what it should be, or the registry is out of order.", exchange=exchange)
    if isinstance(error, NotDecodable) or "broke the answer off" in message:
        return AnswerInvalid(
            message, "Try again; if it stays so, a proxy on the way may be at fault.", exchange=exchange
        )
    hint = base_hint or _hint(error, failed, exchange)
    return Unreachable(message, hint, kind=failed.kind, timed_out=failed.timed_out, exchange=exchange)


def _hint(error: BaseException, failed: Failure, exchange: Exchange) -> str:
    host = exchange.host
    if isinstance(error, httpx.ProxyError):
        if str(error).startswith("407"):
            return "It wants a login: write user:password@ before its host in HTTPS_PROXY or HTTP_PROXY."
        return f"Ask who runs the proxy to let {host} through, or name {host} in NO_PROXY if it needs no proxy."
    if isinstance(error, Inward):
        return (
            f"The registry is not in that network, and has no business there. If you trust {host}, add --trust-realm."
        )
    if failed.kind is Reach.PROXY:
        return "Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; NO_PROXY lists the hosts that need no proxy."
    if exchange.role is Role.TOKEN and failed.kind in (Reach.NAME, Reach.CONNECT, Reach.PLAIN):
        return f"{host} is the realm in the registry's challenge: check that, it may be set up wrongly."
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _CERTIFICATE.get(cause.verify_code, ("", "Give the issuer's certificate with --ca-file."))[1]
    if failed.kind is Reach.NAME:
        return f"Check the spelling of {host}, and the network."
    if failed.kind is Reach.PLAIN:
        return f"If {host} is meant to speak plain http, add --plain-http."
    if failed.kind is Reach.TLS:
        return "Check that the port is that of the registry, and whether a proxy stands between."
    if failed.timed_out:
        return "Check the network and proxies, or give more time with --timeout."
    if failed.kind is Reach.CONNECT:
        return f"Check host and port of {host}, and that the registry runs."
    return "Try again; if it stays so, check that the port is that of a registry."
