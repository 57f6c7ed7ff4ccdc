"""What a client does otherwise for one product. One table; everything that does not stand here follows the protocol.

By what a registry is told to be one of them stands in `reglens.oci.hosts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reglens.auth.challenge import Challenge
from reglens.oci import hosts
from reglens.oci.hosts import Kind

FULL_NAME = "Type the repository's full name instead."


class Searching(StrEnum):
    """How a product's repositories are searched (`reglens.registry.finders`)."""

    CATALOGUE = "catalogue"
    DISCOVERED = "discovered"  # by what the registry says of its extensions, else the catalogue
    HUB = "hub"
    QUAY = "quay"
    HARBOR = "harbor"
    GITLAB = "gitlab"


@dataclass(frozen=True, slots=True)
class Product:
    """One product. `lists` is False where ``/v2/_catalog`` tells nobody anything, so that it is not asked; `onward`
    says how to go on where the repositories cannot be listed. `deletes` are the actions that deleting asks for."""

    kind: Kind
    searching: Searching = Searching.CATALOGUE
    lists: bool = True
    onward: str = FULL_NAME
    deletes: tuple[str, ...] = ("delete",)


HUB = Product(
    hosts.HUB,
    Searching.HUB,
    lists=False,  # containers/image, docker/docker_client.go, SearchRegistry; docker/hub-feedback issue 1614
    onward="Search it, or type a name such as alpine or owner/image.",
)
GHCR = Product(
    hosts.GHCR,
    lists=False,  # it answers 401, 403 or empty pages without end, never a list of what one may see
    onward="Type ghcr.io/owner/image; what an owner has stands at https://github.com/OWNER?tab=packages.",
)
QUAY = Product(
    hosts.QUAY,
    Searching.QUAY,
    onward="Type the full name, namespace/image; the web site lists a namespace.",
    deletes=("*",),  # it knows no delete, and answers 400 (containers/image, docker/docker_image_src.go)
)
HARBOR = Product(
    hosts.HARBOR,
    Searching.HARBOR,
    # goharbor/harbor issue 13573: the catalogue is for its administrators, by Basic alone
    onward="Harbor lists its catalogue to administrators alone: search, or type project/image.",
)
GITLAB = Product(
    hosts.GITLAB,
    Searching.GITLAB,
    onward="GitLab lists the images of one project at a time: search for the project's path, group/project.",
)
ECR_PUBLIC = Product(
    hosts.ECR_PUBLIC,
    lists=False,  # aws/containers-roadmap issue 1262: the gallery is the only list
    onward="Type public.ecr.aws/alias/image; https://gallery.ecr.aws lists them.",
)
GAR = Product(
    hosts.GAR, onward="Type the full name; gcloud artifacts docker images list HOST/PROJECT/REPOSITORY lists them."
)
MCR = Product(hosts.MCR)  # https://mcr.microsoft.com/v2/_catalog lists all, to everybody
KUBERNETES = Product(
    hosts.KUBERNETES,
    lists=False,  # kubernetes/registry.k8s.io, cmd/archeio/internal/app/handlers.go; its issue 162
    onward="Type the full name; https://explore.ggcr.dev/?repo=registry.k8s.io lists them.",
)
NVCR = Product(hosts.NVCR, onward="Type the full name; https://catalog.ngc.nvidia.com lists them.")
IBM = Product(hosts.IBM, onward="Type the full name; ibmcloud cr images lists those of your account.")
ZOT = Product(hosts.ZOT, Searching.DISCOVERED)
DISTRIBUTION = Product(hosts.DISTRIBUTION, Searching.DISCOVERED)
UNKNOWN = Product(hosts.UNKNOWN, Searching.DISCOVERED)

_OF = {
    product.kind.key: product
    for product in (
        HUB, GHCR, QUAY, HARBOR, GITLAB, ECR_PUBLIC, GAR, MCR, KUBERNETES, NVCR, IBM, ZOT, DISTRIBUTION, UNKNOWN,
    )
}  # fmt: skip


def by_host(registry: str) -> Product:
    """The product that alone has such a host, else `UNKNOWN`; asks nobody."""
    return _of(hosts.by_host(registry))


def recognise(registry: str, challenges: Iterable[Challenge] = ()) -> Product:
    """The product behind a registry, by its host and by what it asks for.

    A service that has hosts of its own is known by them alone: a mirror of Docker Hub, or a registry that claims its
    service, has neither its search nor its ways.
    """
    bearer = next((c for c in challenges if c.is_scheme("bearer")), None)
    service, realm = (bearer.service, bearer.realm) if bearer else (None, None)
    kind = hosts.recognise(registry, service=service, realm=realm)
    return _of(hosts.by_host(registry) if kind.sole else kind)


def _of(kind: Kind) -> Product:
    return _OF.get(kind.key) or Product(kind)
