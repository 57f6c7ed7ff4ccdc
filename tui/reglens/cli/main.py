"""The entry point: reads the arguments, runs one command, turns whatever happened into an exit code.

Nothing heavy is imported here: a command's module is imported when the command runs.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

from reglens.cli.output import Output, OutputClosed, OutputFailed, is_terminal
from reglens.cli.parser import INTERRUPTED, parse
from reglens.errors import ReferenceInvalid, ReglensError, UsageError
from reglens.text import clean

FAILED = 1
USAGE = 2


def entry() -> NoReturn:
    """The console script.

    Garbage is not collected while modules are imported, nor at the end: both walk through every module in vain, and
    cost a quarter of the time of a short command. `reglens.cli.connect.settle` lets it be collected in between.
    """
    gc.disable()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a mark that the locale cannot write is no reason to fail
    output = Output()
    code = main(sys.argv[1:], output)
    try:
        output.flush()
    except OutputClosed:
        output.silence()
    except OutputFailed as error:
        output.note(f"reglens: {error}")
        output.silence()
        code = code or FAILED
    gc.freeze()
    sys.exit(code)


def main(arguments: Sequence[str], output: Output) -> int:
    """Run the command that `arguments` name; the exit code. Raises SystemExit for --help and --version only."""
    output.as_json = "--json" in arguments  # before parsing, so that a failure to parse is told in JSON as well
    try:
        args = parse(arguments)
        output.as_json = args.json
        module = import_module(f"reglens.cli.commands.{args.command or 'browse'}")
        code: int = module.run(args, output)
        return code
    except UsageError as error:
        return _report(error, output, USAGE)
    except ReglensError as error:
        return _report(error, output, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OutputClosed:
        output.silence()
        return 0  # the reader had what it wanted
    except OutputFailed as error:
        output.note(f"reglens: {error}")
        output.silence()
        return FAILED
    except Exception as error:
        if os.environ.get("REGLENS_TRACEBACK"):
            raise
        told = ReglensError(
            f"a defect in reglens: {type(error).__name__}: {error}",
            "Set REGLENS_TRACEBACK=1 to see where, and report it please.",
        )
        return _report(told, output, FAILED)


def _report(error: ReglensError, output: Output, code: int) -> int:
    """Tell a failure: in one line on stderr, and as a document where one is expected and none was printed."""
    output.note("reglens: " + failure_line(error))
    if isinstance(error, ReferenceInvalid) and is_terminal(output.err):
        output.block(f"  {clean(error.text)}\n  {' ' * len(clean(error.text[: error.position]))}^\n")
    if output.as_json and not output.documents:
        try:
            output.document(failure_document(error))
        except (OutputClosed, OutputFailed):
            output.silence()
    return code


def failure_line(error: ReglensError) -> str:
    """What happened and what to try next, in one line."""
    message = error.message
    if isinstance(error, ReferenceInvalid):
        message = f"{error.text!r} is no reference: {message} (character {error.position + 1})"
    message = message.rstrip(".")
    return " ".join(f"{message}. {error.hint}".split()) if error.hint else " ".join(message.split())


def failure_document(error: ReglensError) -> dict[str, object]:
    """A failure that no command has a document of its own for."""
    document: dict[str, object] = {"schema": 1, "error": " ".join(error.message.split()), "hint": error.hint}
    if isinstance(error, ReferenceInvalid):
        document["reference"], document["position"] = error.text, error.position
    return document


if __name__ == "__main__":
    entry()
