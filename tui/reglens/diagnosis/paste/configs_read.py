"""Configurations as people paste them, fragments too, read into leaves: a path, a value, and where it stands.

Three readers, none of which raises or insists on a whole document: `json_leaves`, `yaml_leaves`, `toml_leaves`.
They read the subset that configurations use; what they cannot place they leave out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from reglens.diagnosis.evidence import Span
from reglens.diagnosis.paste.source import Line, Passage

MAX_DEPTH = 40
"""Levels of nesting; what lies deeper is left out."""
MAX_LEAVES = 2000
"""Leaves of one configuration."""

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One setting. `key_span` is where its last key stands, `span` where its value does."""

    path: tuple[str, ...]
    value: Value
    span: Span
    key_span: Span


# JSON ----------------------------------------------------------------------------------------------------------------
_TOKEN = re.compile(
    r'\s+|//[^\n]{0,1000}|(?P<mark>[{}\[\]:,])|"(?P<string>(?:[^"\\\n]|\\.){0,65536}'
    r"(?:\n[ \t]{0,20}[A-Za-z0-9+/=]{4,200}(?=[\"\n])){0,40})(?P<close>\"?)"  # base64 that was wrapped
    r"|'(?P<single>[^'\n]{0,65536})'|(?P<bare>[^\s{}\[\]:,\"']{1,400})|(?P<other>.)"
)
_LITERALS: dict[str, Value] = {"true": True, "false": False, "null": None}
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_ESCAPED = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def json_leaves(passage: Passage) -> list[Leaf]:
    """The leaves of a JSON text: comments, missing and superfluous commas and a missing end are put up with."""
    return list(_JsonReader(passage).leaves())


class _JsonReader:
    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._path: list[str | int] = []
        self._kinds: list[str] = []
        self._key: tuple[str, Span] | None = None
        self._is_value = False

    def leaves(self) -> Iterator[Leaf]:
        count = 0
        for found in _TOKEN.finditer(self._passage.text):
            mark = found["mark"]
            if mark:
                self._structure(mark)
                continue
            value: Value
            if found["string"] is not None:
                value = _json_string(found["string"])
            elif found["single"] is not None:
                value = found["single"]
            elif found["bare"]:
                value = _bare(found["bare"])
            else:
                continue
            span = self._passage.span(found.start(), found.end())
            if self._kinds and self._kinds[-1] == "{" and not self._is_value:
                self._key = (str(value), span)
                continue
            if len(self._kinds) <= MAX_DEPTH and self._kinds:
                path = self._place()
                yield Leaf(path, value, span, self._key[1] if self._key else span)
                count += 1
                if count >= MAX_LEAVES:
                    return
            self._after()

    def _place(self) -> tuple[str, ...]:
        last = self._key[0] if self._kinds[-1] == "{" and self._key else str(self._path[-1])
        path = [str(part) for part in self._path[:-1]] if self._kinds[-1] == "[" else [str(p) for p in self._path]
        return (*path, last)

    def _structure(self, mark: str) -> None:
        if mark in "{[":
            if self._kinds and self._kinds[-1] == "{":
                self._path.append(self._key[0] if self._key else "")
            if mark == "[":
                self._path.append(0)
            self._kinds.append(mark)
            self._key, self._is_value = None, False
        elif mark in "}]":
            if self._kinds:
                if self._kinds.pop() == "[":
                    self._path.pop()
                if self._kinds and self._kinds[-1] == "{" and self._path:
                    self._path.pop()
            self._after()
        elif mark == ":":
            self._is_value = bool(self._key)
        else:
            self._key, self._is_value = None, False

    def _after(self) -> None:
        if self._kinds and self._kinds[-1] == "[" and self._path and isinstance(self._path[-1], int):
            self._path[-1] += 1
        self._key, self._is_value = None, False


def _json_string(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPED[m[2]], text)


def _bare(text: str) -> Value:
    if text in _LITERALS:
        return _LITERALS[text]
    return int(text) if re.fullmatch(r"-?\d{1,18}", text) else text


# YAML ----------------------------------------------------------------------------------------------------------------
_PAIR = re.compile(
    r"(?P<indent>[ \t]*)(?P<dashes>(?:-[ \t]+)*)(?P<key>\"[^\"\n]{1,300}\"|'[^'\n]{1,300}'|"
    r"[A-Za-z0-9_.*$\[/<][^\s:#\"'{}\[\],&]{0,200}(?::\d{1,5})?)"
    r"[ \t]?:(?:[ \t]+(?P<value>\S.*)?|$)"
)
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?P<dashes>(?:-[ \t]+)+)(?P<value>\S.*)?$")
_ASSIGNED = re.compile(r"(?P<key>[A-Z][A-Z0-9_]{2,80})=(?P<value>.*)")
_COMMENT = re.compile(r"[ \t]#.*$")
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?$")


def yaml_leaves(lines: list[Line]) -> list[Leaf]:
    """The leaves of YAML lines, by their indentation: mappings, lists, flow lists of words, block scalars, and
    ``- NAME=value`` items, whose path ends with the name."""
    leaves: list[Leaf] = []
    stack: list[_Open] = []
    counts: dict[tuple[str, ...], int] = {}
    index = 0
    while index < len(lines) and len(leaves) < MAX_LEAVES:
        line = lines[index]
        index += 1
        text = line.text
        if not text.strip() or text.lstrip().startswith("#") or text.strip() in ("---", "..."):
            continue
        pair = _PAIR.match(text)
        item = None if pair else _ITEM.match(text)
        found = pair or item
        if found is None:
            continue
        column = len(found["indent"])
        for dash in re.finditer(r"-[ \t]+", found["dashes"]):
            _close(stack, column, item=True)
            if len(stack) >= MAX_DEPTH:
                break
            owner = tuple(part.key for part in stack)
            counts[owner] = counts.get(owner, -1) + 1
            stack.append(_Open(column, str(counts[owner]), True))
            column += len(dash[0])
        if item:
            leaves += _item(line, item, tuple(part.key for part in stack))
            continue
        _close(stack, column, item=False)
        if len(stack) >= MAX_DEPTH:
            continue
        key = found["key"].strip("\"'")
        path = (*(part.key for part in stack), key)
        value = found["value"] or ""
        if _BLOCK.match(value.strip()):
            index, scalar, span = _scalar(lines, index, column)
            leaves.append(Leaf(path, scalar, span, line.span(found.start("key"), found.end("key"))))
        elif value and not value.startswith("#"):
            leaves += _scalars(line, path, value, found.start("value"), found.span("key"))
        else:
            stack.append(_Open(column, key, False))
    return leaves


@dataclass(frozen=True, slots=True)
class _Open:
    """A mapping's key or a list's item that is open, and the column where it began."""

    column: int
    key: str
    is_item: bool


def _close(stack: list[_Open], column: int, *, item: bool) -> None:
    """Close what cannot hold a key or item at `column`; a list may stand in the column of the key that it belongs to
    (YAML 1.2, section 8.2.1)."""
    while stack and (stack[-1].column > column or (stack[-1].column == column and (stack[-1].is_item or not item))):
        stack.pop()


def _item(line: Line, found: re.Match[str], path: tuple[str, ...]) -> list[Leaf]:
    value = found["value"]
    if not value:
        return []
    bare = value.strip().strip("\"'")
    assigned = _ASSIGNED.match(bare)
    start = found.start("value")
    span = line.span(start, start + len(value.rstrip()))
    if assigned:
        return [Leaf((*path[:-1], assigned["key"]), assigned["value"].strip("\"'"), span, span)]
    return [Leaf(path, _plain_scalar(value), span, span)]


def _scalars(line: Line, path: tuple[str, ...], value: str, start: int, key: tuple[int, int]) -> list[Leaf]:
    key_span = line.span(*key)
    if value.startswith("[") and value.rstrip().endswith("]"):
        words = [word.strip().strip("\"'") for word in value.strip()[1:-1].split(",")]
        span = line.span(start, start + len(value.rstrip()))
        return [Leaf((*path, str(number)), word, span, key_span) for number, word in enumerate(words) if word]
    if value.startswith("{"):
        inner = json_leaves(line.passage.cut(start))
        return [Leaf((*path, *leaf.path), leaf.value, leaf.span, leaf.key_span) for leaf in inner]
    text = value.rstrip()
    return [Leaf(path, _plain_scalar(text), line.span(start, start + len(text)), key_span)]


def _plain_scalar(text: str) -> Value:
    text = text.strip()
    if text[:1] in "\"'" and text[:1]:
        end = text.find(text[0], 1)
        return text[1 : end if end > 0 else len(text)]
    text = _COMMENT.sub("", text).strip()
    return _LITERALS.get(text, text)


def _scalar(lines: list[Line], index: int, column: int) -> tuple[int, str, Span]:
    """A block scalar: the lines that are indented more than its key."""
    parts: list[str] = []
    first = index
    while index < len(lines):
        text = lines[index].text
        if text.strip() and len(text) - len(text.lstrip()) <= column:
            break
        parts.append(text.strip())
        index += 1
    if first == index:
        at = lines[max(first - 1, 0)].span()[1]
        return index, "", (at, at)
    return index, "\n".join(parts).strip("\n"), (lines[first].span()[0], lines[index - 1].span()[1])


# TOML ----------------------------------------------------------------------------------------------------------------
_TABLE = re.compile(r"\s{0,40}\[{1,2}(?P<name>[^\]\[]{1,400}|(?:[^\]\"]|\"[^\"]{0,300}\"){1,400})\]{1,2}\s*(?:#.*)?$")
_SETTING = re.compile(
    r"\s{0,40}(?P<key>\"[^\"]{1,300}\"|'[^']{1,300}'|[\w.-]{1,120})"
    r"\s{0,20}=\s{0,20}(?P<value>\S.*)$"
)
_PART = re.compile(r"\"([^\"]{0,300})\"|'([^']{0,300})'|([^\s.\"']{1,300})")


def toml_leaves(lines: list[Line]) -> list[Leaf]:
    """The leaves of TOML lines (containerd's ``config.toml`` and ``hosts.toml``, ``registries.conf``)."""
    leaves: list[Leaf] = []
    table: tuple[str, ...] = ()
    numbers: dict[str, int] = {}
    index = 0
    while index < len(lines) and len(leaves) < MAX_LEAVES:
        line = lines[index]
        index += 1
        if found := _TABLE.match(line.text):
            table = _parts(found["name"])
            if line.text.lstrip().startswith("[["):
                name = found["name"]
                numbers[name] = numbers.get(name, -1) + 1
                table = (*table, str(numbers[name]))
            continue
        found = _SETTING.match(line.text)
        if not found or line.text.lstrip().startswith("#"):
            continue
        value = found["value"]
        end = index
        while value.count("[") > value.count("]") and end < min(len(lines), index + 40):
            value += "\n" + lines[end].text
            end += 1
        span = (line.span(found.start("value"))[0], lines[max(end, index) - 1].span()[1])
        path = (*table, *_parts(found["key"]))
        leaves += [Leaf((*path, *more), v, span, line.span(*found.span("key"))) for more, v in _toml_value(value)]
    return leaves


def _parts(name: str) -> tuple[str, ...]:
    return tuple(m[1] or m[2] or m[3] or "" for m in _PART.finditer(name))


def _toml_value(text: str) -> list[tuple[tuple[str, ...], Value]]:
    try:
        value: object = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, KeyError, RecursionError):
        value = text.strip().strip("\"'")
    return list(_flattened(value, ()))


def _flattened(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Value]]:
    if len(path) > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flattened(inner, (*path, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _flattened(inner, (*path, str(number)))
    elif isinstance(value, str | bool | int | float):
        yield path, value
    else:
        yield path, str(value)
