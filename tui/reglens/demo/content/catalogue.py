"""Which repositories there are, and what each of them holds.

A repository knows the tags it has without building anything. A build is made when one of its tags or digests is asked
for; a digest that no build so far has held makes the repository build all it has, once, to look for it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from functools import cached_property, lru_cache

from reglens.demo.content import artifacts, attestations, images
from reglens.demo.content.images import Built, Recipe
from reglens.demo.content.names import About, repositories
from reglens.demo.content.parts import Blob, Part, number

_KEPT = 64
"""Builds that a repository keeps; others are made again."""
_NIGHTS = 12_480
_SEVEN = tuple(f"linux/{machine}" for machine in ("amd64", "arm/v6", "arm/v7", "arm64/v8", "386", "ppc64le", "s390x"))
_WINDOWS = ("windows/amd64@10.0.26100.6899", "windows/amd64@10.0.20348.4294")
_DISTRIBUTIONS = frozenset({"alpine", "debian", "ubuntu", "fedora"})
_ARTIFACTS = {
    "helm": artifacts.helm_chart,
    "wasm": artifacts.wasm_module,
    "policy": artifacts.policy_bundle,
    "model": artifacts.model,
    "files": artifacts.files,
    "modelpack": artifacts.model_pack,
    "ollama": artifacts.ollama_model,
    "flux": artifacts.flux_sources,
    "cache": artifacts.build_cache,
    "schema1": artifacts.schema1,
    "lazy": artifacts.lazily_pulled,
}


Key = tuple[str, str]
"""A build: its version, and the suffix of its tags."""


class Repository:
    """One repository. Its content is the same at every start and on every machine."""

    def __init__(self, about: About) -> None:
        self.about = about
        self.name = about.name
        self.public = about.public
        self._recipe = _recipe(about)
        self._built: OrderedDict[Key, Built] = OrderedDict()
        self._where: dict[str, Key] = {}
        self._searched = False

    @cached_property
    def _keys(self) -> dict[str, Key]:
        """The build behind each tag."""
        if self.about.style == "nightly":
            return _nightly_tags(self.about.version)
        variants = ("", "alpine", "slim") if self.about.style in ("app", "win") else ("",)
        return _tags(self.about, variants)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Every tag, sorted as distribution 3 does."""
        return tuple(sorted([*self._keys, *self._signature_tags]))

    @cached_property
    def _signature_tags(self) -> dict[str, Blob]:
        """cosign's tags, which are named after a digest, so that the newest build has to be made for them."""
        if self.about.style != "signed":
            return {}
        subject = self._build(self._keys["latest"]).root
        manifest, _ = attestations.signature_image(self.name, subject)
        return {f"{subject.digest.replace(':', '-')}.sig": manifest}

    def manifest(self, reference: str) -> Blob | None:
        """The manifest under a tag or digest."""
        if key := self._keys.get(reference):
            return self._build(key).root
        if ":" not in reference:
            return self._signature_tags.get(reference)
        built = self._holding(reference)
        return built.manifests.get(reference) if built else None

    def blob(self, digest: str) -> Part | None:
        """The blob of that digest."""
        built = self._holding(digest)
        return built.blobs.get(digest) if built else None

    def referrers(self, digest: str) -> list[dict[str, object]]:
        """The descriptors of what refers to a digest."""
        built = self._holding(digest)
        return built.referrers.get(digest, []) if built else []

    def _build(self, key: Key) -> Built:
        built = self._built.get(key)
        if built is None:
            built = self._built[key] = self._made(*key)
            for digest in (*built.manifests, *built.blobs, *built.referrers):
                self._where.setdefault(digest, key)
            if len(self._built) > _KEPT:
                self._built.popitem(last=False)
        return built

    def _made(self, version: str, variant: str) -> Built:
        style = self.about.style
        if make := _ARTIFACTS.get(style):
            return make(self.name, version)
        if style == "nightly":
            return images.nightly(self._recipe, version)
        built = images.build(self._recipe, version, variant)
        if style != "signed":
            return built
        manifests, blobs, listed = attestations.referrers(self.name, version, built.root)
        signature, parts = attestations.signature_image(self.name, built.root)
        return Built(
            built.root,
            {**built.manifests, **manifests, signature.digest: signature},
            {**built.blobs, **blobs, **{part.digest: part for part in parts}},
            {built.root.digest: listed},
        )

    def _holding(self, digest: str) -> Built | None:
        """The build that holds a digest."""
        key = self._where.get(digest)
        if key is None and not self._searched:
            self._searched = True
            for known in dict.fromkeys(self._keys.values()):
                self._build(known)
            key = self._where.get(digest)
        return self._build(key) if key else None


class Catalogue:
    """All repositories."""

    @cached_property
    def about(self) -> dict[str, About]:
        """What is told of each, by name, sorted."""
        return repositories()

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self.about)

    def find(self, name: str) -> Repository | None:
        """The repository of that name. The same object each time, so that what it has built is kept."""
        return self._repository(name) if name in self.about else None

    @lru_cache(maxsize=1000)  # noqa: B019 - one catalogue, as long as its server
    def _repository(self, name: str) -> Repository:
        return Repository(self.about[name])


def _recipe(about: About) -> Recipe:
    last = about.name.rpartition("/")[2]
    style = about.style
    ports = (about.port,) if about.port else ()
    if style in ("os", "zstd"):
        base = last if last in _DISTRIBUTIONS else "alpine"
        return Recipe(about.name, base, zstd=style == "zstd", attested=True, platforms=_SEVEN)
    if style in ("app", "win"):
        windows = _WINDOWS if style == "win" else ()
        return Recipe(about.name, product=last, ports=ports, attested=True, platforms=(*_SEVEN, *windows))
    if style == "docker":
        machines = ("linux/amd64", "linux/arm64/v8", "linux/arm/v7")
        return Recipe(about.name, "alpine", product=last, ports=ports, docker=True, platforms=machines)
    if style == "lone":
        return Recipe(about.name, "ubuntu", "24.04", last, ports, listed=False, docker=True, platforms=("linux/amd64",))
    return Recipe(about.name, "alpine", product=last, ports=ports, attested=style == "signed")


def _tags(about: About, variants: tuple[str, ...]) -> dict[str, Key]:
    """Full versions and what points to the newest of them: ``3.20.1``, ``3.20``, ``3``, ``latest``, each with its
    variants: ``3.20-alpine``, ``alpine``."""
    versions = about.version.split(",")
    if len(versions) == 1:
        versions = list(_versions(about.name, *map(int, about.version.split("."))))
    tags: dict[str, Key] = {}
    for variant in variants:
        suffix = f"-{variant}" if variant else ""
        tags[variant or "latest"] = (versions[0], variant)
        for version in versions:
            parts = version.split(".")
            for length in range(len(parts), 0, -1):
                tags.setdefault(".".join(parts[:length]) + suffix, (version, variant))
    return tags


def _versions(name: str, major: int, minor: int, patch: int) -> Iterator[str]:
    """The newest version and some before it, newest first."""
    for step in range(4):
        if step:
            minor, patch = minor - 1, number(f"patches of {name} {major}.{minor}", 8)
        if minor < 0:
            if major == 0:
                return
            major, minor = major - 1, 3 + number(f"minors of {name} {major}", 6)
        yield from (f"{major}.{minor}.{p}" for p in range(patch, max(patch - 4, -1), -1))


def _nightly_tags(newest: str) -> dict[str, Key]:
    """Builds of a main branch, numbered through."""
    major, minor, _ = map(int, newest.split("."))
    tags = {}
    for night in range(_NIGHTS):
        version = f"{major - night // 5200}.{minor + 9 - night // 520 % 10}.0-{204_816 - night * 7}"
        tags[version] = (version, "")
    first = next(iter(tags))
    return {"latest": (first, ""), "main": (first, ""), **tags}
