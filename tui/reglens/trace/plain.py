"""What may stand in a command that a person is to paste into a shell.

Commands are put together from what a registry, a paste or a log says. Names of hosts and repositories stand in them
without quotes, so that nothing may be in such a name that a shell acts on: a challenge whose scope is
``repository:$(…):pull`` names no repository. What may be made of anything, a URL or a user, stands in quotes
(`reglens.trace.curl.quoted`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLAIN = re.compile(r"(?:[^\s`$;|&<>(){}'\"\\!\x00-\x1f\x7f]|<[\w .:/-]*>|\$\{?[A-Z_]+\}?)*")
"""Letters of any kind, dots and the like; a placeholder in angle brackets; a variable that was left in, as of CI."""
PLACES = frozenset({"host", "registry", "repository", "name", "tag", "reference", "image", "helper", "method", "file"})
"""The values of a line that commands are made of."""


def plain(text: str) -> str:
    """`text` if a shell takes it for the word that it is, else ``""``."""
    return text if _PLAIN.fullmatch(text) else ""


def plain_places(values: Mapping[str, str]) -> dict[str, str]:
    """The values of a line without those places that are none."""
    return {key: value for key, value in values.items() if key not in PLACES or plain(value)}
