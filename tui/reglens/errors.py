"""Everything that reglens raises on purpose.

::

    ReglensError
    ├── UsageError               wrong usage, or input that cannot be read (exit code 2)
    │   └── ReferenceInvalid     breaks the reference grammar; knows the character
    ├── Unreachable              no answer came: `kind` says how far it got
    ├── AnswerInvalid            an answer came that the protocol does not allow
    │   ├── TooLarge             over a bound of ours
    │   └── DigestMismatch       the bytes are not those that were asked for
    ├── RegistryError            the registry answered with an error status
    │   ├── NotFound             404
    │   ├── Refused              401 or 403, or 400 for what was presented
    │   └── RateLimited          429
    ├── NotListed                the registry tells nobody what it has
    └── TokenError               the token server gave no token, or none that could be asked for
        └── TokenNotUsed         the registry works without tokens

Each carries `message` (what happened, one sentence) and `hint` (what to try next, or ``""``). Both are plain text
that may quote a server: whoever shows them cleans them, as all server text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reglens.oci.reference import Reference
    from reglens.trace.exchange import Exchange


class ReglensError(Exception):
    """The root: a failure that is explained to the person, not a defect."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.concerns: Reference | None = None
        """What could not be had, where several things were asked for."""


class UsageError(ReglensError):
    """Wrong usage, or input that cannot be read."""


class ReferenceInvalid(UsageError):
    """A reference that breaks the grammar.

    `text` is what was typed, `position` the 0-based index of the first character that cannot stand where it stands
    (``len(text)`` if something is missing at the end).
    """

    def __init__(self, message: str, text: str, position: int, hint: str = "") -> None:
        super().__init__(message, hint)
        self.text = text
        self.position = position


class Reach(StrEnum):
    """How far an attempt got before it failed."""

    NAME = "name"
    PROXY = "proxy"  # the proxy between refused, or could not be reached
    CONNECT = "connect"
    TLS = "tls"
    PLAIN = "plain"  # the peer speaks http where https was tried
    SEND = "send"
    ANSWER = "answer"  # connected, and no whole answer came


class Unreachable(ReglensError):
    """No answer came. `kind` tells how far it got, `timed_out` whether patience ended it."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        kind: Reach,
        timed_out: bool = False,
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.kind = kind
        self.timed_out = timed_out
        self.exchange = exchange


class AnswerInvalid(ReglensError):
    """An answer came that the protocol does not allow: HTML, broken JSON, a body cut short."""

    def __init__(self, message: str, hint: str = "", *, exchange: Exchange | None = None) -> None:
        super().__init__(message, hint)
        self.exchange = exchange


class TooLarge(AnswerInvalid):
    """More than a bound of ours: octets of a body, pages of a list, redirects."""


class DigestMismatch(AnswerInvalid):
    """The bytes that came do not hash to the digest that was asked for or announced."""


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One entry of a registry's ``errors`` list (OCI distribution spec, "Error Codes"), or what stood in its place.

    `detail` is whatever JSON the server put there: null, text, object or list.
    """

    code: str
    message: str
    detail: object = None


class RegistryError(ReglensError):
    """The registry answered with an error status.

    `status` is the HTTP status, `entries` the error entries in the body (empty if it was no such JSON), `exchange`
    the exchange with the raw body.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        status: int,
        entries: tuple[ErrorEntry, ...] = (),
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.entries = entries
        self.exchange = exchange


class NotFound(RegistryError):
    """404: no such repository, tag, digest or endpoint."""


class Refused(RegistryError):
    """401 or 403 (Amazon ECR Public: 400): not without other credentials, or not at all."""


class RateLimited(RegistryError):
    """429: asked too often. `retry_after` in seconds, if the server said."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        status: int = 429,
        entries: tuple[ErrorEntry, ...] = (),
        exchange: Exchange | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint, status=status, entries=entries, exchange=exchange)
        self.retry_after = retry_after


class NotListed(ReglensError):
    """The registry tells nobody what it has; `hint` says how to go on. Nothing went wrong, and nothing is refused."""


class TokenError(ReglensError):
    """The token server gave no token, or could not be asked. `exchange` is the token exchange, if there was one."""

    def __init__(self, message: str, hint: str = "", *, exchange: Exchange | None = None) -> None:
        super().__init__(message, hint)
        self.exchange = exchange


class TokenNotUsed(TokenError):
    """The registry works without tokens: it is open, or wants the password itself. Nothing is refused by that."""
