"""Credentials that were withheld from a token server elsewhere: said, and sent once the person says so."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from textual.widgets import OptionList

from reglens.app.app import ReglensApp
from reglens.app.ports import RegistrySession
from reglens.app.remember import Memory
from reglens.app.screens.trust import AskTrust
from reglens.app.widgets.lines import KeyLine
from reglens.auth.trust import RealmTrust, Withheld
from reglens.oci.reference import Place
from reglens.registry.options import Options
from reglens.registry.session import Session
from support.app_driver import browser, fixed_clock, press, running, settle, wait_for
from support.hostile import OCI_IMAGE, image
from support.network import HOST, PASSWORD, Alice, Network

OTHER = "registry.example.org"
REALM = "https://login.test"


class Private:
    """A registry whose images only alice may see, and its token server on another site."""

    def __init__(self, network: Network, host: str) -> None:
        self.realm = REALM
        network.hosts[f"https://{host}"] = self.registry

    def registry(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") == "Bearer for-alice":
            if request.url.path.endswith("/tags/list"):
                return httpx.Response(200, json={"tags": ["1"]})
            return httpx.Response(200, json=image(), headers={"Content-Type": OCI_IMAGE})
        challenge = f'Bearer realm="{self.realm}/token",service="s",scope="repository:a/b:pull"'
        return httpx.Response(401, headers={"WWW-Authenticate": challenge}, json={"errors": [{"code": "DENIED"}]})


def give(request: httpx.Request) -> httpx.Response:
    known = request.headers.get("authorization") == f"Basic {PASSWORD}"
    return httpx.Response(200, json={"token": "for-alice" if known else "for-nobody"})


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    made = Network.installed(monkeypatch)
    made.hosts[REALM] = give
    made.hosts["https://login.test:8443"] = give
    return made


def app_at(place: str) -> ReglensApp:
    options = Options()

    def make(registry: str) -> RegistrySession:
        return Session(registry, options=options, credentials=Alice(), clock=fixed_clock)

    app = ReglensApp(Place.parse(place), make=make, clock=fixed_clock, memory=Memory())
    app.trust = options.trust
    app.animation_level = "none"
    return app


async def test_what_was_withheld_is_said_and_goes_after_one_key_and_yes(network: Network) -> None:
    Private(network, HOST)
    app = app_at(f"{HOST}/a/b:1")
    async with running(app) as pilot:
        await settle(pilot)
        screen = browser(pilot)
        diagnosis = screen.auth._diagnosis
        assert diagnosis is not None
        found = {finding.code: finding for finding in diagnosis.findings}["credentials-not-sent"]
        assert "alice" in found.explanation
        assert "login.test is not on the site of registry.example.com" in found.explanation
        assert "press T" in found.fix.text
        assert network.authorizations(REALM) == []
        await press(pilot, "T")
        await wait_for(pilot, lambda: isinstance(app.screen, AskTrust))
        told = str(app.screen.query("Static").first().render())
        for word in (HOST, "https://login.test:443", "alice", "the vault", "https only"):
            assert word in told
        assert app.screen.query_one(OptionList).highlighted == 0, "the harmless answer stands first"
        await press(pilot, "y")
        await settle(pilot)
        assert network.authorizations(REALM)
        assert set(network.authorizations(REALM)) == {f"Basic {PASSWORD}"}
        assert screen.here.manifest is not None
        assert screen.withheld is None
        asked = len(app.screen_stack)
        await press(pilot, "T")
        assert len(app.screen_stack) == asked, "there is nothing left to ask"
        assert [notice.message for notice in app._notifications] == [
            "No credentials were withheld from a token server here."
        ]


async def test_the_line_of_keys_tells_of_trust_while_something_is_withheld(network: Network) -> None:
    Private(network, HOST)
    async with running(app_at(f"{HOST}/a/b:1"), size=(200, 40)) as pilot:
        await settle(pilot)
        line = browser(pilot).query_one(KeyLine)
        await wait_for(pilot, lambda: "T trust" in line.render_line(0).text)
        await press(pilot, "T")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, AskTrust))
        await press(pilot, "y")
        await settle(pilot)
        await wait_for(pilot, lambda: "T trust" not in line.render_line(0).text)


async def test_the_question_is_readable_and_answerable_where_it_is_narrow(network: Network) -> None:
    Private(network, HOST)
    app = app_at(f"{HOST}/a/b:1")
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "T")
        await wait_for(pilot, lambda: isinstance(app.screen, AskTrust))
        for width in range(14, 0, -1):
            await pilot.resize_terminal(width, 24)
            await settle(pilot)
            assert app.screen.query_one(OptionList).scrollable_content_region.width >= 1, "a row has room for something"
        assert app.screen.query_one(OptionList).option_count == 2
        await press(pilot, "n")
        await wait_for(pilot, lambda: app.screen is browser(pilot))
    assert not app.defect


@pytest.mark.parametrize("keys", [("n",), ("enter",)])
async def test_no_is_remembered_and_not_asked_again(network: Network, keys: tuple[str, ...]) -> None:
    Private(network, HOST)
    app = app_at(f"{HOST}/a/b:1")
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "T")
        await wait_for(pilot, lambda: isinstance(app.screen, AskTrust))
        await press(pilot, *keys)
        await settle(pilot)
        await press(pilot, "T", "r")
        await settle(pilot)
        assert not isinstance(app.screen, AskTrust)
        assert network.authorizations(REALM) == []


async def test_leaving_it_open_asks_again(network: Network) -> None:
    Private(network, HOST)
    app = app_at(f"{HOST}/a/b:1")
    async with running(app) as pilot:
        await settle(pilot)
        for _ in range(2):
            await press(pilot, "T")
            await wait_for(pilot, lambda: isinstance(app.screen, AskTrust))
            await press(pilot, "escape")
            await settle(pilot)
        assert network.authorizations(REALM) == []


async def test_yes_holds_for_that_registry_and_that_port_alone(network: Network) -> None:
    here = Private(network, HOST)
    Private(network, OTHER)
    app = app_at(f"{HOST}/a/b:1")
    async with running(app) as pilot:
        await settle(pilot)
        await press(pilot, "T")
        await wait_for(pilot, lambda: isinstance(app.screen, AskTrust))
        await press(pilot, "y")
        await settle(pilot)
        given = len(network.authorizations(REALM))
        assert given
        browser(pilot).go(Place.parse(f"{OTHER}/a/b:1"))
        await settle(pilot)
        assert len(network.authorizations(REALM)) == given, "another registry was not spoken of"
        assert browser(pilot).withheld is not None
        here.realm = "https://login.test:8443"
        browser(pilot).go(Place.parse(f"{HOST}/a/b:1"))
        browser(pilot)._again()
        await settle(pilot)
        assert network.authorizations("https://login.test:8443") == []
        withheld = browser(pilot).withheld
        assert withheld is not None
        assert withheld.origin == "https://login.test:8443"


def test_an_answer_is_for_one_registry_one_host_one_port_and_https() -> None:
    trust = RealmTrust({"named.test"})
    asked = Withheld("a.test", "https://login.test:443", "alice", "the vault", "elsewhere")
    trust.answer(asked, True)
    assert trust.of("a.test") == {"named.test", "https://login.test:443"}
    assert trust.of("b.test") == {"named.test"}
    assert trust.answered(asked) is True
    assert trust.answered(replace(asked, registry="b.test")) is None
    assert trust.answered(replace(asked, origin="https://login.test:444")) is None
    trust.answer(replace(asked, registry="b.test"), False)
    assert trust.of("b.test") == {"named.test"}
    with pytest.raises(ValueError, match="plain http"):
        trust.answer(replace(asked, origin="http://login.test:80"), True)
