"""What a statement says, from the tables' words, registry error codes, HTTP statuses and plain words, and which of it
counts where it says the same more than once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from reglens.diagnosis.meanings import Meaning
from reglens.diagnosis.paste import clients_values as named
from reglens.diagnosis.paste.clients_precedence import BESIDE, CONTEXT, HIDES, VAGUE
from reglens.diagnosis.paste.clients_table import Entry

MAX_TEXT = 2000
"""Characters of a line that a report keeps."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that a statement says, and where."""

    meaning: Meaning
    teller: str
    start: int
    end: int
    values: named.Values


def hit_of(entry: Entry, text: str) -> Hit | None:
    matches = entry.matches(text)
    if not matches:
        return None
    found = matches[-1]
    values = {
        name.rstrip("0123456789"): (value.replace("\n", "") if name == "file" else value).strip().rstrip(":")
        for match in matches
        for name, value in match.groupdict().items()
        if value and value.strip()
    }
    if values.get("reference", "").endswith((".", "…")):
        del values["reference"]
    return Hit(_by_values(entry.meaning, values), entry.teller, found.start(), found.end(), values)


def _by_values(meaning: Meaning, values: named.Values) -> Meaning:
    """An old distribution names both ends of a token's life and its own clock: which was broken is arithmetic."""
    if meaning is Meaning.TOKEN_EXPIRED and {"not_before", "current"} <= values.keys():
        now, begin = values["current"], values["not_before"]
        if now.isdigit() and begin.isdigit() and int(now) < int(begin):
            return Meaning.TOKEN_NOT_YET_VALID
    return meaning


def by_code(code: tuple[str, str, int, int] | None, quiet: bool) -> list[Hit]:
    if not code or code[0] not in named.CODE_MEANINGS:
        return []
    meaning = named.CODE_MEANINGS[code[0]]
    if quiet and meaning in (Meaning.UNAUTHENTICATED, Meaning.NOT_FOUND):
        return []  # every flow begins with such an answer, and every push with a blob that is not there
    return [Hit(meaning, "", code[2], code[3], {})]


def by_status(status: tuple[str, int] | None) -> list[Hit]:
    if not status:
        return []
    meaning = _STATUS_MEANINGS.get(status[0]) or (Meaning.SERVER_FAILED if status[0] >= "500" else Meaning.HTTP_STATUS)
    return [Hit(meaning, "", status[1] - 3, status[1], {})] if status[0] >= "300" else []


_STATUS_MEANINGS = {
    "401": Meaning.UNAUTHENTICATED,
    "402": Meaning.PLAN_LIMIT,
    "403": Meaning.DENIED,
    "404": Meaning.NOT_FOUND,
    "405": Meaning.ENDPOINT_UNSUPPORTED,
    "407": Meaning.PROXY_FAILED,
    "408": Meaning.ANSWER_TIMEOUT,
    "413": Meaning.BODY_TOO_LARGE,
    "429": Meaning.RATE_LIMITED,
    "451": Meaning.NETWORK_REFUSED,
}
_WORDS = (
    (
        Meaning.UNAUTHENTICATED,
        re.compile(
            r"\b(?:unauthori[sz]ed|(?:authentication|authorization|login) (?:is )?required|not authenticated|"
            r"authorization failed)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Meaning.DENIED,
        re.compile(
            r"\b(?:access (?:is |was )?(?:denied|forbidden)|permission denied|denied|forbidden|not authori[sz]ed)\b",
            re.IGNORECASE,
        ),
    ),
)
_STEMS = ("authori", "authenti", "required", "denied", "forbidden")
"""Texts of which one stands in everything that `_WORDS` match."""
_NO_REGISTRY = re.compile(
    r"permission denied while trying to connect to the (?:docker )?(?:daemon|API)|docker\.sock|mkdir|"
    r"open /|stat /|chown|chmod",
    re.IGNORECASE,
)
OTHER_PROGRAMS = re.compile(
    r"^\s*(?:npm (?:ERR!|error)|fatal: (?:unable to access '|repository '|Authentication failed for ')|"
    r"E: Failed to fetch|Err:\d{1,4} http|ERROR: (?:HTTP error|Could not find a version)|error: package `|"
    r"Error from server \()|"
    r"Could not transfer artifact|\bDocker API call to '|authorization denied by plugin|"
    r"/v1\.\d\d/(?:containers|networks|volumes|exec|services|nodes|info|version)\b",
    re.MULTILINE,
)
"""How others say that what they asked for was refused: npm, git, apt, pip, rustup and Maven, Kubernetes' API server,
and the container engine's own API with what guards it. No image was asked for there, and no registry."""
_SAYS_REGISTRY = re.compile(
    r"https?://|image|regist|repositor|manifest|docker|pull|push|login|oci|blob|token|error|tags?\b", re.IGNORECASE
)


_SAYS_REFUSAL = re.compile(r"authori[sz]|denied|forbidden|credential|\b(?:erro|fata)\[", re.IGNORECASE)


def says_registry(text: str) -> bool:
    """Whether a text speaks of anything that has to do with registries and images; of one that does not, a status or a
    bare refusal is somebody else's."""
    return _SAYS_REGISTRY.search(text) is not None or _SAYS_REFUSAL.search(text) is not None


def by_word(text: str, status: tuple[str, int] | None) -> list[Hit]:
    lowered = text.lower()
    if (
        status
        or not any(word in lowered for word in _STEMS)
        or len(text) > MAX_TEXT
        or _NO_REGISTRY.search(text)
        or not (len(text) < 60 or _SAYS_REGISTRY.search(text))
    ):
        return []
    return [
        Hit(meaning, "", found.start(), found.end(), {}) for meaning, words in _WORDS if (found := words.search(text))
    ]


def contained(hits: list[Hit]) -> list[Hit]:
    """Without hits that lie wholly within a longer one of another meaning: the longer was meant."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        if hit.meaning in CONTEXT:
            kept.append(hit)
            continue
        within = [k for k in kept if k.meaning not in CONTEXT and k.start <= hit.start and hit.end <= k.end]
        if not within:
            kept.append(hit)
    return kept


def without_hidden(hits: list[Hit]) -> list[Hit]:
    """Without what others in the statement say more exactly, and one hit of each meaning, the innermost."""
    said = {hit.meaning for hit in hits}
    hidden = {vague for meaning in said for vague in HIDES.get(meaning, ())}
    if any(m not in CONTEXT and m not in VAGUE and m is not Meaning.DENIED_OR_ABSENT for m in said):
        hidden |= VAGUE & {m for m in said if m is not Meaning.SERVER_FAILED}
    if said - CONTEXT - BESIDE - {Meaning.PAGE_ANSWERED, Meaning.NOT_FOUND}:
        hidden.add(Meaning.PAGE_ANSWERED)  # what stands in the page tells more than that it is one
    last: dict[Meaning, Hit] = {}
    for hit in hits:
        if hit.meaning not in hidden:
            before = last.get(hit.meaning)
            last[hit.meaning] = hit if before is None else _merged(before, hit)
    return list(last.values())


def _merged(one: Hit, other: Hit) -> Hit:
    """Two hits of one meaning as one: the longer stands, the other adds what it names."""
    longer, shorter = (one, other) if one.end - one.start > other.end - other.start else (other, one)
    return replace(longer, teller=longer.teller or shorter.teller, values=shorter.values | longer.values)
