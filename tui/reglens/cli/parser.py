"""The command line's grammar and its help.

Common options stand before or after the command. argparse's own sub-commands would forget those before it (a
sub-parser's defaults overwrite them), so the command is found first and its one parser reads everything else. That
also builds one parser a run instead of ten.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reglens import __version__
from reglens.cli import arguments, options
from reglens.cli.options import Parser

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Command:
    """A command: how its arguments are written, one line of help, the function that gives a parser its arguments, a
    text, and examples."""

    usage: str
    summary: str
    configure: Callable[[Parser], None]
    description: str
    examples: str


COMMANDS: dict[str, Command] = {
    "demo": Command(
        "[REPOSITORY[:TAG]]",
        "open the browser on an embedded registry; needs no network",
        arguments.demo,
        "Opens the browser on a registry and token server of its own, on loopback, with real signed tokens. "
        "Its repositories broken/… each fail in one way, for learning to tell them apart.",
        "reglens demo\nreglens demo library/alpine:latest\nreglens demo broken/audience-mismatch\n"
        "reglens demo --serve --port 5000",
    ),
    "explain": Command(
        "[FILE]",
        "say why it failed, from a paste",
        arguments.explain,
        "Reads what you have (curl commands and transcripts, headers, tokens, HAR, error lines of docker, containerd, "
        "kubelet, podman, skopeo and the like, or any mixture) and says what went wrong, what proves it, and what to "
        "type instead. Nothing leaves this machine.",
        'curl -vsS "https://ghcr.io/v2/owner/image/manifests/latest" 2>&1 | reglens explain\n'
        "reglens explain transcript.txt --reference alpine\n"
        "kubectl describe pod web-0 | reglens explain -\nreglens explain --code service-mismatch",
    ),
    "check": Command(
        "REFERENCE",
        "walk the way to a reference, and say what is wrong",
        arguments.check,
        "Goes the whole way that a client goes to REFERENCE, and diagnoses what it met. It changes nothing on the "
        "registry, for any --action.",
        "reglens check ghcr.io/owner/image:1.2\nreglens check --action push registry.example.com/team/app\n"
        "reglens check --keys /etc/docker/registry/token.crt registry.example.com/team/app",
    ),
    "token": Command(
        "REFERENCE",
        "get a token as a client would, and show what it says",
        arguments.token,
        "Prints the challenge, the token request and the decoded claims. The token itself is printed only with "
        "--reveal.",
        "reglens token alpine\nreglens token --service index.docker.io alpine\nTOKEN=$(reglens token --reveal alpine)",
    ),
    "digest": Command(
        "[REFERENCE ...]",
        "print digests, a line each",
        arguments.digest,
        "Prints the digest of each reference, a line each, in their order, as soon as it is there. One that fails is "
        "reported on stderr and has no line; --json has an entry for every one. Many are looked up at once, as many as "
        "the registry bears. After an interrupt, run the same command with --resume FILE again.",
        "reglens digest alpine:3.20\nreglens digest --platform linux/arm64 alpine:3.20\n"
        "reglens digest - < references.txt\nreglens digest --resume found.tsv - < references.txt > digests.txt\n"
        "reglens tags alpine | sed s/^/alpine:/ | reglens digest",
    ),
    "tags": Command(
        "REPOSITORY",
        "print a repository's tags, a line each",
        arguments.tags,
        "Prints the tags of a repository, a line each, as they arrive.",
        "reglens tags alpine\nreglens tags --sort semver --reverse --limit 5 alpine\n"
        "reglens tags --filter '^3.19 !rc' alpine",
    ),
    "manifest": Command(
        "REFERENCE",
        "print a manifest's own bytes",
        arguments.manifest,
        "Prints the manifest as the registry holds it, byte for byte.",
        "reglens manifest alpine | sha256sum\nreglens manifest --platform linux/arm64 alpine:3.20 | jq .config",
    ),
    "diff": Command(
        "A B",
        "compare two tags, digests or platforms",
        arguments.diff,
        "Compares what A and B lead to: manifest, platforms, configuration, environment, labels, layers, history and "
        "size. Prints what differs, and every layer. The exit code is 0 whether they differ or not, unlike diff(1)'s: "
        "--json says in the member same whether they are the same manifest.",
        "reglens diff alpine:3.19 alpine:3.20\nreglens diff --platform linux/arm64 alpine:3.19 alpine:3.20\n"
        "reglens diff --json registry.example.com/app:1 registry.example.com/app:2 | jq .same",
    ),
    "search": Command(
        "QUERY",
        "search Docker Hub, or a registry's catalogue",
        arguments.search,
        "Searches Docker Hub, or with --registry other registries. With --short-names it searches the "
        "unqualified-search-registries of this machine's registries.conf, as podman does, and with --registries-conf "
        "those of that file. What several registries give is printed under full names, a registry after the other.",
        "reglens search alpine\nreglens search --registry localhost:5000 team/\nreglens search --short-names alpine",
    ),
    "credentials": Command(
        "[REGISTRY]",
        "show which credentials would be used, and from where",
        arguments.credentials,
        "Looks where docker, podman, skopeo and crane look, in their order, and in the system's keyring for a login "
        "that was kept there in the application, and says what is used, what is passed over and what cannot be read. "
        "Secrets are masked; nothing is sent and nothing is written.",
        "reglens credentials\nreglens credentials ghcr.io\nreglens credentials registry.example.com/team/app --json",
    ),
}
"""Every command, in the order of the help."""


def _epilog(examples: str) -> str:
    return "examples:\n" + "\n".join(f"  {line}" for line in examples.splitlines())


def main_parser() -> Parser:
    """The parser of ``reglens [REFERENCE]``, whose help lists the commands."""
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:{width}}  {command.summary}" for name, command in COMMANDS.items())
    parser = Parser(
        "reglens",
        usage="reglens [options] [REFERENCE]\n       reglens COMMAND [options] …",
        description="Browse container registries, and see every step of their authentication work or fail.\n\n"
        f"commands (reglens COMMAND --help tells more):\n{listed}",
        epilog=_epilog("reglens demo\nreglens alpine\nreglens ghcr.io/owner/image:1.2\nreglens localhost:5000")
        + "\n\nexit codes: 0 it worked, 1 refused or failed, 2 wrong usage or unreadable input, 130 interrupted",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "place", nargs="?", metavar="REFERENCE", help="where to open the browser (a host alone will do)"
    )
    parser.add_argument("--version", action="version", version=f"reglens {__version__}")
    options.keys(parser)
    options.common(parser)
    return parser


def command_parser(name: str) -> Parser:
    """The parser of one command, common options included."""
    command = COMMANDS[name]
    parser = Parser(
        f"reglens {name}",
        usage=f"reglens {name} [options] {command.usage}",
        description=textwrap.fill(command.description, 78),
        epilog=_epilog(command.examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.configure(parser)
    options.common(parser)
    return parser


def split_command(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The command and the words without it; None if the first positional is no command.

    Only common options and ``--keys`` may stand before a command. After ``--`` a command's name is a reference.
    """
    at = 0
    while at < len(words):
        word = words[at]
        if word in options.VALUED:
            at += 2
        elif word in options.FLAGS or word.partition("=")[0] in options.VALUED:
            at += 1
        else:
            break
    if at < len(words) and words[at] in COMMANDS:
        return words[at], [*words[:at], *words[at + 1 :]]
    return None, list(words)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The words, read; `command` is the command's name or None. Raises UsageError, and SystemExit for help."""
    name, rest = split_command(words)
    parser = command_parser(name) if name else main_parser()
    namespace = parser.parse_intermixed_args(rest)
    namespace.command = name
    return namespace
