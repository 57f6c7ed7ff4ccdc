"""Whatever stands in a credentials file, looking a credential up raises nothing and sends none to a stranger."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reglens.auth.sources.chain import Chain, Text
from reglens.auth.sources.configfile import Config
from reglens.auth.sources.entries import read_entry
from reglens.auth.sources.keys import Key, matching, near_misses
from reglens.auth.sources.pullsecret import read_pull_secret
from reglens.errors import UsageError

VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
ENTRIES = VALUES | st.dictionaries(
    st.sampled_from(["auth", "username", "password", "identitytoken", "registrytoken", "email"]), VALUES, max_size=4
)
HOSTS = st.sampled_from(["ghcr.io", "docker.io", "localhost:5000", "*.example.com", "quay.io/a/b", "", "/", "a" * 300])
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "auths": VALUES | st.dictionaries(HOSTS | st.text(max_size=20), ENTRIES, max_size=4),
        "credHelpers": VALUES | st.dictionaries(HOSTS, VALUES, max_size=3),
        "credsStore": VALUES,
        "credStore": VALUES,
    },
)


@given(text=st.text(max_size=200) | DOCUMENTS.map(json.dumps) | VALUES.map(json.dumps))
@settings(deadline=None)
def test_no_configuration_makes_a_lookup_raise(text: str) -> None:
    chain = Chain([Text(text, "DOCKER_AUTH_CONFIG")], environ={"PATH": "/nonexistent"}, timeout=1)
    for registry, repository in (
        ("ghcr.io", "owner/image"),
        ("registry-1.docker.io", "library/alpine"),
        ("[::1]:5000", ""),
    ):
        lookup = asyncio.run(chain.find(registry, repository))
        assert lookup.consulted


@given(key=st.text(max_size=40), registry=st.sampled_from(["ghcr.io", "localhost:5000"]))
def test_a_key_counts_only_for_the_host_it_names(key: str, registry: str) -> None:
    if matching([key], registry, "a/b"):
        assert registry in key.lower()
        assert Key.read(key).host == registry
    assert all(why for _, why in near_misses([key], registry, "a/b"))


@given(value=ENTRIES)
def test_an_entry_is_a_credential_or_says_why_not(value: object) -> None:
    entry = read_entry(value, "source")
    assert sum([entry.credential is not None, bool(entry.problem), entry.empty]) == 1


@given(data=st.binary(max_size=200) | DOCUMENTS.map(lambda d: json.dumps(d).encode()))
@settings(deadline=None)
def test_a_pull_secret_is_read_or_is_wrong_usage(tmp_path_factory: Any, data: bytes) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "pull-secret"
    path.write_bytes(data)
    with contextlib.suppress(UsageError):
        assert isinstance(read_pull_secret(path, "secret"), Config)
