"""The reading of a paste, line by line: commands, transcripts, bodies, tokens; what nobody knows is left for others."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from reglens.auth.challenge import parse_challenges
from reglens.auth.token import Token, read_part
from reglens.diagnosis.evidence import Span
from reglens.diagnosis.paste import dumps
from reglens.diagnosis.paste.bodies import Body
from reglens.diagnosis.paste.commands import Run, Shell
from reglens.diagnosis.paste.drafts import Draft, answer_tokens
from reglens.diagnosis.paste.har import read_call, read_har
from reglens.diagnosis.paste.programs.session import Session
from reglens.diagnosis.paste.source import Line, Passage, Source, join, placed, rough
from reglens.diagnosis.paste.tokens import (
    decoded,
    is_claims,
    is_header,
    is_shortened,
    looks_like_jwt,
    loose,
    read_pasted,
    salvage,
)
from reglens.diagnosis.paste.transcript import Transcript
from reglens.jsontext import loads

MAX_DRAFTS = 2000
MAX_ALIKE = 60
"""Lines that differ only in digits and were nothing known, after which their like are passed over: a log's."""
MAX_TOKENS = 200
"""Exchanges and lone tokens that are read out of one paste."""


_PROSE = re.compile(r"\s*[A-Za-z][\w-]*\s+[A-Za-z]")
"""Words, as no JSON has them outside a string."""
_STRONG = re.compile(
    r"[<>] (?:HTTP/|[A-Z]{3,7} /)|\* +(?:Trying|Connected|Issue) |HTTP/[0-9.]{1,3} [1-5]\d\d|curl: \(|```"
)
_NO_PAGE = "404 page not found"
"""What Go's net/http answers, as text alone, for a path that no route matches: distribution's too."""
_CHALLENGE = re.compile(
    r"(?P<lead>[^\n]{0,2000}?\b(?:www-authenticate|WWW_AUTHENTICATE)[\"'\]]{0,3}[ \t]{0,3}(?:[:=]>?|,|\(|→|->)"
    r"[ \t]{0,3}[\[\"'(b]{0,3})?"
    r"(?=(?:bearer|basic)[ \t]+[a-z_]{3,20}[ \t]{0,3}=[ \t]{0,3}[\"'\\\w/])",
    re.IGNORECASE,
)
_LONE_TOKEN = re.compile(
    r"[ \t]{0,16}(?:(?:export[ \t]+|set[ \t]+|\$)?[\w.-]{0,40}[ \t]{0,3}[:=][ \t]{0,3})?[\"'`]?"
    r"(?P<token>ey[JA-Za-z0-9][A-Za-z0-9_=-]{8,}+(?:\.[A-Za-z0-9_=-]*+){0,6}+…?)[\"'`,;]{0,3}[ \t]*$"
)
_LONE_BASIC = re.compile(
    r"(?:[ \t]{0,16}|[^\n]{0,80}\bauthori[sz]ation\b[^\n]{0,60}?[:=][ \t]{0,4}[\"'\[]{0,3})"
    r"(?P<scheme>bearer|basic)[ \t]+(?P<value>[A-Za-z0-9+/._=~-]{6,})[\"'\]},;]{0,4}[ \t]*$",
    re.IGNORECASE,
)
_INNER_JWT = re.compile(
    r"(?<![\w.-])ey[JA-Za-z0-9][A-Za-z0-9_-]{17,8000}\.[A-Za-z0-9_-]{8,60000}(?:\.[A-Za-z0-9_-]{0,2000})?"
)
_ACCESS = re.compile(r"[ \t]{0,16}[\"']?access[\"']?[ \t]{0,3}[:=][ \t]{0,3}(?P<value>\[.{0,20000}\])[ \t,;]*$")
_CODE = re.compile(r"[ \t]*(?:HTTP[/ \d.]*|[\w ]{0,20}:)?[ \t]*([1-5]\d\d)[ \t]*$")
_QUOTED_TEXT = re.compile(r'[ \t]*"([^"\\\s]{10,65536})"[ \t]*$')


@dataclass(slots=True)
class Lone:
    """A token that stands outside any exchange."""

    token: Token
    span: Span


class Reading:
    """What one pass over the lines finds."""

    def __init__(self, source: Source) -> None:
        self.lines = list(source.lines)
        self.drafts: list[Draft] = []
        self.shell = Shell()
        self.transcript = Transcript(self.drafts)
        self.dumps = dumps.Dumps(self.transcript)
        self.programs = Session(self.lines, self.transcript)
        self.tokens: list[Lone] = []
        self.taken: set[int] = set()
        self.header: tuple[dict[str, object], Passage] | None = None
        self.last_run: Run | None = None
        self.ended = -2
        self.unknown: Counter[bytes] = Counter()
        self.patience = len(self.lines) // 4 + 10_000

    def read(self) -> None:
        """Reads all lines."""
        index = 0
        while index < len(self.lines):
            if len(self.drafts) >= MAX_DRAFTS:
                return
            index = self._step(index)
        self.programs.arrive(index)
        self.transcript.close()

    def _step(self, index: int) -> int:
        line = self.lines[index]
        if self.programs.reached(index):
            self.taken.add(line.number)
            return index + 1
        self.transcript.settle(line.text)
        if line.fence:
            if not (self.transcript.body and self.transcript.body.unfinished):
                self.transcript.close()
            self.taken.add(line.number)
            return index + 1
        body = self.transcript.body
        if self.transcript.wants_body and body is not None:
            if body.unfinished and not _STRONG.match(line.text):
                return self._into_body(index, line.passage)
            if not body.kind and line.text.lstrip()[:1] in ("{", "[") and not _is_meter(line.text):
                return self._into_body(index, line.passage)
        elif body is None and self.transcript.now is None:
            kind = rough(line.text)
            if self.unknown[kind] >= MAX_ALIKE:
                return index + 1
            after = self._known(index, line)
            self.unknown[kind] += after == index + 1 and line.number not in self.taken
            return after
        return self._known(index, line)

    def _known(self, index: int, line: Line) -> int:
        """Reads a line for what it may be; the index of the line to go on with."""
        found = self.shell.read(self.lines, index)
        if found is not None and found[1]:  # an assignment alone is known now, and may hold a token for others to read
            after, runs = found
            self._commands(runs)
            self.taken.update(other.number for other in self.lines[index : max(after, index + 1)])
            if after == index:
                self.taken.discard(line.number)
                return index + 1
            return after
        if line.text.startswith(("send: ", "reply: ", "header: ")) and self.dumps.take(line):
            self.taken.add(line.number)
            return index + 1
        if self.transcript.take(line):
            self.taken.add(line.number)
            self.ended = line.number
            return index + 1
        if self.dumps.take(line):
            if self.dumps.consumed:
                self.taken.add(line.number)
            else:
                self._challenge_line(line)
                self.transcript.close()
            return index + 1
        return self._other(index)

    def _commands(self, runs: list[Run]) -> None:
        drafts = [draft for run in runs for draft in run.drafts]
        self.transcript.expect(drafts)
        self.header = None
        self.last_run = next((run for run in reversed(runs) if run.drafts), None)

    # -- bodies

    def _into_body(self, index: int, passage: Passage) -> int:
        rest = self.transcript.feed_body(passage)
        self.taken.add(self.lines[index].number)
        if rest is not None:
            line = self.lines[index]
            self.lines[index] = Line(line.number, rest, line.fence)
            return index
        return index + 1

    def _other(self, index: int) -> int:
        """A line that is no part of a command or transcript: a body, JSON, a token, a challenge, or nothing known."""
        line = self.lines[index]
        text = line.text
        if not text or text.isspace():
            return index + 1
        opening = text.lstrip()[:1]
        if opening in ("{", "["):
            after = self._json(index)
            if after >= 0:
                return after
        if text.strip() == _NO_PAGE and (waiting := self._waiting()) is not None and waiting.status is None:
            waiting.status = 404
            self.taken.add(line.number)
            return index + 1
        if text.startswith("zsh: no matches found:") and self.last_run is not None:
            self._not_run(self.last_run)
        if self._token_line(line) or self._challenge_line(line):
            self.taken.add(line.number)
            return index + 1
        body = self.transcript.body
        if self.transcript.wants_body and body is not None and text.strip() and not body.done:
            now = self.transcript.now
            length = body.length
            known = length is None or body.size < length
            shown = now is not None and now.note != "body not shown" and now.method != "HEAD"
            follows = body.kind == "text" or opening == "<" or self._follows(line, now, length)
            if shown and known and follows:
                return self._into_body(index, line.passage)
        return index + 1

    def _not_run(self, run: Run) -> None:
        """zsh(1), NOMATCH: a pattern that matches no file is an error, and the command does not run."""
        globs = [e for e in run.effects if e.kind == "glob"]
        run.effects = [replace(e, became="", lost=e.written) if e in globs else e for e in run.effects]
        for draft in run.drafts:
            draft.note = "the shell did not run this"

    def _follows(self, line: Line, now: Draft | None, length: int | None) -> bool:
        """Whether plain text on this line, right behind the headers, is the body that they announce."""
        kind = now.response("content-type") if now else None
        text = kind is not None and kind.text.strip().lower().startswith("text/")
        return line.number == self.ended + 1 and bool(length or text)

    def _json(self, index: int) -> int:
        """A JSON value that begins here: an answer's body, a token's parts, or somebody else's (-1)."""
        body = Body(None)
        at = index
        rest: Passage | None = None
        limit = len(self.lines) if self.patience > 0 else index + 1
        while at < limit:
            line = self.lines[at]
            if at > index and (line.fence or _STRONG.match(line.text)):
                break
            if at > index and not body.scan.in_text and _PROSE.match(line.text):
                break  # a value that was cut short, and what somebody wrote after it
            rest = body.add(line.passage)
            at += 1
            if body.done or (at > index + 1 and not line.text.strip() and body.scan.in_text):
                break
        whole = body.done
        draft = Draft(body=body.parts, body_cut=not whole)
        passage = draft.body_passage()
        value = _value(passage.text, whole)
        if not self._place_json(draft, passage, value, whole):
            self.patience -= at - index
            return -1
        self.taken.update(line.number for line in self.lines[index:at])
        if rest is not None and at > index:
            line = self.lines[at - 1]
            self.lines[at - 1] = Line(line.number, rest, False)
            return at - 1
        return at

    def _place_json(self, draft: Draft, passage: Passage, value: object, whole: bool) -> bool:
        if whole and (entries := read_har(passage)) is not None:
            self.transcript.close()
            self.drafts.extend(entries[: MAX_DRAFTS - len(self.drafts)])
            return True
        if whole and (call := read_call(value, passage)) is not None:
            self.drafts.append(call)
            return True
        if is_header(value) and isinstance(value, dict):
            self.header = (value, passage)
            return True
        if is_claims(value) and isinstance(value, dict):
            head = self.header[0] if self.header else None
            self._add_token(decoded(value, head, passage.text, partial=not whole), passage.span())
            self.header = None
            return True
        body = self.transcript.body
        if body is not None and body.parts and join(body.parts).text.strip() == passage.text.strip():
            return True  # curl's trace and its output both show it
        answer = bool(answer_tokens(passage)) and isinstance(value, dict)
        failed = isinstance(value, dict) and bool({"errors", "details", "error", "detail"} & value.keys())
        waiting = (self.programs.asked_for_token() if answer else None) or self._waiting()
        listing = isinstance(value, dict) and bool(
            {"tags", "repositories", "schemaVersion", "manifests", "layers", "code", "message"} & value.keys()
        )
        if waiting is not None and (answer or failed or listing or isinstance(value, dict | list)):
            waiting.body, waiting.body_cut = draft.body, draft.body_cut
            if waiting in self.transcript.pending:
                self.transcript.pending.remove(waiting)
            return True
        if answer or (failed and not _is_configuration(value)):
            self.drafts.append(draft)
            return True
        return False

    def _waiting(self) -> Draft | None:
        """The exchange that a bare body here belongs to."""
        now = self.transcript.now
        body = self.transcript.body
        if now is not None and not now.body and self.transcript.phase in ("body", "sent"):
            return now if body is None or not body.parts else None
        for draft in self.transcript.pending:
            if draft.shown and not draft.answered and not draft.body and draft.printed is None:
                return draft
        return None

    # -- what stands alone

    def _add_token(self, token: Token, span: Span) -> None:
        if len(self.tokens) < MAX_TOKENS:
            self.tokens.append(Lone(token, span))

    def _token_line(self, line: Line) -> bool:
        text = line.text
        quoted = _QUOTED_TEXT.match(text)
        found = _LONE_TOKEN.match(text) if "ey" in text[:80] else None
        raw = line.passage.cut(*found.span("token")) if found else None
        if raw is None and quoted:
            raw = line.passage.cut(*quoted.span(1))
        if raw is not None and (looks_like_jwt(raw.text) or is_shortened(raw.text)):
            waiting = self._waiting()
            run = self.last_run
            if waiting is not None and run is not None and not run.flags & {"v", "i"} and waiting in run.drafts:
                waiting.printed = line.passage.strip() if quoted else raw
                return True
            self._add_token(read_pasted(raw.text), raw.span())
            return True
        if len(text) < 80 and (found := _CODE.match(text)) and self.last_run is not None and "w" in self.last_run.flags:
            waiting = next((d for d in self.last_run.drafts if not d.answered), None)
            if waiting is not None:
                waiting.status, waiting.status_span = int(found[1]), line.span(*found.span(1))
                return True
        if "access" in text and (found := _ACCESS.match(text)):
            value = loose(found["value"])
            if isinstance(value, list):
                token = decoded({"access": value}, None, text, partial=True)
                self._add_token(token, line.span(found.start("value"), found.end("value")))
                return True
        if (found := _LONE_BASIC.match(text)) and not found["value"].isalpha():
            name = Passage("Authorization", ((0, line.span()[0]),))
            sent = [d.request("authorization") for d in self.drafts[-50:]]
            if any(s is not None and found["value"] in s.text for s in sent):
                return False
            self.drafts.append(Draft(request_headers=[(name, line.passage.cut(found.start("scheme")))]))
            return not text[: found.start("scheme")].strip()
        for jwt in _INNER_JWT.finditer(text[:20_000]) if "ey" in text else ():
            if read_part(jwt[0].split(".")[0]) is not None:
                raw = line.passage.cut(*jwt.span())
                self._add_token(read_pasted(raw.text), raw.span())
        return False

    def _challenge_line(self, line: Line) -> bool:
        """A challenge without its answer around it: the header's value alone, or quoted inside another line."""
        text = line.text[:20_000]
        lowered = text.lower()
        if "realm" not in lowered and "authenticate" not in lowered:
            return False
        found = _CHALLENGE.match(text)
        if not found or found.end() >= len(text):
            return False
        start = found.end()
        lead = found["lead"] or ""
        if not lead and text[:start].strip():
            return False
        end = len(text)
        if lead.rstrip()[-1:] in ("'", '"'):
            end = _closing(text, start, lead.rstrip()[-1])
        elif lead.rstrip()[-1:] == "[":
            closing = text.find("]", start)
            end = closing if closing > 0 else end
        value = line.passage.cut(start, end)
        if '\\"' in value.text:
            value = placed(value.text.replace('\\"', '"'), value.span())
        if not any(c.params for c in parse_challenges(value.text)):
            return False
        now = self.transcript.now
        if now is None or now.response("www-authenticate") is not None:
            now = Draft()
            self.drafts.append(now)
        now.response_headers.append((Passage("Www-Authenticate", ((0, line.span()[0]),)), value.strip()))
        return not lead or lead.strip().lower().startswith(
            ("www-authenticate", '"www-authenticate', "'www-authenticate")
        )


def _closing(text: str, start: int, quote: str) -> int:
    """The quote that closes a value beginning at `start`: the last one on the line that ends it or stands before a mark
    of punctuation, as the value has quotes of its own."""
    if quote == "'":
        end = text.find("'", start)
        return end if end > 0 else len(text)
    found = None
    for found in re.finditer(r'(?<!\\)"(?=[ \t]*(?:[,)}\]]|$|[ \t]\w+=))', text[start:]):
        if '\\"' in text[start : start + found.start()] or found.end() + start == len(text.rstrip()):
            return start + found.start()
    return start + found.start() if found else len(text)


def _is_meter(text: str) -> bool:
    return text.lstrip().startswith(("{ [", "} [")) and "data]" in text


def _is_configuration(value: object) -> bool:
    return isinstance(value, dict) and bool(
        {"auths", "credsStore", "credHelpers", "insecure-registries"} & value.keys()
    )


def _value(text: str, whole: bool) -> object:
    if whole:
        try:
            return loads(text)
        except ValueError:
            pass
    found = salvage(text[:200_000], 40)
    return found if found is not None else {} if answer_tokens(Passage(text)) else None
