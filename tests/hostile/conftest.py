"""A hostile registry, and a home with a login for it."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.hostile import ISSUED, Hostile

TUI = Path(__file__).parents[2] / "tui"
USER = "alice"
PASSWORD = "password-canary-9f8e7d6c5b"
ENCODED = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
SECRETS = (PASSWORD, ENCODED, ISSUED)
"""What may stand in no output, and reach no host but the registry's own."""
MEMORY = 768 << 20
"""Octets of address space that a command may take; with nothing to do it takes about 150 MB."""
GUARD = 120
"""Seconds until a command counts as hung: a guard, not a measure of speed."""
_LIMITED = (
    f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}));"
    "resource.setrlimit(resource.RLIMIT_CORE, (0, 0));"
    "from reglens.cli.main import entry; entry()"
)
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
"""What may stand in no output that goes to a terminal. Tab and line feed lay out text."""


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    arguments: tuple[str, ...]
    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return self.err.decode("utf-8", "strict")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder; `log_in` puts a login there."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def hostile(home: Path) -> Iterator[Hostile]:
    with Hostile() as registry:
        log_in(home, registry.host)
        yield registry


def log_in(home: Path, host: str) -> None:
    """A docker login of `host`, in the folder that `environment` points at."""
    folder = home / ".docker"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": ENCODED}}}))


def environment(home: Path) -> dict[str, str]:
    """An environment in which nothing of this machine's person is found."""
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    more = {"HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": str(TUI), "XDG_RUNTIME_DIR": str(home / "run")}
    return {**kept, **more, "PYTHONDONTWRITEBYTECODE": "1"}


def command(home: Path, *arguments: str) -> Ended:
    """Run the command line with its memory bounded."""
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, *arguments],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=GUARD,
        check=False,
    )
    return Ended(arguments, done.returncode, done.stdout, done.stderr)


def commands(home: Path, *lines: tuple[str, ...]) -> list[Ended]:
    """Run several command lines, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda line: command(home, *line), lines))
