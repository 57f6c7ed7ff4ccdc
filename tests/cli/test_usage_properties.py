"""No arguments make the command line raise anything but wrong usage."""

from __future__ import annotations

import contextlib
import io
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from reglens.cli.parser import COMMANDS, parse
from reglens.errors import UsageError

WORDS = st.sampled_from(
    [
        *COMMANDS,
        "--json",
        "--help",
        "--version",
        "--",
        "-",
        "--username",
        "--timeout",
        "--limit",
        "-x",
        "--sort",
        "3",
        "",
    ]
)


@given(arguments=st.lists(WORDS | st.text(max_size=10), max_size=6))
def test_any_arguments_are_read_or_are_wrong_usage(arguments: list[str]) -> None:
    code: object = 0
    with patch("sys.stdout", io.StringIO()), contextlib.suppress(UsageError):
        try:
            args = parse(arguments)
            assert args.command is None or args.command in COMMANDS
        except SystemExit as end:  # --help, --version
            code = end.code
    assert not code
