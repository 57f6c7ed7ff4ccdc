"""Where connections go: proxies of the environment, and which connection is used again."""

from __future__ import annotations

import httpx
import pytest

from reglens.errors import UsageError
from reglens.registry.connections import Connections, proxy_for
from reglens.registry.options import Options

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, "https://ghcr.io/", None),
        ({"HTTPS_PROXY": "http://proxy.test:3128"}, "https://ghcr.io/", "http://proxy.test:3128"),
        ({"https_proxy": "proxy.test:3128"}, "https://ghcr.io/", "http://proxy.test:3128"),
        ({"HTTPS_PROXY": "http://proxy.test:3128"}, "http://registry.test/", None),
        ({"ALL_PROXY": "socks5://proxy.test"}, "http://registry.test/", "socks5://proxy.test"),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "test,ghcr.io"}, "https://ghcr.io/", None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "registry.test:5000"}, "https://registry.test:5000/", None),
        ({"HTTP_PROXY": "http://proxy.test", "HTTPS_PROXY": "http://proxy.test"}, "http://127.0.0.1:5000/", None),
        ({"HTTP_PROXY": "http://proxy.test"}, "http://localhost:5000/", None),
    ],
)
def test_a_proxy_is_taken_from_the_environment_but_never_for_this_machine(
    environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(httpx.URL(url))
    assert (found.url if found else None) == proxy


async def test_a_proxy_that_cannot_be_used_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "gopher://proxy.test")
    with pytest.raises(UsageError, match="proxy"):
        await Connections(Options()).take(httpx.URL("http://registry.test/"))


async def test_a_connection_given_back_is_the_next_one_taken_for_its_host_alone() -> None:
    connections = Connections(Options())
    url, other = httpx.URL("http://127.0.0.1:1/a"), httpx.URL("http://127.0.0.1:2/a")
    first = await connections.take(url)
    second = await connections.take(url)
    assert first is not second
    connections.give_back(url, second)
    connections.give_back(url, first)
    assert await connections.take(httpx.URL("http://127.0.0.1:1/b")) is first
    assert await connections.take(other) not in (first, second)
    await connections.aclose()
