"""The list of any length: what it draws, what it does not, how it moves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult

from reglens.app import theme
from reglens.app.widgets.line_list import LineList, Part, cropped, matching


class Lines(App[None]):
    """A list alone, which counts the rows that it draws."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.names = [f"row {n}" for n in range(count)]
        self.drawn: list[int] = []

    def compose(self) -> ComposeResult:
        yield LineList(self._draw)

    def on_mount(self) -> None:
        self.rows.show(range(len(self.names)))
        self.rows.focus()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.DEFAULTS

    @property
    def rows(self) -> LineList:
        return self.query_one(LineList)

    def _draw(self, item: int, width: int) -> Sequence[Part]:
        self.drawn.append(item)
        return [(self.names[item], "")]


async def test_only_rows_in_sight_are_drawn() -> None:
    app = Lines(100_000)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        assert set(app.drawn) == set(range(10))
        app.drawn.clear()
        app.simulate_key("end")
        await pilot.pause()
        assert set(app.drawn) <= set(range(99_980, 100_000))
        assert app.rows.current == 99_999


async def test_moving_the_cursor_draws_two_rows() -> None:
    app = Lines(1000)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        app.drawn.clear()
        app.simulate_key("j")
        await pilot.pause()
        assert sorted(set(app.drawn)) == [0, 1]


async def test_rows_that_arrive_out_of_sight_draw_nothing() -> None:
    app = Lines(1000)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        app.drawn.clear()
        app.names += [f"row {n}" for n in range(1000, 2000)]
        app.rows.extended(range(2000))
        await pilot.pause()
        assert app.drawn == []
        assert app.rows.virtual_size.height == 2000


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        ("j j k", 1),
        ("k", 0),
        ("G", 99),
        ("G j", 99),
        ("G g", 0),
        ("end home", 0),
        ("pagedown", 9),
        ("pagedown pageup", 0),
        ("down down up", 1),
    ],
)
async def test_the_keys_move(keys: str, row: int) -> None:
    app = Lines(100)
    async with app.run_test(size=(40, 10)) as pilot:
        for key in keys.split():
            app.simulate_key(key)
        await pilot.pause()
        assert app.rows.cursor == row
        assert app.rows.scroll_offset.y <= row < app.rows.scroll_offset.y + 10


async def test_the_cursor_stays_with_its_item_when_the_order_changes() -> None:
    app = Lines(100)
    async with app.run_test(size=(40, 10)) as pilot:
        app.rows.move_to(30)
        app.rows.show(range(99, -1, -1), keep=app.rows.current)
        await pilot.pause()
        assert (app.rows.cursor, app.rows.current) == (69, 30)


async def test_an_empty_list_bears_every_key() -> None:
    app = Lines(0)
    async with app.run_test(size=(40, 10)) as pilot:
        for key in "j k G g pagedown pageup enter".split():
            app.simulate_key(key)
        await pilot.pause()
        assert app.rows.current is None


async def test_a_row_too_wide_ends_with_an_ellipsis() -> None:
    app = Lines(1)
    app.names = ["x" * 200]
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.pause()
        line = app.rows.render_line(0)
        assert line.cell_length == 39, "the scroll bar has its place whether it is needed or not"
        assert line.text.rstrip().endswith("…")


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("short", 10, "short"),
        ("registry.example/team/image", 15, "registr…m/image"),
        ("abcdef", 3, "abc"),
        ("", 0, ""),
    ],
)
def test_cropped_keeps_both_ends(text: str, width: int, expected: str) -> None:
    assert cropped(text, width) == expected
    assert len(cropped(text, width)) <= max(width, 0)


def test_matching_wants_every_word_and_narrows() -> None:
    names = ["alpine", "alpine-git", "git", "other"]
    assert matching(names, []) == [0, 1, 2, 3]
    assert matching(names, ["alp"]) == [0, 1]
    assert matching(names, ["alp", "git"]) == [1]
    assert matching(names, ["git"], among=[2, 1]) == [2, 1]
