"""Whatever is pasted: reading never fails, spans lie in the text, no secret gets out, time stays linear."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reglens.diagnosis.paste import read_paste
from reglens.diagnosis.paste.bodies import JsonScan
from reglens.diagnosis.paste.shell import read_script
from reglens.diagnosis.paste.source import Passage, Source, join
from reglens.mask import mask
from support.pastes import CHALLENGE, DENIED, granted, jwt, refused

SEEDS = [
    refused() + granted(jwt()) + refused(jwt(), error="invalid_token"),
    f"$ curl -i https://h/v2/\nHTTP/1.1 401 Unauthorized\nWww-Authenticate: {CHALLENGE}\n\n{DENIED}\n",
    'TOKEN=$(curl -s "https://h/token?service=a&scope=b" | jq -r .token)\n'
    'curl -H "Authorization: Bearer $TOKEN" https://h/v2/\n',
    "=> Send header, 5 bytes\n0000: GET / HTTP/1.1\n0010: Host: h\n"
    "<= Recv header\n0000: HTTP/1.1 401 x\n<= Recv data\n0000: {}\n",
    f"2026/11/23 13:20:25 --> GET https://h/v2/\n2026/11/23 13:20:25 <-- 401 https://h/v2/ (1ms)\n{jwt()}\n",
    '{"log":{"entries":[{"request":{"method":"GET","url":"https://h/v2/","headers":[]},"response":{"status":401}}]}}',
    "> > < HTTP/1.1 401 x\n> > < A: b\n&lt; HTTP/1.1 200 OK\nsend: b'GET / HTTP/1.1\\r\\n'\nreply: 'HTTP/1.1 200 OK'\n",
]
PIECES = st.sampled_from(
    ["$ curl -v ", "'", '"', "\\", "$(", ")", "`", "\n", " ", "&", "|", "> ", "< ", "* ", "HTTP/1.1 401 x",
     "{", "}", "[", "GET /v2/ HTTP/1.1", "Www-Authenticate: Bearer ", 'realm="', "Authorization: Bearer ",
     "eyJhbGciOiJub25lIn0.", "\r", "\x1b[31m", "<<EOF\n", "${A", "TOKEN=", "docker pull a/b:c", '"token": "',
     "curl: (60) ", "0000: ", "=> Send header", "-u a:b ", "-H ", "https://h/v2/a/manifests/b?c=d", "time=",
     "<-- 401 https://h/", "--> GET https://h/", "...", "\ud800", "--2026-01-01 00:00:00--  http://h/",
     "&lt; ", "“", "…", "\t", "#", "\x00", "Host: ", "Location: //[", "http://[::1",]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=400),
    st.binary(max_size=400).map(lambda data: data.decode("utf-8", "replace")),
    st.lists(PIECES, max_size=40).map("".join),
)


def check(text: str) -> None:
    evidence = read_paste(text)
    for start, end in [*evidence.spans.values(), *(s for s in evidence.token_spans if s)]:
        assert 0 <= start <= end <= len(text)
    for command in evidence.commands:
        for span in (command.span, *(effect.span for effect in command.effects)):
            assert span is None or 0 <= span[0] <= span[1] <= len(text)
    assert [exchange.number for exchange in evidence.exchanges] == list(range(1, len(evidence.exchanges) + 1))
    for exchange in evidence.exchanges:
        assert exchange.follows is None or exchange.follows != exchange.number
        assert exchange.challenges is not None
        assert exchange.host is not None
    repr(evidence)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_any_text_is_read(text: str) -> None:
    check(text)


@given(st.sampled_from(SEEDS), st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_changed_transcripts_are_read(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 200)))
        text = text[:start] + data.draw(TEXTS) + text[end:]
    check(text)


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_lines_know_where_they_stood(text: str) -> None:
    for line in Source.read(text).lines:
        start, end = line.span()
        assert 0 <= start <= end <= len(text)
        for at in range(min(len(line.text), 40)):
            first, last = line.span(at, at + 1)
            assert last == first + 1 or text[first : first + 1] == "&"


@given(TEXTS, st.integers(0, 50), st.integers(0, 50), st.integers(0, 9))
@settings(max_examples=200, deadline=None)
def test_passages_cut_and_join(text: str, one: int, two: int, offset: int) -> None:
    whole = Passage(text, ((0, offset),))
    start, end = min(one, two, len(text)), min(max(one, two), len(text))
    joined = join([whole.cut(0, start), whole.cut(start, end), whole.cut(end)])
    assert joined.text == text
    assert [joined.offset(at) for at in range(len(text))] == [at + offset for at in range(len(text))]
    assert whole.cut(start, end).text == text[start:end]


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_any_command_line_is_lexed(text: str) -> None:
    _, end = read_script(Passage(text, ((0, 0),)), lenient=True)
    assert 0 <= end <= len(text)


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


@given(st.text(alphabet='{}[]",\\ab', max_size=60), st.integers(0, 60))
def test_a_json_text_ends_where_it_ends_however_it_is_fed(text: str, cut: int) -> None:
    whole, parts = JsonScan(), JsonScan()
    end = whole.feed(text)
    first = parts.feed(text[:cut])
    if first >= 0:
        assert end == first
    else:
        second = parts.feed(text[cut:])
        assert end == (second if second < 0 else second + min(cut, len(text)))


@pytest.mark.parametrize(
    "unit",
    ["{\n", "{", "curl 'x\n", "curl $(\n", 'curl "$(x\n y', "curl a \\\n", "curl http://a?b&c=d&", " ", "\n",
     "'", '"', "\\", "\x1b[", "Authorization: Basic QUJD\n", "eyJhbGciOiJub25lIn0",
     "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.x\n", "> ", "> a\n", "HTTP/1.1 401 Unauthorized\n",
     'Www-Authenticate: Bearer realm="x"\n', "-----BEGIN PRIVATE KEY-----", "a:", "0000: abc\n",
     "TOKEN=$(curl -s https://a/b|jq -r .token)\n", "curl <<EOF\nx\n", "x" * 80 + "\n", '"token": "ab',
     "&lt; ", "$A`",],
)  # fmt: skip
def test_work_grows_with_the_length_only(unit: str) -> None:
    """Counted in steps of the interpreter, not in seconds: twice the text is little more than twice the work."""
    small, large = (_work(unit, size) for size in (6_000, 24_000))
    assert large < 8 * small + 200_000


def _work(unit: str, size: int) -> int:
    import sys

    text = (unit * (size // len(unit) + 1))[:size]
    read_paste(text[:100])
    count = 0

    def step(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        read_paste(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("size", [200_000])
def test_a_large_paste_is_read_to_its_end(size: int) -> None:
    text = "noise\n" * (size // 6) + refused(jwt())
    (exchange,) = read_paste(text).exchanges
    assert exchange.status == 401
    assert re.fullmatch(r"sha256:[0-9a-f]{12}", str(exchange.authorization and exchange.authorization.secret))
