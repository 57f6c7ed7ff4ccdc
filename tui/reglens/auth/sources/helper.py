"""Credential helpers: programs that keep the secrets (docker/docker-credential-helpers, README, "Development").

``docker-credential-NAME get`` reads a server's name on stdin and answers ``{"ServerURL", "Username", "Secret"}``, or
fails with a sentence on stdout. Nothing is ever stored or erased.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reglens.auth.sources.entries import Entry, from_pair
from reglens.jsontext import loads
from reglens.text import human_size

if TYPE_CHECKING:
    import asyncio.subprocess

TIMEOUT = 30.0
"""Seconds a helper may take: some ask a cloud, some ask the person."""
LONGEST = 1 << 20
"""Octets that a helper may print, on either stream; the largest tokens have some thousands."""
_NOT_FOUND = "credentials not found"
"""How a helper says that it has nothing (docker-credential-helpers, credentials/error.go)."""
_ORIGINS = {
    "desktop": "it comes with Docker Desktop",
    "osxkeychain": "it comes with Docker Desktop for Mac",
    "wincred": "it exists on Windows only",
    "wincred.exe": "it exists on Windows only",
    "secretservice": "it is in the package golang-docker-credential-helpers",
    "pass": "it is in the package golang-docker-credential-helpers",
    "ecr-login": "it is in the package amazon-ecr-credential-helper",
    "gcloud": "it comes with the Google Cloud CLI",
    "gcr": "it is github.com/GoogleCloudPlatform/docker-credential-gcr",
    "acr-env": "it is github.com/chrismellard/docker-credential-acr-env",
}


@dataclass(frozen=True, slots=True)
class Helper:
    """A helper's name, as a configuration names it, and the environment it runs in."""

    name: str
    environ: Mapping[str, str]
    timeout: float = TIMEOUT

    @property
    def program(self) -> str:
        return f"docker-credential-{self.name}"

    async def get(self, server: str, source: str) -> Entry:
        """What the helper has for `server`; `empty` if it says that it has nothing. Never raises, but is cancelled."""
        import asyncio

        if not self.name or os.sep in self.name or "\0" in self.name:
            return Entry(problem=f"{self.name!r} is no helper's name")
        found = shutil.which(self.program, path=self.environ.get("PATH", os.defpath))
        if found is None:
            origin = _ORIGINS.get(self.name)
            return Entry(problem=f"{self.program} is not on PATH" + (f" ({origin})" if origin else ""))
        try:
            process = await asyncio.create_subprocess_exec(
                found,
                "get",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment(),
                start_new_session=True,  # away from the terminal that the app draws on, and killable with its children
            )
        except (OSError, ValueError) as error:
            return Entry(problem=f"{self.program} cannot be run: {getattr(error, 'strerror', None) or error}")
        try:
            async with asyncio.timeout(self.timeout):
                out, err = await _talk(process, server.encode())
        except TimeoutError:
            return Entry(problem=f"{self.program} gave no answer within {self.timeout:g} s")
        except OverflowError:
            return Entry(problem=f"{self.program} printed more than {human_size(LONGEST)}")
        except OSError as error:
            return Entry(problem=f"{self.program} cannot be talked to: {error.strerror}")
        finally:
            await _end(process)
        return self._answer(process.returncode or 0, out, err, source)

    def _environment(self) -> dict[str, str]:
        """What docker would pass on, less the secret of ours that no helper needs. A shorter list would break helpers
        that take their cloud's identity from the environment."""
        return {name: value for name, value in self.environ.items() if name != "DOCKER_AUTH_CONFIG"}

    def _answer(self, code: int, out: bytes, err: bytes, source: str) -> Entry:
        said = out.decode("utf-8", "replace").strip()
        complaint = err.decode("utf-8", "replace").strip()
        if code != 0:
            if _NOT_FOUND in said.lower() or _NOT_FOUND in complaint.lower():
                return Entry(empty=True)
            words = "; ".join(part for part in (_without_secret(said), complaint) if part) or "it says nothing"
            return Entry(problem=f"{self.program} failed with exit code {code}: {words}")
        try:
            answer = loads(said)
        except ValueError:
            return Entry(problem=f"{self.program} answered with something other than JSON")
        if not isinstance(answer, dict):
            return Entry(problem=f"{self.program} answered with JSON that is no object")
        username, secret = answer.get("Username") or "", answer.get("Secret") or ""
        if not (isinstance(username, str) and isinstance(secret, str)):
            return Entry(problem=f"{self.program} answered with a Username or Secret that is not text")
        if not username and not secret:
            return Entry(empty=True)
        entry = from_pair(username, secret, source)
        return Entry(problem=f"{self.program}: {entry.problem}") if entry.problem else entry


def _without_secret(text: str) -> str:
    """A failed helper's words; if they are its answer in JSON, which may hold the secret, only that they are."""
    return "it printed an answer all the same" if text.startswith("{") else text


async def _talk(process: asyncio.subprocess.Process, question: bytes) -> tuple[bytes, bytes]:
    """What a helper prints, on stdout and stderr, until its end. Raises OverflowError if that is more than LONGEST."""
    import asyncio

    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdin.write(question)
    process.stdin.close()  # where nobody reads, nobody has to
    out, err = await asyncio.gather(_read(process.stdout), _read(process.stderr))
    await process.wait()
    return out, err


async def _read(stream: asyncio.StreamReader) -> bytes:
    taken = bytearray()
    while piece := await stream.read(1 << 16):
        taken += piece
        if len(taken) > LONGEST:
            raise OverflowError
    return bytes(taken)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill the helper and what it started, if it still runs, and wait for its end."""
    import asyncio
    import contextlib

    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.shield(process.wait())
