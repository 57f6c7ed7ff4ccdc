"""The programs of a paste among what else it shows: their requests wait for the answers that stand behind them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reglens.diagnosis.paste.conversation import Conversation
from reglens.diagnosis.paste.drafts import Draft, role_of
from reglens.diagnosis.paste.programs.reader import Found, find
from reglens.diagnosis.paste.source import Line
from reglens.diagnosis.paste.transcript_marks import BLOCK_START
from reglens.trace.exchange import Role

_STATUS = re.compile(
    r"[ \t]{0,16}(?:"
    r"[^\n]{0,200}?\b(?P<python>[45]\d\d) (?:Client|Server) Error\b[^\n]{0,200}"  # requests, Response.raise_for_status
    r"|[^\n]{0,120}?\bClient error '(?P<httpx>\d{3}) [^\n]{0,200}"  # httpx, Response.raise_for_status
    r"|[^\n]{0,80}?<(?:ClientResponse\([^)]{0,2000}\) )?\[?(?:Response )?\[(?P<shown>\d{3})[^\]\n]{0,40}\]>?[^\n]{0,40}"
    r"|[^\n]{0,120}?\bHTTP ?Error:? (?P<urllib>\d{3})\b[^\n]{0,120}"  # urllib.error.HTTPError
    r"|[^\n]{0,160}?\bstatus code:? \(?(?P<code>\d{3})\b[^\n]{0,160}"  # axios, createError
    r"|[^\n]{0,160}?\bResponse code (?P<got>\d{3})\b[^\n]{0,120}"  # got, HTTPError
    r"|[^\n]{0,160}?\bdoes not indicate success: (?P<dotnet>\d{3})\b[^\n]{0,120}"  # HttpResponseMessage
    r"|[^\n]{0,160}?\breturned an error: \((?P<shell>\d{3})\)[^\n]{0,120}"  # .NET's WebException
    r"|[^\n]{0,160}?\bresponse code: (?P<java>\d{3})\b[^\n]{0,200}"  # HttpURLConnection
    r"|[^\n]{0,120}?\bresulted in a `?(?P<guzzle>\d{3})\b[^\n]{0,200}"  # Guzzle, RequestException
    r"|(?:#<)?Net::HTTP[\w:]{3,40} (?P<ruby>\d{3})\b[^\n]{0,60}"
    r"|(?:HTTP )?(?:status(?:_?code)?|StatusCode|code)?[ \t]{0,4}[:=]?[ \t]{0,4}(?P<bare>[2-5]\d\d)"
    r"(?:[ ,]+['\"]?(?:OK|Unauthorized|Forbidden|Not Found|Bad Request|Too Many Requests)['\"]?)?"
    r"(?P<body>[ \t]+[{\[].*)?)[ \t]*$",
    re.IGNORECASE,
)
_QUICK = re.compile(r"[2-5]\d\d")
PATIENCE = 2000
"""Lines that are looked at for the status of an answer."""
MAX_ANSWER = 600
"""Characters of a line that may tell how a request was answered."""


class Session:
    """Follows the reading of the lines: `reached` is told each in turn."""

    def __init__(self, lines: Sequence[Line], conversation: Conversation) -> None:
        self.lines = lines
        self.conversation = conversation
        found = find(lines)
        self.coming: list[Found] = [found[at] for at in sorted(found, reverse=True)]
        self.code = frozenset(index for one in found.values() for index in one.lines)
        self.asked: list[Draft] = []
        self.patience = PATIENCE

    def reached(self, index: int) -> bool:
        """Whether the line at `index` is one of a program, or tells how its last request was answered."""
        self.arrive(index)
        if index in self.code:
            return True
        if not self.asked:
            return False
        self._headers(index)
        return self._answer(index)

    def arrive(self, index: int) -> None:
        """Announces the requests of the code before line `index`. What a program prints is the answer to its last."""
        while self.coming and self.coming[-1].at <= index:
            drafts = self.coming.pop().drafts
            self.asked = [draft for draft in self.asked if not draft.answered][-20:] + drafts
            for draft in self.asked[:-1]:
                draft.shown = False
            self.conversation.expect(drafts)

    def asked_for_token(self) -> Draft | None:
        """The program's request for a token that no answer was seen for, which a token that is shown belongs to."""
        for draft in reversed(self.asked):
            if not draft.answered and not draft.body and role_of(draft, {}) is Role.TOKEN:
                return draft
        return None

    def _answer(self, index: int) -> bool:
        """A line in which a program tells the status of an answer."""
        text = self.lines[index].text
        draft = self.asked[-1]
        told = draft.status is not None and (draft.response_headers or draft.body or draft.version)
        if told or draft.failure is not None or self.patience <= 0 or len(text) > MAX_ANSWER or not _QUICK.search(text):
            return False
        self.patience -= 1
        found = _STATUS.fullmatch(text)
        name = next((name for name, value in found.groupdict().items() if value), "") if found is not None else ""
        if found is None or not name:
            return False
        place = found.span(name)
        if draft.status is not None and draft.status != int(found[name]):
            return False
        draft.status, draft.status_span = int(found[name]), self.lines[index].span(*place)
        if draft in self.conversation.pending:
            self.conversation.pending.remove(draft)
        self.conversation.resume(draft)
        self.conversation.answer_body()
        if found["body"]:
            self.conversation.feed_body(self.lines[index].passage.cut(found.start("body")).strip())
        return True

    def _headers(self, index: int) -> None:
        """Headers behind the status that a program told are of that answer."""
        now = self.conversation.now
        if now is None or now is not self.asked[-1] or now.status is None or now.response_headers or now.body:
            return
        body = self.conversation.body
        empty = self.conversation.phase == "body" and (body is None or not body.parts)
        if empty and BLOCK_START.match(self.lines[index].text):
            self.conversation.phase = "answer"
