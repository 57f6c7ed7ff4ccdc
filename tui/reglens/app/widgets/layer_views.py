"""Layers and the steps that made them, laid out; the steps as a Dockerfile too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from textual.content import Content

from reglens.app.widgets.layout import Line, Part, cells, end, fit, keyed, paragraph, said, words
from reglens.oci import media
from reglens.oci.config import HistoryEntry, ImageConfig
from reglens.oci.descriptor import Descriptor
from reglens.oci.dockerfile import dockerfile, step_text
from reglens.oci.kinds import role_of
from reglens.oci.manifest import Image, Manifest, Schema1
from reglens.text import clean, human_age, human_count, human_size

SHOWN = 2000
"""Layers or steps of an image that are listed; all are in the JSON section."""
Shared = Callable[[Descriptor], Sequence[str]]
"""What else holds a layer, in words."""


def _alone(_layer: Descriptor) -> Sequence[str]:
    return ()


def layers_lines(manifest: Manifest, config: ImageConfig | None, width: int, shared: Shared = _alone) -> list[Line]:
    """The layers base first: number, size as a bar, size, size so far, type, digest; the step that made each, and what
    else of this visit holds it, as `shared` tells."""
    if isinstance(manifest, Schema1):
        rows = [
            Line(words((f"{n:>3}  ", ".muted"), said(str(d), limit=200)))
            for n, d in enumerate(manifest.layers[:SHOWN], 1)
        ]
        return rows or paragraph(words(("There are no layers.", ".muted")), width)
    if not isinstance(manifest, Image) or not manifest.layers:
        return paragraph(words(("There are no layers.", ".muted")), width)
    layers = manifest.layers
    steps: Sequence[HistoryEntry | None] = config.layer_steps(len(layers)) if config else (None,) * len(layers)
    largest = max((layer.size for layer in layers), default=0)
    bar = max(4, min(20, (width - 34) // 3))
    lines: list[Line] = []
    so_far = 0
    for number, (layer, step) in enumerate(zip(layers[:SHOWN], steps, strict=False), 1):
        so_far += layer.size
        parts: list[Part] = [
            (f"{number:>3} ", ".muted"),
            (_bar(layer.size, largest, bar), ".bar"),
            (f" {human_size(layer.size):>9}", ".strong"),
            (f" {human_size(so_far):>9}", ".muted"),
        ]
        used = 4 + bar + 10 + 10
        tail = [(short_type(layer.media_type), ""), (layer.digest.short, ".muted")]
        for text, style in tail:
            shown = clean(text, 100)
            if used + 2 + cells(shown) <= width:
                parts += ["  ", (shown, style)]
                used += 2 + cells(shown)
        group = [Line(fit(words(*parts), width))]
        title = layer.annotations.get("org.opencontainers.image.title", "")
        role = role_of(layer.media_type)
        if role:
            group += paragraph(words((role, ".muted")), width, lead="    ")
        if title:
            group[1:1] = paragraph(said(title, ".strong", 300), width, lead="    ")
        if layer.urls:
            group += paragraph(words(("foreign, from ", ".warn"), said(layer.urls[0], limit=300)), width, lead="    ")
        if step is not None:
            group.append(
                Line(words("    ", (end(clean(step_text(step).replace("\n", " "), 400), max(8, width - 4)), ".code")))
            )
        group += _shared_line(shared(layer), width)
        lines += keyed(group, ("layer", number))
    if len(layers) > SHOWN:
        lines.append(Line(words((f"and {human_count(len(layers) - SHOWN)} more, in the JSON section", ".muted"))))
    return lines


def _shared_line(others: Sequence[str], width: int) -> list[Line]:
    """Which others of this visit hold a layer: the first few by name."""
    if not others:
        return []
    named = ", ".join(clean(other, 80) for other in others[:3])
    more = f" and {human_count(len(others) - 3)} more" if len(others) > 3 else ""
    text = f"shared with {named}{more}, seen in this visit"
    return [Line(words("    ", ("= ", ".accent"), (end(text, max(8, width - 6)), ".muted")))]


def _bar(size: int, largest: int, width: int) -> str:
    """A bar of eighths of a cell; anything but nothing shows at least one."""
    eighths = round(size / largest * width * 8) if largest else 0
    eighths = max(eighths, 1) if size else 0
    full, part = divmod(eighths, 8)
    return ("█" * full + ("▏▎▍▌▋▊▉"[part - 1] if part else "")).ljust(width)


def short_type(media_type: str) -> str:
    """A layer's media type in short: ``tar+gzip``, ``foreign tar``."""
    bare = media.bare(media_type)
    for prefix in ("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs."):
        if bare.startswith(prefix):
            rest = bare.removeprefix(prefix)
            foreign = "foreign" in rest or "nondistributable" in rest
            kind = "tar" + ("+zstd" if "zstd" in rest else "+gzip" if "gzip" in rest else "")
            return f"foreign {kind}" if foreign else kind
    return bare.removeprefix("application/") or "(no type)"


def history_lines(config: ImageConfig, image: Image | None, width: int, now: datetime) -> list[Line]:
    """The build's steps, oldest first; steps that made no layer are dimmed."""
    if not config.history:
        return paragraph(words(("The configuration records no history.", ".muted")), width)
    lines: list[Line] = []
    layer = 0
    sizes = [entry.size for entry in image.layers] if image else []
    for number, entry in enumerate(config.history[:SHOWN], 1):
        if entry.empty:
            made: Part = ("  no layer", ".muted")
        else:
            size = f" {human_size(sizes[layer])}" if layer < len(sizes) else ""
            layer += 1
            made = (f"  layer {layer}{size}", ".accent")
        age = f"  {human_age(entry.created, now)}" if entry.created and entry.created.year > 1980 else ""
        group = [Line(fit(words((f"{number:>3}", ".muted"), made, (age, ".muted")), width))]
        body = Content("\n").join(
            [said(p, ".muted" if entry.empty else ".code", 2000) for p in step_text(entry).split("\n")[:60]]
        )
        group += paragraph(body, width, lead="    ")
        if entry.comment and entry.comment != "buildkit.dockerfile.v0":
            group += paragraph(said(entry.comment, ".muted", 400), width, lead="    ")
        lines += keyed(group, ("step", number))
    if len(config.history) > SHOWN:
        lines.append(Line(words((f"and {human_count(len(config.history) - SHOWN)} more", ".muted"))))
    return lines


def dockerfile_lines(config: ImageConfig, width: int) -> list[Line]:
    """The history as Dockerfile text: instructions, and as comments what is none."""
    lines: list[Line] = []
    for row in dockerfile(config).splitlines()[: SHOWN * 10]:
        word, blank, rest = row.partition(" ")
        if row.startswith("#"):
            body = said(row, ".muted", 4000)
        elif blank and word.isascii() and word.isupper():
            body = words(said(word, ".accent", 40), " ", said(rest, limit=4000))
        else:
            body = said(row, limit=4000)
        lines += paragraph(body, width)
    return lines
