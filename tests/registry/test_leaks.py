"""What leaves this machine for whom: a network of named hosts, in memory, that notes every header it gets."""

from __future__ import annotations

import httpx
import pytest

from reglens.auth.trust import RealmTrust
from reglens.errors import AnswerInvalid, Refused, ReglensError, TokenError, TooLarge
from reglens.oci.reference import Reference
from reglens.registry.options import Options
from reglens.registry.session import Session
from support.network import DATA, DIGEST, HOST, PASSWORD, Alice, Network, data, redirect, registry, token


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    return Network.installed(monkeypatch)


def session(**options: object) -> Session:
    return Session(HOST, credentials=Alice(), options=Options(**options))  # type: ignore[arg-type]


async def blob(client: Session) -> bytes:
    async with client:
        return await client.blob("a/b", DIGEST)


async def test_the_password_goes_to_the_realm_of_the_registrys_site_and_to_nobody_else(network: Network) -> None:
    network.hosts[f"https://{HOST}"] = registry("https://auth.example.com/t", after=data)
    network.hosts["https://auth.example.com"] = token
    assert await blob(session()) == DATA
    assert network.authorizations("https://auth.example.com") == [f"Basic {PASSWORD}"]
    assert network.authorizations(f"https://{HOST}") == ["Bearer t1"]


async def test_a_realm_elsewhere_is_asked_anonymously_and_the_record_says_so_before(network: Network) -> None:
    network.hosts[f"https://{HOST}"] = registry("https://evil.test/t")
    network.hosts["https://evil.test"] = token
    client = session()
    notes: list[str] = []
    client.trace.listeners.append(lambda e: notes.append(e.note) if e.status is None else None)
    with pytest.raises(Refused) as raised:
        await blob(client)
    assert network.authorizations("https://evil.test") == []
    assert "no credentials sent" in notes[1]
    assert "--trust-realm evil.test" in notes[1]
    assert "--trust-realm evil.test" in raised.value.hint


async def test_a_trusted_realm_elsewhere_gets_the_password(network: Network) -> None:
    network.hosts[f"https://{HOST}"] = registry("https://login.test/t", after=data)
    network.hosts["https://login.test"] = token
    await blob(session(trust=RealmTrust({"login.test"})))
    assert network.authorizations("https://login.test") == [f"Basic {PASSWORD}"]


async def test_a_plain_http_realm_gets_no_password_even_on_the_registrys_own_host(network: Network) -> None:
    network.hosts[f"https://{HOST}"] = registry(f"http://{HOST}/t", after=data)
    network.hosts[f"http://{HOST}"] = token
    await blob(session())
    assert network.authorizations(f"http://{HOST}") == []


async def test_a_plain_http_registry_off_this_machine_gets_no_password(network: Network) -> None:
    network.hosts[f"http://{HOST}"] = lambda _: httpx.Response(401, headers={"WWW-Authenticate": 'Basic realm="r"'})
    with pytest.raises(Refused) as raised:
        await blob(session(plain_http=True))
    assert network.authorizations(f"http://{HOST}") == []
    assert "plain http" in raised.value.hint


async def test_a_realm_in_the_cloud_metadata_service_is_never_asked(network: Network) -> None:
    network.hosts[f"https://{HOST}"] = registry("http://169.254.169.254/latest/meta-data")
    with pytest.raises(TokenError, match="private network"):
        await blob(session())
    assert {origin for origin, _ in network.sent} == {f"https://{HOST}"}


@pytest.mark.parametrize(
    "other", ["https://storage.test", f"https://{HOST}:8443", f"http://{HOST}", f"https://cdn.{HOST}"]
)
async def test_a_redirect_to_storage_carries_no_authorization(network: Network, other: str) -> None:
    network.hosts[f"https://{HOST}"] = registry(
        f"https://{HOST}/v2/t", after=redirect(f"{other}/blob?X-Amz-Signature=abc")
    )
    network.hosts[other] = data
    hosts = network.hosts[f"https://{HOST}"]
    network.hosts[f"https://{HOST}"] = lambda r: token(r) if r.url.path == "/v2/t" else hosts(r)
    client = session()
    assert await blob(client) == DATA
    assert network.authorizations(other) == []
    last = client.trace.exchanges[-1]
    assert last.follows == last.number - 1
    assert last.authorization is None
    assert "no Authorization sent" in last.note
    assert "X-Amz-Signature=abc" not in repr(client.trace.exchanges)


async def test_a_redirect_on_the_registry_itself_keeps_the_authorization(network: Network) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/t":
            return token(request)
        if "authorization" not in request.headers:
            return httpx.Response(401, headers={"WWW-Authenticate": 'Bearer realm="/t"'})
        if request.url.path == "/elsewhere":
            return httpx.Response(200, content=DATA)
        return httpx.Response(307, headers={"Location": f"https://{HOST}:443/elsewhere"})

    network.hosts[f"https://{HOST}"] = answer
    assert await blob(session()) == DATA


async def test_a_refusal_by_storage_is_not_taken_for_the_registrys(network: Network) -> None:
    network.hosts[f"https://{HOST}"] = redirect("https://storage.test/x")
    challenge = {"WWW-Authenticate": 'Bearer realm="https://storage.test/t"'}
    network.hosts["https://storage.test"] = lambda _: httpx.Response(401, headers=challenge)
    with pytest.raises(Refused, match=r"redirects to storage\.test"):
        await blob(session())
    assert len(network.sent) == 2


async def test_a_redirect_into_this_machines_network_is_not_followed(network: Network) -> None:
    for location in ("http://127.0.0.1:8080/", "https://[::1]/", "http://192.168.1.1/admin", "http://0x7f.1/"):
        network.hosts[f"https://{HOST}"] = redirect(location)
        with pytest.raises(AnswerInvalid, match="private network"):
            await blob(session())
    assert {origin for origin, _ in network.sent} == {f"https://{HOST}"}


@pytest.mark.parametrize("location", ["file:///etc/passwd", "javascript:alert(1)", "http://[broken", "https:///x"])
async def test_a_redirect_to_no_http_address_is_an_error(network: Network, location: str) -> None:
    network.hosts[f"https://{HOST}"] = redirect(location)
    with pytest.raises(AnswerInvalid):
        await blob(session())


async def test_a_redirect_loop_ends_after_ten(network: Network) -> None:
    network.hosts[f"https://{HOST}"] = redirect("/v2/again")
    with pytest.raises(TooLarge, match="more than 10 times"):
        await blob(session())
    assert len(network.sent) == 11


async def test_userinfo_in_a_redirect_becomes_no_credentials(network: Network) -> None:
    network.hosts[f"https://{HOST}"] = redirect("https://user:pw@storage.test/x")
    network.hosts["https://storage.test"] = data
    assert await blob(session()) == DATA
    assert network.authorizations("https://storage.test") == []


async def test_no_cookie_is_ever_sent_back(network: Network) -> None:
    network.hosts[f"https://{HOST}"] = lambda _: httpx.Response(
        200, json={"tags": ["a"]}, headers={"Set-Cookie": "sid=1"}
    )
    async with session() as client:
        for _ in range(2):
            assert [page async for page in client.tags("a/b")] == [["a"]]
    assert all("cookie" not in request.headers for _, request in network.sent)
    assert "sid=1" not in repr(client.trace.exchanges)


async def test_docker_hubs_search_is_asked_without_credentials(network: Network) -> None:
    found = {
        "results": [
            {"name": "alpine", "short_description": "small", "star_count": 3, "badge": "official"},
            {"name": "me/alpine"},
        ]
    }
    network.hosts["https://hub.docker.com"] = lambda _: httpx.Response(200, json=found)
    async with Session("registry-1.docker.io", credentials=Alice()) as client:
        results = await client.search("library/alpine")
    [(_, request)] = network.sent
    assert request.url.params["query"] == "alpine"
    assert "authorization" not in request.headers
    assert [(r.name, r.official, r.stars) for r in results] == [("library/alpine", True, 3), ("me/alpine", False, None)]


async def test_a_name_that_a_server_made_up_cannot_steer_the_request(network: Network) -> None:
    network.hosts[f"https://{HOST}"] = lambda _: httpx.Response(404)
    async with session() as client:
        with pytest.raises(ReglensError):
            await client.resolve(Reference(HOST, "a/b", "../../../x?y#z"))
    assert all(request.url.raw_path.startswith(b"/v2/a/b/manifests/") for _, request in network.sent)
