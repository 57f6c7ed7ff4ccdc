"""Whether two hosts belong to the same party, judged by their names alone.

A token server usually stands beside its registry (``auth.docker.io`` and ``registry-1.docker.io``), under a domain that
only one party can register names in. Which those are is what the public suffix list tells
(https://publicsuffix.org/list/), its section of private domains included: below ``github.io`` each name is a party of
its own. What rents out names and is not in the list stands in `RENTED`; a host below one of those is on nobody's site.
"""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import TYPE_CHECKING

from reglens.oci.reference import is_loopback, split_port

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

RENTED = {
    # registries of a customer, or of a region that all customers share
    "amazonaws.com": "ACCOUNT.dkr.ecr.REGION: awslabs/amazon-ecr-credential-helper, ecr-login/api/client.go",
    "amazonaws.com.cn": "the same file",
    "amazonaws.eu": "the same file",
    "on.aws": "ACCOUNT.dkr-ecr.REGION: the same file",
    "azurecr.io": "NAME: kubernetes-sigs/cloud-provider-azure, pkg/credentialprovider/azure_credentials.go",
    "azurecr.cn": "the same file",
    "azurecr.us": "the same file",
    "gcr.io": "google/go-containerregistry, pkg/v1/google/keychain.go",
    "pkg.dev": "REGION-docker: the same file",
    "jfrog.io": "NAME: jfrog.com/help, Docker registry on JFrog Cloud",
    "scw.cloud": "rg.REGION: scaleway.com/en/docs, Container Registry",
    "ovh.net": "NAME.CLUSTER.REGION.container-registry: help.ovhcloud.com, Managed Private Registry",
    "container-registry.com": "NAME: container-registry.com",
    "vultrcr.com": "REGION: docs.vultr.com, Container Registry",
    "ocir.io": "REGION: docs.oracle.com, OCI Registry",
    "aliyuncs.com": "NAME-registry.REGION.cr: alibabacloud.com/help, Container Registry",
    "myhuaweicloud.com": "swr.REGION: support.huaweicloud.com, SoftWare Repository for Container",
    "tencentcloudcr.com": "NAME: cloud.tencent.com, Tencent Container Registry",
    "ghe.com": "containers.NAME: docs.github.com, GitHub Enterprise Cloud with data residency",
    # applications, storage, clusters and tunnels
    "azure.com": "NAME.REGION.cloudapp: learn.microsoft.com, DNS labels of public IP addresses",
    "azurecontainerapps.io": "APP.ENVIRONMENT.REGION: learn.microsoft.com, Ingress in Azure Container Apps",
    "windows.net": "ACCOUNT.SERVICE.core: learn.microsoft.com, Storage account overview",
    "googleusercontent.com": "NUMBERS.bc: cloud.google.com, PTR records of virtual machines",
    "oraclecloud.com": "NAMESPACE.compat.objectstorage.REGION: docs.oracle.com, Amazon S3 Compatibility API",
    "appdomain.cloud": "CLUSTER.REGION.containers: cloud.ibm.com/docs, Ingress subdomains",
    "tencentcs.com": "service-ID.REGION.apigw: cloud.tencent.com, API Gateway",
    "openshiftapps.com": "apps.CLUSTER: docs.redhat.com, Red Hat OpenShift Service on AWS",
    "github.dev": "NAME-PORT.app: docs.github.com, Forwarding ports in your codespace",
    "devtunnels.ms": "ID-PORT.REGION: learn.microsoft.com, dev tunnels",
    "lhr.life": "ID: localhost.run",
    "serveo.net": "NAME: serveo.net",
    # a name for any address, or for any tenant's service
    "nip.io": "any address: nip.io",
    "sslip.io": "any address: sslip.io",
    "svc.cluster.local": "SERVICE.NAMESPACE: kubernetes.io/docs, DNS for Services and Pods",
}
"""Domains below which strangers have names, at whatever depth, and the list does not say so; where one can read it."""


_CARRIERS = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")))


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
    """The domain that one party registered and `host` stands in; None for an address, a single label, a public suffix,
    and below a domain of `RENTED`."""
    labels = host.split(".")
    if len(labels) < 2 or not all(labels) or _address(host) is not None:
        return None
    if any(".".join(labels[index:]) in RENTED for index in range(len(labels))):
        return None
    suffix = _suffixes().publicsuffix(".".join(map(_decoded, labels)))
    size = suffix.count(".") + 2 if suffix else 0
    return ".".join(labels[-size:]) if suffix and len(labels) >= size else None


@cache
def _suffixes() -> PublicSuffixList:
    """The list as the library ships it. Read when a host is the first to differ from its registry's: it takes as long
    as a tenth of a start. Without the Punycode forms, whose making would take four times as long again."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_encoded_idn=False)


def _decoded(label: str) -> str:
    """A label as the list writes it: not in Punycode (RFC 3492). What cannot be decoded stays as it is."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode").lower()
    except UnicodeError:
        return label


def is_internal(host: str) -> bool:
    """Whether ``host[:port]`` is an address (or a name of this machine) that the public network does not reach:
    loopback, private (RFC 1918, RFC 4193), link-local with its cloud metadata services, unspecified, shared."""
    name = bare_host(host)
    if is_loopback(name):
        return True
    address = _address(name)
    if isinstance(address, ipaddress.IPv6Address):
        if address.is_site_local:
            return True
        address = _carried(address) or address
    return address is not None and not address.is_global


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a gateway finds in an IPv6 one: mapped, of 6to4 (RFC 3056), of NAT64 (RFC 6052, RFC 8215),
    translated (RFC 2765) or compatible (RFC 4291, section 2.5.5)."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if any(address in network for network in _CARRIERS) and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def bare_host(authority: str) -> str:
    """The host of ``host[:port]``: lower case, without a port, brackets or the root's dot; a name of other letters than
    ASCII's as it is asked for (RFC 5891)."""
    return _encoded(split_port(authority.rpartition("@")[2])[0].strip("[]").lower()).rstrip(".")


def _encoded(host: str) -> str:
    """`host` in the letters in which the HTTP client looks it up (httpx, _urlparse.py, ``encode_host``); as it is where
    the client will refuse it."""
    if host.isascii():
        return host
    import idna

    try:
        return idna.encode(host).decode("ascii")
    except UnicodeError:  # IDNAError is one
        return host


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
