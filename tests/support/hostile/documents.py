"""Documents: JSON that is deep, huge or of other types than it should be; digests of something else."""

from __future__ import annotations

from functools import cache

from support.hostile.wire import BEHAVIOURS, OCI_IMAGE, OCI_INDEX, Wire, behaviour, entry, image, index, simple

DEEP = b"[" * 200_000 + b"]" * 200_000
simple("json/deep", lambda asked: DEEP)
simple("json/deep-members", lambda asked: b'{"tags":' + DEEP + b',"repositories":' + DEEP + b',"manifests":[]}')
simple(
    "json/deep-but-readable",
    lambda asked: b'{"schemaVersion":2,"manifests":[],"tags":["a"],"annotations":' + b'{"a":' * 900 + b"1" + b"}" * 901,
)
simple(
    "json/huge-number",
    lambda asked: b'{"schemaVersion":' + b"9" * 5000 + b',"manifests":[],"tags":[' + b"9" * 5000 + b"]}",
)
simple(
    "json/infinite",
    lambda asked: (
        b'{"schemaVersion":2,"manifests":[{"mediaType":"a","size":1e999,"digest":"sha256:'
        + b"a" * 64
        + b'"},{"size":-1},{"size":NaN}],"tags":["a",1e999,NaN,null],"repositories":[NaN]}'
    ),
)
simple(
    "json/duplicate-keys",
    lambda asked: (
        b'{"schemaVersion":2,"manifests":[],"manifests":{"a":1},"tags":["a"],"tags":["b"],"mediaType":"x","mediaType":5}'
    ),
)
simple(
    "json/wrong-types",
    lambda asked: (
        b'{"schemaVersion":"2","mediaType":[],"manifests":{"a":1},"layers":5,"config":[],"tags":{"a":1},"repositories":"abc","errors":7,"token":{},"access_token":[]}'
    ),
)
simple(
    "json/wrong-members",
    lambda asked: (
        b'{"schemaVersion":2,"manifests":[5,null,[],"x",{"digest":5,"size":"x","mediaType":{},"platform":[],"annotations":[1],"urls":{}}],"tags":[5,null,{},"ok"],"repositories":[[],"ok"],"annotations":{"a":{}}}'
    ),
)
simple("json/text", lambda asked: b'"' + b"a" * 1000 + b'"')
simple("json/null", lambda asked: b"null")


@behaviour("json/many-entries")
def _(wire: Wire) -> None:
    if wire.asked.kind == "manifest":
        wire.answer(many_entries(), ("Content-Type", OCI_INDEX))
    else:
        wire.json({"tags": [f"v{n}" for n in range(100_000)], "repositories": [f"a/{n}" for n in range(100_000)]})


@cache
def many_entries() -> bytes:
    """An index of 100 000 entries, within the bound of a manifest."""
    entries = (f'{{"mediaType":"{OCI_IMAGE}","size":1,"digest":"sha256:{n:064x}"}}' for n in range(100_000))
    return f'{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{",".join(entries)}]}}'.encode()


simple(
    "json/empty-lists", lambda asked: b'{"schemaVersion":2,"manifests":[],"tags":[%b]}' % (b"[]," * 5_000_000 + b"[]")
)
simple(
    "json/empty-objects",
    lambda asked: (
        b'{"schemaVersion":2,"repositories":["a"],"tags":["a"],"token":"a","manifests":[%b]}'
        % (b"{}," * 5_000_000 + b"{}")
    ),
)


@behaviour("json/contains-itself")
def _(wire: Wire) -> None:
    """An index whose entries lead to itself: by digests of an algorithm that nobody can compute."""
    digest = "blake3:" + "ab" * 32
    value = index(*(entry(digest, mediaType=OCI_INDEX) for _ in range(3)))
    if wire.asked.kind == "manifest":
        wire.json(value, ("Docker-Content-Digest", digest))
    else:
        wire.innocent()


# Digests


def _announcing(name: str, digest: str, *, other: bool = False) -> None:
    def answer(wire: Wire) -> None:
        if wire.asked.kind != "manifest":
            wire.innocent()
            return
        value = image() | ({"annotations": {"asked": wire.asked.path}} if other else {})
        wire.json(value, ("Docker-Content-Digest", digest))

    BEHAVIOURS[name] = answer


_announcing("digest/wrong", "sha256:" + "0" * 64)
_announcing("digest/other-algorithm", "sha512:" + "0" * 128)
_announcing("digest/unknown-algorithm", "blake3:" + "0" * 64)
_announcing("digest/short", "sha256:abc")
_announcing("digest/path", "sha256:../../../etc/passwd")
_announcing("digest/huge", "sha256:" + "a" * 50_000)
