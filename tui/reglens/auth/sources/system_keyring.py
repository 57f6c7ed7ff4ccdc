"""The system's keyring, as a source: logins that the person typed into the app and asked to be kept.

It is asked only for what stands in a small index of ours: a keyring cannot be searched for what is there, and whoever
never kept a login is spared the question. The index names registries and users, and holds no secret. In the keyring an
entry is called ``reglens/`` and the registry, with the user as account.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reglens.auth.credentials import Consulted, Credential, SourceVerdict
from reglens.auth.sources.configfile import Found, RunHelper, read_file, read_object
from reglens.auth.sources.entries import Entry
from reglens.auth.sources.program import Said, Surroundings, complaint, read_answer, talk

NAME = "system keyring"
SCHEMA = 1
MAX_KEPT = 1000
"""Logins that the index may name."""
_PROGRAM = Path(__file__).with_name("keyring_program.py")


@dataclass(frozen=True, slots=True)
class Login:
    """One entry of the keyring: ``host[:port]`` and the user. `turn` tells an entry from what it was before it was
    written anew, for those who remember answers."""

    registry: str
    username: str
    turn: int = 0

    @property
    def service(self) -> str:
        """What the entry is called in the keyring."""
        return f"reglens/{self.registry}"

    async def get(self, server: str, source: str, within: Surroundings) -> Entry:
        """The credential that is kept; `empty` if it is there no more. Never raises, but is cancelled."""
        entry = read_answer(NAME, await _talk("get", self, within), source)
        found = entry.credential
        if found is not None and found.password is not None and found.username != self.username:
            return Entry(problem=f"{NAME} answered for another user")
        return entry


@dataclass
class SystemKeyring:
    """The source. `path` is the index, `within` what the program that asks the keyring runs in."""

    path: Path
    within: Surroundings
    turn: int = 0

    def logins(self, registry: str = "") -> tuple[Login, ...]:
        """What is kept, for one registry or all, the latest first. Raises ValueError, with a sentence, if the index
        cannot be read."""
        try:
            text = read_file(self.path)
        except FileNotFoundError:
            return ()
        document = read_object(text)
        listed = document.get("entries")
        if document.get("schema") != SCHEMA or not isinstance(listed, list):
            raise ValueError("it is not an index of reglens's")
        pairs = [(e.get("registry"), e.get("username")) for e in listed[:MAX_KEPT] if isinstance(e, dict)]
        found = [Login(r, u, self.turn) for r, u in pairs if isinstance(r, str) and isinstance(u, str) and r and u]
        return tuple(login for login in found if not registry or login.registry == registry)

    async def look(self, registry: str, repository: str, run_helper: RunHelper | None) -> Found:
        try:
            logins = self.logins(registry)
        except ValueError as error:
            return Found(consulted=(Consulted(NAME, SourceVerdict.FAILED, f"{self.path}: {error}"),))
        if not logins:
            return Found(consulted=(Consulted(NAME, SourceVerdict.ABSENT, "no login is kept there for this registry"),))
        credential: Credential | None = None
        consulted = []
        for login in logins:
            if run_helper is None or credential is not None:
                verdict, detail = SourceVerdict.PASSED_OVER, "not asked"
                consulted.append(Consulted(NAME, verdict, detail, login.service, login.username))
                continue
            entry = await run_helper(login, login.service, NAME)
            credential = entry.credential
            consulted.append(_told(login, entry))
        return Found(credential, tuple(consulted))

    async def every(self, registry: str, repository: str, run_helper: RunHelper) -> list[Credential]:
        """The credentials of every login that is kept for the registry."""
        try:
            logins = self.logins(registry)
        except ValueError:
            return []
        entries = [await run_helper(login, login.service, NAME) for login in logins]
        return [entry.credential for entry in entries if entry.credential is not None]

    async def keep(self, registry: str, credential: Credential) -> str:
        """Keep a login. A sentence that says why it is not kept, or ``""``; never raises, but is cancelled."""
        login = Login(registry, credential.username)
        assert credential.password is not None
        try:
            known = await asyncio.to_thread(self.logins)
            # First the index: an entry that it names and the keyring has not is harmless, the reverse is forgotten.
            await asyncio.to_thread(self._write, (login, *_without(known, login)))
        except (OSError, ValueError) as error:
            return f"{self.path}: {_words(error)}"
        said = await _talk("store", login, self.within, credential.password.reveal())
        self.turn += 1
        problem = said.problem or (complaint(said) if said.code else "")
        if problem and not any(_same(login, other) for other in known):
            with suppress(OSError):
                await asyncio.to_thread(self._write, known)
        return problem

    async def forget(self, registry: str, username: str) -> str:
        """Delete a login. A sentence that says why it is still there, or ``""``; never raises, but is cancelled."""
        login = Login(registry, username)
        said = await _talk("erase", login, self.within)
        self.turn += 1
        if said.problem:
            return said.problem
        if said.code and not read_answer(NAME, said, NAME).empty:
            return complaint(said)
        try:
            await asyncio.to_thread(self._write, _without(await asyncio.to_thread(self.logins), login))
        except (OSError, ValueError) as error:
            return f"{self.path}: {_words(error)}"
        return ""

    def _write(self, logins: tuple[Login, ...]) -> None:
        """Replace the index as a whole; no file where there is nothing to name. Raises OSError."""
        import tempfile

        if not logins:
            self.path.unlink(missing_ok=True)
            return
        entries = [{"registry": login.registry, "username": login.username} for login in logins[:MAX_KEPT]]
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name, suffix=".new")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"schema": SCHEMA, "entries": entries}, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise


def state_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Where reglens keeps what it remembers: platformdirs' ``user_state_path``, without its import, which takes longer
    than a look-up."""
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "reglens"
    named = environ.get("XDG_STATE_HOME", "").strip()
    return (Path(named) if os.path.isabs(named) else home / ".local" / "state") / "reglens"


async def _talk(verb: str, login: Login, within: Surroundings, secret: str | None = None) -> Said:
    if not sys.executable:
        return Said(problem="there is no Python to run that could ask the system keyring")
    asked = {"service": login.service, "username": login.username}
    if secret is not None:
        asked["secret"] = secret
    # -P: nothing of the folder that one happens to be in, nor of this one, is taken for a module
    return await talk(NAME, (sys.executable, "-P", str(_PROGRAM), verb), json.dumps(asked), within)


def _told(login: Login, entry: Entry) -> Consulted:
    if entry.problem:
        return Consulted(NAME, SourceVerdict.FAILED, entry.problem, login.service, login.username)
    if entry.credential is None:
        what = f"the login of {login.username} that was kept as {login.service} is there no more"
        return Consulted(NAME, SourceVerdict.NOTHING, what)
    return Consulted(NAME, SourceVerdict.USED, "", login.service, login.username)


def _same(one: Login, other: Login) -> bool:
    return (one.registry, one.username) == (other.registry, other.username)


def _without(logins: tuple[Login, ...], login: Login) -> tuple[Login, ...]:
    return tuple(other for other in logins if not _same(other, login))


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
