"""Which hosts are of one party, by the public suffix list and the table beside it; and what is asked for in the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reglens.auth.realm import judge
from reglens.auth.site import RENTED, bare_host, is_internal, registrable_domain, same_site
from reglens.auth.trust import is_trusted, origin_of

TUI = Path(__file__).parents[2] / "tui"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("registry-1.docker.io", "auth.docker.io", True),
        ("registry.example.co.uk:5000", "auth.example.co.uk", True),
        ("a.co.uk", "b.co.uk", False),
        ("Registry.Example.COM.", "registry.example.com", True),
        ("mine.azurecr.io", "yours.azurecr.io", False),
        ("us-docker.pkg.dev", "eu-docker.pkg.dev", False),
        ("1.dkr.ecr.eu-west-1.amazonaws.com", "evil.s3.amazonaws.com", False),
        ("registry.example.com", "example.com.evil.test", False),
        ("registry.example.com", "evilexample.com", False),
        ("127.0.0.1:5000", "localhost:5001", True),
        ("[::1]:5000", "127.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1:5000", "10.0.0.1:5001", True),
        ("registry", "auth", False),
        ("registry.io", "auth.io", False),
        ("", "", False),
        # the list's own section of private domains, wildcards and exceptions
        ("me.github.io", "you.github.io", False),
        ("registry.me.github.io", "auth.me.github.io", True),
        ("a.compute.amazonaws.com", "b.compute.amazonaws.com", False),
        ("registry.city.kawasaki.jp", "auth.city.kawasaki.jp", True),
        ("registry.other.kawasaki.jp", "auth.another.kawasaki.jp", False),
        ("registry.example.co.jp", "auth.example.co.jp", True),
        ("one.pvt.k12.ma.us", "two.pvt.k12.ma.us", False),
        ("registry.example.global.ssl.fastly.net", "auth.other.global.ssl.fastly.net", False),
        # what rents out names and is not in the list, at any depth
        ("1.dkr.ecr.eu-west-1.amazonaws.com", "evil.s3-website.eu-west-1.amazonaws.com", False),
        ("1.dkr.ecr.eu-west-1.amazonaws.com", "2.dkr.ecr.eu-west-1.amazonaws.com", False),
        ("containers.acme.ghe.com", "containers.other.ghe.com", False),
        ("registry.one.svc.cluster.local", "auth.two.svc.cluster.local", False),
        ("a.eastus.azurecontainerapps.io", "b.eastus.azurecontainerapps.io", False),
        ("10.0.0.1.nip.io", "10.0.0.2.nip.io", False),
        # names that the list knows nothing of: under a domain of one's own, not beside it
        ("registry.corp.internal", "auth.corp.internal", True),
        ("registry.lan", "auth.lan", False),
        # letters, dots, ports, case
        ("registry.münchen.example", "auth.xn--mnchen-3ya.example", True),
        ("REGISTRY.MÜNCHEN.EXAMPLE", "auth.münchen.example.", True),
        ("registry.straße.example", "auth.strasse.example", False),
        ("a.公司.cn", "b.公司.cn", False),
        ("registry.食狮.公司.cn", "auth.xn--85x722f.xn--55qx5d.cn", True),
        ("registry.example.com:443", "AUTH.EXAMPLE.COM.:8443", True),
        ("registry.example.com", "auth..example.com", False),
        ("registry.example.com", ".example.com", False),
        ("registry.example.com", "auth。example。com", True),
        ("registry.example.com", "аuth.exаmple.com", False),
        # addresses in any notation are nobody's domain
        ("1.2.3.4", "1.2.3.4:5000", True),
        ("1.2.3.4", "2.2.3.4", False),
        ("0x7f.1", "127.0.0.1", False),
        ("[2001:db8::1]", "[2001:db8::2]", False),
        ("[::ffff:1.2.3.4]", "1.2.3.4", False),
    ],
)
def test_hosts_are_of_one_site_only_if_one_party_has_both(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same
    assert same_site(other, one) is same


def test_a_public_suffix_and_an_address_are_nobodys_domain() -> None:
    for host in ("co.uk", "github.io", "10.0.0.1", "localhost", "::1", ""):
        assert registrable_domain(host) is None, host
    assert registrable_domain("me.github.io") == "me.github.io"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "[fd00::1]:80", "::ffff:10.0.0.1", "0x7f.1", "2130706433",
     "0177.0.0.1", "100.64.0.1", "0.0.0.0", "foo.localhost", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::10.0.0.1]",
     "[2002:7f00:1::]", "[::127.0.0.1]", "[::ffff:0:192.168.0.1]", "[fec0::1]", "[::1]", "[::]", "[fe80::1%25eth0]"],
)  # fmt: skip
def test_an_address_inside_is_known_in_every_notation(host: str) -> None:
    assert is_internal(host)


def test_addresses_and_names_outside_are_not_inside() -> None:
    for host in (
        "8.8.8.8",
        "example.com",
        "1.example.com",
        "dead.beef",
        "[2606:4700::1111]",
        "[64:ff9b::8.8.8.8]",
        "[2002:808:808::]",
    ):
        assert not is_internal(host), host


@given(st.text(max_size=40))
def test_no_host_breaks_the_rules_of_sites(text: str) -> None:
    assert same_site(text, "registry.example.com") in (True, False)
    is_internal(text)
    judge(text, "https://registry.example.com")


@pytest.mark.parametrize("domain", RENTED)
def test_below_a_rented_domain_everybody_is_alone(domain: str) -> None:
    assert not same_site(f"registry.one.{domain}", f"auth.two.{domain}")
    assert not same_site(f"registry.one.{domain}", f"auth.one.{domain}")
    assert same_site(f"registry.one.{domain}", f"registry.one.{domain}:8443")
    assert RENTED[domain], "with where one can read it"


def test_the_table_says_only_what_the_list_does_not() -> None:
    from publicsuffixlist import PublicSuffixList

    known = PublicSuffixList()
    assert [domain for domain in RENTED if known.publicsuffix(f"x.{domain}") == domain] == []


HOSTS = st.lists(
    st.sampled_from(
        ["registry", "auth", "evil", "example", "com", "co", "uk", "xn--mnchen-3ya", "münchen", "1", "0x7f"]
    ),
    min_size=1,
    max_size=5,
).map(".".join)
URLS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "//", "HTTPS://", "https:/", "https:\\\\", ""]),
    st.sampled_from(["", "user@", "user:pw@", "registry.example.com@", "registry.example.com\\\\@", "a%40"]),
    HOSTS | st.text(max_size=12),
    st.sampled_from(["", ":443", ":8443", ":", ".", "。", "%2e", "\\", "\t", "#", "?"]),
    st.sampled_from(["", "/token", "/token?a=b", "@registry.example.com/", "/../x"]),
)


@given(URLS)
@settings(max_examples=400, deadline=None)
def test_who_was_judged_is_who_would_be_asked(realm: str) -> None:
    """The HTTP client reads the URL by rules of its own: where it finds another host, it must not be asked."""
    judged = judge(realm, "https://registry.example.com", {"https://registry.example.com:443"})
    if not judged.allowed:
        return
    try:
        asked = httpx.URL(judged.url)
    except httpx.InvalidURL:
        return
    authority = asked.netloc.decode()
    assert "@" not in authority
    assert origin_of(judged.url) == origin_of(f"{asked.scheme}://{authority}/")
    if judged.trusted:
        assert bare_host(authority) == "registry.example.com" or same_site(authority, "registry.example.com")


@pytest.mark.parametrize(
    ("origin", "trusted", "yes"),
    [
        ("https://login.test:443", "login.test", True),
        ("https://login.test:8443", "login.test", True),
        ("https://login.test:8443", "LOGIN.test:8443", True),
        ("https://login.test:443", "login.test:8443", False),
        ("https://login.test:443", "https://login.test:443", True),
        ("https://login.test:8443", "https://login.test:443", False),
        ("http://login.test:443", "https://login.test:443", False),
        ("https://login.test.evil.test:443", "login.test", False),
        ("https://[2001:db8::1]:443", "[2001:db8::1]", True),
        ("https://xn--mnchen-3ya.example:443", "münchen.example", True),
    ],
)
def test_trust_is_for_a_host_and_an_answers_for_an_origin(origin: str, trusted: str, yes: bool) -> None:
    assert is_trusted(origin, {trusted}) is yes


def test_the_list_is_read_only_where_a_host_differs_from_its_registrys() -> None:
    code = """
import sys
from reglens.auth.realm import judge
judge("https://registry.example.com/token", "https://registry.example.com")
judge("https://auth.docker.io/token", "https://registry-1.docker.io")
judge("http://localhost:5001/token", "http://127.0.0.1:5000")
assert "publicsuffixlist" not in sys.modules and "idna" not in sys.modules
assert judge("https://auth.example.com/token", "https://registry.example.com").trusted
assert "publicsuffixlist" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(TUI)})
