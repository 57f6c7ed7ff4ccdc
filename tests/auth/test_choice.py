"""Several identities for one registry: what there is to choose from, and what a choice changes."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from reglens.auth.choice import Choice
from reglens.auth.credentials import Anonymous, Credential
from reglens.auth.sources import Chain, default_credentials
from reglens.secret import Secret

HOST = "registry.test:5000"


def chain(tmp_path: Path, **environ: str) -> Chain:
    """Docker knows two users of one host, podman a third for a namespace and the first again."""

    def auths(**users: str) -> str:
        entries = {key: {"auth": base64.b64encode(user.encode()).decode()} for key, user in users.items()}
        return json.dumps({"auths": entries})

    docker, podman = tmp_path / ".docker/config.json", tmp_path / ".config/containers/auth.json"
    for path in (docker, podman):
        path.parent.mkdir(parents=True, exist_ok=True)
    docker.write_text(auths(**{HOST: "alice:one", f"{HOST}/team": "bob:two", "other.test": "eve:three"}))
    podman.write_text(auths(**{f"{HOST}/other": "carol:four", HOST: "alice:one"}))
    return default_credentials(environ={"XDG_RUNTIME_DIR": str(tmp_path / "run"), **environ}, home=tmp_path)


async def test_every_identity_is_offered_once_and_the_one_in_use_first(tmp_path: Path) -> None:
    choice = Choice(chain(tmp_path))
    assert [c.username for c in await choice.all_for(HOST)] == ["alice", "bob", "carol"]
    assert [c.username for c in await choice.all_for(HOST, "team/app")] == ["bob", "alice"]
    assert await choice.all_for("nobody.test") == []


async def test_a_choice_holds_for_its_registry_until_it_is_taken_back(tmp_path: Path) -> None:
    choice = Choice(chain(tmp_path))
    carol = (await choice.all_for(HOST))[2]
    choice.choose(HOST, carol)
    found = await choice.find(HOST, "team/app")
    assert found.credential == carol
    assert found.consulted[0].source == "your choice"
    assert (await choice.find("other.test", "")).credential is not None
    choice.choose(HOST, None)
    assert choice.is_anonymous(HOST)
    assert (await choice.find(HOST, "team/app")).credential is None
    choice.forget(HOST)
    assert not choice.is_anonymous(HOST)
    again = (await choice.find(HOST, "team/app")).credential
    assert again is not None
    assert again.username == "bob"


async def test_a_typed_login_is_offered_again_and_goes_to_no_other_host(tmp_path: Path) -> None:
    choice = Choice(chain(tmp_path))
    typed = Credential("typed in", "dora", Secret("five"))
    choice.choose(HOST, typed)
    assert [c.username for c in await choice.all_for(HOST)] == ["alice", "bob", "carol", "dora"]
    stored = choice.stored()
    assert (await stored.find(HOST, "")).credential == typed
    assert (await stored.find("mirror.test", "")).credential is None


async def test_what_was_typed_on_the_command_line_is_not_stored(tmp_path: Path) -> None:
    typed = default_credentials(environ={}, home=tmp_path, username="alice", password=Secret("one"))
    assert (await Choice(typed).find("mirror.test", "")).credential is not None
    assert (await Choice(typed).stored().find("mirror.test", "")).credential is None
    assert (await Choice(Anonymous()).stored().find("mirror.test", "")).credential is None


async def test_further_candidates_are_only_offered(tmp_path: Path) -> None:
    choice = Choice(Anonymous(), also=chain(tmp_path))
    assert [c.username for c in await choice.all_for(HOST)] == ["alice"]
    assert (await choice.find(HOST, "")).credential is None
