"""What an error status means, by what was asked for, as an error with something to try next."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from reglens.auth.reply import Reply, retry_after
from reglens.errors import AnswerInvalid, ErrorEntry, NotFound, RateLimited, Refused, RegistryError, ReglensError
from reglens.oci.reference import HUB, HUB_LIBRARY
from reglens.registry.products import recognise
from reglens.trace.exchange import Exchange, Role

_TO_TLS = ("HTTP request to an HTTPS server", "plain HTTP request was sent to HTTPS port")
"""What Go's net/http and nginx answer, with 400, to plain http on a TLS port."""


_STALE = "What is public may be refused to stale credentials, and given to --anonymous."


def error_of(reply: Reply, registry: str, repository: str, target: str, now: datetime) -> ReglensError:
    """The error for an answer that is no success. `target` is the tag or digest that was asked for, or ``""``."""
    exchange, status = reply.exchange, reply.status
    entries = exchange.errors
    said = _said(entries)
    host = exchange.host or registry
    if status == 429:
        wait = retry_after(reply.headers, now)
        hint = f"Wait {wait:.0f} s and try again." if wait is not None else "Wait a while and try again."
        if registry == HUB and exchange.authorization is None:
            hint += " With an account the limit is higher."
        message = f"{host} was asked too often (429){said}"
        return RateLimited(message, hint, entries=entries, exchange=exchange, retry_after=wait)
    if status == 407:
        return RegistryError(
            f"The proxy {exchange.via or 'on the way'} wants a login before it passes anything on to {host} (407)",
            "Write user:password@ before its host in HTTP_PROXY.",
            status=status,
            exchange=exchange,
        )
    if exchange.follows is not None and host != registry:
        return _beyond(reply, host, entries, said)
    if status in (401, 403) or (status == 400 and _denied(exchange)):
        message, hint = _refused(reply, registry, repository, said)
        return Refused(message, hint, status=status, entries=entries, exchange=exchange)
    if status == 404:
        message, hint = _not_found(reply, registry, repository, target, entries)
        return NotFound(message, hint, status=status, entries=entries, exchange=exchange)
    if status >= 500:
        message, hint = f"{host} failed ({status}){said}", "Try again later, or tell the registry's operator."
    elif status == 400 and any(words in exchange.body.text for words in _TO_TLS):
        message, hint = f"{host} speaks TLS, and was asked over plain http (400)", "Leave out --plain-http."
    elif 300 <= status < 400:
        return AnswerInvalid(
            f"{host} redirects without saying where to ({status}).", "The registry is out of order.", exchange=exchange
        )
    else:
        message = f"{host} does not accept the request ({status}){said}"
        hint = (
            "The registry does not offer this."
            if status in (405, 501)
            else "Look at the exchange to see what was sent."
        )
    return RegistryError(message, hint, status=status, entries=entries, exchange=exchange)


def _denied(exchange: Exchange) -> bool:
    """Whether a 400 refuses what was presented: ECR Public answers so to a token that expired or is none, without a
    challenge (aws/containers-roadmap, issue 2835)."""
    return exchange.authorization is not None and any(e.code in ("DENIED", "UNAUTHORIZED") for e in exchange.errors)


def _onward(reply: Reply, registry: str) -> str:
    """How to go on where the repositories cannot be listed."""
    return recognise(registry, reply.exchange.challenges).onward


def _said(entries: tuple[ErrorEntry, ...]) -> str:
    words = list(dict.fromkeys(e.message or e.code for e in entries if e.message or e.code))
    return f": {'; '.join(words[:3])[:500]}" if words else ""


def _beyond(reply: Reply, host: str, entries: tuple[ErrorEntry, ...], said: str) -> RegistryError:
    """The registry redirected to another server (its storage, a CDN), and that one refused."""
    kind = NotFound if reply.status == 404 else Refused if reply.status in (401, 403) else RegistryError
    return kind(
        f"The registry redirects to {host}, which answers {reply.status}{said}",
        "Try again: such links expire quickly. If it stays so, the registry's storage is set up wrongly.",
        status=reply.status,
        entries=entries,
        exchange=reply.exchange,
    )


def _refused(reply: Reply, registry: str, repository: str, said: str) -> tuple[str, str]:
    exchange, status = reply.exchange, reply.status
    what = f"{repository} on {registry}" if repository else registry
    sent = exchange.authorization
    if exchange.role is Role.CATALOG:
        hint = f"Many registries list their repositories to nobody. {_onward(reply, registry)}"
        return f"{registry} does not let its repositories be listed ({reply.status}){said}", hint
    message = f"Access to {what} is refused ({reply.status}){said}"
    if sent is None:
        schemes = ", ".join(dict.fromkeys(c.scheme for c in exchange.challenges if c.scheme))
        known = {"bearer", "basic"}
        if schemes and not known & {c.scheme.lower() for c in exchange.challenges}:
            return message, f"It asks for {schemes}, which reglens does not speak."
        return message, "Log in to the registry (docker login, podman login), or give --username."
    if sent.username is not None:
        return message, f"Check user name and password; they came from {sent.source}. {_STALE}"
    if any(c.error == "invalid_token" for c in exchange.challenges):
        return (
            message,
            "The registry does not accept the token itself: compare what it asked for with what the token says.",
        )
    if status == 400:
        return message, f"The token is no good any more: log in anew. {_STALE}"
    if status == 403:
        return message, "The registry understood who asks, and says no: its words say why, or its operator."
    if registry == HUB and repository and not repository.startswith(HUB_LIBRARY):
        hint = (
            "The name may be misspelt: Docker Hub answers so for private repositories and for those that are not there."
        )
        return message, hint
    return message, "The token does not allow it: the name may be misspelt, or another account is needed."


def _not_found(
    reply: Reply, registry: str, repository: str, target: str, entries: tuple[ErrorEntry, ...]
) -> tuple[str, str]:
    exchange = reply.exchange
    codes = {entry.code for entry in entries}
    path = urlsplit(exchange.url or "").path
    if exchange.role is Role.CATALOG:
        return f"{registry} has no catalogue of repositories (404)", _onward(reply, registry)
    if exchange.role is Role.PING:
        return f"{registry} has no registry at {path} (404)", "Check host and port; a web server may be answering."
    if "NAME_UNKNOWN" in codes or (repository and exchange.role is Role.TAGS):
        return f"There is no repository {repository} on {registry} (404)", "Check the spelling, or search for it."
    if exchange.role is Role.MANIFEST and (entries or not exchange.body.size):
        kind = "digest" if ":" in target else "tag"
        return f"{repository} on {registry} has no {kind} {target} (404)", "List its tags to see what there is."
    if exchange.role is Role.BLOB and (entries or not exchange.body.size):
        return f"{repository} on {registry} has no blob {target} (404)", "The registry may have removed it."
    hint = "The host may not be a registry, or the name may break the rules (capitals, for one)."
    return f"{registry} does not know the path {path} (404)", hint
