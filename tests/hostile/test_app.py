"""The application itself before a hostile registry: a process of its own, a pseudo-terminal, real sockets."""

from __future__ import annotations

import base64
import json
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.hostile import BEHAVIOURS, CLIPBOARD, Hostile
from support.terminal import ESCAPE, STEERING, Terminal, copied, environment, foreign, reglens

from .conftest import ENCODED, SECRETS, log_in, others_learn_nothing

HELPED = "helped-canary-5d4c3b2a19"
"""The secret that the credential helper of the other host holds."""
CANARIES = (*SECRETS, HELPED, base64.b64encode(f"bob:{HELPED}".encode()).decode())
MEMORY = 640 << 20
"""Octets that the app may have resident at its peak; it takes about 70 MB before an honest registry."""
SLOW = ("body/drip", "body/drip-headers", "body/silent", "body/continue")
GROUPS = {
    "text": [name for name in BEHAVIOURS if name.startswith("text/")],
    "ways": [name for name in BEHAVIOURS if name.startswith(("pages/", "redirect/")) and name != "pages/endless"],
    "bodies": [name for name in BEHAVIOURS if name.startswith("body/") and name not in SLOW],
    "slow": [*SLOW],
    "documents": [name for name in BEHAVIOURS if name.startswith(("json/", "digest/"))],
    "authorization": [name for name in BEHAVIOURS if name.startswith(("headers/", "auth/"))],
}
SECTIONS = ("3", "l\r", ESCAPE, "l\r", ESCAPE, "l\r", ESCAPE, "l\r", ESCAPE, "l\r", ESCAPE)
"""Every section of a manifest, and what opens from its first row."""
AUTHENTICATION = ("4", "l", "l", "h", "h", "\r", "c", ESCAPE)
"""Every section of the authentication pane, and an exchange, copied as curl."""
ELSEWHERE = ("w", ESCAPE, "L", "\x13", ESCAPE, "u", ESCAPE, "2", "j j=", ESCAPE, "y", "c", "Y")
"""The walk, the laboratory with a try sent, the identities, two tags compared, everything that can be copied."""


@dataclass
class Before:
    """The app before the hostile registry, with a login for it and a helper for the other host."""

    terminal: Terminal
    hostile: Hostile
    home: Path
    log: Path

    def visit(self, place: str) -> None:
        """Open a place by typing it."""
        self.terminal.press(f"{ESCAPE}{ESCAPE}/\x15{place}\r")
        self.terminal.drain(0.25, 3)

    def tour(self, *keys: str) -> None:
        """Press keys, waiting after each for what it leads to."""
        for key in keys:
            self.terminal.press(key)
            self.terminal.drain(0.1, 1)


HELPER = """#!{python}
import json, os, pathlib, sys
here = pathlib.Path({home!r})
parent = os.getppid()
with open(here / "helper-saw", "ab") as seen:
    seen.write(pathlib.Path("/proc/self/environ").read_bytes())
    seen.write(pathlib.Path("/proc/self/cmdline").read_bytes())
    seen.write(pathlib.Path(f"/proc/{{parent}}/cmdline").read_bytes())
json.dump({{"Username": "bob", "Secret": {secret!r}}}, sys.stdout)
"""
LOGGING = """
import logging, os
logging.basicConfig(filename=os.environ["LOGGED"], level=1, force=True)
logging.getLogger("canary").debug("every library is heard")
"""
"""Imported by the interpreter on its start: whatever any library logs, at whatever level, goes into a file."""


def furnish(home: Path, hostile: Hostile) -> dict[str, str]:
    """Logins in a file, in a variable and with a helper, and an ear for logs; the environment for them."""
    log_in(home, hostile.host)
    config = home / ".docker" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"credHelpers": {hostile.elsewhere: "canary"}}))
    programs = home / "bin"
    programs.mkdir()
    helper = programs / "docker-credential-canary"
    helper.write_text(HELPER.format(python=sys.executable, home=str(home), secret=HELPED))
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    ear = home / "ear"
    ear.mkdir()
    (ear / "sitecustomize.py").write_text(LOGGING)
    env = environment(home)
    return env | {
        "PATH": f"{programs}:{env['PATH']}",
        "PYTHONPATH": f"{ear}:{env['PYTHONPATH']}",
        "LOGGED": str(home / "logged"),
        "DOCKER_CONFIG": str(config.parent),
        "DOCKER_AUTH_CONFIG": json.dumps({"auths": {"elsewhere.example": {"auth": ENCODED}}}),
    }


@pytest.fixture
def app(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Before]:
    """The app, opened on the registry's list of repositories."""
    patience = "0.3" if request.node.callspec.params.get("group") == "slow" else "10"
    with Hostile() as hostile:
        env = furnish(tmp_path, hostile)
        with Terminal(reglens("--timeout", patience, hostile.host), env) as terminal:
            terminal.until(b"team/app")
            yield Before(terminal, hostile, tmp_path, tmp_path / "logged")


def leaves_well(app: Before) -> None:
    """It still answers keys, ends when told to, and did no harm to the terminal or to a secret."""
    terminal = app.terminal
    terminal.drain(0.3, 5)
    assert terminal.process.poll() is None, terminal.sent[-3000:]
    answered = len(terminal.sent)
    terminal.press(ESCAPE * 4)
    terminal.drain(0.2, 2)
    terminal.press("?")
    terminal.until(rb"List the keys|Everywhere", since=answered)
    peak = terminal.memory()[1]
    terminal.press(ESCAPE)
    terminal.drain(0.2, 2)
    terminal.press("q")
    assert terminal.ended() == 0
    terminal.restored()
    assert peak < MEMORY, f"{peak >> 20} MB"
    harmless(terminal.sent)
    kept_secret(app)
    others_learn_nothing(app.hostile)


def harmless(sent: bytes) -> None:
    """What holds of the octets for a terminal, whatever the server did."""
    assert foreign(sent) == []
    assert b"Traceback" not in sent
    assert b"efect in reglens" not in sent
    for value in copied(sent):
        assert value != CLIPBOARD
        text = base64.b64decode(value).decode()
        assert STEERING.search(text) is None, repr(text)


def kept_secret(app: Before) -> None:
    """No secret was painted, written down, logged, or shown to a child."""
    ours = {app.home / ".docker" / "config.json", app.home / "bin" / "docker-credential-canary"}
    files = [path for path in app.home.rglob("*") if path.is_file() and path not in ours]
    assert app.log in files, "the ear was there"
    painted = app.terminal.sent + b"".join(base64.b64decode(value) for value in copied(app.terminal.sent))
    places = {"the terminal": painted, **{str(path): path.read_bytes() for path in files}}
    for where, data in places.items():
        for canary in CANARIES:
            assert canary.encode() not in data, f"{canary} in {where}"


@pytest.mark.parametrize("group", GROUPS)
def test_the_app_survives(group: str, app: Before) -> None:
    for name in GROUPS[group]:
        app.hostile.everywhere = name
        app.visit(f"{app.hostile.host}/{name}:latest")
        app.tour("".join((*SECTIONS, *AUTHENTICATION)), "w", ESCAPE)
    leaves_well(app)
