"""Lines of stdin as they come: from a file, a pipe that somebody still writes to, or a terminal."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing

from reglens.cli.connect import reason
from reglens.errors import UsageError

PIECE = 1 << 16
MAX_LINE = 1 << 16
"""Octets of a line; a reference has a few hundred."""


async def stdin_lines(what: str) -> AsyncGenerator[str, None]:
    """The lines of stdin without the blanks around them; empty ones and those that begin with # are left out.

    Raises UsageError, which says `what` was expected, if stdin cannot be read or a line is longer than any.
    """
    if sys.stdin is None:
        raise UsageError(f"stdin is closed; {what} was expected there")
    rest = b""
    async with aclosing(_pieces()) as pieces:
        async for piece in pieces:
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                if text := _text(line):
                    yield text
            if len(rest) > MAX_LINE:
                raise UsageError(f"stdin has a line of more than {MAX_LINE >> 10} KiB; {what} was expected there")
    if text := _text(rest):
        yield text


def _text(line: bytes) -> str:
    text = line.strip().decode("utf-8", "surrogateescape")
    return "" if text.startswith("#") else text


async def _pieces() -> AsyncGenerator[bytes, None]:
    """The octets of stdin, whatever is there at once. The event loop watches it: a thread that reads could not be
    stopped while nothing comes."""
    try:
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError):  # no file at all
        yield sys.stdin.buffer.read()
        return
    while True:
        await _readable(descriptor)
        try:
            piece = os.read(descriptor, PIECE)
        except BlockingIOError:  # somebody else, who shares it, was faster
            continue
        except OSError as error:
            raise UsageError(f"stdin cannot be read: {reason(error)}") from None
        if not piece:
            return
        yield piece


async def _readable(descriptor: int) -> None:
    """Wait until something can be read. A plain file cannot be watched (epoll_ctl(2), EPERM), and always can."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except OSError:
        return
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
