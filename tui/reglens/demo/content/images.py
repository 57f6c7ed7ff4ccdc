"""Container images and their indexes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from reglens.demo.content import attestations, layers
from reglens.demo.content.parts import (
    CREATED,
    DOCKER_LAYER,
    LAYER,
    LAYER_ZSTD,
    Blob,
    Layer,
    Part,
    descriptor,
    json_blob,
    number,
)
from reglens.oci import media

Platform = dict[str, str]
_MACHINES = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "arm": "armhf",
    "386": "x86",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
}


def platform(text: str) -> Platform:
    """``os/architecture[/variant][@os.version]`` as an index writes it."""
    head, _, version = text.partition("@")
    parts = dict(zip(("os", "architecture", "variant"), head.split("/"), strict=False))
    ordered = {"architecture": parts["architecture"], "os": parts["os"]}
    return {**ordered, **({"os.version": version} if version else {}), **_some("variant", parts)}


def _some(name: str, values: Mapping[str, str]) -> Platform:
    return {name: values[name]} if name in values else {}


@dataclass(frozen=True)
class Recipe:
    """How the images of a repository are made. `base` is a distribution of `layers.system` and `release` its version;
    `product` is empty for a distribution itself. `docker`: Docker's media types instead of OCI's. `attested`: with
    BuildKit's attestations. `platforms` of one entry and not `listed`: a lone manifest, no index."""

    name: str
    base: str = "debian"
    release: str = "12"
    product: str = ""
    ports: tuple[str, ...] = ()
    docker: bool = False
    attested: bool = False
    listed: bool = True
    zstd: bool = False
    platforms: tuple[str, ...] = ("linux/amd64", "linux/arm64/v8")
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def source(self) -> str:
        return f"https://example.com/{self.name}"


@dataclass(frozen=True)
class Built:
    """One build: its manifest or index, and everything that hangs on it, by digest. `manifests` are those parts that
    are asked for as manifests; `referrers` are descriptors by the digest of their subject."""

    root: Blob
    manifests: Mapping[str, Blob]
    blobs: Mapping[str, Part]
    referrers: Mapping[str, list[dict[str, object]]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Image:
    manifest: Blob
    parts: tuple[Part, ...]
    platform: Platform


def build(recipe: Recipe, version: str, variant: str = "") -> Built:
    """The build of one version; `variant` is the suffix of its tags, which may name another base."""
    if variant in ("alpine", "slim"):
        linux = tuple(p for p in recipe.platforms if p.startswith("linux/"))
        recipe = replace(recipe, base="alpine" if variant == "alpine" else "debian", platforms=linux)
    images = [_image(recipe, version, variant, platform(p)) for p in recipe.platforms]
    manifests = {image.manifest.digest: image.manifest for image in images}
    blobs = {part.digest: part for image in images for part in image.parts}
    if not recipe.listed:
        return Built(images[0].manifest, manifests, blobs)
    entries = [descriptor(i.manifest, platform=i.platform) for i in images]
    if recipe.attested:
        for image in images:
            about, parts = attestations.attestation(recipe.name, version, image.manifest, image.platform)
            manifests[about.digest] = about
            blobs |= {part.digest: part for part in parts}
            notes = {
                "vnd.docker.reference.digest": image.manifest.digest,
                "vnd.docker.reference.type": "attestation-manifest",
            }
            unknown = {"architecture": "unknown", "os": "unknown"}
            entries.append(descriptor(about, platform=unknown, annotations=notes))
    kind = media.DOCKER_LIST if recipe.docker else media.OCI_INDEX
    index: dict[str, object] = {"schemaVersion": 2, "mediaType": kind, "manifests": entries}
    if not recipe.docker:
        index["annotations"] = _annotations(recipe, version)
    root = json_blob(index, kind, pretty=True)
    return Built(root, {root.digest: root, **manifests}, blobs)


def created(seed: str) -> datetime:
    """When a build was made: some time in the two years before the demo's files."""
    return datetime.fromtimestamp(CREATED, UTC) - timedelta(minutes=number(f"created {seed}", 2 * 365 * 24 * 60))


def _annotations(recipe: Recipe, version: str) -> dict[str, str]:
    return {
        "org.opencontainers.image.created": _stamp(created(f"{recipe.name}:{version}")),
        "org.opencontainers.image.source": recipe.source,
        "org.opencontainers.image.version": version,
    }


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _image(recipe: Recipe, version: str, variant: str, where: Platform) -> _Image:
    steps = list(
        _windows_steps(recipe, version) if where["os"] == "windows" else _steps(recipe, version, variant, where)
    )
    kind = DOCKER_LAYER if recipe.docker else LAYER_ZSTD if recipe.zstd else LAYER
    stack = [replace(layer, media_type=kind) for layer, _ in steps if layer]
    made = created(f"{recipe.name}:{version}")
    history = []
    for position, (layer, words) in enumerate(steps):
        entry: dict[str, object] = {"created": _stamp(made + timedelta(seconds=position)), "created_by": words}
        if not recipe.docker:
            entry["comment"] = "buildkit.dockerfile.v0"
        if layer is None:
            entry["empty_layer"] = True
        history.append(entry)
    config = {
        **where,
        "created": _stamp(made + timedelta(seconds=len(steps))),
        "config": _runtime_config(recipe, version, where),
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in stack]},
        "history": history,
    }
    config_blob = json_blob(config, media.DOCKER_CONFIG if recipe.docker else media.OCI_CONFIG)
    manifest_kind = media.DOCKER_MANIFEST if recipe.docker else media.OCI_MANIFEST
    manifest: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": manifest_kind,
        "config": descriptor(config_blob),
        "layers": [descriptor(layer) for layer in stack],
    }
    if not recipe.docker:
        manifest["annotations"] = {**_annotations(recipe, version), "org.opencontainers.image.base.name": recipe.base}
    return _Image(json_blob(manifest, manifest_kind, pretty=True), (config_blob, *stack), where)


def _runtime_config(recipe: Recipe, version: str, where: Platform) -> dict[str, object]:
    labels = {
        "org.opencontainers.image.source": recipe.source,
        "org.opencontainers.image.title": recipe.name,
        "org.opencontainers.image.version": version,
    }
    path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    if where["os"] == "windows":
        return {"Cmd": [f"C:\\Program Files\\{recipe.product}\\{recipe.product}.exe"], "Labels": labels}
    if not recipe.product:
        return {"Env": [path], "Cmd": ["/bin/sh" if recipe.base == "alpine" else "bash"], "WorkingDir": "/"}
    variables = {
        f"{recipe.product.upper().replace('-', '_')}_VERSION": version,
        "LANG": "C.UTF-8",
        **dict(recipe.environment),
    }
    config: dict[str, object] = {
        "Env": [path, *(f"{name}={value}" for name, value in variables.items())],
        "Entrypoint": ["docker-entrypoint.sh"],
        "Cmd": [recipe.product],
        "WorkingDir": f"/var/lib/{recipe.product}",
        "Labels": labels,
        "StopSignal": "SIGTERM",
    }
    if recipe.ports:
        config |= {"ExposedPorts": {port: {} for port in recipe.ports}, "User": "65532:65532"}
        config |= {"Volumes": {f"/var/lib/{recipe.product}": {}}}
    return config


_Step = tuple[Layer | None, str]


def _steps(recipe: Recipe, version: str, variant: str, where: Platform) -> Iterator[_Step]:
    """Layer, or None where the step makes none, and the line that made it."""
    machine = _MACHINES[where["architecture"]]
    release = version if not recipe.product else "3.22" if recipe.base == "alpine" else recipe.release
    yield (
        Layer(layers.system, (recipe.base, release, machine)),
        f"ADD {recipe.base}-{release}-{machine}.tar.gz / # buildkit",
    )
    yield None, 'CMD ["/bin/sh"]' if recipe.base == "alpine" else 'CMD ["bash"]'
    if not recipe.product:
        return
    name, (major, *_) = recipe.product, version.split(".")
    yield None, f"ENV {name.upper().replace('-', '_')}_VERSION={version}"
    fetch = "apk add --no-cache" if recipe.base == "alpine" else "apt-get update; apt-get install -y"
    needs = Layer(layers.runtime, (name, major, recipe.base, machine))
    yield needs, f"RUN /bin/sh -c set -eux; {fetch} ca-certificates libssl3; rm -rf /var/cache/lists # buildkit"
    download = f"curl -fsSL https://example.com/{name}-{version}.tar.gz | tar -xz -C /usr/local"
    yield (
        Layer(layers.product, (name, version, machine)),
        f"RUN /bin/sh -c set -eux; {download}; rm /etc/motd # buildkit",
    )
    if variant == "slim":
        yield None, "LABEL variant=slim"
    script = "COPY docker-entrypoint.sh /usr/local/bin/ # buildkit"
    yield Layer(layers.entrypoint, (name,)), script
    for port in recipe.ports:
        yield None, f"EXPOSE map[{port}:{{}}]"
    yield None, f"WORKDIR /var/lib/{name}"
    yield None, 'ENTRYPOINT ["docker-entrypoint.sh"]'
    yield None, f'CMD ["{name}"]'


def _windows_steps(recipe: Recipe, version: str) -> Iterator[_Step]:
    yield Layer(layers.windows, ("base", "ltsc2022")), "Apply image 10.0.20348"
    yield Layer(layers.windows, (recipe.product, version)), f"cmd /S /C install.cmd {recipe.product} {version}"
    yield None, f"cmd /S /C #(nop) CMD {recipe.product}.exe"


@lru_cache(maxsize=8)
def _nightly_base(recipe: Recipe, version: str) -> Built:
    return build(replace(recipe, listed=False, platforms=("linux/amd64",)), version)


def nightly(recipe: Recipe, version: str) -> Built:
    """A lone manifest that shares all layers but one with its neighbours: cheap, for repositories with very many."""
    base = _nightly_base(recipe, version.partition("-")[0])
    manifest = json.loads(base.root.data)
    config = json.loads(base.blobs[manifest["config"]["digest"]].data)
    extra = Layer(layers.nightly, (recipe.product, version))
    config["created"] = _stamp(created(version))
    config["rootfs"]["diff_ids"].append(extra.diff_id)
    config["history"].append({"created": config["created"], "created_by": f"COPY BUILD /usr/share/{recipe.product}/"})
    config_blob = json_blob(config, media.OCI_CONFIG)
    manifest["config"] = descriptor(config_blob)
    manifest["layers"].append(descriptor(extra))
    root = json_blob(manifest, media.OCI_MANIFEST, pretty=True)
    return Built(root, {root.digest: root}, {**base.blobs, config_blob.digest: config_blob, extra.digest: extra})
