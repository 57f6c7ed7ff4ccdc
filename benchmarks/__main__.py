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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import reglens
from benchmarks import scripts
from benchmarks.keys import keys
from benchmarks.terminal import terminal
from support.images import Layout
from support.processes import docker_registry, run
from support.token_server import TokenServer

REGLENS = shutil.which("reglens") or str(Path(sys.executable).with_name("reglens"))
TAGS, MANY, FEW, PASSWORD = 1000, 100_000, 20, "benchmark"
RUNS = int(os.environ.get("RUNS", "7"))


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


@contextmanager
def registries(folder: Path) -> Iterator[tuple[str, str, TokenServer]]:
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
        yield plain, guarded, tokens


def one_digest(plain: str, guarded: str) -> None:
    for title, host in (("open", plain), ("token", guarded)):
        url = f"http://{host}/v2/lib/many/manifests/t0"
        peers: dict[str, Callable[[], float]] = {
            "ten lines of httpx": lambda url=url: timed([sys.executable, "-c", scripts.DIGEST, url]),
            "reglens digest": lambda host=host: timed([REGLENS, "digest", "--plain-http", f"{host}/lib/many:t0"]),
            "skopeo inspect --raw": lambda host=host: timed(
                ["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{host}/lib/many:t0"]
            ),
        }
        if shutil.which("crane"):
            peers["crane digest"] = lambda host=host: timed(["crane", "digest", "--insecure", f"{host}/lib/many:t0"])
        compare(f"One digest, {title}", peers)


def many_digests(guarded: str, tokens: TokenServer) -> None:
    names = [f"t{number}" for number in range(TAGS)]
    references = "\n".join(f"{guarded}/lib/many:{name}" for name in names)
    sample = 20

    def by_skopeo() -> float:
        spent = [
            timed(["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{guarded}/lib/many:{name}"])
            for name in names[:sample]
        ]
        return sum(spent) / sample * TAGS

    compare(
        f"The digests of {TAGS} tags, token ({sample} of skopeo's measured)",
        {
            "httpx loop, 16 at once": lambda: timed(
                [sys.executable, "-c", scripts.MANY, f"http://{guarded}/v2/lib/many"], "\n".join(names)
            ),
            "reglens digest -": lambda: timed([REGLENS, "digest", "--plain-http", "-"], references),
            "skopeo, once a tag": by_skopeo,
        },
        runs=3,
    )
    tokens.requests.clear()
    timed([REGLENS, "digest", "--plain-http", "-"], references)
    print(f"  requests to the token server: {len(tokens.requests)}")


def many_tags(plain: str) -> None:
    url = f"http://{plain}/v2/big/tags/tags/list"
    compare(
        f"A list of {MANY} tags",
        {
            "httpx, fetch and print": lambda: timed([sys.executable, "-c", scripts.TAGS, url]),
            "reglens tags": lambda: timed([REGLENS, "tags", "--plain-http", "--sort", "none", f"{plain}/big/tags"]),
            "curl": lambda: timed(["curl", "-s", url]),
            "skopeo list-tags": lambda: timed(
                ["skopeo", "list-tags", "--tls-verify=false", f"docker://{plain}/big/tags"]
            ),
        },
    )


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
    names = ("paint", "digest", "digests", "tags", "keys")
    chosen = wanted or list(names)
    compileall.compile_dir(Path(reglens.__file__).parent, quiet=2)  # as an installed program is
    if unknown := set(chosen) - set(names):
        raise SystemExit(f"no such measurement: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if "paint" in chosen:
        first_paint()
    if set(chosen) - {"paint"}:
        with tempfile.TemporaryDirectory() as folder, registries(Path(folder)) as (plain, guarded, tokens):
            if "digest" in chosen:
                one_digest(plain, guarded)
            if "digests" in chosen:
                many_digests(guarded, tokens)
            if "tags" in chosen:
                many_tags(plain)
            if "keys" in chosen:
                keys(plain, MANY, FEW)


if __name__ == "__main__":
    main(sys.argv[1:])
