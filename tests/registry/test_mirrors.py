"""Mirrors: who is asked, in which order, with whose credentials, and what the trace says of it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from reglens.auth.credentials import Anonymous, Credentials
from reglens.auth.sources import default_credentials
from reglens.errors import NotFound, ReglensError, Unreachable
from reglens.oci.digest import Digest
from reglens.oci.reference import Reference
from reglens.registry.connections import Connections
from reglens.registry.options import Options
from reglens.registry.session import Session
from reglens.registry.ways.machine import Machine
from reglens.secret import Secret

BODY = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'
DIGEST = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
UPSTREAM, MIRROR = "registry.example.com", "mirror.example.net:5000"
TOKEN = "dG9rZW4tb2YtdXBzdHJlYW0="
CONF = f"""
[[registry]]
location = "{UPSTREAM}"
[[registry.mirror]]
location = "{MIRROR}/cache"
[[registry.mirror]]
location = "second.example.org"
"""
Handler = Callable[[httpx.Request], httpx.Response]


class Net:
    """Hosts in memory; each notes the headers and paths that it was sent. A host that is not there cannot be found."""

    def __init__(self) -> None:
        self.hosts: dict[str, Handler] = {}
        self.sent: list[tuple[str, httpx.Request]] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        self.sent.append((origin, request))
        if origin not in self.hosts:
            raise httpx.ConnectError(f"nobody at {origin}")
        return self.hosts[origin](request)

    def asked(self) -> list[str]:
        return [f"{request.method} {origin}{request.url.raw_path.decode()}" for origin, request in self.sent]

    def secrets_at(self, origin: str) -> set[str]:
        return {r.headers["authorization"] for o, r in self.sent if o == origin and "authorization" in r.headers}


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    made = Net()
    monkeypatch.setattr(Connections, "_make", lambda _self, _url: httpx.MockTransport(made.handle))
    return made


def serves(body: bytes = BODY) -> Handler:
    headers = {
        "content-type": "application/vnd.oci.image.index.v1+json",
        "docker-content-digest": f"sha256:{hashlib.sha256(body).hexdigest()}",
    }
    return lambda _: httpx.Response(200, headers=headers, content=body)


def missing(_: httpx.Request) -> httpx.Response:
    return httpx.Response(404, json={"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]})


def asks_for_basic(request: httpx.Request) -> httpx.Response:
    if "authorization" in request.headers:
        return serves()(request)
    return httpx.Response(401, headers={"www-authenticate": 'Basic realm="r"'})


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def session(
    tmp_path: Path,
    conf: str = CONF,
    credentials: Credentials | None = None,
    clock: Clock | None = None,
    hosts: str = "",
) -> Session:
    etc = tmp_path / "etc/containers"
    etc.mkdir(parents=True, exist_ok=True)
    (etc / "registries.conf").write_text(conf)
    if hosts:
        folder = tmp_path / "etc/containerd/certs.d" / UPSTREAM
        folder.mkdir(parents=True)
        (folder / "hosts.toml").write_text(hosts)
    machine = Machine(environ={}, home=tmp_path / "home", root=tmp_path)
    options = Options(machine=machine)
    return Session(UPSTREAM, options=options, credentials=credentials or Anonymous(), clock=clock or Clock())


def tagged(name: str = "team/app:1") -> Reference:
    return Reference.parse(f"{UPSTREAM}/{name}")


async def test_the_first_mirror_that_has_it_answers_and_the_trace_says_so(net: Net, tmp_path: Path) -> None:
    net.hosts = {f"https://{MIRROR}": missing, "https://second.example.org": serves()}
    async with session(tmp_path) as opened:
        manifest = await opened.manifest(tagged())
        assert str(manifest.digest) == DIGEST
        assert net.asked() == [
            f"GET https://{MIRROR}/v2/cache/team/app/manifests/1",
            "GET https://second.example.org/v2/team/app/manifests/1",
        ]
        first, second = opened.trace
        source = tmp_path / "etc/containers/registries.conf"
        assert first.note == f"asked at the mirror {MIRROR}, by {source}"
        assert second.note == f"asked at the mirror second.example.org, by {source}"
        assert (first.status, second.status) == (404, 200)


async def test_the_registry_is_asked_last_and_told_why(net: Net, tmp_path: Path) -> None:
    net.hosts = {f"https://{MIRROR}": missing, f"https://{UPSTREAM}": serves()}
    async with session(tmp_path) as opened:
        assert str((await opened.resolve(tagged())).digest) == DIGEST
        last = opened.trace.exchanges[-1]
        assert last.host == UPSTREAM
        assert f"the mirror {MIRROR} answered 404" in last.note
        assert "the mirror second.example.org failed: " in last.note


async def test_where_nobody_has_it_the_registrys_word_counts(net: Net, tmp_path: Path) -> None:
    net.hosts = {f"https://{host}": missing for host in (MIRROR, "second.example.org", UPSTREAM)}
    async with session(tmp_path) as opened:
        with pytest.raises(NotFound) as raised:
            await opened.manifest(tagged())
    assert UPSTREAM in raised.value.message
    assert raised.value.hint.startswith(f"The mirror {MIRROR} failed: ")


async def test_a_mirror_that_does_not_know_head_is_asked_by_get(net: Net, tmp_path: Path) -> None:
    net.hosts[f"https://{MIRROR}"] = lambda r: httpx.Response(405) if r.method == "HEAD" else serves()(r)
    async with session(tmp_path) as opened:
        assert str((await opened.resolve(tagged())).digest) == DIGEST
    assert [line.partition(" ")[0] for line in net.asked()] == ["HEAD", "GET"]


async def test_a_mirror_out_of_reach_is_left_alone_for_a_minute(net: Net, tmp_path: Path) -> None:
    net.hosts = {f"https://{UPSTREAM}": serves()}
    clock = Clock()
    async with session(tmp_path, clock=clock) as opened:
        await opened.manifest(tagged())
        await opened.manifest(tagged())
        assert len(net.sent) == 4
        clock.now += timedelta(seconds=61)
        await opened.manifest(tagged())
        assert len(net.sent) == 7


async def test_tags_are_the_registrys_own(net: Net, tmp_path: Path) -> None:
    net.hosts[f"https://{UPSTREAM}"] = lambda _: httpx.Response(200, json={"name": "team/app", "tags": ["1"]})
    async with session(tmp_path) as opened:
        assert [page async for page in opened.tags("team/app")] == [["1"]]
    assert {origin for origin, _ in net.sent} == {f"https://{UPSTREAM}"}


async def test_another_location_stands_for_the_registry_in_everything(net: Net, tmp_path: Path) -> None:
    conf = f'[[registry]]\nprefix="{UPSTREAM}/team"\nlocation="inner.example.net/m"\n'
    net.hosts["https://inner.example.net"] = lambda r: (
        httpx.Response(200, json={"tags": ["1"]}) if r.url.path.endswith("list") else serves()(r)
    )
    async with session(tmp_path, conf) as opened:
        await opened.manifest(tagged())
        assert [page async for page in opened.tags("team/app")] == [["1"]]
    assert net.asked() == [
        "GET https://inner.example.net/v2/m/app/manifests/1",
        "GET https://inner.example.net/v2/m/app/tags/list",
    ]


@pytest.mark.parametrize("blocked", [UPSTREAM, f"{UPSTREAM}/team"])
async def test_what_is_blocked_is_not_asked_and_the_file_is_named(net: Net, tmp_path: Path, blocked: str) -> None:
    async with session(tmp_path, f'[[registry]]\nlocation="{blocked}"\nblocked=true\n') as opened:
        for attempt in (opened.manifest(tagged()), opened.resolve(tagged()), opened.acquire_token(tagged())):
            with pytest.raises(Unreachable, match=r"registries\.conf blocks it"):
                await attempt
        with pytest.raises(Unreachable, match="blocks it"):
            await opened.blob("team/app", Digest.parse(DIGEST))
        with pytest.raises(Unreachable, match="blocks it"):
            await anext(opened.tags("team/app"))
    assert net.sent == []


def typed() -> Credentials:
    return default_credentials(environ={}, home=Path("/nonexistent"), username="alice", password=Secret("wonderland"))


async def test_what_was_typed_for_the_registry_never_goes_to_a_mirror(net: Net, tmp_path: Path) -> None:
    net.hosts = {f"https://{host}": asks_for_basic for host in (MIRROR, "second.example.org", UPSTREAM)}
    async with session(tmp_path, credentials=typed()) as opened:
        await opened.manifest(tagged())
    assert net.secrets_at(f"https://{MIRROR}") == set()
    assert net.secrets_at("https://second.example.org") == set()
    assert len(net.secrets_at(f"https://{UPSTREAM}")) == 1


def login(home: Path, **users: str) -> Credentials:
    import json

    auths = {host: {"auth": base64.b64encode(user.encode()).decode()} for host, user in users.items()}
    (home / ".docker").mkdir(parents=True)
    (home / ".docker/config.json").write_text(json.dumps({"auths": auths}))
    return default_credentials(environ={"XDG_RUNTIME_DIR": str(home)}, home=home)


async def test_each_host_gets_its_own_stored_credentials_and_no_others(net: Net, tmp_path: Path) -> None:
    net.hosts = {f"https://{host}": asks_for_basic for host in (MIRROR, "second.example.org", UPSTREAM)}
    net.hosts[f"https://{MIRROR}"] = lambda r: asks_for_basic(r) if "authorization" not in r.headers else missing(r)
    credentials = login(tmp_path / "home", **{UPSTREAM: "up:stream", MIRROR: "mir:ror"})
    async with session(tmp_path, credentials=credentials) as opened:
        await opened.manifest(tagged())
    basic = {user: f"Basic {base64.b64encode(user.encode()).decode()}" for user in ("up:stream", "mir:ror")}
    assert net.secrets_at(f"https://{MIRROR}") == {basic["mir:ror"]}
    assert net.secrets_at("https://second.example.org") == set()
    assert net.secrets_at(f"https://{UPSTREAM}") == {basic["up:stream"]}


async def test_a_token_of_the_registry_never_goes_to_a_mirror(net: Net, tmp_path: Path) -> None:
    def upstream(request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") == f"Bearer {TOKEN}":
            return serves()(request)
        challenge = f'Bearer realm="https://{UPSTREAM}/token",service="s",scope="repository:team/app:pull"'
        if request.url.path == "/token":
            return httpx.Response(200, json={"token": TOKEN})
        return httpx.Response(401, headers={"www-authenticate": challenge})

    net.hosts = {f"https://{UPSTREAM}": upstream, f"https://{MIRROR}": asks_for_basic}
    async with session(tmp_path, credentials=typed()) as opened:
        await opened.manifest(tagged())
        await opened.manifest(tagged())
    assert net.secrets_at(f"https://{MIRROR}") == set()
    assert any(TOKEN in sent for sent in net.secrets_at(f"https://{UPSTREAM}"))


async def test_a_mirror_of_containerds_is_told_whom_it_stands_for_and_gets_its_header(net: Net, tmp_path: Path) -> None:
    hosts = f'[host."https://{MIRROR}/c"]\n[host."https://{MIRROR}/c".header]\nx-key = "very secret"\n'
    net.hosts[f"https://{MIRROR}"] = serves()
    async with session(tmp_path, "", hosts=hosts) as opened:
        await opened.manifest(tagged())
        (exchange,) = opened.trace
    assert net.asked() == [f"GET https://{MIRROR}/c/v2/team/app/manifests/1?ns={UPSTREAM}"]
    assert net.sent[0][1].headers["x-key"] == "very secret"
    assert "very secret" not in repr(exchange)
    assert exchange.request_headers["x-key"].startswith("sha256:")


async def test_a_manifest_that_a_mirror_made_up_is_an_error(net: Net, tmp_path: Path) -> None:
    net.hosts[f"https://{MIRROR}"] = serves(b'{"schemaVersion":2,"mediaType":"x","manifests":[{}]}')
    async with session(tmp_path) as opened:
        with pytest.raises(ReglensError, match="is not the one asked for"):
            await opened.manifest(Reference.parse(f"{UPSTREAM}/team/app@{DIGEST}"))
