"""Sessions with a cache: what is asked all the same, what is not, and for whom."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from reglens.auth.credentials import Anonymous, Credential, Credentials, Lookup
from reglens.errors import DigestMismatch, NotFound, Refused, TooLarge, Unreachable
from reglens.oci.digest import Digest
from reglens.oci.manifest import Image
from reglens.oci.reference import Reference
from reglens.registry.cache import Cache
from reglens.registry.connections import Connections
from reglens.registry.options import Options
from reglens.registry.session import Session
from reglens.registry.ways.machine import Machine
from reglens.secret import Secret

REGISTRY, MIRROR = "registry.example.com", "mirror.example.net"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONFIG = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
CONFIG_TYPE, IMAGE_TYPE = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.manifest.v1+json"
# without a mediaType of its own: what it is, its announced type alone tells
IMAGE = json.dumps({
    "schemaVersion": 2, "layers": [],
    "config": {"mediaType": CONFIG_TYPE, "size": len(CONFIG), "digest": str(Digest.of(CONFIG))},
}).encode()  # fmt: skip
DIGEST = Digest.of(IMAGE)
ALICE = Credential("~/.docker/config.json", "alice", Secret("wonderland-canary-77"))
BOB = Credential("~/.docker/config.json", "bob", Secret("builder-canary-88"))


class Net:
    """Registries in memory that hold one image in `team/app`; `wants` says who must log in, `down` who is out of reach,
    `gone` who has lost the image. `sent` is what was asked."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.wants: Callable[[str], bool] = lambda _: False
        self.may: set[str] = {"alice", "bob"}
        self.down: set[str] = set()
        self.gone = False
        self.served = {"manifests": IMAGE, "blobs": CONFIG}

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.host in self.down:
            raise httpx.ConnectError("nobody there")
        path = request.url.path
        self.sent.append(f"{request.method} {request.url.host}{path}")
        if self.wants(path) and self._user(request) not in self.may:
            return httpx.Response(401, headers={"www-authenticate": 'Basic realm="r"'})
        what = path.split("/")[-2]
        body = self.served.get(what)
        if self.gone or body is None or not path.startswith(("/v2/team/app/", "/v2/cache/team/app/")):
            return httpx.Response(404, json={"errors": [{"code": "MANIFEST_UNKNOWN"}]})
        media_type = IMAGE_TYPE if what == "manifests" else "application/octet-stream"
        return httpx.Response(200, headers={"content-type": media_type}, content=body)

    @staticmethod
    def _user(request: httpx.Request) -> str:
        scheme, _, pair = request.headers.get("authorization", "").partition(" ")
        return base64.b64decode(pair).decode().partition(":")[0] if scheme == "Basic" else ""


class Vault:
    """One person's stored login."""

    def __init__(self, credential: Credential | None) -> None:
        self.credential = credential

    async def find(self, registry: str, repository: str) -> Lookup:
        return Lookup(self.credential)


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    made = Net()
    monkeypatch.setattr(Connections, "_make", lambda _self, _url: httpx.MockTransport(made.handle))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "reglens"


@pytest.fixture
def cache(folder: Path) -> Cache:
    return Cache(folder)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "room"]


def by_tag(tag: str = "1", repository: str = "team/app") -> Reference:
    return Reference(REGISTRY, repository, tag)


def by_digest(repository: str = "team/app", digest: Digest = DIGEST) -> Reference:
    return Reference(REGISTRY, repository, digest=digest)


def session(cache: Cache | None, credentials: Credentials | None = None, options: Options | None = None) -> Session:
    return Session(REGISTRY, credentials=credentials or Anonymous(), options=options, cache=cache, clock=lambda: NOW)


async def visit(cache: Cache | None, credentials: Credentials | None = None, options: Options | None = None) -> None:
    """One person reads the image by its tag, and its configuration."""
    async with session(cache, credentials, options) as opened:
        image = await opened.manifest(by_tag())
        assert isinstance(image, Image)
        await opened.config("team/app", image)


async def test_the_second_time_nobody_is_asked(net: Net, cache: Cache) -> None:
    await visit(cache)
    asked = len(net.sent)
    async with session(cache) as opened:
        image = await opened.manifest(by_digest())
        assert isinstance(image, Image), "the announced media type was kept"
        assert (image.raw, image.digest, image.media_type, image.kept_since) == (IMAGE, DIGEST, IMAGE_TYPE, NOW)
        assert (await opened.config("team/app", image)).platform.os == "linux"
        assert len(opened.trace) == 0
    assert len(net.sent) == asked


async def test_within_one_session_as_well(net: Net, cache: Cache) -> None:
    async with session(cache) as opened:
        assert (await opened.manifest(by_digest())).kept_since is None
        await opened._recall.aclose()  # what is written meanwhile is there
        assert (await opened.manifest(by_digest())).kept_since == NOW
    assert len(net.sent) == 1


async def test_without_a_cache_everything_is_asked(net: Net) -> None:
    await visit(None)
    await visit(None)
    assert len(net.sent) == 4


async def test_a_tag_and_a_head_are_asked_for_each_time(net: Net, cache: Cache) -> None:
    await visit(cache)
    async with session(cache) as opened:
        assert (await opened.manifest(by_tag())).kept_since is None
        await opened.resolve(by_digest())
        net.gone = True
        with pytest.raises(NotFound):
            await opened.resolve(by_digest())
    assert net.sent[2:4] == [
        f"GET {REGISTRY}/v2/team/app/manifests/1",
        f"HEAD {REGISTRY}/v2/team/app/manifests/{DIGEST}",
    ]


async def test_another_repository_does_not_have_it_because_this_one_has(net: Net, cache: Cache) -> None:
    await visit(cache)
    async with session(cache) as opened:
        with pytest.raises(NotFound):
            await opened.manifest(by_digest("team/other"))
        with pytest.raises(NotFound):
            await opened.blob("team/other", Digest.of(CONFIG))
    assert [line for line in net.sent if "team/other" in line] == [
        f"GET {REGISTRY}/v2/team/other/manifests/{DIGEST}",
        f"GET {REGISTRY}/v2/team/other/blobs/{Digest.of(CONFIG)}",
    ]


async def test_a_manifest_is_not_taken_for_a_blob(net: Net, cache: Cache) -> None:
    await visit(cache)
    net.served["blobs"] = IMAGE
    asked = len(net.sent)
    async with session(cache) as opened:
        assert await opened.blob("team/app", DIGEST) == IMAGE
    assert len(net.sent) == asked + 1


# -- identities


async def test_what_one_identity_read_another_is_asked_for(net: Net, cache: Cache) -> None:
    net.wants = lambda _: True
    await visit(cache, Vault(ALICE))
    asked = len(net.sent)
    async with session(cache, Vault(ALICE)) as opened:
        assert (await opened.manifest(by_digest())).kept_since == NOW
    assert len(net.sent) == asked
    async with session(cache, Vault(BOB)) as opened:
        assert (await opened.manifest(by_digest())).kept_since is None
    for nobody in (Anonymous(), Vault(None)):
        async with session(cache, nobody) as opened:
            with pytest.raises(Refused):
                await opened.manifest(by_digest())


async def test_a_login_of_the_same_name_from_elsewhere_is_another(net: Net, cache: Cache) -> None:
    net.wants = lambda _: True
    await visit(cache, Vault(ALICE))
    asked = len(net.sent)
    async with session(cache, Vault(replace(ALICE, source="command line"))) as opened:
        await opened.manifest(by_digest())
    assert len(net.sent) > asked


async def test_where_nobody_is_asked_who_they_are_it_is_there_for_everybody(net: Net, cache: Cache) -> None:
    await visit(cache, Vault(ALICE))
    asked = len(net.sent)
    async with session(cache, Anonymous()) as opened:
        assert (await opened.manifest(by_digest())).kept_since == NOW
    assert len(net.sent) == asked


async def test_nothing_of_a_secret_is_written(net: Net, cache: Cache, folder: Path) -> None:
    net.wants = lambda _: True
    await visit(cache, Vault(ALICE))
    written = files(folder)
    assert len(written) == 3, "manifest, configuration, and what the tag led to"
    assert ALICE.password is not None
    pair = base64.b64encode(f"alice:{ALICE.password.reveal()}".encode())
    fingerprint = ALICE.password.fingerprint.removeprefix("sha256:").encode()
    for path in written:
        for secret in (ALICE.password.reveal().encode(), pair, fingerprint, b"alice"):
            assert secret not in path.read_bytes()


async def test_what_the_registry_denies_now_is_not_kept_any_longer(net: Net, cache: Cache) -> None:
    await visit(cache)
    net.gone = True
    async with session(cache) as opened:
        opened.ask_first()
        with pytest.raises(NotFound):
            await opened.manifest(by_digest())
    async with session(cache) as opened:
        with pytest.raises(NotFound):
            await opened.manifest(by_digest())


async def test_what_is_denied_to_one_identity_stays_for_the_other(net: Net, cache: Cache) -> None:
    net.wants = lambda _: True
    await visit(cache, Vault(ALICE))
    async with session(cache, Anonymous()) as opened:
        with pytest.raises(Refused):
            await opened.manifest(by_digest())
    async with session(cache, Vault(ALICE)) as opened:
        assert (await opened.manifest(by_digest())).kept_since == NOW


# -- asking first, and being offline


async def test_to_ask_first_is_to_ask_once(net: Net, cache: Cache) -> None:
    await visit(cache)
    async with session(cache) as opened:
        opened.ask_first()
        assert (await opened.manifest(by_digest())).kept_since is None
        await opened._recall.aclose()
        assert (await opened.manifest(by_digest())).kept_since == NOW
        opened.ask_first()
        assert (await opened.manifest(by_digest())).kept_since is None
    assert net.sent.count(f"GET {REGISTRY}/v2/team/app/manifests/{DIGEST}") == 2


async def test_what_is_kept_can_be_read_offline_even_after_asking_in_vain(net: Net, cache: Cache) -> None:
    await visit(cache)
    net.down.add(REGISTRY)
    async with session(cache) as opened:
        image = await opened.manifest(by_digest())
        assert len(opened.trace) == 0
        opened.ask_first()
        assert (await opened.manifest(by_digest())).kept_since == NOW
        assert len(opened.trace) == 1
        assert opened.trace.exchanges[0].failure is not None, "the record tells that nobody answered"
        assert isinstance(image, Image)
        await opened.config("team/app", image)
        with pytest.raises(Unreachable):
            await opened.manifest(by_tag())
        with pytest.raises(Unreachable):
            await opened.manifest(by_digest("team/other"))


async def test_offline_nobody_reads_what_another_identity_was_given(net: Net, cache: Cache) -> None:
    net.wants = lambda _: True
    await visit(cache, Vault(ALICE))
    net.down.add(REGISTRY)
    async with session(cache, Anonymous()) as opened:
        with pytest.raises(Unreachable):
            await opened.manifest(by_digest())
        assert await opened.last_seen(by_tag()) is None


async def test_what_a_tag_led_to_is_remembered(net: Net, cache: Cache) -> None:
    await visit(cache)
    net.down.add(REGISTRY)
    async with session(cache) as opened:
        seen = await opened.last_seen(by_tag())
        assert seen is not None
        assert (seen.digest, seen.fetched) == (DIGEST, NOW)
        assert await opened.last_seen(by_tag("2")) is None
        assert await opened.last_seen(by_tag("1", "team/other")) is None
        assert await opened.last_seen(by_digest()) is None
    async with session(None) as opened:
        assert await opened.last_seen(by_tag()) is None


async def test_a_tag_whose_manifest_is_no_longer_kept_is_not_offered(net: Net, cache: Cache, folder: Path) -> None:
    await visit(cache)
    for path in files(folder):
        if path.read_bytes().endswith(IMAGE):
            path.unlink()
    async with session(cache) as opened:
        assert await opened.last_seen(by_tag()) is None


async def test_the_default_tag_is_a_tag(net: Net, cache: Cache) -> None:
    async with session(cache) as opened:
        await opened.manifest(Reference(REGISTRY, "team/app"))
    async with session(cache) as opened:
        assert await opened.last_seen(by_tag("latest")) is not None
        assert await opened.last_seen(Reference(REGISTRY, "team/app")) is not None


# -- what is not believed


async def test_a_damaged_file_is_fetched_again_without_a_word(net: Net, cache: Cache, folder: Path) -> None:
    await visit(cache)
    for path in files(folder):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    asked = len(net.sent)
    async with session(cache) as opened:
        manifest = await opened.manifest(by_digest())
        assert (manifest.raw, manifest.kept_since) == (IMAGE, None)
    async with session(cache) as opened:
        assert (await opened.manifest(by_digest())).kept_since == NOW
    assert len(net.sent) == asked + 1


async def test_bytes_that_are_not_those_of_their_digest_are_not_kept(net: Net, cache: Cache, folder: Path) -> None:
    wrong = Digest.of(b"something else")
    async with session(cache) as opened:
        with pytest.raises(DigestMismatch):
            await opened.manifest(by_digest(digest=wrong))
        with pytest.raises(DigestMismatch):
            await opened.blob("team/app", wrong)
    assert files(folder) == []


async def test_a_bound_holds_for_what_is_kept_too(net: Net, cache: Cache) -> None:
    await visit(cache)
    async with session(cache) as opened:
        with pytest.raises(TooLarge):
            await opened.blob("team/app", Digest.of(CONFIG), limit=10)


async def test_a_cache_that_cannot_be_written_is_no_failure(net: Net, tmp_path: Path) -> None:
    in_the_way = tmp_path / "reglens"
    in_the_way.write_text("mine")
    await visit(Cache(in_the_way))
    await visit(Cache(in_the_way))
    assert len(net.sent) == 4
    assert in_the_way.read_text() == "mine"


# -- the way there


@pytest.mark.parametrize("options", [Options(insecure=True), Options(client_cert=Path("/c.pem"))])
async def test_a_way_that_proves_less_or_another_identity_is_another_place(
    net: Net, cache: Cache, options: Options
) -> None:
    await visit(cache, options=options)
    asked = len(net.sent)
    async with session(cache) as opened:
        await opened.manifest(by_digest())
    assert len(net.sent) == asked + 1
    async with session(cache, options=options) as opened:
        assert (await opened.manifest(by_digest())).kept_since == NOW


async def test_what_headers_of_a_file_open_is_not_kept(net: Net, cache: Cache, folder: Path, tmp_path: Path) -> None:
    described = tmp_path / "etc/containerd/certs.d" / REGISTRY
    described.mkdir(parents=True)
    (described / "hosts.toml").write_text(
        f'server = "https://{REGISTRY}"\n[header]\nx-key = "one"\n[host."https://{MIRROR}"]\n'
    )
    options = Options(machine=Machine(environ={}, home=tmp_path / "home", root=tmp_path))
    net.down.add(MIRROR)
    await visit(cache, options=options)
    await visit(cache, options=options)
    assert [line.partition("/v2/")[0] for line in net.sent] == [f"GET {REGISTRY}"] * 4
    assert files(folder) == []


async def test_a_registry_that_is_blocked_is_not_read_from_the_cache_either(
    net: Net, cache: Cache, tmp_path: Path
) -> None:
    etc = tmp_path / "etc/containers"
    etc.mkdir(parents=True)
    options = Options(machine=Machine(environ={}, home=tmp_path / "home", root=tmp_path))
    await visit(cache, options=options)
    (etc / "registries.conf").write_text(f'[[registry]]\nlocation = "{REGISTRY}"\nblocked = true\n')
    options = Options(machine=Machine(environ={}, home=tmp_path / "home", root=tmp_path))
    async with session(cache, options=options) as opened:
        with pytest.raises(Unreachable):
            await opened.manifest(by_digest())
        assert await opened.last_seen(by_tag()) is None


async def test_what_a_mirror_gave_is_not_said_to_be_at_the_registry(net: Net, cache: Cache, tmp_path: Path) -> None:
    etc = tmp_path / "etc/containers"
    etc.mkdir(parents=True)
    (etc / "registries.conf").write_text(
        f'[[registry]]\nlocation = "{REGISTRY}"\n[[registry.mirror]]\nlocation = "{MIRROR}/cache"\n'
    )
    mirrored, straight = (
        Options(machine=Machine(environ={}, home=tmp_path / "home", root=tmp_path, mirrors=mirrors))
        for mirrors in (True, False)
    )
    await visit(cache, options=mirrored)
    assert all(MIRROR in line for line in net.sent)
    async with session(cache, options=mirrored) as opened:
        assert (await opened.manifest(by_digest())).kept_since == NOW
    async with session(cache, options=straight) as opened:
        assert (await opened.manifest(by_digest())).kept_since is None
    assert net.sent[-1] == f"GET {REGISTRY}/v2/team/app/manifests/{DIGEST}"
