"""The rows around the catalogue in the search pane: what each says, and what further registries give.

Other registries are those that ``registries.conf`` lists to be searched. None is asked before the person says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reglens.errors import ReglensError
from reglens.oci.reference import HUB, HUB_LIBRARY, Place, Reference, name_of
from reglens.text import human_count, human_short

if TYPE_CHECKING:
    from reglens.app.ports import SearchHit


LEAST = 8
"""Cells below which the beginning of a description says nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row above or below the catalogue's: a mark that says why it is there, what it is called, where it leads;
    without a place it offers to search further registries."""

    mark: str
    label: str
    place: Place | None
    detail: str = ""


def hit_row(registry: str, hit: SearchHit, *, library: bool) -> Row:
    """The row of something found. `library`: names of one part stand for ``library/``."""
    repository = f"{HUB_LIBRARY}{hit.name}" if library and "/" not in hit.name else hit.name
    reference = Reference(registry, repository)
    mark = "●" if hit.official else "✓" if hit.verified else " "
    return Row(mark, repository, Place(registry, reference), told(hit))


def told(hit: SearchHit) -> str:
    """What a search tells of a hit beside its name: stars and pulls, if there are any, and its description."""
    parts = [f"★ {human_short(hit.stars)}"] if hit.stars else []
    parts += [f"↓ {human_short(hit.pulls)}"] if hit.pulls else []
    return "  ".join([*parts, hit.description]).rstrip()


def fitted(detail: str, width: int) -> str:
    """What is told beside a name, in `width` cells with two before it: a number whole or not at all, of the words as
    many as there is room for."""
    text = ""
    for part in detail.split("  "):
        room = width - len(text) - 2
        if len(part) <= room:
            text += f"  {part}"
        elif part[:2] in ("★ ", "↓ ") or room < LEAST:
            break
        else:
            return f"{text}  {part[: room - 1].rstrip()}…"
    return text


def rank(name: str, query: str) -> int:
    """How well a name fits what was typed: 0 it is that, 1 it begins so, 2 it holds it, 3 it does not."""
    last = name.rsplit("/", 1)[-1]
    if query in (name, last):
        return 0
    if last.startswith(query) or name.startswith(query):
        return 1
    return 2 if query in name else 3


Answer = tuple["Sequence[SearchHit]", ReglensError | None]


@dataclass(frozen=True)
class Further:
    """The further registries: whether they are asked, and what they gave for one query. `source` is the file that lists
    them."""

    registries: tuple[str, ...] = ()
    source: str = ""
    asked: bool = False
    query: str = ""
    answers: Mapping[str, Answer] | None = None

    def answered(self, query: str, registry: str, hits: Sequence[SearchHit], error: ReglensError | None) -> Further:
        """With what one of them gave; what was given for another query is forgotten."""
        before = (self.answers or {}) if query == self.query else {}
        return replace(self, query=query, answers={**before, registry: (hits, error)})

    def rows(self, query: str) -> list[Row]:
        """Each registry with what it found under it; before anybody is asked, one row that offers it."""
        if not self.registries:
            return []
        if not self.asked:
            names = [name_of(registry) for registry in self.registries]
            label = f"search {names[0]} too" if len(names) == 1 else f"search {len(names)} more registries"
            return [Row("+", label, None, f"{', '.join(names)}: {self.source}")]
        rows = []
        for registry in self.registries:
            answer = (self.answers or {}).get(registry) if query == self.query else None
            hits, error = answer if answer is not None else ((), None)
            state = "searching…" if answer is None else error.message if error else f"{human_count(len(hits))} found"
            rows.append(Row("→", name_of(registry), Place(registry), state))
            found = [hit_row(registry, hit, library=registry == HUB) for hit in hits]
            rows += sorted(found, key=lambda row: rank(row.label.lower(), query.lower()))
        return rows
