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

from .conftest import ENCODED, SECRETS, THOROUGH, log_in, others_learn_nothing

HELPED = "helped-canary-5d4c3b2a19"
"""The secret that the credential helper of the registry that wants a login holds."""
HELPED_ENCODED = base64.b64encode(f"bob:{HELPED}".encode()).decode()
CANARIES = (*SECRETS, HELPED, HELPED_ENCODED)
MEMORY = 400 << 20
"""Octets that the app may have resident at its peak; it takes about 70 MB before an honest registry."""
SLOW = ("body/drip", "body/drip-headers", "body/silent", "body/continue")
LARGE = ("json/many-entries", "json/empty-lists", "pages/heavy")
"""What takes most memory: met in every run."""


def some(*families: str) -> list[str]:
    """The behaviours of these families. A visit takes about a second: unless all is to be met, three of four are left
    to the commands."""
    names = [name for name in BEHAVIOURS if name.startswith(families) and name not in (*SLOW, "pages/endless")]
    return names if THOROUGH else [name for name in names if name in LARGE or name in names[2::4]]


GROUPS = {
    "text": some("text/"),
    "ways": some("pages/", "redirect/"),
    "bodies": some("body/"),
    "slow": [*SLOW],
    "documents": some("json/", "digest/"),
    "authorization": some("headers/", "auth/"),
}
GLANCE = {"text": ("3llll",), "documents": ("3lllll",), "ways": ("w",)}
"""What more a group is worth a look for: the sections, or the walk."""
SECTIONS = ("3", "l\r", ESCAPE, "l\r", ESCAPE, "l\r", ESCAPE, "l\r", ESCAPE, "l\r", ESCAPE)
"""Every section of a manifest, and what opens from its first row."""
AUTHENTICATION = ("4", "l", "l", "h", "h", "\r", "c", ESCAPE)
"""Every section of the authentication pane, and an exchange, copied as curl."""
BESIDE = ("w", "e", ESCAPE, ESCAPE, "L", "\x13", ESCAPE, "u", ESCAPE, "2", " jj=", ESCAPE, "y", "c", "Y", "3D")
"""The walk and its exports, the laboratory with a try sent, the identities, tags compared, all that can be copied."""


@dataclass
class Before:
    """The app before the hostile registry, with a login for it and a helper for the one that wants a login."""

    terminal: Terminal
    hostile: Hostile
    home: Path

    def visit(self, place: str) -> None:
        """Open a place by pasting its name into the search field."""
        self.terminal.press(f"{ESCAPE}{ESCAPE}/\x15\x1b[200~{place}\x1b[201~\r")
        self.terminal.settle(4)

    def tour(self, *keys: str) -> None:
        """Press keys, waiting after each for what it leads to, though not for a server that takes its time."""
        for key in keys:
            self.terminal.press(key)
            self.terminal.settle(4)


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
    config.write_text(json.dumps(json.loads(config.read_text()) | {"credHelpers": {hostile.helped: "canary"}}))
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
        with Terminal(reglens("--timeout", patience, hostile.host), env, 100, 30) as terminal:
            terminal.until(b"team/app")
            yield Before(terminal, hostile, tmp_path)


def leaves_well(app: Before) -> None:
    """It still answers keys, ends when told to, and did no harm to the terminal or to a secret."""
    terminal = app.terminal
    terminal.settle(10)
    assert terminal.process.poll() is None, terminal.sent[-3000:]
    terminal.press(ESCAPE * 4)
    terminal.settle(10)
    answered = len(terminal.sent)
    terminal.press("?")
    terminal.until(rb"List the keys|Everywhere", since=answered)
    peak = terminal.memory()[1]
    terminal.press(f"{ESCAPE}q")
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


def was_helped(hostile: Hostile, home: Path) -> None:
    """The helper was run, and what it has went to its registry, and to nobody else."""
    assert (home / "helper-saw").exists()
    assert any(asked.headers.get("authorization") == f"Basic {HELPED_ENCODED}" for asked in hostile.to("helped"))
    for asked in (*hostile.to("registry"), *hostile.to("elsewhere")):
        assert HELPED.encode() not in asked.raw + asked.body
        assert HELPED_ENCODED.encode() not in asked.raw + asked.body


@pytest.mark.parametrize("group", GROUPS)
def test_the_app_survives(group: str, app: Before) -> None:
    """Each behaviour is met at a place of its own, and the last exchange is opened."""
    for name in GROUPS[group]:
        app.hostile.everywhere = name
        app.visit(f"{app.hostile.host}/{name}:latest")
        if group in GLANCE:
            app.tour(*GLANCE[group])
    app.tour("4G\r", ESCAPE)
    leaves_well(app)


@pytest.mark.skipif(not THOROUGH, reason="takes minutes: REGLENS_SOAK")
@pytest.mark.parametrize("group", ["ways"])
def test_a_list_without_end_ends_in_the_app(group: str, app: Before) -> None:
    """Ten thousand pages: keys are answered meanwhile, then it is said what was left out."""
    app.hostile.everywhere = "pages/endless"
    app.visit(f"{app.hostile.host}/pages/endless:latest")
    app.tour("2", "jj", "3", "l")
    app.terminal.until(rb"The list has no end: it goes on")
    leaves_well(app)


@pytest.mark.parametrize(
    "name", ["text/image", *(("text/names", "auth/evil-token", "text/challenge") if THOROUGH else ())]
)
def test_everything_that_opens_is_opened(name: str, app: Before) -> None:
    """One after the other, each seen before the next; at the end pastes, and a registry whose login a helper has."""
    app.hostile.everywhere = name
    app.visit(f"{app.hostile.host}/{name}:latest")
    app.tour(*SECTIONS, "3", "l", "\r", "\r", ESCAPE, ESCAPE, *AUTHENTICATION, *BESIDE)
    pasted = "".join(EVIL).encode("utf-8", "backslashreplace").decode()
    for field in ("/", "2f"):
        app.tour(field, f"\x1b[200~{pasted.translate({10: None, 13: None})}\x1b[201~", ESCAPE, ESCAPE)
    app.tour("x", f"\x1b[200~{pasted} Authorization: Basic {ENCODED}\x1b[201~", ESCAPE, ESCAPE)
    app.visit(f"{app.hostile.helped}/team/app:latest")
    app.terminal.until(rb"as bob|bob")
    app.tour("u", ESCAPE)
    was_helped(app.hostile, app.home)
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
        for place in (f"{hostile.host}/auth/token-odd-times:latest", f"{hostile.helped}/team/app:latest"):
            ended = subprocess.run(reglens(*command, place), env=env, cwd=tmp_path, capture_output=True, timeout=60)
            assert ended.returncode in (0, 1, 2), ended
            (tmp_path / "printed").write_bytes(ended.stdout + ended.stderr)
            written_nowhere(tmp_path)
        if command[0] in ("digest", "manifest", "tags"):  # the others have no need to log in there
            was_helped(hostile, tmp_path)
