"""Proxies, as the environment names them.

The rules are those of Go's tools (golang.org/x/net, http/httpproxy): this machine is never reached through a proxy, and
``NO_PROXY`` lists host names with their sub-domains (``.name``: the sub-domains alone), addresses, networks in CIDR
notation, each but the last with a port if wanted, or ``*``. ``ALL_PROXY``, which Go does not know, is heeded as curl
does: where nothing else is named.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from reglens.oci.reference import is_loopback, split_port


@dataclass(frozen=True)
class Proxy:
    """A proxy's URL, with its userinfo if it has one, and the variable that names it."""

    url: str
    source: str


def proxy_of(scheme: str, authority: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy between this machine and ``host[:port]``; None: there is none."""
    found = _named(scheme, environ)
    if found is None or is_loopback(authority) or passes_by(scheme, authority, environ):
        return None
    return found


def _named(scheme: str, environ: Mapping[str, str]) -> Proxy | None:
    for name in (f"{scheme.upper()}_PROXY", f"{scheme}_proxy", "ALL_PROXY", "all_proxy"):
        value = environ.get(name, "").strip()
        if name == "HTTP_PROXY" and environ.get("REQUEST_METHOD"):
            continue  # a CGI script's caller sets it by a header named Proxy (CVE-2016-5385, "httpoxy")
        if value:
            return Proxy(value if "://" in value else f"http://{value}", name)
    return None


def passes_by(scheme: str, authority: str, environ: Mapping[str, str]) -> bool:
    """Whether ``NO_PROXY`` names ``host[:port]``."""
    listed = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    host, port = split_port(authority.lower())
    host = host.strip("[]").rstrip(".")
    port = port or (80 if scheme == "http" else 443)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    return any(_names(entry.strip().lower(), host, port, address) for entry in listed.split(",") if entry.strip())


def _names(entry: str, host: str, port: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        try:
            network = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
        return address is not None and address in network
    name, only = (entry, None) if entry.count(":") > 1 and not entry.startswith("[") else split_port(entry)
    if only is not None and only != port:
        return False
    name = name.strip("[]")
    try:
        return address == ipaddress.ip_address(name)
    except ValueError:
        pass
    name = name.removeprefix("*")
    if name.startswith("."):
        return host.endswith(name) and host != name
    return host == name or host.endswith(f".{name}")
