# ruff: noqa: E402 - the paths to the code come first
"""Make the pictures: the app browses the demo registry, and is drawn as SVG and PNG.

    python screenshots/make.py [SCENE…]

Everything is real but the terminal: the registry and its token server listen on loopback, the tokens are signed, the
refusals are the registry's own. Nobody edits a picture by hand.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "tui"), str(HERE.parent / "tests")]

import resvg_py
from textual.pilot import Pilot

from reglens.app.app import ReglensApp
from reglens.app.main import utcnow
from reglens.app.ports import RegistrySession
from reglens.app.remember import Memory, Remembered
from reglens.app.screens.difference import DifferenceScreen
from reglens.app.screens.menu import Menu
from reglens.app.screens.paste import Paste
from reglens.app.tag_facts import Detail
from reglens.app.theme import LIGHT
from reglens.auth.credentials import Anonymous
from reglens.demo.server import DemoRegistry
from reglens.registry.options import Options
from reglens.registry.session import Session
from support.app_driver import browser, press, settle, started, wait_for

Act = Callable[[Pilot[None]], Awaitable[None]]
SIZES = ((80, 24), (120, 40), (200, 60))
MIDDLE = (SIZES[1],)
PREFERRED_PORT = 5000
"""The port that readers know from registries; any other if it is taken."""


async def find(pilot: Pilot[None], name: str) -> None:
    """Search for a repository and open it."""
    screen = browser(pilot)
    await press(pilot, "slash", *("slash" if character == "/" else character for character in name))
    await wait_for(pilot, lambda: any(found.endswith(name) for found in screen.search.labels(20)))
    await settle(pilot)
    await press(pilot, "enter")
    await settle(pilot)


async def browse(pilot: Pilot[None]) -> None:
    await find(pilot, "alpine")
    await press(pilot, "s", "s")
    await settle(pilot)
    await press(pilot, "enter")
    await settle(pilot)


async def image(pilot: Pilot[None]) -> None:
    await find(pilot, "postgres")
    await press(pilot, "enter")
    await settle(pilot)
    await press(pilot, "enter")
    await settle(pilot)
    await press(pilot, "right")


async def search(pilot: Pilot[None]) -> None:
    await press(pilot, "slash", *"graf")
    await settle(pilot)


async def refused(pilot: Pilot[None]) -> None:
    await find(pilot, "broken/audience-mismatch")


async def token(pilot: Pilot[None]) -> None:
    await browse(pilot)
    await press(pilot, "a", "right", "right")
    await settle(pilot)


async def keys(pilot: Pilot[None]) -> None:
    await browse(pilot)
    await press(pilot, "question_mark")
    await wait_for(pilot, lambda: getattr(pilot.app.screen, "laid_out", False))


async def explain(pilot: Pilot[None]) -> None:
    await press(pilot, "x")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Paste))
    await press(pilot, "ctrl+t")
    screen = pilot.app.screen
    assert isinstance(screen, Paste)
    await wait_for(pilot, lambda: screen._read is not None)
    await settle(pilot)


async def compare(pilot: Pilot[None]) -> None:
    await find(pilot, "postgres")
    await press(pilot, "space", "j", "j", "equals_sign")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen))
    await settle(pilot)


async def artifact(pilot: Pilot[None]) -> None:
    await find(pilot, "acme/shop-chart")
    await press(pilot, "enter")
    await settle(pilot)
    await press(pilot, "C")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Menu))


@dataclass(frozen=True)
class Scene:
    """What is done before the picture is taken, in which sizes and theme."""

    act: Act
    sizes: tuple[tuple[int, int], ...] = MIDDLE
    theme: str = ""


SCENES = {
    "browse": Scene(browse, SIZES),
    "browse-light": Scene(browse, theme=LIGHT.name),
    "refused": Scene(refused, SIZES),
    "refused-light": Scene(refused, theme=LIGHT.name),
    "image": Scene(image),
    "search": Scene(search),
    "token": Scene(token),
    "explain": Scene(explain),
    "compare": Scene(compare),
    "artifact": Scene(artifact),
    "keys": Scene(keys, ((120, 50),)),
}


def make_app(demo: DemoRegistry, scene: Scene) -> ReglensApp:
    """The app as the command line makes it, with nothing remembered but that everything is to stand beside the tags."""

    def make(registry: str) -> RegistrySession:
        options = Options(search_url=demo.search_url if registry == demo.registry else "")
        return Session(registry, options=options, credentials=Anonymous())

    memory = Memory()
    memory.known = replace(Remembered(), theme=scene.theme, columns=Detail.ALL.value)
    return ReglensApp(None, make=make, clock=utcnow, memory=memory, demo=demo)


async def take(demo: DemoRegistry, name: str, scene: Scene) -> None:
    """Play a scene in each of its sizes and draw it."""
    for columns, rows in scene.sizes:
        app = make_app(demo, scene)
        async with app.run_test(size=(columns, rows)) as pilot:
            await started(pilot)
            await settle(pilot)
            await scene.act(pilot)
            app.clear_notifications()
            await pilot.pause()
            svg = app.export_screenshot(title="reglens demo")
        path = HERE / f"{name}-{columns}x{rows}.svg"
        path.write_text(svg, encoding="utf-8")
        drawn = resvg_py.svg_to_bytes(
            svg_string=svg, font_family="Fira Code", monospace_family="Fira Code", sans_serif_family="DejaVu Sans"
        )
        path.with_suffix(".png").write_bytes(bytes(drawn))
        print(path.name)


async def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in SCENES]
    if unknown:
        sys.exit(f"no such scene: {', '.join(unknown)}; there are {', '.join(SCENES)}")
    demo = DemoRegistry(port=PREFERRED_PORT)
    with suppress(OSError):
        demo.start()
    if demo.registry.endswith(":0"):
        demo = DemoRegistry()
        demo.start()
    try:
        for name in names or SCENES:
            await take(demo, name, SCENES[name])
    finally:
        demo.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
