"""Being somebody else on a registry: chosen from a list, typed in, or nobody with one key."""

from __future__ import annotations

from reglens.app.app import ReglensApp
from reglens.app.screens.identities import Identify
from reglens.auth.choice import Choice
from reglens.auth.credentials import Credential, Lookup
from reglens.oci.reference import HUB
from reglens.secret import Secret
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.fake_session import World

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
