"""A reverse proxy before a real registry that can misbehave, as an ingress, a gateway or a login page does."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Passed:
    """What goes through: a request to change before it is passed on, or an answer to change before it is given back."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    status: int = 0
    body: bytes = b""


Request = Callable[[Passed], "Passed | None"]
"""Changes a request in place; or answers it, without asking the registry."""
Answer = Callable[[Passed], None]
"""Changes an answer in place. A ``content-length`` that it sets is believed, so that a body can be cut."""


@dataclass
class FrontEnd:
    """Listens on 127.0.0.1 and passes everything on to `registry` (``host:port``)."""

    registry: str
    request: Request | None = None
    answer: Answer | None = None
    seen: list[Passed] = field(default_factory=list)

    def __enter__(self) -> FrontEnd:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer = owner.passed(self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    if name not in ("date", "server", "connection", "transfer-encoding"):
                        self.send_header(name, value)
                if "content-length" not in answer.headers:
                    self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)
                    if int(answer.headers.get("content-length", len(answer.body))) > len(answer.body):
                        self.close_connection = True

            do_HEAD = do_GET

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def passed(self, method: str, path: str, headers: dict[str, str]) -> Passed:
        """The registry's answer, with what this front end does to it."""
        request = Passed(method, path, {**headers, "host": self.registry})
        self.seen.append(request)
        own = self.request(request) if self.request else None
        if own is not None:
            return own
        upstream = http.client.HTTPConnection(self.registry, timeout=10)
        try:
            upstream.request(request.method, request.path, headers=request.headers)
            got = upstream.getresponse()
            answer = Passed(method, path, {k.lower(): v for k, v in got.getheaders()}, got.status, got.read())
        finally:
            upstream.close()
        if method != "HEAD":
            answer.headers.pop("content-length", None)
        if self.answer:
            self.answer(answer)
        return answer


def page(status: int, title: str, server: str = "nginx/1.25.3") -> Request:
    """Answers everything with a web page."""
    body = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>\r\n"

    def answer(request: Passed) -> Passed:
        headers = {"content-type": "text/html", "server": server}
        return Passed(request.method, request.path, headers, status, body.encode())

    return answer
