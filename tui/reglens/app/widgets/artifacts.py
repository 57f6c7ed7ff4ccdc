"""What a manifest is, in words people use: by its artifact type, its config's media type, or its layers'."""

from __future__ import annotations

from reglens.oci import media
from reglens.oci.manifest import Image, Index, Manifest, Schema1

KINDS: tuple[tuple[str, str], ...] = (
    ("application/vnd.cncf.helm.config.v1+json", "Helm chart"),
    ("application/vnd.dev.cosign.simplesigning.v1+json", "cosign signature"),
    ("application/vnd.dev.cosign.artifact.sig.v1+json", "cosign signature"),
    ("application/vnd.dev.cosign.artifact.sbom.v1+json", "SBOM attached by cosign"),
    ("application/vnd.dev.sigstore.bundle", "Sigstore bundle (signature or attestation)"),
    ("application/vnd.cncf.notary.signature", "Notary signature"),
    ("application/vnd.dsse.envelope.v1+json", "signed attestation (DSSE)"),
    ("application/vnd.in-toto", "in-toto attestation"),
    ("application/spdx", "SBOM (SPDX)"),
    ("text/spdx", "SBOM (SPDX)"),
    ("application/vnd.cyclonedx", "SBOM (CycloneDX)"),
    ("application/vnd.syft", "SBOM (Syft)"),
    ("application/sarif", "scan result (SARIF)"),
    ("application/vnd.security.vulnerability.report", "vulnerability report"),
    ("application/vnd.wasm.config", "WebAssembly component"),
    ("application/vnd.module.wasm", "WebAssembly module"),
    ("application/wasm", "WebAssembly module"),
    ("application/vnd.bytecodealliance.wasm", "WebAssembly component"),
    ("application/vnd.docker.plugin", "Docker plugin"),
    ("application/vnd.docker.ai.model", "AI model"),
    ("application/vnd.cncf.model", "AI model"),
    ("application/vnd.ollama", "AI model"),
    ("application/vnd.cncf.flux", "Flux sources"),
    ("application/vnd.cncf.openpolicyagent", "Open Policy Agent bundle"),
    ("application/vnd.cncf.kyverno", "Kyverno policies"),
    ("application/vnd.homebrew", "Homebrew bottle"),
    ("application/vnd.devcontainers", "dev container feature"),
    ("application/vnd.docker.compose", "Compose application"),
    ("application/vnd.buildkit.cacheconfig", "BuildKit cache"),
    ("application/vnd.unknown.config", "artifact pushed with oras"),
    (media.OCI_EMPTY, "artifact with an empty config"),
)
"""Media type prefixes, the longer before the shorter (the projects' own documentation of their OCI artifacts)."""


def kind_of(manifest: Manifest) -> str:
    """In a few words what it is: ``index``, ``image``, ``Helm chart``, ``attestation``…"""
    if isinstance(manifest, Index):
        return named(manifest.artifact_type) or "index"
    if isinstance(manifest, Schema1):
        return "image (schema 1, obsolete)"
    if isinstance(manifest, Image):
        return _kind_of_image(manifest)
    if manifest.media_type == media.OCI_ARTIFACT:
        return named(manifest.artifact_type) or "artifact"
    return "unknown manifest"


def _kind_of_image(image: Image) -> str:
    declared = named(image.artifact_type)
    if declared and image.artifact_type != media.OCI_EMPTY:
        return declared
    by_layer = next((name for layer in image.layers[:20] if (name := named(layer.media_type))), "")
    if by_layer:
        return by_layer
    return "image" if image.is_container else declared or "artifact"


def named(media_type: str) -> str:
    """What things of a media type are called; ``""`` if that is not known."""
    bare = media.bare(media_type)
    return next((name for prefix, name in KINDS if bare.startswith(prefix)), "")


def pull_command(manifest: Manifest, pullable: str) -> str:
    """The command that gets it, given the reference in full."""
    if isinstance(manifest, Image) and manifest.artifact_type.startswith("application/vnd.cncf.helm"):
        name, _, tag = pullable.rpartition(":")
        if "@" not in pullable and tag and "/" not in tag:
            return f"helm pull oci://{name} --version {tag}"
        return f"helm pull oci://{pullable}"
    if isinstance(manifest, Index | Schema1) or (isinstance(manifest, Image) and manifest.is_container):
        return f"docker pull {pullable}"
    return f"oras pull {pullable}"
