"""Pictures of the manifest and the authentication pane in their main states, at a fixed time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from reglens.errors import ErrorEntry, NotFound, Reach, Unreachable
from reglens.oci.reference import Reference
from reglens.registry.cache import Seen
from support.exchanges import (
    at,
    classic_diagnosis,
    classic_refusal,
    healthy_diagnosis,
    healthy_pull,
    rate_limited,
    redirect_exchanges,
    under_way,
    unreachable,
)
from support.manifests import chart, config, image, index
from support.pane_app import PaneApp

SnapCompare = Callable[..., bool]
ALPINE = Reference.parse("alpine:3.20")
SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)


def keys(*pressed: str) -> Callable[[Pilot[None]], object]:
    """Presses keys and waits until every worker is done."""

    async def run(pilot: Pilot[None]) -> None:
        await pilot.press(*pressed)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()

    return run


def pulling(app: PaneApp) -> None:
    for exchange in healthy_pull():
        app.auth_pane.put(exchange)
    app.auth_pane.show_diagnosis(healthy_diagnosis())


def refused(app: PaneApp) -> None:
    for exchange in classic_refusal():
        app.auth_pane.put(exchange)
    app.auth_pane.show_diagnosis(classic_diagnosis())


def all_sorts(app: PaneApp) -> None:
    for exchange in (*healthy_pull(), *redirect_exchanges(), rate_limited(6), unreachable(7), under_way(8)):
        app.auth_pane.put(exchange)


def showing_image(app: PaneApp) -> None:
    app.manifest_pane.show_manifest(ALPINE, index())
    app.manifest_pane.show_manifest(ALPINE.at_digest(image().digest), image())
    app.manifest_pane.show_config(image().digest, config())


def failed(app: PaneApp) -> None:
    error = NotFound(
        "library/alpine has no tag 3.99.",
        "List its tags, or look whether the name is right.",
        status=404,
        entries=(ErrorEntry("MANIFEST_UNKNOWN", "manifest unknown"),),
    )
    app.manifest_pane.show_failure(ALPINE.at_tag("3.99"), error)


def offline(app: PaneApp) -> None:
    error = Unreachable("Nobody answers at docker.io.", "Is this machine online?", kind=Reach.CONNECT)
    seen = Seen(index().digest, "", at(0) - timedelta(days=3))
    app.manifest_pane.show_failure(ALPINE, error, seen)


def cached(app: PaneApp) -> None:
    kept = replace(index(), kept_since=at(0) - timedelta(days=3))
    app.manifest_pane.show_manifest(ALPINE.at_digest(kept.digest), kept)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_refused(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(PaneApp("auth", refused), terminal_size=size, run_before=keys())


def test_refused_light_and_narrow(snap_compare: SnapCompare) -> None:
    assert snap_compare(PaneApp("auth", refused, light=True), terminal_size=(60, 50), run_before=keys())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_exchanges(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(PaneApp("auth", all_sorts), terminal_size=size, run_before=keys())


def test_pulled(snap_compare: SnapCompare) -> None:
    assert snap_compare(PaneApp("auth", pulling), terminal_size=(100, 8), run_before=keys())


def test_detail_of_a_challenge(snap_compare: SnapCompare) -> None:
    assert snap_compare(PaneApp("auth", pulling), terminal_size=(100, 50), run_before=keys("g", "enter"))


@pytest.mark.parametrize("size", [(80, 24), (120, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_token(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(PaneApp("auth", pulling), terminal_size=size, run_before=keys("right", "right"))


@pytest.mark.parametrize("size", [(46, 24), (100, 30)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_index(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    app = PaneApp("manifest", lambda app: app.manifest_pane.show_manifest(ALPINE, index()))
    assert snap_compare(app, terminal_size=size, run_before=keys("plus", "j"))


@pytest.mark.parametrize("section", range(5), ids=["overview", "layers", "config", "history", "json"])
def test_image(snap_compare: SnapCompare, section: int) -> None:
    app = PaneApp("manifest", showing_image)
    assert snap_compare(app, terminal_size=(70, 30), run_before=keys(*["right"] * section))


def test_layers_narrow_and_light(snap_compare: SnapCompare) -> None:
    app = PaneApp("manifest", showing_image, light=True)
    assert snap_compare(app, terminal_size=(46, 20), run_before=keys("right"))


def test_chart(snap_compare: SnapCompare) -> None:
    app = PaneApp("manifest", lambda app: app.manifest_pane.show_manifest(ALPINE, chart()))
    assert snap_compare(app, terminal_size=(70, 16), run_before=keys())


def test_failed(snap_compare: SnapCompare) -> None:
    assert snap_compare(PaneApp("manifest", failed), terminal_size=(46, 16), run_before=keys())


@pytest.mark.parametrize("state", [offline, cached], ids=["offline", "cached"])
def test_kept(snap_compare: SnapCompare, state: Callable[[PaneApp], None]) -> None:
    assert snap_compare(PaneApp("manifest", state), terminal_size=(46, 16), run_before=keys())
