"""Texts that steer a terminal, hide in one, or are commands to a toolkit: in every place where a text can stand."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from functools import cache
from typing import Any

from support.hostile.wire import CONFIG, OCI_IMAGE, Wire, behaviour, honest_body, index, sha256, simple

CLIPBOARD = "UFdORUQ="
EVIL = (
    f"clip\x1b]52;c;{CLIPBOARD}\x07board",
    "title\x1b]0;PWNED\x1b\\",
    "link\x1b]8;;http://evil.example\x1b\\there\x1b]8;;\x1b\\",
    "device\x1bP1;1|17/41\x1b\\",
    "clear\x1b[2J\x1b[H",
    "c1\x9b31mred\x9d52;c;x\x9c",
    "bidi\u202egnp.exe\u2066",
    "zero\u200bwidth\ufeff\u2060",
    "bell\x07\rreturn\nline\ttab\x08\x7f\x00",
    "break\u2028line\u2029paragraph\x85next",
    "[@click=app.quit]markup[/]",
    "[ @click=app.quit]spaced[/]",
    "[red]colour[/nope]",
    "[link=https://evil.example]here[/link]",
    "lone\ud800surrogate\udfff",
    "wide" + "漢字" * 40,
    "combining" + "e\u0301\u0302\u0303" * 60,
    "tags\U000e0041\U000e0042",
)
"""Texts that steer a terminal, hide in one, or are commands to a toolkit."""
LONG = "x" * (1 << 20)


def evil_document(kind: str) -> dict[str, Any]:
    """A document of a kind whose every text is evil."""
    evil = list(EVIL)
    everything = dict(zip(evil, reversed(evil), strict=True))
    if kind == "catalog":
        return {"repositories": evil}
    if kind == "tags":
        return {"name": evil[0], "tags": [*evil, "latest"]}
    if kind == "manifest":
        entries = [
            {
                "mediaType": text,
                "digest": f"sha256:{number:064x}" if number % 2 else text,
                "size": number,
                "artifactType": text,
                "platform": {"os": text, "architecture": text, "variant": text, "os.version": text},
                "annotations": everything,
                "urls": [text],
            }
            for number, text in enumerate(evil)
        ]
        return index(*entries) | {"annotations": everything, "artifactType": evil[0]}
    return {"errors": [{"code": text, "message": text, "detail": {text: text}} for text in evil]}


@behaviour("text/names")
def _(wire: Wire) -> None:
    wire.json(evil_document(wire.asked.kind))


@behaviour("text/errors")
def _(wire: Wire) -> None:
    wire.json(evil_document("error"), status=404)


@behaviour("text/refusal")
def _(wire: Wire) -> None:
    wire.json(evil_document("error"), status=403)


@behaviour("text/error-page")
def _(wire: Wire) -> None:
    wire.answer("\n".join(EVIL).encode("utf-8", "surrogatepass"), ("Content-Type", "text/plain"), status=500)


@behaviour("text/challenge")
def _(wire: Wire) -> None:
    text = "".join(EVIL).encode("utf-8", "surrogatepass").translate(None, b'\r\n\x00"\\')
    latin = bytes(octet for octet in text if octet >= 0x20 and octet != 0x7F)
    wire.challenge(
        b'Bearer realm="' + wire.hostile.token_url.encode() + b'",service="' + latin + b'",scope="' + latin + b'"',
        b'Basic realm="\x9b31m\xc2\x9b[@click=app.quit]x[/]"',
    )


@behaviour("text/header-controls")
def _(wire: Wire) -> None:
    wire.answer(honest_body(wire.asked), ("X-Evil", b"a\x1b]52;c;" + CLIPBOARD.encode() + b"\x07b"))


@behaviour("text/headers")
def _(wire: Wire) -> None:
    texts = [text.encode("utf-8", "surrogatepass") for text in EVIL]
    safe = [bytes(octet for octet in text if octet >= 0x20 and octet != 0x7F) for text in texts]
    warnings: list[tuple[str, str | bytes]] = [("Warning", b'299 - "' + text + b'"') for text in safe]
    wire.answer(
        honest_body(wire.asked),
        ("Content-Type", safe[5]),
        ("Docker-Content-Digest", safe[6]),
        ("RateLimit-Limit", safe[7]),
        ("RateLimit-Remaining", b"\xb2;w=\xb2"),
        ("Link", b"<" + safe[10] + b'>; rel="next' + safe[5] + b'"'),
        *warnings,
    )


simple("text/long-lines", lambda asked: json.dumps({"errors": [], "tags": [LONG], "repositories": [LONG]}).encode())
simple("text/invalid-utf8", lambda asked: b'{"tags":["\xff\xfe\xc3\x28"],"repositories":["\xed\xa0\x80"]}')
simple("text/html", lambda asked: b"<html><script>alert(1)</script>\x1b]0;PWNED\x07</html>")


@cache
def evil_image() -> tuple[dict[str, Any], dict[str, bytes]]:
    """An image that is what its digests say, with evil in all its texts, and its blobs by their digests."""
    everything = dict(zip(EVIL, reversed(EVIL), strict=True))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, errors="surrogatepass") as layer:
        for number, text in enumerate(name for name in EVIL if "\0" not in name and "\ud800" not in name):
            member = tarfile.TarInfo(f"{number}/{text}")
            body = text.encode()
            member.size, member.uname, member.gname = len(body), text[:30], text[:30]
            layer.addfile(member, io.BytesIO(body))
            link = tarfile.TarInfo(f"{number}/link")
            link.type, link.linkname = tarfile.SYMTYPE, text
            layer.addfile(link)
    config = {
        "os": EVIL[0],
        "architecture": EVIL[1],
        "author": EVIL[2],
        "created": EVIL[3],
        "config": {
            "Env": [f"{text}={text}" for text in EVIL],
            "Cmd": list(EVIL),
            "Entrypoint": list(EVIL),
            "Labels": everything,
            "User": EVIL[4],
            "WorkingDir": EVIL[5],
            "ExposedPorts": everything,
            "Volumes": everything,
        },
        "history": [{"created": text, "created_by": text, "comment": text, "author": text} for text in EVIL],
        "rootfs": {"type": "layers", "diff_ids": list(EVIL)},
    }
    statement = {
        "_type": EVIL[0],
        "predicateType": EVIL[1],
        "spdxVersion": EVIL[2],
        "subject": [everything],
        "packages": [{"name": text, "versionInfo": text, "licenseConcluded": text} for text in EVIL],
    }
    bodies = (json.dumps(config).encode(), gzip.compress(packed.getvalue(), mtime=0), json.dumps(statement).encode())
    blobs = {sha256(body): body for body in bodies}
    kinds = (CONFIG, "application/vnd.oci.image.layer.v1.tar+gzip", "application/spdx+json")
    descriptors = [
        {"mediaType": kind, "digest": digest, "size": len(body), "annotations": everything}
        for kind, (digest, body) in zip(kinds, blobs.items(), strict=True)
    ]
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "artifactType": EVIL[0],
        "config": descriptors[0],
        "layers": descriptors[1:],
        "annotations": everything,
    }
    return manifest, blobs


@behaviour("text/image")
def _(wire: Wire) -> None:
    """Everything is what its digest says, so that nothing is refused before it is shown."""
    manifest, blobs = evil_image()
    wanted = wire.asked.path.rpartition("/")[2]
    if wire.asked.kind == "blob" and wanted in blobs:
        wire.answer(blobs[wanted])
    elif wire.asked.kind == "referrers":
        digest = sha256(json.dumps(manifest).encode())
        wire.json(
            index(
                *(
                    {"mediaType": OCI_IMAGE, "size": 1, "digest": digest, "artifactType": text}
                    | {"annotations": {text: text, "org.opencontainers.image.created": text}}
                    for text in EVIL
                )
            )
        )
    elif wire.asked.kind == "manifest":
        wire.json(manifest)
    else:
        wire.json(evil_document(wire.asked.kind))
