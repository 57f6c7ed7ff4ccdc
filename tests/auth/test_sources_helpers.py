"""Credential helpers: small programs of the tests' own, in the place of docker-credential-…"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from reglens.auth.credentials import Lookup, SourceVerdict
from reglens.auth.sources import default_credentials
from reglens.oci.reference import HUB


class Helpers:
    """A home with a ``config.json`` and a folder of helpers on PATH."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.bin = home / "bin"
        self.bin.mkdir()
        self.log = home / "log"
        self.environ = {"PATH": f"{self.bin}:{os.environ['PATH']}"}
        self.now = 0.0
        self.chain = default_credentials(environ=self.environ, home=home, timeout=20.0, clock=lambda: self.now)

    def config(self, **document: Any) -> None:
        (self.home / ".docker").mkdir(exist_ok=True)
        (self.home / ".docker/config.json").write_text(json.dumps(document))

    def add(self, name: str, body: str) -> None:
        """A helper whose Python body has the server's name in `server` and logs it."""
        path = self.bin / f"docker-credential-{name}"
        path.write_text(
            f"#!{sys.executable}\nimport json, os, sys, time\nserver = sys.stdin.read()\n"
            f"open({str(self.log)!r}, 'a').write(' '.join(sys.argv[1:]) + ' ' + server + '\\n')\n{body}\n"
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def keeps(self, name: str, **secrets: tuple[str, str]) -> None:
        """A helper that has these servers (dots written as underscores), and says so of no others."""
        known = {server.replace("_", "."): pair for server, pair in secrets.items()}
        self.add(
            name,
            f"known = {known!r}\nif server not in known:\n"
            "    print('credentials not found in native keychain'); sys.exit(1)\n"
            "print(json.dumps({'ServerURL': server, 'Username': known[server][0], 'Secret': known[server][1]}))",
        )

    @property
    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    async def find(self, registry: str = "ghcr.io", repository: str = "") -> Lookup:
        return await self.chain.find(registry, repository)


@pytest.fixture
def helpers(tmp_path: Path) -> Helpers:
    return Helpers(tmp_path)


def failed(lookup: Lookup) -> str:
    [seen] = [seen for seen in lookup.consulted if seen.verdict is SourceVerdict.FAILED]
    return seen.detail


async def test_a_credential_store_is_asked_for_the_host(helpers: Helpers) -> None:
    helpers.keeps("vault", ghcr_io=("alice", "pw"))
    helpers.config(credsStore="vault", auths={"ghcr.io": {}})
    lookup = await helpers.find(repository="owner/image")
    assert lookup.credential is not None
    assert lookup.credential.username == "alice"
    assert lookup.credential.password is not None
    assert lookup.credential.password.reveal() == "pw"
    assert lookup.credential.source == "docker-credential-vault (credsStore in ~/.docker/config.json)"
    assert helpers.asked == ["get ghcr.io"]


async def test_a_host_s_own_helper_goes_before_the_store_and_the_file(helpers: Helpers) -> None:
    helpers.keeps("vault", ghcr_io=("store", "pw"))
    helpers.keeps("own", ghcr_io=("own", "pw"))
    helpers.config(credsStore="vault", credHelpers={"ghcr.io": "own"}, auths={"ghcr.io": {"auth": "eDp5"}})
    lookup = await helpers.find()
    assert lookup.credential is not None
    assert lookup.credential.username == "own"
    assert [seen.username for seen in lookup.consulted if seen.verdict is SourceVerdict.PASSED_OVER] == ["x"]


async def test_where_a_helper_has_nothing_the_file_counts(helpers: Helpers) -> None:
    helpers.keeps("vault", quay_io=("alice", "pw"))
    helpers.config(credsStore="vault", auths={"ghcr.io": {"auth": "Ym9iOnB3"}})
    lookup = await helpers.find()
    assert lookup.credential is not None
    assert lookup.credential.username == "bob"
    assert [seen.verdict for seen in lookup.consulted if "vault" in seen.source] == [SourceVerdict.NOTHING]


async def test_docker_hub_s_login_is_asked_for_by_both_of_its_names(helpers: Helpers) -> None:
    helpers.keeps("vault", docker_io=("alice", "pw"))
    helpers.config(credsStore="vault")
    lookup = await helpers.find(HUB, "library/alpine")
    assert helpers.asked == ["get https://index.docker.io/v1/", "get docker.io"]
    assert lookup.credential is not None
    assert lookup.credential.username == "alice"


async def test_the_user_token_marks_an_identity_token(helpers: Helpers) -> None:
    helpers.keeps("acr-env", a_azurecr_io=("<token>", "refresh"))
    helpers.config(credHelpers={"a.azurecr.io": "acr-env"})
    lookup = await helpers.find("a.azurecr.io")
    assert lookup.credential is not None
    assert lookup.credential.identity_token is not None
    assert (lookup.credential.identity_token.reveal(), lookup.credential.password) == ("refresh", None)


async def test_a_helper_that_is_missing_is_named(helpers: Helpers) -> None:
    helpers.config(credsStore="desktop")
    assert failed(await helpers.find()) == ("docker-credential-desktop is not on PATH (it comes with Docker Desktop)")


async def test_a_failing_helper_s_words_are_kept_whole(helpers: Helpers) -> None:
    helpers.add(
        "vault",
        "print('error getting credentials: the vault is sealed'); print('ask ops', file=sys.stderr)\nsys.exit(3)",
    )
    helpers.config(credsStore="vault")
    said = failed(await helpers.find())
    assert "exit code 3" in said
    assert "error getting credentials: the vault is sealed" in said
    assert "ask ops" in said


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("print('not json')", "other than JSON"),
        ("print('[]')", "no object"),
        ("print(json.dumps({'Username': 1, 'Secret': 'x'}))", "not text"),
        ("print(json.dumps({'Secret': 'tops3cret'}))", "user name is empty"),
        ("print(json.dumps({'Username': 'alice'}))", "no password"),
        ("print(json.dumps({'Username': 'a', 'Secret': 'tops3cret'})); sys.exit(1)", "exit code 1"),
        ("os.write(1, b'\\xff\\xfe'); sys.exit(1)", "exit code 1"),
        ("os.kill(os.getpid(), 9)", "exit code -9"),
    ],
)
async def test_a_helper_that_answers_badly_is_said_without_its_secret(helpers: Helpers, body: str, word: str) -> None:
    helpers.add("vault", body)
    helpers.config(credsStore="vault")
    said = failed(await helpers.find())
    assert word in said
    assert "tops3cret" not in said


async def test_a_helper_that_reads_nothing_is_no_trouble(helpers: Helpers) -> None:
    path = helpers.bin / "docker-credential-deaf"
    path.write_text('#!/bin/sh\nexec 0<&-\necho \'{"Username":"alice","Secret":"pw"}\'\n')
    path.chmod(0o755)
    helpers.config(credsStore="deaf")
    lookup = await helpers.find()
    assert lookup.credential is not None
    assert lookup.credential.username == "alice"


async def test_a_helper_that_hangs_is_ended_with_its_children(helpers: Helpers) -> None:
    path = helpers.bin / "docker-credential-slow"
    pids = helpers.home / "pids"
    path.write_text(f"#!/bin/sh\nsleep 600 &\necho $$ $! > '{pids}'\nwait\n")
    path.chmod(0o755)
    helpers.config(credsStore="slow")
    chain = default_credentials(environ=helpers.environ, home=helpers.home, timeout=2.0)
    assert "no answer within 2 s" in failed(await chain.find("ghcr.io", ""))
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 2
    while any(map(_runs, started)):  # noqa: ASYNC110 - the kernel takes its moment, and tells nobody
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_a_helper_that_prints_without_end_is_ended(helpers: Helpers, stream: str) -> None:
    helpers.add("endless", f"while True: sys.{stream}.write('x' * 65536)")
    helpers.config(credsStore="endless")
    assert failed(await helpers.find()) == "docker-credential-endless printed more than 1.0 MiB"


async def test_patience_may_end_before_a_helper_has_read_its_question(helpers: Helpers) -> None:
    helpers.add("slow", "time.sleep(600)")
    helpers.config(credsStore="slow")
    chain = default_credentials(environ=helpers.environ, home=helpers.home, timeout=0.001)
    assert "no answer" in failed(await chain.find("ghcr.io", ""))


def _runs(pid: int) -> bool:
    """Whether a process lives (a zombie, which nobody here can reap, does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@pytest.mark.parametrize("name", ["../evil", "a/b", "x\0y"])
async def test_a_helper_s_name_is_no_path(helpers: Helpers, name: str) -> None:
    helpers.config(credsStore=name)
    assert "no helper's name" in failed(await helpers.find())


async def test_many_lookups_ask_a_helper_once_and_later_again(helpers: Helpers) -> None:
    helpers.keeps("vault", ghcr_io=("alice", "pw"))
    helpers.config(credsStore="vault")
    lookups = await asyncio.gather(*(helpers.find(repository=f"a/b{n}") for n in range(20)))
    assert {lookup.credential.username for lookup in lookups if lookup.credential} == {"alice"}
    assert helpers.asked == ["get ghcr.io"]
    helpers.now = 61.0
    await helpers.find()
    assert len(helpers.asked) == 2


async def test_a_failure_is_not_remembered(helpers: Helpers) -> None:
    helpers.config(credsStore="vault")
    assert "not on PATH" in failed(await helpers.find())
    helpers.keeps("vault", ghcr_io=("alice", "pw"))
    assert (await helpers.find()).credential is not None


async def test_one_who_gives_up_does_not_spoil_it_for_the_others(helpers: Helpers) -> None:
    helpers.keeps("vault", ghcr_io=("alice", "pw"))
    helpers.config(credsStore="vault")
    first, second = (asyncio.create_task(helpers.find()) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    assert (await second).credential is not None
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_no_helper_runs_once_an_earlier_source_has_won(helpers: Helpers) -> None:
    helpers.keeps("vault", ghcr_io=("alice", "pw"))
    helpers.config(credsStore="vault")
    helpers.environ["DOCKER_AUTH_CONFIG"] = json.dumps({"auths": {"ghcr.io": {"auth": "Ym9iOnB3"}}})
    chain = default_credentials(environ=helpers.environ, home=helpers.home)
    lookup = await chain.find("ghcr.io", "")
    assert lookup.credential is not None
    assert lookup.credential.username == "bob"
    assert helpers.asked == []
    assert [seen.detail for seen in lookup.consulted if seen.verdict is SourceVerdict.PASSED_OVER] == ["not asked"]


async def test_a_helper_never_sees_the_secrets_of_the_environment(helpers: Helpers) -> None:
    helpers.add(
        "nosy",
        "seen = str('DOCKER_AUTH_CONFIG' in os.environ) + os.environ['REGION']\n"
        "print(json.dumps({'Username': 'u', 'Secret': seen}))",
    )
    helpers.config(credsStore="nosy")
    environ = {**helpers.environ, "DOCKER_AUTH_CONFIG": '{"auths": {}}', "REGION": "eu"}
    lookup = await default_credentials(environ=environ, home=helpers.home).find("ghcr.io", "")
    assert lookup.credential is not None
    assert lookup.credential.password is not None
    assert lookup.credential.password.reveal() == "Falseeu"
