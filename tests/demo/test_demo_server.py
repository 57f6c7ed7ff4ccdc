"""The demo's life: its ports, its thread, its end."""

from __future__ import annotations

import errno
import signal
import socket
import subprocess
import sys
import threading
from datetime import datetime
from urllib.parse import urlsplit

import httpx
import pytest

from reglens.demo.server import DemoRegistry


def test_urls_are_known_at_once_and_requests_wait_for_the_thread() -> None:
    demo = DemoRegistry()
    demo.start()
    try:
        assert httpx.get(f"{demo.url}/v2/", trust_env=False).status_code == 401
        assert demo.registry == f"127.0.0.1:{urlsplit(demo.url).port}"
        assert demo.token_url == f"{demo.auth_url}/token"
        assert urlsplit(demo.auth_url).hostname == "localhost"
    finally:
        demo.stop()


def test_stopping_frees_the_port_and_ends_the_thread() -> None:
    before = set(threading.enumerate())
    with DemoRegistry() as demo:
        httpx.get(f"{demo.url}/v2/", trust_env=False)
    port = urlsplit(demo.url).port
    assert port
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
    assert not any(t.name == "reglens-demo" for t in threading.enumerate() if t not in before)
    demo.stop()


def test_stopping_before_it_has_begun() -> None:
    demo = DemoRegistry()
    demo.start()
    demo.stop()
    DemoRegistry().stop()
    assert demo.failure is None


def test_stopping_with_a_connection_open() -> None:
    with DemoRegistry() as demo, httpx.Client(trust_env=False) as client:
        client.get(f"{demo.url}/v2/")
        demo.stop()
        with pytest.raises(httpx.TransportError):
            client.get(f"{demo.url}/v2/")


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        demo = DemoRegistry(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use") as caught:
            demo.start()
        assert caught.value.errno == errno.EADDRINUSE
        demo.stop()


def test_two_at_once() -> None:
    with DemoRegistry() as one, DemoRegistry() as other:
        assert one.url != other.url
        assert one.auth_url != other.auth_url
        for demo in (one, other):
            assert demo.auth_url in httpx.get(f"{demo.url}/v2/", trust_env=False).headers["www-authenticate"]


def test_tokens_of_one_are_nothing_to_the_other() -> None:
    with DemoRegistry() as one, DemoRegistry() as other:
        query = {"service": "registry.docker.io", "scope": "repository:library/alpine:pull"}
        token = httpx.get(one.token_url, params=query, trust_env=False).json()["token"]
        headers = {"authorization": f"Bearer {token}"}
        path = "/v2/library/alpine/tags/list"
        assert httpx.get(one.url + path, headers=headers, trust_env=False).status_code == 200
        refused = httpx.get(other.url + path, headers=headers, trust_env=False)
        assert refused.headers["www-authenticate"].endswith('error="invalid_token"')


def test_tls_where_none_is_spoken_is_not_written_to_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    with DemoRegistry() as demo:
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"https://{demo.registry}/v2/", trust_env=False)
        assert httpx.get(f"{demo.url}/v2/", trust_env=False).status_code == 401
    assert capfd.readouterr() == ("", "")


def test_starting_imports_nothing_heavy_first() -> None:
    """Whoever starts the demo pays for sockets alone; the server is imported on the thread. Textual never is."""
    heavy = "{'starlette', 'uvicorn', 'cryptography', 'jwt', 'httpx', 'asyncio'}"
    code = f"""
import sys, threading
threading.Thread.start = lambda self: None
from reglens.demo.server import DemoRegistry
from reglens.demo.serve import serve
demo = DemoRegistry()
demo.start()
print(sorted({heavy} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert "[]" in done.stdout, done.stderr
    code = "import sys, reglens.demo.web, reglens.demo.serve; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


SERVE = "import sys; from reglens.demo.serve import serve; sys.exit(serve(int(sys.argv[1])))"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_until_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        url = server.stdout.readline().strip()
        assert httpx.get(f"{url}/v2/", trust_env=False).status_code == 401
        server.send_signal(number)
        rest = server.stdout.read()
        assert server.wait(20) == 0
        assert "broken/audience-mismatch" in rest
        assert "password demo" in rest
        assert server.stderr.read() == ""


def test_serve_on_a_port_that_cannot_be_had() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for given in (port, "70000"):
            done = subprocess.run(
                [sys.executable, "-c", SERVE, given], capture_output=True, text=True, check=False, timeout=60
            )
            assert (done.returncode, done.stdout) == (2, "")
            assert f"port {given} cannot be had" in done.stderr
            assert done.stderr.count("\n") == 1


def test_a_failing_thread_leaves_no_port_behind() -> None:
    def broken_clock() -> datetime:
        raise RuntimeError("no clock")

    with DemoRegistry(clock=broken_clock) as demo:
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{demo.url}/v2/", trust_env=False)
        assert str(demo.failure) == "no clock"
