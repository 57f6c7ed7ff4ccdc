"""Runs the measurements and prints their medians and ratios. Everything is on loopback."""

from __future__ import annotations

import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import reglens
from benchmarks import peers, scripts
from benchmarks.keys import keys
from benchmarks.servers import FEW, MANY, PAGE, TAGS, Servers, catalogue, registries
from benchmarks.terminal import terminal

REGLENS = shutil.which("reglens") or str(Path(sys.executable).with_name("reglens"))
RUNS = int(os.environ.get("RUNS", "7"))
SAMPLE = 20
"""References that are measured of programs that look up one a run; their time is that of all in proportion."""


def timed(command: list[str], stdin: str = "") -> float:
    """Seconds that a command takes, whole."""
    started = time.perf_counter()
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    spent = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr[-500:]}")
    return spent


def compare(title: str, commands: dict[str, Callable[[], float]], runs: int = RUNS) -> None:
    """Run each in turn, `runs` times, and print the medians and what they are of the first one's."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, measure in commands.items():
            times[name].append(measure())
    print(f"\n{title}")
    base = statistics.median(next(iter(times.values())))
    for name, spent in times.items():
        median = statistics.median(spent)
        spread = f"({min(spent) * 1000:.0f} to {max(spent) * 1000:.0f})"
        print(f"  {name:<34} {median * 1000:9.1f} ms  {spread:<18} x {median / base:.2f}", flush=True)


def one_digest(servers: Servers) -> None:
    for title, host in (("open", servers.plain), ("token", servers.guarded)):
        reference = f"{host}/lib/many:t0"
        url = f"http://{host}/v2/lib/many/manifests/t0"
        commands = {
            "ten lines of httpx": [sys.executable, "-c", scripts.DIGEST, url],
            "reglens digest": [REGLENS, "digest", "--plain-http", reference],
            "reglens digest --verify": [REGLENS, "digest", "--plain-http", "--verify", reference],
            **peers.one_digest(reference),
        }
        compare(f"One digest, {title}", {name: lambda c=command: timed(c) for name, command in commands.items()})
        count(servers, host, {name: lambda c=command: timed(c) for name, command in commands.items()})


def count(servers: Servers, host: str, commands: dict[str, Callable[[], float]]) -> None:
    """Run each once, and print what the registry and the token server were asked."""
    print("  requests to the registry and the token server, counted by them:")
    for name, measure in commands.items():
        servers.forget()
        measure()
        registry, tokens = servers.asked(host)
        print(f"    {name:<32} {registry:6} {tokens:6}", flush=True)


def many_digests(servers: Servers) -> None:
    host, names = servers.guarded, [f"t{number}" for number in range(TAGS)]
    references = "\n".join(f"{host}/lib/many:{name}" for name in names)

    def once_a_tag(name: str, at_once: int) -> float:
        """Seconds for all tags, from a sample of them, by a program that looks up one a run."""
        commands = [peers.one_digest(f"{host}/lib/many:{tag}")[name] for tag in names[:SAMPLE]]
        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(timed, commands))
        return (time.perf_counter() - started) / SAMPLE * TAGS

    loop = [sys.executable, "-c", scripts.MANY, f"http://{host}/v2/lib/many"]
    whole = {
        "httpx loop, 16 at once": lambda: timed(loop, "\n".join(names)),
        "reglens digest -": lambda: timed([REGLENS, "digest", "--plain-http", "-"], references),
    }
    cores = os.cpu_count() or 1
    single = {}
    for name in peers.one_digest(host):
        single[f"{name}, once a tag"] = lambda name=name: once_a_tag(name, 1)
        single[f"{name}, {cores} at once"] = lambda name=name: once_a_tag(name, cores)
    compare(
        f"The digests of {TAGS} tags, token (of programs that take one a run, {SAMPLE})", {**whole, **single}, runs=3
    )
    count(servers, host, whole)


def many_tags(servers: Servers) -> None:
    host = servers.plain
    url = f"http://{host}/v2/big/tags/tags/list"
    commands = {
        "httpx, fetch and print": [sys.executable, "-c", scripts.TAGS, url],
        "reglens tags": [REGLENS, "tags", "--plain-http", "--sort", "none", f"{host}/big/tags"],
        "curl": ["curl", "-s", url],
        "skopeo list-tags": ["skopeo", "list-tags", "--tls-verify=false", f"docker://{host}/big/tags"],
    }
    compare(f"A list of {MANY} tags", {name: lambda c=command: timed(c) for name, command in commands.items()})
    count(servers, host, {name: lambda c=command: timed(c) for name, command in commands.items()})


def big_catalogue() -> None:
    """From the start of the program to the first rows of a list of repositories that has a hundred pages."""
    with catalogue() as (host, asked):

        def painted(pattern: str) -> float:
            with terminal(REGLENS, "--plain-http", host) as screen:
                return screen.until(pattern)

        def printed(*command: str) -> float:
            """Seconds until the first line stands on stdout."""
            started = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                process.stdout.readline()
                spent = time.perf_counter() - started
                process.stdout.read()
            return spent

        compare(
            f"A catalogue of {MANY} repositories in pages of {PAGE}: to the first rows",
            {
                "httpx, first page": lambda: printed(sys.executable, "-c", scripts.CATALOGUE, f"http://{host}"),
                "reglens, first paint": lambda: painted("Search"),
                "reglens, first rows": lambda: painted("team-0000"),
                "reglens search, all pages": lambda: timed(
                    [REGLENS, "search", "--plain-http", "--registry", host, "team-0999/service-99"]
                ),
            },
        )
        asked.clear()
        timed([REGLENS, "search", "--plain-http", "--registry", host, "team-0999/service-99"])
        print(f"  requests of one search through all of it: {len(asked)}")


def first_paint() -> None:
    def painted(pattern: str, *command: str) -> float:
        with terminal(*command) as screen:
            return screen.until(pattern)

    compare(
        "First paint",
        {
            "Textual with one Static": lambda: painted("painted", sys.executable, "-c", scripts.EMPTY_APP),
            "reglens": lambda: painted("Search", REGLENS, "127.0.0.1:1"),
            "reglens demo": lambda: painted("Search", REGLENS, "demo"),
            "reglens demo, first answer": lambda: painted("_catalog", REGLENS, "demo"),
        },
        runs=max(RUNS, 9),
    )


def main(wanted: list[str]) -> None:
    os.environ.pop("PYTHONUNBUFFERED", None)  # some machines set it, and each line printed is a system call then
    names = ("paint", "digest", "digests", "tags", "keys", "catalogue")
    chosen = wanted or list(names)
    compileall.compile_dir(Path(reglens.__file__).parent, quiet=2)  # as an installed program is
    if unknown := set(chosen) - set(names):
        raise SystemExit(f"no such measurement: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if "paint" in chosen:
        first_paint()
    if "catalogue" in chosen:
        big_catalogue()
    if set(chosen) - {"paint", "catalogue"}:
        with tempfile.TemporaryDirectory() as folder, registries(Path(folder)) as servers:
            if "digest" in chosen:
                one_digest(servers)
            if "digests" in chosen:
                many_digests(servers)
            if "tags" in chosen:
                many_tags(servers)
            if "keys" in chosen:
                keys(servers.plain, MANY, FEW)


if __name__ == "__main__":
    main(sys.argv[1:])
