"""The program that talks to the system's keyring, run by its path in a process of its own; it imports nothing of ours.

A keyring may wait for a person to unlock it, or for a D-Bus service that never answers; a thread that waits so can be
neither stopped nor left behind at the end, a process can. It has no terminal, so that no backend can ask at one.

It speaks as docker's credential helpers do (docker/docker-credential-helpers, README, "Development"): ``get``,
``store`` or ``erase`` as argument, the question as JSON on stdin (``service``, ``username``, for ``store`` also
``secret``), the answer as JSON, or a sentence and the exit code 1, on stdout. Secrets are in no argument and no
variable.
"""

from __future__ import annotations

import json
import sys

NOT_FOUND = "credentials not found"
NONE = (
    "this system has no keyring that can be used: neither Secret Service (GNOME Keyring, KeePassXC), KWallet, macOS "
    "Keychain nor Windows Credential Locker answers"
)


def answer(verb: str, service: str, username: str, secret: str) -> str:
    """Do it; the answer in JSON, or ``""`` where there is nothing to tell. Raises whatever the keyring raises, and
    LookupError where it has no such entry or there is no keyring at all."""
    import keyring
    from keyring import core, errors
    from keyring.backends import fail, null

    # Only what keyring itself recommends, unless the person configured another: those below keep secrets in plain files
    # or ask at a terminal (keyring, core.py, recommended; keyrings.alt).
    core.init_backend(limit=core.recommended)
    if isinstance(keyring.get_keyring(), fail.Keyring | null.Keyring):  # null forgets what it is given, silently
        raise LookupError(NONE)
    try:
        if verb == "get":
            found = keyring.get_password(service, username)
            if found is None:
                raise LookupError(NOT_FOUND)
            return json.dumps({"ServerURL": service, "Username": username, "Secret": found})
        if verb == "store":
            keyring.set_password(service, username, secret)
            if keyring.get_password(service, username) != secret:
                raise LookupError("it took the password and does not give it back")
        elif keyring.get_password(service, username) is None:
            raise LookupError(NOT_FOUND)
        else:
            keyring.delete_password(service, username)
    except errors.NoKeyringError:
        raise LookupError(NONE) from None
    return ""


def main() -> int:
    """Read the question, print the answer."""
    out, sys.stdout = sys.stdout, sys.stderr  # what a backend prints is no answer
    asked = json.load(sys.stdin)
    secret = asked.get("secret", "")
    try:
        told, code = answer(sys.argv[1], asked["service"], asked["username"], secret), 0
    except LookupError as error:
        told, code = str(error), 1
    except ImportError as error:
        told, code = f"it cannot be asked from here: {error}", 1
    except Exception as error:
        told, code = f"{type(error).__name__}: {error}", 1
        if secret:
            told = told.replace(secret, "(the password)")
    out.write(told)
    return code


if __name__ == "__main__":
    sys.exit(main())
