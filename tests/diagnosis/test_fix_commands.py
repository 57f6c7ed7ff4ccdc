"""The commands of every fix of every set: they must parse as a shell reads them, name no host out of nowhere, leave
nothing blank that the evidence tells, and hold no secret."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator

import pytest

from reglens.diagnosis.commandline import as_shell, is_shell
from reglens.diagnosis.finding import Finding
from support.scoring import Outcome, load, score

SETS = ("cases", "recordings", "further", "further2", "further3", "further4", "further5")
KNOWN = re.compile(
    r"(?:.+\.)?(?:docker\.io|docker\.com|docker\.pkg\.dev|ecr\.aws|ghcr\.io|quay\.io|gitlab\.com|github\.com|mcr\.microsoft\.com"
    r"|registry\.gitlab\.com|githubstatus\.com|credentialprovider\.kubelet\.k8s\.io|dockerstatus\.com|example\.(?:org|com))"
)
HOST = re.compile(r"https?://(?P<url>[\w.-]+)|(?P<place>(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?)/[\w<]")


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return [outcome for name in SETS for outcome in score(load(name))]


def commands(outcomes: list[Outcome]) -> Iterator[tuple[Outcome, Finding, str]]:
    for outcome in outcomes:
        for finding in outcome.diagnosis.findings:
            for command in finding.fix.commands:
                yield outcome, finding, command


def test_bash_takes_every_command(outcomes: list[Outcome]) -> None:
    told = sorted({command for _, _, command in commands(outcomes) if is_shell(command)})
    script = "\n".join(f": {number}; {command}" for number, command in enumerate(told))
    said = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize(
    ("command", "shell"),
    [
        ("docker login ghcr.io -u <user>", 'docker login ghcr.io -u "<user>"'),
        ('docker login "<registry>" -u <user>', 'docker login "<registry>" -u "<user>"'),
        ("ctr images pull --user '<user>:<password>' a/b", "ctr images pull --user '<user>:<password>' a/b"),
        ("kubectl create secret x --docker-username=<user>", 'kubectl create secret x --docker-username="<user>"'),
        ("openssl s_client -connect h:443 </dev/null", "openssl s_client -connect h:443 </dev/null"),
        ("docker logs <registry container> 2>&1", 'docker logs "<registry container>" 2>&1'),
        ("curl -i https://h/v2/a;rm -rf x", r"curl -i https://h/v2/a\;rm -rf x"),
        ("curl -i https://h/token?service=x&scope=y", r"curl -i https://h/token?service=x\&scope=y"),
        ("docker logout `id`.example", r"docker logout \`id\`.example"),
        ("docker logout $(id).example", r"docker logout \$\(id\).example"),
        ("docker logout a | sh", r"docker logout a \| sh"),
        ('curl -i "https://h/$(id)"', "curl -i 'https://h/$(id)'"),
        ('TOKEN=$(curl -s "https://h/token" | jq -r .token)', 'TOKEN=$(curl -s "https://h/token" | jq -r .token)'),
        ("auth:\n  token:\n    issuer: <issuer>", "auth:\n  token:\n    issuer: <issuer>"),
    ],
)
def test_blanks_to_fill_are_no_redirections(command: str, shell: str) -> None:
    assert as_shell(command) == shell
    assert as_shell(shell) == shell


def test_every_command_is_read_by_a_shell(outcomes: list[Outcome]) -> None:
    broken = []
    for outcome, finding, command in commands(outcomes):
        if not is_shell(command):
            continue
        try:
            words = shlex.split(command)
        except ValueError as error:
            broken.append((outcome.case.name, finding.code, command, str(error)))
            continue
        if shlex.split(shlex.join(words)) != words:
            broken.append((outcome.case.name, finding.code, command, "another after a round trip"))
    assert not broken


def test_every_host_stands_in_the_evidence_or_is_known(outcomes: list[Outcome]) -> None:
    strange = []
    for outcome, finding, command in commands(outcomes):
        if not is_shell(command):
            continue
        told = f"{outcome.case.text}\n{outcome.case.reference}".lower()
        for found in HOST.finditer(command):
            host = (found["url"] or found["place"]).lower()
            region = host.removesuffix("-docker.pkg.dev")
            if host.partition(":")[0] in told or KNOWN.fullmatch(host.partition(":")[0]) or region in told:
                continue
            strange.append((outcome.case.name, finding.code, command, host))
    assert not strange


def test_no_command_leaves_out_a_registry_that_is_known(outcomes: list[Outcome]) -> None:
    blank = []
    for outcome, finding, command in commands(outcomes):
        reference = outcome.diagnosis.reference
        first = (reference or "").partition("/")[0]
        named = bool(reference) and "." in first.strip(".") and "<" not in first
        if named and "<registry>" in command and not re.match(r"docker (?:tag|push)\b", command):
            blank.append((outcome.case.name, finding.code, command, reference))
    assert not blank


def test_no_command_holds_a_secret_of_the_paste(outcomes: list[Outcome]) -> None:
    leaks = []
    for outcome, finding, command in commands(outcomes):
        secrets = re.findall(r"\bey[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}|\bgh[pousr]_\w{20,}", outcome.case.text)
        leaks += [(outcome.case.name, finding.code) for secret in secrets if secret in command]
    assert not leaks
