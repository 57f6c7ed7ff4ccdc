"""How each kind of registry means what it answers. One table; by what a registry is told to be one of them stands in
`reglens.oci.hosts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reglens.oci import hosts
from reglens.oci.hosts import Kind


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of registry.

    `kind` holds the marks by which it is told. `login` is the command that logs in (``{registry}`` and ``{user}`` are
    filled in), `secret` what belongs there as the password, `pull_right` and `push_right` the rights that it calls so.
    `hides` says that it answers alike for a private and a missing repository; `creates` that a push creates the
    repository; `catalog` how its repositories can be listed. `grants_in_access` is False where tokens carry their
    grants otherwise or not at all; `checks_audience` False where ``aud`` is never looked at; `fixed_service` that its
    service never varies; `opaque_tokens` that its tokens need not be JWTs; `own_realm` that its tokens come from the
    registry's own host; `basic` that it takes Basic alone,
    `bearer_only` that it never takes Basic; `realm_setting` is the setting that makes its realm;
    `depth` the most components that a repository's name may have, 0 where there is no such bound.
    """

    kind: Kind
    login: str = "docker login {registry} -u {user}"
    secret: str = "your password or an access token"  # noqa: S105 - words about a secret
    pull_right: str = "read access to the repository"
    push_right: str = "write access to the repository"
    catalog: str = ""
    hides: bool = True
    creates: bool = True
    grants_in_access: bool = True
    checks_audience: bool = True
    fixed_service: bool = False
    opaque_tokens: bool = False
    own_realm: bool = False
    bearer_only: bool = False
    depth: int = 0
    realm_setting: str = ""
    basic: bool = False
    status: str = ""
    note: str = ""

    @property
    def key(self) -> str:
        """The short name of the product."""
        return self.kind.key

    @property
    def name(self) -> str:
        """The name that people know it by."""
        return self.kind.name

    @property
    def host(self) -> re.Pattern[str] | None:
        """What its host names look like."""
        return self.kind.host

    @property
    def service(self) -> str:
        """The service that its challenges name."""
        return self.kind.service

    @property
    def realm(self) -> str:
        """A path or host that marks its token server."""
        return self.kind.realm

    @property
    def issuer(self) -> str:
        """Who signs its tokens."""
        return self.kind.issuer


HUB = Product(
    hosts.HUB,
    depth=2,
    fixed_service=True,
    bearer_only=True,
    login="docker login -u {user}",
    secret="a personal access token (https://app.docker.com/settings/personal-access-tokens)",  # noqa: S106
    pull_right="read access: be a member of the organisation, or a collaborator of the repository",
    push_right="write access: be the owner, a collaborator, or in a team with Read & Write; a token with the right "
    "Write",
    catalog="https://hub.docker.com/v2/repositories/{namespace}/?page_size=100",
    status="https://www.dockerstatus.com",
    note="Docker Hub answers the same for a private repository and for one that does not exist.",
)
GHCR = Product(
    hosts.GHCR,
    fixed_service=True,
    bearer_only=True,
    login='echo "$TOKEN" | docker login {registry} -u {user} --password-stdin',
    secret="a personal access token (classic) with read:packages, or in a workflow the GITHUB_TOKEN",  # noqa: S106
    pull_right="read:packages on the token, and read access to the package",
    push_right="packages: write for the workflow's GITHUB_TOKEN, or write:packages on a classic token, and write "
    "access "
    "to the package (Package settings, Manage Actions access)",
    status="https://www.githubstatus.com",
    opaque_tokens=True,
    note="GHCR answers an unknown or private package alike.",
)
QUAY = Product(
    hosts.QUAY,
    depth=2,
    fixed_service=True,
    bearer_only=True,
    secret="a robot account's token, or the encrypted password of the account settings",  # noqa: S106
    pull_right="the right Read on the repository for this user or robot",
    push_right="the right Write on the repository for this user or robot",
    catalog="https://{registry}/api/v1/repository?namespace={namespace}",
    status="https://status.quay.io",
    note="Quay answers unauthorized for a private and for a missing repository alike; it explains in the body.",
)
HARBOR = Product(
    hosts.HARBOR,
    own_realm=True,
    realm_setting="external_url (or hostname) in harbor.yml, externalURL in the chart",
    login="docker login {registry} -u '{user}'",
    secret="the CLI secret of the user profile, or a robot account's secret",  # noqa: S106
    pull_right="the role Guest or Limited Guest in the project, or a robot with pull",
    push_right="the role Developer, Maintainer or Project Admin in the project, or a robot with push",
    catalog="https://{registry}/api/v2.0/projects",
    creates=False,
    note="Harbor answers alike for a project that does not exist and one that the caller may not see; a push never "
    "creates a project.",
)
GITLAB = Product(
    hosts.GITLAB,
    bearer_only=True,
    realm_setting="registry_external_url and gitlab_rails['gitlab_host'] in gitlab.rb (realm: …/jwt/auth)",
    secret="a personal, project or deploy token with read_registry or write_registry (in CI: $CI_REGISTRY_PASSWORD)",  # noqa: S106
    pull_right="the scope read_registry and at least the role Reporter in the project",
    push_right="the scope write_registry and at least the role Developer in the project",
    catalog="https://{gitlab}/api/v4/projects/<id>/registry/repositories",
    status="https://status.gitlab.com",
    note="GitLab's repository names begin with the project's path.",
)
ECR = Product(
    hosts.ECR,
    login="aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}",
    secret="what `aws ecr get-login-password` prints (12 hours)",  # noqa: S106
    pull_right="ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer",
    push_right="ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload, ecr:PutImage and "
    "ecr:BatchCheckLayerAvailability",
    catalog="aws ecr describe-repositories --region {region}",
    creates=False,
    hides=False,
    basic=True,
    note="ECR takes Basic with the user AWS, and a push creates no repository.",
)
ECR_PUBLIC = Product(
    hosts.ECR_PUBLIC,
    login="aws ecr-public get-login-password --region us-east-1 | docker login --username AWS --password-stdin "
    "public.ecr.aws",
    secret="what `aws ecr-public get-login-password --region us-east-1` prints",  # noqa: S106
    creates=False,
)
ACR = Product(
    hosts.ACR,
    login="az acr login --name {name}",
    secret="a token's or service principal's password",  # noqa: S106
    pull_right="the role AcrPull (or Container Registry Repository Reader)",
    push_right="the role AcrPush (or Container Registry Repository Writer)",
    catalog="az acr repository list --name {name}",
    note="ACR refuses addresses that its network rules do not list.",
)
GAR = Product(
    hosts.GAR,
    login="gcloud auth configure-docker {registry}",
    secret="_json_key with a key file, or oauth2accesstoken with `gcloud auth print-access-token`",  # noqa: S106
    pull_right="the role roles/artifactregistry.reader",
    push_right="the role roles/artifactregistry.writer",
    catalog="gcloud artifacts docker images list {registry}/<project>/<repository>",
    creates=False,
    status="https://status.cloud.google.com",
    note="Artifact Registry's names are project/repository/image, and the repository must exist.",
)
ARTIFACTORY = Product(
    hosts.ARTIFACTORY,
    secret="an identity token or API key of the user profile",  # noqa: S106
    pull_right="the permission Read on the repository",
    push_right="the permissions Deploy/Cache (and Delete/Overwrite for existing tags) on the repository",
    creates=False,
    note="With the repository path method the name begins with the repository's key; in its REST API the key stands "
    "before /v2/.",
)
NEXUS = Product(
    hosts.NEXUS,
    secret="the Nexus password or user token",  # noqa: S106
    pull_right="nx-repository-view-docker-<repository>-read and -browse",
    push_right="nx-repository-view-docker-<repository>-add and -edit, on a hosted repository",
    creates=True,
    note="Nexus needs the Docker Bearer Token Realm switched on for docker clients, and a connector port or a path for "
    "each repository.",
)
GITEA = Product(
    hosts.GITEA,
    own_realm=True,
    realm_setting="ROOT_URL under [server] in app.ini",
    secret="an access token with the scope read:package or write:package",  # noqa: S106
    pull_right="the token scope read:package",
    push_right="the token scope write:package",
    note="Gitea's challenge names no service and no scope.",
)
ZOT = Product(
    hosts.ZOT,
    checks_audience=False,
    note="zot answers an invalid token with 401 and no challenge.",
)
MCR = Product(hosts.MCR, hides=False)
KUBERNETES = Product(
    hosts.KUBERNETES,
    hides=False,
    note="registry.k8s.io redirects to registries and storage near the caller; nobody can push to it.",
)
NVCR = Product(
    hosts.NVCR,
    login="docker login {registry} -u '$oauthtoken'",
    secret="an NGC API key; the user is the word $oauthtoken itself",  # noqa: S106
    pull_right="access to the image's team or organisation in NGC",
)
IBM = Product(
    hosts.IBM,
    login="docker login {registry} -u iamapikey",
    secret="an IBM Cloud API key; the user is the word iamapikey itself",  # noqa: S106
    pull_right="the role Reader of Container Registry in the namespace",
    push_right="the role Writer of Container Registry in the namespace",
    catalog="ibmcloud cr images",
    creates=True,
)
OPENSHIFT = Product(
    hosts.OPENSHIFT,
    own_realm=True,
    login="oc registry login",
    secret="`oc whoami -t`",  # noqa: S106
    pull_right="the role system:image-puller in the project",
    push_right="the role system:image-pusher or registry-editor in the project",
)
OLAREG = Product(hosts.OLAREG, opaque_tokens=True, hides=False)
DISTRIBUTION = Product(
    hosts.DISTRIBUTION,
    hides=False,
    pull_right="the right pull for this repository at the token server",
    push_right="the rights pull and push for this repository at the token server",
    catalog="curl -H 'Authorization: Bearer …' https://{registry}/v2/_catalog",
    note="distribution answers every token problem with the same 401; only its log says more.",
)
UNKNOWN = Product(hosts.UNKNOWN, hides=True)

ALL = (
    HUB, GHCR, QUAY, HARBOR, GITLAB, ECR, ECR_PUBLIC, ACR, GAR, ARTIFACTORY, NEXUS, GITEA, ZOT, MCR, KUBERNETES, NVCR,
    IBM, OPENSHIFT, OLAREG,
)  # fmt: skip
_OF = {product.key: product for product in (*ALL, DISTRIBUTION)}


def is_server(teller: str) -> bool:
    """Whether a line's words are those of a registry, whichever client passes them on."""
    return teller in _TELLERS and teller != "ecr-login"


def speaker(teller: str) -> str:
    """Who wrote a line, by the name that people know: a service's own, else the program's."""
    key = _TELLERS.get(teller)
    return _OF[key].name if key in _OF else teller


def looks_like_host(name: str) -> bool:
    """Whether a repository's name is a registry's host: one of a known product, or with a port."""
    return re.fullmatch(r"[\w.-]+:\d{1,5}", name) is not None or (
        "." in name and any(p.host is not None and p.host.search(name) for p in ALL)
    )


def recognise(
    registry: str,
    *,
    service: str | None = None,
    realm: str | None = None,
    issuer: str | None = None,
    headers: Mapping[str, str] | None = None,
    tellers: Iterable[str] = (),
) -> Product:
    """The product behind a registry, by whatever is known of it; `UNKNOWN` if nothing tells (`hosts.recognise`)."""
    kind = hosts.recognise(registry, service=service, realm=realm, issuer=issuer, headers=headers)
    if kind.key in _OF:
        return _OF[kind.key]
    return next((_OF[_TELLERS[teller]] for teller in tellers if teller in _TELLERS), UNKNOWN)


_TELLERS = {"docker hub": "hub", "ecr-login": "ecr", "gcr": "gar"} | {
    key: key for key in ("ghcr", "quay", "harbor", "gitlab", "ecr", "acr", "artifactory", "nexus", "gitea", "zot")
}
"""Servers by the names that tell of them (`reglens.diagnosis.paste.clients`)."""
