"""Hosts in the wrong place: a mirror that is a web site, a registry's host inside a repository's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reglens.diagnosis import fixes, products
from reglens.diagnosis.finding import Finding, Fix, Proof
from reglens.diagnosis.reading import split_url
from reglens.diagnosis.rules.build import likely, proven
from reglens.diagnosis.scene import Scene, report_proof, shown
from reglens.oci.reference import HUB_ALIASES
from reglens.trace.curl import quoted
from reglens.trace.exchange import Exchange

WEB_HOSTS = frozenset({"hub.docker.com", "registry.hub.docker.com", "www.docker.com", "cloud.docker.com"})
"""Hosts that show Docker Hub's web site; its registry is registry-1.docker.io."""
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?::\d{1,5})?")
_LISTS = ("endpoint", "endpoints", "registry-mirrors", "mirrors", "mirror", "location", "remoteurl", "server")
"""Settings of containerd, k3s, podman, docker and distribution that name the host to pull from."""


def host(scene: Scene) -> Iterator[Finding]:
    """A host or path that is no registry API: the web site, the v1 index, a v2 in the wrong place."""
    for exchange in scene.requests:
        if (exchange.status or 0) < 300 and exchange.failure is None:
            continue
        if exchange.host in WEB_HOSTS and not exchange.path.startswith("/v2/repositories") and not _is_api(exchange):
            yield proven(
                "wrong-host",
                "This is the web site, not the registry",
                f"{exchange.host} shows Docker Hub's pages; the registry's API is at registry-1.docker.io (docker.io "
                "in an image "
                "name).",
                [scene.proof(exchange, "url", "URL", exchange.url)],
                Fix(
                    "Use the registry's host.",
                    (
                        "curl -i "
                        f"https://registry-1.docker.io{exchange.path if exchange.path.startswith('/v2/') else '/v2/'}",
                    ),
                ),
            )
        elif exchange.path.startswith("/v1/") and (exchange.status or 0) >= 400 and exchange is scene.last:
            yield proven(
                "wrong-host",
                "The request went to the old v1 API",
                "Paths that begin with /v1/ belong to the index API of 2013, which registries no longer serve. It is "
                "often "
                "only a client's fallback after v2 failed: then the first error is the one that counts.",
                [scene.proof(exchange, "url", "URL", exchange.url)],
                Fix("Use the v2 API.", (f"curl -i {fixes.base_url(scene)}/v2/",)),
            )
        elif "/v2/" in exchange.path and not exchange.path.startswith("/v2/") and exchange.status in (400, 404, 405):
            yield from _misplaced(scene, exchange)
        elif exchange is scene.last and exchange.status == 404 and _no_route(exchange.path):
            name = exchange.path.removeprefix("/v2/").strip("/")
            yield proven(
                "wrong-host",
                "There is no such path in the registry's API",
                "Below /v2/ a path goes on with a repository's name and then /tags/list, /manifests/TAG or "
                "/blobs/DIGEST; this "
                "one stops too early.",
                [scene.proof(exchange, "url", "URL", exchange.url)],
                Fix(
                    "Ask for the repository's tags.",
                    (f"curl -i {quoted(f'{fixes.base_url(scene)}/v2/{name}/tags/list')}",),
                ),
            )
        elif exchange is scene.last and exchange.status == 404 and _outside(exchange):
            better = "/v2" + exchange.path
            yield likely(
                "wrong-host",
                "The path is not one of the registry's API",
                "Every path of a registry's API begins with /v2/.",
                [scene.proof(exchange, "url", "URL", exchange.url)],
                Fix("Put /v2 in front of the path.", (f"curl -i {quoted(f'{fixes.base_url(scene)}{better}')}",)),
            )


def _no_route(path: str) -> bool:
    """Whether a path below ``/v2/`` is none of the API's (OCI distribution spec, "Endpoints")."""
    known = re.search(r"/(?:manifests|blobs|referrers)/|/tags/list/?$|^/v2/(?:_catalog|token|auth)?/?$", path)
    return path.startswith("/v2/") and known is None


def _outside(exchange: Exchange) -> bool:
    """Whether a path that is known lies outside the registry's API."""
    return exchange.url is not None and not exchange.path.startswith(("/v2", "/v1", "/api"))


def _misplaced(scene: Scene, exchange: Exchange) -> Iterator[Finding]:
    before, _, after = exchange.path.partition("/v2/")
    key, slash, rest = after.partition("/")
    if not before.endswith("/api/docker") or not slash:
        return
    right = f"{before}/{key}/v2/{rest}"
    yield proven(
        "wrong-host",
        "In this path v2 stands in the wrong place",
        f"Artifactory's API path is /api/docker/<repository key>/v2/…: the repository key {shown(key)!r} comes before "
        "v2.",
        [scene.proof(exchange, "url", "URL", exchange.url)],
        Fix(
            "Put the repository key before v2.",
            (f"curl -i {quoted((exchange.url or '').replace(exchange.path, right))}",),
        ),
    )


def _is_api(exchange: Exchange) -> bool:
    return bool(exchange.challenges) or "docker-distribution-api-version" in exchange.response_headers


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
        forwarded(scene),
    )


def forwarded(scene: Scene) -> Fix:
    """The cure of a registry that does not know of the TLS in front of it."""
    return Fix(
        "Let the proxy say so with X-Forwarded-Proto, or give the registry its public address.",
        (
            "proxy_set_header Host $http_host;\nproxy_set_header X-Forwarded-Proto $scheme;",
            f"http:\n  host: https://{scene.registry or '<registry>'}\n  relativeurls: true",
        ),
    )


_WEB_PAGES = (
    (re.compile(r"quay\.io/repository/(?P<name>[\w.-]+/[\w.-]+)"), "quay.io"),
    (re.compile(r"(?:(?:hub|www)\.docker\.com|registry-1\.docker\.io)/r/(?P<name>[\w.-]+/[\w.-]+)"), "docker.io"),
    (re.compile(r"(?:hub\.docker\.com|registry-1\.docker\.io)/_/(?P<name>[\w.-]+)"), "docker.io"),
    (re.compile(r"gallery\.ecr\.aws/(?P<name>[\w.-]+/[\w.-]+)"), "public.ecr.aws"),
    (re.compile(r"github\.com/(?:orgs/)?(?P<name>[\w.-]+/[\w.-]+?)(?:/pkgs/container/[\w.-]+)?$"), "ghcr.io"),
    (re.compile(r"gitlab\.com/(?P<name>[\w.-]+(?:/[\w.-]+)+)"), "registry.gitlab.com"),
)
"""Addresses of web pages about images, and the registry that has the image."""


def web_page(scene: Scene) -> Iterator[Finding]:
    """An image named as its web page's address is."""
    if scene.ok or scene.wanted is None:
        return
    place = f"{scene.wanted.registry}/{scene.wanted.repository}"
    for page, registry in _WEB_PAGES:
        found = page.match(place)
        if found is None:
            continue
        right = f"{registry}/{found['name']}"
        tag = f":{scene.wanted.tag}" if scene.wanted.tag else ""
        yield proven(
            "wrong-host",
            "This is the address of a web page, not of an image",
            f"{shown(place)} is where a browser shows the image. Its name is {shown(right)}.",
            [Proof("reference", shown(scene.wanted.typed or place))],
            Fix(f"Write {right}.", (f"docker pull {right}{tag}",)),
        )
        return


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


RULES = (host, endpoints, host_in_name, login_place, web_page, downgraded)
