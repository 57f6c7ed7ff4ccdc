"""How a session reaches its registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reglens.auth.trust import RealmTrust
from reglens.precedence import Turn, at_once

if TYPE_CHECKING:
    from reglens.registry.ways.machine import Machine


@dataclass(frozen=True, slots=True)
class Options:
    """Choices of the person, the same for every command and the app. `timeout` is in seconds and bounds each wait of a
    request (connecting, sending, each read), the token's request included."""

    plain_http: bool = False
    insecure: bool = False
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    trust: RealmTrust = field(default_factory=RealmTrust)
    """Which token servers elsewhere may have credentials; the app adds what the person answers."""
    timeout: float = 30.0
    unix_socket: Path | None = None
    """Where the registry listens, instead of at its host and port; http is spoken there."""
    machine: Machine | None = None
    """The files of this machine that say how registries are reached; None: heed none."""
    turn: Turn = at_once
    """Awaited between the steps of a request, which gives way meanwhile to who looks at the screen."""
    search_url: str = ""
    """Where to search instead of Docker Hub's or the registry's own search; the demo registry uses it."""
