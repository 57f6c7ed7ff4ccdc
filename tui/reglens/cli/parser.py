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
from typing import NoReturn

from reglens import __version__
from reglens.errors import UsageError

INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """argparse that raises UsageError instead of printing its usage and leaving."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog.removeprefix('reglens ')}: {message}" if " " in self.prog else message)


@dataclass(frozen=True, slots=True)
class Command:
    """A command: how its arguments are written, one line of help, the function that gives a parser its arguments, a
    text, and examples."""

    arguments: str
    summary: str
    configure: Callable[[Parser], None]
    description: str
    examples: str


def positive_seconds(text: str) -> float:
    """A time-out in seconds, above nothing and at most a day."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


def seconds(text: str) -> float:
    """A span of time in seconds, at most a day."""
    return 0.0 if text == "0" else positive_seconds(text)


def positive_count(text: str) -> int:
    """A whole number above nothing."""
    if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def port_number(text: str) -> int:
    """A TCP port; 0 lets the system choose."""
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def _common(parser: Parser) -> None:
    group = parser.add_argument_group("common options")
    group.add_argument("--json", action="store_true", help="print one JSON document on stdout, also on failure")
    who = parser.add_argument_group("who asks (default: what docker, podman and skopeo would use on this machine)")
    who.add_argument("--username", metavar="U", help="log in as U; needs --password-stdin")
    who.add_argument("--password-stdin", action="store_true", help="read the password from stdin, up to its first line")
    who.add_argument("--anonymous", action="store_true", help="use no credentials")
    who.add_argument(
        "--pull-secret",
        metavar="FILE",
        help="use a Kubernetes pull secret: its manifest as JSON, its .dockerconfigjson, or that in base64",
    )
    who.add_argument(
        "--trust-realm",
        metavar="HOST",
        action="append",
        default=[],
        help="credentials may go to this token server on another site than the registry's (repeatable)",
    )
    how = parser.add_argument_group("how the registry is reached")
    how.add_argument(
        "--plain-http", action="store_true", help="speak http (loopback hosts are tried over https, then over http)"
    )
    how.add_argument("--ca-file", metavar="F", help="trust the certificate authorities in this PEM file")
    how.add_argument("--client-cert", metavar="F", help="show this client certificate (PEM)")
    how.add_argument("--client-key", metavar="F", help="the client certificate's key (PEM), if it is in another file")
    how.add_argument("--insecure", action="store_true", help="accept any certificate")
    how.add_argument(
        "--registries-conf",
        metavar="F",
        help="heed this registries.conf, its short names too, instead of this machine's files",
    )
    how.add_argument("--unix-socket", metavar="F", help="the registry listens at this socket, and speaks http there")
    how.add_argument("--no-mirrors", action="store_true", help="ask the registry itself, never a mirror")
    how.add_argument(
        "--no-cache",
        action="store_true",
        help="ask for everything, and keep nothing (manifest, diff and the browser keep content by its digest)",
    )
    how.add_argument(
        "--timeout", metavar="SECONDS", type=positive_seconds, default=30.0, help="patience per request (default: 30)"
    )


_PLATFORM_HELP = "the manifest for this platform of an index, such as linux/arm64 or linux/arm/v7"


def _demo(parser: Parser) -> None:
    parser.add_argument("place", nargs="?", metavar="REPOSITORY[:TAG]", help="where to open it")
    parser.add_argument("--serve", action="store_true", help="serve the registry for any client until interrupted")
    parser.add_argument("--port", metavar="N", type=port_number, default=0, help="the port to serve on (default: free)")


def _explain(parser: Parser) -> None:
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="what to explain (default, or -: stdin)")
    parser.add_argument("--reference", metavar="REF", help="what was wanted, exactly as it was typed")
    parser.add_argument("--at", metavar="TIME", help="when it happened, such as 2026-03-01T12:00:00Z")
    parser.add_argument("--list", action="store_true", help="print the code of every finding, and what it means")
    parser.add_argument("--code", metavar="CODE", help="print the page of one code: means, recognise, cure, example")


def _check(parser: Parser) -> None:
    parser.add_argument("reference", metavar="REFERENCE", help="what to reach")
    parser.add_argument(
        "--action",
        choices=("pull", "push", "delete"),
        default="pull",
        help="what should be allowed there (default: pull); nothing is ever changed on the registry",
    )


def _token(parser: Parser) -> None:
    parser.add_argument("reference", metavar="REFERENCE", help="what the token is for; a registry host alone will do")
    parser.add_argument("--service", metavar="S", help="send this service instead of the challenge's")
    parser.add_argument(
        "--scope",
        metavar="SCOPE",
        action="append",
        help="send this scope instead of the challenge's, such as repository:library/alpine:pull (repeatable)",
    )
    parser.add_argument(
        "--reveal", action="store_true", help="print the raw token, alone (a secret: mind where it goes)"
    )


def _digest(parser: Parser) -> None:
    parser.add_argument(
        "references", nargs="*", metavar="REFERENCE", help="what to look up; -, or none at all: a line each from stdin"
    )
    parser.add_argument("--platform", metavar="OS/ARCH[/VARIANT]", help=_PLATFORM_HELP)
    parser.add_argument(
        "--verify",
        action="store_true",
        help="fetch each manifest and hash it, instead of taking the registry's word (for Docker Hub, a pull)",
    )
    parser.add_argument(
        "--resume",
        metavar="FILE",
        help="write each result into FILE too, and take from it what an earlier run found; what failed is tried again",
    )
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=seconds,
        help="how long to wait for a registry that asks for it (default: 60; for a single reference 0)",
    )
    parser.add_argument(
        "--at-once",
        metavar="N",
        type=positive_count,
        help="ask a registry N things at once at most (default: as many as it bears, up to 64)",
    )


def _tags(parser: Parser) -> None:
    parser.add_argument("repository", metavar="REPOSITORY", help="whose tags")
    parser.add_argument(
        "--sort",
        choices=("name", "semver", "none"),
        default="none",
        help="by name, by version (pre-releases before releases, other tags last), or as the registry gives them "
        "(default: none, which prints them as they arrive)",
    )
    parser.add_argument("--reverse", action="store_true", help="sort the other way: newest version first")
    parser.add_argument(
        "--filter",
        metavar="EXPR",
        default="",
        help="only tags that satisfy every term of EXPR: a word that they hold, =NAME, a glob ('3.2*-alpine'), "
        "versions ('>=1.2 <2', '^1.2', '~1.4', 1.x), /REGEX/; a ! before a term negates it",
    )
    parser.add_argument("--limit", metavar="N", type=positive_count, help="print the first N only")


def _manifest(parser: Parser) -> None:
    parser.add_argument("reference", metavar="REFERENCE", help="whose manifest")
    parser.add_argument("--platform", metavar="OS/ARCH[/VARIANT]", help=_PLATFORM_HELP)


def _diff(parser: Parser) -> None:
    parser.add_argument("before", metavar="A", help="what is compared with B")
    parser.add_argument("after", metavar="B", help="what A is compared with")
    parser.add_argument(
        "--platform",
        metavar="OS/ARCH[/VARIANT]",
        help="compare the images for this platform of indexes (default: the first platform that both have)",
    )


def _search(parser: Parser) -> None:
    parser.add_argument("query", metavar="QUERY", help="what to look for")
    parser.add_argument("--registry", metavar="HOST", help="search this registry's catalogue instead of Docker Hub")
    parser.add_argument("--limit", metavar="N", type=positive_count, default=50, help="at most N results (default: 50)")


def _credentials(parser: Parser) -> None:
    parser.add_argument(
        "registry",
        nargs="?",
        default="docker.io",
        metavar="REGISTRY",
        help="a registry's host, or a repository on it (default: docker.io)",
    )


COMMANDS: dict[str, Command] = {
    "demo": Command(
        "[REPOSITORY[:TAG]]",
        "open the browser on an embedded registry; needs no network",
        _demo,
        "Opens the browser on a registry and token server of its own, on loopback, with real signed tokens. "
        "Its repositories broken/… each fail in one way, for learning to tell them apart.",
        "reglens demo\nreglens demo library/alpine:latest\nreglens demo broken/audience-mismatch\n"
        "reglens demo --serve --port 5000",
    ),
    "explain": Command(
        "[FILE]",
        "say why it failed, from a paste",
        _explain,
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
        _check,
        "Goes the whole way that a client goes to REFERENCE, and diagnoses what it met. It changes nothing on the "
        "registry, for any --action.",
        "reglens check ghcr.io/owner/image:1.2\nreglens check --action push registry.example.com/team/app",
    ),
    "token": Command(
        "REFERENCE",
        "get a token as a client would, and show what it says",
        _token,
        "Prints the challenge, the token request and the decoded claims. The token itself is printed only with "
        "--reveal.",
        "reglens token alpine\nreglens token --service index.docker.io alpine\nTOKEN=$(reglens token --reveal alpine)",
    ),
    "digest": Command(
        "[REFERENCE ...]",
        "print digests, a line each",
        _digest,
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
        _tags,
        "Prints the tags of a repository, a line each, as they arrive.",
        "reglens tags alpine\nreglens tags --sort semver --reverse --limit 5 alpine\n"
        "reglens tags --filter '^3.19 !rc' alpine",
    ),
    "manifest": Command(
        "REFERENCE",
        "print a manifest's own bytes",
        _manifest,
        "Prints the manifest as the registry holds it, byte for byte.",
        "reglens manifest alpine | sha256sum\nreglens manifest --platform linux/arm64 alpine:3.20 | jq .config",
    ),
    "diff": Command(
        "A B",
        "compare two tags, digests or platforms",
        _diff,
        "Compares what A and B lead to: manifest, platforms, configuration, environment, labels, layers, history and "
        "size. Prints what differs, and every layer. The exit code is 0 whether they differ or not, unlike diff(1)'s: "
        "--json says in the member same whether they are the same manifest.",
        "reglens diff alpine:3.19 alpine:3.20\nreglens diff --platform linux/arm64 alpine:3.19 alpine:3.20\n"
        "reglens diff --json registry.example.com/app:1 registry.example.com/app:2 | jq .same",
    ),
    "search": Command(
        "QUERY",
        "search Docker Hub, or a registry's catalogue",
        _search,
        "Searches Docker Hub, or with --registry the catalogue of another registry.",
        "reglens search alpine\nreglens search --registry localhost:5000 team/",
    ),
    "credentials": Command(
        "[REGISTRY]",
        "show which credentials would be used, and from where",
        _credentials,
        "Looks where docker, podman, skopeo and crane look, in their order, and says what is used, what is passed "
        "over and what cannot be read. Secrets are masked; nothing is sent and nothing is written.",
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
    _common(parser)
    return parser


def command_parser(name: str) -> Parser:
    """The parser of one command, common options included."""
    command = COMMANDS[name]
    parser = Parser(
        f"reglens {name}",
        usage=f"reglens {name} [options] {command.arguments}",
        description=textwrap.fill(command.description, 78),
        epilog=_epilog(command.examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.configure(parser)
    _common(parser)
    return parser


_FLAGS = frozenset(
    {"--json", "--password-stdin", "--anonymous", "--plain-http", "--insecure", "--no-mirrors", "--no-cache"}
)
_VALUED = frozenset(
    {
        "--username",
        "--pull-secret",
        "--trust-realm",
        "--ca-file",
        "--client-cert",
        "--client-key",
        "--registries-conf",
        "--unix-socket",
        "--timeout",
    }
)


def split_command(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The command and the arguments without it; None if the first positional is no command.

    Only common options may stand before a command. After ``--`` a command's name is a reference.
    """
    at = 0
    while at < len(arguments):
        word = arguments[at]
        if word in _VALUED:
            at += 2
        elif word in _FLAGS or word.partition("=")[0] in _VALUED:
            at += 1
        else:
            break
    if at < len(arguments) and arguments[at] in COMMANDS:
        return arguments[at], [*arguments[:at], *arguments[at + 1 :]]
    return None, list(arguments)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments, read; `command` is the command's name or None. Raises UsageError, and SystemExit for help."""
    name, rest = split_command(arguments)
    parser = command_parser(name) if name else main_parser()
    namespace = parser.parse_intermixed_args(rest)
    namespace.command = name
    return namespace
