"""Manifests and blobs as they arrived: checked against the digest that was asked for and the one announced."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from reglens.auth.reply import Reply
from reglens.errors import AnswerInvalid, DigestMismatch
from reglens.jsontext import TooMany, loads
from reglens.oci import media
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.manifest import Manifest, parse_manifest
from reglens.oci.reference import Reference
from reglens.registry.cache import Kept
from reglens.registry.pages import not_json

_TAMPERED = "Do not trust it: the bytes were changed in the registry or on their way."


def manifest_path(target: str) -> str:
    """Where below a repository the manifest of a tag or digest is asked for. A tag comes from a server, and may hold
    what no text can: half of a surrogate pair."""
    return f"manifests/{quote(target, safe=':', errors='surrogatepass')}"


def manifest_of(reply: Reply, reference: Reference) -> Manifest:
    """The manifest in an answer. Raises DigestMismatch, or AnswerInvalid if it is no JSON object."""
    raw, problems = reply.body, []
    announced, odd = announced_digest(reply.headers)
    problems += odd
    content_type = reply.headers.get("content-type", "")
    document_type = media.bare(content_type)
    signed = signed_part(raw) if document_type == media.DOCKER_SCHEMA1_SIGNED else None
    wanted = reference.digest
    for digest, whose in ((wanted, "asked for"), (announced, "announced")):
        if digest is None:
            continue
        if not digest.computable:
            problems.append(f"the digest {whose} is of algorithm {digest.algorithm}, which cannot be checked here")
        elif not digest.matches(raw) and not (signed is not None and digest.matches(signed)):
            raise DigestMismatch(
                f"The manifest of {reference} is not the one {whose}: its digest is "
                f"{Digest.of(raw, digest.algorithm)}, not {digest}.",
                _TAMPERED,
                exchange=reply.exchange,
            )
    digest = wanted or (announced if announced and announced.computable else Digest.of(raw))
    try:
        manifest = parse_manifest(raw, content_type, digest)
    except ValueError as error:
        if isinstance(error, TooMany) or ("JSON" in str(error) and raw.lstrip()[:1] != b"["):
            raise not_json(reply, "a manifest", error) from None
        raise AnswerInvalid(f"What came for {reference} is no manifest: {error}.", exchange=reply.exchange) from None
    return replace(manifest, problems=(*manifest.problems, *problems)) if problems else manifest


def kept_manifest(kept: Kept, digest: Digest) -> Manifest:
    """The manifest in what was kept. Raises AnswerInvalid if it is none."""
    try:
        return replace(parse_manifest(kept.data, kept.media_type, digest), kept_since=kept.fetched)
    except ValueError as error:
        raise AnswerInvalid(f"What is kept under {digest} is no manifest: {error}.") from None


def descriptor_of(reply: Reply, reference: Reference) -> Descriptor | None:
    """What the headers of a HEAD say of a manifest; None if they do not say enough.

    Raises DigestMismatch if another digest is announced than the one asked for.
    """
    announced, _ = announced_digest(reply.headers)
    wanted = reference.digest
    if wanted is not None and announced is not None and announced != wanted:
        if announced.algorithm == wanted.algorithm:
            raise DigestMismatch(
                f"For {reference} the registry announces {announced}.", _TAMPERED, exchange=reply.exchange
            )
        announced = wanted
    digest = wanted or announced
    length = reply.headers.get("content-length", "")
    media_type = media.bare(reply.headers.get("content-type", ""))
    if digest is None or not (length.isascii() and length.isdigit() and 0 < len(length) < 16) or not media_type:
        return None
    if media_type not in media.INDEXES | media.IMAGES | media.SCHEMA1 | {media.OCI_ARTIFACT} or length == "0":
        return None  # a web page, or a registry that does not say: the document itself tells
    return Descriptor(media_type, digest, int(length))


def blob_of(reply: Reply, digest: Digest) -> bytes:
    """The blob in an answer. Raises DigestMismatch."""
    if digest.computable and not digest.matches(reply.body):
        raise DigestMismatch(
            f"The blob {digest} arrived with digest {Digest.of(reply.body, digest.algorithm)}.",
            _TAMPERED,
            exchange=reply.exchange,
        )
    return reply.body


def announced_digest(headers: Mapping[str, str]) -> tuple[Digest | None, list[str]]:
    """``Docker-Content-Digest``, and what is wrong with it, in words."""
    text = headers.get("docker-content-digest", "")
    if not text:
        return None, []
    try:
        return Digest.parse(text), []
    except ValueError as error:
        return None, [f"Docker-Content-Digest cannot be used: {str(error)[:200]}"]


def signed_part(raw: bytes) -> bytes | None:
    """What a signed schema 1 manifest's digest is made over: the document without its signatures, as the first
    signature's header lays it out (distribution, docs/content/spec/deprecated-schema-v1.md; libtrust, jsonsign.go)."""
    try:
        signature = loads(raw)["signatures"][0]
        protected = loads(_decode(signature["protected"]))
        length, tail = protected["formatLength"], _decode(protected["formatTail"])
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return raw[:length] + tail if isinstance(length, int) and 0 <= length <= len(raw) else None


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from None
