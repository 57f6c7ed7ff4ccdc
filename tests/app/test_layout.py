"""Lines laid out for a width: wrapping, shortening, tables; nothing lost, nothing too wide."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from reglens.app.widgets.comparison_view import comparison_lines
from reglens.app.widgets.exchange_detail import detail_lines
from reglens.app.widgets.exchange_list import exchange_lines, short_place
from reglens.app.widgets.findings_view import findings_lines
from reglens.app.widgets.layout import cells, column, end, fields, fold, middle, paragraph, plain, share, side_by_side
from reglens.app.widgets.token_view import countdown, remaining
from reglens.auth.token import read_token
from reglens.diagnosis.finding import Cell, Comparison, Row, RowName, Verdict
from support.exchanges import HUB, NOON, classic_diagnosis, healthy_pull, rate_limited, redirect_exchanges, unreachable


@given(st.text("ab /:中\n", max_size=200), st.integers(8, 40))
def test_folding_loses_nothing_but_blanks_and_never_exceeds(text: str, width: int) -> None:
    lines = fold(Content(text), width)
    assert all(line.cell_length <= width for line in lines)
    assert "".join("".join(line.plain for line in lines).split()) == "".join(text.split())


def test_folding_prefers_blanks_then_marks() -> None:
    assert [c.plain for c in fold(Content("one two three"), 8)] == ["one two", "three"]
    scope = fold(Content("repository:library/alpine:pull"), 20)
    assert [c.plain for c in scope] == ["repository:library/", "alpine:pull"]
    assert [c.plain for c in fold(Content("a" * 20), 8)] == ["a" * 8, "a" * 8, "a" * 4]
    assert [c.plain for c in fold(Content("one\n\ntwo"), 8)] == ["one", "", "two"]


def test_styles_survive_folding() -> None:
    (first, second) = fold(Content.assemble("aaaa ", ("bbbb", ".bad")), 6)
    assert not first.spans
    assert [(s.start, s.end, s.style) for s in second.spans] == [(0, 4, ".bad")]


@given(st.text(max_size=60), st.integers(5, 30))
def test_shortened_text_fits(text: str, width: int) -> None:
    printable = "".join(c for c in text if c.isprintable())
    assert cells(end(printable, width)) <= width
    assert cells(middle(printable, width)) <= width
    assert column(Content(printable), width).cell_length == width


def test_the_middle_goes_first() -> None:
    assert middle("/v2/library/alpine/manifests/latest", 20) == "/v2/lib…fests/latest"


def test_columns_share_room_by_need() -> None:
    assert share([4, 100, 6], 40) == [4, 30, 6]
    assert sum(share([50, 50, 50], 60)) == 60


def test_values_stand_under_each_other() -> None:
    lines = plain(fields([("a", Content("1")), ("bcd", Content("2 3"))], 40)).split("\n")
    assert lines == ["a    1", "bcd  2 3"]


def test_cells_side_by_side_wrap_each_in_its_own_width() -> None:
    rows = [row.plain for row in side_by_side([Content("one two"), Content("x")], [4, 3])]
    assert rows == ["one   x  ", "two      "]


def test_a_paragraph_hangs() -> None:
    assert plain(paragraph(Content("one two three"), 10, lead="- ")) == "- one two\n  three"


@pytest.mark.parametrize("width", [30, 46, 64, 76, 96, 196])
def test_every_view_of_the_authentication_pane_fits(width: int) -> None:
    diagnosis = classic_diagnosis()
    exchanges = (*healthy_pull(), *redirect_exchanges(), rate_limited(6), unreachable(7))
    views = [exchange_lines(exchanges, width), comparison_lines(diagnosis.comparison, width)]
    views.append(findings_lines(diagnosis.findings, width))
    views += [detail_lines(exchange, width, NOON, revealed=True) for exchange in exchanges]
    for lines in views:
        assert max(line.content.cell_length for line in lines) <= width


@pytest.mark.parametrize("width", [34, 60, 76, 120])
def test_a_wide_cell_is_wrapped_never_cut(width: int) -> None:
    long = "https://registry.a-very-long-name.example.com/with/a/path/that/goes/on"
    rows = tuple(
        Row(name, Cell(long), Cell((long, "second")), Cell(None), Verdict.DISAGREE, "they differ") for name in RowName
    )
    text = plain(comparison_lines(Comparison(rows), width))
    assert "…" not in text
    for piece in ("very-long-name", "second", "they differ"):
        assert text.count(piece.split("-")[0]) >= len(rows)


def test_narrow_places_keep_what_names_the_resource() -> None:
    manifest = healthy_pull()[2]
    assert short_place(manifest, 60) == "/v2/library/alpine/manifests/3.20"
    assert short_place(manifest, 20) == "…/manifests/3.20"
    blob = redirect_exchanges()[0]
    assert short_place(blob, 50) == "/v2/library/alpine/blobs/sha256:cccccccccccc…"


def test_countdown_in_words() -> None:
    token = read_token(healthy_pull()[1].token.raw.reveal())  # type: ignore[union-attr]
    assert token.expires is not None
    assert countdown(token.expires, NOON) == ("in 5 min 00 s", ".good")
    assert remaining(59.9) == "59 s"
    assert remaining(3600) == "1 h 00 min"
    assert remaining(86_400 * 3) == "3 days"


def test_what_is_left_out_of_a_long_place_is_never_its_end() -> None:
    probe = replace(healthy_pull()[2], url=f"https://{HUB}/v2/library/alpine/manifests/sha256-{'d2' * 32}.sbom")
    for width in range(20, 60):
        assert short_place(probe, width).endswith("….sbom")
        assert cells(short_place(probe, width)) <= width
    assert short_place(probe, 36) == "…/manifests/sha256-d2d2d2d….sbom"
    assert short_place(probe, 26) == "…/manifests/d2d2d2d….sbom"
