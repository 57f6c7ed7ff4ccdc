"""What is wrong with each repository ``broken/…``: one entry a fault, applied by the servers without knowing which.

A fault says how one of the servers, or what stands between, departs from a healthy one. Everything it does shows in the
protocol, as it would on a real server; nothing else tells a client what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reglens.demo.answers import Answer, Call

if TYPE_CHECKING:
    from reglens.demo.keys import Authority

NAMESPACE = "broken"


@dataclass(frozen=True)
class Addresses:
    """URLs without a slash at the end. `closed` is one where nobody listens; `tls` speaks https with a certificate
    that nobody trusts; `auth` is the token server, which also plays the blob store."""

    registry: str
    auth: str
    closed: str
    tls: str

    @property
    def realm(self) -> str:
        return f"{self.auth}/token"


Claims = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """One fault. `code` is the finding that names it; `shows` what one will see.

    `claims` changes a token's claims, `sign` makes the token from them; `token` answers instead of the token server;
    `token_clock` is how far its clock is ahead. `challenge` rewrites the ``Www-Authenticate`` of a 401
    (None: left out). `front` answers before the registry sees the request, `resource` after it has authorised it, and
    `spoil` changes the manifest that it sends. `login`: the fault meets only callers with credentials.
    """

    code: str
    shows: str
    variant: str = ""
    login: bool = False
    claims: Callable[[Claims], None] | None = None
    sign: Callable[[Claims, Authority], str] | None = None
    token: Callable[[Call, Addresses], Answer | None] | None = None
    token_clock: timedelta = field(default=timedelta())
    challenge: Callable[[str, Addresses], str | None] | None = None
    front: Callable[[Call, Addresses], Answer | None] | None = None
    resource: Callable[[Call, Addresses], Answer | None] | None = None
    spoil: Callable[[Answer], Answer] | None = None

    @property
    def repository(self) -> str:
        return f"{NAMESPACE}/{self.code}" + (f"-{self.variant}" if self.variant else "")


def fault_of(repository: str) -> Fault | None:
    """The fault of a repository, if it has one."""
    return _BY_NAME.get(repository)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "audience-mismatch",
        "The token server signs for the audience index.docker.io, whatever was asked: 401 invalid_token.",
        claims=lambda c: c.update(aud="index.docker.io"),
    ),
)
_BY_NAME = {fault.repository: fault for fault in FAULTS}
