"""What may be sent to a realm: the token server that a registry's challenge names.

The realm is the registry's choice, so a hostile registry could name any server. Go clients have been caught by it
(CVE-2020-15157 in containerd; go-containerregistry, pkg/v1/remote/transport/bearer.go, ``validateRealm``; regclient,
internal/regnet). The rules:

- Credentials go to the registry's own host or site, to a known pair, or to a host that the person trusts; never over
  plain http, unless registry and realm are both on this machine.
- Elsewhere the token is asked for anonymously, and it is said what was withheld.
- A realm inside a network that the registry is not in is not asked at all, unless the person trusts it: it would be
  this machine knocking on doors that the registry cannot reach.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin, urlsplit, urlunsplit

from reglens.auth.site import bare_host, is_internal, same_site
from reglens.auth.trust import is_trusted, origin_of
from reglens.oci.hosts import PAIRS
from reglens.oci.reference import is_loopback

_HOST = re.compile(r"[a-z0-9._:-]+")
"""What hosts are made of. HTTP clients take other characters too, each in its own way, and so ask another host."""


@dataclass(frozen=True, slots=True)
class Realm:
    """A realm judged. `url` is absolute and free of userinfo (``""`` if it is no URL); `allowed` whether it may be
    asked at all, `trusted` whether with credentials; `reason` why not, in words, or what is worth knowing.
    """

    url: str
    allowed: bool
    trusted: bool
    reason: str = ""


def judge(realm: str, base_url: str, trusted_hosts: Collection[str] = ()) -> Realm:
    """`realm` as a challenge of the registry at `base_url` names it; a relative one is resolved against it.
    `trusted_hosts` are those of `RealmTrust.of` for that registry."""
    return _judged(realm, base_url, frozenset(trusted_hosts))


@lru_cache(256)
def _judged(realm: str, base_url: str, trusted_hosts: frozenset[str]) -> Realm:
    """Judged once: thousands of requests to a registry meet the same realm."""
    try:
        url = _absolute(realm, base_url)
        parts = urlsplit(url)
        origin, host, authority = origin_of(url), bare_host(parts.hostname or ""), parts.netloc
    except ValueError:
        return Realm("", False, False, f"the realm {realm!r} is not a URL")
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return Realm("", False, False, f"the realm {realm!r} is not an http or https URL")
    registry = urlsplit(base_url)
    said = is_trusted(origin, trusted_hosts)
    own = bare_host(registry.netloc)
    if is_internal(host) and not said and not (own == host or is_internal(own)):
        reason = f"the realm {authority} lies inside a private network that {registry.netloc} is not in"
        return Realm(url, False, False, reason)
    if parts.scheme == "http" and not is_loopback(host):
        return Realm(url, True, False, f"the realm {authority} is asked over plain http")
    if parts.scheme == "http" and registry.scheme == "https" and not said:
        return Realm(url, True, False, f"the registry is asked over https, its realm {authority} over plain http")
    if said or (own, host) in PAIRS or same_site(own, host):
        differs = (
            "" if own == host or is_loopback(own) else f"the realm {authority} is another host than the registry's"
        )
        return Realm(url, True, True, differs)
    return Realm(url, True, False, f"the realm {authority} is not on the site of {registry.netloc}")


def may_carry_credentials(url: str) -> bool:
    """Whether credentials may travel to `url`: over https, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.netloc.rpartition("@")[2])


def _absolute(realm: str, base_url: str) -> str:
    parts = urlsplit(urljoin(base_url.rstrip("/") + "/v2/", realm.strip()))
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
