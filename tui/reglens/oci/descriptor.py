"""Descriptors and platforms (OCI image spec, "Descriptors", "Image Index")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reglens.oci.digest import Digest

ATTESTATION_TYPE = "vnd.docker.reference.type"
ATTESTATION_DIGEST = "vnd.docker.reference.digest"
"""Annotations by which BuildKit ties an attestation manifest to the image manifest it is about (buildkit,
docs/attestations/attestation-storage.md)."""


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image runs on."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    @classmethod
    def parse(cls, text: str) -> Platform:
        """``os/arch[/variant]`` as ``--platform`` takes it. Raises ValueError, with a sentence for people."""
        parts = text.strip().split("/")
        if not 2 <= len(parts) <= 3 or not all(parts):
            raise ValueError(f"{text!r} is not a platform: write os/arch or os/arch/variant, such as linux/arm64/v8")
        return cls(*parts)

    def satisfies(self, wanted: Platform) -> bool:
        """Whether an image for this platform is what `wanted` asks for; a variant counts only if asked for.

        arm64 is v8 whether it says so or not (containerd, platforms/defaults and compare.go).
        """
        if (self.os, self.architecture) != (wanted.os, wanted.architecture):
            return False
        implied = "v8" if self.architecture == "arm64" else ""
        return not wanted.variant or (self.variant or implied) == wanted.variant

    def __str__(self) -> str:
        name = f"{self.os}/{self.architecture}"
        name = f"{name}/{self.variant}" if self.variant else name
        return f"{name} {self.os_version}" if self.os_version else name


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A pointer to content: what it is, its digest and its size in octets."""

    media_type: str
    digest: Digest
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str = ""
    urls: tuple[str, ...] = ()

    @property
    def attests(self) -> str | None:
        """The digest of the manifest that this one is an attestation of, if it is one."""
        if self.annotations.get(ATTESTATION_TYPE) == "attestation-manifest":
            return self.annotations.get(ATTESTATION_DIGEST)
        return None
