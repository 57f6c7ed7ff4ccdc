"""Real programs as peers: found, started on loopback, ended."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml


def need(*programs: str) -> None:
    """Skip the test where a program is missing; in CI fail it."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing and os.environ.get("CI"):
        pytest.fail(f"missing in CI: {', '.join(missing)}")
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run(*command: str, check: bool = True, env: dict[str, str] | None = None, timeout: float = 60) -> str:
    """What a program prints on stdout; fails the test with both streams if it does not exit with 0."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, env={**os.environ, **(env or {})}, check=False
    )
    if check and done.returncode:
        pytest.fail(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


@contextmanager
def docker_registry(folder: Path, **config: Any) -> Iterator[str]:
    """Debian's docker-registry on 127.0.0.1 with its storage in `folder`; gives ``host:port``."""
    need("docker-registry")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    http = {"addr": f"127.0.0.1:{port}", **config.pop("http", {})}
    settings = {
        "version": 0.1,
        "log": {"level": "info", "accesslog": {"disabled": False}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": http,
        **config,
    }
    path = folder / "config.yml"
    path.write_text(yaml.safe_dump(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(path)], stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        _wait_for(port, process, folder / "log")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    pytest.fail(f"{process.args!r} did not start:\n{said}")


@contextmanager
def tinyproxy(folder: Path, *settings: str) -> Iterator[tuple[str, Path]]:
    """Debian's tinyproxy on 127.0.0.1; gives ``host:port`` and its log."""
    need("tinyproxy")
    folder.mkdir(parents=True, exist_ok=True)
    port, log = free_port(), folder / "tinyproxy.log"
    lines = [f"Port {port}", "Listen 127.0.0.1", "Allow 127.0.0.1", f'LogFile "{log}"', "LogLevel Info", *settings]
    path = folder / "tinyproxy.conf"
    path.write_text("\n".join(lines) + "\n")
    process = subprocess.Popen(
        ["tinyproxy", "-d", "-c", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process, log)
        yield f"127.0.0.1:{port}", log
    finally:
        process.terminate()
        process.wait(10)
