"""The sections of a manifest, laid out: overview and platforms, layers, configuration, history."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from textual.content import Content
from textual.style import Style

from reglens.app.widgets.document_parts import json_document_lines
from reglens.app.widgets.layer_views import short_type
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
    paragraph,
    said,
    words,
)
from reglens.oci import media
from reglens.oci.config import Healthcheck, ImageConfig
from reglens.oci.descriptor import Descriptor
from reglens.oci.kinds import ARTIFACT, Kind, describe, facts, role_of
from reglens.oci.manifest import Image, Index, Manifest, Schema1
from reglens.oci.reference import Reference
from reglens.text import clean, human_age, human_count, human_duration, human_size

if TYPE_CHECKING:
    from reglens.app.ports import LastSeen

SHOWN = 2000
"""Entries of an index that are listed; all are in the JSON section."""
PARTS = 12
"""Parts of an artifact that its overview names; the others stand in their own section."""


def headline(manifest: Manifest, config: ImageConfig | None) -> Content:
    """What it is, in a line, and whether nobody was asked for it now."""
    kind = describe(manifest)
    parts: list[Part] = [(kind.name, ".strong")]
    if isinstance(manifest, Index):
        count = len(manifest.platforms)
        one, several = ("platform", "platforms") if kind.container else ("entry", "entries")
        parts.append(f" · {human_count(count)} {one if count == 1 else several}")
        parts.append(f" · {human_size(manifest.size)}")
    elif isinstance(manifest, Image):
        if config is not None and kind.container and config.platform.os:
            parts.append(Content(" ") + said(str(config.platform), limit=80))
        count = len(manifest.layers)
        if kind is ARTIFACT and manifest.artifact_type:
            parts.append(Content(" ") + said(manifest.artifact_type, limit=120))
        what = kind.parts[0] if count == 1 else kind.parts[1]
        parts.append(f" · {human_count(count)} {what} · {human_size(manifest.total_size)}")
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
    kind = describe(manifest)
    if isinstance(manifest, Image) and not kind.container:
        lines += artifact_lines(kind, manifest, config, width)
    pairs: list[tuple[str, Content]] = [("media type", said(manifest.media_type or "(none)", limit=300))]
    if manifest.artifact_type:
        pairs.append(("artifact type", said(manifest.artifact_type, limit=300)))
    if isinstance(manifest, Image):
        pairs += _image_facts(manifest, config if kind.container else None, now)
    pairs.append(("manifest", _size_and_age(manifest, now)))
    if manifest.subject is not None:
        pairs.append(("refers to", said(str(manifest.subject.digest), limit=300)))
    pairs += [("odd", said(problem, ".warn", 400)) for problem in manifest.problems]
    lines += fields(pairs, width)
    if manifest.annotations:
        lines += [blank(), *heading("Annotations", width), *mapping_lines(manifest.annotations, width)]
    return lines


def artifact_lines(kind: Kind, image: Image, config: ImageConfig | None, width: int) -> list[Line]:
    """What an artifact is by its own words, and what it consists of."""
    lines: list[Line] = []
    told = facts(kind, config.document) if config is not None else []
    if told:
        named = [(word, _linked_lines(value)) for word, value in told]
        lines += [*heading(kind.name, width), *fields(named, width), blank()]
    parts = image.layers[:PARTS]
    if not parts:
        return lines
    rows = []
    for part in parts:
        title = part.annotations.get("org.opencontainers.image.title", "")
        what = title or role_of(part.media_type) or media.bare(part.media_type).removeprefix("application/")
        more = role_of(part.media_type) if title else ""
        rows.append((human_size(part.size), words(said(what, ".strong", 200), (f"  {more}" if more else "", ".muted"))))
    lines += [*heading(kind.parts[1].capitalize(), width), *fields(rows, width)]
    if len(image.layers) > PARTS:
        lines.append(Line(words((f"and {human_count(len(image.layers) - PARTS)} more", ".muted"))))
    return [*lines, blank(), *heading("Manifest", width)]


def _linked_lines(value: str) -> Content:
    return Content("\n").join([linked(row) for row in value.split("\n")[:60]])


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
        if not title and entry.media_type not in media.IMAGES:
            title = role_of(entry.media_type) or short_type(entry.media_type)
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


def config_lines(config: ImageConfig, width: int, now: datetime, *, container: bool = True) -> list[Line]:
    """What a container of the image runs; of an artifact that is no image the config as it is."""
    if not container:
        return json_document_lines(dict(config.document), width)
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
    if config.healthcheck is not None:
        pairs.append(("healthcheck", _healthcheck(config.healthcheck)))
    if config.shell:
        pairs.append(("shell", said(_command(config.shell), ".code", 400)))
    pairs += [("on build", said(step, ".code", 1000)) for step in config.on_build[:50]]
    lines = fields(pairs, width)
    if config.env:
        lines += [blank(), *heading("Environment", width), *mapping_lines(dict(config.env), width)]
    if config.labels:
        lines += [blank(), *heading("Labels", width), *mapping_lines(config.labels, width)]
    return lines


def _healthcheck(check: Healthcheck) -> Content:
    """The command and how often; spans that are not given are the runtime's defaults."""
    how, *rest = check.test
    if how == "NONE":
        return words(("switched off, whatever the base image says", ".muted"))
    command = rest[0] if how == "CMD-SHELL" and rest else _command(rest if how == "CMD" else check.test)
    spans = [
        f"{word} {human_duration(seconds)}"
        for word, seconds in (
            ("every", check.interval), ("patience", check.timeout), ("first after", check.start_period)
        )
        if seconds
    ]  # fmt: skip
    if check.retries:
        spans.append(f"{check.retries} tries")
    about = (f"  {', '.join(spans)}" if spans else "", ".muted")
    return words(said(command, ".code", 1000), about)


def _command(argv: Sequence[str]) -> str:
    return shlex.join(argv[:200])
