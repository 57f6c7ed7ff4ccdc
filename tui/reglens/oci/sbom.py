"""Bills of materials: SPDX and CycloneDX in JSON, as one tree of packages.

Sources: SPDX 2.3, clauses 7 (packages) and 11 (relationships); SPDX 3.0 in JSON-LD (elements in ``@graph``);
CycloneDX 1.6, ``components`` and ``dependencies``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reglens.oci.attestation import items, mapping, text
from reglens.oci.config import parse_time

MAX_PACKAGES = 50_000
"""Packages that are read of one document; more is counted."""
MAX_LINKS = 500_000
MAX_DEPTH = 32
_DOWN = frozenset({"DESCRIBES", "CONTAINS", "DEPENDS_ON", "HAS_PREREQUISITE", "GENERATES"})
_UP = frozenset({"DESCRIBED_BY", "CONTAINED_BY", "DEPENDENCY_OF", "PACKAGE_OF", "PREREQUISITE_FOR", "GENERATED_FROM"})
_UNSAID = frozenset({"NOASSERTION", "NONE", ""})


@dataclass(frozen=True, slots=True)
class Package:
    """One package. `depth` is its place in the tree: 0 at the top."""

    name: str
    version: str = ""
    licence: str = ""
    kind: str = ""
    locator: str = ""
    depth: int = 0


@dataclass(frozen=True)
class Sbom:
    """A bill of materials: its packages in the order of the tree, each once. `left_out` were too many."""

    form: str
    name: str
    created: datetime | None = None
    tools: tuple[str, ...] = ()
    packages: tuple[Package, ...] = ()
    left_out: int = 0

    @property
    def licences(self) -> tuple[tuple[str, int], ...]:
        """Licences with the number of packages under each, the most frequent first; ``""`` where none is stated."""
        counts: dict[str, int] = {}
        for package in self.packages:
            counts[package.licence] = counts.get(package.licence, 0) + 1
        return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass
class _Tree:
    """Packages by their keys, and who stands under whom."""

    packages: dict[str, Package] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=dict)
    above: set[str] = field(default_factory=set)
    links: int = 0
    left_out: int = 0

    def add(self, key: str, package: Package) -> None:
        if len(self.packages) >= MAX_PACKAGES:
            self.left_out += 1
            return
        if key in self.packages:
            key = f"{key}\0{len(self.packages)}"
        self.packages[key] = package

    def put_under(self, parent: str, child: str) -> None:
        if parent == child or self.links >= MAX_LINKS:
            return
        self.links += 1
        self.below.setdefault(parent, []).append(child)
        if parent in self.packages:
            self.above.add(child)

    def flat(self) -> tuple[Package, ...]:
        """Depth first, each package once, those that nobody names as a part at the top; rings are cut open."""
        order: list[Package] = []
        seen: set[str] = set()
        roots = [key for key in self.packages if key not in self.above]
        for root in [*roots, *self.packages]:
            stack = [(root, 0)]
            while stack:
                key, depth = stack.pop()
                package = self.packages.get(key)
                if package is None or key in seen:
                    continue
                seen.add(key)
                order.append(
                    Package(package.name, package.version, package.licence, package.kind, package.locator, depth)
                )
                if depth < MAX_DEPTH:
                    stack += [(child, depth + 1) for child in reversed(self.below.get(key, ()))]
        return tuple(order)


def read_sbom(document: object) -> Sbom | None:
    """The bill of materials in a JSON document; None if it is none. Never raises."""
    if not isinstance(document, Mapping):
        return None
    if text(document.get("spdxVersion")):
        return _spdx(document)
    if document.get("bomFormat") == "CycloneDX":
        return _cyclonedx(document)
    if isinstance(document.get("@graph"), list) and "spdx.org" in str(document.get("@context"))[:500]:
        return _spdx3(document)
    return None


def _spdx(document: Mapping[str, Any]) -> Sbom:
    tree = _Tree()
    for entry in map(mapping, items(document.get("packages"))):
        licences = (text(entry.get("licenseConcluded")), text(entry.get("licenseDeclared")))
        purl = next(
            (
                text(mapping(r).get("referenceLocator"))
                for r in items(entry.get("externalRefs"))[:50]
                if mapping(r).get("referenceType") == "purl"
            ),
            "",
        )
        tree.add(
            text(entry.get("SPDXID")),
            Package(
                text(entry.get("name")) or "(no name)",
                text(entry.get("versionInfo")),
                next((licence for licence in licences if licence not in _UNSAID), ""),
                text(entry.get("primaryPackagePurpose")).lower(),
                purl,
            ),
        )
    for link in map(mapping, items(document.get("relationships"))):
        kind = text(link.get("relationshipType"))
        one, other = text(link.get("spdxElementId")), text(link.get("relatedSpdxElement"))
        if kind in _DOWN:
            tree.put_under(one, other)
        elif kind in _UP:
            tree.put_under(other, one)
    about = mapping(document.get("creationInfo"))
    return Sbom(
        text(document.get("spdxVersion")).replace("-", " ")[:20],
        text(document.get("name")),
        parse_time(about.get("created")),
        tuple(filter(None, map(text, items(about.get("creators"))[:20]))),
        tree.flat(),
        tree.left_out,
    )


def _spdx3(document: Mapping[str, Any]) -> Sbom:
    tree, name, created = _Tree(), "", None
    graph = [mapping(e) for e in items(document.get("@graph"))]
    for entry in graph:
        kind = text(entry.get("type")).rpartition("_")[2] or text(entry.get("@type"))
        if kind == "Package":
            version = text(entry.get("software_packageVersion")) or text(entry.get("packageVersion"))
            key = text(entry.get("spdxId"))
            tree.add(key, Package(text(entry.get("name")) or "(no name)", version))
        elif kind in ("SpdxDocument", "Sbom"):
            name = name or text(entry.get("name"))
        elif kind == "CreationInfo":
            created = created or parse_time(entry.get("created"))
    for entry in graph:
        if entry.get("relationshipType") in ("contains", "dependsOn", "describes"):
            for child in items(entry.get("to"))[:MAX_PACKAGES]:
                tree.put_under(text(entry.get("from")), text(child))
    return Sbom("SPDX 3", name, created, (), tree.flat(), tree.left_out)


def _cyclonedx(document: Mapping[str, Any]) -> Sbom:
    tree = _Tree()
    about = mapping(document.get("metadata"))
    subject = mapping(about.get("component"))
    root = text(subject.get("bom-ref"))
    waiting: list[tuple[Mapping[str, Any], str, int]] = [
        (mapping(c), "", 0) for c in reversed(items(document.get("components")))
    ]
    number = 0
    while waiting:
        entry, parent, depth = waiting.pop()
        number += 1
        key = text(entry.get("bom-ref")) or f"\0{number}"
        group, name = text(entry.get("group")), text(entry.get("name")) or "(no name)"
        tree.add(
            key,
            Package(
                f"{group}/{name}" if group else name,
                text(entry.get("version")),
                _cyclonedx_licence(entry.get("licenses")),
                text(entry.get("type")),
                text(entry.get("purl")),
            ),
        )
        if parent:
            tree.put_under(parent, key)
        if depth < MAX_DEPTH:
            waiting += [(mapping(c), key, depth + 1) for c in reversed(items(entry.get("components")))]
    for link in map(mapping, items(document.get("dependencies"))):
        for child in items(link.get("dependsOn")):
            if text(link.get("ref")) != root:
                tree.put_under(text(link.get("ref")), text(child))
    tools = about.get("tools")
    listed = items(mapping(tools).get("components")) if isinstance(tools, Mapping) else items(tools)
    name = " ".join(filter(None, (text(subject.get("name")), text(subject.get("version")))))
    return Sbom(
        f"CycloneDX {text(document.get('specVersion'))[:10]}".strip(),
        name,
        parse_time(about.get("timestamp")),
        tuple(filter(None, (text(mapping(t).get("name")) for t in listed[:20]))),
        tree.flat(),
        tree.left_out,
    )


def _cyclonedx_licence(value: object) -> str:
    found = []
    for entry in map(mapping, items(value)[:20]):
        licence = mapping(entry.get("license"))
        found.append(text(entry.get("expression")) or text(licence.get("id")) or text(licence.get("name")))
    return " AND ".join(licence for licence in found if licence not in _UNSAID)
