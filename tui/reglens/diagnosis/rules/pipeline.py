"""What a pipeline's or a controller's own manifest says of the image, against what was refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reglens.diagnosis.evidence import Fact
from reglens.diagnosis.finding import Finding, Fix, Proof
from reglens.diagnosis.rules.build import likely, proven
from reglens.diagnosis.scene import Scene, shown
from reglens.errors import ReferenceInvalid
from reglens.oci.reference import HUB, Reference, normalise_registry

_REFUSED = frozenset({"denied", "unauthenticated", "token-scope", "denied-or-absent", "login-needed", "not-found"})
_TOLD = frozenset({"token-server-refused", "credentials-absent", *_REFUSED})


def workflow(scene: Scene) -> Iterator[Finding]:
    """A workflow that logs in to one registry and tags the image without a host, which means Docker Hub
    (docker/login-action, docker/build-push-action)."""
    if scene.ok or not any(report.meaning in _REFUSED for report in scene.reports):
        return
    facts = [fact for fact in scene.evidence.facts if fact.source == "workflow" and isinstance(fact.value, str)]
    logins = [fact for fact in facts if _of(facts, fact, "docker/login-action") and fact.path[-1] == "registry"]
    hosts = {normalise_registry(str(fact.value)) for fact in logins if "$" not in str(fact.value)}
    if not hosts or HUB in hosts or _logs_in_to_hub(facts):
        return
    for fact in facts:
        if "with" not in fact.path or fact.path[fact.path.index("with") + 1] not in ("tags", "images"):
            continue
        for name in re.split(r"[\s,]+", str(fact.value)):
            if name and "$" not in name.partition("/")[0] and _registry(name) == HUB and not name.startswith("type="):
                yield _other_host(fact, logins[0], name)
                return


def _of(facts: list[Fact], fact: Fact, action: str) -> bool:
    """Whether a setting belongs to a step that uses this action."""
    if "with" not in fact.path:
        return False
    step = fact.path[: fact.path.index("with")]
    return any(f.path == (*step, "uses") and str(f.value).startswith(action) for f in facts)


def _logs_in_to_hub(facts: list[Fact]) -> bool:
    """Whether a step logs in without naming a registry: then it is Docker Hub."""
    steps = [f.path[:-1] for f in facts if f.path[-1] == "uses" and str(f.value).startswith("docker/login-action")]
    return any(not any(f.path == (*step, "with", "registry") for f in facts) for step in steps)


def _registry(name: str) -> str:
    try:
        return Reference.parse(name).registry
    except ReferenceInvalid:
        return ""


def _other_host(tags: Fact, login: Fact, name: str) -> Finding:
    right = f"{login.value}/{name}"
    return likely(
        "wrong-host",
        "The image's name has no host, so it goes to Docker Hub",
        f"The workflow logs in to {shown(login.value)}. {shown(name)} names no registry, which always means Docker "
        "Hub, and for that there was no login.",
        [
            Proof(f"workflow, {'.'.join(tags.path)}", shown(tags.value), tags.span),
            Proof(f"workflow, {'.'.join(login.path)}", shown(login.value), login.span),
        ],
        Fix(f"Write the registry into the tag: {right}.", (f"tags: {right}",)),
    )


def chart(scene: Scene) -> Iterator[Finding]:
    """A Flux ``HelmRepository`` whose url ends with the chart's own name: the chart is then looked for below itself
    (fluxcd.io, "Helm Repositories", "Helm OCI repository")."""
    if scene.ok or not any(report.meaning in _TOLD for report in scene.reports):
        return
    facts = [f for f in scene.evidence.facts if f.source == "kubernetes" and isinstance(f.value, str)]
    charts = {str(f.value) for f in facts if f.path[-3:] == ("chart", "spec", "chart")}
    for fact in facts:
        url = str(fact.value).rstrip("/")
        parent, slash, last = url.rpartition("/")
        if fact.path[-1] != "url" or not url.startswith("oci://") or not slash or last not in charts:
            continue
        yield proven(
            "repository-not-found",
            f"The chart {shown(last)} is looked for below itself",
            f"The url of the HelmRepository already ends with the chart's name, and the name is appended again: "
            f"{shown(url)}/{shown(last)}.",
            [Proof(f"manifest, {'.'.join(fact.path)}", shown(fact.value), fact.span)],
            Fix(f"Let the url end before the chart: {parent}.", (f"url: {parent}", f"helm show chart {url}")),
        )
        return


RULES = (workflow, chart)
