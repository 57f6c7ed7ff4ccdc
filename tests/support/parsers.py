"""Every parser of what others wrote, one table: how it is called, what it may raise, what holds of its result.

The tests draw changed inputs (`support.mutations`) for it, the kept corpus (``tests/corpus``) is replayed through it,
and ``tests/fuzz.py`` hunts with it for as long as one likes.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from reglens.auth.challenge import parse_challenges
from reglens.auth.keys import check_signature
from reglens.auth.reply import retry_after
from reglens.auth.sources.chain import Text
from reglens.auth.sources.configfile import Config
from reglens.auth.sources.program import Said, read_answer
from reglens.auth.sources.pullsecret import read_pull_secret
from reglens.auth.token import read_token
from reglens.auth.token_answer import LONGEST, SHORTEST, read_token_answer
from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.output import to_json
from reglens.diagnosis.paste import configs, read_paste
from reglens.diagnosis.paste.programs.reader import find
from reglens.diagnosis.paste.shell import read_script
from reglens.diagnosis.paste.source import Passage, Source
from reglens.errors import AnswerInvalid, ReferenceInvalid, UsageError
from reglens.oci.config import parse_config
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.dockerfile import dockerfile
from reglens.oci.layer import LayerReader
from reglens.oci.manifest import parse_manifest
from reglens.oci.opened import open_blob
from reglens.oci.reference import Place, Reference
from reglens.oci.scope import Scope, parse_scopes, union
from reglens.oci.versions import sort_by_version
from reglens.registry.limits import rate_limit, warnings
from reglens.registry.pages import next_page
from reglens.registry.ways import daemon, hosts, registries
from reglens.trace.exchange import Exchange, Headers, read_errors
from reglens.trace.har import to_har
from support.exchanges import healthy_pull
from support.pastes import granted, jwt, refused
from support.programs import snippets
from support.seeds import (
    AUTH,
    CANARY,
    HOSTS,
    LIMITS,
    PAIR,
    REGISTRIES,
    SECRET_YAML,
    archives,
    cases,
    demo,
    documents,
    found,
    given,
    references,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

_SECRET_PLACE = re.compile(
    r"(?:\"(?:auth|password|\w*token|Secret)\": ?\"|Authorization = \"Basic |x-custom = \[\")"
    rf"(?:{CANARY}|{re.escape(PAIR)})\""
)


_FEW = ("{", "a=b,", "\n", "'", "> a\n")
"""For those whose work on many more units is counted elsewhere."""


@dataclass(frozen=True)
class Parser:
    """`read` raises nothing but `refuses`, and checks what holds of every result. With `secret`, neither the result nor
    the refusal may show the canary where it stands as a secret."""

    name: str
    read: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    refuses: tuple[type[Exception], ...] = ()
    secret: bool = False
    units: tuple[str, ...] = ("a", "{", "[", '"', ",", " ", "\n", "=", "a=b,", "/", ".", "\\")
    """Of these, repeated, the parser must not take time that grows faster than they do."""

    @property
    def inputs(self) -> list[bytes]:
        """The seeds, made once."""
        return _made(self.seeds)

    def __call__(self, data: bytes) -> object:
        """The result, or the refusal."""
        result: object
        try:
            result = self.read(data)
        except self.refuses as refusal:
            result = refusal
        assert not isinstance(result, Exception) or str(result), "a refusal says why"
        if self.secret and _only_as_secret(_text(data)):
            shown = f"{result!r} {result}"
            assert not any(secret in shown for secret in (CANARY, PAIR)), shown
        return result


@cache
def _made(seeds: Callable[[], list[bytes]]) -> list[bytes]:
    return seeds()


def _only_as_secret(text: str) -> bool:
    """Whether the canary stands nowhere but where secrets stand."""
    return len(_SECRET_PLACE.findall(text)) == text.count(CANARY) + text.count(PAIR)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


# -- what holds of each


def _reference(data: bytes) -> object:
    text = _text(data)
    reference = Reference.parse(text)
    for again in map(Reference.parse, (str(reference), reference.pullable, reference.familiar)):
        assert (again.name, again.target) == (reference.name, reference.target)
        assert str(again) == str(reference)
    return reference, Place.parse(text)


def _challenge(data: bytes) -> object:
    found = parse_challenges(_text(data))
    for challenge in found:
        if challenge.scheme and not challenge.token68 and not challenge.tolerated:
            (again,) = parse_challenges(str(challenge))
            assert again.params == challenge.params
    return found


def _scope(data: bytes) -> object:
    found = parse_scopes(_text(data))
    for scope in found:
        assert Scope.parse(str(scope)) == scope or not scope.well_formed
    merged = union(found)
    assert union(merged) == merged
    return found


def _token(data: bytes) -> object:
    token = read_token(_text(data))
    check_signature(token)
    assert len(token.raw) < 8 or token.raw.reveal() not in repr(token)
    return token


def _token_answer(data: bytes) -> object:
    answer = read_token_answer(data)
    assert NOW + SHORTEST <= answer.expires(NOW) <= NOW + LONGEST
    return answer


def _manifest(data: bytes) -> object:
    manifest = parse_manifest(data, "")
    again = parse_manifest(manifest.raw, manifest.media_type)
    assert again.digest == manifest.digest == Digest.of(data)
    return manifest


def _image_config(data: bytes) -> object:
    config = parse_config(data)
    assert len(config.layer_steps(3)) == 3
    dockerfile(config)
    return config


def _link(data: bytes) -> object:
    text, _, url = _text(data).partition("\n")
    found = next_page(text, url or "https://registry.example.com/v2/a/tags/list")
    assert found is None or isinstance(found, str)
    return found


def _retry_after(data: bytes) -> object:
    wait = retry_after({"retry-after": _text(data)}, NOW)
    assert wait is None or 0 <= wait < 1e13
    exchange = Exchange(1, response_headers=Headers([("Date", _text(data))]))
    assert exchange.server_time is None or exchange.server_time.tzinfo is UTC
    return wait


def _rate_limit(data: bytes) -> object:
    lines = [line.partition(":") for line in _text(data).split("\n")]
    limit = rate_limit({name.strip().lower(): value.strip() for name, _, value in lines}, NOW)
    if limit is not None:
        assert all(value is None or value >= 0 for value in (limit.limit, limit.remaining, limit.window, limit.reset))
    warnings([value for _, _, value in lines])
    return limit


def _paste(data: bytes) -> object:
    evidence = read_paste(_text(data))
    made = diagnose(evidence)
    json.dumps(to_json(made))
    return evidence


def _shell(data: bytes) -> object:
    text = _text(data)
    read, end = read_script(Passage(text, ((0, 0),)), lenient=True)
    assert 0 <= end <= len(text)
    return read


def _program(data: bytes) -> object:
    lines = Source.read(_text(data)).lines
    found = find(lines)
    for at, one in found.items():
        assert one.at == at <= len(lines)
        assert one.drafts
        assert all(0 <= index < len(lines) for index in one.lines)
        for draft in one.drafts:
            assert draft.url is not None
            start, end = draft.url.span()
            assert 0 <= start <= end <= len(_text(data))
    return sorted(found)


def _settings(data: bytes) -> object:
    return configs.read_text(_text(data))


def _auth_json(data: bytes) -> object:
    config = Text(_text(data), "DOCKER_AUTH_CONFIG").read()
    Config.read(_text(data), "a file", globs=True)
    return config


def _in_file(read: Callable[[Path], object], name: str) -> Callable[[bytes], object]:
    def run(data: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "registry.example.com" / name
            path.parent.mkdir()
            path.write_bytes(data)
            return read(path)

    return run


def _hosts_toml(path: Path) -> object:
    way = hosts.way([path.parent.parent], "registry.example.com", "a/b", False, path.parent)
    assert way is not None
    assert way.endpoints
    return way


def _registries_conf(path: Path) -> object:
    found = registries.read([path], path.parent)
    for name in ("docker.io/library/alpine", "registry.example.com/a/b", "localhost/a"):
        registry, _, repository = name.partition("/")
        found.way(registry, repository, False)
    found.short_name("alpine")
    return found


def _helper(data: bytes) -> object:
    code, _, out = data.partition(b"\n")
    said = Said(int(code) if code.isdigit() and len(code) < 4 else 0, out.decode("utf-8", "replace").strip())
    entry = read_answer("a helper", said, "a helper")
    assert sum([entry.credential is not None, bool(entry.problem), entry.empty]) == 1
    return entry


def _layer(data: bytes) -> object:
    def read(step: int) -> object:
        reader = LayerReader()
        entries = [entry for at in range(0, len(data), step) for entry in reader.feed(data[at : at + step])]
        reader.finish()
        return entries

    def outcome(step: int) -> object:
        try:
            return read(step)
        except AnswerInvalid as error:
            return str(error)

    whole = outcome(max(1, len(data)))
    assert isinstance(whole, str) or outcome(97) == whole, "the same in any pieces"
    if isinstance(whole, str):
        raise AnswerInvalid(whole)
    return whole


def _document(data: bytes) -> object:
    opened = open_blob(Descriptor("", Digest.of(data), len(data)), data)
    assert opened.size == len(data)
    return opened


def _versions(data: bytes) -> object:
    names = _text(data).split("\n")
    ordered = sort_by_version(names)
    assert sorted(ordered) == sorted(names)
    return ordered


def _errors(data: bytes) -> object:
    found = read_errors(data)
    assert len(found) <= 100
    return found


PARSERS = {
    parser.name: parser
    for parser in (
        Parser(
            "reference",
            _reference,
            references,
            (ReferenceInvalid, UsageError),
            units=("a", "a/", ":", "@", "-", "_", ".", "[", "a.", "A", "é"),
        ),
        Parser("challenge", _challenge, found(r"(?i)www-authenticate: ([^\r\n]+)", 'Basic realm="x", Bearer a=b')),
        Parser("scope", _scope, found(r'scope="([^"]+)"', "repository(plugin):a/b:pull,push registry:catalog:*")),
        Parser("token", _token, found(r"\bey[\w-]+\.[\w-]+\.[\w-]*", jwt(), "opaque")),
        Parser(
            "token-answer",
            _token_answer,
            given({"token": CANARY, "access_token": CANARY, "expires_in": 300, "issued_at": "2026-03-01T11:00:00Z"}),
            secret=True,
        ),
        Parser("manifest", _manifest, lambda: demo()[0], (ValueError,)),
        Parser("image-config", _image_config, lambda: demo()[1], (ValueError,)),
        Parser(
            "link", _link, given('</v2/a/tags/list?last=x&n=5>; rel="next"', "<https://h/x>;rel=next;title=a", "<a>")
        ),
        Parser("retry-after", _retry_after, given("120", "Sun, 01 Mar 2026 12:00:30 GMT", "01-Mar-26 12:00 +0100")),
        Parser("rate-limit", _rate_limit, given(*LIMITS)),
        Parser(
            "errors", _errors, found(r'\{"errors":.*\}', '{"details":"x"}', '{"error":"a","error_description":"b"}')
        ),
        Parser("shell", _shell, found(r"curl [^\n]+", "curl <<EOF\n$A `b` $(c)\nEOF\n")),
        Parser(
            "program",
            _program,
            lambda: [snippet.text.encode() for snippet in snippets()],
            units=("requests.get(", "fetch(`${", "curl_init('", "a.b(", "x = ", *_FEW),
        ),
        Parser("paste", _paste, lambda: [text.encode() for text in [refused() + granted(jwt()), *cases()]], units=_FEW),
        Parser("har", _paste, lambda: [json.dumps(to_har(healthy_pull())).encode()], units=_FEW[:2]),
        Parser(
            "settings",
            _settings,
            given(AUTH, HOSTS, REGISTRIES, SECRET_YAML, "mirrors:\n  docker.io:\n    endpoint: [a]\n"),
        ),
        Parser("auth-json", _auth_json, given(AUTH), (ValueError,), secret=True),
        Parser(
            "pull-secret",
            _in_file(lambda path: read_pull_secret(path, "--pull-secret"), "pull.yaml"),
            given(SECRET_YAML, AUTH, {"kind": "Secret", "stringData": {".dockerconfigjson": json.dumps(AUTH)}}),
            (UsageError,),
            secret=True,
        ),
        Parser(
            "helper",
            _helper,
            given(b'0\n{"ServerURL":"h","Username":"alice","Secret":"' + CANARY.encode() + b'"}'),
            secret=True,
        ),
        Parser("hosts-toml", _in_file(_hosts_toml, "hosts.toml"), given(HOSTS), secret=True),
        Parser("registries-conf", _in_file(_registries_conf, "registries.conf"), given(REGISTRIES)),
        Parser(
            "daemon-json",
            _in_file(lambda path: daemon.read([path], path.parent), "daemon.json"),
            given(
                {"registry-mirrors": ["https://mirror.example.com"], "insecure-registries": ["10.0.0.0/8", "h:5000"]}
            ),
        ),
        Parser("layer", _layer, archives, (AnswerInvalid,), units=("\0", "a", "\x1f\x8b\x08\0\0\0\0\0\0\x03")),
        Parser("document", _document, documents),
        Parser("versions", _versions, given("1.2.3\nv1.2.3-rc.1\nlatest\n3.20\n20260301\n1.2.3-alpine3.20")),
    )
}
