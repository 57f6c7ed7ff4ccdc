"""What curl would do at a registry: a token for a scope, and a request with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""What the clocks of the demo registry under test stand at."""


@dataclass
class Plain:
    """Requests to one registry and its token server, one at a time, with no judgement of their own."""

    client: httpx.Client
    url: str
    token_url: str
    service: str = "registry.docker.io"

    def token(self, *scopes: str, service: str | None = None, login: bool = False) -> str:
        """The token for those scopes."""
        return str(self.token_answer(*scopes, service=service, login=login).json()["token"])

    def token_answer(self, *scopes: str, service: str | None = None, login: bool = False) -> httpx.Response:
        parameters: list[tuple[str, str | int | float | bool | None]] = [
            ("service", self.service if service is None else service),
            *(("scope", s) for s in scopes),
        ]
        return self.client.get(self.token_url, params=parameters, auth=("demo", "demo") if login else None)

    def ask(self, path: str, token: str | None = None, *, method: str = "GET", **more: Any) -> httpx.Response:
        """A request to the registry, following no redirect."""
        headers = dict(more.pop("headers", {}))
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return self.client.request(method, self.url + path, headers=headers, **more)

    def pull(self, repository: str, path: str, *, login: bool = False, **more: Any) -> httpx.Response:
        """``/v2/<repository>/<path>`` with a token to pull."""
        return self.ask(f"/v2/{repository}/{path}", self.token(f"repository:{repository}:pull", login=login), **more)

    def body(self, repository: str, digest: str) -> bytes:
        """A blob, by the redirect to the store."""
        answer = self.pull(repository, f"blobs/{digest}")
        assert answer.status_code == 307
        return self.client.get(answer.headers["location"]).raise_for_status().content


def error_code(answer: httpx.Response) -> str:
    """The code of the first entry of a registry's error."""
    return str(answer.json()["errors"][0]["code"])
