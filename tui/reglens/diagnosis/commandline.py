"""The commands of fixes as a shell reads them.

Commands are made of templates and of names that the evidence gives: hosts, repositories, users. What a server or a
paste wrote must stay a word to the shell that the command is pasted into, whatever characters it holds; and a blank to
fill (``<user>``) must be no redirection.
"""

from __future__ import annotations

import re
import shlex

_PROGRAMS = frozenset(
    "docker podman buildah skopeo nerdctl crictl ctr crane oras regctl helm kubectl oc curl aws az gcloud reglens sudo "
    "openssl getent echo printf sed jq command ls security pass gpg export unset unzip timedatectl chronyc date "
    "flux grep htpasswd gnome-keyring-daemon docker-credential-wincred ibmcloud".split()
)
"""Programs of which a command is a command line; the other commands are lines for a file."""
_PIPED = (
    r"(?:base64|cut|docker|podman|skopeo|buildah|nerdctl|oras|crane|regctl|helm|grep|jq|sha256sum|awk) "
    r"|sha256sum$|(?:<bin-dir>/)?[\w./-]{1,200} get(?:-credentials)?$"
)
_PIECE = re.compile(
    r"(?P<plain>'[^']*'|\\.)"
    r"|(?P<quoted>\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<blank>(?<![<>])<[A-Za-z_][^<>\n\"']{0,60}>)"
    r"|(?P<open>\$\((?=(?:curl -s|openssl rand|gpg --list-secret-keys) )|\((?=cd ~/\.docker ))"
    rf"|(?P<ours>\| (?={_PIPED})|; (?=date -u$)|&& (?=jq |mv )|> (?=new\.json |htpasswd$)|2>&1|<(?=/dev/null$)"
    r"|<<< (?=\"))"
    r"|(?P<active>\$(?=[({])|[;&|`()<>\n])"
    r"|(?P<other>.)",
    re.DOTALL,
)
_SUBSTITUTION = re.compile(r"`|\$\((?!gpg --list-secret-keys )")


def is_shell(command: str) -> bool:
    """Whether a command is for a shell; others are lines for a file."""
    first = command.split(maxsplit=1)[0] if command.strip() else ""
    return "\n" not in command and (first in _PROGRAMS or re.match(r"[A-Z_]+=\S|\(cd ", command) is not None)


def as_shell(command: str) -> str:
    """A command with its blanks in quotes, in which nothing is a shell's operator or substitution but what the
    templates of this package write."""
    if not is_shell(command):
        return command
    depth = 0
    pieces: list[str] = []
    for found in _PIECE.finditer(command):
        text = found[0]
        if found["open"]:
            depth += 1
        elif found["blank"]:
            text = f'"{text}"'
        elif found["quoted"] and _SUBSTITUTION.search(text):
            text = shlex.quote(text[1:-1])
        elif text == ")" and depth:
            depth -= 1
        elif found["active"]:
            text = f"\\{text}"
        pieces.append(text)
    return "".join(pieces)
