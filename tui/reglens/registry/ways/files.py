"""Reading configuration files within bounds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reglens.octets import read_octets

MAX_FILE = 1 << 20
"""Octets of a configuration file."""


_CONCERNED = re.compile(r"""^[ \t]*(?:\[+[ \t]*["']?registr|["']?registr\w*["']?[ \t]*(?:\.|=[ \t]*[\[{]))""", re.M)


class Unusable(Exception):
    """A file that is there and cannot be used; the message says why, in words."""


def read_text(path: Path) -> str | None:
    """The text of a file; None where there is none. Raises Unusable."""
    try:
        data = read_octets(path, MAX_FILE)
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


def registries_paths(*, config: Path, root: Path, environ: Mapping[str, str]) -> list[Path]:
    """The ``registries.conf`` files that count on this machine, in the order of reading."""
    named = environ.get("CONTAINERS_REGISTRIES_CONF")
    own, system = config / "containers" / "registries.conf", root / "etc" / "containers" / "registries.conf"
    main = [Path(named)] if named else [own if own.is_file() else system]
    return [*main, *_drop_ins(Path(f"{system}.d")), *_drop_ins(Path(f"{own}.d"))]


def recorded_aliases(*, home: Path, root: Path, environ: Mapping[str, str]) -> Path:
    """Where podman writes down which registry somebody chose for a short name (containers/image,
    pkg/sysregistriesv2/shortnames.go, ``shortNameAliasesConfPath``)."""
    if os.geteuid() == 0:
        return root / "var" / "cache" / "containers" / "short-name-aliases.conf"
    cache = Path(environ["XDG_CACHE_HOME"]) if environ.get("XDG_CACHE_HOME") else home / ".cache"
    return cache / "containers" / "short-name-aliases.conf"


def _drop_ins(folder: Path) -> Iterator[Path]:
    try:
        names = listing(folder)
    except Unusable:
        return
    yield from (folder / name for name in names if name.endswith(".conf"))


def names_registries(path: Path) -> bool:
    """Whether a ``registries.conf`` has a registry's table, or cannot be read: most machines' files hold short names
    alone, which are seldom wanted, and reading TOML takes longer than looking for a word."""
    try:
        return _CONCERNED.search(read_text(path) or "") is not None
    except Unusable:
        return True
