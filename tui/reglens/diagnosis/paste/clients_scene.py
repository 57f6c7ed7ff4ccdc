"""Lines that only set the scene: what was wanted, what was tried, what was asked for."""

from __future__ import annotations

from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.paste.clients_table import table

ENTRIES = table(
    (
        (
            M.CACHE_MISS,
            "distribution",
            "serving from upstream",
            r"serving from upstream",
            "distribution, registry/proxy/proxyblobstore.go; docker/docs#3872",
        ),
        (
            M.WANTED,
            "kubelet",
            'image "',
            r"(?:Failed to pull|Pulling|Error pulling|error pulling) image \"(?P<reference>[^\"\s]{1,300})\"",
            "kubernetes, pkg/kubelet/images",
        ),
        (
            M.WANTED,
            "containerd",
            "pull and unpack image",
            r"failed to pull and unpack image \"(?P<reference>[^\"\s]{1,300})\"",
            "containerd, client/pull.go",
        ),
        (
            M.WANTED,
            "containerd",
            "failed to resolve",
            r"failed to resolve (?:reference|image) \"?(?P<reference>[^\"\s]{1,300}?)\"?: ",
            "containerd, core/remotes/docker",
        ),
        (
            M.WANTED,
            "buildkit",
            "resolve source metadata",
            r"failed to resolve source metadata for (?P<reference>[^\s:]{1,200}(?::\d{1,5}/[^\s:]{1,200})"
            r"?(?::[\w.-]{1,128})?(?:@sha256:[0-9a-f]{64})?)",
            "moby/buildkit, frontend",
        ),
        (
            M.WANTED,
            "buildkit",
            "from|load metadata for",
            r"(?:load metadata for|FROM) (?P<reference>[a-z0-9][\w.-]{0,80}(?::\d{1,5})"
            r"?/[^\s:]{1,200}(?::[\w.-]{1,128})?)",
            "moby/buildkit",
        ),
        (
            M.WANTED,
            "docker-compose",
            "pulling",
            r"Pulling [\w.-]{1,60} \((?P<reference>[a-z0-9][\w./-]{1,200}(?::[\w.-]{1,128}|@sha256:[0-9a-f]{64})?)\)",
            "docker/compose before 2, compose/service.py",
        ),
        (
            M.WANTED,
            "helm",
            "could not download oci://",
            r"could not download oci://(?P<reference>[^\s\"':]{1,200}(?::\d{1,5}/[^\s\"':]{1,200})?)",
            "helm, pkg/downloader/manager.go",
        ),
        (
            M.WANTED,
            "docker",
            "the push refers to",
            r"The push refers to (?:a )?repository \[(?P<reference>[^\]]{1,300})\]",
            "moby",
        ),
        (
            M.WANTED,
            "docker",
            "layer already exists|: pushed|: pushing|: preparing|: mounted from",
            r"\b[0-9a-f]{12}: (?:Layer already exists|Push(?:ed|ing)|Preparing|Mounted from)\b",
            "moby, distribution/xfer, push_v2.go",
        ),
        (
            M.WANTED,
            "podman",
            "trying to pull",
            r"Trying to pull (?:repository )?(?P<reference>[^\s\"]{1,300}?)(?:\.\.\.| \.\.\.| …|\s|$)",
            "podman, dockerd",
        ),
        (
            M.WANTED,
            "docker",
            "unable to find image",
            r"Unable to find image '(?P<reference>[^']{1,300})' locally",
            "docker/cli",
        ),
        (
            M.WANTED,
            "docker",
            "image",
            r"(?:error|failed) (?:pulling|to pull|to push|pushing) (?:the )?image:? (?:"
            r"[`'\"](?P<reference>\w[^\s`'\"]{1,300})[`'\"](?! to \"docker://)|"
            r"(?P<reference2>\w[\w.-]{0,200}(?:[:/@][\w.-]{1,200}){1,12}?)(?=[,:]*(?:\s|$)))",
            "many clients; a name without quotes is one if it has a path or tag",
        ),
        (
            M.WANTED,
            "kaniko",
            "push to destination",
            r"failed to push to destination (?P<reference>[^\s\"]{1,300}?):{0,2}(?: |$)",
            "GoogleContainerTools/kaniko, pkg/executor/push.go",
        ),
        (
            M.WANTED,
            "renovate",
            '"dockerrepository"',
            r"\"registry\": \"(?P<registry>https?://[^\"\s]{1,200})\",? \"dockerRepository\": "
            r"\"(?P<repository>[^\"\s]{1,255})\"",
            "renovatebot/renovate, lib/modules/datasource/docker",
        ),
        (
            M.LOGIN_PREPARED,
            "ecr",
            "aws ecr get-login",
            r"aws ecr get-login(?:-password)?\b[^|\n)`]{0,200}?--region[ =]\"?"
            r"(?P<region>[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d)\b",
            "AWS CLI, ecr get-login",
        ),
        (
            M.WANTED,
            "buildah",
            'to "docker://',
            r"pushing image \"[^\"\s]{1,300}\" to \"docker://(?P<reference>[^\"\s]{1,300})\"",
            "containers/buildah, cmd/buildah/push.go",
        ),
        (
            M.WANTED,
            "crane",
            "copying|fetching|pulling|pushing",
            r"(?:pulling|pushing|copying|fetching) (?P<reference>[a-z0-9][\w.-]{0,100}(?::\d{1,5})"
            r"?/[^\s:]{1,200}(?::[\w.-]{1,128}|@sha256:[0-9a-f]{64})?): ",
            "crane, oras, helm",
        ),
        (
            M.WANTED,
            "containers/image",
            "at destination: pinging container registry|error initializing source|initializing "
            "destination|initializing source",
            r"(?:initializing source|initializing destination|Error initializing source|trying to reuse blob "
            r"\S{1,90} at destination: pinging container registry) (?:docker://)"
            r"?(?P<reference>[^\s\"]{1,300}?):? ",
            "containers/image, copy/copy.go",
        ),
        (
            M.WANTED,
            "containers/image",
            "determining|fetching|reading|writing",
            r"(?:reading|fetching|determining|writing) (?:manifest|digest|config|blob) (?P<tag>\S{1,140}) "
            r"(?:in|to) (?P<reference>[^\s:\"]{1,300})",
            "containers/image, docker",
        ),
        (
            M.WANTED,
            "kaniko",
            "push permission",
            r"checking push permission for \"(?P<reference>[^\"]{1,300})\"",
            "GoogleContainerTools/kaniko, pkg/executor/push.go",
        ),
        (
            M.TRYING,
            "dockerd",
            "trying to pu",
            r"Trying to (?:pull|push) \S{1,300} (?:from|to) (?P<url>https?://\S{1,200})",
            "moby, daemon/internal/distribution",
        ),
        (M.DEFAULT_TAG, "docker", "using default tag", r"Using default tag: (?P<tag>\S{1,128})", "docker/cli"),
        (
            M.FALLING_BACK,
            "dockerd",
            "attempting next endpoint",
            r"Attempting next endpoint for (?P<action>pull|push) after error",
            "moby, daemon/internal/distribution",
        ),
        (
            M.FALLING_BACK,
            "dockerd",
            "not continuing",
            r"Not continuing with (?P<action>pull|push) after error",
            "moby, daemon/internal/distribution",
        ),
        (
            M.FALLING_BACK,
            "containerd",
            "trying next host",
            r"trying next host",
            "containerd, core/remotes/docker/resolver.go",
        ),
        (
            M.BACK_OFF,
            "kubelet",
            "back-off pulling image",
            r"Back-off pulling image \"?(?P<reference>[^\s\"]{1,300})",
            "kubernetes, pkg/kubelet/images",
        ),
        (
            M.BACK_OFF,
            "kubelet",
            "imagepull",
            r"\b(?:ImagePullBackOff|ErrImagePull)\b",
            "kubernetes, pkg/kubelet/images/types.go",
        ),
        (
            M.TOKEN_REQUEST,
            "portus",
            '"scope"=>',
            r"Parameters: \{[^}]{0,200}\"scope\"=>\"(?P<scope>[^\"]{1,300})"
            r"\"(?:[^}]{0,200}\"service\"=>\"(?P<service>[^\"]{1,200})\")?",
            "Ruby on Rails' log (Portus, GitLab)",
        ),
        (
            M.TOKEN_REQUEST,
            "docker_auth",
            "auth request",
            r"Auth request: \{(?P<account>[^:@\s]{0,120}):\S{0,80}@\S{1,60} \[(?P<scope>[^\n]{0,300}?)\]\}",
            "cesanta/docker_auth, auth_server/server",
        ),
        (
            M.TOKEN_RECEIVED,
            "dockerd",
            "increasing token expiration",
            r"Increasing token expiration to: (?P<limit>\d{1,9}) seconds",
            "distribution, internal/client/auth/session.go",
        ),
    )
)
