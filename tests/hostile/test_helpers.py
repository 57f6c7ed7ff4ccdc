"""Credential helpers of every kind, run by the commands themselves: none is shown a secret, and none's is told."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.hostile import ISSUED, Hostile
from support.terminal import STEERING, environment, reglens

HELD = "helper-canary-7f6e5d4c3b"
"""The secret that the helpers hold."""
GIVEN = "variable-canary-1a2b3c4d5e"
"""One that stands in the environment and is none of a helper's business."""
FORMS = (HELD, base64.b64encode(f"bob:{HELD}".encode()).decode(), GIVEN, ISSUED)
COMMANDS = ("token", "check", "credentials", "digest")
SEES = f"""
import pathlib
with open(here / "saw", "ab") as seen:
    for process in ("self", os.getppid()):
        for file in ("environ", "cmdline"):
            if (process, file) != (os.getppid(), "environ"):
                seen.write(pathlib.Path(f"/proc/{{process}}/{{file}}").read_bytes())
    seen.write(b" asked: " + server.encode())
print(json.dumps({{"Username": "bob", "Secret": {HELD!r}}}))
"""
ANSWER = f"json.dumps({{'Username': 'bob', 'Secret': {HELD!r}}})"
JWT = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=") + "." + "e30." + HELD
FAILS = {
    "says its secret": f"sys.stderr.write('login with password {HELD} failed'); sys.exit(1)",
    "assigns it": f"print('VAULT_TOKEN={HELD}'); sys.exit(2)",
    "answers after a word": f"print('warning: old version'); print({ANSWER}); sys.exit(1)",
    "answers on stderr": f"sys.stderr.write({ANSWER}); sys.exit(1)",
    "answers in quotes": f"sys.stderr.write(json.dumps({ANSWER})); sys.exit(1)",
    "traces a request": f"sys.stderr.write('> Authorization: Bearer {JWT}'); sys.exit(1)",
    "names an address": f"print('GET https://bob:{HELD}@vault.example/v1: 403'); sys.exit(1)",
    "cuts its answer": f'sys.stdout.write(\'{{"Username":"bob","Secret":"{HELD}\')',
    "answers twice": f"print({ANSWER} * 2)",
    "answers with a list": f"print(json.dumps([{{'Secret':{HELD!r}}}]))",
    "answers with more than text": f"print(json.dumps({{'Username':['bob'],'Secret':{{'a':{HELD!r}}}}}))",
    "answers with line ends": f"print(json.dumps({{'Username':'bob','Secret':{HELD!r}+'\\r\\nX-Injected: 1'}}))",
    "answers deep": "print('[' * 500000)",
    "steers": "sys.stderr.write('\\x1b]52;c;UFdORUQ=\\x07\\x9b31m\\u202e'); sys.exit(1)",
    "prints octets": "os.write(1, os.urandom(4096)); sys.exit(1)",
    "prints without end": "[os.write(2, b'x' * 65536) for _ in iter(int, 1)]",
    "says megabytes": "sys.stderr.write('x' * 900000); sys.exit(1)",
    "is killed": "os.kill(os.getpid(), 11)",
    "says nothing": "sys.exit(7)",
}


@dataclass
class House:
    """A home whose login for the registry a helper has."""

    home: Path
    hostile: Hostile

    def helper(self, body: str) -> None:
        """The helper, with `body` in Python; `server` is what it was asked for."""
        path = self.home / "bin" / "docker-credential-canary"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f"#!{sys.executable}\nimport json, os, pathlib, sys, time\nhere = pathlib.Path({str(self.home)!r})\n"
            f"server = sys.stdin.read()\n{body}\n"
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, command: str, *options: str, given: str = "") -> subprocess.CompletedProcess[bytes]:
        env = environment(self.home)
        env |= {
            "PATH": f"{self.home / 'bin'}:{env['PATH']}",
            "DOCKER_AUTH_CONFIG": json.dumps({"auths": {"elsewhere.example": {"username": "x", "password": GIVEN}}}),
            "AWS_REGION": "eu-west-1",
        }
        place = self.hostile.host if command == "credentials" else f"{self.hostile.host}/auth/token-plain:latest"
        ended = subprocess.run(
            reglens(command, *options, place),
            env=env, cwd=self.home, capture_output=True, timeout=60, input=given.encode(),
        )  # fmt: skip
        told = ended.stdout + ended.stderr
        assert ended.returncode in (0, 1), ended
        assert b"Traceback" not in told
        assert b"defect" not in told
        for secret in FORMS:
            assert secret.encode() not in told, ended
        assert STEERING.search(told.decode()) is None
        assert len(told) < 100_000
        return ended


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Hostile() as hostile:
        (tmp_path / ".docker").mkdir()
        config = {"credHelpers": {hostile.host: "canary"}}
        (tmp_path / ".docker" / "config.json").write_text(json.dumps(config))
        yield House(tmp_path, hostile)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_helper_is_shown_no_secret(house: House, command: str) -> None:
    """Not in its environment, not in its arguments or its parent's; and what it has goes to its own registry alone."""
    house.helper(SEES)
    house.run(command)
    saw = (house.home / "saw").read_bytes()
    assert f"asked: {house.hostile.host}".encode() in saw, "the helper was run"
    assert b"AWS_REGION=eu-west-1" in saw, "what a helper may need of the environment is left to it"
    for secret in FORMS:
        assert secret.encode() not in saw, secret
    used = [asked.headers.get("authorization", "") for asked in house.hostile.to("registry") if asked.kind == "token"]
    assert command == "credentials" or f"Basic {FORMS[1]}" in used, "and its answer was used"
    assert not house.hostile.to("elsewhere")


@pytest.mark.parametrize("command", ["token", "check", "digest"])
def test_a_given_password_is_shown_to_no_helper(house: House, command: str) -> None:
    """It stands in no argument and in no variable; and nobody else is asked."""
    house.helper(SEES)
    house.run(command, "--username", "alice", "--password-stdin", given=HELD)
    assert not (house.home / "saw").exists()
    used = {asked.headers.get("authorization") for asked in house.hostile.to("registry")}
    assert f"Basic {base64.b64encode(f'alice:{HELD}'.encode()).decode()}" in used


@pytest.mark.parametrize("name", FAILS)
def test_what_a_helper_says_amiss_is_told_without_its_secret(house: House, name: str) -> None:
    house.helper(FAILS[name])
    house.run("check")
    assert isinstance(json.loads(house.run("token", "--json").stdout), dict)
    told = house.run("credentials").stdout
    assert b"docker-credential-canary" in told, "it is said which one it was"


def test_a_helper_that_hangs_ends_when_the_command_does(house: House) -> None:
    """An interrupt is heard at once; the helper does not outlive it."""
    house.helper("(here / 'pid').write_text(str(os.getpid())); time.sleep(600)")
    env = environment(house.home)
    env["PATH"] = f"{house.home / 'bin'}:{env['PATH']}"
    place = f"{house.hostile.host}/auth/token-plain:latest"
    process = subprocess.Popen(
        reglens("token", place), env=env, cwd=house.home, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    pid = house.home / "pid"
    end = time.monotonic() + 60
    while not (pid.exists() and pid.read_text()):
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(2)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    helper = int(pid.read_text())
    while os.path.exists(f"/proc/{helper}") and _lives(helper):
        assert time.monotonic() < end, "the helper was left behind"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
