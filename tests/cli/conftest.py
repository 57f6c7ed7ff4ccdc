"""Commands run in this process against the demo registry, and in processes of their own where that matters."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from reglens.cli.main import main
from reglens.cli.output import Output
from reglens.demo.server import DemoRegistry

UNSET = (
    "DOCKER_CONFIG",
    "DOCKER_AUTH_CONFIG",
    "REGISTRY_AUTH_FILE",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "XDG_CACHE_HOME",
)


@dataclass(frozen=True)
class Ran:
    """What a run gave: exit code and the two streams."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def document(self) -> Any:
        return json.loads(self.raw)


class Run(Protocol):
    def __call__(self, *arguments: str, stdin: bytes = b"") -> Ran: ...


@pytest.fixture(scope="session")
def demo() -> Iterator[DemoRegistry]:
    with DemoRegistry() as registry:
        yield registry


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and nothing in the environment that a command would heed."""
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return tmp_path


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process."""

    def running(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        raw, err = io.BytesIO(), io.StringIO()
        out = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)
        monkeypatch.setenv("REGLENS_TRACEBACK", "1")  # a defect fails the test with its traceback
        code = main(arguments, Output(out=out, err=err))
        out.flush()
        return Ran(code, raw.getvalue(), err.getvalue())

    return running


@pytest.fixture
def process(home: Path) -> Run:
    """Runs a command in a process of its own."""

    def running(*arguments: str, stdin: bytes = b"") -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "reglens", *arguments], input=stdin, capture_output=True, timeout=60, check=False,
            env=dict(os.environ),
        )  # fmt: skip
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return Ran(done.returncode, done.stdout, done.stderr.decode())

    return running
