"""What the tests of products share: an internet of scripted hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support.internet import Internet, internet


@pytest.fixture
async def net(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Internet]:
    async with internet(monkeypatch) as made:
        yield made
