"""digest of many references: streamed, paced, interrupted, resumed; each run a process of its own before a scripted
registry on a real socket."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from reglens.oci.digest import Digest
from support.scripted import INDEX_TYPE, Answer, Request, Scripted, index_answer, json_answer

REGLENS = [sys.executable, "-m", "reglens"]


@pytest.fixture
async def registry() -> AsyncIterator[Scripted]:
    async with Scripted() as scripted:
        scripted.otherwise = lambda request: manifest_of(request.path)
        yield scripted


def body_of(path: str) -> bytes:
    """A manifest of its own for each tag."""
    tag = path.rpartition("/")[2]
    value = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [],
        "annotations": {"tag": tag},
    }
    return json.dumps(value).encode()


def manifest_of(path: str) -> Answer:
    return index_answer(body_of(path))


def digests(numbers: range) -> list[str]:
    return [str(Digest.of(body_of(f"/t{number}"))) for number in numbers]


def references(registry: Scripted, numbers: range) -> str:
    return "".join(f"{registry.host}/a:t{number}\n" for number in numbers)


async def start(*arguments: str, err: int = asyncio.subprocess.PIPE) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *REGLENS, "digest", "--plain-http", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=err,
    )  # fmt: skip


async def digest(*arguments: str, stdin: str = "") -> tuple[int, list[str], str]:
    """Exit code, lines of stdout, and stderr of a whole run."""
    process = await start(*arguments)
    out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
    assert b"Traceback" not in err
    return process.returncode or 0, out.decode().splitlines(), err.decode()


async def test_a_stream_is_answered_while_it_is_still_written(home: Path, registry: Scripted) -> None:
    process = await start("-")
    assert process.stdin is not None
    assert process.stdout is not None
    for number in range(3):
        half = f"{registry.host}/a:t{number}\n"
        process.stdin.write(half[:9].encode())
        await process.stdin.drain()
        process.stdin.write(half[9:].encode())
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        assert line.decode().split() == digests(range(number, number + 1))
    process.stdin.write(f"# the last has no line end\n\n{registry.host}/a:t3".encode())
    process.stdin.close()
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, out.decode().split(), err) == (0, digests(range(3, 4)), b"")


async def test_a_file_on_stdin_is_read_whole_and_in_order(home: Path, registry: Scripted, tmp_path: Path) -> None:
    path = tmp_path / "references"
    path.write_text(references(registry, range(1500)))
    with path.open("rb") as file:
        process = await asyncio.create_subprocess_exec(
            *REGLENS, "digest", "--plain-http", stdin=file, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asyncio.wait_for(process.communicate(), 120)
    assert (process.returncode, out.decode().split()) == (0, digests(range(1500)))
    assert len(registry.requests) == 1500


async def test_a_line_without_end_is_wrong_usage(home: Path) -> None:
    code, out, err = await digest(stdin="a" * 200_000)
    assert (code, out) == (2, [])
    assert "64 KiB" in err


async def test_a_thousand_digests_take_one_token_and_a_request_each(home: Path, registry: Scripted) -> None:
    challenge = f'Bearer realm="{registry.url}/token",service="s",scope="repository:a:pull"'

    def answer(request: Request) -> Answer:
        if request.path == "/token":
            return json_answer({"token": "t", "expires_in": 300})
        if "authorization" not in request.headers:
            return json_answer({}, 401, [("WWW-Authenticate", challenge)])
        return manifest_of(request.path)

    registry.otherwise = answer
    code, out, _ = await digest(stdin=references(registry, range(1000)))
    assert (code, out) == (0, digests(range(1000)))
    assert (len(registry.requests), len(registry.asked("/token"))) == (1002, 1)


async def interrupted(registry: Scripted, after: int, *arguments: str) -> tuple[int, list[str], str]:
    """A run of 100 references that is interrupted when all before `after` were answered, and the others never are."""
    never = asyncio.Event()

    def answer(request: Request) -> Answer:
        number = int(request.path.rpartition("/t")[2])
        return manifest_of(request.path) if number < after else Answer(after=never)

    before, registry.otherwise = registry.otherwise, answer
    process = await start(*arguments)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(references(registry, range(100)).encode())
    lines = (
        [(await asyncio.wait_for(process.stdout.readline(), 30)).decode() for _ in range(after)]
        if "--json" not in arguments
        else []
    )
    await registry.arrived(f"/v2/a/manifests/t{after}")
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    registry.otherwise = before
    assert b"Traceback" not in err
    return process.returncode or 0, [*map(str.strip, lines), *out.decode().splitlines()], err.decode()


async def test_an_interrupt_keeps_what_was_found_and_the_next_run_goes_on(
    home: Path, registry: Scripted, tmp_path: Path
) -> None:
    journal = tmp_path / "found.tsv"
    code, out, err = await interrupted(registry, 30, "--resume", str(journal), "-")
    assert (code, out) == (130, digests(range(30)))
    assert "interrupted; 30" in err
    lines = journal.read_text().splitlines()
    assert lines[0] == "# reglens digest"
    assert lines[1].split("\t")[:2] == [f"{registry.host}/a:t0", digests(range(1))[0]]
    registry.requests.clear()
    code, out, err = await digest("--resume", str(journal), stdin=references(registry, range(100)))
    assert (code, out, err) == (0, digests(range(100)), "")
    assert {request.path for request in registry.requests} == {f"/v2/a/manifests/t{n}" for n in range(30, 100)}
    registry.requests.clear()
    code, out, _ = await digest("--json", "--resume", str(journal), stdin=references(registry, range(100)))
    rows = json.loads("\n".join(out))["results"]
    assert [row["digest"] for row in rows] == digests(range(100))
    assert {(row["media_type"], row["error"]) for row in rows} == {(INDEX_TYPE, None)}
    assert registry.requests == []


async def test_short_names_stand_in_the_file_as_what_they_were_settled_on(
    home: Path, registry: Scripted, tmp_path: Path
) -> None:
    journal, conf = tmp_path / "found.tsv", tmp_path / "registries.conf"
    conf.write_text(
        f'unqualified-search-registries = ["127.0.0.1:9", "{registry.host}"]\nshort-name-mode = "disabled"\n'
    )
    options = ("--registries-conf", str(conf), "--resume", str(journal), "--wait", "0")
    code, out, err = await digest(*options, stdin="team/a:t1\nteam/a:t2\n")
    assert (code, out) == (0, digests(range(1, 3)))
    assert f"{registry.host}/team/a:t1 answers" in err
    kept = [line.split("\t")[0] for line in journal.read_text().splitlines()[1:]]
    assert sorted(kept) == [f"{registry.host}/team/a:t{number}" for number in (1, 2)]
    registry.requests.clear()
    full = "".join(f"{registry.host}/team/a:t{number}\n" for number in (1, 2))
    code, out, _ = await digest(*options, stdin=full)
    assert (code, out, registry.requests) == (0, digests(range(1, 3)), [])


async def test_an_interrupt_with_json_gives_the_document_of_what_was_found(home: Path, registry: Scripted) -> None:
    code, out, _ = await interrupted(registry, 5, "--json", "-")
    document = json.loads("\n".join(out))
    assert (code, document["interrupted"]) == (130, True)
    found = [row["digest"] for row in document["results"]]
    assert found == digests(range(len(found)))


async def test_what_failed_is_asked_again_by_the_next_run(home: Path, registry: Scripted, tmp_path: Path) -> None:
    registry.otherwise = lambda request: Answer(404) if request.path.endswith("t1") else manifest_of(request.path)
    journal = str(tmp_path / "found")
    code, out, _ = await digest("--resume", journal, stdin=references(registry, range(3)))
    assert (code, out) == (1, digests(range(0, 3, 2)))
    registry.otherwise = lambda request: manifest_of(request.path)
    registry.requests.clear()
    code, out, _ = await digest("--resume", journal, stdin=references(registry, range(3)))
    assert (code, out) == (0, digests(range(3)))
    assert len(registry.requests) == 1


@pytest.mark.parametrize("cut", [1, 10, 30, 80])
async def test_a_line_that_a_crash_cut_off_is_found_anew(
    home: Path, registry: Scripted, tmp_path: Path, cut: int
) -> None:
    journal = tmp_path / "found"
    await digest("--resume", str(journal), stdin=references(registry, range(3)))
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-cut])
    code, out, _ = await digest("--resume", str(journal), stdin=references(registry, range(3)))
    assert (code, out) == (0, digests(range(3)))
    assert sorted(journal.read_bytes().splitlines()) == sorted(whole.splitlines())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("root:x:0:0:root:/root:/bin/bash\n", "line 1"),
        ("no line end", "line 1"),
        ("# reglens digest\nhost/a:b\tno-digest\tt\t1\n", "line 2"),
        ("# reglens digest --platform linux/arm64\n", "with --platform linux/arm64"),
    ],
)
async def test_a_file_of_something_else_is_left_alone(home: Path, tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    code, out, err = await digest("--resume", str(path), "127.0.0.1:1/a")
    assert (code, out, err.count("\n")) == (2, [], 1)
    assert words in err
    assert path.read_text() == text
    assert (await digest("--resume", str(tmp_path), "127.0.0.1:1/a"))[0] == 2


async def test_a_wait_is_said_and_kept_and_with_none_allowed_is_an_error(home: Path, registry: Scripted) -> None:
    def refuses_once() -> Callable[[Request], Answer]:
        refused: list[Request] = []

        def answer(request: Request) -> Answer:
            if request.path.endswith("t3") and not refused:
                refused.append(request)
                return json_answer({"errors": [{"code": "TOOMANYREQUESTS"}]}, 429, [("Retry-After", "1")])
            return manifest_of(request.path)

        return answer

    registry.otherwise = refuses_once()
    code, out, err = await digest(stdin=references(registry, range(20)))
    assert (code, out) == (0, digests(range(20)))
    assert err == f"reglens: {registry.host} asks to wait 1 s\n"
    registry.otherwise = refuses_once()
    code, out, err = await digest("--wait", "0", stdin=references(registry, range(20)))
    assert (code, len(out)) == (1, 19)
    assert "rate-limited" in err
    registry.otherwise = refuses_once()
    code, out, err = await digest(f"{registry.host}/a:t3")
    assert (code, out) == (1, [])
    assert "rate-limited" in err


@pytest.mark.parametrize("options", [[], ["--platform", "linux/amd64"]])
async def test_verify_does_not_take_the_registry_s_word(home: Path, registry: Scripted, options: list[str]) -> None:
    wrong = ("Docker-Content-Digest", "sha256:" + "0" * 64)
    registry.otherwise = lambda request: index_answer(body_of(request.path), wrong)
    assert (await digest(f"{registry.host}/a:t1"))[1] == [wrong[1]]
    code, out, err = await digest("--verify", *options, f"{registry.host}/a:t1")
    assert (code, out) == (1, [])
    assert "announced" in err


@pytest.mark.parametrize(("environ", "shown"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
async def test_progress_is_shown_to_a_person_alone(
    home: Path, registry: Scripted, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], shown: bool
) -> None:
    for name, value in {"TERM": "xterm-256color", **environ}.items():
        monkeypatch.setenv(name, value)
    gate = asyncio.Event()
    registry.otherwise = lambda request: (
        Answer(200, manifest_of(request.path).headers, body_of(request.path), after=gate)
        if request.path.endswith("9")
        else manifest_of(request.path)
    )
    master, slave = pty.openpty()
    try:
        process = await start("-", err=slave)
        assert process.stdin is not None
        process.stdin.write(references(registry, range(10)).encode())
        process.stdin.close()
        await registry.arrived("/v2/a/manifests/t9")
        await asyncio.sleep(0.8)
        gate.set()
        out = await process.stdout.read() if process.stdout else b""
        assert (await process.wait(), out.decode().split()) == (0, digests(range(10)))
    finally:
        os.close(slave)
    os.set_blocking(master, False)
    try:
        said = os.read(master, 1 << 16).decode()
    except OSError:
        said = ""
    os.close(master)
    assert ("9 of 10" in said) is shown
    assert said == "" or said.endswith("\r\x1b[K")


async def test_what_a_refused_head_does_not_say_is_asked_for_a_few_times(home: Path, registry: Scripted) -> None:
    """Its answer has no body; the reason stands in that of a GET, which is not asked for thousands of times."""
    message = "client with IP '192.0.2.7' is not allowed access"
    registry.otherwise = lambda request: json_answer({"errors": [{"code": "DENIED", "message": message}]}, 403)
    status, out, _ = await digest("--json", "-", stdin=references(registry, range(40)))
    diagnosis = json.loads("\n".join(out))["diagnosis"]
    assert status == 1
    assert diagnosis["findings"][0]["code"] == "network-denied"
    methods = [request.method for request in registry.requests]
    assert methods.count("HEAD") == 40
    assert 1 <= methods.count("GET") <= 8


async def test_a_registry_that_refuses_head_alone_is_asked_by_get(home: Path, registry: Scripted) -> None:
    registry.otherwise = lambda request: Answer(403) if request.method == "HEAD" else manifest_of(request.path)
    assert await digest(f"{registry.host}/a:t7") == (0, digests(range(7, 8)), "")
