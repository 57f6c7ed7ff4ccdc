"""Keyrings in the system's place, for the program that asks one: ``PYTHON_KEYRING_BACKEND`` names a class of these.

`environ_for` gives the environment in which that program finds them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordSetError

TESTS = Path(__file__).parents[1]


class InFile(KeyringBackend):
    """Keeps its entries in the file that ``TEST_KEYRING`` names, and in ``TEST_KEYRING``.log what it was asked, with
    the arguments and the environment of the process that asked."""

    priority = 5

    @property
    def file(self) -> Path:
        return Path(os.environ["TEST_KEYRING"])

    def _entries(self, what: str) -> dict[str, str]:
        with self.file.with_suffix(".log").open("a") as log:
            print(what, sys.argv[1:], sorted(os.environ.items()), file=log)
        read: dict[str, str] = json.loads(self.file.read_text()) if self.file.exists() else {}
        return read

    def get_password(self, service: str, username: str) -> str | None:
        return self._entries("get").get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.file.write_text(json.dumps(self._entries("set") | {f"{service} {username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        entries = self._entries("delete")
        del entries[f"{service} {username}"]
        self.file.write_text(json.dumps(entries))


class Locked(InFile):
    """One that stays locked, and quotes what it was given when it says so."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise PasswordSetError(f"no place for {password!r}")

    def delete_password(self, service: str, username: str) -> None:
        raise KeyringLocked("Failed to unlock the collection!")


class Silent(InFile):
    """One that waits for somebody who never comes."""

    def get_password(self, service: str, username: str) -> str | None:
        self._entries("get")
        time.sleep(600)
        return None


class Asking(InFile):
    """One that wants to ask at the terminal."""

    def get_password(self, service: str, username: str) -> str | None:
        with open("/dev/tty") as terminal:
            return terminal.readline()


class Chatty(InFile):
    """One that prints, and brings a stray answer among its words."""

    def get_password(self, service: str, username: str) -> str | None:
        print('{"Username": "mallory", "Secret": "printed"}')
        return super().get_password(service, username)


def environ_for(backend: str, file: Path) -> dict[str, str]:
    """The environment for a backend: the name of a class here, or of a module and class of keyring's own."""
    name = backend if "." in backend else f"support.keyrings.{backend}"
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL")}
    return {**kept, "PYTHON_KEYRING_BACKEND": name, "PYTHONPATH": str(TESTS), "TEST_KEYRING": str(file)}
