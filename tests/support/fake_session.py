"""A session with no registry behind it, for tests of the app: it answers from what it holds, when it is let.

Exchanges are recorded as a real session records them, so that the authentication pane has something to show.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from reglens.auth.credentials import Lookup
from reglens.auth.token import Token, read_token
from reglens.errors import NotFound, ReglensError
from reglens.oci import media
from reglens.oci.config import ImageConfig, parse_config
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.manifest import Image, Manifest, parse_manifest
from reglens.oci.reference import Reference
from reglens.registry.cache import Seen
from reglens.trace.exchange import Body, Exchange, Headers, Role, Timing
from reglens.trace.trace import Trace

MOMENT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Hit:
    """What a search found."""

    name: str
    description: str = ""
    official: bool = False
    stars: int | None = None
    pulls: int | None = None
    verified: bool = False


@dataclass(frozen=True)
class Rate:
    """What is left of a rate limit."""

    limit: int | None = 100
    remaining: int | None = 97


@dataclass
class World:
    """What the fake registries hold. `gates` are waited for before an answer of that kind is given ("tags", "manifest",
    "search", "catalog", "ping"); `errors` are raised instead of an answer, keyed by path or kind; `scripts` are the
    exchanges that a question of that kind is recorded as, instead of a plain one."""

    catalog: list[str] = field(default_factory=list)
    page: int = 100
    tags: dict[str, list[str]] = field(default_factory=dict)
    manifests: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    configs: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    referrers: dict[str, tuple[Descriptor, ...]] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    errors: dict[str, ReglensError] = field(default_factory=dict)
    scripts: dict[str, Sequence[Exchange]] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    rate: Rate | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    asked_first: int = 0
    closed: int = 0

    def image(
        self,
        repository: str,
        tag: str,
        *,
        created_by: str = "COPY file / # buildkit",
        created: str = "2026-02-01T10:00:00Z",
    ) -> Digest:
        """Put an image for two platforms there; the digest of its index."""
        entries = []
        for architecture in ("amd64", "arm64"):
            config = json.dumps({
                "os": "linux", "architecture": architecture, "created": created,
                "config": {"Cmd": ["/bin/sh"], "Env": ["PATH=/bin"]},
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{'1' * 64}"]},
                "history": [{"created": created, "created_by": created_by}],
            }).encode()  # fmt: skip
            self.configs[str(Digest.of(config))] = config
            manifest = json.dumps({
                "schemaVersion": 2, "mediaType": media.OCI_MANIFEST,
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": len(config),
                           "digest": str(Digest.of(config))},
                "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": 3_401_613,
                            "digest": f"sha256:{'ab' * 32}"}],
            }).encode()  # fmt: skip
            digest = Digest.of(manifest)
            self.manifests[f"{repository}@{digest}"] = (manifest, media.OCI_MANIFEST)
            entries.append({
                "mediaType": media.OCI_MANIFEST, "size": len(manifest), "digest": str(digest),
                "platform": {"os": "linux", "architecture": architecture},
            })  # fmt: skip
        index = json.dumps({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": entries}).encode()
        digest = Digest.of(index)
        self.manifests[f"{repository}:{tag}"] = self.manifests[f"{repository}@{digest}"] = (index, media.OCI_INDEX)
        self.tags.setdefault(repository, []).append(tag)
        return digest


class FakeSession:
    """A session whose registry is a `World`."""

    def __init__(self, registry: str, world: World) -> None:
        self.registry = registry
        self.world = world
        self.trace = Trace()
        self.identity = ""
        self.lookup: Lookup | None = None
        self.rate_limit: Rate | None = None

    async def aclose(self) -> None:
        self.world.closed += 1

    async def _ask(
        self, kind: str, path: str, role: Role, *, absent: bool = False, held: tuple[bytes, str] | None = None
    ) -> None:
        self.world.asked.append((kind, path))
        self.identity = "anonymous"
        self.rate_limit = self.world.rate
        script = self.world.scripts.get(kind)
        if script is not None:
            for exchange in script:
                self.trace.put(replace(exchange, number=self.trace.open(), authority=self.registry))
            if kind in self.world.errors:
                raise self.world.errors[kind]
            return
        number = self.trace.open()
        sent = Exchange(
            number, role, self.registry, "GET", f"https://{self.registry}{path}", local_time=MOMENT,
            timing=Timing(), expected=frozenset({404}) if absent else frozenset(),
        )  # fmt: skip
        self.trace.put(sent)
        gate = self.world.gates.get(kind)
        if gate:
            await gate.wait()
        await asyncio.sleep(0)
        error = self.world.errors.get(path) or self.world.errors.get(kind)
        status = getattr(error, "status", 404 if absent else 200)
        self.trace.put(
            replace(
                sent,
                status=status,
                reason="OK" if status == 200 else "refused",
                timing=Timing(total=12.0, first_byte=9.0),
                response_headers=Headers([("Date", "Sun, 01 Mar 2026 12:00:00 GMT"), *kind_of(held)]),
                body=Body(held[0], len(held[0])) if held is not None and status == 200 else Body(),
            )
        )
        if error:
            raise error

    async def ping(self) -> None:
        await self._ask("ping", "/v2/", Role.PING)

    async def repositories(self, *, limit: int | None = None) -> AsyncIterator[list[str]]:
        await self._ask("catalog", "/v2/_catalog", Role.CATALOG)
        for start in range(0, len(self.world.catalog), self.world.page):
            yield self.world.catalog[start : start + self.world.page]

    async def tags(self, repository: str, *, limit: int | None = None) -> AsyncIterator[list[str]]:
        await self._ask("tags", f"/v2/{repository}/tags/list", Role.TAGS)
        if repository not in self.world.tags:
            raise NotFound(f"{repository} is not there", "Look at how it is written.", status=404)
        tags = self.world.tags[repository]
        for number, start in enumerate(range(0, len(tags), self.world.page)):
            if number:
                gate = self.world.gates.get("more tags")
                if gate:
                    await gate.wait()
            yield tags[start : start + self.world.page]

    async def resolve(self, reference: Reference, *, limit: int = 16 << 20) -> Descriptor:
        await self._ask("resolve", f"/v2/{reference.repository}/manifests/{reference.target}", Role.MANIFEST)
        key = f"{reference.repository}{'@' if reference.digest else ':'}{reference.target}"
        if key not in self.world.manifests:
            raise NotFound(f"{key} is not there", "Choose another tag.", status=404)
        raw, media_type = self.world.manifests[key]
        return Descriptor(media_type, Digest.of(raw), len(raw))

    async def manifest(self, reference: Reference, *, limit: int = 16 << 20) -> Manifest:
        key = f"{reference.repository}{'@' if reference.digest else ':'}{reference.target}"
        path = f"/v2/{reference.repository}/manifests/{reference.target}"
        await self._ask("manifest", path, Role.MANIFEST, held=self.world.manifests.get(key))
        if key not in self.world.manifests:
            raise NotFound(f"{key} is not there", "Choose another tag.", status=404)
        return parse_manifest(*self.world.manifests[key])

    async def find(self, reference: Reference, *, limit: int = 16 << 20) -> Manifest | None:
        path = f"/v2/{reference.repository}/manifests/{reference.target}"
        held = self.world.manifests.get(f"{reference.repository}:{reference.target}")
        await self._ask("manifest", path, Role.MANIFEST, absent=held is None, held=held)
        return parse_manifest(*held) if held else None

    async def config(self, repository: str, image: Image, *, limit: int = 8 << 20) -> ImageConfig:
        assert image.config
        await self._ask("config", f"/v2/{repository}/blobs/{image.config.digest}", Role.BLOB)
        return parse_config(self.world.configs[str(image.config.digest)])

    async def blob(self, repository: str, digest: Digest, *, limit: int = 8 << 20) -> bytes:
        await self._ask("blob", f"/v2/{repository}/blobs/{digest}", Role.BLOB)
        return self.world.blobs[str(digest)]

    async def blob_stream(self, repository: str, digest: Digest) -> AsyncGenerator[bytes, None]:
        await self._ask("blob", f"/v2/{repository}/blobs/{digest}", Role.BLOB)
        raw = self.world.blobs[str(digest)]
        for start in range(0, len(raw), 2048):
            if start:
                gate = self.world.gates.get("more blob")
                if gate:
                    await gate.wait()
            yield raw[start : start + 2048]
        if not digest.matches(raw) and "spoilt" in self.world.errors:
            raise self.world.errors["spoilt"]

    async def blob_range(self, repository: str, digest: Digest, start: int, stop: int) -> bytes:
        await self._ask("part", f"/v2/{repository}/blobs/{digest}?{start}-{stop}", Role.BLOB)
        return self.world.blobs[str(digest)][start:stop]

    async def last_seen(self, reference: Reference) -> Seen | None:
        return self.world.seen.get(str(reference))

    def ask_first(self) -> None:
        self.world.asked_first += 1

    async def referrers(self, repository: str, digest: Digest) -> AsyncGenerator[tuple[Descriptor, ...], None]:
        yield self.world.referrers.get(str(digest), ())

    async def search(self, query: str, *, limit: int = 50) -> Sequence[Hit]:
        await self._ask("search", f"/search?query={query}", Role.SEARCH)
        return [hit for hit in self.world.hits if query in hit.name]


def kind_of(held: tuple[bytes, str] | None) -> list[tuple[str, str]]:
    """The header that says what a document is."""
    return [("Content-Type", held[1])] if held is not None else []


def token(claims: dict[str, object]) -> Token:
    """A token with those claims and a signature that nobody checks."""
    import base64

    parts = [json.dumps(part).encode() for part in ({"typ": "JWT", "alg": "ES256"}, claims)]
    raw = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return read_token(f"{raw}.{'c2ln' * 8}")
