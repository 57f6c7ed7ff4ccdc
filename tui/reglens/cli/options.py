"""The options that commands share, the types of their values, and which of them take one."""

from __future__ import annotations

import argparse
from typing import NoReturn

from reglens.errors import UsageError


class Parser(argparse.ArgumentParser):
    """argparse that raises UsageError instead of printing its usage and leaving."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog.removeprefix('reglens ')}: {message}" if " " in self.prog else message)


def positive_seconds(text: str) -> float:
    """A time-out in seconds, above nothing and at most a day."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


def seconds(text: str) -> float:
    """A span of time in seconds, at most a day."""
    return 0.0 if text == "0" else positive_seconds(text)


def positive_count(text: str) -> int:
    """A whole number above nothing."""
    if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def port_number(text: str) -> int:
    """A TCP port; 0 lets the system choose."""
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def common(parser: Parser) -> None:
    """The options of every command."""
    group = parser.add_argument_group("common options")
    group.add_argument("--json", action="store_true", help="print one JSON document on stdout, also on failure")
    who = parser.add_argument_group("who asks (default: what docker, podman and skopeo would use on this machine)")
    who.add_argument("--username", metavar="U", help="log in as U; needs --password-stdin")
    who.add_argument("--password-stdin", action="store_true", help="read the password from stdin, up to its first line")
    who.add_argument("--anonymous", action="store_true", help="use no credentials")
    who.add_argument(
        "--pull-secret",
        metavar="FILE",
        help="use a Kubernetes pull secret: its manifest as JSON, its .dockerconfigjson, or that in base64",
    )
    who.add_argument(
        "--trust-realm",
        metavar="HOST",
        action="append",
        default=[],
        help="credentials may go to this token server on another site than the registry's (repeatable)",
    )
    how = parser.add_argument_group("how the registry is reached")
    how.add_argument(
        "--plain-http", action="store_true", help="speak http (loopback hosts are tried over https, then over http)"
    )
    how.add_argument("--ca-file", metavar="F", help="trust the certificate authorities in this PEM file")
    how.add_argument("--client-cert", metavar="F", help="show this client certificate (PEM)")
    how.add_argument("--client-key", metavar="F", help="the client certificate's key (PEM), if it is in another file")
    how.add_argument("--insecure", action="store_true", help="accept any certificate")
    how.add_argument(
        "--registries-conf",
        metavar="F",
        help="heed this registries.conf, its short names too, instead of this machine's files",
    )
    how.add_argument(
        "--short-names",
        action="store_true",
        help="spell names without a host out as podman does, by this machine's registries.conf: its aliases, else each "
        "of its unqualified-search-registries in turn, unless its short-name-mode is enforcing "
        "(default: as docker does, they are Docker Hub's)",
    )
    how.add_argument("--unix-socket", metavar="F", help="the registry listens at this socket, and speaks http there")
    how.add_argument("--no-mirrors", action="store_true", help="ask the registry itself, never a mirror")
    how.add_argument(
        "--no-cache",
        action="store_true",
        help="ask for everything, and keep nothing (manifest, diff and the browser keep content by its digest)",
    )
    how.add_argument(
        "--timeout", metavar="SECONDS", type=positive_seconds, default=30.0, help="patience per request (default: 30)"
    )


def keys(parser: Parser) -> None:
    """The option of the commands that check signatures."""
    parser.add_argument(
        "--keys",
        metavar="FILE",
        help="check signatures of tokens against these keys, as the registry trusts them: a JWKS, a JWK, or "
        "certificates or public keys in PEM (its rootcertbundle or jwks)",
    )


FLAGS = frozenset(
    {
        "--json",
        "--password-stdin",
        "--anonymous",
        "--plain-http",
        "--insecure",
        "--no-mirrors",
        "--no-cache",
        "--short-names",
    }
)
"""Common options that take no value."""
VALUED = frozenset(
    {
        "--username",
        "--pull-secret",
        "--trust-realm",
        "--ca-file",
        "--client-cert",
        "--client-key",
        "--keys",
        "--registries-conf",
        "--unix-socket",
        "--timeout",
    }
)
"""Common options, and ``--keys``, that take one."""
