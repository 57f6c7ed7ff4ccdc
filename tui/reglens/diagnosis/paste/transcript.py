"""Transcripts of HTTP clients: ``curl -v``, ``-i``, ``-I``, ``--trace-ascii``, ``wget -S``, HTTPie, raw header blocks.

All of these show the same things in the same order (request line, its headers, an empty line, status line, its headers,
an empty line, body) and differ in the marks before them. `Transcript.take` is fed line by line and says whether a line
was one of a transcript; it opens and fills `Draft`s. Marks: curl, src/tool_cb_dbg.c; wget, src/http.c.
"""

from __future__ import annotations

import re

from reglens.diagnosis.paste import failures
from reglens.diagnosis.paste.bodies import Body
from reglens.diagnosis.paste.drafts import Draft, default_scheme, resolved, split_address
from reglens.diagnosis.paste.source import Line, Passage, join
from reglens.diagnosis.paste.tokens import is_redacted
from reglens.diagnosis.paste.transcript_marks import (
    ANSWER_NAMES,
    BLOCK_START,
    HEADER,
    HEX,
    INFO,
    MARK,
    METER,
    MODES,
    NAMES,
    REQUEST,
    REQUEST_NAMES,
    STAMP,
    STATUS,
    TRACED,
    WGET_AWAIT,
    WGET_SKIPPED,
    WGET_START,
)
from reglens.trace.exchange import Failure


class Transcript:
    """The exchange being read, and those that commands announced and no answer was seen for yet."""

    def __init__(self, drafts: list[Draft]) -> None:
        self.drafts = drafts
        self.pending: list[Draft] = []
        self.now: Draft | None = None
        self.phase = ""  # request, answer, body, or "" between exchanges
        self.marked = False  # whether the answer's lines bear curl's <
        self.last: tuple[list[tuple[Passage, Passage]], str] | None = None
        self.body: Body | None = None
        self.last_answer = ""
        self.tls: bool | None = None
        self.connected = ""
        self.next_url: Passage | None = None
        self.h2: list[tuple[Passage, Passage]] = []
        self.mode = ""
        self.chunk: tuple[Passage, int] | None = None

    # -- what the reader of the whole paste tells

    def expect(self, drafts: list[Draft]) -> None:
        """Requests of a command that stands here; answers that follow belong to them."""
        self.close()
        self.pending = [d for d in self.pending if not d.answered][-20:] + drafts
        self.drafts.extend(drafts)
        self.connected, self.tls, self.next_url = "", None, None

    def close(self) -> None:
        """Ends the exchange being read."""
        self._flush_chunk()
        self._end_body()
        self.now = None
        self.phase = ""
        self.last = None
        self.mode = ""
        self.h2 = []

    def begin(self, method: str, url: Passage) -> Draft:
        """Opens the exchange of a request whose method and whole URL are known."""
        draft = self._claim(method, url.text) or Draft(method=method, url=url)
        draft.method, draft.url = method, url if url.text else draft.url
        if draft not in self.drafts:
            self.drafts.append(draft)
        self.resume(draft)
        return draft

    def resume(self, draft: Draft) -> None:
        """Goes on with an exchange that was begun before."""
        self._end_body()
        self.now, self.phase, self.marked, self.last = draft, "sent", False, None

    def answer_body(self) -> None:
        """What follows is the answer's body."""
        if self.now is not None:
            self._headers_end()

    @property
    def wants_body(self) -> bool:
        """Whether a body may follow: headers were read, and nothing else since."""
        return self.now is not None and self.phase == "body" and (self.body is None or not self.body.done)

    def settle(self, text: str) -> None:
        """Ends what ``--trace`` shows of one message, if this line is no more of it."""
        if self.chunk is not None and not TRACED.match(text):
            self._flush_chunk()

    # -- lines

    def take(self, line: Line) -> bool:
        """Reads one line; whether it was one of a transcript."""
        passage = line.passage
        stamp = STAMP.match(passage.text)
        if stamp:
            passage = passage.cut(stamp.end())
        meter = METER.match(passage.text)
        if meter:
            passage = passage.cut(meter.end())
            if not passage.text.strip():
                return True
        text = passage.text
        if self.mode and self._traced(passage):
            return True
        mode = MODES.get(text[:15].rstrip(" ,0123456789"))
        if mode is not None and text[:2] in ("=>", "<="):
            self._flush_chunk()
            self.mode = mode
            return True
        if text.startswith("== Info: "):
            self._info(text[9:], passage.cut(9))
            return True
        marked = MARK.match(text)
        if marked and self._marked(marked[1], passage.cut(marked.end())):
            return True
        return self._bare(passage)

    def _traced(self, passage: Passage) -> bool:
        """A line of ``--trace-ascii``: the offset in hex, then up to 64 characters."""
        text = passage.text
        if len(text) < 6 or text[4] != ":" or text[5] != " ":
            return False
        try:
            offset = int(text[:4], 16)
        except ValueError:
            return False
        rest = passage.cut(6)
        if found := HEX.match(text):
            return self._hex(found, rest, offset)
        if self.chunk is not None and offset == self.chunk[1] and len(self.chunk[0].text) % 64 == 0:
            self.chunk = (join([self.chunk[0], rest]), offset + len(rest.text))
        else:
            self._flush_chunk()
            self.chunk = (rest, offset + len(rest.text))
        return True

    def _hex(self, found: re.Match[str], rest: Passage, offset: int) -> bool:
        """A line of ``--trace``: sixteen octets in hex before the text."""
        octets = bytes.fromhex(found[1])
        at = len(found[1])
        shown = rest.cut(len(rest.text) - len(octets)) if len(rest.text) >= at + len(octets) else rest
        before = self.chunk[0] if self.chunk is not None and self.chunk[1] == offset else None
        if before is None:
            self._flush_chunk()
        piece = Passage(octets.decode("latin-1"), ((0, shown.offset(0)),))
        self.chunk = (join([before, piece]) if before is not None else piece, offset + len(octets))
        return True

    def _flush_chunk(self) -> None:
        if self.chunk is None:
            return
        passage, self.chunk = self.chunk[0], None
        if "\r\n" in passage.text:
            mode, at = self.mode, 0
            for piece in passage.text.split("\r\n")[:1000]:
                self.mode, self.chunk = mode, (passage.cut(at, at + len(piece)), -1)
                at += len(piece) + 2
                if piece or mode != "body":
                    self._flush_chunk()
            self.chunk = None
            return
        if self.mode == "body":
            if self.now is not None and not (self.body is not None and self.body.done):
                self.phase = "body"
                self._body(passage)
        elif self.mode in ("<", ">"):
            self._marked(self.mode, passage)

    def _marked(self, mark: str, passage: Passage) -> bool:
        """A line with one of curl's marks; False if the mark is something else's."""
        text = passage.text
        if mark == "*":
            return self._info(text, passage)
        if mark in "{}":
            return text.startswith("[") and "data]" in text
        if mark == ">":
            if found := REQUEST.match(text):
                self._request(found, passage)
            elif self.phase in ("request", "sent") or (self.now is None and NAMES.match(text)):
                if not text.strip():
                    self.phase = "sent" if self.phase == "request" else self.phase
                elif not self._header(passage, "request"):
                    return self.phase == "request" and self._continue(passage)
            else:
                return False
            return True
        if found := STATUS.match(text):
            self._status(found, passage, marked=True)
            return True
        if self.phase == "answer" or NAMES.match(text):
            if not text.strip():
                self._headers_end()
                return True
            return self._header(passage, "answer") or self._continue(passage)
        return not text.strip() and self.phase in ("body", "sent", "request")

    def _bare(self, passage: Passage) -> bool:
        """A line without a mark."""
        text = passage.text
        stripped = text.strip()
        if not stripped:
            return self._empty()
        if found := failures.CURL_ERROR.match(text):
            self._curl_error(int(found[1]), found[2], passage)
            return True
        if found := STATUS.match(text):
            self._status(found, passage, marked=False)
            return True
        if found := REQUEST.match(text):
            bare = found["version"] is None
            if not bare or "://" in found["target"] or found["target"].startswith("/v2/"):
                self._request(found, passage)
                return True
        if self._wget(text, passage):
            return True
        if self.phase in ("request", "answer"):
            if self.marked and self.phase == "answer":
                if stripped.lower() == self.last_answer.lower():
                    return True
                return not NAMES.match(text) and self._continue(passage)
            if self._header(passage, self.phase):
                return True
            if self.last is not None and (text[0] in " \t" or self.phase == "request"):
                return self._continue(passage)
            if self.phase == "answer":
                self._headers_end()
        elif BLOCK_START.match(text) and not (self.phase == "body" and self.body and self.body.unfinished):
            return self._loose_header(passage)
        return False

    def _empty(self) -> bool:
        if self.phase == "answer":
            if not self.marked:
                self._headers_end()
            return True
        if self.phase == "request":
            self.phase = "sent"
            return True
        return False

    # -- requests

    def _request(self, found: re.Match[str], passage: Passage) -> None:
        method, version = found["method"], found["version"]
        target = passage.cut(*found.span("target"))
        self._end_body()
        previous = self.now
        draft = self._claim(method, target.text) if method != "CONNECT" else None
        if draft is None:
            draft = Draft(method=method)
            if previous is not None and previous.status and 300 <= previous.status < 400 and self.next_url:
                draft.follows, draft.command = previous, previous.command
            self.drafts.append(draft)
        draft.method = method
        draft.version = f"HTTP/{version}" if version else draft.version
        draft.note = "" if draft.note != "proxied" else draft.note
        self.now, self.phase, self.marked = draft, "request", False
        self.last = None
        draft.request_headers, self._announced = [], draft.request_headers
        self._address(draft, target)

    _announced: list[tuple[Passage, Passage]] = []  # noqa: RUF012 - replaced as a whole, never changed in place

    def _claim(self, method: str, target: str) -> Draft | None:
        """The announced request that this request line is of."""
        if self.now is not None and not self.now.answered and self.now.url is not None:
            _, _, path, query = split_address(self.now.address)
            if _target(path, query) == target or self.now.address == target:
                return self.now
        waiting = [d for d in self.pending if not d.answered]
        for draft in waiting:
            _, _, path, query = split_address(draft.address)
            if _target(path, query) == target or draft.address == target:
                self.pending.remove(draft)
                return draft
        redirected = self.now is not None and self.now.status is not None and 300 <= self.now.status < 400
        if len(waiting) == 1 and waiting[0].method == method and not redirected:
            self.pending.remove(waiting[0])
            return waiting[0]
        return None

    def _address(self, draft: Draft, target: Passage) -> None:
        """The URL of a request line: as it stands, or completed from the command, the connection or the redirect."""
        if "://" in target.text[:12]:
            draft.url = target
            return
        known = self.next_url or draft.url
        scheme, host, _, _ = split_address(known.text) if known else ("", "", "", "")
        if not host and self.connected:
            host = self.connected
        if not scheme:
            scheme = "https" if self.tls else "http" if self.tls is False else ""
        self._base = (scheme, host)
        if host:
            self._set_url(draft, scheme or default_scheme(host), host, target)
        else:
            draft.url = target
        self.next_url = None

    _base = ("", "")

    def _set_url(self, draft: Draft, scheme: str, host: str, target: Passage) -> None:
        draft.url = join([Passage(f"{scheme}://{host}", ((0, target.offset(0)),)), target])

    def _host(self, draft: Draft, value: str) -> None:
        """The Host header names the authority that was meant, whatever was connected to."""
        value = value.strip()
        if not draft.url or not value or " " in value or len(value) > 300:
            return
        scheme, host, _, _ = split_address(draft.address)
        if draft.address.startswith("/"):
            secure = self.tls
            scheme = self._base[0] or ("https" if secure else "http" if secure is False else default_scheme(value))
            self._set_url(draft, scheme, value, draft.url)
        elif host.lower() != value.lower():
            at = draft.address.find(host, len(scheme) + 3) + len(host)
            self._set_url(draft, scheme, value, draft.url.cut(at))

    # -- headers

    def _header(self, passage: Passage, side: str) -> bool:
        found = HEADER.match(passage.text)
        if not found or self.now is None:
            return False
        name = passage.cut(*found.span("name"))
        end = max(len(passage.text.rstrip()), found.end("blank"))
        value = passage.cut(found.end("blank"), end)
        target = self.now.request_headers if side == "request" else self.now.response_headers
        if len(target) < 1000:
            target.append((name, value))
        self.last = (target, name.text.lower())
        if side == "answer":
            self.last_answer = passage.text.strip()
        elif self.last[1] == "host":
            self._host(self.now, value.text)
        return True

    def _continue(self, passage: Passage) -> bool:
        """More of the header before it: folded (RFC 9112, section 5.2), or broken by a narrow terminal."""
        if self.last is None or not self.last[0]:
            return False
        target, _ = self.last
        name, value = target[-1]
        if len(value.text) > 200_000 or not passage.text.strip():
            return False
        secret = value.text.rsplit(" ", 1)[-1]
        glue = "" if len(secret) > 40 or value.text.count('"') % 2 else " "
        target[-1] = (name, join([value, passage.strip()], glue))
        self.last_answer = target[-1][1].text.strip()
        return True

    def _loose_header(self, passage: Passage) -> bool:
        """A header with no status or request line before it: a block, or a line, that somebody copied."""
        found = HEADER.match(passage.text)
        name = found["name"].lower() if found else ""
        side = "request" if name in REQUEST_NAMES else "answer" if name in ANSWER_NAMES else ""
        if not side:
            return False
        if self.phase == "sent" and side == "request":
            side = "request"
        elif self.now is None or self.now.answered or (self.phase == "body"):
            waiting = [d for d in self.pending if not d.answered and d.shown]
            self._end_body()
            if waiting:
                self.now = waiting[0]
                self.pending.remove(waiting[0])
            else:
                self.now = Draft()
                self.drafts.append(self.now)
        if self.phase != "sent":
            self.phase = side
        self.marked = False
        return self._header(passage, side)

    # -- answers

    def _status(self, found: re.Match[str], passage: Passage, *, marked: bool) -> None:
        status = int(found["status"])
        self._end_body()
        now = self.now
        text = passage.text.strip()
        if not marked and self.marked and self.phase == "answer" and now is not None and text == self.last_answer:
            return
        if 100 <= status < 200:
            return
        if now is None or (now.answered and (now.status != status or now.response_headers or self.phase == "body")):
            now = self._next_answer(now)
        self.now = now
        now.status = status
        now.failure = None
        now.version = f"HTTP/{found['version']}"
        now.reason = (found["reason"] or "").strip()
        now.status_span = passage.span(*found.span("status"))
        self._settle(now)
        self.phase, self.marked, self.last = "answer", marked, None
        self.last_answer = text

    def _next_answer(self, before: Draft | None) -> Draft:
        """The exchange of an answer whose request was not shown."""
        if before is not None and before.status and 300 <= before.status < 400 and (at := before.response("location")):
            draft = Draft(method=before.method, follows=before, command=before.command)
            target = resolved(before.address, at.text.strip())
            draft.url = Passage(target, ((0, at.offset(0)),))
            self.drafts.append(draft)
            return draft
        waiting = [d for d in self.pending if not d.answered]
        shown = [d for d in waiting if d.shown] or waiting[-1:]
        if shown:
            self.pending.remove(shown[0])
            return shown[0]
        draft = Draft()
        self.drafts.append(draft)
        return draft

    def _settle(self, draft: Draft) -> None:
        """Completes the request's headers, once the answer begins, from what else is known of it."""
        if not draft.request_headers and self.h2:
            draft.request_headers = [(n, v) for n, v in self.h2 if not n.text.startswith(":")]
        announced, self._announced = self._announced, []
        self.h2 = []
        if not announced:
            return
        if not draft.request_headers:
            draft.request_headers = announced
            return
        mine = next((v for n, v in announced if n.text.lower() == "authorization"), None)
        for at, (name, value) in enumerate(draft.request_headers):
            if mine is not None and name.text.lower() == "authorization":
                shown = value.text.strip()
                # the transcript does not show a line end that was sent at the end of a header
                hidden = is_redacted(shown.rpartition(" ")[2]) and not draft.gaps.get("authorization")
                if hidden or (mine.text != mine.text.rstrip("\r\n") and mine.text.strip() == shown):
                    draft.request_headers[at] = (name, mine)
                else:
                    draft.gaps.pop("authorization", None)
                break

    def _headers_end(self) -> None:
        self.phase = "body"
        self.last = None
        now = self.now
        if now is not None and now.method == "CONNECT" and now.status == 200:
            self.drafts.remove(now)
            self.now, self.phase = None, ""
            return
        length = now.response("content-length") if now else None
        digits = length.text.strip() if length else ""
        self.body = Body(int(digits) if digits.isdigit() and len(digits) < 12 else None)

    # -- bodies

    def feed_body(self, passage: Passage) -> Passage | None:
        """A line of the body; what stands behind the body's end on it, if it ends there."""
        return self._body(passage)

    def _body(self, passage: Passage) -> Passage | None:
        if self.body is None:
            self.body = Body(None)
        return self.body.add(passage)

    def _end_body(self) -> None:
        body, self.body = self.body, None
        if body is not None and self.now is not None and body.parts:
            self.now.body.extend(body.parts)
            self.now.body_cut = body.unfinished

    # -- what curl and wget say around it

    def _info(self, text: str, passage: Passage) -> bool:
        if self.phase == "answer" and not self.marked:
            self._headers_end()
        failure = failures.of_info(text)
        if failure is not None:
            self._fail(failure, passage, sure=False)
        found = INFO.match(text)
        if not found:
            return self.now is not None or bool(self.pending)
        kind = found.lastgroup
        if kind == "host":
            port = found["port"]
            self.tls = None
            self.connected = found["target"] if port in ("80", "443") else f"{found['target']}:{port}"
            if port == "443":
                self.tls = True
        elif kind == "tls":
            self.tls = True
        elif kind == "value":
            self.h2.append((passage.cut(*found.span("name")), passage.cut(*found.span("value"))))
        elif kind == "url":
            self.next_url = passage.cut(*found.span("url"))
        elif kind == "end" and self.body is not None and not self.body.unfinished and self.body.kind:
            self._end_body()
        return True

    def _curl_error(self, code: int, message: str, passage: Passage) -> None:
        if code == 22 and (found := re.search(r"error: (\d{3})", message)):
            draft = self._failing()
            if draft.status is None:
                draft.status = int(found[1])
                draft.status_span = passage.span(*passage_span(passage, found[1]))
                self.phase = "body"
            return
        failure = failures.of_curl(code, message)
        if failure is not None:
            self._fail(failure, passage, sure=True)
        elif self.now is not None:
            self.now.note = message.strip()[:300]

    def _failing(self) -> Draft:
        now = self.now
        if now is not None and (now.status is None or self.phase in ("request", "sent")):
            return now
        waiting = [d for d in self.pending if not d.answered]
        if waiting:
            self.now = waiting[0]
            self.pending.remove(waiting[0])
            return waiting[0]
        self.now = Draft()
        self.drafts.append(self.now)
        return self.now

    def _fail(self, failure: Failure, passage: Passage, *, sure: bool) -> None:
        if not sure and self.now is None and not any(not d.answered for d in self.pending):
            return
        if self.now is not None and self.now.status is not None and self.phase in ("answer", "body"):
            if sure or (self.body is not None and self.body.unfinished):
                self.now.failure, self.now.failure_span = failure, passage.span()
            return
        draft = self._failing()
        self._settle(draft)
        if draft.failure is None or sure:
            draft.failure, draft.failure_span = failure, passage.span()
        self.phase = "sent" if not sure else ""
        if sure:
            self.now = None

    def _wget(self, text: str, passage: Passage) -> bool:
        if (found := WGET_SKIPPED.match(text)) and self.now is not None:
            self._body(passage.cut(*found.span("body")))
            return True
        if found := WGET_START.match(text):
            self._end_body()
            url = passage.cut(*found.span("url"))
            draft = self._claim("GET", url.text)
            if draft is None:
                draft = Draft(method="GET", url=url)
                if self.now is not None and self.now.status and 300 <= self.now.status < 400:
                    draft.follows = self.now
                self.drafts.append(draft)
            self.now, self.phase = draft, "sent"
            return True
        if found := WGET_AWAIT.match(text):
            if found["status"] and self.now is not None:
                self.now.status = int(found["status"])
                self.now.reason = found["reason"].strip()
                self.now.status_span = passage.span(*found.span("status"))
                self.phase = "body"
            return True
        failure = failures.of_wget(text.strip())
        if failure is not None and (self.now is not None or self.pending):
            self._fail(failure, passage, sure=False)
            return True
        return False


def passage_span(passage: Passage, part: str) -> tuple[int, int]:
    """Where `part` stands in the passage's own text."""
    at = max(passage.text.find(part), 0)
    return at, at + len(part)


def _target(path: str, query: str) -> str:
    return f"{path or '/'}?{query}" if query else path or "/"
