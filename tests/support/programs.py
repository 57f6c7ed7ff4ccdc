"""The table of snippets of program code, ``tests/diagnosis/data/programs.txt``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).parents[1] / "diagnosis" / "data" / "programs.txt"

_HEAD = re.compile(r"(?P<name>[^:]+): (?P<finding>[\w~-]+), (?P<requests>\d+)")
_ANSWER = re.compile(r"<401 (?P<service>\S+) (?P<scope>\S+) (?P<error>[\w-]+)>")


@dataclass(frozen=True)
class Snippet:
    """One snippet. `finding` comes first; ``-`` where nothing weighs, ``~`` where no request may be read."""

    name: str
    finding: str
    requests: int
    text: str


def snippets() -> Iterator[Snippet]:
    """The table's entries."""
    for entry in TABLE.read_text().split("\n### ")[1:]:
        head, _, body = entry.partition("\n")
        found = _HEAD.fullmatch(head)
        assert found, head
        lines = [line for line in body.split("\n") if not line.startswith("#### ")]
        text = _ANSWER.sub(_answer, "\n".join(lines))
        yield Snippet(found["name"], found["finding"], int(found["requests"]), text)


def _answer(found: re.Match[str]) -> str:
    error = "" if found["error"] == "-" else f',error="{found["error"]}"'
    return (
        "401 Unauthorized\n"
        'Www-Authenticate: Bearer realm="https://auth.docker.io/token",'
        f'service="{found["service"]}",scope="{found["scope"]}"{error}'
    )
