"""Lists without end in the app: what came stays and can be used, and it is said that there was more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from reglens.app.app import ReglensApp
from reglens.app.main import utcnow
from reglens.app.ports import RegistrySession
from reglens.app.remember import Memory
from reglens.app.widgets.pane import Notice
from reglens.auth.credentials import Anonymous
from reglens.oci.reference import Place
from reglens.registry import pages
from reglens.registry.options import Options
from reglens.registry.session import Session
from support.app_driver import browser, press, running, settle, wait_for
from support.hostile import Hostile


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    monkeypatch.setattr(pages, "MAX_PAGES", 60)
    with Hostile(everywhere="pages/endless") as registry:
        yield registry


def app_on(place: str) -> ReglensApp:
    def make(registry: str) -> RegistrySession:
        return Session(registry, options=Options(timeout=10), credentials=Anonymous())

    app = ReglensApp(Place.parse(place), make=make, clock=utcnow, memory=Memory())
    app.animation_level = "none"
    return app


def said(pilot: Pilot[None]) -> str:
    return " ".join(" ".join(n.content.plain for n in pilot.app.screen.query(Notice) if n.display).split())


async def test_tags_without_end(hostile: Hostile) -> None:
    async with running(app_on(f"{hostile.host}/pages/endless:latest")) as pilot:
        await press(pilot, "2", "j")
        tags = browser(pilot).tags
        await wait_for(pilot, lambda: "The list has no end" in said(pilot))
        await settle(pilot)
        assert tags.tags[:30] == [f"v{number}" for number in range(1, 60, 2)]
        assert "60 pages" in said(pilot)
        assert len([asked for asked in hostile.to("registry") if asked.kind == "tags"]) == 60
        assert browser(pilot).manifest.manifest is not None, "the rest is there all the same"
        await press(pilot, "f", "5", "9")
        await wait_for(pilot, lambda: len(tags.rows.view) == 1)


async def test_a_catalogue_without_end(hostile: Hostile) -> None:
    async with running(app_on(hostile.host)) as pilot:
        await wait_for(pilot, lambda: "The list has no end" in said(pilot))
        await settle(pilot)
        search = browser(pilot).search
        assert "60 pages" in said(pilot)
        assert search.rows.size.height > 1, "what came can be seen"
        assert search.labels(3) == ["v1", "v3", "v5"]
        await press(pilot, "slash", *"v59")
        assert "v59" in search.labels(3), "what came is searched as any list is"
