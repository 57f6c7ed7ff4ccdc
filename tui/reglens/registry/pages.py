"""Lists in pages: the catalogue and tags (distribution spec, "Listing Tags"; RFC 8288 for ``Link``).

The first request names no page size: docker-registry 2.8 ignores ``n``, distribution 3 walks the whole repository again
for each page, and go-containerregistry's registry cuts the list at ``n`` and says nothing. Asked without, each sends
all it will send at once, and a ``Link`` if there is more.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from time import monotonic
from typing import Any
from urllib.parse import urljoin, urlsplit

from reglens.auth.reply import Reply
from reglens.errors import AnswerInvalid, TooLarge
from reglens.jsontext import TooMany, loads
from reglens.text import human_count, human_duration, human_size
from reglens.trace.exchange import Exchange

MAX_PAGES = 10_000
MAX_NAMES = 1_000_000
"""Names in a list; so many take about 200 MiB in the app. The longest lists known have some hundred thousand."""
MAX_OCTETS = 32 << 20
"""Octets of all pages of a list, and of the links between them: MAX_NAMES names of 32 octets each."""
LONGEST = 3600.0
"""Seconds that a list may be waited for; 100 000 names in pages of 100, each a second away, are 1 000 seconds."""
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"(?:[^\"]*\s)?next(?:\s[^\"]*)?\"|next(?=\s*[;,]|\s*$))", re.IGNORECASE)


async def pages(
    get: Callable[[str], Awaitable[Reply]], path: str, member: str, *, limit: int | None = None
) -> AsyncGenerator[list[str], None]:
    """The names in `member` of each page, from `path` on, `limit` names at most; an empty page is left out.

    Raises AnswerInvalid for a page that is none, a link to another host or back to an earlier page, and TooLarge for
    more pages, names or octets than anybody has, or more time than anybody waits.
    """
    seen = {path}
    count = octets = 0
    spent = 0.0
    while True:
        asked = monotonic()
        reply = await get(path)
        spent += monotonic() - asked  # not what whoever takes the names does with them
        names = _names(reply, member)
        count += len(names)
        octets += len(reply.body)
        if limit is not None and count >= limit:
            names = names[: len(names) - (count - limit)]
            if names:
                yield names
            return
        if names:
            yield names
        following = next_page(reply.headers.get("link", ""), reply.exchange.url or path)
        if following is None:
            return
        path = on_host(following, reply.exchange)
        if path in seen:
            raise AnswerInvalid(
                "The pages of the list lead in a circle.",
                "What came until here is complete as far as it goes; the registry is out of order.",
                exchange=reply.exchange,
            )
        seen.add(path)
        octets += len(path)
        if bound := _passed(len(seen), count, octets, spent):
            hint = "What came until here was in order; the registry is not."
            raise TooLarge(f"The list has no end: it goes on after {bound}.", hint, exchange=reply.exchange)


def _passed(pages: int, names: int, octets: int, seconds: float) -> str:
    """The bound that a list is beyond, in words; none if it is within all."""
    if pages > MAX_PAGES:
        return f"{human_count(MAX_PAGES)} pages"
    if names > MAX_NAMES:
        return f"{human_count(MAX_NAMES)} names"
    if octets > MAX_OCTETS:
        return human_size(MAX_OCTETS)
    return human_duration(LONGEST) if seconds > LONGEST else ""


def next_page(link: str, url: str) -> str | None:
    """The absolute URL that a ``Link`` header names as ``next``, resolved against `url`; None if there is none."""
    for found in _LINK.finditer(link[:16_384]):
        if _NEXT.search(";" + found[2].lstrip().removeprefix(";")):
            try:
                target: str = urljoin(url, found[1].strip())
            except ValueError:
                return None
            return target
    return None


def on_host(following: str, exchange: Exchange) -> str:
    """Path and query of the next page. Its scheme is passed over, as registries behind a proxy often get it wrong
    (containers/image, docker_image.go, keeps no more than this); another host is an error (go-containerregistry,
    pkg/v1/remote/list.go)."""
    parts = urlsplit(following)
    own = urlsplit(exchange.url or "")
    if parts.hostname != own.hostname or (parts.scheme == own.scheme and parts.port != own.port):
        raise AnswerInvalid(
            f"The next page of the list is said to be on another host, {parts.netloc}.",
            "It is not asked for; the registry, or a proxy before it, is set up wrongly.",
            exchange=exchange,
        )
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _names(reply: Reply, member: str) -> list[str]:
    """The texts in a page's list. ``null`` for the list (docker-registry, of a repository whose tags are gone) and in
    it (Nexus) stand for nothing; digests (Artifactory) are no names."""
    document = json_object(reply, f"the list of {member}")
    value = document.get(member)
    if value is None and member not in document:
        raise AnswerInvalid(
            f"The answer has no list of {member}.", "The host may not be a registry.", exchange=reply.exchange
        )
    if value is None:
        return []
    if not isinstance(value, list):
        raise AnswerInvalid(f"The {member} are no list.", "The registry is out of order.", exchange=reply.exchange)
    return [name for name in value if type(name) is str and name and ":" not in name]


def json_object(reply: Reply, what: str) -> dict[str, Any]:
    """The JSON object in an answer's body. Raises AnswerInvalid, which tells a web page from broken JSON."""
    try:
        value = loads(reply.body)
    except ValueError as error:
        raise not_json(reply, what, error) from None
    if not isinstance(value, dict):
        raise AnswerInvalid(
            f"Instead of {what}, other JSON came.", "The host may not be a registry.", exchange=reply.exchange
        )
    return value


def not_json(reply: Reply, what: str, error: ValueError | None = None) -> AnswerInvalid:
    """The error for a body that should have been JSON; `error` is what reading it failed by."""
    exchange = reply.exchange
    if isinstance(error, TooMany):
        return TooLarge(f"{exchange.host} answered with {error} instead of {what}.", exchange=exchange)
    begin = reply.body[:200].lstrip()
    if exchange.media_type in ("text/html", "application/xhtml+xml") or begin[:1] == b"<":
        hint = "Host or port may be wrong, or a proxy or login page stands before the registry."
        return AnswerInvalid(f"{exchange.host} answered with a web page instead of {what}.", hint, exchange=exchange)
    if not begin:
        return AnswerInvalid(f"{exchange.host} answered with nothing instead of {what}.", "", exchange=exchange)
    hint = "The answer may have been cut short on its way: try again."
    return AnswerInvalid(f"{exchange.host} answered with broken JSON instead of {what}.", hint, exchange=exchange)
