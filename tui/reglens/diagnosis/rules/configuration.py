"""What is wrong in a configuration that is part of the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from reglens.diagnosis import fixes, told
from reglens.diagnosis.evidence import Fact
from reglens.diagnosis.finding import Finding, Fix, Proof
from reglens.diagnosis.rules.build import likely, proven
from reglens.diagnosis.rules.resource import mended
from reglens.diagnosis.scene import Scene, is_mask, shown
from reglens.errors import ReferenceInvalid
from reglens.oci.reference import Reference

_CREDENTIAL_FILES = frozenset({"config.json", "pull secret", "auth.json"})


def _proof(fact: Fact, value: object = None) -> Proof:
    return Proof(f"{fact.source}, {'.'.join(fact.path)}", shown(fact.value if value is None else value), fact.span)


def entries(scene: Scene) -> Iterator[Finding]:
    """Entries of ``config.json``, ``auth.json`` and pull secrets that no client can use, or that none looks for."""
    if scene.ok:
        return
    for fact in scene.evidence.facts:
        if len(fact.path) != 3 or fact.path[0] != "auths":
            continue
        key, kind = fact.path[1], fact.path[2]
        if is_mask(str(_sibling(scene, fact, "username"))):
            continue
        mine = not scene.registry or told.key_host(key) == scene.registry or scene.is_hub
        if kind in ("problem", "note") and isinstance(fact.value, str):
            yield (proven if mine else likely)(
                "credentials-malformed",
                f"The credentials stored for {shown(key)} are broken",
                f"In {fact.source}, under {shown(key)}: {shown(fact.value)}. The value of auth is the base64 of "
                "user:password, "
                "without a line end.",
                [_proof(fact)],
                Fix(
                    "Log in again, or make the value anew.",
                    (fixes.login_command(scene, told.key_host(key)), "printf %s '<user>:<password>' | base64 -w0"),
                ),
            )
        elif kind == "unreachable" and isinstance(fact.value, str):
            yield (proven if mine else likely)(
                "credentials-not-sent",
                f"No client looks for credentials under {shown(key)}",
                f"The credentials are stored under {shown(key)}: {shown(fact.value)}. So the client goes on as if "
                "there were "
                "none.",
                [_proof(fact)],
                Fix(
                    "Store them under "
                    f"{told.HUB_KEY if scene.is_hub else scene.registry or 'the name that the image uses'}.",
                    (
                        fixes.login_command(scene),
                        f'{{"auths": {{"{told.HUB_KEY if scene.is_hub else scene.registry}": …}}}}',
                    ),
                ),
            )


def _sibling(scene: Scene, fact: Fact, name: str) -> object:
    path = (*fact.path[:2], name)
    return next((f.value for f in scene.evidence.facts if f.path == path and f.source == fact.source), "user")


def broken(scene: Scene) -> Iterator[Finding]:
    """Files that break their grammar, and settings whose name is misspelt, which are then passed over in silence."""
    if scene.ok:
        return
    facts = scene.evidence.facts
    readable = {fact.source for fact in facts if fact.path[:1] == ("auths",)}
    for fact in facts:
        if fact.path == ("damage",) and fact.source in _CREDENTIAL_FILES:
            yield (likely if fact.source in readable else proven)(  # what copying took or a hand typed breaks it too
                "credentials-malformed",
                f"The {fact.source} is not readable as JSON",
                f"It breaks the JSON grammar: {shown(fact.value)}. A client that cannot read the file has no "
                "credentials.",
                [_proof(fact)],
                Fix(
                    "Mend the file, or move it away and log in again.",
                    ("jq . ~/.docker/config.json", fixes.login_command(scene)),
                ),
            )
        elif fact.path[:1] == ("misspelt",) and len(fact.path) == 2:
            yield proven(
                "credentials-not-sent",
                f"The setting {shown(fact.path[1])} is misspelt",
                f"{shown(fact.path[1])} is no setting of this file; meant is {shown(fact.value)}. Unknown settings "
                "are passed "
                "over in silence.",
                [_proof(fact)],
                Fix(f"Write {shown(fact.value)} instead of {shown(fact.path[1])}."),
            )


def expired(scene: Scene) -> Iterator[Finding]:
    """Cached credentials with an end, against the moment of the refusal."""
    moment = scene.moment
    for fact in scene.evidence.facts:
        if (
            not fact.path
            or fact.path[-1].lower() not in ("expiresat", "expires_at", "expiry")
            or not isinstance(fact.value, str)
        ):
            continue
        end = _time(fact.value)
        if end is None or moment is None or moment <= end:
            continue
        yield proven(
            "credentials-expired",
            "The cached credentials had expired",
            f"They were good until {end:%Y-%m-%d %H:%M:%S} UTC; it is {moment:%Y-%m-%d %H:%M:%S} UTC in the evidence.",
            [_proof(fact)],
            fixes.login(scene, "Remove the cache and log in again."),
        )


def _time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def both_sides(scene: Scene) -> Iterator[Finding]:
    """The registry's configuration against its token server's: issuer and service must be one (distribution,
    docs/content/about/configuration.md, ``auth.token``)."""
    if scene.ok:
        return
    facts = scene.evidence.facts
    trusted = next((f for f in facts if f.path[-3:] == ("auth", "token", "issuer")), None)
    made = next((f for f in facts if f.source == "docker_auth" and f.path == ("token", "issuer")), None)
    if trusted is not None and made is not None and trusted.value != made.value:
        yield proven(
            "issuer-mismatch",
            "Registry and token server name different issuers",
            f"The token server writes iss {shown(made.value)}, the registry trusts {shown(trusted.value)}. They must "
            "be the "
            "same, letter for letter.",
            [_proof(trusted), _proof(made)],
            Fix("Give both the same issuer.", (f"auth:\n  token:\n    issuer: {made.value}",)),
        )


def secret_type(scene: Scene) -> Iterator[Finding]:
    """A Kubernetes secret of a type that the kubelet does not read for pulls."""
    facts = scene.evidence.facts
    holds = [f for f in facts if f.source == "kubernetes" and f.path[-1:] == (".dockerconfigjson",)]
    kind = next((f for f in facts if f.source == "kubernetes" and f.path == ("type",)), None)
    if holds and kind is not None and kind.value not in ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"):
        yield proven(
            "credentials-not-sent",
            "The secret's type is not that of a pull secret",
            f"The secret has the type {shown(kind.value)}; the kubelet reads only kubernetes.io/dockerconfigjson for "
            "pulls.",
            [_proof(kind)],
            Fix("Give it the right type.", ("type: kubernetes.io/dockerconfigjson",)),
        )


def images(scene: Scene) -> Iterator[Finding]:
    """Image names in manifests and compose files, against the grammar of names."""
    if scene.ok:
        return
    for fact in scene.evidence.facts:
        if fact.path[-1:] != ("image",) or not isinstance(fact.value, str) or told.placeholder(fact.value):
            continue
        try:
            Reference.parse(fact.value)
        except ReferenceInvalid as error:
            better = mended(fact.value)
            yield proven(
                "repository-name-invalid",
                "The image name breaks the grammar",
                f"In {fact.source}, {'.'.join(fact.path)}: {error.message}. A name is a host and a path, in lower "
                "case, without "
                "a scheme.",
                [_proof(fact)],
                Fix(f"Write {better}." if better else error.hint, (f"image: {better}",) if better else ()),
            )


RULES = (images, entries, broken, expired, both_sides, secret_type)
