"""The grammar of the command line, its help, and what wrong usage says."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from reglens.cli.parser import COMMANDS, command_parser, main_parser, parse, split_command

from .conftest import Run

HEAVY = {"textual", "httpx", "asyncio", "cryptography", "rich", "jwt", "starlette", "uvicorn", "ssl"}


def imported(*arguments: str, stdin: str = "") -> set[str]:
    """The modules that a run of the command imports, by their top names."""
    program = (
        "import sys\nfrom reglens.cli.main import main\nfrom reglens.cli.output import Output\n"
        f"try:\n    main({list(arguments)!r}, Output())\nexcept SystemExit:\n    pass\n"
        "print(' '.join(sorted({n.partition('.')[0] for n, m in sys.modules.items() if m})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=stdin, capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["digest", "--help"], ["explain", "--help"], ["--nonsense"]]
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert imported(*arguments) & HEAVY == set()


def test_explain_needs_neither_network_nor_screen() -> None:
    paste = 'HTTP/1.1 401 Unauthorized\nWww-Authenticate: Bearer realm="https://auth.example.com/token",service="s"\n'
    assert imported("explain", stdin=paste) & {"textual", "httpx", "starlette", "uvicorn"} == set()


def test_one_digest_imports_no_tables_and_no_screen() -> None:
    assert imported("digest", "--anonymous", "127.0.0.1:1/app") & {"textual", "rich", "starlette", "uvicorn"} == set()


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ("digest alpine", "digest"),
        ("--json digest alpine", "digest"),
        ("--username u digest alpine", "digest"),
        ("--username=u --json --timeout 3 digest alpine", "digest"),
        ("--trust-realm a --insecure tags alpine", "tags"),
        ("alpine", None),
        ("ghcr.io", None),
        ("-- digest", None),
        ("--username digest", None),
        ("", None),
    ],
)
def test_the_command_is_the_first_positional_if_it_is_one(arguments: str, command: str | None) -> None:
    assert split_command(arguments.split())[0] == command


def test_common_options_count_before_and_after_the_command() -> None:
    before = parse(["--trust-realm", "a", "--json", "digest", "alpine", "--trust-realm", "b", "--timeout", "3"])
    assert (before.command, before.json, before.trust_realm, before.timeout) == ("digest", True, ["a", "b"], 3.0)
    assert before.references == ["alpine"]


def test_after_two_dashes_a_command_s_name_is_a_reference() -> None:
    args = parse(["--", "digest"])
    assert (args.command, args.place) == (None, "digest")


def test_options_and_references_may_mix() -> None:
    args = parse(["digest", "a", "--platform", "linux/amd64", "b", "-"])
    assert args.references == ["a", "b", "-"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples_that_parse(name: str) -> None:
    text = command_parser(name).format_help()
    assert COMMANDS[name].description.split(".")[0] in " ".join(text.split())
    assert "examples:" in text
    assert max(map(len, text.splitlines())) <= 120
    assert name in main_parser().format_help()
    for line in COMMANDS[name].examples.splitlines():
        if line.startswith("reglens ") and "|" not in line and "<" not in line:
            assert parse(shlex.split(line)[1:]).command == name


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("--nonsense", "--nonsense"),
        ("digest --nonsense alpine", "--nonsense"),
        ("tags", "REPOSITORY"),
        ("tags a b", "b"),
        ("tags --sort size a", "--sort"),
        ("tags --limit 0 a", "'0'"),
        ("tags --reverse a", "--reverse needs"),
        ("tags Alpine", "lower case"),
        ("digest Alpine", "lower case"),
        ("digest --platform linux a", "os/arch"),
        ("digest https://ghcr.io/a/b", "scheme"),
        ("manifest alpine@sha256:abc", "sha256"),
        ("token", "REFERENCE"),
        ("check a:b:c", "reference"),
        ("check --action read a", "--action"),
        ("search --registry ghcr.io/owner q", "no registry host"),
        ("--username u digest a", "--password-stdin"),
        ("--password-stdin digest a", "--username"),
        ("--anonymous --username u --password-stdin digest a", "excludes"),
        ("--timeout 0 digest a", "seconds"),
        ("--timeout nan digest a", "seconds"),
        ("--ca-file /nonexistent/ca.pem digest a", "/nonexistent/ca.pem"),
        ("--client-key /dev/null digest a", "--client-cert"),
        ("--pull-secret /dev/null digest a", "empty"),
        ("demo --port 5000", "--serve"),
        ("demo --json", "--serve"),
        ("digest ghcr.io", "is a registry"),
        ("tags localhost:5000", "is a registry"),
        ("demo --serve alpine", "--serve"),
        ("demo --serve --port 70000", "70000"),
        ("demo ghcr.io/owner/image", "ghcr.io"),
        ("explain /nonexistent/paste", "/nonexistent/paste"),
        ("explain /", "/"),
        ("explain --at yesterday", "yesterday"),
        ("explain --code nonsense", "nonsense"),
        ("explain --code service-mismach", "service-mismatch"),
        ("explain", "nothing to explain"),
        ("digest", "no reference"),
        ("digest -", "no reference"),
        ("alpine", "terminal"),
        ("demo", "terminal"),
        ("--json alpine", "--json"),
        ("-- digest", "terminal"),
    ],
)
def test_wrong_usage_is_said_in_one_line(run: Run, arguments: str, word: str) -> None:
    ran = run(*arguments.split())
    assert (ran.code, ran.raw) == (2, b"") if "--json" not in arguments else ran.code == 2
    assert ran.err.startswith("reglens: ")
    assert ran.err.count("\n") == 1
    assert word in ran.err


def test_with_json_wrong_usage_gives_a_document_too(run: Run) -> None:
    ran = run("digest", "--json", "Alpine")
    assert ran.code == 2
    assert ran.document == {
        "schema": 1,
        "error": "a repository's name is lower case, 'A' is not",
        "hint": "Write alpine.",
        "reference": "Alpine",
        "position": 0,
    }
    assert run("tags", "--json", "--nonsense").document["schema"] == 1


@pytest.mark.parametrize(
    "text",
    ["\x1b]0;evil\x07", "\u202etxt", "\udcff", "a" * 100_000, "-\x00"],
    ids=["osc", "bidi", "surrogate", "long", "nul"],
)
def test_hostile_arguments_never_reach_the_terminal_raw(run: Run, text: str) -> None:
    for arguments in (["digest", text], [text], ["explain", "--code", text], ["search", "--registry", text, "q"]):
        ran = run(*arguments)
        assert ran.code in (1, 2)
        assert ran.err.isprintable() or set(ran.err) - {"\n"} == set(filter(str.isprintable, ran.err))
        assert len(ran.err) < 10_000


def test_a_file_that_may_not_be_read_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "paste"
    path.mkdir()
    ran = run("explain", str(path))
    assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_the_entry_point_answers_version(process: Run) -> None:
    ran = process("--version")
    assert (ran.code, ran.out.split()[0], ran.err) == (0, "reglens", "")
    assert json.loads(process("--json", "tags", "A").raw)["schema"] == 1


@pytest.mark.parametrize(
    "arguments", ["digest", "digest --json", "manifest", "tags", "token", "check", "explain --reference"]
)
def test_a_password_in_a_reference_is_refused_and_not_repeated(run: Run, arguments: str) -> None:
    ran = run(*arguments.split(), "user:canary-secret@registry.test/team/app", stdin=b"denied: requested access\n")
    assert ran.code in (1, 2)
    assert "canary-secret" not in ran.out + ran.err
    if "--reference" not in arguments:  # there it is evidence, not usage
        assert "no user name or password" in ran.out + ran.err
