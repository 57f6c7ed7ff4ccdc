"""What is said of the way to the registry and of its failures."""

from __future__ import annotations

from reglens.diagnosis.senses.model import Sense, sense

SENSES: dict[str, Sense] = {
    "name-not-resolved": sense(
        "The host name has no address.",
        "registry-unreachable realm-unreachable realm-misconfigured wrong-host",
    ),
    "connection-refused": sense("Nobody listens at that address and port.", "registry-unreachable realm-unreachable"),
    "connection-timeout": sense("No connection within the time allowed.", "registry-unreachable realm-unreachable"),
    "connection-lost": sense(
        "The connection was closed or reset before a whole answer came.",
        "registry-unreachable realm-unreachable proxy-interference",
    ),
    "network-unreachable": sense("There is no route to that address.", "registry-unreachable realm-unreachable"),
    "answer-timeout": sense(
        "Connected, or trying to, and no answer within the time allowed.",
        "registry-unreachable realm-unreachable",
    ),
    "address-invalid": sense("The host and port are no address that can be dialled.", "realm-misconfigured wrong-host"),
    "http-answer-to-https": sense(
        "The client spoke HTTPS and the other side answers in plain HTTP.",
        "plain-http",
        True,
    ),
    "http-request-to-https": sense("A plain HTTP request reached an HTTPS port.", "plain-http", True),
    "tls-authority": sense("The certificate's issuer is not trusted.", "tls-untrusted", True),
    "tls-name": sense("The certificate names another host, or no host.", "tls-untrusted", True),
    "tls-expired": sense("The certificate has expired, or is not valid yet.", "tls-untrusted clock-skew", True),
    "tls-client-certificate": sense(
        "The server wants a client certificate, or refuses the one it got, or its file is missing.",
        "tls-untrusted credentials-missing",
    ),
    "tls-failed": sense("The TLS handshake failed.", "tls-untrusted proxy-interference"),
    "proxy-failed": sense(
        "A forward proxy could not be reached, refused, or wants a login of its own.",
        "proxy-interference",
        True,
    ),
    "body-too-large": sense("Something on the way refuses a body of this size (413).", "proxy-interference", True),
    "page-answered": sense(
        "HTML or other prose came where JSON was expected.",
        "proxy-interference wrong-host token-response-invalid",
    ),
    "redirect-loop": sense("Too many redirects.", "proxy-interference realm-misconfigured"),
    "storage-refused-authorization": sense(
        "A storage service refuses the Authorization header that came along on a redirect.",
        "redirect-authorization",
        True,
    ),
    "storage-refused": sense(
        "The storage behind the registry refused, or a signed link to it is no longer valid.",
        "registry-error redirect-authorization",
    ),
    "rate-limited": sense("Asked too often (429, TOOMANYREQUESTS).", "rate-limited", True),
    "server-failed": sense("The server failed (5xx).", "registry-error", True),
    "server-config": sense(
        "The registry's own configuration, database or storage makes it fail.",
        "registry-error",
        True,
    ),
    "upstream-refused": sense(
        "A cache or mirror says that its own upstream refused it.",
        "upstream-failed credentials-rejected library-prefix",
    ),
    "upstream-failed": sense("A cache or mirror could not get it from its own upstream.", "upstream-failed", True),
    "http-status": sense("An unexpected status came, and no more is said."),
}
