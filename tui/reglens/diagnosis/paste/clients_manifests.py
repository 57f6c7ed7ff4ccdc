"""What is said of manifests, tags, platforms, digests and media types."""

from __future__ import annotations

from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.paste.clients_table import table

ENTRIES = table(
    (
        (
            M.BLOB_UNKNOWN,
            "containerd",
            "content descriptor",
            r"content descriptor (?P<digest>sha256:[0-9a-f]{1,64})[^\"\n]{0,120}(?:from remote: )?not found",
            "containerd",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "dockerd",
            "manifest for",
            r"manifest for <<reference>> not found",
            "moby, daemon/internal/distribution/errors.go",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "docker",
            "no such manifest",
            r"no such manifest:? <<reference>>",
            "docker/cli, cli/command/manifest",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "dockerd",
            "not found in repository",
            r"Tag (?P<tag>[\w.-]{1,128}) not found in repository <<reference>>",
            "docker before 17",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "gcr",
            "failed to fetch",
            r"Failed to fetch <<\"tag>> from request <<\"path>>",
            "Google Artifact Registry",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "ecr",
            "requested image not found",
            r"Requested image not found",
            "Amazon ECR, MANIFEST_UNKNOWN",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "acr",
            "is not found",
            r"manifest tagged by <<\"tag>> is not found",
            "Azure Container Registry, MANIFEST_UNKNOWN",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "harbor",
            "not found",
            r"artifact <<reference>> not found",
            "goharbor/harbor, src/controller/artifact",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "containerd",
            "failed to resolve reference",
            r"failed to resolve reference \"?(?P<reference>[^\s\"]{1,300})\"?: (?!unexpected media type)\S{1,300}: "
            r"not found",
            "containerd, core/remotes/docker/resolver.go",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "buildkit",
            "not found",
            r"\b(?!sha256:)(?P<reference>[a-z0-9][\w./-]{1,200}(?::\d+)?[\w./-]{0,200}(?::[\w.-]{1,128}|"
            r"@sha256:[0-9a-f]{6,64})): not found",
            "buildkit, containerd",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "distribution",
            "unknown tag",
            r"unknown tag[=:] ?\"?(?P<tag>[\w.-]{1,128})",
            "distribution 3",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "distribution",
            "unknown manifest",
            r"unknown manifest (?:name=(?P<repository>\S{1,255}) )?(?:revision=)"
            r"?(?P<digest>sha256:[0-9a-f]{1,64})?",
            "distribution, errors.go",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "quay",
            "was deleted or has expired",
            r"Tag (?P<tag>[\w.-]{1,128}) was deleted or has expired",
            "quay/quay, endpoints/v2/manifest.py",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "helm",
            "unable to locate any tags",
            r"Unable to locate any tags in provided repository: (?P<reference>\S{1,300})",
            "helm, pkg/registry",
        ),
        (
            M.MANIFEST_UNKNOWN,
            "",
            "does not exist|missing|no such|not found|unknown",
            r"(?:no such|unknown|missing) (?:image )?tag\b|tag (?:\S{1,140} )?(?:does not exist|not found)",
            "several",
        ),
        (
            M.BLOB_UNKNOWN,
            "",
            "blob unknown|unknown blob",
            r"(?:unknown blob|blob unknown(?: to registry)?)",
            "distribution, BLOB_UNKNOWN",
        ),
        (M.BLOB_UNKNOWN, "", "unknown blob", r"unknown blob", "moby"),
        (
            M.DIGEST_DIFFERS,
            "containers/image",
            "does not match provided manifest digest",
            r"Manifest does not match provided manifest digest <<digest>>",
            "containers/image, manifest; docker/docker_image_src.go",
        ),
        (
            M.MEDIA_TYPE_UNSUPPORTED,
            "dockerd",
            "schema 1",
            r"(?:manifest )?version 2, schema 1 support (?:is|has been) (?:disabled|removed)",
            "moby, daemon/internal/distribution/pull_v2.go",
        ),
        (
            M.MEDIA_TYPE_UNSUPPORTED,
            "containerd",
            "is no longer supported since containerd",
            r"media type \"?(?P<media_type>[\w./+-]{1,120})\"? is no longer supported since containerd",
            "containerd, core/remotes/docker/schema1",
        ),
        (
            M.MEDIA_TYPE_UNSUPPORTED,
            "dockerd",
            "mediatype in manifest should be",
            r"mediaType in manifest should be '[^']{1,120}' not '(?P<media_type>[^']{0,120})'",
            "distribution, manifest/schema2",
        ),
        (
            M.MEDIA_TYPE_UNSUPPORTED,
            "dockerd",
            "missing signature key",
            r"\bmissing signature key\b",
            "docker/libtrust: an old client met a manifest without schema 1 signatures",
        ),
        (
            M.PLATFORM_UNKNOWN,
            "dockerd",
            "no matching manifest",
            r"no matching manifest for (?P<platform>[\w./()-]{1,60}(?: [\d.]{3,20})?)(?: in the manifest list "
            r"entries)?",
            "moby, daemon/internal/distribution/pull_v2.go",
        ),
        (
            M.PLATFORM_UNKNOWN,
            "containerd",
            "no match for platform",
            r"no match for platform in manifest(?: (?P<digest>sha256:[0-9a-f]{1,64}))?",
            "containerd, core/images/image.go",
        ),
        (
            M.PLATFORM_UNKNOWN,
            "containers/image",
            "no image found",
            r"no image found in (?:image index|manifest list) for architecture \"?(?P<platform>[\w]{1,40})"
            r"\"?, (?:variant \"?\w{0,20}\"?, )?OS \"?(?P<os>\w{1,20})",
            "containers/image, internal/manifest",
        ),
        (
            M.PLATFORM_UNKNOWN,
            "crane",
            "no child with platform",
            r"no child with platform (?P<platform>[^\"]{1,80}?) in index <<reference>>",
            "google/go-containerregistry",
        ),
        (
            M.PLATFORM_UNKNOWN,
            "",
            "image with reference",
            r"image with reference \S{1,300} was found but does not (?:match|provide) the (?:specified )" r"?platform",
            "moby",
        ),
        (
            M.ACCEPT_REFUSED,
            "distribution",
            "accept header",
            r"OCI (?P<reason>index|manifest) found, but accept header does not support OCI (?:indexes|" r"manifests)",
            "distribution 2.8, registry/handlers/manifests.go; GHCR",
        ),
        (
            M.ACCEPT_REFUSED,
            "",
            "accept header",
            r"(?:manifest|media type)[^\"]{0,120} (?:not|un)[- ]?(?:supported|acceptable)[^\"]{0,60} accept "
            r"header|accept header does not support",
            "several registries",
        ),
        (
            M.ACCEPT_REFUSED,
            "",
            "accept header",
            r"(?:check|based on|none of) (?:the )?Accept headers?",
            "Artifactory, GitLab",
        ),
        (
            M.MANIFEST_CONVERTED,
            "distribution",
            "in schema1 format",
            r"rewriting manifest (?:list )?(?P<digest>sha256:[0-9a-f]{1,64})?.{0,40}in schema1 format to "
            r"support old client",
            "distribution 2.8, registry/handlers/manifests.go",
        ),
        (
            M.MEDIA_TYPE_UNSUPPORTED,
            "",
            "media",
            r"(?:unsupported|unexpected|unknown|invalid|unrecognized) (?:layer |manifest |config )?media[ "
            r"-]?type(?!.{0,3}text/html):? ?\"?(?P<media_type>[\w./+-]{0,120})",
            "moby, containers/image, ggcr, oras",
        ),
        (
            M.MEDIA_TYPE_UNSUPPORTED,
            "",
            "unsupported",
            r"unsupported (?:manifest )?schema ?[vV]ersion",
            "moby, containers/image",
        ),
        (
            M.MEDIA_TYPE_UNSUPPORTED,
            "",
            "schema",
            r"(?:manifest )?schema ?v?1 (?:\S{1,40} )?(?:is )?(?:unsupported|no longer supported|not " r"supported)",
            "distribution, moby",
        ),
        (
            M.MANIFEST_INVALID,
            "",
            "manifest",
            r"manifest invalid|manifest tag did not match URI",
            "distribution, MANIFEST_INVALID",
        ),
        (
            M.DIGEST_DIFFERS,
            "",
            "digest",
            r"(?:digest (?:mismatch|did not match|verification failed)|manifest verification failed for "
            r"digest|filesystem layer verification failed for digest) ?\"?(?P<digest>sha256:[0-9a-f]{1,64})?",
            "moby, containers/image",
        ),
        (
            M.DIGEST_DIFFERS,
            "crane",
            "does not match requested digest",
            r"manifest digest: \"(?P<reason>[^\"]{1,100})\" does not match requested digest: "
            r"\"(?P<digest>[^\"]{1,100})\"",
            "google/go-containerregistry",
        ),
        (
            M.DIGEST_DIFFERS,
            "",
            "did not match uploaded content",
            r"provided digest did not match uploaded content",
            "distribution, DIGEST_INVALID",
        ),
        (
            M.DIGEST_DIFFERS,
            "containerd",
            "failed size validation",
            r"failed size validation: (?P<reason>\d{1,20} != \d{1,20})",
            "containerd",
        ),
        (
            M.DIGEST_DIFFERS,
            "containerd",
            "unexpected commit digest",
            r"unexpected commit digest (?P<digest>sha256:[0-9a-f]{1,64}), expected "
            r"(?P<expected>sha256:[0-9a-f]{1,64})",
            "containerd",
        ),
    )
)
