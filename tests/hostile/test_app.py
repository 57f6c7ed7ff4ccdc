"""The application itself before a hostile registry: a process of its own, a pseudo-terminal, real sockets."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.hostile import BEHAVIOURS, CLIPBOARD, EVIL, Hostile
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
BESIDE = ("w", "e", ESCAPE, ESCAPE, "L", "\x13", ESCAPE, "u", ESCAPE, "2", " jj=", ESCAPE, "y", "c", "Y", "3D")
"""The walk and its exports, the laboratory with a try sent, the identities, tags compared, all that can be copied."""


@dataclass
class Before:
    """The app before the hostile registry, with a login for it and a helper for the other host."""

    terminal: Terminal
    hostile: Hostile
    home: Path

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
            yield Before(terminal, hostile, tmp_path)


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


def written_nowhere(home: Path) -> None:
    """No secret is in any file but those that hold it: what was saved, logged, or shown to a helper."""
    ours = {home / ".docker" / "config.json", home / "bin" / "docker-credential-canary"}
    files = [path for path in home.rglob("*") if path.is_file() and path not in ours]
    assert b"every library is heard" in (home / "logged").read_bytes()
    for path in files:
        data = path.read_bytes()
        for canary in CANARIES:
            assert canary.encode() not in data, f"{canary} in {path}"


def kept_secret(app: Before) -> None:
    """No secret was painted or copied, written down, logged, or shown to a child."""
    painted = app.terminal.sent + b"".join(base64.b64decode(value) for value in copied(app.terminal.sent))
    for canary in CANARIES:
        assert canary.encode() not in painted, canary
    written_nowhere(app.home)


@pytest.mark.parametrize("group", GROUPS)
def test_the_app_survives(group: str, app: Before) -> None:
    """Each behaviour is met at a place of its own; every section is opened, and the walk is begun."""
    for name in GROUPS[group]:
        app.hostile.everywhere = name
        app.visit(f"{app.hostile.host}/{name}:latest")
        app.tour("".join((*SECTIONS, *AUTHENTICATION)), "w", ESCAPE)
    leaves_well(app)


@pytest.mark.parametrize("name", ["text/image", "text/names", "auth/evil-token", "text/challenge"])
def test_everything_that_opens_is_opened(name: str, app: Before) -> None:
    """One thing after the other, each seen before the next; at the end a paste, and a host with a credential helper."""
    app.hostile.everywhere = name
    app.visit(f"{app.hostile.host}/{name}:latest")
    app.tour(*SECTIONS, "3", "l", "\r", "\r", ESCAPE, ESCAPE, *AUTHENTICATION, *BESIDE)
    pasted = "".join(EVIL).encode("utf-8", "backslashreplace").decode()
    for field in ("/", "2f"):
        app.tour(field, f"\x1b[200~{pasted.translate({10: None, 13: None})}\x1b[201~", ESCAPE, ESCAPE)
    app.tour("x", f"\x1b[200~{pasted} Authorization: Basic {ENCODED}\x1b[201~", ESCAPE, ESCAPE)
    app.visit(f"{app.hostile.elsewhere}/team/app:latest")
    app.terminal.until(rb"team/app")
    app.tour("u", ESCAPE)
    leaves_well(app)
    if name == "text/image":
        shown = app.terminal.sent.decode()
        assert "␛]52;c;UFdORUQ=␇board" in shown, "the attack is shown for what it is"


COMMANDS = (
    ("digest",),
    ("token",),
    ("check",),
    ("manifest", "--json"),
    ("tags",),
    ("credentials",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_whole_run_of_a_command_tells_no_secret(command: tuple[str, ...], tmp_path: Path) -> None:
    """Not in what it prints, not in any file, not in any library's log, not to a credential helper."""
    with Hostile() as hostile:
        env = furnish(tmp_path, hostile)
        for place in (f"{hostile.host}/auth/token-odd-times:latest", f"{hostile.elsewhere}/team/app:latest"):
            ended = subprocess.run(reglens(*command, place), env=env, cwd=tmp_path, capture_output=True, timeout=60)
            assert ended.returncode in (0, 1, 2), ended
            (tmp_path / "printed").write_bytes(ended.stdout + ended.stderr)
            written_nowhere(tmp_path)
