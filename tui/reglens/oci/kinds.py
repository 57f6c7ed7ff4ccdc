"""What a manifest is, in words people use: by its artifact type, its config's media type, or its layers'.

Sources of the media types: each project's documentation of its OCI artifacts. Helm, "Use OCI-based registries"; CNCF
TAG Runtime, "WASM OCI Artifact layout"; modelpack/model-spec, docs/config.md; docker/model-distribution, pkg/types/
config.go; ollama, server/internal/manifest; conftest, docs/sharing.md; BuildKit, cache/remotecache/v1/spec.go; Flux,
"OCI artifacts"; notaryproject/specifications, signature-specification.md; sigstore, bundle media types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reglens.oci import media
from reglens.oci.descriptor import Descriptor
from reglens.oci.layer import is_archive
from reglens.oci.manifest import Image, Index, Manifest, Schema1
from reglens.text import human_count

Fields = tuple[tuple[str, str], ...]
"""What of a config is told, the parts that matter first: a word for it, and its path in the document."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a manifest is: its `name` in words; `prefixes` of the media types that tell it; `fields` of its config;
    `container` whether it can be run as one; `parts` what its layers are called, one of them and several."""

    name: str
    prefixes: tuple[str, ...] = ()
    fields: Fields = ()
    container: bool = False
    parts: tuple[str, str] = ("file", "files")


_CHART: Fields = (
    ("chart", "name"), ("version", "version"), ("app version", "appVersion"), ("description", "description"),
    ("type", "type"), ("Kubernetes", "kubeVersion"), ("deprecated", "deprecated"), ("depends on", "dependencies"),
    ("maintainers", "maintainers"), ("home", "home"), ("sources", "sources"), ("keywords", "keywords"),
)  # fmt: skip
_WASM: Fields = (
    ("exports", "component.exports"), ("imports", "component.imports"), ("target", "component.target"),
    ("os", "os"), ("architecture", "architecture"), ("author", "author"), ("created", "created"),
)  # fmt: skip
_MODEL_PACK: Fields = (
    ("model", "descriptor.name"), ("title", "descriptor.title"), ("version", "descriptor.version"),
    ("family", "descriptor.family"), ("architecture", "config.architecture"), ("format", "config.format"),
    ("parameters", "config.paramSize"), ("precision", "config.precision"), ("quantization", "config.quantization"),
    ("input", "config.capabilities.inputTypes"), ("output", "config.capabilities.outputTypes"),
    ("licences", "descriptor.licenses"), ("vendor", "descriptor.vendor"), ("authors", "descriptor.authors"),
    ("description", "descriptor.description"), ("documentation", "descriptor.docURL"),
    ("source", "descriptor.sourceURL"), ("created", "descriptor.createdAt"),
)  # fmt: skip
_DOCKER_MODEL: Fields = (
    ("architecture", "config.architecture"), ("parameters", "config.parameters"),
    ("quantization", "config.quantization"), ("format", "config.format"), ("size", "config.size"),
    ("context size", "config.context_size"), ("created", "descriptor.created"),
)  # fmt: skip
_OLLAMA: Fields = (
    ("family", "model_family"), ("families", "model_families"), ("parameters", "model_type"),
    ("quantization", "file_type"), ("format", "model_format"),
)  # fmt: skip

INDEX = Kind("index", container=True)
IMAGE = Kind("image", container=True, parts=("layer", "layers"))
SCHEMA1 = Kind("image (schema 1, obsolete)", container=True, parts=("layer", "layers"))
ARTIFACT = Kind("artifact")
UNKNOWN = Kind("unknown manifest")
CACHE = Kind("BuildKit cache", ("application/vnd.buildkit.cacheconfig",), parts=("entry", "entries"))
CHART = Kind("Helm chart", ("application/vnd.cncf.helm",), _CHART)
POLICY = Kind("Rego policies (Open Policy Agent)", ("application/vnd.cncf.openpolicyagent",))
FLUX = Kind("Flux sources", ("application/vnd.cncf.flux",))
DOCKER_MODEL = Kind("AI model (Docker)", ("application/vnd.docker.ai",), _DOCKER_MODEL)
OLLAMA = Kind("AI model (Ollama)", ("application/vnd.ollama",), _OLLAMA)
KINDS: tuple[Kind, ...] = (
    CHART,
    Kind("cosign signature", ("application/vnd.dev.cosign.simplesigning.v1+json",
         "application/vnd.dev.cosign.artifact.sig.v1+json"), parts=("signature", "signatures")),
    Kind("SBOM attached by cosign", ("application/vnd.dev.cosign.artifact.sbom.v1+json",)),
    Kind("Sigstore bundle (signature or attestation)", ("application/vnd.dev.sigstore.bundle",)),
    Kind("Notary signature", ("application/vnd.cncf.notary",), parts=("signature", "signatures")),
    Kind("signed attestation (DSSE)", ("application/vnd.dsse.envelope.v1+json",)),
    Kind("in-toto attestation", ("application/vnd.in-toto",), parts=("statement", "statements")),
    Kind("SBOM (SPDX)", ("application/spdx", "text/spdx")),
    Kind("SBOM (CycloneDX)", ("application/vnd.cyclonedx",)),
    Kind("SBOM (Syft)", ("application/vnd.syft",)),
    Kind("scan result (SARIF)", ("application/sarif",)),
    Kind("vulnerability report", ("application/vnd.security.vulnerability.report",)),
    Kind("WebAssembly module", ("application/vnd.wasm.module", "application/vnd.module.wasm"), _WASM),
    Kind("WebAssembly component", ("application/vnd.wasm.component", "application/vnd.bytecodealliance"), _WASM),
    Kind("WebAssembly", ("application/vnd.wasm", "application/wasm"), _WASM),
    Kind("Docker plugin", ("application/vnd.docker.plugin",)),
    DOCKER_MODEL,
    Kind("AI model (ModelPack)", ("application/vnd.cncf.model", "application/vnd.cnai.model"), _MODEL_PACK),
    OLLAMA,
    FLUX,
    POLICY,
    Kind("Kyverno policies", ("application/vnd.cncf.kyverno",)),
    Kind("Falco rules or plugin", ("application/vnd.cncf.falco",)),
    Kind("Homebrew bottle", ("application/vnd.homebrew",)),
    Kind("dev container feature", ("application/vnd.devcontainers",)),
    Kind("Compose application", ("application/vnd.docker.compose",)),
    CACHE,
    Kind("files pushed with oras", ("application/vnd.unknown",)),
    Kind("artifact with an empty config", (media.OCI_EMPTY,)),
)  # fmt: skip
"""Every kind that media types tell; of two prefixes the longer stands first."""

_ROLES: tuple[tuple[str, str], ...] = (
    ("application/vnd.cncf.helm.chart.content", "the chart"),
    ("application/vnd.cncf.helm.chart.provenance", "the chart's signature"),
    ("application/vnd.cncf.openpolicyagent.policy", "Rego policy"),
    ("application/vnd.cncf.openpolicyagent.data", "policy data"),
    ("application/vnd.cncf.openpolicyagent.manifest", "policy bundle manifest"),
    ("application/vnd.cncf.model.weight.config", "configuration of the weights"),
    ("application/vnd.cncf.model.weight", "weights"),
    ("application/vnd.cncf.model.doc", "documentation"),
    ("application/vnd.cncf.model.code", "code"),
    ("application/vnd.cncf.model.dataset", "dataset"),
    ("application/vnd.docker.ai.gguf", "weights (GGUF)"),
    ("application/vnd.docker.ai.safetensors", "weights (safetensors)"),
    ("application/vnd.docker.ai.license", "licence"),
    ("application/vnd.docker.ai.chat.template", "chat template"),
    ("application/vnd.docker.ai.mmproj", "multimodal projector"),
    ("application/vnd.ollama.image.model", "weights"),
    ("application/vnd.ollama.image.tensor", "a tensor"),
    ("application/vnd.ollama.image.projector", "multimodal projector"),
    ("application/vnd.ollama.image.adapter", "adapter"),
    ("application/vnd.ollama.image.template", "prompt template"),
    ("application/vnd.ollama.image.system", "system prompt"),
    ("application/vnd.ollama.image.license", "licence"),
    ("application/vnd.ollama.image.params", "parameters of the run"),
    ("application/vnd.ollama.image.messages", "messages"),
    ("application/vnd.cncf.flux.content", "manifests for the cluster"),
    ("application/vnd.buildkit.cacheconfig", "the cache's records"),
    ("application/wasm", "the WebAssembly binary"),
    ("application/vnd.wasm.content", "the WebAssembly binary"),
)


def describe(manifest: Manifest) -> Kind:
    """What a manifest is."""
    if isinstance(manifest, Index):
        if any(_starts(entry.media_type, CACHE) for entry in manifest.manifests[:1000]):
            return CACHE
        return _known(manifest.artifact_type) or INDEX
    if isinstance(manifest, Schema1):
        return SCHEMA1
    if isinstance(manifest, Image):
        return _of_image(manifest)
    if manifest.media_type == media.OCI_ARTIFACT:
        return _known(manifest.artifact_type) or ARTIFACT
    return UNKNOWN


def _of_image(image: Image) -> Kind:
    declared = _known(image.artifact_type)
    if declared and image.artifact_type != media.OCI_EMPTY:
        return declared
    by_layer = next((kind for layer in image.layers[:20] if (kind := _known(layer.media_type))), None)
    if by_layer is not None:
        return by_layer
    return IMAGE if image.is_container else declared or ARTIFACT


def _known(media_type: str) -> Kind | None:
    return next((kind for kind in KINDS if _starts(media_type, kind)), None) if media_type else None


def _starts(media_type: str, kind: Kind) -> bool:
    return media.bare(media_type).startswith(kind.prefixes)


def named(media_type: str) -> str:
    """What things of a media type are called; ``""`` if that is not known."""
    kind = _known(media_type)
    return kind.name if kind else ""


def role_of(media_type: str) -> str:
    """What a layer of a media type is for the artifact that it is a part of; ``""`` if that is not known."""
    bare = media.bare(media_type)
    return next((role for prefix, role in _ROLES if bare.startswith(prefix)), "")


def is_blob(entry: Descriptor) -> bool:
    """Whether an entry of an index is a blob all the same, as those of BuildKit's caches are."""
    return _starts(entry.media_type, CACHE) or is_archive(entry.media_type)


def facts(kind: Kind, config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the config of a manifest of that kind says, in the order in which it matters."""
    found = []
    for word, path in kind.fields:
        value: Any = config
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        told = _told(value)
        if told:
            found.append((word, told))
    return found


def _told(value: object) -> str:
    """A value in words: a list has its items after each other, or one a line where they are objects."""
    if value is None or isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list):
        shown = [told for item in value[:50] if (told := _told(item))]
        if len(value) > 50:
            shown.append(f"and {human_count(len(value) - 50)} more")
        return ("\n" if any(isinstance(item, Mapping) for item in value) else ", ").join(shown)
    if isinstance(value, Mapping):
        flat = [_told(item) for item in list(value.values())[:10] if not isinstance(item, Mapping | list)]
        return " ".join(filter(None, flat))
    return ""
