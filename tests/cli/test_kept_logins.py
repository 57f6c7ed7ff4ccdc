"""What the commands say of a login in the system's keyring."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from reglens.auth.credentials import Credential
from reglens.auth.sources import default_credentials
from reglens.demo.server import DemoRegistry
from reglens.demo.tokens import PASSWORD, USER
from reglens.secret import Secret
from support.keyrings import environ_for

from .conftest import Run


def with_keyring(home: Path, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    for name, value in environ_for(backend, home / "the-keyring").items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def kept(demo: DemoRegistry, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's user, kept."""
    with_keyring(home, monkeypatch, "InFile")
    keyring = default_credentials(environ=environ_for("InFile", home / "the-keyring"), home=home).keyring
    assert keyring is not None
    assert asyncio.run(keyring.keep(demo.registry, Credential("typed in", USER, Secret(PASSWORD)))) == ""


@pytest.mark.usefixtures("kept")
def test_the_winner_and_what_it_passes_over_are_shown_masked(run: Run, demo: DemoRegistry, home: Path) -> None:
    (home / ".docker").mkdir()
    stored = {"auths": {demo.registry: {"username": "other", "password": "docker's own"}}}
    (home / ".docker/config.json").write_text(json.dumps(stored))
    shown = run("credentials", demo.registry)
    assert f"used         system keyring as {USER}: key reglens/{demo.registry}" in shown.out
    assert "passed over  ~/.docker/config.json as other" in shown.out
    used = run("credentials", "--json", demo.registry).document["used"]
    assert (used["source"], used["username"], used["kind"]) == ("system keyring", USER, "password")
    checked = run("check", f"{demo.registry}/library/alpine")
    assert f"{USER} from system keyring (~/.docker/config.json passed over)" in checked.out
    assert "docker's own" not in shown.out + checked.out
    assert used["secret"] == Secret(PASSWORD).fingerprint
    assert run("credentials", "--json", "--anonymous", demo.registry).document["used"] is None


@pytest.mark.usefixtures("kept")
def test_a_keyring_that_fails_is_told_and_found(
    run: Run, demo: DemoRegistry, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_keyring(home, monkeypatch, "Locked")
    shown = run("credentials", demo.registry)
    assert shown.code == 1
    assert "✗ failed       system keyring" in shown.out
    assert "KeyringLocked: Failed to unlock the collection!" in shown.out
    findings = run("check", "--json", f"{demo.registry}/private/vault").document["findings"]
    [finding] = [finding for finding in findings if finding["code"] == "credential-helper-failed"]
    assert finding["title"] == "The system's keyring failed"
