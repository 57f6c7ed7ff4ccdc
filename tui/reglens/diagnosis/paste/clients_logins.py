"""What is said of logins that are missing, expired, withdrawn or throttled."""

from __future__ import annotations

from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.paste.clients_table import table

ENTRIES = table(
    (
        (
            M.LOGIN_NEEDED,
            "dockerd",
            "no basic auth credentials",
            r"no basic auth credentials",
            "distribution, internal/client/auth/session.go; Amazon ECR",
        ),
        (
            M.LOGIN_NEEDED,
            "",
            "credentials",
            r"no (?:valid )?credentials (?:found|provided|available|were found|were provided|configured|for)",
            "several clients",
        ),
        (
            M.LOGIN_NEEDED,
            "acr",
            "authentication required, visit",
            r"authentication required, visit https://aka\.ms/acr/authorization",
            "Azure Container Registry",
        ),
        (
            M.LOGIN_NEEDED,
            "quay",
            "anonymous",
            r"Anonymous (?:access|users?|calls?|caller)[^\"]{0,60}(?:not|disabled|denied|lacks|does not have)"
            r"[^\"]{0,60}",
            "Quay, GCR, Artifactory, Gitea",
        ),
        (
            M.LOGIN_NEEDED,
            "gcr",
            "unauthenticated request",
            r"Unauthenticated request\. Unauthenticated requests do not have permission <<\"permission>>",
            "Google Artifact Registry",
        ),
        (
            M.LOGIN_NEEDED,
            "gcr",
            "anonymous caller does not have|does not have storage.objects.",
            r"does not have storage\.objects\.(?:get|list) access[^\"]{0,60}anonymous|Anonymous caller does "
            r"not have <<permission>>",
            "Google Container Registry",
        ),
        (M.LOGIN_NEEDED, "gitea", "reqpackageaccess", r"reqPackageAccess", "Gitea, routers/api/packages"),
        (
            M.LOGIN_NEEDED,
            "",
            "needed|required",
            r"(?:login|authentication|auth|log in) (?:is )?(?:required|needed) (?:to|for|before)",
            "several",
        ),
        (
            M.LOGIN_NEEDED,
            "",
            "need to|please|you must|you need to",
            r"(?:please|you must|you need to|need to) (?:first )?(?:log ?in|authenticate|sign in|docker login)" r"\b",
            "several",
        ),
        (
            M.AUTHORIZATION_NEEDED,
            "harbor",
            "authorize header needed",
            r"authorize header needed to send (?P<method>\w{3,7}) to repository",
            "goharbor/harbor, src/server/middleware/v2auth/auth.go",
        ),
        (
            M.CREDENTIALS_ABSENT,
            "docker",
            "not found in native keychain",
            r"credentials not found in native keychain",
            "docker-credential-helpers, credentials/error.go",
        ),
        (
            M.CREDENTIALS_ABSENT,
            "distribution",
            "invalid authorization credential",
            r"basic authentication challenge for realm \"(?P<realm>[^\"]{0,200})\": invalid authorization "
            r"credential",
            "distribution, registry/auth/htpasswd",
        ),
        (
            M.CREDENTIALS_ABSENT,
            "docker",
            "cannot perform an interactive login from a non",
            r"cannot perform an interactive login from a non[- ]TTY device",
            "docker/cli: the user name or password was empty",
        ),
        (
            M.CREDENTIALS_ABSENT,
            "crane",
            "no matching credentials",
            r"No matching credentials were found(?: for \"?(?P<host>[^\s\",]{1,200}))?",
            "google/go-containerregistry, pkg/authn",
        ),
        (
            M.CREDENTIALS_ABSENT,
            "podman",
            "no credentials",
            r"No credentials (?:for|matching) (?P<host>\S{1,200}) (?:found|in)",
            "containers/image, pkg/docker/config",
        ),
        (
            M.CREDENTIALS_ABSENT,
            "podman",
            "logged in to|logged into",
            r"not logged in to(?: (?P<host>[^\s\"]{1,200}))?|not logged into (?P<host2>[^\s\"]{1,200})",
            "containers/common, docker/cli",
        ),
        (M.CREDENTIALS_ABSENT, "regctl", "no login found", r"no login found", "regclient, types/errs"),
        (
            M.CREDENTIALS_ABSENT,
            "oras",
            "credential",
            r"(?:basic )?credential not found|no credential(?:s)? (?:found )?for",
            "oras-project/oras-go, registry/remote/auth",
        ),
        (
            M.CREDENTIALS_FOUND,
            "podman",
            "credential",
            r"Found (?:an empty )?credential(?:s|-helper)?(?: [^\"]{0,40})?(?: for| \"?)" r"(?P<host>[^\s\"]{1,200})",
            "containers/image, pkg/docker/config",
        ),
        (
            M.CREDENTIALS_EXPIRED,
            "aws",
            "expiredtoken|the security token included in the request is expired",
            r"(?:ExpiredToken(?:Exception)?|The security token included in the request is expired)",
            "AWS, common errors",
        ),
        (
            M.CREDENTIALS_EXPIRED,
            "aws",
            "security token included",
            r"The security token included in the request is expired",
            "AWS",
        ),
        (
            M.CREDENTIALS_EXPIRED,
            "gcloud",
            "invalid_grant:|reauthentication",
            r"Reauthentication (?:failed|required)|invalid_grant: (?:Bad Request|Token has been expired or "
            r"revoked)",
            "gcloud",
        ),
        (M.CREDENTIALS_EXPIRED, "", "expired or revoked", r"Token has been expired or revoked", "Google OAuth2"),
        (
            M.CREDENTIALS_EXPIRED,
            "acr",
            "aadsts",
            r"AADSTS(?:700082|50173|7000222|70043|50078)",
            "Microsoft Entra error codes: expired secrets and tokens",
        ),
        (
            M.CREDENTIALS_EXPIRED,
            "docker hub",
            "access token",
            r"(?:org(?:anization)?|personal)? ?access token (?:is|has) expired",
            "Docker Hub's token server",
        ),
        (
            M.CREDENTIALS_EXPIRED,
            "harbor",
            "robot account",
            r"robot account (?:\S{1,120} )?(?:is|has) expired",
            "goharbor/harbor, src/server/middleware/security/robot.go",
        ),
        (
            M.CREDENTIALS_EXPIRED,
            "ecr",
            "authorization token has expired",
            r"Your Authorization Token has expired",
            "Amazon ECR; awslabs/amazon-ecr-credential-helper#7",
        ),
        (
            M.CREDENTIALS_EXPIRED,
            "ecr",
            "authorization token is invalid",
            r"Your Authorization Token is invalid",
            "Amazon ECR Public; aws/containers-roadmap#2835",
        ),
        (
            M.CREDENTIALS_EXPIRED,
            "",
            "expired",
            r"(?:password|(?:deploy |access |api |auth(?:entication|orization)? |refresh |identity )?token|"
            r"credentials?|API key|license|secret|account) (?:\S{1,60} )?(?:has|have) (?:been )?expired",
            "many servers",
        ),
        (
            M.CREDENTIALS_EXPIRED,
            "",
            "expired",
            r"\bexpired (?:password|access token|credentials?|API key|secret|PAT|deploy token)\b|(?:API key|"
            r"PAT|credentials?|password) (?:is|are) expired",
            "many servers",
        ),
        (
            M.CREDENTIALS_REVOKED,
            "docker hub",
            "token",
            r"(?:personal )?access token (?:was|has been|is) (?:revoked|deleted|inactive|deactivated|disabled)",
            "Docker Hub's token server",
        ),
        (
            M.CREDENTIALS_REVOKED,
            "harbor",
            "robot account",
            r"robot account (?:\S{1,120} )?is (?:disabled|deactivated)",
            "goharbor/harbor, src/server/middleware/security/robot.go",
        ),
        (
            M.CREDENTIALS_REVOKED,
            "",
            "deactivated|disabled|revoked|suspended",
            r"(?:token|credentials?|key|password|PAT) (?:\S{1,60} )?(?:was|has been|is|are|have been) (?:been "
            r")?(?:revoked|deactivated|disabled|suspended)",
            "many servers",
        ),
        (
            M.CREDENTIALS_REVOKED,
            "",
            "account|user",
            r"(?:user|account) (?:\S{1,60} )?(?:is|was|has been) (?:disabled|deactivated|suspended|locked|"
            r"blocked|banned|deleted)",
            "many servers",
        ),
        (
            M.LOGIN_THROTTLED,
            "docker hub",
            "too many failed login",
            r"too many failed login attempts",
            "Docker Hub's token server",
        ),
        (
            M.LOGIN_THROTTLED,
            "",
            "attempts|failures",
            r"(?:too many|exceeded|maximum)[^\"]{0,40} (?:login|authentication) (?:attempts|failures)",
            "many servers",
        ),
        (
            M.CREDENTIALS_ABSENT,
            "containerd",
            "anonymous token",
            r"failed to fetch anonymous token",
            "containerd, core/remotes/docker/authorizer.go; moby/buildkit, util/resolver/authorizer.go",
        ),
        (
            M.LOGIN_NEEDED,
            "oras",
            "basic auth",
            r"credential required for basic auth",
            "oras-project/oras-go, registry/remote/auth/client.go",
        ),
        (M.LOGIN_SUCCEEDED, "docker", "login succeeded", r"Login Succeeded", "docker/cli, podman, nerdctl, helm"),
        (
            M.LOGIN_SUCCEEDED,
            "crane",
            "logged in via",
            r"logged in via (?P<file>\S{1,200})",
            "google/go-containerregistry, crane auth login",
        ),
    )
)
