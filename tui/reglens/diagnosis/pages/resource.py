"""Pages about what is there."""

from __future__ import annotations

from reglens.diagnosis.pages.model import Page

PAGES = (
    Page(
        "repository-not-found",
        "There is no such repository",
        "There is no such repository (many registries answer 401 or denied for it).",
        "NAME_UNKNOWN; or 'repository does not exist or may require docker login', which Docker Hub says for a "
        "private and a "
        "missing one alike.",
        "Check the name, with its namespace or project. ECR and Artifact Registry: create the repository first, a "
        "push does "
        "not. Harbor: create the project first. Docker Hub: a name of one part is an official image or nothing.",
        "aws ecr create-repository --repository-name team/app",
    ),
    Page(
        "manifest-unknown",
        "There is no such tag or digest",
        "The repository is there; the tag, digest or platform is not.",
        "404 MANIFEST_UNKNOWN; docker says manifest unknown, or no matching manifest for linux/arm64.",
        "List the tags and take one. latest is only a name, which nobody need have pushed. For a platform that is "
        "missing: "
        "--platform linux/amd64, or build for it. After a cache's or proxy's 404 look at its log: it may hide another "
        "failure.",
        "reglens tags docker.io/library/alpine",
    ),
)
