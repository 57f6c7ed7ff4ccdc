"""Which sections the manifest pane has for what it shows, and what stands in each."""

from __future__ import annotations

from datetime import datetime

from reglens.app.widgets.error_views import error_lines
from reglens.app.widgets.layer_views import Shared, dockerfile_lines, history_lines, layers_lines
from reglens.app.widgets.layout import Line, paragraph, words
from reglens.app.widgets.manifest_views import config_lines, index_lines, overview_lines
from reglens.app.widgets.section_bar import Section
from reglens.errors import ReglensError
from reglens.oci import media
from reglens.oci.config import ImageConfig
from reglens.oci.descriptor import Descriptor
from reglens.oci.kinds import describe
from reglens.oci.manifest import Image, Index, Manifest, Schema1
from reglens.oci.schema1 import schema1_config
from reglens.text import human_count

_OF_CONFIG = (Section("config", "Config"), Section("history", "History"))


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


def section_lines(
    section: str,
    manifest: Manifest,
    width: int,
    now: datetime,
    *,
    config: ImageConfig | None,
    error: ReglensError | None,
    unfolded: frozenset[str],
    shared: Shared,
    dockerfile: bool,
) -> list[Line]:
    """A section of a manifest, save for its JSON and what refers to it; `error` is why there is no `config`, and with
    `dockerfile` the history is told as one."""
    if isinstance(manifest, Index):
        return index_lines(manifest, width, unfolded, now)
    if section == "layers":
        return layers_lines(manifest, config, width, shared)
    if section in ("config", "history"):
        if config is None:
            return error_lines(error, width) if error is not None else _fetching(width)
        if section == "config":
            return config_lines(config, width, now, container=describe(manifest).container)
        if dockerfile:
            return dockerfile_lines(config, width)
        return history_lines(config, manifest if isinstance(manifest, Image) else None, width, now)
    return overview_lines(manifest, config, width, now)


def _fetching(width: int) -> list[Line]:
    return paragraph(words(("… fetching the configuration", ".accent")), width)


def tells(config: Descriptor | None) -> bool:
    """Whether the config of an artifact may say something of it."""
    return config is not None and config.size > 2 and config.media_type != media.OCI_EMPTY
