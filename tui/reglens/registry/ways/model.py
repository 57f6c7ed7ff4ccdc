"""The ways to a registry, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reglens.secret import Secret


@dataclass(frozen=True)
class Decision:
    """Something that was decided about the way, in words, and the file, variable or option that decided it.

    `problem` is whether the source could not be heeded as it stands.
    """

    what: str
    source: str
    problem: bool = False

    def __str__(self) -> str:
        return f"{self.what} ({self.source})"


@dataclass(frozen=True)
class Meant:
    """What a name as typed may stand for, in the order in which to ask, and what decided that."""

    names: tuple[str, ...]
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class Trust:
    """How a host is known, and how this machine shows itself to it: certificates of authorities beside the system's,
    a client certificate with its key (None: in the same file), and whether any certificate will do."""

    ca_files: tuple[Path, ...] = ()
    client: tuple[Path, Path | None] | None = None
    insecure: bool = False
    decisions: tuple[Decision, ...] = ()

    def beside(self, other: Trust) -> Trust:
        """Both together; this one's client certificate wins."""
        return Trust(
            tuple(dict.fromkeys((*self.ca_files, *other.ca_files))),
            self.client or other.client,
            self.insecure or other.insecure,
            tuple(dict.fromkeys((*self.decisions, *other.decisions))),
        )


@dataclass(frozen=True)
class Endpoint:
    """Where a repository is asked for.

    `registry` is ``host[:port]``, `repository` its name there, `scheme` ``https`` or ``http`` (``""``: https, and on
    loopback or where `insecure` is set http, if the host speaks no TLS). `root` is the path of the API, `query` is
    added to every request, `headers` go with requests to this host. `source` names the file, `mirror` is whether it
    stands for another registry.
    """

    registry: str
    repository: str = ""
    scheme: str = ""
    insecure: bool = False
    root: str = "/v2"
    query: str = ""
    headers: tuple[tuple[str, Secret], ...] = ()
    trust: Trust = Trust()
    source: str = ""
    mirror: bool = False


@dataclass(frozen=True)
class Way:
    """The endpoints of a repository in the order in which they are asked: its mirrors, then the registry itself.

    `blocked` names the file that forbids asking at all. `decisions` is what led here, problems with files included.
    """

    endpoints: tuple[Endpoint, ...] = ()
    blocked: str = ""
    decisions: tuple[Decision, ...] = ()

    @property
    def origin(self) -> Endpoint:
        return self.endpoints[-1]

    @property
    def mirrors(self) -> tuple[Endpoint, ...]:
        return self.endpoints[:-1]
