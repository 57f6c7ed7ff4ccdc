"""What ``docker login`` by web browser leaves in config.json for Docker Hub: three entries, of which one is for us."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from reglens.auth.sources import default_credentials
from reglens.oci.reference import HUB

INDEX = "https://index.docker.io/v1/"


def entry(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize("order", [1, -1])
async def test_the_tokens_of_the_browser_login_are_not_taken_for_the_password(tmp_path: Path, order: int) -> None:
    # docker/cli, cli/internal/oauth/manager: access and refresh token stand below the index's own key
    auths = {
        f"{INDEX}access-token": entry("me", "eyJ.access.x"),
        INDEX: entry("me", "dckr_pat_1"),
        f"{INDEX}refresh-token": entry("me", "v1.refresh..docker"),
    }
    file = tmp_path / ".docker" / "config.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"auths": dict(list(auths.items())[::order])}))
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    for repository in ("", "library/alpine", "access-token"):
        credential = (await default_credentials(environ=environ, home=tmp_path).find(HUB, repository)).credential
        assert credential is not None
        assert credential.password is not None
        assert (credential.username, credential.password.reveal()) == ("me", "dckr_pat_1")


async def test_without_its_own_entry_there_is_no_password(tmp_path: Path) -> None:
    file = tmp_path / ".docker" / "config.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"auths": {f"{INDEX}access-token": entry("me", "eyJ.access.x")}}))
    found = await default_credentials(environ={"XDG_RUNTIME_DIR": str(tmp_path)}, home=tmp_path).find(HUB, "a/b")
    assert found.credential is None
