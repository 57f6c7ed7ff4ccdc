"""The servers, on real sockets of two loopback addresses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from support.hostile.wire import BEHAVIOURS, Asked, Wire


@dataclass
class Hostile:
    """The servers. Use as a context manager."""

    everywhere: str = ""
    requests: list[Asked] = field(default_factory=list)
    stopping: bool = False
    _listeners: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for name, address in (("registry", "127.0.0.1"), ("elsewhere", "127.0.0.2"), ("helped", "127.0.0.1")):
            listener = socket.create_server((address, 0))
            self._listeners.append(listener)
            self._start(self._accept, listener, name)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stopping = True
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for thread in list(self._threads):
            thread.join(30)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._listeners[0].getsockname()[1]}"

    @property
    def elsewhere(self) -> str:
        return f"127.0.0.2:{self._listeners[1].getsockname()[1]}"

    @property
    def helped(self) -> str:
        return f"127.0.0.1:{self._listeners[2].getsockname()[1]}"

    @property
    def token_url(self) -> str:
        return f"http://{self.host}/token"

    def to(self, host: str) -> list[Asked]:
        """The requests that one of the servers got."""
        return [asked for asked in list(self.requests) if asked.host == host]

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket, name: str) -> None:
        while not self.stopping:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._start(self._serve, connection, name)

    def _serve(self, connection: socket.socket, name: str) -> None:
        with connection:
            connection.settimeout(30)
            try:
                asked = _read_request(connection, name)
                if asked is None:
                    return
                self.requests.append(asked)
                wire = Wire(connection, asked, self)
                if asked.host == "helped" and "authorization" not in asked.headers:
                    wire.challenge('Basic realm="helped"')
                    return
                chosen = self._choose(asked)
                (BEHAVIOURS[chosen] if chosen else Wire.innocent)(wire)
            except OSError:
                return  # the client is gone

    def _choose(self, asked: Asked) -> str:
        if asked.host != "registry":
            return ""
        for part in (asked.path.removeprefix("/v2/"), asked.path.removeprefix("/token/")):
            found = next((name for name in BEHAVIOURS if part == name or part.startswith(name + "/")), "")
            if found:
                return found
        if asked.kind == "catalog" or (asked.kind == "other" and asked.path.startswith("/v2/")):
            return self.everywhere
        if asked.kind == "ping" and self.everywhere.startswith(("auth/", "text/", "headers/")):
            return self.everywhere
        return ""


def _read_request(connection: socket.socket, name: str) -> Asked | None:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(1 << 16)
        if not piece or (head := head + piece)[:1] == b"\x16" or len(head) > 1 << 22:
            return None  # a TLS handshake, or nobody there any more
    first, _, rest = head.partition(b"\r\n\r\n")[0].partition(b"\r\n")
    method, target, _ = first.decode("latin-1").split(" ", 2)
    headers = {n.strip().lower(): v.strip() for n, _, v in (line.partition(":") for line in _lines(rest))}
    body = head.partition(b"\r\n\r\n")[2]
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(1 << 16)
    return Asked(name, method, target, headers, body, head)


def _lines(rest: bytes) -> Iterator[str]:
    yield from rest.decode("latin-1").split("\r\n")
