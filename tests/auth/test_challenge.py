"""Challenges, well-formed and as registries send them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reglens.auth.challenge import parse_challenges

CASES = [
    ('Bearer realm="https://a/token",service="s"', [("Bearer", {"realm": "https://a/token", "service": "s"})], 0),
    ('Bearer realm="https://a", Basic realm="x"', [("Bearer", {"realm": "https://a"}), ("Basic", {"realm": "x"})], 0),
    ("Basic", [("Basic", {})], 0),
    ('Basic, Bearer realm="x"', [("Basic", {}), ("Bearer", {"realm": "x"})], 0),
    ("Negotiate YWJj==", [("Negotiate", {})], 0),
    (r'Basic realm="a \"quoted\" \\ realm"', [("Basic", {"realm": r'a "quoted" \ realm'})], 0),
    ('Bearer realm = "https://a" , service = "s"', [("Bearer", {"realm": "https://a", "service": "s"})], 0),
    ('Bearer scope="",service="s"', [("Bearer", {"scope": "", "service": "s"})], 0),
    ('Bearer realm="a,b=c",service="s"', [("Bearer", {"realm": "a,b=c", "service": "s"})], 0),
    ('BEARER REALM="x"', [("BEARER", {"REALM": "x"})], 0),
    ("bearer realm=https://zot/auth,service=zot", [("bearer", {"realm": "https://zot/auth", "service": "zot"})], 1),
    ('Bearer realm="x" service="s"', [("Bearer", {"realm": "x", "service": "s"})], 1),
    ('Bearer realm="https://a/token,service="s"', [("Bearer", {"realm": "https://a/token", "service": "s"})], 1),
    ('Bearer realm="https://a/token', [("Bearer", {"realm": "https://a/token"})], 1),
    ('Bearer realm="x, service="s", scope="a:b:c"', [("Bearer", {"realm": "x", "service": "s", "scope": "a:b:c"})], 1),
    ("Bearer realm=,service=s", [("Bearer", {"realm": "", "service": "s"})], 1),
    ("Bearer realm=", [("Bearer", {"realm": ""})], 1),
    ("Bearer realm='x'", [("Bearer", {"realm": "x"})], 1),
    ('realm="x"', [("", {"realm": "x"})], 1),
    ('Basic realm="a" Bearer realm="b"', [("Basic", {"realm": "a"}), ("Bearer", {"realm": "b"})], 1),
    (
        "Bearer scope=repository:x:pull,push,service=k",
        [("Bearer", {"scope": "repository:x:pull,push", "service": "k"})],
        1,
    ),
    ('Bearer realm="x",,,service="s",', [("Bearer", {"realm": "x", "service": "s"})], 0),
    ('Bearer realm="x", =, service="s"', [("Bearer", {"realm": "x", "service": "s"})], 1),
    ("", [], 0),
    (" , ", [], 0),
]


@pytest.mark.parametrize(("line", "expected", "forgiven"), CASES, ids=[c[0][:40] or "empty" for c in CASES])
def test_a_header_line_is_read_as_its_sender_meant_it(
    line: str, expected: list[tuple[str, dict[str, str]]], forgiven: int
) -> None:
    challenges = parse_challenges(line)
    assert [(c.scheme, dict(c.params)) for c in challenges] == expected
    assert bool(sum(len(c.tolerated) for c in challenges)) == bool(forgiven)


def test_several_lines_are_read_in_order() -> None:
    first, second = parse_challenges(['Bearer realm="https://git/v2/token"', "Basic"])
    assert (first.realm, second.scheme, second.realm) == ("https://git/v2/token", "Basic", None)


def test_the_first_of_two_equal_parameters_counts_and_it_is_told() -> None:
    (challenge,) = parse_challenges('Bearer realm="a",Realm="b"')
    assert challenge.realm == "a"
    assert challenge.tolerated == ("Realm is given twice; the first one counts",)


def test_scopes_of_a_challenge_are_read() -> None:
    (challenge,) = parse_challenges(
        'Bearer scope="repository:a/b:pull,push repository:c:pull",error="insufficient_scope"'
    )
    assert [str(s) for s in challenge.scopes] == ["repository:a/b:pull,push", "repository:c:pull"]
    assert challenge.error == "insufficient_scope"


@given(st.text(alphabet=st.sampled_from(list("Bearer basicrealm=\"\\,= \t'x:/[]\x00é")), max_size=200))
def test_any_text_is_read_and_its_notation_reads_the_same(line: str) -> None:
    for challenge in parse_challenges(line):
        if challenge.scheme and not challenge.token68 and not challenge.tolerated:
            (again,) = parse_challenges(str(challenge))
            assert again.params == challenge.params


@pytest.mark.parametrize("unit", ['"', "a", "a=", 'a="', "\\", ",", 'a="b', '\\"', "a b ", 'Bearer realm="x,service="'])
def test_reading_takes_time_in_proportion_to_the_length(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        best = 9.0
        for _ in range(3):
            started = time.perf_counter()
            parse_challenges(text)
            best = min(best, time.perf_counter() - started)
        return best

    short, long = seconds(4_000), seconds(32_000)
    assert long < 40 * short + 0.05, (short, long)  # quadratic would be 64 times
