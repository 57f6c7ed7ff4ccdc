"""A demo registry for the tests of this folder, and a plain client that knows the token protocol and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from reglens.demo.server import DemoRegistry
from support.plain_client import NOW, Plain


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoRegistry]:
    with DemoRegistry(clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def plain(demo: DemoRegistry) -> Iterator[Plain]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield Plain(client, demo.url, demo.token_url)
