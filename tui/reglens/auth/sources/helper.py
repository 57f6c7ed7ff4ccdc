"""Credential helpers: programs that keep the secrets (docker/docker-credential-helpers, README, "Development").

``docker-credential-NAME get`` reads a server's name on stdin and answers ``{"ServerURL", "Username", "Secret"}``, or
fails with a sentence on stdout. Nothing is ever stored or erased.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from reglens.auth.sources.entries import Entry
from reglens.auth.sources.program import Surroundings, read_answer, talk

_ORIGINS = {
    "desktop": "it comes with Docker Desktop",
    "osxkeychain": "it comes with Docker Desktop for Mac",
    "wincred": "it exists on Windows only",
    "wincred.exe": "it exists on Windows only",
    "secretservice": "it is in the package golang-docker-credential-helpers",
    "pass": "it is in the package golang-docker-credential-helpers",
    "ecr-login": "it is in the package amazon-ecr-credential-helper",
    "gcloud": "it comes with the Google Cloud CLI",
    "gcr": "it is github.com/GoogleCloudPlatform/docker-credential-gcr",
    "acr-env": "it is github.com/chrismellard/docker-credential-acr-env",
}


@dataclass(frozen=True, slots=True)
class Helper:
    """A helper, by the name that a configuration calls it."""

    name: str

    @property
    def program(self) -> str:
        return f"docker-credential-{self.name}"

    async def get(self, server: str, source: str, within: Surroundings) -> Entry:
        """What the helper has for `server`; `empty` if it says that it has nothing. Never raises, but is cancelled."""
        if not self.name or os.sep in self.name or "\0" in self.name:
            return Entry(problem=f"{self.name!r} is no helper's name")
        import shutil  # it loads every compressor there is

        found = shutil.which(self.program, path=within.environ.get("PATH", os.defpath))
        if found is None:
            origin = _ORIGINS.get(self.name)
            return Entry(problem=f"{self.program} is not on PATH" + (f" ({origin})" if origin else ""))
        said = await talk(self.program, (found, "get"), server, within)
        return read_answer(self.program, said, source)
