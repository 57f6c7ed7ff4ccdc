"""Artifacts that are no container images: a Helm chart, a WebAssembly module, a policy bundle, models, a build's cache,
sources for a cluster, files; and Docker's schema 1.

Sources of the media types: helm.sh, "Use OCI-based registries"; CNCF TAG Runtime, "WASM OCI Artifact layout";
conftest, docs/sharing.md; Docker, "Model Runner" (docker/model-spec); modelpack/model-spec, docs/config.md; ollama,
server/internal/manifest; Flux, "OCI artifacts"; BuildKit, cache/remotecache/v1/spec.go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from reglens.demo.content import layers, lazy
from reglens.demo.content.images import Built
from reglens.demo.content.parts import (
    DOCKER_LAYER,
    EMPTY,
    LAYER,
    Blob,
    File,
    archive,
    descriptor,
    filler,
    gzipped,
    json_blob,
)
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
        "kubeVersion": ">=1.28",
        "home": f"https://example.com/{chart}",
        "keywords": ["demo", "shop"],
        "maintainers": [{"name": "The demo", "email": "demo@example.com"}],
        "dependencies": [{"name": "redis", "version": "18.x", "repository": "oci://registry.example.com/charts"}],
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
        {
            "created": "2025-11-01T00:00:00Z",
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [module.digest],
            "component": {"exports": ["wasi:http/incoming-handler"], "imports": ["wasi:io/streams", "wasi:cli/stdout"]},
        },
        "application/vnd.wasm.config.v0+json",
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


def model_pack(name: str, version: str) -> Built:
    """A model as CNCF's ModelPack describes them: weights, their configuration, documentation."""
    weights = Blob(filler(f"{name} {version} weights", 64_000), "application/vnd.cncf.model.weight.v1.raw")
    about = Blob(b'{"hidden_size": 64, "num_hidden_layers": 2}', "application/vnd.cncf.model.weight.config.v1.raw")
    text = Blob(f"# {name}\n\nToo small to know anything.\n".encode(), "application/vnd.cncf.model.doc.v1.raw")
    document = {
        "descriptor": {
            "createdAt": "2025-11-01T00:00:00Z", "authors": ["The demo"], "family": "qwen2", "name": name,
            "version": version, "title": "A very small model", "licenses": ["Apache-2.0"],
            "docURL": f"https://example.com/{name}",
        },
        "config": {"architecture": "transformer", "format": "safetensors", "paramSize": "0.1m", "precision": "bf16",
                   "capabilities": {"inputTypes": ["text"], "outputTypes": ["text"]}},
        "modelfs": {"type": "layers", "diffIds": [blob.digest for blob in (weights, about, text)]},
    }  # fmt: skip
    config = json_blob(document, "application/vnd.cncf.model.config.v1+json")
    titles = ("model.safetensors", "config.json", "README.md")
    more = {"artifactType": "application/vnd.cncf.model.manifest.v1+json"}
    return _artifact(config, (weights, about, text), {}, titles=titles, more=more)


def ollama_model(name: str, version: str) -> Built:
    """A model as Ollama keeps it: with the config's media type of an image."""
    about = {"model_format": "gguf", "model_family": "llama", "model_families": ["llama"], "model_type": "134.52M",
             "file_type": "F16", "architecture": "amd64", "os": "linux"}  # fmt: skip
    parts = (
        Blob(b"GGUF\x03\0\0\0" + filler(f"{name} {version}", 52_000), "application/vnd.ollama.image.model"),
        Blob(b"{{ .System }} {{ .Prompt }}", "application/vnd.ollama.image.template"),
        Blob(b'{"stop":["<|im_end|>"]}', "application/vnd.ollama.image.params"),
        Blob(b"Apache License, Version 2.0\n", "application/vnd.ollama.image.license"),
    )
    return _artifact(json_blob(about, media.DOCKER_CONFIG), parts, {}, media_type=media.DOCKER_MANIFEST)


def flux_sources(name: str, version: str) -> Built:
    """Manifests for a cluster, as Flux pushes them."""
    files = [File("kustomization.yaml", b"resources: [shop.yaml]\n"), File("shop.yaml", b"kind: Deployment\n")]
    content = Blob(gzipped(archive(files)), "application/vnd.cncf.flux.content.v1.tar+gzip")
    config = json_blob({}, "application/vnd.cncf.flux.config.v1+json")
    source = f"https://example.com/{name}.git"
    notes = {
        "org.opencontainers.image.source": source,
        "org.opencontainers.image.revision": f"{version}@sha1:{'ab' * 20}",
    }
    return _artifact(config, (content,), notes)


def build_cache(name: str, version: str) -> Built:
    """A build's cache as BuildKit exports it: an index whose entries are layers, and the records of the cache."""
    steps = ("apt-get", "npm ci", "npm run build")
    made = [
        Blob(gzipped(archive([File(f"app/{step}", filler(f"{name} {version} {step}", 9_000 * n))])), LAYER)
        for n, step in enumerate(steps, 1)
    ]
    records = {
        "layers": [{"blob": layer.digest, "parent": n - 1} for n, layer in enumerate(made)],
        "records": [{"digest": layer.digest, "results": [{"layer": n}]} for n, layer in enumerate(made)],
    }
    config = json_blob(records, "application/vnd.buildkit.cacheconfig.v0")
    document = {
        "schemaVersion": 2,
        "mediaType": media.OCI_INDEX,
        "manifests": [descriptor(part) for part in (*made, config)],
    }
    root = json_blob(document, media.OCI_INDEX, pretty=True)
    return Built(root, {root.digest: root}, {part.digest: part for part in (*made, config)})


def schema1(name: str, version: str) -> Built:
    """An image in Docker's schema 1, newest layer first."""
    base = Blob(gzipped(archive([File("etc/motd", b"an old image\n")])), DOCKER_LAYER)
    nothing = Blob(gzipped(archive([])), DOCKER_LAYER)
    steps: tuple[tuple[str, str, dict[str, object]], ...] = (
        (
            '/bin/sh -c #(nop) CMD ["/bin/sh"]',
            "2015-04-22T10:00:01Z",
            {"config": {"Cmd": ["/bin/sh"], "Env": ["PATH=/bin"]}},
        ),
        (
            "/bin/sh -c #(nop) ADD file:8cf517d90fe79547c474641cc1e6425850e04abbd8856718f7e4a184ea878538 in /",
            "2015-04-22T10:00:00Z",
            {},
        ),
    )
    history = [
        {
            "v1Compatibility": json.dumps(
                {"os": "linux", "architecture": "amd64", "created": made, "container_config": {"Cmd": [line]}, **more}
            )
        }
        for line, made, more in steps
    ]
    document = {
        "schemaVersion": 1, "name": name, "tag": version, "architecture": "amd64",
        "fsLayers": [{"blobSum": nothing.digest}, {"blobSum": base.digest}], "history": history,
    }  # fmt: skip
    root = json_blob(document, media.DOCKER_SCHEMA1, pretty=True)
    return Built(root, {root.digest: root}, {blob.digest: blob for blob in (base, nothing)})


def lazily_pulled(name: str, version: str) -> Built:
    """An image whose layers have tables of contents: the first in eStargz, the second in zstd:chunked."""
    low = lazy.estargz(tuple(layers.system("alpine", "3.22", "x86_64")))
    high = lazy.zstd_chunked(tuple(layers.product("lazy", version, "x86_64")))
    history = [
        {"created": "2025-11-01T00:00:00Z", "created_by": line}
        for line in ("ADD alpine.tar.gz /", "COPY lazy /usr/local/bin/")
    ]
    config = json_blob(
        {"os": "linux", "architecture": "amd64", "created": "2025-11-01T00:00:00Z", "config": {"Cmd": ["lazy"]},
         "rootfs": {"type": "layers", "diff_ids": [low.diff_id, high.diff_id]}, "history": history},
        media.OCI_CONFIG,
    )  # fmt: skip
    document = {
        "schemaVersion": 2,
        "mediaType": media.OCI_MANIFEST,
        "config": descriptor(config),
        "layers": [descriptor(part.blob, annotations=part.annotations) for part in (low, high)],
    }
    root = json_blob(document, media.OCI_MANIFEST, pretty=True)
    return Built(root, {root.digest: root}, {blob.digest: blob for blob in (config, low.blob, high.blob)})


def _artifact(
    config: Blob,
    layers: tuple[Blob, ...],
    annotations: Mapping[str, str],
    *,
    titles: tuple[str, ...] = (),
    media_type: str = media.OCI_MANIFEST,
    more: Mapping[str, object] | None = None,
) -> Built:
    named = {i: {"annotations": {"org.opencontainers.image.title": title}} for i, title in enumerate(titles)}
    document: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": media_type,
        **(more or {}),
        "config": descriptor(config),
        "layers": [descriptor(layer, **named.get(i, {})) for i, layer in enumerate(layers)],
    }
    if annotations:
        document["annotations"] = dict(annotations)
    manifest = json_blob(document, media_type, pretty=True)
    return Built(manifest, {manifest.digest: manifest}, {blob.digest: blob for blob in (config, *layers)})
