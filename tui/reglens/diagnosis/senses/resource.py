"""What is said of what was wanted."""

from __future__ import annotations

from reglens.diagnosis.senses.model import Sense, sense

SENSES: dict[str, Sense] = {
    "reference-invalid": sense("The image name or tag breaks the grammar.", "repository-name-invalid", True),
    "name-upper-case": sense("The repository name holds an upper-case letter.", "repository-name-invalid", True),
    "short-name": sense(
        "The name has no registry in it and the client will not guess one.",
        "wrong-host repository-name-invalid",
    ),
    "repository-unknown": sense("There is no such repository.", "repository-not-found", True),
    "project-unknown": sense("There is no such project, namespace or organisation.", "repository-not-found", True),
    "registry-unknown": sense("There is no registry of that name on this service.", "wrong-host registry-unreachable"),
    "manifest-unknown": sense("The tag or digest is not there.", "manifest-unknown", True),
    "blob-unknown": sense("A layer or config is not there.", "manifest-unknown proxy-interference registry-error"),
    "upload-lost": sense(
        "The registry does not know, or cannot go on with, an upload that it began.",
        "registry-error proxy-interference",
    ),
    "platform-unknown": sense("The image is there, not for this platform.", "manifest-unknown", True),
    "not-found": sense(
        "404, and nothing says whether the repository, the tag or the path is missing.",
        "manifest-unknown repository-not-found wrong-host endpoint-unsupported",
    ),
    "accept-refused": sense(
        "The registry has the manifest in a media type that the request did not accept.",
        "accept-missing",
        True,
    ),
    "manifest-converted": sense(
        "The registry made up an old-format manifest because the request did not accept the stored one.",
        "accept-missing",
        True,
    ),
    "media-type-unsupported": sense("Client or registry does not handle this media type.", "accept-missing"),
    "manifest-invalid": sense("The registry refuses the pushed manifest as invalid.", "registry-error"),
    "digest-differs": sense(
        "The content does not have the digest that was asked for or announced.",
        "proxy-interference registry-error accept-missing",
    ),
    "endpoint-unsupported": sense("The registry does not offer this operation or path.", "endpoint-unsupported"),
    "path-misplaced": sense("The server does not find a repository at this place of the path.", "wrong-host", True),
    "local-image-missing": sense("The image to push or run is not in the local store."),
}
