"""The commands that tell without a screen what a view shows."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from reglens.oci.kinds import describe
from reglens.oci.manifest import Image, Index, Manifest
from reglens.oci.reference import HUB, Reference, name_of


@dataclass(frozen=True, slots=True)
class Command:
    """What a command tells, and the command as it is typed into a shell."""

    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes commands of reglens with the options that it was itself started with. `keys` is the file of the keys that
    signatures are checked against."""

    flags: tuple[str, ...] = ()
    keys: str = ""

    def line(self, command: str, *words: str, pipe: str = "") -> str:
        """``reglens command options words``, and what it is piped into."""
        text = shlex.join(["reglens", command, *self.flags, *words])
        return f"{text} | {pipe}" if pipe else text

    def search(self, registries: Sequence[str], query: str) -> list[Command]:
        """The search of one registry, or of several."""
        named = () if tuple(registries) == (HUB,) else registries
        where = [word for registry in named for word in ("--registry", name_of(registry))]
        return [Command("repositories", self.line("search", *where, query or "QUERY"))]

    def tags(self, repository: Reference, order: Sequence[str] = ()) -> list[Command]:
        """The tags of a repository; `order` are the options that sort them as they are sorted."""
        name = repository.pullable
        return [
            Command("the tags", self.line("tags", *order, name)),
            Command("the ten newest versions", self.line("tags", *"--sort semver --reverse --limit 10".split(), name)),
        ]

    def manifest(self, reference: Reference, manifest: Manifest, section: str, platform: str = "") -> list[Command]:
        """A section of a manifest; `reference` with `platform` names it."""
        about = (("--platform", platform) if platform else ()) + (reference.pullable,)
        found: list[Command] = []
        if section == "platforms" and isinstance(manifest, Index):
            found.append(
                Command("its entries", self.line("manifest", *about, pipe="jq '.manifests[] | {digest, platform}'"))
            )
        elif section == "layers" and isinstance(manifest, Image):
            found.append(Command("its layers", self.line("manifest", *about, pipe="jq .layers")))
        elif section in _CONFIG_PARTS and isinstance(manifest, Image):
            digest = reference.at_digest(manifest.digest).pullable
            part = _CONFIG_PARTS[section] if describe(manifest).container else "."
            found.append(Command("its configuration", f"{shlex.join(['crane', 'config', digest])} | jq {part}"))
        elif section == "referrers":
            subject = reference.at_digest(manifest.digest).pullable
            found.append(Command("what refers to it", shlex.join(["oras", "discover", subject])))
        found.append(Command("the manifest", self.line("manifest", *about)))
        found.append(Command("its digest", self.line("digest", *about)))
        return [*found, *self.way(reference)]

    def way(self, reference: Reference) -> list[Command]:
        """The way to a reference: walked, and its token."""
        about = (*(("--keys", self.keys) if self.keys else ()), reference.pullable)
        return [
            Command("the way to it, step by step", self.line("check", *about)),
            Command("the token for it, decoded", self.line("token", *about)),
        ]

    def authentication(self, reference: Reference) -> list[Command]:
        """What was exchanged on the way to a reference, and as whom."""
        exchanges = self.line("check", "--json", reference.pullable, pipe="jq .exchanges")
        return [Command("the exchanges", exchanges), *self.way(reference), *self.identity(reference.registry)[:1]]

    def identity(self, registry: str) -> list[Command]:
        """As whom a registry is asked, and the token that it gives."""
        host = name_of(registry)
        return [
            Command("who you are there, and from where", self.line("credentials", host)),
            Command("a token for the registry itself", self.line("token", f"{host}/" if ":" in host else host)),
        ]

    def difference(self, before: Reference, after: Reference) -> list[Command]:
        """Two things compared."""
        return [Command("the same comparison", self.line("diff", before.pullable, after.pullable))]


_CONFIG_PARTS = {"config": ".config", "history": "-r '.history[].created_by'"}


def layer(reference: Reference, digest: str, packing: str = "", path: str = "") -> list[Command]:
    """The files of a layer, or the content of one; other clients tell them."""
    blob = shlex.join(["crane", "blob", f"{_bare(reference)}@{digest}"])
    unpack = {"zstd": "zstd -dc | ", "gzip": "gzip -dc | "}.get(packing, "")
    if path:
        return [Command("the file", f"{blob} | {unpack}tar -xOf - -- {shlex.quote(path)}")]
    return [Command("the files", f"{blob} | {unpack}tar -tvf -")]


def document(reference: Reference, digest: str) -> list[Command]:
    """A blob as it is."""
    return [Command("the document", shlex.join(["crane", "blob", f"{_bare(reference)}@{digest}"]))]


def _bare(reference: Reference) -> str:
    return f"{'docker.io' if reference.on_hub else reference.registry}/{reference.repository}"
