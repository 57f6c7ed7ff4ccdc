"""Kubernetes pull secrets in each form in which people have them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from reglens.auth.sources import default_credentials
from reglens.errors import UsageError

CONFIG = json.dumps({"auths": {"registry.example.com": {"username": "robot$ci", "password": "pw"}}})
OLD = json.dumps({"registry.example.com": {"username": "robot$ci", "password": "pw"}})


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def folded(text: str) -> str:
    return "\n".join(f"    {text[i : i + 40]}" for i in range(0, len(text), 40))


YAML = """apiVersion: v1
kind: Secret
metadata:
  name: regcred
data:
  .dockerconfigjson: {}
type: kubernetes.io/dockerconfigjson
"""


@pytest.mark.parametrize(
    "content",
    [
        CONFIG,
        b64(CONFIG),
        b64(CONFIG).rstrip("="),
        "\n".join(b64(CONFIG)[i : i + 76] for i in range(0, len(b64(CONFIG)), 76)) + "\n",
        json.dumps({"kind": "Secret", "data": {".dockerconfigjson": b64(CONFIG)}}),
        json.dumps({"kind": "Secret", "stringData": {".dockerconfigjson": CONFIG}}),
        json.dumps({".dockerconfigjson": b64(CONFIG)}),
        json.dumps({"kind": "List", "items": [{"kind": "Secret", "data": {".dockerconfigjson": b64(CONFIG)}}]}),
        json.dumps({"kind": "Secret", "data": {".dockercfg": b64(OLD)}}),
        OLD,
        YAML.format(b64(CONFIG)),
        YAML.format(f'"{b64(CONFIG)}"'),
        YAML.format(f">-\n{folded(b64(CONFIG))}"),
        YAML.format(f"|\n    {CONFIG}"),
        YAML.replace(".dockerconfigjson: {}", '".dockercfg": {}').format(b64(OLD)),
    ],
)
async def test_every_form_gives_the_login(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret"
    path.write_text(content)
    lookup = await default_credentials(environ={}, home=tmp_path, pull_secret=path).find("registry.example.com", "a")
    assert lookup.credential is not None
    assert lookup.credential.username == "robot$ci"
    assert lookup.credential.source.startswith("~/secret")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "empty"),
        ("hello world", "neither JSON nor base64"),
        ("{", "not JSON"),
        (json.dumps({"kind": "ConfigMap", "data": {}}), "it is a ConfigMap"),
        (YAML.format("@@@"), "neither JSON nor base64"),
        (json.dumps({"kind": "Secret", "data": {".dockerconfigjson": b64("[]")}}), "no object"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_a_file_that_is_none_is_wrong_usage(tmp_path: Path, content: str, word: str) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=word):
        default_credentials(environ={}, home=tmp_path, pull_secret=path)


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        default_credentials(environ={}, home=tmp_path, pull_secret=tmp_path / "none")


@pytest.mark.parametrize(
    ("key", "registry", "used"),
    [
        ("*.example.com", "registry.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com:5000", "registry.example.com:5000", True),
        ("*.example.com", "registry.example.com:5000", False),
        ("reg*.example.com/team", "registry.example.com", True),
    ],
)
async def test_stars_in_hosts_as_the_kubelet_reads_them(tmp_path: Path, key: str, registry: str, used: bool) -> None:
    path = tmp_path / "secret"
    path.write_text(json.dumps({"auths": {key: {"username": "u", "password": "p"}}}))
    lookup = await default_credentials(environ={}, home=tmp_path, pull_secret=path).find(registry, "team/app")
    assert (lookup.credential is not None) is used


async def test_stars_mean_nothing_in_docker_s_own_file(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    entry = {"username": "u", "password": "p"}
    (tmp_path / ".docker/config.json").write_text(json.dumps({"auths": {"*.example.com": entry}}))
    lookup = await default_credentials(environ={}, home=tmp_path).find("registry.example.com", "app")
    assert lookup.credential is None
