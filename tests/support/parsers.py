"""Every parser of what others wrote, one table: how it is called, what it may raise, what holds of its result.

The tests draw changed inputs (`support.mutations`) for it, the kept corpus (``tests/corpus``) is replayed through it,
and ``tests/fuzz.py`` hunts with it for as long as one likes.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from reglens.auth.challenge import parse_challenges
from reglens.auth.keys import check_signature
from reglens.auth.reply import retry_after
from reglens.auth.sources.chain import Text
from reglens.auth.sources.configfile import Config
from reglens.auth.sources.program import Said, read_answer
from reglens.auth.sources.pullsecret import read_pull_secret
from reglens.auth.token import read_token
from reglens.auth.token_answer import LONGEST, SHORTEST, read_token_answer
from reglens.demo.content.attestations import spdx_document
from reglens.demo.content.catalogue import Catalogue
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
from support.scoring import load

FOLDERS = ("cases", "recordings", "further", "further2")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CANARY = "canary-0123456789-password"
"""Stands where seeds hold a secret."""
PAIR = base64.b64encode(f"alice:{CANARY}".encode()).decode()

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


# -- real inputs to change


@cache
def _cases() -> list[str]:
    return [case.text for folder in FOLDERS for case in load(folder)]


def _found(pattern: str, *more: str) -> Callable[[], list[bytes]]:
    """What a pattern finds in the recorded failures."""

    def seeds() -> list[bytes]:
        hits = (match for text in _cases() for match in re.findall(pattern, text))
        return [seed.encode() for seed in (*more, *dict.fromkeys(hits))][:200]

    return seeds


def _references() -> list[bytes]:
    more = (
        "alpine",
        "[::1]:5000/a/b@sha256:" + "0" * 64,
        "localhost/a:b@sha512:" + "1" * 128,
        "registry.example.com:5000",
    )
    named = (case.reference for folder in FOLDERS for case in load(folder))
    return [text.encode() for text in (*more, *(name for name in named if name))]


def _given(*seeds: str | bytes | dict[str, Any]) -> Callable[[], list[bytes]]:
    def made() -> list[bytes]:
        return [s if isinstance(s, bytes) else (s if isinstance(s, str) else json.dumps(s)).encode() for s in seeds]

    return made


@cache
def _demo() -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Manifests, configurations and layers of the demo registry's first images."""
    manifests: list[bytes] = []
    settings: list[bytes] = []
    layers: list[bytes] = []
    catalogue = Catalogue()
    for name in catalogue.names[:3]:
        repository = catalogue.find(name)
        assert repository is not None
        blob = repository.manifest(repository.tags[0])
        assert blob is not None
        manifests.append(blob.data)
        entries = json.loads(blob.data).get("manifests", [])
        image = repository.manifest(entries[0]["digest"]) if entries else blob
        assert image is not None
        manifests.append(image.data)
        document = json.loads(image.data)
        for part, into in ((document["config"], settings), (document["layers"][-1], layers)):
            found = repository.blob(part["digest"])
            assert found is not None
            into.append(found.data)
    return manifests, settings, layers


def _archives() -> list[bytes]:
    small = [layer for layer in _demo()[2] if len(layer) < 200_000]
    return [gzip.decompress(layer)[:20_480] for layer in small if layer[:2] == b"\x1f\x8b"] + [s[:8192] for s in small]


def _documents() -> list[bytes]:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "a", "digest": {"sha256": "0" * 64}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"buildDefinition": {"buildType": "x", "externalParameters": {}}, "runDetails": {"builder": {}}},
    }
    envelope = {"payloadType": "application/vnd.in-toto+json", "payload": "e30=", "signatures": [{"sig": "AAAA"}]}
    cyclone = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "a", "version": "1"}]}
    return _given(statement, envelope, cyclone, spdx_document("app", "1.0"), {"a": 1})()


AUTH = {
    "auths": {
        "registry.example.com": {"auth": PAIR},
        "ghcr.io": {"username": "alice", "password": CANARY},
        "quay.io": {"identitytoken": CANARY},
        "*.example.org": {"registrytoken": CANARY},
    },
    "credHelpers": {"gcr.io": "gcloud"},
    "credsStore": "none",
}
HOSTS = f"""
server = "https://registry.example.com"
[host."https://mirror.example.com/v2"]
  capabilities = ["pull", "resolve"]
  skip_verify = true
  override_path = true
  [host."https://mirror.example.com/v2".header]
    Authorization = "Basic {PAIR}"
    x-custom = ["{CANARY}"]
"""
REGISTRIES = """
unqualified-search-registries = ["docker.io"]
short-name-mode = "enforcing"
[[registry]]
prefix = "*.example.com"
location = "registry.example.com/proxy"
insecure = true
[[registry.mirror]]
location = "mirror.example.com"
pull-from-mirror = "digest-only"
[aliases]
"alpine" = "docker.io/library/alpine"
"""
LIMITS = (
    "ratelimit-limit: 100;w=21600\nratelimit-remaining: 97;w=21600\ndocker-ratelimit-source: 192.0.2.1",
    'ratelimit: "hour";r=50;t=30\nratelimit-policy: "hour";q=100;w=60',
    'ratelimit-limit: 2000\nratelimit-reset: 1772366400\nratelimit-remaining: 3\nwarning: 299 - "old \\"x\\""',
)
ENCODED = base64.b64encode(json.dumps(AUTH).encode()).decode()
SECRET_YAML = f"apiVersion: v1\nkind: Secret\ndata:\n  .dockerconfigjson: {ENCODED}\n"

PARSERS = {
    parser.name: parser
    for parser in (
        Parser(
            "reference",
            _reference,
            _references,
            (ReferenceInvalid, UsageError),
            units=("a", "a/", ":", "@", "-", "_", ".", "[", "a.", "A", "é"),
        ),
        Parser("challenge", _challenge, _found(r"(?i)www-authenticate: ([^\r\n]+)", 'Basic realm="x", Bearer a=b')),
        Parser("scope", _scope, _found(r'scope="([^"]+)"', "repository(plugin):a/b:pull,push registry:catalog:*")),
        Parser("token", _token, _found(r"\bey[\w-]+\.[\w-]+\.[\w-]*", jwt(), "opaque")),
        Parser(
            "token-answer",
            _token_answer,
            _given({"token": CANARY, "access_token": CANARY, "expires_in": 300, "issued_at": "2026-03-01T11:00:00Z"}),
            secret=True,
        ),
        Parser("manifest", _manifest, lambda: _demo()[0], (ValueError,)),
        Parser("image-config", _image_config, lambda: _demo()[1], (ValueError,)),
        Parser(
            "link", _link, _given('</v2/a/tags/list?last=x&n=5>; rel="next"', "<https://h/x>;rel=next;title=a", "<a>")
        ),
        Parser("retry-after", _retry_after, _given("120", "Sun, 01 Mar 2026 12:00:30 GMT", "01-Mar-26 12:00 +0100")),
        Parser("rate-limit", _rate_limit, _given(*LIMITS)),
        Parser(
            "errors", _errors, _found(r'\{"errors":.*\}', '{"details":"x"}', '{"error":"a","error_description":"b"}')
        ),
        Parser("shell", _shell, _found(r"curl [^\n]+", "curl <<EOF\n$A `b` $(c)\nEOF\n")),
        Parser(
            "program",
            _program,
            lambda: [snippet.text.encode() for snippet in snippets()],
            units=("requests.get(", "fetch(`${", "curl_init('", "a.b(", "x = ", *_FEW),
        ),
        Parser(
            "paste", _paste, lambda: [text.encode() for text in [refused() + granted(jwt()), *_cases()]], units=_FEW
        ),
        Parser("har", _paste, lambda: [json.dumps(to_har(healthy_pull())).encode()], units=_FEW[:2]),
        Parser(
            "settings",
            _settings,
            _given(AUTH, HOSTS, REGISTRIES, SECRET_YAML, "mirrors:\n  docker.io:\n    endpoint: [a]\n"),
        ),
        Parser("auth-json", _auth_json, _given(AUTH), (ValueError,), secret=True),
        Parser(
            "pull-secret",
            _in_file(lambda path: read_pull_secret(path, "--pull-secret"), "pull.yaml"),
            _given(SECRET_YAML, AUTH, {"kind": "Secret", "stringData": {".dockerconfigjson": json.dumps(AUTH)}}),
            (UsageError,),
            secret=True,
        ),
        Parser(
            "helper",
            _helper,
            _given(b'0\n{"ServerURL":"h","Username":"alice","Secret":"' + CANARY.encode() + b'"}'),
            secret=True,
        ),
        Parser("hosts-toml", _in_file(_hosts_toml, "hosts.toml"), _given(HOSTS), secret=True),
        Parser("registries-conf", _in_file(_registries_conf, "registries.conf"), _given(REGISTRIES)),
        Parser(
            "daemon-json",
            _in_file(lambda path: daemon.read([path], path.parent), "daemon.json"),
            _given(
                {"registry-mirrors": ["https://mirror.example.com"], "insecure-registries": ["10.0.0.0/8", "h:5000"]}
            ),
        ),
        Parser("layer", _layer, _archives, (AnswerInvalid,), units=("\0", "a", "\x1f\x8b\x08\0\0\0\0\0\0\x03")),
        Parser("document", _document, _documents),
        Parser("versions", _versions, _given("1.2.3\nv1.2.3-rc.1\nlatest\n3.20\n20260301\n1.2.3-alpine3.20")),
    )
}
