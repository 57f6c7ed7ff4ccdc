"""A paste as lines freed of what terminals and mail programs add, each character knowing where it stood.

Readers work on `Line.text`; whatever they find there, `Line.span` says where it is in the text as pasted. A `Passage`
is text with its way back: runs of characters that stand side by side in the paste.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reglens.diagnosis.evidence import Span

Runs = tuple[tuple[int, int], ...]
"""Pairs of a position in the text and the offset in the paste of the character there, ascending by position."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Some text, and where in the paste each of its characters stands."""

    text: str = ""
    runs: Runs = ()

    def offset(self, position: int) -> int:
        """The offset in the paste of the character at `position`."""
        if not self.runs:
            return position
        if len(self.runs) == 1:
            return self.runs[0][1] + position - self.runs[0][0]
        index = max(bisect_right(self.runs, (position, 1 << 62)) - 1, 0)
        at, offset = self.runs[index]
        return offset + position - at

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """Where the characters from `start` up to `end` stand in the paste."""
        end = len(self.text) if end is None else end
        first = self.offset(start)
        return (first, self.offset(end - 1) + 1) if end > start else (first, first)

    def cut(self, start: int, end: int | None = None) -> Passage:
        """The part from `start` up to `end`, with its way back. 0 <= start, end as in a slice."""
        length = len(self.text)
        end = length if end is None else min(max(end, 0), length)
        start = min(start, end)
        if start == 0 and end == length:
            return self
        if len(self.runs) == 1 and self.runs[0][0] == 0:
            return Passage(self.text[start:end], ((0, self.runs[0][1] + start),))
        first = max(bisect_right(self.runs, (start, 1 << 62)) - 1, 0)
        last = bisect_right(self.runs, (end, -1))
        runs = [(max(at - start, 0), offset + max(start - at, 0)) for at, offset in self.runs[first:last]]
        return Passage(self.text[start:end], tuple(runs) or ((0, self.offset(start)),))

    def strip(self) -> Passage:
        """Without blanks at either end."""
        start = len(self.text) - len(self.text.lstrip())
        return self.cut(start, max(len(self.text.rstrip()), start))

    def __len__(self) -> int:
        return len(self.text)


def placed(text: str, span: Span) -> Passage:
    """Text that stands nowhere as it is, such as a completed URL, at the place in the paste that it comes from."""
    start, last = span[0], max(span[1] - 1, span[0])
    return Passage(text, ((0, start), (len(text) - 1, last)) if len(text) > 1 else ((0, start),))


def join(parts: Sequence[Passage], separator: str = "") -> Passage:
    """The passages one after the other; the separator stands where the passage before it ends."""
    runs: list[tuple[int, int]] = []
    length = 0
    for index, part in enumerate(parts):
        if index and separator:
            runs.append((length, max(parts[index - 1].span()[1], 0)))
            length += len(separator)
        runs.extend((at + length, offset) for at, offset in part.runs)
        length += len(part.text)
    return Passage(separator.join(part.text for part in parts), tuple(runs))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the paste, cleaned.

    `number` counts the cleaned lines from 0: where two lines that follow each other differ by more than one, what stood
    between them was read by somebody else. `fence` is true for the marks of a Markdown code block.
    """

    number: int
    passage: Passage
    fence: bool = False

    @property
    def text(self) -> str:
        return self.passage.text

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """Where the characters from `start` up to `end` of this line stand in the paste."""
        return self.passage.span(start, end)


@dataclass(frozen=True, slots=True)
class Source:
    """A paste, or what is left of it after others have read theirs: `pasted` is the whole text, as it came."""

    pasted: str
    lines: tuple[Line, ...]

    @classmethod
    def read(cls, text: str) -> Source:
        """The lines of a paste: terminal controls, mail quotes and hard line ends of a narrow terminal taken out."""
        parts = [_cleaned(passage) for passage in _split(text)]
        if _ESCAPED_MARK.search(text):
            parts = [_unescaped(passage) for passage in parts]
        lines = list(_unwrapped(_unstamped(_unquoted(_unlabelled(parts)))))
        return cls(text, tuple(Line(n, p, _is_fence(p.text)) for n, p in enumerate(lines)))

    def without(self, numbers: Iterable[int]) -> Source:
        """The same paste without the lines of those numbers."""
        gone = frozenset(numbers)
        return replace(self, lines=tuple(line for line in self.lines if line.number not in gone))

    def blocks(self) -> Iterator[tuple[Line, ...]]:
        """Lines that stand together: a gap or the mark of a code block parts them, a blank line does not."""
        block: list[Line] = []
        for line in self.lines:
            if block and (line.fence or line.number != block[-1].number + 1):
                yield tuple(block)
                block = []
            if not line.fence:
                block.append(line)
        if block:
            yield tuple(block)


def whole(lines: Sequence[Line]) -> Passage:
    """Several lines as one passage, parted by line ends."""
    return join([line.passage for line in lines], "\n")


_ROUGH = b"0123456789abcdefABCDEF"


def rough(text: str) -> bytes:
    """What the beginning of `text` has in common with other lines of a log that differ only in times, addresses, sizes
    and ids: the text without the digits and letters of hexadecimal numbers."""
    return text[:MAX_ROUGH].encode("ascii", "replace").translate(None, _ROUGH)


MAX_ROUGH = 600
"""Characters of a line that are compared roughly."""
_LINE_END = re.compile(r"\r\n|\n|\r|\x0b|\x0c")
# ECMA-48, section 5.4: CSI sequences; OSC ended by BEL or ST; other two-character escapes
_ESCAPE = re.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b\n]{0,2048}(?:\x07|\x1b\\)|\x1b[()][0-9A-B]|\x1b[@-Z\\^_=>78]"
    r"|\x9b[0-?]{0,64}[@-~]|␛\[[0-9;]{0,16}[A-Za-z]|(?<![\w\]])\[(?:\d{1,2};){0,4}\d{1,2}m"
    r"|[\x00-\x08\x0e-\x1a\x1b-\x1f\x7f\ufeff\u200b-\u200f\u2060]"
)
_COLOUR = re.compile(r"(?<![\w\]])\[(?:\d{1,2};){0,4}\d{1,2}m")
"""What is left of a colour where the escape character was lost; of the above all that is printable."""
_BLANKS = str.maketrans({"\xa0": " ", "\u2007": " ", "\u202f": " ", "\u2009": " "})
_FENCE = re.compile(r"[ \t]{0,8}(?:`{3,}|~{3,})[\w+.-]{0,20}[ \t]*$")


def _is_fence(text: str) -> bool:
    return ("```" in text or "~~~" in text) and _FENCE.match(text) is not None


def _split(text: str) -> Iterator[Passage]:
    """The lines of a text. A carriage return ends a line too: behind one, a progress meter writes its next state."""
    start = 0
    for found in _LINE_END.finditer(text):
        yield Passage(text[start : found.start()], ((0, start),))
        start = found.end()
    if start < len(text):
        yield Passage(text[start:], ((0, start),))


def _cleaned(passage: Passage) -> Passage:
    text = passage.text
    if text.isascii() and text.isprintable() and ("[" not in text or _COLOUR.search(text) is None):
        return passage
    text = text.translate(_BLANKS)
    kept: list[Passage] = []
    start = 0
    source = Passage(text, passage.runs)
    for found in _ESCAPE.finditer(text):
        if found.start() > start:
            kept.append(source.cut(start, found.start()))
        start = found.end()
    if not kept and start == 0:
        return source
    if start < len(text):
        kept.append(source.cut(start))
    return join(kept) if kept else Passage("", ((0, passage.offset(0)),))


_ESCAPED_MARK = re.compile(r"(?:^|\n)[ \t]{0,8}(?:&(?:lt|gt); |[^\n]{0,40}(?:--&gt;|&lt;--) )")
_ENTITY = re.compile(r"&(lt|gt|amp|quot|apos|nbsp|#39|#x27|#34|#x2F|#47);")
_ENTITIES = {
    "lt": "<",
    "gt": ">",
    "amp": "&",
    "quot": '"',
    "apos": "'",
    "nbsp": " ",
    "#39": "'",
    "#x27": "'",
    "#34": '"',
}


def _unescaped(passage: Passage) -> Passage:
    """Without the character references of HTML, where a web page's source was copied."""
    if "&" not in passage.text:
        return passage
    kept: list[Passage] = []
    start = 0
    for found in _ENTITY.finditer(passage.text):
        kept.append(passage.cut(start, found.start()))
        kept.append(Passage(_ENTITIES.get(found[1], "/"), ((0, passage.offset(found.start())),)))
        start = found.end()
    return join([*kept, passage.cut(start)])


_TRANSCRIPT_MARK = (
    r"(?:[<>] (?:HTTP/|[A-Z]{3,7} /|[A-Za-z-]{2,40}: )"
    r"|\* +(?:Trying|Conn)|\d{4}/\d\d/\d\d [\d:]{8} (?:-->|<--) |HTTP/[0-9.]{1,3} \d{3})"
)
_STAMPED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}(?:Z|[+-]\d\d:\d\d)(?: |$)")
_STAMPED_MARK = re.compile(_STAMPED.pattern + _TRANSCRIPT_MARK)
_LABELLED = re.compile(
    r"(?:\[(?:pod|job|deployment|container)/[\w./-]{1,160}\](?: |$)"
    r"|[\w.-]{1,80}[ \t]{1,40}\|(?: |$)"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,64} [\w./@-]{1,64}(?:\[\d{1,10}\])?:(?: |$))"
)
_LABELLED_MARK = re.compile(_LABELLED.pattern + f"(?:{_STAMPED.pattern})?" + _TRANSCRIPT_MARK)


def _is_stamped(text: str) -> bool:
    return text[4:5] == "-" and _STAMPED.match(text) is not None


def _is_labelled(text: str) -> bool:
    return ("| " in text or "|" in text[-1:] or "]" in text or ": " in text[15:]) and _LABELLED.match(text) is not None


def _unlabelled(lines: list[Passage]) -> list[Passage]:
    """A transcript without the name before each line that ``kubectl logs --prefix`` (``[pod/name/container]``), docker
    compose (``name | ``) and the journal (``date host program[pid]:``) put there. Other logs keep theirs."""
    return _bare(lines, _is_labelled, _LABELLED, _LABELLED_MARK)


def _unstamped(lines: list[Passage]) -> list[Passage]:
    """A transcript without the time before each line that ``docker logs -t``, ``kubectl logs --timestamps`` and build
    servers put there. Logs that are no transcripts keep theirs."""
    return _bare(lines, _is_stamped, _STAMPED, _STAMPED_MARK)


def _bare(
    lines: list[Passage], has: Callable[[str], bool], prefix: re.Pattern[str], mark: re.Pattern[str]
) -> list[Passage]:
    """Stretches of lines that have a prefix without it, where some line of the stretch is surely of a transcript."""
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and (not lines[end].text or has(lines[end].text)):
            end += 1
        if end > start and any(mark.match(line.text) for line in lines[start:end]):
            for index in range(start, end):
                found = prefix.match(lines[index].text)
                lines[index] = lines[index].cut(found.end() if found else 0)
        start = max(end, start + 1)
    return lines


_QUOTED = re.compile(r"[ \t]{0,3}(?:>|\|)(?: |$|(?=[<>*$|]))")
_SURELY_QUOTED = re.compile(
    r"[ \t]{0,3}(?:[>|] ?){1,6}(?:[<>] ?(?:HTTP/[123]|[A-Z]{3,7} /|[A-Za-z][A-Za-z-]+: )"
    r"|\* +(?:Trying|Connected|Connection|TLS|SSL|ALPN|Closing|Host|Server|using|Mark|upload|h2|Could|Failed|\[)"
    r"|[$%#] \w|curl: \(|curl +-|HTTP/[123]|```)"
)
MAX_QUOTES = 5
"""Levels of mail quotes that are taken off."""


def _is_quoted(text: str) -> bool:
    return text[:4].lstrip(" \t")[:1] in (">", "|") and _QUOTED.match(text) is not None


def _unquoted(lines: list[Passage]) -> list[Passage]:
    """Lines without the ``> `` of mail and Markdown quotes. As curl marks what it sends by ``> ``, a stretch of such
    lines is taken for a quotation only where some line has a second mark behind the first, or an answer or command."""
    for _ in range(MAX_QUOTES):
        changed = False
        start = 0
        while start < len(lines):
            end = start
            while end < len(lines) and _is_quoted(lines[end].text):
                end += 1
            if end > start and any(_SURELY_QUOTED.match(line.text) for line in lines[start:end]):
                changed = True
                for index in range(start, end):
                    found = _QUOTED.match(lines[index].text)
                    lines[index] = lines[index].cut(found.end() if found else 0)
            start = max(end, start + 1)
        if not changed:
            break
    return lines


_OPENING = re.compile(
    r"[ \t]*(?:[<>*{}] |[<>*]$|[$#%] |[\w.-]+@[\w.-]+[:~]|PS [A-Z]:|HTTP/[0-9]|[A-Z][A-Za-z-]{1,40}: |[{}\[\]]|curl: "
    r"|```|time=|  |\t|\d\d:\d\d:\d\d|\d{4}[-/]\d\d[-/]\d\d"
    r"|(?:curl|wget|docker|podman|skopeo|crane|oras|regctl) |=> |<= |== )"
)
_RUN_END = re.compile(r"[A-Za-z0-9_-]{30}$")
_RUN_START = re.compile(r"[A-Za-z0-9_-]{30}|[A-Za-z0-9_-]{1,60}(?:$|['\"])")
_WIDTHS = frozenset({70, 72, 74, 76, 78, 79, 80, 90, 100, 120, 132, 160})
"""Line lengths at which terminals and mail programs commonly break."""


def _width(lines: Sequence[Passage]) -> int | None:
    """The width at which the text was broken, None if it was not: then no line is longer, and several reach it."""
    lengths = Counter(len(line.text) for line in lines)
    longest = max(lengths, default=0)
    if not 60 <= longest <= 250:
        return None
    if longest in _WIDTHS and lengths[longest] > 1:
        return longest
    full = (at for at in range(len(lines) - 1) if len(lines[at].text) == longest)
    return longest if any(_broken(lines[at].text, lines[at + 1].text) for at in full) else None


def _broken(text: str, following: str) -> bool:
    """Whether a line surely goes on in the next: inside quotes, or inside a long secret."""
    if not following or _OPENING.match(following):
        return False
    return text.count('"') % 2 == 1 or (_RUN_END.search(text) is not None and _RUN_START.match(following) is not None)


def _unwrapped(lines: list[Passage]) -> Iterator[Passage]:
    """Lines put together again that a terminal of fixed width broke."""
    width = _width(lines)
    index = 0
    while index < len(lines):
        parts = [lines[index]]
        while (
            width
            and len(lines[index].text) == width
            and index + 1 < len(lines)
            and lines[index + 1].text
            and not _OPENING.match(lines[index + 1].text)
        ):
            index += 1
            parts.append(lines[index])
        yield join(parts) if len(parts) > 1 else parts[0]
        index += 1
