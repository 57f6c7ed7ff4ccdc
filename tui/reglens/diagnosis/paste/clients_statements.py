"""The lines of a paste as statements: freed of escapes, and put together where one entry of a log runs over lines.

Clients wrap errors into errors (``a: b: c``) and daemons quote them in logs (``msg="… \\"…\\" …"``), sometimes twice; a
statement's text has those quotes, line ends and HTML entities undone, and still knows where each character stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reglens.diagnosis.paste.source import Line, Passage, join

MAX_STATEMENT = 16_384
"""Characters of one statement; a longer line is read in pieces of this length."""
OVERLAP = 512
"""Characters that two pieces of a long line share, so that nothing is lost at the cut."""
MAX_LINES = 8
"""Lines that are put together to one statement."""

_ESCAPES = re.compile(
    r"\\{1,8}(?P<mark>[\"'/`])|\\{1,8}u00(?P<hex>[23][0-9a-fA-F])|\\{1,8}(?P<control>[nrt])"
    r"(?![A-Za-z]{0,2}\\)|&(?P<entity>quot|#34|#39|apos|lt|gt|amp);"
)
_ENTITIES = {"quot": '"', "#34": '"', "#39": "'", "apos": "'", "lt": "<", "gt": ">", "amp": "&"}
_TYPOGRAPHIC = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "´": "'", "…": "…"})

_ENTRY = re.compile(
    r"\s*(?:\d{4}[-/]\d\d[-/]\d\d|\[?\d\d?:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:|[IWEF]\d{4} |time=|"
    r"ts=|level=|\{\"|[$#>] |"
    r"(?:DEBU|INFO|WARN|ERRO|FATA|PANI|TRAC)\w{0,2}[\[: ]|(?:ERROR|WARNING|FATAL|Error|Warning)[: \[]|"
    r"\w[\w.-]{0,40} \| |```|"
    r"#\d{1,4} |=> |--- |\* )"
)
_CODE_LINE = re.compile(
    r"\s*(?:denied|unauthorized|unknown|name unknown|name invalid|manifest unknown|manifest invalid|"
    r"blob unknown|toomanyrequests|"
    r"unsupported|digest invalid|tag invalid): "
)


_FAILED = re.compile(r"\s*(?:FATAL|FATA|ERROR|ERRO|Error|error)\b")
_DANGLING = re.compile(
    r"(?:\b(?:to|for|from|of|the|at|with|and|try|or|by|as|is|was|your|an|GET|HEAD|POST|PUT|PATCH|DELETE|Get|Head|Post|Put)|status:|/:|\bClass:)$"
)
"""How a line ends that was broken within its sentence."""
_MEMBER = re.compile(r"\s*\\?\"(?:code|message|detail|status)\\?\"\s?:")


def statements(lines: Sequence[Line]) -> Iterator[Passage]:
    """The statements of some lines, in order."""
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        if not line.text.strip():
            continue
        if len(line.text) > MAX_STATEMENT:
            yield from _pieces(line.passage)
            continue
        parts = [line.passage]
        size = len(line.text)
        while index < len(lines) and len(parts) < MAX_LINES and size < MAX_STATEMENT:
            following = lines[index]
            if following.number != line.number + len(parts) or not _continues(parts, following.text):
                break
            parts.append(following.passage)
            size += len(following.text)
            index += 1
        yield unescaped(join(parts, "\n") if len(parts) > 1 else line.passage)


def _pieces(passage: Passage) -> Iterator[Passage]:
    start = 0
    while start < len(passage):
        yield unescaped(passage.cut(start, start + MAX_STATEMENT))
        start += MAX_STATEMENT - OVERLAP


def _continues(parts: Sequence[Passage], text: str) -> bool:
    """Whether `text` goes on with what the lines before it began."""
    last = parts[-1].text.rstrip()
    if not text.strip() or _ENTRY.match(text):
        return False
    if _CODE_LINE.match(text) and (last.endswith("errors:") or _CODE_LINE.match(last)):
        return True
    if _MEMBER.match(text) and _MEMBER.match(last):
        return True  # an error body, printed over several lines
    if last.endswith(("errors:", "error:")) or (last.endswith(",") and len(parts) < 4 and ": " in last):
        return True
    if _FAILED.match(parts[0].text) and _DANGLING.search(last[-12:]):
        return True
    long = len(parts[0].text) > 60 and _FAILED.match(parts[0].text) is not None
    if long and (parts[-1].text.endswith(" ") or _quotes(parts) % 2 == 1):
        return True  # a terminal broke the line
    return _quotes(parts) % 2 == 1 and any('="' in part.text or ': "' in part.text for part in parts)


def _quotes(parts: Sequence[Passage]) -> int:
    return sum(part.text.count('"') - part.text.count('\\"') for part in parts)


def unescaped(passage: Passage) -> Passage:
    """`passage` without the backslashes and entities of the quotations around it, and with plain quotation marks."""
    text = passage.text
    if not text.isascii():
        text = text.translate(_TYPOGRAPHIC)
        passage = Passage(text, passage.runs or ((0, passage.offset(0)),))
    if "\\" not in text and "&" not in text:
        return passage
    pieces: list[str] = []
    runs: list[tuple[int, int]] = []
    length = start = 0

    def keep(begin: int, end: int) -> None:
        nonlocal length
        part = passage.cut(begin, end)
        runs.extend((at + length, offset) for at, offset in (part.runs or ((0, passage.offset(begin)),)))
        pieces.append(part.text)
        length += len(part.text)

    for found in _ESCAPES.finditer(text):
        if found.start() > start:
            keep(start, found.start())
        if found["mark"]:
            plain = found["mark"]
        elif found["hex"]:
            plain = chr(int(found["hex"], 16))
        elif found["control"]:
            plain = "\n" if found["control"] == "n" else " "
        else:
            plain = _ENTITIES[found["entity"]]
        runs.append((length, passage.offset(found.start())))
        pieces.append(plain)
        length += 1
        start = found.end()
    if not pieces:
        return passage
    if start < len(text):
        keep(start, len(text))
    return Passage("".join(pieces), tuple(runs))


_ENGINE = re.compile(
    r"permission denied while trying to connect to the Docker (?:daemon socket|API)|dial unix "
    r"[^\s:]{1,200}: (?:connect: )?"
    r"(?:permission denied|no such file or directory|connection refused)|Cannot connect to the Docker "
    r"daemon at [^\s]{1,200}|"
    r"\b[45]\d\d (?:Server|Client) Error(?: for http\+docker://[^\s\"]{1,500})?: (?:Internal Server "
    r"Error|Not Found|Forbidden|"
    r"Unauthorized|Conflict|Bad Request)(?= ?\(| for url: http\+docker)|\(HTTP code [45]\d\d\) "
    r"(?:server|unexpected) error|"
    r"API error \([45]\d\d\)|DockerResponseServerError \{ status_code: [45]\d\d|"
    r"\(HTTP code 404\) no such \w{1,20}|for url: http\+docker://[^\s\"]{1,2000}"
)


_ENGINE_WORDS = ("Docker", "dial unix", " Error", "HTTP code", "API error", "http+docker")
"""Texts of which one stands in everything that `_ENGINE` matches."""


def without_engine(text: str) -> str:
    """`text` with blanks in place of what only concerns a client's way to the Docker engine: the status of the engine's
    own API around a registry's error (docker-py, dockerode, bollard), and the engine's socket."""
    if not any(word in text for word in _ENGINE_WORDS):
        return text
    return _ENGINE.sub(lambda found: " " * len(found[0]), text)
