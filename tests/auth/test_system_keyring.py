"""Logins in the system's keyring: kept, found, shown among the sources, deleted, and no secret anywhere else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reglens.auth.credentials import Consulted, Credential, Lookup, SourceVerdict
from reglens.auth.sources import Chain, default_credentials
from reglens.auth.sources.system_keyring import SystemKeyring, state_folder
from reglens.secret import Secret
from support.keyrings import environ_for

CANARY = "canary-7f3a9e-secret"
HOST = "registry.test:5000"


class Desk:
    """A person's home with a keyring of the tests' own."""

    def __init__(self, home: Path, backend: str = "InFile", timeout: float = 60.0, now: float = 0.0) -> None:
        self.home = home
        self.file = home / "the-keyring"
        self.environ = environ_for(backend, self.file) | {"XDG_RUNTIME_DIR": str(home / "run")}
        self.now = now
        self.chain: Chain = default_credentials(
            environ=self.environ, home=home, timeout=timeout, clock=lambda: self.now
        )
        assert self.chain.keyring is not None
        self.keyring: SystemKeyring = self.chain.keyring

    async def keep(self, user: str = "alice", password: str = CANARY, registry: str = HOST) -> str:
        return await self.keyring.keep(registry, Credential("typed in", user, Secret(password)))

    async def find(self, registry: str = HOST) -> Lookup:
        return await self.chain.find(registry, "team/app")

    async def seen(self, registry: str = HOST) -> list[Consulted]:
        return [seen for seen in (await self.find(registry)).consulted if seen.source == "system keyring"]

    @property
    def asked(self) -> list[str]:
        log = self.file.with_suffix(".log")
        return [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []

    def docker(self, user: str) -> None:
        path = self.home / ".docker/config.json"
        path.parent.mkdir()
        path.write_text(json.dumps({"auths": {HOST: {"username": user, "password": "docker's"}}}))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def found(lookup: Lookup) -> tuple[str, str]:
    assert lookup.credential is not None
    assert lookup.credential.password is not None
    return lookup.credential.username, lookup.credential.password.reveal()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_is_kept_is_found_under_its_registry_alone(desk: Desk) -> None:
    assert await desk.keep() == ""
    assert json.loads(desk.file.read_text()) == {f"reglens/{HOST} alice": CANARY}
    assert found(await desk.find()) == ("alice", CANARY)
    [seen] = await desk.seen()
    assert (seen.verdict, seen.key, seen.username) == (SourceVerdict.USED, f"reglens/{HOST}", "alice")
    assert (await desk.find("other.test")).credential is None


async def test_who_never_kept_a_login_asks_no_keyring(desk: Desk) -> None:
    desk.docker("dora")
    assert found(await desk.find())[0] == "dora"
    [seen] = await desk.seen()
    assert seen.verdict is SourceVerdict.ABSENT
    assert await desk.keep(registry="other.test") == ""
    asked = desk.asked
    assert found(await desk.find())[0] == "dora"
    assert desk.asked == asked


async def test_it_goes_before_the_files_which_are_told_as_passed_over(desk: Desk) -> None:
    desk.docker("dora")
    await desk.keep()
    lookup = await desk.find()
    assert found(lookup)[0] == "alice"
    told = [(seen.username, seen.verdict) for seen in lookup.consulted if seen.username]
    assert told == [("alice", SourceVerdict.USED), ("dora", SourceVerdict.PASSED_OVER)]


async def test_the_command_line_goes_before_it_and_does_not_ask_it(desk: Desk) -> None:
    await desk.keep()
    asked = desk.asked
    chain = default_credentials(
        environ=desk.environ, home=desk.home, username="cli", password=Secret("one"), timeout=60.0
    )
    lookup = await chain.find(HOST, "team/app")
    assert found(lookup)[0] == "cli"
    [seen] = [seen for seen in lookup.consulted if seen.source == "system keyring"]
    assert (seen.verdict, seen.username) == (SourceVerdict.PASSED_OVER, "alice")
    assert desk.asked == asked


async def test_the_latest_login_is_used_and_every_one_is_offered(desk: Desk) -> None:
    for user in ("alice", "bob", "alice", "carol"):
        assert await desk.keep(user, f"of {user}") == ""
    assert found(await desk.find()) == ("carol", "of carol")
    offered = [(c.username, c.source) for c in await desk.chain.all_for(HOST)]
    assert offered == [(user, "system keyring") for user in ("carol", "alice", "bob")]


async def test_docker_s_mark_of_an_identity_token_is_understood(desk: Desk) -> None:
    await desk.keep("<token>")
    credential = (await desk.find()).credential
    assert credential is not None
    assert credential.identity_token == Secret(CANARY)
    assert credential.password is None


async def test_a_login_kept_anew_is_used_at_once(desk: Desk) -> None:
    await desk.keep(password="old")
    assert found(await desk.find()) == ("alice", "old")
    await desk.keep(password="new")
    assert found(await desk.find()) == ("alice", "new")


async def test_a_thousand_look_ups_ask_once(desk: Desk) -> None:
    await desk.keep()
    before = desk.asked.count("get")
    for number in range(1000):
        await desk.chain.find(HOST, f"team/app{number}")
    assert desk.asked.count("get") == before + 1
    desk.now += 61
    await desk.find()
    assert desk.asked.count("get") == before + 2


async def test_what_is_deleted_is_gone_from_the_keyring_and_the_index(desk: Desk) -> None:
    await desk.keep()
    await desk.keep("bob")
    assert await desk.keyring.forget(HOST, "bob") == ""
    assert found(await desk.find())[0] == "alice"
    assert json.loads(desk.file.read_text()) == {f"reglens/{HOST} alice": CANARY}
    assert await desk.keyring.forget(HOST, "alice") == ""
    assert (await desk.find()).credential is None
    assert not desk.keyring.path.exists()


async def test_what_the_person_deleted_in_the_keyring_itself_is_told_and_can_be_let_go(desk: Desk) -> None:
    desk.docker("dora")
    await desk.keep()
    desk.file.write_text("{}")
    [seen] = await desk.seen()
    assert seen.verdict is SourceVerdict.NOTHING
    assert "alice" in seen.detail
    assert "no more" in seen.detail
    assert found(await desk.find())[0] == "dora"
    assert await desk.keyring.forget(HOST, "alice") == ""
    assert desk.keyring.logins() == ()


async def test_the_secret_is_in_the_keyring_and_nowhere_else(desk: Desk) -> None:
    await desk.keep()
    lookup = await desk.find()
    await desk.chain.all_for(HOST)
    there = files(desk.home)
    assert {path.name for path in there} == {"the-keyring", "the-keyring.log", "keyring.json"}
    assert [path.name for path in there if CANARY in path.read_text()] == ["the-keyring"]
    assert desk.asked.count("get") >= 1  # the log has the arguments and the environment of whoever asked
    assert CANARY not in repr(lookup) + str(lookup.consulted) + repr(desk.keyring)
    assert desk.keyring.path.stat().st_mode & 0o077 == 0
    assert desk.keyring.path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("keyring.backends.fail.Keyring", "this system has no keyring that can be used"),
        ("keyring.backends.null.Keyring", "this system has no keyring that can be used"),
        ("Locked", "no place for '(the password)'"),
        ("nobody.has.This", "it cannot be asked from here: No module named 'nobody'"),
    ],
)
async def test_where_nothing_can_be_kept_it_is_said_and_nothing_is_left(
    tmp_path: Path, backend: str, words: str
) -> None:
    desk = Desk(tmp_path, backend)
    problem = await desk.keep()
    assert words in problem
    assert CANARY not in problem
    assert desk.keyring.logins() == ()
    assert files(tmp_path) == []


async def test_a_machine_without_any_keyring_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    del desk.environ["PYTHON_KEYRING_BACKEND"]
    desk.environ |= {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", "HOME": str(tmp_path)}
    assert "this system has no keyring that can be used" in await desk.keep()


async def test_one_that_fails_is_told_and_the_next_source_is_used(tmp_path: Path) -> None:
    await Desk(tmp_path).keep()
    desk = Desk(tmp_path, "Locked")
    desk.docker("dora")
    [seen] = await desk.seen()
    assert seen.verdict is SourceVerdict.FAILED
    assert "KeyringLocked: Failed to unlock the collection!" in seen.detail
    assert found(await desk.find())[0] == "dora"
    assert await desk.keyring.forget(HOST, "alice") == "KeyringLocked: Failed to unlock the collection!"
    assert [login.username for login in desk.keyring.logins()] == ["alice"]


async def test_one_that_never_answers_is_given_up_and_ended(tmp_path: Path) -> None:
    await Desk(tmp_path).keep()
    desk = Desk(tmp_path, "Silent", timeout=2.0)
    [seen] = await desk.seen()
    assert seen.verdict is SourceVerdict.FAILED
    assert seen.detail == "system keyring gave no answer within 2 s"
    assert running(tmp_path) == []


def running(home: Path) -> list[str]:
    """The processes whose environment speaks of a home directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            found += [path.parent.name] if str(home).encode() in path.read_bytes() else []
        except OSError:
            continue
    return found


async def test_one_that_asks_at_the_terminal_finds_none(tmp_path: Path) -> None:
    await Desk(tmp_path).keep()
    [seen] = await Desk(tmp_path, "Asking").seen()
    assert seen.verdict is SourceVerdict.FAILED
    assert "No such device" in seen.detail


async def test_what_a_backend_prints_is_no_answer(tmp_path: Path) -> None:
    await Desk(tmp_path).keep()
    assert found(await Desk(tmp_path, "Chatty").find()) == ("alice", CANARY)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 2, "entries": []}', '{"schema": 1}', "nonsense", "\0"])
async def test_an_index_that_cannot_be_read_is_told_and_kept_as_it_is(desk: Desk, text: str) -> None:
    desk.docker("dora")
    desk.keyring.path.parent.mkdir(parents=True)
    desk.keyring.path.write_text(text)
    [seen] = await desk.seen()
    assert seen.verdict is SourceVerdict.FAILED
    assert found(await desk.find())[0] == "dora"
    assert await desk.keep() != ""
    assert desk.keyring.path.read_text() == text
    assert desk.asked == []


async def test_an_index_that_cannot_be_written_keeps_the_secret_out_of_the_keyring(desk: Desk) -> None:
    desk.keyring.path.parent.parent.mkdir(parents=True)
    desk.keyring.path.parent.write_text("in the way")
    assert str(desk.keyring.path) in await desk.keep()
    assert desk.asked == []


def test_the_index_lies_where_everything_else_does_that_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    import platformdirs

    for named in ("", "/somewhere/state"):
        monkeypatch.setenv("XDG_STATE_HOME", named)
        expected = platformdirs.user_state_path("reglens", appauthor=False)
        assert state_folder(os.environ, Path.home()) == expected


def test_a_look_up_imports_no_keyring() -> None:
    code = (
        "import asyncio, os, sys, pathlib\n"
        "from reglens.auth.sources import default_credentials\n"
        "chain = default_credentials(environ={}, home=pathlib.Path('/nonexistent'))\n"
        "asyncio.run(chain.find('ghcr.io', ''))\n"
        "print([m for m in ('keyring', 'platformdirs', 'secretstorage', 'tempfile.x') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
