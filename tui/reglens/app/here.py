"""Where the person is: registry, repository, tag or digest, platform."""

from __future__ import annotations

from dataclasses import dataclass

from reglens.oci.manifest import Index, Manifest
from reglens.oci.reference import Reference


@dataclass(frozen=True)
class Here:
    """Where the person is. `repository` names the repository that is open; `reference` the manifest that is open or
    being asked for; `manifest` the manifest once it is there; `parent` the index through which it was chosen."""

    registry: str = ""
    repository: Reference | None = None
    reference: Reference | None = None
    manifest: Manifest | None = None
    parent: Here | None = None

    @property
    def crumbs(self) -> tuple[str, ...]:
        """The way here: registry, repository, tag or digest, platform."""
        parts = [self.registry]
        if self.repository:
            parts.append(self.repository.repository)
        if self.parent:
            parts = [*self.parent.crumbs, self.platform or self._short]
        elif self.reference:
            parts.append(self.reference.tag or self._short)
        return tuple(parts)

    @property
    def _short(self) -> str:
        return self.reference.digest.short if self.reference and self.reference.digest else ""

    @property
    def platform(self) -> str:
        """The platform of the manifest, if an index led to it and says so."""
        index = self.parent.manifest if self.parent else None
        if isinstance(index, Index) and self.reference and self.reference.digest:
            for entry in index.manifests:
                if entry.digest == self.reference.digest:
                    return str(entry.platform) if entry.platform and not entry.attests else "attestation"
        return ""
