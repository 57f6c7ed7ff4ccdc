"""The sections of a manifest, laid out: overview and platforms, layers, configuration, history."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from textual.content import Content
from textual.style import Style

from reglens.app.widgets.artifacts import kind_of
from reglens.app.widgets.layout import (
    Line,
    Part,
    blank,
    cells,
    column,
    end,
    fields,
    fit,
    heading,
    keyed,
    paragraph,
    said,
    words,
)
from reglens.oci import media
from reglens.oci.config import HistoryEntry, ImageConfig
from reglens.oci.descriptor import Descriptor
from reglens.oci.dockerfile import step_text
from reglens.oci.manifest import Image, Index, Manifest, Schema1
from reglens.oci.reference import Reference
from reglens.text import clean, human_age, human_count, human_size

if TYPE_CHECKING:
    from reglens.app.ports import LastSeen

SHOWN = 2000
"""Entries of an index or layers of an image that are listed; all are in the JSON section."""


def headline(manifest: Manifest, config: ImageConfig | None) -> Content:
    """What it is, in a line, and whether nobody was asked for it now."""
    parts: list[Part] = [(kind_of(manifest), ".strong")]
    if isinstance(manifest, Index):
        count = len(manifest.platforms)
        parts.append(f" · {human_count(count)} platform{'' if count == 1 else 's'}")
        parts.append(f" · {human_size(manifest.size)}")
    elif isinstance(manifest, Image):
        if config is not None and config.platform.os:
            parts.append(Content(" ") + said(str(config.platform), limit=80))
        count = len(manifest.layers)
        what = "layer" if manifest.is_container else "file"
        parts.append(f" · {human_count(count)} {what}{'' if count == 1 else 's'} · {human_size(manifest.total_size)}")
    elif isinstance(manifest, Schema1):
        parts.append(f" · {human_count(len(manifest.layers))} layers · {human_size(manifest.size)}")
    else:
        parts.append(f" · {human_size(manifest.size)}")
    if manifest.kept_since is not None:
        parts.append((" · cached", ".muted"))
    return words(*parts)


def seen_lines(reference: Reference, seen: LastSeen, width: int, now: datetime) -> list[Line]:
    """What a tag led to when it was last asked for: an item to open."""
    kept = reference.at_digest(seen.digest)
    told = words(
        f"{human_age(seen.fetched, now)} it was ", said(seen.digest.short, ".strong"),
        (", kept on this machine: ", ".muted"), ("enter", ".accent"), (" opens that.", ".muted"),
    )  # fmt: skip
    return paragraph(told, width, lead=("→ ", ".accent"), key=kept)


def overview_lines(manifest: Manifest, config: ImageConfig | None, width: int, now: datetime) -> list[Line]:
    """What the manifest says of itself."""
    lines: list[Line] = []
    if type(manifest) is Manifest:
        sentence = (
            "reglens does not know this kind of manifest, so nothing in it is interpreted; "
            "the document stands whole in the JSON section."
        )
        lines += [*paragraph(words((sentence, ".warn")), width), blank()]
    if isinstance(manifest, Schema1):
        sentence = (
            "Docker's schema 1 says neither sizes nor a configuration. Registries and clients are dropping it: "
            "push the image again with a current docker or skopeo."
        )
        lines += [*paragraph(words((sentence, ".warn")), width), blank()]
    pairs: list[tuple[str, Content]] = [("media type", said(manifest.media_type or "(none)", limit=300))]
    if manifest.artifact_type:
        pairs.append(("artifact type", said(manifest.artifact_type, limit=300)))
    if isinstance(manifest, Image):
        pairs += _image_facts(manifest, config, now)
    pairs.append(("manifest", _size_and_age(manifest, now)))
    if manifest.subject is not None:
        pairs.append(("refers to", said(str(manifest.subject.digest), limit=300)))
    pairs += [("odd", said(problem, ".warn", 400)) for problem in manifest.problems]
    lines += fields(pairs, width)
    if manifest.annotations:
        lines += [blank(), *heading("Annotations", width), *mapping_lines(manifest.annotations, width)]
    return lines


def _size_and_age(manifest: Manifest, now: datetime) -> Content:
    size = human_size(manifest.size)
    if manifest.kept_since is None:
        return words(size)
    return words(size, (f"  cached {human_age(manifest.kept_since, now)}", ".muted"))


def _image_facts(image: Image, config: ImageConfig | None, now: datetime) -> list[tuple[str, Content]]:
    pairs: list[tuple[str, Content]] = []
    if config is not None:
        if config.platform.os or config.platform.architecture:
            pairs.append(("platform", said(str(config.platform), ".strong", 100)))
        if config.created is not None:
            pairs.append(("created", created(config.created, now)))
        runs = [*config.entrypoint, *config.cmd]
        if runs:
            pairs.append(("runs", said(_command(runs), ".code", 1000)))
    pairs.append(("size", words(human_size(image.total_size), (" compressed, with config", ".muted"))))
    if image.config is not None:
        pairs.append(
            ("config", words(said(image.config.digest.short), "  ", said(image.config.media_type, ".muted", 200)))
        )
    return pairs


def created(moment: datetime, now: datetime) -> Content:
    """A time of creation with its age. Builds made reproducible carry 1970 or 1980: that is said."""
    stamp = moment.strftime("%Y-%m-%d %H:%M UTC")
    if moment.year <= 1980:
        return words(stamp, ("  a fixed date, for reproducible builds", ".muted"))
    return words(stamp, (f"  {human_age(moment, now)}", ".muted"))


def mapping_lines(mapping: Mapping[str, str], width: int) -> list[Line]:
    """Names and values of a server's, one under the other; at most a few hundred."""
    shown = list(mapping.items())[:300]
    lines = fields(
        [(clean(name, 80), linked(value) if value else words(('""', ".muted"))) for name, value in shown],
        width,
    )
    if len(mapping) > len(shown):
        lines.append(Line(words((f"and {human_count(len(mapping) - len(shown))} more, in the JSON section", ".muted"))))
    return lines


def linked(value: str) -> Content:
    """A value of a server's; where it is an http(s) address, as a link whose text is all of the address it leads to."""
    shown = said(value, limit=1000)
    if not is_address(value):
        return shown
    return shown.stylize(Style(underline=True, link=value))


def is_address(value: str) -> bool:
    """Whether a text is an http(s) address that may be opened: it is shown as it is, and names a host and no login."""
    if not value.startswith(("http://", "https://")) or len(value) > 1000 or clean(value) != value or " " in value:
        return False
    try:
        parts = urlsplit(value)
        return bool(parts.hostname) and "@" not in parts.netloc and parts.netloc.isascii()
    except ValueError:
        return False


def index_lines(index: Index, width: int, unfolded: frozenset[str], config_now: datetime) -> list[Line]:
    """The platforms, each an item keyed by its digest's text; attestations folded under theirs (``+`` shows them,
    keyed as ``attest:`` and the digest)."""
    lines: list[Line] = []
    platforms = index.platforms
    attested: dict[str, list[Descriptor]] = {}
    for entry in index.manifests:
        if entry.attests:
            attested.setdefault(entry.attests, []).append(entry)
    names = [_platform_name(entry) for entry in platforms[:SHOWN]]
    sizes = [human_size(entry.size) for entry in platforms[:SHOWN]]
    size_width = max((len(s) for s in sizes), default=0)
    name_width = min(max((cells(n) for n in names), default=0), max(12, width - size_width - 24))
    known: set[str] = set()
    for entry, name, size in zip(platforms, names, sizes, strict=False):
        digest = str(entry.digest)
        known.add(digest)
        room = max(12, width - name_width - size_width - 4)
        count = len(attested.get(digest, ()))
        note = f"  {'−' if digest in unfolded else '+'}{count}" if count else ""
        if note and width >= 64:
            note += " attestation" + ("" if count == 1 else "s")
        shown_digest = digest if cells(digest) + len(note) <= room else entry.digest.short
        content = words(
            column(Content.styled(name, ".strong"), name_width),
            "  ",
            (f"{size:>{size_width}}", ""),
            "  ",
            (end(clean(shown_digest, 200), max(8, room - len(note))), ".muted"),
            (note, ".accent"),
        )
        lines.append(Line(fit(content, width), digest))
        if digest in unfolded:
            for attestation in attested.get(digest, ()):
                lines += _attestation(attestation, width)
    for about, loose in attested.items():
        if about not in known:
            for attestation in loose[:SHOWN]:
                lines += _attestation(attestation, width)
    if len(platforms) > SHOWN:
        lines.append(Line(words((f"and {human_count(len(platforms) - SHOWN)} more, in the JSON section", ".muted"))))
    if not index.manifests:
        lines += paragraph(words(("The index lists no manifest: nothing can be pulled through it.", ".warn")), width)
    return [*lines, blank(), *overview_lines(index, None, width, config_now)]


def _platform_name(entry: Descriptor) -> str:
    platform = entry.platform
    if platform is None or not (platform.os or platform.architecture):
        title = entry.annotations.get("org.opencontainers.image.ref.name") or entry.artifact_type
        return clean(title or "(no platform)", 60)
    name = clean(str(platform), 80)
    return "unknown/unknown" if name == "unknown/unknown" else name


def _attestation(entry: Descriptor, width: int) -> list[Line]:
    about = entry.annotations.get("vnd.docker.reference.type", "attestation")
    text = words(
        "  └ ",
        (clean(about, 60), ".accent"),
        f"  {human_size(entry.size)}  ",
        (end(entry.digest.short, max(10, width - 40)), ".muted"),
    )
    return [Line(fit(text, width), str(entry.digest))]


def layers_lines(manifest: Manifest, config: ImageConfig | None, width: int) -> list[Line]:
    """The layers base first: number, size as a bar, size, size so far, type, digest; the step that made each."""
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
        if title:
            group += paragraph(said(title, ".strong", 300), width, lead="    ")
        if layer.urls:
            group += paragraph(words(("foreign, from ", ".warn"), said(layer.urls[0], limit=300)), width, lead="    ")
        if step is not None:
            group.append(
                Line(words("    ", (end(clean(step_text(step).replace("\n", " "), 400), max(8, width - 4)), ".code")))
            )
        lines += keyed(group, ("layer", number))
    if len(layers) > SHOWN:
        lines.append(Line(words((f"and {human_count(len(layers) - SHOWN)} more, in the JSON section", ".muted"))))
    return lines


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


def config_lines(config: ImageConfig, width: int, now: datetime) -> list[Line]:
    """What a container of the image runs."""
    none = words(("(none)", ".muted"))
    pairs: list[tuple[str, Content]] = [("platform", said(str(config.platform), ".strong", 100))]
    pairs.append(("created", created(config.created, now) if config.created else none))
    if config.author:
        pairs.append(("author", said(config.author, limit=200)))
    pairs += [
        ("entrypoint", said(_command(config.entrypoint), ".code", 2000) if config.entrypoint else none),
        ("command", said(_command(config.cmd), ".code", 2000) if config.cmd else none),
        ("user", said(config.user, limit=100) if config.user else words(("root (none given)", ".muted"))),
        ("directory", said(config.working_dir, limit=500) if config.working_dir else words(("/", ".muted"))),
    ]
    if config.stop_signal:
        pairs.append(("stop signal", said(config.stop_signal, limit=40)))
    pairs.append(("ports", said(" ".join(config.ports), limit=500) if config.ports else none))
    pairs.append(("volumes", said(" ".join(config.volumes), limit=1000) if config.volumes else none))
    lines = fields(pairs, width)
    if config.env:
        lines += [blank(), *heading("Environment", width), *mapping_lines(dict(config.env), width)]
    if config.labels:
        lines += [blank(), *heading("Labels", width), *mapping_lines(config.labels, width)]
    return lines


def _command(argv: Sequence[str]) -> str:
    return shlex.join(argv[:200])
