"""Being somebody else on a registry: chosen from a list, typed in, or nobody with one key."""

from __future__ import annotations

import json
from pathlib import Path

from textual.widgets import OptionList

from reglens.app.app import ReglensApp
from reglens.app.screens.identities import Identify
from reglens.auth.choice import Choice
from reglens.auth.credentials import Credential, Lookup
from reglens.auth.sources import default_credentials
from reglens.oci.reference import HUB
from reglens.secret import Secret
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import World
from support.keyrings import environ_for

ALICE = Credential("~/.docker/config.json, key docker.io", "alice", Secret("one"))
BOB = Credential("~/.config/containers/auth.json, key docker.io", "bob", Secret("two"))


class Files:
    """Two users of one registry, as files would give them."""

    async def find(self, registry: str, repository: str) -> Lookup:
        return Lookup(ALICE)

    async def all_for(self, registry: str, repository: str = "") -> list[Credential]:
        return [ALICE, BOB]


def app_of(world: World) -> tuple[ReglensApp, Choice]:
    app = make_app(world, "library/alpine:3.20")
    choice = Choice(Files())
    app.identities = choice
    return app, choice


def small_world() -> World:
    world = World()
    world.image("library/alpine", "3.20")
    return world


async def used(choice: Choice) -> str:
    credential = (await choice.find(HUB, "library/alpine")).credential
    return credential.username if credential else "anonymous"


async def test_one_key_is_anonymous_and_back_and_asks_anew() -> None:
    world = small_world()
    app, choice = app_of(world)
    async with running(app) as pilot:
        await settle(pilot)
        before, session = len(world.asked), browser(pilot).explorer.session
        await press(pilot, "A")
        await settle(pilot)
        assert await used(choice) == "anonymous"
        assert browser(pilot).explorer.session is not session
        assert len(world.asked) > before
        assert browser(pilot).here.manifest is not None
        await press(pilot, "A")
        await settle(pilot)
        assert await used(choice) == "alice"


async def test_another_identity_is_chosen_from_the_list() -> None:
    app, choice = app_of(small_world())
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        await press(pilot, "j", "j", "enter")
        await settle(pilot)
        assert await used(choice) == "bob"
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        await press(pilot, "enter")
        await settle(pilot)
        assert await used(choice) == "alice"


async def test_a_login_is_typed_in_and_kept_in_memory() -> None:
    app, choice = app_of(small_world())
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        await press(pilot, "up", "enter", *"dora", "enter", *"five", "enter")
        await settle(pilot)
        credential = (await choice.find(HUB, "library/alpine")).credential
        assert credential is not None
        assert (credential.username, credential.source) == ("dora", "typed in")
        assert credential.password is not None
        assert credential.password.reveal() == "five"


async def test_leaving_changes_nothing_and_asks_nobody() -> None:
    world = small_world()
    app, choice = app_of(world)
    async with running(app) as pilot:
        await settle(pilot)
        asked = len(world.asked)
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        await press(pilot, "up", "enter", *"dora", "escape", "escape")
        await settle(pilot)
        assert not isinstance(app.screen, Identify)
        assert await used(choice) == "alice"
        assert len(world.asked) == asked


def app_with_keyring(home: Path, backend: str = "InFile") -> tuple[ReglensApp, Choice]:
    """The app with a real chain of sources, and a keyring of the tests' own in the system's place."""
    environ = environ_for(backend, home / "the-keyring") | {"XDG_RUNTIME_DIR": str(home / "run")}
    chain = default_credentials(environ=environ, home=home, timeout=60.0)
    app, _ = app_of(small_world())
    app.identities = choice = Choice(chain)
    app.keyring = chain.keyring
    return app, choice


def kept(home: Path) -> dict[str, str]:
    path = home / "the-keyring"
    entries: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return entries


def told(app: ReglensApp) -> str:
    return "\n".join(notification.message for notification in app._notifications)


LOG_IN = ("up", "enter", *"dora", "enter", *"five")


async def test_a_login_is_kept_in_the_keyring_when_asked_and_found_in_the_next_run(tmp_path: Path) -> None:
    app, choice = app_with_keyring(tmp_path)
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        await press(pilot, *LOG_IN, "tab", "space", "shift+tab", "enter")
        await settle(pilot)
        assert await used(choice) == "dora"
        assert kept(tmp_path) == {f"reglens/{HUB} dora": "five"}
        assert "The system keyring keeps dora's login" in told(app)
    _, later = app_with_keyring(tmp_path)
    assert await used(later) == "dora"


async def test_a_login_is_not_kept_unless_asked(tmp_path: Path) -> None:
    app, choice = app_with_keyring(tmp_path)
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        await press(pilot, *LOG_IN, "enter")
        await settle(pilot)
        assert await used(choice) == "dora"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []  # noqa: ASYNC240


async def test_a_keyring_that_fails_is_told_and_the_login_is_used_for_the_run(tmp_path: Path) -> None:
    app, choice = app_with_keyring(tmp_path, "keyring.backends.fail.Keyring")
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        await press(pilot, *LOG_IN, "tab", "space", "shift+tab", "enter")
        await settle(pilot)
        assert await used(choice) == "dora"
        assert "this system has no keyring that can be used" in told(app)
        assert "five" not in told(app)


async def test_a_kept_login_is_deleted_by_a_key_pressed_twice(tmp_path: Path) -> None:
    app, choice = app_with_keyring(tmp_path)
    assert app.keyring is not None
    for user in ("dora", "erik"):
        await app.keyring.keep(HUB, Credential("typed in", user, Secret("five")))
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        await press(pilot, "d", "d", "j", "d", "j", "k", "d")  # on "As found", and once alone, it does nothing
        assert isinstance(app.screen, Identify)
        assert set(kept(tmp_path)) == {f"reglens/{HUB} dora", f"reglens/{HUB} erik"}
        await press(pilot, "d")
        await settle(pilot)
        assert set(kept(tmp_path)) == {f"reglens/{HUB} dora"}
        assert await used(choice) == "dora"


async def test_deleting_the_login_in_use_asks_anew_without_it(tmp_path: Path) -> None:
    app, choice = app_with_keyring(tmp_path)
    assert app.keyring is not None
    await app.keyring.keep(HUB, Credential("typed in", "dora", Secret("five")))
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        await press(pilot, "j", "enter")
        await settle(pilot)
        assert choice.chosen(HUB) is not None
        session = browser(pilot).explorer.session
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        await press(pilot, "j", "d", "d")
        await settle(pilot)
        assert await used(choice) == "anonymous"
        assert browser(pilot).explorer.session is not session


async def test_without_a_keyring_none_is_offered() -> None:
    app, _ = app_of(small_world())
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        await press(pilot, "up", "enter")
        assert not app.screen.query("Checkbox")


async def test_a_screen_of_hardly_any_width_does_not_end_the_app() -> None:
    world = small_world()
    app, choice = app_of(world)
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        for width in range(14, 0, -1):
            await pilot.resize_terminal(width, 24)
            await settle(pilot)
            assert app.screen.query_one(OptionList).scrollable_content_region.width >= 1, "a row has room for something"
        await press(pilot, "j", "j", "enter")
        await settle(pilot)
        assert await used(choice) == "bob"
    assert not app.defect
