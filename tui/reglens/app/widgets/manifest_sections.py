"""Which sections the manifest pane has for what it shows."""

from __future__ import annotations

from reglens.app.widgets.section_bar import Section
from reglens.oci import media
from reglens.oci.kinds import describe
from reglens.oci.manifest import Image, Index, Manifest, Schema1
from reglens.oci.schema1 import schema1_config
from reglens.text import human_count

_OF_CONFIG = (Section("config", "Config"), Section("history", "History"), Section("dockerfile", "Dockerfile"))


def sections_of(manifest: Manifest, referrers: str = "") -> list[Section]:
    """The sections in their order; `referrers` is how many are known to refer to the manifest."""
    raw, about = Section("json", "JSON"), Section("referrers", "Referrers", referrers)
    kind = describe(manifest)
    if isinstance(manifest, Index):
        title = "Platforms" if kind.container else "Entries"
        return [Section("platforms", title, human_count(len(manifest.platforms))), about, raw]
    if isinstance(manifest, Image) and kind.container:
        return [
            Section("overview", "Overview"),
            Section("layers", "Layers", human_count(len(manifest.layers))),
            *_OF_CONFIG,
            about,
            raw,
        ]
    if isinstance(manifest, Image):
        config = (
            [Section("config", "Config")] if manifest.config and manifest.config.media_type != media.OCI_EMPTY else []
        )
        files = Section("layers", kind.parts[1].capitalize(), human_count(len(manifest.layers)))
        return [Section("overview", "Overview"), files, *config, about, raw]
    if isinstance(manifest, Schema1):
        layers = Section("layers", "Layers", str(len(manifest.layers)))
        told = _OF_CONFIG if schema1_config(manifest) is not None else ()
        return [Section("overview", "Overview"), layers, *told, raw]
    return [Section("overview", "Overview"), raw]
