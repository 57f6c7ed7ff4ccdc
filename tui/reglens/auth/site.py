"""Whether two hosts belong to the same party, judged by their names alone.

A token server usually stands beside its registry (``auth.docker.io`` and ``registry-1.docker.io``), under a domain that
only one party can register names in. The rule here is conservative: where the small table of public suffixes does not
know better, two hosts are of one site only if they share a registrable domain under a plain top-level domain, and a
domain that rents out names below itself is never taken for one site. A complete public suffix list
(https://publicsuffix.org/list/) could stand in for `registrable_domain` without any change elsewhere.
"""

from __future__ import annotations

import ipaddress

from reglens.oci.reference import is_loopback, split_port

SECOND_LEVEL = frozenset(
    "ac co com edu gen go gob gouv gov gr id ltd me mil muni ne net nhs nic nom or org plc sch".split()
)
"""Labels under which a country's domain is registered at the third level (``co.uk``, ``com.au``)."""

RENTED = frozenset(
    "amazonaws.com amazonaws.com.cn amazonaws.eu on.aws awsapprunner.com azurecr.io azurecr.cn azurecr.us azure.com "
    "azurewebsites.net azurecontainerapps.io azurefd.net cloudapp.net windows.net trafficmanager.net pkg.dev run.app "
    "appspot.com web.app cloudfunctions.net googleapis.com googleusercontent.com gcr.io github.io "
    "githubusercontent.com gitlab.io pages.dev workers.dev r2.dev cloudfront.net fastly.net akamaized.net "
    "herokuapp.com vercel.app netlify.app fly.dev onrender.com railway.app deno.dev replit.dev ngrok.io "
    "ngrok.app ngrok-free.app ngrok.dev "
    "trycloudflare.com jfrog.io quay.app digitaloceanspaces.com ondigitalocean.app scw.cloud ovh.net linode.com "
    "linodeobjects.com vultrcr.com ocir.io oraclecloud.com aliyuncs.com myhuaweicloud.com tencentcs.com "
    "tencentcloudcr.com cloud.goog appdomain.cloud openshiftapps.com nip.io sslip.io xip.io duckdns.org dyndns.org "
    "no-ip.org ddns.net dynv6.net synology.me myqnapcloud.com ts.net blogspot.com home.arpa".split()
)
"""Domains below which anybody can have a name: what stands to the left of one is a party of its own. Registry hosts are
the reason for most of them (``customer.azurecr.io``, ``region-docker.pkg.dev``)."""


def same_site(one: str, other: str) -> bool:
    """Whether two ``host[:port]`` are of one party: the same host, both this machine by one of its usual names, or one
    registrable domain. Further loopback addresses (127.0.0.2) are hosts of their own: tunnels and sandboxes listen
    there for somebody else."""
    first, second = bare_host(one), bare_host(other)
    if not first or not second:
        return False
    if first == second or (_is_here(first) and _is_here(second)):
        return True
    domain = registrable_domain(first)
    return domain is not None and domain == registrable_domain(second)


def _is_here(host: str) -> bool:
    return host in ("127.0.0.1", "::1") or (is_loopback(host) and _address(host) is None)


def registrable_domain(host: str) -> str | None:
    """The domain that one party registered and `host` stands in; None for an address, a single label, a suffix."""
    if _address(host) is not None:
        return None
    labels = host.split(".")
    if len(labels) < 2 or not all(labels):
        return None
    for index in range(len(labels) - 1):
        if ".".join(labels[index:]) in RENTED:
            return ".".join(labels[index - 1 :]) if index else None
    country = len(labels[-1]) == 2
    size = 3 if country and labels[-2] in SECOND_LEVEL else 2
    return ".".join(labels[-size:]) if len(labels) >= size else None


def is_internal(host: str) -> bool:
    """Whether ``host[:port]`` is an address (or a name of this machine) that the public network does not reach:
    loopback, private (RFC 1918, RFC 4193), link-local with its cloud metadata services, unspecified, shared."""
    name = bare_host(host)
    if is_loopback(name):
        return True
    address = _address(name)
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return address is not None and not address.is_global


def bare_host(authority: str) -> str:
    """The host of ``host[:port]``: lower case, without a port, brackets or the root's dot."""
    return split_port(authority.rpartition("@")[2])[0].strip("[]").rstrip(".").lower()


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that `host` writes, in dotted or colon form or as one number (inet_aton takes ``2130706433`` and
    ``0x7f000001`` for 127.0.0.1, and resolvers pass them to it)."""
    host = host.strip("[]")
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    parts = host.split(".")
    if len(parts) > 4:
        return None
    numbers = []
    for part in parts:
        try:
            octal = part.isdigit() and len(part) > 1 and part[0] == "0"
            numbers.append(int(part, 8) if octal else int(part, 16) if part[:2].lower() == "0x" else int(part, 10))
        except ValueError:
            return None
    *leading, last = numbers
    if any(n > 255 for n in leading) or last >= 256 ** (5 - len(numbers)) or not all(p.isalnum() for p in parts):
        return None
    value = sum(n << (8 * (3 - i)) for i, n in enumerate(leading)) + last
    return ipaddress.IPv4Address(value)
