"""An exchange as it unfolds in a paste: which request an answer belongs to, what its URL was, where it ended."""

from __future__ import annotations

import re

from reglens.diagnosis.paste.bodies import Body
from reglens.diagnosis.paste.drafts import Draft, default_scheme, resolved, split_address
from reglens.diagnosis.paste.source import Passage, join, placed
from reglens.diagnosis.paste.tokens import is_redacted
from reglens.trace.exchange import Failure


class Conversation:
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
        self._announced: list[tuple[Passage, Passage]] = []
        self._base = ("", "")

    def expect(self, drafts: list[Draft]) -> None:
        """Requests of a command that stands here; answers that follow belong to them."""
        self.close()
        self.pending = [d for d in self.pending if not d.answered][-20:] + drafts
        self.drafts.extend(drafts)
        self.connected, self.tls, self.next_url = "", None, None

    def close(self) -> None:
        """Ends the exchange being read."""
        self._end_body()
        self.now = None
        self.phase = ""
        self.last = None
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

    def _set_url(self, draft: Draft, scheme: str, host: str, target: Passage) -> None:
        draft.url = join([placed(f"{scheme}://{host}", target.span(0, 1)), target])

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
            draft.url = placed(target, at.span())
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


def _target(path: str, query: str) -> str:
    return f"{path or '/'}?{query}" if query else path or "/"
