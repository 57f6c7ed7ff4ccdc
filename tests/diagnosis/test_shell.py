"""What is pasted into a shell does what it says, whatever a registry, a log or a paste put into it: bash judges."""

from __future__ import annotations

import random
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reglens.auth.challenge import parse_challenges
from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.evidence import Evidence
from reglens.diagnosis.paste import read_paste
from reglens.trace.exchange import Exchange, Headers, Role
from support.scoring import load

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EVIL = (
    "$(touch${IFS}PWNED)",
    "`touch${IFS}PWNED`",
    ";touch${IFS}PWNED;",
    "|touch${IFS}PWNED",
    "&&touch${IFS}PWNED&&",
    "'$(touch${IFS}PWNED)'",
    '";touch${IFS}PWNED;"',
    "\\$(touch${IFS}PWNED)",
    "';touch PWNED;'",
    "<(touch PWNED)",
)
NAMES = re.compile(
    r"[a-z0-9][a-z0-9.-]*\.[a-z]{2,}(?::\d+)?|\b[a-z0-9]+/[a-z0-9/_-]+|\b[\w.-]+@[\w.-]+|(?<=-u )\w+"
    r"|(?<==\")[^\"]+(?=\")"
)
PROGRAMS = (
    "docker podman buildah skopeo nerdctl crictl ctr crane oras regctl helm kubectl curl aws az gcloud reglens sudo "
    "openssl getent jq security pass gpg unzip systemctl oc minikube kind"
).split()
PER_SET = 250


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A folder with programs that do nothing, to run commands in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PROGRAMS:
        (folder / name).write_text("#!/bin/sh\nexit 0\n")
        (folder / name).chmod(0o755)
    return tmp_path


def strikes(folder: Path, command: str) -> bool:
    """Whether a command does what an attacker put into it."""
    subprocess.run(
        ["bash", "-c", command], cwd=folder, env={"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True, stdin=subprocess.DEVNULL, timeout=30, check=False,
    )  # fmt: skip
    found = folder / "PWNED"
    if found.exists():
        found.unlink()
        return True
    return False


def is_for_a_file(command: str) -> bool:
    """Whether it is lines of a configuration, which no shell reads."""
    return "\n" in command or command.startswith(("{", "[", "auth:", "Www-Authenticate:"))


@pytest.mark.parametrize("name", ["cases", "recordings", "further", "further2", "further3", "further4"])
def test_no_paste_puts_a_command_into_a_fix(shell: Path, name: str) -> None:
    """Names in real pastes with a command of their own in them, a few hundred a set."""
    dice = random.Random(name)
    cases = [case.text for case in load(name) if len(case.text) < 20_000 and NAMES.search(case.text)]
    commands: set[str] = set()
    for _ in range(PER_SET):
        text = dice.choice(cases)
        wanted = dice.choice(list(dict.fromkeys(found[0] for found in NAMES.finditer(text))))
        evil = dice.choice(EVIL)
        changed = text.replace(wanted, wanted + evil if dice.random() < 0.5 else evil + wanted)
        for finding in diagnose(read_paste(changed)).findings:
            commands |= {command for command in finding.fix.commands if "touch" in command}
    struck = [command for command in commands if not is_for_a_file(command) and strikes(shell, command)]
    assert not struck


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("status", [401, 403, 404])
def test_no_registry_puts_a_command_into_a_fix(shell: Path, evil: str, status: int) -> None:
    """In realm, service, scope and error of a refusal, of a repository and of the catalogue."""
    quoted = evil.replace("\\", "\\\\").replace('"', '\\"')
    line = f'Bearer realm="https://auth.example.com/{quoted}",service="{quoted}",scope="repository:{quoted}:pull"'
    assert parse_challenges([line])
    for path in ("/v2/_catalog", "/v2/team/app/manifests/latest", f"/v2/{evil}/manifests/{evil}"):
        exchange = Exchange(
            1, Role.MANIFEST, "registry.example.com", "GET", f"https://registry.example.com{path}",
            status=status, response_headers=Headers([("WWW-Authenticate", line)]),
        )  # fmt: skip
        for finding in diagnose(Evidence(exchanges=(exchange,), now=NOW)).findings:
            for command in finding.fix.commands:
                assert is_for_a_file(command) or not strikes(shell, command), (finding.code, command)
