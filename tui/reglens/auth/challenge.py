"""``WWW-Authenticate`` challenges as registries really send them.

Grammar (RFC 9110, section 11.6.1)::

    WWW-Authenticate = 1#challenge
    challenge  = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
    auth-param = token BWS "=" BWS ( token / quoted-string )

Reading never fails: what breaks the grammar is read as its sender most likely meant it, and `Challenge.tolerated`
says what was forgiven. It takes time linear in the length of the header.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reglens.oci.scope import Scope, parse_scopes

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_BLANK = re.compile(r"[ \t\r\n]*")
_UNQUOTED = re.compile(r"[^\s,\"]*")
_SWALLOWED = re.compile(r"(?P<value>[^,]*),[ \t]*(?P<name>[A-Za-z_]+)[ \t]*=[ \t]*")
_KNOWN = frozenset(
    {"realm", "service", "scope", "error", "error_description", "error_uri", "charset", "nonce", "algorithm"}
)
_ACTION = re.compile(r"[a-z_]+|\*")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: its scheme and its parameters, in the order and with the values that were sent.

    `tolerated` lists, in words, each breach of the grammar that was forgiven. A parameter that stood before any scheme
    makes a challenge whose scheme is empty.
    """

    scheme: str
    params: tuple[tuple[str, str], ...] = ()
    token68: str = ""
    tolerated: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        """The first value of a parameter (names are case-insensitive), or None if it was not sent."""
        return next((value for key, value in self.params if key.lower() == name), None)

    def is_scheme(self, name: str) -> bool:
        """Whether this is the scheme `name` (lower case); schemes are case-insensitive."""
        return self.scheme.lower() == name

    @property
    def realm(self) -> str | None:
        return self.get("realm")

    @property
    def service(self) -> str | None:
        return self.get("service")

    @property
    def scope(self) -> str | None:
        return self.get("scope")

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes asked for; none for a missing or empty ``scope``."""
        return parse_scopes(self.scope or "")

    @property
    def error(self) -> str | None:
        """``error`` (RFC 6750, section 3.1): distribution sends ``invalid_token`` or ``insufficient_scope``."""
        return self.get("error")

    def __str__(self) -> str:
        """The challenge in well-formed notation."""
        if self.token68:
            return f"{self.scheme} {self.token68}"
        params = ",".join(f'{name}="{_escaped(value)}"' for name, value in self.params)
        return f"{self.scheme} {params}".strip()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def parse_challenges(lines: str | Iterable[str]) -> tuple[Challenge, ...]:
    """Every challenge of every ``WWW-Authenticate`` line, in order."""
    if isinstance(lines, str):
        lines = (lines,)
    return tuple(challenge for line in lines for challenge in _Reader(line).read())


class _Draft:
    def __init__(self, scheme: str) -> None:
        self.scheme = scheme
        self.params: list[tuple[str, str]] = []
        self.token68 = ""
        self.tolerated: list[str] = []

    def add(self, name: str, value: str) -> None:
        if any(known.lower() == name.lower() for known, _ in self.params):
            self.tolerate(f"{name} is given twice; the first one counts")
        self.params.append((name, value))

    def tolerate(self, what: str) -> None:
        if what not in self.tolerated and len(self.tolerated) < 20:
            self.tolerated.append(what)

    def done(self) -> Challenge:
        return Challenge(self.scheme, tuple(self.params), self.token68, tuple(self.tolerated))


class _Reader:
    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0
        self.drafts: list[_Draft] = []
        self.separated = True  # a comma, or the header's start, precedes what comes next

    def read(self) -> tuple[Challenge, ...]:
        while self.step():
            pass
        return tuple(draft.done() for draft in self.drafts)

    @property
    def current(self) -> _Draft:
        if not self.drafts:
            self.drafts.append(_Draft(""))
            self.drafts[-1].tolerate("a parameter stands before any scheme")
        return self.drafts[-1]

    def skip_blank(self) -> None:
        found = _BLANK.match(self.line, self.at)
        self.at = found.end() if found else self.at

    def step(self) -> bool:
        self.skip_blank()
        if self.at >= len(self.line):
            return False
        if self.line[self.at] == ",":
            self.at += 1
            self.separated = True
            return True
        word = _TOKEN.match(self.line, self.at)
        if not word:
            self.current.tolerate(f"a stray {self.line[self.at]!r} is skipped")
            self.at += 1
            return True
        self.at = word.end()
        self.skip_blank()
        if self.line[self.at : self.at + 1] == "=":
            self.at += 1
            self.parameter(word[0])
        else:
            self.bare_word(word[0])
        return True

    def bare_word(self, word: str) -> None:
        """A word with no ``=`` after it: a scheme, or an action that an unquoted scope's comma cut off."""
        last = self.drafts[-1].params[-1] if self.drafts and self.drafts[-1].params else None
        if last and last[0].lower() == "scope" and self.unquoted_last and _ACTION.fullmatch(word):
            self.drafts[-1].params[-1] = (last[0], f"{last[1]},{word}")
            self.separated = False
            return
        draft = _Draft(word)
        if self.drafts and not self.separated:
            draft.tolerate("no comma stands before the scheme")
        self.drafts.append(draft)
        self.separated = True
        self.unquoted_last = False
        value = _TOKEN68.match(self.line, self.at)
        if value and value[0].rstrip("=").lower() not in _KNOWN:
            after = _BLANK.match(self.line, value.end())
            end = after.end() if after else value.end()
            is_scheme = "=" not in value[0] and end < len(self.line) and self.line[end] != ","
            if (end >= len(self.line) or self.line[end] == ",") and not is_scheme:
                draft.token68 = value[0]
                self.at = end

    unquoted_last = False

    def parameter(self, name: str) -> None:
        draft = self.current
        if draft.params and not self.separated:
            draft.tolerate(f"no comma stands before {name}")
        self.separated = False
        self.skip_blank()
        if self.line[self.at : self.at + 1] == '"':
            self.unquoted_last = False
            self.quoted(draft, name)
            return
        found = _UNQUOTED.match(self.line, self.at)
        value = found[0] if found else ""
        self.at += len(value)
        self.unquoted_last = True
        if len(value) > 1 and value[0] == value[-1] == "'":
            value = value[1:-1]
            draft.tolerate(f"{name} stands in single quotes")
        elif not value:
            draft.tolerate(f"{name} has no value")
        elif not _TOKEN.fullmatch(value):
            draft.tolerate(f"{name} is not quoted")
        draft.add(name, value)

    def quoted(self, draft: _Draft, name: str) -> None:
        start = self.at + 1
        value: list[str] = []
        at = start
        while at < len(self.line):
            stop = at
            while stop < len(self.line) and self.line[stop] not in '"\\':
                stop += 1
            value.append(self.line[at:stop])
            if stop >= len(self.line) or self.line[stop] == '"':
                at = stop
                break
            value.append(self.line[stop + 1 : stop + 2])
            at = stop + 2
        closed = at < len(self.line)
        text = "".join(value)
        swallowed = _SWALLOWED.fullmatch(text) if closed else _SWALLOWED.match(text)
        follows = self.line[at + 1 : at + 2]
        if swallowed and swallowed["name"].lower() in _KNOWN and (not closed or follows not in ("", ",", " ", "\t")):
            # realm="https://a/token,service="s": the quote that closes is the one that opens the next value
            draft.tolerate(f"the quote of {name} is not closed")
            draft.add(name, swallowed["value"])
            self.at = start + len(swallowed["value"])
            return
        if not closed:
            draft.tolerate(f"the quote of {name} is not closed")
        draft.add(name, text)
        self.at = at + 1
