"""Where code stands in a paste, and which of its lines made which requests.

Only lines with the name of a call that could make a request begin the search; around them a stretch is read as code, up
to what is surely none: the mark of a code block, an answer, a shell's command.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reglens.diagnosis.paste.commands import command_start
from reglens.diagnosis.paste.drafts import Draft
from reglens.diagnosis.paste.programs.evaluate import Evaluator
from reglens.diagnosis.paste.programs.languages import language_of
from reglens.diagnosis.paste.programs.making import draft_of
from reglens.diagnosis.paste.programs.parser import parse
from reglens.diagnosis.paste.source import Line, Passage, join

MAX_STRETCH = 60_000
MAX_LINES = 1500
"""Characters and lines of one stretch of code."""
MAX_READ = 300_000
"""Characters of code that are read in one paste."""
MAX_CUES = 5000
"""Lines that are looked at in earnest; a paste with more of them is a log."""
MAX_LINE = 5000
"""Characters of a line of code; a longer one is data."""
MAX_BLANK = 12
"""Lines of no code between two stretches that belong together."""

_CALL = re.compile(
    r"\b(?:requests|httpx|session|client|aiohttp|urllib|http|axios|got|ky|superagent|needle|reqwest|ureq"
    r"|HTTParty|Faraday"
    r"|RestClient|Excon|Net::HTTP|Guzzle)\b[\w.:!]{0,60}(?:\(|\{|\s[\"'])"
    r"|\b(?:fetch|urlopen|Request|NewRequest|NewRequestWithContext|curl_init|curl_setopt|curl_setopt_array"
    r"|file_get_contents|newBuilder|HttpRequestMessage|HttpGet|HttpPost|URI|Uri|URL|axios|got|ajax|rp|request)\("
    r"|\.(?:get|post|head|put|patch|delete|request|url|uri|Get\w{0,20}Async|SendAsync|PostAsync|newCall"
    r"|DownloadString\w{0,9}|openConnection|GetAsync)\("
    r"|\bURI\.open\(|\b(?:Invoke-RestMethod|Invoke-WebRequest|irm|iwr)\b"
    r"|\bnew (?:HttpGet|HttpPost|Request\.Builder|Request)\b",
    re.IGNORECASE,
)
_CALLED = re.compile(r"([A-Za-z_]\w{1,30})!?\(")
_NAMES = frozenset(
    "get post head put patch delete request fetch urlopen open newrequest newrequestwithcontext postform do "
    "curl_init curl_setopt curl_setopt_array file_get_contents newbuilder builder httprequestmessage httpget httppost "
    "httpclient restclient restrequest uri url parse create axios got ky rp ajax needle superagent newcall "
    "openconnection "
    "session clientsession asyncclient client new extend downloadstring get_response execute send stream".split()
)
_WORDS = ("Invoke-", "irm ", "iwr ", "RestClient", "HTTParty", "Faraday", "Request{", "requests.", "invoke-")
_PLACE = re.compile(r"/v2\b|/v1/|/token|/jwt/auth|docker\.io|scope|manifests|registry|/auth\b|ghcr|quay", re.IGNORECASE)
_PROMPT = re.compile(
    r"[ \t]{0,8}(?:>>> ?|\.\.\. ?|In \[\d{1,4}\]: ?|irb(?:\([^)\n]{0,40}\))?[:\d]{0,8}[>*] ?"
    r"|PS(?: [^>\n]{0,120})?> ?|>> ?|> (?=(?:const|let|var|await|fetch|\$|require)\b)|php > ?)"
)
_ASSIGNED = re.compile(r"[ \t]{0,32}(?:PS> ?)?(?:\$\w{1,40}[ \t]{0,4}|\w{1,40}[ \t]{1,4}):?=[ \t]")
_OUTSIDE = re.compile(
    r"[ \t]{0,8}(?:[<*] |> [A-Z]{3,7} /|HTTP/\d|[1-5]\d\d [A-Z][a-z]|Traceback |time="
    r"|(?:www-authenticate|docker-distribution|date|server|content-type): |(?:[A-Z][a-z]{2} [ \d]\d "
    r"|\[?\d{4}[-/]\d\d[-/]\d\d[T ])\d\d:\d\d"
    r"|Status(?:Code)?[ :]+\d{3}|\{\"(?:errors|token|access_token)\")",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Found:
    """Requests of a piece of code. `lines` are the indices of the lines that it was read from; `drafts` are announced
    once the lines before index `at` have been read."""

    at: int
    lines: frozenset[int]
    drafts: list[Draft]


def find(lines: Sequence[Line]) -> dict[int, Found]:
    """The code in a paste that asks a registry or its token server something, by where its requests are announced."""
    found: dict[int, Found] = {}
    left = MAX_READ
    for first, last in _stretches(lines):
        size = sum(len(line.text) + 1 for line in lines[first:last])
        left -= size
        if left < 0:
            break
        for one in _read(lines, first, last):
            before = found.get(one.at)
            if before is not None:
                one = Found(one.at, before.lines | one.lines, before.drafts + one.drafts)
            found[one.at] = one
    return found


def _stretches(lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """First line and the one behind the last of each stretch that may be code with requests."""
    attempts = 0
    end = 0
    for index, line in enumerate(lines):
        if index < end:
            continue
        text = line.text
        if len(text) > MAX_LINE or not _calls(text) or _ends(line):
            continue
        attempts += 1
        if attempts > MAX_CUES:
            return
        first, last = _around(lines, index, end)
        if any(_PLACE.search(other.text) for other in lines[first:last]):
            yield first, last
        end = last


def _calls(text: str) -> bool:
    """Whether a line names a call that could make a request. Told by names first, as logs have brackets, too."""
    named = "(" in text and any(name.lower() in _NAMES or name.endswith("Async") for name in _CALLED.findall(text))
    return (named or any(word in text for word in _WORDS)) and _CALL.search(text) is not None


def _around(lines: Sequence[Line], index: int, start: int) -> tuple[int, int]:
    """The lines around a call that are read with it."""
    size = 0
    first = index
    while first > start and index - first < MAX_LINES and size < MAX_STRETCH // 2 and not _ends(lines[first - 1]):
        first -= 1
        size += len(lines[first].text) + 1
    last = index + 1
    seen = index
    while last < len(lines) and last - index < MAX_LINES and size < MAX_STRETCH:
        line = lines[last]
        if line.fence:
            break
        if _ends(line):  # an answer shown between two lines of a session
            if last - seen > MAX_BLANK:
                break
        elif _calls(line.text[:MAX_LINE]):
            seen = last
        size += len(line.text) + 1
        last += 1
    while last > index + 1 and (_ends(lines[last - 1]) or not lines[last - 1].text.strip()):
        last -= 1
    return first, last


def _ends(line: Line) -> bool:
    """Whether this line is surely no code."""
    return line.fence or len(line.text) > MAX_LINE or _OUTSIDE.match(line.text) is not None or _is_command(line.text)


def _is_command(text: str) -> bool:
    if _ASSIGNED.match(text):
        return False
    start, _ = command_start(text)
    return start >= 0 and not re.match(r"[\w]+=", text[start : start + 80])


def _read(lines: Sequence[Line], first: int, last: int) -> list[Found]:
    """The requests of the code on these lines."""
    parts = [_code(line) for line in lines[first:last]]
    passage = join(parts, "\n")
    language = language_of(passage.text)
    evaluator = Evaluator(passage, language)
    evaluator.run(parse(passage.text, language))
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part.text) + 1)
    made: dict[int, list[Draft]] = {}
    for request in evaluator.requests:
        draft = draft_of(request, evaluator)
        if draft is not None:
            made.setdefault(first + _line_at(starts, request.until) + 1, []).append(draft)
    if not made:
        return []
    taken = frozenset(
        index
        for start, end in evaluator.touched
        for index in range(first + _line_at(starts, start), first + _line_at(starts, max(end - 1, start)) + 1)
        if not _ends(lines[index])
    )
    points = sorted(made)
    done = []
    before = first
    for point in points:
        end = last if point == points[-1] else point
        done.append(Found(point, frozenset(i for i in taken if before <= i < end), made[point]))
        before = end
    return done


def _code(line: Line) -> Passage:
    """A line without an interpreter's prompt; nothing of a line that is surely no code."""
    if _ends(line):
        return line.passage.cut(0, 0)
    prompt = _PROMPT.match(line.text)
    return line.passage.cut(prompt.end()) if prompt else line.passage


def _line_at(starts: Sequence[int], position: int) -> int:
    return max(min(bisect_right(starts, position) - 1, len(starts) - 2), 0)
