"""The paste screen: reading as the text changes, the proving bytes, secrets, long texts, files, the way in and out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import events
from textual.pilot import Pilot

from reglens.app.example import classic
from reglens.app.pasted import read_text
from reglens.app.screens.export import Export
from reglens.app.screens.pages import Pages
from reglens.app.screens.paste import Paste
from reglens.app.widgets.findings_view import CommandKey, FindingKey, ProofKey
from reglens.app.widgets.paste_editor import Pasted, PasteEditor, PasteView
from reglens.app.widgets.paste_pane import EDITED
from reglens.app.widgets.wrapped import Wrapped
from support.app_driver import PATIENCE, browser, make_app, press, running, settle, wait_for
from support.fake_session import World

TOKEN = classic().partition('"token":"')[2].partition('"')[0]


@asynccontextmanager
async def pasting(text: str = "", size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Pilot[None], Paste]]:
    """The paste screen with `text` pasted and read."""
    app = make_app(World())
    async with running(app, size) as pilot:
        await press(pilot, "x")
        await wait_for(pilot, lambda: isinstance(app.screen, Paste))
        screen = app.screen
        assert isinstance(screen, Paste)
        if text:
            app.post_message(events.Paste(text))
            await wait_for(pilot, lambda: screen._read is not None)
        yield pilot, screen


def shown(pilot: Pilot[None]) -> str:
    """The screen as text."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


def codes(screen: Paste) -> list[str]:
    assert screen._read is not None
    return [finding.code for finding in screen._read.diagnosis.findings]


async def test_nothing_pasted_teaches_what_can_be() -> None:
    async with pasting() as (pilot, screen):
        assert screen.focused is screen.query_one(PasteEditor)
        assert "Www-Authenticate" in shown(pilot)
        await press(pilot, "ctrl+t")
        await wait_for(pilot, lambda: screen._read is not None)
        assert codes(screen)[0] == "service-mismatch"


async def test_a_paste_is_masked_read_and_explained() -> None:
    async with pasting(classic()) as (pilot, screen):
        text = shown(pilot)
        assert "service-mismatch" in text
        assert TOKEN not in screen.query_one(PasteEditor).text
        assert TOKEN[:30] not in text
        assert "sha256:" in text


async def test_each_finding_marks_the_bytes_that_prove_it() -> None:
    async with pasting(classic()) as (_, screen):
        editor = screen.query_one(PasteEditor)
        assert screen._read is not None
        for number, finding in enumerate(screen._read.diagnosis.findings):
            for place, proof in enumerate(finding.evidence):
                screen.results.choose(ProofKey(number, place))
                await _handled(screen)
                if proof.span is None:
                    continue
                assert editor.highlight is not None
                start, end = editor.highlight.exact
                marked = editor.text[start:end]
                assert marked
                if proof.value in editor.text:
                    assert marked == proof.value or proof.value not in editor.text[slice(*editor.highlight.around)]
        screen.results.choose(FindingKey(0))
        await _handled(screen)
        assert editor.highlight is not None
        start, end = editor.highlight.exact
        assert editor.text[start:end] == "registry.docker.io"


async def _handled(screen: Paste) -> None:
    from textual._wait import wait_for_idle

    await wait_for_idle(0)
    assert screen.is_mounted


async def test_editing_changes_the_findings() -> None:
    async with pasting(classic()) as (pilot, screen):
        before = screen._read
        editor = screen.query_one(PasteEditor)
        editor.load_text(editor.text.replace("service=index.docker.io", "service=registry.docker.io"))
        await wait_for(pilot, lambda: screen._read is not before)
        assert "service-mismatch" not in codes(screen)
        assert screen.draft.whole().text.count(TOKEN) == 2, "the marks still stand for the token"


async def test_secrets_are_revealed_and_masked_by_a_deliberate_key() -> None:
    async with pasting(classic()) as (pilot, screen):
        await press(pilot, "ctrl+r")
        await settle(pilot)
        assert TOKEN in screen.query_one(PasteEditor).text
        assert codes(screen)[0] == "service-mismatch"
        await press(pilot, "ctrl+r")
        await settle(pilot)
        assert TOKEN not in screen.query_one(PasteEditor).text


async def test_a_typed_password_is_masked_when_the_editor_is_left() -> None:
    async with pasting() as (pilot, screen):
        for character in "curl -u me:hunter22 https://registry.example.com/v2/":
            pilot.app.post_message(events.Key(character, character))
        await wait_for(pilot, lambda: screen.draft.shown.endswith("/v2/"))
        await press(pilot, "tab")
        await wait_for(pilot, lambda: "hunter22" not in screen.query_one(PasteEditor).text)
        assert "hunter22" in screen.draft.whole().text


async def test_a_long_paste_is_shown_by_the_view_and_marked_there() -> None:
    noise = "".join(f"line {number} of something else that was on the screen\n" for number in range(2000))
    assert len(noise) > EDITED
    async with pasting(noise + classic()) as (pilot, screen):
        view = screen.query_one(PasteView)
        assert view.display
        assert not screen.query_one(PasteEditor).display
        assert codes(screen)[0] == "service-mismatch"
        assert view.highlight is not None
        assert view.scroll_offset.y > 1000
        assert TOKEN not in "\n".join(view.line_at(y).plain for y in range(view.line_count))
        await press(pilot, "ctrl+l")
        assert screen.query_one(PasteEditor).display
        assert screen.draft.shown == ""
        assert screen.draft.secrets == {}


async def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "what went wrong.txt"
    file.write_text(classic())
    async with pasting(str(file)) as (pilot, screen):
        assert codes(screen)[0] == "service-mismatch"
        await press(pilot, "ctrl+l")
        await press(pilot, "ctrl+o")
        for character in str(file):
            pilot.app.post_message(events.Key(character, character))
        await press(pilot, "enter")
        await wait_for(pilot, lambda: pilot.app.screen is screen and screen._read is not None)
        assert codes(screen)[0] == "service-mismatch"


async def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    async with pasting() as (pilot, screen):
        screen.open_path(str(tmp_path / "missing"))
        await settle(pilot)
        assert ["cannot be read" in str(told.message) for told in pilot.app._notifications] == [True]


async def test_what_is_found_can_be_used() -> None:
    async with pasting(classic()) as (pilot, screen):
        app = pilot.app
        await press(pilot, "escape")
        assert screen.focused is screen.results
        assert screen._read is not None
        findings = screen._read.diagnosis.findings
        with_command = next(number for number, finding in enumerate(findings) if finding.fix.commands)
        screen.results.choose(CommandKey(with_command, 0))
        await press(pilot, "c")
        assert app.clipboard == findings[with_command].fix.commands[0]
        await press(pilot, "i")
        await wait_for(pilot, lambda: isinstance(app.screen, Pages))
        await press(pilot, "escape")
        await press(pilot, "ctrl+s")
        await wait_for(pilot, lambda: isinstance(app.screen, Export))
        await press(pilot, "enter")
        await wait_for(pilot, lambda: app.screen is screen)
        assert json.loads(app.clipboard)["findings"][0]["code"] == "service-mismatch"
        assert TOKEN not in app.clipboard


async def test_the_diagnosis_is_saved_and_never_over_another_file(tmp_path: Path) -> None:
    there = tmp_path / "diagnosis.json"
    async with pasting(classic()) as (pilot, screen):
        for _ in range(2):
            await press(pilot, "ctrl+s")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, Export))
            pilot.app.screen.query_one("Field").value = str(there)  # type: ignore[attr-defined]
            await press(pilot, "enter")
            await pilot.pause()
            assert json.loads(there.read_text())["schema"] == 1
            if pilot.app.screen is not screen:
                there.write_text('{"schema": 1, "mine": true}')
                await press(pilot, "enter", "escape")
        assert json.loads(there.read_text()).get("mine") is True


async def test_the_paste_is_still_there_when_one_comes_back() -> None:
    async with pasting(classic()) as (pilot, screen):
        await press(pilot, "escape", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is browser(pilot))
        await press(pilot, "x")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Paste))
        again = pilot.app.screen
        assert again is not screen
        assert isinstance(again, Paste)
        await wait_for(pilot, lambda: again._read is not None)
        assert codes(again)[0] == "service-mismatch"


async def test_a_hostile_paste_steers_nothing() -> None:
    nasty = (
        'HTTP/1.1 401 [@click=app.quit]x[/]\nWww-Authenticate: Bearer realm="\x1b]52;c;aGk=\x07",service="[/nope]"\n'
    )
    async with pasting(nasty) as (pilot, screen):
        assert "\x1b" not in screen.query_one(PasteEditor).text
        assert not pilot.app._exit
        assert "\x1b" not in shown(pilot)


async def test_a_paste_that_no_field_takes_is_explained() -> None:
    app = make_app(World())
    async with running(app) as pilot:
        app.post_message(events.Paste(classic()))
        await wait_for(pilot, lambda: isinstance(app.screen, Paste))
        screen = app.screen
        assert isinstance(screen, Paste)
        await wait_for(pilot, lambda: screen._read is not None)
        assert codes(screen)[0] == "service-mismatch"


async def test_a_long_text_is_said_to_be_read_until_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held = threading.Event()

    def slowly(*args: Any) -> Any:
        assert held.wait(PATIENCE)
        return read_text(*args)

    async with pasting() as (pilot, screen):
        monkeypatch.setattr("reglens.app.screens.paste.read_text", slowly)
        path = tmp_path / "long.txt"
        path.write_text(classic() + "x\n" * EDITED)
        screen.post_message(Pasted(path.read_text()))
        await wait_for(pilot, lambda: screen.pane.long and "Reading…" in shown(pilot))
        held.set()
        await wait_for(pilot, lambda: "service-mismatch" in shown(pilot))
        assert "Reading…" not in shown(pilot)
        held.clear()
        screen.open_path(str(path))
        await wait_for(pilot, lambda: "Reading…" in shown(pilot))
        assert "service-mismatch" not in shown(pilot), "that was found in another text"
        held.set()
        await wait_for(pilot, lambda: "service-mismatch" in shown(pilot))
        screen.open_path(str(tmp_path / "not there"))
        await wait_for(pilot, lambda: bool(pilot.app._notifications))
        await wait_for(pilot, lambda: "service-mismatch" in shown(pilot))


async def test_a_long_text_is_laid_out_in_no_width_but_that_of_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    widths: list[int] = []

    def wrapped(text: str = "", width: int = 1) -> Wrapped:
        if text:
            widths.append(width)
        return Wrapped(text, width)

    monkeypatch.setattr("reglens.app.widgets.paste_editor.Wrapped", wrapped)
    async with pasting("y" * 2 * EDITED) as (pilot, screen):
        view = screen.query_one(PasteView)
        assert set(widths) == {view.text_width}
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert widths[-1] == view.text_width == 76


@given(st.text("ab\n字", max_size=300), st.integers(1, 9))
def test_rows_hold_the_text_and_nothing_twice(text: str, width: int) -> None:
    rows = Wrapped(text, width)
    spans = [rows.span(row) for row in range(rows.count)]
    assert all(cell_len(text[start:end]) <= max(width, 2) for start, end in spans)
    joined = ""
    for row, (start, end) in enumerate(spans):
        joined += text[len(joined) : start] + text[start:end]
        for offset in range(start, end):
            assert rows.row_of(offset) == row
    assert joined == text
    lines = text.split("\n")
    assert len(lines) <= rows.count <= max(1, len(text) + len(lines))


def test_five_million_characters_are_laid_out_at_once() -> None:
    text = "a line of a log, as they are\n" * (5_000_000 // 29)
    began = time.process_time()
    rows = Wrapped(text, 40)
    assert time.process_time() - began < 1, "about 0.1 s, where nothing else slows it down"
    assert rows.count == text.count("\n") + 1
