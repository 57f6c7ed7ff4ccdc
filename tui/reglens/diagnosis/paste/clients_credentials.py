"""What is said of user names, passwords and access tokens that were refused."""

from __future__ import annotations

from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.paste.clients_table import table

ENTRIES = table(
    (
        (
            M.CREDENTIALS_REFUSED,
            "keycloak",
            "invalid_user_credentials",
            r"error=\"?invalid_user_credentials",
            "Keycloak event log",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "docker_auth",
            "wrong password for user",
            r"wrong password for user",
            "cesanta/docker_auth, auth_server/authn",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "docker_auth",
            "auth failed",
            r"\bAuth failed\b",
            "cesanta/docker_auth, auth_server/server",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "acr",
            "aadsts",
            r"AADSTS(?:7000215|50126|700016|70002|50034|90002|700027)",
            "Microsoft Entra error codes: wrong secret, user or application",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "docker hub",
            "incorrect username or password",
            r"incorrect username or password",
            "Docker Hub's token server",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "docker hub",
            "access token",
            r"(?:personal )?access token (?:is )?(?:invalid|incorrect|not valid)",
            "Docker Hub's token server",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "",
            "invalid username/password",
            r"invalid username/password(?!: )",
            "containers/image",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "",
            "credential|login|user",
            r"(?:invalid|wrong|bad|incorrect) (?:user ?name|user|login|credentials?)(?: or | and |/)"
            r"(?:password|pass|token|credentials)",
            "many servers",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "",
            "password",
            r"(?:user ?name|login|e?-?mail) (?:or|and|/) ?password (?:is |are )?(?:incorrect|invalid|wrong|"
            r"not correct|does not match)",
            "many servers",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "",
            "credentials",
            r"\b(?:bad|invalid|wrong|incorrect) (?:login |user |authentication |registry )?credentials\b",
            "many servers",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "",
            "invalid_grant",
            r"\binvalid_grant\b(?:: (?P<reason>[^\"\n]{1,160}))?",
            "RFC 6749, section 5.2; distribution/distribution#2369",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "",
            "invalid_client|unauthorized_client",
            r"\b(?:invalid_client|unauthorized_client)\b",
            "RFC 6749, section 5.2",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "podman",
            "existing credentials are invalid",
            r"Existing credentials are invalid",
            "containers/common, pkg/auth/auth.go",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "quay",
            "could not login with specified",
            r"Could not login with specified (?:information|credentials)",
            "quay/quay",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "quay",
            "invalid username or password",
            r"Invalid Username or Password",
            "quay/quay, auth/credentials.py",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "quay",
            "robot",
            r"Could not find robot with (?:specified )?(?:username|token)(?:: (?P<user>\S{1,120}))?",
            "quay/quay, data/model/user.py",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "quay",
            "disabled|expired|invalid",
            r"(?:Invalid|Expired|Disabled) (?:app(?:lication)?[- ]specific token|OAuth (?:access )?token)",
            "quay/quay, auth/credentials.py",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "harbor",
            "failed to authenticate",
            r"(?:Failed to authenticate user|failed to authenticate)(?: (?P<user>[^\s,:\"]{1,120}))?,? "
            r"?(?:due to error|: |\")",
            "goharbor/harbor, src/core/auth",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "harbor",
            "robot",
            r"failed to authenticate robot account(?:: (?P<user>\S{1,120}))?",
            "goharbor/harbor, src/server/middleware/security/robot.go",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "harbor",
            "verify secret",
            r"failed to verify secret, username: (?P<user>[^\s,]{1,120})",
            "goharbor/harbor, src/server/middleware/security/oidc_cli.go",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "distribution",
            "authenticating user",
            r"error authenticating user \"(?P<user>[^\"]{0,200})\": authentication failure",
            "distribution, registry/auth/htpasswd",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "distribution",
            "authentication failure",
            r"basic authentication challenge for realm \"(?P<realm>[^\"]{0,200})\": authentication failure",
            "distribution, registry/auth/htpasswd",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "distribution",
            "user failed to authenticate",
            r"user failed to authenticate",
            "distribution 3, registry/auth/htpasswd",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "gitlab",
            "http basic: access denied",
            r"HTTP Basic: Access denied",
            "GitLab, jwt/auth",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "dockerd",
            "login attempt to",
            r"login attempt to <<url>> failed with status: (?P<status>401|403)",
            "moby, daemon/pkg/registry/auth.go",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "podman",
            "logging into",
            r"(?:error )?logging into <<host>>: invalid username/password",
            "containers/common, pkg/auth",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "nexus",
            "authenticate|authentication",
            r"(?:Unable to|could not) authenticate|authentication (?:has )?failed",
            "many servers",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "artifactory",
            "bad props auth token|props authentication token not found|wrong username was used",
            r"Wrong username was used|Bad props auth token|Props Authentication Token not found",
            "JFrog Artifactory",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "",
            "unknown username|user",
            r"unknown username|(?:no such|unknown|invalid) user(?:name)?\b(?: ?(?:name)?:? "
            r"\"?(?P<user>[^\s\"]{1,120}))?",
            "many servers",
        ),
        (
            M.CREDENTIALS_REFUSED,
            "",
            "key|token",
            r"(?:invalid|unrecognized|bad) (?:personal access |api |access |auth |robot )(?:token|key)\b",
            "many servers",
        ),
        (
            M.CREDENTIALS_SECOND_FACTOR,
            "gitlab",
            "access token|password|personal access token",
            r"(?:two[- ]factor|2FA|SSO)[^\"]{0,160}(?:personal access token|access token|app(?:lication)?[- "
            r"]password)",
            "GitLab, Gitea, Docker Hub",
        ),
        (
            M.CREDENTIALS_SECOND_FACTOR,
            "",
            "access token|api key|password|personal access token",
            r"(?:use|need|requires?|must use|with) (?:a|an|your) (?:personal access token|access token|API "
            r"key|app(?:lication)? password)[^\"]{0,80}",
            "GitLab, Gitea, Docker Hub, JFrog",
        ),
        (
            M.CREDENTIALS_SECOND_FACTOR,
            "",
            "authoriz|enforce|require",
            r"(?:SAML|single sign-on|SSO)[^\"]{0,60}(?:enforce|require|authoriz)",
            "GHCR, Docker Hub, Quay",
        ),
    )
)
