"""Which product stands behind a registry's name: one table of the marks by which each can be told.

A product is known by its host, by the service and realm of its challenge, by its tokens' issuer or its headers; never
by the wording of its errors. What a client does differently for it stands in `reglens.registry.products`, what its
answers mean in `reglens.diagnosis.products`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from reglens.oci.reference import HUB as HUB_HOST


@dataclass(frozen=True, slots=True)
class Kind:
    """The marks of one product.

    `host` matches its host names; `sole` says that only this one service has such a host. `service` is the service
    that its challenges name, `realm` a path or host that marks its token server, `issuer` who signs its tokens.
    `pairs` are hosts of registry and token server that its operator runs, though their names do not show it.
    """

    key: str
    name: str
    host: re.Pattern[str] | None = None
    service: str = ""
    realm: str = ""
    issuer: str = ""
    sole: bool = False
    pairs: tuple[tuple[str, str], ...] = ()


def _host(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


HUB = Kind(
    "hub",
    "Docker Hub",
    _host(r"(?:docker\.io|index\.docker\.io|registry-1\.docker\.io|registry\.hub\.docker\.com)"),
    service="registry.docker.io",
    realm="auth.docker.io",
    issuer="auth.docker.io",
    sole=True,
    pairs=((HUB_HOST, "auth.docker.io"),),
)
GHCR = Kind(
    "ghcr",
    "GitHub Container Registry",
    _host(r"(?:[\w.-]+\.)?ghcr\.io|containers\.[\w.-]+\.ghe\.com"),
    service="ghcr.io",
    sole=True,
)
QUAY = Kind(
    "quay", "Quay", _host(r"(?:[\w-]+\.)?quay\.io|quay[\w.-]*"), service="quay.io", realm="/v2/auth", issuer="quay"
)
HARBOR = Kind(
    "harbor",
    "Harbor",
    _host(r"(?:[\w-]+\.)*harbor[\w.-]*"),
    service="harbor-registry",
    realm="/service/token",
    issuer="harbor-token-issuer",
)
GITLAB = Kind(
    "gitlab",
    "GitLab Container Registry",
    _host(r"(?:[\w-]+\.)*(?:registry\.)?gitlab[\w.-]*"),
    service="container_registry",
    realm="/jwt/auth",
    issuer="gitlab-issuer",
    pairs=(("registry.gitlab.com", "gitlab.com"),),
)
# amazon-ecr-credential-helper, ecr-login/api/client.go: the partitions, the FIPS and the dual-stack names
ECR = Kind(
    "ecr",
    "Amazon ECR",
    _host(r"[\w<>-]+\.dkr[.-]ecr(?:-fips)?\.[\w.-]+"),
    service="ecr.amazonaws.com",
    sole=True,
)
ECR_PUBLIC = Kind(
    "ecr-public", "Amazon ECR Public", _host(r"public\.ecr\.aws|ecr-public\.aws\.com"), "public.ecr.aws", sole=True
)
ACR = Kind(
    "acr",
    "Azure Container Registry",
    _host(r"[\w.-]+\.azurecr\.(?:io|cn|us)"),
    realm="/oauth2/token",
    issuer="Azure Container Registry",
    sole=True,
)
# go-containerregistry, pkg/v1/google/keychain.go
GAR = Kind(
    "gar", "Google Artifact Registry", _host(r"(?:[\w-]+\.)?gcr\.io|[\w-]+\.pkg\.dev"), realm="/v2/token", sole=True
)
ARTIFACTORY = Kind(
    "artifactory", "JFrog Artifactory", _host(r"[\w.-]+\.jfrog\.io|(?:[\w-]+\.)*artifactory[\w.-]*"), "", "/api/docker/"
)
NEXUS = Kind("nexus", "Sonatype Nexus", _host(r"(?:[\w-]+\.)*nexus[\w.-]*"), realm="/v2/token")
GITEA = Kind(
    "gitea",
    "Gitea",
    _host(r"(?:[\w-]+\.)*(?:gitea|forgejo|codeberg)[\w.-]*"),
    service="container_registry",
    realm="/v2/token",
)
ZOT = Kind("zot", "zot", _host(r"(?:[\w-]+\.)*zot[\w.-]*"))
MCR = Kind("mcr", "Microsoft Container Registry", _host(r"mcr\.microsoft\.com"), sole=True)
KUBERNETES = Kind("k8s", "registry.k8s.io", _host(r"registry\.k8s\.io"), sole=True)
NVCR = Kind("nvcr", "NVIDIA NGC", _host(r"nvcr\.io"), sole=True)
IBM = Kind("ibm", "IBM Cloud Container Registry", _host(r"(?:[\w-]+\.)?icr\.io"), sole=True)
OPENSHIFT = Kind(
    "openshift",
    "OpenShift",
    _host(r"[\w.-]*image-registry[\w.-]*|registry\.access\.redhat\.com|docker-registry\.default\.svc[\w.:-]*"),
    realm="/openshift/token",
)
# https://github.com/apple/container/issues/2268
SCALEWAY = Kind(
    "scaleway",
    "Scaleway Container Registry",
    _host(r"rg\.[\w-]+\.scw\.cloud"),
    sole=True,
    pairs=tuple((f"rg.{region}.scw.cloud", "api.scaleway.com") for region in ("fr-par", "nl-ams", "pl-waw")),
)
OLAREG = Kind("olareg", "olareg", service="olareg registry")
DISTRIBUTION = Kind("distribution", "distribution")
UNKNOWN = Kind("unknown", "the registry")

ALL = (
    HUB, GHCR, QUAY, HARBOR, GITLAB, ECR, ECR_PUBLIC, ACR, GAR, ARTIFACTORY, NEXUS, GITEA, ZOT, MCR, KUBERNETES, NVCR,
    IBM, OPENSHIFT, SCALEWAY, OLAREG,
)  # fmt: skip
PAIRS = frozenset(pair for kind in ALL for pair in kind.pairs)
"""Hosts of registry and token server that one operator runs."""


def by_host(registry: str) -> Kind:
    """The product whose host it is, if only that one service has such a host; else `UNKNOWN`."""
    name = _name(registry)
    return next((k for k in ALL if k.sole and k.host and k.host.fullmatch(name)), UNKNOWN)


def recognise(
    registry: str,
    *,
    service: str | None = None,
    realm: str | None = None,
    issuer: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Kind:
    """The product behind a registry, by whatever is known of it; `UNKNOWN` if nothing tells.

    A host that only one service has decides first; then what the registry says of itself (service, issuer, realm),
    then the name it was given.
    """
    sole = by_host(registry)
    if sole is not UNKNOWN:
        return sole
    if service:
        parts = _split(realm or "")
        for kind in ALL:
            if kind.service == service and (kind is not GITEA or parts[1].endswith(GITEA.realm)):
                # GitLab and older versions of Gitea name the same service, and realms of their own
                return GITEA if service == GITEA.service and parts[1].endswith(GITEA.realm) else kind
    if issuer:
        for kind in ALL:
            if kind.issuer and kind.issuer == issuer:
                return kind
    if realm:
        parts = _split(realm)
        for kind in ALL:
            mark = kind.realm
            if mark and mark != "/v2/token" and (mark == parts[0] or (mark[0] == "/" and mark in parts[1])):
                return kind
    name = _name(registry)
    for kind in ALL:
        if kind.host and kind.host.fullmatch(name):
            return kind
    for key in headers or {}:
        if key.lower().startswith("x-harbor"):
            return HARBOR
        if key.lower().startswith(("x-artifactory", "x-jfrog")):
            return ARTIFACTORY
        if key.lower() == "docker-distribution-api-version" and service:
            return DISTRIBUTION
    return UNKNOWN


def _name(registry: str) -> str:
    host = registry.rpartition("@")[2].split("/")[0]
    return re.sub(r":\d+$", "", host)


def _split(realm: str) -> tuple[str, str]:
    try:
        parts = urlsplit(realm)
    except ValueError:
        return "", realm
    return parts.netloc, parts.path
