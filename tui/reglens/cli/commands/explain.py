"""``reglens explain``: a diagnosis of whatever was pasted."""

from __future__ import annotations

import argparse
import codecs
import difflib
import sys
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from reglens.auth.token import numeric_date
from reglens.cli.connect import read_stdin, reason, settle, trusted_keys
from reglens.cli.output import Output, is_terminal
from reglens.errors import UsageError
from reglens.oci.reference import without_login

MAX_PASTE = 64 << 20
"""Octets of a paste."""


def run(args: argparse.Namespace, output: Output) -> int:
    """Explain a paste, or print the pages about the findings."""
    if args.list:
        return _list(output)
    if args.code is not None:
        return _page(args.code, output)
    moment = read_moment(args.at) if args.at is not None else None
    keys = trusted_keys(args)
    text = decode(_read(args.file, output))
    if not text.strip() and args.reference is None:
        raise UsageError(
            "there is nothing to explain: the input is empty", "Paste a transcript, headers or a log line."
        )
    from reglens.diagnosis.engine import diagnose
    from reglens.diagnosis.paste import read_paste

    settle()
    reference = without_login(args.reference) if args.reference is not None else None
    evidence = read_paste(text, reference=reference, moment=moment)
    diagnosis = diagnose(replace(evidence, keys=keys))
    from reglens.cli.diagnosis_view import show

    return show(diagnosis, output)


def _read(name: str, output: Output) -> bytes:
    if name == "-":
        if is_terminal(sys.stdin):
            output.note("reglens: paste what you have, then press ctrl-d on a line of its own")
        return read_stdin("a paste", MAX_PASTE)
    try:
        with Path(name).open("rb") as file:
            data = file.read(MAX_PASTE + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"{name} cannot be read: {reason(error)}") from None
    if len(data) > MAX_PASTE:
        raise UsageError(f"{name} holds more than {MAX_PASTE >> 20} MiB; that is too much for a paste")
    return data


def decode(data: bytes) -> str:
    """The text of a paste: UTF-8, or UTF-16 where a byte order mark says so (PowerShell's ``>`` writes that); octets
    that fit neither become U+FFFD."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def read_moment(text: str) -> datetime:
    """A moment as people and headers write it: ISO 8601 (without an offset: UTC), an HTTP date, or seconds since 1970.
    Raises UsageError for anything else."""
    bare = text.strip()
    if bare.isascii() and bare.isdigit():
        moment = numeric_date(int(bare)) if len(bare) < 16 else None
    else:
        try:
            moment = datetime.fromisoformat(bare)
        except ValueError:
            try:
                moment = parsedate_to_datetime(bare)
            except (ValueError, TypeError, IndexError, OverflowError):
                moment = None
    if moment is None:
        raise UsageError(f"--at: {text!r} is no time", "Write it as 2026-03-01T12:00:00Z.")
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise UsageError(f"--at: {text!r} lies beyond the calendar") from None


def _list(output: Output) -> int:
    from reglens.diagnosis.pages import CODES, page

    if output.as_json:
        output.document({"schema": 1, "codes": [{"code": code, "means": page(code).means} for code in CODES]})
        return 0
    width = max(map(len, CODES))
    output.lines([f"{code:{width}}  {page(code).means}" for code in CODES])
    return 0


def _page(code: str, output: Output) -> int:
    from reglens.diagnosis.pages import CODES, page

    if code not in CODES:
        close = difflib.get_close_matches(code[:80], CODES, 1)
        raise UsageError(
            f"no finding has the code {code!r}",
            f"Did you mean {close[0]}?" if close else "reglens explain --list prints them all.",
        )
    told = page(code)
    parts = {"means": told.means, "recognise": told.recognise, "cure": told.cure, "example": told.example}
    if output.as_json:
        output.document({"schema": 1, "code": code, **parts})
        return 0
    from reglens.cli.diagnosis_view import show_page

    show_page(code, parts, output)
    return 0
