"""What can be taken out: the copy menu, the commands that tell the same, the picture without secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from textual.containers import Vertical
from textual.pilot import Pilot

from reglens.app.commands import Writer
from reglens.app.screens.exchange import Exchanges
from reglens.app.screens.export import Export, Offer
from reglens.app.screens.identities import Identify
from reglens.app.screens.menu import Menu
from reglens.app.widgets.pane import Field
from reglens.app.widgets.search_rows import Further
from reglens.app.widgets.sheet import Sheet
from reglens.auth.choice import Choice
from reglens.auth.credentials import Anonymous
from reglens.auth.keys import TrustedKeys
from reglens.oci.digest import Digest
from reglens.oci.manifest import Image
from reglens.oci.reference import Reference
from support.app_driver import browser, make_app, press, running, settle, wait_for
from support.exchanges import token_exchange
from support.fake_session import World, token
from support.manifests import image, index


def alpine() -> World:
    world = World()
    world.image("library/alpine", "3.20")
    return world


async def at_manifest(pilot: Pilot[None]) -> None:
    await settle(pilot)
    await wait_for(pilot, lambda: browser(pilot).manifest.manifest is not None)
    browser(pilot).focus_pane("manifest")
    await settle(pilot)


async def menu(pilot: Pilot[None], key: str) -> Menu:
    await press(pilot, key)
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Menu))
    await settle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, Menu)
    return screen


def text_of(offer: Offer) -> str:
    made = offer.make()
    return made.decode() if isinstance(made, bytes) else made


async def test_the_copy_menu_lists_names_commands_and_documents() -> None:
    async with running(make_app(alpine(), "reg.test/library/alpine:3.20")) as pilot:
        await at_manifest(pilot)
        digest = str(browser(pilot).here.manifest.digest)  # type: ignore[union-attr]
        screen = await menu(pilot, "C")
        made = {offer.what: text_of(offer) for offer in screen.offers}
        assert made["digest"] == digest
        assert made["name by digest"] == f"reg.test/library/alpine@{digest}"
        assert made["reference"] == "reg.test/library/alpine:3.20"
        assert made["for docker"] == "docker pull reg.test/library/alpine:3.20"
        assert {f"for {tool}" for tool in ("podman", "skopeo", "crane", "nerdctl", "ctr")} <= set(made)
        assert made["its request, for curl"].startswith("curl -i ")
        assert json.loads(made["the manifest"])["schemaVersion"] == 2
        assert json.loads(made["every exchange"])["log"]["entries"]
        assert "the configuration" not in made, "an index has none"


async def test_a_platform_offers_its_configuration_and_history() -> None:
    async with running(make_app(alpine(), "reg.test/library/alpine:3.20")) as pilot:
        await at_manifest(pilot)
        await press(pilot, "enter")
        await wait_for(pilot, lambda: browser(pilot).manifest.config is not None)
        screen = await menu(pilot, "C")
        made = {offer.what: text_of(offer) for offer in screen.offers}
        assert json.loads(made["the configuration"])["architecture"] == "amd64"
        assert "COPY file /" in made["the history"]


@pytest.mark.parametrize(("keys", "number"), [(("2",), 1), (("enter",), 0), (("j", "j", "enter"), 2)])
async def test_digits_and_enter_copy(keys: tuple[str, ...], number: int) -> None:
    app = make_app(alpine(), "reg.test/library/alpine:3.20")
    async with running(app) as pilot:
        await at_manifest(pilot)
        screen = await menu(pilot, "C")
        await press(pilot, *keys)
        await wait_for(pilot, lambda: app.screen is browser(pilot))
        assert app.clipboard == text_of(screen.offers[number])


async def test_a_file_is_written_and_never_overwritten(tmp_path: Path) -> None:
    app = make_app(alpine(), "reg.test/library/alpine:3.20")
    async with running(app) as pilot:
        await at_manifest(pilot)
        path = tmp_path / "named.txt"
        path.write_text("mine")
        screen = await menu(pilot, "C")
        await press(pilot, "tab")
        screen.query_one(Field).value = str(path)
        await press(pilot, "enter")
        assert app.screen is screen, "the name is taken: another may be given"
        assert path.read_text() == "mine"
        screen.query_one(Field).value = str(tmp_path / "new.txt")
        await press(pilot, "enter")
        await wait_for(pilot, lambda: app.screen is browser(pilot))
        assert (tmp_path / "new.txt").read_text() == f"{text_of(screen.offers[0])}\n"


@pytest.mark.parametrize("what", ["the manifest", "the configuration"])
async def test_what_has_a_digest_is_saved_octet_by_octet(tmp_path: Path, what: str) -> None:
    app = make_app(alpine(), "reg.test/library/alpine:3.20")
    async with running(app) as pilot:
        await at_manifest(pilot)
        await press(pilot, "enter")
        await wait_for(pilot, lambda: browser(pilot).manifest.config is not None)
        manifest = browser(pilot).here.manifest
        assert isinstance(manifest, Image)
        assert manifest.config is not None
        screen = await menu(pilot, "C")
        screen.query_one(Sheet).choose(next(n for n, offer in enumerate(screen.offers) if offer.what == what))
        await press(pilot, "tab")
        path = tmp_path / "saved.json"
        screen.query_one(Field).value = str(path)
        await press(pilot, "enter")
        await wait_for(pilot, lambda: app.screen is browser(pilot))
        named = manifest.digest if what == "the manifest" else manifest.config.digest
        assert Digest.of(path.read_bytes()) == named


async def test_the_menu_names_the_digits_that_it_has() -> None:
    app = make_app(alpine(), "reg.test/library/alpine:3.20")
    async with running(app) as pilot:
        await at_manifest(pilot)
        for key, digits in (("C", "or 1–9 copies"), ("dollar_sign", "or 1–5 copies")):
            screen = await menu(pilot, key)
            assert digits in str(screen.query_one(Vertical).border_subtitle)
            await press(pilot, "escape")
        browser(pilot).focus_pane("search")
        screen = await menu(pilot, "dollar_sign")
        assert len(screen.offers) == 1
        assert str(screen.query_one(Vertical).border_subtitle).startswith("enter copies")


async def test_the_views_of_identities_and_of_exchanges_have_commands() -> None:
    app = make_app(alpine(), "reg.test/")
    app.identities = Choice(Anonymous())
    async with running(app) as pilot:
        await settle(pilot)
        browser(pilot).focus_pane("auth")
        screen = await menu(pilot, "dollar_sign")
        assert [offer.shown for offer in screen.offers] == ["reglens credentials reg.test", "reglens token reg.test"]
        await press(pilot, "escape", "u")
        await wait_for(pilot, lambda: isinstance(app.screen, Identify))
        screen = await menu(pilot, "dollar_sign")
        assert [offer.shown for offer in screen.offers] == ["reglens credentials reg.test"]
        await press(pilot, "escape", "escape")
        reference = Reference.parse("reg.test/a:1")
        app.push_screen(Exchanges([("", token_exchange())], (), app.writer.authentication(reference)))
        await wait_for(pilot, lambda: isinstance(app.screen, Exchanges))
        screen = await menu(pilot, "dollar_sign")
        first, second = (offer.shown for offer in screen.offers[:2])
        assert first.startswith("curl ")
        assert second == "reglens check --json reg.test/a:1 | jq .exchanges"


async def test_escape_leads_from_the_file_to_the_menu_and_out() -> None:
    app = make_app(alpine(), "reg.test/library/alpine:3.20")
    async with running(app) as pilot:
        await at_manifest(pilot)
        screen = await menu(pilot, "C")
        await press(pilot, "tab", "escape")
        assert app.screen is screen
        assert isinstance(screen.focused, Sheet)
        await press(pilot, "escape")
        await wait_for(pilot, lambda: app.screen is browser(pilot))


async def test_every_pane_tells_its_command_with_the_options_of_the_app() -> None:
    app = make_app(alpine(), "reg.test/library/alpine:3.20")
    app.flags = ("--plain-http", "--ca-file", "my ca.pem")
    async with running(app, size=(140, 40)) as pilot:
        await at_manifest(pilot)
        flags = "--plain-http --ca-file 'my ca.pem'"
        name = "reg.test/library/alpine"
        screen = browser(pilot)

        def texts() -> list[str]:
            return [command.text for command in screen.commands()]

        screen.manifest.show_section("platforms")
        assert texts()[0] == f"reglens manifest {flags} {name}:3.20 | jq '.manifests[] | {{digest, platform}}'"
        screen.focus_pane("tags")
        assert texts()[0] == f"reglens tags {flags} {name}"
        await press(pilot, "s", "s")
        assert texts()[0] == f"reglens tags {flags} --sort semver --reverse {name}"
        screen.focus_pane("search")
        assert texts() == [f"reglens search {flags} --registry reg.test QUERY"]
        screen.focus_pane("auth")
        assert texts() == [
            f"reglens check {flags} --json {name}:3.20 | jq .exchanges",
            f"reglens check {flags} {name}:3.20",
            f"reglens token {flags} {name}:3.20",
            f"reglens credentials {flags} reg.test",
        ]
        app.keys = TrustedKeys("my keys.pem", ())
        assert texts()[1] == f"reglens check {flags} --keys 'my keys.pem' {name}:3.20"
        screen.focus_pane("manifest")
        await press(pilot, "enter")
        await wait_for(pilot, lambda: screen.manifest.config is not None)
        screen.manifest.show_section("layers")
        assert texts()[0] == f"reglens manifest {flags} --platform linux/amd64 {name}:3.20 | jq .layers"
        app.identities = Choice(Anonymous())
        app.identities.choose("reg.test", None)
        assert texts()[0].startswith("reglens manifest --anonymous --plain-http ")


async def test_the_command_is_shown_whole_and_copied() -> None:
    app = make_app(alpine(), "reg.test/library/alpine:3.20")
    app.flags = ("--ca-file", "/a/very/long/path/to/a/file/that/holds/certificates/of/somebody.pem")
    async with running(app, size=(80, 24)) as pilot:
        await at_manifest(pilot)
        screen = await menu(pilot, "dollar_sign")
        sheet = screen.query_one(Sheet)
        text = "".join(sheet.line_at(y).plain.strip() for y in range(sheet.line_count))
        assert "somebody.pem" in text
        await press(pilot, "1")
        assert app.clipboard.startswith("reglens manifest --ca-file /a/very/long/")


async def test_the_command_of_a_search_on_several_registries_names_them_all() -> None:
    app = make_app(alpine(), "docker.io/library/alpine:3.20")
    async with running(app) as pilot:
        await at_manifest(pilot)
        screen = browser(pilot)
        screen.focus_pane("search")
        listed = Further(("quay.io", "reg.test"), "registries.conf")
        screen.search.offer(listed)
        assert [command.text for command in screen.commands()] == ["reglens search QUERY"]
        screen.search.offer(replace(listed, asked=True))
        (command,) = screen.commands()
        assert command.text == "reglens search --registry docker.io --registry quay.io --registry reg.test QUERY"


@pytest.mark.parametrize("section", ["platforms", "layers", "config", "history", "referrers", "json"])
def test_a_command_of_each_section_can_be_typed(section: str) -> None:
    alpine = Reference.parse("alpine:3.20")
    for manifest in (image(), index()):
        for command in Writer().manifest(alpine, manifest, section):
            assert command.text.split()[0] in ("reglens", "crane", "oras")
            assert "docker.io/library/alpine" in command.text


RAW = token({"iss": "auth", "access": [{"type": "repository", "name": "x", "actions": ["pull"]}]})


async def test_the_picture_has_no_secret_in_it(tmp_path: Path) -> None:
    app = make_app(alpine(), "reg.test/library/alpine:3.20")
    async with running(app, size=(200, 60)) as pilot:
        await settle(pilot)
        exchange = replace(token_exchange(), token=RAW)
        app.push_screen(Exchanges([("one", exchange)], ("reg.test",)))
        await wait_for(pilot, lambda: isinstance(app.screen, Exchanges))
        await press(pilot, "v", "end")
        await settle(pilot)
        raw = RAW.raw.reveal()
        assert raw[:30] in app.export_screenshot().replace("&#160;", " "), "it is on the screen"
        await press(pilot, "P")
        await wait_for(pilot, lambda: isinstance(app.screen, Export))
        path = tmp_path / "screen.svg"
        app.screen.query_one(Field).value = str(path)
        await press(pilot, "enter")
        picture = path.read_text()
        assert picture.startswith("<svg")
        assert raw[:30] not in picture
        assert raw[-20:] not in picture


def test_the_options_are_written_again_without_secrets() -> None:
    from reglens.cli.connect import flags
    from reglens.cli.parser import parse

    args = parse(["--plain-http", "--ca-file", "ca.pem", "--trust-realm", "auth.test", "--timeout", "5", "alpine"])
    written = ("--plain-http", "--ca-file", "ca.pem", "--trust-realm", "auth.test", "--timeout", "5")
    assert flags(args) == written
    again = parse(["tags", *written, "alpine"])
    assert (again.plain_http, again.ca_file, again.trust_realm, again.timeout) == (True, "ca.pem", ["auth.test"], 5.0)
