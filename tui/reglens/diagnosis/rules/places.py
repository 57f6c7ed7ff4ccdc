"""Hosts in the wrong place: a mirror that is a web site, a registry's host inside a repository's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reglens.diagnosis import products
from reglens.diagnosis.finding import Finding, Fix, Proof
from reglens.diagnosis.reading import split_url
from reglens.diagnosis.rules.build import proven
from reglens.diagnosis.rules.resource import WEB_HOSTS
from reglens.diagnosis.scene import Scene, report_proof, shown
from reglens.oci.reference import HUB_ALIASES

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?::\d{1,5})?")
_LISTS = ("endpoint", "endpoints", "registry-mirrors", "mirrors", "mirror", "location", "remoteurl", "server")
"""Settings of containerd, k3s, podman, docker and distribution that name the host to pull from."""


def endpoints(scene: Scene) -> Iterator[Finding]:
    """A mirror or upstream that is Docker Hub's web site: it serves pages, and credentials for it reach no registry."""
    if scene.ok:
        return
    for fact in scene.evidence.facts:
        if not isinstance(fact.value, str) or not any(part.lower() in _LISTS for part in fact.path):
            continue
        host = split_url(fact.value).hostname or fact.value.split("/")[0]
        if host not in WEB_HOSTS:
            continue
        yield proven(
            "wrong-host",
            f"{host} is the web site, not the registry",
            f"{fact.source} names {shown(fact.value)} as the place to pull from. That host shows pages; Docker Hub's "
            "registry "
            "answers at registry-1.docker.io. Credentials that are kept under the web site's name are never sent to "
            "the registry.",
            [Proof(f"{fact.source}, {'.'.join(fact.path)}", shown(fact.value), fact.span)],
            Fix(
                "Name the registry's own host, there and where its credentials are kept.",
                ("https://registry-1.docker.io", "curl -i https://registry-1.docker.io/v2/"),
            ),
        )


def host_in_name(scene: Scene) -> Iterator[Finding]:
    """A refusal for a repository whose name begins with another registry's host: the client took the whole reference
    for a name on its default registry."""
    if scene.ok:
        return
    for report in scene.evidence.reports:
        name = report.values.get("repository", "")
        first, slash, rest = name.partition("/")
        if not slash or not rest or not _is_registry(first) or first == report.values.get("host"):
            continue
        yield proven(
            "repository-name-invalid",
            "A registry's host stands inside the repository's name",
            f"The registry was asked for a repository called {shown(name)}. {first} is a registry of its own: the "
            "client sent "
            f"the whole reference as a name to {scene.registry or 'its default registry'}.",
            [report_proof(report)],
            Fix(
                f"Ask {first} for {rest}: its API is at https://{first}/v2/.",
                (f"curl -i https://{first}/v2/{rest}/tags/list", f"docker pull {first}/{rest}"),
            ),
        )


def downgraded(scene: Scene) -> Iterator[Finding]:
    """A registry behind a TLS proxy that writes its upload addresses with http: nobody told it that clients speak https
    (distribution, docs/content/recipes/nginx.md; ``X-Forwarded-Proto``)."""
    for exchange in scene.evidence.exchanges:
        place = exchange.response_headers.get("location", "")
        secure = (exchange.url or "").startswith("https:") and split_url(place).hostname == exchange.host
        if secure and "/blobs/uploads/" in place and place.startswith("http:"):
            yield _downgrade(scene, [scene.proof(exchange, "location", "Location", place)])
            return
    uploads = [r for r in scene.evidence.reports if "/blobs/uploads/" in r.values.get("url", "")]
    first = next((r for r in uploads if r.values["url"].startswith("https:")), None)
    for report in uploads:
        same = first is not None and split_url(first.values["url"]).hostname == split_url(report.values["url"]).hostname
        if same and report.values["url"].startswith("http:") and first is not None:
            yield _downgrade(scene, [report_proof(first), report_proof(report)])
            return


def _downgrade(scene: Scene, evidence: list[Proof]) -> Finding:
    return proven(
        "proxy-interference",
        "The registry sends uploads to http although it is reached over https",
        "The registry stands behind a proxy that ends TLS, and does not know that clients speak https: so the address "
        "that it "
        "gives for the upload begins with http. There the push loses its Authorization, or finds nobody.",
        evidence,
        Fix(
            "Let the proxy say so with X-Forwarded-Proto, or give the registry its public address.",
            (
                "proxy_set_header Host $http_host;\nproxy_set_header X-Forwarded-Proto $scheme;",
                f"http:\n  host: https://{scene.registry or '<registry>'}\n  relativeurls: true",
            ),
        ),
    )


_ELSEWHERE = re.compile(
    r"\$\{?(?=\w{0,40}(?:CI_REGISTRY|ALIYUN|ACR_|_ACR|ECR_|_ECR|GCR_|_GCR|GHCR|GITLAB|HARBOR|QUAY|NEXUS|ARTIFACTORY|JFROG))\w{3,60}",
    re.IGNORECASE,
)
"""A variable that is named after another provider than Docker Hub (CI_REGISTRY…: GitLab's own)."""


def login_place(scene: Scene) -> Iterator[Finding]:
    """A login with another provider's variables that went to Docker Hub: the host was left out, or its variable is
    empty, and then docker takes its default."""
    if scene.ok or not any(r.values.get("host") in HUB_ALIASES for r in scene.evidence.reports):
        return
    for command in scene.evidence.commands:
        words = command.argv
        if "login" not in words[1:3] or not any(_ELSEWHERE.match(word) for word in words):
            continue
        if any(_HOST.fullmatch(split_url(word).hostname or word) for word in words[2:]):
            continue
        yield proven(
            "wrong-host",
            "The login went to Docker Hub",
            "The command takes another provider's user name and password, and was answered by Docker Hub: without a "
            "host, or "
            "with an empty variable in its place, docker logs in to Docker Hub.",
            [Proof("command", shown(command.text), command.span)],
            Fix(
                "Name the registry's host as the last argument, and check that its variable is set.",
                (
                    'docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY" <<< "$CI_REGISTRY_PASSWORD"',
                    'echo "${REGISTRY:?is empty}"',
                ),
            ),
        )


def _is_registry(text: str) -> bool:
    if _HOST.fullmatch(text) is None:
        return False
    return text in HUB_ALIASES or ":" in text or any(p.host and p.host.search(text) for p in products.ALL)


RULES = (endpoints, host_in_name, login_place, downgraded)
