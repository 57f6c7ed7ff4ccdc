"""What manifests are, what their configs say first, and how clients get them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reglens.oci import media
from reglens.oci.kinds import CACHE, IMAGE, INDEX, KINDS, describe, facts, is_blob, role_of
from reglens.oci.manifest import Index
from reglens.oci.pulls import pull_command, pulls
from reglens.oci.reference import Reference
from support.manifests import chart, digest, image, index, parsed

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def artifact(config: str = media.OCI_EMPTY, *layers: str, kind: str = "") -> Any:
    return parsed({
        "schemaVersion": 2, "mediaType": media.OCI_MANIFEST, **({"artifactType": kind} if kind else {}),
        "config": {"mediaType": config, "digest": digest(1), "size": 2},
        "layers": [{"mediaType": layer, "digest": digest(2 + n), "size": 2} for n, layer in enumerate(layers)],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        (artifact("application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip"),
         "Helm chart"),
        (artifact("application/vnd.wasm.config.v0+json", "application/wasm"), "WebAssembly"),
        (artifact("application/vnd.wasm.config.v0+json", "application/wasm",
                  kind="application/vnd.wasm.component.v1+wasm"), "WebAssembly component"),
        (artifact("application/vnd.cncf.model.config.v1+json", "application/vnd.cncf.model.weight.v1.raw",
                  kind="application/vnd.cncf.model.manifest.v1+json"), "AI model (ModelPack)"),
        (artifact("application/vnd.docker.ai.model.config.v0.1+json", "application/vnd.docker.ai.gguf.v3"),
         "AI model (Docker)"),
        (artifact(media.DOCKER_CONFIG, "application/vnd.ollama.image.model", "application/vnd.ollama.image.license"),
         "AI model (Ollama)"),
        (artifact("application/vnd.cncf.openpolicyagent.config.v1+json"), "Rego policies (Open Policy Agent)"),
        (artifact("application/vnd.cncf.kyverno.config.v1+json"), "Kyverno policies"),
        (artifact("application/vnd.cncf.flux.config.v1+json", "application/vnd.cncf.flux.content.v1.tar+gzip"),
         "Flux sources"),
        (artifact("application/vnd.buildkit.cacheconfig.v0", LAYER), "BuildKit cache"),
        (artifact("application/vnd.unknown.config.v1+json", LAYER), "files pushed with oras"),
        (artifact(media.OCI_EMPTY, "text/markdown", kind="application/vnd.acme.release"), "artifact"),
        (artifact(media.OCI_EMPTY, "text/markdown"), "artifact with an empty config"),
        (artifact(media.OCI_CONFIG, "application/vnd.in-toto+json"), "in-toto attestation"),
        (artifact(media.OCI_EMPTY, "application/jose+json", kind="application/vnd.cncf.notary.signature"),
         "Notary signature"),
        (artifact(media.OCI_EMPTY, "application/vnd.dev.sigstore.bundle.v0.3+json",
                  kind="application/vnd.dev.sigstore.bundle.v0.3+json"),
         "Sigstore bundle (signature or attestation)"),
        (artifact(media.OCI_CONFIG, LAYER), "image"),
        (index(), "index"),
    ],
)  # fmt: skip
def test_a_manifest_is_called_what_it_is(manifest: Any, name: str) -> None:
    assert describe(manifest).name == name


def test_only_images_and_indexes_can_be_run() -> None:
    assert describe(image()) is IMAGE
    assert describe(index()) is INDEX
    assert [kind for kind in KINDS if kind.container] == []


def test_of_two_prefixes_the_longer_stands_first() -> None:
    seen: list[str] = []
    for kind in KINDS:
        for prefix in kind.prefixes:
            assert not any(prefix.startswith(earlier) for earlier in seen), f"{prefix} can never be found"
        seen += kind.prefixes


def test_an_index_of_layers_is_a_cache() -> None:
    entries = [
        {"mediaType": LAYER, "digest": digest(1), "size": 5},
        {"mediaType": "application/vnd.buildkit.cacheconfig.v0", "digest": digest(2), "size": 9},
    ]
    found = parsed({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": entries})
    assert isinstance(found, Index)
    assert describe(found) is CACHE
    assert [is_blob(entry) for entry in found.manifests] == [True, True]
    assert not any(is_blob(entry) for entry in index().manifests)


def test_what_matters_of_a_chart_stands_first() -> None:
    config = {
        "keywords": ["shop", "web"],
        "dependencies": [{"name": "redis", "version": "18.x", "repository": "oci://example.com"}, {"name": "common"}],
        "version": "1.4.2",
        "name": "shop",
        "deprecated": True,
        "maintainers": [{"name": "Ann", "email": "ann@example.com"}],
        "unknown": {"a": 1},
        "description": 7,
    }
    assert facts(describe(chart()), config) == [
        ("chart", "shop"),
        ("version", "1.4.2"),
        ("description", "7"),
        ("deprecated", "yes"),
        ("depends on", "redis 18.x oci://example.com\ncommon"),
        ("maintainers", "Ann ann@example.com"),
        ("keywords", "shop, web"),
    ]


@pytest.mark.parametrize("config", [{}, {"descriptor": 1}, {"descriptor": {"name": None}}, {"config": []}])
def test_a_config_of_another_shape_says_nothing(config: dict[str, Any]) -> None:
    kind = describe(artifact("application/vnd.cncf.model.config.v1+json"))
    assert facts(kind, config) == []


def test_a_list_without_end_is_cut_and_says_so() -> None:
    assert facts(describe(chart()), {"keywords": ["k"] * 1000})[0][1].endswith("k, and 950 more")


def test_the_parts_of_an_artifact_have_roles() -> None:
    assert role_of("application/vnd.ollama.image.template") == "prompt template"
    assert role_of("application/vnd.cncf.model.weight.v1.tar+gzip") == "weights"
    assert role_of(LAYER) == ""


def test_an_image_is_pulled_by_every_client() -> None:
    alpine = Reference.parse("alpine:3.20")
    commands = dict(pulls(image(), alpine))
    assert list(commands) == ["docker", "podman", "skopeo", "crane", "nerdctl", "ctr"]
    assert pull_command(image(), alpine) == "docker pull docker.io/library/alpine:3.20"
    assert commands["skopeo"] == "skopeo copy --all docker://docker.io/library/alpine:3.20 oci:alpine"
    assert commands["ctr"] == "ctr images pull docker.io/library/alpine:3.20"
    plain = dict(pulls(image(), Reference.parse("127.0.0.1:5000/app:1"), plain=True))
    assert plain["podman"] == "podman pull --tls-verify=false 127.0.0.1:5000/app:1"
    assert plain["ctr"] == "ctr images pull --plain-http 127.0.0.1:5000/app:1"


def test_an_artifact_is_pulled_by_the_client_that_is_made_for_it() -> None:
    nginx = Reference.parse("ghcr.io/charts/nginx:1.2.3_build")
    assert pull_command(chart(), nginx) == "helm pull oci://ghcr.io/charts/nginx --version 1.2.3+build"
    by_digest = nginx.at_digest(chart().digest)
    assert pull_command(chart(), by_digest) == f"helm pull oci://ghcr.io/charts/nginx@{chart().digest}"
    release = artifact(media.OCI_EMPTY, "text/markdown")
    assert pull_command(release, nginx) == "oras pull ghcr.io/charts/nginx:1.2.3_build"
    model = artifact(media.DOCKER_CONFIG, "application/vnd.ollama.image.model")
    assert pull_command(model, Reference.parse("registry.ollama.ai/library/smollm:135m")).startswith("ollama pull ")


def test_every_kind_can_be_told_of_an_empty_manifest() -> None:
    assert describe(parsed(json.loads('{"schemaVersion": 2, "mediaType": "x"}'))).name == "unknown manifest"
