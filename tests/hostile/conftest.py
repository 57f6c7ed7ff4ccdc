"""A hostile registry, and a home with a login for it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
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
THOROUGH = "REGLENS_SOAK" in os.environ
"""Whether what takes minutes is done as well."""
PAGES = 10_000 if THOROUGH else 300
"""Pages of a list after which a command gives up: as many as it does by itself, or fewer to save their time."""
GUARD = 120
"""Seconds until a command counts as hung: a guard, not a measure of speed."""
_RUNNER = f"""
import json, os, resource, signal, sys
import reglens.cli.connect, reglens.registry.pages, reglens.registry.session, reglens.auth.sources
from reglens.cli.main import entry
from reglens.cli.commands import check, digest, manifest, search, tags, token
reglens.registry.pages.MAX_PAGES = {PAGES}
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
        signal.alarm({GUARD})
        for number, name in enumerate(("/dev/null", job["out"], job["err"])):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
        sys.argv[1:] = job["arguments"]
        code = 70
        try:
            entry()
        except SystemExit as ended:
            code = ended.code
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Runs each command line in a process of its own, without paying for the imports each time."""


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


def others_learn_nothing(hostile: Hostile) -> None:
    """No credential reached the other host, in any form or place."""
    for asked in hostile.to("elsewhere"):
        assert "authorization" not in asked.headers, asked
        for secret in SECRETS:
            assert secret.encode() not in asked.raw + asked.body, asked
    for asked in hostile.to("registry"):
        sent = asked.headers.get("authorization", "")
        assert not sent.startswith("Basic") or sent == f"Basic {ENCODED}"
        assert PASSWORD not in asked.target
        assert "x-injected" not in asked.headers
    assert hostile.to("registry"), "the registry was asked"


def environment(home: Path) -> dict[str, str]:
    """An environment in which nothing of this machine's person is found."""
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    more = {"HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": str(TUI), "XDG_RUNTIME_DIR": str(home / "run")}
    return {**kept, **more, "PYTHONDONTWRITEBYTECODE": "1"}


class Runner:
    """Runs command lines, one after the other."""

    def __init__(self, home: Path) -> None:
        self.files = (home / "out", home / "err")
        self.process = subprocess.Popen(
            [sys.executable, "-c", _RUNNER],
            env=environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str) -> Ended:
        assert self.process.stdin
        assert self.process.stdout
        out, err = self.files
        self.process.stdin.write(json.dumps({"arguments": arguments, "out": str(out), "err": str(err)}) + "\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        return Ended(arguments, code, out.read_bytes(), err.read_bytes())


@pytest.fixture(scope="module")
def command(home: Path) -> Iterator[Runner]:
    """Runs the command line with its memory bounded."""
    runner = Runner(home)
    with runner.process:
        yield runner
