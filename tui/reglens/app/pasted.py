"""What becomes of a pasted text: read from the file that it names, masked, diagnosed. All of it may run in a thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from reglens.app.draft import Draft, Whole, tidy
from reglens.diagnosis.finding import Diagnosis
from reglens.text import human_size

if TYPE_CHECKING:
    from reglens.auth.keys import TrustedKeys

FILE_LIMIT = 64 << 20
"""Octets of a file that is read."""


@dataclass
class PasteRead(Message):
    """What the text in its edition `number` adds up to; `whole` is that text with its secrets."""

    number: int
    diagnosis: Diagnosis
    whole: Whole


@dataclass
class TextReady(Message):
    """A long paste or a file, masked."""

    shown: str
    name: str = ""
    problem: str = ""


def read_file(path: str, draft: Draft) -> TextReady:
    """The text of the file at `path`, its secrets kept in `draft`; or why there is none."""
    try:
        with Path(path).expanduser().open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return TextReady("", path, f"{path} cannot be read: {reason}")
    if len(data) > FILE_LIMIT:
        return TextReady("", path, f"{path} holds more than {human_size(FILE_LIMIT)}: too much for a paste")
    return TextReady(draft.hide(tidy(data.decode("utf-8", "replace"))), path)


def read_text(number: int, shown: str, secrets: dict[str, str], keys: TrustedKeys | None) -> PasteRead:
    """What the text `shown`, in its edition `number`, adds up to."""
    from reglens.app.draft import whole
    from reglens.diagnosis.engine import diagnose
    from reglens.diagnosis.paste import read_paste

    text = whole(shown, secrets)
    return PasteRead(number, diagnose(replace(read_paste(text.text), keys=keys)), text)


def names_file(text: str) -> bool:
    """Whether a paste is the path of a file, as a terminal pastes a file that is dropped on it."""
    path = text.strip().strip("'\"")
    if not path or len(path) > 1000 or "\n" in path or not path.startswith(("/", "~", "./", "../")):
        return False
    try:
        return Path(path).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):
        return False
