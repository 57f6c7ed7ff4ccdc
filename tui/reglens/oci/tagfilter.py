"""What is typed to find some tags among many::

    filter = *( term )            ; separated by blanks; a tag must satisfy each
    term   = [ "!" ] test         ; "!" : must not satisfy it
    test   = word                 ; the tag holds it
           / "=" name             ; the tag is it
           / glob                 ; a word with * ? or [ ]: the whole tag is like it
           / ( ">=" / "<=" / ">" / "<" / "^" / "~" ) version
           / version ".x"         ; 1.x, 1.2.x
           / "/" regex [ "/" ]    ; occurs in the tag (`reglens.oci.pattern`)

The case of letters does not count. A range is one of versions as `reglens.oci.versions` reads them: ``v1.2.3-alpine``
is 1.2.3. ``^`` and ``~`` and versions of fewer than three numbers mean what they do to npm (node-semver, README,
"Advanced Range Syntax"): ``<=1.2`` is everything before 1.3. A pre-release is before its release, so ``>=1.2`` is
without 1.2-rc1, and ``<2`` is without 2.0-rc1 as well (PEP 440, "Exclusive ordered comparison"); others are included.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reglens.oci.pattern import Patience, searching
from reglens.oci.versions import Version, numbers_of

MAX_LENGTH = 500
"""Characters of a filter."""

Test = Callable[[str], bool]
"""Whether a tag, in lower case, is wanted. A regular expression raises `reglens.oci.pattern.TakesTooLong`."""

_LOOSE_OPERATOR = re.compile(r"(?<!\S)(!?(?:[<>]=?|[\^~]))\s+(?=[v\d])")
_RANGE = re.compile(r"(>=|<=|>|<|\^|~)(.*)", re.DOTALL)
_WITHIN = re.compile(r"(v?\d+(?:\.\d+)*)\.x", re.ASCII)
_PLAIN = re.compile(r"v?(\d{1,20}(?:\.\d{1,20})*)(?:\.x)?", re.ASCII)
_UNFINISHED = frozenset({"", "=", "/", "//", ">", "<", ">=", "<=", "^", "~"})
"""What is still being typed: it asks for nothing yet."""


@dataclass(frozen=True, slots=True)
class TagFilter:
    """Which tags are wanted: those that hold every one of `words` and pass all `tests`. All is in lower case.

    `wants` and `select` raise `reglens.oci.pattern.TakesTooLong`, a ValueError with a sentence for people, if a regular
    expression of theirs does; they do so again without trying.
    """

    words: tuple[str, ...] = ()
    tests: tuple[Test, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, text: str) -> TagFilter:
        """The filter in `text`. Raises ValueError, with a sentence for people, if it cannot be understood."""
        if len(text) > MAX_LENGTH:
            raise ValueError(f"a filter has at most {MAX_LENGTH} characters")
        words: list[str] = []
        tests: list[Test] = []
        patience = Patience()
        for term in _LOOSE_OPERATOR.sub(r"\1", text).split():
            negated = term.startswith("!")
            bare = term[1:] if negated else term
            if bare in _UNFINISHED:
                continue
            test = _test(bare, patience)
            if negated:
                tests.append(_not(test or _holding(bare.lower())))
            elif test:
                tests.append(test)
            else:
                words.append(bare.lower())
        return cls(tuple(words), tuple(tests))

    def __bool__(self) -> bool:
        return bool(self.words or self.tests)

    def wants(self, tag: str) -> bool:
        """Whether `tag`, in lower case, is wanted."""
        return all(word in tag for word in self.words) and all(test(tag) for test in self.tests)

    def narrows(self, other: TagFilter) -> bool:
        """Whether all that this one finds, the `other` is sure to find as well."""
        return not other.tests and all(any(word in longer for longer in self.words) for word in other.words)

    def select(self, lowered: Sequence[str], among: Sequence[int]) -> list[int]:
        """The indices `among` those of `lowered` whose tags are wanted, in their order."""
        found = among
        for word in self.words:
            found = [i for i in found if word in lowered[i]]
        for test in self.tests:
            found = [i for i in found if test(lowered[i])]
        return found if isinstance(found, list) else list(found)


def _test(term: str, patience: Patience) -> Test | None:
    """The test that `term` is; None for a word."""
    if term.startswith("/"):
        whole = term.endswith("/") and not term.endswith("\\/")
        return searching(term[1:-1] if whole else term[1:], patience)
    if term.startswith("="):
        name = term[1:].lower()
        return lambda tag: tag == name
    if found := _RANGE.fullmatch(term):
        return _within(*_bounds(found[1], found[2], term))
    if found := _WITHIN.fullmatch(term.lower()):
        numbers = _numbers(found[1], term)
        return _within(Version.first(numbers, pre=True), Version.first(_next(numbers), pre=True))
    if any(sign in term for sign in "*?["):
        like = re.compile(fnmatch.translate(term.lower())).match  # no way is tried twice: its groups are atomic
        return lambda tag: like(tag) is not None
    return None


def _holding(word: str) -> Test:
    return lambda tag: word in tag


def _not(test: Test) -> Test:
    return lambda tag: not test(tag)


def _within(low: Version | None, high: Version | None) -> Test:
    """From `low` on, up to before `high`; None is no bound."""

    def test(tag: str) -> bool:
        numbers = numbers_of(tag) if tag[:1] == "v" or tag[:1].isdigit() else None
        if numbers is None or (low and numbers < low.numbers) or (high and numbers > high.numbers):
            return False
        if (low and numbers == low.numbers) or (high and numbers == high.numbers):
            version = Version.of(tag)
            return version is not None and (low is None or low <= version) and (high is None or version < high)
        return True

    return test


def _bounds(operator: str, text: str, term: str) -> tuple[Version | None, Version | None]:
    """From which version on, and before which."""
    version = Version.of(text.lower())
    if version is not None and version.is_pre_release:  # exactly that one
        just_after = version._replace(suffix=version.suffix + "\x00")
        numbers = _numbers(re.split("[^v0-9.]", text.lower(), maxsplit=1)[0].rstrip("."), term)
    else:
        numbers = _numbers(text.lower(), term)
        version, just_after = Version.first(numbers, pre=operator == "<"), None
    match operator:
        case ">=":
            return version, None
        case ">":
            return just_after or Version.first(_next(numbers), pre=False), None
        case "<":
            return None, version
        case "<=":
            return None, just_after or Version.first(_next(numbers), pre=True)
        case "^":
            kept = next((i for i, number in enumerate(numbers) if number), len(numbers) - 1) + 1
        case _:
            kept = min(2, len(numbers))
    return version, Version.first(_next(numbers[:kept]), pre=True)


def _numbers(text: str, term: str) -> list[int]:
    found = _PLAIN.fullmatch(text)
    if not found:
        raise ValueError(f"{term}: a version belongs there, such as >=1.2 or ^1.2")
    return [int(number) for number in found[1].split(".")]


def _next(numbers: list[int]) -> list[int]:
    """The numbers after all versions that begin with `numbers`."""
    return [*numbers[:-1], numbers[-1] + 1]
