"""Which token servers the person trusts with credentials, and what is withheld from the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from reglens.auth.site import bare_host
from reglens.oci.reference import split_port

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Withheld:
    """Credentials that stayed behind: those of `username`, found in `source`, for `registry` (``host[:port]``).

    `origin` is who did not get them, as `origin_of` writes it; `reason` says why, in words.
    """

    registry: str
    origin: str
    username: str
    source: str
    reason: str

    @property
    def can_be_allowed(self) -> bool:
        """Whether the person's trust would change it: over plain http it would not."""
        return self.origin.startswith("https:")


class RealmTrust:
    """What the person says of token servers, for one run of the program; everybody in it asks the same one.

    `hosts` (``host[:port]``; without a port each of them) were named on the command line and are trusted whichever
    registry sends there. An answer given in the run holds for one registry and one origin, port included: another
    registry that names the same token server, or this one naming another, is a question of its own.
    """

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        self.hosts = frozenset(hosts)
        self._answers: dict[tuple[str, str], bool] = {}

    def of(self, registry: str) -> frozenset[str]:
        """Who may have the credentials for `registry`: hosts, and origins that were answered with yes."""
        return self.hosts | {origin for (whose, origin), yes in self._answers.items() if yes and whose == registry}

    def answer(self, withheld: Withheld, yes: bool) -> None:
        """Remember what the person said. ValueError where credentials may not travel whatever is said."""
        if not withheld.can_be_allowed:
            raise ValueError("credentials do not travel over plain http")
        self._answers[withheld.registry, withheld.origin] = yes

    def answered(self, withheld: Withheld) -> bool | None:
        """What the person said; None if nobody asked yet."""
        return self._answers.get((withheld.registry, withheld.origin))


def origin_of(url: str) -> str:
    """``https://host:port`` of a URL, the port always written. Raises ValueError for no URL."""
    parts = urlsplit(url)
    host = bare_host(parts.hostname or "")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{parts.port or _PORTS.get(parts.scheme, 0)}"


def is_trusted(origin: str, trusted: Iterable[str]) -> bool:
    """Whether an origin is among those of `RealmTrust.of`."""
    host, port = split_port(origin.partition("://")[2])
    return any(
        origin == entry
        if "://" in entry
        else bare_host(entry) == host.strip("[]") and split_port(entry)[1] in (None, port)
        for entry in trusted
    )
