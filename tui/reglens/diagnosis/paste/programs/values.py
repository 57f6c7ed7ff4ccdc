"""What expressions of code are worth: texts with what is not known in them, tables, requests, parts of an answer."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from reglens.diagnosis.evidence import Span
from reglens.diagnosis.paste.drafts import Capture, Draft, Gap
from reglens.diagnosis.paste.programs.syntax import Function
from reglens.diagnosis.paste.requests import Argument as Text
from reglens.diagnosis.paste.source import Passage, join, placed

MAX_TEXT = 70_000
MAX_PARTS = 500
"""Characters of a text, and parts that it is put together of; a longer one is not followed."""


@dataclass(slots=True, eq=False)
class Table:
    """Pairs in their order: a dictionary, headers, the parameters of a query. Changing it changes it for all."""

    pairs: list[tuple[Text, Value]] = field(default_factory=list)

    def get(self, name: str) -> Value:
        """The value of the last pair of that name, whatever its letters' case."""
        wanted = name.lower()
        return next((value for key, value in reversed(self.pairs) if key.text.lower() == wanted), None)

    def put(self, key: Text, value: Value) -> None:
        wanted = key.text.lower()
        self.pairs = [pair for pair in self.pairs if pair[0].text.lower() != wanted][:MAX_PARTS]
        self.pairs.append((key, value))

    def update(self, other: Table) -> None:
        for key, value in other.pairs[:MAX_PARTS]:
            self.put(key, value)


@dataclass(slots=True, eq=False)
class Listing:
    """A list or tuple."""

    items: list[Value] = field(default_factory=list)


@dataclass(slots=True)
class Credentials:
    """User name and password, in one text with a colon."""

    text: Text


@dataclass(slots=True, eq=False)
class Client:
    """What a session or client object adds to each of its requests."""

    base: Text | None = None
    headers: Table = field(default_factory=Table)
    query: Table = field(default_factory=Table)
    credentials: Text | None = None


@dataclass(slots=True, eq=False)
class Request:
    """A request in the making, or, as long as it is not `made`, an address alone. `place` is where its call stands."""

    place: Span
    made: bool = True
    method: str = ""
    address: Text | None = None
    query: Table = field(default_factory=Table)
    headers: Table = field(default_factory=Table)
    form: Value = None
    credentials: Text | None = None
    client: Client | None = None
    draft: Draft = field(default_factory=Draft)
    until: int = 0
    """Where the last statement ends that had a part in it."""


Value = Text | Table | Listing | Credentials | Client | Request | Capture | Function | None
"""None is what is not known."""


def literal(text: str, span: Span) -> Text:
    """`text`, which stands at `span` as it is or in other words."""
    if len(text) == span[1] - span[0]:
        return Text(Passage(text, ((0, span[0]),)))
    return Text(placed(text, _widened(span)) if text else Passage("", ((0, span[0]),)))


def _widened(span: Span) -> Span:
    """A place that has at least one character: the one before, where there is none at it."""
    return span if span[1] > span[0] else (max(span[0] - 1, 0), span[0])


def unknown(name: str, span: Span, capture: Capture | None = None) -> Text:
    """What only the running program knew, named as a shell would."""
    written = f"${{{name}}}"
    return Text(placed(written, _widened(span)), [Gap(0, len(written), name, capture)])


def joined(parts: Sequence[Text], separator: str = "") -> Text | None:
    """The texts in one; None if that is more than is followed."""
    if len(parts) == 1:
        return parts[0]
    length = 0
    gaps: list[Gap] = []
    for part in parts:
        gaps += [Gap(g.start + length, g.end + length, g.name, g.capture) for g in part.gaps]
        length += len(part.text) + len(separator)
    if length > MAX_TEXT or sum(len(p.value.runs) for p in parts) > MAX_PARTS or len(gaps) > MAX_PARTS:
        return None
    return Text(join([part.value for part in parts], separator), gaps)


def standing(text: Text, place: Span) -> Passage:
    """The passage of `text` if its parts stand in the paste one after the other; else the text at `place`, as a mark
    from the first to the last would cover what has no part in it."""
    runs = text.value.runs
    whole = all(one[1] <= other[1] for one, other in itertools.pairwise(runs))
    span = text.value.span()
    near = place[0] <= span[0] and span[1] <= place[1]
    if whole and (near or len(runs) < 2 or span[1] - span[0] < 2 * len(text.text) + 40):
        return text.value
    return placed(text.text, place)


_HOLE = re.compile(
    r"%\((?P<key>\w{1,40})\)s|%[-+0-9.]{0,6}[sdvqx@]|\{(?P<name>[\w.]{0,40})(?:![rsa]|:[^{}\n]{0,20})?\}"
)


def formatted(template: Text, values: Sequence[Text], named: Mapping[str, Text]) -> Text | None:
    """`template` with its holes filled: by ``%s``, ``{}``, ``{0}``, ``{name}``."""
    if template.gaps:
        return template
    parts: list[Text] = []
    at = count = 0
    for found in _HOLE.finditer(template.text[:MAX_TEXT]):
        name = found["key"] or found["name"] or ""
        value: Text | None = None
        if name.isdigit():
            value = values[int(name)] if len(name) < 4 and int(name) < len(values) else None
        elif name:
            value = named.get(name)
        elif count < len(values):
            value, count = values[count], count + 1
        if value is None or len(parts) > MAX_PARTS:
            continue
        parts += [Text(template.value.cut(at, found.start())), value]
        at = found.end()
    return joined([*parts, Text(template.value.cut(at))]) if parts else template


def encoded(text: Text) -> Text:
    """`text` in base64, so far as it is known."""
    if text.gaps:
        return unknown(text.gaps[0].name, text.value.span(), text.gaps[0].capture)
    return Text(placed(base64.b64encode(text.text.encode("utf-8", "surrogatepass")).decode(), text.value.span()))


def quoted(text: Text) -> Text:
    """`text` as it stands in a query."""
    if text.gaps or not text.text:
        return text
    written = quote_plus(text.text, safe=":/,*$%", errors="replace")
    return text if written == text.text else Text(placed(written, text.value.span()))


def replaced(text: Text, old: str, new: Text) -> Text | None:
    """`text` with `old` replaced by `new`."""
    if not old or text.gaps or old not in text.text:
        return text
    parts: list[Text] = []
    at = 0
    while (found := text.text.find(old, at)) >= 0 and len(parts) < MAX_PARTS:
        parts += [Text(text.value.cut(at, found)), new]
        at = found + len(old)
    return joined([*parts, Text(text.value.cut(at))])
