"""What is said where the caller is known, or the network is, and may not do this."""

from __future__ import annotations

from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.paste.clients_table import table

ENTRIES = table(
    (
        (
            M.PERMISSION_MISSING,
            "gcr",
            "must have permission",
            r"must have permissions? to (?P<permission>[^\",\n]{1,80})",
            "Google Cloud Run",
        ),
        (
            M.QUOTA_EXCEEDED,
            "ecr",
            "maximum allowed number",
            r"already has the maximum allowed number of (?:images|layers|repositories)",
            "Amazon ECR, LimitExceededException",
        ),
        (
            M.QUOTA_EXCEEDED,
            "digitalocean",
            "limit is",
            r"registry contains \d{1,6} repositories, limit is (?P<limit>\d{1,6})",
            "DigitalOcean registry",
        ),
        (M.PLAN_LIMIT, "docker hub", "must be verified", r"e-?mail must be verified", "Docker Hub"),
        (M.PLAN_LIMIT, "nexus", "licensed feature", r"PRO-licensed feature", "Nexus Repository"),
        (
            M.CLIENT_POLICY,
            "containers/image",
            "is rejected by policy",
            r"(?:Running image \S{1,300}|Image|Source image)[^\n]{0,40} is rejected by policy",
            "containers/image, signature/policy_reference_match.go, policy_eval_simple.go",
        ),
        (
            M.CLIENT_POLICY,
            "containers/image",
            "signature",
            r"A signature was required, but no signature exists|Signature for identity \S{1,300} is not accepted",
            "containers/image, signature/policy_eval_signedby.go",
        ),
        (
            M.CLIENT_POLICY,
            "containers/image",
            "is blocked in",
            r"registry (?P<host>\S{1,200}) is blocked in (?P<file>/\S{1,200})",
            "containers/image, pkg/sysregistriesv2",
        ),
        (
            M.CLIENT_POLICY,
            "docker",
            "trust data",
            r"remote trust data does not exist|does not have trust data for|No valid trust data for",
            "docker/cli, cli/trust (DOCKER_CONTENT_TRUST)",
        ),
        (
            M.NETWORK_REFUSED,
            "acr",
            "connectivity_forbidden_error",
            r"CONNECTIVITY_FORBIDDEN_ERROR",
            "Azure CLI, acr/_errors.py",
        ),
        (
            M.PERMISSION_MISSING,
            "ghcr",
            "installation not allowed",
            r"installation not allowed to (?P<permission>[^\"\n]{1,80})",
            "GHCR; hyperledger/firefly-signer#74",
        ),
        (
            M.PERMISSION_MISSING,
            "ghcr",
            "permission_denied",
            r"permission_denied: (?P<permission>[^\"\n]{1,160})",
            "GHCR",
        ),
        (
            M.PERMISSION_MISSING,
            "gcr",
            "denied",
            r"Permission ['\"]?(?P<permission>(?:artifactregistry|storage)\.[\w.]{1,100})['\"]? denied"
            r"(?: on resource \"?projects/[^/\s]{1,80}/locations/(?P<location>[\w-]{1,40})/)?",
            "Google Artifact Registry",
        ),
        (
            M.PERMISSION_MISSING,
            "gcr",
            "does not have",
            r"(?P<user>\S{1,120}) does not have (?P<permission>(?:storage|artifactregistry)\.[\w.]{1,80}) " r"access",
            "Google Container Registry",
        ),
        (
            M.PERMISSION_MISSING,
            "gcr",
            "request had insufficient authentication scopes",
            r"Request had insufficient authentication scopes",
            "Google Cloud",
        ),
        (
            M.PERMISSION_MISSING,
            "ecr",
            "is not authorized to perform",
            r"User: (?P<user>\S{1,300}) is not authorized to perform: (?P<permission>[\w:-]{1,80})(?: on "
            r"resource: (?P<resource>\S{1,300}))?",
            "Amazon ECR",
        ),
        (
            M.PERMISSION_MISSING,
            "ecr",
            "not authorized to perform",
            r"not authorized to perform: (?P<permission>[\w:-]{1,80})",
            "Amazon ECR",
        ),
        (M.PERMISSION_MISSING, "ecr", "accessdeniedexception", r"AccessDeniedException", "AWS, common errors"),
        (
            M.PERMISSION_MISSING,
            "acr",
            "does not have authorization to perform action '",
            r"(?:The client|caller) '(?P<user>[^']{1,120})'[^\"]{0,200}does not have authorization to perform "
            r"action '(?P<permission>[^']{1,160})'",
            "Azure Resource Manager",
        ),
        (
            M.PERMISSION_MISSING,
            "harbor",
            "unauthorized to access repository",
            r"unauthorized to access repository: (?P<repository>[\w./-]{1,255}), action: " r"(?P<actions>[\w,]{1,40})",
            "goharbor/harbor, src/server/middleware/v2auth/auth.go",
        ),
        (
            M.PERMISSION_MISSING,
            "harbor",
            "not|is unauthorized to|is forbidden to",
            r"(?:user|robot|account) (?:\S{1,120} )?(?:(?:is )?not (?:allowed|permitted|authorized)|"
            r"is (?:unauthorized|forbidden)) to (?P<permission>[^\".]{1,80})",
            "several",
        ),
        (
            M.PERMISSION_OR_ABSENT,
            "",
            "resource is not authorized",
            r"(?:requested )?access to the (?:requested )?resource is not authorized",
            "Quay and Nexus, UNAUTHORIZED",
        ),
        (
            M.PERMISSION_MISSING,
            "artifactory",
            "not permitted to|permission",
            r"(?:is )?not permitted to '?(?P<permission>\w{1,40})'?|lacks? (?P<actions>deploy|read|delete|"
            r"annotate|cache)[^\"]{0,40} permission",
            "JFrog Artifactory",
        ),
        (
            M.PERMISSION_MISSING,
            "artifactory",
            "the client does not have permission",
            r"The client does not have permission",
            "JFrog Artifactory",
        ),
        (
            M.PERMISSION_MISSING,
            "",
            "have",
            r"\b(?:you|user|account|token|client|project|job|it) (?:\S{1,80} )?(?:does not|doesn't|do not|"
            r"don't) have (?:the )?(?:\w{1,30} )?(?:access|permissions?|rights?|privileges?)\b[^\"\n]{0,80}",
            "several",
        ),
        (
            M.PERMISSION_MISSING,
            "",
            "insufficient",
            r"insufficient (?:permissions?|privileges?|rights?)\b",
            "several",
        ),
        (
            M.PERMISSION_MISSING,
            "",
            "permission",
            r"missing (?:the )?(?:required )?permissions?\b:? ?(?P<permission>[\w.:/-]{0,80})",
            "several",
        ),
        (
            M.PERMISSION_OR_ABSENT,
            "gcr",
            "denied on resource",
            r"Permission \"(?P<permission>[^\"]{1,120})\" denied on resource \"(?P<resource>[^\"]{1,300})\" "
            r"\(or it may not exist\)",
            "Google Artifact Registry; GoogleCloudPlatform/cymbal-superstore#4",
        ),
        (
            M.PERMISSION_OR_ABSENT,
            "gcr",
            "needed permissions",
            r"You don't have the needed permissions to perform this operation, and you may have invalid "
            r"credentials",
            "Google Container Registry; GoogleCloudPlatform/cloud-run-button#247",
        ),
        (
            M.PERMISSION_OR_ABSENT,
            "gcr",
            "permission denied on",
            r"Permission denied on (?:resource|'[^']{1,200}')[^\"]{0,40}\(or (?:it|resource) may not exist\)",
            "Google Cloud",
        ),
        (
            M.CREDENTIAL_SCOPE_MISSING,
            "ghcr",
            "expected scopes",
            r"The token provided does not match expected scopes",
            "GHCR",
        ),
        (
            M.CREDENTIAL_SCOPE_MISSING,
            "ghcr",
            "permission_denied:",
            r"permission_denied: (?:write_package|read_package|create_package|The requested installation does "
            r"not exist)",
            "GHCR",
        ),
        (
            M.CREDENTIAL_SCOPE_MISSING,
            "",
            "scope",
            r"(?:token|credential|key) (?:does not have|lacks|is missing|without|doesn't have|has no)"
            r"[^\"]{0,60}scopes?\b[^\"]{0,60}|insufficient token scopes?",
            "GitHub, GitLab, Gitea",
        ),
        (
            M.POLICY_BLOCKED,
            "harbor",
            "vulnerab",
            r"(?:current image (?:with|without)|cannot be pulled due to|prevent)"
            r"[^\"]{0,160}vulnerabilit[^\"]{0,80}",
            "goharbor/harbor, src/server/middleware/vulnerable",
        ),
        (
            M.POLICY_BLOCKED,
            "harbor",
            "projectpolicyviolation",
            r"PROJECTPOLICYVIOLATION",
            "goharbor/harbor, lib/errors/const.go",
        ),
        (
            M.POLICY_BLOCKED,
            "harbor",
            "not signed",
            r"(?:image|artifact)[^\"]{0,60} (?:is )?not signed",
            "goharbor/harbor, src/server/middleware/contenttrust",
        ),
        (
            M.POLICY_BLOCKED,
            "",
            "quarantine",
            r"quarantin(?:e|ed)\b[^\"]{0,80}",
            "Azure Container Registry, Nexus Firewall",
        ),
        (
            M.POLICY_BLOCKED,
            "artifactory",
            "block|xray",
            r"(?:blocked|forbidden|download)[^\"]{0,80}xray[^\"]{0,60}|xray[^\"]{0,60}block",
            "JFrog Xray",
        ),
        (
            M.TAG_IMMUTABLE,
            "ecr",
            "immutable",
            r"(?:tag|repository)[^\"\n]{0,200}\bimmutable\b[^\"\n]{0,80}|\bimmutable\b[^\"\n]{0,60}(?:tag|"
            r"overwrit)",
            "Amazon ECR, Harbor, Docker Hub",
        ),
        (
            M.TAG_IMMUTABLE,
            "harbor",
            "configured as immutable",
            r"configured as immutable",
            "goharbor/harbor, src/server/middleware/immutable",
        ),
        (
            M.TAG_IMMUTABLE,
            "",
            "cannot be overwritten|repository does not allow updating assets",
            r"cannot be overwritten|repository does not allow updating assets",
            "Nexus, Quay",
        ),
        (
            M.QUOTA_EXCEEDED,
            "",
            "exceeded|of storage resource|quota",
            r"(?:exceed(?:s|ed|ing)?|over|reached|hit)[^\"\n]{0,80}\bquota\b|quota (?:\S{1,30} ){0,3}exceeded|"
            r"adding \S{1,40} \S{1,20} of storage resource[^\"\n]{0,160}",
            "Harbor, Quay, GHCR",
        ),
        (
            M.READ_ONLY,
            "",
            "read",
            r"(?:system|registry|repository|is) (?:is )?(?:in|a)? ?read[- ]only(?: mode)?",
            "Harbor, Quay, distribution",
        ),
        (
            M.READ_ONLY,
            "",
            "archived",
            r"(?:repository|project|package) (?:\S{1,80} )?(?:is|was|has been) archived",
            "GHCR, GitLab",
        ),
        (
            M.PLAN_LIMIT,
            "",
            "payment required|upgrade your|verify your e|your",
            r"(?:upgrade your (?:plan|account|subscription)|your (?:current )?(?:plan|subscription|account)"
            r"[^\"\n]{0,60} (?:limit|does not allow|is not entitled|unpaid|exceeded)|payment required|verify "
            r"your e-?mail)",
            "Docker Hub, GHCR, Quay",
        ),
        (
            M.PLAN_LIMIT,
            "",
            "verified|verify your e",
            r"(?:email|e-mail)[^\"\n]{0,40}(?:not |un)verified|verify your e-?mail",
            "Docker Hub",
        ),
        (
            M.PLAN_LIMIT,
            "",
            "private repositor",
            r"(?:private repositor(?:y|ies))[^\"\n]{0,60}(?:limit|exceed)",
            "Docker Hub",
        ),
        (
            M.NETWORK_REFUSED,
            "acr",
            '" is not allowed access|firewall',
            r"client with IP <<\"address>> is not allowed access|(?:denied by|blocked by)[^\"\n]{0,40}firewall",
            "Azure Container Registry",
        ),
        (
            M.NETWORK_REFUSED,
            "acr",
            "is not allowed access",
            r"client with IP ['\"]?(?P<address>[0-9a-fA-Fx.:*<>\w-]{3,45})['\"]? is not allowed access",
            "Azure Container Registry",
        ),
        (
            M.NETWORK_REFUSED,
            "acr",
            "public network access",
            r"public network access (?:is |on )?[^\"\n]{0,40}(?:disabled|not allowed|denied)",
            "Azure Container Registry",
        ),
        (
            M.NETWORK_REFUSED,
            "gcr",
            "client does not have permission to get url",
            r"client does not have permission to get URL",
            "Google's front end, for addresses it does not serve (kubernetes/registry.k8s.io, docs/debugging.md)",
        ),
        (
            M.NETWORK_REFUSED,
            "gcr",
            "request is prohibited by organization's policy|vpc service controls",
            r"Request is prohibited by organization's policy|VPC Service Controls",
            "Google Cloud VPC Service Controls",
        ),
        (
            M.NETWORK_REFUSED,
            "",
            "ip",
            r"(?:your|client|source|this) IP(?: address)?[^\"\n]{0,80}(?:not allowed|not permitted|denied|"
            r"blocked|forbidden|not in (?:the )?(?:allow|white))|"
            r"(?:blocked|denied|refused|rejected|not (?:on|in)|has an) [^\"\n]{0,40}IP[ -]?(?:address )?"
            r"(?:allow|white)[ -]?list",
            "several",
        ),
        (
            M.NETWORK_REFUSED,
            "",
            "embargo|export control|not available in your|sanction|this|your",
            r"(?:your|this) (?:country|region|location)[^\"\n]{0,80}|(?:export control|sanction|embargo)"
            r"[^\"\n]{0,80}|not available in your",
            "Docker Hub, GitLab, Google",
        ),
        (
            M.NETWORK_REFUSED,
            "ecr",
            "explicit deny",
            r"with an explicit deny in (?:a|an) [\w -]{1,60}policy",
            "Amazon ECR, VPC endpoint policies",
        ),
    )
)
