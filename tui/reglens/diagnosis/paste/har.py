"""HAR files (HTTP Archive 1.2, w3c.github.io/web-performance/specs/HAR), and what HTTP libraries log of a call."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from reglens.diagnosis.paste.drafts import MAX_BODY, Draft
from reglens.diagnosis.paste.source import Passage, placed
from reglens.errors import Reach
from reglens.jsontext import loads
from reglens.trace.exchange import Failure

MAX_ENTRIES = 500
_NAMES = {"www-authenticate", "location", "docker-content-digest", "content-type", "authorization"}


class Finder:
    """Finds where values stand in the JSON text, going forward only."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.at = 0

    def place(self, value: str) -> Passage:
        """`value` as a passage whose characters stand where it was found, or where the search stands now."""
        text = self.passage.text
        for written in (value, value.replace("\\", "\\\\").replace('"', '\\"')):
            found = text.find(written, self.at, self.at + 400_000) if written else -1
            if found >= 0:
                place = self.passage.cut(found, found + len(written))
                return place if written == value else placed(value, place.span())
        return self.here(value)

    def here(self, value: str) -> Passage:
        """`value` at the place where the search stands."""
        at = min(self.at, max(len(self.passage.text) - 1, 0))
        return placed(value, self.passage.span(at, at + 1))

    def forward(self, value: str) -> None:
        """Moves on to where `value` stands next."""
        found = self.passage.text.find(value, self.at)
        self.at = found if found >= 0 else self.at


def read_har(passage: Passage) -> list[Draft] | None:
    """The exchanges of a HAR file; None if `passage` is none."""
    text = passage.text
    if '"entries"' not in text or '"log"' not in text[:2000]:
        return None
    try:
        value = loads(text)
    except ValueError:
        return None
    log = value.get("log") if isinstance(value, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        return None
    finder = Finder(passage)
    return [d for entry in entries[:MAX_ENTRIES] if (d := _entry(entry, finder)) is not None]


def _entry(entry: object, finder: Finder) -> Draft | None:
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        return None
    response = entry.get("response") if isinstance(entry, dict) else None
    url = request["url"]
    finder.forward(f'"{url}"')
    method = request.get("method")
    draft = Draft(method=method if isinstance(method, str) else None, url=finder.place(url))
    draft.request_headers = list(_headers(request, finder))
    posted = request.get("postData")
    if isinstance(posted, dict):
        if isinstance(posted.get("text"), str) and not posted["text"].startswith(("{", "[")):
            draft.form = parse_qsl(posted["text"], keep_blank_values=True)[:200]
        elif isinstance(posted.get("params"), list):
            draft.form = list(_pairs(posted["params"]))
    if isinstance(response, dict):
        _answer(draft, response, finder)
    return draft


def _answer(draft: Draft, response: Mapping[str, object], finder: Finder) -> None:
    status = response.get("status")
    if isinstance(status, int) and 100 <= status <= 599:
        draft.status = status
        draft.status_span = finder.place(str(status)).span()
    else:
        error = response.get("_error")
        draft.failure = Failure(Reach.ANSWER, error if isinstance(error, str) else "no answer was recorded")
    reason, version = response.get("statusText"), response.get("httpVersion")
    draft.reason = reason if isinstance(reason, str) else ""
    draft.version = version.upper() if isinstance(version, str) else ""
    draft.response_headers = list(_headers(response, finder))
    content = response.get("content")
    if isinstance(content, dict) and isinstance(content.get("text"), str):
        text = content["text"][:MAX_BODY]
        if content.get("encoding") == "base64":
            try:
                text = base64.b64decode(text).decode("utf-8", "replace")
            except (ValueError, binascii.Error):
                text = ""
        draft.body = [finder.place(text)]


def _headers(side: Mapping[str, object], finder: Finder) -> Iterator[tuple[Passage, Passage]]:
    listed = side.get("headers")
    for name, value in _pairs(listed) if isinstance(listed, list) else ():
        if name.startswith(":"):
            continue
        yield finder.place(name), finder.place(value) if name.lower() in _NAMES else finder.here(value)


def _pairs(listed: list[object]) -> Iterator[tuple[str, str]]:
    for item in listed[:500]:
        if isinstance(item, dict) and isinstance(item.get("name"), str) and isinstance(item.get("value"), str):
            yield item["name"], item["value"]


def read_call(value: object, passage: Passage) -> Draft | None:
    """The call that an HTTP library's error object or log entry tells of (``statusCode`` or ``status``, ``headers``;
    Node's got and axios have them, and ``request``); None if `value` is nothing of the kind."""
    if not isinstance(value, dict):
        return None
    response = value.get("response") if isinstance(value.get("response"), dict) else value
    if not isinstance(response, dict):
        return None
    headers = response.get("headers")
    names = [n for n in ("statusCode", "status_code", "status") if isinstance(response.get(n), int)]
    status = response[names[0]] if names else None
    if not isinstance(headers, dict) or status is None or not 100 <= status <= 599:
        return None
    finder = Finder(passage)
    draft = Draft(status=status, status_span=finder.place(str(status)).span())
    request = next((value[n] for n in ("request", "options", "config") if isinstance(value.get(n), dict)), value)
    url = next((request[n] for n in ("url", "uri", "href") if isinstance(request.get(n), str)), None)
    method = request.get("method")
    draft.method = method.upper() if isinstance(method, str) else None
    draft.url = finder.place(url) if url and "://" in url else None
    for name, header in list(headers.items())[:200]:
        for each in header if isinstance(header, list) else [header]:
            if isinstance(each, str):
                draft.response_headers.append((finder.place(name), finder.place(each)))
    sent = request.get("headers") if request is not value else None
    for name, header in list(sent.items())[:200] if isinstance(sent, dict) else ():
        if isinstance(header, str):
            draft.request_headers.append((finder.place(name), finder.place(header)))
    body = response.get("body", response.get("data"))
    if isinstance(body, str):
        draft.body = [finder.place(body[:MAX_BODY])]
    return draft
