"""What comes from the terminal, in whatever pieces it comes."""

from __future__ import annotations

import pytest
from textual.events import Key, Paste

from reglens.app.input import Parser

EVIL = "\x1b]52;c;aGk=\x07\x1bT\x1b[27u\x1b\x1b\x1b[200~q\x1b[<0;5;5M\x1b[20"


def came(*pieces: str) -> list[str]:
    """What a parser makes of the pieces: keys by their names, pastes quoted."""
    parser = Parser()
    made = []
    for piece in pieces:
        for event in parser.feed(piece):
            assert isinstance(event, Key | Paste)
            made.append(event.key if isinstance(event, Key) else repr(event.text))
    return made


def test_a_paste_stays_one_wherever_it_is_cut() -> None:
    sent = f"a\x1b[27u\x1b[200~{EVIL}\x1b[201~b\x1b[A\x1b[200~c\x1b[201~\x1b[201~d"
    expected = ["a", "escape", repr(EVIL), "b", "up", repr("c"), "d"]
    assert came(sent) == expected
    assert came(*sent) == expected
    for at in range(1, len(sent)):
        assert came(sent[:at], sent[at:]) == expected, at


@pytest.mark.parametrize("text", ["", "x", "\x1b", "\x1b[201", "\x1b[200~", "\0", "ü\r\n"])
def test_any_text_is_pasted_as_it_is(text: str) -> None:
    assert came(f"\x1b[200~{text}\x1b[201~j") == [repr(text.replace("\0", "")), "j"]


def test_a_long_paste_costs_what_its_length_costs() -> None:
    """In pieces of 4 KiB, as they are read, it is joined once."""
    piece = "a\x1b" * 2048
    assert came("\x1b[200~", *([piece] * 500), "\x1b[201~") == [repr(piece * 500)]


def test_keys_after_what_looked_like_a_mark_are_keys() -> None:
    assert came("\x1b[20", "0", "~q\x1b[201~", "q") == [repr("q"), "q"]
    assert came("\x1b[A\x1b[B", "q") == ["up", "down", "q"]
