"""Pages about what the client asked for."""

from __future__ import annotations

from reglens.diagnosis.pages.model import Page

PAGES = (
    Page(
        "service-mismatch",
        "The token was requested for another service",
        "The token was requested for a service other than the one that the registry's challenge names.",
        "Compare service in Www-Authenticate with service in the URL of the token request. Decode the token: its aud "
        "is what "
        "was sent as service.",
        "Send the challenge's service, letter for letter. Docker Hub: registry.docker.io, never index.docker.io or "
        "registry-1.docker.io. Harbor: harbor-registry. GitLab and Gitea: container_registry. Quay: the registry's "
        "host name; "
        "Quay copies whatever you send into aud, so a wrong service is refused only later.",
        'Www-Authenticate: Bearer realm="https://auth.docker.io/token",service="registry.docker.io"\n'
        'wrong: curl "https://auth.docker.io/token?service=index.docker.io&scope=repository:library/alpine:pull"\n'
        'right: curl "https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/alpine:pull"',
    ),
    Page(
        "scope-mismatch",
        "The requested scope does not fit",
        "The scope of the token request does not cover what is needed: another repository, type or action.",
        "Compare scope in Www-Authenticate with scope in the token request, letter for letter: type, name, every "
        "action. The "
        "name is the repository's path on the registry, without host and tag.",
        "Request what the challenge asks for. Pushing needs pull,push; mounting a blob from another repository needs "
        "a second "
        "scope parameter with pull on that one. Some registries read only the first scope parameter: put the one that "
        "matters first, and ask all actions of a repository in one scope.",
        "needed:    repository:team/app:pull,push\n"
        "requested: repository:registry.example.com/team/app:push,pull   (the host does not belong in it)",
    ),
    Page(
        "scope-missing",
        "The token request carried no scope",
        "The token request carried no scope at all, so the token grants nothing.",
        "There is no scope= in the token request's URL, or it stands after an unquoted & and never left the shell. The "
        "decoded token has access: [].",
        "Add scope=repository:NAME:pull to the token request, and put the whole URL in quotes. Logins (docker login) "
        "request "
        "no scope on purpose: their token is good for /v2/ alone.",
        'curl "https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/alpine:pull"',
    ),
    Page(
        "service-missing",
        "The token request named no service",
        "The token request carried no service, though the challenge names one.",
        "service= is in Www-Authenticate and not in the token request's URL; the token has no aud, or a default one.",
        "Send the challenge's service along with the scope. Harbor answers 400 without it; distribution's token "
        "server makes "
        "a token without aud, which every registry refuses.",
        'curl "https://auth.example.com/token?service=registry.example.com&scope=repository:team/app:pull"',
    ),
    Page(
        "shell-quoting",
        "The shell changed the command before it ran",
        "The shell took characters of the command for its own: an unquoted & cut the URL, a $ or ! was expanded, "
        "quotes were "
        "lost.",
        "An unquoted & sends curl into the background: a line like [1] 23529 appears, and everything behind the & is "
        "gone. A "
        "robot account such as robot$ci arrives as robot. Print what really arrives: printf '%s\\n' ARGUMENTS.",
        "Put URLs in quotes. Put user names and passwords with $ or ! in single quotes. In docker compose files write "
        "$$ for "
        "$; in GitLab CI variables tick Raw (do not expand).",
        "wrong: curl https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/alpine:pull\n"
        'right: curl "https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/alpine:pull"\n'
        "right: docker login harbor.example.com -u 'robot$ci'",
    ),
    Page(
        "library-prefix",
        "An official image's name lacks library/",
        "A Docker Hub official image is named without its library/ namespace.",
        "The repository in the URL, the scope or the mirror's name has one part. docker adds library/ by itself for "
        "Docker "
        "Hub alone; curl, proxies and caches do not.",
        "Write library/NAME in URL and scope. Through a pull-through cache too: Harbor cache/library/NAME, Nexus, "
        "Artifactory "
        "and ECR docker-hub/library/NAME.",
        "curl -i https://registry-1.docker.io/v2/library/alpine/manifests/latest\n"
        "docker pull harbor.example.com/cache/library/memcached:alpine",
    ),
    Page(
        "repository-name-invalid",
        "The image name breaks the grammar",
        "The repository name or tag breaks the grammar: upper case, doubled separators, a scheme or host inside the "
        "name.",
        "The client says invalid reference format; or the registry answers 404 page not found, or NAME_INVALID, "
        "without any "
        "challenge.",
        "Lower case throughout; words of letters and digits joined by single . _ or - ; no https:// in front; no "
        "slash before "
        "the colon. In CI make names lower case first: ${NAME,,} in bash, tr in sh. GHCR: owner names with capitals "
        "must be "
        "written in lower case.",
        "wrong: ghcr.io/Owner/App:latest      right: ghcr.io/owner/app:latest\n"
        "wrong: ghcr.io/owner/app/:latest     right: ghcr.io/owner/app:latest",
    ),
    Page(
        "wrong-host",
        "The request went to the wrong place",
        "The request went to a host or path that is not the registry's API, or to another registry than was meant.",
        "HTML comes back, or a 404 for everything. Or the image name lost its host, and Docker Hub is asked: docker "
        "pull "
        "team/app means docker.io/team/app.",
        "Docker Hub: the API is registry-1.docker.io, images are docker.io/…; hub.docker.com and "
        "registry.hub.docker.com are "
        "web sites. GitLab: registry.gitlab.com, not gitlab.com. Artifactory: the repository key stands before /v2/ "
        "in the "
        "API. ECR: the account and region are part of the host.",
        "curl -i https://registry-1.docker.io/v2/\n"
        "https://artifactory.example.com/artifactory/api/docker/docker-local/v2/app/tags/list",
    ),
    Page(
        "endpoint-unsupported",
        "The registry does not offer this",
        "The registry does not offer this endpoint, or not to this kind of token.",
        "/v2/_catalog answers 401 with insufficient_scope or 404 whatever is sent, and a token for registry:catalog:* "
        "comes "
        "back with access: [].",
        "Docker Hub has no catalogue: use https://hub.docker.com/v2/repositories/NAMESPACE/. GHCR: GitHub's packages "
        "API. "
        "Harbor: /api/v2.0/projects, and Basic for /v2/_catalog. GitLab: its REST API. Referrers: the tag "
        "sha256-<hex>.",
        'curl -s "https://hub.docker.com/v2/repositories/library/?page_size=100" | jq -r ".results[].name"',
    ),
    Page(
        "wrong-scheme",
        "The Authorization scheme is not the one that is asked for",
        "Basic was sent to a registry that wants Bearer, or the reverse, or no known scheme at all.",
        "Compare the first word of Www-Authenticate with the first word after Authorization:. A registry that does "
        "not know "
        "the scheme answers as if nothing had been sent.",
        "Bearer registries (Docker Hub, GHCR, Quay, GitLab, distribution with token auth): user and password go to "
        "the realm, "
        "its token to the registry. Basic registries (ECR, distribution with htpasswd, Harbor's /v2/_catalog): user "
        "and "
        "password go with every request. The header is 'Authorization: Bearer TOKEN', one blank, no colon after "
        "Bearer.",
        'Www-Authenticate: Bearer realm="https://auth.docker.io/token"     ->  Authorization: Bearer eyJ…\n'
        'Www-Authenticate: Basic realm="Registry"                          ->  curl -u USER …',
    ),
    Page(
        "authorization-missing",
        "The request carried no Authorization",
        "The refused request carried no Authorization: the challenge was never followed.",
        "401 with a Www-Authenticate that has no error=, and no Authorization among the request's headers.",
        "Fetch a token from the realm with the challenge's service and scope, and repeat the request with it. Public "
        "images "
        "need a token as well, an anonymous one.",
        "TOKEN=$(curl -s "
        '"https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/alpine:pull" | jq -r '
        ".token)\n"
        'curl -i -H "Authorization: Bearer $TOKEN" https://registry-1.docker.io/v2/library/alpine/manifests/latest',
    ),
    Page(
        "token-malformed",
        "What was sent as a token is not one",
        "What was sent as a token is not one: null, quotes or a line end around it, Bearer twice, the whole JSON, cut "
        "short.",
        'Print what is sent: printf "%s" "$TOKEN" | head -c 20 must show eyJ and no quote, and the token has two dots.',
        "Use jq -r, and take the right field: some token servers answer token, some access_token, some both. Quote "
        "the header "
        "in double quotes if a variable is in it. Strip line ends: tr -d '\\r\\n'.",
        "TOKEN=$(curl -s URL | jq -r '.token // .access_token')\ncurl -H \"Authorization: Bearer $TOKEN\" …",
    ),
    Page(
        "token-wrong-kind",
        "Another secret stands where a registry token belongs",
        "A valid secret of another kind stands where a registry token belongs: a personal access token, a web "
        "session's JWT, "
        "a refresh token.",
        "Personal access tokens begin with ghp_, github_pat_, glpat-, dckr_pat_. A registry token is a JWT with the "
        "claim "
        "access, made by the realm minutes ago.",
        "Give the secret to the realm as the password (Basic) and use the token it answers. GHCR also takes the "
        "base64 of the "
        "personal token as bearer. Docker Hub's web JWT (hub.docker.com/v2/users/login) is good only for "
        "hub.docker.com. ACR's "
        "refresh token is exchanged by POST to /oauth2/token. Harbor's API under /api/ wants Basic.",
        'curl -s -u USER:"$GITHUB_PAT" "https://ghcr.io/token?service=ghcr.io&scope=repository:owner/app:pull"',
    ),
    Page(
        "accept-missing",
        "Accept leaves out the type that the registry holds",
        "The Accept header leaves out the media type that the registry holds, so it converts, hides or refuses the "
        "manifest.",
        "404 MANIFEST_UNKNOWN with 'OCI index found, but accept header does not support OCI indexes'; or a 200 whose "
        "Content-Type is …manifest.v1+prettyjws, with another digest than the pushed one.",
        "Send all four types. docker-registry 2.8 converts or hides what is not accepted; distribution 3 ignores "
        "Accept. GHCR "
        "and others answer 404.",
        'curl -H "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, '
        "application/vnd.docker.distribution.manifest.list.v2+json, "
        'application/vnd.docker.distribution.manifest.v2+json" …',
    ),
)
