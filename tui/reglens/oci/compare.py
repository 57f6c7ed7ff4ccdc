"""Two manifests compared: what they are, what they run, the layers they are made of, how they were built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reglens.oci.config import HistoryEntry, ImageConfig
from reglens.oci.descriptor import Descriptor
from reglens.oci.manifest import Image, Index, Manifest


class Change(StrEnum):
    """How one thing differs between the two sides."""

    SAME = "same"
    CHANGED = "changed"
    MOVED = "moved"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Row:
    """One named value on both sides; None where a side has none."""

    name: str
    before: str | None
    after: str | None

    @property
    def change(self) -> Change:
        if self.before == self.after:
            return Change.SAME
        return Change.ADDED if self.before is None else Change.REMOVED if self.after is None else Change.CHANGED


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer, or two that stand in the same place: places count from 1, base first."""

    change: Change
    before: Descriptor | None = None
    after: Descriptor | None = None
    before_place: int = 0
    after_place: int = 0


@dataclass(frozen=True)
class Side:
    """What is compared: the manifest that a reference leads to, and of an index the image in it for one platform."""

    name: str
    manifest: Manifest
    image: Manifest | None = None
    config: ImageConfig | None = None

    @property
    def size(self) -> int | None:
        """Octets of the image's config and layers, as stored; None if it is no image."""
        return self.image.total_size if isinstance(self.image, Image) else None


@dataclass(frozen=True)
class Difference:
    """Two sides compared. `same` tells whether they are the same manifest, by digest."""

    before: Side
    after: Side
    same: bool
    manifest: tuple[Row, ...] = ()
    platforms: tuple[Row, ...] = ()
    config: tuple[Row, ...] = ()
    environment: tuple[Row, ...] = ()
    labels: tuple[Row, ...] = ()
    annotations: tuple[Row, ...] = ()
    layers: tuple[LayerRow, ...] = ()
    history: tuple[Row, ...] = ()

    @property
    def parts(self) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        """The rows under their headings."""
        return (
            ("manifest", self.manifest), ("platforms", self.platforms), ("config", self.config),
            ("environment", self.environment), ("labels", self.labels), ("annotations", self.annotations),
            ("history", self.history),
        )  # fmt: skip


def compare(before: Side, after: Side) -> Difference:
    """How `after` differs from `before`."""
    one, other = before.config, after.config
    layers = [side.image.layers if isinstance(side.image, Image) else () for side in (before, after)]
    return Difference(
        before,
        after,
        before.manifest.digest == after.manifest.digest,
        manifest=_rows(_manifest(before), _manifest(after)),
        platforms=_rows(_platforms(before.manifest), _platforms(after.manifest)),
        config=_rows(_config(one), _config(other)),
        environment=_rows(dict(one.env) if one else {}, dict(other.env) if other else {}),
        labels=_rows(one.labels if one else {}, other.labels if other else {}),
        annotations=_rows(before.manifest.annotations, after.manifest.annotations),
        layers=compare_layers(layers[0], layers[1]),
        history=_history(one.history if one else (), other.history if other else ()),
    )


def _rows(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Row, ...]:
    return tuple(Row(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after]))


def _manifest(side: Side) -> dict[str, str]:
    manifest = side.manifest
    found = {"digest": str(manifest.digest), "media type": manifest.media_type}
    if side.image is not None and side.image is not manifest:
        found["image"] = str(side.image.digest)
    if manifest.artifact_type:
        found["artifact type"] = manifest.artifact_type
    if isinstance(side.image, Image) and side.image.config is not None:
        found["config"] = str(side.image.config.digest)
    return found


def _platforms(manifest: Manifest) -> dict[str, str]:
    if not isinstance(manifest, Index):
        return {}
    found: dict[str, str] = {}
    for entry in manifest.platforms:
        found.setdefault(str(entry.platform) if entry.platform else "(no platform)", str(entry.digest))
    return found


def _config(config: ImageConfig | None) -> dict[str, str]:
    if config is None:
        return {}
    values = {
        "platform": str(config.platform),
        "created": config.created.strftime("%Y-%m-%d %H:%M:%S UTC") if config.created else "",
        "author": config.author,
        "entrypoint": " ".join(config.entrypoint),
        "command": " ".join(config.cmd),
        "user": config.user,
        "directory": config.working_dir,
        "stop signal": config.stop_signal,
        "ports": " ".join(sorted(config.ports)),
        "volumes": " ".join(sorted(config.volumes)),
    }
    return {name: value for name, value in values.items() if value}


def _history(before: Sequence[HistoryEntry], after: Sequence[HistoryEntry]) -> tuple[Row, ...]:
    """The steps side by side by their places; times are left out, as every build has its own."""
    ours, theirs = ({str(n): entry.created_by for n, entry in enumerate(steps, 1)} for steps in (before, after))
    return _rows(ours, theirs)


def compare_layers(before: Sequence[Descriptor], after: Sequence[Descriptor]) -> tuple[LayerRow, ...]:
    """Layers by their digests: the same in the same place, the same in another, another in the same place, or only on
    one side; in the order of the second image, what is gone after them."""
    waiting: dict[str, list[int]] = {}
    for place, layer in enumerate(before):
        if place >= len(after) or after[place].digest != layer.digest:
            waiting.setdefault(str(layer.digest), []).append(place)
    partner: dict[int, int] = {}
    for place, layer in enumerate(after):
        if place < len(before) and before[place].digest == layer.digest:
            partner[place] = place
        elif places := waiting.get(str(layer.digest)):
            partner[place] = places.pop(0)
    taken = set(partner.values())
    rows: list[LayerRow] = []
    for place, layer in enumerate(after):
        there = partner.get(place)
        if there is not None:
            change = Change.SAME if there == place else Change.MOVED
            rows.append(LayerRow(change, before[there], layer, there + 1, place + 1))
        elif place < len(before) and place not in taken:
            taken.add(place)
            rows.append(LayerRow(Change.CHANGED, before[place], layer, place + 1, place + 1))
        else:
            rows.append(LayerRow(Change.ADDED, None, layer, 0, place + 1))
    rows += [LayerRow(Change.REMOVED, layer, None, n + 1) for n, layer in enumerate(before) if n not in taken]
    return tuple(rows)


def to_document(difference: Difference) -> dict[str, Any]:
    """The difference as JSON values."""

    def side(told: Side) -> dict[str, Any]:
        return {
            "reference": told.name,
            "digest": str(told.manifest.digest),
            "image": str(told.image.digest) if told.image else None,
            "size": told.size,
        }

    def rows(listed: Iterable[Row]) -> list[dict[str, Any]]:
        return [{"name": r.name, "before": r.before, "after": r.after, "change": r.change.value} for r in listed]

    def layer(entry: Descriptor | None, place: int) -> dict[str, Any] | None:
        return {"place": place, "digest": str(entry.digest), "size": entry.size} if entry is not None else None

    return {
        "same": difference.same,
        "before": side(difference.before),
        "after": side(difference.after),
        **{name: rows(listed) for name, listed in difference.parts},
        "layers": [
            {
                "change": row.change.value,
                "before": layer(row.before, row.before_place),
                "after": layer(row.after, row.after_place),
            }
            for row in difference.layers
        ],
    }
