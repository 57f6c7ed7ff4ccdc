"""Pages about who is asking."""

from __future__ import annotations

from reglens.diagnosis.pages.model import Page

PAGES = (
    Page(
        "credentials-missing",
        "The caller is anonymous, and a login is needed",
        "The caller is anonymous, and the resource needs a login.",
        "The token's sub is empty or (anonymous); the client says no basic auth credentials, or denied for a "
        "repository that "
        "others can pull.",
        "Log in: docker login HOST, podman login HOST. ECR: aws ecr get-login-password. Artifact Registry: gcloud auth "
        "configure-docker HOST. ACR: az acr login. In Kubernetes give the pod imagePullSecrets.",
        "docker login registry.example.com -u USER",
    ),
    Page(
        "credentials-rejected",
        "User name or password was refused",
        "User name, password or access token was refused.",
        "401 from the token server, or from a Basic registry, to a request with Authorization: Basic. The client says "
        "incorrect username or password.",
        "Docker Hub, GHCR, GitLab.com with two-factor: an access token instead of the password. Harbor: the CLI "
        "secret or a "
        "robot account (robot$name, quoted); it answers a wrong password with 200 and an anonymous token. Quay: the "
        "robot's "
        "token. ECR: user AWS. For a public image docker logout is a cure as well.",
        "docker logout && docker login -u USER",
    ),
    Page(
        "credentials-malformed",
        "The credentials are broken",
        "The stored or sent credentials are broken: a line end inside base64, a damaged JSON key, an empty user name.",
        "Decode them: echo VALUE | base64 -d | od -c. There must be one user:password and no \\n at the end.",
        "Encode with printf, not echo: printf %s 'user:password' | base64 -w0. Artifact Registry: the JSON key whole, "
        "in one "
        "argument (--password-stdin < key.json). Kubernetes: kubectl create secret docker-registry makes it right.",
        "YWRtaW46YWRtaW4K decodes to admin:admin and a line end;  YWRtaW46YWRtaW4=  is right",
    ),
    Page(
        "credentials-expired",
        "The credentials are past their life",
        "The credentials were right once and are past their life.",
        "It worked before, for hours (ECR: 12, gcloud and az: 1 to 3) or until a date (access tokens). The server "
        "often says "
        "expired.",
        "Log in again; for a public image logging out is a cure as well. ECR: aws ecr get-login-password, or the "
        "credential "
        "helper ecr-login, which renews it. Docker Hub, GHCR, GitLab: make a new access token.",
        "aws ecr get-login-password --region eu-west-1 | docker login --username AWS --password-stdin "
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    ),
    Page(
        "credentials-not-sent",
        "There are credentials, and they were not used",
        "Credentials exist but were not used: stored under another host's key, in another user's file, in another "
        "namespace.",
        "reglens check lists where it looked. Compare the host in the image name with the keys under auths: port and "
        "sub-"
        "domain count. root (sudo, the kubelet, a daemon) reads its own file.",
        "Docker Hub's key is https://index.docker.io/v1/, for every client. Others: the host as in the image name. "
        "sudo: log "
        "in as root too. Kubernetes: imagePullSecrets in the pod's own namespace. k3s: configs needs the host itself, "
        "no *. "
        "Artifact Registry: gcloud auth configure-docker for each region's host.",
        'wrong: {"auths": {"https://index.docker.io/v2/": …}}     right: {"auths": {"https://index.docker.io/v1/": …}}',
    ),
    Page(
        "credential-helper-failed",
        "A credential helper failed",
        "A credential helper is missing, or failed.",
        "error getting credentials; docker-credential-NAME not found in $PATH. Try it: echo HOST | "
        "docker-credential-NAME get.",
        "credsStore or credHelpers in ~/.docker/config.json names a program docker-credential-NAME: install it under "
        "exactly "
        "that name in PATH, or take the line out and log in again. After Docker Desktop was removed: delete "
        '"credsStore": '
        '"desktop".',
        "echo https://index.docker.io/v1/ | docker-credential-desktop get",
    ),
    Page(
        "permission-denied",
        "The caller may not do this",
        "The caller is known and may not do this.",
        "Login succeeds and the operation is denied; 403 or DENIED; or the token comes back with fewer actions than "
        "requested.",
        "GHCR: packages: write in the workflow, write:packages on the token, and access for the repository in the "
        "package's "
        "settings. GitLab: role and token scope. Docker Hub: the namespace must be yours, the token Read & Write. "
        "Harbor: "
        "project role or robot permissions. Gitea: write:package. ECR: the repository policy. Artifact Registry: "
        "roles/artifactregistry.writer.",
        "permissions:\n  contents: read\n  packages: write",
    ),
    Page(
        "network-denied",
        "The registry refuses the caller's address",
        "The registry refuses the caller's address: a firewall rule, a private endpoint, a geographic block.",
        "403 or denied with your IP address in the message, with right credentials; from another network it works.",
        "ACR: az acr network-rule add, or the private endpoint. Artifact Registry: VPC Service Controls. ECR: the VPC "
        "endpoint's policy. Harbor, Nexus behind a firewall: allow the address.",
        "az acr network-rule add --name NAME --ip-address 203.0.113.7",
    ),
)
