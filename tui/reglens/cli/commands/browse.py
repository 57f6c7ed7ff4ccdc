"""``reglens [REFERENCE]``: the browser."""

from __future__ import annotations

import argparse
import sys

from reglens.cli.connect import connection, flags, spelt_out
from reglens.cli.output import Output, is_terminal
from reglens.errors import UsageError
from reglens.oci.reference import Place


def run(args: argparse.Namespace, output: Output) -> int:
    """Open the browser, at the place given."""
    if args.json:
        raise UsageError("--json needs a command", "Such as: reglens digest --json alpine.")
    place = Place.parse(args.place) if args.place is not None else None
    if args.password_stdin:
        raise UsageError("--password-stdin leaves the browser no keyboard", "Log in inside it instead.")
    need_terminal("reglens --help")
    reached = connection(args)
    if place is not None and place.reference is not None:
        place = Place.parse(spelt_out(args.place, reached, output))
    from reglens.app.main import run as run_app

    return run_app(
        place,
        options=reached.options,
        credentials=reached.credentials,
        cache=reached.cache,
        flags=flags(args),
    )


def need_terminal(instead: str) -> None:
    """Raise UsageError unless a person sits at both ends: without one the browser would draw into the void."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        raise UsageError("the browser needs a terminal for input and output", f"Without one, see: {instead}.")
