"""The demo's two hosts as one ASGI application: routes to handlers, answers to HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from reglens.demo.answers import NO_ROUTE, Answer, Call
from reglens.demo.registry import HOME, MOVED, Registry
from reglens.demo.search import Search
from reglens.demo.tokens import TokenServer

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_MAX_BODY = 1 << 20
Endpoint = Callable[[Request], Awaitable[ASGIApp]]


class _Repository(Convertor[str]):
    """A repository's name by distribution's grammar: a path with upper case in it matches no route at all."""

    regex = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("repository", _Repository())


class _Cut(Response):
    """An answer whose connection is dropped in the middle of the body."""

    def __init__(self, content: bytes, status: int, headers: dict[str, str], *, at: int) -> None:
        super().__init__(content, status, headers)
        self._at = at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        # Returning before the body is complete makes the server close the connection.
        await send({"type": "http.response.body", "body": bytes(self.body[: self._at]), "more_body": True})


class Web:
    """Both applications, with a count of what was asked of them."""

    def __init__(
        self,
        registry: Registry,
        tokens: TokenServer,
        search: Search,
        clock: Callable[[], datetime],
        counts: Counter[str],
    ) -> None:
        self._clock = clock
        self._counts = counts
        self.registry = self._app(
            [
                self._route("/", "home", lambda call, path: HOME),
                self._route("/v2", "ping", lambda call, path: MOVED),
                self._route("/v2/", "ping", lambda call, path: registry.base(call)),
                self._route("/v2/_catalog", "catalog", lambda call, path: registry.catalog(call)),
                self._route("/v1/search", "search", lambda call, path: search.index(call)),
                self._route(
                    "/v2/{name:repository}/tags/list", "tags", lambda call, path: registry.tags(call, path["name"])
                ),
                self._route(
                    "/v2/{name:repository}/manifests/{reference}",
                    "manifest",
                    lambda call, path: registry.manifest(call, path["name"], path["reference"]),
                ),
                self._route(
                    "/v2/{name:repository}/referrers/{digest}",
                    "referrers",
                    lambda call, path: registry.referrers(call, path["name"], path["digest"]),
                ),
                self._route(
                    "/v2/{name:repository}/blobs/uploads/",
                    "upload",
                    lambda call, path: registry.uploads(call, path["name"]),
                ),
                self._route(
                    "/v2/{name:repository}/blobs/{digest}",
                    "blob",
                    lambda call, path: registry.blob(call, path["name"], path["digest"]),
                ),
                self._route(
                    "/store/{name:repository}/{digest}",
                    "store",
                    lambda call, path: registry.store(call, path["name"], path["digest"]),
                ),
            ]
        )
        self.auth = self._app(
            [
                self._route("/token", "token", lambda call, path: tokens.answer(call)),
                self._route("/v1/search", "search", lambda call, path: search.index(call)),
                self._route("/v2/search/repositories/", "search", lambda call, path: search.hub(call)),
                self._route(
                    "/mirror/{name:repository}/{digest}",
                    "mirror",
                    lambda call, path: registry.mirror(call, path["name"], path["digest"]),
                ),
                self._route(
                    "/store/{name:repository}/{digest}",
                    "store",
                    lambda call, path: registry.store(call, path["name"], path["digest"]),
                ),
            ]
        )

    def by_port(self, port: int) -> ASGIApp:
        """The application that serves the registry on `port` and everything else on the others."""

        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            app = self.registry if scope["type"] != "http" or scope["server"][1] == port else self.auth
            await app(scope, receive, send)

        return dispatch

    def _app(self, routes: list[Route]) -> Starlette:
        async def nowhere(request: Request, _: Exception) -> Response:
            self._counts["other"] += 1
            return self._response(NO_ROUTE)

        app = Starlette(routes=routes, exception_handlers={404: nowhere})
        app.router.redirect_slashes = False
        return app

    def _route(self, path: str, kind: str, handle: Callable[[Call, dict[str, str]], Answer]) -> Route:
        async def endpoint(request: Request) -> Response:
            self._counts[kind] += 1
            body = await _body(request)
            headers = {name.lower(): request.headers.getlist(name)[0] for name in request.headers}
            origin = f"{request.url.scheme}://{request.url.netloc}"
            call = Call(request.method, origin, request.url.path, request.url.query, headers, body)
            return self._response(handle(call, request.path_params))

        return Route(path, endpoint, methods=_METHODS)

    def _response(self, answer: Answer) -> Response:
        dated = {"date": format_datetime(self._clock(), usegmt=True), **answer.headers}
        response = Response(answer.body, answer.status, dated)
        return response if answer.cut is None else _Cut(answer.body, answer.status, dated, at=answer.cut)


async def _body(request: Request) -> bytes:
    """The request's body, as far as a token request's form would go; pushed blobs are not kept."""
    parts = bytearray()
    async for chunk in request.stream():
        if len(parts) < _MAX_BODY:
            parts += chunk
    return bytes(parts)
