"""Transcripts of HTTP clients: ``curl -v``, ``-i``, ``-I``, ``--trace-ascii``, ``wget -S``, HTTPie, raw header blocks.

All of these show the same things in the same order (request line, its headers, an empty line, status line, its headers,
an empty line, body) and differ in the marks before them. `Transcript.take` is fed line by line and says whether a line
was one of a transcript; it opens and fills `Draft`s. Marks: curl, src/tool_cb_dbg.c; wget, src/http.c.
"""

from __future__ import annotations

import re

from reglens.diagnosis.paste import failures
from reglens.diagnosis.paste.conversation import Conversation
from reglens.diagnosis.paste.drafts import Draft
from reglens.diagnosis.paste.source import Line, Passage, join
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

MAX_FOLDS = 500
"""Lines over which one header goes on: each is joined to all before it. A token of 40 000 characters fills as many."""


class Transcript(Conversation):
    """Reads a transcript line by line into the exchanges of a conversation."""

    def __init__(self, drafts: list[Draft]) -> None:
        super().__init__(drafts)
        self.mode = ""  # what --trace announced: a mark of -v, body, or skip
        self.chunk: tuple[Passage, int] | None = None

    def close(self) -> None:
        self._flush_chunk()
        super().close()
        self.mode = ""

    def settle(self, text: str) -> None:
        """Ends what ``--trace`` shows of one message, if this line is no more of it."""
        if self.chunk is not None and not TRACED.match(text):
            self._flush_chunk()

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
        if len(value.text) > 200_000 or len(value.runs) > 2 * MAX_FOLDS or not passage.text.strip():
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
