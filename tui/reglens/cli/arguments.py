"""The arguments of each command."""

from __future__ import annotations

from reglens.cli import options
from reglens.cli.options import Parser

_PLATFORM_HELP = "the manifest for this platform of an index, such as linux/arm64 or linux/arm/v7"


def demo(parser: Parser) -> None:
    """``reglens demo``."""
    parser.add_argument("place", nargs="?", metavar="REPOSITORY[:TAG]", help="where to open it")
    parser.add_argument("--serve", action="store_true", help="serve the registry for any client until interrupted")
    parser.add_argument(
        "--port", metavar="N", type=options.port_number, default=0, help="the port to serve on (default: free)"
    )


def explain(parser: Parser) -> None:
    """``reglens explain``."""
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="what to explain (default, or -: stdin)")
    parser.add_argument("--reference", metavar="REF", help="what was wanted, exactly as it was typed")
    parser.add_argument("--at", metavar="TIME", help="when it happened, such as 2026-03-01T12:00:00Z")
    options.keys(parser)
    parser.add_argument("--list", action="store_true", help="print the code of every finding, and what it means")
    parser.add_argument("--code", metavar="CODE", help="print the page of one code: means, recognise, cure, example")


def check(parser: Parser) -> None:
    """``reglens check``."""
    parser.add_argument("reference", metavar="REFERENCE", help="what to reach")
    parser.add_argument(
        "--action",
        choices=("pull", "push", "delete"),
        default="pull",
        help="what should be allowed there (default: pull); nothing is ever changed on the registry",
    )
    options.keys(parser)


def token(parser: Parser) -> None:
    """``reglens token``."""
    parser.add_argument("reference", metavar="REFERENCE", help="what the token is for; a registry host alone will do")
    parser.add_argument("--service", metavar="S", help="send this service instead of the challenge's")
    parser.add_argument(
        "--scope",
        metavar="SCOPE",
        action="append",
        help="send this scope instead of the challenge's, such as repository:library/alpine:pull (repeatable)",
    )
    options.keys(parser)
    parser.add_argument(
        "--reveal", action="store_true", help="print the raw token, alone (a secret: mind where it goes)"
    )


def digest(parser: Parser) -> None:
    """``reglens digest``."""
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
        type=options.seconds,
        help="how long to wait for a registry that asks for it (default: 60; for a single reference 0)",
    )
    parser.add_argument(
        "--at-once",
        metavar="N",
        type=options.positive_count,
        help="ask a registry N things at once at most (default: as many as it bears, up to 64)",
    )


def tags(parser: Parser) -> None:
    """``reglens tags``."""
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
    parser.add_argument("--limit", metavar="N", type=options.positive_count, help="print the first N only")


def manifest(parser: Parser) -> None:
    """``reglens manifest``."""
    parser.add_argument("reference", metavar="REFERENCE", help="whose manifest")
    parser.add_argument("--platform", metavar="OS/ARCH[/VARIANT]", help=_PLATFORM_HELP)


def diff(parser: Parser) -> None:
    """``reglens diff``."""
    parser.add_argument("before", metavar="A", help="what is compared with B")
    parser.add_argument("after", metavar="B", help="what A is compared with")
    parser.add_argument(
        "--platform",
        metavar="OS/ARCH[/VARIANT]",
        help="compare the images for this platform of indexes (default: the first platform that both have)",
    )


def search(parser: Parser) -> None:
    """``reglens search``."""
    parser.add_argument("query", metavar="QUERY", help="what to look for")
    parser.add_argument(
        "--registry",
        metavar="HOST",
        action="append",
        help="search this registry, by its own search or its catalogue, instead of Docker Hub (repeatable)",
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=options.positive_count,
        default=50,
        help="at most N results of each registry (default: 50)",
    )


def credentials(parser: Parser) -> None:
    """``reglens credentials``."""
    parser.add_argument(
        "registry",
        nargs="?",
        default="docker.io",
        metavar="REGISTRY",
        help="a registry's host, or a repository on it (default: docker.io)",
    )
