"""The demo before real clients: skopeo, curl, and Debian's docker-registry to push what was pulled."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reglens.demo.server import DemoRegistry
from support.processes import need

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def served() -> Iterator[DemoRegistry]:
    """On the real clock, as these clients have no other."""
    with DemoRegistry() as running:
        yield running


def run(name: str, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    need(name)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    return subprocess.run(
        [name, *arguments], capture_output=True, text=True, check=False, timeout=120, env=environment, cwd=home
    )


def skopeo(home: Path, *arguments: str) -> str:
    done = run("skopeo", *arguments, home=home)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_skopeo_inspects(served: DemoRegistry, tmp_path: Path) -> None:
    told = json.loads(
        skopeo(tmp_path, "inspect", "--tls-verify=false", f"docker://{served.registry}/library/alpine:latest")
    )
    head = httpx.get(
        served.token_url,
        params={"service": "registry.docker.io", "scope": "repository:library/alpine:pull"},
        trust_env=False,
    ).json()["token"]
    answer = httpx.head(
        f"{served.url}/v2/library/alpine/manifests/latest",
        headers={"authorization": f"Bearer {head}"},
        trust_env=False,
    )
    assert told["Digest"] == answer.headers["docker-content-digest"]
    assert told["Os"] == "linux"
    assert "3.20" in told["RepoTags"]


def test_skopeo_lists_all_pages(served: DemoRegistry, tmp_path: Path) -> None:
    told = json.loads(
        skopeo(tmp_path, "list-tags", "--tls-verify=false", f"docker://{served.registry}/grafana/grafana-dev")
    )
    assert len(told["Tags"]) > 10_000


@pytest.mark.parametrize("repository", ["library/nginx", "bitnami/redis", "gitlab/gitlab-ce", "acme/shop-chart"])
def test_skopeo_copies_whole_and_the_digests_match(served: DemoRegistry, tmp_path: Path, repository: str) -> None:
    target = tmp_path / "copy"
    source = f"docker://{served.registry}/{repository}:latest"
    skopeo(tmp_path, "copy", "--all", "--src-tls-verify=false", source, f"dir:{target}")
    blobs = [file for file in target.iterdir() if re.fullmatch("[0-9a-f]{64}", file.name)]
    assert blobs
    for file in blobs:
        assert hashlib.sha256(file.read_bytes()).hexdigest() == file.name
    raw = skopeo(tmp_path, "inspect", "--raw", "--tls-verify=false", source)
    assert (target / "manifest.json").read_text() == raw


@pytest.mark.parametrize("repository", ["library/nginx", "library/fedora"])
def test_skopeo_unpacks_gzip_and_zstandard(served: DemoRegistry, tmp_path: Path, repository: str) -> None:
    target = tmp_path / "unpacked"
    source = f"docker://{served.registry}/{repository}:latest"
    skopeo(tmp_path, "copy", "--src-tls-verify=false", "--dest-decompress", source, f"dir:{target}")
    manifest = json.loads((target / "manifest.json").read_text())
    config = json.loads((target / manifest["config"]["digest"].partition(":")[2]).read_text())
    for diff_id in config["rootfs"]["diff_ids"]:
        layer = target / diff_id.partition(":")[2]
        assert f"sha256:{hashlib.sha256(layer.read_bytes()).hexdigest()}" == diff_id


def test_skopeo_logs_in_for_what_is_private(served: DemoRegistry, tmp_path: Path) -> None:
    source = f"docker://{served.registry}/private/billing:latest"
    refused = run("skopeo", "inspect", "--tls-verify=false", source, home=tmp_path)
    assert refused.returncode != 0
    assert "authentication required" in refused.stderr
    skopeo(tmp_path, "inspect", "--tls-verify=false", "--creds", "demo:demo", source)
    wrong = run("skopeo", "inspect", "--tls-verify=false", "--creds", "demo:wrong", source, home=tmp_path)
    assert "incorrect username or password" in wrong.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("audience-mismatch", "authentication required"),
        ("access-empty", "requested access to the resource is denied"),
        ("token-response-invalid", "invalid character '<'"),
        ("manifest-unknown", "manifest unknown"),
        ("network-denied", "not allowed access"),
        ("proxy-interference-truncated", "unexpected EOF"),
        ("redirect-authorization-refused", "StatusCode: 400"),
        ("realm-unreachable", "400"),
    ],
)
def test_skopeo_fails_at_the_broken_ones(served: DemoRegistry, tmp_path: Path, name: str, words: str) -> None:
    done = run(
        "skopeo", "inspect", "--tls-verify=false", f"docker://{served.registry}/broken/{name}:latest", home=tmp_path
    )
    assert done.returncode != 0
    assert words in done.stderr


def test_skopeo_may_not_push(served: DemoRegistry, tmp_path: Path) -> None:
    source = f"docker://{served.registry}/library/alpine:latest"
    target = f"docker://{served.registry}/library/mine:latest"
    options = ("--src-tls-verify=false", "--dest-tls-verify=false", "--dest-creds", "demo:demo")
    done = run("skopeo", "copy", *options, source, target, home=tmp_path)
    assert done.returncode != 0


def test_curl_walks_the_way_by_hand(served: DemoRegistry, tmp_path: Path) -> None:
    path = f"{served.url}/v2/library/alpine/manifests/latest"
    refused = run("curl", "-sS", "-I", path, home=tmp_path).stdout
    realm = re.search('realm="([^"]*)"', refused)
    assert realm is not None
    answer = run(
        "curl", "-sS", f"{realm[1]}?service=registry.docker.io&scope=repository:library/alpine:pull", home=tmp_path
    )
    token = json.loads(answer.stdout)["token"]
    done = run("curl", "-sS", "-i", "-H", f"Authorization: Bearer {token}", path, home=tmp_path).stdout
    assert done.startswith("HTTP/1.1 200 OK")
    assert "ratelimit-limit: 100;w=21600" in done


def test_curl_follows_to_the_store(served: DemoRegistry, tmp_path: Path) -> None:
    query = {"service": "registry.docker.io", "scope": "repository:gitlab/gitlab-ce:pull"}
    token = httpx.get(served.token_url, params=query, trust_env=False).json()["token"]
    headers = {"authorization": f"Bearer {token}"}
    path = f"{served.url}/v2/gitlab/gitlab-ce"
    digest = httpx.get(f"{path}/manifests/latest", headers=headers, trust_env=False).json()["layers"][0]["digest"]
    target = tmp_path / "layer"
    run(
        "curl",
        "-sSL",
        "-H",
        f"Authorization: Bearer {token}",
        "-o",
        str(target),
        f"{path}/blobs/{digest}",
        home=tmp_path,
    )
    assert f"sha256:{hashlib.sha256(target.read_bytes()).hexdigest()}" == digest


def test_docker_registry_takes_what_was_pulled(served: DemoRegistry, tmp_path: Path) -> None:
    """Debian's registry checks every digest and media type of what is pushed to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "config.yml"
    storage = f"storage: {{filesystem: {{rootdirectory: {tmp_path / 'storage'}}}}}"
    config.write_text(f"version: 0.1\n{storage}\nhttp: {{addr: '127.0.0.1:{port}'}}\nlog: {{level: error}}\n")
    need("docker-registry")
    with subprocess.Popen(
        ["docker-registry", "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as registry:
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            source = f"docker://{served.registry}/library/python:latest"
            target = f"docker://127.0.0.1:{port}/library/python:latest"
            options = ("--all", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false")
            skopeo(tmp_path, "copy", *options, source, target)
            digests = {
                json.loads(skopeo(tmp_path, "inspect", "--tls-verify=false", "--override-os=linux", where))["Digest"]
                for where in (source, target)
            }
            assert len(digests) == 1
        finally:
            registry.terminate()
            registry.wait(20)
