"""The last gate before the terminal."""

from __future__ import annotations

import pytest
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.color import Color

from reglens.app.safety import ControlFilter

BLACK = Color(0, 0, 0)


@pytest.mark.parametrize(
    "steering",
    [
        "\x1b]52;c;x\x07",
        "\x00",
        "\x7f",
        "\x9b31m",
        "\u202e",
        "\u2066",
        "\u200b",
        "\u2028",
        "\ufeff",
        "\ud800",
        "\r",
        "\t",
    ],
)
def test_nothing_that_steers_passes(steering: str) -> None:
    style = Style(bold=True)
    (segment,) = ControlFilter().apply([Segment(f"a{steering}b", style)], BLACK)
    assert segment.text.startswith("a\ufffd")
    assert segment.text.isprintable() or "\ufffd" in segment.text
    assert not set(steering) - set("]52;cx31m") & set(segment.text)
    assert len(segment.text) == len(f"a{steering}b"), "the layout stays as it was"
    assert segment.style == style


@pytest.mark.parametrize("harmless", ["plain", "漢字 é ü", "╭─ ● ★ ✓ →", "a b"])
def test_what_is_harmless_stays_the_same(harmless: str) -> None:
    segments = [Segment(harmless)]
    assert ControlFilter().apply(segments, BLACK) is segments


def test_control_segments_of_our_own_pass() -> None:
    ours = [Segment("\x1b[2J", None, [(ControlType.CLEAR,)])]
    assert ControlFilter().apply(ours, BLACK) == ours


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://example.com", True),
        ("http://example.com", True),
        ("file:///etc/passwd", False),
        ("javascript:x", False),
    ],
)
def test_links_lead_to_the_web_or_nowhere(link: str, kept: bool) -> None:
    (segment,) = ControlFilter().apply([Segment("text", Style(link=link))], BLACK)
    assert segment.style is not None
    assert (segment.style.link == link) is kept
