"""Programs that keep secrets: started, asked one question on stdin, heard to the end, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from reglens.auth.sources.entries import Entry, from_pair
from reglens.jsontext import loads
from reglens.secret import Secret
from reglens.text import human_count, human_size

TIMEOUT = 30.0
"""Seconds that a program may take: some ask a cloud, some ask the person."""
GRACE = 5.0
"""Seconds that a killed program has to be gone."""
LONGEST = 1 << 20
"""Octets that a program may print, on either stream; the largest tokens have some thousands."""
TOLD = 2000
"""Characters of a failed program's words, of either stream, that are told."""
_ANSWER = re.compile(r"[\"']?\bSecret\\?[\"']\s*:")
_NAMED = re.compile(
    r"(?P<name>\b(?:password|passphrase|passwd|secret|token)\b[\"']?(?:\s+(?:is|was))?\s*[:=]?\s*[\"'`(]?)"
    r"(?P<secret>(?!sha256:)(?=[^\s\"'`)]*[\d!$%&*+@^~])[^\s\"'`)]{3,})",
    re.IGNORECASE,
)
"""What stands after a word for a secret, and is no word itself."""
_NOT_FOUND = "credentials not found"
"""How a helper says that it has nothing (docker-credential-helpers, credentials/error.go)."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a program runs in: its environment, and how many seconds it may take."""

    environ: Mapping[str, str]
    timeout: float = TIMEOUT


class Keeper(Protocol):
    """Something outside this process that keeps secrets, told apart from others by its value."""

    async def get(self, server: str, source: str, within: Surroundings) -> Entry:
        """What it has for `server`; `empty` if it says that it has nothing. Never raises, but is cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """How a program ended, and its words; `problem` says why it could not be heard to the end."""

    code: int = 0
    out: str = ""
    err: str = ""
    problem: str = ""


async def talk(title: str, command: Sequence[str], text: str, within: Surroundings) -> Said:
    """Run a program and give it `text` on stdin. Never raises; cancelled, it ends the program and what that started.

    It runs in a session of its own: it finds no terminal to ask at, which the app draws on, and can be ended with
    its children.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(within.environ),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return Said(problem=f"{title} cannot be run: {getattr(error, 'strerror', None) or error}")
    try:
        async with asyncio.timeout(within.timeout):
            out, err = await _ask(process, text.encode())
    except TimeoutError:
        return Said(problem=f"{title} gave no answer within {within.timeout:g} s")
    except OverflowError:
        return Said(problem=f"{title} printed more than {human_size(LONGEST)}")
    except OSError as error:
        return Said(problem=f"{title} cannot be talked to: {error.strerror}")
    finally:
        await _end(process)
    code = process.returncode or 0
    return Said(code, out.decode("utf-8", "replace").strip(), err.decode("utf-8", "replace").strip())


def read_answer(title: str, said: Said, source: str) -> Entry:
    """What a helper's answer holds: JSON with ``Username`` and ``Secret``, or a failure with a sentence on stdout
    (docker/docker-credential-helpers, README, "Development")."""
    if said.problem:
        return Entry(problem=said.problem)
    if said.code != 0:
        if _NOT_FOUND in said.out.lower() or _NOT_FOUND in said.err.lower():
            return Entry(empty=True)
        return Entry(problem=f"{title} failed with exit code {said.code}: {complaint(said)}")
    try:
        answer = loads(said.out)
    except ValueError:
        return Entry(problem=f"{title} answered with something other than JSON")
    if not isinstance(answer, dict):
        return Entry(problem=f"{title} answered with JSON that is no object")
    username, secret = answer.get("Username") or "", answer.get("Secret") or ""
    if not (isinstance(username, str) and isinstance(secret, str)):
        return Entry(problem=f"{title} answered with a Username or Secret that is not text")
    if not username and not secret:
        return Entry(empty=True)
    entry = from_pair(username, secret, source)
    return Entry(problem=f"{title}: {entry.problem}") if entry.problem else entry


def complaint(said: Said) -> str:
    """A failed program's words, without what may be the secret in them: of an answer in JSON only that there is one."""
    return "; ".join(filter(None, map(_harmless, (said.out, said.err)))) or "it says nothing"


def _harmless(words: str) -> str:
    if _ANSWER.search(words):
        return "it printed an answer all the same"
    cut = len(words) - TOLD
    from reglens.mask import mask  # its patterns take longer to compile than a request takes

    told = _NAMED.sub(lambda found: found["name"] + str(Secret(found["secret"])), mask(words[:TOLD]))
    return f"{told}… +{human_count(cut)} characters" if cut > 0 else told


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What docker would pass on, less the secret of ours that no helper needs. A shorter list would break helpers
    that take their cloud's identity from the environment."""
    return {name: value for name, value in environ.items() if name != "DOCKER_AUTH_CONFIG"}


async def _ask(process: asyncio.subprocess.Process, question: bytes) -> tuple[bytes, bytes]:
    """What a program prints, on stdout and stderr, until its end. Raises OverflowError if that is more than LONGEST."""
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdin.write(question)
    process.stdin.close()  # where nobody reads, nobody has to
    readers = [asyncio.create_task(_read(stream)) for stream in (process.stdout, process.stderr)]
    try:
        out, err = await asyncio.gather(*readers)
    finally:
        for reader in readers:  # the other one, where one failed
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
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
    """Kill the program and what it started, if it still runs, and wait for its end."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(_buried(process))


async def _buried(process: asyncio.subprocess.Process) -> None:
    """Wait until a program is gone, but not for what got away from it and still holds its pipes.

    They are read to their end: asyncio knows of no end of a process while it does not read a full pipe of it.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE):
            for stream in (process.stdout, process.stderr):
                while stream is not None and await stream.read(1 << 16):
                    pass
            await process.wait()
