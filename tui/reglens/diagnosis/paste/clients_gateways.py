"""What proxies, gateways, limits and failing servers say."""

from __future__ import annotations

from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.paste.clients_table import table

ENTRIES = table(
    (
        (M.PAGE_ANSWERED, "", "malformed http status", r"malformed HTTP status code", "Go net/http"),
        (M.PROXY_FAILED, "", "proxyconnect", r"proxyconnect tcp: ", "Go net/http"),
        (M.PROXY_FAILED, "", "proxy authentication required", r"Proxy Authentication Required", "RFC 9110, 407"),
        (
            M.PROXY_FAILED,
            "",
            "forbidden|bad gateway|service unavailable|gateway time|bad request|not allowed|server error|moved|found",
            r"(?:Get|Head|Post|Put|Patch) \\?\"?(?P<url>https://[^\s\"\\]{1,400}?)\\?\"?: (?:Forbidden|Bad Gateway|"
            r"Service Unavailable|Gateway Time-?out|Bad Request|Method Not Allowed|Internal Server Error|"
            r"Moved Permanently|Found|Temporary Redirect)[`'\"]{0,2}\s{0,8}$",
            "Go net/http, transport.go, dialConn: a proxy that refuses CONNECT is reported by its reason phrase alone",
        ),
        (
            M.PROXY_FAILED,
            "",
            "authorizedonly",
            r"\bAuthorizedOnly\b",
            "moby forum thread: Go reports a proxy's own reason phrase",
        ),
        (
            M.PROXY_FAILED,
            "curl",
            "from proxy after connect",
            r"Received HTTP code <<status>> from proxy after CONNECT",
            "curl 56",
        ),
        (M.PROXY_FAILED, "curl", "connect tunnel failed", r"CONNECT tunnel failed, response <<status>>", "curl 56"),
        (M.PROXY_FAILED, "", "cannot connect to proxy|proxyerror", r"Cannot connect to proxy|ProxyError", "urllib3"),
        (M.PROXY_FAILED, "", "tunnel connection failed", r"Tunnel connection failed: <<status>>", "Python http.client"),
        (M.PROXY_FAILED, "", "unable to tunnel", r"Unable to tunnel through proxy", "Java"),
        (
            M.PROXY_FAILED,
            "squid",
            "access_denied|cache_access_denied",
            r"ERR_(?:ACCESS_DENIED|CACHE_ACCESS_DENIED)",
            "Squid",
        ),
        (
            M.BODY_TOO_LARGE,
            "",
            "too large",
            r"(?:413 )?(?:Request|Payload|Content) (?:Entity )?Too Large",
            "RFC 9110, 413; nginx",
        ),
        (
            M.BODY_TOO_LARGE,
            "nginx",
            "client intended to send too large",
            r"client intended to send too large (?:chunked )?body(?:: (?P<limit>\d+) bytes)?",
            "nginx",
        ),
        (
            M.PAGE_ANSWERED,
            "",
            "looking for beginning of value",
            r"(?:error parsing HTTP (?P<status>\d{3}) response body: )?invalid character '[^{\[]' looking for "
            r"beginning of value",
            "distribution, internal/client/errors.go; Go encoding/json",
        ),
        (
            M.PAGE_ANSWERED,
            "",
            "response body",
            r"error parsing HTTP (?P<status>404|5\d\d) response body: (?:invalid character '.{1,4}' after top-level "
            r"value|no error details found in HTTP response body)",
            "distribution, internal/client/errors.go: what answered speaks neither JSON nor a registry's errors",
        ),
        (M.PAGE_ANSWERED, "", "html", r"<(?:!doctype )?html", "any web page"),
        (M.PAGE_ANSWERED, "", "<!doctype", r"<!doctype html", "any web page"),
        (M.PAGE_ANSWERED, "", "unexpected token", r"Unexpected token '?<'?,? .{0,40}JSON", "JavaScript JSON.parse"),
        (
            M.PAGE_ANSWERED,
            "",
            "text/html",
            r"(?:unexpected|invalid|unsupported) (?:response )?(?:content|media)[- ]type:? \"?text/html",
            "oras, helm",
        ),
        (
            M.HTTP_STATUS,
            "dockerd",
            "unexpected http status: 30",
            r"received unexpected HTTP status: (?P<status>30\d)",
            "distribution, internal/client/errors.go: dockerd follows no redirect of a POST",
        ),
        (M.PAGE_ANSWERED, "nginx", "default backend", r"default backend - 404", "Kubernetes ingress default backend"),
        (
            M.REDIRECT_LOOP,
            "",
            "redirects",
            r"stopped after 10 redirects|too many redirects|Maximum \(\d+\) redirects followed",
            "Go net/http; curl 47",
        ),
        (
            M.REDIRECT_LOOP,
            "",
            "redirect to a local",
            r"refusing to redirect to a local or non-https url",
            "regclient, internal/reghttp",
        ),
        (
            M.RATE_LIMITED,
            "docker hub",
            "pull rate limit",
            r"(?:You have )?reached your (?:unauthenticated )?pull rate limit",
            "Docker Hub",
        ),
        (M.RATE_LIMITED, "", "toomanyrequests", r"toomanyrequests", "distribution spec, TOOMANYREQUESTS"),
        (M.RATE_LIMITED, "", "too many requests", r"too many requests", "RFC 6585, 429; containers/image"),
        (
            M.RATE_LIMITED,
            "",
            "exceeded|limit|rate exceeded",
            r"rate[ -]?limit(?:ed)?(?: \S{1,30}){0,3} (?:exceeded|reached|hit)|rate exceeded|exceeded (?:the |"
            r"your )?(?:\S{1,30} )?rate[ -]?limit",
            "Docker Hub, ECR, GitLab, Quay",
        ),
        (M.RATE_LIMITED, "ecr", "throttl", r"ThrottlingException|Throttling: Rate exceeded|request throttled", "AWS"),
        (
            M.RATE_LIMITED,
            "kubelet",
            "pull qps exceeded",
            r"pull QPS exceeded",
            "kubernetes, pkg/kubelet/images (the kubelet's own limit)",
        ),
        (M.RATE_LIMITED, "ecr", "data limit exceeded", r"Data limit exceeded", "Amazon ECR Public"),
        (M.SERVER_FAILED, "", "bad gateway", r"(?:502 )?Bad Gateway", "RFC 9110, 502"),
        (
            M.SERVER_FAILED,
            "",
            "unavailable",
            r"(?:503 )?Service (?:Temporarily )?Unavailable",
            "RFC 9110, 503; AWS; nginx",
        ),
        (M.SERVER_FAILED, "", "gateway time", r"(?:504 )?Gateway Time-?out", "RFC 9110, 504"),
        (M.SERVER_FAILED, "", "internal server error", r"(?:500 )?Internal Server Error", "RFC 9110, 500; Harbor"),
        (
            M.SERVER_FAILED,
            "nginx",
            "connect() failed",
            r"connect\(\) failed \(111: Connection refused\) while connecting to upstream",
            "nginx",
        ),
        (M.SERVER_FAILED, "nginx", "no live upstreams", r"no live upstreams while connecting to upstream", "nginx"),
        (M.SERVER_FAILED, "nginx", "upstream timed out", r"upstream timed out", "nginx"),
        (
            M.SERVER_FAILED,
            "envoy",
            "no healthy upstream|upstream connect error or disconnect/reset before headers",
            r"upstream connect error or disconnect/reset before headers|no healthy upstream",
            "Envoy",
        ),
    )
)
