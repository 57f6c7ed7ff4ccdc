"""Every command against every behaviour of a hostile registry, each in a process of its own with bounded memory."""

from __future__ import annotations

import json

import pytest

from support.hostile import BEHAVIOURS, Hostile
from support.terminal import STEERING

from .conftest import SECRETS, Ended, Runner, others_learn_nothing

SLOW = ("body/drip", "body/drip-headers", "body/silent", "body/continue")
WORKS = {
    "tags": {
        "pages/malformed",
        "digest/wrong",
        "digest/unknown-algorithm",
        "json/contains-itself",
        "json/many-entries",
        "auth/realm-elsewhere",
        "auth/realm-userinfo",
    },
    "manifest": {"pages/circle", "digest/unknown-algorithm", "digest/short", "json/contains-itself"},
}
"""Where a command has to give its result in spite of what the registry does."""
ENDLESS = ("pages/endless", "pages/heavy")
"""Lists that are met whole too, without a limit."""
FAILS = {
    "tags": {
        "text/errors",
        "text/refusal",
        "pages/circle",
        "pages/elsewhere",
        "body/short",
        "body/gzip-bomb",
        "json/deep",
        "json/empty-lists",
    },
    "search": {"pages/endless", "pages/heavy"},
    "manifest": {
        "text/errors",
        "digest/wrong",
        "redirect/loop",
        "redirect/script",
        "body/short",
        "body/10-gb",
        "json/deep",
        "json/empty-objects",
    },
}


def lines(name: str, host: str) -> list[tuple[str, ...]]:
    """The command lines for one behaviour."""
    patience = ("--timeout", "0.1" if name in SLOW else "20")
    reference = f"{host}/{name}:latest"
    whole = [("tags", *patience, f"{host}/{name}"), ("tags", "--json", f"{host}/{name}")] if name in ENDLESS else []
    return [
        *whole,
        ("digest", *patience, reference),
        ("tags", *patience, "--limit", "200", f"{host}/{name}"),
        ("tags", *patience, "--json", "--sort", "semver", "--limit", "200", f"{host}/{name}"),
        ("manifest", *patience, "--platform", "linux/amd64", reference),
        ("manifest", *patience, "--json", f"{host}/{name}@sha256:{'0' * 64}"),
        ("search", *patience, "--json", "--registry", host, "a"),
        ("token", *patience, reference),
        ("check", *patience, "--json", reference),
    ]


def harmless(ended: Ended) -> None:
    """What holds of every command whatever the server did."""
    told = f"reglens {' '.join(ended.arguments)}\nexit code {ended.code}\n{ended.out[-3000:]!r}\n{ended.err[-3000:]!r}"
    assert ended.code in (0, 1), told
    assert b"Traceback" not in ended.err, told
    assert b"a defect in reglens" not in ended.err, told
    raw_manifest = ended.arguments[0] == "manifest" and "--json" not in ended.arguments
    for data in (ended.err,) if raw_manifest else (ended.out, ended.err):
        text = data.decode("utf-8", "strict")
        steering = STEERING.search(text)
        assert steering is None, f"{steering!r}: {told}"
    for secret in SECRETS:
        assert secret.encode() not in ended.out + ended.err, told
    if "--json" in ended.arguments:
        assert isinstance(json.loads(ended.out), dict), told
    if ended.code == 1 and "--json" not in ended.arguments:
        assert ended.err.strip(), f"a failure says why: {told}"


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_command_ends_well(name: str, hostile: Hostile, command: Runner) -> None:
    hostile.everywhere = name
    for arguments in lines(name, hostile.host):
        ended = command(*arguments)
        harmless(ended)
        kind = ended.arguments[0]
        if arguments[0] == "tags" and "--limit" not in arguments and name in ENDLESS:
            assert ended.code == 1, ended.err
            assert b"The list has no end" in (ended.out if "--json" in arguments else ended.err)
            assert ended.out.count(b"\n") > 100, "what came is told all the same"
            continue
        if kind == "manifest" and "--json" in ended.arguments:
            assert ended.code == 1, f"a digest that nothing hashes to was accepted: {ended}"
        elif name in WORKS.get(kind, ()):
            assert ended.code == 0, ended
        elif name in FAILS.get(kind, ()):
            assert ended.code == 1, ended
    others_learn_nothing(hostile)
