"""The application against Debian's docker-registry, driven by keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from reglens.app.app import ReglensApp
from reglens.app.ports import RegistrySession
from reglens.app.remember import Memory
from reglens.auth.sources import default_credentials
from reglens.oci.manifest import Image, Index
from reglens.oci.reference import Place
from reglens.registry.session import Session
from support.app_driver import browser, press, running, settle, wait_for
from support.processes import docker_registry

from .conftest import Peer, docker_login

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("integration")]
MANY = 100_000


def app_at(place: str, home: Path) -> ReglensApp:
    """The application as the command opens it, with the credentials of `home`."""
    credentials = default_credentials(environ={"XDG_RUNTIME_DIR": str(home / "run")}, home=home)

    def make(registry: str) -> RegistrySession:
        return Session(registry, credentials=credentials)

    app = ReglensApp(Place.parse(place), make=make, clock=lambda: datetime.now(UTC), memory=Memory())
    app.animation_level = "none"
    return app


def screen_text(pilot: Pilot[None]) -> str:
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


@pytest.mark.parametrize("kind", ["open", "token"])
async def test_search_repository_tag_manifest_and_platform_by_keys(
    kind: str, open_registry: Peer, token_registry: Peer, home: Path
) -> None:
    peer = open_registry if kind == "open" else token_registry
    async with running(app_at(peer.host, home)) as pilot:
        screen = browser(pilot)
        await settle(pilot)
        await press(pilot, "slash", *"alp")
        await wait_for(pilot, lambda: "library/alpine" in screen_text(pilot))
        await settle(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        assert sorted(screen.tags.tags) == ["3.20", "latest", "single"]
        await press(pilot, "enter")
        await settle(pilot)
        chosen = screen.here.crumbs[2]
        assert isinstance(screen.here.manifest, Image if chosen == "single" else Index)
        shown = screen_text(pilot)
        assert "200" in shown
        assert ("registry.docker.io" in shown) == (kind == "token")


@pytest.mark.parametrize("kind", ["basic", "token"])
async def test_a_private_repository_opens_with_the_docker_login(
    kind: str, basic_registry: Peer, token_registry: Peer, home: Path
) -> None:
    peer = basic_registry if kind == "basic" else token_registry
    place = f"{peer.host}/team/private:latest"
    async with running(app_at(place, home)) as pilot:
        await settle(pilot)
        assert "refused" in screen_text(pilot)
        assert browser(pilot).here.manifest is None
    docker_login(home, peer.host, "alice")
    async with running(app_at(place, home)) as pilot:
        await settle(pilot)
        assert isinstance(browser(pilot).here.manifest, Index)
        assert "alice" in screen_text(pilot)


async def test_a_refusal_takes_the_stage_with_its_comparison(token_registry: Peer, home: Path) -> None:
    assert token_registry.tokens
    token_registry.tokens.mischief.claims = lambda claims: claims.update(aud="index.docker.io")
    try:
        async with running(app_at(f"{token_registry.host}/library/alpine:latest", home)) as pilot:
            await settle(pilot)
            shown = screen_text(pilot)
    finally:
        token_registry.tokens.mischief.claims = None
    assert "registry asked" in shown
    assert "token grants" in shown
    assert "audience-mismatch" in shown
    row = next(line for line in shown.splitlines() if "service" in line and "index.docker.io" in line)
    assert "✗" in row


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A repository of 100 000 tags, written into docker-registry's storage layout: it lists the folders there are."""
    folder = tmp_path_factory.mktemp("crowded")
    tags = folder / "data/docker/registry/v2/repositories/big/tags/_manifests/tags"
    tags.mkdir(parents=True)
    for number in range(MANY):
        (tags / f"v{number // 1000}.{number // 100 % 10}.{number % 100}").mkdir()
    with docker_registry(folder) as host:
        yield host


async def test_100_000_tags_appear_filter_and_scroll(crowded: str, home: Path) -> None:
    async with running(app_at(f"{crowded}/big/tags", home)) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: len(screen.tags.tags) == MANY)
        await settle(pilot)
        assert "100 000" in screen_text(pilot)
        await press(pilot, "f", *"v42.7.1")
        await wait_for(pilot, lambda: 0 < len(screen.tags.rows.view) < 20)
        assert "v42.7.1" in screen_text(pilot)
        await press(pilot, "escape")
        await wait_for(pilot, lambda: len(screen.tags.rows.view) == MANY)
        await press(pilot, "G")
        await wait_for(pilot, lambda: screen.tags.rows.scroll_offset.y > MANY - 100)
        await press(pilot, "g")
        await wait_for(pilot, lambda: screen.tags.rows.scroll_offset.y == 0)


def test_100_000_tags_are_listed_by_one_request(crowded: str) -> None:
    from .conftest import reglens

    ran = reglens("tags", "--json", "--sort", "semver", f"{crowded}/big/tags")
    listed = json.loads(ran.out)["tags"]
    assert len(listed) == MANY
    assert [listed.index(tag) for tag in ("v0.0.2", "v0.0.10", "v99.9.99")] == sorted(
        listed.index(tag) for tag in ("v0.0.2", "v0.0.10", "v99.9.99")
    )
