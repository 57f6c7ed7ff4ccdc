"""Reading configuration files within bounds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

MAX_FILE = 1 << 20
"""Octets of a configuration file."""


class Unusable(Exception):
    """A file that is there and cannot be used; the message says why, in words."""


def read_text(path: Path) -> str | None:
    """The text of a file; None where there is none. Raises Unusable."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise Unusable(f"it cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MAX_FILE:
        raise Unusable(f"it is larger than {MAX_FILE >> 20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("it is not UTF-8") from None


def read_toml(text: str) -> dict[str, Any]:
    """The table in `text`. Raises Unusable."""
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise Unusable(f"it is not TOML: {error}") from None


def listing(folder: Path) -> list[str]:
    """The names in a folder, sorted; none where there is no folder. Raises Unusable."""
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise Unusable(f"it cannot be read: {error.strerror or error}") from None


def short(path: Path, home: Path) -> str:
    """A path as people write it."""
    try:
        return f"~/{path.relative_to(home)}"
    except ValueError:
        return str(path)
