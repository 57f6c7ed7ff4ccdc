"""Why no answer came, from the words of curl and wget (curl(1), "Exit codes"; wget, src/http.c and src/connect.c)."""

from __future__ import annotations

import re

from reglens.errors import Reach
from reglens.trace.exchange import Failure

CURL_ERROR = re.compile(r"[ \t]{0,16}curl:[ \t]{0,4}\((\d{1,3})\)[ \t]?(.{0,2000})", re.DOTALL)

_CODES = {
    3: Reach.SEND,
    5: Reach.NAME,
    6: Reach.NAME,
    7: Reach.CONNECT,
    16: Reach.ANSWER,
    18: Reach.ANSWER,
    27: Reach.SEND,
    35: Reach.TLS,
    51: Reach.TLS,
    52: Reach.ANSWER,
    53: Reach.TLS,
    54: Reach.TLS,
    55: Reach.SEND,
    56: Reach.ANSWER,
    58: Reach.TLS,
    59: Reach.TLS,
    60: Reach.TLS,
    66: Reach.TLS,
    77: Reach.TLS,
    80: Reach.TLS,
    82: Reach.TLS,
    83: Reach.TLS,
    90: Reach.TLS,
    91: Reach.TLS,
    92: Reach.ANSWER,
    95: Reach.ANSWER,
    97: Reach.CONNECT,
}
_PLAIN = re.compile(
    r"wrong version number|unknown protocol|record layer|packet length too long|first record does not look like a TLS"
    r"|gave HTTP response to HTTPS|plain HTTP|unsupported protocol|plaintext|invalid token.{0,3}$",
    re.IGNORECASE,
)
_PROXY = re.compile(
    r"CONNECT tunnel|from proxy after CONNECT|(?:resolve|connect to) proxy|Proxy CONNECT aborted|proxy handshake",
    re.IGNORECASE,
)
_TIMED_OUT = re.compile(r"timed? ?out|timeout", re.IGNORECASE)
_BEFORE = re.compile(r"connect(?:ion)? timed out|connection timeout|failed to connect|connecting", re.IGNORECASE)
_RESOLVING = re.compile(r"resolv(?:e|ing)|name or service|no such host|name resolution|getaddrinfo", re.IGNORECASE)

_INFO = re.compile(
    r"(?P<proxy>CONNECT tunnel failed.{0,100}|Received HTTP code \d{3} from proxy after CONNECT.{0,50}"
    r"|Could ?n[o']t resolve proxy.{0,200}|Proxy CONNECT aborted.{0,100})"
    r"|(?P<name>Could ?n[o']t resolve (?:host|proxy).{0,300}|getaddrinfo.{0,300})"
    r"|(?P<connect>Failed to connect to .{0,300}|Couldn't connect to server.{0,200}"
    r"|Immediate connect fail .{0,200})"
    r"|(?P<tls>SSL certificate (?:problem|verify failed|verification).{0,300}"
    r"|SSL: (?:no alternative|certificate).{0,300}"
    r"|.{0,80}error:[0-9A-F]{8}:.{0,300}|server certificate verification failed.{0,300}|.{0,40}TLS alert.{0,200}"
    r"|OpenSSL SSL_connect: .{0,200}|gnutls_handshake\(\) failed.{0,200}|schannel: .{0,300}failed.{0,300})"
    r"|(?P<answer>Empty reply from server.{0,100}|Recv failure: .{0,200}|Operation timed out.{0,200}"
    r"|transfer closed with .{0,200}|Connection reset by peer.{0,50}|Connection died.{0,200})"
)

_WGET = (
    (
        Reach.NAME,
        re.compile(r"(?:Resolving \S{1,300}\.\.\. failed: .{0,200})|wget: (?:unable to resolve host|bad address).*"),
    ),
    (Reach.CONNECT, re.compile(r"Connecting to .{1,300}\.\.\. failed: .{0,200}|wget: can't connect to .{0,300}")),
    (
        Reach.TLS,
        re.compile(r"ERROR: (?:cannot verify|The certificate of|certificate common name|no certificate).{0,400}"),
    ),
    (Reach.PLAIN, re.compile(r"(?:GnuTLS|OpenSSL): .{0,80}(?:unexpected TLS packet|wrong version number).{0,100}")),
    (Reach.TLS, re.compile(r"(?:GnuTLS|OpenSSL): .{0,300}|Unable to establish SSL connection\..*")),
    (
        Reach.ANSWER,
        re.compile(r"(?:HTTP request sent, awaiting response\.\.\. )?(?:No data received|Read error).{0,200}"),
    ),
)


def of_curl(code: int, message: str) -> Failure | None:
    """The failure that curl's exit code and message tell; None where an answer did come (22, 47, 63)."""
    kind = _CODES.get(code)
    timed_out = code == 28 or _TIMED_OUT.search(message) is not None
    if code == 28:
        kind = Reach.ANSWER
        if _RESOLVING.search(message):
            kind = Reach.NAME
        elif _BEFORE.search(message):
            kind = Reach.CONNECT
        elif "SSL" in message or "TLS" in message:
            kind = Reach.TLS
    if kind is Reach.TLS and _PLAIN.search(message):
        kind = Reach.PLAIN
    if kind is not None and _PROXY.search(message):
        kind = Reach.PROXY
    if code == 1 and "HTTP/0.9" in message:
        kind = Reach.PLAIN
    return Failure(kind, message.strip(), timed_out) if kind else None


def of_info(text: str) -> Failure | None:
    """The failure that one of curl's ``* `` lines tells."""
    found = _INFO.match(text)
    if not found:
        return None
    if "connect to" in text and "port" in text and "failed" in text and found.lastgroup == "connect":
        return Failure(Reach.CONNECT, text, _TIMED_OUT.search(text) is not None)
    kind = Reach(found.lastgroup or "answer")
    if kind is Reach.TLS and _PLAIN.search(text):
        kind = Reach.PLAIN
    return Failure(kind, text, _TIMED_OUT.search(text) is not None)


def of_wget(text: str) -> Failure | None:
    """The failure that one of wget's lines tells."""
    for kind, pattern in _WGET:
        if pattern.match(text):
            return Failure(kind, text, _TIMED_OUT.search(text) is not None)
    return None


def of_words(text: str) -> Failure:
    """The failure in the words of a Go client (crypto/tls, net): ``dial tcp …``, ``x509: …``, ``tls: …``."""
    timed_out = _TIMED_OUT.search(text) is not None
    if _PLAIN.search(text):
        return Failure(Reach.PLAIN, text, timed_out)
    if "x509:" in text or "tls:" in text or "certificate" in text:
        return Failure(Reach.TLS, text, timed_out)
    if "lookup" in text or _RESOLVING.search(text):
        return Failure(Reach.NAME, text, timed_out)
    if "dial" in text or "refused" in text or "unreachable" in text:
        return Failure(Reach.CONNECT, text, timed_out)
    return Failure(Reach.ANSWER, text, timed_out)
