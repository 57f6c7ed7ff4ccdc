"""The fix where the request went to the wrong place, with this person's names in it."""

from __future__ import annotations

from reglens.diagnosis import products
from reglens.diagnosis.evidence import Report
from reglens.diagnosis.finding import Fix
from reglens.diagnosis.reading import split_url
from reglens.diagnosis.scene import Scene
from reglens.oci.reference import split_port


def path(scene: Scene, report: Report) -> Fix:
    """A path in which the registry finds no repository of its own (Artifactory, Artifact Registry)."""
    name = report.values.get("repository", "") or "<image>"
    host = scene.registry if scene.registry and not scene.is_hub else "<host>"
    return Fix(
        "Put the key of the registry's own repository before the image's name (the repository path method), or ask the "
        "repository's own host or port, as its web pages show under Set Me Up.",
        (f"docker push {host}/<repository key>/{name}",),
    )


def host(scene: Scene, report: Report) -> Fix:
    host = report.values.get("host", "")
    if scene.registry and not scene.is_hub and not scene.registry.endswith(("docker.com", "docker.io")):
        host = host or scene.registry
    if scene.is_hub or not host or "docker" in host:
        return Fix(
            "For Docker Hub the API's host is registry-1.docker.io, and docker.io in an image name (or no host "
            "at all).",
            ("curl -i https://registry-1.docker.io/v2/", "docker pull docker.io/<namespace>/<image>"),
        )
    return Fix(
        f"Check the host and path: does {host} serve a registry? Its API answers at /v2/.",
        (f"curl -i https://{host}/v2/",),
    )


def lost_host(scene: Scene, report: Report) -> Fix:
    return Fix(
        "A variable in the image's name is empty, so its host or namespace is lost. Set it, and let the shell stop at "
        "unset "
        "variables.",
        ('echo "${REGISTRY:?is empty}/${NAMESPACE:?is empty}"',),
    )


def lost_namespace(scene: Scene, report: Report) -> Fix:
    name = (report.values.get("repository") or scene.repository).removeprefix("library/") or "<image>"
    if products.looks_like_host(name):
        return Fix(
            f"{name} is a registry's host and was taken for the name of a repository of Docker Hub. Name a repository "
            "behind it.",
            (f"reglens tags {name}/<repository>", f"docker pull {name}/<repository>:<tag>"),
        )
    return Fix(
        "A name without a host goes to Docker Hub, and without a namespace to library/, which is Docker's own: nobody "
        "else may push there. Give the image its registry's host and your namespace, or keep the tool from pushing.",
        (
            f"docker tag {name} <registry>/<namespace>/{name}",
            f"docker push <registry>/<namespace>/{name}",
        ),
    )


def login_place(scene: Scene, report: Report) -> Fix:
    if split_url(report.values.get("url", "")).path.endswith("/index.yaml"):
        place = report.values.get("host") or scene.registry or "<registry>"
        return Fix(
            "index.yaml belongs to the older chart repositories. A registry holds charts as OCI artifacts: name it "
            "with oci://, and in Argo CD set enableOCI and leave the scheme out of the url.",
            (f"helm pull oci://{place}/<chart> --version <version>", f'url: {place}\nenableOCI: "true"'),
        )
    host = scene.registry or report.values.get("host", "") or "<registry>"
    return Fix(
        f"At {host} there answers something, but no registry: a token server, a web interface or another port. Log in "
        "to the "
        "registry's own host and port.",
        (f"curl -i https://{host}/v2/", f"docker login {split_port(host)[0]}"),
    )
