"""Artifacts that are no container images: a Helm chart, a WebAssembly module, a policy bundle, a model.

Sources of the media types: helm.sh, "Use OCI-based registries"; CNCF TAG Runtime, "WASM OCI Artifact layout";
conftest, docs/sharing.md; Docker, "Model Runner" (docker/model-spec).
"""

from __future__ import annotations

from collections.abc import Mapping

from reglens.demo.content.images import Built
from reglens.demo.content.parts import EMPTY, LAYER, Blob, File, archive, descriptor, filler, gzipped, json_blob
from reglens.oci import media


def helm_chart(name: str, version: str) -> Built:
    """A chart whose archive holds the usual files."""
    chart = name.rpartition("/")[2]
    about = {
        "apiVersion": "v2",
        "name": chart,
        "version": version,
        "appVersion": version,
        "type": "application",
        "description": f"A Helm chart for {chart}",
        "maintainers": [{"name": "The demo", "email": "demo@example.com"}],
    }
    lines = "".join(f"{key}: {about[key]}\n" for key in ("apiVersion", "name", "version", "appVersion", "type"))
    files = (
        File(f"{chart}/Chart.yaml", lines.encode()),
        File(f"{chart}/values.yaml", b"replicaCount: 1\nimage:\n  repository: acme/shop\n  tag: latest\n"),
        File(f"{chart}/templates/deployment.yaml", b"apiVersion: apps/v1\nkind: Deployment\n"),
        File(f"{chart}/README.md", f"# {chart}\n\nInstall it with helm.\n".encode()),
    )
    content = Blob(gzipped(archive(files)), "application/vnd.cncf.helm.chart.content.v1.tar+gzip")
    config = json_blob(about, "application/vnd.cncf.helm.config.v1+json")
    notes = {"org.opencontainers.image.title": chart, "org.opencontainers.image.version": version}
    return _artifact(config, (content,), notes)


def wasm_module(name: str, version: str) -> Built:
    """A module that holds its name and nothing to run."""
    section = bytes([5, *b"about"]) + f"{name} {version}".encode()
    module = Blob(b"\0asm\x01\0\0\0\0" + bytes([len(section)]) + section, "application/wasm")
    config = json_blob(
        {"architecture": "wasm", "os": "wasip1", "layerDigests": [module.digest]}, "application/vnd.wasm.config.v0+json"
    )
    return _artifact(config, (module,), {"org.opencontainers.image.version": version})


def policy_bundle(name: str, version: str) -> Built:
    """Rego policies as conftest pushes them."""
    rule = b'package main\n\ndeny contains msg if {\n  input.kind == "Pod"\n  msg := "no bare pods"\n}\n'
    policy = Blob(rule, "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego")
    data = Blob(b'{"allowed":["docker.io/library/*"]}', "application/vnd.cncf.openpolicyagent.data.layer.v1+json")
    config = json_blob({}, "application/vnd.cncf.openpolicyagent.config.v1+json")
    return _artifact(
        config, (policy, data), {"org.opencontainers.image.version": version}, titles=("main.rego", "data.json")
    )


def model(name: str, version: str) -> Built:
    """A very small language model, with its licence."""
    weights = Blob(b"GGUF\x03\0\0\0" + filler(f"{name} {version}", 48_000), "application/vnd.docker.ai.gguf.v3")
    licence = Blob(b"Apache License, Version 2.0\n", "application/vnd.docker.ai.license")
    about = {"format": "gguf", "parameters": "0.1M", "architecture": "llama", "size": "48 kB"}
    config = json_blob({"config": about}, "application/vnd.docker.ai.model.config.v0.1+json")
    return _artifact(config, (weights, licence), {"org.opencontainers.image.version": version})


def files(name: str, version: str) -> Built:
    """Plain files as oras pushes them: an artifact type of its own and an empty config."""
    notes = Blob(f"# Release {version}\n\nNothing has changed.\n".encode(), "text/markdown")
    tree = Blob(gzipped(archive([File("docs/index.md", b"# Documentation\n")])), LAYER)
    document = {"artifactType": "application/vnd.acme.release"}
    return _artifact(EMPTY, (notes, tree), {}, titles=("RELEASE.md", "docs"), more=document)


def _artifact(
    config: Blob,
    layers: tuple[Blob, ...],
    annotations: Mapping[str, str],
    *,
    titles: tuple[str, ...] = (),
    more: Mapping[str, object] | None = None,
) -> Built:
    named = {i: {"annotations": {"org.opencontainers.image.title": title}} for i, title in enumerate(titles)}
    document: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": media.OCI_MANIFEST,
        **(more or {}),
        "config": descriptor(config),
        "layers": [descriptor(layer, **named.get(i, {})) for i, layer in enumerate(layers)],
    }
    if annotations:
        document["annotations"] = dict(annotations)
    manifest = json_blob(document, media.OCI_MANIFEST, pretty=True)
    return Built(manifest, {manifest.digest: manifest}, {blob.digest: blob for blob in (config, *layers)})
