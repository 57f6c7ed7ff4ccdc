"""Requests and answers that clients write into their debug output: crane, skopeo, oras, regctl, Python, Java.

Sources: go-containerregistry, pkg/v1/remote/transport/logger.go; containers/image, docker/docker_client.go; oras,
internal/trace/transport.go; regclient, internal/reghttp/http.go; CPython, Lib/http/client.py (``debuglevel``).
"""

from __future__ import annotations

import re

from reglens.diagnosis.paste import failures
from reglens.diagnosis.paste.drafts import Draft
from reglens.diagnosis.paste.source import Line, Passage, placed
from reglens.diagnosis.paste.transcript import Transcript
from reglens.diagnosis.paste.transcript_marks import METHODS

_STAMP = r"(?:[\w./:+TZ-]{4,40}[ \t]+){0,3}"
_CRANE_SENT = re.compile(rf"[ \t]{{0,8}}{_STAMP}--> (?P<method>{METHODS}) (?P<url>https?://\S{{1,16000}})")
_CRANE_GOT = re.compile(
    rf"[ \t]{{0,8}}{_STAMP}<-- (?:(?P<status>[1-5]\d\d) (?P<url>https?://\S{{1,16000}})|"
    rf"(?P<error>.{{1,1000}}?) (?P<method>{METHODS}) (?P<failed>https?://\S{{1,16000}}))"
)
_CRANE_LINE = re.compile(rf"\d{{4}}/\d\d/\d\d \d\d:\d\d:\d\d (?=(?:{METHODS}) /|HTTP/[0-9])")
_SKOPEO = re.compile(
    rf".{{0,100}}?(?:time=|DEBU\[|level=debug).{{0,120}}?(?:msg=\")?(?<![-\w])(?P<method>{METHODS}) "
    r"(?P<url>https?://[^\s\"]{1,16000})\"?[ \t]*$"
)
_PING = re.compile(
    r".{0,100}?(?:time=|DEBU\[|level=debug).{0,120}?\bPing (?P<url>https?://[^\s\"]{1,2000}) status (?P<status>\d{3})"
)
_PING_FAILED = re.compile(
    r".{0,100}?(?:time=|DEBU\[|level=debug).{0,120}?\bPing (?P<url>https?://[^\s\"]{1,2000}) err (?P<error>.{1,2000})"
)
_ORAS_FIELD = re.compile(
    r"[ \t]{0,8}[<>]?[ \t]{0,4}(?P<what>Request URL|Request method|Response [Ss]tatus):[ \t]{0,4}\"?"
    r"(?P<value>[^\"\n]{1,16000}?)\"?[ \t]*$"
)
_ORAS_HEADERS = re.compile(r"[ \t]{0,8}[<>]?[ \t]{0,4}(?P<side>Request|Response) (?P<what>headers|body):?[ \t]*$")
_ORAS_HEADER = re.compile(
    r"[ \t]{1,12}\"(?P<name>[A-Za-z0-9-]{1,80})\": (?P<value>\".{0,20000}\"|\S.{0,20000}),?[ \t]*$"
)
_PAIR = re.compile(r'(?P<name>[\w.-]{2,40})=(?P<value>"(?:[^"\\]|\\.){0,20000}"|[^\s"]{1,4000})')
_PYTHON = re.compile(
    r"(?P<what>send|reply|header): (?:b?'(?P<quoted>.{0,60000})'|(?P<plain>[A-Za-z-]{2,60}: .{0,20000}))[ \t]*$"
)


class Dumps:
    """Follows the debug output of clients. `consumed` tells of the last line taken whether it says nothing else."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.consumed = True
        self.oras = ""

    def take(self, line: Line) -> bool:
        """Reads one line; whether a request or an answer was dumped on it."""
        text = line.text
        self.consumed = True
        if self.oras and (found := _ORAS_HEADER.match(text)):
            self._oras_header(found, line.passage)
            return True
        if "://" in text or "HTTP/" in text or ("--" in text and "x" in text):
            if found := _CRANE_SENT.match(text):
                self._open(found["method"], line.passage.cut(*found.span("url")), "redacted" in text)
                return True
            if found := _CRANE_GOT.match(text):
                self._crane_got(found, line.passage, text)
                return True
            if found := _CRANE_LINE.match(text):
                return self.transcript.take(Line(line.number, line.passage.cut(found.end())))
            if "time=" in text or "DEBU" in text or "level=debug" in text:
                return self._logged(line.passage)
        if found := _ORAS_FIELD.match(text):
            self._oras_field(found, line.passage)
            return True
        if found := _ORAS_HEADERS.match(text):
            self.oras = "" if found["what"] == "body" else found["side"]
            if found["what"] == "body" and found["side"] == "Response":
                self.transcript.answer_body()
            return True
        if text.startswith(("send: ", "reply: ", "header: ")):
            return self._python(line)
        self.oras = ""
        return False

    def _open(self, method: str, url: Passage, hidden: bool = False) -> Draft:
        self.transcript.close()
        draft = self.transcript.begin(method, url)
        if hidden:
            draft.note = "body not shown"
        return draft

    def _crane_got(self, found: re.Match[str], passage: Passage, text: str) -> None:
        if found["error"]:
            draft = self._find(found["failed"]) or self._open(found["method"], passage.cut(*found.span("failed")))
            draft.failure = failures.of_words(found["error"])
            draft.failure_span = passage.span(*found.span("error"))
            self.transcript.close()
            return
        draft = self._find(found["url"]) or self._open("GET", passage.cut(*found.span("url")))
        self.transcript.resume(draft)
        draft.status = int(found["status"])
        draft.status_span = passage.span(*found.span("status"))
        if "redacted" in text:
            draft.note = "body not shown"

    def _find(self, url: str) -> Draft | None:
        """The latest unanswered request for this URL."""
        for draft in self.transcript.drafts[-1:-20:-1]:
            if not draft.answered and draft.address.split(" ")[0] == url:
                return draft
        return None

    def _logged(self, passage: Passage) -> bool:
        """A line of ``name=value`` pairs or of logrus; it may say more, so it is not consumed."""
        text = passage.text
        self.consumed = False
        if found := _PING.match(text):
            draft = self._find(found["url"]) or self._open("GET", passage.cut(*found.span("url")))
            draft.status = int(found["status"])
            draft.status_span = passage.span(*found.span("status"))
            self.transcript.close()
            return True
        if found := _PING_FAILED.match(text):
            draft = self._find(found["url"]) or self._open("GET", passage.cut(*found.span("url")))
            draft.failure = failures.of_words(found["error"].replace('\\"', '"'))
            draft.failure_span = passage.span(*found.span("error"))
            self.transcript.close()
            return True
        if found := _SKOPEO.match(text):
            self._open(found["method"], passage.cut(*found.span("url")))
            self.transcript.close()
            return True
        return self._pairs(passage)

    def _pairs(self, passage: Passage) -> bool:
        """regclient's log: URL, method, status and headers as pairs of one line."""
        values: dict[str, Passage] = {}
        for found in _PAIR.finditer(passage.text[:60_000]):
            value = passage.cut(*found.span("value"))
            values.setdefault(
                found["name"].lower(), value.cut(1, len(value.text) - 1) if value.text[0] == '"' else value
            )
        url = values.get("req-url") or values.get("url")
        method = values.get("req-method") or values.get("method")
        status = values.get("resp-status") or values.get("status") or values.get("statuscode")
        if url is None or "://" not in url.text or (method is None and status is None):
            return False
        draft = self._find(url.text) or self._open(method.text if method else "GET", url)
        if status is not None and (code := re.match(r"[1-5]\d\d", status.text)):
            draft.status = int(code[0])
            draft.status_span = status.span(0, 3)
        return True

    def _oras_field(self, found: re.Match[str], passage: Passage) -> None:
        value = passage.cut(*found.span("value")).strip()
        what = found["what"].lower()
        if what == "request url":
            self._open("GET", value)
        elif what == "request method" and self.transcript.now is not None:
            self.transcript.now.method = value.text[:20]
        elif what == "response status":
            if self.transcript.now is None or self.transcript.now.answered:
                self._open("GET", Passage("", ()))
            now = self.transcript.now
            code = re.match(r"([1-5]\d\d)(?: (.{0,100}))?", value.text)
            if code and now is not None:
                now.status, now.reason = int(code[1]), code[2] or ""
                now.status_span = value.span(0, 3)
        self.oras = ""

    def _oras_header(self, found: re.Match[str], passage: Passage) -> None:
        now = self.transcript.now
        if now is None:
            return
        value = passage.cut(*found.span("value"))
        if value.text[:1] == '"' and value.text[-1:] == '"':
            value = value.cut(1, len(value.text) - 1)
        if "\\" in value.text:
            value = placed(value.text.replace('\\"', '"'), value.span())
        target = now.request_headers if self.oras == "Request" else now.response_headers
        if len(target) < 1000:
            target.append((passage.cut(*found.span("name")), value))

    def _python(self, line: Line) -> bool:
        """``send: b'GET / HTTP/1.1\\r\\n…'``, ``reply: 'HTTP/1.1 401 …\\r\\n'``, ``header: Name: value``."""
        found = _PYTHON.match(line.text)
        if not found:
            return False
        group = "quoted" if found["quoted"] is not None else "plain"
        passage = line.passage.cut(*found.span(group))
        at = 0
        while at <= len(passage.text):
            end = passage.text.find("\\r\\n", at)
            piece = passage.cut(at, end if end >= 0 else None)
            if piece.text or found["what"] == "send":
                self.transcript.take(Line(line.number, piece))
            if end < 0:
                break
            at = end + 4
        return True
