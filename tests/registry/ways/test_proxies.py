"""The environment's proxies, by the rules of Go's tools."""

from __future__ import annotations

import pytest

from reglens.registry.ways.proxies import Proxy, passes_by, proxy_of

PROXY = {"HTTPS_PROXY": "http://proxy.test:3128"}


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({"HTTPS_PROXY": "http://a.test"}, Proxy("http://a.test", "HTTPS_PROXY")),
        ({"https_proxy": "a.test:1"}, Proxy("http://a.test:1", "https_proxy")),
        ({"HTTPS_PROXY": "http://a.test", "https_proxy": "http://b.test"}, Proxy("http://a.test", "HTTPS_PROXY")),
        ({"ALL_PROXY": "socks5://a.test"}, Proxy("socks5://a.test", "ALL_PROXY")),
        ({"ALL_PROXY": "socks5://a.test", "https_proxy": "http://b.test"}, Proxy("http://b.test", "https_proxy")),
        ({"HTTP_PROXY": "http://a.test"}, None),
        ({"HTTPS_PROXY": " "}, None),
        ({}, None),
    ],
)
def test_the_variable_of_the_scheme_comes_before_the_one_for_all(environ: dict[str, str], proxy: Proxy | None) -> None:
    assert proxy_of("https", "ghcr.io", environ) == proxy


def test_a_header_of_a_caller_names_no_proxy() -> None:
    environ = {"HTTP_PROXY": "http://evil.test", "REQUEST_METHOD": "GET"}
    assert proxy_of("http", "registry.test", environ) is None


@pytest.mark.parametrize("authority", ["localhost", "localhost:5000", "a.localhost:1", "127.0.0.1:5000", "[::1]:5000"])
def test_this_machine_is_reached_without_one(authority: str) -> None:
    assert proxy_of("https", authority, PROXY) is None


@pytest.mark.parametrize(
    ("listed", "authority", "without"),
    [
        ("*", "ghcr.io", True),
        ("ghcr.io", "ghcr.io", True),
        ("GHCR.io ", "ghcr.io:443", True),
        ("ghcr.io", "sub.ghcr.io", True),
        ("ghcr.io", "notghcr.io", False),
        (".ghcr.io", "ghcr.io", False),
        (".ghcr.io", "sub.ghcr.io", True),
        ("*.ghcr.io", "sub.ghcr.io", True),
        ("*.ghcr.io", "ghcr.io", False),
        ("ghcr.io:443", "ghcr.io", True),
        ("ghcr.io:8443", "ghcr.io", False),
        ("a.test, b.test", "b.test:5000", True),
        ("10.0.0.0/8", "10.1.2.3:5000", True),
        ("10.0.0.0/8", "11.1.2.3:5000", False),
        ("10.0.0.0/8", "registry.test", False),
        ("10.1.2.3", "10.1.2.3:5000", True),
        ("10.1.2.3:5000", "10.1.2.3:5000", True),
        ("10.1.2.3:5000", "10.1.2.3:5001", False),
        ("2001:db8::/32", "[2001:db8::1]:5000", True),
        ("2001:db8::1", "[2001:db8:0::1]:5000", True),
        ("[2001:db8::1]:5000", "[2001:db8::1]:5000", True),
        ("[2001:db8::1]:5000", "[2001:db8::1]", False),
        ("10.0.0.0/99", "10.1.2.3", False),
        (",,", "ghcr.io", False),
    ],
)
def test_hosts_that_need_none(listed: str, authority: str, without: bool) -> None:
    assert passes_by("https", authority, {"NO_PROXY": listed}) is without
    assert (proxy_of("https", authority, PROXY | {"no_proxy": listed}) is None) is without
