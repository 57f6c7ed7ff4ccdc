"""What a shell makes of a command as written."""

from __future__ import annotations

import pytest

from reglens.diagnosis.paste import read_paste
from reglens.diagnosis.paste.shell import read_script
from reglens.diagnosis.paste.shell_words import Simple, Unclosed
from reglens.diagnosis.paste.source import Passage


def script(text: str) -> tuple[Simple, ...]:
    return read_script(Passage(text, ((0, 0),)))[0]


def words(text: str) -> list[str]:
    return [word.text for word in script(text)[0].words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("curl -H 'A: b' x", ["curl", "-H", "A: b", "x"]),
        ('curl -H "A: b" x', ["curl", "-H", "A: b", "x"]),
        (r"curl -H A:\ b x", ["curl", "-H", "A: b", "x"]),
        (r"echo $'a\nb\'c\x41\u00e9'", ["echo", "a\nb'cAé"]),
        ('echo "a\\"b\\$c\\d"', ["echo", 'a"b$c\\d']),
        ("echo a'b'\"c\"d", ["echo", "abcd"]),
        ("curl \\\n  -v \\\n  x", ["curl", "-v", "x"]),
        ("curl -u <user>:<password> x", ["curl", "-u", "<user>:<password>", "x"]),
        ("curl “a b” x", ["curl", "a b", "x"]),
        ("curl x > out.json 2>&1", ["curl", "x"]),
        ("curl x 2>/dev/null <in", ["curl", "x"]),
        ("curl x # a remark", ["curl", "x"]),
        ("curl ''", ["curl", ""]),
        ("echo 'a\\b'", ["echo", "a\\b"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "operators"),
    [("a | b", ["|", ""]), ("a && b || c; d", ["&&", "||", ";", ""]), ("a & b", ["&", ""]), ("a |& b", ["|", ""])],
)
def test_operators(text: str, operators: list[str]) -> None:
    assert [simple.after for simple in script(text)] == operators


def test_assignment_and_substitution() -> None:
    (simple,) = script('TOKEN=$(curl -s "https://h/t?a=$(echo 1)" | jq -r .token)')
    ((name, word),) = simple.assignments
    assert name == "TOKEN"
    (hole,) = word.holes
    assert [[w.text for w in s.words] for s in hole.script] == [
        ["curl", "-s", "https://h/t?a=$(echo 1)"],
        ["jq", "-r", ".token"],
    ]


def test_backquotes_are_a_substitution() -> None:
    (simple,) = script("A=`curl x`")
    assert [w.text for w in simple.assignments[0][1].holes[0].script[0].words] == ["curl", "x"]


def test_a_line_ends_the_command() -> None:
    text = "curl a\ncurl b"
    simples, end = read_script(Passage(text, ((0, 0),)))
    assert len(simples) == 1
    assert end == len("curl a")


@pytest.mark.parametrize("text", ["curl 'a", 'curl "a', "curl $(a"])
def test_unclosed(text: str) -> None:
    with pytest.raises(Unclosed):
        script(text)
    simples, _ = read_script(Passage(text, ((0, 0),)), lenient=True)
    assert [effect.kind for simple in simples for effect in simple.effects] == ["unclosed"]


def test_words_know_where_they_stood() -> None:
    text = "xx curl -H 'A: b' \"c$D\""
    (simple,), _ = read_script(Passage(text[3:], ((0, 3),)))
    header, last = simple.words[2], simple.words[3]
    start, end = header.value.span()
    assert text[start:end] == "A: b"
    assert text[slice(*last.raw.span())] == '"c$D"'
    assert (last.holes[0].name, last.holes[0].quoted, last.holes[0].joined) == ("D", True, True)


def effects(text: str) -> list[tuple[str, str]]:
    return [(effect.kind, effect.lost) for command in read_paste(text).commands for effect in command.effects]


def test_an_unquoted_ampersand_cuts_the_url() -> None:
    text = "$ curl -i https://auth.example.org/token?service=a&scope=repository:x:pull&account=joe\n"
    evidence = read_paste(text)
    (command,) = evidence.commands
    effect = next(e for e in command.effects if e.kind == "background")
    assert effect.lost == "&scope=repository:x:pull&account=joe"
    assert effect.written.endswith("?service=a&scope=repository:x:pull&account=joe")
    assert effect.became == "https://auth.example.org/token?service=a"
    assert effect.span is not None
    assert text[slice(*effect.span)] == effect.lost
    assert evidence.exchanges[0].query == (("service", "a"),)


def test_a_quoted_ampersand_stays() -> None:
    evidence = read_paste("curl 'https://auth.example.org/token?service=a&scope=b'")
    assert effects("curl 'https://auth.example.org/token?service=a&scope=b'") == []
    assert evidence.exchanges[0].query == (("service", "a"), ("scope", "b"))


def test_a_background_job_with_a_blank_is_meant() -> None:
    assert effects("curl https://h/a &\ncurl https://h/b") == []


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("docker login -u robot$ci -p x r.example.org", "$ci"),
        ('curl -u "robot$ci+app:secret" https://h/v2/', "$ci"),
        ('docker login -u joe -p "Pa$$word" r.example.org', "$$"),
        ("docker login -u joe -p Har12$3bor r.example.org", "$3"),
        ("kubectl create secret docker-registry x --docker-username=robot$ci", "$ci"),
    ],
)
def test_a_dollar_that_was_meant_as_one(text: str, lost: str) -> None:
    assert ("expansion", lost) in effects(text)


@pytest.mark.parametrize(
    "text",
    [
        'curl -H "Authorization: Bearer $TOKEN" https://$HOST/v2/',
        "curl -u $USER:$PASSWORD https://h/v2/",
        "docker pull r.example.org/app:v$VERSION",
        "name=x\ncurl -u a$name:b https://h/v2/",
        "docker login -u 'robot$ci' -p x r.example.org",
        "docker login -u robot\\$ci -p x r.example.org",
    ],
)
def test_a_variable_is_meant(text: str) -> None:
    assert [kind for kind, _ in effects(text) if kind == "expansion"] == []


def test_the_user_name_that_was_sent_lacks_what_the_shell_took() -> None:
    (exchange,) = read_paste('curl -u "robot$ci:secret" https://h.example.org/v2/').exchanges
    assert exchange.authorization is not None
    assert exchange.authorization.username == "robot"


def test_history_and_globs_and_lost_quotes() -> None:
    assert "history" in [k for k, _ in effects('docker login -u joe -p "hard!pass" r.example.org')]
    assert "glob" in [k for k, _ in effects("curl https://h/v2/_catalog?n=5")]
    assert "quote-removal" in [k for k, _ in effects('curl -d {"a":"b"} https://h/v2/')]
    assert effects('curl -d \'{"a":"b!"}\' https://h/v2/') == []


def test_a_header_without_quotes_is_split() -> None:
    text = "curl -H Authorization: Bearer abc https://h.example.org/v2/"
    evidence = read_paste(text)
    assert ("split", "Bearer abc") in effects(text)
    assert [e.url for e in evidence.exchanges if e.authorization] == []


def test_zsh_did_not_run_it() -> None:
    evidence = read_paste("% curl https://h/v2/_catalog?n=5\nzsh: no matches found: https://h/v2/_catalog?n=5\n")
    assert [(e.kind, e.lost) for e in evidence.commands[0].effects] == [("glob", "https://h/v2/_catalog?n=5")]
    assert evidence.exchanges[0].note == "the shell did not run this"


@pytest.mark.parametrize("mark", ["\\", "^", "`"])
def test_line_ends_of_every_shell(mark: str) -> None:
    evidence = read_paste(f"C:\\Users\\joe>curl -v {mark}\n  -u joe:x {mark}\n  https://h.example.org/v2/\n")
    assert evidence.commands[0].argv[:3] == ("curl", "-v", "-u")
    assert evidence.exchanges[0].url == "https://h.example.org/v2/"


def test_a_variable_of_powershell() -> None:
    (exchange,) = read_paste(
        'PS C:\\> curl.exe -H "Authorization: Bearer $env:TOKEN" https://h.example.org/v2/'
    ).exchanges
    assert exchange.authorization is not None
    assert exchange.authorization.source == "variable env:TOKEN"
