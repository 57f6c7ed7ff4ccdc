"""What was attested about an image: in-toto statements, bare or in a signed envelope, and the provenance in them.

Sources: in-toto attestation, spec/v1/statement.md and spec/v0.1/statement.md; DSSE, envelope.md; SLSA provenance v0.2
and v1; sigstore, protobuf-specs, sigstore_bundle.proto. Nothing is verified here: this reads what is said.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reglens.jsontext import loads
from reglens.oci.config import parse_time

MAX_ENTRIES = 2000
"""Subjects, materials and parameters that are read of one statement."""
MAX_DEPTH = 6
_STATEMENT = "https://in-toto.io/Statement/"
_PROVENANCE = "https://slsa.dev/provenance/"
BUNDLE = "application/vnd.dev.sigstore.bundle"
"""The media type of a sigstore bundle, up to its version."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something with a name (or URI) and digests: a subject, or what a build was made from."""

    name: str
    digests: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a build came to be: who built it, by what recipe, with which parameters, from what."""

    builder: str
    build_type: str = ""
    source: str = ""
    entry_point: str = ""
    invocation: str = ""
    started: datetime | None = None
    finished: datetime | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    materials: tuple[Resource, ...] = ()


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a statement was wrapped in; `reglens.oci.sigstore` tells who sealed it."""

    kind: str
    signatures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """One in-toto statement: a predicate about subjects. `provenance` is the predicate read, if it is one."""

    predicate_type: str
    subjects: tuple[Resource, ...]
    predicate: Any = field(repr=False, default=None)
    provenance: Provenance | None = None
    envelope: Envelope | None = None


def read_statement(document: object) -> Statement | None:
    """The statement in a JSON document: bare, in a DSSE envelope, or in a sigstore bundle. None for anything else;
    never raises."""
    envelope = None
    if isinstance(document, Mapping):
        envelope, inner = _unwrapped(document)
        document = inner if envelope is not None else document
    if not isinstance(document, Mapping) or not text(document.get("_type")).startswith(_STATEMENT):
        return None
    predicate = document.get("predicate")
    kind = text(document.get("predicateType"))
    provenance = None
    if kind.startswith(_PROVENANCE) and isinstance(predicate, Mapping):
        provenance = _v1(predicate) if isinstance(predicate.get("buildDefinition"), Mapping) else _v0(predicate)
    return Statement(kind, _resources(document.get("subject")), predicate, provenance, envelope)


def _unwrapped(document: Mapping[str, Any]) -> tuple[Envelope | None, object]:
    kind = "DSSE envelope"
    if text(document.get("mediaType")).startswith(BUNDLE):
        kind = "sigstore bundle"
        document = mapping(document.get("dsseEnvelope"))
    payload = document.get("payload")
    if not isinstance(payload, str) or not isinstance(document.get("payloadType"), str):
        return None, None
    raw = decode(payload)
    try:
        inner = loads(raw) if raw is not None else None
    except ValueError:
        inner = None
    signatures = tuple(text(mapping(s).get("keyid")) for s in items(document.get("signatures")))
    return Envelope(kind, signatures), inner


def _v0(predicate: Mapping[str, Any]) -> Provenance:
    """SLSA provenance v0.2 (and v0.1, which calls the invocation a recipe)."""
    invocation = mapping(predicate.get("invocation") or predicate.get("recipe"))
    source = mapping(invocation.get("configSource"))
    about = mapping(predicate.get("metadata"))
    return Provenance(
        builder=text(mapping(predicate.get("builder")).get("id")),
        build_type=text(predicate.get("buildType")) or text(invocation.get("type")),
        source=text(source.get("uri")),
        entry_point=text(source.get("entryPoint")),
        invocation=text(about.get("buildInvocationID")) or text(about.get("buildInvocationId")),
        started=parse_time(about.get("buildStartedOn")),
        finished=parse_time(about.get("buildFinishedOn")),
        parameters=flat(invocation.get("parameters")),
        environment=flat(invocation.get("environment")),
        materials=_resources(predicate.get("materials")),
    )


def _v1(predicate: Mapping[str, Any]) -> Provenance:
    """SLSA provenance v1."""
    definition = mapping(predicate.get("buildDefinition"))
    details = mapping(predicate.get("runDetails"))
    about = mapping(details.get("metadata"))
    external = mapping(definition.get("externalParameters"))
    source = mapping(external.get("configSource"))
    workflow = mapping(external.get("workflow"))
    return Provenance(
        builder=text(mapping(details.get("builder")).get("id")),
        build_type=text(definition.get("buildType")),
        source=text(source.get("uri")) or text(workflow.get("repository")),
        entry_point=text(source.get("path")) or text(workflow.get("path")),
        invocation=text(about.get("invocationId")) or text(about.get("invocationID")),
        started=parse_time(about.get("startedOn")),
        finished=parse_time(about.get("finishedOn")),
        parameters=flat(external),
        environment=flat(definition.get("internalParameters")),
        materials=_resources(definition.get("resolvedDependencies")),
    )


def _resources(value: object) -> tuple[Resource, ...]:
    found = []
    for entry in map(mapping, items(value)[:MAX_ENTRIES]):
        name = text(entry.get("name")) or text(entry.get("uri"))
        digests = tuple((k, v) for k, v in mapping(entry.get("digest")).items() if isinstance(v, str))
        if name or digests:
            found.append(Resource(name, digests[:8]))
    return tuple(found)


def flat(value: object) -> tuple[tuple[str, str], ...]:
    """The leaves of nested objects and lists, each with its path: ``args.build-arg:VERSION``."""
    found: list[tuple[str, str]] = []
    for path, leaf in _leaves(value, "", 0):
        if len(found) >= MAX_ENTRIES:
            break
        found.append((path, leaf))
    return tuple(found)


def _leaves(value: object, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value and depth < MAX_DEPTH:
        for name, child in value.items():
            yield from _leaves(child, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(value, list) and value and depth < MAX_DEPTH:
        for number, child in enumerate(value):
            yield from _leaves(child, f"{path}[{number}]", depth + 1)
    elif path:
        yield path, _leaf(value)


def _leaf(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return str(value)
    return "…" if value else ("{}" if isinstance(value, Mapping) else "[]")


def text(value: object) -> str:
    """`value` if it is text, else ``""``."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> Mapping[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def decode(encoded: str) -> bytes | None:
    """What base64 text stands for; None if it is none."""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
