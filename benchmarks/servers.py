"""What is measured against: docker-registry with and without tokens, and a catalogue of very many repositories."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from support.images import Layout
from support.processes import docker_registry, run
from support.token_server import TokenServer

TAGS, MANY, FEW, PAGE, PASSWORD = 1000, 100_000, 20, 1000, "benchmark"
_ACCESS = re.compile(r'^\S+ \S+ \S+ \[[^]]*\] "(?:GET|HEAD) /', re.MULTILINE)
"""A line of docker-registry's access log (Apache's combined format)."""


@dataclass
class Servers:
    """Both registries (``host:port``), and what they and the token server were asked."""

    plain: str
    guarded: str
    tokens: TokenServer
    logs: dict[str, Path]
    seen: dict[str, int] = field(default_factory=dict)

    def forget(self) -> None:
        """Count from here on."""
        self.seen = {host: self._lines(host) for host in self.logs}
        self.tokens.requests.clear()

    def asked(self, host: str) -> tuple[int, int]:
        """Requests to a registry, and to the token server, since `forget`."""
        return self._lines(host) - self.seen.get(host, 0), len(self.tokens.requests)

    def _lines(self, host: str) -> int:
        return len(_ACCESS.findall(self.logs[host].read_text(errors="replace")))


@contextmanager
def registries(folder: Path) -> Iterator[Servers]:
    """docker-registry, open and with tokens, each with repositories of 1000, 100 000 and 20 tags."""
    layout = Layout(folder / "layout")
    layout.tag("t0", layout.index("benchmark"))
    everything = {"lib/many": {"pull", "push"}}
    users = {"": ("", {"lib/many": {"pull"}, "big/tags": {"pull"}}), "pusher": (PASSWORD, everything)}
    with (
        TokenServer(users=users) as tokens,
        docker_registry(folder / "open") as plain,
        docker_registry(folder / "token", auth=tokens.registry_auth(folder / "token")) as guarded,
    ):
        for host, root in ((plain, folder / "open"), (guarded, folder / "token")):
            source, target = f"oci:{layout.folder}:t0", f"docker://{host}/lib/many:t0"
            run(
                "skopeo", "copy", "--all", "--quiet", "--dest-tls-verify=false",
                "--dest-creds", f"pusher:{PASSWORD}", source, target,
            )  # fmt: skip
            repositories = root / "data/docker/registry/v2/repositories"
            tags = repositories / "lib/many/_manifests/tags"
            for number in range(1, TAGS):
                shutil.copytree(tags / "t0", tags / f"t{number}")
            for name, count in (("big/tags", MANY), ("few/tags", FEW)):
                folder_of_tags = repositories / name / "_manifests/tags"
                folder_of_tags.mkdir(parents=True)
                for number in range(count):
                    (folder_of_tags / f"v{number // 1000}.{number % 1000}.0").mkdir()
        yield Servers(plain, guarded, tokens, {plain: folder / "open/log", guarded: folder / "token/log"})


@contextmanager
def catalogue() -> Iterator[tuple[str, list[str]]]:
    """A registry with a catalogue of 100 000 repositories in pages of 1000; its ``host:port``, and the paths asked."""
    names = [f"team-{number // 100:04}/service-{number % 100:02}" for number in range(MANY)]
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.path)
            parts = urlsplit(self.path)
            begin = int(parse_qs(parts.query).get("last", ["0"])[0])
            page = {"repositories": names[begin : begin + PAGE]} if parts.path == "/v2/_catalog" else {}
            body = json.dumps(page).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if page and begin + PAGE < MANY:
                self.send_header("Link", f'</v2/_catalog?last={begin + PAGE}&n={PAGE}>; rel="next"')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Programs that are ended while they still read are no news."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
