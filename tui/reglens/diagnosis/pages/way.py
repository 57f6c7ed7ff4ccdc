"""Pages about the way to the registry."""

from __future__ import annotations

from reglens.diagnosis.pages.model import Page

PAGES = (
    Page(
        "challenge-missing",
        "The 401 came without a usable challenge",
        "A 401 came without a Www-Authenticate header that a client can follow: none, or one that lacks what it needs.",
        "curl -sI https://HOST/v2/ | grep -i www-authenticate shows nothing, or no realm; or /v2/ answers 200 while "
        "everything "
        "below it is refused.",
        "Let the proxy in front pass the header on, and protect /v2/ in the same way as the rest (nginx: the same "
        "location "
        "for /v2/ and below). A client that insists on service or scope: update it, or let the registry send them.",
        'Www-Authenticate: Bearer realm="https://auth.example.com/token",service="registry.example.com"',
    ),
    Page(
        "realm-misconfigured",
        "The registry sends clients to a wrong address for tokens",
        "The realm is wrong: plain http, an internal name, a relative or missing URL, another port.",
        "Read realm in Www-Authenticate and open it from the client's machine. localhost, a private address, a "
        "container's "
        "name or core.harbor.domain cannot work from elsewhere.",
        "distribution: auth.token.realm. Harbor: hostname in harbor.yml, externalURL in the chart. GitLab: "
        "gitlab_rails['gitlab_host'] and registry['token_realm'], realm https://gitlab.example.com/jwt/auth. Nexus and "
        "Artifactory: the base URL, and X-Forwarded-Proto from the proxy.",
        "auth:\n  token:\n    realm: https://auth.example.com/token",
    ),
    Page(
        "realm-unreachable",
        "The token server cannot be reached",
        "The realm could not be reached, or failed.",
        "The client's error names the realm's URL, not the registry's: dial tcp, timeout, EOF.",
        "Try it from the same machine with curl -v. Docker Hub needs auth.docker.io as well as registry-1.docker.io "
        "through a "
        "firewall or a mirror; GitLab the web host as well as the registry host.",
        "curl -v https://auth.docker.io/token?service=registry.docker.io",
    ),
    Page(
        "token-response-invalid",
        "The token server's answer holds no token",
        "The realm answered, but not with a token: HTML, no token field, broken JSON.",
        "curl -i the token request: Content-Type should be application/json, the body have token or access_token.",
        "A login page or bot wall in front of the token endpoint must let it pass. Look whether the realm's path is "
        "right: "
        "distribution's own token server wants /token/ with its slash.",
        '{"token": "eyJ…", "expires_in": 300, "issued_at": "2026-01-01T12:00:00Z"}',
    ),
    Page(
        "registry-unreachable",
        "The registry cannot be reached",
        "The registry itself could not be reached: DNS, refused, timed out.",
        "no such host, connection refused, i/o timeout: no status came back, so no authentication was tried.",
        "Check the name and port in the image name, DNS, firewall, proxy and VPN on the machine that pulls (for "
        "docker: the "
        "daemon's, not the shell's).",
        "getent hosts registry.example.com; curl -v https://registry.example.com/v2/",
    ),
    Page(
        "proxy-interference",
        "Something between changes the exchange",
        "Something between client and registry answers or changes the exchange: a proxy, an ingress, a login page, a "
        "limit.",
        "HTML where JSON belongs, headers of a proxy (Via, X-Squid-Error), 407, 413, or words that the registry does "
        "not know.",
        "docker's daemon has proxy settings of its own: /etc/systemd/system/docker.service.d/http-proxy.conf, "
        "NO_PROXY for the "
        "registry. nginx: client_max_body_size 0, and pass Authorization and Www-Authenticate on. Ingress: "
        "proxy-body-size 0.",
        "[Service]\nEnvironment=HTTPS_PROXY=http://user:password@proxy:3128 NO_PROXY=registry.example.com",
    ),
    Page(
        "upstream-failed",
        "The cache could not get it from its own upstream",
        "A mirror or pull-through cache answered, but could not get it from its own upstream.",
        "The same image comes directly, not through the cache; the cache's log shows the upstream's 401, 404 or 429.",
        "Give the cache credentials for its upstream (Harbor: the registry endpoint; Nexus: the proxy repository's "
        "authentication; distribution: proxy.username), and check the name as the upstream knows it (library/).",
        "proxy:\n  remoteurl: https://registry-1.docker.io\n  username: USER\n  password: ACCESS-TOKEN",
    ),
    Page(
        "plain-http",
        "One side speaks HTTP and the other HTTPS",
        "One side speaks HTTP and the other HTTPS.",
        "http: server gave HTTP response to HTTPS client; or Client sent an HTTP request to an HTTPS server; curl "
        "exit 35.",
        "Give the registry a certificate, or allow plain HTTP for this host. docker: insecure-registries in "
        "/etc/docker/daemon.json. podman: insecure = true in registries.conf. containerd: http:// in hosts.toml. k3s: "
        "http:// "
        "in registries.yaml. skopeo: --tls-verify=false.",
        '{"insecure-registries": ["registry.example.com:5000"]}',
    ),
    Page(
        "tls-untrusted",
        "The certificate is not trusted",
        "The certificate is not trusted, has expired, or names another host.",
        "x509: certificate signed by unknown authority, is valid for …, has expired; curl exit 60. openssl s_client "
        "-connect "
        "HOST:443 shows it.",
        "docker: put the CA into /etc/docker/certs.d/HOST:PORT/ca.crt. System-wide: /usr/local/share/ca-certificates "
        "and "
        "update-ca-certificates, then restart the daemon. The certificate needs the host (or IP) in subjectAltName. "
        "Send the "
        "whole chain, not only the leaf.",
        "sudo install -D ca.crt /etc/docker/certs.d/registry.example.com:5000/ca.crt",
    ),
    Page(
        "redirect-authorization",
        "Authorization and a redirect do not go together",
        "Authorization was forwarded to a redirect's target that refuses it, or lost on a redirect that needs it.",
        "A blob answers 307 to S3, Azure or Google storage, and that answers 400 or 403: Only one auth mechanism "
        "allowed.",
        "A client must not send the registry's Authorization to another host: update it, or follow the redirect by "
        "hand "
        "without the header. distribution can serve blobs itself: storage.redirect.disable: true.",
        'curl -sI -H "Authorization: Bearer $TOKEN" https://HOST/v2/NAME/blobs/DIGEST | grep -i location\ncurl -O '
        "LOCATION",
    ),
    Page(
        "rate-limited",
        "Asked too often",
        "The quota is used up (429, TOOMANYREQUESTS).",
        "Status 429, or the code TOOMANYREQUESTS; Retry-After says how long to wait, ratelimit-remaining what is left.",
        "Docker Hub: log in (anonymous pulls count by address), wait for the window to pass, use a cache or mirror. "
        "GitHub "
        "Actions, shared networks and NAT share an address. A HEAD request does not count.",
        "docker login -u USER",
    ),
    Page(
        "registry-error",
        "The registry itself failed",
        "The registry itself failed (5xx).",
        "Status 500 to 504 or 521 to 526. Nothing that the client sends differently cures it.",
        "Try again later and look at the status page: www.dockerstatus.com, www.githubstatus.com, status.quay.io, "
        "status.gitlab.com. Your own: its log, its storage, its database.",
        "docker logs registry 2>&1 | grep level=error",
    ),
)
