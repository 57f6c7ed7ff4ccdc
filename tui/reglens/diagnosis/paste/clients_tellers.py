"""Who wrote a line, by its marks."""

from __future__ import annotations

import re

_TELLERS = (
    (
        "kubelet",
        re.compile(
            r"kubelet|Failed to pull image|ErrImagePull|ImagePullBackOff|remote_image\.go|kuberuntime|pod_workers"
        ),
    ),
    ("ctr", re.compile(r"^\s{0,8}(?:\S{1,40}\s)?ctr: ")),
    ("containerd", re.compile(r"failed to pull and unpack|failed to resolve reference|containerd\[|\bctr: ")),
    ("buildkit", re.compile(r"failed to solve|buildx|buildkit|source metadata|ERROR: failed to (?:push|build)")),
    ("jib", re.compile(r"\bjib-(?:maven|gradle)|cloud\.tools\.jib|GoogleContainerTools/jib|Containerizing app")),
    ("kaniko", re.compile(r"error building image|error pushing image|checking push permission|kaniko")),
    ("dockerd", re.compile(r"Error response from daemon|dockerd|docker\[|endpoint for (?:pull|push)|moby")),
    ("skopeo", re.compile(r"(?:FATA\[|level=fatal).{0,200}docker://")),
    ("nerdctl", re.compile(r"tryLoginWithRegHost|nerdctl")),
    (
        "podman",
        re.compile(
            r"podman|buildah|containers/image|initializing source|initializing destination|copying "
            r"system image|Trying to pull "
        ),
    ),
    ("skopeo", re.compile(r"skopeo|Error initializing (?:source|destination)|pinging container registry")),
    ("crane", re.compile(r"\[map\[|crane|(?:GET|HEAD|POST|PUT|PATCH) https?://\S+: (?:unexpected status|[A-Z_]+:)")),
    ("oras", re.compile(r"Error response from registry|response status code \d|\boras\b")),
    ("regctl", re.compile(r"\[http \d{3}\]|regctl|regclient")),
    ("helm", re.compile(r"\bhelm\b|INSTALLATION FAILED|failed to perform \"FetchReference\"")),
    (
        "harbor",
        re.compile(
            r"\[/(?:server|core|pkg|controller|lib|common)/\S+\.go:\d+\]|harbor-(?:core|registry|portal)|goharbor"
        ),
    ),
    ("nginx", re.compile(r"nginx|\[error\] \d+#\d+")),
    ("distribution", re.compile(r"go\.version=|http\.request\.|registry\[\d|\binstance\.id=")),
    ("nexus", re.compile(r"org\.sonatype|qtp\d+-\d+|nexus")),
    ("artifactory", re.compile(r"\[jfrt|org\.artifactory|artifactory", re.IGNORECASE)),
    ("quay", re.compile(r"gunicorn-registry|quay")),
    ("gitea", re.compile(r"router: completed|routing/logger")),
    ("curl", re.compile(r"\bcurl: \(\d+\)")),
    ("docker", re.compile(r"docker")),
)


def teller_of(text: str) -> str:
    """The client, daemon or server that wrote a line, or ``""``. Where one quotes another, the outer one."""
    return next((name for name, pattern in _TELLERS if pattern.search(text)), "")
