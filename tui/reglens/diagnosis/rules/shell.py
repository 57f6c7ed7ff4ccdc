"""What the shell did to the command before it ran."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from reglens.diagnosis import fixes
from reglens.diagnosis.evidence import Command, ShellEffect
from reglens.diagnosis.finding import Finding, Fix, Proof, Severity
from reglens.diagnosis.rules.build import graded
from reglens.diagnosis.scene import Scene, shown

_WORDS = {
    "background": "An & that is not in quotes ends the command and sends it into the background; what follows is "
    "taken for a command of its own. So the program never saw the rest",
    "expansion": "A $ or backquote outside single quotes is replaced by the shell: by a variable's value, which is "
    "nothing if there is none",
    "history": "An ! in an interactive bash is replaced by an earlier command, even within double quotes",
    "quote-removal": "The shell takes quotes away that were meant to belong to the data",
    "glob": "A * or ? that is not in quotes is replaced by the names of matching files, if there are any",
    "unclosed": "A quote is opened and never closed, so the command goes on into the next lines",
}


def shell(scene: Scene) -> Iterator[Finding]:
    """Each effect that changed what was asked for or who asked."""
    if scene.ok:
        return
    for command in scene.evidence.commands:
        for effect in command.effects:
            severity = _severity(scene, command, effect)
            if severity is None:
                continue
            yield graded(
                severity,
                "shell-quoting",
                "The shell changed the command before it ran",
                f"{_WORDS.get(effect.kind, 'The shell changed the command')}. Typed was {shown(effect.written)}"
                + (f"; lost was {shown(effect.lost)}" if effect.lost else "")
                + (f"; {command.program} got {shown(effect.became)}" if effect.became else "")
                + ".",
                [Proof(f"command {command.program}", shown(effect.written), effect.span or command.span)],
                _fix(scene, command, effect),
            )


def _severity(scene: Scene, command: Command, effect: ShellEffect) -> Severity | None:
    if effect.kind == "background":
        return Severity.ERROR if "=" in effect.lost else None
    if effect.kind in ("expansion", "history"):
        return Severity.ERROR if _credential(command, effect) else None
    if effect.kind == "quote-removal":
        return Severity.WARNING
    return None


def _credential(command: Command, effect: ShellEffect) -> bool:
    """Whether the expansion struck a user name or password, in the middle of a word."""
    return bool(effect.lost or effect.became != effect.written)


def _fix(scene: Scene, command: Command, effect: ShellEffect) -> Fix:
    if effect.kind == "background":
        token = any(e.number in command.exchanges for e in scene.token_requests) or "token" in command.text
        if token and (scene.grant is not None):
            return Fix("Put the whole URL in double quotes.", fixes.exchange_commands(scene))
        return Fix("Put the whole URL in double quotes.", (_requoted(command),))
    return Fix("Put the word in single quotes: within them the shell changes nothing.", (_requoted(command),))


def _requoted(command: Command) -> str:
    """The command with every word that needs it in quotes, as it was meant."""
    text = re.sub(r"sha256:[0-9a-f]{12}(?![0-9a-f])", "<password>", command.text.strip())
    words = []
    for word in text.split():
        bare = word.strip("'\"")
        if any(c in bare for c in "&?$!*") and not word.startswith(("'", '"')):
            words.append(f'"{bare}"' if not set(bare) & set("$!`'\"\\") else shlex.quote(bare))
        else:
            words.append(word)
    return " ".join(words)


RULES = (shell,)
