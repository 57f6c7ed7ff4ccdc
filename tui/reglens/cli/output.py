"""Where a command's output goes: results to stdout, everything else to stderr, or one JSON document to stdout."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import sys
from typing import IO, Any

from reglens.jsontext import MAX_DEPTH
from reglens.text import clean

_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u058f\n]")


class OutputClosed(Exception):
    """Nobody reads stdout any more (``reglens tags … | head``): leave quietly."""


class OutputFailed(Exception):
    """Stdout cannot be written: it is closed, or the disk is full."""


def to_json(document: object) -> str:
    """`document` as JSON text that is safe on a terminal: what is unprintable, even beyond ASCII, stands escaped.

    Numbers that JSON does not have (a claim of 1e999 is read as infinity) become text. What is nested too deep to be
    written with indentation is written without.
    """
    try:
        text = json.dumps(document, ensure_ascii=False, indent=2, default=str, allow_nan=False)
    except (ValueError, RecursionError):
        text = json.dumps(_finite(document), ensure_ascii=False, default=str, allow_nan=False)
    return _UNPRINTABLE.sub(_escaped, text)


def _finite(value: Any, depth: int = 0) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if depth > MAX_DEPTH:
        return "(nested too deep)"
    if isinstance(value, dict):
        return {key: _finite(member, depth + 1) for key, member in value.items()}
    return [_finite(member, depth + 1) for member in value] if isinstance(value, list | tuple) else value


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


class Output:
    """The two streams of one run. `as_json` turns everything but the document off stdout.

    `documents` counts the documents printed, so that a failure adds one only if there is none.
    """

    def __init__(self, *, as_json: bool = False, out: IO[str] | None = None, err: IO[str] | None = None) -> None:
        self.as_json = as_json
        self.out = sys.stdout if out is None else out
        self.err = sys.stderr if err is None else err
        self.documents = 0
        self._status = False

    def line(self, text: str) -> None:
        """One line of the result. `text` may come from a server."""
        self._write(clean(text) + "\n")

    def lines(self, texts: list[str]) -> None:
        """Lines of the result, written at once and passed on at once."""
        if texts:
            self._write("".join([clean(text) + "\n" for text in texts]))
            self.flush()

    def text(self, text: str) -> None:
        """A block of the result that is clean already, line ends and styles included."""
        self._write(text)

    def data(self, data: bytes) -> None:
        """Octets of the result, unchanged; on a terminal as cleaned text, since they may hold anything."""
        if self.out_is_terminal:
            text = clean(data.decode("utf-8", "replace"), limit=len(data) + 1, keep="\n\t")
            self._write(text if text.endswith("\n") else text + "\n")
            return
        stream = getattr(self.out, "buffer", None)
        if stream is None:
            self._write(data.decode("utf-8", "surrogateescape"))
            return
        self.flush()
        with self._writing():
            stream.write(data)

    def document(self, document: dict[str, Any]) -> None:
        """The one JSON document of this run."""
        self.documents += 1
        text = to_json(document) + "\n"
        stream = getattr(self.out, "buffer", None)
        if stream is None:
            self._write(text)
            return
        self.flush()
        with self._writing():
            stream.write(text.encode())  # JSON is UTF-8, whatever the locale (RFC 8259, section 8.1)

    def note(self, text: str) -> None:
        """A line for the person, on stderr. `text` may come from a server. A stderr that is gone is no failure."""
        self.block(clean(text) + "\n")

    def block(self, text: str) -> None:
        """A block for the person, on stderr, clean already."""
        if self.err is not None:
            self._wipe()
            with contextlib.suppress(OSError, ValueError):
                self.err.write(text)
                self.err.flush()

    @property
    def shows_status(self) -> bool:
        """Whether `status` shows anything: stderr is a terminal, and nobody set NO_COLOR."""
        return wants_colour(self.err)

    def status(self, text: str) -> None:
        """A line of progress on a terminal's stderr, in place of the one before, gone when anything else is written."""
        self._wipe()
        if text and self.shows_status and self.err is not None:
            import shutil  # it loads every compressor there is

            columns = shutil.get_terminal_size().columns
            with contextlib.suppress(OSError, ValueError):
                self.err.write(clean(text)[: columns - 1])
                self.err.flush()
                self._status = True

    def _wipe(self) -> None:
        if self._status and self.err is not None:
            self._status = False
            with contextlib.suppress(OSError, ValueError):
                self.err.write("\r\x1b[K")
                self.err.flush()

    def flush(self) -> None:
        with self._writing():
            if self.out is not None:
                self.out.flush()

    @property
    def out_is_terminal(self) -> bool:
        return is_terminal(self.out)

    def _write(self, text: str) -> None:
        if self._status and self.out_is_terminal:
            self._wipe()
        with self._writing():
            if self.out is None:
                raise OutputFailed("stdout is closed: there is nowhere to print to")
            self.out.write(text)

    @contextlib.contextmanager
    def _writing(self) -> Any:
        try:
            yield
        except BrokenPipeError:
            raise OutputClosed from None
        except OSError as error:
            raise OutputFailed(f"stdout cannot be written: {error.strerror}") from None

    def silence(self) -> None:
        """Point stdout at nothing, so that the interpreter's last flush finds no closed pipe to complain about."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.out.fileno())
            os.close(null)


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a person sees `stream`."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def wants_colour(stream: IO[str] | None) -> bool:
    """Whether `stream` may be coloured: a terminal that can, and nobody set NO_COLOR (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("", "dumb")
