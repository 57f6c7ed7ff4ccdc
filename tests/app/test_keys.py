"""Naming the file of keys that signatures are checked against."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from reglens.app.app import ReglensApp
from reglens.app.screens.ask import Ask
from reglens.app.screens.paste import Paste
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import World
from support.token_server import Signer

CLAIMS = {"iss": "auth.test", "aud": "registry.test", "access": []}


def small_world() -> World:
    world = World()
    world.image("library/alpine", "3.20")
    return world


async def name_file(pilot: Pilot[None], app: ReglensApp, text: str) -> None:
    """Press the key, write a name, press enter."""
    await press(pilot, "K")
    await wait_for(pilot, lambda: isinstance(app.screen, Ask))
    app.screen.query_one(Input).value = text
    await press(pilot, "enter")
    await settle(pilot)


async def test_what_was_pasted_is_judged_anew_by_the_keys_that_are_named(tmp_path: Path) -> None:
    own, other = Signer(), Signer()
    for name, signer in (("own.pem", own), ("other.pem", other)):
        (tmp_path / name).write_bytes(signer.pem)
    app = make_app(small_world(), "alpine:3.20")
    async with running(app) as pilot:
        await settle(pilot)
        app.action_paste(own.sign(CLAIMS))
        await wait_for(pilot, lambda: isinstance(app.screen, Paste))
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, Paste)

        def key() -> str:
            assert screen._read is not None
            [row] = [row for row in screen._read.diagnosis.comparison.rows if row.name == "key"]
            return str(row.verdict)

        assert key() == "unknown"
        screen.set_focus(screen.results)
        await name_file(pilot, app, str(tmp_path / "other.pem"))
        assert key() == "disagree"
        await name_file(pilot, app, str(tmp_path / "own.pem"))
        assert key() == "agree"
        await name_file(pilot, app, str(tmp_path / "none.pem"))
        assert any("No such file" in notification.message for notification in app._notifications)
        assert key() == "agree"
        await name_file(pilot, app, "-")
        assert (app.keys, key()) == (None, "unknown")


async def test_the_browsers_pane_checks_by_them_too(tmp_path: Path) -> None:
    (tmp_path / "keys.pem").write_bytes(Signer().pem)
    app = make_app(small_world(), "alpine:3.20")
    async with running(app) as pilot:
        await settle(pilot)
        await name_file(pilot, app, str(tmp_path / "keys.pem"))
        assert app.keys is not None
        assert browser(pilot).auth._keys is app.keys
