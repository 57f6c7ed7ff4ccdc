"""Text made fit for a terminal, quantities for people, and secrets that do not show."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reglens.secret import Secret
from reglens.text import clean, human_age, human_count, human_duration, human_milliseconds, human_short, human_size


@given(st.text())
def test_cleaned_text_is_printable_and_cleaning_again_changes_nothing(text: str) -> None:
    done = clean(text)
    assert done.isprintable()
    assert clean(done, limit=len(done) or 1) == done


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ✓ 漢字 é", "plain ✓ 漢字 é"),
        ("\x1b]52;c;eHg=\x07", "␛]52;c;eHg=␇"),
        ("a\u202eb\u200bc", "a\\u202eb\\u200bc"),
        ("\x9b31m", "\\u009b31m"),
        ("\ud800", "\\ud800"),
        ("a\xa0b\u3000c", "a b c"),
        ("a\r\nb\tc", "a␍␊b␉c"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_could_steer_a_terminal_is_made_visible(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_long_text_is_cut_and_the_rest_counted() -> None:
    assert clean("x" * 50, 10) == "x" * 10 + "… +40 characters"
    assert clean("a\nb", keep="\n") == "a\nb"


def test_quantities_read_as_people_say_them() -> None:
    sizes = [0, 1023, 1024, 9626, 1024**2 - 1, 3_565_158, 5 * 1024**3, 10**18]
    assert [human_size(n) for n in sizes] == [
        "0 B",
        "1023 B",
        "1.0 KiB",
        "9.4 KiB",
        "1.0 MiB",
        "3.4 MiB",
        "5.0 GiB",
        "888 PiB",
    ]
    assert human_count(4213) == "4 213"
    assert [human_short(n) for n in (0, 950, 1000, 1250, 9990, 21_000, 999_999, 10**9, 13 * 10**12)] == [
        "0", "950", "1k", "1.2k", "9.9k", "21k", "999k", "1B", "13T",
    ]  # fmt: skip
    assert [human_milliseconds(n) for n in (0.2, 12.3, 1200)] == ["<1 ms", "12 ms", "1.20 s"]
    assert [human_duration(n) for n in (9, 300, 7300, 200_000, 6_000_000, 80_000_000)] == [
        "9 s", "5 min", "2 h", "2 days", "2 months", "3 years",
    ]  # fmt: skip
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert human_age(now - timedelta(hours=3), now) == "3 h ago"
    assert human_age(now + timedelta(seconds=9), now) == "in 9 s"


def test_a_secret_prints_as_its_fingerprint_everywhere() -> None:
    secret = Secret("hunter2")
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret:>30}", "%s" % secret, repr([secret])):  # noqa: UP031
        assert "hunter2" not in shown
        assert "sha256:f52fbd32b2b3" in shown
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2") != Secret("x")
    assert len({secret, Secret("hunter2")}) == 1
    with pytest.raises(TypeError):
        pickle.dumps(secret)
